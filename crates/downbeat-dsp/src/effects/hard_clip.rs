//! Hard clipping.
//!
//! The simplest of all nonlinear curves: U. Zölzer (ed.), "DAFX: Digital Audio Effects" (2011), section 4.3.

use super::oversample::{self, Bend, Oversampler};
use crate::Block;

crate::params! {
    /// Cuts off whatever passes a threshold: the hardest distortion there is.
    ///
    /// Softer sound stays as it is. The corners make many high overtones; oversampling keeps them from coming back as tones
    /// that do not belong. The filters it takes can lift a peak a little above the threshold again: with `oversample = 1`
    /// nothing passes it.
    pub struct HardClip: "hard_clip" {
        /// Where the sound is cut off, in decibels; 0 is full scale.
        threshold_db: f64 = -6.0, in -60.0..=24.0;
        /// At how many times the rate the sound is cut: 1, 2, 4 or 8. It stays fixed while it plays.
        oversample: u32 = 4, in 1..=8 as fixed;
    }
    check = oversample::check;
}

impl Bend for HardClip {
    fn factor(&self) -> u32 {
        self.oversample
    }

    #[inline(always)]
    fn bend(&self, oversampler: &mut Oversampler, block: &mut Block<'_>) {
        let threshold = crate::ratio(self.threshold_db) as f32;
        oversampler.process(block, |x| x.max(-threshold).min(threshold));
    }
}

oversample::bend!(HardClip);

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Effect, Format};

    #[test]
    fn the_curve_is_straight_and_then_level() {
        let clip = HardClip { threshold_db: crate::decibels(0.5), oversample: 1 };
        let mut samples: Vec<f32> = (-100..=100).map(|i| i as f32 / 50.0).collect();
        let input = samples.clone();
        clip.process(&mut clip.start(Format::mono(48_000)), &mut Block::mono(&mut samples));
        for (x, y) in input.iter().zip(samples) {
            assert!((x.clamp(-0.5, 0.5) - y).abs() < 1e-7, "{x}: {y}");
        }
    }
}
