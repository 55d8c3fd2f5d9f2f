//! Frames side by side: the samples of several frames in an order in which equal places of all frames are neighbours.

use super::fft::LANES;
use crate::simd::{self, Work};

/// Frames of one length, a power of two, each `hop` samples after the one before.
///
/// Where the hop divides the frame, frames share most of their samples, and so do they here: sample `i` of the sound, and
/// the samples one, two, ... hops later stand in a row, and the lanes of a frame's sample begin somewhere in that row.
#[derive(Debug)]
pub(super) struct SideBySide {
    hop: usize,
    /// How many rows there are, as a power of two.
    rows: u32,
    /// How long a row is.
    stride: usize,
    samples: Vec<f32>,
    /// The columns at hand, row by row: what stands densely can be put together in whole vectors.
    columns: Vec<[f32; COLUMNS]>,
}

/// So many columns are filled at a time.
const COLUMNS: usize = 4;

impl SideBySide {
    pub fn new(frame: usize, hop: usize) -> Self {
        debug_assert!(frame.is_power_of_two());
        let (rows, stride) = if frame.is_multiple_of(hop) { (hop, LANES - 1 + frame / hop) } else { (frame, LANES) };
        SideBySide {
            hop,
            rows: rows.trailing_zeros(),
            stride,
            samples: vec![0.0; rows * stride],
            columns: vec![[0.0; COLUMNS]; rows],
        }
    }

    /// Takes the samples of [`LANES`] frames.
    pub fn fill(&mut self, samples: &[f32]) {
        simd::widest(Fill { frames: self, samples });
    }

    /// Where the lanes of a sample of each frame begin in [`Self::samples`].
    pub fn place(&self, sample: usize) -> usize {
        let row = sample & ((1 << self.rows) - 1);
        row * self.stride + (sample >> self.rows)
    }

    /// All samples of all frames.
    pub fn samples(&self) -> &[f32] {
        &self.samples
    }
}

struct Fill<'a> {
    frames: &'a mut SideBySide,
    samples: &'a [f32],
}

impl Work for Fill<'_> {
    type Output = ();

    #[inline(always)]
    fn run(self) {
        let SideBySide { hop, stride, samples, columns, .. } = self.frames;
        for column in (0..*stride).step_by(COLUMNS) {
            // The last columns are taken together with some of those before.
            let column = column.min(*stride - COLUMNS);
            let [a, b, c, d] = [0, 1, 2, 3].map(|i| &self.samples[(column + i) * *hop..][..columns.len()]);
            for ((((row, &a), &b), &c), &d) in columns.iter_mut().zip(a).zip(b).zip(c).zip(d) {
                *row = [a, b, c, d];
            }
            for (row, four) in samples.chunks_exact_mut(*stride).zip(columns.iter()) {
                row[column..column + COLUMNS].copy_from_slice(four);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_lane_is_its_frame() {
        let sound: Vec<f32> = (0..1000).map(|i| i as f32).collect();
        for (frame, hop) in [(64, 16), (64, 64), (64, 1), (64, 24), (64, 128), (8, 2), (16, 3), (8, 8)] {
            let mut frames = SideBySide::new(frame, hop);
            frames.fill(&sound[..(LANES - 1) * hop + frame]);
            for sample in 0..frame {
                let expected: [f32; LANES] = std::array::from_fn(|lane| (lane * hop + sample) as f32);
                let lanes = &frames.samples()[frames.place(sample)..][..LANES];
                assert_eq!(lanes, expected, "{frame}, {hop}: {sample}");
            }
        }
    }
}
