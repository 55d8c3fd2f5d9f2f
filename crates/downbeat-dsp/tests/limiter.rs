//! The limiter: no peak passes, and nothing else is touched.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking, in its helpers, too")]

use downbeat_dsp::{Audio, Block, Effect, Format, Limiter, TruePeak, decibels, ratio};

/// A steady level in each channel, as constant samples: their peak and their RMS are the same.
fn steady(level_db: f64, frames: usize) -> Vec<f32> {
    vec![ratio(level_db) as f32; frames]
}

/// After how many milliseconds the first number for which it is true comes.
fn when(numbers: &[f64], rate: u32, is_there: impl Fn(f64) -> bool) -> f64 {
    (numbers.iter().position(|x| is_there(*x)).unwrap() + 1) as f64 * 1e3 / f64::from(rate)
}

/// Noise between -1 and 1, the same each time.
fn noise() -> impl FnMut() -> f64 {
    let mut seed = 7_u32;
    move || {
        seed = seed.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        f64::from(seed >> 8) / f64::from(1 << 23) - 1.0
    }
}

/// The sound limited, with what it held back at the end and without what it held back at the start.
fn limited(limiter: &Limiter, rate: u32, sound: &[f32]) -> Vec<f32> {
    let latency = limiter.latency(Format::mono(rate));
    let mut output = sound.to_vec();
    output.resize(sound.len() + latency, 0.0);
    limiter.process(&mut limiter.start(Format::mono(rate)), &mut Block::mono(&mut output));
    output.split_off(latency)
}

/// Sounds that are hard to limit, 20 dB too loud at most.
fn hard_to_limit() -> Vec<Vec<f32>> {
    let frames = 30_000_i32;
    let mut sounds = Vec::new();
    let mut add = |sample: &mut dyn FnMut(i32) -> f64| {
        sounds.push((0..frames).map(|i| sample(i) as f32).collect());
    };
    let mut random = noise();
    let turn = |cycles: f64| libm::sin(std::f64::consts::TAU * cycles);
    add(&mut |_| 4.0 * random());
    add(&mut |i| 6.0 * random() * f64::from(i % 9000) / 9000.0);
    add(&mut |i| random() * if (i / 1000) % 3 == 0 { 8.0 } else { 0.02 });
    // Hits that decay: a low tone and noise.
    add(&mut |i| {
        let t = f64::from(i % 6000);
        10.0 * libm::exp(-t / 800.0) * (turn(0.002 * t) + 0.6 * random())
    });
    for half_period in [2, 3, 7, 20, 101] {
        add(&mut |i| if (i / half_period) % 2 == 0 { 2.0 } else { -2.0 });
        add(
            &mut |i| if (i / 3000) % 2 == 0 { 0.01 } else { 2.0 } * if (i / half_period) % 2 == 0 { 1.0 } else { -1.0 },
        );
    }
    // A quarter of the rate with a phase at which no sample lies on the peak, and others.
    for (freq, phase) in [(0.25, 0.125), (0.25, 0.05), (0.2501, 0.3), (0.125, 0.0625), (1.0 / 6.0, 0.05), (0.4, 0.2)] {
        add(&mut |i| 2.5 * turn(freq * f64::from(i) + phase));
        add(&mut |i| if (i / 2500) % 2 == 0 { 0.1 } else { 5.0 } * turn(freq * f64::from(i) + phase));
    }
    add(&mut |i| [3.0, -3.0].get((i % 777) as usize).copied().unwrap_or(0.0));
    sounds
}

#[test]
fn no_peak_passes_the_ceiling() {
    for rate in [44_100, 48_000, 96_000] {
        for (lookahead_ms, release_ms) in [(5.0, 100.0), (1.0, 1.0), (20.0, 1.0)] {
            let limiter = Limiter { ceiling_db: -1.0, lookahead_ms, release_ms };
            for (number, sound) in hard_to_limit().iter().enumerate() {
                let output = limited(&limiter, rate, sound);
                let mut meter = TruePeak::new(rate);
                meter.measure(&output);
                let peak_db = decibels(f64::from(meter.peak()));
                // The meter's four values a sample are among those that are limited. What is left: within the reach of the
                // meter's filter the gain changes a little.
                assert!(peak_db < -1.0 + 0.001, "sound {number} at {rate} Hz: {peak_db} dBTP");
            }
        }
    }
}

