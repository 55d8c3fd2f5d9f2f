//! The Fourier transform of several real frames at once, side by side in the lanes of a vector register.
//!
//! Every number of the algorithm is an array of [`LANES`] numbers, one a frame. So all lanes do the same without ever
//! being shuffled, any compiler can make vector instructions of it, and the result has the same bits on every machine.
//! Bit reversal, too, moves whole arrays, and costs nothing but the order in which they are read.
//!
//! Radix 4, decimated in time: C. Van Loan, "Computational Frameworks for the Fast Fourier Transform" (1992),
//! section 2.4; real samples as half as many complex ones: section 4.3.

use std::f64::consts::TAU;

use super::complex::{Complex, Point, Real};
use super::side_by_side::SideBySide;
use crate::simd::{self, Work};

/// How many frames are transformed side by side.
pub const LANES: usize = 8;

/// One number of each of the frames side by side.
pub type Lanes = [f32; LANES];

/// Points that fit into a processor's first cache: these are transformed to the end before the next ones.
const NEAR: usize = 256;

/// The transform of frames of one length under one window.
#[derive(Debug)]
pub(super) struct Fft<T> {
    /// What the first pass works on, in the order of the samples.
    fours: Vec<Four<T>>,
    /// The other passes of radix 4, each with the turns `w^j`, `w^2j` and `w^3j` for each `j` of a quarter of its size.
    passes: Vec<Vec<[Complex<T>; 3]>>,
    /// The turns of a last pass of radix 2, where the size is no power of 4.
    last: Vec<Complex<T>>,
    /// What puts even and odd samples together, for the bins up to the middle.
    turns: Vec<Complex<T>>,
}

/// Four complex numbers, a quarter of a frame apart.
#[derive(Debug)]
struct Four<T> {
    /// Where they go: the number of the four, its digits to the base 4 in reverse.
    place: usize,
    /// For each of them half the window at its two samples: the halves belong to the last step.
    weights: [Complex<T>; 4],
}

impl<T: Real> Fft<T> {
    /// The transform of frames that are as long as the window: a power of two, at least 8.
    pub fn new(window: &[f64]) -> Self {
        let length = window.len();
        debug_assert!(length.is_power_of_two() && length >= 8);
        let half = length / 2;
        let odd = !half.trailing_zeros().is_multiple_of(2);
        let fours = if odd { half / 2 } else { half };
        let pass = |size: usize| (0..size / 4).map(|j| [turn(j, size), turn(2 * j, size), turn(3 * j, size)]).collect();
        let sizes = std::iter::successors(Some(16), |size| Some(4 * size)).take_while(|&size| size <= fours);
        // With a pass of radix 2 at the end, even numbers go to the first half and odd ones to the second.
        let place = |i: usize| {
            if odd { i % 2 * fours + reversed(i / 2, fours / 4) * 4 } else { reversed(i, fours / 4) * 4 }
        };
        let weights =
            |sample: usize| Complex { re: T::nearest(0.5 * window[sample]), im: T::nearest(0.5 * window[sample + 1]) };
        let four =
            |i| Four { place: place(i), weights: std::array::from_fn(|part| weights(2 * i + part * length / 4)) };
        Fft {
            fours: (0..half / 4).map(four).collect(),
            passes: sizes.map(pass).collect(),
            last: if odd { (0..fours).map(|j| turn(j, half)).collect() } else { Vec::new() },
            turns: (0..=half / 2).map(|k| turn(k, length)).collect(),
        }
    }

    /// How many complex numbers the work is done on: half as many as samples.
    pub fn points(&self) -> usize {
        4 * self.fours.len()
    }

    /// The power of each bin, from zero to half the rate, and its root, the magnitude, if there is room for magnitudes.
    pub fn spectra(&self, frames: &SideBySide, work: &mut [Point<T>], powers: &mut [Lanes], magnitudes: &mut [Lanes]) {
        simd::widest(Transform { fft: self, frames, work, powers, magnitudes });
    }

    /// Two samples of each frame become a complex number, and four of those, a quarter of the frame apart, go through a
    /// pass that needs no turns.
    #[inline(always)]
    fn first_pass(&self, frames: &SideBySide, work: &mut [Point<T>]) {
        let quarter = 2 * self.fours.len();
        for (i, four) in self.fours.iter().enumerate() {
            let pair = |part: usize| {
                let sample = 2 * i + part * quarter;
                (frames.lanes(sample), frames.lanes(sample + 1), four.weights[part])
            };
            let Some([a, b, c, d]) = work[four.place..].first_chunk_mut() else { continue };
            weighted_sums(a, b, c, d, [pair(0), pair(1), pair(2), pair(3)]);
        }
    }

