//! The power of one or two channels: sums of squares and of products, and what follows from them.

use crate::audio::is_silent;
use crate::decibels;
use crate::simd::{Work, widest};

/// The sums of a sound that comes run by run.
#[derive(Clone, Copy, PartialEq, Debug, Default)]
pub(super) struct Power {
    /// Of the squares of the samples, left and right.
    squares: [f64; 2],
    /// Of the products of left and right.
    products: f64,
}

/// As many sums are kept side by side.
const LANES: usize = 8;

impl Power {
    /// Adds a run; `right` is empty when the sound is mono. How a sound is cut into runs changes how sums are rounded.
    pub(super) fn add(&mut self, left: &[f32], right: &[f32]) {
        if is_silent(left) && is_silent(right) {
            return;
        }
        let run = widest(Sums { left, right });
        self.squares[0] += run.squares[0];
        self.squares[1] += run.squares[1];
        self.products += run.products;
    }

    /// The root mean square of so many samples, all channels together, in decibels of full scale.
    pub(super) fn rms_db(&self, samples: u64) -> f64 {
        decibels(((self.squares[0] + self.squares[1]) / samples.max(1) as f64).sqrt())
    }

    /// How far a peak is above the root mean square of so many samples, in dB; 0 for silence.
    pub(super) fn crest_db(&self, peak: f32, samples: u64) -> f64 {
        if peak == 0.0 { 0.0 } else { decibels(f64::from(peak)) - self.rms_db(samples) }
    }

    /// The normalised correlation of left and right, from -1 to 1; none when one of them is silent, or there is no right.
    pub(super) fn correlation(&self) -> Option<f64> {
        let power = (self.squares[0] * self.squares[1]).sqrt();
        (power > 0.0).then(|| (self.products / power).clamp(-1.0, 1.0))
    }
}

/// A run as [`Work`].
struct Sums<'a> {
    left: &'a [f32],
    right: &'a [f32],
}

impl Work for Sums<'_> {
    type Output = Power;

    #[inline(always)]
    fn run(self) -> Power {
        let (left, rest) = self.left.as_chunks::<LANES>();
        if self.right.is_empty() {
            let mut squares = [0.0; LANES];
            for group in left {
                for lane in 0..LANES {
                    let x = f64::from(group[lane]);
                    squares[lane] += x * x;
                }
            }
            return Power { squares: [total(squares, rest, rest), 0.0], products: 0.0 };
        }
        let (right, right_rest) = self.right.as_chunks::<LANES>();
        let (mut lefts, mut rights, mut products) = ([0.0; LANES], [0.0; LANES], [0.0; LANES]);
        for (left, right) in left.iter().zip(right) {
            for lane in 0..LANES {
                let (l, r) = (f64::from(left[lane]), f64::from(right[lane]));
                lefts[lane] += l * l;
                rights[lane] += r * r;
                products[lane] += l * r;
            }
        }
        Power {
            squares: [total(lefts, rest, rest), total(rights, right_rest, right_rest)],
            products: total(products, rest, right_rest),
        }
    }
}

/// The sum of all lanes and of the products that fill no group.
#[inline(always)]
fn total(lanes: [f64; LANES], a: &[f32], b: &[f32]) -> f64 {
    let rest = a.iter().zip(b).map(|(&a, &b)| f64::from(a) * f64::from(b));
    lanes.iter().sum::<f64>() + rest.sum::<f64>()
}
