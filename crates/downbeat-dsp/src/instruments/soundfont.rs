//! Plays SoundFonts: each note is one or several samples, each with filter, envelopes and oscillators of its own.

use std::collections::BTreeMap;
use std::f64::consts::{FRAC_1_SQRT_2, FRAC_PI_4};
use std::sync::Arc;

use super::filter::{SweptFilter, VoiceFilter};
use super::instrument::CHUNK;
use super::resample::{Speed, Turn, Wave};
use super::score::{Score, Strike};
use super::soundfont_contour::{Stages, Swing, hertz};
use super::{Instrument, Performance, Voice};
use crate::soundfont::{DRUM_BANK, Generator, Region};
use crate::{Channels, ParamError, SoundFont, ratio};

crate::params! {
    /// Plays a SoundFont (SF2), such as a General MIDI set: with the program of the part, and drums for a part of drums.
    ///
    /// Envelopes, filters and vibratos are those of the file; its reverb and chorus are left to buses. Notes begin on their
    /// very frame, and samples are band-limited at every pitch. The SoundFont stands beside the mix, or below a folder that
    /// may be read.
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
    }
    check = is_there;
}

/// The program that stands for that of the part.
const OF_THE_PART: u32 = 128;
/// The most samples of one note that are heard. Layers of two sides and four velocities have eight.
const MOST_LAYERS: usize = 8;
/// Where a filter is open, in cents: 20 kHz.
const OPEN_CENTS: f64 = 13_500.0;

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
        let key = 69.0 + 12.0 * libm::log2(strike.freq_hz / 440.0);
        let cents = region.value(Generator::ScaleTuning) * (key - region.root())
            + 100.0 * region.value(Generator::CoarseTune)
            + region.value(Generator::FineTune)
            + self.tune_cents;
        libm::exp2(cents.clamp(-24_000.0, 24_000.0) / 1200.0) * f64::from(region.rate()) / f64::from(rate)
    }

    /// For how many frames a region sounds, when the ratios of its bends are from the lowest to the highest.
    fn frames(&self, region: &Region, strike: &Strike, rate: u32, [lowest, highest]: [f64; 2]) -> u64 {
        let step = self.step(region, strike, rate);
        let (down, up) = reach(region);
        let Some(speed) = Speed::up_to(step * highest * up) else { return 0 };
        let release = Stages::volume(region, strike.key.into()).release_s();
        let held = strike.held().saturating_add((release * f64::from(rate)) as u64 + CHUNK as u64 + 2);
        let (start, end) = region.frames();
        let whole = ((end - start) as f64 + speed.reach()) / (step * lowest * down) + 2.0;
        match region.turn() {
            Some((_, _, true)) => held,
            // It goes on to the end of the sample when it is let go.
            Some((_, _, false)) => held.min(strike.held().saturating_add(whole as u64)),
            None => held.min(whole as u64),
        }
    }
}

/// The lowest and the highest ratio that envelope and oscillators move the pitch by.
fn reach(region: &Region) -> (f64, f64) {
    let swing = region.value(Generator::TremoloToPitch).abs() + region.value(Generator::VibratoToPitch).abs();
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
        self.file.preset(bank, program).is_none().then(|| self.missing(bank, program))
    }

    /// As if nothing were bent.
    fn sounding(&self, strike: &Strike, rate: u32) -> u64 {
        self.regions(strike).map(|region| self.frames(&region, strike, rate, [1.0; 2])).max().unwrap_or(0)
    }

    fn end(&self, strike: &Strike, score: &Score, rate: u32) -> u64 {
        let lowest = score.bends.iter().map(|bend| bend.1).fold(1.0, f64::min);
        let frames = |region: Region| self.frames(&region, strike, rate, [lowest, score.top_bend]);
        strike.start.saturating_add(self.regions(strike).map(frames).max().unwrap_or(0))
    }

    fn choke_group(&self, key: u8) -> Option<u8> {
        let preset = self.file.preset(self.bank, self.program)?;
        let class = self.file.regions(preset, key, 100).next()?.exclusive_class();
        (class > 0).then_some(class)
    }

    fn voice(&self, score: &Score, rate: u32) -> SoundFontVoice {
        // Each stretch of the sound that is played, halved as often as its highest note needs it.
        let mut levels: BTreeMap<Stretch, u32> = BTreeMap::new();
        for strike in &score.strikes {
            for region in self.regions(strike) {
                let step = self.step(&region, strike, rate) * score.top_bend * reach(&region).1;
                let Some(speed) = Speed::up_to(step) else { continue };
                let level = levels.entry(stretch(&region)).or_default();
                *level = speed.level().max(*level);
            }
        }
        let waves = levels.into_iter().map(|(stretch, levels)| {
            let sound = self.file.sound(stretch.0, stretch.1);
            let turn = stretch.2.map(|(start, end)| Turn { start: start - stretch.0, end: end - stretch.0 });
            let plain = Wave::new(&sound, None, levels);
            (stretch, Waves { turning: turn.map(|turn| Wave::new(&sound, Some(turn), levels)), plain })
        });
        SoundFontVoice {
            settings: self.clone(),
            rate,
            top_bend: score.top_bend,
            waves: Arc::new(waves.collect()),
            layers: std::array::from_fn(|_| None),
        }
    }
}

