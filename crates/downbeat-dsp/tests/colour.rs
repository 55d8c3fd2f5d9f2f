//! Saturation, folding and crushing as they are heard: overtones, levels, and settings that move.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking, in its helpers, too")]

use downbeat_dsp::{BitCrush, Block, Effect, Format, HardClip, Saturate, SaturateCurve, Wavefold, decibels, ratio};
use std::f64::consts::TAU;
use std::sync::Arc;

const FORMAT: Format = Format { rate: 48_000, channels: downbeat_dsp::Channels::Mono };

/// A second of a sine, after a second.
fn heard<E: Effect>(effect: &E, hz: u32, amplitude: f64) -> Vec<f32> {
    let turn = |i: usize| f64::from(hz) * (i % 48_000) as f64 / 48e3;
    let mut samples: Vec<f32> = (0..2 * 48_000).map(|i| (amplitude * libm::sin(TAU * turn(i))) as f32).collect();
    effect.process(&mut effect.start(FORMAT), &mut Block::mono(&mut samples));
    samples.split_off(48_000)
}

/// The amplitude of a whole number of hertz in a second of sound.
fn tone(samples: &[f32], hz: u32) -> f64 {
    let (mut re, mut im) = (0.0, 0.0);
    for (i, x) in samples.iter().enumerate() {
        let (sin, cos) = libm::sincos(TAU * ((u64::from(hz) * i as u64) % 48_000) as f64 / 48_000.0);
        (re, im) = (re + f64::from(*x) * cos, im + f64::from(*x) * sin);
    }
    libm::hypot(re, im) / 24_000.0
}

/// The amplitude of an overtone of a curve that is given a sine: its Fourier integral, by the midpoint rule, which for what
/// is periodic and smooth converges faster than any power.
fn overtone(curve: impl Fn(f64) -> f64, amplitude: f64, number: u32) -> f64 {
    const POINTS: u32 = 4096;
    let (mut re, mut im) = (0.0, 0.0);
    for i in 0..POINTS {
        let angle = TAU * (f64::from(i) + 0.5) / f64::from(POINTS);
        let y = curve(amplitude * libm::sin(angle));
        let (sin, cos) = libm::sincos(f64::from(number) * angle);
        (re, im) = (re + y * cos, im + y * sin);
    }
    libm::hypot(re, im) * 2.0 / f64::from(POINTS)
}

#[test]
fn overtones_are_those_of_the_curves() {
    let curves = [
        (SaturateCurve::Tanh, libm::tanh as fn(f64) -> f64),
        (SaturateCurve::Tube, |x| if x < 0.0 { 0.5 * libm::tanh(2.0 * x) } else { libm::tanh(x) }),
        (SaturateCurve::Tape, |x| 1.0 / libm::tanh(3.0 * x) - 1.0 / (3.0 * x)),
    ];
    for (curve, formula) in curves {
        for drive_db in [0.0, 12.0] {
            let saturate = Saturate { drive_db, curve, ..Saturate::default() };
            let output = heard(&saturate, 1000, 0.5);
            for number in 1..=19 {
                let wanted = overtone(|x| formula(ratio(drive_db) * x), 0.5, number);
                let found = tone(&output, number * 1000);
                if wanted > 1e-5 {
                    assert!(decibels(found / wanted).abs() < 0.05, "{curve:?} {drive_db} dB, overtone {number}");
                } else {
                    assert!(found < 2e-5, "{curve:?} {drive_db} dB, overtone {number}: {found}");
                }
            }
            let is_odd = tone(&output, 2000) < 1e-6;
            assert_eq!(is_odd, curve != SaturateCurve::Tube, "only a tube makes even overtones");
        }
    }
}

#[test]
fn soft_sound_is_turned_up_by_the_drive_and_the_output() {
    for curve in [SaturateCurve::Tanh, SaturateCurve::Tube, SaturateCurve::Tape] {
        let saturate = Saturate { drive_db: 20.0, curve, output_db: -3.0, ..Saturate::default() };
        let level = decibels(tone(&heard(&saturate, 440, 1e-4), 440) / 1e-4);
        // All three curves lack less than x²/2 of themselves, 1e-6.
        assert!((level - 17.0).abs() < 1e-3, "{curve:?}: {level} dB");
    }
}

#[test]
fn dry_sound_is_only_later() {
    let saturate = Saturate { mix: 0.0, ..Saturate::default() };
    let late = saturate.latency(FORMAT);
    let (dry, mut wet) = (heard(&saturate, 3000, 1.0), Vec::new());
    wet.extend((0..48_000).map(|i| libm::sin(TAU * 3000.0 * (i as f64 - late as f64) / 48e3) as f32));
    // The ripple of four filters.
    assert!(dry.iter().zip(&wet).all(|(x, y)| (x - y).abs() < 4e-5));
}

