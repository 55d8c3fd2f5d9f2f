//! How the onset envelope of a sound is measured: the rise of its mel spectrogram.

use super::fft::{LANES, Lanes};
use super::onset_envelope::OnsetEnvelope;
use super::onset_levels::{MOST_KEPT, each_level, half_a_frame};
use super::{FeatureError, Framing, Mel, Stft};
use crate::simd::{self, Work};

/// How an onset envelope is measured.
#[derive(Clone, Copy, PartialEq, Debug, Default)]
pub struct OnsetStrength {
    /// How the sound is cut into frames.
    pub framing: Framing,
    /// The bands whose rise is measured.
    pub mel: Mel,
    /// How their rises become one number.
    pub across: Across,
}

/// How the rises of all bands become one number.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub enum Across {
    /// Their mean: soft onsets in a few bands count. What onsets and the tempo are found in.
    #[default]
    Mean,
    /// Their median: only what begins in half of the bands counts, drums above all. What librosa finds beats in.
    Median,
}

/// The onset envelope of a sound: for each frame, by how many dB its bands rise from one frame to the next, falls counting
/// as 0, on average. What librosa's `onset.onset_strength` answers: levels less than 80 dB below the loudest band of the whole
/// sound are raised to that, and the envelope is moved so that a rise stands where the sound begins, and not half a frame
/// before.
///
/// The levels of 65,536 frames are kept in memory, 33 MB. A longer sound is transformed twice, once to know its loudest
/// band, and takes no more memory than that.
///
/// # Errors
/// When the framing or the bands are out of their range, as for [`Stft::new`] and [`Mel`].
///
/// Source: Böck and Widmer, "Maximum filter vibrato suppression for onset detection" (DAFx 2013), without the filter.
pub fn onset_strength(samples: &[f32], rate: u32, settings: &OnsetStrength) -> Result<OnsetEnvelope, FeatureError> {
    measure(samples, rate, settings, MOST_KEPT)
}

/// What is more than 80 dB below the greatest power counts as this part of it.
const RANGE: f32 = 1e-8;

fn measure(
    samples: &[f32],
    rate: u32,
    settings: &OnsetStrength,
    most_kept: usize,
) -> Result<OnsetEnvelope, FeatureError> {
    let OnsetStrength { framing, mel, across } = *settings;
    let stft = Stft::new(rate, framing)?;
    let frames = framing.count(samples.len());
    let mut rises = Rises { across, powers: Vec::new(), strength: Vec::with_capacity(frames) };
    each_level(samples, &stft, &mel, RANGE, most_kept, |powers, frames| rises.follow(powers, frames))?;
    // The rise to frame 1 is the first there is.
    let before = std::iter::repeat_n(0.0, 1 + half_a_frame(&framing));
    let strength = before.chain(rises.strength).take(frames).collect();
    Ok(OnsetEnvelope { strength, rate, hop: framing.hop })
}

/// Follows the powers of the bands and notes how much they rise.
struct Rises {
    across: Across,
    /// For each band its power in the frame before, and then in the frames of a group. Empty before the first group.
    powers: Vec<[f32; LANES + 1]>,
    /// In dB, from the second frame on.
    strength: Vec<f32>,
}

impl Rises {
    /// The next group of frames, a lane for each.
    fn follow(&mut self, group: &[Lanes], frames: usize) {
        // There is nothing to rise from before the first frame.
        let first = usize::from(self.powers.is_empty());
        if first == 1 {
            self.powers = group.iter().map(|lanes| [lanes[0]; LANES + 1]).collect();
        }
        for (powers, lanes) in self.powers.iter_mut().zip(group) {
            powers[0] = powers[LANES];
            powers[1..].copy_from_slice(lanes);
        }
        let db = match self.across {
            Across::Mean => simd::widest(Mean(&self.powers)),
            Across::Median => std::array::from_fn(|lane| if lane < frames { self.median(lane) } else { 0.0 }),
        };
        self.strength.extend(db.iter().take(frames).skip(first).map(|&db| db as f32));
    }

    /// The median of the rises in a lane.
    fn median(&self, lane: usize) -> f64 {
        let mut ratios: Vec<f32> = self.powers.iter().map(|powers| ratio(powers[lane], powers[lane + 1])).collect();
        let middle = ratios.len() / 2;
        if ratios.iter().filter(|&&ratio| ratio > 1.0).count() < ratios.len() - middle {
            return 0.0;
        }
        let odd = ratios.len() % 2 == 1;
        let (below, &mut upper, _) = ratios.select_nth_unstable_by(middle, f32::total_cmp);
        let lower = if odd { upper } else { below.iter().copied().fold(1.0, f32::max) };
        5.0 * (libm::log10(f64::from(lower)) + libm::log10(f64::from(upper)))
    }
}

/// So many ratios, each up to 10^8, have a product that is a number.
const FACTORS: usize = 32;

/// The mean of the rises in each lane, in dB.
struct Mean<'a>(&'a [[f32; LANES + 1]]);

