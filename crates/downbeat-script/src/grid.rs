//! Grids as values: sorted moments without doubles, to cut on and to place things on.

use std::cmp::Ordering;
use std::fmt;
use std::sync::Arc;

use starlark::values::list::UnpackList;
use starlark::values::{Heap, UnpackValue, Value, ValueError};

use crate::accept::{Arg, Refusal, accept, kind_of};
use crate::call::Call;
use crate::fault::Fault;
use crate::function::{Function, Param, Run, Takes};
use crate::object::{Field, Members, Object, Receiver, Table, handle, object};
use crate::time::{Duration, Moment};
use crate::unknown::Unknown;

handle! {
    mod grid_handle;
    /// A grid.
    struct GridHandle {
        moments: Arc<[Moment]>,
        /// When nothing was found in a sound: why, and what to do.
        advice: Option<Arc<str>>,
        /// Of an estimate of downbeats, how the beats are counted.
        count: Option<Count>,
    }
}

/// How the beats of an estimate of downbeats are counted.
#[derive(Clone, Copy, PartialEq, Debug)]
pub(crate) struct Count {
    pub(crate) beats_per_bar: usize,
    /// From 0 to 1.
    pub(crate) confidence: f64,
}

impl GridHandle {
    /// A grid of these moments. They are sorted, and those that fall in the frame of the one before are left out; as long
    /// as no moment knows its frame, those that are equal.
    pub(crate) fn new(mut moments: Vec<Moment>) -> Self {
        moments.sort_by(by_time);
        let rate = moments.iter().find_map(|moment| moment.clock.rate);
        moments.dedup_by(|later, earlier| same(earlier, later, rate));
        GridHandle { moments: moments.into(), advice: None, count: None }
    }

    /// A grid without moments, and what to do about it.
    pub(crate) fn empty(advice: String) -> Self {
        GridHandle { advice: Some(advice.into()), ..GridHandle::new(Vec::new()) }
    }

    /// What to do when there is nothing in it.
    pub(crate) fn advice(&self) -> &str {
        self.advice.as_deref().unwrap_or(
            "a song's grids are song.downbeats, song.beats and song.bars(4); onsets(track) is where it sounds; a list of \
             one's own is [seconds(2), seconds(4.5)]",
        )
    }

    fn shifted(&self, by: &Duration) -> Self {
        GridHandle::new(self.moments.iter().map(|moment| moment.after(by)).collect())
    }

    fn joined(&self, other: &GridHandle) -> Self {
        let joined = GridHandle::new(self.moments.iter().chain(&*other.moments).cloned().collect());
        // Nothing and nothing is nothing for the same reasons.
        GridHandle { advice: self.advice.clone().or_else(|| other.advice.clone()), ..joined }
    }

    /// Without the moments that are in the other, too.
    fn without(&self, other: &GridHandle) -> Self {
        GridHandle::new(self.moments.iter().filter(|moment| !other.has(moment)).cloned().collect())
    }

    fn has(&self, moment: &Moment) -> bool {
        let rate = moment.clock.rate.or_else(|| self.moments.iter().find_map(|moment| moment.clock.rate));
        self.around(moment).iter().any(|other| same(other, moment, rate))
    }

    /// The last of the grid's moments before a moment, and the first that is not.
    fn around(&self, moment: &Moment) -> &[Moment] {
        let next = self.moments.partition_point(|other| by_time(other, moment) == Ordering::Less);
        &self.moments[next.saturating_sub(1)..(next + 1).min(self.moments.len())]
    }

    /// Each moment on the nearest of the others, if that is no farther away than so many seconds.
    fn snapped(&self, to: &GridHandle, within_s: f64) -> Self {
        let snap = |moment: &Moment| {
            let distance = |other: &&Moment| (other.seconds() - moment.seconds()).abs();
            let nearest = to.around(moment).iter().min_by(|a, b| distance(a).total_cmp(&distance(b)));
            nearest.filter(|other| distance(other) <= within_s).unwrap_or(moment).clone()
        };
        GridHandle::new(self.moments.iter().map(snap).collect())
    }
}

