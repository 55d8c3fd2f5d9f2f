//! Both channels alike.

use crate::{Block, Effect, Format};

crate::params! {
    /// Gives both channels the same: (left + right) / 2.
    ///
    /// How a mix sounds on one loudspeaker. What has opposite polarity in the two channels is gone. Mono sound stays as it is.
    pub struct Mono: "mono" {}
}

impl Effect for Mono {
    type State = ();

    fn start(&self, _: Format) {}

    #[inline(always)]
    fn process(&self, _: &mut (), block: &mut Block<'_>) {
        let mut planes = block.planes();
        if let (Some(left), Some(right)) = (planes.next(), planes.next()) {
            for (l, r) in left.iter_mut().zip(right) {
                let middle = 0.5 * *l + 0.5 * *r;
                (*l, *r) = (middle, middle);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_channels_are_the_mean() {
        let (mut left, mut right) = ([1.0, 0.5, -0.25, 0.1], [0.0, -0.5, 0.75, 0.1]);
        Mono {}.process(&mut (), &mut Block::stereo(&mut left, &mut right));
        assert_eq!(left, [0.5, 0.0, 0.25, 0.1]);
        assert_eq!(right, left);
        Mono {}.process(&mut (), &mut Block::mono(&mut left));
        assert_eq!(left, right);
    }
}
