//! `downbeat analyze`: the summary, the JSON and the tables, of sounds made by formula and of the example's stems.

use std::f64::consts::TAU;
use std::fs;
use std::path::Path;

use downbeat_dsp::decibels;
use serde_json::Value;

use crate::support::{Folder, run, shared};

const RATE: u32 = 48_000;

impl Folder {
    /// Writes a WAV of 24 bits, a plane for each channel.
    fn wav(&self, name: &str, rate: u32, planes: &[Vec<f64>]) -> String {
        let path = self.arg(name);
        let channels = planes.len() as u16;
        let spec = hound::WavSpec {
            channels,
            sample_rate: rate,
            bits_per_sample: 24,
            sample_format: hound::SampleFormat::Int,
        };
        let mut writer = hound::WavWriter::create(Path::new(&path), spec).unwrap();
        for frame in 0..planes[0].len() {
            for plane in planes {
                let whole = (plane[frame] * 8_388_608.0).round().clamp(-8_388_608.0, 8_388_607.0);
                writer.write_sample(whole as i32).unwrap();
            }
        }
        writer.finalize().unwrap();
        path
    }
}

/// A sine of full seconds.
fn sine(freq: f64, level: f64, seconds: usize) -> Vec<f64> {
    (0..seconds * RATE as usize).map(|i| level * sin(TAU * freq * i as f64 / f64::from(RATE))).collect()
}

/// By its series: the platform's own may differ in the last bit.
fn sin(x: f64) -> f64 {
    let x = x - (x / TAU).round() * TAU;
    let (mut sum, mut term) = (0.0, x);
    for k in 1..20 {
        sum += term;
        term *= -x * x / f64::from(2 * k * (2 * k + 1));
    }
    sum
}

/// Clicks of noise that fade, `bpm` to the minute, every fourth of them louder and lower.
fn clicks(bpm: f64, seconds: usize) -> Vec<f64> {
    let mut samples = vec![0.0; seconds * RATE as usize];
    let period = f64::from(RATE) * 60.0 / bpm;
    let mut state = 1u32;
    for beat in 0.. {
        let start = (f64::from(beat) * period) as usize + 4800;
        if start + 4800 > samples.len() {
            return samples;
        }
        let (level, hold) = if beat % 4 == 0 { (0.9, 24) } else { (0.4, 1) };
        let mut held = 0.0;
        for i in 0..4800 {
            if i % hold == 0 {
                state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
                held = f64::from(state >> 8) / 8_388_608.0 - 1.0;
            }
            samples[start + i] = held * level * (1.0 - i as f64 / 4800.0).powi(3);
        }
    }
    samples
}

fn json(args: &[&str]) -> Value {
    let (out, err) = run(&[&["analyze", "--json"], args].concat(), 0);
    assert_eq!(err, "");
    serde_json::from_str(&out).unwrap()
}

fn numbers(value: &Value) -> Vec<f64> {
    value.as_array().unwrap().iter().map(|number| number.as_f64().unwrap()).collect()
}

fn near(value: &Value, expected: f64, tolerance: f64) {
    let number = value.as_f64().unwrap();
    assert!((number - expected).abs() <= tolerance, "{number} is not {expected}");
}