/// The frames of a sample, and those of its loop.
type Stretch = (usize, usize, Option<(usize, usize)>);

fn stretch(region: &Region) -> Stretch {
    let (start, end) = region.frames();
    (start, end, region.turn().map(|(start, end, _)| (start, end)))
}

/// A sample as it is, and with its loop, if it has one.
#[derive(Debug)]
struct Waves {
    plain: Wave,
    turning: Option<Wave>,
}

/// A note of the [`SoundFontPlayer`].
#[derive(Clone)]
pub struct SoundFontVoice {
    settings: SoundFontPlayer,
    rate: u32,
    top_bend: f64,
    waves: Arc<BTreeMap<Stretch, Waves>>,
    layers: [Option<Layer>; MOST_LAYERS],
}

/// A region in motion.
#[derive(Clone)]
struct Layer {
    stretch: Stretch,
    /// Whether the loop goes on after the release.
    turns_on: bool,
    speed: Speed,
    step: f64,
    position: f64,
    end: f64,
    filter: SweptFilter,
    is_open: bool,
    region: Region,
    volume: Stages,
    modulation: Stages,
    tremolo: Swing,
    vibrato: Swing,
    /// The gain of each side.
    gains: [f64; 2],
    /// Frames since the note began, and in a second.
    age: u64,
    rate: f64,
    released: Option<Released>,
    /// The volume envelope at the last frame, and with the tremolo.
    level: f64,
    heard: f64,
}

/// What the envelopes were when the note was let go.
#[derive(Clone, Copy)]
struct Released {
    at: u64,
    level: f64,
    amount: f64,
}

impl Voice for SoundFontVoice {
    fn strike(&mut self, strike: &Strike) {
        self.layers = std::array::from_fn(|_| None);
        for (layer, region) in self.layers.iter_mut().zip(self.settings.regions(strike)) {
            let step = self.settings.step(&region, strike, self.rate);
            let stretch = stretch(&region);
            let speed = Speed::up_to(step * self.top_bend * reach(&region).1);
            let (Some(speed), Some(waves)) = (speed, self.waves.get(&stretch)) else { continue };
            *layer = Some(Layer::new(&self.settings, region, strike, (stretch, speed, step), waves, self.rate));
        }
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
            if let Some(waves) = self.waves.get(&layer.stretch) {
                layer.add(waves, bend, left, right);
            }
            if layer.is_over() {
                *slot = None;
            }
        }
    }

    fn level(&self) -> f64 {
        self.layers.iter().flatten().map(|layer| layer.level * layer.gains[0].max(layer.gains[1])).fold(0.0, f64::max)
    }

    fn is_over(&self) -> bool {
        self.layers.iter().all(Option::is_none)
    }
}

impl Layer {
    fn new(
        settings: &SoundFontPlayer,
        region: Region,
        strike: &Strike,
        (stretch, speed, step): (Stretch, Speed, f64),
        waves: &Waves,
        rate: u32,
    ) -> Self {
        // The resonance lifts the corner by so many decibels; half of that is taken off the whole (8.1.2, 9).
        let resonance_db = (region.value(Generator::Resonance) / 10.0).clamp(0.0, 96.0);
        let q = ratio(resonance_db) * FRAC_1_SQRT_2;
        let is_open = region.value(Generator::Cutoff) >= OPEN_CENTS
            && region.value(Generator::TremoloToCutoff) == 0.0
            && region.value(Generator::EnvelopeToCutoff) == 0.0;
        // Attenuation counts for 0.4 of what it says, as it does on the cards that SoundFonts are made for. The velocity
        // counts squared (8.4.1).
        let attenuation_db = 0.04 * region.value(Generator::Attenuation).clamp(0.0, 1440.0);
        let filter_db = if is_open { 0.0 } else { 0.5 * resonance_db };
        let gain = strike.velocity * strike.velocity * ratio(settings.gain_db - attenuation_db - filter_db);
        // Constant power, from -500 on the left to 500 on the right.
        let angle = (region.value(Generator::Pan).clamp(-500.0, 500.0) / 500.0 + 1.0) * FRAC_PI_4;
        let key = f64::from(strike.key);
        let turning = waves.turning.as_ref().unwrap_or(&waves.plain);
        let mut layer = Layer {
            stretch,
            turns_on: region.turn().is_some_and(|turn| turn.2),
            speed,
            step,
            position: 0.0,
            end: turning.end(speed),
            filter: SweptFilter::new(VoiceFilter::Lowpass, ((1.0 - 0.5 / q) / 0.99).clamp(0.0, 1.0), rate),
            is_open,
            volume: Stages::volume(&region, key),
            modulation: Stages::modulation(&region, key),
            tremolo: Swing::new(&region, Generator::TremoloDelay, Generator::TremoloFrequency),
            vibrato: Swing::new(&region, Generator::VibratoDelay, Generator::VibratoFrequency),
            region,
            gains: [gain * libm::cos(angle), gain * libm::sin(angle)],
            age: 0,
            rate: f64::from(rate),
            released: None,
            level: 0.0,
            heard: 0.0,
        };
        layer.level = layer.moved().0;
        layer.heard = layer.level;
        layer
    }

