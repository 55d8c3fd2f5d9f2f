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

impl Pulse {
    /// The part of the period, 0 to 1, that is +1 at a frame.
    #[inline(always)]
    fn duty(&self, frame: u64, rate: u32) -> f64 {
        let time = frame as f64 * (1.0 / f64::from(rate));
        (self.depth * phase::sine(phase::reduce(TAU * self.lfo_hz * time)) + 1.0) / 4.0
    }
}

impl Wave for Pulse {
    fn naive(&self) -> bool {
        self.naive
    }

    fn formula(&self, run: &Run<'_>, out: &mut [f32]) {
        for ((out, &phase), frame) in out.iter_mut().zip(run.phases).zip(run.first..) {
            *out = if phase < self.duty(frame, run.rate) * TAU { 1.0 } else { -1.0 };
        }
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

    /// saw(phi - d) - saw(phi) is 2 - 2d up to the duty d, and -2d from there.
    fn band_limited(&self, table: &Wavetable, run: &Run<'_>, out: &mut [f32]) {
        for ((out, &phase), frame) in out.iter_mut().zip(run.phases).zip(run.first..) {
            let duty = self.duty(frame, run.rate);
            let shifted = phase - duty * TAU;
            let shifted = if shifted < 0.0 { shifted + TAU } else { shifted };
            *out = table.at(shifted) - table.at(phase) + (2.0 * duty - 1.0) as f32;
        }
    }
}
