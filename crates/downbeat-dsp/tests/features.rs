//! Features: librosa's values for a sound made by formula (`features.py` makes the same one and printed `features.json`),
//! the notebook's values for its own vectors, and sounds that have no features.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking, in its helpers, too")]

mod noise;

use std::path::Path;

use downbeat_dsp::features::{
    Bandwidth, Centroid, Chroma, Contrast, Feature, FeatureError, Flatness, Framing, Mel, Padding, Quantity, Rolloff,
    Series, Spectrogram, Stft, Window, estimate_tuning, power_to_db, rms, zero_crossing_rate,
};
use noise::noise;
use serde_json::Value;

const RATE: u32 = 22_050;

/// A tone with a little noise, then nothing, then noise that fades.
fn sound() -> Vec<f32> {
    let sample = |i: usize| match i {
        0..5000 => 0.5 * (((i % 101) as f64 / 50.5 - 1.0).abs() * 2.0 - 1.0) + 0.01 * noise(i),
        5000..9000 => 0.0,
        _ => 0.6 * noise(i) * (14_000 - i) as f64 / 5000.0,
    };
    (0..14_000).map(|i| sample(i) as f32).collect()
}

fn reference() -> Value {
    serde_json::from_str(include_str!("features.json")).unwrap()
}

fn numbers(values: &Value) -> Vec<f64> {
    values.as_array().unwrap().iter().map(|value| value.as_f64().unwrap()).collect()
}

/// The features of one case, by the names that `features.py` gives them.
fn measured(stft: &Stft, sound: &[f32]) -> Vec<(&'static str, Series)> {
    let mel = Mel { bands: 20, ..Mel::default() };
    let features: [(&str, &dyn Feature); 9] = [
        ("spectral_centroid", &Centroid),
        ("spectral_bandwidth", &Bandwidth::default()),
        ("spectral_bandwidth_3", &Bandwidth { p: 3.0 }),
        ("spectral_rolloff", &Rolloff::default()),
        ("spectral_flatness", &Flatness::default()),
        ("spectral_flatness_1", &Flatness { power: 1.0, ..Flatness::default() }),
        ("spectral_contrast", &Contrast::default()),
        ("chroma", &Chroma { tuning: 0.25 }),
        ("mel", &mel),
    ];
    let series = stft.measure(sound, features.map(|(_, feature)| feature)).unwrap();
    let mut all: Vec<(&str, Series)> = features.iter().map(|(name, _)| *name).zip(series).collect();
    let mut decibels = all.last().unwrap().1.clone();
    power_to_db(&mut decibels.values, 0.5, 1e-10, Some(80.0));
    all.push(("mel_db", decibels));
    all.push(("rms", rms(sound, RATE, stft.framing()).unwrap()));
    all.push(("zero_crossing_rate", zero_crossing_rate(sound, RATE, stft.framing()).unwrap()));
    all
}

/// How far a feature may be from librosa's, as a part of it, or in decibels for what is in decibels, when the transform
/// calculates in 32 bits. Its bins are off by 1e-7 of the loudest ones; librosa's calculates in 64.
fn tolerance(name: &str) -> f64 {
    match name {
        // The quietest bins of a band, which are 60 dB below the loudest, are off by 1e-4 of themselves.
        "spectral_contrast" => 3e-3,
        // They count for this, too, but all others do as well.
        "spectral_flatness" | "spectral_flatness_1" => 1.5e-5,
        // A band of the mel scale may have as few as two bins.
        "mel" | "mel_db" | "chroma" => 3e-5,
        _ => precise_tolerance(name),
    }
}

/// The same when it calculates in 64 bits.
fn precise_tolerance(name: &str) -> f64 {
    match name {
        // Counted, or the frequency of one bin: rounded to 32 bits.
        "zero_crossing_rate" | "spectral_rolloff" => 1e-7,
        // Twice a logarithm of 32 bits.
        "mel_db" | "spectral_contrast" => 2e-5,
        // Sums of which librosa makes all in 32 bits.
        "mel" | "chroma" => 3e-6,
        // Made of what librosa has rounded to 32 bits, and rounded again.
        _ => 1e-6,
    }
}

