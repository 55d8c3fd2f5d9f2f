//! Zones, and the regions that a note is made of: a zone of a preset with a zone of its instrument and a sample.

use std::ops::RangeInclusive;

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

/// What a sample is played with.
#[derive(Clone, PartialEq, Debug)]
pub struct Region {
    /// Instrument and preset added up (9.4).
    values: [i32; GENERATORS],
    /// The instrument's own, which a preset does not change.
    own: [i16; GENERATORS],
    sample: Sample,
}

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
    generators[Generator::RootKey as usize] = -1;
    generators
}

impl Region {
    /// A region; none when its sample has no frame in it.
    pub fn new(inner: &Zone, outer: &Zone, sample: &Sample) -> Option<Self> {
        let mut values = [0; GENERATORS];
        for ((value, inner), outer) in values.iter_mut().zip(inner.generators).zip(outer.generators) {
            *value = i32::from(inner) + i32::from(outer);
        }
        let region = Region { values, own: inner.generators, sample: sample.clone() };
        let (start, end) = region.frames();
        (start < end).then_some(region)
    }

    /// The value of a generator, in its own unit.
    pub fn value(&self, generator: Generator) -> f64 {
        f64::from(self.values[generator as usize])
    }

    /// The value of a stage of an envelope.
    pub fn stage(&self, envelope: Generator, stage: usize) -> f64 {
        f64::from(self.values[envelope as usize + stage])
    }

    /// The sample's rate.
    pub fn rate(&self) -> u32 {
        self.sample.rate
    }

    /// The key at which the sample has its own pitch, with its correction, in semitones.
    pub fn root(&self) -> f64 {
        let key = match self.own[Generator::RootKey as usize] {
            key @ 0..=127 => key,
            _ => i16::from(self.sample.key),
        };
        f64::from(key) - f64::from(self.sample.correction_cents) / 100.0
    }

    /// Notes of one class silence each other; 0 is none.
    pub fn exclusive_class(&self) -> u8 {
        self.own[Generator::ExclusiveClass as usize].clamp(0, 127) as u8
    }

    /// The first frame of the sample in the file's sound, and the one after its last.
    pub fn frames(&self) -> (usize, usize) {
        let start = self.moved(self.sample.start, Generator::StartOffset, Generator::StartCoarse);
        (start, self.moved(self.sample.end, Generator::EndOffset, Generator::EndCoarse))
    }

    /// The loop, if there is one, as [`Region::frames`]; and whether it goes on after the note is let go (8.1.2, 54).
    pub fn turn(&self) -> Option<(usize, usize, bool)> {
        let mode = self.own[Generator::Modes as usize] & 3;
        let start = self.moved(self.sample.loop_start, Generator::LoopStartOffset, Generator::LoopStartCoarse);
        let end = self.moved(self.sample.loop_end, Generator::LoopEndOffset, Generator::LoopEndCoarse);
        let (first, last) = self.frames();
        let is_loop = matches!(mode, 1 | 3) && first <= start && start < end && end <= last;
        is_loop.then_some((start, end, mode == 1))
    }

    /// A place in the sound, moved by its offsets, and kept within it.
    fn moved(&self, place: usize, fine: Generator, coarse: Generator) -> usize {
        let by = i64::from(self.own[fine as usize]) + 32_768 * i64::from(self.own[coarse as usize]);
        usize::try_from(place as i64 + by).unwrap_or(0).min(self.sample.all)
    }
}
