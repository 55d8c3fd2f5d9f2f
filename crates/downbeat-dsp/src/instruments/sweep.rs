//! A sine whose frequency moves in a straight line.

use std::f64::consts::{FRAC_PI_2, TAU};

use super::{Generator, phase};

/// A linear sweep: `level * cos(2 pi (f0 t + (f1 - f0) t^2 / (2 T)))`, T being its length, as SciPy's `chirp`.
#[derive(Clone, PartialEq, Debug)]
pub struct Sweep {
    from_hz: f64,
    to_hz: f64,
    level: f64,
    rate: u32,
    frames: u64,
    position: u64,
}

impl Sweep {
    /// A sweep of `frames` frames that starts at `from_hz` and would be at `to_hz` one frame after its last; `level` is the
    /// amplitude as a factor.
    pub fn new(from_hz: f64, to_hz: f64, frames: u64, level: f64, rate: u32) -> Self {
        Sweep { from_hz, to_hz, level, rate, frames, position: 0 }
    }
}

impl Generator for Sweep {
    fn frames(&self) -> u64 {
        self.frames
    }

    fn rate(&self) -> u32 {
        self.rate
    }

    fn seek(&mut self, frame: u64) {
        self.position = frame;
    }

    fn fill(&mut self, out: &mut [f32]) {
        let left = usize::try_from(self.frames.saturating_sub(self.position)).unwrap_or(usize::MAX);
        let (sounding, after) = out.split_at_mut(left.min(out.len()));
        let rate = f64::from(self.rate);
        let half_slope = 0.5 * (self.to_hz - self.from_hz) * rate / self.frames.max(1) as f64;
        for (x, frame) in sounding.iter_mut().zip(self.position..) {
            let time = frame as f64 / rate;
            let radians = TAU * (self.from_hz * time + half_slope * time * time);
            *x = (self.level * phase::sine(phase::reduce(radians + FRAC_PI_2))) as f32;
        }
        after.fill(0.0);
        self.position += (sounding.len() + after.len()) as u64;
    }
}
