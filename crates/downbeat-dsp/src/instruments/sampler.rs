//! The sampler: plays recorded sounds, each at its own pitch and, faster or slower, at those around it.

use std::sync::Arc;

use super::contour::{Contour, Shape};
use super::instrument::CHUNK;
use super::resample::{Sides, Speed, Wave};
use super::score::{Score, Strike};
use super::{Instrument, Voice};
use crate::{Channels, Samples, Sound, ratio};

crate::params! {
    /// Plays recordings as notes: one for all keys, or several, each for the keys around its own.
    ///
    /// One clip plays every key, higher or lower than `root`: `sampler(audio("pad.wav"), root = 57)`. Several stand in a
    /// dictionary by the notes that they are: `sampler({"C3": audio("low.wav"), 72: audio("high.wav")})`, or in a list,
    /// where the notes are read from the names of the files (`C3.wav`, `piano_F#4.wav`, `snare_38.wav`), as in
    /// `sampler(folder("samples/piano"))`. A key plays the nearest one, the lower of two; other pitches are band-limited.
    pub struct Sampler: "sampler" {
        /// A clip, a list of clips with notes in their names, or a dictionary of clips by notes; each of at most a minute.
        samples: Samples = Samples::default();
        /// The MIDI key of a single clip: 60 is C4.
        root: u32 = 60, in 0..=127;
        /// Whether keys without a sample of their own play the nearest one at their pitch. Off, they are silent.
        transpose: bool = true;
        /// Whether a note sounds to the end of its sample, however short it is held, as drums do.
        one_shot: bool = false;
        /// How long a note takes to come up, in milliseconds.
        attack_ms: f64 = 0.0, in 0.0..=60000.0;
        /// How long a note takes to fade that is let go, in milliseconds, at least 1.
        release_ms: f64 = 100.0, in 0.0..=60000.0;
        /// How much higher everything sounds, in cents: hundredths of a semitone.
        tune_cents: f64 = 0.0, in -2400.0..=2400.0;
        /// How much louder everything sounds, in decibels.
        gain_db: f64 = 0.0, in -60.0..=24.0;
        /// How much the velocity changes the level: 0 not at all, 1 in proportion.
        velocity_to_level: f64 = 1.0, in 0.0..=1.0;
        /// The most notes that sound at once.
        polyphony: u32 = 32, in 1..=64;
    }
}

/// What is nearer to the pitch of a sample than this, in cents, is that pitch: a frequency in 64 bits is not exact.
const SAME_PITCH_CENTS: f64 = 1e-6;

impl Instrument for Sampler {
    type Voice = SamplerVoice;

    fn polyphony(&self) -> usize {
        self.polyphony as usize
    }

    fn channels(&self) -> Channels {
        self.samples.0.iter().map(|(_, sound)| sound.audio().channels()).max().unwrap_or(Channels::Mono)
    }

    /// As if nothing were bent.
    fn sounding(&self, strike: &Strike, rate: u32) -> u64 {
        self.frames(strike, rate, 1.0, 1.0)
    }

    /// What is bent down sounds for longer.
    fn end(&self, strike: &Strike, score: &Score, rate: u32) -> u64 {
        let lowest = score.bends.iter().map(|bend| bend.1).fold(1.0, f64::min);
        strike.start.saturating_add(self.frames(strike, rate, lowest, score.top_bend))
    }

    fn voice(&self, score: &Score, rate: u32) -> SamplerVoice {
        // Each sample is halved as often as the highest note needs it.
        let mut levels = vec![None; self.samples.0.len()];
        for strike in &score.strikes {
            let Some((index, step)) = self.choice(strike, rate) else { continue };
            let needed = Speed::up_to(step * score.top_bend).map(Speed::level);
            levels[index] = levels[index].max(needed);
        }
        let sounds = self.samples.0.iter().zip(levels);
        let sounds = sounds.map(|((_, sound), levels)| levels.map(|levels| sides(sound, levels)));
        SamplerVoice {
            settings: self.clone(),
            rate,
            top_bend: score.top_bend,
            sounds: sounds.collect(),
            contour: Contour::new(self.shape(rate)),
            gain: 0.0,
            reading: None,
        }
    }
}

impl Sampler {
    fn shape(&self, rate: u32) -> Shape {
        Shape::new(self.attack_ms, 0.0, 1.0, self.release_ms, rate)
    }

