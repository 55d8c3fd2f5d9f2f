use super::high_shelf::high_shelf;
use super::iir::{self, Design, Section, warp};

crate::params! {
    /// Tilts the spectrum about a frequency: the highs up and the lows down, or the other way round. Brighter or darker.
    ///
    /// A high shelf of twice the gain, turned down by the gain, so that the pivot keeps its level. The shelf is the
    /// cookbook's (R. Bristow-Johnson, "Cookbook formulae for audio EQ biquad filter coefficients"), as a state-variable
    /// filter. A tilt the other way undoes it exactly.
    pub struct Tilt: "tilt" {
        /// The pivot, in hertz, which keeps its level. At most 0.49 of the rate.
        freq_hz: f64 = 700.0, in 10.0..=40000.0;
        /// By how many decibels the highs go up and the lows go down; negative the other way round.
        gain_db: f64 = 0.0, in -30.0..=30.0;
        /// The quality: 0.5 is a broad and even slope, less is broader, 0.707 is as steep as it can be without a bump.
        q: f64 = 0.5, in 0.1..=100.0;
    }
}

impl Design for Tilt {
    fn sections(&self, rate: u32) -> impl Iterator<Item = Section> {
        let a = crate::ratio(self.gain_db);
        let shelf = high_shelf(warp(self.freq_hz, rate) * a.sqrt(), a, 1.0 / self.q);
        std::iter::once(Section { c: shelf.c.map(|c| c / a), d: shelf.d / a, ..shelf })
    }
}

iir::filter!(Tilt);
