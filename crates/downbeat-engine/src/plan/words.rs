//! Sources and chains as they are written in a script, for the words of a plan.

use std::fmt;

use crate::session::{Chain, Join, Segment, Source, Step};

pub(crate) fn segment_text(segment: &Segment) -> String {
    if segment.mute { "mute".to_string() } else { chain_text(&segment.chain) }
}

fn chain_text(chain: &Chain) -> String {
    chain.iter().map(Step::to_string).collect::<Vec<_>>().join(", ")
}

impl fmt::Display for Step {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Step::Insert(settings) => write!(f, "{settings}"),
            Step::Parallel { paths, dry } => {
                let paths = paths.iter().map(chain_text).collect::<Vec<_>>().join(" | ");
                write!(f, "parallel({paths}{})", if *dry { "" } else { ", dry = False" })
            }
        }
    }
}

impl fmt::Display for Source {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Source::Recording(recording) => write!(f, "audio({:?})", recording.path),
            Source::Tone { wave, freq_hz, .. } => write!(f, "tone({wave}, {freq_hz})"),
            Source::Sweep { from_hz, to_hz, .. } => write!(f, "sweep({from_hz}, {to_hz})"),
            Source::Part { notes, wave, .. } => write!(f, "synth({} notes, {wave})", notes.len()),
            Source::Played { performance, instrument } => {
                write!(f, "play({} notes, {instrument})", performance.notes.len())
            }
            Source::Resynthesis { notes, wave } => write!(f, "resynth({} notes, {wave})", notes.len()),
        }
    }
}

impl fmt::Display for Join {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Join::Crossfade(fade) => write!(f, "crossfade of {} frames", fade.0),
            Join::Pull(fade) => write!(f, "pulled by {} frames", fade.0),
        }
    }
}
