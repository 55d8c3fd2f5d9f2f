//! Why a feature cannot be measured.

use thiserror::Error;

/// Why a feature cannot be measured. The sound is never the reason: settings are.
#[derive(Clone, PartialEq, Debug, Error)]
pub enum FeatureError {
    /// The hop is out of its range.
    #[error("hop is {hop}, but has to be from 1 to 16777216 samples")]
    Hop {
        /// The hop that was given.
        hop: usize,
    },
    /// The frame length is out of its range.
    #[error("frame is {frame}, but has to be from 2 to 16777216 samples")]
    Frame {
        /// The length that was given.
        frame: usize,
    },
    /// The frame length is none that a spectrum can be taken of.
    #[error("frame is {frame}, but for a spectrum it has to be a power of two from 8 to 65536 samples")]
    PowerOfTwo {
        /// The length that was given.
        frame: usize,
    },
    /// A feature's setting is out of its range.
    #[error("{name} is {value}, but has to be {range}")]
    Setting {
        /// The name of the setting.
        name: &'static str,
        /// The value that was given.
        value: f64,
        /// What is allowed.
        range: &'static str,
    },
}

impl FeatureError {
    pub(super) fn setting(name: &'static str, value: f64, range: &'static str) -> Self {
        FeatureError::Setting { name, value, range }
    }
}
