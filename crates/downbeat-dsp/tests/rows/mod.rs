//! What is tried of every row of a table.
#![allow(dead_code)] // Every test uses some of it.
#![allow(clippy::unwrap_used, clippy::panic, reason = "a test fails by panicking, in its helpers, too")]

#[path = "../fonts/mod.rs"]
mod fonts;

use std::sync::Arc;

use downbeat_dsp::{Audio, Kind, ParamError, ParamInfo, Preset, Row, Sound, SoundFont, Sounds, Value};

/// The defaults of a row, and every parameter at both ends of its range while the others are at their defaults.
/// What is refused must be refused for values that do not go together, with a sentence.
pub fn variants<M, R>(info: &'static Row<M, R>) -> Vec<Preset<M, R>> {
    let defaults = usual(info);
    let mut variants = vec![info.settings(defaults.clone()).unwrap()];
    for (i, param) in info.params().iter().enumerate() {
        for end in ends(param) {
            let mut values = defaults.clone();
            values[i] = end;
            match info.settings(values) {
                Ok(settings) => variants.push(settings),
                Err(ParamError::Together { reason, .. }) => assert!(reason.len() > 20, "{reason}"),
                Err(error) => panic!("{}: the end of a range is refused: {error}", info.name),
            }
        }
    }
    variants
}

/// The values at both ends of what a parameter takes; of what has no ends, a few.
pub fn ends(param: &ParamInfo) -> Vec<Value> {
    match param.kind {
        Kind::Number { min, max } => vec![Value::Number(min), Value::Number(max)],
        Kind::Whole { min, max } => vec![Value::Whole(min), Value::Whole(max)],
        Kind::Switch => vec![Value::Switch(false), Value::Switch(true)],
        Kind::Choice(names) => names.iter().map(|name| Value::Choice((*name).to_string())).collect(),
        Kind::Strip => vec![Value::Strip(None), Value::Strip(Some("Another".into()))],
        // What a text may say is the row's own; its tests try more.
        Kind::Text => vec![param.default.clone()],
        Kind::Response => responses(),
        Kind::Samples => samples(),
        Kind::SoundFont => vec![font()],
    }
}

/// The defaults of a row, with samples where an instrument has none.
pub fn usual<M, R>(info: &'static Row<M, R>) -> Vec<Value> {
    let value = |param: &ParamInfo| match param.kind {
        Kind::Samples => samples().swap_remove(1),
        Kind::SoundFont => font(),
        _ => param.default.clone(),
    };
    info.params().iter().map(value).collect()
}

/// A SoundFont of one preset, which loops.
fn font() -> Value {
    let mut builder = fonts::Builder::default();
    let sample = builder.sample(&fonts::sine(1000), 1000 - 64, 60);
    let instrument = builder.instrument(&[vec![(54, 1), (38, -3000), (53, sample)]]);
    builder.preset("Sine", 0, 0, &[vec![(41, instrument)]]);
    builder.preset("Drums", 128, 0, &[vec![(41, instrument)]]);
    Value::SoundFont(SoundFont::parse("font.sf2", [1; 32], builder.bytes()).unwrap())
}

/// Sound that dies away, another one for each seed.
fn ringing(seed: u32, frames: usize) -> Vec<f32> {
    let mut noise = seed;
    let mut next = |i: usize| {
        noise = noise.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        ((noise >> 8) as f32 / (1 << 23) as f32 - 1.0) * (1.0 - i as f32 / frames as f32)
    };
    (0..frames).map(&mut next).collect()
}

fn sound(number: u8, audio: Audio) -> Sound {
    Sound::new(&format!("sound {number}"), [number; 32], Arc::new(audio))
}

/// Short, long, with two sides, and one for each side of what comes in. The first sample is the loudest.
fn responses() -> Vec<Value> {
    let plane = |seed: u32, frames: usize| {
        let mut plane = ringing(seed, frames);
        plane[0] = 2.0;
        plane
    };
    let short = sound(1, Audio::mono(48_000, plane(1, 300)));
    let long = sound(2, Audio::mono(48_000, plane(2, 30_000)));
    let wide = sound(3, Audio::stereo(48_000, plane(3, 2000), plane(4, 2500)));
    let other = sound(4, Audio::stereo(48_000, plane(5, 1500), plane(6, 1000)));
    let sets = [vec![short], vec![long], vec![wide.clone()], vec![wide, other]];
    sets.into_iter().map(|set| Value::Sounds(Sounds::new(set.into_iter().map(|sound| (None, sound))))).collect()
}

/// One for all keys, and several for keys of their own, one with two sides.
fn samples() -> Vec<Value> {
    let one = sound(5, Audio::mono(48_000, ringing(7, 20_000)));
    let low = sound(6, Audio::stereo(48_000, ringing(8, 9_000), ringing(9, 9_000)));
    let high = sound(7, Audio::mono(48_000, ringing(10, 500)));
    let sets = [vec![(None, one)], vec![(Some(38), low), (Some(60), high)]];
    sets.into_iter().map(|set| Value::Sounds(Sounds::new(set))).collect()
}
