//! The meters against closed forms and against the `ebur128` crate.
#![allow(clippy::unwrap_used)]

use std::f64::consts::{PI, TAU};

use downbeat_dsp::{Audio, Channels, Format, Loudness, Meter, Statistics, decibels, ratio};
use ebur128::{EbuR128, Mode};
use proptest::prelude::*;

const RATES: [u32; 7] = [8_000, 22_050, 44_100, 48_000, 88_200, 96_000, 192_000];

#[test]
fn a_sine_reads_its_closed_form() {
    // BS.1770: 997 Hz at full scale on one channel is -3.01 LUFS; on two channels 3.01 more, so -23 dBFS is -23 LUFS.
    // The weighting is tabled for 48 kHz; at other rates the bilinear transform bends the shelf a little.
    for rate in RATES {
        let samples = sine(997.0, 0.0, ratio(-23.0), rate, 10);
        let stereo = levels(&Audio::stereo(rate, samples.clone(), samples.clone()));
        let mono = levels(&Audio::mono(rate, samples));
        let tolerance = if rate == 48_000 { 0.005 } else { 0.05 };
        assert!((stereo.lufs.unwrap() + 23.0).abs() < tolerance, "{rate}: {:?}", stereo.lufs);
        assert!((mono.lufs.unwrap() + 26.01).abs() < tolerance, "{rate}: {:?}", mono.lufs);
        assert!((stereo.peak_db + 23.0).abs() < 0.7 && stereo.frames == u64::from(rate) * 10);
    }
}

#[test]
fn true_peaks_lie_between_the_samples() {
    // At a quarter of the rate and 45 degrees every sample is at 1/sqrt(2) of the amplitude: 3.0103 dB below. The filter
    // reads a quarter of the rate 0.005 dB too low at most; the fade keeps the ends from overshooting.
    for rate in [44_100, 48_000, 96_000] {
        let levels = levels(&faded(sine(f64::from(rate) / 4.0, PI / 4.0, 0.5, rate, 1), rate));
        assert!((levels.true_peak_db - levels.peak_db - 3.0103).abs() < 0.006, "{rate}: {levels:?}");
        assert!((levels.true_peak_db + 6.0206).abs() < 0.006, "{rate}: {levels:?}");
    }
    // From 192 kHz on the samples are the true peak.
    let levels = levels(&faded(sine(48_000.0, PI / 4.0, 0.5, 192_000, 1), 192_000));
    assert_eq!(levels.true_peak_db, levels.peak_db);
}

#[test]
fn every_phase_of_the_oversampling_finds_its_peak() {
    // A quarter of the rate again, with all crests at a quarter, half or three quarters of the way between two samples.
    for part in [0.25, 0.5, 0.75] {
        let levels = levels(&faded(sine(12_000.0, PI / 2.0 * (1.0 - part), 0.5, 48_000, 1), 48_000));
        assert!((levels.true_peak_db + 6.0206).abs() < 0.006, "{part}: {levels:?}");
    }
}

#[test]
fn true_peaks_are_nearer_to_the_truth_than_those_of_twelve_taps() {
    // Sines of known amplitude that the sampling grid misses: with oversampling by four a value is at most an eighth of a
    // sample off the crest, which costs 20 log10(cos(pi f/4)) of f the rate, and the filter is within 0.03 dB.
    let (mut worst, mut theirs) = (0.0_f64, 0.0_f64);
    for freq in [1_000.0, 5_999.0, 11_997.0, 15_001.0, 17_003.0, 19_997.0] {
        let samples = faded(sine(freq, 1.0, 1.0, 48_000, 1), 48_000);
        let exact_floor = 20.0 * libm::log10(libm::cos(PI * freq / 48_000.0 / 4.0));
        let ours = levels(&samples).true_peak_db;
        assert!(ours < 0.03 && ours > exact_floor - 0.03, "{freq}: {ours}, grid {exact_floor}");
        worst = worst.max(ours.abs());
        theirs = theirs.max((20.0 * libm::log10(reference(&samples).1)).abs());
    }
    println!("worst error on sines up to 20 kHz: {worst:.3} dB, 12 taps: {theirs:.3} dB");
    assert!(worst < theirs);
}

