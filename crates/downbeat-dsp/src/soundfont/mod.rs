//! SoundFonts: banks of instruments made of short samples, as in the General MIDI sets. Version 2 of the format, by E-mu
//! ("SoundFont Technical Specification", version 2.04, 2006, cited by section).
//!
//! [`SoundFont::parse`] takes the bytes of a file apart and checks every number in it that something else depends on, so
//! that who plays it need not. The instrument is in `instruments/soundfont.rs`.

mod hydra;
mod modulator;
mod zone;

use std::fmt;
use std::ops::Range;
use std::sync::Arc;

use crate::{Kind, ParamType, Value};

pub(crate) use modulator::concave;
pub(crate) use zone::{Generator, Moved, Region};
use zone::{Sample, Zone};

/// The bank that drums are in (General MIDI by way of 8.1.1).
pub(crate) const DRUM_BANK: u32 = 128;

/// Why bytes are no SoundFont.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
pub enum SoundFontError {
    /// They are something else altogether.
    #[error("it is {0}, not a SoundFont (SF2)")]
    NotASoundFont(&'static str),
    /// The samples are compressed, as in SF3 files.
    #[error("its samples are compressed, as in SF3 files; only SF2 can be played")]
    Compressed,
    /// The file ends before it should, as one that was not copied to its end.
    #[error("it breaks off: {should} bytes of it should be there, and {are} are")]
    BreaksOff {
        /// How long the file should be, in bytes.
        should: usize,
        /// How long it is.
        are: usize,
    },
    /// The file contradicts itself.
    #[error("it is damaged: {0}")]
    Damaged(String),
}

/// A SoundFont as a parameter holds it. Clones share their samples.
#[derive(Clone, Default)]
pub struct SoundFont(Option<Arc<Contents>>);

struct Contents {
    name: String,
    digest: [u8; 32],
    presets: Vec<Preset>,
    /// The zones of each instrument.
    instruments: Vec<Vec<Arc<Zone>>>,
    samples: Vec<Sample>,
    /// The file, as it was read.
    bytes: Vec<u8>,
    /// Where in it the sound of all samples is, one after the other, in 16 bits.
    sound: Range<usize>,
}

/// A preset: what a bank and a program stand for.
struct Preset {
    name: String,
    bank: u32,
    program: u32,
    zones: Vec<Arc<Zone>>,
}

impl SoundFont {
    /// Takes a file apart. The name is what a script calls it by, the digest a hash of its bytes. The bytes are kept as they
    /// are, so that the sound of a large bank is in memory once.
    ///
    /// # Errors
    /// When the bytes are none, or are damaged.
    pub fn parse(name: &str, digest: [u8; 32], bytes: impl Into<Vec<u8>>) -> Result<Self, SoundFontError> {
        let bytes = bytes.into();
        let mut contents = hydra::parse(&bytes)?;
        contents.presets.sort_by_key(|preset| (preset.bank, preset.program));
        Ok(SoundFont(Some(Arc::new(Contents { name: name.to_string(), digest, bytes, ..contents }))))
    }

    /// Bank, program and name of each preset, by bank and program.
    pub fn presets(&self) -> impl Iterator<Item = (u32, u32, &str)> {
        self.0.iter().flat_map(|contents| &contents.presets).map(|p| (p.bank, p.program, p.name.as_str()))
    }

    /// The number of the preset of a bank and a program.
    pub(crate) fn preset(&self, bank: u32, program: u32) -> Option<usize> {
        self.presets().position(|preset| (preset.0, preset.1) == (bank, program))
    }

    /// What a preset sounds a key and a velocity with, in the order of the file.
    pub(crate) fn regions(&self, preset: usize, key: u8, velocity: u8) -> impl Iterator<Item = Region> {
        let contents = self.0.as_deref();
        let zones = contents.and_then(|contents| contents.presets.get(preset)).map_or(&[][..], |preset| &preset.zones);
        let fits = move |zone: &&Arc<Zone>| zone.keys.contains(&key) && zone.velocities.contains(&velocity);
        zones.iter().filter(fits).flat_map(move |outer| {
            let inner = contents.and_then(|contents| contents.instruments.get(outer.target));
            let inner = inner.map_or(&[][..], Vec::as_slice).iter().filter(fits);
            inner
                .filter_map(move |inner| Region::new(inner, outer, contents?.samples.get(inner.target)?, key, velocity))
        })
    }

    /// The class of the notes that a key of a preset silences, at any velocity. None is no class.
    pub(crate) fn exclusive_class(&self, preset: usize, key: u8) -> Option<u8> {
        let contents = self.0.as_deref()?;
        let outer = contents.presets.get(preset)?.zones.iter().filter(|zone| zone.keys.contains(&key));
        let inner = outer.filter_map(|zone| contents.instruments.get(zone.target)).flatten();
        inner.filter(|zone| zone.keys.contains(&key)).map(|zone| zone.exclusive_class()).find(|class| *class > 0)
    }

    /// The sound from a frame of it to another one, full scale ±1; what is not there is left out.
    pub(crate) fn sound(&self, from: usize, to: usize) -> Vec<f32> {
        let all = self.0.as_ref().and_then(|contents| contents.bytes.get(contents.sound.clone()));
        let frames = all.unwrap_or(&[]).as_chunks().0.get(from..to.max(from)).unwrap_or(&[]);
        frames.iter().map(|pair| f32::from(i16::from_le_bytes(*pair)) / 32_768.0).collect()
    }

    /// Bytes that are equal exactly when the files are.
    pub(crate) fn key_bytes(&self) -> Vec<u8> {
        self.0.as_ref().map_or(Vec::new(), |contents| contents.digest.to_vec())
    }
}

impl PartialEq for SoundFont {
    fn eq(&self, other: &Self) -> bool {
        self.key_bytes() == other.key_bytes()
    }
}

/// As a script writes it.
impl fmt::Display for SoundFont {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.0 {
            Some(contents) => write!(f, "{:?}", contents.name),
            None => f.write_str("None"),
        }
    }
}

impl fmt::Debug for SoundFont {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl ParamType for SoundFont {
    type Bound = ();
    fn kind(_: Option<((), ())>) -> Kind {
        Kind::SoundFont
    }
    fn from_value(value: &Value) -> Option<Self> {
        if let Value::SoundFont(font) = value { Some(font.clone()) } else { None }
    }
    fn to_value(&self) -> Value {
        Value::SoundFont(self.clone())
    }
}
