//! The values of parameters.

use std::fmt;
use std::sync::Arc;

use crate::{Automation, SoundFont, Sounds};

/// The value of one parameter.
#[derive(Clone, Debug)]
pub enum Value {
    /// A number in the parameter's unit.
    Number(f64),
    /// A whole number.
    Whole(i64),
    /// On or off.
    Switch(bool),
    /// One of a few names.
    Choice(String),
    /// A text in a notation of its own.
    Text(String),
    /// A number that moves while the sound runs.
    Moving(Arc<Automation>),
    /// Another strip of the desk by its name, or none.
    Strip(Option<Arc<str>>),
    /// Sounds: an impulse response, or the samples of an instrument.
    Sounds(Sounds),
    /// A SoundFont.
    SoundFont(SoundFont),
}

impl Value {
    /// Bytes that are equal exactly when the values are, for keys.
    pub fn key_bytes(&self) -> Vec<u8> {
        let (tag, body) = match self {
            Value::Number(x) => (b'n', x.to_bits().to_le_bytes().to_vec()),
            Value::Whole(n) => (b'w', n.to_le_bytes().to_vec()),
            Value::Switch(on) => (b's', vec![u8::from(*on)]),
            Value::Choice(name) => (b'c', name.as_bytes().to_vec()),
            Value::Text(text) => (b't', text.as_bytes().to_vec()),
            Value::Moving(automation) => (b'm', automation.key_bytes()),
            Value::Strip(None) => (b'-', Vec::new()),
            Value::Strip(Some(name)) => (b'k', name.as_bytes().to_vec()),
            Value::Sounds(sounds) => (b'a', sounds.key_bytes()),
            Value::SoundFont(font) => (b'f', font.key_bytes()),
        };
        let mut bytes = vec![tag];
        bytes.extend((body.len() as u32).to_le_bytes());
        bytes.extend(body);
        bytes
    }
}

/// Two values are equal when their bits are: what a cache may take for the same.
impl PartialEq for Value {
    fn eq(&self, other: &Self) -> bool {
        match (self, other) {
            (Value::Number(a), Value::Number(b)) => a.to_bits() == b.to_bits(),
            (Value::Whole(a), Value::Whole(b)) => a == b,
            (Value::Switch(a), Value::Switch(b)) => a == b,
            (Value::Choice(a), Value::Choice(b)) | (Value::Text(a), Value::Text(b)) => a == b,
            (Value::Moving(a), Value::Moving(b)) => Arc::ptr_eq(a, b) || a.key_bytes() == b.key_bytes(),
            (Value::Strip(a), Value::Strip(b)) => a == b,
            (Value::Sounds(a), Value::Sounds(b)) => a == b,
            (Value::SoundFont(a), Value::SoundFont(b)) => a == b,
            _ => false,
        }
    }
}

impl fmt::Display for Value {
    /// As it is written in a mix script.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Value::Number(x) => write!(f, "{x}"),
            Value::Whole(n) => write!(f, "{n}"),
            Value::Switch(true) => write!(f, "True"),
            Value::Switch(false) => write!(f, "False"),
            Value::Choice(text) | Value::Text(text) => write!(f, "{text:?}"),
            Value::Moving(automation) => write!(f, "{automation}"),
            Value::Strip(None) => f.write_str("None"),
            Value::Strip(Some(name)) => write!(f, "{name:?}"),
            Value::Sounds(sounds) => write!(f, "{sounds}"),
            Value::SoundFont(font) => write!(f, "{font}"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Movement, Point, Way};

    #[test]
    fn values_are_equal_when_their_bytes_for_keys_are() {
        let ramp = |to: f64| {
            let point = |frame, value| Point { frame, value, way: Way::Linear };
            Value::Moving(Arc::new(Automation::new(Movement::Curve(vec![point(0, 0.0), point(9, to)]), "ramp")))
        };
        let of_each = || {
            vec![
                Value::Number(0.0),
                Value::Number(-0.0),
                Value::Number(f64::NAN),
                Value::Number(1.0),
                Value::Whole(1),
                Value::Switch(true),
                Value::Choice("a".into()),
                Value::Choice(String::new()),
                Value::Text("a".into()),
                Value::Strip(None),
                Value::Strip(Some("".into())),
                Value::Strip(Some("a".into())),
                Value::Sounds(Sounds::default()),
                Value::SoundFont(SoundFont::default()),
                ramp(1.0),
                ramp(2.0),
            ]
        };
        for (i, a) in of_each().iter().enumerate() {
            for (j, b) in of_each().iter().enumerate() {
                assert_eq!((a == b, a.key_bytes() == b.key_bytes()), (i == j, i == j), "{a:?} and {b:?}");
            }
        }
    }
}
