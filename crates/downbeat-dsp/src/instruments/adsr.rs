//! The envelope of a synthesiser: attack, decay, sustain, release.

use super::envelope::frames_of_ms;
use super::{Envelope, Ramp};

crate::params! {
    /// Attack, decay, sustain and release, in straight lines.
    ///
    /// From 0 to 1 in the attack, on to the sustain level in the decay, and there until the note ends; then from wherever it
    /// is to 0 in the release, which sounds on after the note's end.
    pub struct Adsr: "adsr" {
        /// The time of the attack in milliseconds.
        attack_ms: f64 = 5.0, in 0.0..=60000.0;
        /// The time of the decay in milliseconds.
        decay_ms: f64 = 100.0, in 0.0..=60000.0;
        /// The level that is held, as a factor.
        sustain: f64 = 0.7, in 0.0..=1.0;
        /// The time of the release in milliseconds.
        release_ms: f64 = 50.0, in 0.0..=60000.0;
    }
}

impl Envelope for Adsr {
    fn ramps(&self, held: u64, rate: u32) -> Vec<Ramp> {
        let attack = Ramp::open(frames_of_ms(self.attack_ms, rate), 0.0, 1.0);
        let decay = Ramp::open(frames_of_ms(self.decay_ms, rate), 1.0, self.sustain);
        let mut ramps = Vec::with_capacity(4);
        let mut left = held;
        let mut level = 0.0;
        for ramp in [attack, decay, Ramp::open(u64::MAX, self.sustain, self.sustain)] {
            // A short note is released from the middle of its attack or decay.
            let frames = ramp.frames.min(left);
            level = ramp.at(frames);
            ramps.push(Ramp { frames, ..ramp });
            left -= frames;
            if left == 0 {
                break;
            }
        }
        ramps.push(Ramp::open(frames_of_ms(self.release_ms, rate), level, 0.0));
        ramps
    }
}
