//! Zones, and the regions that a note is made of: a zone of a preset with a zone of its instrument and a sample.

use std::ops::RangeInclusive;
use std::sync::Arc;

use super::modulator::{AT_REST, DEFAULTS, Modulator};
use crate::Controls;

/// The generators that are heeded, by their numbers (8.1.2).
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[repr(usize)]
pub enum Generator {
    StartOffset = 0,
    EndOffset = 1,
    LoopStartOffset = 2,
    LoopEndOffset = 3,
    StartCoarse = 4,
    TremoloToPitch = 5,
    VibratoToPitch = 6,
    EnvelopeToPitch = 7,
    Cutoff = 8,
    Resonance = 9,
    TremoloToCutoff = 10,
    EnvelopeToCutoff = 11,
    EndCoarse = 12,
    TremoloToVolume = 13,
    Pan = 17,
    TremoloDelay = 21,
    TremoloFrequency = 22,
    VibratoDelay = 23,
    VibratoFrequency = 24,
    /// Six of them: delay, attack, hold, decay, sustain and release of the modulation envelope.
    Modulation = 25,
    KeyToModulationHold = 31,
    KeyToModulationDecay = 32,
    /// Six of them: those of the volume envelope.
    Volume = 33,
    KeyToVolumeHold = 39,
    KeyToVolumeDecay = 40,
    Instrument = 41,
    Keys = 43,
    Velocities = 44,
    LoopStartCoarse = 45,
    FixedKey = 46,
    FixedVelocity = 47,
    Attenuation = 48,
    LoopEndCoarse = 50,
    CoarseTune = 51,
    FineTune = 52,
    Sample = 53,
    Modes = 54,
    ScaleTuning = 56,
    ExclusiveClass = 57,
    RootKey = 58,
}

/// How many generators there are.
pub const GENERATORS: usize = 61;

/// A zone of a preset or of an instrument.
#[derive(Clone, PartialEq, Debug)]
pub struct Zone {
    pub keys: RangeInclusive<u8>,
    pub velocities: RangeInclusive<u8>,
    /// The instrument of a preset's zone, the sample of an instrument's.
    pub target: usize,
    pub generators: [i16; GENERATORS],
    pub modulators: Vec<Modulator>,
}

impl Zone {
    /// Notes of one class silence each other; 0 is none.
    pub fn exclusive_class(&self) -> u8 {
        self.generators[Generator::ExclusiveClass as usize].clamp(0, 127) as u8
    }
}

/// A sample's header (7.10), checked: its frames lie within the sound.
#[derive(Clone, PartialEq, Debug)]
pub struct Sample {
    pub start: usize,
    pub end: usize,
    pub loop_start: usize,
    pub loop_end: usize,
    pub rate: u32,
    pub key: u8,
    pub correction_cents: i8,
    /// How many frames there are in the whole file.
    pub all: usize,
}

/// What a note plays a sample with.
#[derive(Clone, PartialEq, Debug)]
pub struct Region {
    /// Generators of instrument and preset added up (9.4), with what modulators add to them.
    values: [f64; GENERATORS],
    /// What the velocity takes off the level, in centibels.
    softness: f64,
    sample: Sample,
    /// The zones of the instrument and of the preset, whose modulators controllers move.
    zones: [Arc<Zone>; 2],
    /// What the modulators are told: its own, or what is played.
    key: u8,
    velocity: u8,
}

/// What a region plays with while controllers stand somewhere.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct Moved {
    /// How much louder it is than where General MIDI has the controllers, in decibels.
    pub gain_db: f64,
    /// From -500 on the left to 500 on the right.
    pub pan: f64,
    /// How far the oscillators move the pitch, in cents, and the tremolo the level, in centibels.
    pub tremolo_to_pitch: f64,
    pub vibrato_to_pitch: f64,
    pub tremolo_to_volume: f64,
}

/// How far what moves may move things (8.1.3): ten octaves, and 96 decibels.
const SWINGS: [(Generator, f64); 6] = [
    (Generator::TremoloToPitch, 12_000.0),
    (Generator::VibratoToPitch, 12_000.0),
    (Generator::EnvelopeToPitch, 12_000.0),
    (Generator::TremoloToCutoff, 12_000.0),
    (Generator::EnvelopeToCutoff, 12_000.0),
    (Generator::TremoloToVolume, 960.0),
];