#[test]
fn levels_of_a_sine_are_its_closed_form() {
    let folder = Folder::new();
    // Half a second of silence, 4 s of a sine on both sides, the right one at half the level; a quarter of silence.
    let pad = |sine: Vec<f64>| [vec![0.0; 24_000], sine, vec![0.0; 12_000]].concat();
    let file = folder.wav("sine.wav", RATE, &[pad(sine(1000.0, 0.5, 4)), pad(sine(1000.0, 0.25, 4))]);
    let json = json(&[&file]);
    assert_eq!((json["file"].as_str(), json["format"].as_str()), (Some(file.as_str()), Some("WAV")));
    let head = ["bits", "frames", "rate", "channels"].map(|key| json[key].as_u64().unwrap());
    assert_eq!(head, [24, 228_000, 48_000, 2]);
    near(&json["seconds"], 4.75, 1e-12);
    // A period is 48 samples, one of them the crest; 24 bits round it.
    near(&json["peak_db"], decibels(0.5), 1e-5);
    // The beginning and the end of the sine overshoot a little between the samples.
    near(&json["true_peak_db"], decibels(0.5), 0.05);
    let power = (0.5f64.powi(2) + 0.25f64.powi(2)) / 2.0;
    let rms = decibels((power / 2.0 * 4.0 / 4.75).sqrt());
    near(&json["rms_db"], rms, 1e-5);
    near(&json["crest_db"], decibels(0.5) - rms, 1e-4);
    // BS.1770: a sine of 997 Hz at full scale on one channel has -3.01 LUFS; at 1 kHz up to 0.02 more.
    near(&json["max_momentary_lufs"], decibels((2.0 * power).sqrt()) - 3.0, 0.02);
    near(&json["max_short_term_lufs"], decibels((2.0 * power).sqrt()) - 3.0, 0.02);
    near(&json["correlation"], 1.0, 1e-9);
    near(&json["dc_offset"], 0.0, 1e-7);
    assert_eq!(json["clipped_samples"], 0);
    // To the first sample of a thousandth or more: the second of the sine, and the one before its last.
    near(&json["leading_silence"], 0.5, 1.01 / 48_000.0);
    near(&json["trailing_silence"], 0.25, 1.01 / 48_000.0);
}

#[test]
fn frames_of_two_sines_are_their_closed_form() {
    let folder = Folder::new();
    let both: Vec<f64> = sine(1500.0, 0.25, 2).iter().zip(sine(4500.0, 0.2, 2)).map(|(a, b)| a + b).collect();
    let file = folder.wav("sines.wav", RATE, &[both]);
    let json = json(&[&file, "--features", "temporal,spectral"]);
    assert!(json.get("lufs").is_none() && json.get("tempo").is_none());
    let times = numbers(&json["rms"]["times"]);
    assert_eq!((times.len(), times[1]), (96_000 / 512 + 1, 512.0 / 48_000.0));
    // Away from the ends. The sines fall into the middles of bins 64 and 192 of 2048; a period of both has 32 samples, and
    // two crossings. Rounding to 24 bits leaves a noise that is far from the centroid, and adds 0.1 Hz to the bandwidth.
    for (name, expected, tolerance) in [
        ("rms", ((0.25f64.powi(2) + 0.2f64.powi(2)) / 2.0).sqrt(), 1e-6),
        ("zero_crossing_rate", 128.0 / 2048.0, 1.0 / 2048.0),
        ("spectral_centroid", (1500.0 * 0.25 + 4500.0 * 0.2) / 0.45, 0.1),
        ("spectral_bandwidth", 3000.0 * (0.25f64 * 0.2).sqrt() / 0.45, 0.5),
        ("spectral_rolloff", 4500.0, 1e-3),
    ] {
        let values = numbers(&json[name]["values"]);
        assert_eq!(values.len(), times.len());
        for value in &values[4..values.len() - 4] {
            assert!((value - expected).abs() <= tolerance, "{name}: {value} is not {expected}");
        }
    }
    let flatness = numbers(&json["spectral_flatness"]["values"]);
    assert!(flatness[4..184].iter().all(|&x| x < 1e-8));
}

#[test]
fn clicks_have_a_tempo_beats_and_bars() {
    let folder = Folder::new();
    let file = folder.wav("clicks.wav", RATE, &[clicks(120.0, 24)]);
    let json = json(&[&file, "--features", "rhythm"]);
    // The period is a whole number of frames: 47 are 0.501 s.
    near(&json["tempo"], 60.0 * 48_000.0 / (47.0 * 512.0), 1e-9);
    let onsets = numbers(&json["onset_times"]);
    assert_eq!(onsets.len(), 48);
    for (i, onset) in onsets.iter().enumerate() {
        assert!((onset - (0.1 + 0.5 * i as f64)).abs() < 0.03, "{i}: {onset}");
    }
    let beats = numbers(&json["beats"]);
    assert!(beats.len() > 40);
    for beat in &beats {
        let place = (beat - 0.1) / 0.5;
        assert!((place - place.round()).abs() < 0.06, "{beat}");
    }
    assert_eq!(json["beats_per_bar"], 4);
    for downbeat in numbers(&json["downbeats"]) {
        let place = (downbeat - 0.1) / 2.0;
        assert!((place - place.round()).abs() < 0.02, "{downbeat}");
    }
    let confidence = json["downbeat_confidence"].as_f64().unwrap();
    assert!((0.5..=1.0).contains(&confidence));
    assert_eq!(json["onset_strength"]["values"].as_array().unwrap().len(), 24 * 48_000 / 512 + 1);
}

