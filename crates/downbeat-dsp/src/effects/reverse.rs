//! Time turned around.

use crate::{Audio, ClipEffect};

crate::params! {
    /// Plays the clip backwards.
    ///
    /// The last frame becomes the first. Nothing is changed but the order.
    pub struct Reverse: "reverse" {
    }
}

impl ClipEffect for Reverse {
    fn apply(&self, mut clip: Audio) -> Audio {
        for plane in clip.planes_mut() {
            plane.reverse();
        }
        clip
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn turns_both_channels_around() {
        let clip = Audio::stereo(48_000, vec![1.0, 2.0, 3.0], vec![4.0, 5.0, 6.0]);
        let turned = Reverse {}.apply(clip.clone());
        assert_eq!(turned, Audio::stereo(48_000, vec![3.0, 2.0, 1.0], vec![6.0, 5.0, 4.0]));
        assert_eq!(Reverse {}.apply(turned), clip);
    }
}
