//! The universal comb filter: one delay, heard forwards and fed back.
//!
//! U. Zölzer (ed.), "DAFX: Digital Audio Effects" (2011), section 2.5.

use super::ring::{Echoes, ring};
use crate::{Block, Effect, Format, Held};

crate::params! {
    /// Adds a sound to itself after a short delay: hollow, metallic, a string or a pipe that is tuned to a pitch.
    ///
    /// Fed back, the delay rings at its frequency and all multiples of it; heard forwards only, it notches the frequencies
    /// in between. With `w[i] = x[i] + feedback w[i-M]`, the wet sound is `w[i] + feedforward w[i-M]`. Opposite values of
    /// both cancel each other. The delay M is the nearest whole number of frames, so that highs ring as long as lows.
    pub struct Comb: "comb" {
        /// The distance of the teeth, in hertz: the delay is one period of it. It stays fixed while it plays.
        freq_hz: f64 = 220.0, in 10.0..=20000.0 as fixed;
        /// What comes back of each repetition, as a factor. Negative values put the teeth half way between.
        feedback: f64 = 0.7, in -0.99..=0.99;
        /// What is heard of the delay itself, as a factor. Negative values notch the multiples of the frequency.
        feedforward: f64 = 0.0, in -1.0..=1.0;
        /// The share of the wet sound: 0 is dry, 1 is wet.
        mix: f64 = 0.5, in 0.0..=1.0;
    }
}

/// What [`Comb`] remembers: the delay line of each channel.
#[derive(Clone, PartialEq)]
pub struct CombState {
    lines: Vec<Vec<f64>>,
    at: usize,
}

impl Held for CombState {
    fn held(&self) -> usize {
        self.lines.held()
    }
}

impl Effect for Comb {
    type State = CombState;

    fn tail(&self, format: Format) -> usize {
        let Comb { feedback, feedforward, mix, .. } = self;
        let first = mix * (feedback + feedforward).abs();
        if first == 0.0 {
            return 0;
        }
        ring(&[vec![Echoes { delay: self.delay(format.rate), direct: 1.0, first, pole: feedback.abs() }]])
    }

    fn start(&self, format: Format) -> CombState {
        CombState { lines: vec![vec![0.0; self.delay(format.rate)]; format.channels.count()], at: 0 }
    }

    #[inline(always)]
    fn process(&self, state: &mut CombState, block: &mut Block<'_>) {
        let (frames, start) = (block.frames(), state.at);
        for (plane, line) in block.planes().zip(&mut state.lines) {
            let (mut at, mut rest) = (start, plane);
            while !rest.is_empty() {
                // Slots up to the end of the line are all different ones: no sample waits for another.
                let slots = &mut line[at..];
                let (now, later) = rest.split_at_mut(slots.len().min(rest.len()));
                self.run(now, slots);
                at = if now.len() == slots.len() { 0 } else { at + now.len() };
                rest = later;
            }
        }
        state.at = (start + frames) % state.lines[0].len();
    }
}

impl Comb {
    /// One period in whole frames.
    fn delay(&self, rate: u32) -> usize {
        (f64::from(rate) / self.freq_hz).round().max(1.0) as usize
    }

    /// Filters samples with one slot of the line for each.
    #[inline(always)]
    fn run(&self, samples: &mut [f32], slots: &mut [f64]) {
        for (x, slot) in samples.iter_mut().zip(slots) {
            let dry = f64::from(*x);
            let w = dry + self.feedback * *slot;
            let wet = w + self.feedforward * *slot;
            *slot = if w.abs() < 1e-20 { 0.0 } else { w };
            let y = dry + self.mix * (wet - dry);
            // No denormal number comes out, nor into the line: computing with these is slow.
            *x = if y.abs() < 1e-20 { 0.0 } else { y as f32 };
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_click_comes_back_in_the_closed_form() {
        let comb = Comb { freq_hz: 4800.0, feedback: -0.8, feedforward: 0.3, mix: 0.6 };
        let mut samples = [0.0; 95];
        samples[0] = 1.0;
        comb.process(&mut comb.start(Format::mono(48_000)), &mut Block::mono(&mut samples));
        for (i, y) in samples.iter().enumerate() {
            let expected = match (i % 10, i / 10) {
                (0, 0) => 1.0,
                (0, k) => 0.6 * (0.3 - 0.8) * libm::pow(-0.8, k as f64 - 1.0),
                _ => 0.0,
            };
            assert_eq!(*y, expected as f32, "{i}");
        }
    }

    #[test]
    fn opposite_values_cancel() {
        let comb = Comb { feedback: 0.9, feedforward: -0.9, mix: 1.0, ..Comb::default() };
        let mut samples: Vec<f32> = (0..5000).map(|i| (i % 17) as f32 - 8.0).collect();
        let input = samples.clone();
        comb.process(&mut comb.start(Format::mono(48_000)), &mut Block::mono(&mut samples));
        assert_eq!(samples, input);
        assert_eq!(comb.tail(Format::mono(48_000)), 0);
    }

    #[test]
    fn the_tail_is_as_long_as_it_rings() {
        for (feedback, feedforward) in [(0.99, 0.0), (0.7, 0.5), (0.0, 1.0), (-0.2, 0.0)] {
            let comb = Comb { freq_hz: 100.0, feedback, feedforward, mix: 1.0 };
            let tail = comb.tail(Format::mono(48_000));
            // What is left from the k-th echo on sums up to first * pole^(k - 1) / (1 - pole).
            let mut echoes = 0.0;
            let mut left = (feedback + feedforward).abs() / (1.0 - feedback.abs());
            while left > 1e-6 {
                (left, echoes) = (left * feedback.abs(), echoes + 1.0);
            }
            let ended = (480.0 * echoes) as usize;
            assert!((ended..=ended * 3 / 2).contains(&tail), "{feedback}: {tail} frames for {ended}");
        }
    }
}
