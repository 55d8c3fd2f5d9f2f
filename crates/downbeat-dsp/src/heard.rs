//! What an effect hears besides its own sound: other strips of the desk, by their names.

use std::sync::Arc;

use crate::{Audio, Kind, ParamType, Value};

/// The key input of an effect: the name of the strip it listens to, or none to listen to its own sound.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct KeyInput(Option<Arc<str>>);

impl KeyInput {
    /// Nothing is plugged in: the effect listens to its own sound.
    pub const OPEN: KeyInput = KeyInput(None);

    /// The name of the strip, if one is plugged in.
    pub fn strip(&self) -> Option<&str> {
        self.0.as_deref()
    }
}

impl ParamType for KeyInput {
    type Bound = ();
    fn kind(_: Option<((), ())>) -> Kind {
        Kind::Strip
    }
    fn from_value(value: &Value) -> Option<Self> {
        if let Value::Strip(strip) = value { Some(KeyInput(strip.clone())) } else { None }
    }
    fn to_value(&self) -> Value {
        Value::Strip(self.0.clone())
    }
}

/// The sounds of strips that an effect listens to, in the frames of the block it works on.
#[derive(Clone, Copy, Default)]
pub struct Heard<'a> {
    strips: &'a [(&'a str, &'a Audio)],
    from: usize,
}

impl<'a> Heard<'a> {
    /// Nobody else is heard.
    pub const NOBODY: Heard<'static> = Heard { strips: &[], from: 0 };

    /// These strips are heard. Their first frames are those of the block.
    pub fn new(strips: &'a [(&'a str, &'a Audio)]) -> Self {
        Heard { strips, from: 0 }
    }

    /// The same for a later part of the block, which begins at its frame `from`.
    pub fn from(self, from: usize) -> Self {
        Heard { from: self.from + from, ..self }
    }

    /// The left and the right plane of a strip (of a mono one, twice the same), from the first frame of the block on. Of a
    /// strip that is not among them, nothing.
    pub fn strip(&self, name: &str) -> Option<[&'a [f32]; 2]> {
        let (_, sound) = self.strips.iter().find(|(strip, _)| *strip == name)?;
        Some([sound.left(), sound.right()].map(|plane| &plane[self.from.min(plane.len())..]))
    }
}
