//! The absorbent filter of a line: what a room takes away each time round, the lowpass `y[n] = gain (1 - keep) x[n] + keep
//! y[n-1]` in 64 bits.
//!
//! J.-M. Jot and A. Chaigne, "Digital Delay Networks for Designing Artificial Reverberators", 90th AES Convention (1991).
//! The recursion is unrolled as that of the [`Damper`](super::Damper), to half as far, because a register holds half as
//! many numbers: `f[n]` sums up four inputs, and then `y[n] = f[n] + keep^4 f[n-4] + keep^8 y[n-8]`.

use super::groups::in_groups;
use crate::Held;

/// The most frames that are filtered at a time.
pub const CHUNK: usize = 64;
/// How many inputs are summed up.
pub const TAPS: usize = 4;
/// How far the recursion reaches back.
pub const AHEAD: usize = 2 * TAPS;

/// The numbers of an absorbent filter.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct Absorption {
    taps: [f64; TAPS],
    /// Its share to the powers of 4 and of 8.
    keep: [f64; 2],
}

impl Absorption {
    /// A lowpass with a gain at 0 Hz that keeps a share, 0 to below 1, of its output from frame to frame.
    pub fn new(gain: f64, keep: f64) -> Self {
        let taps = [1.0, keep, keep * keep, keep * keep * keep].map(|power| gain * (1.0 - keep) * power);
        let fourth = (keep * keep) * (keep * keep);
        Absorption { taps, keep: [fourth, fourth * fourth] }
    }

    /// Eight outputs, from their sums and the four before, and the eight outputs before: these come last, as they are
    /// what is waited for.
    #[inline(always)]
    fn outputs(&self, sums: &[f64; TAPS + AHEAD], before: &[f64; AHEAD]) -> [f64; AHEAD] {
        let mut outputs = [0.0; AHEAD];
        for (k, y) in outputs.iter_mut().enumerate() {
            *y = (sums[TAPS + k] + self.keep[0] * sums[k]) + self.keep[1] * before[k];
        }
        outputs
    }
}

/// What an absorbent filter remembers: its last inputs, their sums, and its last outputs, the oldest first.
#[derive(Clone, Copy, PartialEq, Default)]
pub struct Absorber {
    inputs: [f64; TAPS],
    sums: [f64; TAPS],
    outputs: [f64; AHEAD],
}

impl Held for Absorber {}

/// Where a filter works. What is in it does not matter, so that one is enough for many filters. Its two parts are apart in
/// memory: where one follows the other, the compiler fears for what is written and makes no vectors.
pub struct Bench<'b> {
    /// Room for the inputs that are remembered, then the inputs.
    pub inputs: &'b mut [f64; TAPS + CHUNK],
    /// The last group of outputs may reach beyond the last frame.
    pub sums: &'b mut [f64; TAPS + CHUNK + AHEAD],
}

impl Absorber {
    /// Filters the inputs on a bench into as many samples as there is room for, [`CHUNK`] at most.
    #[inline(always)]
    pub fn filter(&mut self, absorption: &Absorption, bench: &mut Bench<'_>, to: &mut [f64]) {
        let frames = to.len();
        let Bench { inputs, sums } = bench;
        inputs[..TAPS].copy_from_slice(&self.inputs);
        sums[..TAPS].copy_from_slice(&self.sums);
        let [t0, t1, t2, t3] = absorption.taps;
        // Each a stretch of its own, so that the compiler sees vectors along the frames.
        let [x3, x2, x1, x0] = [1, 2, 3, 4].map(|from| &inputs[from..from + frames]);
        let filtered = &mut sums[TAPS..TAPS + frames];
        for i in 0..frames {
            filtered[i] = (t3 * x3[i] + t2 * x2[i]) + (t1 * x1[i] + t0 * x0[i]);
        }
        self.outputs = in_groups(to, *sums, self.outputs, |sums, last| absorption.outputs(sums, last));
        self.inputs.copy_from_slice(&inputs[frames..frames + TAPS]);
        self.sums.copy_from_slice(&sums[frames..frames + TAPS]);
    }

    /// All that is remembered.
    pub fn memory(&mut self) -> impl Iterator<Item = &mut f64> {
        self.inputs.iter_mut().chain(&mut self.sums).chain(&mut self.outputs)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_is_its_recursion_in_blocks_of_any_size() {
        let sound: Vec<f64> = (0..2000).map(|i| f64::from(i * i % 101) / 50.0 - 1.0).collect();
        for keep in [0.0, 0.001, 0.2, 0.4, 0.9, 0.999] {
            let absorption = Absorption::new(0.5, keep);
            let whole = |size: usize| {
                let (mut absorber, mut out) = (Absorber::default(), vec![0.0; sound.len()]);
                let (mut inputs, mut sums) = ([0.0; TAPS + CHUNK], [0.0; TAPS + CHUNK + AHEAD]);
                let mut bench = Bench { inputs: &mut inputs, sums: &mut sums };
                for (from, to) in sound.chunks(size).zip(out.chunks_mut(size)) {
                    bench.inputs[TAPS..TAPS + from.len()].copy_from_slice(from);
                    absorber.filter(&absorption, &mut bench, to);
                }
                out
            };
            let out = whole(CHUNK);
            let mut y = 0.0;
            for (i, x) in sound.iter().enumerate() {
                y = 0.5 * (1.0 - keep) * x + keep * y;
                // Values up to 1/2, in 64 bits; the rounding of the power 4 adds up when most is kept.
                assert!((out[i] - y).abs() < 1e-15 + 4e-17 / (1.0 - keep), "{keep}: {} for {y}", out[i]);
            }
            for size in [1, 3, 8, 13, 50] {
                assert!(whole(size) == out, "{keep} in blocks of {size}");
            }
        }
    }
}
