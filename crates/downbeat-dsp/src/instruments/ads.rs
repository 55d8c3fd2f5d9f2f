//! The envelope in proportions of the note's length.

use super::{Envelope, Ramp};

crate::params! {
    /// An envelope that is stretched to the length of the note.
    ///
    /// Attack in the first twentieth, from 0 to 0.9; decay in the next quarter, to 0.75; half of the length to 0.6; and
    /// the release, in the rest of the note, to 0. Each ramp includes both its ends.
    pub struct Ads: "ads" {
    }
}

impl Envelope for Ads {
    fn ramps(&self, held: u64, _rate: u32) -> Vec<Ramp> {
        let (attack, decay, sustain) = (held / 20, held / 4, held / 2);
        vec![
            Ramp::closed(attack, 0.0, 0.9),
            Ramp::closed(decay, 0.9, 0.75),
            Ramp::closed(sustain, 0.75, 0.6),
            Ramp::closed(held - attack - decay - sustain, 0.6, 0.0),
        ]
    }
}
