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

/// Points that fit into a processor's first cache: these go through all passes that they can before the next ones.
const NEAR: usize = 256;

/// The transform of frames of one length under one window.
#[derive(Debug)]
pub(super) struct Fft<T> {
    /// What becomes of the samples, in the order of the points that they become.
    inputs: Vec<Input<T>>,
    /// How many points the first pass, which needs no turns, makes one transform of: 1, 2 or 4.
    first: usize,
    /// The passes of radix 4 between the first and the last one.
    passes: Vec<Vec<Turns<T>>>,
    /// The last pass, of radix 4, too.
    last: Vec<Turns<T>>,
    /// What puts even and odd samples together, for the bins up to the middle.
    bins: Vec<Complex<T>>,
}

/// A complex number that is two samples.
#[derive(Debug)]
struct Input<T> {
    /// Where their lanes begin in the frames side by side.
    places: [usize; 2],
    /// Half the window at both: the halves belong to the last step.
    weights: Complex<T>,
}

/// The turns `w^j`, `w^2j` and `w^3j` of a butterfly.
type Turns<T> = [Complex<T>; 3];

impl<T: Real> Fft<T> {
    /// The transform of frames that are as long as the window, a power of two and at least 8, and laid out like these.
    pub fn new(window: &[f64], frames: &SideBySide) -> Self {
        let length = window.len();
        debug_assert!(length.is_power_of_two() && length >= 8);
        let half = length / 2;
        let first = match half {
            4 => 1,
            half if half.trailing_zeros().is_multiple_of(2) => 4,
            _ => 2,
        };
        let input = |point: usize| {
            let sample = 2 * origin(point, half, first);
            let [re, im] = [window[sample], window[sample + 1]].map(|weight| T::nearest(0.5 * weight));
            Input { places: [frames.place(sample), frames.place(sample + 1)], weights: Complex { re, im } }
        };
        let pass = |size: usize| (0..size / 4).map(|j| [turn(j, size), turn(2 * j, size), turn(3 * j, size)]).collect();
        let sizes = std::iter::successors(Some(4 * first), |size| Some(4 * size)).take_while(|&size| size < half);
        Fft {
            inputs: (0..half).map(input).collect(),
            first,
            passes: sizes.map(pass).collect(),
            last: pass(half),
            bins: (0..=half / 2).map(|k| turn(k, length)).collect(),
        }
    }

    /// How many complex numbers the work is done on: half as many as samples.
    pub fn points(&self) -> usize {
        self.inputs.len()
    }

    /// The power of each bin, from zero to half the rate, and its root, the magnitude, if there is room for magnitudes.
    pub fn spectra(&self, frames: &SideBySide, work: &mut [Point<T>], powers: &mut [Lanes], magnitudes: &mut [Lanes]) {
        simd::widest(Transform { fft: self, frames, work, powers, magnitudes });
    }

    /// All passes but the last one.
    #[inline(always)]
    fn passes(&self, frames: &SideBySide, work: &mut [Point<T>]) {
        let near = self.passes.iter().take_while(|pass| 4 * pass.len() <= NEAR).count();
        let (near, far) = self.passes.split_at(near);
        let size = near.last().map_or(self.first, |pass| 4 * pass.len());
        for (stretch, inputs) in work.chunks_exact_mut(size).zip(self.inputs.chunks_exact(size)) {
            first_pass(frames.samples(), inputs, stretch, self.first);
            for pass in near {
                by_fours(stretch, pass);
            }
        }
        for pass in far {
            by_fours(work, pass);
        }
    }

