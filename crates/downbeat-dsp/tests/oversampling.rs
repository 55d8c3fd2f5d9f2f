//! What oversampling is for: what bends a sound adds no tones that do not belong, and leaves alone what it does not bend.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking, in its helpers, too")]

use downbeat_dsp::{Block, Effect, Format, HardClip, Saturate, SaturateCurve, Wavefold, decibels, effect};
use std::f64::consts::TAU;

const RATE: u32 = 48_000;

/// A second of a sine of a whole number of hertz at full scale, after the effect has been running for a second.
fn heard<E: Effect>(effect: &E, hz: u32, amplitude: f64) -> Vec<f32> {
    let turn = |i: usize| f64::from(hz) * (i % 48_000) as f64 / f64::from(RATE);
    let mut samples: Vec<f32> = (0..2 * 48_000).map(|i| (amplitude * libm::sin(TAU * turn(i))) as f32).collect();
    effect.process(&mut effect.start(Format::mono(RATE)), &mut Block::mono(&mut samples));
    samples.split_off(48_000)
}

/// The amplitude and phase of a frequency in a second of sound: of whole hertz, no other frequency adds to it.
fn tone(samples: &[f32], hz: u32) -> [f64; 2] {
    let (mut re, mut im) = (0.0, 0.0);
    for (i, x) in samples.iter().enumerate() {
        let (sin, cos) = libm::sincos(TAU * ((u64::from(hz) * i as u64) % 48_000) as f64 / 48_000.0);
        (re, im) = (re + f64::from(*x) * cos, im + f64::from(*x) * sin);
    }
    [re / 24_000.0, im / 24_000.0]
}

/// The level of all that is no multiple of a frequency, as the amplitude of a sine as loud, in decibels.
fn aliases(samples: &[f32], hz: u32) -> f64 {
    let mut power = 2.0 * samples.iter().map(|x| f64::from(*x) * f64::from(*x)).sum::<f64>() / 48_000.0;
    let mean = samples.iter().map(|x| f64::from(*x)).sum::<f64>() / 48_000.0;
    power -= 2.0 * mean * mean;
    for harmonic in (hz..24_000).step_by(hz as usize) {
        let [re, im] = tone(samples, harmonic);
        power -= re * re + im * im;
    }
    decibels(power.max(0.0).sqrt())
}

#[test]
fn what_is_not_bent_is_only_later() {
    for oversample in [2, 4, 8] {
        let clip = HardClip { threshold_db: 24.0, oversample };
        let late = clip.latency(Format::mono(RATE));
        for hz in (1000..=18_000).step_by(1000) {
            let output = heard(&clip, hz, 1.0);
            let [re, im] = tone(&output, hz);
            let (sin, cos) = libm::sincos(TAU * f64::from(hz) * late as f64 / 48e3);
            // A sine that is late: cos(w late) of the sine, -sin(w late) of the cosine.
            let error = libm::hypot(re + sin, im - cos);
            assert!(error < 5e-5, "{oversample} times, {hz} Hz: off by {error}");
            let rest = aliases(&output, hz);
            // The rounding to 32 bits is all there is.
            assert!(rest < -115.0, "{oversample} times, {hz} Hz: {rest} dB of something else");
        }
    }
}

#[test]
fn the_higher_the_rate_the_fewer_the_aliases() {
    // Of the odd overtones the third fits below 24 kHz, and the fifth is where the filters let nothing through. The corners
    // of a clipped wave have overtones that fall by 12 dB an octave, and so does what is left of them at twice the rate.
    let hz = 7507;
    let level = |oversample| aliases(&heard(&HardClip { threshold_db: -6.0, oversample }, hz, 1.0), hz);
    let levels = [1, 2, 4, 8].map(level);
    for (pair, gained) in levels.windows(2).zip([11.0, 10.0, 10.0]) {
        assert!(pair[1] < pair[0] - gained, "{levels:?}");
    }
    assert!(levels[3] < levels[0] - 30.0, "{levels:?}");

    let soft = |oversample| {
        let saturate = Saturate { drive_db: 6.0, curve: SaturateCurve::Tanh, oversample, ..Saturate::default() };
        aliases(&heard(&saturate, hz, 1.0), hz)
    };
    assert!(soft(8) < -120.0 && soft(1) > -50.0, "{} and {}", soft(8), soft(1));

    // A folded sine has overtones that end: the Bessel functions J_n(3 pi/2) are below -120 dB from n = 17 on.
    let folded = |oversample| aliases(&heard(&Wavefold { drive: 3.0, oversample, ..Wavefold::default() }, hz, 1.0), hz);
    assert!(folded(8) < -108.0 && folded(1) > -20.0, "{} and {}", folded(8), folded(1));
}

#[test]
fn latency_is_what_it_says_at_every_factor() {
    for (oversample, late) in [(1, 0), (2, 39), (4, 45), (8, 47)] {
        let clip = HardClip { oversample, ..HardClip::default() };
        assert_eq!(clip.latency(Format::mono(RATE)), late);
    }
}

#[test]
fn other_factors_are_refused_by_name() {
    for name in ["hard_clip", "saturate", "wavefold"] {
        let info = effect(name).unwrap();
        let mut values: Vec<_> = info.params().iter().map(|param| param.default.clone()).collect();
        *values.last_mut().unwrap() = downbeat_dsp::Value::Whole(3);
        let error = info.settings(values).unwrap_err();
        assert_eq!(error.param(), "oversample");
        assert!(error.to_string().contains("1, 2, 4 or 8"), "{error}");
    }
}
