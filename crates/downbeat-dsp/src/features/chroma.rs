//! Chroma: how much of each of the twelve tones there is, in whatever octave.

use super::fft::{LANES, Lanes};
use super::filters::Filters;
use super::{Bins, Feature, FeatureError, Measure, Quantity};

/// How many tones an octave has.
const TONES: usize = 12;

/// The chroma of a frame: the power around each of the twelve tones, C first, summed over all octaves, those around
/// 880 Hz weighing most, and divided by the largest. Silence has 0. As `librosa.feature.chroma_stft` gives it for the same
/// tuning.
///
/// Source: D. Ellis, "Chroma feature analysis and synthesis" (Columbia University, LabROSA, 2007).
#[derive(Clone, Copy, PartialEq, Debug, Default)]
pub struct Chroma {
    /// How far the sound's tuning is above A = 440 Hz, in semitones. The default is 0; see [`super::estimate_tuning`],
    /// which librosa asks when it is given no tuning.
    pub tuning: f64,
}

impl Feature for Chroma {
    fn prepare(&self, bins: Bins) -> Result<Box<dyn Measure>, FeatureError> {
        if !(-12.0..=12.0).contains(&self.tuning) {
            return Err(FeatureError::setting("tuning", self.tuning, "from -12 to 12 semitones"));
        }
        Ok(Box::new(Bank(self.filters(bins))))
    }
}

impl Chroma {
    /// The weight of each bin in each tone.
    fn filters(&self, bins: Bins) -> Filters {
        let tones = TONES as f64;
        // Semitones above A0, the tone four octaves below 440 Hz.
        let pitch = |bin: usize| tones * libm::log2(bins.hz(bin) / 27.5) - self.tuning;
        // The bin at zero has no pitch: it is put far below the first one. One more than the last says how wide that is.
        let pitches: Vec<f64> = std::iter::once(pitch(1) - 1.5 * tones).chain((1..=bins.count()).map(pitch)).collect();
        let columns: Vec<[f64; TONES]> = pitches
            .windows(2)
            .map(|pair| {
                let (pitch, width) = (pair[0], (pair[1] - pair[0]).max(1.0));
                let bump = |tone: usize| {
                    let distance = remainder(pitch - tone as f64 + 10.0 * tones + tones / 2.0, tones) - tones / 2.0;
                    let steps = 2.0 * distance / width;
                    libm::exp(-0.5 * steps * steps)
                };
                let bumps: [f64; TONES] = std::array::from_fn(bump);
                let length = bumps.iter().map(|x| x * x).sum::<f64>().sqrt();
                let octaves = (pitch / tones - 5.0) / 2.0;
                let weight = libm::exp(-0.5 * octaves * octaves) / length;
                bumps.map(|x| x * weight)
            })
            .collect();
        // The pitches count from A, the tones from C, three semitones above.
        let tone = |tone: usize| (0, columns.iter().map(move |column| column[(tone + 3) % TONES] as f32));
        Filters::new((0..TONES).map(tone))
    }
}

struct Bank(Filters);

impl Measure for Bank {
    fn quantity(&self) -> Quantity {
        Quantity::Power
    }

    fn bands(&self) -> usize {
        TONES
    }

    fn measure(&mut self, spectra: &[Lanes], out: &mut [Lanes]) {
        self.0.sum(spectra, out);
        let mut largest = [0.0_f32; LANES];
        for tone in out.iter() {
            for (largest, &power) in largest.iter_mut().zip(tone) {
                *largest = largest.max(power);
            }
        }
        for tone in out {
            for (power, &largest) in tone.iter_mut().zip(&largest) {
                *power = if largest >= f32::MIN_POSITIVE { *power / largest } else { 0.0 };
            }
        }
    }
}

/// What is left when as many wholes as there are have been taken away: from 0 up to a whole.
fn remainder(x: f64, whole: f64) -> f64 {
    x - (x / whole).floor() * whole
}
