//! The instruments measured: tuning, aliases, bends, the pedal, glides, whose voice is taken, and the drums.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking, in its helpers, too")]

use std::f64::consts::TAU;
use std::sync::Arc;

use downbeat_dsp::{InstrumentSettings, Performance, PlayedNote, Value, instrument};

const RATE: u32 = 48_000;

/// An instrument with some of its values.
fn settings(name: &str, given: &[(&str, Value)]) -> InstrumentSettings {
    let info = instrument(name).unwrap();
    for (name, _) in given {
        assert!(info.params().iter().any(|param| param.name == *name), "{name}");
    }
    let value = |name: &str| given.iter().find(|(given, _)| *given == name).map(|(_, value)| value.clone());
    info.settings(info.params().iter().map(|param| value(param.name).unwrap_or(param.default.clone())).collect())
        .unwrap()
}

fn n(x: f64) -> Value {
    Value::Number(x)
}

fn name(name: &str) -> Value {
    Value::Choice(name.into())
}

/// One oscillator without a filter, at full level from the first frame until it is let go.
fn bare(wave: &str, more: &[(&str, Value)]) -> InstrumentSettings {
    let plain = [
        ("wave", name(wave)),
        ("mix", n(0.0)),
        ("filter", name("off")),
        ("attack_ms", n(0.0)),
        ("decay_ms", n(0.0)),
        ("sustain", n(1.0)),
    ];
    settings("subtractive", &[more, &plain].concat())
}

fn freq(key: u8) -> f64 {
    440.0 * libm::exp2((f64::from(key) - 69.0) / 12.0)
}

fn note(start: u64, frames: u64, key: u8) -> PlayedNote {
    PlayedNote { start, frames, key, freq_hz: freq(key), velocity: 127, bends: Arc::new([]) }
}

fn notes(notes: &[PlayedNote]) -> Performance {
    Performance { notes: notes.into(), ..Performance::default() }
}

fn play(settings: &InstrumentSettings, performance: &Performance, rate: u32) -> Vec<f32> {
    settings.made().player(performance, rate).audio().left().to_vec()
}

/// What one sine at `hz` is in `samples` under a Hann window, as a complex number.
fn bin(samples: &[f32], hz: f64, rate: u32) -> (f64, f64) {
    let (mut re, mut im) = (0.0, 0.0);
    for (i, &x) in samples.iter().enumerate() {
        let window = 0.5 - 0.5 * libm::cos(TAU * i as f64 / samples.len() as f64);
        let (sin, cos) = libm::sincos(TAU * hz * i as f64 / f64::from(rate));
        re += window * f64::from(x) * cos;
        im -= window * f64::from(x) * sin;
    }
    (re, im)
}

/// The frequency near `hz`, from how far the phase turns between two places: first near each other, which is coarse and sure,
/// then further apart.
fn measured(samples: &[f32], length: usize, hz: f64, rate: u32) -> f64 {
    let mut estimate = hz;
    for distance in [24, 480, 2_400] {
        let turn = |from: usize| {
            let (re, im) = bin(&samples[from..from + length], estimate, rate);
            libm::atan2(im, re)
        };
        // The estimate's own turn over the distance comes off by itself where it is counted from each place's start.
        let expected = TAU * estimate * f64::from(distance) / f64::from(rate);
        let turned = turn(distance as usize) - turn(0) - expected;
        estimate += (turned - TAU * (turned / TAU).round()) * f64::from(rate) / (TAU * f64::from(distance));
    }
    estimate
}

fn cents(a: f64, b: f64) -> f64 {
    1200.0 * libm::log2(a / b)
}