#[test]
fn readings_agree_with_ebur128() {
    for rate in RATES {
        let seconds = 6;
        let tone = sine(997.3, 0.3, 0.25, rate, seconds);
        let low = sine(31.0, 0.3, 0.5, rate, seconds);
        let noise = pink(rate, seconds, 1);
        let other = pink(rate, seconds, 99);
        // Loud, soft below the relative gate, silent, loud: the gates and the filters' rest are both at work.
        let bursts: Vec<f32> =
            (0_u32..).zip(&noise).map(|(i, x)| x * [1.0, 0.05, 0.0, 0.0, 0.6, 1e-5][(i / rate) as usize % 6]).collect();
        for (what, sound) in [
            ("tone", faded(tone.clone(), rate)),
            ("low tone", faded(low, rate)),
            ("noise", Audio::mono(rate, noise.clone())),
            ("bursts", Audio::mono(rate, bursts.clone())),
            ("stereo", Audio::stereo(rate, noise, other)),
            ("stereo bursts", Audio::stereo(rate, bursts, tone)),
        ] {
            let levels = levels(&sound);
            let (lufs, true_peak) = reference(&sound);
            // The same coefficients and gates: what is left is rounding, and how denormals are handled.
            assert!((levels.lufs.unwrap() - lufs).abs() < 1e-3, "{what} at {rate}: {levels:?} {lufs}");
            let difference = levels.true_peak_db - 20.0 * libm::log10(true_peak);
            assert!(difference.abs() < 0.1, "{what} at {rate}: {levels:?}, {difference} dB");
        }
    }
}

/// The first cases of EBU Tech 3341: stereo sines of 1 kHz at levels one after the other, and what a meter has to read. It
/// asks for 0.1 LU; the sines themselves leave 0.02, for the shelf is a little higher at 1 kHz than at 997 Hz.
#[test]
fn the_cases_of_ebu_tech_3341() {
    for (tones, lufs) in [
        (&[(-23.0, 20.0)][..], -23.0),
        (&[(-33.0, 20.0)], -33.0),
        (&[(-36.0, 10.0), (-23.0, 60.0), (-36.0, 10.0)], -23.0),
        (&[(-72.0, 10.0), (-36.0, 10.0), (-23.0, 60.0), (-36.0, 10.0), (-72.0, 10.0)], -23.0),
        (&[(-26.0, 20.0), (-20.0, 20.1), (-26.0, 20.0)], -23.0),
        // Not of the EBU: 11 LU below the loud half is 8 LU below the mean and counts, 15 LU below does not.
        (&[(-20.0, 60.0), (-31.0, 60.0)], 10.0 * libm::log10((ratio(-20.0).powi(2) + ratio(-31.0).powi(2)) / 2.0)),
        (&[(-20.0, 60.0), (-35.0, 60.0)], -20.0),
    ] {
        let mut meter = Meter::new(Format::stereo(48_000));
        for (db, seconds) in tones {
            // A period is 48 frames.
            let second = sine(1_000.0, 0.0, ratio(*db), 48_000, 1);
            let samples: Vec<f32> = second.into_iter().cycle().take((seconds * 48_000.0) as usize).collect();
            meter.measure(&Audio::stereo(48_000, samples.clone(), samples));
        }
        let read = meter.levels().lufs.unwrap();
        assert!((read - lufs).abs() < 0.03, "{tones:?}: {read}");
    }
}

#[test]
fn the_gate_leaves_silence_out() {
    let mut samples = sine(997.0, 0.0, 0.1, 48_000, 5);
    let alone = levels(&Audio::mono(48_000, samples.clone())).lufs.unwrap();
    samples.extend(vec![0.0; 48_000 * 20]);
    let with_silence = levels(&Audio::mono(48_000, samples.clone())).lufs.unwrap();
    // Of the blocks over the edge, those with more than a tenth of the tone count: 0.1, 0.25, 0.5 and 0.75 of it.
    assert!(with_silence < alone && with_silence > alone - 0.3, "{alone} {with_silence}");
    assert_eq!(levels(&Audio::mono(48_000, vec![0.0; 96_000])).lufs, None);
    assert_eq!(levels(&Audio::mono(48_000, vec![0.5; 19_199])).lufs, None);
    assert_eq!(levels(&Audio::mono(48_000, vec![1e-5; 96_000])).lufs, None);
}

