//! The transient designer.

use super::dynamics::logarithm::exp2;
use super::dynamics::{Ballistics, CHUNK, Level, apply, curve, octaves, settling};
use crate::{Block, Effect, Format, Held};

crate::params! {
    /// Makes the beginnings of notes harder or softer, and what follows them longer or shorter, loud or soft alike.
    ///
    /// There is no threshold: levels are compared with each other. A follower that rises fast and one that rises slowly
    /// differ while a note begins; one that falls fast and one that falls slowly differ while it dies away. Where they
    /// differ by 12 dB or more, all of the gain is given, and less of it where they differ less. Both channels get the same
    /// gain. It is the principle of differential envelopes, known from SPL's Transient Designer of 1998.
    pub struct Transient: "transient" {
        /// The gain of the beginnings, in decibels: above 0 they snap, below 0 they are soft.
        attack_db: f64 = 6.0, in -24.0..=24.0;
        /// The gain of what follows, in decibels: above 0 there is more room and ring, below 0 it is dry.
        sustain_db: f64 = 0.0, in -24.0..=24.0;
    }
}

/// The fast rise and the slow one, and the fast fall and the slow one, in milliseconds.
const RISE_MS: [f64; 2] = [0.5, 30.0];
const FALL_MS: [f64; 2] = [30.0, 250.0];
/// The level below which nothing is a note, in decibels below full scale.
const FLOOR_DB: f64 = -80.0;
/// The difference that gets all of the gain.
const FULL_DB: f64 = 12.0;

/// What [`Transient`] remembers.
#[derive(Clone, PartialEq)]
pub struct TransientState {
    rate: u32,
    level: Level,
    /// The followers, in octaves above the floor: rising and falling fast; rising slowly; falling slowly.
    fast: [f64; 2],
    late: [f64; 2],
    long: [f64; 2],
}

impl Held for TransientState {}

impl Effect for Transient {
    type State = TransientState;

    fn tail(&self, format: Format) -> usize {
        settling(FALL_MS[1], format.rate)
    }

    fn start(&self, format: Format) -> TransientState {
        let none = [0.0; 2];
        TransientState { rate: format.rate, level: Level::default(), fast: none, late: none, long: none }
    }

    #[inline(always)]
    fn process(&self, state: &mut TransientState, block: &mut Block<'_>) {
        let mut planes = block.planes();
        match (planes.next(), planes.next()) {
            (Some(left), Some(right)) => self.run(state, [left, right]),
            (Some(left), None) => self.run(state, [left]),
            _ => {}
        }
    }
}

impl Transient {
    #[inline(always)]
    fn run<const CHANNELS: usize>(&self, state: &mut TransientState, mut planes: [&mut [f32]; CHANNELS]) {
        let follower = |rise: usize, fall: usize| Ballistics::new(RISE_MS[rise], FALL_MS[fall], state.rate);
        let (fast, late, long) = (follower(0, 0), follower(1, 0), follower(0, 1));
        let floor = octaves(FLOOR_DB) as f32;
        let full = 1.0 / octaves(FULL_DB) as f32;
        let (attack, sustain) = (octaves(self.attack_db) as f32, octaves(self.sustain_db) as f32);
        let length = planes[0].len();
        for from in (0..length).step_by(CHUNK) {
            let to = length.min(from + CHUNK);
            let mut lanes = [[0.0; CHUNK]; CHANNELS];
            for (lanes, plane) in lanes.iter_mut().zip(&planes) {
                lanes[..to - from].copy_from_slice(&plane[from..to]);
            }
            state.level.peaks(state.rate, &mut lanes, to - from);
            curve::link(&mut lanes, 1.0);
            let mut levels = lanes[0];
            for level in &mut levels {
                let above = *level - floor;
                *level = if above > 0.0 { above } else { 0.0 };
            }
            let (mut fasts, mut lates, mut longs) = ([levels], [levels], [levels]);
            fast.follow(&mut state.fast, &mut fasts, to - from);
            late.follow(&mut state.late, &mut lates, to - from);
            long.follow(&mut state.long, &mut longs, to - from);
            let mut gains = [0.0; CHUNK];
            let share = |difference: f32| {
                let share = difference * full;
                let share = if share > 0.0 { share } else { 0.0 };
                if share < 1.0 { share } else { 1.0 }
            };
            for (i, gain) in gains.iter_mut().enumerate() {
                let (fast, late, long) = (fasts[0][i], lates[0][i], longs[0][i]);
                *gain = exp2(attack * share(fast - late) + sustain * share(long - fast));
            }
            planes.iter_mut().for_each(|plane| apply(&mut plane[from..to], &gains));
        }
    }
}
