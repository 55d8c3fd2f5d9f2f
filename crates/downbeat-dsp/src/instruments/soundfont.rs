//! Plays SoundFonts: each note is one or several samples, each with filter, envelopes and oscillators of its own.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::instrument::CHUNK;
use super::resample::Speed;
use super::score::{Score, Strike};
use super::soundfont_contour::Stages;
use super::soundfont_layer::{Layer, Stretch, Waves, stretch};
use super::{Controls, Instrument, Performance, Voice};
use crate::soundfont::{DRUM_BANK, Generator, Region};
use crate::{Channels, ParamError, SoundFont};

crate::params! {
    /// Plays a SoundFont (SF2), such as a General MIDI set: with the program of the part, and drums for a part of drums.
    ///
    /// Envelopes, filters, vibratos and modulators are those of the file, as far as they depend on key, velocity and the
    /// controllers below; the wheel bends and the pedal holds. Soft notes are darker when a file does not say otherwise, as
    /// the format asks for, though not all players do that. Notes begin on their very frame, and samples are band-limited at
    /// every pitch. The SoundFont stands beside the mix, or below a folder that may be read.
    ///
    /// The part's own volume (controller 7), pan (10), expression (11) and modulation wheel (1) are heard by the modulators
    /// of the format: a level goes with the square of volume and expression, 96 dB down at 0; the pan goes all the way to
    /// the left and nearly to the right, by constant power; and the wheel brings up to 50 cents of vibrato. Moves take
    /// 10 ms. General MIDI begins with a volume of 100, so that is the level without any message, too: the parts of a file
    /// keep the balance that their author gave them, and a volume of 127 is 4.15 dB louder. Reverb and chorus are left to
    /// the mix.
    pub struct SoundFontPlayer: "soundfont" {
        /// The file, relative to the script that names it.
        file: SoundFont = SoundFont::default();
        /// The bank of the program; 128 has the drums. A part of drums plays those, unless a program is given.
        bank: u32 = 0, in 0..=16383;
        /// The program, from 0 to 127. 128 is the part's own.
        program: u32 = 128, in 0..=128;
        /// How much higher everything sounds, in cents: hundredths of a semitone.
        tune_cents: f64 = 0.0, in -2400.0..=2400.0;
        /// How much louder everything sounds, in decibels.
        gain_db: f64 = 0.0, in -60.0..=24.0;
        /// The most notes that sound at once.
        polyphony: u32 = 64, in 1..=128;
        /// Whether the part's volume, pan, expression and modulation wheel are heard. Without, those are the mix's alone.
        controllers: bool = true;
    }
    check = is_there;
}

/// The program that stands for that of the part.
const OF_THE_PART: u32 = 128;
/// The most samples of one note that are heard. Layers of two sides and four velocities have eight.
const MOST_LAYERS: usize = 8;

fn is_there(settings: &SoundFontPlayer) -> Result<(), ParamError> {
    let SoundFontPlayer { file, bank, program, .. } = settings;
    if file.presets().next().is_none() || *program == OF_THE_PART || file.preset(*bank, *program).is_some() {
        return Ok(());
    }
    Err(ParamError::Together { name: "program", reason: settings.missing(*bank, *program) })
}

impl SoundFontPlayer {
    /// What is said of a program that is not there, with those that are.
    fn missing(&self, bank: u32, program: u32) -> String {
        const SHOWN: usize = 12;
        let presets = self.file.presets();
        let known = presets.take(SHOWN).map(|(bank, program, name)| format!("{bank}:{program} {name:?}"));
        let known = known.collect::<Vec<_>>().join(", ");
        let more = match self.file.presets().count().saturating_sub(SHOWN) {
            0 => String::new(),
            more => format!(" and {more} more"),
        };
        format!("{} has no program {program} in bank {bank}; it has {known}{more}", self.file)
    }

