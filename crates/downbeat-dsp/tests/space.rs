//! Echoes and rooms against what they are by definition.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking, in its helpers, too")]

use downbeat_dsp::{Audio, Block, Delay, Effect, Format, Freeverb};
use std::f64::consts::TAU;

const RATE: u32 = 48_000;

/// Noise between -1 and 1, the same each time for the same seed.
fn noise(mut seed: u32, frames: usize) -> Vec<f32> {
    let mut next = || {
        seed = seed.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        (seed >> 8) as f32 / (1 << 23) as f32 - 1.0
    };
    (0..frames).map(|_| next()).collect()
}

/// What an effect makes of a sound, without any more frames.
fn through<E: Effect>(effect: &E, mut sound: Audio) -> Audio {
    effect.process(&mut effect.start(sound.format()), &mut sound.block());
    sound
}

/// A click of 1 at the first frame of the left channel or the only one.
fn click(format: Format, frames: usize) -> Audio {
    let mut sound = Audio::silence(format, frames);
    sound.planes_mut().take(1).for_each(|plane| plane[0] = 1.0);
    sound
}

/// How many frames it takes until all that is left of a response sums up to less than a millionth.
fn ended(response: &[f32]) -> usize {
    let mut rest = 0.0;
    let last = response.iter().rposition(|x| {
        rest += f64::from(x.abs());
        rest >= 1e-6
    });
    last.map_or(0, |last| last + 1)
}

fn echoes_only() -> Delay {
    Delay { mix: 1.0, low_cut_hz: 0.0, high_cut_hz: 20_000.0, ..Delay::default() }
}

#[test]
fn echoes_fall_on_their_frame_with_their_size() {
    for rate in [8000, 44_100, 48_000] {
        for time_ms in [1.0, 20.0, 250.0, 333.3] {
            let delay = Delay { time_ms, feedback: -0.5, mix: 0.25, ..echoes_only() };
            let m = (time_ms * f64::from(rate) / 1000.0).round() as usize;
            let output = through(&delay, click(Format::mono(rate), 5 * m));
            for (i, y) in output.left().iter().enumerate() {
                // Halves and quarters are exact.
                let expected = match (i % m, i / m) {
                    (0, 0) => 0.75,
                    (0, k) => 0.25 * [1.0, -0.5, 0.25, -0.125][k - 1],
                    _ => 0.0,
                };
                assert_eq!(*y, expected, "{time_ms} ms at {rate}: frame {i}");
            }
        }
    }
}

#[test]
fn noise_comes_back_as_itself() {
    let input = noise(1, 30_000);
    let dry = through(&Delay { mix: 0.0, ..Delay::default() }, Audio::mono(RATE, input.clone()));
    assert!(dry.left() == input);
    let once = Delay { time_ms: 100.0, feedback: 0.0, ..echoes_only() };
    let echo = through(&once, Audio::mono(RATE, input.clone()));
    assert!(echo.left()[4800..] == input[..30_000 - 4800]);
}

#[test]
fn ping_pong_goes_from_side_to_side() {
    let delay = Delay { time_ms: 10.0, feedback: 0.5, ping_pong: true, ..echoes_only() };
    let output = through(&delay, click(Format::stereo(RATE), 2400));
    for (i, (left, right)) in output.left().iter().zip(output.right()).enumerate() {
        // The click was on one side only, which is half of it in the middle.
        let size = if i % 480 == 0 && i > 0 { 0.5 * [1.0, 0.5, 0.25, 0.125][i / 480 - 1] } else { 0.0 };
        let expected = if (i / 480) % 2 == 1 { (size, 0.0) } else { (0.0, size) };
        assert_eq!((*left, *right), expected, "frame {i}");
    }
}

