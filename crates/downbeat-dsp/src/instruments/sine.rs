//! The sine wave.

use super::{Run, Series, Wave, phase};

crate::params! {
    /// A pure tone.
    ///
    /// It starts at 0 and rises first. At and above half the sample rate it is silent.
    pub struct Sine: "sine" {
    }
}

impl Wave for Sine {
    fn naive(&self) -> bool {
        false
    }

    fn formula(&self, run: &Run<'_>, out: &mut [f32]) {
        for (out, &phase) in out.iter_mut().zip(run.phases) {
            *out = phase::sine(phase) as f32;
        }
    }

    fn series(&self) -> Option<Series> {
        None
    }
}
