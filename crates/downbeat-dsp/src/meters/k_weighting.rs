//! The K-weighting filter of ITU-R BS.1770-4, annex 1: a high shelf for the head, and a highpass.
//!
//! The standard gives coefficients for 48 kHz only. Those for other rates come from the analogue prototypes behind them
//! by the bilinear transform (constants from the solution by Brecht De Man, "Evaluation of implementations of the EBU
//! R128 loudness measurement", AES 145, 2018).
//!
//! Loudness asks for the energy of the filtered sound only, which allows to filter several parts of a stretch side by
//! side. The filter is linear: its output is what it gives from rest, y, plus what its state s rings on to by itself,
//! g·s, where the four responses g are known beforehand. The energy is therefore the sum of y^2, plus 2 s·(sum of y g),
//! plus s·(sum of g g)·s, and all of these sums can be taken before s is known.

use std::f64::consts::PI;
use std::sync::Arc;

use crate::simd::{self, Work};

/// What the filter of one channel remembers.
pub(super) type State = [f64; 4];

/// The filter, made to measure stretches of one length.
#[derive(Clone, PartialEq, Debug)]
pub(super) struct KWeighting {
    filter: Filter,
    /// The length of the parts that are filtered side by side.
    part: usize,
    ringing: Arc<Ringing>,
}

/// How many parts are filtered side by side: enough that one need not wait for the other's products.
const LANES: usize = 4;
/// The frames whose output is kept before it is summed up.
const RUN: usize = 64;

/// The states whose ringing is known. A constant input leaves the highpass with s = -t, and both of them large: of their
/// ringing nothing would be left but rounding errors, if it were taken apart into that of s and that of t.
const BASIS: [State; 4] = [[1.0, -1.0, 0.0, 0.0], [0.0, 1.0, 0.0, 0.0], [0.0, 0.0, 1.0, 0.0], [0.0, 0.0, 0.0, 1.0]];

/// A state as a sum of those of [`BASIS`].
fn coordinates(&[s, t, u, v]: &State) -> State {
    [s, s + t, u, v]
}

/// What a filter does without input, over the length of a part.
#[derive(PartialEq, Debug)]
struct Ringing {
    /// The output after each of the states of [`BASIS`].
    responses: Vec<State>,
    /// How long the responses of the shelf (the last two) last.
    shelf: usize,
    /// The sums of the products of the responses.
    products: [State; 4],
    /// The state at the end, after each of the states of [`BASIS`].
    ends: [State; 4],
}

impl KWeighting {
    /// The filter for stretches of `frames` frames at `rate` frames per second.
    pub(super) fn new(rate: u32, frames: usize) -> Self {
        let filter = Filter::new(rate);
        let part = frames / LANES;
        KWeighting { filter, part, ringing: Arc::new(Ringing::new(&filter, part)) }
    }

    /// The energy (sum of squares) of a filtered stretch of samples, starting with `state` and leaving it at the end.
    pub(super) fn energy(&self, samples: &[f32], state: &mut State) -> f64 {
        let (parts, rest) = samples.split_at((self.part * LANES).min(samples.len()));
        let mut energy = 0.0;
        if parts.len() == self.part * LANES && self.part > 0 {
            let lanes = self.side_by_side(parts);
            for n in 0..LANES {
                let place = coordinates(state);
                let along = dot(&place, &lanes.along.map(|sums| sums[n]));
                let ringing = dot(&place, &self.ringing.products.map(|row| dot(&row, &place)));
                energy += lanes.energy[n] + 2.0 * along + ringing;
                *state = std::array::from_fn(|k| {
                    lanes.states[k][n] + (0..4).map(|j| self.ringing.ends[j][k] * place[j]).sum::<f64>()
                });
            }
        }
        for &x in rest {
            let y = self.filter.next(f64::from(x), state);
            energy += y * y;
        }
        // The true sum is never negative; that of the rounded terms may be by the last bit.
        energy.max(0.0) * self.filter.power
    }

