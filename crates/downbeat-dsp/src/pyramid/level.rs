//! Bins of one length, and how two of them become one.

use crate::simd::{Work, widest};

/// The largest square of a sample. Means of such squares stay finite; samples beyond ±1.3e19, 382 dB above full scale,
/// count as that much.
const MAX_SQUARE: f32 = f32::MAX / 2.0;

/// How many frames are reduced at once.
pub(super) const BATCH: usize = 1024;

/// The whole bins of one level of a pyramid: three arrays of equal length.
#[derive(Clone, PartialEq, Debug, Default)]
pub struct Level {
    low: Vec<f32>,
    high: Vec<f32>,
    mean_square: Vec<f32>,
}

/// What is known of one stretch of one channel.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct Bin {
    /// The number of frames. With none of them the other figures mean nothing.
    pub frames: u64,
    /// The lowest sample.
    pub low: f32,
    /// The highest sample.
    pub high: f32,
    /// The mean of the samples' squares.
    pub mean_square: f64,
}

impl Level {
    /// The lowest sample of each bin.
    pub fn low(&self) -> &[f32] {
        &self.low
    }

    /// The highest sample of each bin.
    pub fn high(&self) -> &[f32] {
        &self.high
    }

    /// The mean of the squares of each bin's samples; the root of it is the bin's RMS.
    pub fn mean_square(&self) -> &[f32] {
        &self.mean_square
    }

    /// How many bins there are.
    pub fn len(&self) -> usize {
        self.low.len()
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.low.is_empty()
    }

    /// The bin with this index, which has to be there, as one of `frames` frames.
    pub(super) fn bin(&self, index: usize, frames: u64) -> Bin {
        Bin { frames, low: self.low[index], high: self.high[index], mean_square: f64::from(self.mean_square[index]) }
    }

    /// Makes room for more bins. A vector that doubles would hold twice what a long sound needs; this holds a quarter more.
    fn make_room(&mut self, more: usize) {
        for plane in [&mut self.low, &mut self.high, &mut self.mean_square] {
            if plane.capacity() - plane.len() < more {
                plane.reserve_exact(more.max(plane.len() / 4));
            }
        }
    }

    pub(super) fn append(&mut self, next: &Level) {
        self.make_room(next.len());
        self.low.extend_from_slice(&next.low);
        self.high.extend_from_slice(&next.high);
        self.mean_square.extend_from_slice(&next.mean_square);
    }

    /// Appends what the bins of the finer level from `from` on become, two by two.
    pub(super) fn extend_from(&mut self, finer: &Level, from: usize) {
        self.make_room((finer.len() - from) / 2);
        let pairs = |plane: &'_ [f32], join: fn(f32, f32) -> f32, out: &mut Vec<f32>| {
            out.extend(plane[from..].as_chunks::<2>().0.iter().map(|&[a, b]| join(a, b)));
        };
        pairs(&finer.low, lower, &mut self.low);
        pairs(&finer.high, higher, &mut self.high);
        pairs(&finer.mean_square, mean, &mut self.mean_square);
    }

    /// Appends the bins of 2^`log2` frames that the samples fall into: whole bins, at most [`BATCH`] frames.
    pub(super) fn reduce(&mut self, samples: &[f32], log2: u32) {
        let from = self.len();
        self.make_room(samples.len() >> log2);
        widest(Reduce { level: self, samples, log2 });
        // A sample that is not a number, or infinite, shows in what its bin became.
        let is_finite = |plane: &[f32]| plane[from..].iter().fold(true, |all, x| all & x.is_finite());
        if !(is_finite(&self.low) && is_finite(&self.high) && is_finite(&self.mean_square)) {
            let mut clean = [0.0; BATCH];
            clean.iter_mut().zip(samples).for_each(|(y, x)| *y = finite(*x));
            self.low.truncate(from);
            self.high.truncate(from);
            self.mean_square.truncate(from);
            widest(Reduce { level: self, samples: &clean[..samples.len()], log2 });
        }
    }
}

/// Finite samples on their way to become bins.
struct Reduce<'a> {
    level: &'a mut Level,
    samples: &'a [f32],
    log2: u32,
}

impl Work for Reduce<'_> {
    type Output = ();

    #[inline(always)]
    fn run(self) {
        let Reduce { level, samples, log2 } = self;
        tree(samples, log2, |x| x, lower, &mut level.low);
        tree(samples, log2, |x| x, higher, &mut level.high);
        tree(samples, log2, square, mean, &mut level.mean_square);
    }
}

impl Bin {
    pub(super) const EMPTY: Bin = Bin { frames: 0, low: f32::INFINITY, high: f32::NEG_INFINITY, mean_square: 0.0 };

    /// The bin of a few samples.
    pub(super) fn of(samples: &[f32]) -> Bin {
        samples.iter().map(|&x| finite(x)).fold(Bin::EMPTY, |bin, x| {
            bin.join(Bin { frames: 1, low: x + 0.0, high: x + 0.0, mean_square: f64::from(square(x)) })
        })
    }

    /// This bin and the next one.
    pub(super) fn join(self, next: Bin) -> Bin {
        let frames = self.frames + next.frames;
        let squares = self.mean_square * self.frames as f64 + next.mean_square * next.frames as f64;
        Bin {
            frames,
            low: lower(self.low, next.low),
            high: higher(self.high, next.high),
            mean_square: if frames == 0 { 0.0 } else { squares / frames as f64 },
        }
    }
}

/// Joins neighbours two by two, `log2` times. The order of the joins is the same wherever the samples come from, and at
/// every step there are many of them side by side, of which the compiler makes vectors.
#[inline(always)]
fn tree(samples: &[f32], log2: u32, leaf: impl Fn(f32) -> f32, join: impl Fn(f32, f32) -> f32, out: &mut Vec<f32>) {
    // Adding zero makes one zero of the two: which of them an extreme is must not depend on the way here.
    if log2 == 0 {
        out.extend(samples.iter().map(|&x| leaf(x) + 0.0));
        return;
    }
    let (mut nodes, mut next) = ([0.0; BATCH / 2], [0.0; BATCH / 2]);
    let mut count = samples.len() / 2;
    for (node, &[a, b]) in nodes.iter_mut().zip(samples.as_chunks::<2>().0) {
        *node = join(leaf(a), leaf(b));
    }
    for _ in 1..log2 {
        count /= 2;
        for (node, &[a, b]) in next[..count].iter_mut().zip(nodes.as_chunks::<2>().0) {
            *node = join(a, b);
        }
        std::mem::swap(&mut nodes, &mut next);
    }
    out.extend(nodes[..count].iter().map(|node| node + 0.0));
}

#[inline(always)]
fn square(x: f32) -> f32 {
    lower(x * x, MAX_SQUARE)
}

/// The mean of two, neither larger than [`MAX_SQUARE`].
#[inline(always)]
fn mean(a: f32, b: f32) -> f32 {
    (a + b) * 0.5
}

fn finite(x: f32) -> f32 {
    if x.is_finite() { x } else { 0.0 }
}

/// The lower of two numbers: one instruction, where `f32::min` has to take care of NaN.
#[inline(always)]
pub(super) fn lower(a: f32, b: f32) -> f32 {
    if b < a { b } else { a }
}

/// The higher of two numbers.
#[inline(always)]
pub(super) fn higher(a: f32, b: f32) -> f32 {
    if b > a { b } else { a }
}