/// What an instrument alone may say: a preset cannot add to it (8.1.2).
const OF_INSTRUMENTS: [Generator; 11] = [
    Generator::StartOffset,
    Generator::EndOffset,
    Generator::LoopStartOffset,
    Generator::LoopEndOffset,
    Generator::StartCoarse,
    Generator::EndCoarse,
    Generator::LoopStartCoarse,
    Generator::LoopEndCoarse,
    Generator::Modes,
    Generator::ExclusiveClass,
    Generator::RootKey,
];

/// What generators are when nothing is said (8.1.3): times are none at -12000 timecents and below.
pub fn defaults() -> [i16; GENERATORS] {
    let mut generators = [0; GENERATORS];
    generators[Generator::Cutoff as usize] = 13_500;
    generators[Generator::TremoloDelay as usize] = -12_000;
    generators[Generator::VibratoDelay as usize] = -12_000;
    for envelope in [Generator::Modulation, Generator::Volume] {
        for stage in [0, 1, 2, 3, 5] {
            generators[envelope as usize + stage] = -12_000;
        }
    }
    generators[Generator::ScaleTuning as usize] = 100;
    for none in [Generator::RootKey, Generator::FixedKey, Generator::FixedVelocity] {
        generators[none as usize] = -1;
    }
    generators
}

impl Region {
    /// The region of a key and a velocity; none when its sample has no frame in it.
    pub fn new(inner: &Arc<Zone>, outer: &Arc<Zone>, sample: &Sample, key: u8, velocity: u8) -> Option<Self> {
        let mut values = inner.generators.map(f64::from);
        for (number, (value, outer)) in values.iter_mut().zip(outer.generators).enumerate() {
            if !OF_INSTRUMENTS.iter().any(|own| *own as usize == number) {
                *value += f64::from(outer);
            }
        }
        let fixed = |generator: Generator, played| match inner.generators[generator as usize] {
            fixed @ 0..=127 => fixed as u8,
            _ => played,
        };
        let (key, velocity) = (fixed(Generator::FixedKey, key), fixed(Generator::FixedVelocity, velocity));
        let mut softness = 0.0;
        for modulator in modulators(inner, outer) {
            let value = modulator.value(key, velocity, AT_REST);
            match modulator.target {
                target if target == Generator::Attenuation as usize => softness += value,
                target => values[target] += value,
            }
        }
        for (generator, most) in SWINGS {
            let value = &mut values[generator as usize];
            *value = value.clamp(-most, most);
        }
        let zones = [inner.clone(), outer.clone()];
        let region = Region { values, softness, sample: sample.clone(), zones, key, velocity };
        let (start, end) = region.frames();
        (start < end).then_some(region)
    }

    /// The value of a generator, in its own unit.
    pub fn value(&self, generator: Generator) -> f64 {
        self.values[generator as usize]
    }

    /// The value of a stage of an envelope.
    pub fn stage(&self, envelope: Generator, stage: usize) -> f64 {
        self.values[envelope as usize + stage]
    }

    /// The sample's rate.
    pub fn rate(&self) -> u32 {
        self.sample.rate
    }

    /// The key that is played instead of the one that is struck, if there is one.
    pub fn fixed_key(&self) -> Option<f64> {
        Some(self.value(Generator::FixedKey)).filter(|key| (0.0..=127.0).contains(key))
    }

    /// The key at which the sample has its own pitch. Samples without a pitch say 255, and are taken for 60 (7.10).
    pub fn root(&self) -> f64 {
        match self.value(Generator::RootKey) {
            key if (0.0..=127.0).contains(&key) => key,
            _ if self.sample.key > 127 => 60.0,
            _ => f64::from(self.sample.key),
        }
    }

    /// How much higher the sample is to be played than it is, in cents.
    pub fn correction_cents(&self) -> f64 {
        f64::from(self.sample.correction_cents)
    }

    /// How far the level is down in decibels, by what the font says and by the velocity.
    pub fn attenuation_db(&self) -> f64 {
        // What a font says counts for 0.4, as it does on the cards that SoundFonts are made for and in all players since.
        let centibels = 0.4 * self.value(Generator::Attenuation) + self.softness;
        centibels.clamp(0.0, 1440.0) / 10.0
    }

