//! What is looked at when a script has come to its end; and the session itself.

use std::collections::BTreeSet;

use downbeat_engine::StripIndex;
use downbeat_engine::session::Session;
use downbeat_engine::time::Frames;

use crate::desk::{Desk, Way};
use crate::diagnostic::Diagnostic;
use crate::followers;

/// Checks the mix as a whole. The session is there when there was no error.
pub(crate) fn finish(desk: &Desk) -> Option<Session> {
    let rate = desk.rate();
    if !desk.has_errors() {
        // After an error somebody may not ask for options any more.
        desk.check_settings();
    }
    let mut mix = desk.mix.take();
    if mix.tracks.is_empty() && !desk.has_errors() {
        desk.report(
            Diagnostic::error("a mix needs at least one track")
                .hint("for example: drums = track(\"Drums\", audio(\"drums.wav\"))"),
        );
    }
    if desk.has_errors() {
        // What seems odd now may well follow from what is wrong.
        return None;
    }
    for track in &mix.tracks {
        if track.clip.is_none() && track.placed.is_empty() {
            desk.report(
                Diagnostic::warning(format!("the track {:?} is empty", track.name))
                    .at(desk.span(track.origin))
                    .label("there is nothing to hear on it")
                    .hint("give it a clip, track(name, audio(...)), or place clips on it"),
            );
        }
    }
    let fed: BTreeSet<StripIndex> =
        mix.routes.iter().filter(|route| route.way != Way::Ear).map(|route| route.to).collect();
    for (index, bus) in mix.buses.iter().enumerate() {
        if !fed.contains(&StripIndex::Bus(index)) {
            desk.report(
                Diagnostic::warning(format!("nothing is sent to the bus {:?}", bus.name))
                    .at(desk.span(bus.origin))
                    .label("it stays silent")
                    .hint("send something to it: track.send(bus, db = -12), or track.output(bus)"),
            );
        }
        if bus.strip.mute {
            for route in mix.routes.iter().filter(|route| route.to == StripIndex::Bus(index) && route.way != Way::Ear) {
                let from = match route.from {
                    StripIndex::Bus(from) if mix.buses[from].strip.mute => continue,
                    StripIndex::Track(from) if mix.tracks[from].strip.mute => continue,
                    StripIndex::Bus(from) => format!("bus {:?}", mix.buses[from].name),
                    from => format!("track {:?}", mix.name(from)),
                };
                desk.report(
                    Diagnostic::warning(format!("{from} goes to the bus {:?}, which is muted", bus.name))
                        .at(route.span.clone())
                        .label("nobody hears this")
                        .related(desk.span(bus.origin), "the bus"),
                );
            }
        }
    }
    let song = mix.tempo.as_ref().map(|tempo| &tempo.song);
    let bars = song.iter().flat_map(|song| song.downbeats()).map(|downbeat| downbeat.frame(rate)).collect();
    let beats = song.iter().flat_map(|song| song.beats()).map(|beat| beat.frame(rate)).collect();
    let length = mix.length.take().map(|length| Frames(length.frame(rate).max(0) as u64));
    let session = Session {
        rate,
        length,
        bars,
        beats,
        tracks: mix.tracks,
        buses: mix.buses,
        master: mix.master,
        groups: mix.groups,
        loudness: mix.loudness,
        expectations: mix.expectations,
    };
    if let Some(error) = followers::circle(&session, &mix.followers, &mix.routes) {
        desk.report(error);
        return None;
    }
    warn_of_solo(desk, &session);
    Some(session)
}

/// Says which tracks are silent because others are solo.
fn warn_of_solo(desk: &Desk, session: &Session) {
    let is_solo = |index: &StripIndex| session.strip(*index).solo || session.groups_of(*index).any(|group| group.solo);
    let solo: Vec<StripIndex> = session.strips().filter(is_solo).collect();
    let heard = session.heard();
    let is_silent = |index: &StripIndex| {
        let mute = session.strip(*index).mute || session.groups_of(*index).any(|group| group.mute);
        matches!(index, StripIndex::Track(_)) && !mute && !heard.contains(index)
    };
    let silent = session.strips().filter(is_silent).count();
    if let (Some(first), true) = (solo.first(), silent > 0) {
        let others = if silent == 1 { "one track is".to_string() } else { format!("{silent} tracks are") };
        let names: Vec<&str> = solo.iter().map(|index| session.name(*index)).collect();
        let origin = match first {
            StripIndex::Track(track) => session.tracks[*track].origin,
            StripIndex::Bus(bus) => session.buses[*bus].origin,
            StripIndex::Master => Default::default(),
        };
        desk.report(
            Diagnostic::warning(format!("{others} silent because {} is solo", names.join(", ")))
                .at(desk.span(origin))
                .label("solo"),
        );
    }
}
