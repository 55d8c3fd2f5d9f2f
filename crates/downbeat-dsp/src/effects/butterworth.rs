//! Butterworth's filters: as flat as can be where they pass, and as steep as one likes.

use std::f64::consts::PI;

use super::iir::{self, Design, Section, warp};

crate::choice! {
    /// What a filter lets through.
    pub enum Pass {
        /// What lies below its frequency.
        Low = "low",
        /// What lies above its frequency.
        High = "high",
    }
}

crate::params! {
    /// Takes away what lies above or below a frequency, as steeply as one likes, and is as flat as it can be elsewhere.
    ///
    /// The slope is 6 dB an octave for every order: 4 is 24 dB, 8 is 48 dB an octave. Sections of the second order (and
    /// one of the first, when the order is odd) follow one another, with the poles of S. Butterworth, "On the Theory of
    /// Filter Amplifiers", Experimental Wireless 7 (1930).
    pub struct Butterworth: "butterworth" {
        /// The corner, in hertz, where every order has exactly -3.01 dB. At most 0.49 of the rate.
        freq_hz: f64 = 1000.0, in 10.0..=40000.0;
        /// The order: how many times 6 dB an octave. It stays fixed while it plays.
        order: u32 = 4, in 1..=16;
        /// What passes: `"low"` is a lowpass, `"high"` a highpass.
        kind: Pass = Pass::Low;
    }
}

impl Design for Butterworth {
    fn sections(&self, rate: u32) -> impl Iterator<Item = Section> {
        let g = warp(self.freq_hz, rate);
        let order = f64::from(self.order);
        // The poles lie on a circle. Pairs of them are sections; one that is left over lies on the real axis.
        let pairs = (0..self.order / 2).map(move |pair| {
            let k = 2.0 * libm::sin(PI * f64::from(2 * pair + 1) / (2.0 * order));
            let mix = match self.kind {
                Pass::Low => [0.0, 0.0, 1.0],
                Pass::High => [1.0, -k, -1.0],
            };
            Section::state_variable(g, k, mix)
        });
        let odd = (!self.order.is_multiple_of(2)).then(|| match self.kind {
            Pass::Low => Section::one_pole(g, [0.0, 1.0]),
            Pass::High => Section::one_pole(g, [1.0, -1.0]),
        });
        odd.into_iter().chain(pairs)
    }
}

iir::filter!(Butterworth);