#[test]
fn a_clipped_sine_has_the_overtones_of_a_clipped_sine() {
    let clip = HardClip { threshold_db: -6.0, oversample: 8 };
    let output = heard(&clip, 500, 1.0);
    let threshold = ratio(-6.0);
    for number in [1, 3, 5, 7, 9, 15, 21] {
        let wanted = overtone(|x| x.clamp(-threshold, threshold), 1.0, number);
        let found = tone(&output, number * 500);
        // Of the corners, what folds back even at eight times the rate is 80 dB down.
        assert!((found - wanted).abs() < 1e-4, "overtone {number}: {found}, not {wanted}");
    }
    let loudest = output.iter().fold(0.0_f64, |loudest, x| loudest.max(f64::from(x.abs())));
    assert!(decibels(loudest / threshold) < 1.0, "the filters lift peaks a little: {loudest}");
}

#[test]
fn a_folded_sine_has_the_overtones_of_bessel() {
    // sin(z sin t) has the overtones 2 J_n(z) for odd n.
    let output = heard(&Wavefold { drive: 3.0, ..Wavefold::default() }, 1000, 0.9);
    for number in (1..20).step_by(2) {
        let wanted = 2.0 * libm::jn(number, 1.5 * std::f64::consts::PI * 0.9).abs();
        let found = tone(&output, number as u32 * 1000);
        assert!((found - wanted).abs() < 3e-5, "overtone {number}: {found}, not {wanted}");
    }
}

#[test]
fn every_bit_is_six_decibels() {
    for bits in [4.0, 8.0, 12.0, 16.0] {
        let output = heard(&BitCrush { bits, ..BitCrush::default() }, 997, 0.99);
        let noise: f64 = (0..48_000)
            .map(|i| f64::from(output[i]) - 0.99 * libm::sin(TAU * 997.0 * i as f64 / 48e3))
            .map(|error| error * error)
            .sum::<f64>()
            / 48_000.0;
        // Steps of 2^(1 - bits) make errors with a variance of their square / 12.
        let wanted = decibels(libm::exp2(1.0 - bits) / 12.0_f64.sqrt());
        assert!((decibels(noise.sqrt()) - wanted).abs() < 0.3, "{bits} bits: {}", decibels(noise.sqrt()));
    }
}

/// Runs with settings that change at given frames, in blocks no longer than `block`.
fn moved<E: Effect>(moves: &[(usize, E)], input: &[f32], block: usize) -> Vec<f32> {
    let mut state = moves[0].1.start(FORMAT);
    let mut output = input.to_vec();
    for (i, (from, effect)) in moves.iter().enumerate() {
        let to = moves.get(i + 1).map_or(input.len(), |(to, _)| *to);
        output[*from..to].chunks_mut(block).for_each(|block| effect.process(&mut state, &mut Block::mono(block)));
    }
    output
}

#[test]
fn settings_move_between_blocks_of_any_size() {
    let input: Vec<f32> = (0..9000).map(|i| libm::sin(0.03 * f64::from(i)) as f32).collect();
    let saturates =
        [(0, 6.0), (1001, 7.0), (5003, 20.0)].map(|(at, drive_db)| (at, Saturate { drive_db, ..Saturate::default() }));
    let crushes = [(0, 6.0), (1001, 7.5), (5003, 3.0)].map(|(at, bits)| (at, BitCrush { bits, divider: 7, mix: 1.0 }));
    for block in [1, 50, 333] {
        assert_eq!(moved(&saturates, &input, block), moved(&saturates, &input, 9000));
        assert_eq!(moved(&crushes, &input, block), moved(&crushes, &input, 9000));
    }
}

#[test]
fn wider_vectors_change_no_bit() {
    fn check<E: Effect>(effect: &E)
    where
        E::State: 'static,
    {
        let input: Vec<f32> = (0..10_007).map(|i| libm::sin(0.001 * f64::from(i * i % 9001)) as f32).collect();
        let (mut plain, mut wide) = (input.clone(), input);
        effect.process(&mut effect.start(FORMAT), &mut Block::mono(&mut plain));
        downbeat_dsp::Stream::start(Arc::new(effect.clone()), FORMAT, 0).process(&mut Block::mono(&mut wide));
        assert_eq!(plain, wide, "{effect:?}");
    }
    for oversample in [1, 2, 4, 8] {
        for curve in [SaturateCurve::Tanh, SaturateCurve::Tube, SaturateCurve::Tape] {
            check(&Saturate { curve, oversample, ..Saturate::default() });
        }
        check(&Wavefold { oversample, ..Wavefold::default() });
    }
    check(&BitCrush { divider: 3, ..BitCrush::default() });
}
