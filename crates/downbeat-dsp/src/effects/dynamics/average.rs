//! A moving average, twice.

use super::CHUNK;
use crate::Held;

/// A gain from 0 to 1 made smooth by two moving averages in a row, which are one with a window like a triangle.
///
/// The sums are of whole numbers, and so exact: nothing drifts, and a gain that stays the same comes out as it is.
#[derive(Clone, PartialEq)]
pub struct Average {
    averages: [Moving; 2],
}

impl Held for Average {
    fn held(&self) -> usize {
        self.averages.held()
    }
}

/// The sum of the last numbers.
#[derive(Clone, PartialEq)]
struct Moving {
    ring: Vec<f64>,
    at: usize,
    sum: f64,
}

impl Held for Moving {
    fn held(&self) -> usize {
        self.ring.held()
    }
}

/// What counts as 1. The longest average is over 2^12 numbers, so that twice that takes 52 bits.
const ONE: f64 = (1_u64 << 28) as f64;
const LONGEST: usize = 1 << 12;
/// Added to a number below 2^51, this leaves room for no fraction.
const ROUNDER: f64 = (3_u64 << 51) as f64;

impl Average {
    /// The longest window.
    pub const LONGEST: usize = 2 * LONGEST - 1;

    /// A window of `length` frames, from 1 to [`Average::LONGEST`], in which the gain is 1.
    pub fn new(length: usize) -> Self {
        let length = length.clamp(1, Self::LONGEST);
        let first = length.div_ceil(2);
        let second = length + 1 - first;
        let (once, twice) = (ONE * first as f64, ONE * first as f64 * second as f64);
        Average {
            averages: [
                Moving { ring: vec![ONE; first], at: 0, sum: once },
                Moving { ring: vec![once; second], at: 0, sum: twice },
            ],
        }
    }

    /// Puts the averages of the window that ends with it in the place of each gain.
    #[inline(always)]
    pub fn run(&mut self, gains: &mut [f32]) {
        let [first, second] = &mut self.averages;
        let whole = 1.0 / (ONE * first.ring.len() as f64 * second.ring.len() as f64);
        for gains in gains.chunks_mut(CHUNK) {
            let mut sums = [0.0; CHUNK];
            let sums = &mut sums[..gains.len()];
            for (sum, gain) in sums.iter_mut().zip(&*gains) {
                *sum = (f64::from(*gain) * ONE + ROUNDER) - ROUNDER;
            }
            first.run(sums);
            second.run(sums);
            for (sum, gain) in sums.iter().zip(gains) {
                *gain = (sum * whole) as f32;
            }
        }
    }

    /// Whether the gain has been 1 for as long as the window.
    pub fn is_full(&self) -> bool {
        let [first, second] = &self.averages;
        first.sum == ONE * first.ring.len() as f64 && second.sum == first.sum * second.ring.len() as f64
    }

    /// Goes on by so many frames of 1 when it is full.
    pub fn skip(&mut self, frames: usize) {
        for average in &mut self.averages {
            average.at = (average.at + frames) % average.ring.len();
        }
    }
}

impl Moving {
    /// Puts the sum of the window that ends with it in the place of each number.
    #[inline(always)]
    fn run(&mut self, numbers: &mut [f64]) {
        let mut from = 0;
        while from < numbers.len() {
            let run = (self.ring.len() - self.at).min(numbers.len() - from);
            let ring = &mut self.ring[self.at..self.at + run];
            let mut sum = self.sum;
            for (number, oldest) in numbers[from..from + run].iter_mut().zip(ring) {
                let more = *number - *oldest;
                *oldest = *number;
                sum += more;
                *number = sum;
            }
            self.sum = sum;
            from += run;
            self.at = if self.at + run == self.ring.len() { 0 } else { self.at + run };
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_step_passes_like_the_area_of_a_triangle() {
        for length in [1, 2, 7, 240] {
            let mut average = Average::new(length);
            let (first, second) = (length.div_ceil(2), length + 1 - length.div_ceil(2));
            let mut gains = vec![0.25; length + 10];
            average.run(&mut gains);
            for (i, gain) in gains.iter().enumerate() {
                // How many of all pairs of places lie before the step.
                let passed: usize = (0..first).map(|k| (i + 1).saturating_sub(k).min(second)).sum();
                let expected = 1.0 - 0.75 * passed as f64 / (first * second) as f64;
                assert!((f64::from(*gain) - expected).abs() < 1e-7, "{length} {i}: {gain} for {expected}");
            }
            assert!(!average.is_full());
            average.run(&mut vec![1.0; length]);
            assert!(average.is_full());
            let mut skipped = average.clone();
            average.run(&mut [1.0; 5]);
            skipped.skip(5);
            assert!(average == skipped);
        }
    }
}
