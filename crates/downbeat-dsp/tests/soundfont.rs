//! SoundFonts: what is in a file, what a note plays of it, and files that are damaged.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking, in its helpers, too")]

mod fonts;

use std::f64::consts::{FRAC_1_SQRT_2, TAU};
use std::sync::Arc;

use downbeat_dsp::{
    Audio, Params, Performance, PlayedNote, SoundFont, SoundFontError, SoundFontPlayer, instrument, ratio,
};
use fonts::{Builder, Generator, Modulator, NOT_DARKER, sine};

const RATE: u32 = 48_000;
const INSTRUMENT: u16 = 41;
const KEYS: u16 = 43;
const VELOCITIES: u16 = 44;
const SAMPLE: u16 = 53;
const LOOPS: Generator = (54, 1);

fn note(start: u64, frames: u64, key: u8) -> PlayedNote {
    let freq_hz = 440.0 * libm::exp2((f64::from(key) - 69.0) / 12.0);
    PlayedNote { start, frames, key, freq_hz, velocity: 127, bends: Arc::new([]) }
}

fn part(notes: impl IntoIterator<Item = PlayedNote>) -> Performance {
    Performance { notes: notes.into_iter().collect(), ..Performance::default() }
}

fn font(build: impl FnOnce(&mut Builder)) -> SoundFont {
    let mut builder = Builder::default();
    build(&mut builder);
    SoundFont::parse("test.sf2", [0; 32], builder.bytes()).unwrap()
}

/// A font whose only preset is one zone with these generators and a looped sine, 750 Hz at key 60.
fn one(generators: &[Generator]) -> SoundFontPlayer {
    modulated(generators, &[])
}

/// The same with modulators.
fn modulated(generators: &[Generator], modulators: &[Modulator]) -> SoundFontPlayer {
    let file = font(|font| {
        let sample = font.sample(&sine(640), 640 - 64, 60);
        let zone = [generators, &[LOOPS, (SAMPLE, sample)]].concat();
        let instrument = font.modulated(&[zone], modulators);
        font.preset("One", 0, 0, &[vec![(INSTRUMENT, instrument)]]);
    });
    SoundFontPlayer { file, ..SoundFontPlayer::default() }
}

fn played(settings: &SoundFontPlayer, performance: &Performance) -> Audio {
    let settings = instrument("soundfont").unwrap().settings(settings.values()).unwrap();
    settings.made().player(performance, RATE).audio()
}

/// The amplitude of the sine of a frequency that is nearest in the sense of least squares, over many turns.
fn tone(samples: &[f32], freq_hz: f64) -> f64 {
    let angle = |i: usize| TAU * freq_hz / f64::from(RATE) * i as f64;
    let sum = |f: fn(f64) -> f64| -> f64 { samples.iter().enumerate().map(|(i, x)| f64::from(*x) * f(angle(i))).sum() };
    libm::hypot(sum(libm::cos), sum(libm::sin)) * 2.0 / samples.len() as f64
}

/// A centred sample is on both sides with half its power. The sine of the font is 32000 of 32768.
const LEVEL: f64 = 32_000.0 / 32_768.0 * FRAC_1_SQRT_2;

#[test]
fn a_note_has_its_pitch_and_goes_on_in_its_loop() {
    for key in [36, 48, 60, 67, 72, 84, 96] {
        let sound = played(&one(&[]), &part([note(0, 40_000, key)]));
        let freq_hz = 750.0 * libm::exp2((f64::from(key) - 60.0) / 12.0);
        // 24,000 frames are whole turns of no tone, which leaks 1e-3 at the most.
        for side in sound.planes() {
            let heard = tone(&side[8_000..32_000], freq_hz);
            assert!((heard - LEVEL).abs() < 2e-3 * LEVEL, "key {key}: {heard} instead of {LEVEL}");
        }
    }
    // At its own key, the sample is what is heard, turn after turn: its rounding is that of 16 bits.
    let sound = played(&one(&[]), &part([note(0, 6400, 60)]));
    for (i, x) in sound.left()[..6400].iter().enumerate() {
        let exact = LEVEL * libm::sin(TAU * i as f64 / 64.0);
        assert!((f64::from(*x) - exact).abs() < 1.0 / 32_768.0, "frame {i}: {x} is not {exact}");
    }
}

