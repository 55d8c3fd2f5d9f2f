//! What a track plays, and the inserts that need nothing but that.

use std::collections::BTreeMap;
use std::sync::Arc;

use downbeat_dsp::{Channels, Format, Processor, Settings, ratio};

use super::Job;
use super::keys::{clip_key, insert_key};
use super::words::segment_text;
use crate::key::{Key, KeyMaker};
use crate::render::{Piece, RenderError, pieces};
use crate::session::{Clip, Step, Track};

/// A track as far as it depends on nobody else.
pub(crate) struct Lane {
    pub(crate) format: Format,
    /// The length of what it plays, before its inserts.
    pub(crate) frames: u64,
    pub(crate) clip: Option<Arc<Clip>>,
    /// The clip's key.
    pub(crate) clip_key: Key,
    pub(crate) pieces: Option<Arc<[Piece]>>,
    pub(crate) placed: Vec<PlacedPlan>,
    /// What streams or is measured first.
    pub(crate) inserts: Vec<Settings>,
    /// What there is to do, one after the other.
    pub(crate) jobs: Vec<Job>,
    /// The key of its sound.
    pub(crate) key: Key,
}

/// A clip at a time of its own.
pub(crate) struct PlacedPlan {
    pub(crate) clip: Arc<Clip>,
    /// The clip's key.
    pub(crate) key: Key,
    pub(crate) at: i64,
    /// Its length.
    pub(crate) frames: u64,
    pub(crate) gain: f32,
}

impl Lane {
    /// Where the track has rung out.
    pub(crate) fn end(&self) -> u64 {
        let sounding = |end, insert: &Settings| insert.made().frames(self.format, end as usize) as u64;
        self.inserts.iter().fold(self.frames, sounding)
    }
}

/// The inserts of a track that need nothing but the track, and those that listen to other strips with all after them:
/// these work when the others are there.
pub(super) fn own_and_late(track: &Track) -> (&[Settings], &[Settings]) {
    let all = &track.strip.inserts;
    all.split_at(all.iter().position(|settings| settings.listens_to().next().is_some()).unwrap_or(all.len()))
}

/// Makes the plan of a track, as far as it needs nothing but the track.
pub(super) fn lane(track: &Track, rate: u32) -> Result<Lane, RenderError> {
    let mut jobs = Vec::new();
    let mut job = |what: String, key: Key| {
        jobs.push(Job { what: format!("{}: {what}", track.name), key });
        key
    };
    let mut format = Format::mono(rate);
    let mut frames = 0;
    let mut cut_pieces = None;
    let mut key = KeyMaker::new("silence").finish();
    let mut own_clip_key = key;
    if let Some(clip) = &track.clip {
        format = clip.format(rate);
        frames = clip.frames(rate);
        own_clip_key = clip_key(clip, rate);
        key = job(format!("clip {}", clip.source), own_clip_key);
        if let Some(cut) = &track.cut {
            let laid = pieces(cut, frames, key);
            frames = laid.iter().map(|piece| piece.end(format).max(0) as u64).max().unwrap_or(0);
            let mut joined = KeyMaker::new("join");
            for (number, (segment, piece)) in cut.segments.iter().zip(&laid).enumerate() {
                joined.key(piece.key).number(piece.out as u64);
                if segment.mute || !segment.chain.is_empty() {
                    job(format!("segment {number}: {}", segment_text(segment)), piece.key);
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
        let gain = ratio(place.gain_db) as f32;
        placed.push(PlacedPlan { clip: clip.clone(), key: clip_key, at: place.at, frames: length, gain });
    }
    let (inserts, _) = own_and_late(track);
    for settings in inserts {
        match settings.made() {
            Processor::Stream(effect) if effect.spreads() => format = Format::stereo(rate),
            Processor::Stream(_) | Processor::Measured(_) => {}
            Processor::Clip(_) => return Err(RenderError::NeedsClip { effect: settings.to_string() }),
        }
        key = job(format!("insert {settings}"), insert_key(key, settings));
    }
    Ok(Lane {
        format,
        frames,
        clip: track.clip.clone(),
        clip_key: own_clip_key,
        pieces: cut_pieces,
        placed,
        inserts: inserts.to_vec(),
        jobs,
        key,
    })
}
