//! Where sound goes from strip to strip: outputs, sends, and who listens to whom. Groups handle several strips at once.

use std::fmt;

use downbeat_engine::StripIndex;
use downbeat_engine::session::{Group, Send};
use starlark::values::Value;

use crate::call::{Call, Place};
use crate::desk::{Mix, Route, Way};
use crate::diagnostic::Diagnostic;
use crate::followers::{self, Follower};
use crate::function::{Function, Param, Run, Takes};
use crate::object::{Members, Object, Receiver, Table, handle, object};
use crate::strips::{self, Strip};

handle! {
    mod group_handle;
    /// Strips that are handled together.
    struct GroupHandle { index: usize }
}

impl fmt::Display for GroupHandle {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("group")
    }
}

impl Object for GroupHandle {
    const KIND: &'static str = "group";
    const ABOUT: &'static str = "Strips that are handled together: what is set here is added to what each has of its own, and \
        each still goes its own way. Its methods give the group back.";

    fn receiver(&self) -> Option<Receiver> {
        Some(Receiver::Group(self.clone()))
    }

    fn members() -> &'static Members<Self> {
        static MEMBERS: Table<GroupHandle> = Table::new(|| Members { fields: Vec::new(), methods: group_methods() });
        &MEMBERS
    }
}

object!(GroupHandle, "group");

impl GroupHandle {
    fn set<'v>(&self, call: &Call<'v, '_>, change: impl FnOnce(&mut Group)) -> Value<'v> {
        change(&mut call.desk.mix.borrow_mut().groups[self.index]);
        call.give(self.clone())
    }
}

/// The function `group`.
pub(crate) fn group_function() -> Function {
    Function::new(
        "group",
        "Tracks and buses that are handled together, as with the VCA faders of a desk: `group(kick, snare).fader(db = -2)`. A \
         strip can be in several groups; all of their faders count.",
        [Param::new("strips", Takes::Strips, "Tracks and buses, or lists of them.").many()],
        "the group",
        Run::Free(|call| {
            let strips = call.strips("strips");
            if strips.is_empty() && !call.is_given("strips") {
                call.error(Place::Name, "a group needs a track or a bus", |d| d.hint("write group(kick, snare)"));
            }
            let mut mix = call.desk.mix.borrow_mut();
            let mut members: Vec<StripIndex> = strips.iter().map(Strip::index).collect();
            members.sort();
            members.dedup();
            mix.groups.push(Group { strips: members, fader_db: 0.0.into(), mute: false, solo: false });
            call.give(GroupHandle { index: mix.groups.len() - 1 })
        }),
    )
}

fn group_methods() -> Vec<Function> {
    let on = || Param::switch("on", "Whether it is so.").or(true);
    let gives = "the group";
    vec![
        Function::new(
            "fader",
            "Moves the faders of all of its strips.",
            [strips::db_param()],
            gives,
            Run::Group(|group, call| {
                followers::note(call, Follower::Group(group.index), "db");
                group.set(call, |g| g.fader_db = call.control("db"))
            }),
        ),
        Function::new(
            "mute",
            "Silences all of its strips.",
            [on()],
            gives,
            Run::Group(|group, call| group.set(call, |g| g.mute = call.switch("on"))),
        ),
        Function::new(
            "solo",
            "Makes all of its strips solo.",
            [on()],
            gives,
            Run::Group(|group, call| group.set(call, |g| g.solo = call.switch("on"))),
        ),
    ]
}

/// The methods of strips that lead elsewhere.
pub(crate) fn methods(gives: &'static str) -> [Function; 2] {
    let bus = || Param::new("bus", Takes::Bus, "The bus.");
    [
        Function::new(
            "send",
            "Sends a copy to a bus.",
            [
                bus(),
                strips::db_param().or(0.0),
                Param::switch("pre_fader", "Whether it is taken before the fader and the pan.").or(false),
            ],
            gives,
            Run::Strip(send),
        ),
        Function::new("output", "Sends it to a bus instead of the master.", [bus()], gives, Run::Strip(output)),
    ]
}

