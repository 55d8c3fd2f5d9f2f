use super::iir::{self, Design, Section, shelf_gain, warp};

crate::params! {
    /// Raises or lowers what lies below a frequency and leaves the rest: the bass of an equaliser.
    ///
    /// A filter of the second order with the response of the cookbook's low shelf (R. Bristow-Johnson, "Cookbook formulae
    /// for audio EQ biquad filter coefficients"), as a state-variable filter. A cut undoes a boost exactly.
    pub struct LowShelf: "low_shelf" {
        /// The middle of the slope, in hertz, where the change is half of `gain_db`. At most 0.49 of the rate.
        freq_hz: f64 = 120.0, in 10.0..=40000.0;
        /// The change of level of the lows, in decibels.
        gain_db: f64 = 0.0, in -60.0..=60.0;
        /// The quality: 0.707 is as steep as it can be without a bump; less is gentler, more overshoots on both sides.
        q: f64 = 0.707, in 0.1..=100.0;
    }
}

impl Design for LowShelf {
    fn sections(&self, rate: u32) -> impl Iterator<Item = Section> {
        let a = shelf_gain(self.gain_db);
        let k = 1.0 / self.q;
        let g = warp(self.freq_hz, rate) / a.sqrt();
        std::iter::once(Section::state_variable(g, k, [1.0, k * (a - 1.0), a * a - 1.0]))
    }
}

iir::filter!(LowShelf);
