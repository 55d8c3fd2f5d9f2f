//! The listener's desk: solo and mute that are nobody's business but the listener's, on top of what the script says.

use std::collections::BTreeSet;

use downbeat_engine::{Session, StripIndex};

/// What is soloed and muted, by the names of tracks and buses, so that it outlives an edit that moves them.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Desk {
    solo: BTreeSet<String>,
    mute: BTreeSet<String>,
}

impl Desk {
    /// Tracks and buses by their names.
    pub fn new<'a>(solo: impl IntoIterator<Item = &'a str>, mute: impl IntoIterator<Item = &'a str>) -> Self {
        let set = |name: &str| name.to_string();
        Desk { solo: solo.into_iter().map(set).collect(), mute: mute.into_iter().map(set).collect() }
    }

    /// Whether a strip is solo here.
    pub fn is_solo(&self, session: &Session, index: StripIndex) -> bool {
        index != StripIndex::Master && self.solo.contains(session.name(index))
    }

    /// Whether a strip is muted here.
    pub fn is_muted(&self, session: &Session, index: StripIndex) -> bool {
        index != StripIndex::Master && self.mute.contains(session.name(index))
    }

    /// The session as it is heard; none when that is the session itself.
    pub fn applied_to(&self, session: &Session) -> Option<Session> {
        let touched = |index: &StripIndex| self.is_solo(session, *index) || self.is_muted(session, *index);
        session.strips().any(|index| touched(&index)).then(|| {
            let mut heard = session.clone();
            for index in session.strips() {
                let strip = match index {
                    StripIndex::Track(track) => &mut heard.tracks[track].strip,
                    StripIndex::Bus(bus) => &mut heard.buses[bus].strip,
                    StripIndex::Master => continue,
                };
                strip.solo |= self.is_solo(session, index);
                strip.mute |= self.is_muted(session, index);
            }
            heard
        })
    }
}

#[cfg(test)]
mod tests {
    use downbeat_engine::session::{Bus, Origin, Strip, Track};

    use super::*;

    fn session(names: &[&str]) -> Session {
        let track = |name: &&str| Track {
            name: name.to_string(),
            clip: None,
            cut: None,
            placed: Vec::new(),
            strip: Strip::default(),
            origin: Origin::default(),
        };
        let bus = Bus { name: "Room".into(), strip: Strip::default(), origin: Origin::default() };
        Session { tracks: names.iter().map(track).collect(), buses: vec![bus], ..Session::new(48_000) }
    }

    #[test]
    fn solo_and_mute_come_on_top_of_the_script() {
        let mut session = session(&["Drums", "Bass"]);
        session.tracks[1].strip.mute = true;
        assert_eq!(Desk::default().applied_to(&session), None);
        let heard = Desk::new(["Drums"], ["Room"]).applied_to(&session).unwrap();
        let flags = |strip: &Strip| (strip.solo, strip.mute);
        assert_eq!(flags(&heard.tracks[0].strip), (true, false));
        assert_eq!(flags(&heard.tracks[1].strip), (false, true), "the script's");
        assert_eq!(flags(&heard.buses[0].strip), (false, true));
    }

    #[test]
    fn it_follows_names_and_waits_for_those_that_are_gone() {
        let desk = Desk::new(["Bass"], []);
        let moved = session(&["Bass", "Drums"]);
        assert!(desk.applied_to(&moved).unwrap().tracks[0].strip.solo);
        assert_eq!(desk.applied_to(&session(&["Drums"])), None);
        assert!(!desk.is_solo(&moved, StripIndex::Master));
        assert!(!Desk::new(["Master"], []).is_solo(&moved, StripIndex::Master));
    }
}
