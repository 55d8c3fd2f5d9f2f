//! Channel strips: tracks, buses and the master, with the words of a mixing desk.

mod inserts;

use std::fmt;
use std::sync::Arc;

use downbeat_dsp::PanLaw;
use downbeat_engine::StripIndex;
use downbeat_engine::session::{self, Placed, Position};
use starlark::values::{Heap, Value};

use crate::call::Call;
use crate::clips::{ClipHandle, insert_param};
use crate::desk::Mix;
use crate::followers::{self, Follower};
use crate::function::{Function, Param, Run, Takes, names_of};
use crate::object::{Members, Object, Receiver, Table, handle, object};
use crate::{expect, routing, segments};
use inserts::insert;

/// A strip of the desk.
#[derive(Clone, Debug)]
pub(crate) enum Strip {
    Track(TrackHandle),
    Bus(BusHandle),
    Master(MasterHandle),
}

handle! {
    mod track_handle;
    /// A track, by its index.
    struct TrackHandle { index: usize, name: Arc<str> }
}
handle! {
    mod bus_handle;
    /// A bus, by its index.
    struct BusHandle { index: usize, name: Arc<str> }
}
handle! {
    mod master_handle;
    /// The master.
    struct MasterHandle {}
}

impl Strip {
    /// As a value of the language, so that calls can be chained.
    pub(crate) fn give<'v>(&self, heap: Heap<'v>) -> Value<'v> {
        match self {
            Strip::Track(track) => heap.alloc(track.clone()),
            Strip::Bus(bus) => heap.alloc(bus.clone()),
            Strip::Master(master) => heap.alloc(master.clone()),
        }
    }

    /// What is set on the desk.
    pub(crate) fn of<'m>(&self, mix: &'m mut Mix) -> &'m mut session::Strip {
        match self {
            Strip::Track(track) => &mut mix.tracks[track.index].strip,
            Strip::Bus(bus) => &mut mix.buses[bus.index].strip,
            Strip::Master(_) => &mut mix.master,
        }
    }

    /// Which strip of the session it is.
    pub(crate) fn index(&self) -> StripIndex {
        match self {
            Strip::Track(track) => StripIndex::Track(track.index),
            Strip::Bus(bus) => StripIndex::Bus(bus.index),
            Strip::Master(_) => StripIndex::Master,
        }
    }

    /// The track or the bus that a value is.
    pub(crate) fn from_value(value: Value<'_>) -> Option<Self> {
        let track = TrackHandle::from_value(value).cloned().map(Strip::Track);
        track.or_else(|| BusHandle::from_value(value).cloned().map(Strip::Bus))
    }

    /// Its name.
    pub(crate) fn name(&self) -> &str {
        match self {
            Strip::Track(track) => &track.name,
            Strip::Bus(bus) => &bus.name,
            Strip::Master(_) => "Master",
        }
    }

    /// Changes what is set on the desk.
    pub(crate) fn set<'v>(&self, call: &Call<'v, '_>, change: impl FnOnce(&mut session::Strip)) -> Value<'v> {
        change(self.of(&mut call.desk.mix.borrow_mut()));
        self.give(call.heap)
    }
}

impl fmt::Display for Strip {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Strip::Track(track) => track.fmt(f),
            Strip::Bus(bus) => bus.fmt(f),
            Strip::Master(master) => master.fmt(f),
        }
    }
}

/// The functions that make strips.
pub(crate) fn functions() -> Vec<Function> {
    let name = || Param::new("name", Takes::Text, "Its name; no other track or bus has it.");
    let clip = Param::new("clip", Takes::Clip, "What plays from the start of the song.").or_else("None");
    vec![
        Function::new("track", "A new track.", [name(), clip], "the track", Run::Free(track)),
        Function::new(
            "bus",
            "A new bus: it sums what is sent to it.",
            [name(), insert_param()],
            "the bus",
            Run::Free(bus),
        ),
        routing::group_function(),
    ]
}

impl Object for TrackHandle {
    const KIND: &'static str = "track";
    const ABOUT: &'static str = "A track: a clip that plays from the start of the song, cut into segments or not, and \
        clips placed at other times. Its methods give the track back, so that calls can be chained.";

    fn receiver(&self) -> Option<Receiver> {
        Some(Receiver::Strip(Strip::Track(self.clone())))
    }

    fn members() -> &'static Members<Self> {
        static MEMBERS: Table<TrackHandle> = Table::new(|| Members {
            fields: expect::fields(),
            methods: [segments::cut_method(), place_method()].into_iter().chain(methods(Kind::Track)).collect(),
        });
        &MEMBERS
    }
}

