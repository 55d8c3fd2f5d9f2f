//! `downbeat peaks`: the numbers of audiowaveform, calculated here once more from the samples themselves.

use std::path::Path;

use serde_json::Value;

use crate::support::{Folder, run};

impl Folder {
    fn json(&self, args: &[&str]) -> Value {
        let out = self.arg("out.json");
        run(&[&["peaks", "-o", &out], args].concat(), 0);
        let text = std::fs::read_to_string(out).unwrap();
        assert!(text.ends_with("]}\n") && text.lines().count() == 1);
        serde_json::from_str(&text).unwrap()
    }

    fn dat(&self, args: &[&str]) -> Vec<u8> {
        let out = self.arg("out.dat");
        run(&[&["peaks", "-o", &out], args].concat(), 0);
        std::fs::read(out).unwrap()
    }
}

/// Noise over the whole range of so many bits, frame by frame.
fn noise(bits: u32, count: usize) -> Vec<i32> {
    let mut state = 7u32;
    let mut next = || {
        state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        (state as i32) >> (32 - bits)
    };
    let mut samples: Vec<i32> = (0..count).map(|_| next()).collect();
    // Both ends of the range, in both channels of a frame.
    samples[20..22].fill(-1 << (bits - 1));
    samples[40..42].fill((1 << (bits - 1)) - 1);
    samples
}

fn write_wav(path: &str, channels: u16, bits: u16, samples: &[i32]) {
    let sample_format = hound::SampleFormat::Int;
    let spec = hound::WavSpec { channels, sample_rate: 44_100, bits_per_sample: bits, sample_format };
    let mut writer = hound::WavWriter::create(Path::new(path), spec).unwrap();
    samples.iter().for_each(|&sample| writer.write_sample(sample).unwrap());
    writer.finalize().unwrap();
}

/// The extremes of every `zoom` frames, for all channels together or one after the other, of samples of 16 bits.
fn extremes(samples: &[i32], channels: usize, zoom: usize, split: bool) -> Vec<i32> {
    let mut data = Vec::new();
    for pixel in samples.chunks(zoom * channels) {
        let frames = || pixel.chunks(channels);
        if split {
            for channel in 0..channels {
                data.push(frames().map(|frame| frame[channel]).min().unwrap());
                data.push(frames().map(|frame| frame[channel]).max().unwrap());
            }
        } else {
            // Rust divides whole numbers as C does: towards zero.
            let mean = |frame: &[i32]| frame.iter().sum::<i32>() / channels as i32;
            data.push(frames().map(mean).min().unwrap());
            data.push(frames().map(mean).max().unwrap());
        }
    }
    data
}

fn numbers(value: &Value) -> Vec<i32> {
    value["data"].as_array().unwrap().iter().map(|number| number.as_i64().unwrap() as i32).collect()
}

#[test]
fn json_has_the_extremes_of_every_pixel() {
    let folder = Folder::new();
    let wav = folder.arg("noise.wav");
    for channels in [1, 2, 3] {
        let samples = noise(16, 30_001 * channels);
        write_wav(&wav, channels as u16, 16, &samples);
        for (zoom, split) in [(256, false), (256, true), (2, false), (1000, false), (40_000, true)] {
            let text = zoom.to_string();
            let mut args = vec![wav.as_str(), "--zoom", &text];
            args.extend(split.then_some("--split-channels"));
            let expected = extremes(&samples, channels, zoom, split);
            let json = folder.json(&args);
            assert_eq!(numbers(&json), expected, "{args:?}");
            let lines = if split { channels } else { 1 };
            let header = ["version", "channels", "sample_rate", "samples_per_pixel", "bits", "length"];
            let values = [2, lines as u64, 44_100, zoom as u64, 16, expected.len() as u64 / lines as u64 / 2];
            assert_eq!(header.map(|key| json[key].as_u64().unwrap()), values);
            assert_eq!(json.as_object().unwrap().keys().collect::<Vec<_>>()[..6], header);

            let json = folder.json(&[&args[..], &["--bits", "8"]].concat());
            assert_eq!(numbers(&json), expected.iter().map(|number| number / 256).collect::<Vec<_>>());
            assert_eq!(json["bits"], 8);
        }
    }
}

#[test]
fn dat_has_the_same_in_binary() {
    let folder = Folder::new();
    let wav = folder.arg("noise.wav");
    let samples = noise(16, 20_002);
    write_wav(&wav, 2, 16, &samples);
    let fields = |values: &[u32]| values.iter().flat_map(|value| value.to_le_bytes()).collect::<Vec<u8>>();
    let one = extremes(&samples, 2, 512, false);
    let two = extremes(&samples, 2, 512, true);

    let mut expected = fields(&[1, 0, 44_100, 512, 20]);
    expected.extend(one.iter().flat_map(|&number| (number as i16).to_le_bytes()));
    assert!(folder.dat(&[&wav, "--zoom", "512"]) == expected);

    let mut expected = fields(&[2, 1, 44_100, 512, 20, 2]);
    expected.extend(two.iter().map(|&number| (number / 256) as i8 as u8));
    assert!(folder.dat(&[&wav, "--zoom", "512", "--split-channels", "--bits", "8"]) == expected);
}

