//! Segments and joins: a clip is cut, every segment runs through its chain, and the results are laid over one another
//! on the timeline.

use std::sync::Arc;

use downbeat_dsp::{Audio, Block, ClipEffect, Fade, Format};
use rayon::prelude::*;

use super::RenderError;
use super::clip::ClipReader;
use super::overlay::Overlay;
use crate::chain::{self, Stage};
use crate::key::{Key, KeyMaker};
use crate::plan::segment_key;
use crate::session::{Cut, Join};

/// A cut clip, delivered as one sound again.
pub(crate) struct Joiner {
    clip: ClipReader,
    format: Format,
    pieces: Arc<[Piece]>,
    /// The next piece to be worked on.
    next: usize,
    /// The frames at the end of the last piece that belong to the next one, too.
    shared: Audio,
    laid: Overlay,
}

/// A segment, ready to be worked on.
pub(crate) struct Piece {
    /// The key of the result.
    pub(crate) key: Key,
    /// The frames of the clip, with those it shares with its neighbours.
    pub(crate) from: u64,
    pub(crate) to: u64,
    /// How many frames it shares with the one before and the one after.
    fade_in: usize,
    fade_out: usize,
    /// The ramps at both ends, when the join pulls.
    ramps: Option<Fade>,
    /// Where the result starts on the timeline.
    pub(crate) out: i64,
    /// The earliest start of this piece and of all that follow.
    earliest: i64,
    /// What is done to it; nothing is heard of a muted one.
    stages: Option<Vec<Stage>>,
}

impl Piece {
    /// The most frames there are on the way through its chain: room to be made beforehand.
    pub(crate) fn room(&self, format: Format) -> usize {
        let frames = (self.to - self.from) as usize;
        self.stages.as_ref().map_or(frames, |stages| chain::room(stages, format, frames))
    }

    /// Whether anything is done to it but to join it to its neighbours.
    pub(crate) fn has_effects(&self) -> bool {
        self.stages.as_ref().is_some_and(|stages| !stages.is_empty())
    }

    /// Whether nothing is heard of it, whatever it is a piece of.
    pub(crate) fn is_muted(&self) -> bool {
        self.stages.is_none()
    }

    /// Where the result ends on the timeline.
    pub(crate) fn end(&self, format: Format) -> i64 {
        let length = (self.to - self.from) as usize;
        self.stages.as_ref().map_or(0, |stages| self.out + chain::frames(stages, format, length) as i64)
    }
}

/// Lays out the pieces of a clip of `frames` frames, whose key is given.
pub(crate) fn pieces(cut: &Cut, frames: u64, clip: Key) -> Vec<Piece> {
    let count = cut.segments.len();
    let start = |k: usize| if k == count { frames } else { cut.segments[k].start.0.min(frames) };
    let length = |k: usize| start(k + 1) - start(k);
    // The crossfade at the boundary before segment k: never longer than a neighbour, so that two never overlap.
    let fade = |k: usize| match cut.join {
        Join::Crossfade(fade) if k > 0 && k < count => fade.0.min(length(k - 1)).min(length(k)),
        _ => 0,
    };
    let mut pieces = Vec::with_capacity(count);
    for (k, segment) in cut.segments.iter().enumerate() {
        let (fade_in, fade_out) = (fade(k), fade(k + 1));
        let from = start(k) - fade_in / 2;
        let (ramps, pull) = match cut.join {
            Join::Crossfade(_) => (None, 0),
            Join::Pull(fade) => {
                let ramp = u32::try_from(fade.0).unwrap_or(u32::MAX);
                (Some(Fade { in_samples: ramp, out_samples: ramp, ..Fade::default() }), fade.0 * k as u64)
            }
        };
        let to = start(k + 1) - fade_out / 2 + fade_out;
        let mut key = KeyMaker::new("segment");
        key.key(clip).number(from).number(to).number(fade_in).number(fade_out).bytes(format!("{ramps:?}").as_bytes());
        pieces.push(Piece {
            key: segment_key(key.number(segment.mute.into()), segment),
            from,
            to,
            fade_in: fade_in as usize,
            fade_out: fade_out as usize,
            ramps,
            out: from as i64 - pull as i64,
            earliest: 0,
            stages: if segment.mute { None } else { Some(chain::prepare(&segment.chain)) },
        });
    }
    let mut earliest = i64::MAX;
    for piece in pieces.iter_mut().rev() {
        earliest = earliest.min(piece.out);
        piece.earliest = earliest;
    }
    pieces
}

