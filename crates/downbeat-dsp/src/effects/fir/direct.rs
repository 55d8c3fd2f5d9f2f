//! Convolution tap by tap, for few taps.

use std::sync::Arc;

use crate::{Block, Held};

/// Frames that are worked on at a time.
const CHUNK: usize = 512;

/// Outputs that are summed at a time: as many as the registers hold, with one left for the tap and one for the product.
const LANES: usize = 32;

/// Taps, and of each channel the last inputs, one fewer than taps.
#[derive(Clone, PartialEq)]
pub struct Direct {
    /// The last tap first, as the inputs lie.
    taps: Arc<[f32]>,
    /// With room for a chunk behind them.
    last: Vec<Vec<f32>>,
}

impl Held for Direct {
    fn held(&self) -> usize {
        self.last.held()
    }
}

impl Direct {
    /// Before the first frame.
    pub fn new(taps: &[f64], channels: usize) -> Self {
        let silence = || {
            let mut last = Vec::with_capacity(taps.len() - 1 + CHUNK);
            last.resize(taps.len() - 1, 0.0);
            last
        };
        Direct { taps: reversed(taps), last: (0..channels).map(|_| silence()).collect() }
    }

    /// Changes the taps to others, as many.
    pub fn retune(&mut self, taps: &[f64]) {
        self.taps = reversed(taps);
    }

    /// Convolves in place, without delay.
    #[inline(always)]
    pub fn process(&mut self, block: &mut Block<'_>) {
        for (plane, line) in block.planes().zip(&mut self.last) {
            for chunk in plane.chunks_mut(CHUNK) {
                line.extend_from_slice(chunk);
                convolve(&self.taps, line, chunk);
                line.copy_within(chunk.len().., 0);
                line.truncate(self.taps.len() - 1);
            }
        }
    }
}

fn reversed(taps: &[f64]) -> Arc<[f32]> {
    taps.iter().rev().map(|&tap| tap as f32).collect()
}

/// `out[i] = sum(taps[j] * line[i + j])`. Every output is summed in the order of the taps, whether with others or alone,
/// so that the size of the block makes no difference to it.
#[inline(always)]
fn convolve(taps: &[f32], line: &[f32], out: &mut [f32]) {
    let mut rest = out.chunks_exact_mut(LANES);
    let mut from = 0;
    for out in rest.by_ref() {
        let mut sums = [0.0; LANES];
        for (tap, x) in taps.iter().zip(line[from..].windows(LANES)) {
            for (sum, x) in sums.iter_mut().zip(x) {
                *sum += tap * x;
            }
        }
        out.copy_from_slice(&sums);
        from += LANES;
    }
    for (out, x) in rest.into_remainder().iter_mut().zip(line[from..].windows(taps.len())) {
        *out = taps.iter().zip(x).fold(0.0, |sum, (tap, x)| sum + tap * x);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_click_gives_the_taps() {
        // The taps come out of lanes and rest, across chunks and blocks.
        for at in [0, 5, 480, CHUNK - 1, CHUNK] {
            let mut samples = vec![0.0; CHUNK + 100];
            samples[at] = 1.0;
            let mut direct = Direct::new(&[1.0, 2.0, 3.0, 4.0], 1);
            let (first, second) = samples.split_at_mut(CHUNK + 3);
            direct.process(&mut Block::mono(first));
            direct.process(&mut Block::mono(second));
            assert_eq!(samples[at..at + 4], [1.0, 2.0, 3.0, 4.0]);
            assert_eq!(samples.iter().sum::<f32>(), 10.0, "nothing anywhere else");
        }
    }

    #[test]
    fn one_tap_is_a_gain() {
        let mut samples = vec![1.0; 21];
        Direct::new(&[0.25], 1).process(&mut Block::mono(&mut samples));
        assert_eq!(samples, [0.25; 21]);
    }
}
