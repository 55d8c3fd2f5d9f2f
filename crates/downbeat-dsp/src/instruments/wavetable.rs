//! One period of a band-limited wave, built exactly from its Fourier series.

use std::f64::consts::{PI, TAU};

use super::Series;

/// Points per period of the highest harmonic. Cubic interpolation of a harmonic n at n/L of the table's rate errs by at
/// most 9/16 * (2 pi n/L)^4 / 4! of its amplitude: 5.6e-4 for the highest at 16 points, and that harmonic is at least
/// 128 times weaker than the first (with fewer harmonics the table is longer than it must be): -107 dB.
const POINTS_PER_PERIOD: usize = 16;
const SHORTEST: usize = 2048;

/// One period of a wave with a given number of harmonics.
pub struct Wavetable {
    /// The period, with one point before it and three after it for the interpolation.
    points: Vec<f32>,
    /// Points per radian.
    scale: f64,
}

impl Wavetable {
    /// The period of the first `harmonics` harmonics of a series.
    pub fn new(series: Series, harmonics: usize) -> Self {
        let length = (POINTS_PER_PERIOD * harmonics).next_power_of_two().max(SHORTEST);
        // The real part of the sum of (a - ib) e^(in phi) is a cos(n phi) + b sin(n phi).
        let mut wave = vec![(0.0, 0.0); length];
        for (n, wave) in wave.iter_mut().enumerate().take(harmonics + 1).skip(1) {
            let (a, b) = series(n);
            *wave = (a, -b);
        }
        inverse_fft(&mut wave);
        let points = (0..length + 4).map(|i| wave[(i + length - 1) % length].0 as f32).collect();
        Wavetable { points, scale: length as f64 / TAU }
    }

    /// The wave at a phase from 0 to 2 pi, by cubic Lagrange interpolation.
    #[inline(always)]
    pub fn at(&self, phase: f64) -> f32 {
        let position = phase * self.scale;
        let index = (position as u32 as usize).min(self.points.len() - 4);
        let x = (position - index as f64) as f32;
        let Some(&[p0, p1, p2, p3]) = self.points.get(index..index + 4).and_then(|p| p.first_chunk()) else {
            return 0.0;
        };
        let c1 = p2 - p0 * (1.0 / 3.0) - p1 * 0.5 - p3 * (1.0 / 6.0);
        let c2 = (p0 + p2) * 0.5 - p1;
        let c3 = (p3 - p0) * (1.0 / 6.0) + (p1 - p2) * 0.5;
        ((c3 * x + c2) * x + c1) * x + p1
    }
}

/// The inverse discrete Fourier transform without the factor 1/N, in place; the length is a power of two.
///
/// Cooley and Tukey's radix 2 in plain scalar arithmetic: a library that picks its kernels by the processor would give
/// other last bits on other machines, and a table is built once a pitch.
fn inverse_fft(data: &mut [(f64, f64)]) {
    let length = data.len();
    let bits = length.trailing_zeros();
    for i in 0..length {
        let j = i.reverse_bits() >> (usize::BITS - bits);
        if i < j {
            data.swap(i, j);
        }
    }
    let roots: Vec<(f64, f64)> = (0..length / 2)
        .map(|k| libm::sincos(PI * k as f64 / (length / 2) as f64))
        .map(|(sin, cos)| (cos, sin))
        .collect();
    let mut half = 1;
    while half < length {
        let stride = length / (2 * half);
        for group in data.chunks_exact_mut(2 * half) {
            let (low, high) = group.split_at_mut(half);
            for ((low, high), root) in low.iter_mut().zip(high).zip(roots.iter().step_by(stride)) {
                let turned = (high.0 * root.0 - high.1 * root.1, high.0 * root.1 + high.1 * root.0);
                *high = (low.0 - turned.0, low.1 - turned.1);
                *low = (low.0 + turned.0, low.1 + turned.1);
            }
        }
        half *= 2;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_table_is_its_series() {
        let series: Series = |n| (1.0 / n as f64, -0.5 / (n * n) as f64);
        for harmonics in [1, 5, 300] {
            let table = Wavetable::new(series, harmonics);
            for k in 0..1000 {
                let phase = TAU * f64::from(k) / 1000.0;
                let exact: f64 = (1..=harmonics)
                    .map(|n| {
                        let (a, b) = series(n);
                        a * libm::cos(n as f64 * phase) + b * libm::sin(n as f64 * phase)
                    })
                    .sum();
                // Rounding to f32 at amplitudes up to 6.3, and the interpolation's error (see POINTS_PER_PERIOD)
                // summed over the harmonics: sum of 0.0234 (2 pi n/L)^4/n < 0.0234 (2 pi H/L)^4/4.
                let interpolation = 0.0234 * libm::pow(TAU * harmonics as f64 * table.scale.recip() / TAU, 4.0) / 4.0;
                assert!((f64::from(table.at(phase)) - exact).abs() < 1.5e-6 + interpolation, "{harmonics} {k}");
            }
        }
    }
}
