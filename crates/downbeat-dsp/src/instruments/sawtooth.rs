//! The sawtooth wave.

use std::f64::consts::PI;

use super::{Run, Series, Wave};

crate::params! {
    /// A sawtooth wave: bright, all harmonics.
    ///
    /// It rises from -1 to 1 in each period and falls at once.
    pub struct Sawtooth: "sawtooth" {
        /// Whether the wave jumps from one frame to the next, which aliases, instead of being band-limited.
        naive: bool = false;
    }
}

impl Wave for Sawtooth {
    fn naive(&self) -> bool {
        self.naive
    }

    fn formula(&self, run: &Run<'_>, out: &mut [f32]) {
        for (out, &phase) in out.iter_mut().zip(run.phases) {
            *out = (phase / PI - 1.0) as f32;
        }
    }

    fn series(&self) -> Option<Series> {
        Some(series)
    }
}

/// -2/pi times the sum of sin(n phi)/n.
pub(super) fn series(n: usize) -> (f64, f64) {
    (0.0, -2.0 / (PI * n as f64))
}
