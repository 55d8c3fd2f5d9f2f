//! What is expected of the sound: readings of the meters, known after the render only, and the bounds they are held against.

use std::fmt;

use downbeat_dsp::Control;
use downbeat_engine::session::Session;
use downbeat_engine::{Bounds, Expectation, READINGS, Reading, Report, StripIndex};
use starlark::values::Value;

use crate::call::{Call, Place};
use crate::diagnostic::Diagnostic;
use crate::fault::Fault;
use crate::function::{Function, Param, Run, Takes};
use crate::object::{Field, Members, Object, Receiver, Table, handle, object};
use crate::source::Sources;
use crate::strips::Strip;

handle! {
    mod reading_handle;
    /// A reading of a strip's meters.
    struct ReadingHandle { strip: Strip, reading: &'static Reading }
}

impl Object for ReadingHandle {
    const KIND: &'static str = READING;
    const ABOUT: &'static str = "A number that the meters of a track, a bus or the master read: `master.lufs`. It is known \
        only after the render, so a script cannot compute with it or decide by it; `expect` says what it should be. Tracks \
        and buses are measured before their faders, the master after its own.";

    fn members() -> &'static Members<Self> {
        static MEMBERS: Table<ReadingHandle> = Table::new(|| Members { fields: Vec::new(), methods: Vec::new() });
        &MEMBERS
    }
}

/// The name of the kind, by which errors of the runtime are recognised.
pub(crate) const READING: &str = "reading";

object!(ReadingHandle, "reading", {
    fn equals(&self, _other: Value<'v>) -> starlark::Result<bool> {
        Err(starlark::Error::new_other(Fault::new(TOO_EARLY).hint(INSTEAD)))
    }
});

impl fmt::Display for ReadingHandle {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} of {}", self.reading.name, self.strip)
    }
}

/// What is wrong with a script that computes with a reading.
pub(crate) const TOO_EARLY: &str = "a reading is known only after the render: a script cannot compute with it";

/// What it should do instead.
pub(crate) const INSTEAD: &str = "say what it should be: expect(master.lufs, at = -14, within = 0.5)";

/// The readings as fields of a kind of strip.
pub(crate) fn fields<T: Object>() -> Vec<Field<T>> {
    let field = |reading: &'static Reading| {
        Field::with(reading.name, reading.about, move |this: &T, heap| match this.receiver() {
            Some(Receiver::Strip(strip)) => Some(heap.alloc(ReadingHandle { strip, reading })),
            _ => None,
        })
    };
    READINGS.iter().map(field).collect()
}

/// The function `expect`.
pub(crate) fn function() -> Function {
    let bound = |name, about| Param::any_number(name, about).or_else("None");
    Function::new(
        "expect",
        "Says what a reading should be when the mix is rendered. When it is not, the render tells so, with the line, and \
         ends with an error; the file is written all the same.",
        [
            Param::new("reading", Takes::Reading, "What is measured, such as master.lufs."),
            bound("at", "What it should be, in the reading's own unit; needs `within`."),
            bound("within", "How far it may be from `at`, on both sides."),
            bound("above", "The least it may be."),
            bound("below", "The greatest it may be."),
        ],
        "nothing",
        Run::Free(expect),
    )
}

fn expect<'v>(call: &Call<'v, '_>) -> Value<'v> {
    let none = Value::new_none();
    let refused = ["at", "within", "above", "below"].into_iter().any(|name| call.is_refused(name));
    let Some(handle) = call.reading("reading").filter(|_| !refused && !call.is_misspelt()) else { return none };
    let number = |name| call.is_given(name).then(|| call.number(name));
    let (at, within, above, below) = (number("at"), number("within"), number("above"), number("below"));
    let ReadingHandle { strip, reading } = handle;
    let written = call.span_of(&call.place("reading")).map(|span| call.desk.excerpt(&span));
    let written = written.unwrap_or_else(|| format!("master.{}", reading.name));
    if let Some(bounds) = bounds(call, reading, &written, [at, within, above, below]) {
        let strip = match strip {
            Strip::Track(track) => StripIndex::Track(track.index),
            Strip::Bus(bus) => StripIndex::Bus(bus.index),
            Strip::Master(_) => StripIndex::Master,
        };
        let origin = call.span().map(|span| call.desk.origin(span)).unwrap_or_default();
        call.desk.mix.borrow_mut().expectations.push(Expectation { strip, reading, bounds, origin });
    }
    none
}