impl Object for BusHandle {
    const KIND: &'static str = "bus";
    const ABOUT: &'static str = "A bus: it sums what is sent to it. Its methods give the bus back.";

    fn receiver(&self) -> Option<Receiver> {
        Some(Receiver::Strip(Strip::Bus(self.clone())))
    }

    fn members() -> &'static Members<Self> {
        static MEMBERS: Table<BusHandle> =
            Table::new(|| Members { fields: expect::fields(), methods: methods(Kind::Bus).collect() });
        &MEMBERS
    }
}

impl Object for MasterHandle {
    const KIND: &'static str = "master";
    const ABOUT: &'static str = "Where everything comes together. Its methods give the master back.";

    fn receiver(&self) -> Option<Receiver> {
        Some(Receiver::Strip(Strip::Master(self.clone())))
    }

    fn members() -> &'static Members<Self> {
        static MEMBERS: Table<MasterHandle> =
            Table::new(|| Members { fields: expect::fields(), methods: methods(Kind::Master).collect() });
        &MEMBERS
    }
}

object!(TrackHandle, "track");
object!(BusHandle, "bus");
object!(MasterHandle, "master");

impl fmt::Display for TrackHandle {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "track {:?}", self.name)
    }
}

impl fmt::Display for BusHandle {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "bus {:?}", self.name)
    }
}

impl fmt::Display for MasterHandle {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("master")
    }
}

/// which part of the desk a table of methods is for.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Kind {
    Track,
    Bus,
    Master,
}

/// Levels that a fader has; below the first nothing is left of 24 bits.
const MIN_DB: f64 = -150.0;
const MAX_DB: f64 = 60.0;

/// The methods of strips. The master goes nowhere and cannot be soloed.
fn methods(kind: Kind) -> impl Iterator<Item = Function> {
    let gives = match kind {
        Kind::Track => "the track",
        Kind::Bus => "the bus",
        Kind::Master => "the master",
    };
    let side = |name, about| Param::number(name, -16.0, 16.0, about);
    let on = || Param::switch("on", "Whether it is so.").or(true);
    let about_insert = match kind {
        Kind::Track => "Adds effects, before the fader. They stream, or measure the whole track first.",
        _ => "Adds effects, before the fader. They stream.",
    };
    let mut methods = vec![
        Function::new("insert", about_insert, [insert_param()], gives, Run::Strip(insert)),
        Function::new(
            "fader",
            "Sets the fader.",
            [db_param()],
            gives,
            Run::Strip(|strip, call| {
                followers::note(call, Follower::Fader(strip.index()), "db");
                strip.set(call, |s| s.fader_db = call.control("db"))
            }),
        ),
        Function::new(
            "pan",
            "Places it between left and right. Nothing changes in the centre.",
            [
                Param::moving("position", -1.0, 1.0, "From -1 (left) to 1 (right)."),
                Param::choice(
                    "law",
                    names_of::<PanLaw>(),
                    "How much louder it is at a side than in the centre: \"-3 dB\" (constant power), \"-4.5 dB\", \"-6 dB\" \
                     (constant voltage), or \"linear\", which only turns down the other side. None takes the session's.",
                )
                .or_else("None"),
            ],
            gives,
            Run::Strip(|strip, call| {
                followers::note(call, Follower::Pan(strip.index()), "position");
                let law = call.choice_of("law").filter(|_| call.is_given("law"));
                strip.set(call, |s| {
                    s.position = Position::Pan(call.control("position"));
                    s.pan_law = law.unwrap_or(s.pan_law);
                })
            }),
        ),
        Function::new(
            "levels",
            "Sets the two sides one by one, instead of a pan.",
            [
                side("left", "The amplitude ratio of the left side; 1 changes nothing."),
                side("right", "The amplitude ratio of the right side; 1 changes nothing."),
            ],
            gives,
            Run::Strip(|strip, call| {
                let position = Position::Levels { left: call.number("left"), right: call.number("right") };
                strip.set(call, |s| s.position = position)
            }),
        ),
    ];
    if kind != Kind::Master {
        methods.extend([
            Function::new(
                "mute",
                "Silences it. Who listens to it hears it all the same.",
                [on()],
                gives,
                Run::Strip(|strip, call| strip.set(call, |s| s.mute = call.switch("on"))),
            ),
            Function::new(
                "solo",
                "Silences all that neither comes from a solo strip nor goes to one. What it goes through on its way, its sends \
                 too, is heard as ever: solo in place.",
                [on()],
                gives,
                Run::Strip(|strip, call| strip.set(call, |s| s.solo = call.switch("on"))),
            ),
        ]);
        methods.extend(routing::methods(gives));
    }
    if kind == Kind::Master {
        methods.push(loudness_method());
    }
    methods.into_iter()
}

