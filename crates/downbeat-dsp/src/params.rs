//! Parameters: one declaration gives the Rust field, the script's keyword, the range check, the row of the reference
//! and the key of the cache. See [`params!`](crate::params!).

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
        self.key_bytes() == other.key_bytes()
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

/// A Rust type that a parameter's field can have.
pub trait ParamType: Sized {
    /// What bounds the range: `f64` for numbers, `i64` for whole numbers.
    type Bound;
    /// The kind, with its range (`None` for a switch, a choice or a text).
    fn kind(range: Option<(Self::Bound, Self::Bound)>) -> Kind;
    /// The field of a value of that kind.
    fn from_value(value: &Value) -> Option<Self>;
    /// The value of the field.
    fn to_value(&self) -> Value;
    /// Sets the field if it is a number.
    fn set_number(&mut self, _: f64) {}
}

impl ParamType for f64 {
    type Bound = f64;
    fn kind(range: Option<(f64, f64)>) -> Kind {
        let (min, max) = range.unwrap_or((f64::MIN, f64::MAX));
        Kind::Number { min, max }
    }
    /// Of a number that moves, where it is when the song begins.
    fn from_value(value: &Value) -> Option<Self> {
        match value {
            Value::Number(x) => Some(*x),
            Value::Moving(automation) => Some(automation.value(0.0)),
            _ => None,
        }
    }
    fn to_value(&self) -> Value {
        Value::Number(*self)
    }
    fn set_number(&mut self, value: f64) {
        *self = value;
    }
}

impl ParamType for u32 {
    type Bound = i64;
    fn kind(range: Option<(i64, i64)>) -> Kind {
        let (min, max) = range.unwrap_or((0, i64::from(u32::MAX)));
        Kind::Whole { min, max }
    }
    fn from_value(value: &Value) -> Option<Self> {
        if let Value::Whole(n) = value { u32::try_from(*n).ok() } else { None }
    }
    fn to_value(&self) -> Value {
        Value::Whole(i64::from(*self))
    }
}

impl ParamType for bool {
    type Bound = ();
    fn kind(_: Option<((), ())>) -> Kind {
        Kind::Switch
    }
    fn from_value(value: &Value) -> Option<Self> {
        if let Value::Switch(on) = value { Some(*on) } else { None }
    }
    fn to_value(&self) -> Value {
        Value::Switch(*self)
    }
}

impl ParamType for String {
    type Bound = ();
    fn kind(_: Option<((), ())>) -> Kind {
        Kind::Text
    }
    fn from_value(value: &Value) -> Option<Self> {
        if let Value::Text(text) = value { Some(text.clone()) } else { None }
    }
    fn to_value(&self) -> Value {
        Value::Text(self.clone())
    }
}

/// Declares settings: each parameter once, with its doc comment, name, type, default and range.
///
/// ```
/// downbeat_dsp::params! {
///     /// Turns the level up or down.
///     pub struct Volume: "volume" {
///         /// The change of level.
///         db: f64 = 0.0, in -120.0..=60.0;
///         /// Whether the polarity is turned around.
///         invert: bool = false;
///     }
/// }
/// use downbeat_dsp::{Params, Value};
/// assert_eq!(Volume::params()[0].name, "db");
/// assert_eq!(Volume::default().values(), [Value::Number(0.0), Value::Switch(false)]);
/// ```
///
/// `as fixed` after the range marks a number that has to stay the same while the sound runs, because memory is sized by it
/// (a longest delay, an order).
///
/// A last clause `check = function;` names a `fn(&Self) -> Result<(), ParamError>` for what depends on several
/// parameters at once.
#[macro_export]
macro_rules! params {
    (
        $(#[doc = $about:literal])*
        pub struct $type:ident: $name:literal {
            $(
                $(#[doc = $help:literal])*
                $field:ident: $kind:ty = $default:expr $(, in $min:literal ..= $max:literal $(as $fixed:ident)?)?;
            )*
        }
        $(check = $check:path;)?
    ) => {
        $(#[doc = $about])*
        #[derive(Clone, PartialEq, Debug)]
        pub struct $type {
            $(
                $(#[doc = $help])*
                pub $field: $kind,
            )*
        }

        impl Default for $type {
            fn default() -> Self {
                $type { $($field: $default,)* }
            }
        }

        impl $crate::Params for $type {
            const NAME: &'static str = $name;
            const ABOUT: &'static str = concat!($($about, "\n"),*);

            fn params() -> &'static [$crate::ParamInfo] {
                static PARAMS: std::sync::LazyLock<Vec<$crate::ParamInfo>> = std::sync::LazyLock::new(|| vec![
                    $($crate::ParamInfo {
                        name: stringify!($field),
                        about: concat!($($help, "\n"),*),
                        kind: <$kind as $crate::ParamType>::kind($crate::params!(@range $($min, $max)?)),
                        default: $crate::ParamType::to_value(&{ let default: $kind = $default; default }),
                        is_fixed: $crate::params!(@fixed $($($fixed)?)?),
                    },)*
                ]);
                &PARAMS
            }

            #[allow(unused_mut, unused_variables)]
            fn from_values(values: &[$crate::Value]) -> Result<Self, $crate::ParamError> {
                let mut settings = $type::default();
                let mut given = <Self as $crate::Params>::params().iter().zip(values);
                $(
                    if let Some((info, value)) = given.next() {
                        let value = info.accept(value.clone())?;
                        if let Some(field) = <$kind as $crate::ParamType>::from_value(&value) {
                            settings.$field = field;
                        }
                    }
                )*
                $($check(&settings)?;)?
                Ok(settings)
            }

            fn values(&self) -> Vec<$crate::Value> {
                vec![$($crate::ParamType::to_value(&self.$field),)*]
            }

            #[allow(unused_mut, unused_variables, unused_assignments)]
            fn set_number(&mut self, index: usize, value: f64) {
                let mut at = 0;
                $(
                    if at == index {
                        $crate::ParamType::set_number(&mut self.$field, value);
                    }
                    at += 1;
                )*
            }
        }
    };
    (@fixed) => { false };
    (@fixed fixed) => { true };
    (@range) => { None };
    (@range $min:literal, $max:literal) => { Some(($min, $max)) };
}

/// Declares a choice between names, to be the type of a parameter.
///
/// ```
/// downbeat_dsp::choice! {
///     /// Which way round.
///     pub enum Way {
///         /// Forwards.
///         Forwards = "forwards",
///         /// Backwards.
///         Backwards = "backwards",
///     }
/// }
/// use downbeat_dsp::{ParamType, Value};
/// assert_eq!(Way::Backwards.to_value(), Value::Choice("backwards".into()));
/// ```
#[macro_export]
macro_rules! choice {
    (
        $(#[doc = $about:literal])*
        pub enum $type:ident {
            $($(#[doc = $help:literal])* $variant:ident = $name:literal,)*
        }
    ) => {
        $(#[doc = $about])*
        #[derive(Clone, Copy, PartialEq, Eq, Debug)]
        pub enum $type {
            $($(#[doc = $help])* $variant,)*
        }

        impl $crate::ParamType for $type {
            type Bound = ();
            fn kind(_: Option<((), ())>) -> $crate::Kind {
                $crate::Kind::Choice(&[$($name),*])
            }
            fn from_value(value: &$crate::Value) -> Option<Self> {
                match value {
                    $($crate::Value::Choice(name) if name == $name => Some($type::$variant),)*
                    _ => None,
                }
            }
            fn to_value(&self) -> $crate::Value {
                match self {
                    $($type::$variant => $crate::Value::Choice($name.to_string()),)*
                }
            }
        }
    };
}
