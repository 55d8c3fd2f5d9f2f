//! The modified Bessel function that Kaiser windows are made of.

/// The modified Bessel function of the first kind of order 0 by its power series, the sum of `((x / 2)^k / k!)^2`, for the
/// shapes of windows: the terms left out count for nothing in 64 bits up to `x = 20`.
///
/// Source: Abramowitz and Stegun, "Handbook of Mathematical Functions" (1964), 9.6.12.
pub(crate) fn bessel_i0(x: f64) -> f64 {
    let (mut sum, mut term) = (1.0, 1.0);
    for k in 1..40 {
        term *= (x / 2.0 / f64::from(k)) * (x / 2.0 / f64::from(k));
        // What comes now is smaller still and would be rounded away.
        if term < 1e-17 * sum {
            break;
        }
        sum += term;
    }
    sum
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn is_its_series() {
        // The series in fractions of whole numbers, which round nothing. The greatest term is the tenth for 20: it has been
        // rounded by 1.1e-16 some forty times.
        for (x, expected) in [
            (0.0, 1.0),
            (1.0, 1.266_065_877_752_008_4),
            (6.0, 67.234_406_976_477_98),
            (10.95, 6_949.235_611_188_531),
            (20.0, 43_558_282.559_553_534),
        ] {
            let error = (bessel_i0(x) / expected - 1.0).abs();
            assert!(error < 4.4e-15, "{x}: off by {error:e}");
        }
    }
}
