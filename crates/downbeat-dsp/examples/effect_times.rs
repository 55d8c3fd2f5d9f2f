//! Prints how many nanoseconds effects take for a sample of a channel on one thread, as JSON: the best of as many runs as
//! are asked for over so many seconds of stereo noise at 48 kHz. `benches/peers/effects.py` puts them beside pedalboard's.
//!
//! ```text
//! cargo run --release -p downbeat-dsp --example effect_times -- 10 5
//! ```

use std::error::Error;
use std::hint::black_box;
use std::sync::Arc;
use std::time::Instant;

use downbeat_dsp::{Audio, Kind, Processor, Sound, Sounds, Value, effect};

/// What goes by which name in the table, and with which settings: those that `effects.py` gives to pedalboard.
const ROWS: [Row; 17] = [
    ("gain", "gain", &[("db", 3.0)]),
    (
        "compressor",
        "compressor",
        &[("threshold_db", -20.0), ("ratio", 4.0), ("knee_db", 0.0), ("attack_ms", 5.0), ("release_ms", 100.0)],
    ),
    ("limiter", "limiter", &[("ceiling_db", -6.0), ("release_ms", 100.0)]),
    ("gate", "gate", &[("threshold_db", -40.0)]),
    ("freeverb", "freeverb", &[]),
    (
        "delay",
        "delay",
        &[("time_ms", 250.0), ("feedback", 0.3), ("mix", 0.5), ("low_cut_hz", 0.0), ("high_cut_hz", 20_000.0)],
    ),
    ("chorus", "chorus", &[("stereo_degrees", 0.0)]),
    ("phaser", "phaser", &[]),
    ("saturate, no oversampling", "saturate", &[("drive_db", 20.0), ("oversample", 1.0)]),
    ("hard_clip, no oversampling", "hard_clip", &[("threshold_db", -6.0), ("oversample", 1.0)]),
    ("peak_filter", "peak_filter", &[("freq_hz", 1000.0), ("gain_db", 6.0), ("q", 1.0)]),
    ("low_shelf", "low_shelf", &[("freq_hz", 200.0), ("gain_db", 6.0), ("q", 0.7)]),
    ("ladder, 24 dB", "ladder", &[("freq_hz", 800.0), ("resonance", 0.3)]),
    ("bit_crush", "bit_crush", &[("bits", 8.0)]),
    ("convolution, 1 s", "convolution", &[]),
    ("pitch_shift", "pitch_shift", &[("semitones", 3.0)]),
    ("time_stretch", "time_stretch", &[("factor", 1.5)]),
];

/// The name in the table, the effect, and the values that are not its defaults.
type Row = (&'static str, &'static str, &'static [(&'static str, f64)]);

/// The frames of a block.
const BLOCK: usize = 4096;

fn main() -> Result<(), Box<dyn Error>> {
    let mut arguments = std::env::args().skip(1).map(|argument| argument.parse::<usize>());
    let seconds = arguments.next().unwrap_or(Ok(10))?;
    let runs = arguments.next().unwrap_or(Ok(5))?;
    let noise = noise(seconds * 48_000);
    let mut lines = Vec::new();
    for (title, name, given) in ROWS {
        let info = effect(name).ok_or_else(|| format!("there is no effect {name}"))?;
        let value =
            |param: &str| given.iter().find(|(known, _)| *known == param).map(|(_, value)| Value::Number(*value));
        let values = info.params().iter().map(|param| match param.kind {
            Kind::Response => Value::Sounds(Sounds::new([(None, room())])),
            _ => value(param.name).unwrap_or(param.default.clone()),
        });
        let settings = info.settings(values.collect())?;
        let mut best = f64::INFINITY;
        for _ in 0..=runs {
            let mut sound = noise.clone();
            let start = Instant::now();
            match settings.made() {
                Processor::Stream(stream) => {
                    let mut running = stream.clone().start(sound.format(), 0);
                    for from in (0..sound.frames()).step_by(BLOCK) {
                        let to = sound.frames().min(from + BLOCK);
                        running.process(&mut sound.block_at(from..to));
                    }
                }
                whole => sound = whole.apply(sound, 0),
            }
            best = best.min(start.elapsed().as_secs_f64());
            black_box(sound);
        }
        lines.push(format!("  \"{title}\": {:.3}", best * 1e9 / (2 * noise.frames()) as f64));
    }
    println!("{{\n{}\n}}", lines.join(",\n"));
    Ok(())
}

/// The answer of a room of a second: noise that falls by 52 dB in it.
fn room() -> Sound {
    let fall = |(i, x): (usize, &f32)| (f64::from(*x) * 0.25 * libm::exp(-(i as f64) / 8000.0)) as f32;
    let answer = noise(48_000).left().iter().enumerate().map(fall).collect();
    Sound::new("room", [1; 32], Arc::new(Audio::mono(48_000, answer)))
}

/// About normal, with a standard deviation of 0.2: the sum of twelve even numbers less six.
fn noise(frames: usize) -> Audio {
    let mut seed = 1_u64;
    let mut even = || {
        seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (seed >> 40) as f32 / (1 << 24) as f32
    };
    let mut plane = || (0..frames).map(|_| 0.2 * ((0..12).map(|_| even()).sum::<f32>() - 6.0)).collect::<Vec<_>>();
    Audio::stereo(48_000, plane(), plane())
}
