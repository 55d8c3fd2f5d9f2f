//! The spectral rolloff: where most of a spectrum is below.

use super::fft::{LANES, Lanes};
use super::{Bins, Feature, FeatureError, Measure};

/// The spectral rolloff in Hz: the lowest bin up to which the magnitudes add up to the given part of all of them. Silence
/// has 0. As `librosa.feature.spectral_rolloff` gives it: it adds up in 32 bits, bin by bin, and so does this, since where
/// the part falls just between two bins, the rounding decides. For such frames, a few in a thousand, the transform is made
/// again in 64 bits.
///
/// Source: G. Peeters, "A large set of audio features for sound description" (2004), section 6.1.6.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct Rolloff {
    /// The part of all magnitudes, between 0 and 1.
    pub part: f64,
}

impl Default for Rolloff {
    /// 85 percent.
    fn default() -> Self {
        Rolloff { part: 0.85 }
    }
}

impl Feature for Rolloff {
    fn prepare(&self, bins: Bins) -> Result<Box<dyn Measure>, FeatureError> {
        if !(self.part > 0.0 && self.part < 1.0) {
            return Err(FeatureError::setting("part", self.part, "between 0 and 1"));
        }
        let sums = Vec::with_capacity(bins.count());
        Ok(Box::new(Search { bins, part: self.part as f32, sums, is_unsure: false }))
    }
}

struct Search {
    bins: Bins,
    part: f32,
    /// The sum of all bins up to this one.
    sums: Vec<Lanes>,
    is_unsure: bool,
}

/// How far a sum of magnitudes may be off, as a part of all of them: the transform in 32 bits makes errors of 1e-7 of the
/// loudest magnitude, and a thousand of these, which know nothing of each other, add up to thirty times that.
const DOUBT: f32 = 4e-6;

impl Measure for Search {
    fn measure(&mut self, spectra: &[Lanes], out: &mut [Lanes]) {
        let mut total = [0.0; LANES];
        self.sums.clear();
        for bin in spectra {
            for (total, magnitude) in total.iter_mut().zip(bin) {
                *total += magnitude;
            }
            self.sums.push(total);
        }
        let sums = &self.sums;
        let bin = |lane: usize| {
            let threshold = self.part * total[lane];
            let bin = sums.partition_point(|sum| sum[lane] < threshold);
            let is_near =
                |bin: usize| sums.get(bin).is_some_and(|sum| (sum[lane] - threshold).abs() < DOUBT * total[lane]);
            (bin, is_near(bin) || is_near(bin.wrapping_sub(1)))
        };
        let found: [_; LANES] = std::array::from_fn(bin);
        self.is_unsure = found.iter().any(|(_, is_unsure)| *is_unsure);
        for out in out {
            *out = found.map(|(bin, _)| self.bins.hz(bin) as f32);
        }
    }

    fn is_unsure(&self) -> bool {
        self.is_unsure
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn is_the_first_bin_that_reaches_the_part() {
        let bins = Bins { rate: 1000, frame: 100 };
        let spectra = vec![[1.0; LANES]; bins.count()];
        for (part, bin) in [(0.01, 0.0), (0.5, 25.0), (0.85, 43.0), (0.999, 50.0)] {
            let mut out = [[0.0; LANES]];
            Rolloff { part }.prepare(bins).unwrap().measure(&spectra, &mut out);
            assert_eq!(out[0], [bin * 10.0; LANES], "{part}");
        }
        let mut out = [[1.0; LANES]];
        Rolloff::default().prepare(bins).unwrap().measure(&vec![[0.0; LANES]; bins.count()], &mut out);
        assert_eq!(out[0], [0.0; LANES]);
    }

    #[test]
    fn is_unsure_where_rounding_decides() {
        let bins = Bins { rate: 1000, frame: 100 };
        // 51 magnitudes of 1: a sum is met where the part is a whole number of them.
        for (part, is_unsure) in
            [(25.5 / 51.0, false), (26.0 / 51.0, true), (26.0001 / 51.0, true), (26.001 / 51.0, false)]
        {
            let mut search = Rolloff { part }.prepare(bins).unwrap();
            search.measure(&vec![[1.0; LANES]; bins.count()], &mut [[0.0; LANES]]);
            assert_eq!(search.is_unsure(), is_unsure, "{part}");
        }
        let mut search = Rolloff::default().prepare(bins).unwrap();
        search.measure(&vec![[0.0; LANES]; bins.count()], &mut [[0.0; LANES]]);
        assert!(!search.is_unsure());
    }

    #[test]
    fn refuses_what_is_no_part() {
        for part in [0.0, 1.0, f64::NAN] {
            assert!(Rolloff { part }.prepare(Bins { rate: 1000, frame: 128 }).is_err());
        }
    }
}
