//! The analogue synthesiser: two oscillators and noise, a filter that is swept, two contours.

use std::f64::consts::TAU;
use std::sync::Arc;

use super::bank::{Bank, WaveShape};
use super::contour::{self, Contour};
use super::envelope::frames_of_ms;
use super::filter::{SweptFilter, VoiceFilter};
use super::instrument::CHUNK;
use super::noise::Noise;
use super::score::{Score, Strike};
use super::unison::Unison;
use super::{Instrument, Voice};

crate::params! {
    /// A synthesiser of the analogue kind: two oscillators and noise, through a filter, with a contour for the level and
    /// one for the filter.
    ///
    /// The waves are band-limited. Each part of a contour has its exact length; the attack is straight, decay and release
    /// are exponential. One voice (`polyphony = 1`) with a glide is the lead or the bass of the classic synthesisers.
    pub struct Subtractive: "subtractive" {
        /// The wave of the first oscillator.
        wave: WaveShape = WaveShape::Sawtooth;
        /// The wave of the second oscillator.
        wave2: WaveShape = WaveShape::Sawtooth;
        /// How much is heard of the second oscillator: 0 is the first alone, 1 the second alone.
        mix: f64 = 0.5, in 0.0..=1.0;
        /// How many octaves the second oscillator is higher.
        octave2: f64 = 0.0, in -4.0..=4.0;
        /// How many cents the second oscillator is higher.
        detune_cents: f64 = 7.0, in -1200.0..=1200.0;
        /// The part of the period that a pulse is high.
        pulse_width: f64 = 0.25, in 0.01..=0.99;
        /// The level of the noise, as a factor.
        noise: f64 = 0.0, in 0.0..=1.0;
        /// How many times both oscillators sound, beside each other in pitch.
        unison: u32 = 1, in 1..=8;
        /// From the lowest to the highest of the unison, in cents.
        spread_cents: f64 = 20.0, in 0.0..=200.0;
        /// What the filter lets through.
        filter: VoiceFilter = VoiceFilter::Lowpass;
        /// The corner of the filter in hertz, for middle C, with its contour at 0.
        cutoff_hz: f64 = 1000.0, in 10.0..=20000.0;
        /// How much the filter rings at its corner.
        resonance: f64 = 0.3, in 0.0..=1.0;
        /// How far the corner follows the key: 0 stays, 1 goes with the pitch.
        key_tracking: f64 = 0.5, in 0.0..=1.0;
        /// How many octaves the contour of the filter lifts the corner.
        sweep_octaves: f64 = 2.0, in -10.0..=10.0;
        /// The attack of the filter's contour in milliseconds.
        sweep_attack_ms: f64 = 0.0, in 0.0..=60000.0;
        /// The decay of the filter's contour in milliseconds.
        sweep_decay_ms: f64 = 300.0, in 0.0..=60000.0;
        /// The level that the filter's contour holds, as a factor.
        sweep_sustain: f64 = 0.2, in 0.0..=1.0;
        /// The release of the filter's contour in milliseconds.
        sweep_release_ms: f64 = 300.0, in 0.0..=60000.0;
        /// The attack in milliseconds.
        attack_ms: f64 = 3.0, in 0.0..=60000.0;
        /// The decay in milliseconds.
        decay_ms: f64 = 300.0, in 0.0..=60000.0;
        /// The level that is held, as a factor.
        sustain: f64 = 0.7, in 0.0..=1.0;
        /// The release in milliseconds, at least 1.
        release_ms: f64 = 150.0, in 0.0..=60000.0;
        /// How long the pitch glides from the note before, in milliseconds.
        glide_ms: f64 = 0.0, in 0.0..=10000.0;
        /// How much the velocity changes the level: 0 not at all, 1 in proportion.
        velocity_to_level: f64 = 1.0, in 0.0..=1.0;
        /// How many octaves full velocity lifts the corner of the filter.
        velocity_to_filter: f64 = 0.0, in 0.0..=10.0;
        /// The most notes that sound at once.
        polyphony: u32 = 16, in 1..=64;
    }
}

/// Where [`Subtractive::key_tracking`] leaves the corner: middle C.
const CENTRE_HZ: f64 = 261.625_565_300_598_6;

impl Instrument for Subtractive {
    type Voice = SubtractiveVoice;

    fn polyphony(&self) -> usize {
        self.polyphony as usize
    }

    fn sounding(&self, strike: &Strike, rate: u32) -> u64 {
        self.level_shape(rate).frames(strike.held())
    }

