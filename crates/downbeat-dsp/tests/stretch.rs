//! Clips at another length and another pitch, held against closed forms.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking, in its helpers, too")]

use std::f64::consts::TAU;
use std::ops::Range;

use downbeat_dsp::{Audio, ClipEffect, PitchShift, TimeStretch, decibels};

const RATE: u32 = 48_000;

fn stretched(factor: f64, clip: Audio) -> Audio {
    TimeStretch { factor, ..TimeStretch::default() }.apply(clip)
}

fn shifted(semitones: f64, clip: Audio) -> Audio {
    PitchShift { semitones, ..PitchShift::default() }.apply(clip)
}

fn sine(freq_hz: f64, phase: f64, frames: usize) -> Vec<f32> {
    (0..frames).map(|n| (0.5 * libm::sin(TAU * freq_hz / f64::from(RATE) * n as f64 + phase)) as f32).collect()
}

/// Bursts of noise that die away, half a second apart, of which the first begins after a tenth of a second.
fn hits(frames: usize) -> Vec<f32> {
    let mut seed = 5_u32;
    let noise = |n: usize| {
        seed = seed.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        let since = n.checked_sub(4800).map(|n| n % 24_000);
        let level = since.map_or(0.0, |since| 0.7 * libm::exp(-(since as f64) / 1500.0));
        ((f64::from(seed >> 8) / f64::from(1 << 23) - 1.0) * level) as f32
    };
    (0..frames).map(noise).collect()
}

/// A sine of exactly this frequency, fitted by least squares: to the middle half, where no other stretch is said.
struct Fit {
    amplitude: f64,
    phase: f64,
    /// What is not that sine, in decibels below it.
    rest_db: f64,
}

fn fit(samples: &[f32], freq_hz: f64) -> Fit {
    fit_in(samples, samples.len() / 4..3 * samples.len() / 4, freq_hz)
}

fn fit_in(samples: &[f32], middle: Range<usize>, freq_hz: f64) -> Fit {
    let point = |n: usize| {
        let angle = TAU * freq_hz / f64::from(RATE) * n as f64;
        (libm::cos(angle), libm::sin(angle))
    };
    let (mut cc, mut ss, mut cs, mut cx, mut sx) = (0.0, 0.0, 0.0, 0.0, 0.0);
    for n in middle.clone() {
        let ((c, s), x) = (point(n), f64::from(samples[n]));
        (cc, ss, cs, cx, sx) = (cc + c * c, ss + s * s, cs + c * s, cx + c * x, sx + s * x);
    }
    let (a, b) = ((cx * ss - sx * cs) / (cc * ss - cs * cs), (sx * cc - cx * cs) / (cc * ss - cs * cs));
    let rest = middle.clone().map(|n| {
        let (c, s) = point(n);
        (f64::from(samples[n]) - a * c - b * s).powi(2)
    });
    let rest = (rest.sum::<f64>() / middle.len() as f64).sqrt();
    let amplitude = (a * a + b * b).sqrt();
    Fit { amplitude, phase: libm::atan2(a, b), rest_db: decibels(rest / (amplitude / 2.0_f64.sqrt())) }
}

/// A sine of a frequency that is off by d would leave a rest of d times half the length: 0.001 % of 440 Hz over a second
/// is -37 dB. -60 dB of rest is a frequency that is exact and a level that stands still.
#[test]
fn a_sine_keeps_its_frequency_and_its_level() {
    for factor in [0.25, 0.5, 0.8, 1.01, 1.37, 2.0, 4.0] {
        for freq_hz in [100.0, 440.0, 5000.0, 15_000.0] {
            let found = fit(stretched(factor, Audio::mono(RATE, sine(freq_hz, 0.3, 100_000))).left(), freq_hz);
            assert!(found.rest_db < -60.0, "{freq_hz} Hz, {factor} times as long: {} dB", found.rest_db);
            assert!(decibels(found.amplitude / 0.5).abs() < 0.01, "{freq_hz} Hz, {factor}: {}", found.amplitude);
        }
    }
}

#[test]
fn a_sine_is_shifted_exactly() {
    for semitones in [-24.0, -12.0, -3.0, 0.5, 4.0, 7.0, 12.0, 24.0] {
        for freq_hz in [220.0, 1000.0, 4000.0] {
            let output = shifted(semitones, Audio::mono(RATE, sine(freq_hz, 0.3, 100_000)));
            // The stretched clip has whole frames: so the ratio is rounded.
            let ratio = (100_000.0 * libm::exp2(semitones / 12.0)).round() / 100_000.0;
            let found = fit(output.left(), freq_hz * ratio);
            assert!(found.rest_db < -60.0, "{freq_hz} Hz by {semitones}: {} dB", found.rest_db);
            assert!(decibels(found.amplitude / 0.5).abs() < 0.01, "{freq_hz} Hz by {semitones}: {}", found.amplitude);
        }
    }
    let cents = PitchShift { semitones: 7.0, cents: -50.0, ..PitchShift::default() };
    let clip = Audio::mono(RATE, sine(500.0, 0.0, 50_000));
    assert_eq!(cents.apply(clip.clone()), shifted(6.5, clip));
}

#[test]
fn lengths_are_exact() {
    for (frames, factor, expected) in
        [(100_001, 2.0, 200_002), (9_999, 0.5, 5_000), (12_345, 1.1, 13_580), (1, 0.25, 1), (3, 4.0, 12), (0, 2.0, 0)]
    {
        assert_eq!(stretched(factor, Audio::mono(RATE, hits(frames))).frames(), expected);
        assert_eq!(shifted(7.3, Audio::mono(RATE, hits(frames))).frames(), frames);
    }
}