impl Object for GridHandle {
    const KIND: &'static str = "grid";
    const ABOUT: &'static str = "Moments in rising order, to cut on. A grid has a length, can be gone through, and gives \
        its moments and parts as lists do: `grid[0]`, `grid[::2]`. `grid + other` has the moments of both, each once; \
        `grid - other` those that are not in the other; the other may be a list of moments. `grid + beats(0.5)` and \
        `grid - ms(5)` move all of it. A grid never changes; these make new ones.";

    fn receiver(&self) -> Option<Receiver> {
        Some(Receiver::Grid(self.clone()))
    }

    fn members() -> &'static Members<Self> {
        static MEMBERS: Table<GridHandle> = Table::new(|| Members {
            fields: vec![
                Field::new(
                    "confidence",
                    "Of the grid of `downbeats_of`: how likely it is right, from 0 to 1. Other grids have none.",
                    |grid, heap| Some(heap.alloc(grid.count?.confidence)),
                ),
                Field::new(
                    "beats_per_bar",
                    "Of the grid of `downbeats_of`: how many beats a bar has. Other grids have none.",
                    |grid, heap| Some(heap.alloc(i32::try_from(grid.count?.beats_per_bar).ok()?)),
                ),
            ],
            methods: vec![Function::new(
                "snap",
                "Moves each moment to the nearest one of another grid. Those that have none nearby stay where they are.",
                [
                    Param::new("to", Takes::Grid, "Where to: a grid or a list of moments, such as song.beats."),
                    Param::new("within", Takes::Duration, "How far a moment may move at the most; None has no limit.")
                        .or_else("None"),
                ],
                "the new grid",
                Run::Grid(snap),
            )],
        });
        &MEMBERS
    }
}

object!(GridHandle, "grid", {
    fn length(&self) -> starlark::Result<i32> {
        i32::try_from(self.moments.len()).map_err(starlark::Error::new_other)
    }

    fn to_bool(&self) -> bool {
        !self.moments.is_empty()
    }

    fn iterate_collect(&self, heap: Heap<'v>) -> starlark::Result<Vec<Value<'v>>> {
        Ok(self.moments.iter().map(|moment| heap.alloc(moment.clone())).collect())
    }

    fn at(&self, index: Value<'v>, heap: Heap<'v>) -> starlark::Result<Value<'v>> {
        let index = i32::unpack_value_err(index)?;
        let from_start = if index < 0 { i64::from(index) + self.moments.len() as i64 } else { i64::from(index) };
        let moment = usize::try_from(from_start).ok().and_then(|at| self.moments.get(at));
        moment.map(|moment| heap.alloc(moment.clone())).ok_or_else(|| ValueError::IndexOutOfBound(index).into())
    }

    fn slice(
        &self,
        start: Option<Value<'v>>,
        stop: Option<Value<'v>>,
        stride: Option<Value<'v>>,
        heap: Heap<'v>,
    ) -> starlark::Result<Value<'v>> {
        // A range has the language's own rules for slices.
        let places = heap.alloc(Vec::from_iter(0..self.length()?)).slice(start, stop, stride, heap)?;
        let places = UnpackList::<i32>::unpack_value_err(places)?.items;
        let backwards = places.is_sorted_by(|a, b| a > b) && places.len() > 1;
        let moments = Vec::from_iter(places.into_iter().map(|at| self.moments[at as usize].clone()));
        // Backwards it is not a grid any more.
        if backwards {
            return Ok(heap.alloc(moments));
        }
        Ok(heap.alloc(GridHandle { advice: self.advice.clone(), ..GridHandle::new(moments) }))
    }

    fn is_in(&self, other: Value<'v>) -> starlark::Result<bool> {
        Ok(Moment::from_value(other).is_some_and(|moment| self.has(moment)))
    }

    fn equals(&self, other: Value<'v>) -> starlark::Result<bool> {
        let same = |other: &GridHandle| {
            other.moments.len() == self.moments.len() && self.moments.iter().all(|moment| other.has(moment))
        };
        Ok(GridHandle::from_value(other).is_some_and(same))
    }

    fn add(&self, other: Value<'v>, heap: Heap<'v>) -> Option<starlark::Result<Value<'v>>> {
        if Unknown::from_value(other).is_some() {
            return None;
        }
        let sum = match Duration::from_value(other) {
            Some(duration) => Ok(self.shifted(duration)),
            None => operand(other, "plus").map(|other| self.joined(&other)),
        };
        Some(sum.map(|grid| heap.alloc(grid)))
    }

    fn radd(&self, other: Value<'v>, heap: Heap<'v>) -> Option<starlark::Result<Value<'v>>> {
        self.add(other, heap)
    }

    fn sub(&self, other: Value<'v>, heap: Heap<'v>) -> starlark::Result<Value<'v>> {
        if Unknown::from_value(other).is_some() {
            return Ok(other);
        }
        Ok(heap.alloc(match Duration::from_value(other) {
            Some(duration) => self.shifted(&duration.scaled(-1.0)),
            None => self.without(&operand(other, "minus")?),
        }))
    }
});