#[test]
fn a_note_begins_on_its_very_frame() {
    // A sample that is loud from its first frame on.
    let file = font(|font| {
        let sample = font.sample(&[16_384; 500], 0, 60);
        let instrument = font.instrument(&[vec![LOOPS, (SAMPLE, sample)]]);
        font.preset("Step", 0, 0, &[vec![(INSTRUMENT, instrument)]]);
    });
    let settings = SoundFontPlayer { file, ..SoundFontPlayer::default() };
    for start in [0, 1, 7, 31, 32, 33, 63, 64, 100, 12_345] {
        let sound = played(&settings, &part([note(start, 2000, 60)]));
        let first = sound.left().iter().position(|x| *x != 0.0).unwrap();
        assert_eq!(first as u64, start);
        assert!((f64::from(sound.left()[first]) - 0.5 * FRAC_1_SQRT_2).abs() < 1e-6, "at full level from there");
    }
}

#[test]
fn generators_do_what_they_say() {
    let long = part([note(0, 20_000, 60)]);
    let heard = |generators: &[Generator], freq_hz: f64| {
        let sound = played(&one(generators), &long);
        [tone(&sound.left()[4_000..16_000], freq_hz), tone(&sound.right()[4_000..16_000], freq_hz)]
    };
    let [left, right] = heard(&[(17, -500)], 750.0);
    assert!((left - LEVEL / FRAC_1_SQRT_2).abs() < 1e-4 && right < 1e-6, "pan: {left} {right}");
    assert!((heard(&[(51, 12)], 1500.0)[0] - LEVEL).abs() < 1e-4, "coarse tune");
    assert!((heard(&[(52, -100), (51, 13)], 1500.0)[0] - LEVEL).abs() < 1e-4, "fine tune");
    assert!((heard(&[(58, 72)], 375.0)[0] - LEVEL).abs() < 1e-4, "root key");
    assert!((heard(&[(56, 0)], 750.0 * libm::exp2(0.0))[0] - LEVEL).abs() < 1e-4, "scale tuning");
    // Attenuation counts for 0.4 of what it says: 100 centibels are 4 dB.
    assert!((heard(&[(48, 100)], 750.0)[0] - LEVEL * ratio(-4.0)).abs() < 1e-4, "attenuation");
    // 750 Hz are 7823 absolute cents: the corner of a filter of Q = 1/sqrt 2, where it is 3 dB down.
    let corner = 1200.0 * libm::log2(750.0 / 440.0) + 6900.0;
    let cut = heard(&[(8, corner.round() as i16)], 750.0)[0];
    assert!((cut - LEVEL * FRAC_1_SQRT_2).abs() < 1e-3, "cutoff: {cut}");
    // Sustain: 20 dB down after a short decay.
    let sustained = heard(&[(36, -6000), (37, 200)], 750.0)[0];
    assert!((sustained - LEVEL * 0.1).abs() < 1e-4, "sustain: {sustained}");
}

