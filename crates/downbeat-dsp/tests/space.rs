//! Rooms against what they are by definition, and by the measures of room acoustics.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking, in its helpers, too")]

use downbeat_dsp::{Audio, Bandpass, Effect, Format, Freeverb, Lowpass, Reverb};
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

/// The room alone, all frequencies alike as far as it goes.
fn bright_room() -> Reverb {
    Reverb { mix: 1.0, damping_hz: 20_000.0, low_cut_hz: 0.0, ..Reverb::default() }
}

/// What a room answers to a click on both sides.
fn room_response(reverb: &Reverb, rate: u32, seconds: f64) -> Audio {
    let mut sound = Audio::silence(Format::stereo(rate), (seconds * f64::from(rate)) as usize);
    sound.planes_mut().for_each(|plane| plane[0] = 1.0);
    through(reverb, sound)
}

fn energy(samples: &[f32]) -> f64 {
    samples.iter().map(|x| f64::from(*x) * f64::from(*x)).sum()
}

/// The time of a decay by 60 dB, in seconds, from that by 30 dB: Schroeder's integration of what is still to come (M. R.
/// Schroeder, "New Method of Measuring Reverberation Time", JASA 37 (1965)), from -5 to -35 dB as ISO 3382 has it.
fn decay_time(response: &Audio) -> f64 {
    let frames = response.frames();
    let mut rest = 0.0;
    let mut still_to_come: Vec<f64> = (0..frames)
        .rev()
        .map(|i| {
            rest += response.planes().map(|plane| f64::from(plane[i]) * f64::from(plane[i])).sum::<f64>();
            rest
        })
        .collect();
    still_to_come.reverse();
    let whole = still_to_come[0];
    let at = |decibels: f64| still_to_come.partition_point(|left| *left > whole * libm::pow(10.0, decibels / 10.0));
    assert!(at(-35.0) < frames, "the response is too short");
    2.0 * (at(-35.0) - at(-5.0)) as f64 / f64::from(response.rate())
}

#[test]
fn a_room_decays_in_its_time() {
    for rate in [44_100, 48_000, 96_000] {
        for (decay_s, size) in [(0.5, 0.2), (1.8, 0.5), (4.0, 1.0), (12.0, 0.5)] {
            let reverb = Reverb { decay_s, size, ..bright_room() };
            let response = room_response(&reverb, rate, 1.5 * decay_s);
            // Middle frequencies, four octaves of them: fewer modes would make the decay less straight.
            let band = through(&Bandpass { freq_hz: 600.0, q: 0.35 }, response);
            let measured = decay_time(&band);
            assert!((measured / decay_s - 1.0).abs() < 0.05, "{reverb:?} at {rate}: {measured} s");
        }
    }
}

#[test]
fn highs_decay_as_air_lets_them() {
    for damping_hz in [1500.0, 4000.0] {
        let reverb = Reverb { damping_hz, decay_s: 2.0, ..bright_room() };
        let response = room_response(&reverb, RATE, 3.0);
        for share in [0.5, 1.0] {
            let band = Bandpass { freq_hz: share * damping_hz, q: 6.0 };
            let band = through(&band, through(&band, response.clone()));
            let (measured, expected) = (decay_time(&band), 2.0 / (1.0 + share * share));
            // A band has slower frequencies at its lower edge.
            assert!((measured / expected - 1.0).abs() < 0.1, "{damping_hz} Hz * {share}: {measured} s for {expected}");
        }
    }
}

#[test]
fn a_room_that_moves_decays_in_its_new_time() {
    let (before, after) = (Reverb { decay_s: 1.0, ..bright_room() }, Reverb { decay_s: 3.0, ..bright_room() });
    let mut sound = Audio::stereo(RATE, noise(5, 9600), noise(6, 9600));
    sound.resize(5 * RATE as usize);
    let moved = |size: usize| {
        let mut sound = sound.clone();
        let mut state = before.start(sound.format());
        for from in (0..sound.frames()).step_by(size) {
            let settings = if from < 12_000 { &before } else { &after };
            settings.process(&mut state, &mut sound.block_at(from..sound.frames().min(from + size)));
        }
        sound
    };
    let mut output = moved(12_000);
    assert!(output == moved(100), "in any blocks");
    output.drop_front(14_400);
    let measured = decay_time(&through(&Bandpass { freq_hz: 600.0, q: 0.35 }, output));
    assert!((measured / 3.0 - 1.0).abs() < 0.05, "{measured} s");
}

/// The share of samples beyond the standard deviation in 20 ms, over that of noise: J. S. Abel and P. Huang, "A Simple,
/// Robust Measure of Reverberation Echo Density", 121st AES Convention (2006).
fn echo_density(response: &[f32], at_ms: usize) -> f64 {
    let window = &response[48 * at_ms - 480..][..960];
    let deviation = (energy(window) / 960.0).sqrt();
    let beyond = window.iter().filter(|x| f64::from(x.abs()) > deviation).count();
    beyond as f64 / 960.0 / 0.3173
}