/// "[0:00.000, 0:02.182]"; of a long one the first, the last and how many there are.
impl fmt::Display for GridHandle {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        const SHOWN: usize = 12;
        let told = |moments: &[Moment]| Vec::from_iter(moments.iter().map(Moment::to_string)).join(", ");
        match &*self.moments {
            [first @ .., last] if first.len() >= SHOWN => {
                write!(f, "[{}, ..., {last}] ({} moments)", told(&first[..SHOWN / 2]), self.moments.len())
            }
            all => write!(f, "[{}]", told(all)),
        }
    }
}

fn snap<'v>(grid: &GridHandle, call: &Call<'v, '_>) -> Value<'v> {
    let Some(to) = call.grid("to") else { return call.give(Unknown {}) };
    if to.moments.is_empty() {
        return call
            .error(call.place("to"), "this grid is empty: there is nothing to snap to", |d| d.hint(to.advice()));
    }
    let within_s = match call.duration("within") {
        Some(within) => Moment::START.after(within).seconds(),
        None if call.is_given("within") => return call.give(Unknown {}),
        None => f64::INFINITY,
    };
    call.give(GridHandle { advice: grid.advice.clone(), ..grid.snapped(to, within_s) })
}

fn by_time(a: &Moment, b: &Moment) -> Ordering {
    a.seconds().total_cmp(&b.seconds())
}

/// Whether nothing can be told apart at two moments.
fn same(a: &Moment, b: &Moment, rate: Option<u32>) -> bool {
    match rate {
        Some(rate) => a.frame(rate) == b.frame(rate),
        None => a.seconds() == b.seconds(),
    }
}

/// The other side of an operator, as a grid.
fn operand(value: Value<'_>, word: &str) -> starlark::Result<GridHandle> {
    let fault = Fault::new(format!("a grid {word} {} has no meaning", kind_of(value)));
    let fault = match accept(&Takes::Grid, value) {
        Ok(Arg::Grid(grid)) => return Ok(grid),
        Err(Refusal::WrongKind { hint: Some(hint), .. }) => fault.hint(hint),
        Err(_) if matches!(value.get_type(), "int" | "float") => {
            fault.hint(format!("give the number a unit: seconds({value}) or beats({value})"))
        }
        // A list with something in it that is no moment.
        Err(Refusal::Wrong { message, label, hint }) => {
            hint.into_iter().fold(Fault { label: Some(label), ..Fault::new(message) }, Fault::hint)
        }
        _ => fault,
    };
    Err(starlark::Error::new_other(fault))
}
