//! What a track plays, and the inserts that need nothing but that.

use std::collections::BTreeMap;
use std::sync::Arc;

use downbeat_dsp::{Channels, Format, Measured, Processor, Settings, Stream, ratio};

use super::Job;
use super::keys::{clip_key, insert_key, segment_key};
use super::words::chain_text;
use crate::key::{Key, KeyMaker};
use crate::render::{Piece, RenderError, pieces};
use crate::session::{Clip, Step, Track};

/// A track as far as it depends on nobody else.
pub(crate) struct Lane {
    pub(crate) format: Format,
    /// The length of what it plays, before its inserts.
    pub(crate) frames: u64,
    pub(crate) clip: Option<Arc<Clip>>,
    pub(crate) pieces: Option<Arc<[Piece]>>,
    pub(crate) placed: Vec<PlacedPlan>,
    pub(crate) inserts: Vec<Insert>,
}

/// A clip at a time of its own.
pub(crate) struct PlacedPlan {
    pub(crate) clip: Arc<Clip>,
    /// The clip's key.
    pub(crate) key: Key,
    pub(crate) at: i64,
    pub(crate) gain: f32,
}

/// What can stand on a track.
#[derive(Clone)]
pub(crate) enum Insert {
    Stream(Arc<dyn Stream>),
    Measured(Arc<dyn Measured>),
}

impl Lane {
    /// Where the track has rung out.
    pub(crate) fn end(&self) -> u64 {
        self.inserts.iter().fold(self.frames, |end, insert| match insert {
            Insert::Stream(effect) => end + effect.tail(self.format) as u64,
            Insert::Measured(_) => end,
        })
    }
}

/// Makes the plan of a track. Also gives the key of its sound, and the inserts that listen to other strips, with all after
/// them: these work when the others are there.
pub(super) fn lane<'t>(
    track: &'t Track,
    rate: u32,
    jobs: &mut Vec<Job>,
) -> Result<(Lane, Key, &'t [Settings]), RenderError> {
    let mut job = |what: String, key: Key| {
        jobs.push(Job { what: format!("{}: {what}", track.name), key });
        key
    };
    let mut format = Format::mono(rate);
    let mut frames = 0;
    let mut cut_pieces = None;
    let mut key = KeyMaker::new("silence").finish();
    if let Some(clip) = &track.clip {
        format = clip.format(rate);
        frames = clip.frames(rate);
        key = job(format!("clip {}", clip.source), clip_key(clip, rate));
        if let Some(cut) = &track.cut {
            let laid = pieces(cut, frames);
            frames = laid.iter().map(|piece| piece.end(format).max(0) as u64).max().unwrap_or(0);
            let mut joined = KeyMaker::new("join");
            for (number, segment) in cut.segments.iter().enumerate() {
                let segment_key = segment_key(key, cut, number);
                if segment.chain.is_empty() && !segment.mute {
                    joined.key(segment_key);
                } else {
                    let what = if segment.mute { "mute".to_string() } else { chain_text(&segment.chain) };
                    joined.key(job(format!("segment {number}: {what}"), segment_key));
                }
            }
            key = job(format!("join {} segments, {}", cut.segments.len(), cut.join), joined.finish());
            if cut.segments.iter().flat_map(|segment| &segment.chain).any(Step::spreads) {
                format = Format::stereo(rate);
            }
            cut_pieces = Some(laid.into());
        }
    }
    // Many places often have one clip.
    let mut known: BTreeMap<*const Clip, (Key, u64)> = BTreeMap::new();
    let mut placed = Vec::with_capacity(track.placed.len());
    for place in &track.placed {
        let clip = &place.clip;
        if clip.format(rate).channels == Channels::Stereo {
            format = Format::stereo(rate);
        }
        let (clip_key, length) =
            *known.entry(Arc::as_ptr(clip)).or_insert_with(|| (clip_key(clip, rate), clip.frames(rate)));
        frames = frames.max(u64::try_from(place.at + length as i64).unwrap_or(0));
        let made = KeyMaker::new("place").key(key).key(clip_key).number(place.at as u64).real(place.gain_db).finish();
        key = job(format!("place {} at frame {}", clip.source, place.at), made);
        placed.push(PlacedPlan { clip: clip.clone(), key: clip_key, at: place.at, gain: ratio(place.gain_db) as f32 });
    }
    let all = &track.strip.inserts;
    let alone = all.iter().position(|settings| settings.listens_to().next().is_some()).unwrap_or(all.len());
    let (own, late) = all.split_at(alone);
    let mut inserts = Vec::new();
    for settings in own {
        inserts.push(match settings.made() {
            Processor::Stream(effect) => {
                if effect.spreads() {
                    format = Format::stereo(rate);
                }
                Insert::Stream(effect.clone())
            }
            Processor::Measured(effect) => Insert::Measured(effect.clone()),
            Processor::Clip(_) => return Err(RenderError::NeedsClip { effect: settings.to_string() }),
        });
        key = job(format!("insert {settings}"), insert_key(key, settings));
    }
    let lane = Lane { format, frames, clip: track.clip.clone(), pieces: cut_pieces, placed, inserts };
    Ok((lane, key, late))
}
