//! The spectral rolloff: where most of a spectrum is below.

use super::fft::{LANES, Lanes};
use super::{Bins, Feature, FeatureError, Measure};

/// The spectral rolloff in Hz: the lowest bin up to which the magnitudes add up to the given part of all of them. Silence
/// has 0. As `librosa.feature.spectral_rolloff` gives it: it adds up in 32 bits, bin by bin, and so does this, since where
/// the part falls just between two bins, the rounding decides.
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
        Ok(Box::new(Search { bins, part: self.part as f32, sums }))
    }
}

struct Search {
    bins: Bins,
    part: f32,
    /// The sum of all bins up to this one.
    sums: Vec<Lanes>,
}

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
        let bin = |lane: usize| {
            let threshold = self.part * total[lane];
            self.sums.partition_point(|sum| sum[lane] < threshold)
        };
        for out in out {
            *out = std::array::from_fn(|lane| self.bins.hz(bin(lane)) as f32);
        }
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
    fn refuses_what_is_no_part() {
        for part in [0.0, 1.0, f64::NAN] {
            assert!(Rolloff { part }.prepare(Bins { rate: 1000, frame: 128 }).is_err());
        }
    }
}
