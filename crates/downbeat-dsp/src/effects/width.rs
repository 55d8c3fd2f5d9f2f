//! Stereo width.

use crate::{Block, Effect, Format};

crate::params! {
    /// Makes the stereo picture narrower or wider.
    ///
    /// What both channels have in common, (left + right) / 2, stays; what they differ by, (left - right) / 2, is multiplied.
    /// Mono sound has nothing to widen and stays as it is.
    pub struct Width: "width" {
        /// The factor for the difference: 0 is mono, 1 is as it was, 2 is twice as wide.
        amount: f64 = 1.5, in 0.0..=4.0;
    }
}

impl Effect for Width {
    type State = ();

    fn start(&self, _: Format) {}

    #[inline(always)]
    fn process(&self, _: &mut (), block: &mut Block<'_>) {
        // left' = M + amount S = left + (amount - 1) S, so that 1 changes no bit.
        let more = (0.5 * (self.amount - 1.0)) as f32;
        let mut planes = block.planes();
        if let (Some(left), Some(right)) = (planes.next(), planes.next()) {
            for (l, r) in left.iter_mut().zip(right) {
                let change = more * (*l - *r);
                (*l, *r) = (*l + change, *r - change);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn middle_and_side_are_those_of_the_formula() {
        for amount in [0.0, 0.5, 1.0, 2.0, 4.0] {
            let (mut left, mut right) = ([0.5, -1.0, 0.25, 0.0], [0.25, 1.0, 0.25, -0.125]);
            let before = left.iter().zip(&right).map(|(l, r)| (l + r, l - r)).collect::<Vec<(f32, f32)>>();
            Width { amount }.process(&mut (), &mut Block::stereo(&mut left, &mut right));
            for (i, (sum, difference)) in before.into_iter().enumerate() {
                // All of these numbers are short binary fractions: the result is exact.
                assert_eq!(left[i] + right[i], sum);
                assert_eq!(left[i] - right[i], amount as f32 * difference);
            }
        }
    }

    #[test]
    fn an_amount_of_one_changes_no_bit() {
        let (mut left, mut right) = ([0.1, 1e-9, -0.7], [0.3, 0.9, 1e-30]);
        Width { amount: 1.0 }.process(&mut (), &mut Block::stereo(&mut left, &mut right));
        assert_eq!((left, right), ([0.1, 1e-9, -0.7], [0.3, 0.9, 1e-30]));
    }
}
