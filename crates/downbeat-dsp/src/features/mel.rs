//! The mel spectrogram: power in bands that are as wide as the ear hears them.

use super::fft::Lanes;
use super::filters::Filters;
use super::{Bins, Feature, FeatureError, Measure, Quantity};

/// The mel spectrogram: the power in each of `bands` triangular bands, equally wide on Slaney's mel scale, each with an
/// area of 1. As `librosa.feature.melspectrogram` gives it.
///
/// Source: M. Slaney, "Auditory Toolbox" (Interval Research, technical report 1998-010).
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct Mel {
    /// How many bands, at least 1.
    pub bands: usize,
    /// Where the lowest band begins, in Hz.
    pub low_hz: f64,
    /// Where the highest band ends, in Hz; half the rate when not given.
    pub high_hz: Option<f64>,
}

impl Default for Mel {
    /// 128 bands from zero to half the rate.
    fn default() -> Self {
        Mel { bands: 128, low_hz: 0.0, high_hz: None }
    }
}

impl Feature for Mel {
    fn prepare(&self, bins: Bins) -> Result<Box<dyn Measure>, FeatureError> {
        Ok(Box::new(Bank(self.filters(bins)?)))
    }
}

impl Mel {
    /// The weight of each bin in each band.
    fn filters(&self, bins: Bins) -> Result<Filters, FeatureError> {
        let (low, high) = (self.low_hz, self.high_hz.unwrap_or(f64::from(bins.rate) / 2.0));
        if self.bands == 0 || self.bands > 65_536 {
            return Err(FeatureError::setting("bands", self.bands as f64, "from 1 to 65,536"));
        }
        if !(low >= 0.0 && low < high && high.is_finite()) {
            return Err(FeatureError::setting("low_hz", low, "at least 0, and below high_hz"));
        }
        let (from, to) = (mel(low), mel(high));
        let corner = |i: usize| hz(from + (to - from) * i as f64 / (self.bands + 1) as f64);
        let weights = |band: usize| {
            let [left, middle, right] = [corner(band), corner(band + 1), corner(band + 2)];
            // Bins beyond both ends have no weight, however these are rounded.
            let [first, end] =
                [left, right + 2.0 * bins.width_hz()].map(|hz| ((hz / bins.width_hz()) as usize).min(bins.count()));
            let weight = move |bin: usize| {
                let hz = bins.hz(bin);
                let outside = hz <= left || hz >= right;
                let slope = || ((hz - left) / (middle - left)).min((right - hz) / (right - middle));
                if outside { 0.0 } else { (2.0 / (right - left) * slope()) as f32 }
            };
            (first, (first..end).map(weight))
        };
        Ok(Filters::new((0..self.bands).map(weights)))
    }
}

struct Bank(Filters);

impl Measure for Bank {
    fn quantity(&self) -> Quantity {
        Quantity::Power
    }

    fn bands(&self) -> usize {
        self.0.bands()
    }

    fn measure(&mut self, spectra: &[Lanes], out: &mut [Lanes]) {
        self.0.sum(spectra, out);
    }
}

/// Below this frequency the scale is linear, above it logarithmic.
const BREAK_HZ: f64 = 1000.0;
/// A mel below the break, in Hz.
const LINEAR_HZ: f64 = 200.0 / 3.0;

/// The natural logarithm of the ratio of one mel above the break: 27 of them are a ratio of 6.4.
fn logarithmic_step() -> f64 {
    libm::log(6.4) / 27.0
}

/// Slaney's mel of a frequency in Hz.
fn mel(hz: f64) -> f64 {
    if hz < BREAK_HZ { hz / LINEAR_HZ } else { BREAK_HZ / LINEAR_HZ + libm::log(hz / BREAK_HZ) / logarithmic_step() }
}

/// The frequency in Hz of Slaney's mel.
fn hz(mel: f64) -> f64 {
    let break_mel = BREAK_HZ / LINEAR_HZ;
    if mel < break_mel { mel * LINEAR_HZ } else { BREAK_HZ * libm::exp((mel - break_mel) * logarithmic_step()) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_scale_is_slaneys() {
        // The values of librosa.hz_to_mel.
        for (frequency, expected) in [(0.0, 0.0), (60.0, 0.9), (440.0, 6.6), (1000.0, 15.0), (6400.0, 42.0)] {
            assert!((mel(frequency) - expected).abs() < 1e-12);
            assert!((hz(expected) - frequency).abs() < 1e-9);
        }
    }

    #[test]
    fn bands_have_an_area_of_one() {
        // Many bins a band, so that the sum is the area: only the corners are cut.
        let bins = Bins { rate: 48_000, frame: 65_536 };
        let filters = Mel { bands: 20, ..Mel::default() }.filters(bins).unwrap();
        let mut areas = vec![[0.0; 8]; 20];
        filters.sum(&vec![[1.0; 8]; bins.count()], &mut areas);
        for area in areas {
            assert!((f64::from(area[0]) * bins.width_hz() - 1.0).abs() < 1e-4, "{}", area[0]);
        }
    }

    #[test]
    fn refuses_what_makes_no_bands() {
        let bins = Bins { rate: 48_000, frame: 2048 };
        for wrong in [
            Mel { bands: 0, ..Mel::default() },
            Mel { low_hz: -1.0, ..Mel::default() },
            Mel { low_hz: 30_000.0, ..Mel::default() },
            Mel { high_hz: Some(f64::NAN), ..Mel::default() },
        ] {
            assert!(wrong.prepare(bins).is_err(), "{wrong:?}");
        }
    }
}
