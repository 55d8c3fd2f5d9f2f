//! The largest and the smallest values of several columns at once.

use super::fft::{LANES, Lanes};
use crate::simd::{self, Work};

/// The mean of the `taken` largest and of the `taken` smallest values of each lane; `taken` is at least 1 and at most as
/// many as there are.
pub(super) fn extremes(values: &[Lanes], taken: usize) -> (Lanes, Lanes) {
    match taken {
        1 => simd::widest(Kept::<1> { values, taken }),
        2 => simd::widest(Kept::<2> { values, taken }),
        3..=4 => simd::widest(Kept::<4> { values, taken }),
        5..=8 => simd::widest(Kept::<8> { values, taken }),
        9..=16 => simd::widest(Kept::<16> { values, taken }),
        _ => selected(values, taken),
    }
}

/// Keeps `N` of the largest and of the smallest values, in order: each new one pushes what it exceeds one further.
struct Kept<'a, const N: usize> {
    values: &'a [Lanes],
    taken: usize,
}

impl<const N: usize> Work for Kept<'_, N> {
    type Output = (Lanes, Lanes);

    #[inline(always)]
    fn run(self) -> (Lanes, Lanes) {
        let (mut largest, mut smallest) = ([[f32::NEG_INFINITY; LANES]; N], [[f32::INFINITY; LANES]; N]);
        for value in self.values {
            let mut pushed = *value;
            for kept in &mut largest {
                (*kept, pushed) = (larger(*kept, pushed), smaller(*kept, pushed));
            }
        }
        for value in self.values {
            let mut pushed = *value;
            for kept in &mut smallest {
                (*kept, pushed) = (smaller(*kept, pushed), larger(*kept, pushed));
            }
        }
        (mean(&largest[..self.taken]), mean(&smallest[..self.taken]))
    }
}

#[inline(always)]
fn larger(mut a: Lanes, b: Lanes) -> Lanes {
    for l in 0..LANES {
        a[l] = if a[l] > b[l] { a[l] } else { b[l] };
    }
    a
}

#[inline(always)]
fn smaller(mut a: Lanes, b: Lanes) -> Lanes {
    for l in 0..LANES {
        a[l] = if a[l] < b[l] { a[l] } else { b[l] };
    }
    a
}

/// The mean of each lane.
#[inline(always)]
fn mean(values: &[Lanes]) -> Lanes {
    let mut sums = [0.0_f64; LANES];
    for value in values {
        for l in 0..LANES {
            sums[l] += f64::from(value[l]);
        }
    }
    let mut means = [0.0; LANES];
    for l in 0..LANES {
        means[l] = (sums[l] / values.len() as f64) as f32;
    }
    means
}

/// For many of them: each lane is put in order around the last one that is taken.
fn selected(values: &[Lanes], taken: usize) -> (Lanes, Lanes) {
    let (mut largest, mut smallest) = ([0.0; LANES], [0.0; LANES]);
    let mean = |values: &[f32]| (values.iter().map(|&x| f64::from(x)).sum::<f64>() / taken as f64) as f32;
    for lane in 0..LANES {
        let mut column: Vec<f32> = values.iter().map(|value| value[lane]).collect();
        column.select_nth_unstable_by(taken - 1, f32::total_cmp);
        smallest[lane] = mean(&column[..taken]);
        let rest = column.len() - taken;
        column.select_nth_unstable_by(rest, f32::total_cmp);
        largest[lane] = mean(&column[rest..]);
    }
    (largest, smallest)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn are_the_ends_of_what_is_in_order() {
        let values: Vec<Lanes> = (0..100_usize)
            .map(|i| std::array::from_fn(|lane| ((i * 37 + lane * 11) % 100 * (lane + 1)) as f32))
            .collect();
        for taken in 1..=100 {
            let (largest, smallest) = extremes(&values, taken);
            for lane in 0..LANES {
                // Whole numbers from 0 to 99 times the lane: their sums are known, and exact.
                let scale = (lane + 1) as f64;
                assert_eq!(f64::from(smallest[lane]), scale * (taken - 1) as f64 / 2.0, "{taken}");
                assert_eq!(f64::from(largest[lane]), scale * (99.0 - (taken - 1) as f64 / 2.0), "{taken}");
            }
        }
    }
}
