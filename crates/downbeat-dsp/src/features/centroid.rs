//! The spectral centroid: how bright a sound is.

use super::fft::{LANES, Lanes};
use super::{Bins, Feature, FeatureError, Framing, Measure, Quantity, Stft};

/// The spectral centroid in Hz: the mean frequency, weighted by magnitude. Silence has 0.
///
/// Source: G. Peeters, "A large set of audio features for sound description" (2004), section 6.1.1.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Centroid;

impl Feature for Centroid {
    fn prepare(&self, bins: Bins) -> Result<Box<dyn Measure>, FeatureError> {
        Ok(Box::new(Mean(bins)))
    }
}

struct Mean(Bins);

impl Measure for Mean {
    fn measure(&mut self, spectra: &[Lanes], out: &mut [Lanes]) {
        let Moments { sum, first } = moments(spectra);
        for out in out {
            for ((out, sum), first) in out.iter_mut().zip(&sum).zip(&first) {
                *out = if *sum > 0.0 { (first / sum * self.0.width_hz()) as f32 } else { 0.0 };
            }
        }
    }
}

/// Sums over the bins of each lane.
pub(super) struct Moments {
    /// Of all magnitudes.
    pub sum: [f64; LANES],
    /// Of each magnitude times the number of its bin.
    pub first: [f64; LANES],
}

/// The sums that a centroid is made of. A few bins at a time are summed in 32 bits, with whole numbers as weights, and
/// these sums in 64, so that hardly anything is lost and vectors stay full.
#[inline(always)]
pub(super) fn moments(spectra: &[Lanes]) -> Moments {
    const STRETCH: usize = 16;
    let mut moments = Moments { sum: [0.0; LANES], first: [0.0; LANES] };
    for (stretch, bins) in spectra.chunks(STRETCH).enumerate() {
        let (mut sum, mut first) = ([0.0_f32; LANES], [0.0_f32; LANES]);
        for (i, magnitudes) in bins.iter().enumerate() {
            for ((sum, first), magnitude) in sum.iter_mut().zip(&mut first).zip(magnitudes) {
                *sum += magnitude;
                *first += i as f32 * magnitude;
            }
        }
        let start = (stretch * STRETCH) as f64;
        for l in 0..LANES {
            moments.sum[l] += f64::from(sum[l]);
            moments.first[l] += start * f64::from(sum[l]) + f64::from(first[l]);
        }
    }
    moments
}

/// The spectral centroid of a whole sound in Hz: the mean frequency, weighted by magnitude, of its average spectrum
/// (frames of 2048 under a Hann window, half overlapping). Silence gives 0.
///
/// ```
/// let turn = std::f64::consts::TAU * 1000.0 / 48_000.0;
/// let tone: Vec<f32> = (0..48_000).map(|i| libm::sin(turn * f64::from(i)) as f32).collect();
/// let centroid = downbeat_dsp::spectral_centroid(&tone, 48_000);
/// assert!((centroid - 1000.0).abs() < 30.0, "{centroid}");
/// ```
pub fn spectral_centroid(samples: &[f32], rate: u32) -> f64 {
    let framing = Framing { hop: 1024, ..Framing::default() };
    // The framing is one that the transform takes, so there is no error to tell.
    let Ok(stft) = Stft::new(rate, framing) else { return 0.0 };
    let (mut sum, mut first) = (0.0, 0.0);
    stft.each(samples, Quantity::Magnitude, |group| {
        let moments = moments(group.magnitudes);
        sum += moments.sum[..group.frames].iter().sum::<f64>();
        first += moments.first[..group.frames].iter().sum::<f64>();
    });
    if sum > 0.0 { first / sum * stft.bins().width_hz() } else { 0.0 }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn silence_and_nothing_have_no_brightness() {
        assert_eq!(spectral_centroid(&[], 48_000), 0.0);
        assert_eq!(spectral_centroid(&[0.0; 5000], 48_000), 0.0);
    }

    #[test]
    fn two_equal_tones_average() {
        let tone = |hz: f64| (0..48_000).map(move |i| libm::sin(2.0 * std::f64::consts::PI * hz * i as f64 / 48e3));
        let both: Vec<f32> = tone(2000.0).zip(tone(6000.0)).map(|(a, b)| (a + b) as f32).collect();
        // The first and the last frames are cut off, which spreads a little of the sound over the whole spectrum.
        assert!((spectral_centroid(&both, 48_000) - 4000.0).abs() < 40.0);
    }
}
