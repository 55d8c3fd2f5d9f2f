//! The de-esser.

use super::dynamics::curve::{self, Overshoot};
use super::dynamics::logarithm::exp2;
use super::dynamics::{Ballistics, CHUNK, Side, Split, apply, block, octaves, settling, sizes};
use super::iir::{Chain, Design, ring};
use crate::{Block, Effect, Format, Held};

crate::params! {
    /// Turns down the hiss of s, sh and t in a voice while it is there, and leaves the voice alone.
    ///
    /// It splits the sound at a frequency, with filters after Linkwitz and Riley (24 dB an octave, which add up to a level
    /// response), and compresses what lies above by its own peaks, both channels alike. The compression is that of
    /// `compressor`, and stops at the range.
    pub struct Deesser: "deesser" {
        /// Where the hiss begins, in hertz: 4000 to 6000 for low voices, 6000 to 8000 for high ones. At most 0.49 of the rate.
        freq_hz: f64 = 6000.0, in 1000.0..=20000.0;
        /// The level of the hiss from which it is turned down, in decibels below full scale.
        threshold_db: f64 = -30.0, in -100.0..=0.0;
        /// How many decibels above the threshold become one: 1 does nothing.
        ratio: f64 = 4.0, in 1.0..=1000.0;
        /// How far it turns down at most, in decibels, so that nobody lisps.
        range_db: f64 = 12.0, in 0.0..=60.0;
        /// How fast it turns down, in milliseconds: after that long, 63 % of the reduction are there.
        attack_ms: f64 = 1.0, in 0.0..=100.0;
        /// How fast it lets go, in milliseconds: after that long, 63 % of the reduction are gone.
        release_ms: f64 = 60.0, in 0.0..=1000.0;
        /// Whether only what lies above the frequency is turned down; otherwise all of the sound is.
        split: bool = true;
    }
}

/// The bend at the threshold, in decibels.
const KNEE_DB: f64 = 6.0;

/// What [`Deesser`] remembers.
#[derive(Clone, PartialEq)]
pub struct DeesserState {
    rate: u32,
    below: Chain<Split>,
    above: Chain<Split>,
    /// How far the hiss lies above the threshold, in octaves.
    over: [f64; 2],
}

impl Held for DeesserState {
    fn held(&self) -> usize {
        self.below.held() + self.above.held()
    }
}

impl Deesser {
    fn side(&self, side: Side) -> Split {
        Split { freq_hz: self.freq_hz, side }
    }
}

impl Effect for Deesser {
    type State = DeesserState;

    fn tail(&self, format: Format) -> usize {
        let rings = [Side::Below, Side::Above].map(|side| ring(self.side(side).sections(format.rate)));
        rings.into_iter().fold(0, usize::max) + settling(self.release_ms, format.rate)
    }

    fn start(&self, format: Format) -> DeesserState {
        DeesserState {
            rate: format.rate,
            below: Chain::new(&self.side(Side::Below), format.rate),
            above: Chain::new(&self.side(Side::Above), format.rate),
            over: [0.0; 2],
        }
    }

    #[inline(always)]
    fn process(&self, state: &mut DeesserState, block: &mut Block<'_>) {
        let mut planes = block.planes();
        match (planes.next(), planes.next()) {
            (Some(left), Some(right)) => self.run(state, [left, right]),
            (Some(left), None) => self.run(state, [left]),
            _ => {}
        }
    }
}

impl Deesser {
    #[inline(always)]
    fn run<const CHANNELS: usize>(&self, state: &mut DeesserState, mut planes: [&mut [f32]; CHANNELS]) {
        let threshold = Overshoot::new(self.threshold_db, KNEE_DB);
        let ballistics = Ballistics::new(self.attack_ms, self.release_ms, state.rate);
        let slope = (1.0 - 1.0 / self.ratio) as f32;
        let range = octaves(self.range_db) as f32;
        let length = planes[0].len();
        for from in (0..length).step_by(CHUNK) {
            let to = length.min(from + CHUNK);
            let mut below = [[0.0; CHUNK]; CHANNELS];
            for (below, plane) in below.iter_mut().zip(&planes) {
                below[..to - from].copy_from_slice(&plane[from..to]);
            }
            let mut above = below;
            state.above.process(&self.side(Side::Above), &mut block(&mut above, to - from));
            let mut gains = above;
            sizes(&mut gains);
            gains.iter_mut().for_each(|lanes| threshold.above(lanes));
            curve::link(&mut gains, 1.0);
            ballistics.follow(&mut state.over, &mut gains, to - from);
            for over in gains.as_flattened_mut() {
                let reduced = slope * *over;
                *over = exp2(if reduced < range { -reduced } else { -range });
            }
            if self.split {
                state.below.process(&self.side(Side::Below), &mut block(&mut below, to - from));
                for (((plane, below), above), gains) in planes.iter_mut().zip(&below).zip(&above).zip(&mut gains) {
                    for ((gain, below), above) in gains.iter_mut().zip(below).zip(above) {
                        *gain = below + above * *gain;
                    }
                    plane[from..to].copy_from_slice(&gains[..to - from]);
                    // Both sides may cancel each other out to less than a normal number.
                    apply(&mut plane[from..to], &[1.0; CHUNK]);
                }
            } else {
                planes.iter_mut().zip(&gains).for_each(|(plane, gains)| apply(&mut plane[from..to], gains));
            }
        }
    }
}
