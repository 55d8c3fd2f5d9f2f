//! What repeats in an envelope: the mean of its local autocorrelations (its tempogram, averaged over time).
//!
//! A tempogram is made with a Fourier transform of every window. Here the spectrum of a window comes from that of the window
//! one frame earlier, which costs a few operations for each frequency; and since the inverse transform is linear, the power
//! spectra are averaged and transformed back once.

use std::f64::consts::PI;

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
    let hann_power: Vec<f64> = (0..window)
        .map(|i| 0.5 - 0.5 * libm::cos(2.0 * PI * i as f64 / window as f64))
        .map(|hann| hann * hann)
        .collect();
    let mut spectrum = SlidingSpectrum::new(window);
    let mut powers = vec![[0.0; 2]; (window + 1).div_ceil(2)];
    for &value in &padded[..window - 1] {
        spectrum.slide(0.0, f64::from(value));
    }
    for (start, frame) in padded.windows(window).take(envelope.len()).enumerate() {
        let leaves = if start == 0 { 0.0 } else { f64::from(padded[start - 1]) };
        spectrum.slide(leaves, f64::from(frame[window - 1]));
        let energy: f64 = energy(frame, &hann_power);
        if energy >= f64::MIN_POSITIVE {
            spectrum.add_power(1.0 / energy, &mut powers);
        } else if frame.iter().all(|&x| x == 0.0) {
            // Nothing sounds: the errors of rounding need not go on, either.
            spectrum.clear();
        }
    }
    autocorrelation(powers.as_flattened(), window, 1.0 / envelope.len() as f64)
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
fn energy(frame: &[f32], window_power: &[f64]) -> f64 {
    let mut lanes = [0.0; 8];
    for (values, window) in frame.chunks(8).zip(window_power.chunks(8)) {
        for ((lane, &x), w) in lanes.iter_mut().zip(values).zip(window) {
            *lane += f64::from(x) * f64::from(x) * w;
        }
    }
    lanes.iter().sum()
}

/// The spectrum of the last `window` values that went in, at twice as many frequencies, so that the autocorrelation does not
/// wrap around. The Hann window is put on in the spectrum, where it is a sum of three neighbours.
///
/// Source: Jacobsen and Lyons, "The sliding DFT" (IEEE Signal Processing Magazine 20, 2003), with their windowing.
struct SlidingSpectrum {
    /// The frequencies from -2 of `2 window`, in pairs of an even and an odd one.
    re: Vec<[f64; 2]>,
    im: Vec<[f64; 2]>,
    /// By how much a frame's step turns each frequency.
    cos: Vec<[f64; 2]>,
    sin: Vec<[f64; 2]>,
}

impl SlidingSpectrum {
    /// Of silence.
    fn new(window: usize) -> Self {
        // The Hann window wants two frequencies more at either end than the `window + 1` there are.
        let pairs = (window + 1).div_ceil(2) + 2;
        let angles = |pair: usize| [0, 1].map(|odd| PI * ((2 * pair + odd) as f64 - 2.0) / window as f64);
        SlidingSpectrum {
            re: vec![[0.0; 2]; pairs],
            im: vec![[0.0; 2]; pairs],
            cos: (0..pairs).map(|pair| angles(pair).map(libm::cos)).collect(),
            sin: (0..pairs).map(|pair| angles(pair).map(libm::sin)).collect(),
        }
    }

    fn clear(&mut self) {
        self.re.fill([0.0; 2]);
        self.im.fill([0.0; 2]);
    }

    /// One value leaves the window at its beginning, one enters at its end: `S'(k) = (S(k) - x + (-1)^k y) e^(i PI k / window)`.
    fn slide(&mut self, leaves: f64, enters: f64) {
        let change = [enters - leaves, -enters - leaves];
        for (((re, im), cos), sin) in self.re.iter_mut().zip(&mut self.im).zip(&self.cos).zip(&self.sin) {
            for k in 0..2 {
                let moved = re[k] + change[k];
                (re[k], im[k]) = (moved * cos[k] - im[k] * sin[k], moved * sin[k] + im[k] * cos[k]);
            }
        }
    }

    /// Adds the power of each frequency from 0 on under the Hann window, times `weight`.
    fn add_power(&self, weight: f64, powers: &mut [[f64; 2]]) {
        for ((re, im), power) in self.re.windows(3).zip(self.im.windows(3)).zip(powers) {
            for k in 0..2 {
                let windowed_re = 0.5 * re[1][k] - 0.25 * (re[0][k] + re[2][k]);
                let windowed_im = 0.5 * im[1][k] - 0.25 * (im[0][k] + im[2][k]);
                power[k] += weight * (windowed_re * windowed_re + windowed_im * windowed_im);
            }
        }
    }
}

/// The first `half` values of the autocorrelation whose powers are given from frequency 0 to `half` of `2 half`, times
/// `scale`: the inverse Fourier transform by its definition, as it is needed only once.
fn autocorrelation(powers: &[f64], half: usize, scale: f64) -> Vec<f64> {
    let cos: Vec<f64> = (0..2 * half).map(|i| libm::cos(PI * i as f64 / half as f64)).collect();
    let both_sides = |k: usize| if k == 0 || k == half { 1.0 } else { 2.0 };
    (0..half)
        .map(|lag| {
            let at = |k: usize| cos[k * lag % (2 * half)];
            let sum: f64 =
                powers.iter().take(half + 1).enumerate().map(|(k, power)| both_sides(k) * power * at(k)).sum();
            sum * scale / (2 * half) as f64
        })
        .collect()
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
        let mut powers = vec![[0.0; 2]; 201];
        spectrum.add_power(1.0, &mut powers);
        let found = autocorrelation(powers.as_flattened(), 400, 1.0);
        let last = &envelope[envelope.len() - 400..];
        let hann = |i: usize| 0.5 - 0.5 * libm::cos(2.0 * PI * i as f64 / 400.0);
        let x: Vec<f64> = last.iter().enumerate().map(|(i, &x)| f64::from(x) * hann(i)).collect();
        for (lag, found) in found.iter().enumerate() {
            let sum: f64 = x.iter().zip(&x[lag..]).map(|(a, b)| a * b).sum();
            assert!((found - sum).abs() < 1e-6, "{found} is not {sum} at {lag}");
        }
    }
}