impl Work for Mean<'_> {
    type Output = [f64; LANES];

    /// The sum of logarithms is the logarithm of a product, so there are few to take.
    #[inline(always)]
    fn run(self) -> [f64; LANES] {
        let mut decades = [0.0; LANES];
        for bands in self.0.chunks(FACTORS) {
            let mut products = [1.0; LANES];
            for powers in bands {
                let ratios: Lanes = std::array::from_fn(|lane| ratio(powers[lane], powers[lane + 1]));
                for (product, ratio) in products.iter_mut().zip(ratios) {
                    *product *= f64::from(ratio);
                }
            }
            for (decades, product) in decades.iter_mut().zip(products) {
                *decades += libm::log10(product);
            }
        }
        decades.map(|decades| 10.0 * decades / self.0.len() as f64)
    }
}

/// How many times as much `after` is as `before`, but at least 1.
#[inline(always)]
fn ratio(before: f32, after: f32) -> f32 {
    let ratio = after / before;
    if ratio > 1.0 { ratio } else { 1.0 }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn noise(length: u32) -> Vec<f32> {
        let random = |i: u32| (i.wrapping_mul(2_654_435_761) ^ i.wrapping_mul(40_503).rotate_left(13)) as i32;
        (0..length).map(|i| random(i) as f32 / i32::MAX as f32 * if i % 9000 < 2000 { 0.5 } else { 0.001 }).collect()
    }

    #[test]
    fn is_its_definition() {
        let sound = noise(40_000);
        let settings = OnsetStrength::default();
        let [mel] = Stft::new(44_100, settings.framing).unwrap().measure(&sound, [&settings.mel]).unwrap();
        let top = mel.values.iter().copied().fold(0.0, f32::max);
        let db = |x: f32| 10.0 * libm::log10(f64::from(x).max(1e-10).max(1e-8 * f64::from(top)));
        let frames: Vec<&[f32]> = mel.iter().collect();
        for across in [Across::Mean, Across::Median] {
            let found = onset_strength(&sound, 44_100, &OnsetStrength { across, ..settings }).unwrap().strength;
            assert_eq!(found.len(), frames.len());
            assert_eq!(found[..3], [0.0; 3]);
            for (pair, found) in frames.windows(2).zip(&found[3..]) {
                let mut rises: Vec<f64> =
                    pair[0].iter().zip(pair[1]).map(|(&a, &b)| (db(b) - db(a)).max(0.0)).collect();
                rises.sort_by(f64::total_cmp);
                let expected = match across {
                    Across::Mean => rises.iter().sum::<f64>() / 128.0,
                    Across::Median => (rises[63] + rises[64]) / 2.0,
                };
                // A rounding to 32 bits of the ratios, each 5e-7 dB, and of the result.
                assert!((f64::from(*found) - expected).abs() < 1e-6 + 1e-7 * expected, "{found} is not {expected}");
            }
        }
    }

    #[test]
    fn what_is_not_kept_is_measured_again() {
        // The loudest comes last, so that no frame can be known before the end.
        let sound: Vec<f32> = noise(60_000).iter().enumerate().map(|(i, x)| x * i as f32 / 60_000.0).collect();
        for across in [Across::Mean, Across::Median] {
            let settings = OnsetStrength { across, ..OnsetStrength::default() };
            let whole = measure(&sound, 48_000, &settings, usize::MAX).unwrap();
            assert_eq!(whole, measure(&sound, 48_000, &settings, 0).unwrap());
            assert!(whole.strength.iter().any(|&x| x > 1.0));
        }
    }

    #[test]
    fn an_odd_number_of_bands_has_one_in_the_middle() {
        let settings =
            OnsetStrength { mel: Mel { bands: 3, ..Mel::default() }, across: Across::Median, ..Default::default() };
        let [mel] = Stft::new(48_000, settings.framing).unwrap().measure(&noise(20_000), [&settings.mel]).unwrap();
        let found = onset_strength(&noise(20_000), 48_000, &settings).unwrap();
        let frames: Vec<&[f32]> = mel.iter().collect();
        for (pair, found) in frames.windows(2).zip(&found.strength[3..]) {
            let mut ratios: Vec<f32> = pair[0].iter().zip(pair[1]).map(|(a, b)| b / a).collect();
            ratios.sort_by(f32::total_cmp);
            let expected = 10.0 * libm::log10(f64::from(ratios[1].max(1.0)));
            assert!((f64::from(*found) - expected).abs() < 1e-6 + 1e-7 * expected);
        }
    }

    #[test]
    fn what_does_not_change_does_not_begin() {
        let strength = |sound: &[f32]| onset_strength(sound, 48_000, &OnsetStrength::default()).unwrap().strength;
        assert_eq!(strength(&[]), []);
        assert_eq!(strength(&[0.5]), [0.0]);
        assert_eq!(strength(&[0.0; 10_000]), [0.0; 20]);
        // A tone of 8 frames a turn is the same in each; its beginning and its end are not.
        let tone: Vec<f32> = (0..48_000).map(|i| [0.0, 0.5, 0.7, 0.5, 0.0, -0.5, -0.7, -0.5][i % 8]).collect();
        assert!(strength(&tone)[10..90].iter().all(|&x| x < 1e-3));
        let broken = strength(&[f32::NAN, 1.0, f32::INFINITY, f32::MAX, -1.0].repeat(2000));
        assert!(broken.iter().all(|x| x.is_finite() && *x >= 0.0));
    }
}
