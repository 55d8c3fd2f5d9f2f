//! From bins to columns of pixels.

use std::ops::Range;

use super::Pyramid;
use super::channel::Channel;
use super::level::{Bin, higher, lower};

/// What one column of pixels shows, as factors of full scale.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct Column {
    /// The lowest sample.
    pub low: f32,
    /// The highest sample.
    pub high: f32,
    /// The root mean square.
    pub rms: f32,
}

impl Pyramid {
    /// The columns of a range of frames that is `count` columns wide, over all channels together: as many as the sound
    /// reaches into. What lies before the sound is silent.
    ///
    /// A column's extremes are those of every finest bin it touches, so that no peak is lost between two columns; its RMS
    /// takes the bins at its edges by the part of them that lies in the column. What it costs grows with the number of
    /// columns, and hardly with their length: long stretches are taken from upper levels.
    ///
    /// There are no columns in a range that is empty or has an end that is not finite.
    pub fn columns(&self, frames: Range<f64>, count: usize) -> Vec<Column> {
        self.columns_of(&self.channels, frames, count)
    }

    /// The same of one channel, from 0; no columns where there is no such channel.
    pub fn channel_columns(&self, channel: usize, frames: Range<f64>, count: usize) -> Vec<Column> {
        self.columns_of(self.channels.get(channel..=channel).unwrap_or_default(), frames, count)
    }

    /// The spectral centroid of each column in Hz, as many columns as [`Pyramid::columns`] gives. Where there is no sound
    /// it is zero. Without [`Pyramid::with_centroid`] there are none.
    ///
    /// It is that of the channels' mean, by magnitudes of Hann windows of 2048 frames around every 1024 frames. Within a
    /// column each of these counts with its magnitudes, so a column has the centroid of its average spectrum, as
    /// [`spectral_centroid`](crate::spectral_centroid) has it.
    pub fn centroids(&self, frames: Range<f64>, count: usize) -> Vec<f32> {
        let Some(brightness) = &self.brightness else { return Vec::new() };
        let bins = brightness.bins();
        edges(frames, count, self.frames).map(|(from, to)| bins.centroid(from, to)).collect()
    }

    fn columns_of(&self, channels: &[Channel], frames: Range<f64>, count: usize) -> Vec<Column> {
        let lines: Vec<Line<'_>> = channels.iter().map(|channel| Line::new(channel, self.finest)).collect();
        if lines.is_empty() {
            return Vec::new();
        }
        let column = |(from, to): (f64, f64)| {
            let mut sum = Sum { low: f32::INFINITY, high: f32::NEG_INFINITY, squares: 0.0, frames: 0.0 };
            lines.iter().for_each(|line| line.add(from, to, &mut sum));
            sum.column()
        };
        edges(frames, count, self.frames).map(column).collect()
    }
}

/// The columns of a range, each from one frame to another, cut off where the sound ends; none behind it.
fn edges(frames: Range<f64>, count: usize, total: u64) -> impl Iterator<Item = (f64, f64)> {
    let length = frames.end - frames.start;
    let total = total as f64;
    let edge = move |column: usize| frames.start + column as f64 * length / count as f64;
    let is_range = length > 0.0 && length.is_finite();
    let columns = if is_range { 0..count } else { 0..0 };
    columns
        .map(move |i| (edge(i), edge(i + 1)))
        .take_while(move |&(from, _)| from < total)
        .map(move |(from, to)| (from.max(0.0), to.min(total)))
}

/// The bins of a channel, the last one included where it is not whole.
struct Line<'a> {
    channel: &'a Channel,
    finest: u32,
    open: Bin,
}

impl<'a> Line<'a> {
    fn new(channel: &'a Channel, finest: u32) -> Self {
        Line { channel, finest, open: channel.open(finest, 0) }
    }

    /// Adds what lies from one frame to another, both within the sound.
    fn add(&self, from: f64, to: f64, sum: &mut Sum) {
        if to <= 0.0 {
            return;
        }
        let length = (1u64 << self.finest) as f64;
        let whole = self.channel.levels[0].len();
        let bins = whole + usize::from(self.open.frames > 0);
        let first = ((from / length) as usize).min(bins - 1);
        // Between two columns that are narrower than a rounding error nothing is left out.
        let end = ((to / length).ceil() as usize).clamp(first + 1, bins);
        self.add_part(first, from, to, sum);
        if end - first > 1 {
            self.add_part(end - 1, from, to, sum);
            self.add_whole(first + 1, end - 1, sum);
        }
    }

    /// Adds a finest bin by the part of it that lies in the range.
    fn add_part(&self, index: usize, from: f64, to: f64, sum: &mut Sum) {
        let level = &self.channel.levels[0];
        let bin = if index < level.len() { level.bin(index, 1 << self.finest) } else { self.open };
        let start = index as f64 * (1u64 << self.finest) as f64;
        let overlap = (start + bin.frames as f64).min(to) - start.max(from);
        sum.add(bin.low, bin.high, bin.mean_square, overlap.max(0.0));
    }

    /// Adds whole finest bins: at most two of each level, the two that are not a half of one that is added.
    fn add_whole(&self, mut first: usize, mut end: usize, sum: &mut Sum) {
        let mut length = (1u64 << self.finest) as f64;
        for level in &self.channel.levels {
            if first >= end {
                break;
            }
            let mut add = |index: usize| {
                let (low, high) = (level.low()[index], level.high()[index]);
                sum.add(low, high, f64::from(level.mean_square()[index]), length);
            };
            if first % 2 == 1 {
                add(first);
                first += 1;
            }
            if end % 2 == 1 && first < end {
                end -= 1;
                add(end);
            }
            (first, end) = (first / 2, end / 2);
            length *= 2.0;
        }
    }
}

/// A column on its way.
struct Sum {
    low: f32,
    high: f32,
    squares: f64,
    frames: f64,
}

impl Sum {
    fn add(&mut self, low: f32, high: f32, mean_square: f64, frames: f64) {
        self.low = lower(self.low, low);
        self.high = higher(self.high, high);
        self.squares += mean_square * frames;
        self.frames += frames;
    }

    fn column(&self) -> Column {
        if self.low > self.high {
            return Column { low: 0.0, high: 0.0, rms: 0.0 };
        }
        let rms = if self.frames > 0.0 { (self.squares / self.frames).sqrt() } else { 0.0 };
        Column { low: self.low, high: self.high, rms: rms as f32 }
    }
}
