//! A track in motion: its feed is opened at the first page, and every page is measured and listened to.

use std::sync::Arc;

use downbeat_dsp::{Audio, Meter};

use super::clip::Shelf;
use super::feed::{Body, Feed, Gained, Inserted, Material, PlacedClip, PlacedClips};
use super::join::Joiner;
use super::{Range, RenderError, StripReport, Tap};
use crate::plan::{Insert, Lane};

pub(crate) struct LaneRun<'a> {
    lane: Arc<Lane>,
    shelf: Shelf,
    /// The length of the mix: what comes after is not heard, and not measured.
    until: u64,
    tap: Option<Box<dyn Tap + 'a>>,
    feed: Option<Box<dyn Feed>>,
    meter: Meter,
}

impl<'a> LaneRun<'a> {
    pub(crate) fn new(lane: Arc<Lane>, shelf: Shelf, until: u64, tap: Option<Box<dyn Tap + 'a>>) -> Self {
        let meter = Meter::new(lane.format);
        LaneRun { lane, shelf, until, tap, feed: None, meter }
    }

    /// Whether the first page takes much longer than the others, because all of the sound has to be made for it.
    pub(crate) fn starts_slowly(&self) -> bool {
        let whole = self.lane.clip.as_ref().is_some_and(|clip| !clip.chain.is_empty());
        whole || self.lane.inserts.iter().any(|insert| matches!(insert, Insert::Measured(_)))
    }

    /// Makes the next page, which starts at the frame `start`, in place of an old one if there is one.
    pub(crate) fn page(
        &mut self,
        start: i64,
        frames: usize,
        old: Option<Audio>,
        range: Range,
    ) -> Result<Audio, RenderError> {
        let mut page = old.unwrap_or_else(|| Audio::silence(self.lane.format, frames));
        page.resize(frames);
        let feed = match &mut self.feed {
            Some(feed) => feed,
            None => self.feed.insert(open(&self.lane, &self.shelf, self.until, self.lane.inserts.len())?),
        };
        feed.fill(&mut page.block())?;
        if let Some(part) = range.part(&page, start) {
            self.meter.measure(&part);
            self.tap.as_mut().map_or(Ok(()), |tap| tap.page(&part)).map_err(RenderError::Tap)?;
        }
        Ok(page)
    }

    /// What was measured in the range.
    pub(crate) fn report(&self, range: Range) -> StripReport {
        StripReport {
            index: self.lane.track,
            name: self.lane.name.clone(),
            levels: self.meter.levels(),
            frames: range.frames_until(self.lane.end()),
        }
    }
}

/// Opens what a track sounds like after its first `count` inserts.
fn open(lane: &Arc<Lane>, shelf: &Shelf, until: u64, count: usize) -> Result<Box<dyn Feed>, RenderError> {
    let Some((last, before)) = lane.inserts[..count].split_last() else { return material(lane, shelf) };
    match last {
        Insert::Measured(effect) => {
            let (again, shelf) = (lane.clone(), shelf.clone());
            let opener = Box::new(move || open(&again, &shelf, until, count - 1));
            Ok(Box::new(Gained::new(opener, effect.clone(), lane.format, lane.end().min(until))))
        }
        Insert::Stream(_) => {
            let streaming = |insert: &&Insert| matches!(insert, Insert::Stream(_));
            let first = count - 1 - before.iter().rev().take_while(streaming).count();
            let effects: Vec<_> = lane.inserts[first..count]
                .iter()
                .filter_map(|insert| if let Insert::Stream(effect) = insert { Some(effect.clone()) } else { None })
                .collect();
            Ok(Box::new(Inserted::new(open(lane, shelf, until, first)?, lane.format, &effects)))
        }
    }
}

/// Opens what a track plays.
fn material(lane: &Lane, shelf: &Shelf) -> Result<Box<dyn Feed>, RenderError> {
    let body = match (&lane.clip, &lane.pieces) {
        (None, _) => Body::Nothing,
        (Some(clip), None) => Body::Whole(shelf.open(clip)?),
        (Some(clip), Some(pieces)) => {
            Body::Cut(Joiner::new(shelf.open(clip)?, clip.format(shelf.rate), pieces.clone()))
        }
    };
    // Segments are added to as many channels as there are.
    let is_whole = matches!(body, Body::Whole(_));
    let spread = is_whole && lane.clip.as_ref().is_some_and(|clip| clip.format(shelf.rate) != lane.format);
    let mut placed = Vec::with_capacity(lane.placed.len());
    for clip in &lane.placed {
        placed.push(PlacedClip { audio: shelf.make(&clip.clip, clip.key)?, at: clip.at, gain: clip.gain });
    }
    Ok(Box::new(Material { body, spread, placed: PlacedClips::new(placed) }))
}
