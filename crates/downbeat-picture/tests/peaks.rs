//! Peaks are the sound's own, whatever blocks it came in.

use downbeat_dsp::Audio;
use downbeat_picture::Peaks;
use proptest::prelude::*;

/// Noise in -1 to 1 from whole numbers alone (the generator of Numerical Recipes, 2nd edition, section 7.1).
fn noise(seed: u32, frames: usize) -> Vec<f32> {
    let mut state = seed;
    let mut next = || {
        state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        (state >> 8) as f32 / 8_388_608.0 - 1.0
    };
    (0..frames).map(|_| next()).collect()
}

#[test]
fn a_square_wave_has_its_own_level() {
    let samples = (0..48_000).map(|i| if i % 100 < 50 { 0.25 } else { -0.25 }).collect();
    let peaks = Peaks::of(&Audio::mono(48_000, samples));
    assert_eq!((peaks.frames(), peaks.seconds(), peaks.rate()), (48_000, 1.0, 48_000));
    // A quarter squared is exact in binary, and so are its sums.
    assert_eq!((peaks.peak(), peaks.rms()), (0.25, 0.25));
    // 20 log10(1/4)
    assert!((peaks.peak_db() + 12.041_199_826_559_248).abs() < 1e-12);
    assert!((peaks.rms_db() + 12.041_199_826_559_248).abs() < 1e-12);
}

#[test]
fn a_full_scale_sine_is_3_db_below_its_peak() {
    let samples = (0..48_000).map(|i| libm::sin(std::f64::consts::TAU * f64::from(i) / 480.0) as f32).collect();
    let peaks = Peaks::of(&Audio::mono(48_000, samples));
    assert_eq!(peaks.peak(), 1.0);
    assert!(!peaks.clips());
    // Squares are summed in f32 over at most 16 terms before they go on in f64: a relative error below 16 * 2^-24 in the
    // square, half of it in the root.
    assert!((peaks.rms() / 0.5f64.sqrt() - 1.0).abs() < 8.0 * f64::powi(2.0, -24));
}

#[test]
fn both_channels_count() {
    let peaks = Peaks::of(&Audio::stereo(48_000, vec![0.5; 1000], vec![-1.5; 1000]));
    assert_eq!(peaks.peak(), 1.5);
    // (0.25 + 2.25) / 2, all exact.
    assert_eq!(peaks.rms(), 1.25f64.sqrt());
    assert!(peaks.clips());
}

#[test]
fn mono_in_both_channels_is_mono() {
    let samples = noise(3, 50_001);
    let stereo = Audio::stereo(48_000, samples.clone(), samples.clone());
    assert_eq!(Peaks::of(&stereo), Peaks::of(&Audio::mono(48_000, samples)));
}

#[test]
fn nothing_and_silence_are_minus_infinity() {
    for frames in [0, 1, 100_000] {
        let peaks = Peaks::of(&Audio::mono(48_000, vec![0.0; frames]));
        assert_eq!((peaks.peak(), peaks.rms()), (0.0, 0.0));
        assert_eq!((peaks.peak_db(), peaks.rms_db()), (f64::NEG_INFINITY, f64::NEG_INFINITY));
    }
    assert_eq!(Peaks::new(0).seconds(), 0.0);
}

#[test]
fn samples_that_are_not_finite_count_as_zero() {
    let bad = [f32::NAN, f32::INFINITY, f32::NEG_INFINITY];
    let mut dirty = noise(1, 100_000);
    let mut clean = dirty.clone();
    for i in (0..100_000).step_by(997) {
        dirty[i] = bad[i % 3];
        clean[i] = 0.0;
    }
    let (dirty, clean) = (Peaks::of(&Audio::mono(48_000, dirty)), Peaks::of(&Audio::mono(48_000, clean)));
    assert_eq!(dirty.peak(), clean.peak());
    // The careful way sums in f64, the quick way in f32 as above.
    assert!((dirty.rms() / clean.rms() - 1.0).abs() < 8.0 * f64::powi(2.0, -24));

    let huge = Peaks::of(&Audio::mono(48_000, vec![f32::MAX; 100]));
    assert_eq!(huge.peak(), f32::MAX);
    // A hundred sums in f64, each rounded once, and half of that in the root.
    assert!((huge.rms() / f64::from(f32::MAX) - 1.0).abs() < 50.0 * f64::powi(2.0, -53));
}

#[test]
fn the_level_of_a_long_sound_is_the_sum_of_its_samples() {
    let samples = noise(7, 1_234_567);
    let squares: f64 = samples.iter().map(|&x| f64::from(x) * f64::from(x)).sum();
    let peak = samples.iter().fold(0.0, |peak: f32, x| peak.max(x.abs()));
    let peaks = Peaks::of(&Audio::mono(44_100, samples));
    assert_eq!(peaks.peak(), peak);
    let rms = (squares / 1_234_567.0).sqrt();
    assert!((peaks.rms() / rms - 1.0).abs() < 8.0 * f64::powi(2.0, -24));
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(64) })]

    #[test]
    fn blocks_make_no_difference(seed: u32, lengths in proptest::collection::vec(0usize..5000, 1..40)) {
        let frames = lengths.iter().sum();
        let (left, right) = (noise(seed, frames), noise(!seed, frames));
        let mut in_blocks = Peaks::new(48_000);
        let mut start = 0;
        for length in lengths {
            let range = start..start + length;
            in_blocks.add(&Audio::stereo(48_000, left[range.clone()].to_vec(), right[range].to_vec()));
            start += length;
        }
        // Equal in every bit: bins, what is open, and what waits for its cell.
        prop_assert_eq!(in_blocks, Peaks::of(&Audio::stereo(48_000, left, right)));
    }
}