#[test]
fn velocities_and_modulators_count() {
    let soft = |velocity, key| part([PlayedNote { velocity, ..note(0, 20_000, key) }]);
    let heard = |settings: &SoundFontPlayer, velocity, key: u8, freq_hz| {
        tone(&played(settings, &soft(velocity, key)).left()[4_000..16_000], freq_hz) / LEVEL
    };
    // What is soft is darker by 2400 cents at the most, half of it at 63, unless the font turns that off.
    let squared = libm::pow(63.0 / 127.0, 2.0);
    let dark = heard(&one(&[(8, 9000)]), 63, 60, 750.0);
    let corner_hz = |cents: f64| 440.0 * libm::exp2((cents - 6900.0) / 1200.0);
    // A second-order Butterworth lowpass as the bilinear transform makes it.
    let lowpass = |corner: f64, freq: f64| {
        let warped = |hz: f64| libm::tan(std::f64::consts::PI * hz / f64::from(RATE));
        1.0 / (1.0 + libm::pow(warped(freq) / warped(corner), 4.0)).sqrt()
    };
    let expected = squared * lowpass(corner_hz(9000.0 - 1200.0), 750.0);
    assert!((dark - expected).abs() < 1e-4, "{dark} instead of {expected}");
    let bright = heard(&modulated(&[(8, 9000)], &[NOT_DARKER]), 63, 60, 750.0);
    assert!((bright - squared * lowpass(corner_hz(9000.0), 750.0)).abs() < 1e-4, "{bright}");
    // The velocity to the level in a straight line of 40 dB, in place of the curve: 64 steps of 128 are 20 dB.
    let straight = modulated(&[], &[(0x0502, 48, 0, 0, 0), (0x0102, 48, 400, 0, 0), NOT_DARKER]);
    assert!((heard(&straight, 63, 60, 750.0) - ratio(-20.0)).abs() < 1e-4);
    // The key to the pan: 1000 tenths of a percent to the right over all keys, 500 to the left besides.
    let across = played(&modulated(&[(17, -500)], &[(0x0003, 17, 1000, 0, 0)]), &part([note(0, 2000, 64)]));
    assert_eq!(across.left(), across.right());
    // Without its sign, times nothing that moves; and what a link would bring is left out.
    let louder = modulated(&[(48, 250)], &[(0x0000, 48, -100, 0x0000, 2), (0x007f, 48, 500, 0, 0)]);
    assert!((heard(&louder, 127, 60, 750.0) - ratio(-20.0)).abs() < 1e-4);
}

#[test]
fn a_zone_may_have_a_key_and_a_velocity_of_its_own() {
    let heard = |generators: &[Generator], key, velocity, freq_hz| {
        let settings = modulated(generators, &[NOT_DARKER]);
        let sound = played(&settings, &part([PlayedNote { velocity, ..note(0, 20_000, key) }]));
        tone(&sound.left()[4_000..16_000], freq_hz) / LEVEL
    };
    assert!((heard(&[(46, 72)], 40, 127, 1500.0) - 1.0).abs() < 1e-4, "the key");
    assert!((heard(&[(47, 127)], 60, 20, 750.0) - 1.0).abs() < 1e-4, "the velocity");
    // A sample without a pitch has key 60, and its correction is not scaled by the keys.
    let file = font(|font| {
        let sample = font.sample(&sine(640), 640 - 64, 255);
        let instrument = font.instrument(&[vec![LOOPS, (56, 0), (SAMPLE, sample)], vec![]]);
        font.preset("One", 0, 0, &[vec![(INSTRUMENT, instrument)]]);
    });
    let settings = SoundFontPlayer { file, ..SoundFontPlayer::default() };
    let sound = played(&settings, &part([note(0, 20_000, 90)]));
    assert!((tone(&sound.left()[4_000..16_000], 750.0) - LEVEL).abs() < 1e-4);
}

#[test]
fn a_delay_puts_off_the_sample_itself() {
    // A step at its first frame, a quarter of a second late.
    let file = font(|font| {
        let sample = font.sample(&[vec![16_384; 10], vec![0; 5000]].concat(), 5009, 60);
        let instrument = font.instrument(&[vec![(33, -2400), (SAMPLE, sample)]]);
        font.preset("Echo", 0, 0, &[vec![(INSTRUMENT, instrument)]]);
    });
    let sound = played(&SoundFontPlayer { file, ..SoundFontPlayer::default() }, &part([note(100, 40_000, 60)]));
    let first = sound.left().iter().position(|x| *x != 0.0).unwrap();
    // The level rises over a chunk of 32 frames, and the step is over after 10.
    assert!((12_100..12_102).contains(&first), "{first}");
    assert!(sound.left()[12_100..12_110].iter().any(|x| *x > 0.05));
}

#[test]
fn envelopes_take_their_time() {
    // An attack of half a second, a release of a quarter: timecents.
    let sound = played(&one(&[(34, -1200), (38, -2400)]), &part([note(0, 36_000, 60)]));
    let loudest =
        |from: usize| sound.left()[from..from + 64].iter().fold(0.0_f64, |most, x| most.max(f64::from(x.abs())));
    assert!((loudest(12_000) - 0.5 * LEVEL).abs() < 0.005, "{}", loudest(12_000));
    assert!((loudest(24_000) - LEVEL).abs() < 0.005);
    // A tenth of the release, 25 ms, is 10 dB.
    assert!((loudest(36_000 + 1_200) / (LEVEL * ratio(-10.0)) - 1.0).abs() < 0.05);
    assert!((48_000..48_000 + 64).contains(&sound.frames()), "{}", sound.frames());
    assert!(sound.left()[48_000 - 1..].iter().all(|x| x.abs() < 2e-5));
}

