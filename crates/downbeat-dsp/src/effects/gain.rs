use crate::{Block, Effect, Format, scale};

crate::params! {
    /// Makes the sound louder or softer.
    pub struct Gain: "gain" {
        /// The change of level, in decibels: 6 is twice the amplitude, -6 half of it.
        db: f64 = 0.0, in -120.0..=60.0;
    }
}

impl Effect for Gain {
    type State = ();

    fn start(&self, _: Format) {}

    #[inline(always)]
    fn process(&self, _: &mut (), block: &mut Block<'_>) {
        scale(block, crate::ratio(self.db) as f32);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn doubles_at_six_decibels() {
        let mut samples = [0.25, -0.5];
        Gain { db: crate::decibels(2.0) }.process(&mut (), &mut Block::mono(&mut samples));
        assert_eq!(samples, [0.5, -1.0]);
    }
}