#[test]
fn every_key_is_in_tune() {
    let organ = [("algorithm", name("organ")), ("index2", n(0.0)), ("index3", n(0.0)), ("index4", n(0.0))];
    let instruments = [
        // The window lets a trace of the neighbouring partials through at the lowest keys.
        (bare("sawtooth", &[]), 0.05),
        (settings("fm", &organ), 0.01),
        // The loop is tuned for its fundamental; what is left is the measurement, in a sound that dies away.
        (settings("plucked", &[("decay_s", n(8.0))]), 0.3),
    ];
    for (settings, tolerance) in &instruments {
        for rate in [44_100, 48_000] {
            let mut worst = 0.0_f64;
            for key in 21..=108 {
                // High strings have died away soon; low ones need a long look for their partials to be told apart.
                let length = if key < 60 { 16_384 } else { 6_000 };
                let sound = play(settings, &notes(&[note(0, 24_000, key)]), rate);
                let error = cents(measured(&sound[500..], length, freq(key), rate), freq(key));
                worst = worst.max(error.abs());
                assert!(error.abs() < *tolerance, "{settings}: key {key} is {error} cents off at {rate} Hz");
            }
            println!("{settings} at {rate} Hz: within {worst:.5} cents");
        }
    }
}

#[test]
fn the_wheel_bends_exactly() {
    // A sine that is bent at a frame of no grid is known in closed form.
    let organ = [
        ("algorithm", name("organ")),
        ("index2", n(0.0)),
        ("index3", n(0.0)),
        ("index4", n(0.0)),
        ("attack_ms", n(0.0)),
        ("decay_ms", n(0.0)),
        ("sustain", n(1.0)),
    ];
    for settings in [bare("sine", &[]), settings("fm", &organ)] {
        let performance = Performance { bends: [(1_003, 1.5), (2_222, 0.75)].into(), ..notes(&[note(0, 4_000, 69)]) };
        let sound = play(&settings, &performance, RATE);
        for (i, x) in sound[..4_000].iter().enumerate() {
            let bent = i.min(1_003) as f64
                + 1.5 * i.clamp(1_003, 2_222).saturating_sub(1_003) as f64
                + 0.75 * i.saturating_sub(2_222) as f64;
            let exact = libm::sin(TAU * 440.0 * bent / 48_000.0);
            // Half an ulp of f32, and the table's.
            assert!((f64::from(*x) - exact).abs() < 2e-7, "{settings} {i}: {x} {exact}");
        }
    }
    // A string glides to the bend within the frames that are made at once.
    for ratio in [0.5, 0.97, 1.06, 2.0] {
        let performance = Performance { bends: [(1_003, ratio)].into(), ..notes(&[note(0, 40_000, 57)]) };
        let sound = play(&settings("plucked", &[]), &performance, RATE);
        let error = cents(measured(&sound[1_500..], 16_384, 220.0 * ratio, RATE), 220.0 * ratio);
        assert!(error.abs() < 0.3, "bent by {ratio}: {error} cents off");
    }
}

#[test]
fn the_pedal_holds_what_was_let_go() {
    let organ = bare("triangle", &[]);
    let down = |pedal: &[(u64, bool)], all: &[PlayedNote]| {
        play(&organ, &Performance { pedal: pedal.into(), ..notes(all) }, RATE)
    };
    let held = play(&organ, &notes(&[note(0, 5_000, 60)]), RATE);
    assert_eq!(down(&[(500, true), (5_000, false)], &[note(0, 1_000, 60)]), held);
    // Down in the very frame in which the key goes up still holds; up again before that does not.
    assert_eq!(down(&[(1_000, true), (5_000, false)], &[note(0, 1_000, 60)]), held);
    assert_ne!(down(&[(500, true), (999, false)], &[note(0, 1_000, 60)]), held);
    // A key that is held longer than the pedal is not let go with it.
    assert_eq!(down(&[(500, true), (3_000, false)], &[note(0, 5_000, 60)]), held);
    // The same key struck again ends the note that the pedal holds.
    let twice = [note(0, 1_000, 60), note(3_000, 2_000, 60)];
    let legato = play(&organ, &notes(&[note(0, 3_000, 60), note(3_000, 2_000, 60)]), RATE);
    assert_eq!(down(&[(500, true), (4_000, false)], &twice), legato);
    // A pedal that never goes up does so with the last key.
    let long = down(&[(500, true)], &[note(0, 1_000, 60), note(2_000, 3_000, 64)]);
    assert_eq!(long, play(&organ, &notes(&[note(0, 5_000, 60), note(2_000, 3_000, 64)]), RATE));
}

