//! A compressor that dips whole frames, overlapping by half.

use std::sync::Arc;

use super::normalize::largest;
use crate::{Block, Effect, Format, Held};

crate::params! {
    /// Dips the level in the middle of every frame that has a peak above a threshold.
    ///
    /// The sound is cut into frames that overlap by half. A frame with a peak above the threshold is multiplied by
    /// 1 - ratio * hann, in place, so that the next frame, which overlaps it, sees what is left. Peaks of both channels
    /// count together, so that the stereo image stays. It looks ahead by one frame.
    pub struct FrameCompressor: "frame_compressor" {
        /// The length of a frame, in samples: even (an odd one is rounded down). It stays fixed while it plays.
        frame: u32 = 2048, in 2..=65536;
        /// The amplitude above which a frame is dipped; 1 is full scale.
        threshold: f64 = 0.5, in 0.0..=1.0;
        /// How deep the dip is: 0 does nothing, 1 goes down to silence in the middle of the frame.
        ratio: f64 = 0.5, in 0.0..=1.0;
        /// The factor that everything is multiplied with at the end.
        makeup: f64 = 1.0, in 0.0..=20.0;
    }
    check = frame_is_even;
}

fn frame_is_even(settings: &FrameCompressor) -> Result<(), crate::ParamError> {
    if settings.frame.is_multiple_of(2) {
        return Ok(());
    }
    Err(crate::ParamError::Together {
        name: "frame",
        reason: format!(
            "`frame` = {} is odd, but frames overlap by half: it takes an even number, like {}",
            settings.frame,
            settings.frame + 1
        ),
    })
}

/// What [`FrameCompressor`] remembers: the last frame of its input, as far as the frames before have changed it.
#[derive(Clone, PartialEq)]
pub struct FrameCompressorState {
    /// The frame, one plane a channel. The older half comes first whenever `filled` is 0.
    frame: Vec<Vec<f32>>,
    /// The Hann window, one frame long, periodic.
    hann: Arc<[f32]>,
    /// How many samples of the current half are in.
    filled: usize,
    /// How many halves are still missing until the frame holds nothing from before the start.
    missing: usize,
}

impl Held for FrameCompressorState {
    fn held(&self) -> usize {
        self.frame.held()
    }
}

impl FrameCompressor {
    fn half(&self) -> usize {
        (self.frame as usize / 2).max(1)
    }
}

impl Effect for FrameCompressor {
    type State = FrameCompressorState;

    fn latency(&self, _: Format) -> usize {
        2 * self.half()
    }

    fn start(&self, format: Format) -> FrameCompressorState {
        let frame = 2 * self.half();
        let turn = std::f64::consts::TAU / frame as f64;
        FrameCompressorState {
            frame: vec![vec![0.0; frame]; format.channels.count()],
            hann: (0..frame).map(|k| (0.5 - 0.5 * libm::cos(turn * k as f64)) as f32).collect(),
            filled: 0,
            missing: 2,
        }
    }

    #[inline(always)]
    fn process(&self, state: &mut FrameCompressorState, block: &mut Block<'_>) {
        let half = state.hann.len() / 2;
        let makeup = self.makeup as f32;
        let mut from = 0;
        while from < block.frames() {
            let run = (half - state.filled).min(block.frames() - from);
            let mut part = block.part(from..from + run);
            for (plane, frame) in part.planes().zip(&mut state.frame) {
                for (x, kept) in plane.iter_mut().zip(&mut frame[state.filled..]) {
                    (*x, *kept) = (*kept * makeup, *x);
                }
            }
            from += run;
            state.filled += run;
            if state.filled == half {
                self.finish_half(state);
            }
        }
    }
}

