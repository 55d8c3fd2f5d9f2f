//! What controllers move of a SoundFont's layer: its gains and its swings, which glide from where they were.

use std::f64::consts::FRAC_PI_4;

use crate::ratio;
use crate::soundfont::Moved;

/// How long a move takes, in milliseconds. Controllers come in steps: a file that draws a curve with some hundred of them a
/// second is heard as the curve.
const GLIDE_MS: f64 = 10.0;

/// Where everything is that controllers move.
#[derive(Clone, Copy, PartialEq, Debug)]
pub(super) struct Levels {
    /// The gain of each side.
    pub gains: [f64; 2],
    /// How far the oscillators move the pitch, in cents.
    pub tremolo_cents: f64,
    pub vibrato_cents: f64,
    /// How far the tremolo moves the level, in tenths of a decibel.
    pub tremolo_centibels: f64,
}

/// Levels on their way.
#[derive(Clone)]
pub(super) struct Faders {
    /// The gain of the layer with all controllers where General MIDI has them.
    gain: f64,
    now: Levels,
    target: Levels,
    /// How many frames are left of the way, and how many a whole one has.
    left: u64,
    glide: u64,
}

impl Faders {
    /// Faders that stand where they are told.
    pub(super) fn new(gain: f64, moved: &Moved, rate: u32) -> Self {
        let now = Levels::new(gain, moved);
        Faders { gain, now, target: now, left: 0, glide: (GLIDE_MS * f64::from(rate) / 1000.0) as u64 }
    }

    /// They begin to move, from where they are.
    pub(super) fn glide_to(&mut self, moved: &Moved) {
        self.target = Levels::new(self.gain, moved);
        self.left = self.glide;
    }

    /// Where they are.
    pub(super) fn now(&self) -> Levels {
        self.now
    }

    /// Where they are so many frames later. They move in straight lines, and are there with the step in which the glide
    /// ends.
    #[inline(always)]
    pub(super) fn after(&mut self, frames: usize) -> Levels {
        let frames = frames as u64;
        self.now = if self.left > frames {
            self.now.toward(&self.target, frames as f64 / self.left as f64)
        } else {
            self.target
        };
        self.left = self.left.saturating_sub(frames);
        self.now
    }
}

impl Levels {
    fn new(gain: f64, moved: &Moved) -> Self {
        let gain = gain * ratio(moved.gain_db);
        // Constant power, from -500 on the left to 500 on the right.
        let angle = (moved.pan / 500.0 + 1.0) * FRAC_PI_4;
        Levels {
            gains: [gain * libm::cos(angle), gain * libm::sin(angle)],
            tremolo_cents: moved.tremolo_to_pitch,
            vibrato_cents: moved.vibrato_to_pitch,
            tremolo_centibels: moved.tremolo_to_volume,
        }
    }

    fn toward(&self, target: &Levels, part: f64) -> Self {
        let between = |from: f64, to: f64| from + part * (to - from);
        Levels {
            gains: [0, 1].map(|side| between(self.gains[side], target.gains[side])),
            tremolo_cents: between(self.tremolo_cents, target.tremolo_cents),
            vibrato_cents: between(self.vibrato_cents, target.vibrato_cents),
            tremolo_centibels: between(self.tremolo_centibels, target.tremolo_centibels),
        }
    }
}
