//! The synthesiser of frequency modulation: four sines that bend each other's phase.
//!
//! J. M. Chowning, "The Synthesis of Complex Audio Spectra by Means of Frequency Modulation", JAES 21(7) (1973). As in the
//! instruments that made it known, the phase is modulated, and the last operator can modulate itself.

use std::f64::consts::TAU;

use super::contour::{Contour, Shape};
use super::fm_band;
use super::instrument::CHUNK;
use super::score::{Score, Strike};
use super::{Instrument, Voice, phase};

crate::choice! {
    /// Which operator modulates which: `4 > 3` is the fourth modulating the third.
    pub enum Algorithm {
        /// 4 > 3 > 2 > 1.
        Stack = "stack",
        /// 3 and 4 > 2 > 1.
        Joined = "joined",
        /// 2 > 1 and 4 > 3.
        Pairs = "pairs",
        /// 2, 3 and 4 > 1.
        Three = "three",
        /// 4 > 1, 2 and 3.
        Star = "star",
        /// None: four sines beside each other.
        Organ = "organ",
    }
}

crate::params! {
    /// A synthesiser of frequency modulation with four operators: bells, electric pianos, brass, basses.
    ///
    /// The algorithm says which operators are heard and which modulate. Modulators follow a contour of their own. High notes
    /// are modulated less, just so much that nothing aliases.
    pub struct Fm: "fm" {
        /// Which operator modulates which: "stack" is 4 > 3 > 2 > 1, "joined" is 3 and 4 > 2 > 1, "pairs" is 2 > 1 beside 4 > 3,
        /// "three" is 2, 3 and 4 > 1, "star" is 4 > 1, 2 and 3, "organ" has all four heard.
        algorithm: Algorithm = Algorithm::Pairs;
        /// The frequency of the first operator, as a multiple of the note's.
        ratio: f64 = 1.0, in 0.0..=32.0;
        /// The frequency of the second operator, as a multiple of the note's.
        ratio2: f64 = 14.0, in 0.0..=32.0;
        /// The frequency of the third operator, as a multiple of the note's.
        ratio3: f64 = 1.0, in 0.0..=32.0;
        /// The frequency of the fourth operator, as a multiple of the note's.
        ratio4: f64 = 1.0, in 0.0..=32.0;
        /// How far the second operator modulates, in radians; where it is heard, its level beside the first.
        index2: f64 = 0.4, in 0.0..=20.0;
        /// How far the third operator modulates, in radians; where it is heard, its level beside the first.
        index3: f64 = 1.0, in 0.0..=20.0;
        /// How far the fourth operator modulates, in radians; where it is heard, its level beside the first.
        index4: f64 = 1.5, in 0.0..=20.0;
        /// How far the fourth operator modulates itself, in radians: with 1 it is a sawtooth.
        feedback: f64 = 0.0, in 0.0..=1.0;
        /// The attack of the modulation in milliseconds.
        index_attack_ms: f64 = 0.0, in 0.0..=60000.0;
        /// The decay of the modulation in milliseconds.
        index_decay_ms: f64 = 800.0, in 0.0..=60000.0;
        /// The level that the modulation holds, as a factor.
        index_sustain: f64 = 0.3, in 0.0..=1.0;
        /// The release of the modulation in milliseconds.
        index_release_ms: f64 = 300.0, in 0.0..=60000.0;
        /// The attack in milliseconds.
        attack_ms: f64 = 1.0, in 0.0..=60000.0;
        /// The decay in milliseconds.
        decay_ms: f64 = 1500.0, in 0.0..=60000.0;
        /// The level that is held, as a factor.
        sustain: f64 = 0.3, in 0.0..=1.0;
        /// The release in milliseconds, at least 1.
        release_ms: f64 = 300.0, in 0.0..=60000.0;
        /// How much the velocity changes the level: 0 not at all, 1 in proportion.
        velocity_to_level: f64 = 1.0, in 0.0..=1.0;
        /// How much the velocity changes the modulation: 0 not at all, 1 in proportion.
        velocity_to_index: f64 = 0.5, in 0.0..=1.0;
        /// The most notes that sound at once.
        polyphony: u32 = 16, in 1..=64;
    }
}

/// The operators, in the order they are worked out: the fourth first, for it may modulate all others.
pub(super) const OPERATORS: usize = 4;

impl Algorithm {
    /// For each operator, from the first, which ones modulate it, as bits.
    pub(super) fn modulators(self) -> [u8; OPERATORS] {
        match self {
            Algorithm::Stack => [0b0010, 0b0100, 0b1000, 0],
            Algorithm::Joined => [0b0010, 0b1100, 0, 0],
            Algorithm::Pairs => [0b0010, 0, 0b1000, 0],
            Algorithm::Three => [0b1110, 0, 0, 0],
            Algorithm::Star => [0b1000, 0b1000, 0b1000, 0],
            Algorithm::Organ => [0; OPERATORS],
        }
    }

    /// Whether an operator is heard: it modulates no other.
    pub(super) fn is_heard(self, operator: usize) -> bool {
        self.modulators().iter().all(|mask| mask & 1 << operator == 0)
    }
}

impl Instrument for Fm {
    type Voice = FmVoice;

    fn polyphony(&self) -> usize {
        self.polyphony as usize
    }

    fn sounding(&self, strike: &Strike, rate: u32) -> u64 {
        self.level_shape(rate).frames(strike.held())
    }

