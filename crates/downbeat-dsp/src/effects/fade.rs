//! Linear ramps at the ends of a clip.

use crate::{Audio, ClipEffect};

crate::params! {
    /// Fades the clip in and out with straight lines.
    ///
    /// A ramp of n frames takes n equal steps of amplitude from 0 to 1, both included, so that the clip starts and ends
    /// in silence. Its length is what is given in milliseconds plus what is given in samples. When the clip has no more
    /// frames than both ramps together, each ramp becomes a tenth of the clip.
    pub struct Fade: "fade" {
        /// The length of the fade in, in milliseconds.
        in_ms: f64 = 0.0, in 0.0..=60000.0;
        /// The length of the fade out, in milliseconds.
        out_ms: f64 = 0.0, in 0.0..=60000.0;
        /// The length of the fade in, in samples, added to `in_ms`.
        in_samples: u32 = 0, in 0..=10000000;
        /// The length of the fade out, in samples, added to `out_ms`.
        out_samples: u32 = 0, in 0..=10000000;
    }
}

impl ClipEffect for Fade {
    fn apply(&self, mut clip: Audio) -> Audio {
        let length = |ms: f64, samples: u32| (ms * f64::from(clip.rate()) / 1000.0) as usize + samples as usize;
        let (fade_in, fade_out) = (length(self.in_ms, self.in_samples), length(self.out_ms, self.out_samples));
        for plane in clip.planes_mut() {
            fade(plane, fade_in, fade_out);
        }
        clip
    }
}

/// Multiplies the first `fade_in` samples by a ramp from 0 to 1 and the last `fade_out` by one from 1 to 0, both ends
/// included; a clip that is not longer than both together gets ramps of a tenth of its length.
pub(super) fn fade(samples: &mut [f32], fade_in: usize, fade_out: usize) {
    let frames = samples.len();
    let room = frames > fade_in.saturating_add(fade_out);
    let fit = |ramp: usize| if room || ramp == 0 { ramp } else { frames / 10 };
    for (k, x) in samples.iter_mut().take(fit(fade_in)).enumerate() {
        *x *= rise(k, fit(fade_in));
    }
    // The last frame of a fade out is the first of a fade in that is read from the end, but a ramp of a single frame
    // only has its start: 0 when it rises, 1 when it falls.
    let fade_out = fit(fade_out);
    if fade_out > 1 {
        for (k, x) in samples.iter_mut().rev().take(fade_out).enumerate() {
            *x *= rise(k, fade_out);
        }
    }
}

/// Point `k` of a ramp of `points` points that starts at 0 and ends at 1.
fn rise(k: usize, points: usize) -> f32 {
    (k as f64 / points.saturating_sub(1).max(1) as f64) as f32
}

#[cfg(test)]
mod tests {
    use super::*;

    fn faded(frames: usize, fade: Fade) -> Vec<f32> {
        fade.apply(Audio::mono(1000, vec![1.0; frames])).left().to_vec()
    }

    #[test]
    fn ramps_include_both_their_ends() {
        let samples = faded(12, Fade { in_samples: 5, out_samples: 3, ..Fade::default() });
        assert_eq!(samples, [0.0, 0.25, 0.5, 0.75, 1.0, 1.0, 1.0, 1.0, 1.0, 1.0, 0.5, 0.0]);
    }

    #[test]
    fn milliseconds_and_samples_add_up() {
        let both = faded(100, Fade { in_ms: 7.0, in_samples: 4, out_ms: 20.0, ..Fade::default() });
        assert_eq!(both, faded(100, Fade { in_samples: 11, out_samples: 20, ..Fade::default() }));
    }

    #[test]
    fn short_clips_get_a_tenth() {
        let samples = faded(40, Fade { in_samples: 20, out_samples: 20, ..Fade::default() });
        let third = (1.0_f64 / 3.0) as f32;
        let two_thirds = (2.0_f64 / 3.0) as f32;
        assert_eq!(samples[..5], [0.0, third, two_thirds, 1.0, 1.0]);
        assert_eq!(samples[35..], [1.0, 1.0, two_thirds, third, 0.0]);
        let no_ramp_stays_none = faded(40, Fade { in_samples: 50, ..Fade::default() });
        assert_eq!(no_ramp_stays_none[3..], [1.0; 37]);
    }

    #[test]
    fn one_frame_more_than_both_ramps_is_enough() {
        let samples = faded(41, Fade { in_samples: 20, out_samples: 20, ..Fade::default() });
        assert_eq!((samples[18], samples[20], samples[22]), (rise(18, 20), 1.0, rise(18, 20)));
        assert!(samples[18] < 1.0);
    }
}