    /// The bank and the program that a performance is played with.
    fn choice(&self, performance: &Performance) -> (u32, u32) {
        match (self.program, performance.is_drums) {
            (OF_THE_PART, false) => (self.bank, performance.program.into()),
            // A set of drums that is not there is played by the first one.
            (OF_THE_PART, true) if self.file.preset(DRUM_BANK, performance.program.into()).is_none() => (DRUM_BANK, 0),
            (OF_THE_PART, true) => (DRUM_BANK, performance.program.into()),
            (program, _) => (self.bank, program),
        }
    }

    /// The regions of a note, with its key as a number that a tuning may have moved, and its velocity.
    fn regions(&self, strike: &Strike) -> impl Iterator<Item = Region> {
        let velocity = (strike.velocity * 127.0).round().clamp(1.0, 127.0) as u8;
        let preset = self.file.preset(self.bank, self.program);
        preset.into_iter().flat_map(move |preset| self.file.regions(preset, strike.key, velocity)).take(MOST_LAYERS)
    }

    /// How many frames of a region's sample go by from frame to frame, without bends and vibratos.
    fn step(&self, region: &Region, strike: &Strike, rate: u32) -> f64 {
        let key = region.fixed_key().unwrap_or_else(|| 69.0 + 12.0 * libm::log2(strike.freq_hz / 440.0));
        let cents = region.value(Generator::ScaleTuning) * (key - region.root())
            + region.correction_cents()
            + 100.0 * region.value(Generator::CoarseTune)
            + region.value(Generator::FineTune)
            + self.tune_cents;
        libm::exp2(cents.clamp(-24_000.0, 24_000.0) / 1200.0) * f64::from(region.rate()) / f64::from(rate)
    }

    /// For how many frames a region sounds, when the ratios of its bends are from the lowest to the highest, and the
    /// controllers move within a range.
    fn frames(
        &self,
        region: &Region,
        strike: &Strike,
        rate: u32,
        [lowest, highest]: [f64; 2],
        range: [Controls; 2],
    ) -> u64 {
        let step = self.step(region, strike, rate);
        let (down, up) = reach(region, range);
        let Some(speed) = Speed::up_to(step * highest * up) else { return 0 };
        let volume = Stages::volume(region, region.fixed_key().unwrap_or(strike.key.into()));
        let held = strike.held().saturating_add((volume.release_s() * f64::from(rate)) as u64 + CHUNK as u64 + 2);
        let (start, end) = region.frames();
        let whole =
            ((end - start) as f64 + speed.reach()) / (step * lowest * down) + volume.delay_s() * f64::from(rate) + 2.0;
        match region.turn() {
            Some((_, _, true)) => held,
            // It goes on to the end of the sample when it is let go.
            Some((_, _, false)) => held.min(strike.held().saturating_add(whole as u64)),
            None => held.min(whole as u64),
        }
    }
}

/// The lowest and the highest ratio that envelope and oscillators move the pitch by, while controllers move within a range.
fn reach(region: &Region, range: [Controls; 2]) -> (f64, f64) {
    let swing = region.swing_cents(range);
    let envelope = region.value(Generator::EnvelopeToPitch);
    (libm::exp2((envelope.min(0.0) - swing) / 1200.0), libm::exp2((envelope.max(0.0) + swing) / 1200.0))
}

impl Instrument for SoundFontPlayer {
    type Voice = SoundFontVoice;

    fn polyphony(&self) -> usize {
        self.polyphony as usize
    }

    fn channels(&self) -> Channels {
        Channels::Stereo
    }

    fn suited(&self, performance: &Performance) -> Self {
        let (bank, program) = self.choice(performance);
        SoundFontPlayer { bank, program, ..self.clone() }
    }

    fn objection(&self, performance: &Performance) -> Option<String> {
        let (bank, program) = self.choice(performance);
        // A font that could not be read has been told of where it is named.
        let is_missing = self.file.presets().next().is_some() && self.file.preset(bank, program).is_none();
        is_missing.then(|| self.missing(bank, program))
    }

    fn heeds_controls(&self) -> bool {
        self.controllers
    }

    /// As if nothing were bent.
    fn sounding(&self, strike: &Strike, rate: u32) -> u64 {
        let frames = |region: Region| self.frames(&region, strike, rate, [1.0; 2], [Controls::START; 2]);
        self.regions(strike).map(frames).max().unwrap_or(0)
    }

