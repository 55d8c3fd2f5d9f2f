//! Automation as values: ramps, curves, steps and oscillations that an effect's number can have instead of a number.

use std::fmt;
use std::sync::Arc;

use downbeat_dsp::{Automation, LfoShape, Movement, Point, Way};
use starlark::values::Value;

use crate::call::{Call, Place};
use crate::every::{steps, unit, unit_params, until_param};
use crate::function::{Function, Param, Run, Takes, names_of};
use crate::object::{Members, Object, Table, handle, object};
use crate::time::Moment;
use crate::unknown::Unknown;

handle! {
    mod motion_handle;
    /// A number that moves.
    struct MotionHandle { automation: Arc<Automation> }
}

impl fmt::Display for MotionHandle {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(&self.automation, f)
    }
}

impl Object for MotionHandle {
    const KIND: &'static str = "motion";
    const ABOUT: &'static str = "A number that moves while the sound runs. An effect takes it instead of a number: \
        `lowpass(freq_hz = ramp(450, 3000, bars = 16))`. It moves in the time of the song, on tracks, buses and the master, \
        and in segments, too, each of which has its part of the way; in a clip's own effects time counts from the start of \
        the clip. Effects that need the whole clip, and the few numbers that the reference calls fixed, stand still.";

    fn members() -> &'static Members<Self> {
        static MEMBERS: Table<MotionHandle> = Table::new(|| Members { fields: Vec::new(), methods: Vec::new() });
        &MEMBERS
    }
}

object!(MotionHandle, "motion", {
    fn equals(&self, other: Value<'v>) -> starlark::Result<bool> {
        Ok(Self::from_value(other).is_some_and(|other| other.automation == self.automation))
    }
});

/// The functions that make motions.
pub(crate) fn functions() -> Vec<Function> {
    let value = |name, about| Param::any_number(name, about);
    let at = || Param::new("at", Takes::Moment, "When it begins.").or_else("seconds(0)");
    let way = || Param::choice("way", names_of::<Way>(), "How it goes from one value to the next.").or("linear");
    vec![
        Function::new(
            "ramp",
            "A number that goes from one value to another, and stays there: `ramp(450, 3000, bars = 16)`. Before it begins it \
             has the first value.",
            [value("start", "The value at the beginning."), value("end", "The value at the end.")]
                .into_iter()
                .chain(unit_params([
                    "How many bars it takes.",
                    "How many beats, which are quarter notes, it takes.",
                    "How many seconds it takes.",
                ]))
                .chain([at(), way()]),
            "a motion",
            Run::Plain(ramp),
        ),
        Function::new(
            "curve",
            "A number that goes from point to point: `curve([(song.bar(1), -6), (song.bar(9), 0)])`. Before the first point it \
             has the first value, after the last point the last one.",
            [Param::new("points", Takes::Points, "Moments and the values then, as pairs."), way()],
            "a motion",
            Run::Plain(curve),
        ),
        Function::new(
            "steps",
            "A number that goes through a list of values again and again, each for so long: `steps([0, -12, -6], beats = 0.5)`.",
            [Param::new("values", Takes::Numbers, "The values.")]
                .into_iter()
                .chain(unit_params([
                    "How many bars each takes.",
                    "How many beats, which are quarter notes, each takes.",
                    "How many seconds each takes.",
                ]))
                .chain([
                    Param::number(
                        "glide_ms",
                        0.0,
                        10_000.0,
                        "How long it takes from one value to the next, so that no step clicks; at most the step itself.",
                    )
                    .or(3.0),
                    until_param(),
                ]),
            "a motion",
            Run::Plain(step),
        ),
        Function::new(
            "lfo",
            "A number that goes up and down again and again: `lfo(300, 3000, hz = 0.25)`, `lfo(-6, 0, beats = 1, \
             shape = \"square\")`. Cycles of beats and bars follow the tempo of the song.",
            [
                value("low", "The lowest value."),
                value("high", "The highest value."),
                Param::number("hz", 0.0001, 1000.0, "How many cycles a second has.").or_else("None"),
            ]
            .into_iter()
            .chain(unit_params([
                "How many bars a cycle takes.",
                "How many beats, which are quarter notes, a cycle takes.",
                "How many seconds a cycle takes.",
            ]))
            .chain([
                Param::choice("shape", names_of::<LfoShape>(), "The shape of a cycle.").or("sine"),
                Param::number("phase", 0.0, 1.0, "Where in its cycle it is when the song begins, as a part of the cycle.")
                    .or(0.0),
            ]),
            "a motion",
            Run::Plain(lfo),
        ),
    ]
}

fn ramp<'v>(call: &Call<'v, '_>) -> Value<'v> {
    const RIGHT: &str = "write ramp(450, 3000, bars = 16), or beats = 8, or seconds = 2.5";
    let Some(unit) = unit(call, "how many bars, beats or seconds does it take?", RIGHT) else {
        return call.give(Unknown {});
    };
    let begin = call.moment("at").cloned().unwrap_or(Moment::START);
    let end = begin.after(&(unit.times)(1.0));
    let (from, to) = (call.number("start"), call.number("end"));
    points(call, vec![(begin, from), (end, to)], Place::Name)
}

