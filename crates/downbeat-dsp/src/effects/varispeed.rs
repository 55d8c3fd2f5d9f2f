//! A tape at another speed.

use crate::{Audio, ClipEffect, Format, SincKernel};

crate::params! {
    /// Plays the clip as a tape at another speed: time and pitch change together.
    ///
    /// At twice the speed it is half as long and an octave higher, and what would lie above half the rate is filtered out
    /// first: aliases are down by 120 dB.
    pub struct Varispeed: "varispeed" {
        /// The speed as a factor: 2 is twice as fast, 0.5 half as fast.
        speed: f64 = 1.0, in 0.1..=10.0;
    }
}

impl ClipEffect for Varispeed {
    /// All moments before the end.
    fn frames(&self, _: Format, frames: usize) -> usize {
        (frames as f64 / self.speed).ceil() as usize
    }

    #[inline(always)]
    fn apply(&self, clip: Audio) -> Audio {
        if self.speed == 1.0 {
            return clip;
        }
        let mut out = Audio::silence(clip.format(), self.frames(clip.format(), clip.frames()));
        if clip.is_silent() {
            return out;
        }
        let kernel = SincKernel::at_speed(self.speed);
        for (out, plane) in out.planes_mut().zip(clip.planes()) {
            resample(plane, self.speed, &kernel, out);
        }
        out
    }
}

/// Frame n of `out` becomes the sound of `plane` at n times `speed` frames; there is silence before and after it.
#[inline(always)]
pub(super) fn resample(plane: &[f32], speed: f64, kernel: &SincKernel, out: &mut [f32]) {
    // With so much silence before it, the frames around frame n begin at n.
    let mut padded = vec![0.0; kernel.reach() - 1];
    padded.extend_from_slice(plane);
    padded.resize(plane.len() + kernel.taps(), 0.0);
    let last = plane.len().saturating_sub(1);
    for (n, y) in out.iter_mut().enumerate() {
        let moment = n as f64 * speed;
        let frame = (moment as usize).min(last);
        let place = (moment - frame as f64) * kernel.rows() as f64;
        let row = (place as u64).min(kernel.rows() - 1);
        *y = kernel.at(row, (place - row as f64) as f32, &padded[frame..frame + kernel.taps()]);
    }
}

#[cfg(test)]
mod tests {
    use std::f64::consts::TAU;

    use super::*;
    use crate::decibels;

    const RATE: f64 = 48_000.0;

    fn sine(freq_hz: f64, frames: usize) -> Vec<f32> {
        (0..frames).map(|n| (0.9 * libm::sin(TAU * freq_hz / RATE * n as f64)) as f32).collect()
    }

    fn at_speed(speed: f64, samples: Vec<f32>) -> Vec<f32> {
        crate::WholeClip::apply(&Varispeed { speed }, Audio::mono(48_000, samples)).left().to_vec()
    }

    /// The root of the mean square in the middle half, where no end of the clip is near.
    fn rms(samples: impl Iterator<Item = f64>, frames: usize) -> f64 {
        let squares = samples.skip(frames / 4).take(frames / 2).map(|x| x * x);
        (squares.sum::<f64>() / (frames / 2) as f64).sqrt()
    }

    #[test]
    fn a_sine_becomes_one_of_another_frequency() {
        for (speed, freq_hz) in [(0.1, 3000.0), (0.37, 440.0), (0.943_874, 19_000.0), (1.5, 997.0), (3.7, 5000.0)] {
            let output = at_speed(speed, sine(freq_hz, 24_000));
            let expected = sine(freq_hz * speed, output.len());
            let errors = output.iter().zip(&expected).map(|(a, b)| f64::from(a - b));
            let error_db =
                decibels(rms(errors, output.len()) / rms(expected.iter().map(|x| f64::from(*x)), output.len()));
            // The filter leaks -120 dB, and 32 bits round at -150.
            assert!(error_db < -110.0, "{freq_hz} Hz at speed {speed}: {error_db} dB");
        }
    }

    #[test]
    fn nothing_folds_back() {
        for (speed, freq_hz) in [(2.0, 12_000.0), (2.0, 17_000.0), (7.3, 4000.0), (10.0, 20_000.0)] {
            let output = at_speed(speed, sine(freq_hz, 48_000));
            let level_db = decibels(rms(output.iter().map(|x| f64::from(*x)), output.len()) / (0.9 / 2.0_f64.sqrt()));
            assert!(level_db < -110.0, "{freq_hz} Hz at speed {speed}: {level_db} dB");
        }
    }

    #[test]
    fn a_click_is_where_the_tape_has_it() {
        for (speed, at, there) in [(0.5, 100, 200), (2.0, 100, 50), (0.25, 999, 3996), (8.0, 64, 8)] {
            let mut clip = vec![0.0; 1000];
            clip[at] = 1.0;
            let output = at_speed(speed, clip);
            assert_eq!(output.len(), (1000.0 / speed) as usize);
            let loudest = (0..output.len()).max_by(|a, b| output[*a].abs().total_cmp(&output[*b].abs()));
            assert_eq!(loudest, Some(there), "at speed {speed}");
        }
    }

    #[test]
    fn at_its_own_speed_nothing_changes() {
        let clip = sine(20_000.0, 777);
        assert_eq!(at_speed(1.0, clip.clone()), clip);
    }

    #[test]
    fn every_moment_before_the_end_is_there() {
        for (speed, frames, there) in [(2.0, 5, 3), (2.0, 4, 2), (10.0, 1, 1), (0.1, 1, 10), (3.0, 0, 0)] {
            assert_eq!(at_speed(speed, vec![1.0; frames]).len(), there);
        }
    }
}
