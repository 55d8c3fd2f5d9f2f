//! Effects that listen to other strips: at a key input, and by numbers that follow a level.
#![allow(clippy::unwrap_used, clippy::panic, reason = "a test fails by panicking, in its helpers, too")]

use std::sync::Arc;

use downbeat_dsp::{Audio, Automation, EFFECTS, Follow, Format, Heard, Movement, Processor, Running, Settings, Value};

const RATE: u32 = 48_000;

/// The settings of an effect with one value that is not its default.
fn with(name: &str, param: &str, value: Value) -> Settings {
    let info = EFFECTS.iter().find(|info| info.name == name).unwrap();
    let mut values: Vec<Value> = info.params().iter().map(|param| param.default.clone()).collect();
    values[info.params().iter().position(|known| known.name == param).unwrap()] = value;
    info.settings(values).unwrap()
}

fn start(settings: &Settings, format: Format, at: i64) -> Box<dyn Running> {
    match settings.made() {
        Processor::Stream(stream) => stream.clone().start(format, at),
        _ => panic!("{settings} does not stream"),
    }
}

fn steady(level: f32, frames: usize) -> Audio {
    Audio::mono(RATE, vec![level; frames])
}

/// A bass drum: it falls to a hundredth every 6000 frames.
fn beats(frames: usize) -> Audio {
    let beat =
        |i: usize| libm::exp(-((i % 6000) as f64) / 1300.0) as f32 * if i.is_multiple_of(2) { 1.0 } else { -1.0 };
    Audio::mono(RATE, (0..frames).map(beat).collect())
}

/// Runs a sound through an effect that hears another one, in blocks.
fn run(settings: &Settings, sound: &Audio, heard: &Audio, at: i64, block: usize) -> Audio {
    let (mut sound, mut running) = (sound.clone(), start(settings, sound.format(), at));
    let frames = sound.frames();
    for from in (0..frames).step_by(block) {
        let to = frames.min(from + block);
        let strips = [("Kick", heard)];
        running.process_hearing(&mut sound.block_at(from..to), Heard::new(&strips).from(from));
    }
    sound
}

fn following(quiet: f64, loud: f64) -> Value {
    let strip = "Kick".into();
    let follow = Follow { strip, attack: 48.0, release: 4800.0, floor_db: -40.0, top_db: 0.0, quiet, loud };
    Value::Moving(Arc::new(Automation::new(Movement::Follow(follow), "follow(kick)")))
}

#[test]
fn effects_with_a_key_input_hear_what_is_plugged_in() {
    let names: Vec<&str> = EFFECTS
        .iter()
        .filter(|info| info.params().iter().any(|param| param.name == "sidechain"))
        .map(|info| info.name)
        .collect();
    assert_eq!(names, ["compressor", "gate", "expander"]);
    // The sound is loud, the key is soft.
    let (sound, heard) = (steady(0.5, 24_000), steady(1e-4, 24_000));
    for name in names {
        let keyed = with(name, "sidechain", Value::Strip(Some("Kick".into())));
        assert_eq!(keyed.listens_to().collect::<Vec<_>>(), ["Kick"]);
        let plain = with(name, "sidechain", Value::Strip(None));
        assert_eq!(plain.listens_to().count(), 0);
        assert_ne!(keyed.key_bytes(), plain.key_bytes());
        let result = run(&keyed, &sound, &heard, 0, 24_000);
        assert!(result != run(&plain, &sound, &heard, 0, 24_000), "{name} does not hear the key");
        // Nothing plugged in after all: it hears itself, and does what it does without a key.
        let mut alone = sound.clone();
        start(&keyed, sound.format(), 0).process(&mut alone.block());
        assert!(alone == run(&plain, &sound, &heard, 0, 24_000), "{name}");
        for block in [1, 7, 64, 1000] {
            assert!(run(&keyed, &sound, &heard, 0, block) == result, "{name} in blocks of {block}");
        }
    }
}

#[test]
fn a_key_turns_down_as_the_same_sound_would() {
    let keyed = with("compressor", "sidechain", Value::Strip(Some("Kick".into())));
    let plain = with("compressor", "sidechain", Value::Strip(None));
    let heard = beats(24_000);
    let ducked = run(&keyed, &steady(1.0, 24_000), &heard, 0, 512);
    let own = run(&plain, &heard, &heard, 0, 512);
    for (i, ((gain, out), x)) in ducked.left().iter().zip(own.left()).zip(heard.left()).enumerate() {
        assert!((gain * x - out).abs() < 1e-6, "{i}: {gain} times {x} is not {out}");
    }
}

#[test]
fn a_number_follows_a_level() {
    let ducking = with("gain", "db", following(0.0, -20.0));
    assert_eq!(ducking.listens_to().collect::<Vec<_>>(), ["Kick"]);
    let heard = beats(24_000);
    let out = run(&ducking, &steady(1.0, 24_000), &heard, 0, 24_000);
    // 63 % of the way up after 1 ms, so by then it is lower than half way down, and softest soon after the beat.
    let least = |range: std::ops::Range<usize>| out.left()[range].iter().fold(1.0f32, |least, x| least.min(*x));
    for beat in [0, 6000, 12_000, 18_000] {
        assert!(least(beat..beat + 400) < 0.12, "{}", least(beat..beat + 400));
        assert!(out.left()[beat + 5999] > 0.15, "{}", out.left()[beat + 5999]);
    }
    assert_eq!(out.left()[0], 1.0, "nothing was heard yet");
    for (block, at) in [(1, 0), (7, 0), (16, 0), (1000, 0)] {
        assert!(run(&ducking, &steady(1.0, 24_000), &heard, at, block) == out, "blocks of {block}");
    }
    // Where nobody is heard it is as quiet as can be.
    let mut alone = steady(1.0, 100);
    start(&ducking, alone.format(), 0).process(&mut alone.block());
    assert!(alone == steady(1.0, 100));
}

#[test]
fn a_checkpoint_goes_on_as_it_was() {
    let (ducking, heard) = (with("gain", "db", following(0.0, -20.0)), beats(2000));
    let strips = [("Kick", &heard)];
    let mut running = start(&ducking, Format::mono(RATE), 5);
    running.process_hearing(&mut steady(1.0, 1003).block(), Heard::new(&strips));
    let mut copy = running.checkpoint();
    assert!(copy.same(running.as_ref()));
    let (mut one, mut other) = (steady(1.0, 500), steady(1.0, 500));
    running.process_hearing(&mut one.block(), Heard::new(&strips).from(1003));
    assert!(!copy.same(running.as_ref()));
    copy.process_hearing(&mut other.block(), Heard::new(&strips).from(1003));
    assert!(one == other && copy.same(running.as_ref()));
}
