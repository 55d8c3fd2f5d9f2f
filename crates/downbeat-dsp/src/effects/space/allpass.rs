//! Schroeder's allpass: what makes a sound dense and leaves its spectrum as it is.

use super::{Ring, flush};
use crate::Held;

/// The allpass `y[n] = g x[n] + x[n-M] - g y[n-M]`: M. R. Schroeder, "Natural Sounding Artificial Reverberation", J. Audio
/// Eng. Soc. 10 (1962).
#[derive(Clone, PartialEq)]
pub struct Allpass(Ring);

impl Held for Allpass {
    fn held(&self) -> usize {
        self.0.held()
    }
}

impl Allpass {
    /// A silent allpass with a delay of `frames` frames, at least one.
    pub fn new(frames: usize) -> Self {
        Allpass(Ring::new(frames))
    }

    /// Filters in place. The ring holds `x - g y`.
    #[inline(always)]
    pub fn process(&mut self, mut samples: &mut [f32], g: f32) {
        while !samples.is_empty() {
            let slots = self.0.run(samples.len());
            let (now, later) = samples.split_at_mut(slots.len());
            for (slot, x) in slots.iter_mut().zip(now) {
                let y = g * *x + *slot;
                *slot = flush(*x - g * y);
                *x = y;
            }
            samples = later;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_click_gives_the_closed_form() {
        let mut samples = [0.0; 50];
        samples[0] = 1.0;
        Allpass::new(10).process(&mut samples, 0.5);
        for (i, y) in samples.iter().enumerate() {
            // Powers of a half are exact.
            let expected = match (i % 10, i / 10) {
                (0, 0) => 0.5,
                (0, k) => 0.75 * [1.0, -0.5, 0.25, -0.125][k - 1],
                _ => 0.0,
            };
            assert_eq!(*y, expected, "{i}");
        }
    }
}
