//! What is looked at when a script has come to its end; and the session itself.

use std::collections::BTreeSet;

use downbeat_engine::session::Session;
use downbeat_engine::time::Frames;

use crate::desk::Desk;
use crate::diagnostic::Diagnostic;
use crate::strips::Strip;

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
    let soloed: Vec<&str> =
        mix.tracks.iter().filter(|track| track.strip.solo).map(|track| track.name.as_str()).collect();
    if let Some(first) = mix.tracks.iter().find(|track| track.strip.solo) {
        let rest = mix.tracks.len() - soloed.len();
        if rest > 0 {
            let others = if rest == 1 { "one track is".to_string() } else { format!("{rest} tracks are") };
            desk.report(
                Diagnostic::warning(format!("{others} silent because {} is solo", soloed.join(", ")))
                    .at(desk.span(first.origin))
                    .label("solo"),
            );
        }
    }
    let fed: BTreeSet<usize> = mix.routes.iter().map(|route| route.to).collect();
    for (index, bus) in mix.buses.iter().enumerate() {
        if !fed.contains(&index) {
            desk.report(
                Diagnostic::warning(format!("nothing is sent to the bus {:?}", bus.name))
                    .at(desk.span(bus.origin))
                    .label("it stays silent")
                    .hint("send something to it: track.send(bus, db = -12), or track.output(bus)"),
            );
        }
        if bus.strip.mute {
            for route in mix.routes.iter().filter(|route| route.to == index) {
                let from = match &route.from {
                    Strip::Bus(from) if mix.buses[from.index].strip.mute => continue,
                    Strip::Track(from) if mix.tracks[from.index].strip.mute => continue,
                    from => from.to_string(),
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
    let bars = mix.tempo.iter().flat_map(|tempo| tempo.song.downbeats()).map(|downbeat| downbeat.frame(rate)).collect();
    let length = mix.length.take().map(|length| Frames(length.frame(rate).max(0) as u64));
    Some(Session {
        rate,
        length,
        bars,
        tracks: mix.tracks,
        buses: mix.buses,
        master: mix.master,
        expectations: mix.expectations,
    })
}