    /// The sample that a note plays, by its index, and how many of its frames go by from frame to frame.
    fn choice(&self, strike: &Strike, rate: u32) -> Option<(usize, f64)> {
        let root = |key: Option<u8>| key.map_or(self.root, u32::from);
        let away = |key: Option<u8>| root(key).abs_diff(u32::from(strike.key));
        let sounds = self.samples.0.iter().enumerate();
        let (index, (key, sound)) = sounds.min_by_key(|(_, (key, _))| (away(*key), root(*key)))?;
        if !self.transpose && away(*key) > 0 {
            return None;
        }
        // MIDI key 69 is the A of 440 Hz.
        let key_of_hz = 69.0 + 12.0 * libm::log2(strike.freq_hz / 440.0);
        let cents = 100.0 * (key_of_hz - f64::from(root(*key))) + self.tune_cents;
        let pitch = if cents.abs() < SAME_PITCH_CENTS { 1.0 } else { libm::exp2(cents / 1200.0) };
        Some((index, pitch * f64::from(sound.audio().rate()) / f64::from(rate)))
    }

    /// For how many frames a note sounds at the most, when the ratios of its bends are from the lowest to the highest.
    fn frames(&self, strike: &Strike, rate: u32, lowest: f64, highest: f64) -> u64 {
        let Some((index, step)) = self.choice(strike, rate) else { return 0 };
        let Some(speed) = Speed::up_to(step * highest) else { return 0 };
        let length = self.samples.0.iter().nth(index).map_or(0, |(_, sound)| sound.audio().frames());
        // Two more for rounding.
        let whole = (length as f64 + speed.reach()) / (step * lowest) + 2.0;
        let held = if self.one_shot { u64::MAX } else { self.shape(rate).frames(strike.held()) };
        held.min(whole as u64)
    }
}

/// The waves of a sound, which can be halved so many times.
fn sides(sound: &Sound, levels: u32) -> Sides {
    Sides(sound.audio().planes().map(|plane| Wave::new(plane, None, levels)).collect())
}

/// A note of the [`Sampler`].
#[derive(Clone)]
pub struct SamplerVoice {
    settings: Sampler,
    rate: u32,
    top_bend: f64,
    /// The samples, in the order of the settings; none for those that the score does not play.
    sounds: Arc<[Option<Sides>]>,
    contour: Contour,
    gain: f64,
    reading: Option<Reading>,
}

/// A sample as it is played.
#[derive(Clone)]
struct Reading {
    sides: Sides,
    speed: Speed,
    /// Its frames from one frame to the next, without bends.
    step: f64,
    /// The next moment of it, in its frames, and the last.
    position: f64,
    end: f64,
}

impl Voice for SamplerVoice {
    fn strike(&mut self, strike: &Strike) {
        self.gain = ratio(self.settings.gain_db) * (1.0 + self.settings.velocity_to_level * (strike.velocity - 1.0));
        self.reading = self.settings.choice(strike, self.rate).and_then(|(index, step)| {
            let speed = Speed::up_to(step * self.top_bend)?;
            let sides = self.sounds.get(index)?.clone()?;
            let end = sides.0.iter().map(|wave| wave.end(speed)).fold(0.0, f64::max);
            Some(Reading { sides, speed, step, position: 0.0, end })
        });
        self.contour.start();
    }

    fn release(&mut self) {
        if !self.settings.one_shot {
            self.contour.release();
        }
    }

    #[inline(always)]
    fn fill(&mut self, bend: f64, out: &mut [f32]) {
        let mut other = [0.0; CHUNK];
        let other = &mut other[..out.len()];
        self.fill_sides(bend, out, other);
    }

    #[inline(always)]
    fn fill_sides(&mut self, bend: f64, left: &mut [f32], right: &mut [f32]) {
        let Some(reading) = &mut self.reading else {
            left.fill(0.0);
            right.fill(0.0);
            return;
        };
        let step = reading.step * bend;
        reading.position = reading.sides.play(reading.speed, reading.position, step, [&mut *left, &mut *right]);
        let mut level = [0.0; CHUNK];
        let level = &mut level[..left.len()];
        self.contour.fill(level);
        for side in [left, right] {
            for (x, level) in side.iter_mut().zip(&*level) {
                let heard = (f64::from(*x) * level * self.gain) as f32;
                // What fades to nothing makes no denormal numbers.
                *x = if heard.abs() < 1e-20 { 0.0 } else { heard };
            }
        }
    }

    fn level(&self) -> f64 {
        self.gain * self.contour.value()
    }

    fn is_over(&self) -> bool {
        self.contour.is_over() || self.reading.as_ref().is_none_or(|reading| reading.position >= reading.end)
    }
}
