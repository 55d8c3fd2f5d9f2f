//! Echoes spread over twice the clip's length.

use super::fade::fade;
use crate::{Audio, ClipEffect, Format};

crate::params! {
    /// Adds echoes at equal distances, ever softer; only the echoes, without the dry sound.
    ///
    /// Twice the clip's length is divided by the number of impulses: that is the distance. The echoes' amplitudes fall
    /// in a straight line from 0.2 to 0, so the last one is silent.
    pub struct FirDelay: "fir_delay" {
        /// The number of impulses.
        impulses: u32 = 8, in 1..=1000;
        /// Whether late echoes come in at the front again: the result is exactly twice as long as the clip, which is
        /// faded by 1024 samples first. Otherwise nothing is faded and the result is as long as it takes.
        wrap: bool = false;
    }
}

/// The amplitude of the first echo.
const FIRST: f64 = 0.2;

/// Samples of the fade, when it wraps around.
const FADE: usize = 1024;

/// Frames that are summed at a time, so that they stay in the nearest cache from echo to echo.
const CHUNK: usize = 2048;

impl ClipEffect for FirDelay {
    fn frames(&self, _: Format, frames: usize) -> usize {
        if self.wrap { 2 * frames } else { frames + self.echoes(frames).last().map_or(0, |echo| echo.at) }
    }

    #[inline(always)]
    fn apply(&self, mut clip: Audio) -> Audio {
        let frames = clip.frames();
        if frames == 0 {
            return clip;
        }
        let mut echoes = self.echoes(frames);
        if self.wrap {
            // The fade out falls on the silence of the second half; a short clip has the short ramps of its double.
            let ramp = if 2 * frames > 2 * FADE { FADE } else { 2 * frames / 10 };
            clip.planes_mut().for_each(|plane| fade(plane, ramp, 0));
            let past = echoes.iter().filter(|echo| echo.at > frames);
            let around: Vec<Echo> = past.map(|echo| Echo { at: 0, skip: 2 * frames - echo.at, ..*echo }).collect();
            echoes.extend(around);
        }
        summed(&clip, &echoes, self.frames(clip.format(), frames))
    }
}

/// A copy of the clip from `skip` on, later and softer.
struct Echo {
    at: usize,
    skip: usize,
    gain: f32,
}

impl FirDelay {
    /// The echoes that sound: echo k of n lies at `(k+1) D - 1`, where D is the distance, and all lie within twice the
    /// clip's length.
    ///
    /// They are summed one by one. A convolution through the spectrum pays only from more than a thousand echoes on.
    fn echoes(&self, frames: usize) -> Vec<Echo> {
        let count = self.impulses.max(1);
        let distance = (2 * frames / count as usize).max(1);
        let step = FIRST / f64::from(count.max(2) - 1);
        (0..count)
            .map(|k| Echo { at: (k as usize + 1) * distance - 1, skip: 0, gain: (FIRST - step * f64::from(k)) as f32 })
            .filter(|echo| echo.at < 2 * frames && echo.gain > 1e-9)
            .collect()
    }
}

/// The sum of all echoes of a clip, cut to or padded to `frames`.
#[inline(always)]
fn summed(clip: &Audio, echoes: &[Echo], frames: usize) -> Audio {
    let mut sum = Audio::silence(clip.format(), frames);
    for (sum, clip) in sum.planes_mut().zip(clip.planes()) {
        for (i, chunk) in sum.chunks_mut(CHUNK).enumerate() {
            let chunk_at = i * CHUNK;
            for echo in echoes {
                // The stretch of this chunk in which the echo is heard.
                let copy = &clip[echo.skip..];
                let from = echo.at.clamp(chunk_at, chunk_at + chunk.len());
                let to = (echo.at + copy.len()).clamp(from, chunk_at + chunk.len());
                if from == to {
                    continue;
                }
                let heard = &copy[from - echo.at..to - echo.at];
                for (sum, x) in chunk[from - chunk_at..to - chunk_at].iter_mut().zip(heard) {
                    *sum += echo.gain * x;
                }
            }
        }
    }
    sum
}

#[cfg(test)]
mod tests {
    use super::*;

    fn echoed(settings: &FirDelay, x: Vec<f32>) -> Vec<f32> {
        settings.apply(Audio::mono(48_000, x)).left().to_vec()
    }

    fn click(frames: usize, at: usize) -> Vec<f32> {
        let mut x = vec![0.0; frames];
        x[at] = 1.0;
        x
    }

    #[test]
    fn echoes_stand_where_the_definition_puts_them() {
        let y = echoed(&FirDelay { impulses: 5, wrap: false }, click(10_000, 0));
        let sounding: Vec<(usize, f32)> = y.iter().copied().enumerate().filter(|(_, y)| *y != 0.0).collect();
        assert_eq!(sounding, [(3999, 0.2), (7999, 0.15), (11_999, 0.1), (15_999, 0.05)]);
        assert_eq!(y.len(), 10_000 + 15_999, "the last echo has room, down to its last frame");
        let end = echoed(&FirDelay { impulses: 5, wrap: false }, click(10_000, 9_999));
        assert_eq!(end.last(), Some(&0.05));
    }

    #[test]
    fn late_echoes_wrap_around() {
        let y = echoed(&FirDelay { impulses: 5, wrap: true }, click(10_000, 9_000));
        assert_eq!(y.len(), 20_000);
        let sounding: Vec<(usize, f32)> = y.iter().copied().enumerate().filter(|(_, y)| *y != 0.0).collect();
        assert_eq!(sounding, [(9_000 + 11_999 - 20_000, 0.1), (4_999, 0.05), (12_999, 0.2), (16_999, 0.15)]);
    }

    #[test]
    fn a_single_impulse_stands_at_the_very_end() {
        let y = echoed(&FirDelay { impulses: 1, wrap: false }, click(100, 0));
        assert_eq!((y.len(), y[199]), (299, 0.2));
    }

    #[test]
    fn more_impulses_than_room_are_left_out() {
        assert_eq!(echoed(&FirDelay { impulses: 1000, wrap: false }, vec![1.0; 3]).len(), 8);
        assert_eq!(echoed(&FirDelay { impulses: 1000, wrap: true }, vec![1.0; 3]).len(), 6);
        assert!(echoed(&FirDelay::default(), Vec::new()).is_empty());
    }
}
