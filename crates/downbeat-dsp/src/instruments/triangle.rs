//! The triangle wave.

use std::f64::consts::PI;

use super::{Run, Series, Wave};

crate::params! {
    /// A triangle wave: mellow, odd harmonics that fall off fast.
    ///
    /// It rises from -1 to 1 in the first half of the period and falls back in the second.
    pub struct Triangle: "triangle" {
        /// Whether the corners are sharp from one frame to the next, which aliases, instead of being band-limited.
        naive: bool = false;
    }
}

impl Wave for Triangle {
    fn naive(&self) -> bool {
        self.naive
    }

    fn formula(&self, run: &Run<'_>, out: &mut [f32]) {
        for (out, &phase) in out.iter_mut().zip(run.phases) {
            *out = (1.0 - (phase - PI).abs() / (0.5 * PI)) as f32;
        }
    }

    /// -8/pi^2 times the sum of cos(n phi)/n^2 over odd n.
    fn series(&self) -> Option<Series> {
        Some(|n| (if n % 2 == 1 { -8.0 / (PI * PI * (n * n) as f64) } else { 0.0 }, 0.0))
    }
}
