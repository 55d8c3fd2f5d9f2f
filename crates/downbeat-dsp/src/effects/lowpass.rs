use super::iir::{self, Design, Section, warp};

crate::params! {
    /// Takes away what lies above a frequency, 12 dB an octave: darker, softer, further away.
    ///
    /// A filter of the second order with the response of the cookbook's lowpass (R. Bristow-Johnson, "Cookbook formulae
    /// for audio EQ biquad filter coefficients"), as a state-variable filter.
    pub struct Lowpass: "lowpass" {
        /// The corner, in hertz: what lies well below passes unchanged. At most 0.49 of the rate.
        freq_hz: f64 = 1000.0, in 10.0..=40000.0;
        /// The quality: the level at the corner as a factor. 0.707 is as flat as it can be (-3 dB), more rings and whistles.
        q: f64 = 0.707, in 0.1..=100.0;
    }
}

impl Design for Lowpass {
    fn sections(&self, rate: u32) -> impl Iterator<Item = Section> {
        std::iter::once(Section::state_variable(warp(self.freq_hz, rate), 1.0 / self.q, [0.0, 0.0, 1.0]))
    }
}

iir::filter!(Lowpass);
