//! Moments and durations as values. A moment plus a duration is a moment; beats and bars go through the tempo map.

use std::cmp::Ordering;
use std::fmt;
use std::sync::Arc;

use downbeat_engine::time::{Frames, Seconds};
use starlark::values::{Heap, Value};

use crate::accept::{kind_of, plain};
use crate::fault::Fault;
use crate::grid::GridHandle;
use crate::object::{Field, Members, Object, Table, handle, object};
use crate::song::Tempo;
use crate::unknown::Unknown;

/// What turns times into each other: the session's rate and the song's tempo, as far as a time needs them.
#[derive(Clone, Debug, Default)]
pub(crate) struct Clock {
    /// Frames per second; known to every time that counts frames.
    pub(crate) rate: Option<u32>,
    /// Known to every time that counts beats or bars.
    pub(crate) tempo: Option<Arc<Tempo>>,
}

handle! {
    mod moment_handle;
    /// A place in the song: some seconds and some frames after its start. Each is kept as it came, so that seconds from
    /// a MIDI file and whole frames stay exact.
    struct Moment { seconds: f64, frames: f64, clock: Clock }
}
handle! {
    mod duration_handle;
    /// A length of time: a sum of bars, beats, seconds and frames.
    struct Duration { bars: f64, beats: f64, seconds: f64, frames: f64, clock: Clock }
}

impl Moment {
    /// The start of the song.
    pub(crate) const START: Moment = Moment { seconds: 0.0, frames: 0.0, clock: Clock { rate: None, tempo: None } };

    /// A moment in seconds, in a song.
    pub(crate) fn of_song(seconds: f64, tempo: Arc<Tempo>) -> Self {
        Moment { seconds, frames: 0.0, clock: Clock { rate: None, tempo: Some(tempo) } }
    }

    /// A moment that is a whole frame.
    pub(crate) fn of_frame(frame: u64, clock: Clock) -> Self {
        Moment { seconds: 0.0, frames: frame as f64, clock }
    }

    /// The moment after a duration: its bars first, then its beats, then the rest.
    pub(crate) fn after(&self, duration: &Duration) -> Self {
        let clock = self.clock.or(&duration.clock);
        let mut moment = Moment { clock, ..self.clone() };
        if let (true, Some(tempo)) = (duration.bars != 0.0 || duration.beats != 0.0, moment.clock.tempo.as_deref()) {
            moment.seconds = tempo.later(moment.seconds(), duration.bars, duration.beats);
            moment.frames = 0.0;
        }
        moment.seconds += duration.seconds;
        moment.frames += duration.frames;
        moment
    }

    /// The frame it falls in: floor(seconds × rate), as [`Seconds::frame`]. Before the start of the song it is negative.
    pub(crate) fn frame(&self, rate: u32) -> i64 {
        if self.frames == 0.0 && self.seconds >= 0.0 {
            return i64::try_from(Seconds(self.seconds).frame(rate).0).unwrap_or(i64::MAX);
        }
        (self.seconds * f64::from(rate) + self.frames).floor() as i64
    }

    /// In seconds from the start.
    pub(crate) fn seconds(&self) -> f64 {
        self.seconds + self.clock.seconds(self.frames)
    }

    fn until(&self, later: &Moment) -> Duration {
        let clock = self.clock.or(&later.clock);
        Duration { seconds: later.seconds - self.seconds, frames: later.frames - self.frames, clock, ..Duration::ZERO }
    }
}

impl Duration {
    const ZERO: Duration =
        Duration { bars: 0.0, beats: 0.0, seconds: 0.0, frames: 0.0, clock: Clock { rate: None, tempo: None } };

    pub(crate) fn of_seconds(seconds: f64) -> Self {
        Duration { seconds, ..Duration::ZERO }
    }

    pub(crate) fn of_frames(frames: f64, rate: u32) -> Self {
        Duration { frames, clock: Clock { rate: Some(rate), tempo: None }, ..Duration::ZERO }
    }

    pub(crate) fn of_beats(beats: f64, tempo: Arc<Tempo>) -> Self {
        Duration { beats, clock: Clock { rate: None, tempo: Some(tempo) }, ..Duration::ZERO }
    }

