//! The sampler: which sample a key plays, at which pitch, for how long, and how clean.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking, in its helpers, too")]

use std::f64::consts::TAU;
use std::sync::Arc;

use downbeat_dsp::{Audio, Channels, Params, Performance, PlayedNote, Sampler, Samples, Sound, Sounds, instrument};

const RATE: u32 = 48_000;

fn hz(key: u8) -> f64 {
    440.0 * libm::exp2((f64::from(key) - 69.0) / 12.0)
}

fn note(start: u64, frames: u64, key: u8) -> PlayedNote {
    PlayedNote { start, frames, key, freq_hz: hz(key), velocity: 127, bends: Arc::new([]) }
}

fn part(notes: impl IntoIterator<Item = PlayedNote>) -> Performance {
    Performance { notes: notes.into_iter().collect(), ..Performance::default() }
}

fn sampler(sounds: impl IntoIterator<Item = (Option<u8>, Audio)>) -> Sampler {
    let named = |(i, (key, audio))| (key, Sound::new("sample", [i; 32], Arc::new(audio)));
    Sampler { samples: Samples(Sounds::new((0..).zip(sounds).map(named))), ..Sampler::default() }
}

fn played(settings: &Sampler, performance: &Performance) -> Audio {
    let settings = instrument("sampler").unwrap().settings(settings.values()).unwrap();
    settings.made().player(performance, RATE).audio()
}

fn noise(mut seed: u32, frames: usize) -> Vec<f32> {
    let mut next = || {
        seed = seed.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        (seed >> 8) as f32 / (1 << 23) as f32 - 1.0
    };
    (0..frames).map(|_| next()).collect()
}

fn sine(freq_hz: f64, rate: u32, frames: usize) -> Vec<f32> {
    let step = TAU * freq_hz / f64::from(rate);
    (0..frames).map(|i| (0.5 * libm::sin(step * i as f64)) as f32).collect()
}

/// The amplitude at a frequency and the root of the mean square of all that is not there, under a Blackman-Harris window
/// wide enough to see only what lies within 5 bins of the frequency.
fn tone_and_rest(samples: &[f32], freq_hz: f64) -> (f64, f64) {
    let n = samples.len() as f64;
    let window = |i: usize| {
        let x = TAU * i as f64 / n;
        0.358_75 - 0.488_29 * libm::cos(x) + 0.141_28 * libm::cos(2.0 * x) - 0.011_68 * libm::cos(3.0 * x)
    };
    // The least squares fit of a sine and a cosine under the window, taken away.
    let angle = |i: usize| TAU * freq_hz / f64::from(RATE) * i as f64;
    let (mut cc, mut ss, mut cs, mut xc, mut xs) = (0.0, 0.0, 0.0, 0.0, 0.0);
    for (i, x) in samples.iter().enumerate() {
        let (w, c, s, x) = (window(i), libm::cos(angle(i)), libm::sin(angle(i)), f64::from(*x));
        cc += w * c * c;
        ss += w * s * s;
        cs += w * c * s;
        xc += w * x * c;
        xs += w * x * s;
    }
    let determinant = cc * ss - cs * cs;
    let (a, b) = ((xc * ss - xs * cs) / determinant, (xs * cc - xc * cs) / determinant);
    let rest = |(i, x): (usize, &f32)| {
        let left = f64::from(*x) - a * libm::cos(angle(i)) - b * libm::sin(angle(i));
        window(i) * left * left
    };
    let energy: f64 = samples.iter().enumerate().map(rest).sum();
    let weight: f64 = (0..samples.len()).map(window).sum();
    (libm::hypot(a, b), (energy / weight).sqrt())
}

#[test]
fn a_key_of_its_own_plays_the_sample_as_it_is() {
    let sample = noise(1, 3000);
    let settings = Sampler { root: 64, ..sampler([(None, Audio::mono(RATE, sample.clone()))]) };
    let sound = played(&settings, &part([note(123, 5000, 64)]));
    assert_eq!(sound.channels(), Channels::Mono);
    assert!(sound.left()[..123].iter().all(|x| *x == 0.0), "it starts on its frame");
    assert!(sound.left()[123..3123] == sample, "to the bit");
    assert!(sound.left()[3123..].iter().all(|x| *x == 0.0));
}

#[test]
fn both_sides_are_played() {
    let (left, right) = (noise(2, 1000), noise(3, 1000));
    let settings = sampler([(Some(60), Audio::stereo(RATE, left.clone(), right.clone()))]);
    let sound = played(&settings, &part([note(0, 2000, 60)]));
    assert_eq!(sound.channels(), Channels::Stereo);
    assert!(sound.left()[..1000] == left && sound.right()[..1000] == right);
    // Who asks for one side gets the mean of both.
    let row = instrument("sampler").unwrap().settings(settings.values()).unwrap();
    let mut mono = vec![0.0; 1000];
    row.made().player(&part([note(0, 2000, 60)]), RATE).fill(&mut mono);
    assert!(mono.iter().zip(left.iter().zip(&right)).all(|(x, (l, r))| *x == 0.5 * (l + r)));
}

