//! What repeats in an envelope: the mean of its local autocorrelations (its tempogram, averaged over time).
//!
//! A tempogram is made with a Fourier transform of every window. Here the spectrum of a window comes from that of the window
//! one frame earlier, which costs a few operations for each frequency; and since the inverse transform is linear, the power
//! spectra are averaged and transformed back once.

use std::f64::consts::PI;

use crate::simd::{self, Work};

/// The autocorrelation of `envelope` in periodic Hann windows of `window` frames, one centred on each frame, each divided by
/// its value at lag 0, and averaged. One value a lag, from 0 to `window - 1`; the first is the greatest. Before and
/// after it, the envelope goes on as a straight line to 0 in half a window. Windows without sound count as 0.
///
/// Empty when the envelope or the window is.
pub(crate) fn mean_autocorrelation(envelope: &[f32], window: usize) -> Vec<f64> {
    if envelope.is_empty() || window == 0 {
        return Vec::new();
    }
    let padded = with_ramps(envelope, window / 2);
    let powers = simd::widest(MeanPowers { padded: &padded, window, count: envelope.len() });
    autocorrelation(&powers[..=window], 1.0 / envelope.len() as f64)
}

/// The powers of the first `count` windows, each divided by the energy of the window, and added up.
struct MeanPowers<'a> {
    padded: &'a [f32],
    window: usize,
    count: usize,
}

impl Work for MeanPowers<'_> {
    type Output = Vec<f64>;

    #[inline(always)]
    fn run(self) -> Vec<f64> {
        let MeanPowers { padded, window, count } = self;
        let hann = |i: usize| 0.5 - 0.5 * libm::cos(2.0 * PI * i as f64 / window as f64);
        let hann_power: Vec<f64> = (0..window).map(|i| hann(i) * hann(i)).collect();
        let mut spectrum = SlidingSpectrum::new(window);
        let mut powers = spectrum.no_powers();
        for &value in &padded[..window - 1] {
            spectrum.slide(0.0, f64::from(value));
        }
        for (start, frame) in padded.windows(window).take(count).enumerate() {
            let leaves = if start == 0 { 0.0 } else { f64::from(padded[start - 1]) };
            spectrum.slide(leaves, f64::from(frame[window - 1]));
            let energy = energy(frame, &hann_power);
            if energy >= f64::MIN_POSITIVE {
                spectrum.add_power(1.0 / energy, &mut powers);
            } else if frame.iter().all(|&x| x == 0.0) {
                // Nothing sounds: the errors of rounding need not go on, either.
                spectrum.clear();
            }
        }
        powers
    }
}

/// The envelope between two straight lines from and to 0, of `length` frames each.
fn with_ramps(envelope: &[f32], length: usize) -> Vec<f32> {
    let (Some(first), Some(last)) = (envelope.first(), envelope.last()) else { return Vec::new() };
    let ramp = |top: f32, step: usize| (f64::from(top) * step as f64 / length as f64) as f32;
    let up = (0..length).map(|step| ramp(*first, step));
    let down = (0..length).rev().map(|step| ramp(*last, step));
    up.chain(envelope.iter().copied()).chain(down).collect()
}

/// The energy of a frame under a window whose squares are given, in eight lanes that are added up in the end.
#[inline(always)]
fn energy(frame: &[f32], window_power: &[f64]) -> f64 {
    let mut lanes = [0.0; 8];
    let (eights, rest) = frame.as_chunks::<8>();
    let (eight_weights, rest_weights) = window_power.as_chunks::<8>();
    for (values, weights) in eights.iter().zip(eight_weights) {
        for lane in 0..8 {
            let x = f64::from(values[lane]);
            lanes[lane] += x * x * weights[lane];
        }
    }
    let rest: f64 = rest.iter().zip(rest_weights).map(|(&x, w)| f64::from(x) * f64::from(x) * w).sum();
    lanes.iter().sum::<f64>() + rest
}

