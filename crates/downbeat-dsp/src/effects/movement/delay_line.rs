//! A delay line that is read between its samples.
//!
//! The cubic through four samples that Hermite's conditions make (Catmull and Rom): O. Niemitalo, "Polynomial
//! Interpolators for High-Quality Resampling of Oversampled Audio" (2001), section "Hermite, 4-point, 3rd-order". It has no
//! corners, so that a delay may move across samples, and it is exact for parabolas.

use crate::Held;

/// The last samples of a channel. Frames are counted by whoever holds it.
#[derive(Clone, PartialEq)]
pub struct DelayLine {
    /// A power of two of them, and the first [`SEAM`] again, so that neighbours lie side by side everywhere.
    ring: Vec<f32>,
}

impl Held for DelayLine {
    fn held(&self) -> usize {
        self.ring.held()
    }
}

/// How many samples there are twice.
const SEAM: usize = 3;

impl DelayLine {
    /// A silent line for delays of up to `longest` frames.
    pub fn new(longest: usize) -> Self {
        DelayLine { ring: vec![0.0; (longest + 4).next_power_of_two() + SEAM] }
    }

    fn length(&self) -> usize {
        self.ring.len() - SEAM
    }

    /// The next sample, of the frame `at`.
    #[inline(always)]
    pub fn write(&mut self, at: usize, x: f32) {
        let place = at & (self.length() - 1);
        self.ring[place] = x;
        if place < SEAM {
            let length = self.length();
            self.ring[length + place] = x;
        }
    }

    /// The four samples around `whole` frames and a part before the frame `at`, the oldest first. `whole` is at least 1, and
    /// at least 2 before that frame is written.
    #[inline(always)]
    pub fn around(&self, at: usize, whole: u32) -> [f32; 4] {
        let start = at.wrapping_sub(whole as usize + 2) & (self.length() - 1);
        let mut samples = [0.0; 4];
        samples.copy_from_slice(&self.ring[start..start + 4]);
        samples
    }

    /// Forgets the samples that were written between `from` and `to` frames before the frame `at`.
    #[inline(always)]
    pub fn forget(&mut self, at: usize, from: usize, to: usize) {
        let length = self.length();
        let to = to.min(length);
        if from >= to {
            return;
        }
        let start = at.wrapping_sub(to) & (length - 1);
        let end = start + (to - from);
        self.ring[start..end.min(length)].fill(0.0);
        self.ring[..end.saturating_sub(length)].fill(0.0);
        self.ring.copy_within(..SEAM, length);
    }
}

/// The cubic through the middle two of four samples, the oldest first, at a part of the way from the newer to the older.
#[inline(always)]
pub fn cubic([oldest, older, x, newer]: [f32; 4], part: f32) -> f32 {
    let rise = older - x;
    let (slope, last_slope) = (0.5 * (older - newer), 0.5 * (oldest - x));
    let (c2, c3) = (3.0 * rise - 2.0 * slope - last_slope, slope + last_slope - 2.0 * rise);
    ((c3 * part + c2) * part + slope) * part + x
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parabolas_are_read_exactly_between_their_samples() {
        let parabola = |t: f64| 3.0 - 0.5 * t + 0.25 * t * t;
        let mut line = DelayLine::new(20);
        for at in 0..100 {
            line.write(at, parabola(at as f64) as f32);
            for whole in 1..20_u32.min(at as u32) {
                for part in [0.0, 0.25, 0.5, 0.9] {
                    let expected = parabola(at as f64 - f64::from(whole) - f64::from(part));
                    if at > whole as usize + 1 {
                        let y = f64::from(cubic(line.around(at, whole), part));
                        // A dozen roundings of numbers up to 2500.
                        assert!((y - expected).abs() < 2e-3, "{at} {whole} {part}: {y} is not {expected}");
                    }
                }
            }
        }
    }

    #[test]
    fn what_is_forgotten_is_silent_and_nothing_else() {
        for at in [64, 70, 95] {
            let mut line = DelayLine::new(28);
            (0..at).for_each(|i| line.write(i, 1.0));
            line.forget(at, 10, 15);
            for age in 1..=32 {
                let expected = if (11..=15).contains(&age) { 0.0 } else { 1.0 };
                assert_eq!(line.ring[(at - age) & 31], expected, "{age}");
            }
        }
    }
}
