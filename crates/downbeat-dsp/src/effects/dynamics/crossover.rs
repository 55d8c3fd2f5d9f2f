//! Splitting a sound into bands that add up to it again.

use std::f64::consts::SQRT_2;

use crate::effects::iir::{Design, Section, warp};

crate::choice! {
    /// A band.
    pub enum Band {
        /// Below the lower frequency.
        Low = "low",
        /// Between both.
        Mid = "mid",
        /// Above the upper one.
        High = "high",
    }
}

crate::params! {
    /// A band of three, cut out by filters after Linkwitz and Riley, 24 dB an octave.
    ///
    /// S. H. Linkwitz, "Active Crossover Networks for Noncoincident Drivers", JAES 24 (1976): two Butterworth filters of
    /// the second order in a row on each side add up to an allpass of the second order. The low band passes the allpass of
    /// the upper frequency, too, so that all three add up to the allpasses of both: level to the last bits.
    pub struct Crossover: "crossover" {
        /// The lower frequency, in hertz.
        low_hz: f64 = 200.0, in 10.0..=40000.0;
        /// The upper frequency, in hertz.
        high_hz: f64 = 2500.0, in 10.0..=40000.0;
        /// The band.
        band: Band = Band::Low;
    }
}

impl Design for Crossover {
    fn sections(&self, rate: u32) -> impl Iterator<Item = Section> {
        let (low, high) = (warp(self.low_hz, rate), warp(self.high_hz, rate));
        let allpass = Section::state_variable(high, SQRT_2, [1.0, -2.0 * SQRT_2, 0.0]);
        let sections = match self.band {
            Band::Low => [Some(lowpass(low)), Some(lowpass(low)), Some(allpass), None],
            Band::Mid => [highpass(low), highpass(low), lowpass(high), lowpass(high)].map(Some),
            Band::High => [highpass(low), highpass(low), highpass(high), highpass(high)].map(Some),
        };
        sections.into_iter().flatten()
    }
}

crate::choice! {
    /// A side of a frequency.
    pub enum Side {
        /// What lies below it.
        Below = "below",
        /// What lies above it.
        Above = "above",
    }
}

crate::params! {
    /// A band of two, like those of three: both add up to an allpass.
    pub struct Split: "split" {
        /// Where they meet, in hertz.
        freq_hz: f64 = 6000.0, in 10.0..=40000.0;
        /// The side.
        side: Side = Side::Below;
    }
}

impl Design for Split {
    fn sections(&self, rate: u32) -> impl Iterator<Item = Section> {
        let g = warp(self.freq_hz, rate);
        let section = match self.side {
            Side::Below => lowpass(g),
            Side::Above => highpass(g),
        };
        [section; 2].into_iter()
    }
}

/// Butterworth's lowpass of the second order.
fn lowpass(g: f64) -> Section {
    Section::state_variable(g, SQRT_2, [0.0, 0.0, 1.0])
}

/// Butterworth's highpass of the second order.
fn highpass(g: f64) -> Section {
    Section::state_variable(g, SQRT_2, [1.0, -SQRT_2, -1.0])
}