    /// Filters the parts side by side, each from rest.
    fn side_by_side(&self, samples: &[f32]) -> Lanes {
        let mut lanes = Lanes::default();
        let [[a, b], [c, d]] = halves(samples).map(halves);
        let mut output = [[0.0; LANES]; RUN];
        for start in (0..self.part).step_by(RUN) {
            let end = (start + RUN).min(self.part);
            let inputs = [a, b, c, d].map(|part| &part[start..end]);
            let output = &mut output[..end - start];
            simd::widest(Run { filter: self.filter, inputs, states: &mut lanes.states, output });
            let responses = &self.ringing.responses[start..end];
            // The shelf has soon rung out, the highpass has not.
            if start < self.ringing.shelf {
                simd::widest(Sum::<4> { lanes: &mut lanes, output, responses });
            } else {
                simd::widest(Sum::<2> { lanes: &mut lanes, output, responses });
            }
        }
        lanes
    }
}

/// Adds up the squares of the outputs and their products with the first `K` responses.
struct Sum<'a, const K: usize> {
    lanes: &'a mut Lanes,
    output: &'a [[f64; LANES]],
    responses: &'a [State],
}

impl<const K: usize> Work for Sum<'_, K> {
    type Output = ();

    #[inline(always)]
    fn run(self) {
        let Lanes { mut energy, mut along, .. } = *self.lanes;
        for (y, response) in self.output.iter().zip(self.responses) {
            for n in 0..LANES {
                energy[n] += y[n] * y[n];
            }
            for k in 0..K {
                for n in 0..LANES {
                    along[k][n] += y[n] * response[k];
                }
            }
        }
        (self.lanes.energy, self.lanes.along) = (energy, along);
    }
}

/// The two stages in a row: a state holds the two numbers of the highpass and the two of the shelf.
#[derive(Clone, Copy, PartialEq, Debug)]
struct Filter {
    highpass: Stage,
    shelf: Stage,
    /// The squared gain that the stages, whose first coefficients are 1, leave out.
    power: f64,
}

/// A biquad with b0 = 1 as a state-space system: y = x + s; s' = (b1 - a1) x - a1 s + t; t' = (b2 - a2) x - a2 s. There
/// is no more than a product and a difference between one frame and the next.
#[derive(Clone, Copy, PartialEq, Debug)]
struct Stage {
    a1: f64,
    a2: f64,
    c1: f64,
    c2: f64,
}

/// What comes of parts that were filtered from rest, side by side.
#[derive(Default)]
struct Lanes {
    /// The states at the ends.
    states: [[f64; LANES]; 4],
    /// The sums of y^2.
    energy: [f64; LANES],
    /// The sums of y g.
    along: [[f64; LANES]; 4],
}

impl Filter {
    fn new(rate: u32) -> Self {
        let rate = f64::from(rate);
        // At rates too low for the shelf its corner stays below half the rate.
        let warp = |freq: f64| libm::tan(PI * (freq / rate).min(0.49));
        let (k, q) = (warp(38.135_470_876_024_44), 0.500_327_037_323_877_3);
        let a0 = 1.0 + k / q + k * k;
        let highpass = Stage::new(-2.0, 1.0, 2.0 * (k * k - 1.0) / a0, (1.0 - k / q + k * k) / a0);

        let (k, q) = (warp(1_681.974_450_955_533), 0.707_175_236_955_419_6);
        let high = libm::pow(10.0, 3.999_843_853_973_347 / 20.0);
        let band = libm::pow(high, 0.499_666_774_154_541_6);
        let a0 = 1.0 + k / q + k * k;
        let b0 = (high + band * k / q + k * k) / a0;
        let b1 = 2.0 * (k * k - high) / a0;
        let b2 = (high - band * k / q + k * k) / a0;
        let shelf = Stage::new(b1 / b0, b2 / b0, 2.0 * (k * k - 1.0) / a0, (1.0 - k / q + k * k) / a0);
        Filter { highpass, shelf, power: b0 * b0 }
    }

    /// Filters one sample.
    #[inline(always)]
    fn next(&self, x: f64, state: &mut State) -> f64 {
        let [s, t, u, v] = *state;
        let h = x + s;
        let ((s, t), (next_u, next_v)) = (self.highpass.step(x, s, t), self.shelf.step(h, u, v));
        *state = [s, t, next_u, next_v];
        h + u
    }
}

