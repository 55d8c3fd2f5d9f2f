//! Automatic panning.

use super::movement::{AS_SINE, Moving, flush, round};
use crate::{Block, Effect, Format};
use std::f64::consts::SQRT_2;

crate::params! {
    /// The sound wanders from side to side.
    ///
    /// It begins with the sound, in the middle, and goes to the right first. The power stays the same: at the side p, from
    /// -1 (left) to 1 (right), the gains are sqrt(2) cos((1 + p) pi/4) and sqrt(2) sin((1 + p) pi/4), as those of a pan knob.
    /// Of a stereo sound the two sides are turned up and down. A mono sound has no sides and stays as it is.
    pub struct AutoPan: "auto_pan" {
        /// How often it goes there and back, in hertz.
        rate_hz: f64 = 0.5, in 0.01..=50.0;
        /// How far to the side it goes: 1 is all the way.
        depth: f64 = 0.7, in 0.0..=1.0;
    }
}

impl Effect for AutoPan {
    type State = Moving;

    fn spreads(&self) -> bool {
        true
    }

    fn start(&self, format: Format) -> Moving {
        Moving::new(format)
    }

    #[inline(always)]
    fn process(&self, state: &mut Moving, block: &mut Block<'_>) {
        state.process(self.rate_hz, AS_SINE, block, |mut part, swing| {
            let sides = swing.map(|t| self.depth * round(t));
            let mut planes = part.planes();
            if let (Some(left), Some(right)) = (planes.next(), planes.next()) {
                for ((l, r), side) in left.iter_mut().zip(right).zip(sides) {
                    // The cosine of an angle is the sine of what it lacks to a quarter of a turn.
                    let gain = |toward: f64| (SQRT_2 * round(0.5 + 0.5 * toward)) as f32;
                    (*l, *r) = (flush(*l * gain(-side)), flush(*r * gain(side)));
                }
            }
        });
    }
}
