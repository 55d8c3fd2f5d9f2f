//! Design to a specification: an ideal response and Kaiser's window, as long as it takes.
//!
//! J. F. Kaiser, "Nonrecursive digital filter design using the I0-sinh window function", Proc. IEEE Int. Symp. Circuits
//! and Systems (1974); the formulae for the window and the length stand in Oppenheim and Schafer, section 7.5.3.

use std::f64::consts::{PI, TAU};

/// By how many decibels the next attempt is stricter, when one has failed.
const STRICTER_DB: f64 = 0.25;
/// How many attempts there are at most. Where two edges add their ripples, 6 dB are enough.
const ATTEMPTS: u32 = 80;
/// Lobes of the ripple that are measured on each side of an edge: it is largest there, and falls with the distance.
const LOBES: usize = 8;
/// Frequencies in a lobe. A peak lies at most half a step from one of them, where a sine has lost half a percent.
const STEPS: usize = 16;
/// That loss, made up for.
const BETWEEN: f64 = 1.005;

/// What a filter has to keep to. Frequencies are shares of the rate.
#[derive(Clone, PartialEq, Debug)]
pub struct Specification {
    /// The middles of the transitions, from the lowest up: one or two. One at or above 0.5 does not come into it.
    pub edges: Vec<f64>,
    /// The width of a transition.
    pub width: f64,
    /// Whether zero frequency lies in a band that passes.
    pub passes_lows: bool,
    /// The largest distance of the gain from 1 where it passes.
    pub ripple: f64,
    /// The largest gain where it stops.
    pub leak: f64,
}

impl Specification {
    /// The taps: odd in number and symmetric, so that the phase is linear and the delay a whole number of frames.
    ///
    /// Kaiser's formulae are good to a few per cent, so the response is measured; as long as it misses the specification,
    /// the next attempt is for a little more attenuation.
    pub fn design(&self) -> Vec<f64> {
        let wanted_db = -crate::decibels(self.ripple.min(self.leak));
        let attempt = |i: u32| self.windowed(wanted_db + STRICTER_DB * f64::from(i));
        let half = (0..ATTEMPTS).map(attempt).find(|half| self.holds(half)).unwrap_or_else(|| attempt(ATTEMPTS));
        half[1..].iter().rev().chain(&half).copied().collect()
    }

    /// The middle tap and those after it, for an attenuation.
    fn windowed(&self, db: f64) -> Vec<f64> {
        let beta = if db > 50.0 {
            0.1102 * (db - 8.7)
        } else if db > 21.0 {
            0.5842 * libm::pow(db - 21.0, 0.4) + 0.07886 * (db - 21.0)
        } else {
            0.0
        };
        let order = (db - 7.95).max(0.0) / (2.285 * TAU * self.width);
        let after = ((order / 2.0).ceil() as usize).max(1);
        let whole = bessel(beta);
        let window = |m: usize| {
            let place = m as f64 / after as f64;
            bessel(beta * (1.0 - place * place).max(0.0).sqrt()) / whole
        };
        (0..=after).map(|m| self.ideal(m) * window(m)).collect()
    }

    /// The ideal response, `m` frames from its middle.
    fn ideal(&self, m: usize) -> f64 {
        let click = if m == 0 { 1.0 } else { 0.0 };
        let below = |edge: f64| {
            if edge >= 0.5 {
                click
            } else if m == 0 {
                2.0 * edge
            } else {
                libm::sin(TAU * edge * m as f64) / (PI * m as f64)
            }
        };
        // What passes from zero up to the first edge, less what passes up to the second one; or the rest of that.
        let lows: f64 = self.edges.iter().zip([1.0, -1.0]).map(|(&edge, sign)| sign * below(edge)).sum();
        match (self.passes_lows, self.edges.len()) {
            (true, 1) => lows,
            (true, _) => click + lows,
            (false, 1) => click - lows,
            (false, _) => -lows,
        }
    }