impl FrameCompressor {
    /// The older half has been replaced by the newest: puts them in order, and dips the frame when it is whole and loud.
    #[inline(always)]
    fn finish_half(&self, state: &mut FrameCompressorState) {
        state.filled = 0;
        for frame in &mut state.frame {
            frame.rotate_left(state.hann.len() / 2);
        }
        state.missing = state.missing.saturating_sub(1);
        let peak = state.frame.iter().map(|frame| largest(frame, f32::abs)).fold(0.0, f32::max);
        if state.missing == 0 && f64::from(peak) > self.threshold {
            let ratio = self.ratio as f32;
            for frame in &mut state.frame {
                for (x, hann) in frame.iter_mut().zip(state.hann.iter()) {
                    *x *= 1.0 - ratio * hann;
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Audio, Params};

    /// The definition, read literally: every frame in turn, in place, on the whole sound.
    fn by_definition(settings: &FrameCompressor, x: &[f32]) -> Vec<f64> {
        let frame = settings.frame as usize;
        let mut y: Vec<f64> = x.iter().map(|&x| f64::from(x)).collect();
        for start in (0..y.len()).step_by(frame / 2) {
            let end = (start + frame).min(y.len());
            let stretch = &mut y[start..end];
            if stretch.iter().any(|x| x.abs() > settings.threshold) {
                for (k, x) in stretch.iter_mut().enumerate() {
                    let hann = 0.5 - 0.5 * libm::cos(std::f64::consts::TAU * k as f64 / frame as f64);
                    *x *= 1.0 - settings.ratio * hann;
                }
            }
        }
        y.iter().map(|y| y * settings.makeup).collect()
    }

    #[test]
    fn is_its_definition_for_any_length() {
        let settings = FrameCompressor { frame: 64, threshold: 0.4, ratio: 0.7, makeup: 1.5 };
        // Lengths of whole frames, of one and a half, one short, one long, and shorter than a frame or half a frame.
        for frames in [640, 672, 639, 641, 63, 64, 31, 33, 1] {
            let x: Vec<f32> =
                (0..frames).map(|i| libm::cosf(i as f32 * 0.37) * ((i + 90) % 100) as f32 / 100.0).collect();
            let expected = by_definition(&settings, &x);
            let info = crate::effect("frame_compressor").unwrap();
            let y = info.settings(settings.values()).unwrap().made().apply(Audio::mono(48_000, x), 0);
            assert_eq!(y.frames(), frames);
            for (y, expected) in y.left().iter().zip(expected) {
                // Two windows and the makeup, each rounded to f32: four roundings of a value below 1.5.
                assert!((f64::from(*y) - expected).abs() < 4.0 * 0.6e-7 * 1.5, "{y} is not {expected}");
            }
        }
    }

    #[test]
    fn sound_below_the_threshold_is_only_delayed() {
        let settings = FrameCompressor { frame: 8, threshold: 0.5, ratio: 1.0, makeup: 1.0 };
        let mut x: Vec<f32> = (0..40).map(|i| (i % 5) as f32 / 8.0).collect();
        let before = x.clone();
        settings.process(&mut settings.start(Format::mono(48_000)), &mut Block::mono(&mut x));
        assert_eq!(x[..8], [0.0; 8]);
        assert_eq!(x[8..], before[..32]);
    }

    #[test]
    fn a_peak_in_one_channel_dips_both() {
        let settings = FrameCompressor { frame: 8, threshold: 0.5, ratio: 1.0, makeup: 1.0 };
        let (mut left, mut right) = (vec![0.25; 32], vec![0.25; 32]);
        left[4] = 1.0;
        settings.process(&mut settings.start(Format::stereo(48_000)), &mut Block::stereo(&mut left, &mut right));
        assert_eq!(right[8 + 4], 0.0, "the middle of the first frame is silent");
        assert_eq!(left[8 + 5], right[8 + 5]);
    }

    #[test]
    fn an_odd_frame_is_an_error_that_names_it() {
        let odd = FrameCompressor { frame: 9, ..FrameCompressor::default() };
        assert_eq!(FrameCompressor::from_values(&odd.values()).unwrap_err().param(), "frame");
    }
}
