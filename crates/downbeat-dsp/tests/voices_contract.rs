//! What every instrument promises, tried on every row of the table: a new instrument is tested by being there.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking, in its helpers, too")]

mod rows;

use std::sync::Arc;

use rows::{usual, variants};

use downbeat_dsp::{
    Automation, Controls, Generator, INSTRUMENTS, InstrumentSettings, Kind, Movement, ParamError, Performance,
    PlayedNote, Point, Value, Way, instrument,
};

const RATE: u32 = 48_000;
/// What is listened to of a variant: all that happens in the performance, and a little more.
const HEARD: usize = 9_000;

fn every_variant() -> impl Iterator<Item = InstrumentSettings> {
    INSTRUMENTS.iter().flat_map(variants)
}

fn note(start: u64, frames: u64, key: u8, velocity: u8) -> PlayedNote {
    let freq_hz = 440.0 * libm::exp2((f64::from(key) - 69.0) / 12.0);
    PlayedNote { start, frames, key, freq_hz, velocity, bends: Arc::new([]) }
}

/// Chords, a note of no length, repeated keys, the lowest and the highest key, bends and the pedal, all within 6000 frames,
/// at frames that fall on no grid.
fn performance() -> Performance {
    let notes = [
        note(7, 900, 38, 100),
        note(7, 1_500, 42, 64),
        note(333, 2_000, 46, 127),
        note(901, 0, 49, 90),
        note(1_200, 700, 38, 30),
        note(1_201, 1_600, 0, 80),
        note(2_049, 10, 46, 1),
        note(2_500, 2_000, 127, 127),
        note(3_333, 1_000, 42, 110),
        note(4_000, 1_999, 57, 77),
    ];
    Performance {
        notes: notes.into(),
        bends: [(1_000, 1.01), (1_017, 1.05), (2_600, 0.5), (3_000, 2.0), (5_001, 1.0)].into(),
        pedal: [(800, true), (2_800, false), (4_100, true), (6_000, false)].into(),
        controls: [
            (500, Controls { modulation: 127, pan: 20, ..Controls::START }),
            (1_900, Controls { volume: 30, ..Controls::START }),
            (2_001, Controls { volume: 127, expression: 90, ..Controls::START }),
            (4_444, Controls { pan: 127, modulation: 60, ..Controls::START }),
        ]
        .into(),
        ..Performance::default()
    }
}

fn player(settings: &InstrumentSettings) -> Box<dyn Generator> {
    settings.made().player(&performance(), RATE)
}

fn heard(settings: &InstrumentSettings) -> Vec<f32> {
    let mut out = vec![9.0; HEARD];
    player(settings).fill(&mut out);
    out
}

fn same_bits(a: &[f32], b: &[f32]) -> bool {
    a.len() == b.len() && a.iter().zip(b).all(|(a, b)| a.to_bits() == b.to_bits())
}

#[test]
fn names_and_descriptions_are_in_order() {
    let snake = |name: &str| {
        name.starts_with(|c: char| c.is_ascii_lowercase())
            && name.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_')
    };
    for (i, info) in INSTRUMENTS.iter().enumerate() {
        assert!(snake(info.name), "{}", info.name);
        assert!(INSTRUMENTS[..i].iter().all(|other| other.name != info.name), "{} is there twice", info.name);
        assert_eq!(instrument(info.name).unwrap().name, info.name);
        let first_line = info.about.lines().next().unwrap_or_default();
        assert!(info.about.trim().ends_with('.') && !first_line.is_empty(), "{}: {first_line:?}", info.name);
        for (k, param) in info.params().iter().enumerate() {
            assert!(snake(param.name), "{}: {}", info.name, param.name);
            assert!(info.params()[..k].iter().all(|other| other.name != param.name));
            assert!(param.about.trim().ends_with('.'), "{}: {} says nothing", info.name, param.name);
            assert_eq!(param.accept(param.default.clone()), Ok(param.default.clone()), "{}", info.name);
        }
    }
    assert!(instrument("theremin").is_none());
}

/// A note is played as a whole: its settings do not move while it sounds, and whoever asks for that is told.
#[test]
fn what_moves_is_refused() {
    let still = |value| Value::Moving(Arc::new(Automation::new(Movement::Curve(vec![value]), "curve(...)")));
    for info in INSTRUMENTS {
        for (i, param) in info.params().iter().enumerate() {
            if let (Kind::Number { .. }, Value::Number(value)) = (param.kind, &param.default) {
                let mut values: Vec<Value> = info.params().iter().map(|param| param.default.clone()).collect();
                values[i] = still(Point { frame: 0, value: *value, way: Way::Linear });
                assert_eq!(info.settings(values), Err(ParamError::Fixed { name: param.name }), "{}", info.name);
            }
        }
    }
}

#[test]
fn any_block_size_gives_the_same_bits() {
    for settings in every_variant() {
        let expected = heard(&settings);
        let mut seed = 99_u64;
        let mut random = || {
            seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
            (seed >> 54) as usize
        };
        let sizes: [&mut dyn FnMut() -> usize; 4] = [&mut || 1, &mut || 31, &mut || 1_000, &mut random];
        for (which, size) in sizes.into_iter().enumerate() {
            let mut player = player(&settings);
            let mut out = vec![9.0; HEARD];
            let mut from = 0;
            while from < HEARD {
                let to = HEARD.min(from + size());
                player.fill(&mut out[from..to]);
                from = to;
            }
            assert!(same_bits(&out, &expected), "{settings}, sizes {which}");
        }
    }
}

