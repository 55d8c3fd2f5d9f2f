//! Binary logarithms and powers of many numbers at once: without branches, and the same on every machine.

use std::f32::consts::SQRT_2;

/// The polynomial next to `log2(1 + t) / t` for t from 1/√2 - 1 to √2 - 1, by the exchange algorithm of Remez: the product
/// with t is off by 4.4e-7 at most.
const LOG: [f32; 7] = [1.442_704_4, -0.721_351, 0.480_181_43, -0.359_869_63, 0.302_074_4, -0.265_592_13, 0.144_520_64];

/// The polynomial next to `(2^t - 1) / t` for t from -1/2 to 1/2, likewise: the power is off by a share of 2.6e-9.
const EXP: [f32; 6] = [0.693_147_24, 0.240_226_52, 0.055_503_104, 0.009_617_693, 0.001_340_664_3, 0.000_155_946_78];

/// The binary logarithm of a number that is positive, to within 1e-6 and the rounding of the result. 0 gives about -127,
/// infinity about 128.
#[inline(always)]
pub fn log2(x: f32) -> f32 {
    // The number is m * 2^e with m from 1/√2 to √2.
    let bits = x.to_bits();
    let low = f32::from_bits((bits & 0x007f_ffff) | 0x3f80_0000);
    let is_high = low > SQRT_2;
    let m = if is_high { 0.5 * low } else { low };
    let e = (bits >> 23) as i32 - if is_high { 126 } else { 127 };
    let t = m - 1.0;
    let u = t * t;
    let odd = (LOG[5] * u + LOG[3]) * u + LOG[1];
    let even = ((LOG[6] * u + LOG[4]) * u + LOG[2]) * u + LOG[0];
    e as f32 + t * (even + t * odd)
}

/// Two to the power of x, to within a share of 1.5e-7; exactly 1 for 0. Beyond ±126 it stays what it is there.
#[inline(always)]
pub fn exp2(x: f32) -> f32 {
    // Added to this number, another one is rounded to a whole one, which then stands in the lowest bits.
    const ROUNDER: f32 = 12_582_912.0;
    let x = if x > -126.0 { x } else { -126.0 };
    let x = if x < 126.0 { x } else { 126.0 };
    let rounded = x + ROUNDER;
    let t = x - (rounded - ROUNDER);
    let scale = f32::from_bits((rounded.to_bits() << 23).wrapping_add(0x3f80_0000));
    let u = t * t;
    let odd = (EXP[4] * u + EXP[2]) * u + EXP[0];
    let even = (EXP[5] * u + EXP[3]) * u + EXP[1];
    scale * (1.0 + t * (odd + t * even))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn logarithms_are_right_to_a_millionth() {
        // Every 1009th of all normal floats: two million of them.
        for bits in (f32::MIN_POSITIVE.to_bits()..f32::INFINITY.to_bits()).step_by(1009) {
            let x = f32::from_bits(bits);
            let exact = libm::log2(f64::from(x));
            // 4.4e-7, a few roundings of numbers below 1, and that of the sum with the exponent.
            assert!((f64::from(log2(x)) - exact).abs() < 6e-7 + 6e-8 * exact.abs(), "{x:e}");
        }
        assert_eq!(log2(1.0), 0.0);
        assert!(log2(0.0) <= -126.9 && log2(1e-40) <= -125.9 && log2(f32::INFINITY) > 127.9);
    }

    #[test]
    fn powers_are_right_to_their_last_bits() {
        for i in -1_260_000..=1_260_000 {
            let x = i as f32 * 1e-4;
            let exact = libm::exp2(f64::from(x));
            assert!((f64::from(exp2(x)) / exact - 1.0).abs() < 1.5e-7, "{x}");
        }
        assert_eq!([exp2(0.0), exp2(-1.0), exp2(3.0)], [1.0, 0.5, 8.0]);
        assert!(exp2(-1e9) > 0.0 && exp2(1e9) == exp2(126.0));
    }
}