#[test]
fn values_are_librosas() {
    let reflect = Framing { frame: 4096, hop: 1500, padding: Padding::Reflect, window: Window::Rectangular };
    let short = Framing { frame: 1024, hop: 100, ..Framing::default() };
    let (reference, sound) = (reference(), sound());
    for (case, framing, sound) in
        [("default", Framing::default(), &sound[..]), ("reflect", reflect, &sound), ("short", short, &sound[..300])]
    {
        let tolerances: [fn(&str) -> f64; 2] = [tolerance, precise_tolerance];
        for (stft, tolerance) in [Stft::new, Stft::precise].into_iter().zip(tolerances) {
            for (name, series) in measured(&stft(RATE, framing).unwrap(), sound) {
                let expected = numbers(&reference[case][name]);
                assert_eq!(series.values.len(), expected.len(), "{case}: {name}");
                assert_eq!(series.frames(), framing.count(sound.len()), "{case}: {name}");
                let off = |(ours, theirs): (&f32, &f64)| {
                    let scale = if name == "mel_db" || name == "spectral_contrast" { 1.0 } else { theirs.abs() };
                    let difference = (f64::from(*ours) - theirs).abs();
                    if difference == 0.0 { 0.0 } else { difference / scale }
                };
                let worst = series.values.iter().zip(&expected).map(off).fold(0.0, f64::max);
                println!("{worst:.1e} of {:.0e} {case}: {name}", tolerance(name));
                assert!(worst <= tolerance(name), "{case}: {name} is off by {worst}");
            }
        }
    }
}

#[test]
fn the_tuning_is_librosas() {
    let stft = Stft::new(RATE, Framing::default()).unwrap();
    let quantities = [Quantity::Magnitude, Quantity::Power];
    let tuning = quantities.map(|quantity| estimate_tuning(&stft, &sound(), quantity));
    // Both are edges of a histogram.
    for (ours, theirs) in tuning.iter().zip(numbers(&reference()["tuning"])) {
        assert!((ours - theirs).abs() < 1e-12, "{ours}, not {theirs}");
    }
    assert_eq!(estimate_tuning(&stft, &[0.0; 10_000], Quantity::Power), 0.0);
    assert_eq!(estimate_tuning(&stft, &[], Quantity::Power), 0.0);
}

#[test]
fn values_are_the_notebooks() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared/vectors");
    let Ok(list) = std::fs::read_to_string(folder.join("vectors.json")) else {
        println!("skipped: there is no {}", folder.display());
        return;
    };
    let list: Value = serde_json::from_str(&list).unwrap();
    assert_eq!(list.as_array().unwrap().iter().filter(|row| compare_with_notebook(&folder, row)).count(), 9);
}

/// One row of the notebook's vectors, if it is a feature.
fn compare_with_notebook(folder: &Path, row: &Value) -> bool {
    if row["values"].is_null() {
        return false;
    }
    let mut file = hound::WavReader::open(folder.join(row["input"].as_str().unwrap())).unwrap();
    let rate = file.spec().sample_rate;
    let sound: Vec<f32> = file.samples::<f32>().map(Result::unwrap).collect();
    let setting = |name: &str| row["params"][name].as_u64().unwrap() as usize;
    let framing = Framing {
        frame: setting("frame_length"),
        hop: setting("hop_length"),
        padding: Padding::Reflect,
        window: Window::Rectangular,
    };
    let stft = Stft::precise(rate, framing).unwrap();
    let series = match row["function"].as_str().unwrap() {
        "root_mean_square" => rms(&sound, rate, framing).unwrap(),
        "spectral_centroid" => stft.measure(&sound, [&Centroid]).unwrap()[0].clone(),
        "spectral_bandwidth" => stft.measure(&sound, [&Bandwidth::default()]).unwrap()[0].clone(),
        function => panic!("there is no {function}"),
    };
    let expected = numbers(&row["values"]);
    // The notebook's frames end before the sound does, librosa's may have their middle at its end.
    assert_eq!(expected.len(), sound.len().div_ceil(framing.hop));
    let off = |(ours, theirs): (&f32, &f64)| (f64::from(*ours) / theirs - 1.0).abs();
    let worst = series.values.iter().zip(&expected).map(off).fold(0.0, f64::max);
    println!("{worst:.1e} {}", row["name"]);
    // Both calculate in 64 bits; ours is rounded to 32 in the end.
    assert!(worst < 1e-7, "{}: off by {worst}", row["name"]);
    true
}

#[test]
fn what_is_measured_together_is_what_is_measured_alone() {
    let (sound, stft) = (sound(), Stft::new(RATE, Framing::default()).unwrap());
    let [centroid, mel] = stft.measure(&sound, [&Centroid, &Mel::default()]).unwrap();
    assert_eq!([centroid], stft.measure(&sound, [&Centroid]).unwrap());
    assert_eq!([mel], stft.measure(&sound, [&Mel::default()]).unwrap());
}

