//! What moves, held against closed forms: gains, delays frame by frame, and notches.
//!
//! Delays are seen in a ramp: the sample of frame n that has been late by d frames is that of frame n - d, and the cubic
//! between samples is exact for a ramp.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking, in its helpers, too")]

use downbeat_dsp::{
    AutoPan, Block, Channels, Chorus, Effect, Flanger, Format, Phaser, RingMod, Tremolo, TremoloShape, Vibrato,
    decibels,
};
use std::f64::consts::{FRAC_PI_2, FRAC_PI_4, PI, SQRT_2, TAU};
use std::sync::Arc;

const RATE: u32 = 48_000;

fn mono<E: Effect>(effect: &E, mut samples: Vec<f32>) -> Vec<f32> {
    effect.process(&mut effect.start(Format::mono(RATE)), &mut Block::mono(&mut samples));
    samples
}

fn stereo<E: Effect>(effect: &E, samples: &[f32]) -> [Vec<f32>; 2] {
    let (mut left, mut right) = (samples.to_vec(), samples.to_vec());
    effect.process(&mut effect.start(Format::stereo(RATE)), &mut Block::stereo(&mut left, &mut right));
    [left, right]
}

/// The turns of an oscillator by a frame.
fn turns(rate_hz: f64, frame: usize) -> f64 {
    rate_hz * frame as f64 / f64::from(RATE)
}

/// A ramp that is 1 at its end: 2^-12 a frame.
fn ramp() -> Vec<f32> {
    (1..=4096).map(|i| i as f32 / 4096.0).collect()
}

/// By how many frames each sample of a ramp is late. The rounding of what is up to 1 is 2^-25, or 1e-4 frames.
fn late(output: &[f32]) -> Vec<f64> {
    output.iter().enumerate().map(|(n, y)| (n + 1) as f64 - 4096.0 * f64::from(*y)).collect()
}

#[test]
fn tremolo_swings_by_its_formula_for_minutes() {
    let rate_hz = 5.0;
    let steep = 0.5 / (0.005 * rate_hz);
    let triangle = |turn: f64| 1.0 - 4.0 * (turn - turn.round()).abs();
    for shape in [TremoloShape::Sine, TremoloShape::Triangle, TremoloShape::Square] {
        let gains = mono(&Tremolo { rate_hz, depth: 0.8, shape }, vec![1.0; 200 * RATE as usize]);
        for (frame, gain) in gains.iter().enumerate().filter(|(frame, _)| frame % 997 == 0) {
            let turn = turns(rate_hz, frame);
            let swing = match shape {
                TremoloShape::Sine => libm::cos(TAU * turn),
                TremoloShape::Triangle => triangle(turn),
                TremoloShape::Square => (steep * triangle(turn)).clamp(-1.0, 1.0),
            };
            // After a thousand turns the rate would be off by 1e-10 for an error of this size.
            let wanted = 1.0 - 0.8 * (0.5 - 0.5 * swing);
            assert!((f64::from(*gain) - wanted).abs() < 1e-6, "{shape:?} at {frame}: {gain} is not {wanted}");
        }
    }
}

#[test]
fn movement_begins_with_the_sound() {
    let effect = Tremolo { rate_hz: 7.0, depth: 1.0, shape: TremoloShape::Sine };
    let sooner = mono(&effect, vec![1.0; 5000]);
    let mut silence = vec![0.0; 7777];
    silence.extend(vec![1.0; 5000]);
    assert_eq!(mono(&effect, silence)[7777..], sooner);
}

#[test]
fn auto_pan_keeps_the_power() {
    let [left, right] = stereo(&AutoPan { rate_hz: 2.0, depth: 0.9 }, &vec![1.0; 96_000]);
    for frame in 0..96_000 {
        let side = 0.9 * libm::sin(TAU * turns(2.0, frame));
        let (l, r) = (f64::from(left[frame]), f64::from(right[frame]));
        assert!((l - SQRT_2 * libm::cos((1.0 + side) * FRAC_PI_4)).abs() < 1.2e-7, "{frame}");
        assert!((r - SQRT_2 * libm::sin((1.0 + side) * FRAC_PI_4)).abs() < 1.2e-7, "{frame}");
        assert!((l * l + r * r - 2.0).abs() < 4e-7);
    }
    assert_eq!([left[0], right[0]], [1.0, 1.0]);
}

