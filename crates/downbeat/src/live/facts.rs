//! What is known of a mix, as JSON: for the page, and for programs.

use std::ops::Range;

use downbeat_dsp::Control;
use downbeat_engine::session::{Chain, Join, Segment, Track};
use downbeat_engine::{Session, StripIndex};
use downbeat_script::{Diagnostic, Severity, Sources};
use serde_json::{Value, json};

use super::changes::Changes;
use super::published::Published;
use super::samples::PAGE;
use super::script::{Reading, Script};

/// What is known before there is any sound.
pub fn nothing(script: &Script) -> Value {
    json!({
        "take": 0,
        "title": script.title(),
        "script": script.name(),
        "rate": 48_000,
        "frames": 0,
        "page": PAGE,
        "bars": [],
        "beats": [],
        "rendered": false,
        "strips": [],
        "changed": [],
        "desk": { "solo": [], "mute": [] },
        "desk_number": 0,
        "loudness": { "mix": null, "raw": null },
        "diagnostics": [],
        "error": null,
    })
}

/// All that is known of a take.
pub fn mix(script: &Script, reading: &Reading, published: &Published, changes: &Changes, is_rendered: bool) -> Value {
    let Published { session, desk: (desk_number, desk), heard, .. } = published;
    let sources = &reading.evaluation.sources;
    let shown: Vec<_> = session.strips().zip(heard.strips()).collect();
    let strips = shown.iter().enumerate().map(|(id, (index, live))| {
        let strip = session.strip(*index);
        let (kind, origin) = match *index {
            StripIndex::Track(track) => ("track", Some(session.tracks[track].origin)),
            StripIndex::Bus(bus) => ("bus", Some(session.buses[bus].origin)),
            StripIndex::Master => ("master", None),
        };
        let span = origin.and_then(|origin| sources.span(origin)).filter(|span| *span.file == *script.path());
        let segments = match *index {
            StripIndex::Track(track) => segments(session, &session.tracks[track], heard.frames()),
            _ => Vec::new(),
        };
        json!({
            "id": id,
            "kind": kind,
            "name": session.name(*index),
            "heard": live.is_heard,
            "channels": live.format.channels.count(),
            "line": span.map(|span| sources.position(span).0),
            "inserts": strip.inserts.iter().map(ToString::to_string).collect::<Vec<_>>(),
            "fader": decibels(&strip.fader_db),
            "segments": segments,
            "changed": ranges(changes.of(*index)),
        })
    });
    let strips: Vec<Value> = strips.collect();
    let ids = |is: &dyn Fn(StripIndex) -> bool| -> Vec<usize> {
        shown.iter().enumerate().filter(|(_, (index, _))| is(*index)).map(|(id, _)| id).collect()
    };
    let frames = |moments: &[downbeat_engine::time::Frames]| moments.iter().map(|moment| moment.0).collect::<Vec<_>>();
    json!({
        "take": published.number,
        "title": script.title(),
        "script": script.name(),
        "rate": heard.rate(),
        "frames": heard.frames(),
        "page": PAGE,
        "bars": frames(&session.bars),
        "beats": frames(&session.beats),
        "rendered": is_rendered,
        "strips": strips,
        "changed": ranges(&changes.mix),
        "desk": {
            "solo": ids(&|index| desk.is_solo(session, index)),
            "mute": ids(&|index| desk.is_muted(session, index)),
        },
        "desk_number": desk_number,
        "loudness": { "mix": null, "raw": null },
        "diagnostics": diagnostics(&reading.evaluation.diagnostics, sources),
        "error": null,
    })
}

/// What there is to say about a script.
pub fn diagnostics(diagnostics: &[Diagnostic], sources: &Sources) -> Vec<Value> {
    let row = |diagnostic: &Diagnostic| {
        let place = diagnostic.span.as_ref().map(|span| (span, sources.position(span)));
        json!({
            "severity": match diagnostic.severity { Severity::Error => "error", Severity::Warning => "warning" },
            "message": diagnostic.message,
            "file": place.map(|(span, _)| span.file.to_string()),
            "line": place.map(|(_, (line, _))| line),
            "column": place.map(|(_, (_, column))| column),
            "hints": diagnostic.hints,
            "text": diagnostic.render(sources),
        })
    };
    diagnostics.iter().map(row).collect()
}

/// Pairs of the first frame and the one after the last.
fn ranges(ranges: &[Range<u64>]) -> Vec<[u64; 2]> {
    ranges.iter().map(|range| [range.start, range.end]).collect()
}

/// A level as it is read: `-6 dB`, or how it moves.
fn decibels(control: &Control) -> String {
    match control {
        Control::Still(db) => format!("{db} dB"),
        Control::Moving(automation) => automation.to_string(),
    }
}

/// The stretches of a track: its segments, or the whole clip, or what is placed on it.
fn segments(session: &Session, track: &Track, frames: u64) -> Vec<Value> {
    let rate = session.rate;
    let stretch = |start: i64, end: i64, bar: Option<usize>, chain: &Chain, mute: bool| {
        let (start, end) = (start.clamp(0, frames as i64), end.clamp(0, frames as i64));
        let chain = chain.iter().map(ToString::to_string).collect::<Vec<_>>().join(", ");
        (start < end).then(|| json!({ "start": start, "end": end, "bar": bar, "chain": chain, "mute": mute }))
    };
    match (&track.clip, &track.cut) {
        (Some(clip), Some(cut)) => {
            let start = |(index, segment): (usize, &Segment)| match cut.join {
                Join::Crossfade(_) => segment.start.0 as i64,
                Join::Pull(fade) => segment.start.0 as i64 - (fade.0 * index as u64) as i64,
            };
            let pulled = match cut.join {
                Join::Crossfade(_) => 0,
                Join::Pull(fade) => (fade.0 * (cut.segments.len() as u64).saturating_sub(1)) as i64,
            };
            let starts: Vec<i64> = cut.segments.iter().enumerate().map(start).collect();
            let ends = starts.iter().skip(1).copied().chain([clip.frames(rate) as i64 - pulled]);
            let all = cut.segments.iter().zip(&starts).zip(ends);
            all.filter_map(|((segment, &start), end)| {
                let bar = session.bars.binary_search(&segment.start).ok().map(|bar| bar + 1);
                stretch(start, end, bar, &segment.chain, segment.mute)
            })
            .collect()
        }
        (Some(clip), None) => stretch(0, clip.frames(rate) as i64, None, &clip.chain, false).into_iter().collect(),
        (None, _) => {
            let placed = track.placed.iter().filter_map(|placed| {
                stretch(placed.at, placed.at + placed.clip.frames(rate) as i64, None, &placed.clip.chain, false)
            });
            placed.collect()
        }
    }
}