    fn end(&self, strike: &Strike, score: &Score, rate: u32) -> u64 {
        let lowest = score.bends.iter().map(|bend| bend.1).fold(1.0, f64::min);
        let bends = [lowest, score.top_bend];
        let frames = |region: Region| self.frames(&region, strike, rate, bends, score.control_range);
        strike.start.saturating_add(self.regions(strike).map(frames).max().unwrap_or(0))
    }

    fn choke_group(&self, key: u8) -> Option<u8> {
        self.file.exclusive_class(self.file.preset(self.bank, self.program)?, key)
    }

    fn voice(&self, score: &Score, rate: u32) -> SoundFontVoice {
        // Each stretch of the sound that is played, halved as often as its highest note needs it.
        let mut levels: BTreeMap<Stretch, u32> = BTreeMap::new();
        for strike in &score.strikes {
            for region in self.regions(strike) {
                let step = self.step(&region, strike, rate) * score.top_bend * reach(&region, score.control_range).1;
                let Some(speed) = Speed::up_to(step) else { continue };
                let level = levels.entry(stretch(&region)).or_default();
                *level = speed.level().max(*level);
            }
        }
        let waves = levels
            .into_iter()
            .map(|(stretch, levels)| (stretch, Waves::new(stretch, &self.file.sound(stretch.0, stretch.1), levels)));
        SoundFontVoice {
            settings: self.clone(),
            rate,
            top_bend: score.top_bend,
            control_range: score.control_range,
            controls: Controls::START,
            waves: Arc::new(waves.collect()),
            layers: std::array::from_fn(|_| None),
        }
    }
}

/// A note of the [`SoundFontPlayer`].
#[derive(Clone)]
pub struct SoundFontVoice {
    settings: SoundFontPlayer,
    rate: u32,
    top_bend: f64,
    control_range: [Controls; 2],
    controls: Controls,
    waves: Arc<BTreeMap<Stretch, Waves>>,
    layers: [Option<Layer>; MOST_LAYERS],
}

impl Voice for SoundFontVoice {
    fn strike(&mut self, strike: &Strike) {
        self.layers = std::array::from_fn(|_| None);
        for (layer, region) in self.layers.iter_mut().zip(self.settings.regions(strike)) {
            let step = self.settings.step(&region, strike, self.rate);
            let stretch = stretch(&region);
            let speed = Speed::up_to(step * self.top_bend * reach(&region, self.control_range).1);
            let (Some(speed), Some(waves)) = (speed, self.waves.get(&stretch)) else { continue };
            let note = (strike, self.controls);
            *layer = Some(Layer::new(self.settings.gain_db, region, note, (stretch, speed, step), waves, self.rate));
        }
    }

    fn control(&mut self, controls: Controls) {
        self.controls = controls;
        self.layers.iter_mut().flatten().for_each(|layer| layer.control(controls));
    }

    fn release(&mut self) {
        for layer in self.layers.iter_mut().flatten() {
            layer.release(&self.waves);
        }
    }

    #[inline(always)]
    fn fill(&mut self, bend: f64, out: &mut [f32]) {
        let mut other = [0.0; CHUNK];
        let other = &mut other[..out.len()];
        self.fill_sides(bend, out, other);
        out.iter_mut().zip(other).for_each(|(x, other)| *x = 0.5 * (*x + *other));
    }

    #[inline(always)]
    fn fill_sides(&mut self, bend: f64, left: &mut [f32], right: &mut [f32]) {
        left.fill(0.0);
        right.fill(0.0);
        for slot in &mut self.layers {
            let Some(layer) = slot else { continue };
            if let Some(waves) = self.waves.get(&layer.stretch()) {
                layer.add(waves, bend, left, right);
            }
            if layer.is_over() {
                *slot = None;
            }
        }
    }

    fn level(&self) -> f64 {
        self.layers.iter().flatten().map(Layer::loudness).fold(0.0, f64::max)
    }

    fn is_over(&self) -> bool {
        self.layers.iter().all(Option::is_none)
    }
}
