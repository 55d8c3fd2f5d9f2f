//! Dynamics in bands: the bands add up, and are turned down apart.

use downbeat_dsp::{Block, Deesser, Effect, Format, Multiband, decibels, ratio};

/// Logarithm and power are right to 0.00001 dB, and attack and release hold back 0.0006 dB.
const STATIC_DB: f64 = 0.001;

/// The gain of a mono effect at a frequency, in decibels, from its answer to a click.
fn response_db(answer: &[f32], freq_hz: f64, rate: u32) -> f64 {
    let turn = std::f64::consts::TAU * freq_hz / f64::from(rate);
    let (mut re, mut im) = (0.0, 0.0);
    for (i, x) in answer.iter().enumerate() {
        let (sin, cos) = libm::sincos(turn * i as f64);
        re += f64::from(*x) * cos;
        im += f64::from(*x) * sin;
    }
    decibels(libm::hypot(re, im))
}

fn click(effect: &impl Effect, rate: u32) -> Vec<f32> {
    let mut sound = vec![0.0; 32_768];
    sound[0] = 1.0;
    effect.process(&mut effect.start(Format::mono(rate)), &mut Block::mono(&mut sound));
    sound
}

#[test]
fn the_bands_add_up_to_a_level_response() {
    for rate in [44_100, 96_000] {
        for (low, high) in [(200.0, 2500.0), (80.0, 8000.0), (1000.0, 1000.0)] {
            let multiband = Multiband {
                low_crossover_hz: low,
                high_crossover_hz: high,
                low_ratio: 1.0,
                mid_ratio: 1.0,
                high_ratio: 1.0,
                ..Multiband::default()
            };
            let answer = click(&multiband, rate);
            for i in 0..40 {
                let freq_hz = 20.0 * libm::exp2(f64::from(i) * 0.25);
                let gain = response_db(&answer, freq_hz, rate);
                // Three bands are rounded to 32 bits and added.
                assert!(gain.abs() < 1e-4, "{gain} dB at {freq_hz} Hz");
            }
        }
    }
}

#[test]
fn the_bands_are_those_of_linkwitz_and_riley() {
    let warped = |freq_hz: f64| libm::tan(std::f64::consts::PI * freq_hz / 48_000.0);
    let off = Multiband { low_ratio: 1.0, mid_ratio: 1.0, high_ratio: 1.0, ..Multiband::default() };
    // With the other bands at -60 dB, and the sum of all level, the rest is at most a thousandth of what it was.
    let low = click(&Multiband { mid_gain_db: -60.0, high_gain_db: -60.0, ..off.clone() }, 48_000);
    let high = click(&Multiband { low_gain_db: -60.0, mid_gain_db: -60.0, ..off }, 48_000);
    for freq_hz in [50.0, 200.0, 400.0] {
        // The square of a Butterworth lowpass of the second order.
        let x = warped(freq_hz) / warped(200.0);
        let expected = ratio(-20.0 * libm::log10(1.0 + x * x * x * x));
        let got = ratio(response_db(&low, freq_hz, 48_000));
        assert!((got - expected).abs() < 1.1e-3, "{got} for {expected} at {freq_hz} Hz");
    }
    for freq_hz in [1250.0, 2500.0, 10_000.0] {
        let x = warped(2500.0) / warped(freq_hz);
        let expected = ratio(-20.0 * libm::log10(1.0 + x * x * x * x));
        let got = ratio(response_db(&high, freq_hz, 48_000));
        assert!((got - expected).abs() < 1.1e-3, "{got} for {expected} at {freq_hz} Hz");
    }
}

/// A tone's amplitude within a sound, over whole seconds.
fn amplitude(sound: &[f32], freq_hz: f64, rate: u32) -> f64 {
    ratio(response_db(sound, freq_hz, rate)) * 2.0 / sound.len() as f64
}

/// Tones of full periods in a second, each with its amplitude.
fn tones(tones: &[(f64, f64)], rate: u32, seconds: u32) -> Vec<f32> {
    let angle = |i: u32, freq_hz: f64| std::f64::consts::TAU * freq_hz * f64::from(i) / f64::from(rate);
    (0..rate * seconds)
        .map(|i| tones.iter().map(|(freq_hz, size)| size * libm::sin(angle(i, *freq_hz))).sum::<f64>() as f32)
        .collect()
}

#[test]
fn a_loud_bass_does_not_turn_down_the_highs() {
    let multiband = Multiband { release_ms: 500.0, ..Multiband::default() };
    let mut sound = tones(&[(50.0, 0.9), (8000.0, 0.01)], 48_000, 2);
    multiband.process(&mut multiband.start(Format::mono(48_000)), &mut Block::mono(&mut sound));
    let second = &sound[48_000..];
    let bass_db = decibels(amplitude(second, 50.0, 48_000) / 0.9);
    assert!(bass_db < -10.0, "{bass_db} dB");
    let treble_db = decibels(amplitude(second, 8000.0, 48_000) / 0.01);
    assert!(treble_db.abs() < 0.01, "{treble_db} dB");
}

#[test]
fn a_deesser_that_does_nothing_is_level() {
    for freq_hz in [4000.0, 8000.0] {
        let answer = click(&Deesser { freq_hz, ratio: 1.0, ..Deesser::default() }, 48_000);
        for i in 0..40 {
            let gain = response_db(&answer, 20.0 * libm::exp2(f64::from(i) * 0.25), 48_000);
            assert!(gain.abs() < 1e-4, "{gain} dB");
        }
    }
}

#[test]
fn a_deesser_turns_down_the_hiss_by_its_range_and_leaves_the_voice() {
    let voice_and_hiss = tones(&[(500.0, 0.5), (12_000.0, 0.5)], 48_000, 2);
    let gains = |split: bool, sound: &[f32]| {
        let deesser = Deesser { threshold_db: -60.0, split, ..Deesser::default() };
        let mut output = sound.to_vec();
        deesser.process(&mut deesser.start(Format::mono(48_000)), &mut Block::mono(&mut output));
        [500.0, 12_000.0].map(|freq_hz| {
            decibels(amplitude(&output[48_000..], freq_hz, 48_000) / amplitude(&sound[48_000..], freq_hz, 48_000))
        })
    };
    // Lowpass and highpass are in phase. Below the split the hiss keeps what the lowpass leaves of it.
    let x = libm::tan(std::f64::consts::PI * 0.25) / libm::tan(std::f64::consts::PI * 0.125);
    let low = 1.0 / (1.0 + x * x * x * x);
    let expected = decibels(low + (1.0 - low) * ratio(-12.0));
    let [voice, hiss] = gains(true, &voice_and_hiss);
    assert!((hiss - expected).abs() < STATIC_DB, "{hiss} for {expected}");
    // The highpass leaves -86 dB of the voice, which is turned down by 12 dB.
    assert!(voice.abs() < STATIC_DB, "{voice}");
    for gain in gains(false, &voice_and_hiss) {
        assert!((gain + 12.0).abs() < STATIC_DB, "{gain}");
    }
    // A voice without hiss passes.
    let voice = tones(&[(500.0, 0.5), (12_000.0, 0.0001)], 48_000, 2);
    for gain in gains(false, &voice) {
        assert!(gain.abs() < STATIC_DB, "{gain}");
    }
}
