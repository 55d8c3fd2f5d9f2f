//! The oscillator below hearing (LFO) that moves things.
//!
//! Its phase is a whole number, 2^64 of which are a turn: it adds up without rounding, so that any block size gives the
//! same bits, and a rate that moves never makes it jump.

/// A phase in motion, zero at first.
#[derive(Clone, PartialEq, Default)]
pub struct Lfo {
    phase: u64,
}

impl Lfo {
    /// How far the phase moves in a frame, for [`Lfo::triangle`] and [`Lfo::advance`]: off by 2^-53 of itself at most.
    #[inline(always)]
    pub fn step(rate_hz: f64, rate: u32) -> u64 {
        turns(rate_hz / f64::from(rate))
    }

    /// The triangle of the next frames: 1 at the beginning of a turn, -1 in the middle. The phase stays where it is.
    ///
    /// `ahead` is what the phase is seen ahead of itself, from [`turns`].
    #[inline(always)]
    pub fn triangle(&self, step: u64, ahead: u64, out: &mut [f64]) {
        let mut phase = self.phase.wrapping_add(ahead);
        for y in out {
            // 32 bits are a billionth of a turn. As a signed number they are the turn's share from -1/2 to 1/2.
            *y = 1.0 - f64::from((phase >> 32) as i32).abs() * (1.0 / f64::from(1 << 30));
            phase = phase.wrapping_add(step);
        }
    }

    /// Goes on by so many frames.
    #[inline(always)]
    pub fn advance(&mut self, step: u64, frames: usize) {
        self.phase = self.phase.wrapping_add(step.wrapping_mul(frames as u64));
    }
}

/// A share of a turn, from 0 on, as a phase. Whole turns do not count.
#[inline(always)]
pub fn turns(share: f64) -> u64 {
    // 2^64 itself is one too many for the number, so the half is converted, exactly.
    ((share - share.floor()) * 9_223_372_036_854_775_808.0) as u64 * 2
}

/// Three quarters of a turn: seen so far ahead, a cosine is a sine.
pub const AS_SINE: u64 = 3 << 62;
/// Half a turn: seen so far ahead, a triangle begins at its lowest.
pub const HALF: u64 = 1 << 63;

/// sin(pi/2 t) for t from -1 to 1: makes the cosine of the triangle. The Taylor series to t^15; (pi/2)^17/17! = 6e-12 are
/// left out.
#[inline(always)]
pub fn round(t: f64) -> f64 {
    let s = t * t;
    SERIES.iter().rev().fold(0.0, |sum, c| sum * s + c) * t
}

/// The coefficients of [`round`]: (pi/2)^n / n! for n = 1, 3, 5, ... with alternating signs.
const SERIES: [f64; 8] = [
    std::f64::consts::FRAC_PI_2,
    -0.645_964_097_506_246_3,
    0.079_692_626_246_167_05,
    -0.004_681_754_135_318_688,
    0.000_160_441_184_787_359_83,
    -3.598_843_235_212_085e-6,
    5.692_172_921_967_927e-8,
    -6.688_035_109_811_468e-10,
];

#[cfg(test)]
mod tests {
    use super::*;
    use std::f64::consts::TAU;

    #[test]
    fn it_is_the_cosine_of_its_rate_for_hours() {
        for (rate_hz, rate) in [(0.01, 44_100), (0.3, 48_000), (5.0, 44_100), (20_000.0, 48_000)] {
            let step = Lfo::step(rate_hz, rate);
            let (mut lfo, mut frame) = (Lfo::default(), 0);
            for skip in [0, 1, 999, 1_000_000, 300_000_000] {
                lfo.advance(step, skip);
                frame += skip;
                let mut triangle = [0.0];
                lfo.triangle(step, 0, &mut triangle);
                // fmod is exact; the share of the turn in a frame is rounded to 2^-53, and that adds up.
                let turn = libm::fmod(frame as f64 * rate_hz, f64::from(rate)) / f64::from(rate);
                assert!((round(triangle[0]) - libm::cos(TAU * turn)).abs() < 1e-6, "{rate_hz} Hz at {frame}");
            }
        }
    }

    #[test]
    fn the_series_is_the_sine() {
        for i in -1000..=1000 {
            let t = f64::from(i) / 1000.0;
            assert!((round(t) - libm::sin(std::f64::consts::FRAC_PI_2 * t)).abs() < 7e-12, "{t}");
        }
    }

    #[test]
    fn a_rate_that_moves_goes_on_where_it_was() {
        let (slow, fast) = (Lfo::step(0.5, 48_000), Lfo::step(7.0, 48_000));
        let mut lfo = Lfo::default();
        let mut before = [0.0; 2];
        lfo.advance(slow, 12_345);
        lfo.triangle(slow, 0, &mut before);
        lfo.advance(slow, 1);
        let mut after = [0.0];
        lfo.triangle(fast, 0, &mut after);
        assert_eq!(before[1], after[0]);
    }
}