#[test]
fn clicks_stay_clicks_and_lie_where_they_belong() {
    // Their distances are at least that of a frame of the vocoder, still when they are the shortest.
    let at = [20_000, 42_001, 62_799, 84_000];
    let mut clip = vec![0.0; 110_000];
    at.iter().for_each(|&at| clip[at] = 0.9);
    for factor in [0.25, 0.5, 0.9, 1.5, 2.0, 3.3, 4.0] {
        let output = stretched(factor, Audio::mono(RATE, clip.clone()));
        let mut rest = output.left().to_vec();
        for at in at {
            // A block of the search for attacks is two thirds of a millisecond: the click is that near to where it belongs.
            let there = (at as f64 * factor).round() as usize;
            let near = there - 120..there + 120;
            let loudest = near.max_by(|a, b| rest[*a].abs().total_cmp(&rest[*b].abs())).unwrap();
            let late = loudest.abs_diff(there) as f64;
            assert!(late <= 32.0 * (factor - 1.0).abs() + 1.0, "{at} at {factor}: {late} frames away");
            assert!((rest[loudest] - 0.9).abs() < 0.01, "{at} at {factor}: {}", rest[loudest]);
            rest[loudest] = 0.0;
        }
        let most = rest.iter().fold(0.0_f32, |most, x| most.max(x.abs()));
        assert!(most < 0.03, "at {factor} there is {most} beside the clicks");
    }
}

#[test]
fn an_attack_is_a_copy() {
    let clip = hits(96_000);
    for factor in [0.7, 1.5, 2.5] {
        let output = stretched(factor, Audio::mono(RATE, clip.clone()));
        for hit in (4800..90_000).step_by(24_000) {
            // From the attack on for 10 ms, at the lag of the least difference within a millisecond.
            let difference =
                |to: usize| -> f64 { (0..480).map(|n| f64::from(output.left()[to + n] - clip[hit + n]).powi(2)).sum() };
            let there = (hit as f64 * factor).round() as usize;
            let least = (there - 48..there + 48).map(difference).fold(f64::MAX, f64::min);
            let power: f64 = clip[hit..hit + 480].iter().map(|x| f64::from(*x).powi(2)).sum();
            let error_db = 0.5 * decibels(least / power);
            assert!(error_db < -60.0, "the hit at {hit} at {factor}: {error_db} dB");
        }
    }
}

#[test]
fn a_tone_under_hits_goes_on() {
    let tone = sine(440.0, 0.0, 144_000);
    let clip: Vec<f32> = hits(144_000).iter().zip(&tone).map(|(hit, tone)| 0.3 * hit + tone).collect();
    for factor in [0.7, 1.5, 2.0] {
        let output = stretched(factor, Audio::mono(RATE, clip.clone()));
        // Over 100 ms at a time; the noise of the hits in a band of 10 Hz is 35 dB below the tone.
        for from in (4800..output.frames() - 9600).step_by(4800) {
            let found = fit_in(output.left(), from..from + 4800, 440.0);
            let level_db = decibels(found.amplitude / 0.5);
            assert!(level_db.abs() < 0.5, "at {factor}: {level_db} dB");
        }
    }
}

#[test]
fn channels_stay_together() {
    let (left, right) = (sine(440.0, 0.0, 100_000), sine(440.0, 1.0, 100_000));
    for output in [
        stretched(1.7, Audio::stereo(RATE, left.clone(), right.clone())),
        shifted(0.0, Audio::stereo(RATE, left.clone(), right.clone())),
    ] {
        let between = fit(output.right(), 440.0).phase - fit(output.left(), 440.0).phase;
        assert!((between - 1.0).abs() < 1e-4, "{between}");
    }
    // What is in one channel only stays there, beside loud hits in the other one.
    let output = stretched(1.7, Audio::stereo(RATE, hits(100_000), vec![0.0; 100_000]));
    assert!(output.right().iter().all(|x| *x == 0.0));
    let both = stretched(1.7, Audio::mono(RATE, hits(100_000)).into_stereo());
    assert_eq!(both.left(), both.right());
}

#[test]
fn what_is_not_changed_is_the_clip_to_the_last_bit() {
    let clip = Audio::stereo(44_100, hits(20_000), sine(997.0, 0.0, 20_000));
    assert_eq!(stretched(1.0, clip.clone()), clip);
    assert_eq!(shifted(0.0, clip.clone()), clip);
    assert_eq!(PitchShift { semitones: 1.0, cents: -100.0, ..PitchShift::default() }.apply(clip.clone()), clip);
}

#[test]
fn an_attack_at_the_very_start_and_a_cut_at_the_very_end_stay_hard() {
    let clip = vec![0.5; 30_000];
    for factor in [0.5, 2.0] {
        let output = stretched(factor, Audio::mono(RATE, clip.clone()));
        // What the cut leaves in the bins next to the tone's turns with it: -60 dB.
        assert!(output.left().iter().all(|x| (x - 0.5).abs() < 1e-3), "at {factor}");
    }
}

#[test]
fn no_sound_can_stop_it() {
    for odd in [f32::NAN, f32::INFINITY, f32::MAX, f32::MIN_POSITIVE] {
        for frames in [1, 2, 777, 20_000] {
            let mut samples = hits(frames);
            samples[frames / 2] = odd;
            assert_eq!(stretched(1.5, Audio::mono(RATE, samples.clone())).frames(), (frames * 3).div_ceil(2));
            assert_eq!(shifted(-5.0, Audio::mono(RATE, samples)).frames(), frames);
        }
    }
}
