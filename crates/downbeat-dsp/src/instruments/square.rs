//! The square wave.

use std::f64::consts::PI;

use super::{Run, Series, Wave};

crate::params! {
    /// A square wave: hollow, odd harmonics only.
    ///
    /// +1 in the first half of the period, -1 in the second.
    pub struct Square: "square" {
        /// Whether the wave jumps from one frame to the next, which aliases, instead of being band-limited.
        naive: bool = false;
    }
}

impl Wave for Square {
    fn naive(&self) -> bool {
        self.naive
    }

    fn formula(&self, run: &Run<'_>, out: &mut [f32]) {
        for (out, &phase) in out.iter_mut().zip(run.phases) {
            *out = if phase < PI { 1.0 } else { -1.0 };
        }
    }

    /// 4/pi times the sum of sin(n phi)/n over odd n.
    fn series(&self) -> Option<Series> {
        Some(|n| (0.0, if n % 2 == 1 { 4.0 / (PI * n as f64) } else { 0.0 }))
    }
}
