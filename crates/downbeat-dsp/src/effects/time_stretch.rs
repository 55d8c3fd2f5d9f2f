//! Another length at the same pitch.

use super::stretch::{Stretch, stretched_frames};
use crate::{Audio, ClipEffect, Format};

crate::params! {
    /// Makes the clip longer or shorter; its pitch stays.
    ///
    /// Attacks are found and copied as they are to where the new length puts them, and what lies between them is stretched
    /// by a phase vocoder. Both channels are treated alike, so the stereo picture stays. A factor of 1 changes nothing.
    pub struct TimeStretch: "time_stretch" {
        /// How many times as long it becomes: 2 is twice as long, and half as fast.
        factor: f64 = 1.0, in 0.25..=4.0;
        /// Whether attacks keep their shape. Without it they are smeared, as can be wanted for pads.
        keep_attacks: bool = true;
        /// The length of the vocoder's frames, in milliseconds, to the nearest power of two in samples: longer ones tell
        /// close tones apart, shorter ones are tighter in time.
        window_ms: f64 = 85.0, in 10.0..=200.0;
    }
}

impl ClipEffect for TimeStretch {
    fn frames(&self, _: Format, frames: usize) -> usize {
        stretched_frames(frames, self.factor)
    }

    #[inline(always)]
    fn apply(&self, clip: Audio) -> Audio {
        Stretch { factor: self.factor, keep_attacks: self.keep_attacks, window_ms: self.window_ms }.apply(clip)
    }
}
