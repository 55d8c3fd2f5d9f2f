//! The examples: the original mix against what the notebook rendered, and the promises of rendering on both.

use std::path::Path;

use tempfile::TempDir;

use crate::support::{read_wav, run, shared};

const ORIGINAL: &str = "examples/two-couples/original.star";
const MIX: &str = "examples/two-couples/mix.star";
const BEATS: &str = "examples/two-couples/beats.star";
const ONSETS: &str = "examples/two-couples/onsets.star";
const NOCTURNE: &str = "examples/nocturne/mix.star";
const CUT_UP: &str = "examples/cut-up/mix.star";
const PUMP: &str = "examples/pump/mix.star";

/// The notebook's tracks were written at half their level.
const REFERENCE_SCALE: f32 = 0.5;
/// -80 dBFS.
const WORST: f32 = 1e-4;

#[test]
fn original_is_what_the_notebook_rendered() {
    let dir = TempDir::new().unwrap();
    let mix = dir.path().join("mix.wav");
    let stems = dir.path().join("stems");
    run(&["render", ORIGINAL, "--bits", "32f", "-o", mix.to_str().unwrap(), "--stems", stems.to_str().unwrap()], 0);
    let names = ["hihats-and-toms", "main-drums", "pluck-synth", "brass-stabs", "bass-synth", "pluck-resynthesised"];
    for name in names {
        let stem = read_wav(&stems.join(format!("{name}.wav")));
        assert_eq!(stem[0].len(), 3_560_723, "{name}");
        compare_with_fingerprint(&format!("original/{name}"), &stem);
        compare_with_reference(name, &stem);
    }
    let mix = read_wav(&mix);
    compare_with_fingerprint("original/mix", &mix);
    compare_with_reference("mix", &mix);
}

fn compare_with_reference(name: &str, rendered: &[Vec<f32>]) {
    let Some(path) = shared(&format!("reference/{name}.flac")) else { return };
    let dir = TempDir::new().unwrap();
    let wav = dir.path().join("reference.wav");
    // An effect list that changes nothing turns the FLAC into a WAV.
    run(&["process", path.to_str().unwrap(), "-o", wav.to_str().unwrap(), "--bits", "32f", "[]"], 0);
    let reference = read_wav(&wav);
    assert_eq!(reference.len(), rendered.len(), "{name}");
    for (rendered, reference) in rendered.iter().zip(&reference) {
        let worst = rendered.iter().zip(reference).map(|(x, y)| (x * REFERENCE_SCALE - y).abs()).fold(0.0, f32::max);
        println!("{name}: worst sample {:.1} dBFS", downbeat_dsp::decibels(f64::from(worst)));
        assert!(worst < WORST, "{name} is off by {worst}");
    }
}

/// The level of each half second, committed, so that the mix is held to account without the reference recordings.
fn compare_with_fingerprint(name: &str, rendered: &[Vec<f32>]) {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/golden").join(format!("{name}.txt"));
    let levels: Vec<Vec<f32>> = rendered
        .iter()
        .map(|plane| {
            plane
                .chunks(24_000)
                .map(|part| {
                    let power: f64 = part.iter().map(|&x| f64::from(x) * f64::from(x)).sum();
                    (power / part.len() as f64).sqrt() as f32
                })
                .collect()
        })
        .collect();
    if std::env::var_os("UPDATE_GOLDEN").is_some() {
        let lines: Vec<String> = (0..levels[0].len())
            .map(|i| levels.iter().map(|plane| format!("{:.6}", plane[i])).collect::<Vec<_>>().join(" "))
            .collect();
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(&path, lines.join("\n") + "\n").unwrap();
    }
    let golden = std::fs::read_to_string(&path).unwrap();
    assert_eq!(golden.lines().count(), levels[0].len(), "{name}");
    for (i, line) in golden.lines().enumerate() {
        for (c, text) in line.split(' ').enumerate() {
            let expected: f32 = text.parse().unwrap();
            // Half a step of the six digits, and the rounding of other machines' transforms.
            assert!((levels[c][i] - expected).abs() < 2e-6, "{name}, half second {i}: {} {expected}", levels[c][i]);
        }
    }
}

