//! Sounds that parameters hold: impulse responses, and the samples of an instrument.
//!
//! They are short, and in memory. Whoever makes them decodes them, at the rate of the session, and gives them a name to be
//! shown by and a digest to be known by; nothing here knows of files.

use std::fmt;
use std::sync::Arc;

use crate::{Audio, Kind, ParamType, Value};

/// A sound and what it is known by.
#[derive(Clone)]
pub struct Sound {
    name: Arc<str>,
    digest: [u8; 32],
    audio: Arc<Audio>,
}

impl Sound {
    /// A sound. The name is what a script writes for it, such as `audio("hall.wav")`; the digest is a hash of its rate and
    /// samples, and two sounds are the same when their digests are.
    pub fn new(name: &str, digest: [u8; 32], audio: Arc<Audio>) -> Self {
        Sound { name: name.into(), digest, audio }
    }

    /// What a script writes for it.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The samples.
    pub fn audio(&self) -> &Arc<Audio> {
        &self.audio
    }
}

impl PartialEq for Sound {
    fn eq(&self, other: &Self) -> bool {
        self.digest == other.digest
    }
}

impl fmt::Display for Sound {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.name)
    }
}

/// Sounds in order, each for a MIDI key or for none.
#[derive(Clone, PartialEq, Default)]
pub struct Sounds(Arc<[(Option<u8>, Sound)]>);

/// How many sounds are shown by their names.
const SHOWN: usize = 3;

impl Sounds {
    /// These sounds.
    pub fn new(sounds: impl IntoIterator<Item = (Option<u8>, Sound)>) -> Self {
        Sounds(sounds.into_iter().collect())
    }

    /// The sounds with their keys.
    pub fn iter(&self) -> impl ExactSizeIterator<Item = &(Option<u8>, Sound)> {
        self.0.iter()
    }

    /// How many there are.
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Bytes that are equal exactly when the sounds and their keys are.
    pub(crate) fn key_bytes(&self) -> Vec<u8> {
        let bytes = |(key, sound): &(Option<u8>, Sound)| [&[key.unwrap_or(u8::MAX)], sound.digest.as_slice()].concat();
        self.0.iter().flat_map(bytes).collect()
    }
}

/// As a script writes it: a sound by its name, several in a list or, with keys, in a dictionary.
impl fmt::Display for Sounds {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let has_keys = self.0.iter().any(|(key, _)| key.is_some());
        match self.0.as_ref() {
            [] => return f.write_str("None"),
            [(None, sound)] => return write!(f, "{sound}"),
            _ => f.write_str(if has_keys { "{" } else { "[" })?,
        }
        for (i, (key, sound)) in self.0.iter().take(SHOWN).enumerate() {
            f.write_str(if i == 0 { "" } else { ", " })?;
            match key {
                Some(key) => write!(f, "{key}: {sound}")?,
                None => write!(f, "{sound}")?,
            }
        }
        if self.0.len() > SHOWN {
            write!(f, ", and {} more", self.0.len() - SHOWN)?;
        }
        f.write_str(if has_keys { "}" } else { "]" })
    }
}

impl fmt::Debug for Sounds {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

/// The type of a parameter that takes an impulse response: one sound, or one for each side of what comes in. A row's own
/// default is no sound at all, which answers a click with a click; a script has to give one.
#[derive(Clone, PartialEq, Default, Debug)]
pub struct Response(pub Sounds);

/// The type of a parameter that takes the samples of an instrument.
#[derive(Clone, PartialEq, Default, Debug)]
pub struct Samples(pub Sounds);

impl ParamType for Response {
    type Bound = ();
    fn kind(_: Option<((), ())>) -> Kind {
        Kind::Response
    }
    fn from_value(value: &Value) -> Option<Self> {
        if let Value::Sounds(sounds) = value { Some(Response(sounds.clone())) } else { None }
    }
    fn to_value(&self) -> Value {
        Value::Sounds(self.0.clone())
    }
}

impl ParamType for Samples {
    type Bound = ();
    fn kind(_: Option<((), ())>) -> Kind {
        Kind::Samples
    }
    fn from_value(value: &Value) -> Option<Self> {
        if let Value::Sounds(sounds) = value { Some(Samples(sounds.clone())) } else { None }
    }
    fn to_value(&self) -> Value {
        Value::Sounds(self.0.clone())
    }
}