    /// What it plays with while controllers stand here.
    ///
    /// Where General MIDI has them, nothing is moved, so that a part whose file says nothing of its volume is as loud as
    /// one that asks for 100.
    pub fn under(&self, controls: Controls) -> Moved {
        let shift = |generator| {
            let value = |modulator: &Modulator, controls| modulator.value(self.key, self.velocity, controls);
            let shift = |modulator| value(modulator, controls) - value(modulator, Controls::START);
            self.moving(generator).fold(0.0, |sum, modulator| sum + shift(modulator))
        };
        let value = |generator| self.value(generator) + shift(generator);
        let swing = |generator| {
            let most = SWINGS.iter().find(|swing| swing.0 == generator).map_or(f64::MAX, |swing| swing.1);
            value(generator).clamp(-most, most)
        };
        Moved {
            gain_db: (-0.1 * shift(Generator::Attenuation)).clamp(-144.0, 96.0),
            pan: value(Generator::Pan).clamp(-500.0, 500.0),
            tremolo_to_pitch: swing(Generator::TremoloToPitch),
            vibrato_to_pitch: swing(Generator::VibratoToPitch),
            tremolo_to_volume: swing(Generator::TremoloToVolume),
        }
    }

    /// How far the oscillators move the pitch either way, in cents, at the most, while controllers move within a range.
    pub fn swing_cents(&self, [lowest, highest]: [Controls; 2]) -> f64 {
        let swing = |generator| {
            let reach = |modulator: &Modulator| {
                let rest = modulator.value(self.key, self.velocity, Controls::START).abs();
                modulator.reach(self.key, self.velocity, [lowest, highest]) + rest
            };
            let moving =
                if lowest == highest { 0.0 } else { self.moving(generator).map(reach).fold(0.0, |a, b| a + b) };
            (self.value(generator).abs() + moving).min(12_000.0)
        };
        swing(Generator::TremoloToPitch) + swing(Generator::VibratoToPitch)
    }

    /// The modulators that controllers move, and that move a generator.
    fn moving(&self, generator: Generator) -> impl Iterator<Item = &Modulator> {
        let [inner, outer] = &self.zones;
        modulators(inner, outer).filter(move |modulator| modulator.target == generator as usize && modulator.is_moved())
    }

    /// The first frame of the sample in the file's sound, and the one after its last.
    pub fn frames(&self) -> (usize, usize) {
        let start = self.moved(self.sample.start, Generator::StartOffset, Generator::StartCoarse);
        (start, self.moved(self.sample.end, Generator::EndOffset, Generator::EndCoarse))
    }

    /// The loop, if there is one, as [`Region::frames`]; and whether it goes on after the note is let go (8.1.2, 54).
    pub fn turn(&self) -> Option<(usize, usize, bool)> {
        let mode = self.value(Generator::Modes) as i64 & 3;
        let (first, last) = self.frames();
        let start = self.moved(self.sample.loop_start, Generator::LoopStartOffset, Generator::LoopStartCoarse);
        let end = self.moved(self.sample.loop_end, Generator::LoopEndOffset, Generator::LoopEndCoarse);
        // Loops that go a little beyond their samples are found in old files.
        let (start, end) = (start.max(first), end.min(last));
        (matches!(mode, 1 | 3) && start < end).then_some((start, end, mode == 1))
    }

    /// A place in the sound, moved by its offsets, and kept within it.
    fn moved(&self, place: usize, fine: Generator, coarse: Generator) -> usize {
        let by = self.value(fine) + 32_768.0 * self.value(coarse);
        let moved = (place as f64 + by.round()).max(0.0);
        (moved as usize).min(self.sample.all)
    }
}

/// The modulators of a zone of an instrument in a zone of a preset: the defaults that it leaves, its own, and those that
/// the preset adds.
fn modulators<'a>(inner: &'a Zone, outer: &'a Zone) -> impl Iterator<Item = &'a Modulator> {
    let defaults = DEFAULTS.iter().filter(|default| !inner.modulators.iter().any(|own| own.supersedes(default)));
    let is_of_instruments = |target| OF_INSTRUMENTS.iter().any(|own| *own as usize == target);
    defaults.chain(&inner.modulators).chain(outer.modulators.iter().filter(move |add| !is_of_instruments(add.target)))
}
