//! A compressor without memory: each sample is turned down by its own size.

use crate::{Block, Effect, Format, scale};

crate::params! {
    /// Turns down every sample by how far it lies above a threshold, without attack or release.
    ///
    /// A sample at or above the threshold is multiplied by 0.99; 0.1 above it by 0.95; 0.2 above it by 0.90; 0.3 above
    /// it by 0.85. The steps bend the waveform a little, which adds a grain of its own.
    pub struct PeakCompressor: "peak_compressor" {
        /// The amplitude from which samples are turned down; 1 is full scale.
        threshold: f64 = 0.5, in 0.0..=1.0;
        /// What is added at the end, as a share of the result: 0 adds nothing, 1 doubles it.
        makeup: f64 = 0.0, in 0.0..=20.0;
        /// How many times the steps are gone through, each time with the result of the time before.
        passes: u32 = 1, in 1..=100;
    }
}

/// How far above the threshold each step starts, and the factor that holds from there on.
const STEPS: [(f64, f32); 4] = [(0.0, 0.99), (0.1, 0.95), (0.2, 0.90), (0.3, 0.85)];

impl Effect for PeakCompressor {
    type State = ();

    fn start(&self, _: Format) {}

    #[inline(always)]
    fn process(&self, _: &mut (), block: &mut Block<'_>) {
        let steps = STEPS.map(|(above, factor)| (at_least(self.threshold + above), factor));
        for plane in block.planes() {
            for _ in 0..self.passes {
                pass(plane, steps);
            }
        }
        scale(block, (1.0 + self.makeup) as f32);
    }
}

/// Multiplies each sample by the factor of the highest step it reaches. The choice is made without branches, so that
/// several samples are worked on at once.
#[inline(always)]
fn pass(samples: &mut [f32], steps: [(f32, f32); 4]) {
    for x in samples {
        let size = x.abs();
        let mut factor = 1.0;
        for (from, turned_down) in steps {
            factor = if size >= from { turned_down } else { factor };
        }
        *x *= factor;
    }
}

/// The smallest `f32` that is not below `x`: for every `f32` sample, reaching it means exactly to reach `x`.
fn at_least(x: f64) -> f32 {
    let nearest = x as f32;
    if f64::from(nearest) < x { nearest.next_up() } else { nearest }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn compressed(settings: &PeakCompressor, sample: f32) -> f32 {
        let mut samples = [sample; 7];
        settings.process(&mut (), &mut Block::mono(&mut samples));
        assert!(samples.iter().all(|x| *x == samples[0]), "the loop over lanes and its rest do the same");
        samples[0]
    }

    #[test]
    fn has_four_steps() {
        let settings = PeakCompressor { threshold: 0.25, makeup: 0.0, passes: 1 };
        for (sample, factor) in [(0.2, 1.0), (0.25, 0.99), (0.34, 0.99), (0.36, 0.95), (0.46, 0.9), (0.56, 0.85)] {
            assert_eq!(compressed(&settings, sample), sample * factor);
            assert_eq!(compressed(&settings, -sample), -sample * factor);
        }
    }

    #[test]
    fn a_sample_just_below_a_step_stays_below_it() {
        // 0.1 + 0.2 lies between two neighbouring f32: the upper one reaches it, the lower one does not.
        let settings = PeakCompressor { threshold: 0.1, makeup: 0.0, passes: 1 };
        let step = at_least(0.1 + 0.2);
        assert!(f64::from(step) >= 0.1 + 0.2 && f64::from(step.next_down()) < 0.1 + 0.2);
        assert_eq!(compressed(&settings, step), step * 0.9);
        assert_eq!(compressed(&settings, step.next_down()), step.next_down() * 0.95);
    }

    #[test]
    fn passes_follow_one_another() {
        let settings = PeakCompressor { threshold: 0.5, makeup: 1.0, passes: 3 };
        // 0.9 is 0.3 above, 0.765 is 0.2 above, 0.6885 is 0.1 above: three different factors.
        assert_eq!(compressed(&settings, 0.9), 0.9 * 0.85 * 0.9 * 0.95 * 2.0);
    }
}