fn send<'v>(strip: &Strip, call: &Call<'v, '_>) -> Value<'v> {
    let Some(bus) = call.bus("bus") else { return strip.give(call.heap) };
    route(strip.index(), StripIndex::Bus(bus), Way::Send, call, &Place::Name);
    let number = strip.of(&mut call.desk.mix.borrow_mut()).sends.len();
    followers::note(call, Follower::Send(strip.index(), number), "db");
    let send = Send { bus, db: call.control("db"), pre_fader: call.switch("pre_fader") };
    strip.set(call, |s| s.sends.push(send))
}

fn output<'v>(strip: &Strip, call: &Call<'v, '_>) -> Value<'v> {
    let Some(bus) = call.bus("bus") else { return strip.give(call.heap) };
    // It has one output: the last one that is said.
    let from = strip.index();
    call.desk.mix.borrow_mut().routes.retain(|route| route.from != from || route.way != Way::Output);
    route(from, StripIndex::Bus(bus), Way::Output, call, &Place::Name);
    strip.set(call, |s| s.output = Some(bus))
}

/// Notes to whom a strip listens, by the names of these.
pub(crate) fn listen<'n>(strip: &Strip, call: &Call<'_, '_>, place: &Place, names: impl Iterator<Item = &'n str>) {
    for name in names {
        let from = call.desk.mix.borrow().named(name);
        if let Some(from) = from {
            route(from, strip.index(), Way::Ear, call, place);
        }
    }
}

/// Whether some insert of a strip listens to another strip.
pub(crate) fn listens(strip: &Strip, call: &Call<'_, '_>) -> bool {
    let mut mix = call.desk.mix.borrow_mut();
    strip.of(&mut mix).inserts.iter().any(|insert| insert.listens_to().next().is_some())
}

/// Notes a way of sound. One that leads back to where it starts is an error, with the whole circle.
fn route(from: StripIndex, to: StripIndex, way: Way, call: &Call<'_, '_>, place: &Place) {
    let span = call.span_of(place);
    let mut mix = call.desk.mix.borrow_mut();
    if let Some(path) = path(&mix, to, from, &mut Vec::new()) {
        let mut circle = vec![mix.name(from), mix.name(to)];
        circle.extend(path.iter().map(|route| mix.name(route.to)));
        let mut error = match circle.as_slice() {
            [one, other] if one == other && way == Way::Ear => {
                Diagnostic::error(format!("{one:?} cannot listen to itself"))
                    .at(span.clone())
                    .label("it hears its own sound without this")
            }
            circle => Diagnostic::error(format!("sound would go in a circle: {}", circle.join(" -> ")))
                .at(span.clone())
                .label("this closes the circle"),
        };
        for route in path {
            let (from, to) = (mix.name(route.from), mix.name(route.to));
            let why = match route.way {
                Way::Output | Way::Send => format!("{from:?} feeds {to:?}"),
                Way::Ear => format!("{to:?} listens to {from:?}"),
            };
            error = error.related(route.span.clone(), why);
        }
        let hint = match way {
            Way::Ear if from == to => "leave out `sidechain`, or take another track or bus",
            Way::Ear => "listen to the track itself, before it goes where this comes from; or take one of these away",
            _ => "sound can go through a bus once; send both to a third bus, or take one of these away",
        };
        call.desk.report(error.hint(hint));
    }
    mix.routes.push(Route { from, to, way, span });
}

/// The routes that lead from one strip to another.
fn path<'m>(mix: &'m Mix, from: StripIndex, to: StripIndex, seen: &mut Vec<StripIndex>) -> Option<Vec<&'m Route>> {
    if from == to {
        return Some(Vec::new());
    }
    seen.push(from);
    for route in mix.routes.iter().filter(|route| route.from == from) {
        if !seen.contains(&route.to)
            && let Some(mut rest) = path(mix, route.to, to, seen)
        {
            rest.insert(0, route);
            return Some(rest);
        }
    }
    None
}