#[test]
fn any_thread_count_and_page_length_gives_the_same_bits() {
    for script in [ORIGINAL, MIX, BEATS, ONSETS, NOCTURNE, CUT_UP, PUMP] {
        let dir = TempDir::new().unwrap();
        let mut first: Option<Vec<u8>> = None;
        for (threads, page) in [("1", "4096"), ("2", "65536"), ("8", "4096"), ("2", "64")] {
            let path = dir.path().join("mix.wav");
            let to = path.to_str().unwrap();
            run(&["render", script, "--bits", "32f", "-o", to, "--threads", threads, "--page", page], 0);
            let bytes = std::fs::read(&path).unwrap();
            match &first {
                None => first = Some(bytes),
                Some(first) => assert!(*first == bytes, "{script}: {threads} threads, pages of {page}"),
            }
        }
    }
}

#[test]
fn a_stretch_of_bars_is_that_stretch_of_the_whole() {
    let dir = TempDir::new().unwrap();
    let (whole, part) = (dir.path().join("whole.wav"), dir.path().join("part.wav"));
    run(&["render", MIX, "--bits", "32f", "-o", whole.to_str().unwrap()], 0);
    run(&["render", MIX, "--bits", "32f", "-o", part.to_str().unwrap(), "--from", "10", "--to", "11"], 0);
    let (whole, part) = (read_wav(&whole), read_wav(&part));
    // Bars 10 and 11 of the song, as its MIDI file has them at 48 kHz.
    let (from, to) = (942_544, 1_151_998);
    assert_eq!(part[0].len(), to - from);
    for (part, whole) in part.iter().zip(&whole) {
        assert!(part[..] == whole[from..to]);
    }
}

/// Every track is cut on every beat, and there is a desk behind it.
#[test]
fn beats_are_many_pieces_on_a_large_desk() {
    let (text, warnings) = run(&["check", BEATS], 0);
    assert_eq!(warnings, "");
    // Five tracks of 114 beats, and the echo of one.
    assert!(text.contains(" is fine: 6 tracks, 4 buses, 570 segments; 1:08.000 at 48000 Hz"), "{text}");
}

/// Nothing clips, and no join clicks. The joins are on the beats, and so are the drums: a click is a step that the
/// recording itself does not have nearby, as the largest second difference within two beats.
#[test]
fn beats_are_clean() {
    const STEMS: [(&str, &str, f32); 5] = [
        ("Drums", "main-drums", 1.0),
        ("Hi-hats and toms", "hihats-and-toms", 1.0),
        // The slope of soft_clip(drive = 3, output = 0.75) where it is steepest.
        ("Bass", "bass-synth", 3.0 * 0.75),
        ("Pluck", "pluck-synth", 1.0),
        ("Brass", "brass-stabs", 1.0),
    ];
    let dir = TempDir::new().unwrap();
    let path = |name: &str| dir.path().join(name).to_str().unwrap().to_string();
    let args = ["render", BEATS, "--json", "-o", &path("mix.wav"), "--bits", "32f", "--stems", &path("stems")];
    let (json, warnings) = run(&args, 0);
    assert_eq!(warnings, "");
    let report: serde_json::Value = serde_json::from_str(&json).unwrap();
    assert!(report["master"]["true_peak_db"].as_f64().unwrap() < -1.0, "{report:#}");
    assert_eq!(report["clipped_frames"], 0);
    for (name, recording, steepness) in STEMS {
        let (flac, raw) = (format!("examples/two-couples/stems/{recording}.flac"), path("raw.wav"));
        run(&["process", &flac, "-o", &raw, "--bits", "32f", "[]"], 0);
        let (raw, stem) = (read_wav(Path::new(&raw)), read_wav(&dir.path().join(format!("stems/{name}.wav"))));
        for (raw, stem) in raw.iter().zip(&stem) {
            for beat in 1..113 {
                let boundary = (f64::from(beat) * 60.0 / 110.0 * 48_000.0) as usize;
                let step = |plane: &[f32], i: usize| (plane[i + 1] - 2.0 * plane[i] + plane[i - 1]).abs();
                let at_join = (boundary - 480..boundary + 480).map(|i| step(stem, i)).fold(0.0, f32::max);
                let nearby = boundary.saturating_sub(52_364).max(1)..boundary + 52_364;
                let natural = nearby.map(|i| step(raw, i)).fold(1e-4, f32::max) * steepness;
                assert!(at_join <= natural, "{name}: beat {beat}: {at_join} {natural}");
            }
        }
    }
}

