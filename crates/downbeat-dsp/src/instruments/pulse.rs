//! The pulse wave with its own pulse-width modulation.

use std::f64::consts::TAU;

use super::wave::harmonics_below;
use super::{Run, Series, Wave, Wavetable, phase, sawtooth};

crate::params! {
    /// A pulse wave whose width is swept by an LFO (pulse-width modulation).
    ///
    /// +1 for the part `(depth * sin(2 pi lfo_hz t) + 1) / 4` of the period, -1 for the rest; t counts from the start of
    /// the note.
    pub struct Pulse: "pulse" {
        /// The frequency of the LFO in hertz.
        lfo_hz: f64 = 2.0, in 0.0..=100.0;
        /// How far the width is swept: 0 stays at a quarter of the period, 1 goes from nothing to a half.
        depth: f64 = 0.9, in 0.01..=0.99;
        /// Whether the wave jumps from one frame to the next, which aliases, instead of being band-limited.
        naive: bool = false;
    }
}

/// The frames whose widths are found at once.
const WIDTHS: usize = 64;

impl Pulse {
    /// The width, as a part of the period from 0 to 1, from a frame on. A pass of its own, which vectorises.
    fn widths(&self, first: u64, rate: u32, widths: &mut [f64]) {
        let (first, period, omega) = (first as f64, 1.0 / f64::from(rate), TAU * self.lfo_hz);
        for (k, width) in (0_i32..).zip(widths) {
            let time = (first + f64::from(k)) * period;
            *width = (self.depth * phase::sine(phase::reduce(omega * time)) + 1.0) / 4.0;
        }
    }

    /// Calls `each` with every phase, its width, and where the result belongs.
    fn with_widths(&self, run: &Run<'_>, out: &mut [f32], each: impl Fn(f64, f64, &mut f32)) {
        let mut widths = [0.0; WIDTHS];
        let firsts = (run.first..).step_by(WIDTHS);
        for ((out, phases), first) in out.chunks_mut(WIDTHS).zip(run.phases.chunks(WIDTHS)).zip(firsts) {
            let widths = &mut widths[..phases.len()];
            self.widths(first, run.rate, widths);
            for ((out, &phase), &mut width) in out.iter_mut().zip(phases).zip(widths) {
                each(phase, width, out);
            }
        }
    }
}

impl Wave for Pulse {
    fn naive(&self) -> bool {
        self.naive
    }

    fn formula(&self, run: &Run<'_>, out: &mut [f32]) {
        self.with_widths(run, out, |phase, width, out| *out = if phase < width * TAU { 1.0 } else { -1.0 });
    }

    /// The series of the sawtooth, for a pulse is the difference of two sawtooth waves.
    fn series(&self) -> Option<Series> {
        Some(sawtooth::series)
    }

    /// The falling edge moves by up to `depth * 2 pi lfo_hz / 4` periods a second, which raises the frequency of its
    /// sawtooth by so much, with sidebands at the distance of the LFO.
    fn harmonics(&self, top_hz: f64, rate: u32) -> usize {
        harmonics_below(f64::from(rate) / 2.0 - self.lfo_hz, top_hz + self.depth * TAU * self.lfo_hz / 4.0)
    }

    /// saw(phi - d) - saw(phi) is 2 - 2d up to the width d, and -2d from there.
    fn band_limited(&self, table: &Wavetable, run: &Run<'_>, out: &mut [f32]) {
        self.with_widths(run, out, |phase, width, out| {
            let shifted = phase::reduce(phase - width * TAU);
            *out = table.at(shifted) - table.at(phase) + (2.0 * width - 1.0) as f32;
        });
    }
}