/// The size of the Fourier sum of a stretch of samples at a frequency.
fn size_at(samples: &[f32], freq_hz: f64) -> f64 {
    let angle = |i: usize| TAU * freq_hz / f64::from(RATE) * i as f64;
    let re: f64 = samples.iter().enumerate().map(|(i, x)| f64::from(*x) * libm::cos(angle(i))).sum();
    let im: f64 = samples.iter().enumerate().map(|(i, x)| f64::from(*x) * libm::sin(angle(i))).sum();
    libm::hypot(re, im)
}

#[test]
fn each_echo_has_passed_the_cuts_once_more() {
    let delay = Delay { time_ms: 500.0, feedback: 0.8, mix: 1.0, ..Delay::default() };
    let output = through(&delay, click(Format::mono(RATE), 4 * 24_000));
    for freq_hz in [30.0, 100.0, 1000.0, 6000.0, 15_000.0] {
        // Filters of the first order, by the bilinear transform.
        let warped = |freq_hz: f64| libm::tan(TAU / 2.0 * freq_hz / f64::from(RATE));
        let (w, low, high) = (warped(freq_hz), warped(100.0), warped(6000.0));
        let once = (w / libm::hypot(w, low)) * (high / libm::hypot(w, high));
        for k in 1..4 {
            let expected = libm::pow(0.8, f64::from(k) - 1.0) * libm::pow(once, f64::from(k));
            let measured = size_at(&output.left()[24_000 * k as usize..][..24_000], freq_hz);
            // Samples are rounded to 32 bits.
            assert!((measured / expected - 1.0).abs() < 1e-5, "{freq_hz} Hz, echo {k}: {measured} for {expected}");
        }
    }
}

#[test]
fn a_delay_that_moves_glides_without_a_click_and_arrives() {
    let (from, to) = (Delay { time_ms: 100.0, feedback: 0.0, ..echoes_only() }, 160.0);
    let frames = 50_000;
    let step = TAU * 440.0 / f64::from(RATE);
    let input: Vec<f32> = (0..frames).map(|i| libm::sin(step * i as f64) as f32).collect();
    for (before, after) in [(100.0, to), (to, 100.0), (100.0, 3.0)] {
        let (first, second) = (Delay { time_ms: before, ..from.clone() }, Delay { time_ms: after, ..from.clone() });
        let moved = |size: usize| {
            let mut output = input.clone();
            let mut state = first.start(Format::mono(RATE));
            for (i, block) in output.chunks_mut(size).enumerate() {
                let settings = if i * size < 12_000 { &first } else { &second };
                settings.process(&mut state, &mut Block::mono(block));
            }
            output
        };
        let output = moved(12_000);
        for size in [1, 100, 1000] {
            assert!(moved(size) == output, "{before} to {after} in blocks of {size}");
        }
        // A tape at one and a half times its speed makes steps as much larger; the cubic adds a thousandth.
        for (i, pair) in output.windows(2).enumerate().skip(48 * before as usize + 1) {
            let jump = f64::from((pair[1] - pair[0]).abs());
            assert!(jump <= 1.501 * step, "{before} to {after}: {jump} at {i}");
        }
        let m = 48 * after as usize;
        assert!(output[40_000..] == input[40_000 - m..frames - m], "{before} to {after}: arrives exactly");
    }
}

#[test]
fn the_echoes_end_about_when_they_say() {
    for delay in [
        Delay::default(),
        Delay { time_ms: 30.0, feedback: 0.9, ..echoes_only() },
        Delay { time_ms: 120.0, feedback: -0.7, low_cut_hz: 0.0, ..Delay::default() },
        Delay { time_ms: 120.0, feedback: 0.8, low_cut_hz: 400.0, mix: 1.0, ..Delay::default() },
        Delay { feedback: 0.0, ..Delay::default() },
    ] {
        let tail = delay.tail(Format::mono(RATE));
        let ended = ended(through(&delay, click(Format::mono(RATE), 2 * tail)).left());
        // The bound does not know that two cuts together let no frequency through whole.
        assert!((ended..=ended * 2).contains(&tail), "{delay:?}: {tail} frames for {ended}");
    }
}

