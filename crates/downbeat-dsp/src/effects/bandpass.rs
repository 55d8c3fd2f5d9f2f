use super::iir::{self, Design, Section, warp};

crate::params! {
    /// Lets through what lies around a frequency and takes away both sides, 6 dB an octave each: telephone, radio.
    ///
    /// A filter of the second order with the response of the cookbook's bandpass of 0 dB at its peak (R. Bristow-Johnson,
    /// "Cookbook formulae for audio EQ biquad filter coefficients"), as a state-variable filter.
    pub struct Bandpass: "bandpass" {
        /// The middle of the band, in hertz, which passes unchanged. At most 0.49 of the rate.
        freq_hz: f64 = 1000.0, in 10.0..=40000.0;
        /// The quality: the middle divided by the width of the band between its -3 dB points. The higher, the narrower.
        q: f64 = 0.707, in 0.1..=100.0;
    }
}

impl Design for Bandpass {
    fn sections(&self, rate: u32) -> impl Iterator<Item = Section> {
        let k = 1.0 / self.q;
        std::iter::once(Section::state_variable(warp(self.freq_hz, rate), k, [0.0, k, 0.0]))
    }
}

iir::filter!(Bandpass);