#[test]
fn samples_of_any_depth_become_sixteen_bits() {
    let folder = Folder::new();
    let wav = folder.arg("noise.wav");
    let samples = noise(24, 5000);
    write_wav(&wav, 1, 24, &samples);
    let upper: Vec<i32> = samples.iter().map(|sample| sample >> 8).collect();
    assert_eq!(numbers(&folder.json(&[&wav])), extremes(&upper, 1, 256, false));

    let samples = noise(8, 5000);
    write_wav(&wav, 1, 8, &samples);
    let wide: Vec<i32> = samples.iter().map(|sample| sample << 8).collect();
    assert_eq!(numbers(&folder.json(&[&wav])), extremes(&wide, 1, 256, false));

    let spec = hound::WavSpec {
        channels: 1,
        sample_rate: 44_100,
        bits_per_sample: 32,
        sample_format: hound::SampleFormat::Float,
    };
    let floats = [0.5, -0.5, 1.0, -1.0, 1.5, -1.5, 1e-5, -1e-5, 0.1, -0.1];
    let mut writer = hound::WavWriter::create(&wav, spec).unwrap();
    floats.iter().for_each(|&sample: &f32| writer.write_sample(sample).unwrap());
    writer.finalize().unwrap();
    // Times 32767, towards zero, cut off at full scale.
    let expected = [-16383, 16383, -32767, 32767, -32768, 32767, 0, 0, -3276, 3276];
    assert_eq!(numbers(&folder.json(&[&wav, "--zoom", "2"])), expected);
}

#[test]
fn other_formats_have_the_same_numbers() {
    let folder = Folder::new();
    let (wav, flac) = (folder.arg("noise.wav"), folder.arg("noise.flac"));
    write_wav(&wav, 2, 16, &noise(16, 20_002));
    run(&["process", &wav, "-o", &flac, "--bits", "16", "--no-dither", "[]"], 0);
    assert_eq!(folder.json(&[&wav]), folder.json(&[&flac]));
}

#[test]
fn a_range_and_a_zoom_are_given_in_seconds() {
    let folder = Folder::new();
    let wav = folder.arg("noise.wav");
    let samples = noise(16, 2 * 44_100);
    write_wav(&wav, 1, 16, &samples);
    // 44100 / 23 = 1917.4
    let json = folder.json(&[&wav, "--pixels-per-second", "23", "--start", "0.5", "--end", "1.25"]);
    assert_eq!(json["samples_per_pixel"], 1917);
    assert_eq!(numbers(&json), extremes(&samples[22_050..55_125], 1, 1917, false));
    let json = folder.json(&[&wav, "--start", "1.9999", "--end", "60"]);
    assert_eq!(numbers(&json), extremes(&samples[88_195..], 1, 256, false));
}

#[test]
fn mistakes_are_told_and_leave_nothing_behind() {
    let folder = Folder::new();
    let wav = folder.arg("noise.wav");
    write_wav(&wav, 1, 16, &noise(16, 1000));
    let out = folder.arg("out.json");
    for (args, code, message) in [
        (vec![wav.as_str(), "-o", "out.txt"], 2, "cannot tell the format of out.txt"),
        (vec!["none.wav", "-o", &out], 2, "there is no file `none.wav`"),
        (vec!["Cargo.toml", "-o", &out], 1, "`Cargo.toml` is not an audio file"),
        (vec![&wav, "-o", &out, "--zoom", "1"], 2, "1 is not in 2.."),
        (vec![&wav, "-o", &out, "--zoom", "4", "--pixels-per-second", "4"], 2, "cannot be used with"),
        (vec![&wav, "-o", &out, "--pixels-per-second", "22051"], 2, "22050 would be the most"),
        (vec![&wav, "-o", &out, "--bits", "24"], 2, "possible values: 8, 16"),
        (vec![&wav, "-o", &out, "--start", "-1"], 2, "a number of seconds from 0"),
        (vec![&wav, "-o", &out, "--start", "nan"], 2, "a number of seconds from 0"),
        (vec![&wav, "-o", &out, "--start", "2", "--end", "1"], 2, "--end 1 does not come after --start 2"),
        (vec![&wav, "-o", &out, "--start", "2"], 1, "ends before --start"),
    ] {
        let (stdout, stderr) = run(&[&["peaks"], &args[..]].concat(), code);
        assert!(stderr.contains(message), "{args:?}: {stderr}");
        assert!(stdout.is_empty(), "{args:?}: {stdout}");
        assert_eq!(folder.names(), ["noise.wav"], "{args:?}");
    }
    // A recording is what its content says, whatever its name; it is not written over.
    let dat = folder.arg("noise.dat");
    std::fs::rename(&wav, &dat).unwrap();
    let (_, stderr) = run(&["peaks", &dat, "-o", &dat], 2);
    assert!(stderr.contains("it is the recording"), "{stderr}");
    assert_eq!(folder.names(), ["noise.dat"]);
    // What is cut off in the middle leaves the old file as it was.
    std::fs::write(&out, "old").unwrap();
    let flac = folder.arg("noise.flac");
    write_wav(&dat, 1, 16, &noise(16, 100_000));
    run(&["process", &dat, "-o", &flac, "--bits", "16", "[]"], 0);
    let bytes = std::fs::read(&flac).unwrap();
    std::fs::write(&flac, &bytes[..bytes.len() / 2]).unwrap();
    let (_, stderr) = run(&["peaks", &flac, "-o", &out], 1);
    assert!(stderr.contains("is damaged"), "{stderr}");
    assert_eq!(std::fs::read_to_string(&out).unwrap(), "old");
}
