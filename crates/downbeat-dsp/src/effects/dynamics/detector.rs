//! How loud it is.

use super::ballistics::step;
use super::logarithm::log2;
use super::{CHUNK, Lanes};

crate::choice! {
    /// What counts as the level of a sound.
    pub enum Detector {
        /// Each sample by its own size: quick, hears every peak.
        Peak = "peak",
        /// The root of the mean square of the last 10 ms or so: slower, nearer to how loud it is heard.
        Rms = "rms",
    }
}

/// The time constant of mean squares, and of the fall of peaks, in milliseconds.
const INTEGRATION_MS: f64 = 10.0;

/// What a detector remembers of each channel: the mean square, or the level of the last peak in octaves above
/// [`SILENCE`].
#[derive(Clone, PartialEq, Default)]
pub struct Level {
    held: [f64; 2],
}

/// What is taken away from what is held in each frame, so that it becomes zero in the end: -200 dB of a square.
const BELOW: f64 = 1e-20;

/// So many octaves below full scale lies less than the logarithm of nothing.
const SILENCE: f64 = 128.0;

impl Level {
    /// Puts levels in the place of the first `frames` samples of each channel, in octaves below full scale.
    #[inline(always)]
    pub fn of<const CHANNELS: usize>(
        &mut self,
        detector: Detector,
        rate: u32,
        lanes: &mut [Lanes; CHANNELS],
        frames: usize,
    ) {
        match detector {
            Detector::Peak => sizes(lanes),
            Detector::Rms => {
                let share = step(INTEGRATION_MS, rate);
                let mut held: [f64; CHANNELS] = std::array::from_fn(|channel| self.held[channel]);
                for frame in 0..frames.min(CHUNK) {
                    for (held, lanes) in held.iter_mut().zip(lanes.iter_mut()) {
                        let x = f64::from(lanes[frame]);
                        let next = (1.0 - share) * *held + share * (x * x - BELOW);
                        *held = if next > 0.0 { next } else { 0.0 };
                        lanes[frame] = *held as f32;
                    }
                }
                self.held[..CHANNELS].copy_from_slice(&held);
                lanes.as_flattened_mut().iter_mut().for_each(|x| *x = 0.5 * log2(*x));
            }
        }
    }

    /// Puts the level of the last peak in the place of the first `frames` samples, in octaves below full scale: it rises at
    /// once, and falls by 8.7 dB in 10 ms, so that what comes after sees through the gaps between the peaks of a tone.
    #[inline(always)]
    pub fn peaks<const CHANNELS: usize>(&mut self, rate: u32, lanes: &mut [Lanes; CHANNELS], frames: usize) {
        // What falls exponentially falls in a straight line in octaves. That of silence is where it stops.
        let fall = std::f64::consts::LOG2_E * 1e3 / (INTEGRATION_MS * f64::from(rate));
        sizes(lanes);
        let mut held: [f64; CHANNELS] = std::array::from_fn(|channel| self.held[channel]);
        for frame in 0..frames.min(CHUNK) {
            for (held, lanes) in held.iter_mut().zip(lanes.iter_mut()) {
                let (above, fallen) = (f64::from(lanes[frame]) + SILENCE, *held - fall);
                *held = if above > fallen { above } else { fallen };
                lanes[frame] = (*held - SILENCE) as f32;
            }
        }
        self.held[..CHANNELS].copy_from_slice(&held);
    }
}

/// Puts the level of each sample by its own size in its place, in octaves below full scale.
#[inline(always)]
pub fn sizes<const CHANNELS: usize>(lanes: &mut [Lanes; CHANNELS]) {
    lanes.as_flattened_mut().iter_mut().for_each(|x| *x = log2(x.abs()));
}
