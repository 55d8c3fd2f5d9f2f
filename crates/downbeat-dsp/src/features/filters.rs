//! Banks of filters over the bins of a spectrum.

use super::fft::{LANES, Lanes};

/// For each band a weight for each bin of one stretch of the spectrum; outside of it the weights are zero.
#[derive(Debug)]
pub(super) struct Filters {
    bands: Vec<(usize, Vec<f32>)>,
}

impl Filters {
    /// From the weights of all bins, band by band.
    pub fn new<W: IntoIterator<Item = f32>>(bands: impl IntoIterator<Item = W>) -> Self {
        let trimmed = |weights: W| {
            let weights: Vec<f32> = weights.into_iter().collect();
            let first = weights.iter().position(|&w| w != 0.0).unwrap_or(0);
            let end = weights.iter().rposition(|&w| w != 0.0).map_or(first, |last| last + 1);
            (first, weights[first..end].to_vec())
        };
        Filters { bands: bands.into_iter().map(trimmed).collect() }
    }

    /// How many bands there are.
    pub fn bands(&self) -> usize {
        self.bands.len()
    }

    /// The weighted sum of each band.
    #[inline(always)]
    pub fn sum(&self, spectra: &[Lanes], out: &mut [Lanes]) {
        for ((first, weights), out) in self.bands.iter().zip(out) {
            let mut sums = [0.0; LANES];
            for (weight, bin) in weights.iter().zip(&spectra[*first..]) {
                for (sum, x) in sums.iter_mut().zip(bin) {
                    *sum += weight * x;
                }
            }
            *out = sums;
        }
    }
}
