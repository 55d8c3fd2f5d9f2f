//! The largest and the smallest values of several columns at once.

use super::fft::{LANES, Lanes};
use crate::simd::{self, Work};

/// Finds so many of the largest and of the smallest values of each lane.
///
/// The values are laid in rows, as many as are wanted and up to a power of two, and all columns are put in order at once by
/// exchanges between rows: no value decides what happens next. Then pairs of columns become one, of which the wanted half
/// is kept and put in order again, until one column is left.
///
/// Source: K. E. Batcher, "Sorting networks and their applications", AFIPS Spring Joint Computer Conference (1968): odd-even
/// merges for the order, bitonic ones for pairs of columns.
pub(super) struct Extremes {
    taken: usize,
    rows: usize,
    /// The exchanges that put a column in order.
    order: Vec<[usize; 2]>,
    /// Those that put one in order again that turns once between rising and falling.
    again: Vec<[usize; 2]>,
    ordered: Vec<Bits>,
    kept: Vec<Bits>,
}

/// The bits of numbers that are not negative: their order is that of the numbers, and comparing them needs no branch.
type Bits = [u32; LANES];

impl Extremes {
    /// What finds as many as are taken of each, at least 1.
    pub fn new(taken: usize) -> Self {
        let rows = taken.next_power_of_two();
        Extremes { taken, rows, order: order(rows), again: again(rows), ordered: Vec::new(), kept: Vec::new() }
    }

    /// The mean of the largest values of each lane, and that of the smallest ones. There are at least as many values as are
    /// taken, and none is negative.
    pub fn means(&mut self, values: &[Lanes]) -> (Lanes, Lanes) {
        simd::widest(Means { extremes: self, values })
    }
}

struct Means<'a> {
    extremes: &'a mut Extremes,
    values: &'a [Lanes],
}

impl Work for Means<'_> {
    type Output = (Lanes, Lanes);

    #[inline(always)]
    fn run(self) -> (Lanes, Lanes) {
        let Extremes { taken, rows, ref order, ref again, ref mut ordered, ref mut kept } = *self.extremes;
        let columns = self.values.len() / rows;
        let (values, rest) = self.values.split_at(rows * columns);
        ordered.clear();
        ordered.extend(values.iter().map(bits));
        for rows in order {
            exchange(ordered, rows.map(|row| row * columns), columns);
        }
        kept.clear();
        kept.extend_from_slice(ordered);
        reduce(kept, rows, again, larger);
        for value in rest {
            kept[..rows].iter_mut().fold(bits(value), |pushed, kept| push(kept, pushed, larger, smaller));
        }
        let largest = mean(&kept[..taken]);
        reduce(ordered, rows, again, smaller);
        for value in rest {
            ordered[..rows].iter_mut().rev().fold(bits(value), |pushed, kept| push(kept, pushed, smaller, larger));
        }
        (largest, mean(&ordered[rows - taken..rows]))
    }
}

/// Of all columns, each from its largest value to its smallest one, the values of one column that are kept rather than
/// others: it lies at the beginning, in the same order. Where there are no columns it is one that is never kept.
#[inline(always)]
fn reduce(values: &mut Vec<Bits>, rows: usize, again: &[[usize; 2]], keep: fn(u32, u32) -> u32) {
    let columns = values.len() / rows;
    if columns == 0 {
        let never = if keep(0, u32::MAX) == 0 { u32::MAX } else { 0 };
        values.resize(rows, [never; LANES]);
        return;
    }
    let mut left = columns;
    while left > 1 {
        // One in the middle, without another, stays as it is.
        let half = left.div_ceil(2);
        let pairs = left - half;
        for row in 0..rows {
            let (to, from) = (row * columns, (rows - 1 - row) * columns + half);
            let (before, after) = values.split_at_mut(to.max(from));
            let (kept, others) = if to < from { (&mut before[to..], &*after) } else { (after, &before[from..]) };
            for (kept, other) in kept[..pairs].iter_mut().zip(&others[..pairs]) {
                for l in 0..LANES {
                    kept[l] = keep(kept[l], other[l]);
                }
            }
        }
        for rows in again {
            exchange(values, rows.map(|row| row * columns), pairs);
        }
        left = half;
    }
    for row in 1..rows {
        values[row] = values[row * columns];
    }
}

/// The larger ones of two stretches of values go to the first, the smaller ones to the second.
#[inline(always)]
fn exchange(values: &mut [Bits], [first, second]: [usize; 2], count: usize) {
    let (before, after) = values.split_at_mut(second);
    for (a, b) in before[first..first + count].iter_mut().zip(&mut after[..count]) {
        for l in 0..LANES {
            (a[l], b[l]) = (larger(a[l], b[l]), smaller(a[l], b[l]));
        }
    }
}

/// What is kept of two stays, and the other one is pushed on.
#[inline(always)]
fn push(kept: &mut Bits, pushed: Bits, keep: fn(u32, u32) -> u32, drop: fn(u32, u32) -> u32) -> Bits {
    let mut rest = pushed;
    for l in 0..LANES {
        (kept[l], rest[l]) = (keep(kept[l], pushed[l]), drop(kept[l], pushed[l]));
    }
    rest
}

/// Odd-even merges of columns of 1, 2, 4 values and so on.
fn order(rows: usize) -> Vec<[usize; 2]> {
    let mut exchanges = Vec::new();
    for length in powers(rows) {
        for apart in powers(2 * length).rev() {
            let first = apart % length;
            let row = (first..rows - apart).filter(|row| (row - first) & apart == 0);
            let pairs = row.map(|row| [row, row + apart]);
            exchanges.extend(pairs.filter(|pair| pair[0] / (2 * length) == pair[1] / (2 * length)));
        }
    }
    exchanges
}

/// A bitonic merge: exchanges half of the rows apart, a quarter of them, and so on.
fn again(rows: usize) -> Vec<[usize; 2]> {
    let pairs = |apart| (0..rows).filter(move |row| row & apart == 0).map(move |row| [row, row + apart]);
    powers(rows).rev().flat_map(pairs).collect()
}

/// The powers of two below one of them.
fn powers(end: usize) -> impl DoubleEndedIterator<Item = usize> {
    (0..end.trailing_zeros()).map(|exponent| 1 << exponent)
}

#[inline(always)]
fn larger(a: u32, b: u32) -> u32 {
    a.max(b)
}

#[inline(always)]
fn smaller(a: u32, b: u32) -> u32 {
    a.min(b)
}

#[inline(always)]
fn bits(values: &Lanes) -> Bits {
    values.map(f32::to_bits)
}

/// The mean of each lane.
#[inline(always)]
fn mean(values: &[Bits]) -> Lanes {
    let mut sums = [0.0_f64; LANES];
    for value in values {
        for l in 0..LANES {
            sums[l] += f64::from(f32::from_bits(value[l]));
        }
    }
    sums.map(|sum| (sum / values.len() as f64) as f32)
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
            let (largest, smallest) = Extremes::new(taken).means(&values);
            for lane in 0..LANES {
                // Whole numbers from 0 to 99 times the lane: their sums are known, and exact.
                let scale = (lane + 1) as f64;
                assert_eq!(f64::from(smallest[lane]), scale * (taken - 1) as f64 / 2.0, "{taken}");
                assert_eq!(f64::from(largest[lane]), scale * (99.0 - (taken - 1) as f64 / 2.0), "{taken}");
            }
        }
    }
}
