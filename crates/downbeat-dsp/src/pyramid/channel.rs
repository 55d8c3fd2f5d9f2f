//! One channel of a pyramid.

use super::LONGEST_FINEST;
use super::level::{BATCH, Bin, Level};

/// Samples are kept until there are this many, so that a bin of any level can be made of them again.
const CELL: usize = LONGEST_FINEST as usize;

/// The levels of a channel. There are always as many as it takes to come to one bin or none.
#[derive(Clone, PartialEq, Debug)]
pub(super) struct Channel {
    /// The finest level and those above it; one at least.
    pub levels: Vec<Level>,
    /// The samples that do not fill a cell yet. The bins that they do fill are in the levels.
    rest: Vec<f32>,
}

impl Default for Channel {
    fn default() -> Self {
        Channel { levels: vec![Level::default()], rest: Vec::with_capacity(CELL) }
    }
}

impl Channel {
    /// Appends samples, with finest bins of 2^`finest` frames.
    pub fn add(&mut self, mut samples: &[f32], finest: u32) {
        let whole = |frames: usize| frames >> finest << finest;
        if !self.rest.is_empty() {
            let known = whole(self.rest.len());
            let (first, others) = samples.split_at(samples.len().min(CELL - self.rest.len()));
            self.rest.extend_from_slice(first);
            self.levels[0].reduce(&self.rest[known..whole(self.rest.len())], finest);
            samples = others;
            if self.rest.len() == CELL {
                self.rest.clear();
            }
        }
        let cells = samples.len() / CELL * CELL;
        for batch in samples[..cells].chunks(BATCH) {
            self.levels[0].reduce(batch, finest);
        }
        if cells < samples.len() {
            self.rest.extend_from_slice(&samples[cells..]);
            self.levels[0].reduce(&self.rest[..whole(self.rest.len())], finest);
        }
        self.build();
    }

    /// Appends another channel with the same finest level. No sample waits for its cell here.
    pub fn append(&mut self, next: Channel) {
        self.levels[0].append(&next.levels[0]);
        self.rest = next.rest;
        self.build();
    }

    /// Drops the `count` finest levels.
    pub fn drop_finest(&mut self, count: usize) {
        self.levels.drain(..count.min(self.levels.len()));
        if self.levels.is_empty() {
            self.levels.push(Level::default());
        }
    }

    /// What lies behind the last whole bin of a level.
    pub fn open(&self, finest: u32, level: usize) -> Bin {
        let mut open = Bin::of(&self.rest[self.rest.len() >> finest << finest..]);
        for (depth, bins) in self.levels.iter().enumerate().take(level) {
            if bins.len() % 2 == 1 {
                open = bins.bin(bins.len() - 1, 1 << (finest as usize + depth)).join(open);
            }
        }
        open
    }

    /// All of it as one bin.
    pub fn whole(&self, finest: u32) -> Bin {
        self.open(finest, self.levels.len())
    }

    /// The sum of the squares of all samples.
    pub fn squares(&self, finest: u32) -> f64 {
        let frames = (1u64 << finest) as f64;
        let open = self.open(finest, 0);
        // With fewer joins between the samples and the sum, less is rounded: these come from the finest level.
        let whole: f64 = self.levels[0].mean_square().iter().map(|&mean| f64::from(mean)).sum();
        whole * frames + open.mean_square * open.frames as f64
    }

    /// Makes the bins of the upper levels for which there are two below.
    fn build(&mut self) {
        let mut depth = 0;
        while self.levels[depth].len() > 1 {
            if depth + 1 == self.levels.len() {
                self.levels.push(Level::default());
            }
            let (lower, upper) = self.levels.split_at_mut(depth + 1);
            let known = upper[0].len();
            upper[0].extend_from(&lower[depth], 2 * known);
            depth += 1;
        }
    }
}