    pub(crate) fn of_bars(bars: f64, tempo: Arc<Tempo>) -> Self {
        Duration { bars, clock: Clock { rate: None, tempo: Some(tempo) }, ..Duration::ZERO }
    }

    /// The whole frames in it; beats and bars are those at the start of the song.
    pub(crate) fn whole_frames(&self, rate: u32) -> Frames {
        Frames(Moment::START.after(self).frame(rate).max(0) as u64)
    }

    /// In seconds, when that is the same everywhere in the song.
    pub(crate) fn fixed_seconds(&self) -> Option<f64> {
        (self.bars == 0.0 && self.beats == 0.0).then(|| self.seconds + self.clock.seconds(self.frames))
    }

    /// In seconds, when a beat has so many seconds and a bar so many beats.
    pub(crate) fn seconds_when(&self, beat_s: f64, bar_beats: f64) -> f64 {
        (self.bars * bar_beats + self.beats) * beat_s + self.seconds + self.clock.seconds(self.frames)
    }

    /// The tempo that its beats and bars follow.
    pub(crate) fn tempo(&self) -> Option<&Tempo> {
        self.clock.tempo.as_deref()
    }

    /// So many times as long.
    pub(crate) fn scaled(&self, factor: f64) -> Self {
        Duration {
            bars: self.bars * factor,
            beats: self.beats * factor,
            seconds: self.seconds * factor,
            frames: self.frames * factor,
            clock: self.clock.clone(),
        }
    }

    fn plus(&self, other: &Duration) -> Self {
        Duration {
            bars: self.bars + other.bars,
            beats: self.beats + other.beats,
            seconds: self.seconds + other.seconds,
            frames: self.frames + other.frames,
            clock: self.clock.or(&other.clock),
        }
    }

    /// Two numbers to compare by, when the durations have a unit in common.
    fn measured_with(&self, other: &Duration) -> Option<(f64, f64)> {
        if let (Some(a), Some(b)) = (self.fixed_seconds(), other.fixed_seconds()) {
            return Some((a, b));
        }
        let rest = |d: &Duration| d.seconds != 0.0 || d.frames != 0.0;
        match (self, other) {
            (a, b) if rest(a) || rest(b) => None,
            (a, b) if a.bars == 0.0 && b.bars == 0.0 => Some((a.beats, b.beats)),
            (a, b) if a.beats == 0.0 && b.beats == 0.0 => Some((a.bars, b.bars)),
            _ => None,
        }
    }
}

impl Clock {
    fn or(&self, other: &Clock) -> Clock {
        Clock { rate: self.rate.or(other.rate), tempo: self.tempo.clone().or_else(|| other.tempo.clone()) }
    }

    fn seconds(&self, frames: f64) -> f64 {
        self.rate.map_or(0.0, |rate| frames / f64::from(rate))
    }
}

/// Minutes, seconds and thousandths: "1:02.345".
impl fmt::Display for Moment {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let ms = (self.seconds() * 1000.0).round() as i64;
        let sign = if ms < 0 { "-" } else { "" };
        let ms = ms.unsigned_abs();
        write!(f, "{sign}{}:{:02}.{:03}", ms / 60_000, ms / 1000 % 60, ms % 1000)
    }
}

/// "2 bars + 1 beat + 0.5 s", the parts that are there.
impl fmt::Display for Duration {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let counted = |n: f64, one: &str, many: &str| format!("{n} {}", if n == 1.0 { one } else { many });
        let seconds = self.seconds + self.clock.seconds(self.frames);
        let mut parts = Vec::new();
        if self.bars != 0.0 {
            parts.push(counted(self.bars, "bar", "bars"));
        }
        if self.beats != 0.0 {
            parts.push(counted(self.beats, "beat", "beats"));
        }
        if seconds != 0.0 || parts.is_empty() {
            parts.push(format!("{} s", (seconds * 1e6).round() / 1e6));
        }
        f.write_str(&parts.join(" + "))
    }
}