#[test]
fn keys_and_velocities_choose_their_zones() {
    let file = font(|font| {
        let [low, high, soft] = [0.25, 0.5, 0.75].map(|level| {
            let frames = vec![(level * 32_768.0) as i16; 400];
            font.sample(&frames, 0, 60)
        });
        let range = |from: i16, to: i16| from | to << 8;
        let zone =
            |keys, velocities, sample| vec![(KEYS, keys), (VELOCITIES, velocities), LOOPS, (56, 0), (SAMPLE, sample)];
        let instrument = font.instrument(&[
            zone(range(0, 59), range(0, 127), low),
            zone(range(60, 127), range(64, 127), high),
            zone(range(60, 127), range(0, 63), soft),
        ]);
        font.preset("Zones", 0, 0, &[vec![(INSTRUMENT, instrument)]]);
    });
    let settings = SoundFontPlayer { file, ..SoundFontPlayer::default() };
    for (key, velocity, level) in [(40, 127, 0.25), (40, 20, 0.25), (60, 64, 0.5), (100, 127, 0.5), (60, 63, 0.75)] {
        let sound = played(&settings, &part([PlayedNote { velocity, ..note(0, 2000, key) }]));
        // Velocities count squared.
        let expected = level * FRAC_1_SQRT_2 * libm::pow(f64::from(velocity) / 127.0, 2.0);
        assert!((f64::from(sound.left()[1000]) - expected).abs() < 1e-5, "{key} at {velocity}: {}", sound.left()[1000]);
    }
}

/// Banks 0 and 128, each sample at a level of its own.
fn general() -> SoundFont {
    font(|font| {
        for (title, bank, program, level) in [
            ("Piano", 0, 0, 0.125),
            ("Organ", 0, 16, 0.25),
            ("Layer", 8, 16, 0.375),
            ("Kit", 128, 0, 0.5),
            ("Jazz", 128, 32, 0.625),
        ] {
            let sample = font.sample(&[(level * 32_768.0) as i16; 400], 0, 60);
            let instrument = font.instrument(&[vec![LOOPS, (56, 0), (SAMPLE, sample)]]);
            font.preset(title, bank, program, &[vec![(INSTRUMENT, instrument)]]);
        }
    })
}

#[test]
fn a_part_is_played_with_its_program() {
    let file = general();
    let names: Vec<_> = file.presets().collect();
    assert_eq!(names[1], (0, 16, "Organ"));
    assert_eq!(names.len(), 5);
    let settings = SoundFontPlayer { file, ..SoundFontPlayer::default() };
    let level = |settings: &SoundFontPlayer, program, is_drums| {
        let sound = played(settings, &Performance { program, is_drums, ..part([note(0, 2000, 60)]) });
        (f64::from(sound.left()[1000]) / FRAC_1_SQRT_2 * 8.0).round() / 8.0
    };
    assert_eq!(level(&settings, 0, false), 0.125);
    assert_eq!(level(&settings, 16, false), 0.25);
    assert_eq!(level(&settings, 0, true), 0.5);
    assert_eq!(level(&settings, 32, true), 0.625);
    assert_eq!(level(&settings, 40, true), 0.5, "drums that are not there are the first ones");
    assert_eq!(level(&SoundFontPlayer { program: 16, ..settings.clone() }, 0, false), 0.25);
    assert_eq!(level(&SoundFontPlayer { program: 16, ..settings.clone() }, 0, true), 0.25);
    assert_eq!(level(&SoundFontPlayer { bank: 8, ..settings.clone() }, 16, false), 0.375);
    assert_eq!(level(&SoundFontPlayer { bank: 128, program: 32, ..settings }, 0, false), 0.625);
}