#[test]
fn a_glide_is_even_in_octaves() {
    let lead = bare("sine", &[("glide_ms", n(1_000.0)), ("polyphony", Value::Whole(1))]);
    let sound = play(&lead, &notes(&[note(0, 1_000, 57), note(1_000, 96_000, 81)]), RATE);
    // Two octaves in 48,000 frames: the phase is the integral of 220 * 4^(t/T).
    let glided = |frame: f64| 220.0 * 48_000.0 / libm::log(4.0) * (libm::pow(4.0, frame / 48_000.0) - 1.0);
    let (fade, end) = (192, 48_000);
    for i in fade..90_000 {
        let frames = i as f64;
        let cycles = if i < end { glided(frames) } else { glided(48_000.0) + 880.0 * (frames - 48_000.0) };
        let exact = libm::sin(TAU * cycles / 48_000.0);
        // In 32 frames the frequency moves on a straight line instead of the curve, which misses (32 ln 4 / 48000)^2 / 12 of
        // the cycles: of 480 together 3.4e-5, or 2.2e-4 radians.
        assert!((f64::from(sound[1_000 + i]) - exact).abs() < 3e-4, "{i}");
    }
    let there = measured(&sound[60_000..], 16_384, 880.0, RATE);
    assert!(cents(there, 880.0).abs() < 0.01);
}

#[test]
fn a_taken_voice_fades_within_four_milliseconds() {
    let mono = bare("sine", &[("polyphony", Value::Whole(1))]);
    let (first, second) = (note(0, 10_000, 57), note(3_000, 10_000, 64));
    let both = play(&mono, &notes(&[first.clone(), second.clone()]), RATE);
    let (a, b) = (play(&mono, &notes(&[first]), RATE), play(&mono, &notes(&[second]), RATE));
    for (i, x) in both.iter().enumerate() {
        let fading = (1.0 - (i.max(3_000) - 3_000) as f32 / 192.0).max(0.0);
        let expected = fading * a.get(i).unwrap_or(&0.0) + b.get(i).unwrap_or(&0.0);
        assert!((x - expected).abs() < 2e-6, "{i}: {x} {expected}");
    }
}

#[test]
fn of_a_chord_one_voice_plays_the_last_note() {
    let mono = bare("sine", &[("polyphony", Value::Whole(1))]);
    let chord = play(&mono, &notes(&[note(50, 4_000, 57), note(50, 4_000, 61), note(50, 4_000, 64)]), RATE);
    assert_eq!(chord, play(&mono, &notes(&[note(50, 4_000, 64)]), RATE));
}

#[test]
fn the_quietest_released_note_goes_first_and_then_the_oldest() {
    let duo = |polyphony| bare("sine", &[("release_ms", n(5_000.0)), ("polyphony", Value::Whole(polyphony))]);
    let near = |a: &[f32], b: &[f32]| a.iter().zip(b).all(|(a, b)| (a - b).abs() < 2e-6);
    // Two are released, the later one is softer by itself: it is taken although it is younger.
    let (loud, soft) = (note(0, 1_000, 50), PlayedNote { velocity: 20, ..note(100, 1_900, 55) });
    let third = note(6_000, 1_000, 60);
    let crowd = play(&duo(2), &notes(&[loud.clone(), soft, third.clone()]), RATE);
    let without = play(&duo(8), &notes(&[loud.clone(), third.clone()]), RATE);
    assert!(near(&crowd[6_200..20_000], &without[6_200..20_000]));
    // Nobody is released: the oldest goes.
    let (old, young) = (note(0, 30_000, 50), note(100, 30_000, 55));
    let crowd = play(&duo(2), &notes(&[old, young.clone(), third.clone()]), RATE);
    let without = play(&duo(8), &notes(&[young, third]), RATE);
    assert!(near(&crowd[6_200..20_000], &without[6_200..20_000]));
}

