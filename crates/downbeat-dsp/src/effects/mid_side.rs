//! The levels of middle and side.
//!
//! A. D. Blumlein, British patent 394,325 (1931): sum and difference of two channels.

use crate::{Block, Effect, Format, scale};

crate::params! {
    /// Turns up or down what both channels have in common, and what they differ by.
    ///
    /// The middle is (left + right) / 2, the side (left - right) / 2. Mono sound is all middle.
    pub struct MidSide: "mid_side" {
        /// The change of the middle, in decibels.
        mid_db: f64 = 0.0, in -120.0..=24.0;
        /// The change of the side, in decibels.
        side_db: f64 = 0.0, in -120.0..=24.0;
    }
}

impl Effect for MidSide {
    type State = ();

    fn start(&self, _: Format) {}

    #[inline(always)]
    fn process(&self, _: &mut (), block: &mut Block<'_>) {
        let (mid, side) = (crate::ratio(self.mid_db), crate::ratio(self.side_db));
        // left' = mid M + side S = left (mid + side)/2 + right (mid - side)/2. What both channels have alike is scaled
        // apart, so that the same samples stay the same, and as mono.
        let (common, other) = (mid as f32, (0.5 * (side - mid)) as f32);
        let mut planes = block.planes();
        let (Some(left), Some(right)) = (planes.next(), planes.next()) else {
            drop(planes);
            return scale(block, common);
        };
        for (l, r) in left.iter_mut().zip(right) {
            let difference = other * (*l - *r);
            (*l, *r) = (common * *l + difference, common * *r - difference);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn middle_and_side_get_their_gains() {
        for (mid_db, side_db) in [(0.0, 0.0), (6.0, -6.0), (-120.0, 0.0), (0.0, -120.0), (24.0, 24.0)] {
            let (mut left, mut right) = ([0.5, -0.9, 0.3, 0.0], [0.2, 0.9, 0.3, -0.1]);
            let before = left.iter().zip(&right).map(|(l, r)| (l + r, l - r)).collect::<Vec<(f32, f32)>>();
            MidSide { mid_db, side_db }.process(&mut (), &mut Block::stereo(&mut left, &mut right));
            for (i, (sum, difference)) in before.into_iter().enumerate() {
                let (mid, side) = (crate::ratio(mid_db), crate::ratio(side_db));
                // Five roundings of what is 16 at most.
                let close = |x: f32, y: f64| assert!((f64::from(x) - y).abs() < 5e-6, "{x} is not {y}");
                close(left[i] + right[i], mid * f64::from(sum));
                close(left[i] - right[i], side * f64::from(difference));
            }
        }
    }

    #[test]
    fn no_change_changes_no_bit() {
        let (mut left, mut right) = ([0.1, 1e-9, -0.7], [0.3, 0.9, 1e-30]);
        MidSide::default().process(&mut (), &mut Block::stereo(&mut left, &mut right));
        assert_eq!((left, right), ([0.1, 1e-9, -0.7], [0.3, 0.9, 1e-30]));
    }
}