#[test]
fn a_program_that_is_not_there_is_told_with_those_that_are() {
    let settings = SoundFontPlayer { file: general(), program: 17, ..SoundFontPlayer::default() };
    let error = instrument("soundfont").unwrap().settings(settings.values()).unwrap_err().to_string();
    assert!(
        error.starts_with("\"test.sf2\" has no program 17 in bank 0; it has 0:0 \"Piano\", 0:16 \"Organ\""),
        "{error}"
    );
    let settings = SoundFontPlayer { program: 128, ..settings };
    let row = instrument("soundfont").unwrap().settings(settings.values()).unwrap();
    let lead = Performance { program: 80, ..part([note(0, 100, 60)]) };
    assert!(row.made().objection(&lead).unwrap().contains("no program 80 in bank 0"));
    assert_eq!(row.made().objection(&part([])), None);
}

#[test]
fn notes_of_a_class_silence_each_other() {
    let file = font(|font| {
        let sample = font.sample(&[16_384; 400], 0, 60);
        let hat = |key: i16| vec![(KEYS, key | key << 8), LOOPS, (56, 0), (57, 1), (38, 1200), (SAMPLE, sample)];
        let instrument = font.instrument(&[hat(42), hat(46)]);
        font.preset("Kit", 128, 0, &[vec![(INSTRUMENT, instrument)]]);
    });
    let settings = SoundFontPlayer { file, ..SoundFontPlayer::default() };
    let drums = |notes: &[PlayedNote]| Performance { is_drums: true, ..part(notes.to_vec()) };
    let alone = played(&settings, &drums(&[note(0, 10_000, 46)])).left()[5000];
    let both = played(&settings, &drums(&[note(0, 10_000, 46), note(1000, 10_000, 42)])).left()[5000];
    assert!((both - alone).abs() < 1e-6 && alone > 0.3, "{both} {alone}");
}

#[test]
fn a_loop_until_the_release_goes_on_to_the_end() {
    let file = font(|font| {
        // A level in the loop, and another one after it.
        let frames = [vec![8_192; 400], vec![16_384; 4_000]].concat();
        let start = 100;
        let sample = font.sample(&frames, start, 60);
        // The loop ends where the level changes.
        let instrument = font.instrument(&[vec![(54, 3), (3, -4_000), (38, 1200), (SAMPLE, sample)]]);
        font.preset("Loop", 0, 0, &[vec![(INSTRUMENT, instrument)]]);
    });
    let settings = SoundFontPlayer { file, ..SoundFontPlayer::default() };
    let sound = played(&settings, &part([note(0, 20_000, 60)]));
    let level = |frame: usize| f64::from(sound.left()[frame]) / FRAC_1_SQRT_2;
    assert!((level(19_000) - 0.25).abs() < 1e-4, "{}", level(19_000));
    // 1000 frames into a release of 2 s, 1 dB.
    assert!((level(21_000) - 0.5 * ratio(-100.0 * 1000.0 / 96_000.0)).abs() < 1e-3, "{}", level(21_000));
    assert!(sound.frames() < 20_000 + 4_600, "it ends with the sample: {}", sound.frames());
}

#[test]
fn bends_tuning_and_gain() {
    let long = part([note(0, 20_000, 60)]);
    let bent = Performance { bends: [(0, 2.0)].into(), ..long.clone() };
    assert!((tone(&played(&one(&[]), &bent).left()[4_000..16_000], 1500.0) - LEVEL).abs() < 1e-4);
    let tuned = SoundFontPlayer { tune_cents: -1200.0, gain_db: -6.0, ..one(&[]) };
    let heard = tone(&played(&tuned, &long).left()[4_000..16_000], 375.0);
    assert!((heard - LEVEL * ratio(-6.0)).abs() < 1e-4, "{heard}");
}

