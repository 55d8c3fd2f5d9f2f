use super::iir::{self, Design, Section, warp};

crate::params! {
    /// Takes one frequency away and leaves the rest: mains hum, a ringing drum, a whistle.
    ///
    /// A filter of the second order with the response of the cookbook's notch (R. Bristow-Johnson, "Cookbook formulae for
    /// audio EQ biquad filter coefficients"), as a state-variable filter.
    pub struct Notch: "notch" {
        /// The frequency that is taken away, in hertz. At most 0.49 of the rate.
        freq_hz: f64 = 50.0, in 10.0..=40000.0;
        /// The quality: the frequency divided by the width of the notch between its -3 dB points. The higher, the narrower.
        q: f64 = 10.0, in 0.1..=100.0;
    }
}

impl Design for Notch {
    fn sections(&self, rate: u32) -> impl Iterator<Item = Section> {
        let k = 1.0 / self.q;
        std::iter::once(Section::state_variable(warp(self.freq_hz, rate), k, [1.0, -k, 0.0]))
    }
}

iir::filter!(Notch);
