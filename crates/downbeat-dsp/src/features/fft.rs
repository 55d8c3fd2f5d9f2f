//! The Fourier transform of several real frames at once, side by side in the lanes of a vector register.
//!
//! Every number of the algorithm is an array of [`LANES`] numbers, one a frame. So all lanes do the same without ever
//! being shuffled, any compiler can make vector instructions of it, and the result has the same bits on every machine.
//! Bit reversal, too, moves whole arrays, and costs nothing but the order in which they are read.
//!
//! Radix 4, decimated in time: C. Van Loan, "Computational Frameworks for the Fast Fourier Transform" (1992),
//! section 2.4; real samples as half as many complex ones: section 4.3.

use std::f64::consts::TAU;

/// How many frames are transformed side by side.
pub const LANES: usize = 8;

/// One number of each of the frames side by side.
pub type Lanes = [f32; LANES];

/// A complex number of each of the frames side by side.
#[derive(Clone, Copy, Default, Debug)]
pub(super) struct Point {
    pub re: Lanes,
    pub im: Lanes,
}

/// Points that fit into a processor's first cache: these are transformed to the end before the next ones.
const NEAR: usize = 256;

/// The transform of frames of one length.
#[derive(Debug)]
pub(super) struct Fft {
    /// Where each complex number, made of two samples, goes: the digits of its place to the base 4, reversed.
    places: Vec<usize>,
    passes: Vec<Pass>,
    /// `e^(-i TAU k / length)` for the bins up to the middle: what puts even and odd samples together.
    turns: Vec<(f32, f32)>,
}

/// Four transforms of a quarter of the size become one.
#[derive(Debug)]
struct Pass {
    /// `w^j`, `w^2j` and `w^3j` for each `j` of a quarter.
    turns: Vec<[(f32, f32); 3]>,
}

impl Fft {
    /// The transform of frames of `length` samples: a power of two, at least 4.
    pub fn new(length: usize) -> Self {
        debug_assert!(length.is_power_of_two() && length >= 4);
        let half = length / 2;
        // A first pass of radix 2, where the size is no power of 4, needs no turns.
        let mut size = if half.trailing_zeros().is_multiple_of(2) { 1 } else { 2 };
        let mut passes = Vec::new();
        while size < half {
            let turns = |j| [turn(j, 4 * size), turn(2 * j, 4 * size), turn(3 * j, 4 * size)];
            passes.push(Pass { turns: (0..size).map(turns).collect() });
            size *= 4;
        }
        let mut places = vec![0; half];
        for place in 0..half {
            places[source(place, half)] = place;
        }
        Fft { places, passes, turns: (0..=half / 2).map(|k| turn(k, length)).collect() }
    }

    /// How many complex numbers the work is done on: half as many as samples.
    pub fn points(&self) -> usize {
        self.places.len()
    }

    /// The power of each bin, from zero to half the rate: `frames` holds the samples of the frames, each `hop` after
    /// the one before, `window` a factor for each sample of a frame.
    #[inline(always)]
    pub fn powers(&self, frames: &[f32], hop: usize, window: &[f32], work: &mut [Point], power: &mut [Lanes]) {
        self.load(frames, hop, window, work);
        self.transform(work);
        self.split(work, power);
    }

    /// Two samples of each frame become a complex number, at its place.
    #[inline(always)]
    fn load(&self, frames: &[f32], hop: usize, window: &[f32], work: &mut [Point]) {
        let lanes: [&[f32]; LANES] = std::array::from_fn(|lane| &frames[lane * hop..][..window.len()]);
        for (i, (&place, weights)) in self.places.iter().zip(window.as_chunks::<2>().0).enumerate() {
            let point = &mut work[place];
            for (lane, samples) in lanes.iter().enumerate() {
                point.re[lane] = samples[2 * i] * weights[0];
                point.im[lane] = samples[2 * i + 1] * weights[1];
            }
        }
    }

    /// The complex transform, in place.
    #[inline(always)]
    fn transform(&self, work: &mut [Point]) {
        let near = self.passes.iter().take_while(|pass| 4 * pass.turns.len() <= NEAR).count();
        let size = work.len().min(NEAR << (self.points().trailing_zeros() % 2));
        for stretch in work.chunks_exact_mut(size) {
            if self.points().trailing_zeros() % 2 == 1 {
                pairs(stretch);
            }
            self.passes[..near].iter().for_each(|pass| pass.run(stretch));
        }
        self.passes[near..].iter().for_each(|pass| pass.run(work));
    }

    /// The spectra of the even and the odd samples, taken apart by their symmetry, and put together to the whole.
    #[inline(always)]
    fn split(&self, work: &[Point], power: &mut [Lanes]) {
        let half = self.points();
        for (k, &(cos, sin)) in self.turns.iter().enumerate() {
            let (a, b) = (&work[k], &work[(half - k) % half]);
            let (mut low, mut high) = ([0.0; LANES], [0.0; LANES]);
            for l in 0..LANES {
                let (even_re, even_im) = (0.5 * (a.re[l] + b.re[l]), 0.5 * (a.im[l] - b.im[l]));
                let (odd_re, odd_im) = (0.5 * (a.im[l] + b.im[l]), 0.5 * (b.re[l] - a.re[l]));
                let (re, im) = (odd_re * cos - odd_im * sin, odd_re * sin + odd_im * cos);
                let (low_re, low_im) = (even_re + re, even_im + im);
                let (high_re, high_im) = (even_re - re, even_im - im);
                low[l] = low_re * low_re + low_im * low_im;
                high[l] = high_re * high_re + high_im * high_im;
            }
            power[k] = low;
            power[half - k] = high;
        }
    }
}

