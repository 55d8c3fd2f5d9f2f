//! Chorus.
//!
//! U. Zölzer (ed.), "DAFX: Digital Audio Effects" (2011), section 2.6; J. Dattorro, "Effect Design, Part 2: Delay-Line
//! Modulation and Chorus", J. Audio Eng. Soc. 45 (1997).

use super::movement::{AS_SINE, Swept, SweptState};
use crate::{Block, Effect, Format};

crate::params! {
    /// One sound becomes several: copies of it, a little late, drift in time and so in pitch.
    ///
    /// Each copy is late by centre_delay_ms + depth_ms * sin(2 pi rate_hz t). The oscillator begins with the sound. In
    /// stereo the right channel drifts otherwise than the left one, which makes a mono sound wide.
    pub struct Chorus: "chorus" {
        /// How often the copies drift back and forth, in hertz.
        rate_hz: f64 = 1.0, in 0.01..=20.0;
        /// How far a copy drifts to either side, in milliseconds.
        depth_ms: f64 = 2.0, in 0.0..=20.0;
        /// How late a copy is in the middle of its way, in milliseconds. It is two samples late at least.
        centre_delay_ms: f64 = 10.0, in 0.1..=50.0;
        /// What comes back of the copies into the delay, as a factor.
        feedback: f64 = 0.0, in -0.95..=0.95;
        /// The number of copies, spread evenly over the way.
        voices: u32 = 1, in 1..=4 as fixed;
        /// By how many degrees of its turn the right channel drifts ahead of the left one. At 0 mono sound stays
        /// mono. It stays fixed while it plays.
        stereo_degrees: f64 = 90.0, in 0.0..=180.0 as fixed;
        /// The share of the copies: 0 is dry, 1 is copies only.
        mix: f64 = 0.5, in 0.0..=1.0;
    }
}

/// The longest delay there can be: both ranges together.
const LONGEST_MS: f64 = 70.0;

impl Effect for Chorus {
    type State = SweptState;

    fn tail(&self, format: Format) -> usize {
        self.swept().tail(format)
    }

    fn spreads(&self) -> bool {
        self.stereo_degrees != 0.0
    }

    fn start(&self, format: Format) -> SweptState {
        self.swept().start(format, LONGEST_MS)
    }

    #[inline(always)]
    fn process(&self, state: &mut SweptState, block: &mut Block<'_>) {
        self.swept().process(state, block);
    }
}

impl Chorus {
    fn swept(&self) -> Swept {
        Swept {
            rate_hz: self.rate_hz,
            centre_ms: self.centre_delay_ms,
            depth_ms: self.depth_ms,
            begin: AS_SINE,
            stereo: self.stereo_degrees / 360.0,
            voices: self.voices,
            feedback: self.feedback,
            dry: 1.0 - self.mix,
            // Copies that drift apart add up as noise does: by their power.
            wet: self.mix / f64::from(self.voices).sqrt(),
        }
    }
}
