//! The lowpass in the loop of a room: `y[n] = gain (1 - keep) x[n] + keep y[n-1]`.
//!
//! Sample by sample, each output would wait for the one before. So the recursion is unrolled by eight (the scattered
//! look-ahead of K. K. Parhi and D. G. Messerschmitt, "Pipeline Interleaving and Parallelism in Recursive Digital
//! Filters", IEEE Trans. ASSP 37 (1989)): eight taps on the inputs, and the output of eight frames ago. Eight outputs
//! then wait for none of each other, and every output is the same sum wherever a block begins.

use super::{CHUNK, flush};

/// How far the recursion reaches back.
const AHEAD: usize = 8;

/// The numbers of a lowpass.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct Damping {
    taps: [f32; AHEAD],
    keep: f32,
}

impl Damping {
    /// A lowpass with a gain at 0 Hz that keeps a share, 0 to below 1, of its output from frame to frame.
    pub fn new(gain: f64, keep: f64) -> Self {
        let mut power = 1.0;
        let taps = [(); AHEAD].map(|()| {
            let tap = gain * (1.0 - keep) * power;
            power *= keep;
            // What is below the rounding of the sum would only make denormal products.
            if tap.abs() < 1e-12 { 0.0 } else { tap as f32 }
        });
        Damping { taps, keep: if power < 1e-12 { 0.0 } else { power as f32 } }
    }
}

/// What a lowpass remembers: its last inputs and outputs, the oldest first.
#[derive(Clone, Copy, PartialEq, Default)]
pub struct Damper {
    inputs: [f32; AHEAD],
    outputs: [f32; AHEAD],
}

impl Damper {
    /// Filters samples, [`CHUNK`] at most, into as many others.
    #[inline(always)]
    pub fn filter(&mut self, damping: &Damping, from: &[f32], to: &mut [f32]) {
        let frames = from.len();
        // Room for a window that reaches beyond the last frame.
        let mut inputs = [0.0; 2 * AHEAD + CHUNK];
        inputs[..AHEAD].copy_from_slice(&self.inputs);
        inputs[AHEAD..AHEAD + frames].copy_from_slice(from);
        let (groups, rest) = to.as_chunks_mut::<AHEAD>();
        let mut last = self.outputs;
        let mut x = &inputs[1..];
        for group in groups {
            let Some(window) = x.first_chunk() else { break };
            last = damping.eight(window, &last);
            *group = last;
            x = &x[AHEAD..];
        }
        if let (Some(window), false) = (x.first_chunk(), rest.is_empty()) {
            let group = damping.eight(window, &last);
            rest.copy_from_slice(&group[..rest.len()]);
            last.rotate_left(rest.len());
            last[AHEAD - rest.len()..].copy_from_slice(rest);
        }
        self.outputs = last;
        self.inputs.copy_from_slice(&inputs[frames..frames + AHEAD]);
    }
}

impl Damping {
    /// Eight outputs, from their inputs and the seven before, and the eight outputs before: these come last into the
    /// sum, as they are what is waited for.
    #[inline(always)]
    fn eight(&self, x: &[f32; 2 * AHEAD - 1], before: &[f32; AHEAD]) -> [f32; AHEAD] {
        let mut sums = [0.0; AHEAD];
        for (j, tap) in self.taps.iter().enumerate() {
            for (k, sum) in sums.iter_mut().enumerate() {
                *sum += tap * x[AHEAD - 1 - j + k];
            }
        }
        for (sum, y) in sums.iter_mut().zip(before) {
            *sum = flush(*sum + self.keep * y);
        }
        sums
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
