//! Panning.

use crate::{Block, Effect, Format, PanLaw};

crate::params! {
    /// Moves the sound to a side.
    ///
    /// It does what the pan knob of a track does. With the law "-3 dB" the power stays the same: the gains are sqrt(2) cos((1
    /// + position) pi/4) on the left and sqrt(2) sin((1 + position) pi/4) on the right. In the middle nothing changes. Of a
    /// stereo sound the two sides are turned up and down. A mono sound that stays mono has no sides and stays as it is.
    pub struct Pan: "pan" {
        /// Where to: -1 is left, 0 the middle, 1 right.
        position: f64 = 0.0, in -1.0..=1.0;
        /// How much louder than in the middle it is at a side: "-3 dB" (constant power), "-4.5 dB", "-6 dB" (constant
        /// voltage), or "linear", which only turns down the other side.
        law: PanLaw = PanLaw::Power;
    }
}

impl Effect for Pan {
    type State = ();

    fn spreads(&self) -> bool {
        true
    }

    fn start(&self, _: Format) {}

    #[inline(always)]
    fn process(&self, _: &mut (), block: &mut Block<'_>) {
        let [left_gain, right_gain] = self.law.gains(self.position).map(|gain| gain as f32);
        let mut planes = block.planes();
        if let (Some(left), Some(right)) = (planes.next(), planes.next()) {
            for (plane, gain) in [(left, left_gain), (right, right_gain)] {
                plane.iter_mut().for_each(|x| *x *= gain);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_power_stays_and_the_middle_changes_no_bit() {
        for i in -100..=100 {
            let position = f64::from(i) / 100.0;
            let (mut left, mut right) = ([1.0], [1.0]);
            Pan { position, ..Pan::default() }.process(&mut (), &mut Block::stereo(&mut left, &mut right));
            let (l, r) = (f64::from(left[0]), f64::from(right[0]));
            // Both gains are rounded by 2^-24 of themselves, and their squares add up to 2.
            assert!((l * l + r * r - 2.0).abs() < 2.5e-7);
            let side = 4.0 / std::f64::consts::PI * libm::atan2(r, l) - 1.0;
            assert!((side - position).abs() < 2e-7, "{position}: {side}");
        }
        let (mut left, mut right) = ([0.3, -0.7], [0.1, 1e-9]);
        Pan::default().process(&mut (), &mut Block::stereo(&mut left, &mut right));
        assert_eq!((left, right), ([0.3, -0.7], [0.1, 1e-9]));
    }
}
