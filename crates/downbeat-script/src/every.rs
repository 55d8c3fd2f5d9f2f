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
    Function::new(
        "every",
        "A grid of equal steps from the start of the song: `every(bars = 2)`, `every(beats = 0.5)`, `every(seconds = 1.5)`. \
         Bars and beats follow the time signatures and the tempo of the song, and go on after its end like the last ones.",
        unit_params([
            "How many bars a step has.",
            "How many beats, which are quarter notes, a step has.",
            "How many seconds a step has.",
        ])
        .chain([until_param()]),
        "a grid",
        Run::Plain(every),
    )
}

fn every<'v>(call: &Call<'v, '_>) -> Value<'v> {
    const RIGHT: &str = "write every(bars = 2), every(beats = 0.5) or every(seconds = 1.5)";
    let moments = unit(call, "every how many bars, beats or seconds?", RIGHT).and_then(|unit| steps(call, &unit));
    match moments {
        Some(moments) => call.give(GridHandle::new(moments)),
        None => call.give(Unknown {}),
    }
}

/// The one unit of bars, beats and seconds that a call is given, and how many of it.
pub(crate) struct Unit {
    /// Where it is given.
    pub(crate) place: Place,
    /// So many times as long.
    pub(crate) times: Box<dyn Fn(f64) -> Duration>,
}

/// The length that a call is given by one of the keywords `bars`, `beats` and `seconds`; else an error, that asks a
/// question or hints at what would be right.
pub(crate) fn unit(call: &Call<'_, '_>, question: &str, right: &str) -> Option<Unit> {
    let given: Vec<&str> = UNITS.into_iter().filter(|unit| call.is_given(unit)).collect();
    let unit = match given.as_slice() {
        [unit] => *unit,
        [] => {
            call.error(Place::Name, question, |d| d.hint(right));
            return None;
        }
        [_, second, ..] => {
            call.error(call.place(second), "a step has one unit", |d| {
                d.label(format!("{} are given already", given[0])).hint(right)
            });
            return None;
        }
    };
    let place = call.place(unit);
    let count = call.number(unit);
    if let Place::Position(_) = place {
        let every = if call.function.name == "every" { "every " } else { "" };
        let message = format!("{every}{count} what? A step has a unit");
        call.error(place, message, |d| d.label("a number without a unit").hint(right));
        return None;
    }
    let in_song = |duration: fn(f64, Arc<Tempo>) -> Duration| {
        let tempo = tempo(call, unit, Place::KeywordName(unit.into()))?;
        Some(Box::new(move |times: f64| duration(count * times, tempo.clone())) as Box<dyn Fn(f64) -> Duration>)
    };
    let times = match unit {
        "bars" => in_song(Duration::of_bars)?,
        "beats" => in_song(Duration::of_beats)?,
        _ => Box::new(move |times: f64| Duration::of_seconds(count * times)),
    };
    Some(Unit { place, times })
}

/// Equal steps from the start of the song until where the call says that they end.
pub(crate) fn steps(call: &Call<'_, '_>, unit: &Unit) -> Option<Vec<Moment>> {
    let end_s = end(call)?;
    let moments = (0..=MOST).map(|n| Moment::START.after(&(unit.times)(n as f64)));
    let moments = Vec::from_iter(moments.take_while(|moment| moment.seconds() < end_s));
    if moments.len() > MOST {
        call.error(unit.place.clone(), format!("that makes more than {MOST} moments"), |d| {
            d.hint("take a larger step, or say where the grid ends: until = seconds(60)")
        });
        return None;
    }
    Some(moments)
}

/// The parameters for one unit: `every` has a step, and what moves a length.
pub(crate) fn unit_params(about: [&'static str; 3]) -> impl Iterator<Item = Param> {
    UNITS.into_iter().zip(about).map(|(unit, about)| Param::number(unit, STEPS.0, STEPS.1, about).or_else("None"))
}

/// The parameter that says where steps end.
pub(crate) fn until_param() -> Param {
    let about = "Where it ends. None is where the mix ends, as far as that is known: the session's length, or else the end of \
                 the song or of the longest track so far.";
    Param::new("until", Takes::Moment, about).or_else("None")
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
