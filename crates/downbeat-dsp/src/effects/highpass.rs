use super::iir::{self, Design, Section, warp};

crate::params! {
    /// Takes away what lies below a frequency, 12 dB an octave: rumble, handling noise, mud.
    ///
    /// A filter of the second order with the response of the cookbook's highpass (R. Bristow-Johnson, "Cookbook formulae
    /// for audio EQ biquad filter coefficients"), as a state-variable filter.
    pub struct Highpass: "highpass" {
        /// The corner, in hertz: what lies well above passes unchanged. At most 0.49 of the rate.
        freq_hz: f64 = 80.0, in 10.0..=40000.0;
        /// The quality: the level at the corner as a factor. 0.707 is as flat as it can be (-3 dB), more rings and whistles.
        q: f64 = 0.707, in 0.1..=100.0;
    }
}

impl Design for Highpass {
    fn sections(&self, rate: u32) -> impl Iterator<Item = Section> {
        let k = 1.0 / self.q;
        std::iter::once(Section::state_variable(warp(self.freq_hz, rate), k, [1.0, -k, -1.0]))
    }
}

iir::filter!(Highpass);
