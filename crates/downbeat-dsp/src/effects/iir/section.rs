//! One section: a linear filter that remembers two numbers.
//!
//! The sections are state-variable filters, made digital by trapezoidal integration, which is the bilinear transform:
//! V. Zavalishin, "The Art of VA Filter Design" (2018), chapters 3 and 4; A. Simper, "Solving the continuous SVF
//! equations using trapezoidal integration" (Cytomic, 2013). With the same frequency, Q and gain they have the
//! responses of the biquads of R. Bristow-Johnson's "Cookbook formulae for audio EQ biquad filter coefficients". What
//! they remember is what two integrators hold, and not past samples, so that it keeps its meaning when the filter is
//! tuned otherwise: no change of settings makes its size (the root of the sum of squares) grow, as A below is the
//! Cayley transform of a matrix that only dissipates.

use std::f64::consts::PI;

/// What a section remembers.
pub type State = [f64; 2];

/// The step from one frame to the next: `y = c s + d x`, and then `s = A s + b x`.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct Section {
    /// The rows of the matrix A.
    pub a: [[f64; 2]; 2],
    /// What the input gives to the state.
    pub b: [f64; 2],
    /// What the state gives to the output.
    pub c: [f64; 2],
    /// What the input gives to the output at once.
    pub d: f64,
}

impl Section {
    /// A state-variable filter: `g` is its [`warp`]ed frequency, `k` its damping 1/Q, `mix` how much of the input, of the
    /// band and of the low output makes the output. The high output is `[1, -k, -1]`, the band output is 1/k at most.
    pub fn state_variable(g: f64, k: f64, mix: [f64; 3]) -> Self {
        // Simper's v1 (band) and v2 (low) written out in the input and the two states.
        let a1 = 1.0 / (1.0 + g * (g + k));
        let (a2, a3) = (g * a1, g * g * a1);
        let [input, band, low] = mix;
        Section {
            a: [[2.0 * a1 - 1.0, -2.0 * a2], [2.0 * a2, 1.0 - 2.0 * a3]],
            b: [2.0 * a2, 2.0 * a3],
            c: [band * a1 + low * a2, low * (1.0 - a3) - band * a2],
            d: input + band * a2 + low * a3,
        }
    }

    /// A filter of the first order: `g` is its [`warp`]ed frequency, `mix` how much of the input and of the low output
    /// makes the output. The high output is `[1, -1]`. Only the first number of the state is used.
    pub fn one_pole(g: f64, mix: [f64; 2]) -> Self {
        let low_of_input = g / (1.0 + g);
        let [input, low] = mix;
        Section {
            a: [[1.0 - 2.0 * low_of_input, 0.0], [0.0, 0.0]],
            b: [2.0 * low_of_input, 0.0],
            c: [low * (1.0 - low_of_input), 0.0],
            d: input + low * low_of_input,
        }
    }

    /// The output of one frame; the state goes on to the next.
    #[inline(always)]
    pub fn step(&self, x: f64, state: &mut State) -> f64 {
        let y = dot(self.c, *state) + self.d * x;
        *state = std::array::from_fn(|i| dot(self.a[i], *state) + self.b[i] * x);
        y
    }
}

/// `tan(pi freq / rate)`: the gain of an integrator that puts `freq_hz` where it belongs. What lies above 0.49 of the
/// rate is taken for 0.49 of it.
pub fn warp(freq_hz: f64, rate: u32) -> f64 {
    libm::tan(PI * (freq_hz / f64::from(rate)).min(0.49))
}

/// The A of the cookbook: the square root of a gain in decibels as a factor.
pub fn shelf_gain(gain_db: f64) -> f64 {
    crate::ratio(gain_db / 2.0)
}

/// The scalar product.
#[inline(always)]
pub fn dot(a: [f64; 2], b: [f64; 2]) -> f64 {
    a[0] * b[0] + a[1] * b[1]
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The largest factor by which the matrix makes a vector longer, its largest singular value: half the sum of the
    /// sizes of its two parts, the one that turns and the one that mirrors.
    fn norm([[a, b], [c, d]]: [[f64; 2]; 2]) -> f64 {
        (libm::hypot(a + d, c - b) + libm::hypot(a - d, b + c)) / 2.0
    }

    #[test]
    fn no_tuning_lets_the_state_grow() {
        for freq_hz in [0.1, 10.0, 440.0, 8000.0, 23_000.0, 1e6] {
            for k in [0.0, 0.01, 0.5, std::f64::consts::SQRT_2, 10.0] {
                let g = warp(freq_hz, 48_000);
                // One, and what the rounding of a dozen operations adds.
                assert!(norm(Section::state_variable(g, k, [1.0; 3]).a) <= 1.0 + 4e-15, "{freq_hz} {k}");
                assert!(norm(Section::one_pole(g, [1.0; 2]).a) <= 1.0);
            }
        }
    }

    #[test]
    fn a_step_is_simpers_step() {
        let (g, k) = (0.3, 0.7);
        let section = Section::state_variable(g, k, [0.2, -1.5, 0.9]);
        let (mut state, mut ic) = ([0.0; 2], [0.0; 2]);
        for i in 0..50 {
            let x = f64::from(i * i % 7) - 3.0;
            let a1 = 1.0 / (1.0 + g * (g + k));
            let v3 = x - ic[1];
            let v1 = a1 * ic[0] + g * a1 * v3;
            let v2 = ic[1] + g * a1 * ic[0] + g * g * a1 * v3;
            ic = [2.0 * v1 - ic[0], 2.0 * v2 - ic[1]];
            let y = section.step(x, &mut state);
            assert!((y - (0.2 * x - 1.5 * v1 + 0.9 * v2)).abs() < 1e-14 * 50.0, "{i}");
        }
    }
}
