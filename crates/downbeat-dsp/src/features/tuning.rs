//! The tuning of a sound: how far its tones are beside those of A = 440 Hz.

use super::fft::{LANES, Lanes};
use super::{Quantity, Stft};

/// Where tones are looked for, in Hz.
const RANGE_HZ: std::ops::Range<f64> = 150.0..4000.0;
/// A tone has more than this part of the largest bin.
const THRESHOLD: f32 = 0.1;
/// A step of the histogram is a hundredth of a semitone.
const STEPS: usize = 100;

/// How far the tones of a sound are above those of A = 440 Hz, in semitones: from -0.5 up to 0.5, in steps of 0.01. A
/// sound without tones has 0. Peaks of the spectra are the tones; the louder half of them has a vote each.
///
/// With magnitudes it is what `librosa.estimate_tuning` gives for a sound, with powers what `librosa.feature.chroma_stft`
/// uses by itself. It takes memory for each peak: about a tenth of the sound's.
pub fn estimate_tuning(stft: &Stft, samples: &[f32], quantity: Quantity) -> f64 {
    let mut peaks = Vec::new();
    let bins = stft.bins();
    let range: Vec<usize> = (1..bins.count() - 1).filter(|&bin| RANGE_HZ.contains(&bins.hz(bin))).collect();
    stft.each(samples, quantity, |group| {
        let spectra = group.spectra(quantity);
        let thresholds = largest(spectra).map(|largest| THRESHOLD * largest);
        for &bin in &range {
            for (lane, &threshold) in thresholds.iter().enumerate().take(group.frames) {
                if let Some((place, height)) = peak(spectra, bin, lane, threshold) {
                    peaks.push((place * bins.width_hz() as f32, height));
                }
            }
        }
    });
    let threshold = median(peaks.iter().map(|peak| peak.1).collect());
    let mut votes = [0_usize; STEPS];
    let edge = |step: usize| step as f64 / STEPS as f64 - 0.5;
    for (frequency, _) in peaks.iter().filter(|peak| peak.1 >= threshold) {
        let semitones = 12.0 * libm::log2(f64::from(*frequency) / 27.5);
        let beside = semitones - (semitones + 0.5).floor();
        // Both ends of what the difference can be belong to a step.
        let step = (((beside + 0.5) * STEPS as f64) as usize).min(STEPS - 1);
        votes[step] += 1;
    }
    // The first of several that have as many votes.
    let most = votes.iter().max().copied().unwrap_or(0);
    if most == 0 { 0.0 } else { edge(votes.iter().position(|&votes| votes == most).unwrap_or(0)) }
}

/// The largest value of each lane.
fn largest(spectra: &[Lanes]) -> Lanes {
    let mut largest = [0.0; LANES];
    for bin in spectra {
        for (largest, &value) in largest.iter_mut().zip(bin) {
            *largest = if value > *largest { value } else { *largest };
        }
    }
    largest
}

/// The place, in bins, and the height of a parabola through a bin that is larger than its neighbours.
///
/// Source: J. O. Smith, "Spectral Audio Signal Processing" (2011), "Quadratic interpolation of spectral peaks".
fn peak(spectra: &[Lanes], bin: usize, lane: usize, threshold: f32) -> Option<(f32, f32)> {
    let [left, middle, right] = [spectra[bin - 1][lane], spectra[bin][lane], spectra[bin + 1][lane]];
    // Neighbours below the threshold, which is no more than the middle, are below the middle, too.
    if !(middle > threshold && middle > left && middle >= right) {
        return None;
    }
    let (curve, slope) = (right + left - 2.0 * middle, (right - left) / 2.0);
    let shift = if slope.abs() >= curve.abs() { 0.0 } else { -slope / curve };
    Some((bin as f32 + shift, middle + 0.5 * slope * shift))
}

/// The value in the middle, or the mean of the two there; 0 of none.
fn median(mut values: Vec<f32>) -> f32 {
    let middle = values.len() / 2;
    if values.is_empty() {
        return 0.0;
    }
    let even = values.len().is_multiple_of(2);
    let (below, &mut upper, _) = values.select_nth_unstable_by(middle, f32::total_cmp);
    let lower = if even { below.iter().copied().fold(0.0, f32::max) } else { upper };
    (lower + upper) / 2.0
}