impl Joiner {
    pub(crate) fn new(clip: ClipReader, format: Format, pieces: Arc<[Piece]>) -> Self {
        Joiner { clip, format, pieces, next: 0, shared: Audio::silence(format, 0), laid: Overlay::default() }
    }

    /// Fills a block with the next frames.
    pub(crate) fn fill(&mut self, block: &mut Block<'_>) -> Result<(), RenderError> {
        let until = self.laid.at() + block.frames() as i64;
        while self.pieces.get(self.next).is_some_and(|piece| piece.earliest < until) {
            self.work()?;
        }
        block.planes().for_each(|plane| plane.fill(0.0));
        self.laid.add(block);
        Ok(())
    }

    /// Works on the next pieces, as many at once as there are threads, and lays them down in order.
    fn work(&mut self) -> Result<(), RenderError> {
        let pieces = self.pieces.clone();
        let batch = self.next..pieces.len().min(self.next + rayon::current_num_threads());
        let mut raw = Vec::with_capacity(batch.len());
        for piece in &pieces[batch.clone()] {
            raw.push(self.take(piece)?);
        }
        let done: Vec<Audio> = raw.into_par_iter().zip(&pieces[batch.clone()]).map(|(x, piece)| piece.run(x)).collect();
        for (result, piece) in done.into_iter().zip(&pieces[batch.clone()]) {
            self.laid.lay(Arc::new(result), piece.out, 1.0);
        }
        self.next = batch.end;
        Ok(())
    }

    /// The raw frames of a piece. They are read in order; those shared with the piece before were kept.
    fn take(&mut self, piece: &Piece) -> Result<Audio, RenderError> {
        let frames = (piece.to - piece.from) as usize;
        let kept = self.shared.frames();
        let mut raw = std::mem::replace(&mut self.shared, Audio::silence(self.format, 0));
        raw.reserve(piece.room(self.format));
        raw.resize(frames);
        self.clip.fill(&mut raw.block_at(kept..frames))?;
        self.shared = raw.tail(piece.fade_out);
        Ok(raw)
    }
}

impl Piece {
    /// Works on the raw frames.
    pub(crate) fn run(&self, mut raw: Audio) -> Audio {
        // Silence stays silence, so there is nothing to lay down.
        let Some(stages) = self.stages.as_ref().filter(|_| !raw.is_silent()) else {
            return Audio::silence(raw.format(), 0);
        };
        if let Some(ramps) = &self.ramps {
            raw = ClipEffect::apply(ramps, raw);
        }
        if chain::spreads(stages) {
            raw = raw.into_stereo();
        }
        let frames = raw.frames();
        for plane in raw.planes_mut() {
            crossfade(&mut plane[..self.fade_in], Side::Rising);
            crossfade(&mut plane[frames - self.fade_out..], Side::Falling);
        }
        chain::run(stages, raw, self.from as i64)
    }
}

#[derive(Clone, Copy, PartialEq)]
enum Side {
    Rising,
    Falling,
}

/// One side of a linear crossfade. Rising and falling side add up to the original to the last bit: the larger of the
/// two is rounded, the smaller is what is left, and a difference of numbers within a factor of two is exact
/// (Sterbenz, "Floating-Point Computation", 1974).
fn crossfade(samples: &mut [f32], side: Side) {
    let step = 1.0 / samples.len() as f32;
    for (i, x) in samples.iter_mut().enumerate() {
        let rise = (i as f32 + 0.5) * step;
        let (rising, falling);
        if rise >= 0.5 {
            rising = *x * rise;
            falling = *x - rising;
        } else {
            falling = *x * (1.0 - rise);
            rising = *x - falling;
        }
        *x = if side == Side::Rising { rising } else { falling };
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn both_sides_add_up_to_the_original(samples in prop::collection::vec(-2.0f32..2.0, 1..700)) {
            let (mut rising, mut falling) = (samples.clone(), samples.clone());
            crossfade(&mut rising, Side::Rising);
            crossfade(&mut falling, Side::Falling);
            for ((a, b), x) in rising.iter().zip(&falling).zip(&samples) {
                prop_assert_eq!((a + b).to_bits(), x.to_bits());
            }
        }
    }
}
