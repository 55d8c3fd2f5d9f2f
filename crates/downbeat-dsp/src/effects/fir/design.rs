//! Design by frequency sampling: a response drawn with straight lines, and a window.
//!
//! A. V. Oppenheim, R. W. Schafer, "Discrete-Time Signal Processing", section 7.5 (windows), and the choice of grid of
//! SciPy's `firwin2`: the same taps, to rounding.

use super::fft::{Fft, Spectrum};

/// A response drawn with straight lines: one gain up to `low_hz`, another from `high_hz` on, a ramp between.
#[derive(Clone, Copy, PartialEq)]
pub struct Response {
    /// The number of taps, at least one.
    pub taps: usize,
    /// Where the ramp starts, in hertz.
    pub low_hz: f64,
    /// Where the ramp ends, in hertz. What lies above half the rate does not come into it.
    pub high_hz: f64,
    /// The gain below the ramp, as a factor.
    pub low_gain: f64,
    /// The gain above the ramp, as a factor.
    pub high_gain: f64,
}

impl Response {
    /// The taps at a rate in frames per second: symmetric, so that the phase is linear.
    pub fn design(&self, rate: u32) -> Vec<f64> {
        let intervals = self.taps.next_power_of_two();
        let nyquist = f64::from(rate) / 2.0;
        let mut spectrum = Spectrum::default();
        for k in 0..=intervals {
            let share = k as f64 / intervals as f64;
            let gain = self.gain(share * nyquist);
            // A delay of half the response turns frequency k by this share of a circle, whole turns left out.
            let turn = (self.taps - 1) * k % (4 * intervals);
            let (sin, cos) = libm::sincos(-std::f64::consts::TAU * turn as f64 / (4 * intervals) as f64);
            spectrum.re.push(gain * cos);
            spectrum.im.push(gain * sin);
        }
        let sampled = Fft::new(2 * intervals).inverse(&spectrum);
        // The window makes the ends soft; both halves are taken from the first, so that they mirror to the last bit.
        (0..self.taps).map(|k| k.min(self.taps - 1 - k)).map(|k| sampled[k] * hann(k, self.taps)).collect()
    }

    /// The gain wanted at a frequency.
    fn gain(&self, hz: f64) -> f64 {
        if hz <= self.low_hz {
            self.low_gain
        } else if hz >= self.high_hz {
            self.high_gain
        } else {
            let share = (hz - self.low_hz) / (self.high_hz - self.low_hz);
            self.low_gain + share * (self.high_gain - self.low_gain)
        }
    }
}

/// The symmetric Hann window, which is zero at both ends.
fn hann(k: usize, points: usize) -> f64 {
    if points == 1 {
        return 1.0;
    }
    0.5 - 0.5 * libm::cos(std::f64::consts::TAU * k as f64 / (points - 1) as f64)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The size of the taps' response at a frequency, from its definition.
    fn size(taps: &[f64], hz: f64, rate: f64) -> f64 {
        let angle = |k: usize| std::f64::consts::TAU * hz / rate * k as f64;
        let re: f64 = taps.iter().enumerate().map(|(k, h)| h * libm::cos(angle(k))).sum();
        let im: f64 = taps.iter().enumerate().map(|(k, h)| h * libm::sin(angle(k))).sum();
        libm::hypot(re, im)
    }

    #[test]
    fn passes_and_stops() {
        // A Hann window of n taps blurs a corner over about 2 rate/n Hz to either side; beyond, its side lobes are
        // below -44 dB (Oppenheim and Schafer, table 7.2), and the ripple as small on the other side.
        for (low_gain, high_gain) in [(1.0, 0.0), (0.0, 1.0)] {
            let response = Response { taps: 255, low_hz: 3000.0, high_hz: 4000.0, low_gain, high_gain };
            let taps = response.design(48_000);
            for hz in (0..24_000).step_by(50).map(f64::from) {
                let wanted = if hz < 2600.0 {
                    low_gain
                } else if hz > 4400.0 {
                    high_gain
                } else {
                    continue;
                };
                let error = (size(&taps, hz, 48_000.0) - wanted).abs();
                assert!(error < crate::ratio(-44.0), "{hz} Hz is off by {error}");
            }
            assert!((size(&taps, 3500.0, 48_000.0) - 0.5).abs() < 0.001, "half way in the middle of the ramp");
        }
    }

    #[test]
    fn taps_mirror_to_the_last_bit() {
        for taps in [1, 2, 3, 8, 19, 20, 64, 100] {
            let h = Response { taps, low_hz: 100.0, high_hz: 900.0, low_gain: 1.0, high_gain: 0.0 }.design(44_100);
            assert_eq!(h.len(), taps);
            assert!(h.iter().eq(h.iter().rev()));
        }
    }

    #[test]
    fn a_band_beyond_half_the_rate_lets_everything_through() {
        let all = Response { taps: 31, low_hz: 30_000.0, high_hz: 40_000.0, low_gain: 1.0, high_gain: 0.0 };
        for (k, h) in all.design(48_000).iter().enumerate() {
            // A single click; the transform rounds to 64 bits.
            let click = f64::from(u8::from(k == 15));
            assert!((h - click).abs() < 1e-15, "{k}: {h}");
        }
    }
}