    fn voice(&self, score: &Score, rate: u32) -> SubtractiveVoice {
        let tops = |second| score.strikes.iter().map(move |strike| self.top_hz(strike, score.top_bend, second));
        let (first, second) = if self.wave == self.wave2 {
            // The tables that both need are made once.
            let bank = Bank::new(self.wave, tops(false).chain(tops(true)), rate);
            (bank.clone(), bank)
        } else {
            (Bank::new(self.wave, tops(false), rate), Bank::new(self.wave2, tops(true), rate))
        };
        let sweep = contour::Shape::new(
            self.sweep_attack_ms,
            self.sweep_decay_ms,
            self.sweep_sustain,
            self.sweep_release_ms,
            rate,
        );
        SubtractiveVoice {
            settings: Arc::new(self.clone()),
            rate,
            top_bend: score.top_bend,
            oscillators: [
                Unison::new(first, self.unison, self.half_spread(), 1.0 - self.mix, self.pulse_width),
                Unison::new(second, self.unison, self.half_spread(), self.mix, self.pulse_width),
            ],
            ratios: [self.ratio(false), self.ratio(true)],
            noise: Noise::new(0),
            filter: SweptFilter::new(self.filter, self.resonance, rate),
            level: Contour::new(self.level_shape(rate)),
            sweep: Contour::new(sweep),
            freq_hz: 0.0,
            gliding: 0.0,
            glide: 0.0,
            gain: 0.0,
            corner: 0.0,
        }
    }
}

impl Subtractive {
    fn level_shape(&self, rate: u32) -> contour::Shape {
        contour::Shape::new(self.attack_ms, self.decay_ms, self.sustain, self.release_ms, rate)
    }

    /// The ratio of an oscillator's frequency to the note's.
    fn ratio(&self, second: bool) -> f64 {
        if second { libm::exp2(self.octave2 + self.detune_cents / 1200.0) } else { 1.0 }
    }

    /// How many octaves the highest of the unison is above the middle.
    fn half_spread(&self) -> f64 {
        if self.unison > 1 { self.spread_cents / 2400.0 } else { 0.0 }
    }

    /// The highest frequency of an oscillator during a note.
    fn top_hz(&self, strike: &Strike, top_bend: f64, second: bool) -> f64 {
        let from = if self.glide_ms > 0.0 { strike.from_hz } else { 0.0 };
        strike.freq_hz.max(from) * top_bend * self.ratio(second) * libm::exp2(self.half_spread())
    }
}

/// A note of a [`Subtractive`].
#[derive(Clone)]
pub struct SubtractiveVoice {
    settings: Arc<Subtractive>,
    rate: u32,
    top_bend: f64,
    oscillators: [Unison; 2],
    /// The ratio of each oscillator's frequency to the note's.
    ratios: [f64; 2],
    noise: Noise,
    filter: SweptFilter,
    level: Contour,
    sweep: Contour,
    freq_hz: f64,
    /// The frames that are left of the glide.
    gliding: f64,
    /// How many octaves a frame of the glide is; what is left of it goes down to 0.
    glide: f64,
    gain: f64,
    /// The octaves of the corner that do not move within the note.
    corner: f64,
}

impl Voice for SubtractiveVoice {
    fn strike(&mut self, strike: &Strike) {
        let settings = &self.settings;
        let mut noise = Noise::new(strike.seed);
        for (second, oscillator) in [false, true].into_iter().zip(&mut self.oscillators) {
            oscillator.start(settings.top_hz(strike, self.top_bend, second), &mut noise);
        }
        self.noise = noise;
        self.filter.clear();
        self.level.start();
        self.sweep.start();
        self.freq_hz = strike.freq_hz;
        self.gliding = frames_of_ms(settings.glide_ms, self.rate) as f64;
        self.glide = libm::log2(strike.from_hz / strike.freq_hz) / self.gliding.max(1.0);
        self.gain = 1.0 + settings.velocity_to_level * (strike.velocity - 1.0);
        let tracking = settings.key_tracking * libm::log2(strike.freq_hz / CENTRE_HZ);
        self.corner = tracking + settings.velocity_to_filter * strike.velocity;
    }

    fn release(&mut self) {
        self.level.release();
        self.sweep.release();
    }

    #[inline(always)]
    fn fill(&mut self, bend: f64, out: &mut [f32]) {
        let frames = out.len() as f64;
        let from = self.freq_hz * bend * libm::exp2(self.glide * self.gliding);
        self.gliding = (self.gliding - frames).max(0.0);
        let to = self.freq_hz * bend * libm::exp2(self.glide * self.gliding);
        let radians = TAU / f64::from(self.rate);

        let (mut sound, mut level) = ([0.0; CHUNK], [0.0; CHUNK]);
        let (sound, level) = (&mut sound[..out.len()], &mut level[..out.len()]);
        for (ratio, oscillator) in self.ratios.into_iter().zip(&mut self.oscillators) {
            oscillator.add(from * ratio * radians, to * ratio * radians, sound);
        }
        if self.settings.noise > 0.0 {
            sound.iter_mut().for_each(|x| *x += self.settings.noise * self.noise.next());
        }
        self.sweep.fill(level);
        let swept = self.settings.sweep_octaves * self.sweep.value();
        self.filter.run(self.settings.cutoff_hz * libm::exp2(self.corner + swept), sound);
        self.level.fill(level);
        for ((out, x), level) in out.iter_mut().zip(sound).zip(level) {
            *out = (*x * *level * self.gain) as f32;
        }
    }

    fn level(&self) -> f64 {
        self.level.value() * self.gain
    }

    fn is_over(&self) -> bool {
        self.level.is_over()
    }
}
