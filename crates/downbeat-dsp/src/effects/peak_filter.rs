use super::iir::{self, Design, Section, shelf_gain, warp};

crate::params! {
    /// Raises or lowers what lies around a frequency and leaves the rest: the bell of an equaliser.
    ///
    /// A filter of the second order with the response of the cookbook's peaking EQ (R. Bristow-Johnson, "Cookbook formulae
    /// for audio EQ biquad filter coefficients"), as a state-variable filter. A cut undoes a boost exactly.
    pub struct PeakFilter: "peak_filter" {
        /// The middle of the bell, in hertz. At most 0.49 of the rate.
        freq_hz: f64 = 1000.0, in 10.0..=40000.0;
        /// The change of level in the middle, in decibels.
        gain_db: f64 = 0.0, in -60.0..=60.0;
        /// The quality: the middle divided by the width of the bell between the points of half the gain in decibels. The
        /// higher, the narrower.
        q: f64 = 1.0, in 0.1..=100.0;
    }
}

impl Design for PeakFilter {
    fn sections(&self, rate: u32) -> impl Iterator<Item = Section> {
        let a = shelf_gain(self.gain_db);
        let k = 1.0 / (self.q * a);
        std::iter::once(Section::state_variable(warp(self.freq_hz, rate), k, [1.0, k * (a * a - 1.0), 0.0]))
    }
}

iir::filter!(PeakFilter);
