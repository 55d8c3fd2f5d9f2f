//! Banks of filters over the bins of a spectrum.

use super::fft::{LANES, Lanes};
use crate::simd::{self, Work};

/// For each band a weight for each bin of one stretch of the spectrum; outside of it the weights are zero.
#[derive(Debug)]
pub(super) struct Filters {
    bands: Vec<(usize, Vec<f32>)>,
}

impl Filters {
    /// From the bands: for each the first bin that may count, and the weights from there on.
    pub fn new<W: IntoIterator<Item = f32>>(bands: impl IntoIterator<Item = (usize, W)>) -> Self {
        let trimmed = |(first, weights): (usize, W)| {
            let weights: Vec<f32> = weights.into_iter().collect();
            let start = weights.iter().position(|&w| w != 0.0).unwrap_or(0);
            let end = weights.iter().rposition(|&w| w != 0.0).map_or(start, |last| last + 1);
            (first + start, weights[start..end].to_vec())
        };
        Filters { bands: bands.into_iter().map(trimmed).collect() }
    }

    /// How many bands there are.
    pub fn bands(&self) -> usize {
        self.bands.len()
    }

    /// The weighted sum of each band.
    pub fn sum(&self, spectra: &[Lanes], out: &mut [Lanes]) {
        simd::widest(Sum { filters: self, spectra, out });
    }
}

struct Sum<'a> {
    filters: &'a Filters,
    spectra: &'a [Lanes],
    out: &'a mut [Lanes],
}

impl Work for Sum<'_> {
    type Output = ();

    #[inline(always)]
    fn run(self) {
        for ((first, weights), out) in self.filters.bands.iter().zip(self.out) {
            *out = weighted(weights, &self.spectra[*first..]);
        }
    }
}

/// The sum of the bins, each times its weight. It is made of four sums, so that none has to wait for itself.
#[inline(always)]
fn weighted(weights: &[f32], bins: &[Lanes]) -> Lanes {
    let (fours, rest) = weights.as_chunks::<4>();
    let (bins, rest_bins) = bins.split_at(4 * fours.len());
    let [mut a, mut b, mut c, mut d] = [[0.0; LANES]; 4];
    for (weights, bins) in fours.iter().zip(bins.as_chunks::<4>().0) {
        add(&mut a, weights[0], &bins[0]);
        add(&mut b, weights[1], &bins[1]);
        add(&mut c, weights[2], &bins[2]);
        add(&mut d, weights[3], &bins[3]);
    }
    add(&mut a, 1.0, &b);
    add(&mut c, 1.0, &d);
    add(&mut a, 1.0, &c);
    for (weight, bin) in rest.iter().zip(rest_bins) {
        add(&mut a, *weight, bin);
    }
    a
}

#[inline(always)]
fn add(sum: &mut Lanes, weight: f32, bin: &Lanes) {
    for l in 0..LANES {
        sum[l] += weight * bin[l];
    }
}
