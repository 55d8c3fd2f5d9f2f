//! Flanger.
//!
//! U. Zölzer (ed.), "DAFX: Digital Audio Effects" (2011), section 2.6; J. Dattorro, "Effect Design, Part 2: Delay-Line
//! Modulation and Chorus", J. Audio Eng. Soc. 45 (1997).

use super::movement::{AS_SINE, Swept, SweptState};
use crate::{Block, Effect, Format};

crate::params! {
    /// A comb of notches that sweeps through the sound: the jet plane, the two tape machines that drift apart.
    ///
    /// A copy of the sound, late by centre_delay_ms + depth_ms * sin(2 pi rate_hz t), is added to it; with a delay of t
    /// seconds the notches are at (k + 1/2) / t hertz. The oscillator begins with the sound.
    pub struct Flanger: "flanger" {
        /// How often the comb sweeps back and forth, in hertz.
        rate_hz: f64 = 0.25, in 0.01..=20.0;
        /// How far the delay swings to either side, in milliseconds.
        depth_ms: f64 = 1.5, in 0.0..=10.0;
        /// The delay in the middle of its way, in milliseconds. It is two samples at least.
        centre_delay_ms: f64 = 2.0, in 0.1..=20.0;
        /// What comes back of the copy into the delay, as a factor: the closer to 1 or -1, the more it whistles.
        feedback: f64 = 0.4, in -0.95..=0.95;
        /// By how many degrees of its turn the right channel sweeps ahead of the left one. At 0 mono sound stays
        /// mono. It stays fixed while it plays.
        stereo_degrees: f64 = 0.0, in 0.0..=180.0 as fixed;
        /// The share of the copy: 0 is dry, 1 is the copy only; the notches are deepest at 0.5.
        mix: f64 = 0.5, in 0.0..=1.0;
    }
}

/// The longest delay there can be: both ranges together.
const LONGEST_MS: f64 = 30.0;

impl Effect for Flanger {
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

impl Flanger {
    fn swept(&self) -> Swept {
        Swept {
            rate_hz: self.rate_hz,
            centre_ms: self.centre_delay_ms,
            depth_ms: self.depth_ms,
            begin: AS_SINE,
            stereo: self.stereo_degrees / 360.0,
            voices: 1,
            feedback: self.feedback,
            dry: 1.0 - self.mix,
            wet: self.mix,
        }
    }
}
