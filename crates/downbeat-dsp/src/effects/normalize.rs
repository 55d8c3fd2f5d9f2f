//! Brings the loudest sample to a level.

use crate::{Audio, Format, MeasuredEffect};

crate::choice! {
    /// Which sample counts as the loudest.
    pub enum Peak {
        /// The largest distance from zero, to either side.
        Absolute = "absolute",
        /// The largest positive sample, whatever lies below zero.
        Positive = "positive",
    }
}

crate::params! {
    /// Makes the sound louder or softer so that its peak comes to a given level.
    ///
    /// The peak is looked for in the whole sound and in both channels first; then everything gets the same gain.
    /// Silence stays silence.
    pub struct Normalize: "normalize" {
        /// The level of the peak afterwards, in decibels below full scale (0 is full scale).
        peak_db: f64 = 0.0, in -120.0..=24.0;
        /// Which peak: "absolute" looks to both sides of zero, "positive" at the positive samples only.
        of: Peak = Peak::Absolute;
    }
}

/// A peak below this (-200 dB) counts as silence: a gain that brought it up would bring up nothing but errors.
const SILENCE: f32 = 1e-10;

impl MeasuredEffect for Normalize {
    type Meter = f32;

    fn meter(&self, _: Format) -> f32 {
        0.0
    }

    fn measure(&self, peak: &mut f32, block: &Audio) {
        for plane in block.planes() {
            *peak = peak.max(match self.of {
                Peak::Absolute => largest(plane, f32::abs),
                Peak::Positive => largest(plane, |x| x),
            });
        }
    }

    fn gain(&self, &peak: &f32) -> f32 {
        if peak < SILENCE { 1.0 } else { (crate::ratio(self.peak_db) / f64::from(peak)) as f32 }
    }
}

/// The largest of all samples' sizes, or zero when none is larger. Several lanes are compared side by side.
pub(super) fn largest(samples: &[f32], size: impl Fn(f32) -> f32) -> f32 {
    const LANES: usize = 16;
    let larger = |a: f32, b: f32| if b > a { b } else { a };
    let mut lanes = [0.0; LANES];
    let chunks = samples.chunks_exact(LANES);
    let rest = chunks.remainder().iter().fold(0.0, |largest, &x| larger(largest, size(x)));
    for chunk in chunks {
        for (lane, &x) in lanes.iter_mut().zip(chunk) {
            *lane = larger(*lane, size(x));
        }
    }
    lanes.into_iter().fold(rest, larger)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn gain_of(settings: &Normalize, left: &[f32], right: &[f32]) -> f32 {
        let sound = Audio::stereo(48_000, left.to_vec(), right.to_vec());
        let mut peak = settings.meter(sound.format());
        settings.measure(&mut peak, &sound);
        settings.gain(&peak)
    }

    #[test]
    fn finds_the_peak_in_either_channel() {
        assert_eq!(gain_of(&Normalize::default(), &[0.1, 0.25], &[-0.5, 0.0]), 2.0);
        let positive = Normalize { of: Peak::Positive, ..Normalize::default() };
        assert_eq!(gain_of(&positive, &[0.1, 0.25], &[-0.5, 0.0]), 4.0);
    }

    #[test]
    fn goes_to_the_level_asked_for() {
        let settings = Normalize { peak_db: crate::decibels(0.25), ..Normalize::default() };
        assert_eq!(gain_of(&settings, &[0.5], &[0.0]), 0.5);
    }

    #[test]
    fn finds_the_peak_wherever_it_stands() {
        for frames in [1, 15, 16, 17, 40] {
            for at in 0..frames {
                let mut samples = vec![-0.25; frames];
                samples[at] = 0.5;
                assert_eq!((largest(&samples, f32::abs), largest(&samples, |x| x)), (0.5, 0.5));
                samples[at] = -0.5;
                assert_eq!((largest(&samples, f32::abs), largest(&samples, |x| x)), (0.5, 0.0));
            }
        }
    }

    #[test]
    fn leaves_silence_alone() {
        assert_eq!(gain_of(&Normalize::default(), &[0.0, 1e-11], &[0.0]), 1.0);
        let positive = Normalize { of: Peak::Positive, ..Normalize::default() };
        assert_eq!(gain_of(&positive, &[-1.0], &[-0.5]), 1.0, "nothing is positive");
    }
}