fn curve<'v>(call: &Call<'v, '_>) -> Value<'v> {
    let given = call.points("points");
    if given.is_empty() {
        return call.error(call.place("points"), "a curve needs a point", |d| {
            d.hint("write curve([(song.bar(1), -6), (song.bar(9), 0)])")
        });
    }
    points(call, given.to_vec(), call.place("points"))
}

/// The motion through these points, in the way that the call says.
fn points<'v>(call: &Call<'v, '_>, given: Vec<(Moment, f64)>, place: Place) -> Value<'v> {
    let way = call.choice_of::<Way>("way").unwrap_or(Way::Linear);
    if way == Way::Exponential && given.iter().any(|(_, value)| value * given[0].1 <= 0.0) {
        return call.error(place, "an exponential way has no zero on it, and does not lead across", |d| {
            d.hint("take values that are all above zero, or all below; or way = \"linear\"")
        });
    }
    let rate = call.desk.rate();
    let points = given.into_iter().map(|(moment, value)| Point { frame: moment.frame(rate), value, way });
    give(call, Movement::Curve(points.collect()))
}

fn step<'v>(call: &Call<'v, '_>) -> Value<'v> {
    const RIGHT: &str = "write steps([0, -12], beats = 0.5), or bars = 1, or seconds = 0.25";
    let values = call.numbers("values").to_vec();
    if values.is_empty() {
        return call.error(call.place("values"), "steps need a value", |d| d.hint(RIGHT));
    }
    let moments = unit(call, "how many bars, beats or seconds is a step?", RIGHT).and_then(|unit| steps(call, &unit));
    let Some(moments) = moments else { return call.give(Unknown {}) };
    let rate = call.desk.rate();
    let glide = (call.number("glide_ms") * f64::from(rate) / 1000.0).round() as i64;
    let frames: Vec<i64> = moments.iter().map(|moment| moment.frame(rate)).collect();
    let mut points = Vec::with_capacity(2 * frames.len());
    for (i, &frame) in frames.iter().enumerate() {
        let value = values[i % values.len()];
        let glide = frames.get(i + 1).map_or(glide, |next| glide.min(next - frame));
        if i > 0 && glide > 0 {
            points.push(Point { frame, value: values[(i - 1) % values.len()], way: Way::Linear });
            points.push(Point { frame: frame + glide, value, way: Way::Hold });
        } else {
            points.push(Point { frame, value, way: Way::Hold });
        }
    }
    give(call, Movement::Curve(points))
}

fn lfo<'v>(call: &Call<'v, '_>) -> Value<'v> {
    const RIGHT: &str = "write lfo(300, 3000, hz = 0.25), or beats = 1, bars = 2 or seconds = 4";
    let rate = f64::from(call.desk.rate());
    let phase = call.number("phase");
    let cycles = if call.is_given("hz") {
        if let Some(unit) = ["bars", "beats", "seconds"].into_iter().find(|unit| call.is_given(unit)) {
            return call
                .error(call.place(unit), "a cycle has one length", |d| d.label("hz is given already").hint(RIGHT));
        }
        vec![(0.0, phase), (rate / call.number("hz"), phase + 1.0)]
    } else {
        let Some(unit) = unit(call, "how long is a cycle?", RIGHT) else { return call.give(Unknown {}) };
        let frame = |cycle: f64| Moment::START.after(&(unit.times)(cycle)).seconds() * rate;
        // Two cycles are a straight line where the tempo stands still; where it changes, each cycle has its own.
        let last = call.desk.mix.borrow().tempo.as_ref().map_or(0.0, |tempo| tempo.song.end().0) * rate;
        let mut cycles = vec![(0.0, phase), (frame(1.0), phase + 1.0)];
        for n in 2..MOST_CYCLES {
            let (before, (at, _)) = (cycles[cycles.len() - 2].0, cycles[cycles.len() - 1]);
            let next = frame(f64::from(n));
            if at > last {
                break;
            }
            let count = cycles.len();
            if ((next - at) - (at - before) / (cycles[count - 1].1 - cycles[count - 2].1)).abs() < 1e-3 {
                cycles[count - 1] = (next, phase + f64::from(n));
            } else {
                cycles.push((next, phase + f64::from(n)));
            }
        }
        cycles
    };
    let (low, high) = (call.number("low"), call.number("high"));
    let shape = call.choice_of::<LfoShape>("shape").unwrap_or(LfoShape::Sine);
    if low > high {
        return call.error(call.place("low"), format!("the lowest value, {low}, is above the highest, {high}"), |d| {
            d.hint("write the lower one first; to begin on the other side, add phase = 0.5")
        });
    }
    give(call, Movement::Lfo { shape, low, high, cycles })
}

/// As many cycles as an oscillation follows the tempo for.
const MOST_CYCLES: u32 = 200_000;

pub(crate) fn give<'v>(call: &Call<'v, '_>, movement: Movement) -> Value<'v> {
    let excerpt = call.span().map_or_else(|| call.function.name.to_string(), |span| call.desk.excerpt(&span));
    // On one line, however it is written.
    let words = excerpt.split_whitespace().collect::<Vec<_>>().join(" ");
    call.give(MotionHandle { automation: Arc::new(Automation::new(movement, words)) })
}