    fn voice(&self, score: &Score, rate: u32) -> FmVoice {
        let index =
            Shape::new(self.index_attack_ms, self.index_decay_ms, self.index_sustain, self.index_release_ms, rate);
        FmVoice {
            settings: self.clone(),
            modulators: self.algorithm.modulators(),
            rate: f64::from(rate),
            top_bend: score.top_bend,
            level: Contour::new(self.level_shape(rate)),
            index: Contour::new(index),
            freq_hz: 0.0,
            gain: 0.0,
            phases: [0.0; OPERATORS],
            depths: [0.0; OPERATORS],
            heard: [0.0; OPERATORS],
            feedback: 0.0,
            last: [0.0; 2],
        }
    }
}

impl Fm {
    fn level_shape(&self, rate: u32) -> Shape {
        Shape::new(self.attack_ms, self.decay_ms, self.sustain, self.release_ms, rate)
    }

    /// The multiples of the note's frequency.
    pub(super) fn ratios(&self) -> [f64; OPERATORS] {
        [self.ratio, self.ratio2, self.ratio3, self.ratio4]
    }

    /// How far each modulates, or how loud it is.
    pub(super) fn indices(&self) -> [f64; OPERATORS] {
        [1.0, self.index2, self.index3, self.index4]
    }
}

/// A note of a [`Fm`].
#[derive(Clone)]
pub struct FmVoice {
    settings: Fm,
    modulators: [u8; OPERATORS],
    rate: f64,
    top_bend: f64,
    level: Contour,
    index: Contour,
    freq_hz: f64,
    gain: f64,
    /// In radians, from 0 to below 2 pi.
    phases: [f64; OPERATORS],
    /// How far each operator modulates, before its contour, in radians.
    depths: [f64; OPERATORS],
    /// How much of each operator is heard.
    heard: [f64; OPERATORS],
    feedback: f64,
    /// The last two samples of the operator that modulates itself.
    last: [f64; 2],
}

impl Voice for FmVoice {
    fn strike(&mut self, strike: &Strike) {
        let settings = &self.settings;
        self.freq_hz = strike.freq_hz;
        self.gain = 1.0 + settings.velocity_to_level * (strike.velocity - 1.0);
        let touch = 1.0 + settings.velocity_to_index * (strike.velocity - 1.0);
        let top_hz = strike.freq_hz * self.top_bend;
        let share = fm_band::share(settings, touch, top_hz, self.rate / 2.0);
        self.feedback = settings.feedback * touch * share;
        let levels = settings.indices();
        let audible = |operator: usize| {
            let is_high = settings.ratios()[operator] * top_hz >= self.rate / 2.0;
            if settings.algorithm.is_heard(operator) && !is_high { levels[operator].min(1.0) } else { 0.0 }
        };
        let all: f64 = (0..OPERATORS).filter(|&n| settings.algorithm.is_heard(n)).map(|n| levels[n].min(1.0)).sum();
        self.heard = std::array::from_fn(|operator| audible(operator) / all.max(1.0));
        self.depths = levels.map(|level| level * touch * share);
        (self.phases, self.last) = ([0.0; OPERATORS], [0.0; 2]);
        self.level.start();
        self.index.start();
    }

    fn release(&mut self) {
        self.level.release();
        self.index.release();
    }

    #[inline(always)]
    fn fill(&mut self, bend: f64, out: &mut [f32]) {
        let frames = out.len();
        let (mut index, mut level) = ([0.0; CHUNK], [0.0; CHUNK]);
        self.index.fill(&mut index[..frames]);
        self.level.fill(&mut level[..frames]);
        // What each modulates with, in radians.
        let mut sounds = [[0.0; CHUNK]; OPERATORS];
        let mut sum = [0.0; CHUNK];
        let ratios = self.settings.ratios();
        for operator in (0..OPERATORS).rev() {
            let omega = TAU * self.freq_hz * bend * ratios[operator] / self.rate;
            let mut phases = [0.0; CHUNK];
            for (k, phase) in (0_i32..).zip(&mut phases) {
                *phase = self.phases[operator] + omega * f64::from(k);
            }
            for (other, sound) in sounds.iter().enumerate() {
                if self.modulators[operator] & 1 << other != 0 {
                    phases.iter_mut().zip(sound).for_each(|(phase, x)| *phase += x);
                }
            }
            self.phases[operator] = phase::reduce(self.phases[operator] + omega * frames as f64);
            let mut waves = [0.0; CHUNK];
            if operator == OPERATORS - 1 && self.feedback > 0.0 {
                self.modulate_itself(&phases[..frames], &index, &mut waves);
            } else {
                waves = phases.map(|phase| phase::sine(phase::reduce(phase)));
            }
            let (depth, heard) = (self.depths[operator], self.heard[operator]);
            for k in 0..CHUNK {
                sum[k] += heard * waves[k];
                sounds[operator][k] = depth * index[k] * waves[k];
            }
        }
        for ((out, x), level) in out.iter_mut().zip(sum).zip(level) {
            *out = (x * level * self.gain) as f32;
        }
    }

    fn level(&self) -> f64 {
        self.level.value() * self.gain
    }

    fn is_over(&self) -> bool {
        self.level.is_over()
    }
}

impl FmVoice {
    /// The operator with feedback. The mean of its last two samples modulates it, which keeps it from swinging to and fro.
    #[inline(always)]
    fn modulate_itself(&mut self, phases: &[f64], index: &[f64; CHUNK], waves: &mut [f64; CHUNK]) {
        let [mut last, mut before] = self.last;
        for ((wave, phase), index) in waves.iter_mut().zip(phases).zip(index) {
            let own = 0.5 * self.feedback * index * (last + before);
            before = last;
            last = phase::sine(phase::reduce(phase + own));
            *wave = last;
        }
        self.last = [last, before];
    }
}