#[test]
fn silence_and_nothing_have_no_level() {
    for format in [Format::mono(48_000), Format::stereo(44_100)] {
        for frames in [0, 1, 100_000] {
            let levels = levels(&Audio::silence(format, frames));
            assert_eq!((levels.peak_db, levels.true_peak_db), (f64::NEG_INFINITY, f64::NEG_INFINITY));
            assert_eq!((levels.largest, levels.smallest, levels.lufs), (0.0, 0.0, None));
            assert_eq!((levels.short_term_lufs, levels.momentary_lufs, levels.lra), (None, None, None));
            assert_eq!((levels.crest_db, levels.correlation), (0.0, None));
        }
    }
}

#[test]
fn crest_factor_and_correlation_are_their_definitions() {
    // Whole periods of a sine whose crests are on samples: the square of its mean square root is exactly half. The
    // samples are rounded to 24 bits, which moves the level by 1e-6 dB at most.
    let (a, b) = (sine(1_000.0, 0.0, 0.5, 48_000, 1), sine(1_000.0, PI / 2.0, 0.5, 48_000, 1));
    let scaled = |plane: &[f32], by: f32| plane.iter().map(|x| x * by).collect::<Vec<f32>>();
    let mono = levels(&Audio::mono(48_000, a.clone()));
    assert!((mono.crest_db - 10.0 * libm::log10(2.0)).abs() < 1e-6, "{}", mono.crest_db);
    assert_eq!(mono.correlation, None);
    for (right, correlation) in [(scaled(&a, 0.25), 1.0), (scaled(&a, -0.5), -1.0), (b.clone(), 0.0)] {
        let read = levels(&Audio::stereo(48_000, a.clone(), right)).correlation.unwrap();
        // Rounded samples of 24 bits: their errors are 2^-25 of the peak, and add up to less than that in the mean.
        assert!((read - correlation).abs() < 1e-7, "{correlation}: {read}");
    }
    // sqrt(1/2) of the right side alone: both sides together have the mean of their mean squares.
    let one_sided = levels(&Audio::stereo(48_000, vec![0.0; 48_000], a));
    assert!((one_sided.crest_db - 10.0 * libm::log10(4.0)).abs() < 1e-6, "{}", one_sided.crest_db);
    assert_eq!(one_sided.correlation, None);
    let square = levels(&Audio::mono(48_000, vec![0.5, -0.5, 0.5, -0.5, 0.5]));
    assert_eq!(square.crest_db, 0.0);
}

#[test]
fn one_meter_reads_what_single_meters_read() {
    for (rate, seconds) in [(44_100, 2), (48_000, 7)] {
        let (left, mut right) = (pink(rate, seconds, 3), pink(rate, seconds, 4));
        right.iter_mut().zip(&left).for_each(|(right, left)| *right = 0.3 * *right + left);
        right[1_000..30_000].fill(0.0);
        let sound = Audio::stereo(rate, left, right);
        let (mut statistics, mut loudness) = (Statistics::new(sound.format(), 1.0), Loudness::new(sound.format()));
        statistics.measure(&sound);
        loudness.measure(sound.left(), sound.right());
        let levels = levels(&sound);
        assert_eq!((levels.crest_db, levels.correlation), (statistics.crest_db(), statistics.correlation()));
        assert_eq!(
            (levels.short_term_lufs, levels.momentary_lufs),
            (loudness.max_short_term(), loudness.max_momentary())
        );
        assert_eq!((levels.lufs, levels.lra), (loudness.lufs(), loudness.range()));
        assert_eq!(levels.lra.is_some(), seconds > 3);
        // By hand, in one sum: the order of the additions is the only difference.
        let sum = |a: &[f32], b: &[f32]| a.iter().zip(b).map(|(a, b)| f64::from(*a) * f64::from(*b)).sum::<f64>();
        let (l, r) = (sound.left(), sound.right());
        let (ll, rr, lr) = (sum(l, l), sum(r, r), sum(l, r));
        assert!((levels.correlation.unwrap() - lr / (ll * rr).sqrt()).abs() < 1e-12);
        let rms = decibels(((ll + rr) / (2.0 * l.len() as f64)).sqrt());
        assert!((levels.crest_db - (levels.peak_db - rms)).abs() < 1e-10);
    }
}