    fn release(&mut self, waves: &BTreeMap<Stretch, Waves>) {
        if self.released.is_some() {
            return;
        }
        let at = self.age as f64 / self.rate;
        let amount = self.modulation.amount(at);
        self.released = Some(Released { at: self.age, level: self.level, amount });
        if let (false, Some((_, loop_end)), Some(waves)) = (self.turns_on, self.stretch.2, waves.get(&self.stretch)) {
            // Out of the loop: back by turns until it lies within, then on to the end of the sample.
            let (length, end) = (self.stretch.2.map_or(1, |(start, end)| end - start), loop_end - self.stretch.0);
            while self.position >= end as f64 {
                self.position -= length as f64;
            }
            self.end = waves.plain.end(self.speed);
        }
    }

    /// The volume and the modulation now.
    fn moved(&self) -> (f64, f64) {
        let at = self.age as f64 / self.rate;
        match self.released {
            None => (self.volume.level(at), self.modulation.amount(at)),
            Some(released) => {
                let since = (self.age - released.at) as f64 / self.rate;
                let amount = self.modulation.amount_released(released.amount, since);
                (released.level * self.volume.released(since), amount)
            }
        }
    }

    /// Adds its next frames. Envelopes and oscillators are worked out once, for the last of them.
    #[inline(always)]
    fn add(&mut self, waves: &Waves, bend: f64, left: &mut [f32], right: &mut [f32]) {
        let mut sound = [0.0_f32; CHUNK];
        let sound = &mut sound[..left.len()];
        self.age += sound.len() as u64;
        let (level, amount) = self.moved();
        let at = self.age as f64 / self.rate;
        let (tremolo, vibrato) = (self.tremolo.value(at), self.vibrato.value(at));
        let value = |generator| self.region.value(generator);
        let cents = value(Generator::TremoloToPitch) * tremolo
            + value(Generator::VibratoToPitch) * vibrato
            + value(Generator::EnvelopeToPitch) * amount;
        let bent = if cents == 0.0 { 1.0 } else { libm::exp2(cents / 1200.0) };
        let wave = match (&waves.turning, self.released.is_some() && !self.turns_on) {
            (Some(turning), false) => turning,
            _ => &waves.plain,
        };
        self.position = wave.play(self.speed, self.position, self.step * bend * bent, sound);
        let mut filtered = [0.0; CHUNK];
        let filtered = &mut filtered[..sound.len()];
        filtered.iter_mut().zip(&*sound).for_each(|(to, from)| *to = f64::from(*from));
        if !self.is_open {
            let cutoff = value(Generator::Cutoff)
                + value(Generator::TremoloToCutoff) * tremolo
                + value(Generator::EnvelopeToCutoff) * amount;
            self.filter.run(hertz(cutoff), filtered);
        }
        // Tremolo is in tenths of a decibel.
        let swung = level * ratio(value(Generator::TremoloToVolume) * tremolo / 10.0);
        let step = (swung - self.heard) / sound.len().max(1) as f64;
        for (((k, x), left), right) in (1_i32..).zip(&*filtered).zip(left).zip(right) {
            let heard = x * (self.heard + step * f64::from(k));
            *left += flushed(heard * self.gains[0]);
            *right += flushed(heard * self.gains[1]);
        }
        (self.level, self.heard) = (level, swung);
    }

    fn is_over(&self) -> bool {
        let is_released = self.released.is_some_and(|released| self.age > released.at);
        self.position >= self.end
            || (self.level == 0.0 && (is_released || self.volume.falls_silent(self.age, self.rate)))
    }
}

/// What fades to nothing makes no denormal numbers.
#[inline(always)]
fn flushed(x: f64) -> f32 {
    if x.abs() < 1e-20 { 0.0 } else { x as f32 }
}
