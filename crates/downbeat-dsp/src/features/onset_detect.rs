//! Onsets: the frames in which something begins.

use super::onset_envelope::{NOTICEABLE_DB, OnsetEnvelope};
use super::peak_pick::{PeakPicking, peak_pick};

/// When the rise of an envelope is an onset. Windows are in seconds and are rounded down to whole frames.
///
/// The defaults are librosa's, found by a search over the data set of Böck, Krebs and Schedl (ISMIR 2012).
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct OnsetPicking {
    /// An onset is the greatest value since so many seconds...
    pub pre_max_s: f64,
    /// ...and for so many after it.
    pub post_max_s: f64,
    /// It is above the mean from so many seconds before it...
    pub pre_avg_s: f64,
    /// ...to so many after it.
    pub post_avg_s: f64,
    /// By at least this part of the envelope's range, 0 to 1.
    pub delta: f32,
    /// The next onset is later by more than this.
    pub wait_s: f64,
    /// Goes back from each onset to where its rise begins: the place to cut at.
    pub backtrack: bool,
}

impl Default for OnsetPicking {
    fn default() -> Self {
        OnsetPicking {
            pre_max_s: 0.03,
            post_max_s: 0.0,
            pre_avg_s: 0.1,
            post_avg_s: 0.1,
            delta: 0.07,
            wait_s: 0.03,
            backtrack: false,
        }
    }
}

/// The frames in which something begins, in rising order. What librosa's `onset.onset_detect` answers, except that what is
/// weaker than 0.1 dB is no onset: librosa finds onsets in a steady tone.
pub fn onset_detect(envelope: &OnsetEnvelope, picking: &OnsetPicking) -> Vec<usize> {
    if envelope.is_flat() {
        return Vec::new();
    }
    let strength = to_unit_range(&envelope.strength);
    let mut peaks = peak_pick(
        &strength,
        &PeakPicking {
            pre_max: envelope.whole_frames(picking.pre_max_s),
            post_max: envelope.whole_frames(picking.post_max_s).saturating_add(1),
            pre_avg: envelope.whole_frames(picking.pre_avg_s),
            post_avg: envelope.whole_frames(picking.post_avg_s).saturating_add(1),
            delta: picking.delta,
            wait: envelope.whole_frames(picking.wait_s),
        },
    );
    peaks.retain(|&frame| envelope.strength[frame] >= NOTICEABLE_DB);
    if picking.backtrack { onset_backtrack(&peaks, &strength) } else { peaks }
}

/// Goes back from each onset to the nearest frame, not after it, in which `energy` is lowest before it rises; to frame 0
/// when there is none. `energy` is the envelope itself, or the RMS of the same frames.
///
/// Onsets between the same two minima become equal, and all are kept: one for one with `onsets`.
///
/// Source: Jehan, "Creating music by listening" (2005), section 3.4.3.
pub fn onset_backtrack(onsets: &[usize], energy: &[f32]) -> Vec<usize> {
    let falls_then_rises = |three: &[f32]| three[1] <= three[0] && three[1] < three[2];
    let turns = energy.windows(3).enumerate().filter(|(_, three)| falls_then_rises(three)).map(|(frame, _)| frame + 1);
    let minima: Vec<usize> = std::iter::once(0).chain(turns).collect();
    onsets
        .iter()
        .map(|&onset| {
            let passed = minima.partition_point(|&minimum| minimum <= onset);
            // Frame 0 is never after an onset.
            minima[passed.saturating_sub(1)]
        })
        .collect()
}

/// Stretches values to the range from 0 to 1.
fn to_unit_range(values: &[f32]) -> Vec<f32> {
    let low = values.iter().copied().fold(f32::INFINITY, f32::min);
    let high = values.iter().copied().fold(f32::NEG_INFINITY, f32::max);
    // The smallest number there is only matters when all values are equal.
    let range = (high - low) + f32::MIN_POSITIVE;
    values.iter().map(|x| (x - low) / range).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn envelope(strength: &[f32]) -> OnsetEnvelope {
        OnsetEnvelope { strength: strength.to_vec(), rate: 22_050, hop: 512 }
    }

    #[test]
    fn goes_back_to_where_the_rise_begins() {
        let energy = [0.0, 1.0, 0.5, 0.5, 0.7, 3.0, 1.0, 0.9, 2.0];
        // 3 is the last of the equal minima, 7 the minimum before the last rise, 0 where there is none.
        assert_eq!(onset_backtrack(&[1, 5, 6, 7, 8], &energy), [0, 3, 3, 7, 7]);
        assert_eq!(onset_backtrack(&[4], &[]), [0]);
        assert_eq!(onset_backtrack(&[], &energy), []);
    }

    #[test]
    fn rises_are_onsets_however_strong_they_are() {
        let mut rises = vec![0.0; 60];
        for (frame, height) in [(10, 1.0), (25, 0.5), (40, 0.05)] {
            rises[frame] = height;
        }
        for scale in [0.3, 1.0, 30.0] {
            let scaled: Vec<f32> = rises.iter().map(|x| x * scale).collect();
            // The last one is below `delta`.
            assert_eq!(onset_detect(&envelope(&scaled), &OnsetPicking::default()), [10, 25]);
        }
        let faint: Vec<f32> = rises.iter().map(|x| x * 0.15).collect();
        assert_eq!(onset_detect(&envelope(&faint), &OnsetPicking::default()), [10]);
        let cuts = OnsetPicking { backtrack: true, ..OnsetPicking::default() };
        assert_eq!(onset_detect(&envelope(&rises), &cuts), [9, 24]);
    }

    #[test]
    fn nothing_has_no_onsets() {
        for strength in [&[][..], &[0.0; 40], &[0.0, 0.05, 0.0, 0.0], &[f32::NAN, 1.0, 0.0], &[f32::INFINITY]] {
            assert_eq!(onset_detect(&envelope(strength), &OnsetPicking::default()), []);
        }
        let without_rate = OnsetEnvelope { rate: 0, ..envelope(&[0.0, 1.0, 0.0]) };
        assert_eq!(onset_detect(&without_rate, &OnsetPicking::default()), []);
        // One frame alone is as high as it is low.
        assert_eq!(onset_detect(&envelope(&[1.0]), &OnsetPicking::default()), []);
    }
}
