//! Faders, pans and sends that follow the level of a strip: where they stand, to point at when they make a circle. Whether they
//! do is known at the end alone, as an output and the strips of a group can still change.

use std::collections::BTreeMap;

use downbeat_dsp::Control;
use downbeat_engine::StripIndex;
use downbeat_engine::session::{Position, Session};

use crate::call::Call;
use crate::desk::{Route, Way};
use crate::diagnostic::Diagnostic;
use crate::source::Span;

/// Whose number follows a level.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub(crate) enum Follower {
    Fader(StripIndex),
    Pan(StripIndex),
    /// A send of a strip, by its index among those of the strip.
    Send(StripIndex, usize),
    /// The fader of a group, by its index.
    Group(usize),
}

/// Where the numbers stand that follow a level.
pub(crate) type Followers = BTreeMap<Follower, Option<Span>>;

/// Notes where a number was set, if it follows a level: the last one that is set counts.
pub(crate) fn note(call: &Call<'_, '_>, follower: Follower, param: &str) {
    let follows = call.control(param).listens_to().is_some();
    let span = if follows { call.span_of(&call.place(param)) } else { None };
    let followers = &mut call.desk.mix.borrow_mut().followers;
    if follows {
        followers.insert(follower, span);
    } else {
        followers.remove(&follower);
    }
}

/// The error of a session in which sound goes in a circle, if it does.
pub(crate) fn circle(session: &Session, followers: &Followers, routes: &[Route]) -> Option<Diagnostic> {
    if followers.is_empty() {
        // All other circles are seen where they are closed.
        return None;
    }
    let circle = session.circle()?;
    let names: Vec<&str> = circle.iter().map(|index| session.name(*index)).collect();
    let mut error = Diagnostic::error(format!("sound would go in a circle: {}", names.join(" -> ")));
    for way in circle.windows(2) {
        let (from, to) = (way[0], way[1]);
        let [from_name, to_name] = [from, to].map(|index| session.name(index));
        if let Some(route) = routes.iter().find(|route| (route.from, route.to) == (from, to)) {
            let why = match route.way {
                Way::Output | Way::Send => format!("{from_name:?} feeds {to_name:?}"),
                Way::Ear => format!("{to_name:?} listens to {from_name:?}"),
            };
            error = error.related(route.span.clone(), why);
        } else if let Some((_, span)) = followers.iter().find(|(follower, _)| follower.leads(session, from, to)) {
            let why = format!("what goes to {to_name:?} follows {from_name:?} here");
            error =
                if error.span.is_none() { error.at(span.clone()).label(why) } else { error.related(span.clone(), why) };
        }
    }
    Some(error.hint("follow a strip that this does not go to, such as the track itself; or take one of these away"))
}

impl Follower {
    /// Whether it follows a strip, in what it lets through to another one.
    fn leads(self, session: &Session, from: StripIndex, to: StripIndex) -> bool {
        let follows = |control: &Control| control.listens_to() == Some(session.name(from));
        let goes = |strip: StripIndex| {
            let sends = session.strip(strip).sends.iter().filter(|send| !send.pre_fader);
            let output = session.strip(strip).output.map(StripIndex::Bus);
            output == Some(to) || sends.into_iter().any(|send| StripIndex::Bus(send.bus) == to)
        };
        match self {
            Follower::Fader(strip) => follows(&session.strip(strip).fader_db) && goes(strip),
            Follower::Pan(strip) => {
                matches!(&session.strip(strip).position, Position::Pan(pan) if follows(pan)) && goes(strip)
            }
            Follower::Send(strip, index) => {
                let send = session.strip(strip).sends.get(index);
                send.is_some_and(|send| follows(&send.db) && StripIndex::Bus(send.bus) == to)
            }
            Follower::Group(index) => {
                let group = session.groups.get(index);
                group.is_some_and(|group| follows(&group.fader_db) && group.strips.iter().any(|strip| goes(*strip)))
            }
        }
    }
}