/// The grids are found in the recordings, and no song is read. Nothing is doubtful, and nothing clips.
#[test]
fn onsets_cut_where_it_sounds() {
    let (text, warnings) = run(&["check", ONSETS], 0);
    assert_eq!(warnings, "");
    assert!(text.contains(" is fine: 6 tracks, 1 bus, 454 segments; 1:08.000 at 48000 Hz"), "{text}");
    let dir = TempDir::new().unwrap();
    let mix = dir.path().join("mix.wav");
    let (json, warnings) = run(&["render", ONSETS, "--json", "-o", mix.to_str().unwrap()], 0);
    assert_eq!(warnings, "");
    let report: serde_json::Value = serde_json::from_str(&json).unwrap();
    assert!(report["master"]["true_peak_db"].as_f64().unwrap() < -1.0, "{report:#}");
    assert_eq!(report["clipped_frames"], 0);
}

/// A clean mix: nothing clips, and no join clicks. A click is a step that the music around it does not have: the
/// second difference around a boundary, from where the crossfade begins to where the recorded notes of the new bar come
/// in (2 ms later), is held against those in the bars around it.
#[test]
fn the_mix_is_clean() {
    let dir = TempDir::new().unwrap();
    let (mix, stems) = (dir.path().join("mix.wav"), dir.path().join("stems"));
    let args = ["render", MIX, "--json", "-o", mix.to_str().unwrap(), "--bits", "32f", "--stems"];
    let (json, warnings) = run(&[&args[..], &[stems.to_str().unwrap()]].concat(), 0);
    assert_eq!(warnings, "");
    let report: serde_json::Value = serde_json::from_str(&json).unwrap();
    assert!(report["master"]["true_peak_db"].as_f64().unwrap() < -1.0, "{report:#}");
    assert_eq!(report["clipped_frames"], 0);
    for stem in std::fs::read_dir(&stems).unwrap() {
        let path = stem.unwrap().path();
        // The synth's notes begin on the boundary to the frame, and its bars have no effects of their own.
        if path.ends_with("Pluck's double.wav") {
            continue;
        }
        for plane in read_wav(&path) {
            for bar in 1..28 {
                let boundary = (f64::from(bar) * 2.181_816 * 48_000.0) as usize;
                let step = |i: usize| (plane[i + 1] - 2.0 * plane[i] + plane[i - 1]).abs();
                let loudest = |range: std::ops::Range<usize>| range.map(step).fold(0.0, f32::max);
                let at_join = loudest(boundary - 240..boundary + 90);
                let around = loudest(boundary - 50_000..boundary - 240).max(loudest(boundary + 90..boundary + 50_000));
                assert!(at_join <= around.max(1e-4), "{}: bar {bar}: {at_join} {around}", path.display());
            }
        }
    }
}

/// All is synthesised from a MIDI file. What its script expects of its loudness and its peaks holds, or it would not end well.
#[test]
fn nocturne_is_as_it_was() {
    let (text, warnings) = run(&["check", NOCTURNE], 0);
    assert_eq!(warnings, "");
    assert!(text.contains(" is fine: 7 tracks, 3 buses, 0 segments; 1:50.118 at 48000 Hz"), "{text}");
    render_clean(NOCTURNE, "nocturne/mix", None);
}

/// Two loops, their beats in another order. Where beats that were no neighbours meet, nothing clicks: each comes and goes in
/// a straight line over 4 ms, and is the loop itself otherwise, also where neighbours meet.
#[test]
fn cut_up_is_as_it_was_and_does_not_click() {
    const BEAT: usize = 24_000;
    const EDGE: usize = 96;
    const LATE: usize = 16 * BEAT;
    let (text, warnings) = run(&["check", CUT_UP], 0);
    assert_eq!(warnings, "");
    assert!(text.contains(" is fine: 7 tracks, 3 buses, "), "{text}");
    let dir = TempDir::new().unwrap();
    render_clean(CUT_UP, "cut-up/mix", Some(dir.path()));
    let raw = dir.path().join("raw.wav");
    let args = ["process", "examples/cut-up/loop_garzul.flac", "--rate", "48000", "--bits", "32f"];
    run(&[&args[..], &["-o", raw.to_str().unwrap(), "fade(in_ms = 1, out_ms = 5)"]].concat(), 0);
    let order = [0, 1, 2, 3, 0, 1, 6, 7, 8, 9, 10, 11, 8, 9, 10, 15];
    for (plane, raw) in read_wav(&dir.path().join("Keys 2.wav")).iter().zip(read_wav(&raw)) {
        let (mut expected, mut allowed) = (vec![0.0_f32; plane.len()], vec![1e-6_f32; plane.len()]);
        for (i, beat) in order.into_iter().enumerate() {
            let before = EDGE.min(beat * BEAT);
            for frame in 0..before + BEAT + EDGE {
                let Some(x) = raw.get(beat * BEAT + frame - before) else { break };
                let fades = [(frame, 2 * before), (before + BEAT + EDGE - frame, 2 * EDGE)];
                let gain = fades.map(|(done, fade)| if done < fade { done as f32 / fade as f32 } else { 1.0 });
                let at = LATE + i * BEAT + frame - before;
                expected[at] += gain[0] * gain[1] * x;
                // A frame sooner or later is as good.
                allowed[at] += if gain == [1.0, 1.0] { 0.0 } else { x.abs() / 192.0 };
            }
        }
        for (i, ((x, expected), allowed)) in plane.iter().zip(&expected).zip(&allowed).enumerate() {
            assert!((x - expected).abs() <= *allowed, "frame {i}: {x}, not {expected}");
        }
        assert!(plane[LATE..LATE + 16 * BEAT].iter().any(|x| x.abs() > 0.1), "it is heard");
    }
}