#[test]
fn what_is_no_soundfont_is_told() {
    let parse = |bytes: &[u8]| SoundFont::parse("x.sf2", [0; 32], bytes).unwrap_err();
    for (bytes, what) in [
        (&b""[..], "an empty file"),
        (b"RIFF\x04\0\0\0WAVE", "a recording (WAV)"),
        (b"MThd\0\0\0\x06", "a MIDI file"),
        (b"<!DOCTYPE html>", "a web page"),
        (b"sound", "something else"),
    ] {
        assert_eq!(parse(bytes), SoundFontError::NotASoundFont(what));
        assert_eq!(parse(bytes).to_string(), format!("it is {what}, not a SoundFont (SF2)"));
    }
    assert_eq!(parse(b"RIFF\x04\0\0\0sfbk").to_string(), "it is damaged: it has no samples");
    let whole = {
        let mut builder = Builder::default();
        let sample = builder.sample(&sine(100), 0, 60);
        let instrument = builder.instrument(&[vec![(SAMPLE, sample)]]);
        builder.preset("One", 0, 0, &[vec![(INSTRUMENT, instrument)]]);
        builder.bytes()
    };
    let broken = SoundFontError::BreaksOff { should: whole.len(), are: 400 };
    assert_eq!(parse(&whole[..400]), broken);
    assert_eq!(broken.to_string(), format!("it breaks off: {} bytes of it should be there, and 400 are", whole.len()));
    // In SF3, the first sample begins as Ogg files do, and the headers of all say that they are compressed.
    let mut compressed = whole.clone();
    let sound = whole.windows(4).position(|four| four == b"smpl").unwrap() + 8;
    compressed[sound..sound + 4].copy_from_slice(b"OggS");
    assert_eq!(parse(&compressed), SoundFontError::Compressed);
    let mut marked = whole.clone();
    let header = whole.windows(4).position(|four| four == b"shdr").unwrap() + 8;
    marked[header + 44] |= 0x10;
    assert_eq!(parse(&marked), SoundFontError::Compressed);
    let mut builder = Builder::default();
    let sample = builder.sample(&sine(100), 0, 60);
    builder.instrument(&[vec![(SAMPLE, sample + 1)]]);
    assert_eq!(parse(&builder.bytes()).to_string(), "it is damaged: a zone points to number 1 of 1");
}

#[test]
fn numbers_beyond_all_measure_are_kept_within_their_ranges() {
    // Each generator at both ends of its 16 bits, with a filter and with oscillators that swing fast.
    for generator in 0..61 {
        for amount in [i16::MIN, i16::MAX] {
            let generators = [(8, 9000), (13, 30), (22, 1000), (24, 1000), (generator, amount)];
            for key in [0, 60, 127] {
                let sound = played(&one(&generators), &part([note(0, 3000, key)]));
                let loudest = sound.planes().flat_map(<[f32]>::iter).fold(0.0_f32, |most, x| most.max(x.abs()));
                // 96 dB of tremolo and a resonance are the most there is.
                assert!(loudest < 1e7, "{generator} = {amount}, key {key}: {loudest}");
            }
        }
    }
}

/// Whatever the bytes, they are refused or they are played: no byte of a small file can do harm.
#[test]
fn damaged_files_are_survived() {
    let bytes = {
        let mut builder = Builder::default();
        let sample = builder.sample(&sine(200), 100, 60);
        let instrument =
            builder.instrument(&[vec![LOOPS, (SAMPLE, sample)], vec![(8, 9000), (54, 3), (SAMPLE, sample)]]);
        builder.preset("One", 0, 0, &[vec![(INSTRUMENT, instrument)]]);
        builder.bytes()
    };
    let try_it = |bytes: &[u8]| {
        let Ok(file) = SoundFont::parse("x.sf2", [0; 32], bytes) else { return };
        let settings = SoundFontPlayer { file, ..SoundFontPlayer::default() };
        let row = instrument("soundfont").unwrap().settings(settings.values()).unwrap();
        let performance = Performance { bends: [(50, 1.5)].into(), ..part([note(0, 100, 60), note(30, 50, 90)]) };
        let mut out = [0.0; 300];
        row.made().player(&performance, RATE).fill(&mut out);
        assert!(out.iter().all(|x| x.is_finite()));
    };
    for end in 0..bytes.len() {
        try_it(&bytes[..end]);
    }
    for at in 0..bytes.len() {
        for value in [0, 1, 0x7f, 0x80, 0xff, bytes[at] ^ 0x10] {
            let mut changed = bytes.clone();
            changed[at] = value;
            try_it(&changed);
        }
    }
}