/// The spectrum of the last `window` values that went in, at twice as many frequencies, so that the autocorrelation does not
/// wrap around. The Hann window is put on in the spectrum, where it is a sum of three neighbours.
///
/// Source: Jacobsen and Lyons, "The sliding DFT" (IEEE Signal Processing Magazine 20, 2003), with their windowing.
struct SlidingSpectrum {
    /// The frequencies from -2 of `2 window`, to a multiple of four of them: the Hann window wants two more than the
    /// `window + 1` there are, at either end.
    re: Vec<f64>,
    im: Vec<f64>,
    /// By how much a frame's step turns each frequency.
    cos: Vec<f64>,
    sin: Vec<f64>,
}

/// How many frequencies the Hann window wants at either end.
const MORE: usize = 2;

impl SlidingSpectrum {
    /// Of silence.
    fn new(window: usize) -> Self {
        let kept = (window + 1 + 2 * MORE).next_multiple_of(4);
        let angle = |k: usize| PI * (k as f64 - MORE as f64) / window as f64;
        SlidingSpectrum {
            re: vec![0.0; kept],
            im: vec![0.0; kept],
            cos: (0..kept).map(|k| libm::cos(angle(k))).collect(),
            sin: (0..kept).map(|k| libm::sin(angle(k))).collect(),
        }
    }

    fn clear(&mut self) {
        self.re.fill(0.0);
        self.im.fill(0.0);
    }

    /// One value leaves the window at its beginning, one enters at its end:
    /// `S'(k) = (S(k) - x + (-1)^k y) e^(i PI k / window)`.
    #[inline(always)]
    fn slide(&mut self, leaves: f64, enters: f64) {
        // Even frequencies stand in even places.
        let (even, odd) = (enters - leaves, -enters - leaves);
        let change = [even, odd, even, odd];
        let (re, im) = (self.re.as_chunks_mut::<4>().0, self.im.as_chunks_mut::<4>().0);
        let (cos, sin) = (self.cos.as_chunks::<4>().0, self.sin.as_chunks::<4>().0);
        for (((re, im), cos), sin) in re.iter_mut().zip(im).zip(cos).zip(sin) {
            for k in 0..4 {
                let moved = re[k] + change[k];
                (re[k], im[k]) = (moved * cos[k] - im[k] * sin[k], moved * sin[k] + im[k] * cos[k]);
            }
        }
    }

    /// Room for the powers of the frequencies from 0 on.
    fn no_powers(&self) -> Vec<f64> {
        vec![0.0; self.re.len() - 2 * MORE]
    }

    /// Adds the power of each frequency under the Hann window, times `weight`.
    #[inline(always)]
    fn add_power(&self, weight: f64, powers: &mut [f64]) {
        let count = powers.len();
        let (re_below, re, re_above) = (&self.re[..count], &self.re[MORE..][..count], &self.re[2 * MORE..][..count]);
        let (im_below, im, im_above) = (&self.im[..count], &self.im[MORE..][..count], &self.im[2 * MORE..][..count]);
        for k in 0..count {
            let windowed_re = 0.5 * re[k] - 0.25 * (re_below[k] + re_above[k]);
            let windowed_im = 0.5 * im[k] - 0.25 * (im_below[k] + im_above[k]);
            powers[k] += weight * (windowed_re * windowed_re + windowed_im * windowed_im);
        }
    }
}

