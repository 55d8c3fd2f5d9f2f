//! The lowest of the last numbers.

use crate::Held;

/// The minimum of a window that moves along, in three comparisons a frame whatever its length: M. van Herk, "A fast
/// algorithm for local minimum and maximum filters on rectangular and octagonal kernels", Pattern Recognition Letters 13
/// (1992).
#[derive(Clone, PartialEq)]
pub struct Lowest {
    /// The numbers of this stretch so far; from `at` on, of the stretch before each the lowest from there to its end; and
    /// infinity.
    stretch: Vec<f32>,
    at: usize,
    /// The lowest of this stretch so far.
    lowest: f32,
}

impl Held for Lowest {
    fn held(&self) -> usize {
        self.stretch.held()
    }
}

impl Lowest {
    /// A window of `length` frames (1 at least) in which every number is `full`.
    pub fn new(length: usize, full: f32) -> Self {
        let mut stretch = vec![full; length.max(1)];
        stretch.push(f32::INFINITY);
        Lowest { stretch, at: 0, lowest: f32::INFINITY }
    }

    /// The length of the window.
    pub fn window(&self) -> usize {
        self.stretch.len() - 1
    }

    /// Puts the lowest number of the window that ends with it in the place of each number.
    #[inline(always)]
    pub fn run(&mut self, numbers: &mut [f32]) {
        let length = self.window();
        let mut from = 0;
        while from < numbers.len() {
            let run = (length - self.at).min(numbers.len() - from);
            let stretch = &mut self.stretch[self.at..=self.at + run];
            let mut lowest = self.lowest;
            for (i, number) in numbers[from..from + run].iter_mut().enumerate() {
                stretch[i] = *number;
                lowest = lower(lowest, *number);
                *number = lower(lowest, stretch[i + 1]);
            }
            self.lowest = lowest;
            from += run;
            self.at += run;
            if self.at == length {
                (self.at, self.lowest) = (0, f32::INFINITY);
                let mut lowest = f32::INFINITY;
                for x in self.stretch.iter_mut().rev() {
                    lowest = lower(lowest, *x);
                    *x = lowest;
                }
            }
        }
    }

    /// Goes on by so many frames when every number has been the same for longer than the window.
    pub fn skip(&mut self, frames: usize, same: f32) {
        self.at = (self.at + frames) % self.window();
        self.lowest = if self.at == 0 { f32::INFINITY } else { same };
    }
}

#[inline(always)]
fn lower(a: f32, b: f32) -> f32 {
    if a < b { a } else { b }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_is_the_minimum_of_the_window() {
        for length in [1, 2, 3, 10, 64] {
            for block in [1, 5, 64] {
                let numbers: Vec<f32> = (0..500_u32).map(|i| (i.wrapping_mul(2_654_435_761) >> 8) as f32).collect();
                let mut got = numbers.clone();
                let mut lowest = Lowest::new(length, 1e9);
                got.chunks_mut(block).for_each(|block| lowest.run(block));
                for (i, got) in got.iter().enumerate() {
                    let window = &numbers[(i + 1).saturating_sub(length)..=i];
                    assert_eq!(*got, window.iter().copied().fold(f32::INFINITY, f32::min));
                }
            }
        }
    }
}
