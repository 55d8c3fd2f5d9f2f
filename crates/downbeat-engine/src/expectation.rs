//! What a mix is expected to measure. The expectations are part of the session; the report of a render meets them or not.

use std::fmt;

use downbeat_dsp::{Format, Levels, Meter};

use crate::render::Report;
use crate::session::{Origin, StripIndex};

/// A number that the meters of a strip read in the end.
pub struct Reading {
    /// Its name, in scripts and in reports.
    pub name: &'static str,
    /// What it is called in a sentence.
    pub what: &'static str,
    /// What it is, with its unit.
    pub about: &'static str,
    /// Its unit; empty for a plain number.
    pub unit: &'static str,
    /// The unit of a difference of two.
    pub difference: &'static str,
    /// The least and the greatest value that it may be expected to have.
    pub range: [f64; 2],
    /// What a sound is like that has no such reading.
    pub missing: &'static str,
    read: fn(&Levels) -> Option<f64>,
}

/// All readings: the fields of strips in scripts, and the keys of levels in reports.
pub static READINGS: [Reading; 8] = [
    Reading {
        name: "lufs",
        what: "loudness",
        about: "The integrated loudness, in LUFS (EBU R 128).",
        unit: "LUFS",
        difference: "LU",
        range: [-70.0, 5.0],
        missing: "silent, or shorter than 400 ms",
        read: |levels| levels.lufs,
    },
    Reading {
        name: "short_term_lufs",
        what: "greatest short-term loudness",
        about: "The greatest short-term loudness, that of 3 s, in LUFS.",
        unit: "LUFS",
        difference: "LU",
        range: [-150.0, 5.0],
        missing: "silent, or shorter than 3 s",
        read: |levels| levels.short_term_lufs,
    },
    Reading {
        name: "momentary_lufs",
        what: "greatest momentary loudness",
        about: "The greatest momentary loudness, that of 400 ms, in LUFS.",
        unit: "LUFS",
        difference: "LU",
        range: [-150.0, 5.0],
        missing: "silent, or shorter than 400 ms",
        read: |levels| levels.momentary_lufs,
    },
    Reading {
        name: "lra",
        what: "loudness range",
        about: "The loudness range (LRA), from the soft to the loud parts, in LU (EBU Tech 3342).",
        unit: "LU",
        difference: "LU",
        range: [0.0, 100.0],
        missing: "silent, or shorter than 3 s",
        read: |levels| levels.lra,
    },
    Reading {
        name: "peak_db",
        what: "peak",
        about: "The largest sample, in dBFS.",
        unit: "dBFS",
        difference: "dB",
        range: [-150.0, 60.0],
        missing: "silent",
        read: |levels| Some(levels.peak_db),
    },
    Reading {
        name: "true_peak_db",
        what: "true peak",
        about: "The largest value between the samples, in dBTP (ITU-R BS.1770-4).",
        unit: "dBTP",
        difference: "dB",
        range: [-150.0, 60.0],
        missing: "silent",
        read: |levels| Some(levels.true_peak_db),
    },
    Reading {
        name: "crest_db",
        what: "crest factor",
        about: "The crest factor: how far the largest sample is above the root mean square, in dB.",
        unit: "dB",
        difference: "dB",
        range: [0.0, 150.0],
        missing: "silent",
        read: |levels| Some(levels.crest_db),
    },
    Reading {
        name: "correlation",
        what: "correlation",
        about: "How alike left and right are, from -1 (one is the other turned over) to 1 (the same but for their levels).",
        unit: "",
        difference: "",
        range: [-1.0, 1.0],
        missing: "mono, or silent on one side",
        read: |levels| levels.correlation,
    },
];

impl Reading {
    /// Reads it; none when the sound has no such reading.
    pub fn of(&self, levels: &Levels) -> Option<f64> {
        (self.read)(levels)
    }

    /// A value with its unit: `-14 LUFS`.
    pub fn with_unit(&self, value: impl fmt::Display) -> String {
        format!("{value} {}", self.unit).trim_end().to_string()
    }
}

