//! One tone of a wave at a steady frequency.

use std::f64::consts::TAU;

use super::wave::{Oscillator, Oscillators};
use super::{Generator, Run, WaveSettings, phase};

/// A tone: `level * wave(2 pi f t)`, from its first frame to its last, without an envelope.
#[derive(Clone)]
pub struct Tone {
    oscillator: Oscillator,
    freq_hz: f64,
    level: f32,
    rate: u32,
    frames: u64,
    position: u64,
}

impl Tone {
    /// A tone of `frames` frames at `freq_hz`; `level` is the amplitude as a factor. It is silent when the frequency is no
    /// positive number.
    pub fn new(wave: &WaveSettings, freq_hz: f64, frames: u64, level: f64, rate: u32) -> Self {
        let oscillator = Oscillators::new(wave, rate).up_to(freq_hz);
        Tone { oscillator, freq_hz, level: level as f32, rate, frames, position: 0 }
    }
}

/// The frames that are worked on at once: the phases stay in the first-level cache.
const RUN: usize = 128;

impl Generator for Tone {
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
        let mut phases = [0.0; RUN];
        let period = 1.0 / f64::from(self.rate);
        let mut first = self.position;
        for out in sounding.chunks_mut(RUN) {
            let phases = &mut phases[..out.len()];
            for (phase, frame) in phases.iter_mut().zip(first..) {
                // Multiplied in this order, as NumPy does it in the notebook of the reference tones: where a naive wave
                // jumps at a whole frame, the last bit decides on which side.
                *phase = phase::reduce(TAU * self.freq_hz * (frame as f64 * period));
            }
            self.oscillator.fill(&Run { phases, first, rate: self.rate }, out);
            for x in out.iter_mut() {
                *x *= self.level;
            }
            first += out.len() as u64;
        }
        after.fill(0.0);
        self.position += (sounding.len() + after.len()) as u64;
    }
}
