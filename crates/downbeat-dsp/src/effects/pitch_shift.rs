//! Another pitch at the same length.

use super::stretch::Stretch;
use super::varispeed::resample;
use crate::{Audio, ClipEffect, SincKernel};

crate::params! {
    /// Moves the pitch of the clip; its length stays.
    ///
    /// The clip is stretched as by `time_stretch`, and then played so much faster or slower that it has its length again.
    /// Formants move along: a voice becomes a smaller or a larger one. No shift changes nothing.
    pub struct PitchShift: "pitch_shift" {
        /// By how many semitones: 12 is an octave up.
        semitones: f64 = 0.0, in -24.0..=24.0;
        /// By how many hundredths of a semitone more.
        cents: f64 = 0.0, in -100.0..=100.0;
        /// Whether attacks keep their shape. Without it they are smeared, as can be wanted for pads.
        keep_attacks: bool = true;
        /// The length of the vocoder's frames, in milliseconds, to the nearest power of two in samples: longer ones tell
        /// close tones apart, shorter ones are tighter in time.
        window_ms: f64 = 85.0, in 10.0..=200.0;
    }
}

impl ClipEffect for PitchShift {
    #[inline(always)]
    fn apply(&self, clip: Audio) -> Audio {
        let factor = libm::exp2((self.semitones + self.cents / 100.0) / 12.0);
        if factor == 1.0 || clip.is_silent() {
            return clip;
        }
        let mut out = Audio::silence(clip.format(), clip.frames());
        let frames = clip.frames() as f64;
        let long = Stretch { factor, keep_attacks: self.keep_attacks, window_ms: self.window_ms }.apply(clip);
        // The whole frames of the stretched clip become exactly those of the clip.
        let speed = long.frames() as f64 / frames;
        let kernel = SincKernel::at_speed(speed);
        for (out, plane) in out.planes_mut().zip(long.planes()) {
            resample(plane, speed, &kernel, out);
        }
        out
    }
}
