//! Powers as decibels.

use super::fft::LANES;
use crate::simd::{self, Work};

/// Powers become decibels: `10 log10(max(power, amin) / max(reference, amin))`, and none is more than `top_db` below the
/// largest of them. `librosa.power_to_db` does the same; its defaults are a reference of 1, an `amin` of 1e-10 and a
/// `top_db` of 80.
///
/// What is not a number becomes what `amin` is. An `amin` of zero or below counts as the smallest positive number.
pub fn power_to_db(values: &mut [f32], reference: f32, amin: f32, top_db: Option<f32>) {
    let amin = if amin > 0.0 { amin } else { f32::MIN_POSITIVE };
    let offset = (10.0 * libm::log10(f64::from(reference.abs().max(amin)))) as f32;
    let largest = simd::widest(ToDecibels { values, amin, offset });
    if let Some(top_db) = top_db {
        simd::widest(Raised { values, floor: largest - top_db.max(0.0) });
    }
}

/// Powers that become decibels above `offset`. What comes out is the largest of them.
struct ToDecibels<'a> {
    values: &'a mut [f32],
    amin: f32,
    offset: f32,
}

impl Work for ToDecibels<'_> {
    type Output = f32;

    #[inline(always)]
    fn run(self) -> f32 {
        let ToDecibels { values, amin, offset } = self;
        let decibels = |power: f32| decibels(larger(power, amin)) - offset;
        let mut largest = [f32::NEG_INFINITY; LANES];
        let (groups, rest) = values.as_chunks_mut::<LANES>();
        for group in groups {
            for l in 0..LANES {
                group[l] = decibels(group[l]);
                largest[l] = larger(group[l], largest[l]);
            }
        }
        let largest = largest.into_iter().fold(f32::NEG_INFINITY, larger);
        rest.iter_mut().fold(largest, |largest, value| {
            *value = decibels(*value);
            larger(*value, largest)
        })
    }
}

/// Decibels of which none stays below the floor.
struct Raised<'a> {
    values: &'a mut [f32],
    floor: f32,
}

impl Work for Raised<'_> {
    type Output = ();

    #[inline(always)]
    fn run(self) {
        self.values.iter_mut().for_each(|value| *value = larger(*value, self.floor));
    }
}

/// The larger one; the second where the first is not a number.
#[inline(always)]
fn larger(a: f32, b: f32) -> f32 {
    if a > b { a } else { b }
}

/// `10 log10(power)` of a positive number, rounded to 32 bits a few times, in arithmetic that works on whole vectors.
///
/// The number is `2^e m` with `m` around 1, and `ln m = 2 artanh(s)` with `s = (m - 1) / (m + 1)`: a series in the odd
/// powers of `s`, of which `|s| <= 0.172` leaves no more than 1e-9 after the ninth.
#[inline(always)]
fn decibels(power: f32) -> f32 {
    // The bits of the root of one half: what is above it up to twice as much is `m`.
    const ROOT_HALF: u32 = 0x3f35_04f3;
    const DB_PER_OCTAVE: f32 = 10.0 * std::f32::consts::LOG10_2;
    const DB_PER_NEPER: f32 = 10.0 * std::f32::consts::LOG10_E;
    let bits = power.to_bits().wrapping_sub(ROOT_HALF);
    let octaves = (bits as i32 >> 23) as f32;
    let m = f32::from_bits((bits & 0x007f_ffff).wrapping_add(ROOT_HALF));
    let s = (m - 1.0) / (m + 1.0);
    let s2 = s * s;
    let series = 1.0 + s2 * (1.0 / 3.0 + s2 * (1.0 / 5.0 + s2 * (1.0 / 7.0 + s2 * (1.0 / 9.0))));
    octaves * DB_PER_OCTAVE + (2.0 * DB_PER_NEPER) * s * series
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn is_ten_times_the_logarithm() {
        let mut power = f32::MIN_POSITIVE;
        while power < 1e38 {
            let expected = 10.0 * libm::log10(f64::from(power));
            let error = (f64::from(decibels(power)) - expected).abs();
            // The two terms, their sum and what they are made of are rounded to 6e-8 each.
            assert!(error < 3.0 * f64::from(f32::EPSILON) * expected.abs().max(1.0), "{power}: {error}");
            power *= 1.000_37;
        }
    }

    #[test]
    fn has_a_floor_and_a_range() {
        let mut values = [1.0, 0.0, f32::NAN, 1e-3, 100.0];
        power_to_db(&mut values, 1.0, 1e-10, None);
        for (value, expected) in values.iter().zip([0.0, -100.0, -100.0, -30.0, 20.0]) {
            assert!((value - expected).abs() < 1e-5, "{value}, not {expected}");
        }
        let mut values = [1.0, 0.0, 1e-3, 100.0];
        power_to_db(&mut values, 10.0, 1e-10, Some(40.0));
        for (value, expected) in values.iter().zip([-10.0, -30.0, -30.0, 10.0]) {
            assert!((value - expected).abs() < 1e-5, "{value}, not {expected}");
        }
        power_to_db(&mut [], 1.0, 1e-10, Some(80.0));
    }
}