fn loudness_method() -> Function {
    Function::new(
        "loudness",
        "Brings the whole mix to a loudness: it is measured, and gets exactly the gain that is missing. Where peaks would then \
         rise above the ceiling, a limiter holds them, and the mix becomes a little softer than asked for.",
        [
            Param::number("lufs", -70.0, 0.0, "The integrated loudness, in LUFS (EBU R 128).").or(-14.0),
            Param::number("ceiling_db", -40.0, 0.0, "The highest true peak there may be, in dBTP.").or(-1.0),
        ],
        "the master",
        Run::Strip(|strip, call| {
            let target = session::Target { lufs: call.number("lufs"), ceiling_db: call.number("ceiling_db") };
            call.desk.mix.borrow_mut().loudness = Some(target);
            strip.give(call.heap)
        }),
    )
}

/// A level of a fader.
pub(crate) fn db_param() -> Param {
    Param::moving("db", MIN_DB, MAX_DB, "The level, in decibels; 0 changes nothing.")
}

fn place_method() -> Function {
    Function::new(
        "place",
        "Plays a clip at a moment, on top of whatever else the track plays.",
        [
            Param::new("clip", Takes::Clip, "The clip."),
            Param::new("at", Takes::Moment, "Where it starts."),
            Param::number("db", MIN_DB, MAX_DB, "Its level, in decibels.").or(0.0),
        ],
        "the track",
        Run::Strip(|strip, call| {
            if let (Strip::Track(track), Some(clip), Some(at)) = (strip, call.clip("clip"), call.moment("at")) {
                let placed =
                    Placed { clip: clip.clip.clone(), at: at.frame(call.desk.rate()), gain_db: call.number("db") };
                call.desk.mix.borrow_mut().tracks[track.index].placed.push(placed);
            }
            strip.give(call.heap)
        }),
    )
}

fn track<'v>(call: &Call<'v, '_>) -> Value<'v> {
    let name = new_name(call);
    let stand_in = || call.is_refused("clip").then(|| ClipHandle::stand_in(call, name.to_string()));
    let clip = call.clip("clip").cloned().or_else(stand_in);
    let origin = call.origin();
    let mut mix = call.desk.mix.borrow_mut();
    let index = mix.tracks.len();
    let strip = new_strip(&mix);
    mix.tracks.push(session::Track {
        name: name.to_string(),
        clip: clip.as_ref().map(|clip| clip.clip.clone()),
        cut: None,
        placed: Vec::new(),
        strip,
        origin,
    });
    if let Some(clip) = clip {
        mix.clips.insert(index, clip);
    }
    call.give(TrackHandle { index, name })
}

fn bus<'v>(call: &Call<'v, '_>) -> Value<'v> {
    let name = new_name(call);
    let origin = call.origin();
    let index = {
        let mut mix = call.desk.mix.borrow_mut();
        let strip = new_strip(&mix);
        mix.buses.push(session::Bus { name: name.to_string(), strip, origin });
        mix.buses.len() - 1
    };
    insert(&Strip::Bus(BusHandle { index, name }), call)
}

/// A strip on which nothing is set.
pub(crate) fn new_strip(mix: &Mix) -> session::Strip {
    let default = session::Strip::default();
    session::Strip { pan_law: mix.pan_law.unwrap_or(default.pan_law), ..default }
}

/// The name of a new strip, which nobody else may have.
fn new_name(call: &Call<'_, '_>) -> Arc<str> {
    let Some(name) = call.text("name") else { return "?".into() };
    let kind = call.function.name;
    if name.trim().is_empty() {
        call.error(call.place("name"), format!("a {kind} needs a name"), |d| d.label("this one is empty"));
    }
    if let Some(earlier) = call.desk.name_taken(name) {
        call.error(call.place("name"), format!("there are two strips with the name {name:?}"), |d| {
            d.label("once more").related(earlier, "the first one").hint(
                "names tell tracks and buses apart in reports and in the files of stems; in a loop, number them: \
                 f\"Tom {i}\"",
            )
        });
    }
    name.into()
}