impl Object for Moment {
    const KIND: &'static str = "moment";
    const ABOUT: &'static str = "A place in the song. Moments can be compared; a duration can be added or taken away; \
        the difference of two is a duration. Printed, it reads 1:02.345 (minutes, seconds).";

    fn members() -> &'static Members<Self> {
        static MEMBERS: Table<Moment> = Table::new(|| Members {
            fields: vec![Field::new("seconds", "Seconds from the start of the song.", |moment, heap| {
                Some(heap.alloc(moment.seconds()))
            })],
            methods: Vec::new(),
        });
        &MEMBERS
    }
}

impl Object for Duration {
    const KIND: &'static str = "duration";
    const ABOUT: &'static str = "A length of time. Durations can be added, multiplied by numbers, compared and divided \
        by each other. One in beats or bars becomes definite when it is added to a moment. Where a parameter is a length of \
        time, because its name ends in `_ms`, `_s` or `_samples`, it takes a duration instead of a number: \
        `delay(time_ms = beats(0.75))`. Under a tempo that changes such a number moves with it, where it may move.";

    fn members() -> &'static Members<Self> {
        static MEMBERS: Table<Duration> = Table::new(|| Members {
            fields: vec![
                Field::new("seconds", "Its length in seconds. One in beats or bars has none.", |duration, heap| {
                    Some(heap.alloc(duration.fixed_seconds()?))
                }),
                Field::new("ms", "Its length in milliseconds. One in beats or bars has none.", |duration, heap| {
                    Some(heap.alloc(duration.fixed_seconds()? * 1000.0))
                }),
            ],
            methods: Vec::new(),
        });
        &MEMBERS
    }
}

object!(Moment, "moment", {
    fn add(&self, other: Value<'v>, heap: Heap<'v>) -> Option<starlark::Result<Value<'v>>> {
        let other = match operand(other) {
            Operand::Duration(duration) => duration,
            Operand::Unknown => return None,
            _ => return Some(mismatch(format!("a moment plus {} has no meaning", kind_of(other)), other)),
        };
        Some(Ok(heap.alloc(self.after(other))))
    }

    fn radd(&self, other: Value<'v>, heap: Heap<'v>) -> Option<starlark::Result<Value<'v>>> {
        self.add(other, heap)
    }

    fn sub(&self, other: Value<'v>, heap: Heap<'v>) -> starlark::Result<Value<'v>> {
        match operand(other) {
            Operand::Duration(duration) => Ok(heap.alloc(self.after(&duration.scaled(-1.0)))),
            Operand::Moment(moment) => Ok(heap.alloc(moment.until(self))),
            Operand::Unknown => Ok(other),
            Operand::Number(_) | Operand::Other => {
                mismatch(format!("a moment minus {} has no meaning", kind_of(other)), other)
            }
        }
    }

    fn equals(&self, other: Value<'v>) -> starlark::Result<bool> {
        Ok(Moment::from_value(other).is_some_and(|other| self.until(other).fixed_seconds() == Some(0.0)))
    }

    fn compare(&self, other: Value<'v>) -> starlark::Result<Ordering> {
        match operand(other) {
            Operand::Moment(moment) => Ok(self.seconds().total_cmp(&moment.seconds())),
            Operand::Unknown => Ok(Ordering::Equal),
            _ => mismatch(format!("a moment and {} cannot be compared", kind_of(other)), other),
        }
    }
});

