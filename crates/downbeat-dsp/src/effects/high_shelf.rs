use super::iir::{self, Design, Section, shelf_gain, warp};

crate::params! {
    /// Raises or lowers what lies above a frequency and leaves the rest: the treble of an equaliser, air, brilliance.
    ///
    /// A filter of the second order with the response of the cookbook's high shelf (R. Bristow-Johnson, "Cookbook formulae
    /// for audio EQ biquad filter coefficients"), as a state-variable filter. A cut undoes a boost exactly.
    pub struct HighShelf: "high_shelf" {
        /// The middle of the slope, in hertz, where the change is half of `gain_db`. At most 0.49 of the rate.
        freq_hz: f64 = 8000.0, in 10.0..=40000.0;
        /// The change of level of the highs, in decibels.
        gain_db: f64 = 0.0, in -60.0..=60.0;
        /// The quality: 0.707 is as steep as it can be without a bump; less is gentler, more overshoots on both sides.
        q: f64 = 0.707, in 0.1..=100.0;
    }
}

impl Design for HighShelf {
    fn sections(&self, rate: u32) -> impl Iterator<Item = Section> {
        let a = shelf_gain(self.gain_db);
        let g = warp(self.freq_hz, rate) * a.sqrt();
        std::iter::once(high_shelf(g, a, 1.0 / self.q))
    }
}

/// Simper's high shelf: `a` is the root of the gain of the highs, `k` is 1/Q, and `g` is the warped frequency times the
/// root of `a`.
pub(super) fn high_shelf(g: f64, a: f64, k: f64) -> Section {
    Section::state_variable(g, k, [a * a, k * a * (1.0 - a), 1.0 - a * a])
}

iir::filter!(HighShelf);