#[test]
fn silence_has_no_numbers() {
    let folder = Folder::new();
    let file = folder.wav("silence.wav", RATE, &[vec![0.0; 96_000]]);
    let json = json(&[&file, "--features", "all"]);
    for name in ["peak_db", "true_peak_db", "rms_db", "lufs", "lra", "max_momentary_lufs", "correlation", "tempo"] {
        assert!(json[name].is_null(), "{name}: {}", json[name]);
    }
    assert!(json["beats_per_bar"].is_null() && json["downbeat_confidence"].is_null());
    for name in ["onset_times", "beats", "downbeats"] {
        assert_eq!(json[name].as_array().unwrap().len(), 0);
    }
    assert!(json["momentary_lufs"]["values"].as_array().unwrap().iter().all(Value::is_null));
    assert!(numbers(&json["spectral_flatness"]["values"]).iter().all(|&x| x == 1.0));
    let bands = ["mel", "chroma", "spectral_contrast"].map(|name| json[name]["values"][0].as_array().unwrap().len());
    assert_eq!(bands, [128, 12, 7]);
    let (text, _) = run(&["analyze", &file], 0);
    for line in ["none (silent", "nothing is louder than -60 dBFS", "none: nothing begins", "brightness  none"] {
        assert!(text.contains(line), "{text}");
    }
}

#[test]
fn the_empty_file_has_no_frames() {
    let folder = Folder::new();
    let file = folder.wav("empty.wav", RATE, &[vec![]]);
    let json = json(&[&file, "--features", "all"]);
    assert_eq!((json["frames"].as_u64(), json["seconds"].as_f64()), (Some(0), Some(0.0)));
    assert_eq!(json["mel"]["values"].as_array().unwrap().len(), 0);
    run(&["analyze", &file], 0);
}

#[test]
fn channels_and_rates_are_those_that_were_asked_for() {
    let folder = Folder::new();
    let file = folder.wav("two.wav", RATE, &[sine(1500.0, 0.5, 1), sine(1500.0, 0.25, 1)]);
    let peak =
        |args: &[&str]| json(&[&[file.as_str(), "--features", "peak_db"], args].concat())["peak_db"].as_f64().unwrap();
    assert!((peak(&["--channels", "right"]) + 12.041).abs() < 1e-3);
    assert!((peak(&[]) + 6.021).abs() < 1e-3);
    // The mean of both channels is what frames see.
    let rms = numbers(&json(&[&file, "--features", "rms"])["rms"]["values"]);
    assert!((rms[40] - 0.375 / 2.0f64.sqrt()).abs() < 1e-6);
    let half = json(&[&file, "--rate", "24000", "--features", "rms,spectral_centroid"]);
    assert_eq!((half["rate"].as_u64(), half["frames"].as_u64()), (Some(24_000), Some(24_000)));
    let centroid = numbers(&half["spectral_centroid"]["values"]);
    assert_eq!(centroid.len(), 24_000 / 512 + 1);
    assert!((centroid[20] - 1500.0).abs() < 1.0);
    let short = json(&[&file, "--frame", "1024", "--hop", "256", "--features", "rms"]);
    assert_eq!(short["rms"]["values"].as_array().unwrap().len(), 48_000 / 256 + 1);

    let planes = vec![sine(1000.0, 0.1, 1); 3];
    let many = folder.wav("many.wav", RATE, &planes);
    let (_, err) = run(&["analyze", &many], 1);
    assert!(err.contains("has 3 channels") && err.contains("--channels"), "{err}");
    assert!(run(&["analyze", &many, "--channels", "3"], 0).0.contains("mono"));
}

