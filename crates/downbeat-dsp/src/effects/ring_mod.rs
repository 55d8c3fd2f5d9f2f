//! Ring modulation.
//!
//! U. Zölzer (ed.), "DAFX: Digital Audio Effects" (2011), section 3.2.

use super::movement::{Moving, multiply, round};
use crate::{Block, Effect, Format};

crate::params! {
    /// Multiplies the sound with a tone: bells and robots.
    ///
    /// Every frequency f becomes two, freq_hz + f and freq_hz - f, and is gone itself. The tone is a cosine that begins with
    /// the sound.
    pub struct RingMod: "ring_mod" {
        /// The frequency of the tone, in hertz. At most half the rate.
        freq_hz: f64 = 440.0, in 0.01..=20000.0;
        /// The share of the product: 0 is dry, 1 is the product only.
        mix: f64 = 1.0, in 0.0..=1.0;
    }
}

impl Effect for RingMod {
    type State = Moving;

    fn start(&self, format: Format) -> Moving {
        Moving::new(format)
    }

    #[inline(always)]
    fn process(&self, state: &mut Moving, block: &mut Block<'_>) {
        state.process(self.freq_hz, 0, block, |part, swing| {
            multiply(part, &swing.map(|t| ((1.0 - self.mix) + self.mix * round(t)) as f32));
        });
    }
}