#[test]
fn a_frame_is_the_same_in_every_lane() {
    let (sound, framing) = (sound(), Framing { hop: 500, ..Framing::default() });
    let stft = Stft::new(RATE, framing).unwrap();
    let [all] = stft.measure(&sound, [&Spectrogram(Quantity::Power)]).unwrap();
    for frames in 1..9 {
        let later = &sound[frames * framing.hop..];
        let [moved] = stft.measure(later, [&Spectrogram(Quantity::Power)]).unwrap();
        // The first three frames see the padding.
        assert_eq!(moved.frame(3), all.frame(3 + frames), "{frames}");
    }
}

#[test]
fn sounds_without_features_have_none_that_are_no_numbers() {
    let mut broken = sound();
    for (i, wrong) in [f32::NAN, f32::INFINITY, f32::NEG_INFINITY, f32::MAX, f32::MIN_POSITIVE / 8.0].iter().enumerate()
    {
        broken[i * 400 + 7] = *wrong;
    }
    let loud: Vec<f32> = sound().iter().map(|x| x * 9e11).collect();
    let quiet: Vec<f32> = sound().iter().map(|x| x * 1e-30).collect();
    let tiny: Vec<f32> = sound().iter().map(|x| x * 1e-44).collect();
    for (name, sound) in [
        ("nothing", &[][..]),
        ("a sample", &[0.5]),
        ("two samples", &[0.5, -0.5]),
        ("silence", &[0.0; 3000]),
        ("no numbers", &[f32::NAN; 3000]),
        ("infinite", &[f32::INFINITY; 3000]),
        ("broken", &broken),
        ("loud", &loud),
        ("quiet", &quiet),
        ("tiny", &tiny),
    ] {
        for padding in [Padding::Zero, Padding::Reflect, Padding::Edge] {
            for (frame, hop) in [(2048, 512), (4096, 4097), (8192, 77)] {
                let framing = Framing { frame, hop, padding, window: Window::Hann };
                for (feature, series) in measured(&Stft::new(RATE, framing).unwrap(), sound) {
                    assert_eq!(series.frames(), framing.count(sound.len()), "{name}: {feature}");
                    assert!(series.values.iter().all(|x| x.is_finite()), "{name}: {feature}");
                    let silent = matches!(name, "silence" | "no numbers" | "infinite");
                    if silent && !feature.contains("flatness") && !feature.contains("db") {
                        assert!(series.values.iter().all(|&x| x == 0.0), "{name}: {feature}");
                    }
                }
            }
        }
    }
}

#[test]
fn a_sample_that_is_no_number_counts_as_silence() {
    let (mut broken, mut mended) = (sound(), sound());
    (broken[1000], broken[9999]) = (f32::NAN, 1e13);
    (mended[1000], mended[9999]) = (0.0, 0.0);
    let stft = Stft::new(RATE, Framing::default()).unwrap();
    for ((name, ours), (_, expected)) in measured(&stft, &broken).into_iter().zip(measured(&stft, &mended)) {
        assert_eq!(ours, expected, "{name}");
    }
}

#[test]
fn frames_that_are_none_are_refused() {
    let framing = Framing::default();
    let stft = |framing| Stft::new(RATE, framing).map(|_| ());
    assert_eq!(stft(Framing { hop: 0, ..framing }), Err(FeatureError::Hop { hop: 0 }));
    for frame in [1000, 4, 1 << 17] {
        assert_eq!(stft(Framing { frame, ..framing }), Err(FeatureError::PowerOfTwo { frame }));
    }
    assert!(stft(Framing { frame: 8, hop: 3, ..framing }).is_ok());
    for wrong in [Framing { hop: 0, ..framing }, Framing { frame: 1, ..framing }, Framing { hop: 1 << 30, ..framing }] {
        assert!(rms(&[1.0], RATE, wrong).is_err() && zero_crossing_rate(&[1.0], RATE, wrong).is_err());
    }
    // Frames of any length have a level.
    let level = rms(&[0.5; 1000], RATE, Framing { frame: 999, hop: 100, padding: Padding::Edge, ..framing }).unwrap();
    assert_eq!(level.values, [0.5; 10]);
    let low = Contrast { low_hz: 4000.0, ..Contrast::default() };
    assert!(
        Stft::new(RATE, framing).unwrap().measure(&[1.0], [&low]).is_err(),
        "the last octave is above half the rate"
    );
}

#[test]
fn times_are_the_middles_of_frames() {
    let [centroid] = Stft::new(48_000, Framing::default()).unwrap().measure(&[0.1; 1024], [&Centroid]).unwrap();
    assert_eq!(centroid.times().collect::<Vec<_>>(), [0.0, 512.0 / 48_000.0, 1024.0 / 48_000.0]);
}
