//! The Fourier transform of real samples, in 64 bits.
//!
//! Its own, because libraries choose their instructions by the machine they run on, and then the last bits of a render
//! would depend on the machine. Radix 2 in the order of Stockham (no bit reversal): C. Van Loan, "Computational
//! Frameworks for the Fast Fourier Transform" (1992), section 1.7; real samples as half as many complex ones: section 4.3.

use crate::Held;
use std::f64::consts::TAU;

/// The non-negative frequencies of real samples: as many as half the samples, and one.
#[derive(Clone, PartialEq, Default, Debug)]
pub struct Spectrum {
    /// The real parts.
    pub re: Vec<f64>,
    /// The imaginary parts.
    pub im: Vec<f64>,
}

impl Held for Spectrum {
    fn held(&self) -> usize {
        self.re.held() + self.im.held()
    }
}

impl Spectrum {
    /// Multiplies by another one, frequency by frequency: a convolution in time.
    pub fn multiply(&mut self, other: &Spectrum) {
        let theirs = other.re.iter().zip(&other.im);
        for ((re, im), (other_re, other_im)) in self.re.iter_mut().zip(&mut self.im).zip(theirs) {
            (*re, *im) = (*re * other_re - *im * other_im, *re * other_im + *im * other_re);
        }
    }
}

/// The transform of one length.
#[derive(Debug)]
pub struct Fft {
    /// `e^(-i TAU k / length)` for the first half of the circle.
    cos: Vec<f64>,
    sin: Vec<f64>,
}

impl Fft {
    /// The transform of `length` samples: a power of two, at least 2.
    pub fn new(length: usize) -> Self {
        debug_assert!(length.is_power_of_two() && length >= 2);
        let angle = |k: usize| TAU * k as f64 / length as f64;
        Fft {
            cos: (0..length / 2).map(|k| libm::cos(angle(k))).collect(),
            sin: (0..length / 2).map(|k| -libm::sin(angle(k))).collect(),
        }
    }

    /// How many samples it takes.
    pub fn len(&self) -> usize {
        2 * self.cos.len()
    }

    /// From samples to frequencies.
    pub fn forward(&self, samples: &[f64]) -> Spectrum {
        let mut spectrum = Spectrum::default();
        self.forward_into(samples.iter().copied(), &mut Room::default(), &mut spectrum);
        spectrum
    }

    /// The same without asking for memory, once the room and the spectrum have been used.
    #[inline(always)]
    pub fn forward_into(&self, mut samples: impl Iterator<Item = f64>, room: &mut Room, spectrum: &mut Spectrum) {
        let half = self.cos.len();
        room.re.clear();
        room.im.clear();
        while let (Some(even), Some(odd)) = (samples.next(), samples.next()) {
            room.re.push(even);
            room.im.push(odd);
        }
        self.complex(room);
        let Room { re, im, .. } = room;
        spectrum.re.resize(half + 1, 0.0);
        spectrum.im.resize(half + 1, 0.0);
        for k in 0..=half {
            let (a, b) = (k % half, (half - k) % half);
            // The spectra of the even and the odd samples, taken apart by their symmetry.
            let (even_re, even_im) = (0.5 * (re[a] + re[b]), 0.5 * (im[a] - im[b]));
            let (odd_re, odd_im) = (0.5 * (im[a] + im[b]), 0.5 * (re[b] - re[a]));
            let (cos, sin) = if k < half { (self.cos[k], self.sin[k]) } else { (-1.0, 0.0) };
            spectrum.re[k] = even_re + (odd_re * cos - odd_im * sin);
            spectrum.im[k] = even_im + (odd_re * sin + odd_im * cos);
        }
    }

    /// From frequencies to samples. The first and the last frequency are taken as real.
    pub fn inverse(&self, spectrum: &Spectrum) -> Vec<f64> {
        self.inverse_from(spectrum, &mut Room::default()).collect()
    }