object!(Duration, "duration", {
    fn add(&self, other: Value<'v>, heap: Heap<'v>) -> Option<starlark::Result<Value<'v>>> {
        // A grid knows how it is moved.
        if GridHandle::from_value(other).is_some() {
            return None;
        }
        Some(match operand(other) {
            Operand::Duration(duration) => Ok(heap.alloc(self.plus(duration))),
            Operand::Moment(moment) => Ok(heap.alloc(moment.after(self))),
            Operand::Unknown => return None,
            _ => mismatch(format!("a duration plus {} has no meaning", kind_of(other)), other),
        })
    }

    fn radd(&self, other: Value<'v>, heap: Heap<'v>) -> Option<starlark::Result<Value<'v>>> {
        // `sum(...)` and the like begin with 0.
        match operand(other) {
            Operand::Number(0.0) => Some(Ok(heap.alloc(self.clone()))),
            _ => self.add(other, heap),
        }
    }

    fn sub(&self, other: Value<'v>, heap: Heap<'v>) -> starlark::Result<Value<'v>> {
        match operand(other) {
            Operand::Duration(duration) => Ok(heap.alloc(self.plus(&duration.scaled(-1.0)))),
            Operand::Unknown => Ok(other),
            _ => mismatch(format!("a duration minus {} has no meaning", kind_of(other)), other),
        }
    }

    fn minus(&self, heap: Heap<'v>) -> starlark::Result<Value<'v>> {
        Ok(heap.alloc(self.scaled(-1.0)))
    }

    fn mul(&self, other: Value<'v>, heap: Heap<'v>) -> Option<starlark::Result<Value<'v>>> {
        Some(match operand(other) {
            Operand::Number(factor) => Ok(heap.alloc(self.scaled(factor))),
            Operand::Unknown => return None,
            _ => mismatch(format!("a duration times {} has no meaning", kind_of(other)), Value::new_none()),
        })
    }

    fn rmul(&self, other: Value<'v>, heap: Heap<'v>) -> Option<starlark::Result<Value<'v>>> {
        self.mul(other, heap)
    }

    fn div(&self, other: Value<'v>, heap: Heap<'v>) -> starlark::Result<Value<'v>> {
        match operand(other) {
            Operand::Number(0.0) => mismatch("a duration cannot be divided by 0".into(), Value::new_none()),
            Operand::Number(divisor) => Ok(heap.alloc(self.scaled(1.0 / divisor))),
            Operand::Duration(divisor) => match self.measured_with(divisor) {
                Some((_, 0.0)) => mismatch("this duration is divided by no time at all".into(), Value::new_none()),
                Some((a, b)) => Ok(heap.alloc(a / b)),
                None => mismatch(incomparable(self, divisor), Value::new_none()),
            },
            Operand::Unknown => Ok(other),
            _ => mismatch(format!("a duration divided by {} has no meaning", kind_of(other)), Value::new_none()),
        }
    }

    fn equals(&self, other: Value<'v>) -> starlark::Result<bool> {
        let other = Duration::from_value(other);
        Ok(other.and_then(|other| self.measured_with(other)).is_some_and(|(a, b)| a == b))
    }

    fn compare(&self, other: Value<'v>) -> starlark::Result<Ordering> {
        match operand(other) {
            Operand::Duration(duration) => match self.measured_with(duration) {
                Some((a, b)) => Ok(a.total_cmp(&b)),
                None => mismatch(incomparable(self, duration), Value::new_none()),
            },
            Operand::Unknown => Ok(Ordering::Equal),
            _ => mismatch(format!("a duration and {} cannot be compared", kind_of(other)), other),
        }
    }
});

/// What stands on the other side of an operator.
enum Operand<'v> {
    Moment(&'v Moment),
    Duration(&'v Duration),
    Number(f64),
    Unknown,
    Other,
}

fn operand<'v>(value: Value<'v>) -> Operand<'v> {
    use downbeat_dsp::Value as Setting;
    if let Some(moment) = Moment::from_value(value) {
        return Operand::Moment(moment);
    }
    if let Some(duration) = Duration::from_value(value) {
        return Operand::Duration(duration);
    }
    match plain(value) {
        Some(Setting::Number(x)) => Operand::Number(x),
        Some(Setting::Whole(n)) => Operand::Number(n as f64),
        _ if Unknown::from_value(value).is_some() => Operand::Unknown,
        _ => Operand::Other,
    }
}

fn incomparable(a: &Duration, b: &Duration) -> String {
    format!("{a} and {b} cannot be compared: how long a beat or a bar is depends on where in the song it is")
}

/// An error of an operator. When a bare number stands beside a time, the hint is what to write.
fn mismatch<'v, T>(message: String, other: Value<'v>) -> starlark::Result<T> {
    let fault = Fault::new(message);
    Err(starlark::Error::new_other(match operand(other) {
        Operand::Number(_) => fault.hint(format!("give the number a unit: seconds({other}) or beats({other})")),
        _ => fault,
    }))
}
