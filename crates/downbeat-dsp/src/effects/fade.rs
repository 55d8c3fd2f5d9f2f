//! Ramps at the ends of a clip.

use std::f64::consts::{FRAC_PI_2, PI};

use crate::{Audio, ClipEffect};

crate::params! {
    /// Fades the clip in and out.
    ///
    /// A ramp of n frames goes from 0 to 1, both included, so that the clip starts and ends in silence; a linear one takes
    /// equal steps of amplitude. Its length is what is given in milliseconds plus what is given in samples. When the clip
    /// has no more frames than both ramps together, each ramp becomes a tenth of the clip. A fade out is a fade in that is
    /// played backwards.
    pub struct Fade: "fade" {
        /// The length of the fade in, in milliseconds.
        in_ms: f64 = 0.0, in 0.0..=60000.0;
        /// The length of the fade out, in milliseconds.
        out_ms: f64 = 0.0, in 0.0..=60000.0;
        /// The length of the fade in, in samples, added to `in_ms`.
        in_samples: u32 = 0, in 0..=10000000;
        /// The length of the fade out, in samples, added to `out_ms`.
        out_samples: u32 = 0, in 0..=10000000;
        /// The shape: "linear" has a straight line, "equal_power" is loud early (where two sounds are faded into each other,
        /// their power stays), "exponential" rises by equal decibels, 60 in all, and "s_curve" begins and ends gently.
        curve: FadeCurve = FadeCurve::Linear;
        /// The shape of the fade out, where it is another one.
        out_curve: OutCurve = OutCurve::Same;
    }
}

crate::choice! {
    /// The shape of a fade in, as an amplitude from 0 to 1 over a time from 0 to 1.
    pub enum FadeCurve {
        /// A straight line: `t`.
        Linear = "linear",
        /// A quarter of a sine: `sin(PI / 2 t)`.
        EqualPower = "equal_power",
        /// By equal ratios over 60 dB, from 0 on: `(1000^t - 1) / 999`.
        Exponential = "exponential",
        /// Half of a cosine: `(1 - cos(PI t)) / 2`.
        SCurve = "s_curve",
    }
}

crate::choice! {
    /// The shape of a fade out, turned around in time.
    pub enum OutCurve {
        /// That of the fade in.
        Same = "same",
        /// See [`FadeCurve::Linear`].
        Linear = "linear",
        /// See [`FadeCurve::EqualPower`].
        EqualPower = "equal_power",
        /// See [`FadeCurve::Exponential`].
        Exponential = "exponential",
        /// See [`FadeCurve::SCurve`].
        SCurve = "s_curve",
    }
}

impl ClipEffect for Fade {
    fn apply(&self, mut clip: Audio) -> Audio {
        let length = |ms: f64, samples: u32| (ms * f64::from(clip.rate()) / 1000.0) as usize + samples as usize;
        let (fade_in, fade_out) = (length(self.in_ms, self.in_samples), length(self.out_ms, self.out_samples));
        let (fade_in, fade_out) = fitting(clip.frames(), fade_in, fade_out);
        let out_curve = match self.out_curve {
            OutCurve::Same => self.curve,
            OutCurve::Linear => FadeCurve::Linear,
            OutCurve::EqualPower => FadeCurve::EqualPower,
            OutCurve::Exponential => FadeCurve::Exponential,
            OutCurve::SCurve => FadeCurve::SCurve,
        };
        for plane in clip.planes_mut() {
            rise(plane.iter_mut(), fade_in, self.curve);
            fall(plane, fade_out, out_curve);
        }
        clip
    }
}

/// Multiplies the first `fade_in` samples by a straight line from 0 to 1 and the last `fade_out` by one from 1 to 0, both
/// ends included; a clip that is not longer than both together gets ramps of a tenth of its length.
pub(super) fn fade(samples: &mut [f32], fade_in: usize, fade_out: usize) {
    let (fade_in, fade_out) = fitting(samples.len(), fade_in, fade_out);
    rise(samples.iter_mut(), fade_in, FadeCurve::Linear);
    fall(samples, fade_out, FadeCurve::Linear);
}

