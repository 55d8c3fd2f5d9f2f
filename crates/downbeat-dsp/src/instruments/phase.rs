//! Phase in radians: reduction to one period, and the sine of a reduced phase.
//!
//! Phases are formed in closed form (angular frequency times frame), so that a generator can start at any frame, and
//! are reduced exactly. Both functions are free of branches and calls, so that loops over them vectorise.

use std::f64::consts::{FRAC_PI_2, PI, TAU};

/// 1.5 * 2^52: adding and taking it away again rounds to the nearest whole number.
const ROUND: f64 = 6_755_399_441_055_744.0;
/// The upper 27 bits of [`TAU`]: times a whole number below 2^26 it is exact.
const TAU_HIGH: f64 = f64::from_bits(TAU.to_bits() & !((1 << 26) - 1));
/// The lower 26 bits of [`TAU`].
const TAU_LOW: f64 = TAU - TAU_HIGH;

/// The remainder of `x` divided by [`TAU`], from 0 to below `TAU`; exact (as of an infinitely precise division by this
/// `f64`) below 2^26 turns, which are 55 minutes at 20 kHz. The edges of the naive waves depend on that last bit.
#[inline(always)]
pub(super) fn reduce(x: f64) -> f64 {
    let turns = (x * (1.0 / TAU) + ROUND) - ROUND;
    let r = (x - turns * TAU_HIGH) - turns * TAU_LOW;
    if r < 0.0 { r + TAU } else { r }
}

/// The sine of a phase from 0 to [`TAU`]: the Taylor series to x^15 on a quarter of a turn, absolute error below 1e-11.
#[inline(always)]
pub(super) fn sine(reduced: f64) -> f64 {
    let y = reduced - PI;
    let folded = if y.abs() > FRAC_PI_2 { PI.copysign(y) - y } else { y };
    let z = folded * folded;
    let series = SERIES.iter().rev().fold(0.0, |sum, c| sum * z + c);
    -(folded + folded * z * series)
}

/// -1/3!, 1/5!, -1/7!, ... 1/17!: all but the first term of the sine's series.
const SERIES: [f64; 7] = [
    -1.0 / 6.0,
    1.0 / 120.0,
    -1.0 / 5_040.0,
    1.0 / 362_880.0,
    -1.0 / 39_916_800.0,
    1.0 / 6_227_020_800.0,
    -1.0 / 1_307_674_368_000.0,
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reduction_is_exact() {
        // fmod is exact by definition, so equality is to the bit, at the edges of the period above all.
        let mut x = 0.0;
        while x < 1e7 {
            for near in [x, f64::next_up(x), f64::next_down(x).max(0.0)] {
                assert_eq!(reduce(near).to_bits(), libm::fmod(near, TAU).to_bits(), "{near}");
            }
            x += if x < 1e4 { FRAC_PI_2 } else { 665.0 * FRAC_PI_2 };
        }
    }

    #[test]
    fn the_sine_is_near_the_sine() {
        for k in 0..=100_000 {
            let x = TAU * f64::from(k) / 100_000.0;
            // The first term left out is (pi/2)^17/17! = 6.1e-12.
            assert!((sine(x) - libm::sin(x)).abs() < 7e-12, "{x}");
        }
    }
}