#[test]
fn a_player_can_be_entered_anywhere_and_again() {
    for info in INSTRUMENTS {
        let settings = info.settings(usual(info)).unwrap();
        let expected = heard(&settings);
        let mut player = player(&settings);
        for from in [4_097, 31, 0, 2_049, 2_048, 8_999] {
            player.seek(from as u64);
            let mut out = vec![9.0; HEARD - from];
            player.fill(&mut out);
            assert!(same_bits(&out, &expected[from..]), "{settings} from {from}");
        }
        let end = player.frames();
        for far in [end - 1, end, end + 12_345] {
            player.seek(far);
            let mut out = [9.0; 100];
            player.fill(&mut out);
            assert!(out[(end.saturating_sub(far) as usize).min(100)..].iter().all(|x| *x == 0.0), "{settings}");
        }
    }
}

#[test]
fn everything_sounds_sane() {
    for settings in every_variant() {
        let sound = heard(&settings);
        for x in &sound {
            assert!(*x == 0.0 || x.is_normal(), "{settings} gives {x:e}");
        }
        // Ten voices at full level, and what a resonant filter adds.
        assert!(sound.iter().all(|x| x.abs() < 60.0), "{settings}");
        assert!(same_bits(&sound, &heard(&settings)), "{settings} differs the second time");
    }
}

/// A part is silent before its first note, sounds, and is silent from where it says it ends.
#[test]
fn the_end_is_known() {
    for settings in every_variant() {
        let mut player = player(&settings);
        let end = player.frames() as usize;
        assert_eq!(end as u64, settings.made().frames(&performance(), RATE));
        // The longest variants ring for minutes: they are like the others, only longer.
        if end > 400_000 {
            continue;
        }
        let mut sound = vec![9.0; end + 2_000];
        player.fill(&mut sound);
        assert!(sound[..7].iter().all(|x| *x == 0.0), "{settings} sounds too soon");
        assert!(sound[end..].iter().all(|x| *x == 0.0), "{settings} sounds too long");
        let mutes = ["bank = 16383", "_attack_ms", "attack_ms = 60000", "gain_db = -60"];
        let is_mute = mutes.iter().any(|mute| settings.to_string().contains(mute));
        assert!(is_mute || sound.iter().any(|x| x.abs() > 0.01), "{settings} is silent");
    }
}

#[test]
fn nothing_to_play_is_nothing() {
    for info in INSTRUMENTS {
        let settings = info.settings(usual(info)).unwrap();
        let none = Performance::default();
        assert_eq!(settings.made().frames(&none, RATE), 0);
        let mut out = [9.0; 100];
        settings.made().player(&none, RATE).fill(&mut out);
        assert!(out.iter().all(|x| *x == 0.0));
        for freq_hz in [f64::NAN, f64::INFINITY, -1.0, 0.0, 1e300] {
            let silent = Performance {
                notes: [PlayedNote { freq_hz, ..note(0, 1_000, 20, 100) }].into(),
                bends: [(3, f64::NAN), (5, -1.0), (9, 0.0)].into(),
                pedal: [(1, true)].into(),
                ..Performance::default()
            };
            let mut out = [9.0; 1_000];
            settings.made().player(&silent, RATE).fill(&mut out);
            assert!(out.iter().all(|x| *x == 0.0), "{settings} at {freq_hz} Hz");
        }
    }
}

/// Who does not heed the controllers plays the same whatever they do, to the bit; who does, does not.
#[test]
fn controllers_are_heeded_or_left_alone() {
    let without = Performance { controls: [].into(), ..performance() };
    let mut heeding = Vec::new();
    for info in INSTRUMENTS {
        let settings = info.settings(usual(info)).unwrap();
        let mut out = vec![9.0; HEARD];
        settings.made().player(&without, RATE).fill(&mut out);
        if !same_bits(&heard(&settings), &out) {
            heeding.push(info.name);
        }
    }
    assert_eq!(heeding, ["soundfont"]);
}

#[test]
fn a_harder_note_is_louder() {
    for info in INSTRUMENTS {
        let settings = info.settings(usual(info)).unwrap();
        let energy = |velocity| {
            let one = Performance { notes: [note(0, 4_000, 50, velocity)].into(), ..Performance::default() };
            let mut out = vec![0.0; 4_000];
            settings.made().player(&one, RATE).fill(&mut out);
            out.iter().map(|&x| f64::from(x) * f64::from(x)).sum::<f64>()
        };
        let levels = [1, 40, 80, 127].map(energy);
        assert!(levels[0] > 0.0 && levels.windows(2).all(|pair| pair[0] < pair[1]), "{settings}: {levels:?}");
    }
}

/// However many notes, no more sound at once than the polyphony says: a hundred are not much louder than a few.
#[test]
fn polyphony_is_a_limit() {
    for info in INSTRUMENTS {
        let index = info.params().iter().position(|param| param.name == "polyphony").unwrap();
        let energy = |polyphony: i64, count: u64| {
            let mut values = usual(info);
            values[index] = Value::Whole(polyphony);
            let settings = info.settings(values).unwrap();
            let notes: Vec<_> = (0..count).map(|k| note(k * 10, 20_000, 35 + (k % 8) as u8, 100)).collect();
            let crowd = Performance { notes: notes.into(), ..Performance::default() };
            let mut out = vec![0.0; 6_000];
            settings.made().player(&crowd, RATE).fill(&mut out);
            out[3_000..].iter().map(|&x| f64::from(x) * f64::from(x)).sum::<f64>()
        };
        let (few, same, many) = (energy(2, 100), energy(64, 2), energy(64, 100));
        assert!(few < 4.0 * same + 1.0 && few * 2.0 < many, "{}: {few} {same} {many}", info.name);
    }
}
