//! Vibrato.
//!
//! U. Zölzer (ed.), "DAFX: Digital Audio Effects" (2011), section 2.6: a delay that swings changes the pitch by its slope.

use super::movement::{HALF, SHORTEST, Swept, SweptState};
use crate::{Block, Effect, Format};
use std::f64::consts::TAU;

crate::params! {
    /// The pitch swings around where it was, as a singer's does.
    ///
    /// The sound runs through a delay of D (1 - cos(2 pi rate_hz t)), so that its pitch is multiplied by 1 - D' =
    /// 1 - 2 pi rate_hz D sin(2 pi rate_hz t). D is such that it reaches up by `depth_cents`. The swing begins with the
    /// sound: without delay, at the right pitch, downwards first.
    pub struct Vibrato: "vibrato" {
        /// The swings per second, in hertz. Singers make 5 to 7.
        rate_hz: f64 = 5.5, in 0.5..=20.0;
        /// How far the pitch swings, in cents: a hundredth of a semitone each.
        depth_cents: f64 = 30.0, in 0.0..=200.0;
    }
}

/// The longest delay there can be, in milliseconds: 200 cents at half a swing a second.
const LONGEST_MS: f64 = 79.0;

impl Effect for Vibrato {
    type State = SweptState;

    fn latency(&self, _: Format) -> usize {
        SHORTEST as usize
    }

    fn tail(&self, format: Format) -> usize {
        self.swept(format.rate).tail(format)
    }

    fn start(&self, format: Format) -> SweptState {
        self.swept(format.rate).start(format, LONGEST_MS)
    }

    #[inline(always)]
    fn process(&self, state: &mut SweptState, block: &mut Block<'_>) {
        self.swept(state.rate()).process(state, block);
    }
}

impl Vibrato {
    fn swept(&self, rate: u32) -> Swept {
        let depth_ms = 1e3 * (libm::exp2(self.depth_cents / 1200.0) - 1.0) / (TAU * self.rate_hz);
        Swept {
            rate_hz: self.rate_hz,
            centre_ms: depth_ms + 1e3 * SHORTEST / f64::from(rate),
            depth_ms,
            begin: HALF,
            stereo: 0.0,
            voices: 1,
            feedback: 0.0,
            dry: 0.0,
            wet: 1.0,
        }
    }
}