#[test]
fn ring_modulation_is_a_product() {
    let input: Vec<f32> = (0..48_000).map(|i| libm::cos(0.01 * f64::from(i)) as f32).collect();
    for (freq_hz, mix) in [(440.0, 1.0), (0.5, 0.7), (17_123.4, 0.3)] {
        let output = mono(&RingMod { freq_hz, mix }, input.clone());
        for (frame, (x, y)) in input.iter().zip(output).enumerate() {
            let tone = libm::cos(TAU * turns(freq_hz, frame));
            let wanted = f64::from(*x) * (1.0 - mix + mix * tone);
            assert!((f64::from(y) - wanted).abs() < 2e-7, "{freq_hz} Hz at {frame}");
        }
    }
}

#[test]
fn chorus_delays_are_exact_at_every_frame() {
    let chorus = Chorus { rate_hz: 11.0, depth_ms: 3.0, centre_delay_ms: 8.0, mix: 1.0, ..Chorus::default() };
    let [left, right] = stereo(&chorus, &ramp()).map(|output| late(&output));
    // Before 11 ms have gone by there is nothing to be heard of the ramp but its beginning.
    for frame in 540..4096 {
        let delay = |turn: f64| 48.0 * (8.0 + 3.0 * libm::sin(TAU * turn));
        let turn = turns(11.0, frame);
        assert!((left[frame] - delay(turn)).abs() < 5e-4, "{frame}: {}", left[frame]);
        // 90 degrees ahead.
        assert!((right[frame] - delay(turn + 0.25)).abs() < 5e-4, "{frame}: {}", right[frame]);
    }
}

#[test]
fn voices_are_spread_over_a_turn() {
    let chorus = Chorus {
        rate_hz: 5.0,
        depth_ms: 3.0,
        centre_delay_ms: 8.0,
        mix: 1.0,
        voices: 3,
        stereo_degrees: 0.0,
        feedback: 0.0,
    };
    // Three sines a third of a turn apart add up to nothing: the mean of the delays stands still.
    let output = mono(&chorus, ramp()).iter().map(|y| y / 3.0_f32.sqrt()).collect::<Vec<f32>>();
    assert!(late(&output)[540..].iter().all(|delay| (delay - 384.0).abs() < 1e-3));
}

#[test]
fn flanger_echoes_are_exact_to_the_bit() {
    for (centre_delay_ms, frames) in [(0.1, 4.8), (1.0, 48.0), (2.0, 96.0), (12.5, 600.0)] {
        let flanger = Flanger { depth_ms: 0.0, centre_delay_ms, feedback: 0.5, mix: 0.25, ..Flanger::default() };
        let mut click = vec![0.0; 2000];
        click[0] = 1.0;
        let output = mono(&flanger, click);
        assert_eq!(output[0], 0.75);
        if frames == 4.8 {
            // The cubic at 0.8 of the way from frame 4 to frame 5: the weights of Catmull and Rom.
            let t = 0.8_f64;
            let weight = 0.25 * (t + 4.0 * t * t - 3.0 * t * t * t) / 2.0;
            assert!((f64::from(output[5]) - weight).abs() < 1e-7, "{}", output[5]);
            continue;
        }
        for (frame, y) in output.iter().enumerate().skip(1) {
            let echo = frame as f64 / frames;
            let wanted = if echo == echo.round() { 0.25 * libm::pow(0.5, echo - 1.0) } else { 0.0 };
            assert_eq!(*y, if wanted < 1e-20 { 0.0 } else { wanted as f32 }, "{centre_delay_ms} ms at {frame}");
        }
    }
}

#[test]
fn flanger_delay_is_exact_and_feedback_is_heard_in_short_and_long_delays_alike() {
    let flanger =
        Flanger { rate_hz: 13.0, depth_ms: 2.0, centre_delay_ms: 3.0, feedback: 0.0, mix: 1.0, stereo_degrees: 0.0 };
    let delays = late(&mono(&flanger, ramp()));
    for (frame, delay) in delays.iter().enumerate().skip(250) {
        let wanted = 48.0 * (3.0 + 2.0 * libm::sin(TAU * turns(13.0, frame)));
        assert!((delay - wanted).abs() < 5e-4, "{frame}: {delay} is not {wanted}");
    }
}