    /// The other passes, in place.
    #[inline(always)]
    fn other_passes(&self, work: &mut [Point<T>]) {
        let near = self.passes.iter().take_while(|pass| 4 * pass.len() <= NEAR).count();
        let size = self.passes[..near].last().map_or(work.len(), |pass| 4 * pass.len());
        for stretch in work.chunks_exact_mut(size) {
            for pass in &self.passes[..near] {
                by_fours(stretch, pass);
            }
        }
        for pass in &self.passes[near..] {
            by_fours(work, pass);
        }
        let (evens, odds) = work.split_at_mut(self.last.len());
        for ((even, odd), &turn) in evens.iter_mut().zip(odds).zip(&self.last) {
            turned_pair(even, odd, turn);
        }
    }

    /// The spectra of the even and the odd samples, taken apart by their symmetry, and put together to the whole.
    #[inline(always)]
    fn bins(&self, work: &[Point<T>], powers: &mut [Lanes], magnitudes: &mut [Lanes]) {
        let half = self.points();
        for (k, &turn) in self.turns.iter().enumerate() {
            let (low, high) = parted(&work[k], &work[(half - k) % half], turn);
            (powers[k], powers[half - k]) = (low, high);
            if !magnitudes.is_empty() {
                (magnitudes[k], magnitudes[half - k]) = (roots(low), roots(high));
            }
        }
    }
}

/// What a transform works on.
struct Transform<'a, T> {
    fft: &'a Fft<T>,
    frames: &'a SideBySide,
    work: &'a mut [Point<T>],
    powers: &'a mut [Lanes],
    magnitudes: &'a mut [Lanes],
}

impl<T: Real> Work for Transform<'_, T> {
    type Output = ();

    #[inline(always)]
    fn run(self) {
        self.fft.first_pass(self.frames, self.work);
        self.fft.other_passes(self.work);
        self.fft.bins(self.work, self.powers, self.magnitudes);
    }
}

/// Four transforms of a quarter of the size become one, in place, again and again.
#[inline(always)]
fn by_fours<T: Real>(work: &mut [Point<T>], turns: &[[Complex<T>; 3]]) {
    let quarter = turns.len();
    for block in work.chunks_exact_mut(4 * quarter) {
        let (a, rest) = block.split_at_mut(quarter);
        let (b, rest) = rest.split_at_mut(quarter);
        let (c, d) = rest.split_at_mut(quarter);
        for ((((a, b), c), d), turns) in a.iter_mut().zip(b).zip(c).zip(d).zip(turns) {
            turned_sums(a, b, c, d, turns);
        }
    }
}

/// A complex number of each frame before the first pass: two samples of each frame and their weights.
type Pair<'a, T> = (&'a Lanes, &'a Lanes, Complex<T>);

