//! Noise for sounds made by formula: `noise.py` makes the same.

/// From -1 to 1. Whole numbers only, so that any language has the same.
pub fn noise(i: usize) -> f64 {
    let mut x = (i as u32).wrapping_mul(2_654_435_761);
    x ^= x >> 15;
    x = x.wrapping_mul(2_246_822_519);
    x ^= x >> 13;
    f64::from(x & 0xffff) / 32_768.0 - 1.0
}
