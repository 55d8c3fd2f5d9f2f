//! No envelope.

use super::{Envelope, Ramp};

crate::params! {
    /// Full level from the start of the note to its end.
    pub struct Flat: "flat" {
    }
}

impl Envelope for Flat {
    fn ramps(&self, held: u64, _rate: u32) -> Vec<Ramp> {
        vec![Ramp::closed(held, 1.0, 1.0)]
    }
}
