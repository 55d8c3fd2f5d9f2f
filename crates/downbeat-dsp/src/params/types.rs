//! The Rust types of parameters.

use super::{Kind, Value};

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
