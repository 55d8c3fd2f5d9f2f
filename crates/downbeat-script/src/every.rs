//! Grids of equal steps, in bars, beats or seconds.

use std::sync::Arc;

use starlark::values::Value;

use crate::basics::tempo;
use crate::call::{Call, Place};
use crate::function::{Function, Param, Run, Takes};
use crate::grid::GridHandle;
use crate::song::Tempo;
use crate::time::{Duration, Moment};
use crate::unknown::Unknown;

/// The units of steps, as the keywords of `every`.
const UNITS: [&str; 3] = ["bars", "beats", "seconds"];
/// The smallest step, in any unit, and the largest.
const STEPS: (f64, f64) = (0.001, 1_000_000.0);
/// More moments than this are a mistake: there are so many in an hour of one every 18 ms.
const MOST: usize = 200_000;

/// The function `every`.
pub(crate) fn function() -> Function {
    let step = |name, about| Param::number(name, STEPS.0, STEPS.1, about).or_else("None");
    Function::new(
        "every",
        "A grid of equal steps from the start of the song: `every(bars = 2)`, `every(beats = 0.5)`, `every(seconds = 1.5)`. \
         Bars and beats follow the time signatures and the tempo of the song, and go on after its end like the last ones.",
        [
            step("bars", "How many bars a step has."),
            step("beats", "How many beats, which are quarter notes, a step has."),
            step("seconds", "How many seconds a step has."),
            Param::new(
                "until",
                Takes::Moment,
                "Where the grid ends. None is where the mix ends, as far as that is known: the session's length, or else the \
                 end of the song or of the longest track so far.",
            )
            .or_else("None"),
        ],
        "a grid",
        Run::Plain(every),
    )
}

fn every<'v>(call: &Call<'v, '_>) -> Value<'v> {
    let given: Vec<&str> = UNITS.into_iter().filter(|unit| call.is_given(unit)).collect();
    const RIGHT: &str = "write every(bars = 2), every(beats = 0.5) or every(seconds = 1.5)";
    let unit = match given.as_slice() {
        [unit] => *unit,
        [] => return call.error(Place::Name, "every how many bars, beats or seconds?", |d| d.hint(RIGHT)),
        [_, second, ..] => {
            return call.error(call.place(second), "a step has one unit", |d| {
                d.label(format!("{} are given already", given[0])).hint(RIGHT)
            });
        }
    };
    let place = call.place(unit);
    if place == Place::Position(0) {
        let message = format!("every {} what? A step has a unit", call.number(unit));
        return call.error(place, message, |d| d.label("a number without a unit").hint(RIGHT));
    }
    let step = call.number(unit);
    let in_song = |duration: fn(f64, Arc<Tempo>) -> Duration| {
        let tempo = tempo(call, unit, Place::KeywordName(unit.into()))?;
        Some(Box::new(move |n: usize| duration(step * n as f64, tempo.clone())) as Box<dyn Fn(usize) -> Duration>)
    };
    let steps = match unit {
        "bars" => in_song(Duration::of_bars),
        "beats" => in_song(Duration::of_beats),
        _ => Some(Box::new(move |n: usize| Duration::of_seconds(step * n as f64)) as Box<dyn Fn(usize) -> Duration>),
    };
    let (Some(steps), Some(end_s)) = (steps, end(call)) else { return call.give(Unknown {}) };
    let moments = (0..=MOST).map(|n| Moment::START.after(&steps(n))).take_while(|moment| moment.seconds() < end_s);
    let moments = Vec::from_iter(moments);
    if moments.len() > MOST {
        return call.error(place, format!("that makes more than {MOST} moments"), |d| {
            d.hint("take a larger step, or say where the grid ends: until = seconds(60)")
        });
    }
    call.give(GridHandle::new(moments))
}

/// Where the grid ends, in seconds.
fn end(call: &Call<'_, '_>) -> Option<f64> {
    if let Some(until) = call.moment("until") {
        return Some(until.seconds());
    }
    let end = {
        let mix = call.desk.mix.borrow();
        let clips = mix.clips.values().map(|clip| clip.frames() as f64 / f64::from(clip.rate));
        let song = mix.tempo.iter().map(|tempo| tempo.song.end().0);
        mix.length.as_ref().map(Moment::seconds).or_else(|| clips.chain(song).max_by(f64::total_cmp))
    };
    if end.is_none() {
        call.error(Place::Name, "it is not known where this grid ends", |d| {
            d.hint("say it, `until = seconds(60)`, or read the song or make the track first")
        });
    }
    end
}
