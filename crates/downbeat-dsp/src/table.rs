//! The rows of the tables of effects, waves and envelopes, and the settings that a script makes from a row.

use std::fmt;
use std::sync::Arc;

use crate::{ParamError, ParamInfo, Params, Value};

/// A row of a table: a name, its parameters, and how to make the thing itself (`M`) from values. Effects also say where
/// they may stand (`R`).
pub struct Row<M, R = ()> {
    /// The name in scripts.
    pub name: &'static str,
    /// What it is, in prose: the first line is the summary.
    pub about: &'static str,
    /// Raised when the sound changes for the same settings.
    pub version: u32,
    /// Where it may stand, if there are several places.
    pub reach: R,
    params: fn() -> &'static [ParamInfo],
    make: fn(&[Value]) -> Result<M, ParamError>,
}

impl<M, R> Row<M, R> {
    pub(crate) const fn new<P: Params>(version: u32, reach: R, make: fn(&[Value]) -> Result<M, ParamError>) -> Self {
        Row { name: P::NAME, about: P::ABOUT, version, reach, params: P::params, make }
    }

    /// The parameters, in order.
    pub fn params(&self) -> &'static [ParamInfo] {
        (self.params)()
    }

    /// Settings with these values, one a parameter, in order; what is missing at the end takes its default.
    ///
    /// # Errors
    /// When a value is not accepted or values do not go together.
    pub fn settings(&'static self, mut values: Vec<Value>) -> Result<Preset<M, R>, ParamError> {
        let params = self.params();
        values.truncate(params.len());
        for (i, info) in params.iter().enumerate() {
            match values.get_mut(i) {
                Some(value) => *value = info.accept(value.clone())?,
                None => values.push(info.default.clone()),
            }
        }
        let made = (self.make)(&values)?;
        Ok(Preset { info: self, values: values.into(), made })
    }
}

impl<M, R> fmt::Debug for Row<M, R> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name)
    }
}

/// A row with all of its values: data that can be compared, printed and hashed, and the thing made from them. Clones share
/// both.
#[derive(Clone)]
pub struct Preset<M: 'static, R: 'static = ()> {
    info: &'static Row<M, R>,
    values: Arc<[Value]>,
    made: M,
}

impl<M, R> Preset<M, R> {
    /// The row of the table.
    pub fn info(&self) -> &'static Row<M, R> {
        self.info
    }

    /// The values, in the order of the parameters.
    pub fn values(&self) -> &[Value] {
        &self.values
    }

    /// The names of the strips that it listens to besides its own sound: at a key input, or to follow their levels.
    pub fn listens_to(&self) -> impl Iterator<Item = &str> {
        self.values.iter().filter_map(|value| match value {
            Value::Strip(strip) => strip.as_deref(),
            Value::Moving(automation) => automation.listens_to(),
            _ => None,
        })
    }

    /// What these settings make.
    pub fn made(&self) -> &M {
        &self.made
    }

    /// Bytes that are equal exactly when it sounds the same: name, version, values.
    pub fn key_bytes(&self) -> Vec<u8> {
        let mut bytes = self.info.name.as_bytes().to_vec();
        bytes.push(0);
        bytes.extend(self.info.version.to_le_bytes());
        for value in self.values() {
            bytes.extend(value.key_bytes());
        }
        bytes
    }
}

impl<M, R> PartialEq for Preset<M, R> {
    fn eq(&self, other: &Self) -> bool {
        // Clones are equal: a value is equal to itself, whatever it is.
        Arc::ptr_eq(&self.values, &other.values) || self.info.name == other.info.name && self.values == other.values
    }
}

/// As it is written in a script, without the values that are the defaults: `soft_clip(drive = 7)`.
impl<M, R> fmt::Display for Preset<M, R> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}(", self.info.name)?;
        let mut first = true;
        for (info, value) in self.info.params().iter().zip(self.values()) {
            if *value != info.default {
                write!(f, "{}{} = {value}", if first { "" } else { ", " }, info.name)?;
                first = false;
            }
        }
        write!(f, ")")
    }
}

impl<M, R> fmt::Debug for Preset<M, R> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}