#[test]
fn the_summary_says_what_is_worth_knowing() {
    let folder = Folder::new();
    let mut left = clicks(120.0, 24);
    left.iter_mut().for_each(|x| *x += 0.01);
    left[100_000..100_010].fill(1.0);
    let file = folder.wav("clicks.wav", RATE, &[left.clone(), left]);
    let (text, _) = run(&["analyze", &file], 0);
    for part in [
        "length      0:24.000 (1152000 frames)",
        "format      WAV, 48000 Hz, stereo, 24 bit",
        "LUFS, range",
        "dBFS RMS, crest factor",
        "correlation +1.00 (both sides are alike)",
        "dc offset   +0.01",
        "clipping    20 samples",
        "about 120 bpm",
        "4 beats to a bar (",
        "Hz (mean spectral centroid)",
    ] {
        assert!(text.contains(part), "{part} is not in\n{text}");
    }
    // Nothing that was not asked for.
    let (text, _) = run(&["analyze", &file, "--features", "tempo,rms"], 0);
    assert!(text.contains("tempo       about 120 bpm\n") && text.contains("rms: ") && !text.contains("LUFS"), "{text}");
}

#[test]
fn tables_have_rows_of_one_kind() {
    let folder = Folder::new();
    let file = folder.wav("clicks.wav", RATE, &[clicks(120.0, 12)]);
    let csv = |args: &[&str]| run(&[&["analyze", "--csv"], args].concat(), 0).0;

    let frames = csv(&[&file]);
    let lines: Vec<&str> = frames.lines().collect();
    assert_eq!(
        lines[0],
        "time,rms,zero_crossing_rate,spectral_centroid,spectral_bandwidth,spectral_rolloff,spectral_flatness,onset_strength"
    );
    assert_eq!(lines.len(), 1 + 12 * 48_000 / 512 + 1);
    assert!(lines.iter().all(|line| line.split(',').count() == 8));
    // The same numbers as in the JSON.
    let expected = numbers(&json(&[&file, "--features", "rms"])["rms"]["values"]);
    let row: Vec<f64> = lines[41].split(',').map(|cell| cell.parse().unwrap()).collect();
    assert!((row[0] - 40.0 * 512.0 / 48_000.0).abs() < 1e-12 && row[1] == expected[40]);

    let bands = csv(&[&file, "--features", "chroma,rms"]);
    assert!(bands.starts_with("time,rms,chroma_0,chroma_1,") && bands.lines().next().unwrap().ends_with(",chroma_11"));

    let events = csv(&[&file, "--features", "beats,downbeats"]);
    assert!(events.starts_with("time,event\n"));
    let times: Vec<f64> = events.lines().skip(1).map(|line| line.split(',').next().unwrap().parse().unwrap()).collect();
    assert!(times.windows(2).all(|pair| pair[0] <= pair[1]));
    assert!(
        events.contains(",downbeat\n")
            && events.matches(",beat\n").count() > 4 * events.matches(",downbeat\n").count() - 4
    );

    // A name with a comma and quotes.
    let odd = folder.arg("a, \"b\".wav");
    fs::copy(&file, &odd).unwrap();
    let numbers = csv(&[&file, &odd, "--features", "lufs,correlation,tempo"]);
    let lines: Vec<&str> = numbers.lines().collect();
    assert_eq!((lines.len(), lines[0]), (3, "file,lufs,correlation,tempo"));
    // Mono has no correlation: an empty cell.
    assert!(lines[1].starts_with(&format!("{file},-")) && lines[1].contains(",,"));
    assert!(lines[2].starts_with(&format!("\"{}\",-", odd.replace('"', "\"\""))), "{}", lines[2]);
    assert!(csv(&[&file, &odd, "--features", "rms"]).starts_with("file,time,rms\n"));

    let curve = csv(&[&file, "--features", "momentary_lufs"]);
    assert!(curve.starts_with("time,momentary_lufs\n0.4,-") && curve.lines().count() == 1 + 117, "{curve}");
    for mixed in ["rms,tempo", "tempo,beats", "momentary_lufs,short_term_lufs", "momentary_lufs,rms", "rhythm"] {
        let (_, err) = run(&["analyze", "--csv", &file, "--features", mixed], 2);
        assert!(err.contains("do not go into one table") && err.contains("--json"), "{err}");
    }
}

