//! Durations where a number belongs: `delay(time_ms = beats(0.75))`.
//!
//! A parameter that is a length of time has its unit in its name, and takes a duration as well as a number of that unit.
//! Beats and bars are as long as the tempo and the time signature make them. Where these change, the number moves: at every
//! moment of the song it is what so many beats last by the tempo then.

use std::sync::Arc;

use downbeat_dsp::{Automation, Movement, ParamError, ParamInfo, Point, Reach, Value as Setting, Way};
use downbeat_engine::time::Seconds;

use crate::accept::{Arg, Refusal, range};
use crate::call::{Call, Place};
use crate::function::{Function, Run};
use crate::song::Tempo;
use crate::time::Duration;

/// What a length of time is counted in.
#[derive(Clone, Copy, PartialEq, Debug)]
pub(crate) enum Unit {
    /// Thousandths of a second.
    Milliseconds,
    /// Seconds.
    Seconds,
    /// Frames at the session's rate.
    Samples,
}

impl Unit {
    /// The unit in the name of a parameter, when that is a length of time.
    pub(crate) fn of(info: &ParamInfo) -> Option<Unit> {
        match info.unit()? {
            "ms" => Some(Unit::Milliseconds),
            "s" => Some(Unit::Seconds),
            "samples" => Some(Unit::Samples),
            _ => None,
        }
    }

    /// A time in this unit. Thousandths of a millionth are rounded, so that `ms(0.07)` is 0.07 milliseconds.
    fn count(self, seconds: f64, rate: impl Fn() -> u32) -> f64 {
        match self {
            Unit::Milliseconds => (seconds * 1e12).round() / 1e9,
            Unit::Seconds => (seconds * 1e9).round() / 1e9,
            Unit::Samples => (seconds * f64::from(rate())).round(),
        }
    }

    fn symbol(self) -> &'static str {
        match self {
            Unit::Milliseconds => "ms",
            Unit::Seconds => "s",
            Unit::Samples => "samples",
        }
    }
}

/// The number that a duration is for a parameter, which may move, or why it is none; nothing when the parameter is no
/// length of time.
pub(crate) fn number<'v>(
    call: &Call<'v, '_>,
    info: &ParamInfo,
    duration: &Duration,
    place: &Place,
) -> Option<Result<Arg<'v>, Refusal>> {
    let unit = Unit::of(info)?;
    let lengths = match (duration.fixed_seconds(), duration.tempo()) {
        (Some(seconds), _) => vec![(0.0, seconds)],
        (None, Some(tempo)) => lengths(duration, tempo),
        // Beats and bars come with a song.
        (None, None) => return Some(Err(Refusal::FollowsFromAnother)),
    };
    let counts = lengths.iter().map(|&(since, length)| (since, unit.count(length, || call.desk.rate())));
    let counts: Vec<(f64, f64)> = counts.collect();
    let ends = counts.iter().fold((f64::MAX, f64::MIN), |(low, high), (_, x)| (low.min(*x), high.max(*x)));
    let spread = match ends {
        (low, high) if low == high => format!("{low} {}", unit.symbol()),
        (low, high) => format!("{low} to {high} {}", unit.symbol()),
    };
    let given = match counts.as_slice() {
        [(_, count)] => Setting::Number(*count),
        _ if may_move(call.function, info) => {
            let rate = call.desk.rate();
            let point = |&(since, value): &(f64, f64)| Point {
                frame: Seconds(since).frame(rate).0 as i64,
                value,
                way: Way::Hold,
            };
            let words = call.span_of(place).map_or_else(|| duration.to_string(), |span| call.desk.excerpt(&span));
            let movement = Movement::Curve(counts.iter().map(point).collect());
            Setting::Moving(Arc::new(Automation::new(movement, words)))
        }
        _ => return Some(Err(uneven(info, duration, &spread))),
    };
    Some(info.accept(given).map(Arg::Setting).map_err(|error| match error {
        ParamError::Range { allowed, .. } => {
            Refusal::OutOfRange { found: format!("{duration} ({spread})"), allowed: range(allowed) }
        }
        error => Refusal::Wrong { message: error.to_string(), label: "this duration".into(), hint: None },
    }))
}

/// Whether a number may move with the tempo: that of an effect that streams, or of the desk.
fn may_move(function: &Function, info: &ParamInfo) -> bool {
    let moves = match function.run {
        Run::Effect(effect) => matches!(effect.reach, Reach::Anywhere | Reach::Either),
        Run::Wave(_) | Run::Envelope(_) | Run::Instrument(_) => false,
        _ => true,
    };
    moves && !info.is_fixed
}

fn uneven(info: &ParamInfo, duration: &Duration, spread: &str) -> Refusal {
    Refusal::Wrong {
        message: format!("`{}` cannot move, and {duration} is not equally long everywhere in the song", info.name),
        label: format!("{spread}, as the tempo goes"),
        hint: Some(
            "take the length of one place: a part of a segment, bar.length / 16, or the time between two moments, \
             song.beats[9] - song.beats[8]"
                .into(),
        ),
    }
}

/// How many seconds a duration has by the tempo and the time signature of the moment, and since when; neighbours differ.
fn lengths(duration: &Duration, tempo: &Tempo) -> Vec<(f64, f64)> {
    let signatures = tempo.song.time_signatures();
    let tempi = tempo.song.tempo_changes();
    let mut changes: Vec<f64> = tempi.iter().map(|(since, _)| since.0).collect();
    changes.extend(signatures.iter().map(|(since, _)| since.0));
    changes.sort_by(f64::total_cmp);
    let mut lengths: Vec<(f64, f64)> = Vec::new();
    for since in changes {
        let bpm = tempi.iter().rev().find(|(at, _)| at.0 <= since).map_or(120.0, |(_, bpm)| *bpm);
        let signature = signatures.iter().rev().find(|(at, _)| at.0 <= since);
        let bar = signature.map_or(4.0, |(_, bar)| 4.0 * f64::from(bar.numerator) / f64::from(bar.denominator));
        let length = duration.seconds_when(60.0 / bpm, bar);
        if lengths.last().is_none_or(|(_, before)| *before != length) {
            lengths.push((since, length));
        }
    }
    lengths
}