/// The transform of four numbers, each of which is two samples with their weights.
#[inline(always)]
fn weighted_sums<T: Real>(
    a: &mut Point<T>,
    b: &mut Point<T>,
    c: &mut Point<T>,
    d: &mut Point<T>,
    pairs: [Pair<'_, T>; 4],
) {
    for l in 0..LANES {
        let [sum_a, sum_b, sum_c, sum_d] =
            sums([weighted(pairs[0], l), weighted(pairs[1], l), weighted(pairs[2], l), weighted(pairs[3], l)]);
        a.put(l, sum_a);
        b.put(l, sum_b);
        c.put(l, sum_c);
        d.put(l, sum_d);
    }
}

#[inline(always)]
fn weighted<T: Real>((re, im, weights): Pair<'_, T>, lane: usize) -> Complex<T> {
    Complex { re: T::from(re[lane]) * weights.re, im: T::from(im[lane]) * weights.im }
}

/// The transform of four numbers, of which three are turned before.
#[inline(always)]
fn turned_sums<T: Real>(
    a: &mut Point<T>,
    b: &mut Point<T>,
    c: &mut Point<T>,
    d: &mut Point<T>,
    turns: &[Complex<T>; 3],
) {
    for l in 0..LANES {
        let turned = [a.at(l), b.at(l) * turns[0], c.at(l) * turns[1], d.at(l) * turns[2]];
        let [sum_a, sum_b, sum_c, sum_d] = sums(turned);
        a.put(l, sum_a);
        b.put(l, sum_b);
        c.put(l, sum_c);
        d.put(l, sum_d);
    }
}

/// The transform of two numbers, of which one is turned before.
#[inline(always)]
fn turned_pair<T: Real>(a: &mut Point<T>, b: &mut Point<T>, turn: Complex<T>) {
    for l in 0..LANES {
        let (even, odd) = (a.at(l), b.at(l) * turn);
        a.put(l, even + odd);
        b.put(l, even - odd);
    }
}

/// The transform of four numbers.
#[inline(always)]
fn sums<T: Real>([a, b, c, d]: [Complex<T>; 4]) -> [Complex<T>; 4] {
    let (even, even_difference) = (a + c, a - c);
    let (odd, odd_difference) = (b + d, (b - d).quarter_back());
    [even + odd, even_difference + odd_difference, even - odd, even_difference - odd_difference]
}

/// The powers of two bins as far from both ends, out of the two numbers that hold both.
#[inline(always)]
fn parted<T: Real>(a: &Point<T>, b: &Point<T>, turn: Complex<T>) -> (Lanes, Lanes) {
    let (mut low, mut high) = ([0.0; LANES], [0.0; LANES]);
    for l in 0..LANES {
        let (a, b) = (a.at(l), b.at(l).conjugate());
        let (even, odd) = (a + b, (a - b).quarter_back() * turn);
        low[l] = (even + odd).power().single();
        high[l] = (even - odd).power().single();
    }
    (low, high)
}

#[inline(always)]
fn roots(mut lanes: Lanes) -> Lanes {
    for lane in &mut lanes {
        *lane = lane.sqrt();
    }
    lanes
}

/// The digits of a number to the base 4 in reverse, as many as numbers below `size` have.
fn reversed(number: usize, size: usize) -> usize {
    if size <= 1 { 0 } else { number % 4 * (size / 4) + reversed(number / 4, size / 4) }
}

/// `e^(-i TAU k / size)`, made in 64 bits.
fn turn<T: Real>(k: usize, size: usize) -> Complex<T> {
    let angle = TAU * k as f64 / size as f64;
    Complex { re: T::nearest(libm::cos(angle)), im: T::nearest(-libm::sin(angle)) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_lane_is_the_definition_in_32_bits() {
        // Up to seven passes round to 6e-8 of what goes through them: of the root of the energy, spread over all bins, and
        // of the bin itself.
        compare_with_definition::<f32>(3e-7);
    }

    #[test]
    fn every_lane_is_the_definition_in_64_bits() {
        // What comes out is rounded to 32 bits, and halved in its exponent by the root.
        compare_with_definition::<f64>(3e-8);
    }

    fn compare_with_definition<T: Real>(tolerance: f64) {
        for length in [8, 16, 32, 64, 128, 512, 1024, 2048, 4096] {
            let (hop, half) = (length / 4 + 1, length / 2);
            let mut seed = 1_u32;
            let mut noise = || {
                seed = seed.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
                seed as f32 / u32::MAX as f32 - 0.5
            };
            let sound: Vec<f32> = (0..length + 7 * hop).map(|_| noise()).collect();
            let window: Vec<f64> = (0..length).map(|i| 0.5 + (i % 7) as f64 / 14.0).collect();
            let (fft, mut frames) = (Fft::<T>::new(&window), SideBySide::new(length, hop));
            frames.fill(&sound);
            let (mut work, mut powers) = (vec![Point::default(); half], vec![[0.0; LANES]; half + 1]);
            let mut magnitudes = powers.clone();
            fft.spectra(&frames, &mut work, &mut powers, &mut magnitudes);
            for lane in 0..LANES {
                let frame: Vec<f64> = (0..length).map(|i| f64::from(sound[lane * hop + i]) * window[i]).collect();
                let energy: f64 = frame.iter().map(|x| x * x).sum();
                for k in (0..=half).step_by(1 + length / 256) {
                    let angle = |i: usize| TAU * (k * i % length) as f64 / length as f64;
                    let re: f64 = frame.iter().enumerate().map(|(i, x)| x * libm::cos(angle(i))).sum();
                    let im: f64 = frame.iter().enumerate().map(|(i, x)| x * libm::sin(angle(i))).sum();
                    let (ours, theirs) = (f64::from(powers[k][lane]).sqrt(), (re * re + im * im).sqrt());
                    let allowed = tolerance * (energy.sqrt() + theirs);
                    assert!((ours - theirs).abs() < allowed, "{length}, {k}: {ours}, not {theirs}");
                    assert_eq!(magnitudes[k][lane], powers[k][lane].sqrt());
                }
            }
        }
    }
}
