//! Half-band filters: what doubles a rate and halves it again.
//!
//! A lowpass at a quarter of its rate whose taps are zero at every even distance from the middle, so that half of the
//! work is a plain delay: P. P. Vaidyanathan, "Multirate Systems and Filter Banks" (1993), section 4.6. The taps are a
//! sinc under a window of J. F. Kaiser, "Nonrecursive Digital Filter Design Using the I0-sinh Window Function" (1974).

use std::f64::consts::PI;
use std::sync::LazyLock;

use crate::bessel::bessel_i0;

/// One half-band filter and how late it is.
pub struct HalfBand {
    /// The taps at the distances 1, 3, 5, ... from the middle, on both sides alike. The middle is 1, as it is for doubling.
    pub taps: Vec<f32>,
    /// By how many frames of the lower rate halving is late. Doubling is late by as many as there are taps.
    pub down_delay: usize,
}

/// How many filters there are, one a doubling.
pub const STAGES: usize = 3;

/// The filters for the first, second and third doubling. Of 48 kHz, what lies below 20 kHz is left alone to within 0.0001 dB,
/// and what mirrors onto it (or is its mirror image) is more than 100 dB down: from 28, 76 and 172 kHz on. The shapes of
/// the windows are the best for these edges.
///
/// The delays make the whole way up and down a whole number of frames of the lowest rate.
pub static HALF_BANDS: LazyLock<[HalfBand; STAGES]> = LazyLock::new(|| {
    [(20, 10.45, 19), (6, 10.95, 6), (4, 9.65, 4)]
        .map(|(count, beta, down_delay)| HalfBand { taps: taps(count, beta), down_delay })
});

impl HalfBand {
    /// By how many frames of the lower rate the way up and down is late.
    pub fn delay(&self) -> usize {
        self.taps.len() + self.down_delay
    }
}

/// A windowed sinc, scaled so that a constant passes as it is.
fn taps(count: usize, beta: f64) -> Vec<f32> {
    let tap = |k: usize| {
        let distance = (2 * k + 1) as f64;
        let place = distance / (2 * count) as f64;
        libm::sin(PI / 2.0 * distance) / (PI / 2.0 * distance) * bessel_i0(beta * (1.0 - place * place).sqrt())
    };
    let sum: f64 = (0..count).map(tap).sum();
    (0..count).map(|k| (0.5 * tap(k) / sum) as f32).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The gain at a frequency, as a share of the higher rate, of the filter with a middle of 1/2.
    fn gain(filter: &HalfBand, share: f64) -> f64 {
        let tap = |(k, tap): (usize, &f32)| f64::from(*tap) * libm::cos(2.0 * PI * share * (2 * k + 1) as f64);
        0.5 + filter.taps.iter().enumerate().map(tap).sum::<f64>()
    }

    #[test]
    fn twenty_kilohertz_pass_and_their_images_do_not() {
        for (stage, filter) in HALF_BANDS.iter().enumerate() {
            let rate = 96e3 * f64::from(1 << stage);
            for hz in (0..=20_000).step_by(10).map(f64::from) {
                let image = gain(filter, (rate / 2.0 - hz) / rate);
                assert!(crate::decibels(image.abs()) < -100.0, "stage {stage}: {image} at the image of {hz} Hz");
                assert!(crate::decibels(gain(filter, hz / rate)).abs() < 1e-4, "stage {stage} at {hz} Hz");
            }
        }
    }
}