/// The lengths of the ramps in a clip of so many frames.
fn fitting(frames: usize, fade_in: usize, fade_out: usize) -> (usize, usize) {
    let room = frames > fade_in.saturating_add(fade_out);
    let fit = |ramp: usize| if room || ramp == 0 { ramp } else { frames / 10 };
    (fit(fade_in), fit(fade_out))
}

/// Multiplies the first samples by a ramp.
fn rise<'a>(samples: impl Iterator<Item = &'a mut f32>, points: usize, curve: FadeCurve) {
    for (k, x) in samples.take(points).enumerate() {
        *x *= height(k, points, curve);
    }
}

/// Multiplies the last samples by a ramp that falls.
fn fall(samples: &mut [f32], points: usize, curve: FadeCurve) {
    // The last frame of a fade out is the first of a fade in that is read from the end, but a ramp of a single frame
    // only has its start: 0 when it rises, 1 when it falls.
    if points > 1 {
        rise(samples.iter_mut().rev(), points, curve);
    }
}

/// Point `k` of a ramp of `points` points that starts at 0 and ends at 1.
fn height(k: usize, points: usize, curve: FadeCurve) -> f32 {
    let t = k as f64 / points.saturating_sub(1).max(1) as f64;
    let height = match curve {
        FadeCurve::Linear => t,
        FadeCurve::EqualPower => libm::sin(FRAC_PI_2 * t),
        FadeCurve::Exponential => libm::expm1(SIXTY_DB * t) / 999.0,
        FadeCurve::SCurve => 0.5 - 0.5 * libm::cos(PI * t),
    };
    height as f32
}

/// The natural logarithm of 60 dB, the ratio 1000.
const SIXTY_DB: f64 = 3.0 * std::f64::consts::LN_10;

#[cfg(test)]
mod tests {
    use super::*;

    fn faded(frames: usize, fade: Fade) -> Vec<f32> {
        fade.apply(Audio::mono(1000, vec![1.0; frames])).left().to_vec()
    }

    fn linear(k: usize, points: usize) -> f32 {
        height(k, points, FadeCurve::Linear)
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
        assert_eq!((samples[18], samples[20], samples[22]), (linear(18, 20), 1.0, linear(18, 20)));
        assert!(samples[18] < 1.0);
    }

    #[test]
    fn curves_have_their_closed_forms() {
        let third = |curve| faded(20, Fade { in_samples: 7, curve, ..Fade::default() })[2];
        // Both sides round once to 32 bits: they may be one apart in the last place.
        let near = |a: f32, b: f64| assert!((f64::from(a) - b).abs() < 1e-7, "{a} is not {b}");
        near(third(FadeCurve::Linear), 1.0 / 3.0);
        near(third(FadeCurve::EqualPower), 0.5);
        near(third(FadeCurve::Exponential), 9.0 / 999.0);
        near(third(FadeCurve::SCurve), 0.25);
        for curve in [FadeCurve::Linear, FadeCurve::EqualPower, FadeCurve::Exponential, FadeCurve::SCurve] {
            let points: Vec<f32> = (0..100).map(|k| height(k, 100, curve)).collect();
            assert_eq!((points[0], points[99]), (0.0, 1.0), "{curve:?}");
            assert!(points.is_sorted(), "{curve:?}");
        }
    }

    #[test]
    fn equal_power_fades_into_another_sound_at_the_same_power() {
        let power = |k| f64::from(height(k, 64, FadeCurve::EqualPower)).powi(2);
        assert!((0..64).all(|k| (power(k) + power(63 - k) - 1.0).abs() < 2e-7));
    }

    #[test]
    fn a_fade_out_is_a_fade_in_backwards_or_has_its_own_shape() {
        let exponential = Fade { in_samples: 9, out_samples: 9, curve: FadeCurve::Exponential, ..Fade::default() };
        let both = faded(50, exponential.clone());
        assert!(both.iter().eq(both.iter().rev()));
        let own = faded(50, Fade { out_curve: OutCurve::SCurve, ..exponential });
        assert_eq!(own[..41], both[..41]);
        let turned: Vec<f32> = own[41..].iter().rev().copied().collect();
        assert_eq!(turned, (0..9).map(|k| height(k, 9, FadeCurve::SCurve)).collect::<Vec<_>>());
    }
}