#[test]
fn vibrato_bends_the_pitch_by_so_many_cents() {
    for (rate_hz, depth_cents) in [(12.0, 50.0), (20.0, 200.0)] {
        let vibrato = Vibrato { rate_hz, depth_cents };
        let delays = late(&mono(&vibrato, ramp()));
        let up = libm::exp2(depth_cents / 1200.0) - 1.0;
        let swing = 48_000.0 * up / (TAU * rate_hz);
        for (frame, delay) in delays.iter().enumerate().skip(1000) {
            let wanted = 2.0 + swing * (1.0 - libm::cos(TAU * turns(rate_hz, frame)));
            assert!((delay - wanted).abs() < 5e-4, "{frame}: {delay} is not {wanted}");
        }
        // The pitch is the slope of what is heard. Over 16 frames the errors of two delays make 6e-5.
        let pitch = delays[1000..].windows(17).map(|w| 1.0 - (w[16] - w[0]) / 16.0).fold(0.0, f64::max);
        assert!((1200.0 * libm::log2(pitch) - depth_cents).abs() < 0.4, "{pitch}");
    }
}

/// The response at a frequency: the 64-bit Fourier sum of a click's answer.
fn response(samples: &[f32], freq_hz: f64) -> [f64; 2] {
    samples.iter().enumerate().fold([0.0; 2], |[re, im], (n, h)| {
        let (sin, cos) = libm::sincos(-TAU * ((freq_hz * n as f64) % f64::from(RATE)) / f64::from(RATE));
        [re + f64::from(*h) * cos, im + f64::from(*h) * sin]
    })
}

fn click(frames: usize) -> Vec<f32> {
    let mut samples = vec![0.0; frames];
    samples[0] = 1.0;
    samples
}

#[test]
fn phaser_notches_are_where_the_formula_says() {
    for stages in [2, 4, 6, 8, 10, 12] {
        for centre_hz in [200.0, 1000.0, 9000.0] {
            let phaser = Phaser { stages, centre_hz, depth: 0.0, feedback: 0.0, ..Phaser::default() };
            let answer = mono(&phaser, click(20_000));
            for k in 1..=stages / 2 {
                let share = f64::from(2 * k - 1) * PI / f64::from(2 * stages);
                let tan = libm::tan(PI * centre_hz / f64::from(RATE)) * libm::tan(share);
                let notch = libm::atan(tan) / PI * f64::from(RATE);
                let [re, im] = response(&answer, notch);
                // What is left is the rounding of the answer to 32 bits.
                assert!(libm::hypot(re, im) < 1e-6, "{stages} stages at {centre_hz} Hz, notch {k} at {notch} Hz");
                let [re, im] = response(&answer, notch * 1.02);
                assert!(decibels(libm::hypot(re, im)) > -50.0, "beside the notch there is sound");
            }
        }
    }
}

#[test]
fn phaser_feedback_has_its_closed_form() {
    for (feedback, mix, stages) in [(0.9, 0.5, 6), (-0.7, 1.0, 4), (0.3, 0.2, 12)] {
        let phaser = Phaser { stages, depth: 0.0, feedback, mix, ..Phaser::default() };
        let answer = mono(&phaser, click(60_000));
        for freq_hz in [50.0, 333.0, 1000.0, 2500.0, 12_000.0] {
            // An allpass turns by 2 atan of the quotient of tangents, each of n of them.
            let quotient = libm::tan(PI * freq_hz / 48e3) / libm::tan(PI * 1000.0 / 48e3);
            let angle = -2.0 * f64::from(stages) * libm::atan(quotient);
            let (sin, cos) = libm::sincos(angle);
            // wet = A / (1 - f A), with the conjugate multiplied in.
            let below = 1.0 - 2.0 * feedback * cos + feedback * feedback;
            let wet = [(cos - feedback) / below, sin / below];
            let wanted = [1.0 - mix + mix * wet[0], mix * wet[1]];
            let found = response(&answer, freq_hz);
            let error = libm::hypot(found[0] - wanted[0], found[1] - wanted[1]);
            assert!(error < 2e-6 / (1.0 - feedback.abs()), "{phaser:?} at {freq_hz} Hz: {error}");
        }
    }
}

#[test]
fn phaser_wanders_by_its_depth() {
    // A sine where the only notch of two stages is at the top of its way: it vanishes there, a quarter of a turn in.
    let (rate_hz, top) = (0.5, 1000.0 * libm::exp2(2.0 * 0.5));
    let phaser = Phaser { rate_hz, stages: 2, depth: 0.5, centre_hz: 1000.0, ..Phaser::default() };
    let input: Vec<f32> = (0..48_000).map(|i| libm::sin(TAU * top * f64::from(i) / 48e3) as f32).collect();
    let output = mono(&phaser, input);
    let loudest = |from: usize| output[from..from + 480].iter().fold(0.0_f32, |loudest, x| loudest.max(x.abs()));
    assert!(loudest(23_760) < 1e-3, "{}", loudest(23_760));
    assert!(loudest(0) > 0.2 && loudest(46_000) > 0.2);
}

