//! Saturation: soft ceilings.
//!
//! The hyperbolic tangent and asymmetric ceilings: U. Zölzer (ed.), "DAFX: Digital Audio Effects" (2011), section 4.3.
//! Langevin's function, the magnetisation of a tape without hysteresis: D. C. Jiles, D. L. Atherton, "Theory of
//! ferromagnetic hysteresis", J. Magn. Magn. Mater. 61 (1986).

use super::oversample::{self, Bend, Oversampler};
use crate::Block;

crate::choice! {
    /// The way from soft sound to the ceiling, which is 1. Soft sound passes all of them as it is.
    pub enum SaturateCurve {
        /// The hyperbolic tangent: both halves of the wave alike, so all new overtones are odd.
        Tanh = "tanh",
        /// The upper half as with "tanh", the lower half with a ceiling half as high: even overtones, too, and a small offset
        /// that `dc_block()` takes away.
        Tube = "tube",
        /// Langevin's function, coth(3x) - 1/(3x): bends sooner and reaches its ceiling later, as magnetic tape does.
        Tape = "tape",
    }
}

crate::params! {
    /// Warms and thickens: turns the sound up into a soft ceiling.
    ///
    /// output * ((1 - mix) * x + mix * curve(drive * x)). The sound is bent at a multiple of its rate, so that overtones that
    /// have no room do not come back as tones that do not belong.
    pub struct Saturate: "saturate" {
        /// The gain into the curve, in decibels: the more, the more is bent.
        drive_db: f64 = 12.0, in -20.0..=60.0;
        /// The curve: "tanh", "tube" or "tape".
        curve: SaturateCurve = SaturateCurve::Tanh;
        /// The share of the bent sound: 0 is dry, 1 is bent only.
        mix: f64 = 1.0, in 0.0..=1.0;
        /// The gain after all that, in decibels.
        output_db: f64 = 0.0, in -60.0..=24.0;
        /// At how many times the rate the sound is bent: 1, 2, 4 or 8. It stays fixed while it plays.
        oversample: u32 = 4, in 1..=8 as fixed;
    }
    check = oversample::check;
}

impl Bend for Saturate {
    fn factor(&self) -> u32 {
        self.oversample
    }

    #[inline(always)]
    fn bend(&self, oversampler: &mut Oversampler, block: &mut Block<'_>) {
        let drive = crate::ratio(self.drive_db) as f32;
        let output = crate::ratio(self.output_db);
        let (wet, dry) = ((output * self.mix) as f32, (output * (1.0 - self.mix)) as f32);
        match self.curve {
            SaturateCurve::Tanh => oversampler.process(block, |x| wet * tanh(drive * x) + dry * x),
            SaturateCurve::Tube => oversampler.process(block, |x| wet * tube(drive * x) + dry * x),
            SaturateCurve::Tape => oversampler.process(block, |x| wet * tape(drive * x) + dry * x),
        }
    }
}

oversample::bend!(Saturate);

/// The hyperbolic tangent to within 4e-7 of itself: a quotient of polynomials in the square, fitted up to 9, where 3e-8
/// are missing to 1.
#[inline(always)]
fn tanh(x: f32) -> f32 {
    let x = x.clamp(-9.0, 9.0);
    let s = x * x;
    let above = (((1.335_339_2e-8 * s + 2.060_817e-5) * s + 3.495_533_6e-3) * s + 0.133_809_8) * s + 1.0;
    let below = (((7.776_039e-7 * s + 3.285_546e-4) * s + 2.587_677_7e-2) * s + 0.467_142_96) * s + 1.0;
    (x * above / below).clamp(-1.0, 1.0)
}

/// A ceiling of 1 above and of -1/2 below.
#[inline(always)]
fn tube(x: f32) -> f32 {
    let (scale, size) = if x < 0.0 { (2.0, 0.5) } else { (1.0, 1.0) };
    size * tanh(scale * x)
}

/// Langevin's function of 3x, to within 4e-7 of itself. Up to 8 it is a quotient of polynomials in the square; beyond, the
/// hyperbolic cotangent is 1 to within 3e-7.
#[inline(always)]
fn tape(x: f32) -> f32 {
    // Beyond 1e30 it is 1, and infinity would be no number when divided by itself.
    let size = (3.0 * x).abs().min(1e30);
    let s = size.min(8.0) * size.min(8.0);
    let above = (((8.660_723e-10 * s + 1.695_121_8e-6) * s + 4.015_094e-4) * s + 2.393_013_4e-2) * s + 0.333_333_33;
    let below = (((5.699_008_5e-8 * s + 3.329_91e-5) * s + 4.085_795e-3) * s + 0.138_457_07) * s + 1.0;
    let (above, below) = if size < 8.0 { (size * above, below) } else { (size - 1.0, size) };
    (above / below).copysign(x)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Effect, Format};

    /// Curves by their formulas, in 64 bits.
    fn exact(curve: SaturateCurve, x: f64) -> f64 {
        match curve {
            SaturateCurve::Tanh => libm::tanh(x),
            SaturateCurve::Tube => {
                if x < 0.0 {
                    0.5 * libm::tanh(2.0 * x)
                } else {
                    libm::tanh(x)
                }
            }
            // The quotient loses what the series below 0.01 keeps.
            SaturateCurve::Tape if x.abs() < 0.01 => x - 3.0 / 5.0 * x * x * x,
            SaturateCurve::Tape => 1.0 / libm::tanh(3.0 * x) - 1.0 / (3.0 * x),
        }
    }

    #[test]
    fn curves_are_their_formulas() {
        for (curve, fast) in
            [(SaturateCurve::Tanh, tanh as fn(f32) -> f32), (SaturateCurve::Tube, tube), (SaturateCurve::Tape, tape)]
        {
            // Every 1009th of all positive floats: as dense as they are.
            for bits in (0x0080_0000..f32::MAX.to_bits()).step_by(1009) {
                for x in [f32::from_bits(bits), -f32::from_bits(bits)] {
                    let wanted = exact(curve, f64::from(x));
                    // Half a dozen roundings of 6e-8 each; the series above leaves out 2e-8.
                    let error = (f64::from(fast(x)) - wanted).abs() / wanted.abs();
                    assert!(error < 4.5e-7, "{curve:?} of {x}: {} is not {wanted}", fast(x));
                }
            }
            assert_eq!(fast(0.0), 0.0);
        }
    }

    #[test]
    fn levels_are_those_of_the_formula() {
        for curve in [SaturateCurve::Tanh, SaturateCurve::Tube, SaturateCurve::Tape] {
            for (drive_db, mix, output_db) in [(0.0, 1.0, 0.0), (24.0, 0.5, -6.0), (-6.0, 0.3, 3.0)] {
                for x in [-1.0, -0.5, -0.01, 0.001, 0.2, 1.0_f32] {
                    for oversample in [1, 8] {
                        // A constant passes all filters as it is.
                        let saturate = Saturate { drive_db, curve, mix, output_db, oversample };
                        let mut samples = [x; 200];
                        saturate.process(&mut saturate.start(Format::mono(48_000)), &mut Block::mono(&mut samples));
                        let bent = exact(curve, crate::ratio(drive_db) * f64::from(x));
                        let wanted = crate::ratio(output_db) * (mix * bent + (1.0 - mix) * f64::from(x));
                        // Constants are exact to the rounding of 20 taps: far within 0.05 dB.
                        let error = crate::decibels(f64::from(samples[199]) / wanted).abs();
                        assert!(error < 2e-5, "{saturate:?}: {x} became {}, not {wanted}", samples[199]);
                    }
                }
            }
        }
    }
}
