//! The lowpass in the loop of a room: `y[n] = gain (1 - keep) x[n] + keep y[n-1]`.
//!
//! Sample by sample, each output would wait for the one before. So the recursion is unrolled (the scattered look-ahead
//! of K. K. Parhi and D. G. Messerschmitt, "Pipeline Interleaving and Parallelism in Recursive Digital Filters", IEEE
//! Trans. ASSP 37 (1989)): `f[n]` sums up eight inputs, and then `y[n] = f[n] + keep^8 f[n-8] + keep^16 y[n-16]`. Sixteen
//! outputs then wait for none of each other, and every output is the same sum wherever a block begins.

use super::groups::in_groups;
use super::{CHUNK, flush};
use crate::Held;

/// How many inputs are summed up.
const TAPS: usize = 8;
/// How far the recursion reaches back.
const AHEAD: usize = 2 * TAPS;

/// The numbers of a lowpass.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct Damping {
    taps: [f32; TAPS],
    /// Its share to the powers of 8 and of 16.
    keep: [f32; 2],
}

impl Damping {
    /// A lowpass with a gain at 0 Hz that keeps a share, 0 to below 1, of its output from frame to frame.
    pub fn new(gain: f64, keep: f64) -> Self {
        // What is below the rounding of the sum would only make denormal products.
        let single = |x: f64| if x.abs() < 1e-12 { 0.0 } else { x as f32 };
        let mut power = 1.0;
        let taps = [(); TAPS].map(|()| {
            let tap = single(gain * (1.0 - keep) * power);
            power *= keep;
            tap
        });
        Damping { taps, keep: [single(power), single(power * power)] }
    }
}

/// What a lowpass remembers: its last inputs, their sums, and its last outputs, the oldest first.
#[derive(Clone, Copy, PartialEq, Default)]
pub struct Damper {
    inputs: [f32; TAPS],
    sums: [f32; TAPS],
    outputs: [f32; AHEAD],
}

impl Held for Damper {}

impl Damper {
    /// Filters samples, [`CHUNK`] at most, into as many others.
    #[inline(always)]
    pub fn filter(&mut self, damping: &Damping, from: &[f32], to: &mut [f32]) {
        let frames = from.len();
        // The last group of outputs may reach beyond the last frame.
        let (mut inputs, mut sums) = ([0.0; TAPS + CHUNK], [0.0; TAPS + CHUNK + AHEAD]);
        inputs[..TAPS].copy_from_slice(&self.inputs);
        inputs[TAPS..TAPS + frames].copy_from_slice(from);
        sums[..TAPS].copy_from_slice(&self.sums);
        let [t0, t1, t2, t3, t4, t5, t6, t7] = damping.taps;
        for (sum, x) in sums[TAPS..TAPS + frames].iter_mut().zip(inputs[1..].windows(TAPS)) {
            // The oldest inputs, which count least, come first.
            let (older, newer) = ((t7 * x[0] + t6 * x[1]) + (t5 * x[2] + t4 * x[3]), t3 * x[4] + t2 * x[5]);
            *sum = (older + newer) + (t1 * x[6] + t0 * x[7]);
        }
        self.outputs = in_groups(to, &sums, self.outputs, |sums, last| damping.outputs(sums, last));
        self.inputs.copy_from_slice(&inputs[frames..frames + TAPS]);
        self.sums.copy_from_slice(&sums[frames..frames + TAPS]);
    }
}

impl Damping {
    /// Sixteen outputs, from their sums and the eight before, and the sixteen outputs before: these come last, as they
    /// are what is waited for.
    #[inline(always)]
    fn outputs(&self, sums: &[f32; TAPS + AHEAD], before: &[f32; AHEAD]) -> [f32; AHEAD] {
        let mut outputs = [0.0; AHEAD];
        for (k, y) in outputs.iter_mut().enumerate() {
            *y = flush((sums[TAPS + k] + self.keep[0] * sums[k]) + self.keep[1] * before[k]);
        }
        outputs
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_is_its_recursion_in_blocks_of_any_size() {
        let sound: Vec<f32> = (0..2000).map(|i| (i * i % 101) as f32 / 50.0 - 1.0).collect();
        for keep in [0.0, 0.001, 0.2, 0.4, 0.9, 0.999] {
            let damping = Damping::new(0.5, keep);
            let whole = |size: usize| {
                let (mut damper, mut out) = (Damper::default(), vec![0.0; sound.len()]);
                let pieces = sound.chunks(size).zip(out.chunks_mut(size));
                pieces.for_each(|(from, to)| damper.filter(&damping, from, to));
                out
            };
            let out = whole(CHUNK);
            let mut y = 0.0;
            for (i, x) in sound.iter().enumerate() {
                y = 0.5 * (1.0 - keep) * f64::from(*x) + keep * y;
                // Values up to 1/2, summed in 32 bits; the rounding of the power 8 adds up when most is kept.
                assert!((f64::from(out[i]) - y).abs() < 4e-7 + 2e-8 / (1.0 - keep), "{keep}: {} for {y}", out[i]);
            }
            for size in [1, 3, 8, 13, 100] {
                assert!(whole(size) == out, "{keep} in blocks of {size}");
            }
        }
    }
}
