//! The compressor.

use super::dynamics::curve::{self, Overshoot};
use super::dynamics::logarithm::exp2;
use super::dynamics::{
    Ballistics, CHUNK, Cuts, Delay, Detector, Keyed, Level, Sidechain, apply, frames, octaves, settling,
};
use crate::{Block, Effect, Format, Held, KeyInput};

crate::params! {
    /// Turns down what is loud, so that loud and soft come closer to each other: denser, steadier, in front.
    ///
    /// Above the threshold, `ratio` decibels more of input give one decibel more of output. It follows D. Giannoulis,
    /// M. Massberg and J. D. Reiss, "Digital Dynamic Range Compressor Design", JAES 60 (2012): forwards, with a soft knee
    /// (equation 4) and a smooth branching detector on the gain in decibels, so that attack and release take as long for a
    /// large reduction as for a small one.
    pub struct Compressor: "compressor" {
        /// The level from which it turns down, in decibels below full scale.
        threshold_db: f64 = -18.0, in -100.0..=0.0;
        /// How many decibels above the threshold become one: 1 does nothing, 4 is firm, 20 and more hold like a limiter.
        ratio: f64 = 4.0, in 1.0..=1000.0;
        /// How wide the bend at the threshold is, in decibels, half of it on each side: 0 is a corner.
        knee_db: f64 = 6.0, in 0.0..=48.0;
        /// How fast it turns down, in milliseconds: after that long, 63 % of the reduction are there.
        attack_ms: f64 = 10.0, in 0.0..=1000.0;
        /// How fast it lets go, in milliseconds: after that long, 63 % of the reduction are gone.
        release_ms: f64 = 100.0, in 0.0..=5000.0;
        /// The gain after it, in decibels, which makes up for what was turned down.
        makeup_db: f64 = 0.0, in -60.0..=60.0;
        /// How far ahead it listens, in milliseconds, so that it is there before a peak is. It stays fixed while it plays.
        lookahead_ms: f64 = 0.0, in 0.0..=100.0 as fixed;
        /// What counts as loud: each `"peak"`, or the `"rms"` level of the last 10 ms.
        detector: Detector = Detector::Peak;
        /// How far the channels go together: 1 turns both down by what the louder one needs, so that the stereo image
        /// stays; 0 leaves each to itself.
        link: f64 = 1.0, in 0.0..=1.0;
        /// How much of the result is compressed sound: 1 is all of it, 0.5 is half of it beside half of the sound as it was.
        mix: f64 = 1.0, in 0.0..=1.0;
        /// Below this, in hertz, the detector hears less, 12 dB an octave, so that a bass drum does not turn down
        /// everything: 0 is off.
        sidechain_low_cut_hz: f64 = 0.0, in 0.0..=20000.0;
        /// Above this, in hertz, the detector hears less, 12 dB an octave: 20000 is off.
        sidechain_high_cut_hz: f64 = 20000.0, in 10.0..=20000.0;
        /// The track or bus that it listens to in the place of its own sound, before that one's fader: it is heard there even
        /// when it is muted.
        sidechain: KeyInput = KeyInput::OPEN;
    }
}

/// What [`Compressor`] remembers.
#[derive(Clone, PartialEq)]
pub struct CompressorState {
    rate: u32,
    sidechain: Sidechain,
    level: Level,
    /// How far each channel lies above the threshold, in octaves, with attack and release.
    over: [f64; 2],
    delay: Delay,
}

impl Held for CompressorState {
    fn held(&self) -> usize {
        self.sidechain.held() + self.delay.held()
    }
}

impl Effect for Compressor {
    type State = CompressorState;

    fn latency(&self, format: Format) -> usize {
        frames(self.lookahead_ms, format.rate)
    }

    fn tail(&self, format: Format) -> usize {
        settling(self.release_ms, format.rate)
    }

    fn start(&self, format: Format) -> CompressorState {
        CompressorState {
            rate: format.rate,
            sidechain: Sidechain::new(self.cuts(), format),
            level: Level::default(),
            over: [0.0; 2],
            delay: Delay::new(self.latency(format), format.channels.count()),
        }
    }

    #[inline(always)]
    fn process(&self, state: &mut CompressorState, block: &mut Block<'_>) {
        self.run(state, block, None);
    }

    fn key_input(&self) -> Option<&str> {
        self.sidechain.strip()
    }

    #[inline(always)]
    fn process_keyed(&self, state: &mut CompressorState, block: &mut Block<'_>, key: &[&[f32]]) {
        self.run(state, block, Some(key));
    }
}

impl Compressor {
    fn cuts(&self) -> Cuts {
        Cuts { low_hz: self.sidechain_low_cut_hz, high_hz: self.sidechain_high_cut_hz }
    }
}

impl Keyed for Compressor {
    #[inline(always)]
    fn turn_down<const CHANNELS: usize>(
        &self,
        state: &mut CompressorState,
        mut planes: [&mut [f32]; CHANNELS],
        key: Option<&[&[f32]]>,
    ) {
        let curve = Overshoot::new(self.threshold_db, self.knee_db);
        let ballistics = Ballistics::new(self.attack_ms, self.release_ms, state.rate);
        let slope = (1.0 - 1.0 / self.ratio) as f32;
        let makeup = octaves(self.makeup_db) as f32;
        let (wet, dry) = (self.mix as f32, (1.0 - self.mix) as f32);
        let length = planes[0].len();
        for from in (0..length).step_by(CHUNK) {
            let to = length.min(from + CHUNK);
            let mut lanes = state.sidechain.hear(self.cuts(), &planes, key, from..to);
            state.level.of(self.detector, state.rate, &mut lanes, to - from);
            lanes.iter_mut().for_each(|lanes| curve.above(lanes));
            curve::link(&mut lanes, self.link as f32);
            ballistics.follow(&mut state.over, &mut lanes, to - from);
            state.delay.run(planes.each_mut().map(|plane| &mut plane[from..to]));
            for (plane, lanes) in planes.iter_mut().zip(&mut lanes) {
                lanes.iter_mut().for_each(|over| *over = dry + wet * exp2(makeup - slope * *over));
                apply(&mut plane[from..to], lanes);
            }
        }
    }
}