/// Freeverb as it is described, frame by frame in 64 bits.
fn plain_freeverb(settings: &Freeverb, sound: &Audio) -> [Vec<f64>; 2] {
    let frames = |tuning: u32| (tuning * sound.rate() / 44_100) as usize;
    let room = |spread: u32| {
        let mut wet = vec![0.0; sound.frames()];
        for tuning in [1116, 1188, 1277, 1356, 1422, 1491, 1557, 1617] {
            let (mut line, mut last) = (vec![0.0; frames(tuning + spread)], 0.0);
            for (i, wet) in wet.iter_mut().enumerate() {
                let at = i % line.len();
                let input = 0.015 * (f64::from(sound.left()[i]) + f64::from(sound.right()[i]));
                *wet += line[at];
                last = line[at] * (1.0 - 0.4 * settings.damping) + last * 0.4 * settings.damping;
                line[at] = input + last * (0.7 + 0.28 * settings.room_size);
            }
        }
        for tuning in [556, 441, 341, 225] {
            let mut line = vec![0.0; frames(tuning + spread)];
            for (i, wet) in wet.iter_mut().enumerate() {
                let at = i % line.len();
                let (input, delayed) = (*wet, line[at]);
                *wet = delayed - input;
                line[at] = input + 0.5 * delayed;
            }
        }
        wet
    };
    let (left, right) = (room(0), room(23));
    let side = |dry: &[f32], own: &[f64], other: &[f64]| {
        let wet = |i: usize| own[i] * (1.0 + settings.width) + other[i] * (1.0 - settings.width);
        (0..own.len()).map(|i| 1.5 * settings.wet * wet(i) + 2.0 * settings.dry * f64::from(dry[i])).collect()
    };
    [side(sound.left(), &left, &right), side(sound.right(), &right, &left)]
}

#[test]
fn freeverb_is_its_description() {
    for rate in [44_100, 48_000] {
        for (room_size, damping, width) in [(0.5, 0.5, 1.0), (1.0, 0.0, 0.3), (0.0, 1.0, 0.0)] {
            let settings = Freeverb { room_size, damping, width, ..Freeverb::default() };
            let sound = Audio::stereo(rate, noise(1, 100_000), noise(2, 100_000));
            let expected = plain_freeverb(&settings, &sound);
            let output = through(&settings, sound);
            for (plane, expected) in output.planes().zip(&expected) {
                let peak = expected.iter().fold(0.0_f64, |peak, y| peak.max(y.abs()));
                let worst =
                    plane.iter().zip(expected).fold(0.0_f64, |worst, (x, y)| worst.max((f64::from(*x) - y).abs()));
                // The lines hold 32 bits: what is rounded away goes round as the sound does.
                assert!(worst < 1e-6 * peak, "{settings:?}: {worst} of {peak}");
            }
        }
    }
}

#[test]
fn freeverb_of_mono_is_the_middle_of_both_sides() {
    let sound = Audio::mono(RATE, noise(3, 20_000));
    let (mono, stereo) =
        (through(&Freeverb::default(), sound.clone()), through(&Freeverb::default(), sound.into_stereo()));
    for (i, middle) in mono.left().iter().enumerate() {
        assert!((middle - 0.5 * (stereo.left()[i] + stereo.right()[i])).abs() < 1e-6, "{i}");
    }
}

#[test]
fn freeverb_ends_about_when_it_says() {
    for (room_size, damping) in [(0.0, 0.0), (0.5, 0.5), (0.5, 1.0), (1.0, 0.0)] {
        let settings = Freeverb { room_size, damping, dry: 0.0, ..Freeverb::default() };
        let tail = settings.tail(Format::mono(RATE));
        let ended = ended(through(&settings, click(Format::mono(RATE), 2 * tail)).left());
        // Damped highs die sooner than the bound, which is that of the lows.
        assert!((ended..=ended * 5 / 3).contains(&tail), "{settings:?}: {tail} frames for {ended}");
    }
}
