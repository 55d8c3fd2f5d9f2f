//! Numbers that move, over the whole table: every effect has to take it.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking, in its helpers, too")]

use std::sync::Arc;

use downbeat_dsp::{
    Audio, Automation, EFFECTS, EffectInfo, Format, Kind, Movement, ParamError, Point, Processor, Running, Stream,
    Value, Way, effect,
};

fn curve(points: &[(i64, f64)]) -> Value {
    let points = points.iter().map(|&(frame, value)| Point { frame, value, way: Way::Linear }).collect();
    Value::Moving(Arc::new(Automation::new(Movement::Curve(points), "curve(...)")))
}

/// A number of a streaming effect that can move: its index and its range.
struct Knob {
    info: &'static EffectInfo,
    param: usize,
    range: (f64, f64),
}

impl Knob {
    /// The effect with this value, all others being defaults. None when it does not go with them.
    fn set(&self, value: Value) -> Option<Arc<dyn Stream>> {
        let mut values: Vec<Value> = self.info.params().iter().map(|param| param.default.clone()).collect();
        values[self.param] = value;
        match self.info.settings(values) {
            Ok(settings) => match settings.made() {
                Processor::Stream(stream) => Some(stream.clone()),
                _ => None,
            },
            Err(ParamError::Together { .. }) => None,
            Err(error) => panic!("{}: {error}", self.info.name),
        }
    }

    fn name(&self) -> String {
        format!("{} of {}", self.info.params()[self.param].name, self.info.name)
    }

    /// From one end of the range to the other, between these frames.
    fn way(&self, from: i64, to: i64) -> Option<Arc<dyn Stream>> {
        self.set(curve(&[(from, self.range.0), (to, self.range.1)]))
    }
}

fn knobs() -> impl Iterator<Item = Knob> {
    EFFECTS.iter().flat_map(|info| {
        info.params().iter().enumerate().filter_map(move |(param, about)| match about.kind {
            Kind::Number { min, max } if !about.is_fixed => Some(Knob { info, param, range: (min, max) }),
            _ => None,
        })
    })
}

/// Loud noise of two sides that differ.
fn noise(frames: usize) -> Audio {
    let mut seed = 7_u32;
    let mut plane = || {
        let sample = |_| {
            seed = seed.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            (seed >> 8) as f32 / (1 << 23) as f32 - 1.0
        };
        (0..frames).map(sample).collect::<Vec<f32>>()
    };
    Audio::stereo(48_000, plane(), plane())
}

const FORMAT: fn() -> Format = || Format::stereo(48_000);

fn run(stream: &Arc<dyn Stream>, sound: &Audio, size: usize) -> (Audio, Box<dyn Running>) {
    let (mut sound, mut running) = (sound.clone(), stream.clone().start(FORMAT(), -100));
    for from in (0..sound.frames()).step_by(size) {
        let to = sound.frames().min(from + size);
        running.process(&mut sound.block_at(from..to));
    }
    (sound, running)
}

#[test]
fn whatever_moves_gives_the_same_bits_in_any_blocks_and_sane_ones() {
    let sound = noise(6000);
    for knob in knobs() {
        let Some(stream) = knob.way(500, 4000) else { continue };
        let (whole, running) = run(&stream, &sound, 6000);
        for x in whole.planes().flatten() {
            assert!(*x == 0.0 || x.is_normal(), "{} gives {x:e}", knob.name());
        }
        for size in [1, 13, 16, 1000] {
            let (parts, other) = run(&stream, &sound, size);
            let same = whole.planes().flatten().zip(parts.planes().flatten()).all(|(a, b)| a.to_bits() == b.to_bits());
            assert!(same && running.same(&*other), "{} in blocks of {size}", knob.name());
        }
    }
}

#[test]
fn what_stands_still_for_now_sounds_as_if_it_always_did() {
    let sound = noise(3000);
    for knob in knobs() {
        let (Some(still), Some(moving)) = (knob.set(Value::Number(knob.range.1)), knob.way(-9000, -8000)) else {
            continue;
        };
        assert!(run(&still, &sound, 700).0 == run(&moving, &sound, 700).0, "{}", knob.name());
    }
}

