//! A track in motion: its feed is opened at the first page.

use std::sync::Arc;

use downbeat_dsp::{Audio, Processor, Settings, Stream};

use super::RenderError;
use super::clip::Shelf;
use super::feed::{Body, Feed, Gained, Inserted, Material, PlacedClip, PlacedClips};
use super::join::Joiner;
use crate::plan::Lane;

pub(crate) struct LaneRun {
    lane: Arc<Lane>,
    shelf: Shelf,
    /// The length of the mix: what comes after is not heard, and not measured.
    until: u64,
    feed: Option<Box<dyn Feed>>,
}

impl LaneRun {
    pub(crate) fn new(lane: Arc<Lane>, shelf: Shelf, until: u64) -> Self {
        LaneRun { lane, shelf, until, feed: None }
    }

    /// Whether the first page takes much longer than the others, because all of the sound has to be made for it.
    pub(crate) fn starts_slowly(&self) -> bool {
        let whole = self.lane.clip.as_ref().is_some_and(|clip| !clip.chain.is_empty());
        whole || self.lane.inserts.iter().any(|insert| matches!(insert.made(), Processor::Measured(_)))
    }

    /// Fills the next page.
    pub(crate) fn fill(&mut self, page: &mut Audio) -> Result<(), RenderError> {
        let feed = match &mut self.feed {
            Some(feed) => feed,
            None => self.feed.insert(open(&self.lane, &self.shelf, self.until, self.lane.inserts.len())?),
        };
        feed.fill(&mut page.block())
    }
}

/// Opens what a track sounds like after its first `count` inserts.
fn open(lane: &Arc<Lane>, shelf: &Shelf, until: u64, count: usize) -> Result<Box<dyn Feed>, RenderError> {
    let Some((last, before)) = lane.inserts[..count].split_last() else { return material(lane, shelf) };
    if let Processor::Measured(effect) = last.made() {
        let (again, shelf) = (lane.clone(), shelf.clone());
        let opener = Box::new(move || open(&again, &shelf, until, count - 1));
        return Ok(Box::new(Gained::new(opener, effect.clone(), lane.format, lane.end().min(until))));
    }
    let first = count - 1 - before.iter().rev().take_while(|insert| stream(insert).is_some()).count();
    let effects: Vec<_> = lane.inserts[first..count].iter().filter_map(stream).collect();
    Ok(Box::new(Inserted::new(open(lane, shelf, until, first)?, lane.format, &effects)))
}

/// The effect of an insert that streams.
pub(crate) fn stream(insert: &Settings) -> Option<Arc<dyn Stream>> {
    if let Processor::Stream(effect) = insert.made() { Some(effect.clone()) } else { None }
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
