//! The spectral contrast: how far peaks stand out from valleys, octave by octave.

use super::extremes::Extremes;
use super::fft::Lanes;
use super::{Bins, Feature, FeatureError, Measure, Series, power_to_db};

/// The spectral contrast of octave bands in dB: the mean of the highest magnitudes of a band over the mean of its lowest
/// ones. The first band lies below `low_hz`, each of the others is an octave, and the last one goes up to half the rate.
/// Silence has 0.
///
/// As `librosa.feature.spectral_contrast` gives it, which takes the magnitudes for powers, ten times their logarithm, and
/// lets neither peaks nor valleys be more than 80 dB below the largest of the whole sound.
///
/// Valleys are what a transform in 32 bits gets wrong first: in an octave that is all but empty it may be some decibels. With
/// [`Stft::precise`](super::Stft::precise) it is a hundred-thousandth of one.
///
/// Source: D.-N. Jiang et al., "Music type classification by spectral contrast feature", Proceedings of the IEEE
/// International Conference on Multimedia and Expo (2002).
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct Contrast {
    /// How many octaves, at least 1.
    pub octaves: usize,
    /// Where the first octave begins, in Hz.
    pub low_hz: f64,
    /// The part of a band's bins that is taken for its peaks, and for its valleys: between 0 and 0.5.
    pub quantile: f64,
}

impl Default for Contrast {
    /// Six octaves from 200 Hz, two in a hundred bins.
    fn default() -> Self {
        Contrast { octaves: 6, low_hz: 200.0, quantile: 0.02 }
    }
}

impl Feature for Contrast {
    fn prepare(&self, bins: Bins) -> Result<Box<dyn Measure>, FeatureError> {
        let Contrast { octaves, low_hz, quantile } = *self;
        if !(quantile > 0.0 && quantile < 0.5) {
            return Err(FeatureError::setting("quantile", quantile, "between 0 and 0.5"));
        }
        if !(1..=32).contains(&octaves) {
            return Err(FeatureError::setting("octaves", octaves as f64, "from 1 to 32"));
        }
        let low_hz = low_hz.max(0.0);
        let corner = |band: usize| if band == 0 { 0.0 } else { low_hz * (1_u64 << (band - 1)) as f64 };
        let mut bands = Vec::new();
        for band in 0..=octaves {
            let first = (0..bins.count()).find(|&bin| bins.hz(bin) >= corner(band));
            let end = (0..bins.count()).rfind(|&bin| bins.hz(bin) <= corner(band + 1)).map_or(0, |last| last + 1);
            // A band begins with the last bin of the one before, and leaves its own last one to the next.
            let (first, last) =
                (first.map_or(bins.count(), |first| first.saturating_sub(usize::from(band > 0))), band == octaves);
            let end = if last { bins.count() } else { end };
            let taken = (end.saturating_sub(first) as f64 * quantile).round_ties_even().max(1.0) as usize;
            let end = if last { end } else { end.saturating_sub(1) };
            if corner(band) >= f64::from(bins.rate) / 2.0 || first >= end {
                let range = "a frequency that leaves every octave bins below half the rate";
                return Err(FeatureError::setting("low_hz", self.low_hz, range));
            }
            bands.push(Band { first, end, extremes: Extremes::new(taken.min(end - first)) });
        }
        Ok(Box::new(Bands(bands)))
    }
}

/// A stretch of bins, and what finds its peaks and its valleys.
struct Band {
    first: usize,
    end: usize,
    extremes: Extremes,
}

struct Bands(Vec<Band>);

impl Measure for Bands {
    /// The peaks of all bands, then their valleys.
    fn bands(&self) -> usize {
        2 * self.0.len()
    }

    fn measure(&mut self, spectra: &[Lanes], out: &mut [Lanes]) {
        let (peaks, valleys) = out.split_at_mut(self.0.len());
        for ((band, peak), valley) in self.0.iter_mut().zip(peaks).zip(valleys) {
            (*peak, *valley) = band.extremes.means(&spectra[band.first..band.end]);
        }
    }

    /// The difference in dB, when the largest of all is known.
    fn finish(&mut self, series: Series) -> Series {
        let bands = self.0.len();
        let half = |from: usize| -> Vec<f32> {
            let mut values = Vec::with_capacity(series.values.len() / 2);
            series.iter().for_each(|frame| values.extend_from_slice(&frame[from..from + bands]));
            power_to_db(&mut values, 1.0, 1e-10, Some(80.0));
            values
        };
        let values = half(0).iter().zip(half(bands)).map(|(peak, valley)| peak - valley).collect();
        Series { bands, values, ..series }
    }
}