impl Pass {
    #[inline(always)]
    fn run(&self, work: &mut [Point]) {
        let quarter = self.turns.len();
        for block in work.chunks_exact_mut(4 * quarter) {
            let (a, rest) = block.split_at_mut(quarter);
            let (b, rest) = rest.split_at_mut(quarter);
            let (c, d) = rest.split_at_mut(quarter);
            for ((((a, b), c), d), turns) in a.iter_mut().zip(b).zip(c).zip(d).zip(&self.turns) {
                butterfly(a, b, c, d, turns);
            }
        }
    }
}

/// Four numbers, turned, become their sums with the signs 1, -i, -1, i to the powers 0 to 3.
#[inline(always)]
fn butterfly(a: &mut Point, b: &mut Point, c: &mut Point, d: &mut Point, turns: &[(f32, f32); 3]) {
    let [(cos1, sin1), (cos2, sin2), (cos3, sin3)] = *turns;
    for l in 0..LANES {
        let (a_re, a_im) = (a.re[l], a.im[l]);
        let (b_re, b_im) = (b.re[l] * cos1 - b.im[l] * sin1, b.re[l] * sin1 + b.im[l] * cos1);
        let (c_re, c_im) = (c.re[l] * cos2 - c.im[l] * sin2, c.re[l] * sin2 + c.im[l] * cos2);
        let (d_re, d_im) = (d.re[l] * cos3 - d.im[l] * sin3, d.re[l] * sin3 + d.im[l] * cos3);
        let (even_sum_re, even_sum_im) = (a_re + c_re, a_im + c_im);
        let (even_diff_re, even_diff_im) = (a_re - c_re, a_im - c_im);
        let (odd_sum_re, odd_sum_im) = (b_re + d_re, b_im + d_im);
        let (odd_diff_re, odd_diff_im) = (b_re - d_re, b_im - d_im);
        (a.re[l], a.im[l]) = (even_sum_re + odd_sum_re, even_sum_im + odd_sum_im);
        (b.re[l], b.im[l]) = (even_diff_re + odd_diff_im, even_diff_im - odd_diff_re);
        (c.re[l], c.im[l]) = (even_sum_re - odd_sum_re, even_sum_im - odd_sum_im);
        (d.re[l], d.im[l]) = (even_diff_re - odd_diff_im, even_diff_im + odd_diff_re);
    }
}

/// The transforms of two numbers each.
#[inline(always)]
fn pairs(work: &mut [Point]) {
    for [a, b] in work.as_chunks_mut::<2>().0 {
        for l in 0..LANES {
            (a.re[l], b.re[l]) = (a.re[l] + b.re[l], a.re[l] - b.re[l]);
            (a.im[l], b.im[l]) = (a.im[l] + b.im[l], a.im[l] - b.im[l]);
        }
    }
}

/// Which number stands at a place before the first pass: every pass puts four numbers together, or two the first one.
fn source(place: usize, size: usize) -> usize {
    match size {
        1 => 0,
        2 => place,
        _ => 4 * source(place % (size / 4), size / 4) + place / (size / 4),
    }
}

/// `e^(-i TAU k / size)`: cosine and sine, made in 64 bits.
fn turn(k: usize, size: usize) -> (f32, f32) {
    let angle = TAU * k as f64 / size as f64;
    (libm::cos(angle) as f32, -libm::sin(angle) as f32)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_lane_is_the_definition() {
        for length in [4, 8, 16, 32, 64, 128, 512, 1024, 2048, 4096] {
            let (hop, half) = (length / 4 + 1, length / 2);
            let mut seed = 1_u32;
            let mut noise = || {
                seed = seed.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
                seed as f32 / u32::MAX as f32 - 0.5
            };
            let sound: Vec<f32> = (0..length + 7 * hop).map(|_| noise()).collect();
            let window: Vec<f32> = (0..length).map(|i| 0.5 + (i % 7) as f32 / 14.0).collect();
            let fft = Fft::new(length);
            let (mut work, mut power) = (vec![Point::default(); half], vec![[0.0; LANES]; half + 1]);
            fft.powers(&sound, hop, &window, &mut work, &mut power);
            for lane in 0..LANES {
                let frame: Vec<f64> =
                    (0..length).map(|i| f64::from(sound[lane * hop + i]) * f64::from(window[i])).collect();
                let energy: f64 = frame.iter().map(|x| x * x).sum();
                for k in (0..=half).step_by(1 + length / 256) {
                    let angle = |i: usize| TAU * (k * i % length) as f64 / length as f64;
                    let re: f64 = frame.iter().enumerate().map(|(i, x)| x * libm::cos(angle(i))).sum();
                    let im: f64 = frame.iter().enumerate().map(|(i, x)| x * libm::sin(angle(i))).sum();
                    let (ours, theirs) = (f64::from(power[k][lane]).sqrt(), (re * re + im * im).sqrt());
                    // Up to seven passes round to 6e-8 of what goes through them: of the root of the energy, spread over
                    // all bins, and of the bin itself.
                    assert!(
                        (ours - theirs).abs() < 3e-7 * (energy.sqrt() + theirs),
                        "{length}, {k}: {ours}, not {theirs}"
                    );
                }
            }
        }
    }
}