#[test]
fn a_string_dies_away_in_its_time() {
    for (key, decay_s) in [(33, 2.0), (57, 1.0), (69, 0.5), (81, 1.0)] {
        let string = settings("plucked", &[("decay_s", n(decay_s)), ("brightness", n(0.8))]);
        let sound = play(&string, &notes(&[note(0, 48_000, key)]), RATE);
        let level = |from: usize| {
            let (re, im) = bin(&sound[from..from + 8_192], freq(key), RATE);
            10.0 * libm::log10(re * re + im * im)
        };
        let fallen = (level(2_000) - level(14_000)) / 12_000.0 * 48_000.0 * decay_s;
        assert!((fallen - 60.0).abs() < 0.6, "key {key}: {fallen} dB in {decay_s} s");
    }
}

#[test]
fn the_sidebands_are_bessel_functions() {
    let fm = settings(
        "fm",
        &[
            ("ratio2", n(1.5)),
            ("index2", n(2.0)),
            ("index3", n(0.0)),
            ("index4", n(0.0)),
            ("index_decay_ms", n(0.0)),
            ("index_sustain", n(1.0)),
            ("attack_ms", n(0.0)),
            ("decay_ms", n(0.0)),
            ("sustain", n(1.0)),
        ],
    );
    // 48,000 frames hold a whole number of periods: no window is needed.
    let mut pitched = note(0, 48_000, 69);
    pitched.freq_hz = 1_000.0;
    let sound = play(&fm, &notes(&[pitched]), RATE);
    for n in 0..6_i32 {
        let hz = 1_000.0 + 1_500.0 * f64::from(n);
        let (mut re, mut im) = (0.0, 0.0);
        for (i, &x) in sound[..48_000].iter().enumerate() {
            let (sin, cos) = libm::sincos(TAU * hz * i as f64 / 48_000.0);
            re += f64::from(x) * cos / 24_000.0;
            im += f64::from(x) * sin / 24_000.0;
        }
        // Nothing is folded about 0 onto these: 1500 k - 1000 is never 1000 + 1500 n.
        let level = (re * re + im * im).sqrt();
        assert!((level - libm::jn(n, 2.0).abs()).abs() < 1e-6, "{n}: {level}");
    }
}

#[test]
fn every_drum_sounds_and_only_drums() {
    let kit = settings("drum_kit", &[]);
    for key in 0..=127 {
        let sound = play(&kit, &notes(&[note(0, 10, key)]), RATE);
        let peak = |samples: &[f32]| samples.iter().fold(0.0_f32, |peak, x| peak.max(x.abs()));
        if (35..=81).contains(&key) {
            assert!(peak(&sound[..1_000]) > 0.05, "key {key} begins with {}", peak(&sound[..1_000]));
            assert!((0.15..1.3).contains(&peak(&sound)), "key {key} has a peak of {}", peak(&sound));
            assert!(peak(&sound[sound.len() - 480..]) < 0.02, "key {key} is cut off");
        } else {
            assert!(sound.is_empty());
        }
    }
}

#[test]
fn a_closed_hat_silences_the_open_one() {
    let kit = settings("drum_kit", &[]);
    for closing in [42, 44] {
        let both = play(&kit, &notes(&[note(0, 10, 46), note(5_000, 10, closing)]), RATE);
        let closed = play(&kit, &notes(&[note(5_000, 10, closing)]), RATE);
        // 12 ms after it, nothing is left of the open one.
        assert!(both[5_000 + 577..].iter().zip(&closed[5_000 + 577..]).all(|(a, b)| (a - b).abs() < 1e-6));
        let open = play(&kit, &notes(&[note(0, 10, 46)]), RATE);
        assert!(open[6_000..].iter().any(|x| x.abs() > 0.05));
    }
    // A ride goes on beside them.
    let both = play(&kit, &notes(&[note(0, 10, 51), note(5_000, 10, 42)]), RATE);
    assert!(both[20_000..].iter().any(|x| x.abs() > 0.01));
}
