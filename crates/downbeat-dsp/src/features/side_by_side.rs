//! Frames side by side: the samples of several frames in an order in which equal places of all frames are neighbours.

use super::fft::{LANES, Lanes};

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
}

/// So many columns are filled at a time.
const COLUMNS: usize = 4;

impl SideBySide {
    pub fn new(frame: usize, hop: usize) -> Self {
        debug_assert!(frame.is_power_of_two());
        let (rows, stride) = if frame.is_multiple_of(hop) { (hop, LANES - 1 + frame / hop) } else { (frame, LANES) };
        SideBySide { hop, rows: rows.trailing_zeros(), stride, samples: vec![0.0; rows * stride] }
    }

    /// Takes the samples of [`LANES`] frames.
    #[inline(always)]
    pub fn fill(&mut self, samples: &[f32]) {
        let rows = 1 << self.rows;
        for column in (0..self.stride).step_by(COLUMNS) {
            // The last columns are taken together with some of those before.
            let column = column.min(self.stride - COLUMNS);
            let [a, b, c, d] = std::array::from_fn(|i| &samples[(column + i) * self.hop..][..rows]);
            for ((((row, &a), &b), &c), &d) in self.samples.chunks_exact_mut(self.stride).zip(a).zip(b).zip(c).zip(d) {
                if let Some(four) = row[column..].first_chunk_mut() {
                    *four = [a, b, c, d];
                }
            }
        }
    }

    /// One sample of each frame.
    #[inline(always)]
    pub fn lanes(&self, sample: usize) -> &Lanes {
        let row = sample & ((1 << self.rows) - 1);
        let lanes = &self.samples[row * self.stride + (sample >> self.rows)..];
        // Every sample of a frame has all its lanes.
        lanes.first_chunk().unwrap_or(&[0.0; LANES])
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
                let expected: Lanes = std::array::from_fn(|lane| (lane * hop + sample) as f32);
                assert_eq!(*frames.lanes(sample), expected, "{frame}, {hop}: {sample}");
            }
        }
    }
}