#[test]
fn peaks_keep_their_sign() {
    let levels = levels(&Audio::stereo(48_000, vec![0.1, -0.7, 0.2], vec![0.3, 0.25, 0.1]));
    assert_eq!((levels.largest, levels.smallest), (0.3, -0.7));
    assert!((levels.peak_db - 20.0 * libm::log10(0.7)).abs() < 1e-6);
    // A sound that never goes below 0 has a smallest sample above it.
    assert_eq!(self::levels(&Audio::mono(48_000, vec![0.25, 0.5])).smallest, 0.25);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]

    /// Blocks of any length give the same readings, to the bit.
    #[test]
    fn any_blocks_read_the_same(blocks in proptest::collection::vec(0_usize..9_000, 1..40), rate in 0_usize..7, stereo: bool) {
        let rate = RATES[rate];
        let frames = blocks.iter().sum::<usize>();
        let mut left: Vec<f32> = pink(rate, 1 + frames as u32 / rate, 7);
        left.truncate(frames);
        // A hole of silence, long enough for the filters to come to rest.
        let hole = frames / 3..2 * frames / 3;
        left[hole].fill(0.0);
        let right: Vec<f32> = left.iter().rev().copied().collect();
        let sound = if stereo { Audio::stereo(rate, left, right) } else { Audio::mono(rate, left) };
        let mut meter = Meter::new(sound.format());
        let mut start = 0;
        for length in blocks {
            let part = |plane: &[f32]| plane[start..start + length].to_vec();
            let block = match sound.channels() {
                Channels::Mono => Audio::mono(rate, part(sound.left())),
                Channels::Stereo => Audio::stereo(rate, part(sound.left()), part(sound.right())),
            };
            meter.measure(&block);
            start += length;
        }
        prop_assert_eq!(meter.levels(), levels(&sound));
    }
}

fn levels(sound: &Audio) -> downbeat_dsp::Levels {
    let mut meter = Meter::new(sound.format());
    meter.measure(sound);
    meter.levels()
}

/// Loudness in LUFS and true peak as a magnitude, by `ebur128`.
fn reference(sound: &Audio) -> (f64, f64) {
    let planes: Vec<&[f32]> = sound.planes().collect();
    let mut meter = EbuR128::new(planes.len() as u32, sound.rate(), Mode::I | Mode::TRUE_PEAK).unwrap();
    meter.add_frames_planar_f32(&planes).unwrap();
    let peak = (0..planes.len() as u32).map(|n| meter.true_peak(n).unwrap()).fold(0.0, f64::max);
    (meter.loudness_global().unwrap(), peak)
}

fn sine(freq: f64, phase: f64, level: f64, rate: u32, seconds: u32) -> Vec<f32> {
    (0..rate * seconds)
        .map(|i| (level * libm::sin(libm::fmod(TAU * freq * f64::from(i) / f64::from(rate), TAU) + phase)) as f32)
        .collect()
}

/// Faded in and out over a tenth of a second, so that only the steady state is seen.
fn faded(mut samples: Vec<f32>, rate: u32) -> Audio {
    let (frames, length) = (samples.len(), rate as usize / 10);
    for i in 0..length {
        let gain = 0.5 - 0.5 * libm::cos(PI * i as f64 / length as f64);
        samples[i] *= gain as f32;
        samples[frames - 1 - i] *= gain as f32;
    }
    Audio::mono(rate, samples)
}

/// Noise that falls off towards high frequencies as music does: white noise through a one-pole lowpass, twice.
fn pink(rate: u32, seconds: u32, seed: u32) -> Vec<f32> {
    let (mut state, mut first, mut second) = (seed, 0.0, 0.0);
    (0..rate * seconds)
        .map(|_| {
            state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            let white = f64::from(state >> 8) / 8_388_608.0 - 1.0;
            first += 0.3 * (white - first);
            second += 0.3 * (first - second);
            second as f32
        })
        .collect()
}
