//! Freeverb: eight damped combs in parallel, then four allpasses, for each side.
//!
//! The structure and the tunings are those that Jezar at Dreampoint put into the public domain in June 2000, with the
//! scales that JUCE's `Reverb`, and so pedalboard's, has: J. O. Smith, "Physical Audio Signal Processing" (2010), section
//! "Freeverb".

use super::ring::{Echoes, ring};
use super::space::{CHUNK, Damper, Damping, Ring, blend, flush, near_and_far};
use crate::{Block, Effect, Format, Held};

crate::params! {
    /// The room of a thousand plugins: bright, dense and a little metallic, as pedalboard's Reverb.
    ///
    /// Both sides go into the room together, and two rooms of slightly different sizes answer, one for each side.
    pub struct Freeverb: "freeverb" {
        /// How large the room is and so how long it rings: 0 to 1.
        room_size: f64 = 0.5, in 0.0..=1.0;
        /// How much sooner the highs die away: 0 to 1.
        damping: f64 = 0.5, in 0.0..=1.0;
        /// How much of the room is heard: 0 to 1.
        wet: f64 = 0.33, in 0.0..=1.0;
        /// How much of the sound itself is heard: 0.5 leaves its level as it is, 1 makes it twice as loud.
        dry: f64 = 0.4, in 0.0..=1.0;
        /// How far apart the two sides of the room are: 0 is mono, 1 is wide.
        width: f64 = 1.0, in 0.0..=1.0;
    }
}

/// The delays of the combs of the left side, in frames at 44.1 kHz.
const COMBS: [u32; 8] = [1116, 1188, 1277, 1356, 1422, 1491, 1557, 1617];
/// The delays of the allpasses of the left side.
const ALLPASSES: [u32; 4] = [556, 441, 341, 225];
/// By how many frames the delays of the right side are longer.
const SPREAD: u32 = 23;

/// What goes into the combs of the sum of both channels.
const INPUT: f64 = 0.015;
/// The feedback of the allpasses.
const DIFFUSION: f32 = 0.5;
/// What `wet` and `dry` are multiplied with.
const WET: f64 = 3.0;
const DRY: f64 = 2.0;

/// What [`Freeverb`] remembers: the room of each side.
#[derive(Clone, PartialEq)]
pub struct FreeverbState([Room; 2]);

impl Held for FreeverbState {
    fn held(&self) -> usize {
        self.0.held()
    }
}

#[derive(Clone, PartialEq)]
struct Room {
    combs: [(Ring, Damper); 8],
    allpasses: [Ring; 4],
}

impl Held for Room {
    fn held(&self) -> usize {
        self.combs.held() + self.allpasses.held()
    }
}

impl Effect for Freeverb {
    type State = FreeverbState;

    fn tail(&self, format: Format) -> usize {
        // The right side has the longer delays. A lowpass that keeps 0.4 or less is, in the sum of the sizes of its
        // response, not more than one more frame of delay.
        let delay = |tuning| frames(tuning + SPREAD, format.rate);
        let first = 2.0 * INPUT * WET * self.wet;
        let comb = |tuning| Echoes { delay: delay(tuning) + 1, direct: 0.0, first, pole: self.feedback() };
        let allpass =
            |tuning| vec![Echoes { delay: delay(tuning), direct: 1.0, first: 1.0, pole: f64::from(DIFFUSION) }];
        let combs = std::iter::once(COMBS.map(comb).into());
        ring(&combs.chain(ALLPASSES.map(allpass)).collect::<Vec<_>>())
    }

    fn spreads(&self) -> bool {
        true
    }

    fn start(&self, format: Format) -> FreeverbState {
        FreeverbState([0, SPREAD].map(|spread| Room {
            combs: COMBS.map(|tuning| (Ring::new(frames(tuning + spread, format.rate)), Damper::default())),
            allpasses: ALLPASSES.map(|tuning| Ring::new(frames(tuning + spread, format.rate))),
        }))
    }

    #[inline(always)]
    fn process(&self, state: &mut FreeverbState, block: &mut Block<'_>) {
        let (feedback, damping) = (self.feedback() as f32, Damping::new(1.0, 0.4 * self.damping));
        let dry = (DRY * self.dry) as f32;
        let mut planes = block.planes();
        let (Some(left), mut right) = (planes.next(), planes.next()) else { return };
        // A mono sound hears the middle between both sides.
        let width = if right.is_some() { self.width } else { 0.0 };
        let gains = near_and_far(width, WET * self.wet);
        for (i, left) in left.chunks_mut(CHUNK).enumerate() {
            let count = left.len();
            let mut right = right.as_deref_mut().map(|right| &mut right[i * CHUNK..][..count]);
            let mut input = [0.0; CHUNK];
            let input = &mut input[..count];
            for ((input, l), r) in input.iter_mut().zip(&*left).zip(right.as_deref().unwrap_or(left)) {
                *input = flush((l + r) * INPUT as f32);
            }
            let mut wet = [[0.0; CHUNK]; 2];
            for (room, wet) in state.0.iter_mut().zip(&mut wet) {
                room.answer(input, &mut wet[..count], feedback, &damping);
            }
            let [l, r] = &wet;
            if let Some(right) = &mut right {
                blend(right, dry, r, l, gains);
            }
            blend(left, dry, l, r, gains);
        }
    }
}

impl Freeverb {
    /// The feedback of the combs.
    fn feedback(&self) -> f64 {
        0.28 * self.room_size + 0.7
    }
}

/// A delay that is tuned at 44.1 kHz, at another rate.
fn frames(tuning: u32, rate: u32) -> usize {
    ((u64::from(tuning) * u64::from(rate) / 44_100) as usize).max(1)
}

impl Room {
    /// What the room answers to the input, in place of zeros.
    #[inline(always)]
    fn answer(&mut self, input: &[f32], wet: &mut [f32], feedback: f32, damping: &Damping) {
        for (ring, damper) in &mut self.combs {
            let (mut input, mut wet) = (input, &mut *wet);
            while !input.is_empty() {
                let slots = ring.run(input.len());
                let (now, later) = input.split_at(slots.len());
                let (sum, sum_later) = wet.split_at_mut(slots.len());
                let mut damped = [0.0; CHUNK];
                let damped = &mut damped[..slots.len()];
                damper.filter(damping, slots, damped);
                for (((slot, sum), x), damped) in slots.iter_mut().zip(sum).zip(now).zip(&*damped) {
                    *sum += *slot;
                    *slot = x + feedback * damped;
                }
                (input, wet) = (later, sum_later);
            }
        }
        for ring in &mut self.allpasses {
            let mut wet = &mut *wet;
            while !wet.is_empty() {
                let slots = ring.run(wet.len());
                let (now, later) = wet.split_at_mut(slots.len());
                for (slot, x) in slots.iter_mut().zip(now) {
                    let y = *slot - *x;
                    *slot = flush(*x + DIFFUSION * *slot);
                    *x = y;
                }
                wet = later;
            }
        }
    }
}