    /// The last pass, of which nothing is kept: the spectra of the even and the odd samples are taken apart by their
    /// symmetry, and put together to the whole. The bins that mirror those of a butterfly belong to one other butterfly.
    #[inline(always)]
    fn last_pass(&self, work: &[Point<T>], mut show: impl FnMut(usize, Lanes, Lanes)) {
        let quarter = self.last.len();
        let (a, rest) = work.split_at(quarter);
        let (b, rest) = rest.split_at(quarter);
        let (c, d) = rest.split_at(quarter);
        let butterfly = |j: usize| ([&a[j], &b[j], &c[j], &d[j]], &self.last[j]);
        let [(low, high), (before, after), (middle, _)] =
            own_bins(butterfly(0), [&self.bins[0], &self.bins[quarter], &self.bins[2 * quarter]]);
        show(0, low, high);
        show(quarter, before, after);
        show(2 * quarter, middle, middle);
        for j in 1..=quarter / 2 {
            let bins = [j, quarter - j, quarter + j, 2 * quarter - j];
            let pairs = mirrored_bins(butterfly(j), butterfly(quarter - j), bins.map(|k| self.bins[k]));
            for (k, (low, high)) in bins.into_iter().zip(pairs) {
                show(k, low, high);
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
        let half = self.fft.points();
        self.fft.passes(self.frames, self.work);
        let powers = self.powers;
        if self.magnitudes.is_empty() {
            self.fft.last_pass(self.work, |k, low, high| (powers[k], powers[half - k]) = (low, high));
        } else {
            self.fft.last_pass(self.work, |k, low, high| {
                (powers[k], powers[half - k]) = (low, high);
                (self.magnitudes[k], self.magnitudes[half - k]) = (roots(low), roots(high));
            });
        }
    }
}

/// Samples become points, and each `size` of them go through a transform that needs no turns.
#[inline(always)]
fn first_pass<T: Real>(frames: &[f32], inputs: &[Input<T>], points: &mut [Point<T>], size: usize) {
    let pair = |input: &Input<T>| {
        let [re, im] = input.places;
        (&frames[re..re + LANES], &frames[im..im + LANES], input.weights)
    };
    if size == 4 {
        for ([a, b, c, d], [e, f, g, h]) in points.as_chunks_mut().0.iter_mut().zip(inputs.as_chunks().0) {
            weighted_sums(a, b, c, d, [pair(e), pair(f), pair(g), pair(h)]);
        }
        return;
    }
    for (point, input) in points.iter_mut().zip(inputs) {
        weighted_point(point, pair(input));
    }
    if size == 2 {
        for [a, b] in points.as_chunks_mut().0 {
            sum_and_difference(a, b);
        }
    }
}

/// A complex number of each frame before the first pass: two samples of each frame and their weights.
type Pair<'a, T> = (&'a [f32], &'a [f32], Complex<T>);

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
fn weighted_point<T: Real>(point: &mut Point<T>, pair: Pair<'_, T>) {
    for l in 0..LANES {
        point.put(l, weighted(pair, l));
    }
}

#[inline(always)]
fn weighted<T: Real>((re, im, weights): Pair<'_, T>, lane: usize) -> Complex<T> {
    Complex { re: T::from(re[lane]) * weights.re, im: T::from(im[lane]) * weights.im }
}

/// The transform of two numbers, in place.
#[inline(always)]
fn sum_and_difference<T: Real>(a: &mut Point<T>, b: &mut Point<T>) {
    for l in 0..LANES {
        let (first, second) = (a.at(l), b.at(l));
        a.put(l, first + second);
        b.put(l, first - second);
    }
}

/// Four transforms of a quarter of the size become one, in place, again and again.
#[inline(always)]
fn by_fours<T: Real>(work: &mut [Point<T>], turns: &[Turns<T>]) {
    let quarter = turns.len();
    for block in work.chunks_exact_mut(4 * quarter) {
        let (a, rest) = block.split_at_mut(quarter);
        let (b, rest) = rest.split_at_mut(quarter);
        let (c, d) = rest.split_at_mut(quarter);
        for ((((a, b), c), d), turns) in a.iter_mut().zip(b).zip(c).zip(d).zip(turns) {
            butterfly(a, b, c, d, turns);
        }
    }
}

/// A transform of four points, in place. They are references of their own so that the compiler knows them apart.
#[inline(always)]
fn butterfly<T: Real>(a: &mut Point<T>, b: &mut Point<T>, c: &mut Point<T>, d: &mut Point<T>, turns: &Turns<T>) {
    for l in 0..LANES {
        let [sum_a, sum_b, sum_c, sum_d] = turned_sums([a.at(l), b.at(l), c.at(l), d.at(l)], turns);
        a.put(l, sum_a);
        b.put(l, sum_b);
        c.put(l, sum_c);
        d.put(l, sum_d);
    }
}

/// A butterfly of the last pass.
type Butterfly<'a, T> = ([&'a Point<T>; 4], &'a Turns<T>);

/// The powers of the bins of the first butterfly, which mirror each other.
#[inline(always)]
fn own_bins<T: Real>((points, turns): Butterfly<'_, T>, bins: [&Complex<T>; 3]) -> [(Lanes, Lanes); 3] {
    let mut powers = [([0.0; LANES], [0.0; LANES]); 3];
    for l in 0..LANES {
        let [a, b, c, d] = turned_sums(points.map(|point| point.at(l)), turns);
        (powers[0].0[l], powers[0].1[l]) = parted(a, a, *bins[0]);
        (powers[1].0[l], powers[1].1[l]) = parted(b, d, *bins[1]);
        (powers[2].0[l], powers[2].1[l]) = parted(c, c, *bins[2]);
    }
    powers
}

/// The powers of the bins of two butterflies that mirror each other: pairs of bins as far from both ends.
#[inline(always)]
fn mirrored_bins<T: Real>(
    one: Butterfly<'_, T>,
    other: Butterfly<'_, T>,
    bins: [Complex<T>; 4],
) -> [(Lanes, Lanes); 4] {
    let mut powers = [([0.0; LANES], [0.0; LANES]); 4];
    for l in 0..LANES {
        let ones = turned_sums(one.0.map(|point| point.at(l)), one.1);
        let others = turned_sums(other.0.map(|point| point.at(l)), other.1);
        (powers[0].0[l], powers[0].1[l]) = parted(ones[0], others[3], bins[0]);
        (powers[1].0[l], powers[1].1[l]) = parted(others[0], ones[3], bins[1]);
        (powers[2].0[l], powers[2].1[l]) = parted(ones[1], others[2], bins[2]);
        (powers[3].0[l], powers[3].1[l]) = parted(others[1], ones[2], bins[3]);
    }
    powers
}

/// The transform of four numbers, of which three are turned before.
#[inline(always)]
fn turned_sums<T: Real>([a, b, c, d]: [Complex<T>; 4], turns: &Turns<T>) -> [Complex<T>; 4] {
    sums([a, b * turns[0], c * turns[1], d * turns[2]])
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
fn parted<T: Real>(a: Complex<T>, b: Complex<T>, turn: Complex<T>) -> (f32, f32) {
    let b = b.conjugate();
    let (even, odd) = (a + b, (a - b).quarter_back() * turn);
    ((even + odd).power().single(), (even - odd).power().single())
}

#[inline(always)]
fn roots(mut lanes: Lanes) -> Lanes {
    for lane in &mut lanes {
        *lane = lane.sqrt();
    }
    lanes
}

/// Which complex number becomes a point, when transforms of `first` numbers are joined by fours: the digits of the
/// point's place to the base 4 in reverse.
fn origin(point: usize, size: usize, first: usize) -> usize {
    let quarter = size / 4;
    if size <= first { point } else { point / quarter + 4 * origin(point % quarter, quarter, first) }
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
            let mut frames = SideBySide::new(length, hop);
            let fft = Fft::<T>::new(&window, &frames);
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
