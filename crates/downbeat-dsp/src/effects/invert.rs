//! Polarity.

use crate::{Block, Effect, Format};

crate::params! {
    /// Turns the polarity around: up becomes down.
    ///
    /// For a microphone that faces another, or to hear what is left when two versions of a sound are taken from each other.
    /// Mono sound follows the left channel.
    pub struct Invert: "invert" {
        /// Whether the left channel is turned around.
        left: bool = true;
        /// Whether the right channel is turned around.
        right: bool = true;
    }
}

impl Effect for Invert {
    type State = ();

    fn spreads(&self) -> bool {
        self.left != self.right
    }

    fn start(&self, _: Format) {}

    #[inline(always)]
    fn process(&self, _: &mut (), block: &mut Block<'_>) {
        for (plane, is_inverted) in block.planes().zip([self.left, self.right]) {
            if is_inverted {
                plane.iter_mut().for_each(|x| *x = -*x);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_channel_is_turned_around_by_itself() {
        for (left, right) in [(true, true), (true, false), (false, true), (false, false)] {
            let (mut l, mut r) = ([0.5, -1.0], [0.25, 0.75]);
            Invert { left, right }.process(&mut (), &mut Block::stereo(&mut l, &mut r));
            assert_eq!(l, if left { [-0.5, 1.0] } else { [0.5, -1.0] });
            assert_eq!(r, if right { [-0.25, -0.75] } else { [0.25, 0.75] });
        }
    }
}
