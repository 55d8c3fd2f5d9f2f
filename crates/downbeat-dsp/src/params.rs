//! Parameters: one declaration gives the Rust field, the script's keyword, the range check, the row of the reference
//! and the key of the cache. See [`params!`](crate::params!).

mod declare;
mod types;
mod value;

use std::fmt;

pub use types::ParamType;
pub use value::Value;

/// What kind of value a parameter takes.
#[derive(Clone, Copy, PartialEq, Debug)]
pub enum Kind {
    /// A number from `min` to `max`, both included.
    Number {
        /// The smallest value allowed.
        min: f64,
        /// The largest value allowed.
        max: f64,
    },
    /// A whole number from `min` to `max`, both included.
    Whole {
        /// The smallest value allowed.
        min: i64,
        /// The largest value allowed.
        max: i64,
    },
    /// `True` or `False`.
    Switch,
    /// One of these names.
    Choice(&'static [&'static str]),
    /// A track or a bus, or none.
    Strip,
    /// A text; the settings check what it says.
    Text,
    /// An impulse response: a sound, or one for each side of what comes in.
    Response,
    /// Samples: a sound, or several, each with the MIDI key it was recorded at.
    Samples,
    /// A SoundFont.
    SoundFont,
}

impl fmt::Display for Kind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Kind::Number { min, max } => write!(f, "{min} to {max}"),
            Kind::Whole { min, max } => write!(f, "{min} to {max}, whole"),
            Kind::Switch => write!(f, "True or False"),
            Kind::Strip => write!(f, "a track or a bus"),
            Kind::Choice(names) => {
                for (i, name) in names.iter().enumerate() {
                    write!(f, "{}{name:?}", if i == 0 { "" } else { " or " })?;
                }
                Ok(())
            }
            Kind::Text => write!(f, "a string"),
            Kind::Response => write!(f, "a clip, or a list of two"),
            Kind::Samples => write!(f, "a clip, a list of clips, or a dictionary from notes to clips"),
            Kind::SoundFont => write!(f, "the path of a SoundFont"),
        }
    }
}

/// What is known of a parameter: everything the script, the reference and the cache need.
#[derive(Clone, Debug)]
pub struct ParamInfo {
    /// The name, which ends in its unit (`attack_ms`, `threshold_db`, `freq_hz`) where it has one.
    pub name: &'static str,
    /// What it does, in a sentence or two.
    pub about: &'static str,
    /// What it takes.
    pub kind: Kind,
    /// What it is when nothing is said.
    pub default: Value,
    /// Whether a number has to stay what it was at the start, because memory is sized by it. Other numbers may move.
    pub is_fixed: bool,
}

impl ParamInfo {
    /// Whether a script has to give it, because its default stands for nothing: sounds, and a SoundFont.
    pub fn is_required(&self) -> bool {
        matches!(self.kind, Kind::Response | Kind::Samples | Kind::SoundFont)
    }

