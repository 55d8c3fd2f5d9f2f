//! The noise gate.

use super::dynamics::{
    BELOW, Ballistics, CHUNK, Cuts, Delay, Keyed, Level, Sidechain, apply, curve, frames, octaves, settling,
};
use crate::{Block, Effect, Format, Held, KeyInput};

crate::params! {
    /// Lets sound pass while it is loud and turns it down while it is soft: no bleed, no hum, no breath between the notes.
    ///
    /// It opens when the level reaches the threshold, and closes when the level has been below the threshold less the
    /// hysteresis for the time of the hold. The level is that of the last peak, falling by 8.7 dB in 10 ms, and of the
    /// louder channel. Opening and closing are exponential in amplitude.
    pub struct Gate: "gate" {
        /// The level at which it opens, in decibels below full scale.
        threshold_db: f64 = -40.0, in -100.0..=0.0;
        /// How fast it opens, in milliseconds: after that long, 63 % of the way are done.
        attack_ms: f64 = 1.0, in 0.0..=1000.0;
        /// How long it stays open after the last loud moment, in milliseconds.
        hold_ms: f64 = 50.0, in 0.0..=5000.0;
        /// How fast it closes, in milliseconds: after that long, 63 % of the way are done.
        release_ms: f64 = 100.0, in 0.0..=5000.0;
        /// How far it turns down when it is closed, in decibels.
        range_db: f64 = 80.0, in 0.0..=120.0;
        /// By how many decibels the level has to fall below the threshold before it closes, so that it does not flutter.
        hysteresis_db: f64 = 6.0, in 0.0..=40.0;
        /// How far ahead it listens, in milliseconds, so that it is open before a note begins. It stays fixed while it plays.
        lookahead_ms: f64 = 0.0, in 0.0..=100.0 as fixed;
        /// Below this, in hertz, the detector hears less, 12 dB an octave, so that rumble does not open it: 0 is off.
        sidechain_low_cut_hz: f64 = 0.0, in 0.0..=20000.0;
        /// Above this, in hertz, the detector hears less, 12 dB an octave: 20000 is off.
        sidechain_high_cut_hz: f64 = 20000.0, in 10.0..=20000.0;
        /// The track or bus that it listens to in the place of its own sound, before that one's fader: it is heard there even
        /// when it is muted.
        sidechain: KeyInput = KeyInput::OPEN;
    }
}

/// What [`Gate`] remembers.
#[derive(Clone, PartialEq)]
pub struct GateState {
    rate: u32,
    sidechain: Sidechain,
    level: Level,
    /// For how many frames it stays open, this one included.
    held: usize,
    /// How far it is open, from 0 to 1.
    open: [f64; 2],
    delay: Delay,
}

impl Held for GateState {
    fn held(&self) -> usize {
        self.sidechain.held() + self.delay.held()
    }
}

impl Effect for Gate {
    type State = GateState;

    fn latency(&self, format: Format) -> usize {
        frames(self.lookahead_ms, format.rate)
    }

    fn tail(&self, format: Format) -> usize {
        settling(self.release_ms, format.rate)
    }

    fn start(&self, format: Format) -> GateState {
        GateState {
            rate: format.rate,
            sidechain: Sidechain::new(self.cuts(), format),
            level: Level::default(),
            held: 0,
            open: [0.0; 2],
            delay: Delay::new(self.latency(format), format.channels.count()),
        }
    }

    #[inline(always)]
    fn process(&self, state: &mut GateState, block: &mut Block<'_>) {
        self.run(state, block, None);
    }

    fn key_input(&self) -> Option<&str> {
        self.sidechain.strip()
    }

    #[inline(always)]
    fn process_keyed(&self, state: &mut GateState, block: &mut Block<'_>, key: &[&[f32]]) {
        self.run(state, block, Some(key));
    }
}

impl Gate {
    fn cuts(&self) -> Cuts {
        Cuts { low_hz: self.sidechain_low_cut_hz, high_hz: self.sidechain_high_cut_hz }
    }
}

impl Keyed for Gate {
    #[inline(always)]
    fn turn_down<const CHANNELS: usize>(
        &self,
        state: &mut GateState,
        mut planes: [&mut [f32]; CHANNELS],
        key: Option<&[&[f32]]>,
    ) {
        let opens = octaves(self.threshold_db) as f32;
        let closes = octaves(self.threshold_db - self.hysteresis_db) as f32;
        let hold = frames(self.hold_ms, state.rate);
        let ballistics = Ballistics::new(self.attack_ms, self.release_ms, state.rate);
        let closed = crate::ratio(-self.range_db) as f32;
        let length = planes[0].len();
        for from in (0..length).step_by(CHUNK) {
            let to = length.min(from + CHUNK);
            let mut lanes = state.sidechain.hear(self.cuts(), &planes, key, from..to);
            state.level.peaks(state.rate, &mut lanes, to - from);
            curve::link(&mut lanes, 1.0);
            let mut gains = [lanes[0]];
            for level in &mut gains[0][..to - from] {
                let is_loud = *level >= opens || (state.held > 0 && *level >= closes);
                state.held = if is_loud { hold + 1 } else { hold.min(state.held.saturating_sub(1)) };
                // A little above 1, so that it opens to 1.
                *level = if state.held > 0 { (1.0 + BELOW) as f32 } else { 0.0 };
            }
            ballistics.follow(&mut state.open, &mut gains, to - from);
            gains[0].iter_mut().for_each(|open| *open = closed + (1.0 - closed) * *open);
            state.delay.run(planes.each_mut().map(|plane| &mut plane[from..to]));
            planes.iter_mut().for_each(|plane| apply(&mut plane[from..to], &gains[0]));
        }
    }
}
