//! The expander.

use super::dynamics::curve::{self, Overshoot};
use super::dynamics::logarithm::exp2;
use super::dynamics::{BELOW, Ballistics, CHUNK, Cuts, Keyed, Level, Sidechain, apply, octaves, settling};
use crate::{Block, Effect, Format, Held, KeyInput};

crate::params! {
    /// Turns down what is soft, so that loud and soft move apart: tighter drums, less room, less noise; a gentle gate.
    ///
    /// Below the threshold, one decibel less of input gives `ratio` decibels less of output, down to the range. The level is
    /// that of the last peak, falling by 8.7 dB in 10 ms, and of the louder channel. The knee is that of a compressor with
    /// the signs turned round (D. Giannoulis, M. Massberg and J. D. Reiss, "Digital Dynamic Range Compressor Design", JAES
    /// 60, 2012, equation 4), and so is the way to attack and release.
    pub struct Expander: "expander" {
        /// The level below which it turns down, in decibels below full scale.
        threshold_db: f64 = -40.0, in -100.0..=0.0;
        /// How many decibels of output one decibel of input becomes below the threshold: 1 does nothing, 2 is gentle.
        ratio: f64 = 2.0, in 1.0..=100.0;
        /// How wide the bend at the threshold is, in decibels, half of it on each side: 0 is a corner.
        knee_db: f64 = 6.0, in 0.0..=48.0;
        /// How fast it turns up again, in milliseconds: after that long, 63 % of the reduction are gone.
        attack_ms: f64 = 1.0, in 0.0..=1000.0;
        /// How fast it turns down, in milliseconds: after that long, 63 % of the reduction are there.
        release_ms: f64 = 100.0, in 0.0..=5000.0;
        /// How far it turns down at most, in decibels.
        range_db: f64 = 40.0, in 0.0..=120.0;
        /// Below this, in hertz, the detector hears less, 12 dB an octave: 0 is off.
        sidechain_low_cut_hz: f64 = 0.0, in 0.0..=20000.0;
        /// Above this, in hertz, the detector hears less, 12 dB an octave: 20000 is off.
        sidechain_high_cut_hz: f64 = 20000.0, in 10.0..=20000.0;
        /// The track or bus that it listens to in the place of its own sound, before that one's fader: it is heard there even
        /// when it is muted.
        sidechain: KeyInput = KeyInput::OPEN;
    }
}

/// What [`Expander`] remembers.
#[derive(Clone, PartialEq)]
pub struct ExpanderState {
    rate: u32,
    sidechain: Sidechain,
    level: Level,
    /// How much of the range is left, from 0 (all of it is turned down) to 1.
    open: [f64; 2],
}

impl Held for ExpanderState {
    fn held(&self) -> usize {
        self.sidechain.held()
    }
}

impl Effect for Expander {
    type State = ExpanderState;

    fn tail(&self, format: Format) -> usize {
        settling(self.release_ms, format.rate)
    }

    fn start(&self, format: Format) -> ExpanderState {
        let sidechain = Sidechain::new(self.cuts(), format);
        ExpanderState { rate: format.rate, sidechain, level: Level::default(), open: [0.0; 2] }
    }

    #[inline(always)]
    fn process(&self, state: &mut ExpanderState, block: &mut Block<'_>) {
        self.run(state, block, None);
    }

    fn key_input(&self) -> Option<&str> {
        self.sidechain.strip()
    }

    #[inline(always)]
    fn process_keyed(&self, state: &mut ExpanderState, block: &mut Block<'_>, key: &[&[f32]]) {
        self.run(state, block, Some(key));
    }
}

impl Expander {
    fn cuts(&self) -> Cuts {
        Cuts { low_hz: self.sidechain_low_cut_hz, high_hz: self.sidechain_high_cut_hz }
    }
}

impl Keyed for Expander {
    #[inline(always)]
    fn turn_down<const CHANNELS: usize>(
        &self,
        state: &mut ExpanderState,
        mut planes: [&mut [f32]; CHANNELS],
        key: Option<&[&[f32]]>,
    ) {
        let below = Overshoot::new(-self.threshold_db, self.knee_db);
        // The rise takes up what was turned down: a share of the range that grows is an attack.
        let ballistics = Ballistics::new(self.attack_ms, self.release_ms, state.rate);
        // A range of a millionth of an octave is none, and leaves no zero to divide by.
        let range = octaves(self.range_db).max(1e-6);
        let steepness = ((self.ratio - 1.0) / range) as f32;
        let length = planes[0].len();
        for from in (0..length).step_by(CHUNK) {
            let to = length.min(from + CHUNK);
            let mut lanes = state.sidechain.hear(self.cuts(), &planes, key, from..to);
            state.level.peaks(state.rate, &mut lanes, to - from);
            curve::link(&mut lanes, 1.0);
            let mut gains = [lanes[0]];
            for level in &mut gains[0] {
                let reduced = steepness * below.of(-*level);
                // A little above 1 where nothing is turned down, so that it opens to 1.
                *level = if reduced < 1.0 { (1.0 + BELOW as f32) - reduced } else { 0.0 };
            }
            ballistics.follow(&mut state.open, &mut gains, to - from);
            gains[0].iter_mut().for_each(|open| *open = exp2(range as f32 * (*open - 1.0)));
            planes.iter_mut().for_each(|plane| apply(&mut plane[from..to], &gains[0]));
        }
    }
}
