//! The spectral bandwidth: how far a spectrum spreads around its centroid.

use super::centroid::moments;
use super::fft::{LANES, Lanes};
use super::{Bins, Feature, FeatureError, Measure};

/// The spectral bandwidth in Hz: the mean distance from the centroid to the power `p`, weighted by magnitude, and of that
/// the `p`th root. With `p` 2 it is a standard deviation. Silence has 0. As `librosa.feature.spectral_bandwidth` gives it.
///
/// Source: G. Peeters, "A large set of audio features for sound description" (2004), section 6.1.2.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct Bandwidth {
    /// The power of the distance, above 0 and at most 16. Powers other than 1 and 2 take longer.
    pub p: f64,
}

impl Default for Bandwidth {
    /// The standard deviation.
    fn default() -> Self {
        Bandwidth { p: 2.0 }
    }
}

impl Feature for Bandwidth {
    fn prepare(&self, bins: Bins) -> Result<Box<dyn Measure>, FeatureError> {
        if !(self.p > 0.0 && self.p <= 16.0) {
            return Err(FeatureError::setting("p", self.p, "above 0 and at most 16"));
        }
        Ok(Box::new(Deviation { bins, p: self.p }))
    }
}

struct Deviation {
    bins: Bins,
    p: f64,
}

impl Measure for Deviation {
    fn measure(&mut self, spectra: &[Lanes], out: &mut [Lanes]) {
        let (sums, centers) = centers(spectra);
        let (p, width) = (self.p, self.bins.width_hz());
        let spread = if p == 2.0 {
            spread(spectra, &centers, |distance| distance * distance)
        } else if p == 1.0 {
            spread(spectra, &centers, f32::abs)
        } else {
            // Distances as parts of the spectrum, so that no power of them is too large for 32 bits.
            let scale = 1.0 / spectra.len() as f64;
            spread(spectra, &centers, |distance| libm::pow(f64::from(distance.abs()) * scale, p) as f32)
        };
        let scale = if p == 1.0 || p == 2.0 { width } else { width * spectra.len() as f64 };
        for out in out {
            for (l, out) in out.iter_mut().enumerate() {
                let mean = if sums[l] > 0.0 { spread[l] / sums[l] } else { 0.0 };
                let root = if p == 2.0 { mean.sqrt() } else { libm::pow(mean, 1.0 / p) };
                *out = (root * scale) as f32;
            }
        }
    }
}

/// The sum of magnitudes and the centroid of each lane, in bins.
#[inline(always)]
fn centers(spectra: &[Lanes]) -> ([f64; LANES], Lanes) {
    let moments = moments(spectra);
    let center = |l: usize| if moments.sum[l] > 0.0 { (moments.first[l] / moments.sum[l]) as f32 } else { 0.0 };
    (moments.sum, std::array::from_fn(center))
}

/// The sum of magnitudes, each times what `weight` makes of its distance from the centre in bins.
///
/// The centre is rounded to 32 bits, which moves the mean square by no more than the square of that rounding, because
/// the distances themselves add up to nothing.
#[inline(always)]
fn spread(spectra: &[Lanes], centers: &Lanes, weight: impl Fn(f32) -> f32) -> [f64; LANES] {
    const STRETCH: usize = 16;
    let mut sums = [0.0; LANES];
    for (stretch, bins) in spectra.chunks(STRETCH).enumerate() {
        let mut partial = [0.0_f32; LANES];
        for (i, magnitudes) in bins.iter().enumerate() {
            let bin = (stretch * STRETCH + i) as f32;
            for ((sum, magnitude), center) in partial.iter_mut().zip(magnitudes).zip(centers) {
                *sum += magnitude * weight(bin - center);
            }
        }
        for (sum, partial) in sums.iter_mut().zip(partial) {
            *sum += f64::from(partial);
        }
    }
    sums
}

#[cfg(test)]
mod tests {
    use super::*;

    /// One line at bin 10 and one, three times as high, at bin 14: the centre is bin 13.
    fn measured(p: f64) -> f32 {
        let mut spectra = vec![[0.0; LANES]; 65];
        (spectra[10], spectra[14]) = ([1.0; LANES], [3.0; LANES]);
        let bins = Bins { rate: 128, frame: 128 };
        let mut out = [[0.0; LANES]];
        Bandwidth { p }.prepare(bins).unwrap().measure(&spectra, &mut out);
        out[0][5]
    }

    #[test]
    fn is_the_mean_deviation_of_any_power() {
        assert_eq!(measured(1.0), (3.0 + 3.0) / 4.0);
        assert!((measured(2.0) - 3.0_f32.sqrt()).abs() < 1e-6);
        // The root of the mean of 27 + 3 over 4, and powers that are slightly different are slightly different.
        assert!((f64::from(measured(3.0)) - libm::cbrt(7.5)).abs() < 1e-6);
        assert!((measured(2.0) - measured(2.000_001)).abs() < 1e-5);
        assert!((measured(1.0) - measured(1.000_001)).abs() < 1e-5);
    }
}