/// Readings are told apart by their names.
impl PartialEq for Reading {
    fn eq(&self, other: &Self) -> bool {
        self.name == other.name
    }
}

impl fmt::Debug for Reading {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name)
    }
}

/// What a reading of a strip should be once the mix is rendered.
#[derive(Clone, PartialEq, Debug)]
pub struct Expectation {
    /// Whose reading: of tracks and buses before their faders, of the master after its own.
    pub strip: StripIndex,
    /// Which one.
    pub reading: &'static Reading,
    /// Where it should be.
    pub bounds: Bounds,
    /// The line of the script that expects it.
    pub origin: Origin,
}

impl Expectation {
    /// What was measured; none when the strip has no such reading. A strip that is not heard is silent.
    pub fn measured(&self, report: &Report) -> Option<f64> {
        match report.levels(self.strip) {
            Some(levels) => self.reading.of(levels),
            None => self.reading.of(&Meter::new(Format::mono(report.rate)).levels()),
        }
    }

    /// Whether it is met. What cannot be measured meets nothing.
    pub fn is_met(&self, report: &Report) -> bool {
        self.measured(report).is_some_and(|value| self.bounds.contain(value))
    }
}

/// Where a value should be; the bounds themselves belong to it.
#[derive(Clone, Copy, PartialEq, Debug, Default)]
pub struct Bounds {
    /// A value, and how far from it on both sides.
    pub at: Option<(f64, f64)>,
    /// Not less than this.
    pub above: Option<f64>,
    /// Not more than this.
    pub below: Option<f64>,
}

impl Bounds {
    /// The least and the greatest value within all bounds. If the first is not less than the second, they contradict
    /// each other.
    pub fn range(&self) -> (f64, f64) {
        let (at, within) = self.at.unwrap_or((0.0, f64::INFINITY));
        let least = self.above.map_or(at - within, |above| above.max(at - within));
        let greatest = self.below.map_or(at + within, |below| below.min(at + within));
        (least, greatest)
    }

    /// Whether a value is within them.
    pub fn contain(&self, value: f64) -> bool {
        let (least, greatest) = self.range();
        least <= value && value <= greatest
    }

    /// In words: `at -14 LUFS within 0.5`, `above -16 LUFS and below -12 LUFS`.
    pub fn words(&self, reading: &Reading) -> String {
        let at = self.at.map(|(at, within)| format!("at {} within {within}", reading.with_unit(at)));
        let above = self.above.map(|above| format!("above {}", reading.with_unit(above)));
        let below = self.below.map(|below| format!("below {}", reading.with_unit(below)));
        at.into_iter().chain(above).chain(below).collect::<Vec<_>>().join(" and ")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bounds_belong_to_what_they_allow() {
        let bounds = Bounds { at: Some((-14.0, 0.5)), above: None, below: Some(-13.75) };
        assert_eq!(bounds.range(), (-14.5, -13.75));
        for (value, inside) in [(-14.5, true), (-13.75, true), (-14.6, false), (-13.7, false), (f64::NAN, false)] {
            assert_eq!(bounds.contain(value), inside, "{value}");
        }
        assert_eq!(bounds.words(&READINGS[0]), "at -14 LUFS within 0.5 and below -13.75 LUFS");
        let below = Bounds { below: Some(-1.0), ..Bounds::default() };
        assert!(below.contain(f64::NEG_INFINITY) && !below.contain(-0.999));
        assert_eq!(Bounds { above: Some(0.5), ..Bounds::default() }.words(&READINGS[7]), "above 0.5");
    }

    #[test]
    fn readings_have_names_of_their_own() {
        for (i, reading) in READINGS.iter().enumerate() {
            assert!(READINGS[..i].iter().all(|earlier| earlier != reading), "{reading:?}");
            assert!(reading.range[0] < reading.range[1] && reading.about.ends_with('.'), "{reading:?}");
        }
    }
}
