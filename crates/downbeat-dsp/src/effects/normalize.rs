//! Brings the loudest sample, or the loudness, to a level.

use crate::{Audio, Format, Loudness, MeasuredEffect};

crate::choice! {
    /// What counts as the level of a sound.
    pub enum Measure {
        /// The largest distance from zero, to either side.
        Absolute = "absolute",
        /// The largest positive sample, whatever lies below zero.
        Positive = "positive",
        /// The integrated loudness.
        Loudness = "loudness",
    }
}

crate::params! {
    /// Makes the sound louder or softer so that its peak, or its loudness, comes to a given level.
    ///
    /// The whole sound and both channels are measured first; then everything gets the same gain. Loudness is that of EBU R
    /// 128. Silence stays silence, and what is too short to have a loudness (400 ms) stays as it is when that counts.
    pub struct Normalize: "normalize" {
        /// The level of the peak afterwards, in decibels below full scale (0 is full scale).
        peak_db: f64 = 0.0, in -120.0..=24.0;
        /// What counts: "absolute" is the peak to both sides of zero, "positive" the largest positive sample, and "loudness"
        /// the integrated loudness, which `lufs` then says.
        of: Measure = Measure::Absolute;
        /// The loudness afterwards, in LUFS, when `of` is "loudness". A mono sound counts as one channel.
        lufs: f64 = -18.0, in -70.0..=0.0;
    }
}

/// A peak below this (-200 dB) counts as silence: a gain that brought it up would bring up nothing but errors.
const SILENCE: f32 = 1e-10;

/// What [`Normalize`] measures.
#[derive(Clone)]
pub enum NormalizeMeter {
    /// The largest sample so far.
    Peak(f32),
    /// The loudness.
    Loudness(Box<Loudness>),
}

impl MeasuredEffect for Normalize {
    type Meter = NormalizeMeter;

    fn meter(&self, format: Format) -> NormalizeMeter {
        match self.of {
            Measure::Loudness => NormalizeMeter::Loudness(Box::new(Loudness::new(format))),
            Measure::Absolute | Measure::Positive => NormalizeMeter::Peak(0.0),
        }
    }

    fn measure(&self, meter: &mut NormalizeMeter, block: &Audio) {
        match meter {
            NormalizeMeter::Loudness(loudness) => loudness.measure(block.left(), block.right()),
            NormalizeMeter::Peak(peak) => {
                for plane in block.planes() {
                    *peak = peak.max(match self.of {
                        Measure::Positive => largest(plane, |x| x),
                        _ => largest(plane, f32::abs),
                    });
                }
            }
        }
    }

    fn gain(&self, meter: &NormalizeMeter) -> f32 {
        match meter {
            NormalizeMeter::Loudness(loudness) => {
                loudness.lufs().map_or(1.0, |lufs| crate::ratio(self.lufs - lufs) as f32)
            }
            NormalizeMeter::Peak(peak) if *peak < SILENCE => 1.0,
            NormalizeMeter::Peak(peak) => (crate::ratio(self.peak_db) / f64::from(*peak)) as f32,
        }
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
        let positive = Normalize { of: Measure::Positive, ..Normalize::default() };
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
    fn goes_to_a_loudness() {
        let settings = Normalize { of: Measure::Loudness, lufs: -20.0, ..Normalize::default() };
        let sine = |level: f64| -> Vec<f32> {
            let turn = |i: i32| libm::sin(std::f64::consts::TAU * 997.0 * f64::from(i) / 48_000.0);
            (0..96_000).map(|i| (level * turn(i)) as f32).collect()
        };
        // A sine of 997 Hz on both sides at -18 dBFS has -18 LUFS, which is what the K-weighting is calibrated to.
        let side = sine(crate::ratio(-18.0));
        let gain_db = crate::decibels(f64::from(gain_of(&settings, &side, &side)));
        assert!((gain_db + 2.0).abs() < 0.01, "{gain_db}");
        let soft = sine(crate::ratio(-48.0));
        assert!((crate::decibels(f64::from(gain_of(&settings, &soft, &soft))) - 28.0).abs() < 0.01);
        // Nothing to go by: silence, and what is shorter than 400 ms.
        assert_eq!(gain_of(&settings, &[0.0; 96_000], &[0.0; 96_000]), 1.0);
        assert_eq!(gain_of(&settings, &side[..10_000], &side[..10_000]), 1.0);
    }

    #[test]
    fn leaves_silence_alone() {
        assert_eq!(gain_of(&Normalize::default(), &[0.0, 1e-11], &[0.0]), 1.0);
        let positive = Normalize { of: Measure::Positive, ..Normalize::default() };
        assert_eq!(gain_of(&positive, &[-1.0], &[-0.5]), 1.0, "nothing is positive");
    }
}