/// The bounds, if some value can meet them; else an error. `written` is the reading as it stands in the script.
fn bounds(
    call: &Call<'_, '_>,
    reading: &Reading,
    written: &str,
    [at, within, above, below]: [Option<f64>; 4],
) -> Option<Bounds> {
    match (at, within) {
        (None, None) if above.is_none() && below.is_none() => {
            call.error(Place::Name, format!("`expect` needs a bound: what should {written} be?"), |d| {
                d.label("no bound").hint(format!(
                    "write expect({written}, at = ..., within = ...), expect({written}, above = ...) or \
                     expect({written}, below = ...)"
                ))
            });
            return None;
        }
        (Some(at), None) => {
            call.error(call.place("at"), "`at` needs `within`: nothing measures exactly so much", |d| {
                let within = if reading.unit.is_empty() { 0.1 } else { 0.5 };
                d.label("how far from it may it be?")
                    .hint(format!("for example expect({written}, at = {at}, within = {within})"))
            });
            return None;
        }
        (None, Some(_)) => {
            call.error(call.place("within"), "`within` needs `at`", |d| {
                d.label("within this of what?").hint("`within` is how far it may be from `at`")
            });
            return None;
        }
        _ => {}
    }
    for (name, value) in [("at", at), ("above", above), ("below", below)] {
        let [least, greatest] = reading.range;
        let can_be = |value: f64| least <= value && value <= greatest;
        if let Some(value) = value.filter(|&value| !can_be(value)) {
            let allowed = format!("from {least} to {}", reading.with_unit(greatest));
            call.error(call.place(name), format!("`{name}` = {value}: no {} is that", reading.what), |d| {
                let d = d.label(format!("{} is {allowed}", reading.name));
                match can_be(-value) {
                    true => d.hint(format!("did you mean {}?", -value)),
                    false => d.hint(format!("`{}`: {}", reading.name, crate::call::first_sentence(reading.about))),
                }
            });
            return None;
        }
    }
    let bounds = Bounds { at: at.zip(within), above, below };
    let (least, greatest) = bounds.range();
    if least >= greatest {
        let place = if at.is_none() { "below" } else { "at" };
        call.error(call.place(place), format!("no {} is {}", reading.what, bounds.words(reading)), |d| match at {
            None => {
                d.label("this and `above` leave nothing").hint("`above` is the least it may be, `below` the greatest")
            }
            Some(_) => {
                d.label("the bounds leave nothing").hint("`within` is how far it may be from `at`, on both sides")
            }
        });
        return None;
    }
    Some(bounds)
}

/// What there is to say about an expectation that a render does not meet: an error at its line; nothing when it is met.
///
/// The report should be of the whole mix: expectations are not about a part of it.
pub fn complaint(
    expectation: &Expectation,
    session: &Session,
    report: &Report,
    sources: &Sources,
) -> Option<Diagnostic> {
    (!expectation.is_met(report)).then(|| complain(expectation, session, report, sources))
}

fn complain(expectation: &Expectation, session: &Session, report: &Report, sources: &Sources) -> Diagnostic {
    let Expectation { strip, reading, bounds, origin } = expectation;
    let whose = match strip {
        StripIndex::Track(index) => format!("the {} of the track {:?}", reading.what, session.tracks[*index].name),
        StripIndex::Bus(index) => format!("the {} of the bus {:?}", reading.what, session.buses[*index].name),
        StripIndex::Master => format!("the master's {}", reading.what),
    };
    let expected = format!("expected {whose} {}", bounds.words(reading));
    let error = |found: String| Diagnostic::error(format!("{expected}, {found}")).at(sources.span(*origin).cloned());
    let Some(value) = expectation.measured(report).filter(|value| value.is_finite()) else {
        return error(format!("and there is none: it is {}", reading.missing)).label("not measured");
    };
    let (least, greatest) = bounds.range();
    let (bound, side) = if value > greatest { (greatest, "high") } else { (least, "low") };
    let digits = digits(value, bound);
    let too_far = format!("{:.digits$} {}", (value - bound).abs(), reading.difference);
    let measured = reading.with_unit(format!("{value:.digits$}"));
    let error = error(format!("measured {measured}")).label(format!("{} too {side}", too_far.trim_end()));
    if *strip == StripIndex::Master
        && let (Some(target), "LUFS" | "dBFS" | "dBTP") = (session.loudness, reading.unit)
    {
        // The fader would change nothing: the loudness is measured behind it.
        return error.hint(match report.adjustment.is_some_and(|adjustment| adjustment.is_limited) {
            true => format!(
                "it comes to {} LUFS only as far as peaks stay below {} dBTP: compress what sticks out, or change \
                 master.loudness(...)",
                target.lufs, target.ceiling_db
            ),
            false => format!("master.loudness(lufs = {}) decides it", target.lufs),
        });
    }
    match fader_for(expectation, &session.master.fader_db, value, bound) {
        Some(db) => error.hint(format!("the master's fader at {db} dB would do it: master.fader(db = {db})")),
        None => error,
    }
}

/// Where the master's fader, now at `fader_db`, would meet the expectation, if it is about a level of the master: the fader
/// is the last thing before the file. In tenths of a decibel.
fn fader_for(expectation: &Expectation, fader_db: &Control, value: f64, bound: f64) -> Option<f64> {
    let is_level = ["LUFS", "dBFS", "dBTP"].contains(&expectation.reading.unit);
    if expectation.strip != StripIndex::Master || !is_level {
        return None;
    }
    // There is no such place for one that moves.
    let Control::Still(fader_db) = fader_db else { return None };
    let tenths = match expectation.bounds.at {
        Some((at, _)) if expectation.bounds.contain(at) => ((fader_db + at - value) * 10.0).round(),
        _ if value > bound => ((fader_db + bound - value) * 10.0).floor(),
        _ => ((fader_db + bound - value) * 10.0).ceil(),
    };
    // Not -0.
    Some(tenths / 10.0 + 0.0)
}

/// So many digits that a value that is out of bounds shows it.
fn digits(value: f64, bound: f64) -> usize {
    let distance = (value - bound).abs();
    (1..6).find(|&digits| distance * libm::pow(10.0, digits as f64) >= 1.0).unwrap_or(6)
}
