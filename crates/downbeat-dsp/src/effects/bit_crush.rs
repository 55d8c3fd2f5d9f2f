//! Fewer bits and fewer samples.
//!
//! U. Zölzer, "Digital Audio Signal Processing" (2008), section 2.1 (quantisation).

use super::movement::awake;
use crate::{Block, Effect, Format, Held};

crate::params! {
    /// The sound of early samplers: coarse steps and a low rate, with all the dirt that makes.
    ///
    /// Samples are rounded to the steps that so many bits have (without dither, so that silence stays silent), and of every
    /// few samples the first is held. Nothing is filtered: what folds back is the point. The first sample that is held is
    /// the first that sounds.
    pub struct BitCrush: "bit_crush" {
        /// The bits of a sample, the sign among them: steps of 2^(1 - bits). Parts of a bit are steps in between.
        bits: f64 = 8.0, in 1.0..=24.0;
        /// How many samples are made one. It stays fixed while it plays.
        divider: u32 = 1, in 1..=256 as fixed;
        /// The share of the crushed sound: 0 is dry, 1 is crushed only.
        mix: f64 = 1.0, in 0.0..=1.0;
    }
}

/// What [`BitCrush`] remembers: the samples that are held, and for how long they have been.
#[derive(Clone, PartialEq)]
pub struct BitCrushState {
    begun: bool,
    at: u32,
    held: [f32; 2],
}

impl Held for BitCrushState {}

/// 1.5 * 2^52: adding and taking it away again rounds to the nearest whole number.
const ROUND: f64 = 6_755_399_441_055_744.0;

impl Effect for BitCrush {
    type State = BitCrushState;

    fn tail(&self, _: Format) -> usize {
        self.divider as usize - 1
    }

    fn start(&self, _: Format) -> BitCrushState {
        BitCrushState { begun: false, at: 0, held: [0.0; 2] }
    }

    #[inline(always)]
    fn process(&self, state: &mut BitCrushState, block: &mut Block<'_>) {
        let steps = libm::exp2(self.bits - 1.0);
        let step = 1.0 / steps;
        let (wet, dry) = (self.mix, 1.0 - self.mix);
        let crush = |x: f32, held: f32| {
            let rounded = (f64::from(held) * steps + ROUND) - ROUND;
            let y = (wet * (rounded * step) + dry * f64::from(x)) as f32;
            if y.abs() < 1e-20 { 0.0 } else { y }
        };
        let mut block = awake(&mut state.begun, block);
        let (frames, start) = (block.frames(), state.at);
        for (plane, held) in block.planes().zip(&mut state.held) {
            if self.divider == 1 {
                plane.iter_mut().for_each(|x| *x = crush(*x, *x));
                continue;
            }
            let mut rest = plane;
            let mut at = start;
            while !rest.is_empty() {
                if at == 0 {
                    *held = rest[0];
                }
                let (now, later) = rest.split_at_mut(rest.len().min((self.divider - at) as usize));
                now.iter_mut().for_each(|x| *x = crush(*x, *held));
                at = (at + now.len() as u32) % self.divider;
                rest = later;
            }
        }
        state.at = ((start as usize + frames) % self.divider as usize) as u32;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn samples_are_held_and_rounded() {
        let crush = BitCrush { bits: 3.0, divider: 4, mix: 1.0 };
        let mut samples: Vec<f32> = (0..40).map(|i| if i < 3 { 0.0 } else { i as f32 / 20.0 - 1.0 }).collect();
        let input = samples.clone();
        crush.process(&mut crush.start(Format::mono(48_000)), &mut Block::mono(&mut samples));
        for (i, y) in samples.iter().enumerate().skip(3) {
            let held = input[3 + (i - 3) / 4 * 4];
            assert_eq!(*y, (held * 4.0).round_ties_even() / 4.0, "{i}");
        }
    }

    #[test]
    fn more_bits_are_finer_steps() {
        for bits in [4.0, 7.5, 16.0, 24.0] {
            let crush = BitCrush { bits, ..BitCrush::default() };
            let mut samples: Vec<f32> = (1..1000).map(|i| libm::sinf(i as f32)).collect();
            let input = samples.clone();
            crush.process(&mut crush.start(Format::mono(48_000)), &mut Block::mono(&mut samples));
            let error = input.iter().zip(&samples).fold(0.0_f64, |most, (x, y)| most.max(f64::from((x - y).abs())));
            let half = libm::exp2(-bits);
            // Half a step at most, nearly reached, and the rounding to 32 bits.
            assert!((0.9 * half..=half + 6e-8).contains(&error), "{bits}: {error}");
        }
    }
}