/// Runs with settings that change at given frames, in blocks no longer than `block`.
fn moved<E: Effect>(moves: &[(usize, E)], input: &[f32], block: usize) -> Vec<f32> {
    let mut state = moves[0].1.start(Format::mono(RATE));
    let mut output = input.to_vec();
    for (i, (from, effect)) in moves.iter().enumerate() {
        let to = moves.get(i + 1).map_or(input.len(), |(to, _)| *to);
        output[*from..to].chunks_mut(block).for_each(|block| effect.process(&mut state, &mut Block::mono(block)));
    }
    output
}

/// The largest step from sample to sample.
fn steepest(samples: &[f32]) -> f32 {
    samples.windows(2).map(|pair| (pair[1] - pair[0]).abs()).fold(0.0, f32::max)
}

#[test]
fn settings_move_without_a_click_and_in_blocks_of_any_size() {
    let input: Vec<f32> =
        (0..48_000).map(|i| libm::sin(TAU * 233.0 * f64::from(i) / 48e3 + FRAC_PI_2) as f32).collect();
    fn check<E: Effect>(moves: [(usize, E); 3], input: &[f32]) {
        let output = moved(&moves, input, 48_000);
        for block in [1, 30, 777] {
            assert_eq!(moved(&moves, input, block), output, "{:?}", moves[0].1);
        }
        // The sine has steps of 0.031. A delay that glides at half a frame a frame has half as much again, and feedback at
        // most doubles that; a delay that jumped would make steps of the size of the sine.
        assert!(steepest(&output[3000..]) < 0.08, "{:?}: {}", moves[0].1, steepest(&output[3000..]));
    }
    let chorus = |at, centre_delay_ms, depth_ms, rate_hz| {
        (at, Chorus { centre_delay_ms, depth_ms, rate_hz, ..Chorus::default() })
    };
    check([chorus(0, 10.0, 1.0, 1.0), chorus(20_001, 30.0, 5.0, 3.0), chorus(35_003, 3.0, 0.0, 0.1)], &input);
    let flanger = |at, centre_delay_ms, feedback| (at, Flanger { centre_delay_ms, feedback, ..Flanger::default() });
    check([flanger(0, 2.0, 0.5), flanger(20_001, 8.0, 0.5), flanger(35_003, 1.0, 0.5)], &input);
    let vibrato = |at, rate_hz, depth_cents| (at, Vibrato { rate_hz, depth_cents });
    check([vibrato(0, 5.0, 20.0), vibrato(20_001, 3.0, 50.0), vibrato(35_003, 6.0, 0.0)], &input);
    let phaser = |at, centre_hz, rate_hz| (at, Phaser { centre_hz, rate_hz, ..Phaser::default() });
    check([phaser(0, 1000.0, 0.5), phaser(20_001, 1010.0, 0.7), phaser(35_003, 1000.0, 3.0)], &input);
    let tremolo = |at, rate_hz| (at, Tremolo { rate_hz, ..Tremolo::default() });
    check([tremolo(0, 5.0), tremolo(20_001, 6.0), tremolo(35_003, 1.0)], &input);
}

#[test]
fn wider_vectors_change_no_bit() {
    fn check<E: Effect>(effect: &E)
    where
        E::State: 'static,
    {
        let input: Vec<f32> = (0..10_007).map(|i| libm::sin(0.001 * f64::from(i * i % 9001)) as f32).collect();
        let mut wide = input.clone();
        downbeat_dsp::Stream::start(Arc::new(effect.clone()), Format::mono(RATE), 0)
            .process(&mut Block::mono(&mut wide));
        assert_eq!(mono(effect, input), wide, "{effect:?}");
    }
    check(&Tremolo::default());
    check(&RingMod::default());
    check(&Vibrato::default());
    check(&Chorus { voices: 4, feedback: 0.5, ..Chorus::default() });
    check(&Flanger::default());
    check(&Phaser { feedback: 0.5, ..Phaser::default() });
}

#[test]
fn mono_and_stereo_agree_when_nothing_is_spread() {
    let input: Vec<f32> = (0..5000).map(|i| libm::sin(0.1 * f64::from(i)) as f32).collect();
    let chorus = Chorus { stereo_degrees: 0.0, ..Chorus::default() };
    let [left, right] = stereo(&chorus, &input);
    assert_eq!(left, right);
    assert_eq!(left, mono(&chorus, input.clone()));
    assert!(!chorus.spreads() && Chorus::default().spreads());
    let [left, right] = stereo(&Chorus::default(), &input);
    assert_ne!(left, right);
    assert_eq!(Format::mono(RATE).channels, Channels::Mono);
}