/// A tone is a tone at every pitch: what is not the tone lies below -90 dB of it, up to where the sample's own frequency
/// leaves the pass band. The kernels are made for -100 dB; a row of their coefficients is good to 24 bits.
#[test]
fn other_keys_are_other_pitches_and_clean() {
    for (freq_hz, rate) in [(1000.0, RATE), (1000.0, 44_100), (6000.0, 96_000)] {
        let settings = sampler([(Some(60), Audio::mono(rate, sine(freq_hz, rate, 4 * rate as usize)))]);
        for key in [24, 48, 55, 59, 61, 66, 71, 72, 73, 84, 96] {
            let expected_hz = freq_hz * hz(key) / hz(60);
            if expected_hz > 18_000.0 {
                continue;
            }
            let sound = played(&settings, &part([note(0, 30_000, key)]));
            let (tone, rest) = tone_and_rest(&sound.left()[2000..11_000], expected_hz);
            assert!((tone - 0.5).abs() < 1e-4, "{freq_hz} Hz at {rate}, key {key}: {tone}");
            assert!(rest < 0.5 * 3e-5, "{freq_hz} Hz at {rate}, key {key}: {:.1} dB", 20.0 * libm::log10(rest / 0.5));
        }
    }
}

/// What would come back from beyond half the rate is not heard: a tone of 15 kHz, played up, is gone.
#[test]
fn nothing_comes_back_from_beyond_half_the_rate() {
    let settings = sampler([(Some(60), Audio::mono(RATE, sine(15_000.0, RATE, 200_000)))]);
    for key in [69, 72, 76, 84, 90, 101] {
        let sound = played(&settings, &part([note(0, 8000, key)]));
        // After the beginning, which is a click to a kernel.
        let loudest = sound.left()[500..2000].iter().fold(0.0_f32, |loudest, x| loudest.max(x.abs()));
        assert!(loudest < 0.5 * 3e-5, "key {key}: {loudest}");
    }
}

#[test]
fn a_key_plays_the_nearest_sample() {
    let level = |level: f32| Audio::mono(RATE, vec![level; 5000]);
    let settings = sampler([(Some(60), level(0.25)), (Some(40), level(0.5)), (Some(50), level(1.0))]);
    for (key, expected) in [(0, 0.5), (40, 0.5), (45, 0.5), (46, 1.0), (55, 1.0), (56, 0.25), (70, 0.25)] {
        let sound = played(&settings, &part([note(0, 3000, key)]));
        // Each row of coefficients sums to 1, in 32 bits.
        assert!((sound.left()[1000] - expected).abs() < 1e-6, "key {key}: {}", sound.left()[1000]);
    }
    let drums = Sampler { transpose: false, ..settings };
    let heard = |key| played(&drums, &part([note(0, 3000, key)])).planes().flatten().any(|x| *x != 0.0);
    assert!(heard(40) && heard(50) && heard(60) && !heard(41) && !heard(0));
}

#[test]
fn a_note_ends_when_it_is_let_go_unless_it_is_one_shot() {
    let settings = Sampler { release_ms: 10.0, ..sampler([(Some(60), Audio::mono(RATE, vec![1.0; 20_000]))]) };
    let short = part([note(0, 1000, 60)]);
    let sound = played(&settings, &short);
    assert_eq!(sound.frames(), 1480);
    assert!(sound.left()[..1000].iter().all(|x| *x == 1.0));
    assert!(sound.left()[1000..].windows(2).all(|pair| pair[0] > pair[1]), "it fades");
    let drum = played(&Sampler { one_shot: true, ..settings.clone() }, &short);
    assert!(drum.left()[..20_000].iter().all(|x| *x == 1.0), "it sounds to its end");
    let held = Performance { pedal: [(500, true), (3000, false)].into(), ..short };
    let sound = played(&settings, &held);
    assert!(sound.left()[..3000].iter().all(|x| *x == 1.0) && sound.frames() == 3480, "the pedal holds it");
    let slow = Sampler { attack_ms: 10.0, ..settings };
    assert!((played(&slow, &held).left()[240] - 0.5).abs() < 1e-6);
}

#[test]
fn tuning_bends_gain_and_velocity_do_what_they_say() {
    let settings = sampler([(Some(60), Audio::mono(RATE, sine(1000.0, RATE, 100_000)))]);
    let tone = |settings: &Sampler, performance: &Performance, freq_hz: f64| {
        tone_and_rest(&played(settings, performance).left()[3000..12_000], freq_hz).0
    };
    let long = part([note(0, 20_000, 60)]);
    let tuned = Sampler { tune_cents: -50.0, ..settings.clone() };
    assert!((tone(&tuned, &long, 1000.0 * libm::exp2(-0.5 / 12.0)) - 0.5).abs() < 1e-4);
    let bent = Performance { bends: [(500, 1.25)].into(), ..long.clone() };
    assert!((tone(&settings, &bent, 1250.0) - 0.5).abs() < 1e-4);
    let loud = Sampler { gain_db: 6.0, ..settings.clone() };
    assert!((tone(&loud, &long, 1000.0) / tone(&settings, &long, 1000.0) - libm::exp10(0.3)).abs() < 1e-6);
    let soft = part([PlayedNote { velocity: 64, ..note(0, 20_000, 60) }]);
    assert!((tone(&settings, &soft, 1000.0) - 0.5 * 64.0 / 127.0).abs() < 1e-6);
    let even = Sampler { velocity_to_level: 0.0, ..settings };
    assert!((tone(&even, &soft, 1000.0) - 0.5).abs() < 1e-6);
}

/// A drum that is bent down sounds for longer, and to its end.
#[test]
fn what_is_bent_down_is_not_cut() {
    let settings = Sampler { one_shot: true, ..sampler([(Some(60), Audio::mono(RATE, vec![1.0; 4000]))]) };
    let slow = Performance { bends: [(0, 0.5)].into(), ..part([note(0, 10, 60)]) };
    let sound = played(&settings, &slow);
    assert!((8000..8300).contains(&sound.frames()), "{}", sound.frames());
    assert!((sound.left()[7800] - 1.0).abs() < 1e-4);
    assert!(sound.left().last().unwrap().abs() < 1e-4);
}
