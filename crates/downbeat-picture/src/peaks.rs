//! What a waveform is drawn from: the lowest and highest sample and the mean square of every short stretch.
//!
//! [`Peaks`] is fed while the sound is rendered and never holds more than [`MAX_BINS`] bins: it starts with a bin for every
//! frame, and when it is full, joins neighbours two by two. What it holds depends on the sound alone, not on the
//! blocks the sound came in.

use downbeat_dsp::{Audio, decibels};

/// How many bins there are at most; from the first joining on there are never fewer than half as many.
pub const MAX_BINS: usize = 16_384;

/// Frames that are reduced at once. A power of two, so that a bin is always a whole number of cells.
const CELL: usize = 64;

/// The extremes and the energy of a sound in bounded memory, over all channels together.
#[derive(Clone, PartialEq, Debug)]
pub struct Peaks {
    rate: u32,
    frames: u64,
    /// The length of a full bin, a power of two.
    bin_frames: u64,
    bins: Vec<Bin>,
    /// The bin being filled, with whole cells only.
    open: Bin,
    /// Frames that do not fill a cell yet.
    left: Vec<f32>,
    right: Vec<f32>,
}

/// What is known of one stretch of sound.
#[derive(Clone, Copy, PartialEq, Debug)]
pub(crate) struct Bin {
    /// The number of frames.
    pub frames: u64,
    /// The lowest sample of all channels.
    pub low: f32,
    /// The highest sample of all channels.
    pub high: f32,
    /// The sum over the frames of the mean over the channels of the samples' squares.
    pub squares: f64,
}

impl Peaks {
    /// Nothing yet, at `rate` frames per second (zero is taken as one).
    pub fn new(rate: u32) -> Self {
        Peaks {
            rate: rate.max(1),
            frames: 0,
            bin_frames: 1,
            bins: Vec::new(),
            open: Bin::EMPTY,
            left: Vec::with_capacity(CELL),
            right: Vec::with_capacity(CELL),
        }
    }

    /// The peaks of a whole sound.
    pub fn of(audio: &Audio) -> Self {
        let mut peaks = Peaks::new(audio.rate());
        peaks.add(audio);
        peaks
    }

    /// Appends the next block, mono or stereo, any length. Its rate is taken to be the one given to [`Peaks::new`].
    /// Samples that are not finite count as zero.
    pub fn add(&mut self, block: &Audio) {
        let (mut left, mut right) = (block.left(), block.right());
        while !left.is_empty() {
            let cell = self.cell();
            let take = (cell - self.left.len()).min(left.len());
            let (left_part, left_rest) = left.split_at(take);
            let (right_part, right_rest) = right.split_at(take);
            if take == cell {
                self.add_cell(reduce(left_part, right_part));
            } else {
                self.left.extend_from_slice(left_part);
                self.right.extend_from_slice(right_part);
                if self.left.len() == cell {
                    self.add_cell(reduce(&self.left, &self.right));
                    self.left.clear();
                    self.right.clear();
                }
            }
            (left, right) = (left_rest, right_rest);
        }
        self.frames += block.frames() as u64;
    }

    /// Frames per second.
    pub fn rate(&self) -> u32 {
        self.rate
    }

    /// The length in frames.
    pub fn frames(&self) -> u64 {
        self.frames
    }

    /// The length in seconds.
    pub fn seconds(&self) -> f64 {
        self.frames as f64 / f64::from(self.rate)
    }

    /// The largest magnitude of all samples, as a factor of full scale; zero when there is no frame.
    pub fn peak(&self) -> f32 {
        let total = self.total();
        if total.frames == 0 { 0.0 } else { total.high.max(-total.low) }
    }

    /// The root of the mean square over all frames and channels, as a factor of full scale; zero when there is no frame.
    pub fn rms(&self) -> f64 {
        let total = self.total();
        if total.frames == 0 { 0.0 } else { (total.squares / total.frames as f64).sqrt() }
    }

    /// [`Peaks::peak`] in dBFS: 0 is full scale, silence is minus infinity.
    pub fn peak_db(&self) -> f64 {
        decibels(f64::from(self.peak()))
    }

    /// [`Peaks::rms`] in dBFS, where 0 is a full-scale square wave, and so a full-scale sine is -3.01.
    pub fn rms_db(&self) -> f64 {
        decibels(self.rms())
    }

    /// Whether a sample lies beyond full scale, ±1.
    pub fn clips(&self) -> bool {
        self.peak() > 1.0
    }

    /// The length of every bin but the last, in frames.
    pub(crate) fn bin_frames(&self) -> u64 {
        self.bin_frames
    }

