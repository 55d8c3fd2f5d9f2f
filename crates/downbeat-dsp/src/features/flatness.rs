//! The spectral flatness: whether a sound is a noise or a tone.

use super::fft::{LANES, Lanes};
use super::{Bins, Feature, FeatureError, Measure, Quantity};
use crate::simd::{self, Work};

/// The spectral flatness: the geometric mean of the spectrum divided by its arithmetic mean, from 0 (a tone) to 1 (white
/// noise). Silence is flat: it has 1. As `librosa.feature.spectral_flatness` gives it.
///
/// Source: S. Dubnov, "Generalization of spectral flatness measure for non-Gaussian linear processes", IEEE Signal
/// Processing Letters 11 (2004).
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct Flatness {
    /// No value of the spectrum counts as less than this: from 1e-30 to 1.
    pub amin: f32,
    /// The power of the magnitudes that is looked at: 2 for powers, 1 for magnitudes. Above 0 and at most 2.
    pub power: f64,
}

impl Default for Flatness {
    /// Powers, at least 1e-10.
    fn default() -> Self {
        Flatness { amin: 1e-10, power: 2.0 }
    }
}

impl Feature for Flatness {
    fn prepare(&self, _: Bins) -> Result<Box<dyn Measure>, FeatureError> {
        if !(1e-30..=1.0).contains(&self.amin) {
            return Err(FeatureError::setting("amin", f64::from(self.amin), "from 1e-30 to 1"));
        }
        if !(self.power > 0.0 && self.power <= 2.0) {
            return Err(FeatureError::setting("power", self.power, "above 0 and at most 2"));
        }
        Ok(Box::new(Means(*self)))
    }
}

struct Means(Flatness);

impl Measure for Means {
    fn quantity(&self) -> Quantity {
        if self.0.power == 1.0 { Quantity::Magnitude } else { Quantity::Power }
    }

    fn measure(&mut self, spectra: &[Lanes], out: &mut [Lanes]) {
        let Flatness { amin, power } = self.0;
        let flatness = if power == 1.0 || power == 2.0 {
            simd::widest(MeansOf { spectra, amin })
        } else {
            flatness(spectra, amin, |x| libm::pow(f64::from(x), power / 2.0) as f32)
        };
        out.fill(flatness);
    }
}

/// The [`flatness`] of a spectrum as it is.
struct MeansOf<'a> {
    spectra: &'a [Lanes],
    amin: f32,
}

impl Work for MeansOf<'_> {
    type Output = Lanes;

    #[inline(always)]
    fn run(self) -> Lanes {
        flatness(self.spectra, self.amin, |x| x)
    }
}

/// A number's mantissa as a number from 1 to 2, and the bits of its exponent.
#[inline(always)]
fn parted(x: f32) -> (f32, u32) {
    (f32::from_bits(x.to_bits() & 0x007f_ffff | 0x3f80_0000), x.to_bits() >> 23)
}

/// The geometric mean over the arithmetic mean of each lane.
///
/// The logarithm of a product is taken once: mantissas are multiplied, exponents added up.
#[inline(always)]
fn flatness(spectra: &[Lanes], amin: f32, power: impl Fn(f32) -> f32) -> Lanes {
    const STRETCH: usize = 16;
    const BIAS: u32 = 127;
    let (mut sums, mut products, mut exponents) = ([0.0_f64; LANES], [1.0_f32; LANES], [0_u32; LANES]);
    for bins in spectra.chunks(STRETCH) {
        let stretch = added(bins, amin, &power);
        for l in 0..LANES {
            // The product of a stretch and a mantissa is in range, and is parted again.
            let (mantissa, exponent) = parted(products[l] * stretch.product[l]);
            products[l] = mantissa;
            exponents[l] += stretch.exponent[l] + exponent - BIAS;
            sums[l] += f64::from(stretch.sum[l]);
        }
    }
    let count = spectra.len() as f64;
    let mut flatness = [0.0; LANES];
    for l in 0..LANES {
        let octaves = f64::from(exponents[l]) - f64::from(BIAS) * count + libm::log2(f64::from(products[l]));
        flatness[l] = (libm::exp2(octaves / count) / (sums[l] / count)) as f32;
    }
    flatness
}

/// Some bins of each lane.
struct Stretch {
    sum: Lanes,
    /// The product of their mantissas.
    product: Lanes,
    /// The sum of their exponents.
    exponent: [u32; LANES],
}

#[inline(always)]
fn added(bins: &[Lanes], amin: f32, power: impl Fn(f32) -> f32) -> Stretch {
    let (mut sum, mut product, mut exponent) = ([0.0; LANES], [1.0; LANES], [0; LANES]);
    for bin in bins {
        for l in 0..LANES {
            let x = power(bin[l]);
            let x = if x > amin { x } else { amin };
            let (mantissa, its_exponent) = parted(x);
            sum[l] += x;
            product[l] *= mantissa;
            exponent[l] += its_exponent;
        }
    }
    Stretch { sum, product, exponent }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn measured(settings: Flatness, spectra: &[Lanes]) -> f32 {
        let mut out = [[0.0; LANES]];
        settings.prepare(Bins { rate: 48_000, frame: 128 }).unwrap().measure(spectra, &mut out);
        out[0][3]
    }

    #[test]
    fn is_one_mean_over_the_other() {
        // Over many orders of magnitude: the geometric mean of 2^-30 to 2^34 is 4.
        let spectra: Vec<Lanes> = (0..65).map(|i| [libm::exp2f(i as f32 - 30.0); LANES]).collect();
        let expected = 4.0 / ((libm::exp2(35.0) - libm::exp2(-30.0)) / 65.0);
        let flatness = f64::from(measured(Flatness { amin: 1e-20, power: 2.0 }, &spectra));
        assert!((flatness / expected - 1.0).abs() < 1e-6, "{flatness}, not {expected}");
        let root: Vec<Lanes> = spectra.iter().map(|bin| bin.map(f32::sqrt)).collect();
        let by_pow = measured(Flatness { amin: 1e-20, power: 1.0 - 1e-12 }, &spectra);
        let expected = measured(Flatness { amin: 1e-20, power: 1.0 }, &root);
        assert!((by_pow / expected - 1.0).abs() < 1e-6, "{by_pow}, not {expected}");
    }

    #[test]
    fn what_is_flat_has_one() {
        for level in [0.0, 1e-20, 0.7, 3e33] {
            assert!((measured(Flatness::default(), &[[level; LANES]; 65]) - 1.0).abs() < 1e-6, "{level}");
        }
    }
}