#[test]
fn echoes_are_as_dense_as_noise_soon() {
    let response = room_response(&bright_room(), RATE, 1.0);
    for plane in response.planes() {
        for at_ms in (100..900).step_by(20) {
            let density = echo_density(plane, at_ms);
            // Of 960 samples of noise, 305 lie beyond, give or take three times 14.
            assert!((0.86..1.14).contains(&density), "{density} at {at_ms} ms");
        }
    }
    // A small room is dense at once.
    let response = room_response(&Reverb { size: 0.0, predelay_ms: 0.0, ..bright_room() }, RATE, 1.0);
    assert!(response.planes().all(|plane| echo_density(plane, 40) > 0.86));
}

#[test]
fn no_mode_whistles() {
    // The power spectrum of the late tail, over that around it: of modes that overlap and do not move, each a sum of many
    // echoes, the largest of the 2700 looked at would lie 10 lg(ln 2700) = 9 dB above (M. R. Schroeder and K. H. Kuttruff,
    // "On Frequency Response Curves in Rooms", JASA 34 (1962)).
    let response = room_response(&bright_room(), RATE, 2.6);
    const LENGTH: usize = 16_384;
    let fft = realfft::RealFftPlanner::<f64>::new().plan_fft_forward(LENGTH);
    let hann = |i: usize| 0.5 - 0.5 * libm::cos(TAU * i as f64 / LENGTH as f64);
    for plane in response.planes() {
        let mut power = vec![0.0; LENGTH / 2 + 1];
        for from in (24_000..120_000 - LENGTH).step_by(LENGTH / 4) {
            let stretch = &plane[from..from + LENGTH];
            let level = energy(stretch).sqrt();
            let mut samples: Vec<f64> =
                stretch.iter().enumerate().map(|(i, x)| hann(i) * f64::from(*x) / level).collect();
            let mut spectrum = fft.make_output_vec();
            fft.process(&mut samples, &mut spectrum).unwrap();
            power.iter_mut().zip(&spectrum).for_each(|(power, bin)| *power += bin.norm_sqr());
        }
        let worst = (34..2731_usize).fold(0.0_f64, |worst, k| {
            let around = &power[k.saturating_sub(50).max(4)..=k + 50];
            worst.max(power[k] / (around.iter().sum::<f64>() / around.len() as f64))
        });
        let worst_db = 10.0 * libm::log10(worst);
        assert!(worst_db < 9.0, "a mode sticks out by {worst_db} dB");
    }
}

#[test]
fn both_sides_are_apart_and_go_together() {
    let response = room_response(&bright_room(), RATE, 1.5);
    let (left, right) = (&response.left()[4800..], &response.right()[4800..]);
    let product: f64 = left.iter().zip(right).map(|(l, r)| f64::from(*l) * f64::from(*r)).sum();
    let correlation = product / (energy(left) * energy(right)).sqrt();
    assert!(correlation.abs() < 0.05, "{correlation}");
    let levels = energy(left) / energy(right);
    assert!((0.9..1.1).contains(&levels), "one side is {levels} times as strong");
    // In mono nothing cancels out: the sum is as strong as that of two noises.
    let sum: Vec<f32> = left.iter().zip(right).map(|(l, r)| l + r).collect();
    let together = energy(&sum) / (energy(left) + energy(right));
    assert!((0.95..1.05).contains(&together), "{together}");
    let narrow = room_response(&Reverb { width: 0.0, ..bright_room() }, RATE, 0.5);
    assert!(narrow.left() == narrow.right());
}

#[test]
fn a_steady_sound_is_as_loud_in_the_room() {
    for (decay_s, size) in [(0.3, 0.1), (1.8, 0.5), (4.0, 1.0)] {
        let dry = Audio::stereo(RATE, noise(7, 6 * RATE as usize), noise(8, 6 * RATE as usize));
        let dry = through(&Lowpass { freq_hz: 2000.0, ..Lowpass::default() }, dry);
        let wet = through(&Reverb { decay_s, size, ..bright_room() }, dry.clone());
        let late = |sound: &Audio| sound.planes().map(|plane| energy(&plane[3 * RATE as usize..])).sum::<f64>();
        let gain_db = 10.0 * libm::log10(late(&wet) / late(&dry));
        assert!(gain_db.abs() < 1.0, "{decay_s} s: {gain_db} dB");
    }
}

#[test]
fn a_room_answers_after_its_predelay_and_ends_about_when_it_says() {
    for reverb in [
        Reverb { mix: 1.0, ..Reverb::default() },
        Reverb { decay_s: 0.3, size: 1.0, predelay_ms: 100.0, ..bright_room() },
        Reverb { decay_s: 6.0, low_cut_hz: 500.0, damping_hz: 1000.0, mix: 1.0, ..Reverb::default() },
        Reverb { decay_s: 0.1, size: 0.0, ..bright_room() },
    ] {
        let tail = reverb.tail(Format::mono(RATE));
        let response = through(&reverb, click(Format::mono(RATE), 2 * tail));
        let first = response.left().iter().position(|x| *x != 0.0).unwrap();
        // The shortest line has at least 0.45 of the mean delay, which is at least 10 ms.
        let predelay = 48 * reverb.predelay_ms as usize;
        assert!((predelay + 216 - 8..predelay + 2000).contains(&first), "{reverb:?}: {first}");
        let ended = ended(response.left());
        // The bound is that of the lows, which the cut takes away.
        assert!((ended..=ended * 2).contains(&tail), "{reverb:?}: {tail} frames for {ended}");
    }
}