    /// All bins in order, the unfinished one, too.
    pub(crate) fn bins(&self) -> impl Iterator<Item = Bin> {
        let mut last = self.open;
        if !self.left.is_empty() {
            last = last.join(reduce(&self.left, &self.right));
        }
        self.bins.iter().copied().chain((last.frames > 0).then_some(last))
    }

    fn total(&self) -> Bin {
        self.bins().fold(Bin::EMPTY, Bin::join)
    }

    /// The frames of a cell: as many as a bin has, up to [`CELL`].
    fn cell(&self) -> usize {
        self.bin_frames.min(CELL as u64) as usize
    }

    fn add_cell(&mut self, cell: Bin) {
        self.open = self.open.join(cell);
        if self.open.frames == self.bin_frames {
            self.bins.push(self.open);
            self.open = Bin::EMPTY;
            if self.bins.len() == MAX_BINS {
                self.halve();
            }
        }
    }

    /// Joins the bins two by two. There is an even number of them, and nothing is open.
    fn halve(&mut self) {
        for i in 0..MAX_BINS / 2 {
            self.bins[i] = self.bins[2 * i].join(self.bins[2 * i + 1]);
        }
        self.bins.truncate(MAX_BINS / 2);
        self.bin_frames *= 2;
    }
}

impl Bin {
    const EMPTY: Bin = Bin { frames: 0, low: f32::INFINITY, high: f32::NEG_INFINITY, squares: 0.0 };

    fn join(self, next: Bin) -> Bin {
        Bin {
            frames: self.frames + next.frames,
            low: lower(self.low, next.low),
            high: higher(self.high, next.high),
            squares: self.squares + next.squares,
        }
    }
}

/// Lanes that are worked on side by side; the compiler makes vectors of them.
const LANES: usize = 8;

/// Reduces two planes of equal length, at most a cell, to a bin. The order of the sums depends on the length alone.
fn reduce(left: &[f32], right: &[f32]) -> Bin {
    let mut low = [f32::INFINITY; LANES];
    let mut high = [f32::NEG_INFINITY; LANES];
    let mut squares = [0.0; LANES];
    let (left_chunks, left_rest) = left.as_chunks::<LANES>();
    let (right_chunks, right_rest) = right.as_chunks::<LANES>();
    for (l, r) in left_chunks.iter().zip(right_chunks) {
        for i in 0..LANES {
            low[i] = lower(low[i], lower(l[i], r[i]));
            high[i] = higher(high[i], higher(l[i], r[i]));
            squares[i] += l[i] * l[i] + r[i] * r[i];
        }
    }
    for (i, (&l, &r)) in left_rest.iter().zip(right_rest).enumerate() {
        low[i] = lower(low[i], lower(l, r));
        high[i] = higher(high[i], higher(l, r));
        squares[i] += l * l + r * r;
    }
    let sum: f64 = squares.iter().map(|&lane| f64::from(lane)).sum();
    if !sum.is_finite() {
        return reduce_carefully(left, right);
    }
    Bin {
        frames: left.len() as u64,
        low: low.into_iter().fold(f32::INFINITY, lower),
        high: high.into_iter().fold(f32::NEG_INFINITY, higher),
        squares: sum / 2.0,
    }
}

/// The same for samples whose squares are too large for an f32, or that are not finite and therefore count as zero.
fn reduce_carefully(left: &[f32], right: &[f32]) -> Bin {
    let finite = |&x: &f32| if x.is_finite() { x } else { 0.0 };
    left.iter().map(finite).zip(right.iter().map(finite)).fold(Bin::EMPTY, |bin, (l, r)| {
        let squares = (f64::from(l) * f64::from(l) + f64::from(r) * f64::from(r)) / 2.0;
        bin.join(Bin { frames: 1, low: lower(l, r), high: higher(l, r), squares })
    })
}

/// The lower of two numbers: one instruction, where `f32::min` has to take care of NaN.
fn lower(a: f32, b: f32) -> f32 {
    if b < a { b } else { a }
}

/// The higher of two numbers.
fn higher(a: f32, b: f32) -> f32 {
    if b > a { b } else { a }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bins_are_joined_when_they_are_too_many() {
        let mut peaks = Peaks::new(48_000);
        let block = Audio::mono(48_000, vec![0.5; 1000]);
        for n in 1..=1000u64 {
            peaks.add(&block);
            assert!(peaks.bins.len() < MAX_BINS);
            assert!(n < 17 || peaks.bins.len() >= MAX_BINS / 2);
            assert_eq!(peaks.bins().map(|bin| bin.frames).sum::<u64>(), n * 1000);
        }
        // A million frames: 64 to a bin make 15625 bins.
        assert_eq!((peaks.bin_frames(), peaks.bins().count()), (64, 15_625));
    }
}