    /// The same without asking for memory, once the room has been used.
    #[inline(always)]
    pub fn inverse_from<'a>(&self, spectrum: &Spectrum, room: &'a mut Room) -> impl Iterator<Item = f64> + 'a {
        let half = self.cos.len();
        let Spectrum { re, im } = spectrum;
        let imaginary = |k: usize| if k == 0 || k == half { 0.0 } else { im[k] };
        let scale = 1.0 / (2 * half) as f64;
        room.re.clear();
        room.im.clear();
        for k in 0..half {
            let (im_a, im_b) = (imaginary(k), imaginary(half - k));
            let (even_re, even_im) = (re[k] + re[half - k], im_a - im_b);
            let (diff_re, diff_im) = (re[k] - re[half - k], im_a + im_b);
            let (cos, sin) = (self.cos[k], self.sin[k]);
            let (odd_re, odd_im) = (diff_re * cos + diff_im * sin, diff_im * cos - diff_re * sin);
            // With real and imaginary parts exchanged, the transform runs backwards.
            room.im.push(scale * (even_re - odd_im));
            room.re.push(scale * (even_im + odd_re));
        }
        self.complex(room);
        room.im.iter().zip(&room.re).flat_map(|(&even, &odd)| [even, odd])
    }

    /// The complex transform of half the length. In every step, runs of `run` values become runs twice as long.
    #[inline(always)]
    fn complex(&self, room: &mut Room) {
        let Room { re, im, next_re, next_im } = room;
        let length = re.len();
        next_re.resize(length, 0.0);
        next_im.resize(length, 0.0);
        let mut run = 1;
        while run < length {
            let (re_a, re_b) = re.split_at(length / 2);
            let (im_a, im_b) = im.split_at(length / 2);
            let inputs = re_a.chunks_exact(run).zip(re_b.chunks_exact(run));
            let inputs = inputs.zip(im_a.chunks_exact(run).zip(im_b.chunks_exact(run)));
            let outputs = next_re.chunks_exact_mut(2 * run).zip(next_im.chunks_exact_mut(2 * run));
            // The twiddle of a run depends on how many runs there are before it, out of all of the circle's.
            let twiddles = self.cos.iter().zip(&self.sin).step_by(2 * run);
            for ((((re_a, re_b), (im_a, im_b)), (out_re, out_im)), (&cos, &sin)) in inputs.zip(outputs).zip(twiddles) {
                let (sum_re, diff_re) = out_re.split_at_mut(run);
                let (sum_im, diff_im) = out_im.split_at_mut(run);
                for i in 0..run {
                    let (dr, di) = (re_a[i] - re_b[i], im_a[i] - im_b[i]);
                    sum_re[i] = re_a[i] + re_b[i];
                    sum_im[i] = im_a[i] + im_b[i];
                    diff_re[i] = dr * cos - di * sin;
                    diff_im[i] = dr * sin + di * cos;
                }
            }
            std::mem::swap(re, next_re);
            std::mem::swap(im, next_im);
            run *= 2;
        }
    }
}

/// Where a transform works: half as many complex numbers as samples, twice.
#[derive(Clone, Default, Debug)]
pub struct Room {
    re: Vec<f64>,
    im: Vec<f64>,
    next_re: Vec<f64>,
    next_im: Vec<f64>,
}

impl Held for Room {
    fn held(&self) -> usize {
        [&self.re, &self.im, &self.next_re, &self.next_im].into_iter().map(Vec::held).sum()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn samples(length: usize) -> Vec<f64> {
        (0..length).map(|i| f64::from((i * i * 31 % 101) as u32) / 50.0 - 1.0).collect()
    }

    #[test]
    fn is_its_definition() {
        for length in [2, 4, 8, 64, 256] {
            let x = samples(length);
            let spectrum = Fft::new(length).forward(&x);
            assert_eq!(spectrum.re.len(), length / 2 + 1);
            for k in 0..=length / 2 {
                let angle = |i: usize| TAU * (k * i % length) as f64 / length as f64;
                let re: f64 = x.iter().enumerate().map(|(i, x)| x * libm::cos(angle(i))).sum();
                let im: f64 = x.iter().enumerate().map(|(i, x)| -x * libm::sin(angle(i))).sum();
                // Sums of up to 256 terms below 1, in 64 bits.
                assert!((spectrum.re[k] - re).abs() < 1e-12 && (spectrum.im[k] - im).abs() < 1e-12, "{length}: {k}");
            }
        }
    }

    #[test]
    fn comes_back() {
        for length in [2, 4, 32, 4096] {
            let x = samples(length);
            let fft = Fft::new(length);
            for (x, y) in x.iter().zip(fft.inverse(&fft.forward(&x))) {
                assert!((x - y).abs() < 1e-14);
            }
        }
    }
}
