use super::iir::{self, Design, Section, warp};

crate::params! {
    /// Turns the phase around a frequency and leaves every level as it is.
    ///
    /// Heard beside the dry sound it notches, as in a phaser; on one of two microphones it brings their phases together.
    /// A filter of the second order with the response of the cookbook's allpass (R. Bristow-Johnson, "Cookbook formulae
    /// for audio EQ biquad filter coefficients"), as a state-variable filter.
    pub struct Allpass: "allpass" {
        /// Where the phase is turned by half a circle, in hertz: not at all far below, by a full circle far above. At most
        /// 0.49 of the rate.
        freq_hz: f64 = 1000.0, in 10.0..=40000.0;
        /// The quality: the higher, the narrower the band in which the phase turns.
        q: f64 = 0.707, in 0.1..=100.0;
    }
}

impl Design for Allpass {
    fn sections(&self, rate: u32) -> impl Iterator<Item = Section> {
        let k = 1.0 / self.q;
        std::iter::once(Section::state_variable(warp(self.freq_hz, rate), k, [1.0, -2.0 * k, 0.0]))
    }
}

iir::filter!(Allpass);