/// Filters several inputs side by side.
struct Run<'a> {
    filter: Filter,
    inputs: [&'a [f32]; LANES],
    states: &'a mut [[f64; LANES]; 4],
    output: &'a mut [[f64; LANES]],
}

impl Work for Run<'_> {
    type Output = ();

    #[inline(always)]
    fn run(self) {
        let Filter { highpass, shelf, .. } = self.filter;
        let [a, b, c, d] = self.inputs;
        let [mut s, mut t, mut u, mut v] = *self.states;
        for (((&a, &b), (&c, &d)), y) in a.iter().zip(b).zip(c.iter().zip(d)).zip(self.output) {
            let x = [a, b, c, d].map(f64::from);
            for n in 0..LANES {
                let h = x[n] + s[n];
                (s[n], t[n]) = highpass.step(x[n], s[n], t[n]);
                y[n] = h + u[n];
                (u[n], v[n]) = shelf.step(h, u[n], v[n]);
            }
        }
        *self.states = [s, t, u, v];
    }
}

impl Stage {
    fn new(b1: f64, b2: f64, a1: f64, a2: f64) -> Self {
        Stage { a1, a2, c1: b1 - a1, c2: b2 - a2 }
    }

    /// The next state.
    #[inline(always)]
    fn step(&self, x: f64, s: f64, t: f64) -> (f64, f64) {
        (self.c1 * x + t - self.a1 * s, self.c2 * x - self.a2 * s)
    }
}

impl Ringing {
    fn new(filter: &Filter, frames: usize) -> Self {
        let mut ends = BASIS;
        let mut products = [[0.0; 4]; 4];
        let mut response = || {
            // What has decayed to nothing is nothing: no denormal numbers, and the end of the shelf's part.
            let quiet = |x: f64| if x.abs() < 1e-20 { 0.0 } else { x };
            let response = ends.each_mut().map(|state| {
                *state = state.map(quiet);
                quiet(filter.next(0.0, state))
            });
            for (row, g) in products.iter_mut().zip(response) {
                *row = std::array::from_fn(|k| row[k] + g * response[k]);
            }
            response
        };
        let responses: Vec<State> = (0..frames).map(|_| response()).collect();
        let shelf = responses.iter().rposition(|g| g[2] != 0.0 || g[3] != 0.0).map_or(0, |last| last + 1);
        Ringing { responses, shelf, products, ends }
    }
}

fn halves(samples: &[f32]) -> [&[f32]; 2] {
    let (low, high) = samples.split_at(samples.len() / 2);
    [low, high]
}

fn dot(a: &State, b: &State) -> f64 {
    a.iter().zip(b).map(|(a, b)| a * b).sum()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Side by side is the same as one after the other: for noise, for what rings on from before, and for a constant,
    /// where the parts from rest have a large output and the true one has almost none.
    #[test]
    fn the_parts_add_up() {
        for (rate, frames) in [(48_000, 4_800), (44_100, 4_410), (8_000, 801), (48_000, 3)] {
            let weighting = KWeighting::new(rate, frames);
            let (mut state, mut plain) = ([0.0; 4], [0.0; 4]);
            for stretch in 0..60_u32 {
                let samples: Vec<f32> = (0..frames as u32)
                    .map(|i| match stretch / 20 {
                        0 => (i.wrapping_mul(i * i + stretch) % 1_000) as f32 / 1_000.0 - 0.5,
                        1 => 0.5,
                        _ => 0.0,
                    })
                    .collect();
                let energy = weighting.energy(&samples, &mut state);
                let exact: f64 = samples.iter().map(|&x| weighting.filter.next(f64::from(x), &mut plain).powi(2)).sum();
                let exact = exact * weighting.filter.power;
                // The rounding of sums of 5,000 terms. Around a constant of 0.5 these are up to 60, and a rounding of the
                // state by 2^-54 comes out of the highpass 40,000 times as large. The gate is at 5e-4.
                assert!((energy - exact).abs() < 4e-15 * exact + 5e-11, "{rate} {stretch}: {energy} {exact}");
            }
        }
    }
}