/// The first `powers.len() - 1` values of the autocorrelation that has these powers from frequency 0 to half the rate,
/// times `scale`: the inverse Fourier transform by its definition, as it is needed only once.
fn autocorrelation(powers: &[f64], scale: f64) -> Vec<f64> {
    let half = powers.len() - 1;
    let cos: Vec<f64> = (0..2 * half).map(|i| libm::cos(PI * i as f64 / half as f64)).collect();
    // All frequencies but the first and the last stand for two.
    let (first, last) = (powers[0], powers[half]);
    let at = |lag: usize| {
        let mut turn = 0;
        let mut sum = 0.0;
        for power in &powers[1..half] {
            turn += lag;
            turn -= if turn >= 2 * half { 2 * half } else { 0 };
            sum += power * cos[turn];
        }
        let last = if lag.is_multiple_of(2) { last } else { -last };
        (first + 2.0 * sum + last) * scale / (2 * half) as f64
    };
    (0..half).map(at).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The same by its definition.
    fn by_definition(envelope: &[f32], window: usize) -> Vec<f64> {
        let padded = with_ramps(envelope, window / 2);
        let hann = |i: usize| 0.5 - 0.5 * libm::cos(2.0 * PI * i as f64 / window as f64);
        let mut mean = vec![0.0; window];
        for frame in padded.windows(window).take(envelope.len()) {
            let x: Vec<f64> = frame.iter().enumerate().map(|(i, &x)| f64::from(x) * hann(i)).collect();
            let at = |lag: usize| x.iter().zip(&x[lag..]).map(|(a, b)| a * b).sum::<f64>();
            if at(0) > 0.0 {
                (0..window).for_each(|lag| mean[lag] += at(lag) / at(0) / envelope.len() as f64);
            }
        }
        mean
    }

    #[test]
    fn is_its_definition() {
        // Loud and soft, with a long rest in between, for even and odd windows, longer and shorter than the envelope.
        let bump = |i: usize| (i * i * 31 % 101) as f32 * if i.is_multiple_of(7) { 0.3 } else { 0.001 };
        let envelope: Vec<f32> = (0..910).map(|i| if (300..600).contains(&i) { 0.0 } else { bump(i) }).collect();
        for (length, window) in [(900, 64), (900, 75), (500, 1), (40, 2), (40, 3), (20, 60), (1, 9)] {
            let fast = mean_autocorrelation(&envelope[10..][..length], window);
            let slow = by_definition(&envelope[10..][..length], window);
            assert_eq!(fast.len(), window);
            for (lag, (a, b)) in fast.iter().zip(&slow).enumerate() {
                // 900 steps of rounding, in 64 bits. What is at the edge of a window is 400 times as large before the window
                // is put on, and so is the error.
                assert!((a - b).abs() < 1e-10, "{length} {window}: {a} is not {b} at {lag}");
            }
        }
    }

    #[test]
    fn a_long_envelope_keeps_its_precision() {
        // An hour at 48 kHz: noise first, then pulses a thousand times softer, whose period is 50.
        let mut envelope: Vec<f32> = (0_u32..337_500).map(|i| (i.wrapping_mul(2_654_435_761) >> 20) as f32).collect();
        for (i, x) in envelope.iter_mut().enumerate().skip(330_000) {
            *x = if i % 50 == 0 { 1.0 } else { 0.0 };
        }
        let mut spectrum = SlidingSpectrum::new(400);
        for i in 0..envelope.len() {
            let leaves = if i < 400 { 0.0 } else { envelope[i - 400] };
            spectrum.slide(f64::from(leaves), f64::from(envelope[i]));
        }
        let mut powers = spectrum.no_powers();
        spectrum.add_power(1.0, &mut powers);
        let found = autocorrelation(&powers[..=400], 1.0);
        let last = &envelope[envelope.len() - 400..];
        let hann = |i: usize| 0.5 - 0.5 * libm::cos(2.0 * PI * i as f64 / 400.0);
        let x: Vec<f64> = last.iter().enumerate().map(|(i, &x)| f64::from(x) * hann(i)).collect();
        for (lag, found) in found.iter().enumerate() {
            let sum: f64 = x.iter().zip(&x[lag..]).map(|(a, b)| a * b).sum();
            assert!((found - sum).abs() < 1e-6, "{found} is not {sum} at {lag}");
        }
    }
}
