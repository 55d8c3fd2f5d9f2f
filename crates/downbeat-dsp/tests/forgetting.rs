//! Effects forget: after a sound that differed, the same sound leads to the same state again, to the bit. So a render after
//! an edit need not go on to the end.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking, in its helpers, too")]

mod noise;
mod rows;

use std::sync::Arc;

use downbeat_dsp::{Audio, EFFECTS, Format, ParamInfo, Processor, Settings, Stream, Value, effect};

const RATE: u32 = 48_000;
/// How often states are compared, in frames.
const STEP: usize = 4800;

/// In how many seconds an effect forgets, with its defaults. Echoes and rooms take longer, in silence above all, where they
/// have to ring down by 400 dB.
fn seconds(name: &str) -> f64 {
    match name {
        // Each round of 375 ms leaves 0.35 of a difference, and half of the last bits.
        "delay" => 25.0,
        // Rounded every 2.73 s.
        "reverb" => 15.0,
        "freeverb" | "schroeder_reverb" => 12.0,
        _ => 10.0,
    }
}

/// Noise, a tone, soft noise, silence.
fn sounds(frames: usize) -> [Audio; 4] {
    let sound = |sample: &dyn Fn(usize, usize) -> f64| {
        let plane = |channel: usize| (0..frames).map(|i| sample(channel, i) as f32).collect();
        Audio::stereo(RATE, plane(0), plane(1))
    };
    let noise = |channel: usize, i: usize| 0.5 * noise::noise(2 * i + channel);
    let tone = |channel: usize, i: usize| 0.3 * libm::sin((0.0131 + 0.06 * channel as f64) * i as f64);
    [sound(&noise), sound(&tone), sound(&|channel, i| 1e-3 * noise(channel, i)), sound(&|_, _| 0.0)]
}

fn stream(settings: &Settings) -> Option<Arc<dyn Stream>> {
    if let Processor::Stream(stream) = settings.made() { Some(stream.clone()) } else { None }
}

/// Lets an effect hear two seconds of different noise, then the same sound, and says after how many seconds of it the
/// states are the same, and stay so for the rest of it.
fn forgets(stream: &Arc<dyn Stream>, sound: &Audio) -> Option<f64> {
    let start = |seed: usize| {
        let plane = |seed: usize| (0..2 * RATE as usize).map(|i| noise::noise(i + seed) as f32).collect();
        let mut before = Audio::stereo(RATE, plane(seed), plane(7));
        let mut running = stream.clone().start(before.format(), 0);
        running.process(&mut before.block());
        running
    };
    let (mut one, mut other) = (start(1_000_000), start(2_000_000));
    let (mut left, mut right) = (sound.clone(), sound.clone());
    let mut since = None;
    for from in (0..sound.frames()).step_by(STEP) {
        let range = from..sound.frames().min(from + STEP);
        one.process(&mut left.block_at(range.clone()));
        other.process(&mut right.block_at(range.clone()));
        if one.same(&*other) {
            since = since.or(Some(range.end as f64 / f64::from(RATE)));
        } else {
            assert!(since.is_none(), "states that were the same go apart");
        }
    }
    since
}

#[test]
fn every_effect_forgets_in_time() {
    for info in EFFECTS {
        let settings = info.settings(rows::usual(info)).unwrap();
        let Some(stream) = stream(&settings) else { continue };
        let most = seconds(info.name);
        for (i, sound) in sounds((most * f64::from(RATE)) as usize).iter().enumerate() {
            assert!(forgets(&stream, sound).is_some(), "{settings} has not forgotten in {most} s of sound {i}");
        }
    }
}

/// The effect with its defaults, but for some numbers.
fn with(name: &str, numbers: &[(&str, f64)]) -> Settings {
    let info = effect(name).unwrap();
    let value = |(value, param): (Value, &ParamInfo)| {
        let given = numbers.iter().find(|(name, _)| *name == param.name);
        given.map_or(value, |(_, number)| Value::Number(*number))
    };
    info.settings(rows::usual(info).into_iter().zip(info.params()).map(value).collect()).unwrap()
}

#[test]
fn a_room_forgets_in_a_few_times_its_decay() {
    for (decay_s, size) in [(0.3, 1.0), (0.9, 0.0), (3.0, 0.5)] {
        let settings = with("reverb", &[("decay_s", decay_s), ("size", size)]);
        // 24 bits of a difference are gone in 2.4 decays. Then up to four roundings, less than two decays apart, and the time
        // until the first one.
        let most = 10.0 * decay_s + 0.5;
        for sound in &sounds((most * f64::from(RATE)) as usize)[..3] {
            assert!(forgets(&stream(&settings).unwrap(), sound).is_some(), "{settings} has not forgotten in {most} s");
        }
    }
}

#[test]
fn what_feeds_itself_forgets_too() {
    for (name, feedback, most) in
        [("comb", 0.9, 5.0), ("chorus", 0.7, 5.0), ("flanger", -0.9, 5.0), ("phaser", 0.95, 5.0)]
    {
        let settings = with(name, &[("feedback", feedback)]);
        for sound in &sounds((most * f64::from(RATE)) as usize) {
            assert!(forgets(&stream(&settings).unwrap(), sound).is_some(), "{settings} has not forgotten in {most} s");
        }
    }
}

#[test]
fn the_rounding_of_a_room_is_not_heard() {
    // It comes after 131,072 frames. The same sound at a third of its level is rounded to other bits, before and there.
    let info = effect("reverb").unwrap();
    let stream = stream(&info.settings(rows::usual(info)).unwrap()).unwrap();
    let format = Format::stereo(RATE);
    let noise = |i: usize| 0.5 * noise::noise(i) as f32;
    let plane: Vec<f32> = (0..140_000).map(noise).collect();
    let input = Audio::stereo(RATE, plane.clone(), plane);
    let whole = |gain: f32| {
        let mut sound = input.clone();
        sound.planes_mut().flatten().for_each(|x| *x *= gain);
        stream.clone().start(format, 0).process(&mut sound.block());
        sound
    };
    let (plain, third) = (whole(1.0), whole(1.0 / 3.0));
    for (a, b) in plain.planes().zip(third.planes()) {
        let worst = a.iter().zip(b).map(|(a, b)| f64::from(*a - 3.0 * b).abs()).fold(0.0, f64::max);
        // A few roundings of the sound itself, below 1; -128 dB.
        assert!(worst < 4e-7, "{worst}");
    }
}
