//! What a track plays, at any page of it: the clip, cut or not, and the clips placed on it.

use std::ops::Range;
use std::sync::Arc;

use downbeat_dsp::{Audio, Block};
use rayon::prelude::*;

use super::store::Store;
use crate::chain;
use crate::key::{Key, KeyMaker};
use crate::plan::{Lane, PlacedPlan};
use crate::render::{Piece, RenderError, Shelf};
use crate::session::Clip;

/// What a track plays before its inserts, page by page.
pub(super) struct Material {
    pub(super) lane: Arc<Lane>,
    page: usize,
    /// Of each page, the pieces of the cut clip that sound in it, in the order in which they are added.
    pieces: Vec<Vec<u32>>,
    /// Of each page, the clips placed on the track, in the order in which they are added.
    placed: Vec<Vec<u32>>,
    /// The key of each page.
    pub(super) keys: Vec<Key>,
}

impl Material {
    /// Lays out the first pages of a lane.
    pub(super) fn new(lane: Arc<Lane>, page: usize, pages: usize) -> Self {
        let touched = |frames: Range<i64>| {
            let first = usize::try_from(frames.start.div_euclid(page as i64)).unwrap_or(0);
            let last = usize::try_from((frames.end - 1).div_euclid(page as i64) + 1).unwrap_or(0);
            if frames.is_empty() { 0..0 } else { first.min(pages)..last.min(pages) }
        };
        let (mut pieces, mut placed) = (vec![Vec::new(); pages], vec![Vec::new(); pages]);
        for (index, piece) in lane.pieces.iter().flat_map(|pieces| pieces.iter()).enumerate() {
            let end = if piece.is_muted() { piece.out } else { piece.end(lane.format) };
            pieces[touched(piece.out..end)].iter_mut().for_each(|page| page.push(index as u32));
        }
        let mut in_time: Vec<(usize, &PlacedPlan)> = lane.placed.iter().enumerate().collect();
        in_time.sort_by_key(|(_, clip)| clip.at);
        for (index, clip) in in_time {
            let end = clip.at.saturating_add_unsigned(clip.frames);
            placed[touched(clip.at..end)].iter_mut().for_each(|page| page.push(index as u32));
        }
        let mut material = Material { lane, page, pieces, placed, keys: Vec::new() };
        material.keys = (0..pages).map(|number| material.key(number)).collect();
        material
    }

    /// The clip as it is, if it sounds in a page.
    fn whole(&self, number: usize) -> Option<&Clip> {
        let Lane { clip, pieces: None, frames, .. } = self.lane.as_ref() else { return None };
        clip.as_deref().filter(|_| ((number * self.page) as u64) < *frames)
    }

    fn pieces(&self, number: usize) -> impl Iterator<Item = &Piece> {
        let all = self.lane.pieces.as_deref().unwrap_or_default();
        self.pieces[number].iter().map(|index| &all[*index as usize])
    }

    fn placed(&self, number: usize) -> impl Iterator<Item = &PlacedPlan> {
        self.placed[number].iter().map(|index| &self.lane.placed[*index as usize])
    }

    /// The key of a page: of what sounds in it, and from when on.
    fn key(&self, number: usize) -> Key {
        let mut key = KeyMaker::new("material");
        key.number(self.page as u64).bytes(format!("{:?}", self.lane.format).as_bytes());
        let start = (number * self.page) as i64;
        if self.whole(number).is_some() {
            key.key(self.lane.clip_key).number(start as u64);
        }
        for piece in self.pieces(number) {
            key.key(piece.key).number((piece.out - start) as u64);
        }
        for clip in self.placed(number) {
            key.bytes(b"placed").key(clip.key).number((clip.at - start) as u64).real(clip.gain.into());
        }
        key.finish()
    }

    /// A page of a recording that is played as it is.
    fn of_tape(&self, number: usize, shelf: &Shelf) -> Option<Result<Arc<Audio>, RenderError>> {
        let clip = self.whole(number).filter(|clip| clip.chain.is_empty() && self.placed[number].is_empty())?;
        if clip.format(shelf.rate) != self.lane.format {
            return None;
        }
        shelf.page(&clip.source, number, self.page)
    }

    /// Makes a page.
    pub(super) fn make(&self, number: usize, shelf: &Shelf, store: &Store) -> Result<Arc<Audio>, RenderError> {
        if let Some(page) = self.of_tape(number, shelf) {
            return page;
        }
        let lane = &self.lane;
        let start = number * self.page;
        let mut page = store.silence(lane.format, self.page);
        if let Some(clip) = self.whole(number) {
            if clip.format(shelf.rate) == lane.format {
                shelf.read(clip, lane.clip_key, start as u64, &mut page.block())?;
            } else {
                let mut planes = page.planes_mut();
                if let (Some(left), Some(right)) = (planes.next(), planes.next()) {
                    shelf.read(clip, lane.clip_key, start as u64, &mut Block::mono(left))?;
                    right.copy_from_slice(left);
                }
            }
        }
        let pieces: Vec<&Piece> = self.pieces(number).collect();
        let made = pieces.par_iter().map(|piece| self.piece(piece, shelf, store)).collect::<Result<Vec<_>, _>>()?;
        for (piece, sound) in pieces.iter().zip(&made) {
            chain::add(&mut page.block(), sound, piece.out - start as i64, 1.0);
        }
        for clip in self.placed(number) {
            let sound = shelf.make(&clip.clip, clip.key)?;
            chain::add(&mut page.block(), &sound, clip.at - start as i64, clip.gain);
        }
        Ok(Arc::new(page))
    }

    /// Works on a piece, if that was not done before.
    fn piece(&self, piece: &Piece, shelf: &Shelf, store: &Store) -> Result<Arc<Audio>, RenderError> {
        if let Some(sound) = store.segment(piece.key) {
            return Ok(sound);
        }
        let Some(clip) = &self.lane.clip else { return Ok(Arc::new(Audio::silence(self.lane.format, 0))) };
        let format = clip.format(shelf.rate);
        let mut raw = Audio::silence(format, 0);
        raw.reserve(piece.room(format));
        raw.resize((piece.to - piece.from) as usize);
        shelf.read(clip, self.lane.clip_key, piece.from, &mut raw.block())?;
        let sound = Arc::new(piece.run(raw));
        // One without effects is as soon made as kept.
        if piece.has_effects() {
            store.put_segment(piece.key, sound.clone());
        }
        Ok(sound)
    }
}