    /// Whether the response keeps to the specification around every edge, and at both ends of the spectrum.
    fn holds(&self, half: &[f64]) -> bool {
        let lobe = 0.5 / half.len() as f64;
        let ends = [0.0, 0.5];
        let around = self.edges.iter().flat_map(|edge| {
            [-1.0, 1.0].into_iter().flat_map(move |side| {
                let from = edge + side * self.width / 2.0;
                (0..LOBES * STEPS).map(move |i| from + side * lobe * i as f64 / STEPS as f64)
            })
        });
        ends.into_iter().chain(around).filter(|f| (0.0..=0.5).contains(f)).all(|f| match self.gain(f) {
            Some(gain) => {
                let most = if gain == 1.0 { self.ripple } else { self.leak };
                (response(half, f) - gain).abs() * BETWEEN <= most
            }
            None => true,
        })
    }

    /// The gain at a frequency, 0 or 1; none in a transition.
    fn gain(&self, f: f64) -> Option<f64> {
        let within = |edge: &&f64| **edge < 0.5 && (f - **edge).abs() < self.width / 2.0 * (1.0 - 1e-9);
        if self.edges.iter().find(within).is_some() {
            return None;
        }
        let crossed = self.edges.iter().filter(|edge| **edge < 0.5 && f > **edge).count();
        Some(if crossed.is_multiple_of(2) == self.passes_lows { 1.0 } else { 0.0 })
    }
}

/// The response at a frequency, without the delay: `h[0] + 2 sum(h[m] cos(TAU f m))`.
fn response(half: &[f64], f: f64) -> f64 {
    let (sin, cos) = libm::sincos(TAU * f);
    let (mut re, mut im) = (1.0, 0.0);
    let mut sum = 0.0;
    for h in &half[1..] {
        (re, im) = (re * cos - im * sin, re * sin + im * cos);
        sum += h * re;
    }
    half[0] + 2.0 * sum
}

/// The modified Bessel function of the first kind and order zero: `sum(((x/2)^n / n!)^2)`.
fn bessel(x: f64) -> f64 {
    let square = x * x / 4.0;
    let (mut sum, mut term, mut n) = (1.0, 1.0, 1.0);
    // The terms fall from n = x/2 on.
    while term > 1e-17 * sum {
        term *= square / (n * n);
        sum += term;
        n += 1.0;
    }
    sum
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_bessel_function_is_the_tabulated_one() {
        // M. Abramowitz, I. Stegun, "Handbook of Mathematical Functions", table 9.8 and 9.11: I0(1), I0(5), I0(10).
        for (x, expected) in [(0.0, 1.0), (1.0, 1.266_065_877_8), (5.0, 27.239_871_823_6), (10.0, 2_815.716_628_466)] {
            assert!((bessel(x) / expected - 1.0).abs() < 1e-10, "{x}: {}", bessel(x));
        }
    }

    fn lowpass(edge: f64, width: f64, ripple: f64, leak: f64) -> Specification {
        Specification { edges: vec![edge], width, passes_lows: true, ripple, leak }
    }

    #[test]
    fn the_length_is_kaisers_to_a_few_per_cent() {
        for db in [30.0, 60.0, 100.0] {
            let most = crate::ratio(-db);
            let taps = lowpass(0.1, 0.01, most, most).design().len();
            let kaiser = (db - 7.95) / (2.285 * TAU * 0.01) + 1.0;
            assert!((0.97..1.06).contains(&(taps as f64 / kaiser)), "{taps} for {kaiser}");
        }
    }

    #[test]
    fn an_edge_beyond_half_the_rate_lets_everything_through() {
        let taps = lowpass(0.7, 0.01, 0.01, 0.001).design();
        assert!(taps.iter().enumerate().all(|(k, &h)| h == f64::from(u8::from(k == taps.len() / 2))));
    }
}