#[test]
fn several_files_come_one_after_the_other() {
    let folder = Folder::new();
    let first = folder.wav("first.wav", RATE, &[sine(500.0, 0.5, 1)]);
    let second = folder.wav("second.wav", 44_100, &[sine(500.0, 0.25, 1)]);
    let (text, _) = run(&["analyze", &first, &second], 0);
    assert!(text.starts_with(&first) && text.contains(&format!("\n\n{second}\n")));
    let list = json(&[&first, &second, "--features", "peak_db"]);
    assert_eq!((list[0]["rate"].as_u64(), list[1]["rate"].as_u64()), (Some(48_000), Some(44_100)));
    assert_eq!(list.as_array().unwrap().len(), 2);

    // One that is not there does not keep the others from being measured.
    let none = folder.arg("none.wav");
    let (out, err) = run(&["analyze", "--json", &none, &first, "--features", "peak_db"], 2);
    assert!(err.contains("none.wav") && serde_json::from_str::<Value>(&out).unwrap().as_array().unwrap().len() == 1);
    assert_eq!(run(&["analyze", "--json", &none, &none], 2).0, "[]\n");
}

#[test]
fn what_cannot_be_measured_is_told() {
    let folder = Folder::new();
    let file = folder.wav("sine.wav", RATE, &[sine(500.0, 0.5, 1)]);
    let text = folder.arg("text.wav");
    fs::write(&text, "this is no sound").unwrap();
    for (args, code, parts) in [
        (
            &[file.as_str(), "--features", "spectral_centriod"][..],
            2,
            ["no feature `spectral_centriod`", "did you mean `spectral_centroid`?"],
        ),
        (&[&file, "--frame", "1000"], 2, ["frame is 1000", "power of two"]),
        (&[&file, "--csv", "--json"], 2, ["--csv", "cannot be used with"]),
        (&[&file, "--channels", "2"], 1, ["no channel 2", "channel 1"]),
        (&[&text], 1, ["not an audio file", "text.wav"]),
    ] {
        let (out, err) = run(&[&["analyze"], args].concat(), code);
        assert!(out.is_empty() && parts.iter().all(|part| err.contains(part)), "{args:?}: {err}");
    }
    // A mix has to be rendered first; one that is not there has not, and other text is no mix.
    let hint = |name: &str, code: i32| {
        let (_, err) = folder.run(&["analyze", name], code);
        err.split_once("  = hint: ").map(|(_, hint)| hint.to_string())
    };
    fs::write(folder.path("mix.star"), "track(\"T\")").unwrap();
    assert_eq!(hint("mix.star", 1).unwrap(), "render the mix first: downbeat render mix.star -o mix.wav\n");
    assert_eq!(hint("none.star", 2), None);
    assert_eq!(hint("text.wav", 1), None);
    // Levels of samples need no power of two.
    run(&["analyze", &file, "--frame", "1000", "--features", "temporal,levels"], 0);
}

/// The recordings that librosa's examples are made of have the beats and onsets that librosa finds.
#[test]
fn recordings_of_others_are_measured() {
    let Some(folder) = shared("data/audio/librosa") else { return };
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path().to_str().unwrap().to_string();
        let json = json(&[&path, "--features", "default"]);
        let seconds = json["seconds"].as_f64().unwrap();
        for name in ["onset_times", "beats", "downbeats"] {
            let moments = numbers(&json[name]);
            assert!(moments.iter().all(|moment| (0.0..=seconds).contains(moment)), "{path}: {name}");
            assert!(moments.windows(2).all(|pair| pair[0] < pair[1]), "{path}: {name}");
        }
    }
}
