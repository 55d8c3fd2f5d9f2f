//! How long each feature of a sound takes, in samples per second, over a minute at 48 kHz: frames of 2048, 512 apart.

use divan::counter::ItemsCount;
use divan::{Bencher, black_box};
use downbeat_dsp::features::{
    Bandwidth, Centroid, Chroma, Contrast, Feature, Flatness, Framing, Mel, Quantity, Rolloff, Stft, estimate_tuning,
    power_to_db, rms, zero_crossing_rate,
};

const RATE: u32 = 48_000;
const SAMPLES: usize = 60 * RATE as usize;

fn main() {
    divan::main();
}

const NAMES: [&str; 7] = ["centroid", "bandwidth", "rolloff", "flatness", "contrast", "mel", "chroma"];

/// Each feature of a spectrum alone, the transform included.
#[divan::bench(args = NAMES)]
fn spectral(bencher: Bencher<'_, '_>, name: &str) {
    bench_spectral(bencher, Stft::new(RATE, Framing::default()), name);
}

/// The same with the transform in 64 bits.
#[divan::bench(args = NAMES)]
fn spectral_in_64_bits(bencher: Bencher<'_, '_>, name: &str) {
    bench_spectral(bencher, Stft::precise(RATE, Framing::default()), name);
}

/// All of them in one pass.
#[divan::bench]
fn all_spectral(bencher: Bencher<'_, '_>) {
    let (sound, features) = (noise(), NAMES.map(feature));
    let features = features.each_ref().map(|feature| &**feature);
    let Ok(stft) = Stft::new(RATE, Framing::default()) else { return };
    bencher.counter(ItemsCount::new(SAMPLES)).bench(|| black_box(stft.measure(&sound, features)));
}

/// Nothing but the transform.
#[divan::bench(args = [Quantity::Power, Quantity::Magnitude])]
fn transform(bencher: Bencher<'_, '_>, quantity: Quantity) {
    let sound = noise();
    let Ok(stft) = Stft::new(RATE, Framing::default()) else { return };
    bencher.counter(ItemsCount::new(SAMPLES)).bench(|| {
        stft.each(&sound, quantity, |group| {
            black_box(group.powers);
        });
    });
}

#[divan::bench]
fn level(bencher: Bencher<'_, '_>) {
    let sound = noise();
    bencher.counter(ItemsCount::new(SAMPLES)).bench(|| black_box(rms(&sound, RATE, Framing::default())));
}

#[divan::bench]
fn zero_crossings(bencher: Bencher<'_, '_>) {
    let sound = noise();
    bencher.counter(ItemsCount::new(SAMPLES)).bench(|| black_box(zero_crossing_rate(&sound, RATE, Framing::default())));
}

#[divan::bench]
fn tuning(bencher: Bencher<'_, '_>) {
    let sound = noise();
    let Ok(stft) = Stft::new(RATE, Framing::default()) else { return };
    bencher.counter(ItemsCount::new(SAMPLES)).bench(|| black_box(estimate_tuning(&stft, &sound, Quantity::Power)));
}

/// The decibels of the bands of a minute.
#[divan::bench]
fn decibels(bencher: Bencher<'_, '_>) {
    let powers: Vec<f32> = noise().iter().take(128 * SAMPLES / 512).map(|x| x * x).collect();
    bencher
        .counter(ItemsCount::new(powers.len()))
        .with_inputs(|| powers.clone())
        .bench_refs(|powers| power_to_db(black_box(powers), 1.0, 1e-10, Some(80.0)));
}

fn bench_spectral<E>(bencher: Bencher<'_, '_>, stft: Result<Stft, E>, name: &str) {
    let (sound, feature) = (noise(), feature(name));
    let Ok(stft) = stft else { return };
    bencher.counter(ItemsCount::new(SAMPLES)).bench(|| black_box(stft.measure(&sound, [&*feature])));
}

fn feature(name: &str) -> Box<dyn Feature> {
    match name {
        "centroid" => Box::new(Centroid),
        "bandwidth" => Box::new(Bandwidth::default()),
        "rolloff" => Box::new(Rolloff::default()),
        "flatness" => Box::new(Flatness::default()),
        "contrast" => Box::new(Contrast::default()),
        "mel" => Box::new(Mel::default()),
        _ => Box::new(Chroma::default()),
    }
}

/// Loud noise, the same each time.
fn noise() -> Vec<f32> {
    let mut seed = 1_u32;
    let sample = |_| {
        seed = seed.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        seed as f32 / u32::MAX as f32 * 2.0 - 1.0
    };
    (0..SAMPLES).map(sample).collect()
}