/// House that breathes with a bass drum: in the break nobody hears that, but its ghost turns the pad down on every beat all the
/// same, and the strings are heard where the hi-hats are loud, and nowhere else.
#[test]
fn pump_is_as_it_was_and_pumps() {
    const BEAT: f64 = 60.0 / 124.0 * 48_000.0;
    let (text, warnings) = run(&["check", PUMP], 0);
    assert_eq!(warnings, "");
    assert!(text.contains(" is fine: 9 tracks, 2 buses, 0 segments; 1:05.806 at 48000 Hz"), "{text}");
    let dir = TempDir::new().unwrap();
    render_clean(PUMP, "pump/mix", Some(dir.path()));
    let stem = |name: &str| read_wav(&dir.path().join(format!("{name}.wav"))).remove(0);
    let (kick, pad, strings) = (stem("Kick"), stem("Pad"), stem("Strings"));
    // The level from one place of a beat to another, in decibels; the break is bars 17 to 20.
    let level = |plane: &[f32], beat: usize, from: f64, to: f64| {
        let part = &plane[((beat as f64 + from) * BEAT) as usize..((beat as f64 + to) * BEAT) as usize];
        let power: f64 = part.iter().map(|&x| f64::from(x) * f64::from(x)).sum();
        downbeat_dsp::decibels((power / part.len() as f64).max(1e-20).sqrt())
    };
    for beat in 64..80 {
        assert!(level(&kick, beat, 0.0, 1.0) < -120.0, "the bass drum is heard in beat {beat}");
        // The ghost is 10 to 24 dB above the threshold, and the ratio takes seven eighths of that. Most of it has come back
        // when the beat ends.
        let (pushed, back) = (level(&pad, beat, 0.1, 0.4), level(&pad, beat, 0.8, 1.0));
        assert!(back - pushed > 10.0, "beat {beat}: the pad goes from {pushed:.1} dB to {back:.1} dB");
        // A loud hi-hat stands in the middle of every beat and a soft one at its start, where the gate goes on closing.
        let (open, shut) = (level(&strings, beat, 0.51, 0.7), level(&strings, beat, 0.1, 0.24));
        assert!(open - shut > 20.0, "beat {beat}: the strings go from {shut:.1} dB to {open:.1} dB");
    }
}

/// Renders without a warning and without clipping, below -1 dBTP, and compares with what it was. Stems go into a folder.
fn render_clean(script: &str, golden: &str, stems: Option<&Path>) {
    let dir = TempDir::new().unwrap();
    let path = dir.path().join("mix.wav");
    let mut args = vec!["render", script, "--json", "--bits", "32f", "-o", path.to_str().unwrap()];
    if let Some(stems) = stems {
        args.extend(["--stems", stems.to_str().unwrap()]);
    }
    let (json, warnings) = run(&args, 0);
    assert_eq!(warnings, "");
    let report: serde_json::Value = serde_json::from_str(&json).unwrap();
    assert!(report["master"]["true_peak_db"].as_f64().unwrap() < -1.0, "{report:#}");
    assert_eq!(report["clipped_frames"], 0);
    compare_with_fingerprint(golden, &read_wav(&path));
}
