//! The two envelopes and the two oscillators of a SoundFont's region, in closed form: what they are worth at a moment.
//!
//! "SoundFont Technical Specification" 2.04, sections 8.1.2 and 9.1. Times are in seconds since the note began.

use crate::soundfont::{Generator, Region, concave};

/// How far an envelope falls in its decay or release time, and is silent, in decibels.
const SILENT_DB: f64 = 100.0;
/// The shortest release, which keeps a note from ending in a click, in seconds.
const SHORTEST_RELEASE_S: f64 = 0.005;
/// The longest time of any stage, in seconds: the most that the specification allows for a hold is 20, for others 100.
const LONGEST_S: f64 = 100.0;

/// Delay, attack, hold, decay, sustain and release.
#[derive(Clone, Copy, PartialEq, Debug)]
pub(super) struct Stages {
    delay: f64,
    attack: f64,
    hold: f64,
    decay: f64,
    /// What is sustained: in decibels below the top, or as a part of it.
    sustain: f64,
    release: f64,
}

impl Stages {
    /// The volume envelope for a key. Its sustain level is in decibels below the top.
    pub(super) fn volume(region: &Region, key: f64) -> Self {
        let stages =
            Stages::new(region, Generator::Volume, Generator::KeyToVolumeHold, Generator::KeyToVolumeDecay, key);
        let sustain = (region.stage(Generator::Volume, 4) / 10.0).clamp(0.0, SILENT_DB);
        Stages { sustain, release: stages.release.max(SHORTEST_RELEASE_S), ..stages }
    }

    /// The modulation envelope for a key. Its sustain level is a part of the top.
    pub(super) fn modulation(region: &Region, key: f64) -> Self {
        let (hold, decay) = (Generator::KeyToModulationHold, Generator::KeyToModulationDecay);
        let sustain = 1.0 - (region.stage(Generator::Modulation, 4) / 1000.0).clamp(0.0, 1.0);
        Stages { sustain, ..Stages::new(region, Generator::Modulation, hold, decay, key) }
    }

    fn new(region: &Region, envelope: Generator, key_to_hold: Generator, key_to_decay: Generator, key: f64) -> Self {
        let time = |stage| region.stage(envelope, stage);
        let keyed = |stage, by: Generator| time(stage) + region.value(by) * (60.0 - key);
        Stages {
            delay: seconds(time(0)),
            attack: seconds(time(1)),
            hold: seconds(keyed(2, key_to_hold)),
            decay: seconds(keyed(3, key_to_decay)),
            sustain: 0.0,
            release: seconds(time(5)),
        }
    }

    /// How long it is silent before it begins, in seconds.
    pub(super) fn delay_s(&self) -> f64 {
        self.delay
    }

    /// How long the sound goes on after its release, in seconds.
    pub(super) fn release_s(&self) -> f64 {
        self.release
    }

    /// The volume as a factor, while the note is held.
    pub(super) fn level(&self, at: f64) -> f64 {
        match self.stage(at) {
            (Some(rising), _) => rising,
            (None, falling) => factor((SILENT_DB * falling).min(self.sustain)),
        }
    }

    /// Whether the volume has fallen to silence and stays there, so many frames after the note began.
    pub(super) fn falls_silent(&self, age: u64, rate: f64) -> bool {
        self.sustain >= SILENT_DB && matches!(self.stage(age as f64 / rate), (None, falling) if falling >= 1.0)
    }

    /// What is left of it some time after the release.
    pub(super) fn released(&self, since: f64) -> f64 {
        factor(SILENT_DB * since / self.release)
    }

    /// The modulation, from 0 to 1, while the note is held. It rises in the convex curve (8.1.2, 26).
    pub(super) fn amount(&self, at: f64) -> f64 {
        match self.stage(at) {
            (Some(rising), _) => 1.0 - concave(1.0 - rising),
            (None, falling) => (1.0 - falling).max(self.sustain),
        }
    }

    /// What is left of it, of an amount at the release.
    pub(super) fn amount_released(&self, amount: f64, since: f64) -> f64 {
        if self.release > 0.0 { (amount - since / self.release).max(0.0) } else { 0.0 }
    }

    /// The level up to the end of the hold; from there on, how many decay times have gone by.
    fn stage(&self, at: f64) -> (Option<f64>, f64) {
        let after = at - self.delay;
        let falling = after - self.attack - self.hold;
        if after < 0.0 {
            (Some(0.0), 0.0)
        } else if after < self.attack {
            (Some(after / self.attack), 0.0)
        } else if falling < 0.0 {
            (Some(1.0), 0.0)
        } else {
            (None, if self.decay > 0.0 { falling / self.decay } else { f64::MAX })
        }
    }
}

/// An oscillator of low frequency: a triangle that begins at 0, and up.
#[derive(Clone, Copy, PartialEq, Debug)]
pub(super) struct Swing {
    delay: f64,
    hz: f64,
}

impl Swing {
    /// With these generators for its delay and its frequency.
    pub(super) fn new(region: &Region, delay: Generator, frequency: Generator) -> Self {
        Swing { delay: seconds(region.value(delay)), hz: hertz(region.value(frequency)).min(100.0) }
    }

    /// From -1 to 1.
    pub(super) fn value(&self, at: f64) -> f64 {
        let turns = (at - self.delay).max(0.0) * self.hz;
        let turn = turns - turns.floor();
        match turn {
            0.0..0.25 => 4.0 * turn,
            0.25..0.75 => 2.0 - 4.0 * turn,
            _ => 4.0 * turn - 4.0,
        }
    }
}

/// The frequency of absolute cents: 0 is 8.176 Hz, the lowest MIDI key.
pub(super) fn hertz(cents: f64) -> f64 {
    440.0 * libm::exp2((cents.clamp(-16_000.0, 16_000.0) - 6900.0) / 1200.0)
}

/// The time of timecents; what is as short as can be said is none.
fn seconds(timecents: f64) -> f64 {
    if timecents <= -12_000.0 { 0.0 } else { libm::exp2(timecents.min(12_000.0) / 1200.0).min(LONGEST_S) }
}

/// So many decibels down as a factor: silence from 100 on.
fn factor(down_db: f64) -> f64 {
    if down_db >= SILENT_DB { 0.0 } else { libm::exp10(-down_db / 20.0) }
}
