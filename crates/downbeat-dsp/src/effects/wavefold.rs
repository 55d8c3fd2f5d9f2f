//! Wavefolding.
//!
//! Folding instead of clipping, as in the synthesisers of Don Buchla and Serge Tcherepnin: F. Esqueda, H. Pöntynen, V. Välimäki,
//! J. D. Parker, "Virtual Analog Buchla 259 Wavefolder", DAFx (2017). The curves here are the ideal ones.

use super::oversample::{self, Bend, Oversampler};
use crate::Block;

crate::choice! {
    /// The curve that folds. Both are straight lines near zero, sooner or later turn at 1, and come back.
    pub enum WavefoldShape {
        /// sin(pi/2 * drive * x): round turns.
        Sine = "sine",
        /// The same with straight lines and sharp turns: brighter.
        Triangle = "triangle",
    }
}

crate::params! {
    /// Folds the peaks of a wave back instead of cutting them off: bright, bell-like overtones that move with the level.
    ///
    /// At `drive = 1` full scale just reaches the first turn; at 3 it comes back all the way to the other side. The sound is
    /// folded at a multiple of its rate, so that overtones that have no room do not come back as tones that do not belong.
    pub struct Wavefold: "wavefold" {
        /// The factor before the folds: the higher, the more of them.
        drive: f64 = 3.0, in 0.0..=20.0;
        /// How the folds turn: "sine" or "triangle".
        shape: WavefoldShape = WavefoldShape::Sine;
        /// The share of the folded sound: 0 is dry, 1 is folded only.
        mix: f64 = 1.0, in 0.0..=1.0;
        /// At how many times the rate the sound is folded: 1, 2, 4 or 8. It stays fixed while it plays.
        oversample: u32 = 4, in 1..=8 as fixed;
    }
    check = oversample::check;
}

impl Bend for Wavefold {
    fn factor(&self) -> u32 {
        self.oversample
    }

    #[inline(always)]
    fn bend(&self, oversampler: &mut Oversampler, block: &mut Block<'_>) {
        let drive = self.drive as f32;
        let (wet, dry) = (self.mix as f32, (1.0 - self.mix) as f32);
        match self.shape {
            WavefoldShape::Sine => oversampler.process(block, |x| wet * quarter_sine(fold(drive * x)) + dry * x),
            WavefoldShape::Triangle => oversampler.process(block, |x| wet * fold(drive * x) + dry * x),
        }
    }
}

oversample::bend!(Wavefold);

/// 1.5 * 2^23: adding and taking it away again rounds to the nearest whole number.
const ROUND: f32 = 12_582_912.0;

/// A triangle through zero that turns at ±1 and comes again every 4. What is so large that it has no fraction gives
/// some value within.
#[inline(always)]
fn fold(x: f32) -> f32 {
    let turns = (x * 0.25 + ROUND) - ROUND;
    let r = (x - 4.0 * turns).clamp(-2.0, 2.0);
    if r.abs() > 1.0 { 2.0_f32.copysign(r) - r } else { r }
}

/// sin(pi/2 t) for t from -1 to 1: its Taylor series to t^11, absolute error below 1e-7.
#[inline(always)]
fn quarter_sine(t: f32) -> f32 {
    let s = t * t;
    let series = ((((-3.598_843e-6 * s + 1.604_411_8e-4) * s - 4.681_754e-3) * s + 7.969_263e-2) * s - 0.645_964_1) * s;
    t * (series + std::f32::consts::FRAC_PI_2)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Effect, Format};
    use std::f64::consts::FRAC_PI_2;

    #[test]
    fn the_curves_are_their_formulas() {
        let process = |shape, x: f32| {
            let effect = Wavefold { drive: 5.0, shape, mix: 1.0, oversample: 1 };
            let mut samples = [x];
            effect.process(&mut effect.start(Format::mono(48_000)), &mut Block::mono(&mut samples));
            f64::from(samples[0])
        };
        for i in -20_000..=20_000 {
            let x = i as f32 / 10_000.0;
            let driven = 5.0 * f64::from(x);
            // The product is rounded to within 5e-7, and the curves rise by pi/2 at most.
            let sine = libm::sin(FRAC_PI_2 * driven);
            assert!((process(WavefoldShape::Sine, x) - sine).abs() < 1e-6, "{x}");
            let triangle = libm::asin(sine) / FRAC_PI_2;
            assert!((process(WavefoldShape::Triangle, x) - triangle).abs() < 6e-7, "{x}");
        }
    }

    #[test]
    fn what_is_huge_stays_within() {
        for x in [1e6, 1e7, 123_456_789.0, 1e20, f32::MAX] {
            assert!(fold(x).abs() <= 1.0 && quarter_sine(fold(-x)).abs() <= 1.0 + 1e-6);
        }
    }
}