#[test]
fn a_limited_tone_lies_at_the_ceiling() {
    let limiter = Limiter::default();
    for freq in [0.01, 0.1, 0.25, 0.3, 0.41] {
        let tone = |amplitude: f64| -> Vec<f32> {
            let angle = |i: i32| std::f64::consts::TAU * (freq * f64::from(i) + 0.0618);
            (0..48_000).map(|i| (amplitude * libm::sin(angle(i))) as f32).collect()
        };
        let output = limited(&limiter, 48_000, &tone(3.0));
        // Its peaks are known to 0.06 dB, and from one to the next the gain recovers by less than 0.01 dB.
        let unit = tone(1.0);
        let middle = 20_000..40_000;
        let energy = |x: &[f32]| x[middle.clone()].iter().map(|x| f64::from(x * x)).sum::<f64>();
        let peak_db = decibels((energy(&output) / energy(&unit)).sqrt());
        assert!((-1.06..-0.99).contains(&peak_db), "{freq}: {peak_db} dB");
    }
}

#[test]
fn what_lies_below_the_ceiling_passes_as_it_is() {
    let mut random = noise();
    // The filter makes 2.3 times as much of the worst of all noises, and the parabola 1.25 times that.
    let sound: Vec<f32> = (0..20_000).map(|_| (0.3 * random()) as f32).collect();
    assert_eq!(limited(&Limiter::default(), 48_000, &sound), sound);
    // A loud peak in the middle, and long after it all is as before, to the last bit.
    let mut with_peak = sound.clone();
    with_peak[3000] = 5.0;
    let output = limited(&Limiter { release_ms: 20.0, ..Limiter::default() }, 48_000, &with_peak);
    assert_eq!(output[..2500], sound[..2500]);
    assert_ne!(output[3100..3200], sound[3100..3200]);
    assert_eq!(output[13_000..], sound[13_000..]);
}

#[test]
fn a_limiter_lets_go_in_its_time() {
    for release_ms in [50.0, 400.0] {
        // A steady level, louder in the beginning: 12 dB are turned down, and then nothing.
        let limiter = Limiter { ceiling_db: -6.0, release_ms, lookahead_ms: 2.0 };
        let mut sound = steady(6.0, 24_000);
        sound.extend(steady(-20.0, 96_000));
        let output = limited(&limiter, 48_000, &sound);
        let gains: Vec<f64> = output.iter().zip(&sound).map(|(y, x)| f64::from(*y) / f64::from(*x)).collect();
        assert!((gains[20_000] / ratio(-12.0) - 1.0).abs() < 1e-5);
        // What is missing to 1 falls exponentially: from a half to a half by e in one time constant, to the frame and to
        // the ten-thousandth by which it goes beyond 1.
        let missing = |share: f64| when(&gains[24_000..], 48_000, |gain| 1.0 - gain <= share);
        let release = missing(0.5 * libm::exp(-1.0)) - missing(0.5);
        assert!((release / release_ms - 1.0).abs() < 4e-4 + 1.0 / 48.0 / release_ms, "{release} for {release_ms} ms");
    }
}

#[test]
fn both_channels_are_limited_alike() {
    let limiter = Limiter::default();
    let mut sound = Audio::stereo(48_000, steady(6.0, 4800), steady(-20.0, 4800));
    limiter.process(&mut limiter.start(sound.format()), &mut sound.block());
    let gain = f64::from(sound.right()[4000]) / ratio(-20.0);
    assert!((decibels(gain) + 7.0).abs() < 1e-4);
}
