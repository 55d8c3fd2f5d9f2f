//! What an envelope is: the gain of a note over time, as ramps one after the other.

use std::sync::Arc;

use super::still::still;
use crate::Params;
use crate::{Preset, Row};

/// The gain of a note over time.
pub trait Envelope: Send + Sync {
    /// The ramps for a note that is held for `held` frames, in order. They may last longer than the note is held: that
    /// is the release.
    fn ramps(&self, held: u64, rate: u32) -> Vec<Ramp>;
}

/// A row of the table of envelopes.
pub type EnvelopeInfo = Row<Arc<dyn Envelope>>;

/// An envelope with all of its values.
pub type EnvelopeSettings = Preset<Arc<dyn Envelope>>;

impl EnvelopeInfo {
    /// The row of an envelope. The version is to be raised when the sound changes for the same settings.
    pub const fn envelope<E: Params + Envelope>(version: u32) -> Self {
        Row::new::<E>(version, (), |values| Ok(Arc::new(still::<E>(values)?)))
    }
}

/// A gain that changes by the same amount in each frame.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct Ramp {
    /// How long it lasts, in frames.
    pub frames: u64,
    /// The gain of the first frame, as a factor.
    pub from: f64,
    /// What is added in each frame.
    pub step: f64,
}

impl Ramp {
    /// A ramp whose last frame is at `to` (the whole of it at `from` when there is but one frame).
    pub fn closed(frames: u64, from: f64, to: f64) -> Self {
        let steps = frames.saturating_sub(1).max(1) as f64;
        Ramp { frames, from, step: (to - from) / steps }
    }

    /// A ramp that would reach `to` one frame after its last, where the next one starts.
    pub fn open(frames: u64, from: f64, to: f64) -> Self {
        Ramp { frames, from, step: (to - from) / frames.max(1) as f64 }
    }

    /// The gain at a frame of the ramp.
    #[inline(always)]
    pub fn at(&self, frame: u64) -> f64 {
        self.from + self.step * frame as f64
    }
}

/// How many frames a time in milliseconds is, rounded to the nearest.
pub(super) fn frames_of_ms(ms: f64, rate: u32) -> u64 {
    (ms * f64::from(rate) / 1000.0 + 0.5) as u64
}
