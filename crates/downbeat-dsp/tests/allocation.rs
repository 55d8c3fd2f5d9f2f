//! No streaming effect asks for memory while it runs, still or moving: all it needs it has from the start.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking, in its helpers, too")]

mod rows;

use std::sync::Arc;

use assert_no_alloc::{AllocDisabler, assert_no_alloc, violation_count};
use downbeat_dsp::{
    Audio, Automation, EFFECTS, EffectInfo, Format, Kind, Movement, Point, Processor, Settings, Value, Way,
};

#[global_allocator]
static ALLOCATOR: AllocDisabler = AllocDisabler;

/// The defaults of an effect, and every number at the ends of its range and on the way between them.
fn variants(info: &'static EffectInfo) -> Vec<Settings> {
    let defaults: Vec<Value> = info.params().iter().map(|param| param.default.clone()).collect();
    let mut variants = vec![info.settings(defaults.clone()).unwrap()];
    for (i, param) in info.params().iter().enumerate() {
        let mut values = rows::ends(param);
        if let Kind::Number { min, max } = param.kind {
            let point = |frame, value| Point { frame, value, way: Way::Linear };
            let ramp = Automation::new(Movement::Curve(vec![point(100, min), point(3000, max)]), "ramp(...)");
            values.push(Value::Moving(Arc::new(ramp)));
        }
        for value in values {
            let mut all = defaults.clone();
            all[i] = value;
            // What does not go together, or cannot move, is refused.
            variants.extend(info.settings(all));
        }
    }
    variants
}

#[test]
fn nothing_is_allocated_while_an_effect_runs() {
    let mut seed = 3_u32;
    let mut noise = |_| {
        seed = seed.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        (seed >> 8) as f32 / (1 << 23) as f32 - 1.0
    };
    let (left, right): (Vec<f32>, Vec<f32>) =
        ((0..6000).map(&mut noise).collect(), (0..6000).map(&mut noise).collect());
    // What is worked out once for all effects of a kind is not counted.
    for round in 0..2 {
        for settings in EFFECTS.iter().flat_map(variants) {
            let Processor::Stream(stream) = settings.made().clone() else { continue };
            let format = Format::stereo(48_000);
            let (mut sound, mut running) =
                (Audio::stereo(48_000, left.clone(), right.clone()), stream.start(format, 0));
            let before = violation_count();
            assert_no_alloc(|| {
                running.process(&mut sound.block_at(0..1));
                running.process(&mut sound.block_at(1..4097));
                running.process(&mut sound.block_at(4097..6000));
            });
            assert!(round == 0 || violation_count() == before, "{settings} asks for memory while it runs");
        }
    }
}