    /// Checks a value and brings it to the parameter's own kind (a whole number is a number, too, and a name is a text).
    ///
    /// # Errors
    /// When the value is of another kind, not finite, or out of range.
    pub fn accept(&self, value: Value) -> Result<Value, ParamError> {
        let wrong_kind =
            |found: &Value| ParamError::Kind { name: self.name, expected: self.kind, found: found.to_string() };
        let out_of_range =
            |found: &Value| ParamError::Range { name: self.name, allowed: self.kind, found: found.to_string() };
        match (self.kind, value) {
            (Kind::Number { min, max }, Value::Number(x)) => {
                if (min..=max).contains(&x) {
                    Ok(Value::Number(x))
                } else {
                    Err(out_of_range(&Value::Number(x)))
                }
            }
            (Kind::Number { .. }, Value::Whole(n)) => self.accept(Value::Number(n as f64)),
            (Kind::Number { min, max }, Value::Moving(automation)) if !self.is_fixed => {
                let (low, high) = automation.range();
                match [low, high].into_iter().find(|x| !(min..=max).contains(x)) {
                    Some(outside) => Err(out_of_range(&Value::Number(outside))),
                    None => Ok(Value::Moving(automation)),
                }
            }
            (_, Value::Moving(_)) => Err(ParamError::Fixed { name: self.name }),
            (Kind::Whole { min, max }, Value::Whole(n)) => {
                if (min..=max).contains(&n) {
                    Ok(Value::Whole(n))
                } else {
                    Err(out_of_range(&Value::Whole(n)))
                }
            }
            (Kind::Whole { .. }, Value::Number(x)) if x == x.trunc() && x.abs() < 9e15 => {
                self.accept(Value::Whole(x as i64))
            }
            (Kind::Switch, Value::Switch(on)) => Ok(Value::Switch(on)),
            (Kind::Strip, Value::Strip(strip)) => Ok(Value::Strip(strip)),
            (Kind::Choice(names), Value::Choice(name)) => {
                if names.contains(&name.as_str()) {
                    Ok(Value::Choice(name))
                } else {
                    Err(out_of_range(&Value::Choice(name)))
                }
            }
            (Kind::Text, Value::Text(text) | Value::Choice(text)) => Ok(Value::Text(text)),
            (Kind::Response, Value::Sounds(sounds)) => {
                if sounds.len() <= 2 && sounds.iter().all(|(key, _)| key.is_none()) {
                    Ok(Value::Sounds(sounds))
                } else {
                    Err(out_of_range(&Value::Sounds(sounds)))
                }
            }
            (Kind::Samples, Value::Sounds(sounds)) => Ok(Value::Sounds(sounds)),
            (Kind::SoundFont, Value::SoundFont(font)) => Ok(Value::SoundFont(font)),
            (_, value) => Err(wrong_kind(&value)),
        }
    }
}

/// What can be wrong with a parameter.
#[derive(Clone, PartialEq, Debug, thiserror::Error)]
pub enum ParamError {
    /// A string where a number belongs, and the like.
    #[error("`{name}` takes {expected}, not {found}")]
    Kind {
        /// The parameter.
        name: &'static str,
        /// What it takes.
        expected: Kind,
        /// What it was given.
        found: String,
    },
    /// A value that is too small, too large, or not one of the names.
    #[error("`{name}` = {found} is out of range: it takes {allowed}")]
    Range {
        /// The parameter.
        name: &'static str,
        /// What it takes.
        allowed: Kind,
        /// What it was given.
        found: String,
    },
    /// A value that moves, of what has to stay as it is.
    #[error("`{name}` cannot move: it has to stay the same while the sound runs")]
    Fixed {
        /// The parameter.
        name: &'static str,
    },
    /// Parameters that are right alone and wrong together.
    #[error("{reason}")]
    Together {
        /// The parameter that should change.
        name: &'static str,
        /// What is wrong and what would be right.
        reason: String,
    },
}

impl ParamError {
    /// The parameter to point at.
    pub fn param(&self) -> &'static str {
        match self {
            ParamError::Kind { name, .. }
            | ParamError::Range { name, .. }
            | ParamError::Fixed { name }
            | ParamError::Together { name, .. } => name,
        }
    }
}

/// Settings that are declared with [`params!`](crate::params!).
pub trait Params: Clone + PartialEq + fmt::Debug + Sized + 'static {
    /// The name in scripts.
    const NAME: &'static str;
    /// What it is, in prose: the first line is the summary.
    const ABOUT: &'static str;

    /// The parameters, in the order of their declaration.
    fn params() -> &'static [ParamInfo];

    /// Makes the settings of values that [`ParamInfo::accept`] has let through, one a parameter, in order.
    ///
    /// # Errors
    /// When the number of values is wrong, a value is not accepted, or values do not go together.
    fn from_values(values: &[Value]) -> Result<Self, ParamError>;

    /// The values, in the order of [`Params::params`].
    fn values(&self) -> Vec<Value>;

    /// Sets the number with this index to a value in its range; nothing happens to what is no number.
    fn set_number(&mut self, index: usize, value: f64);
}
