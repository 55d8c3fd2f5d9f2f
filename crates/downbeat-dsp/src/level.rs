//! Decibels and ratios.

/// The level of an amplitude ratio in decibels, `20 log10(ratio)`. Zero and below give minus infinity.
pub fn decibels(ratio: f64) -> f64 {
    if ratio > 0.0 { 20.0 * libm::log10(ratio) } else { f64::NEG_INFINITY }
}

/// The amplitude ratio of a level in decibels, `10^(db/20)`.
pub fn ratio(decibels: f64) -> f64 {
    libm::pow(10.0, decibels / 20.0)
}