#[test]
fn what_moves_is_heard() {
    let sound = noise(24_000);
    for knob in knobs() {
        let ends = [knob.range.0, knob.range.1].map(|end| knob.set(Value::Number(end)));
        let ways = [knob.way(6000, 9000), knob.set(curve(&[(6000, knob.range.1), (9000, knob.range.0)]))];
        let ([Some(low), Some(high)], [Some(up), Some(down)]) = (ends, ways) else { continue };
        assert_eq!(low.latency(FORMAT()), high.latency(FORMAT()), "{}: moving it would move the sound", knob.name());
        let after = |stream: &Arc<dyn Stream>| {
            let (mut sound, _) = run(stream, &sound, 4096);
            sound.drop_front(9000);
            sound
        };
        if after(&low) != after(&high) {
            // A gate that is open may stay so, but then a closed one opens.
            let is_heard = after(&up) != after(&low) || after(&down) != after(&high);
            assert!(is_heard, "{} does not move: declare it `as fixed`", knob.name());
        }
    }
}

#[test]
fn silence_stays_silence_while_it_moves() {
    for knob in knobs() {
        let Some(stream) = knob.way(500, 4000) else { continue };
        assert!(run(&stream, &Audio::silence(FORMAT(), 5000), 1000).0.is_silent(), "{}", knob.name());
    }
}

#[test]
fn a_fade_has_no_steps() {
    // A sine through a fade over 60 dB in a second, against the same in closed form.
    let sine = |i: usize| libm::sin(std::f64::consts::TAU * 997.0 / 48_000.0 * i as f64);
    let settings = effect("gain").unwrap().settings(vec![curve(&[(0, -60.0), (48_000, 0.0)])]).unwrap();
    let mut sound = Audio::mono(48_000, (0..48_000).map(|i| sine(i) as f32).collect());
    let Processor::Stream(stream) = settings.made().clone() else { panic!() };
    stream.start(sound.format(), 0).process(&mut sound.block());
    // The gain comes half a piece, 8 frames, late. What else is there is what a fade without steps would not have.
    let worst = sound.left().iter().enumerate().skip(16).map(|(i, x)| {
        let expected = sine(i) * downbeat_dsp::ratio(-60.0 + 60.0 * (i as f64 - 8.0) / 48_000.0);
        (f64::from(*x) - expected).abs()
    });
    let worst = worst.fold(0.0, f64::max);
    assert!(downbeat_dsp::decibels(worst) < -80.0, "{} dB", downbeat_dsp::decibels(worst));
}

#[test]
fn a_sweep_does_not_click() {
    // A lowpass that runs through a sine's frequency and back: the second difference of what comes out is at most that of
    // the sine at its loudest.
    let settings =
        effect("lowpass").unwrap().settings(vec![curve(&[(0, 200.0), (24_000, 8000.0), (48_000, 200.0)])]).unwrap();
    let step = std::f64::consts::TAU * 1000.0 / 48_000.0;
    let mut sound = Audio::mono(48_000, (0..48_000).map(|i| libm::sin(step * f64::from(i)) as f32).collect());
    let Processor::Stream(stream) = settings.made().clone() else { panic!() };
    stream.start(sound.format(), 0).process(&mut sound.block());
    let most = sound.left()[100..].windows(3).map(|x| (x[0] - 2.0 * x[1] + x[2]).abs()).fold(0.0_f32, f32::max);
    // A Butterworth lowpass has no peak of its own, and moving fast adds little.
    assert!(f64::from(most) < 1.02 * 2.0 * (1.0 - libm::cos(step)), "{most}");
}

#[test]
fn a_value_outside_the_range_or_that_cannot_move_is_refused() {
    let gain = effect("gain").unwrap();
    let refused = |value: Value| gain.settings(vec![value]).unwrap_err().to_string();
    assert_eq!(refused(curve(&[(0, -10.0), (10, 61.0)])), "`db` = 61 is out of range: it takes -120 to 60");
    let normalize = effect("normalize").unwrap();
    let error = normalize.settings(vec![curve(&[(0, -10.0), (10, 0.0)])]).unwrap_err().to_string();
    assert_eq!(error, "`peak_db` cannot move here: `normalize` works on the whole sound at once");
    let butterworth = effect("butterworth").unwrap();
    let order = butterworth.params().iter().position(|param| param.name == "order").unwrap();
    let mut values: Vec<Value> = butterworth.params().iter().map(|param| param.default.clone()).collect();
    values[order] = curve(&[(0, 1.0), (10, 4.0)]);
    assert_eq!(butterworth.settings(values).unwrap_err(), ParamError::Fixed { name: "order" });
}
