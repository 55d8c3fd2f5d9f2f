//! What a waveform is drawn from at any zoom: the extremes and the energy of every short stretch of a sound, and of
//! every two of these, and so on up to the whole.
//!
//! ```text
//! samples -> bins of 2^f frames -> bins of 2^(f+1) -> ... -> one bin (or two)
//!      `---> bins of 1024 frames with a centroid -> bins of 2048 -> ...
//! ```
//!
//! A [`Pyramid`] is made in one pass, from blocks of any length, while the sound is rendered or decoded; it can be asked
//! at any time. What a bin says depends on its own frames alone: a mean square is a tree of means of two. So the blocks
//! make no difference to any bit, nor does it when stretches are made apart and [joined](Pyramid::append).
//!
//! The finest bins have one frame in a short sound. When there are [`MAX_BINS`] of them, the finest level is dropped, and
//! so on until they have [`LONGEST_FINEST`] frames; from there on the pyramid grows with the sound, by 24 bytes for each
//! channel and 256 frames: an hour of stereo at 48 kHz takes 32 MB.

mod analyser;
mod brightness;
mod channel;
mod columns;
mod level;

pub use columns::Column;
pub use level::{Bin, Level};

use brightness::Brightness;
use channel::Channel;

use crate::Audio;
use crate::level::decibels;

/// How many bins the finest level has at most while it can still be made coarser; from then on never fewer than half as
/// many: more than a picture has columns.
pub const MAX_BINS: u64 = 1 << 16;

/// The length of the finest bins of a long sound, in frames: 5.3 ms at 48 kHz.
pub const LONGEST_FINEST: u64 = 1 << LONGEST_FINEST_LOG2;

const LONGEST_FINEST_LOG2: u32 = 8;

/// The extremes, the energy and, if asked for, the brightness of a sound at every zoom.
///
/// ```
/// use downbeat_dsp::{Audio, Pyramid};
///
/// let pyramid = Pyramid::of(&Audio::mono(48_000, vec![0.5; 48_000]));
/// assert_eq!((pyramid.seconds(), pyramid.peak(), pyramid.rms()), (1.0, 0.5, 0.5));
/// // A picture of the second half of it, ten pixels wide.
/// let columns = pyramid.columns(24_000.0..48_000.0, 10);
/// assert_eq!((columns.len(), columns[9].high), (10, 0.5));
/// ```
///
/// # As numbers for others
/// A player that draws by itself needs `rate`, `frames` and, for each channel and level, three arrays of 32-bit floats:
/// [`Level::low`], [`Level::high`], [`Level::mean_square`]. Bin `i` of level `k` covers the frames from `i` times
/// [`Pyramid::bin_frames`]`(k)` on. Only the last bin of a level can be shorter than that; it is not in the arrays as it may
/// still grow, and is given by [`Pyramid::last`]. With it, level `k` has `ceil(frames / bin_frames(k))` bins.
#[derive(Clone, PartialEq, Debug)]
pub struct Pyramid {
    rate: u32,
    frames: u64,
    /// The logarithm to base 2 of the frames of a finest bin.
    finest: u32,
    channels: Vec<Channel>,
    brightness: Option<Brightness>,
}

/// Why two stretches cannot be joined.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
pub enum JoinError {
    /// They differ in rate, in channels, or in whether there are centroids.
    #[error("the stretches differ in their rate, their channels, or in whether they have centroids")]
    Kind,
    /// The first one ends between two bins.
    #[error(
        "a stretch of {frames} frames ends within a bin: only after a multiple of {} frames another one can follow",
        Pyramid::GRID
    )]
    Grid {
        /// The length of the first one.
        frames: u64,
    },
}

impl Pyramid {
    /// Stretches that are made apart have to begin at multiples of this many frames.
    pub const GRID: u64 = 1024;

    /// Nothing yet, with `channels` channels at `rate` frames per second (zero is taken as one of either).
    pub fn new(rate: u32, channels: usize) -> Self {
        let channels = vec![Channel::default(); channels.max(1)];
        Pyramid { rate: rate.max(1), frames: 0, finest: 0, channels, brightness: None }
    }

    /// The same, and with the spectral centroid of every 1024 frames: [`Pyramid::centroids`]. It takes a transform of
    /// 2048 points for each of them, several times the work of everything else.
    pub fn with_centroid(rate: u32, channels: usize) -> Self {
        let pyramid = Pyramid::new(rate, channels);
        Pyramid { brightness: Some(Brightness::new(pyramid.rate)), ..pyramid }
    }

    /// For a sound that will be `frames` long, or a stretch of such a sound: the finest bins are those of that length from
    /// the beginning. To be called before anything is added; it saves work, and the memory of bins that would be dropped.
    pub fn expecting(mut self, frames: u64) -> Self {
        self.coarsen(finest_for(frames));
        self
    }

    /// The pyramid of a whole sound, without centroids.
    pub fn of(audio: &Audio) -> Self {
        let mut pyramid = Pyramid::new(audio.rate(), audio.channels().count()).expecting(audio.frames() as u64);
        pyramid.add(audio);
        pyramid
    }

    /// Appends the next block, of any length. Its rate is taken to be that of the pyramid; channels that it lacks are
    /// those it has once more, and those that it has beyond are left out.
    ///
    /// Samples that are not finite count as zero.
    pub fn add(&mut self, block: &Audio) {
        let planes: Vec<&[f32]> = block.planes().collect();
        self.add_planes(&planes);
    }

    /// The same for planes of equal length (what one has beyond the shortest is left out), of any number of channels.
    pub fn add_planes<P: AsRef<[f32]>>(&mut self, planes: &[P]) {
        let total = planes.iter().map(|plane| plane.as_ref().len()).min().unwrap_or(0);
        let mut done = 0;
        while done < total {
            let room = match self.finest {
                LONGEST_FINEST_LOG2 => usize::MAX,
                finest => usize::try_from((MAX_BINS << finest) - self.frames).unwrap_or(usize::MAX),
            };
            let range = done..done + room.min(total - done);
            done = range.end;
            self.frames += range.len() as u64;
            let planes = planes.iter().cycle().map(|plane| &plane.as_ref()[range.clone()]).take(self.channels.len());
            if let Some(brightness) = &mut self.brightness {
                brightness.add_mean(&planes.clone().collect::<Vec<_>>());
            }
            for (channel, plane) in self.channels.iter_mut().zip(planes) {
                channel.add(plane, self.finest);
            }
            if done - range.start == room {
                self.coarsen(self.finest + 1);
            }
        }
    }

    /// Appends a stretch that was made apart. The result has the same bits as if its samples had come here one by one.
    ///
    /// # Errors
    /// When the stretches are not of one kind, or when this one is not a multiple of [`Pyramid::GRID`] long. Then nothing
    /// is changed.
    pub fn append(&mut self, mut next: Pyramid) -> Result<(), JoinError> {
        let kind = |pyramid: &Pyramid| (pyramid.rate, pyramid.channels.len(), pyramid.brightness.is_some());
        if kind(self) != kind(&next) {
            return Err(JoinError::Kind);
        }
        if !self.frames.is_multiple_of(Pyramid::GRID) {
            return Err(JoinError::Grid { frames: self.frames });
        }
        self.frames += next.frames;
        let finest = finest_for(self.frames).max(self.finest).max(next.finest);
        self.coarsen(finest);
        next.coarsen(finest);
        for (channel, next) in self.channels.iter_mut().zip(next.channels) {
            channel.append(next);
        }
        if let (Some(brightness), Some(next)) = (&mut self.brightness, next.brightness) {
            brightness.append(next);
        }
        Ok(())
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

    /// The number of channels.
    pub fn channels(&self) -> usize {
        self.channels.len()
    }

    /// Whether there are [`Pyramid::centroids`].
    pub fn has_centroid(&self) -> bool {
        self.brightness.is_some()
    }

    /// The largest magnitude of all samples, as a factor of full scale; zero when there is no frame.
    pub fn peak(&self) -> f32 {
        let peak = |channel: &Channel| {
            let whole = channel.whole(self.finest);
            if whole.frames == 0 { 0.0 } else { whole.high.max(-whole.low) }
        };
        self.channels.iter().map(peak).fold(0.0, f32::max)
    }

    /// The root of the mean square over all frames and channels, as a factor of full scale; zero when there is no frame.
    pub fn rms(&self) -> f64 {
        let squares: f64 = self.channels.iter().map(|channel| channel.squares(self.finest)).sum();
        if self.frames == 0 { 0.0 } else { (squares / self.frames as f64 / self.channels.len() as f64).sqrt() }
    }

    /// [`Pyramid::peak`] in dBFS: 0 is full scale, silence is minus infinity.
    pub fn peak_db(&self) -> f64 {
        decibels(f64::from(self.peak()))
    }

    /// [`Pyramid::rms`] in dBFS, where 0 is a full-scale square wave, and so a full-scale sine is -3.01.
    pub fn rms_db(&self) -> f64 {
        decibels(self.rms())
    }

    /// Whether a sample lies beyond full scale, ±1.
    pub fn clips(&self) -> bool {
        self.peak() > 1.0
    }

    /// How many levels there are: one at least.
    pub fn levels(&self) -> usize {
        self.channels[0].levels.len()
    }

    /// How many frames a whole bin of a level has. Level 0 is the finest, each next one has bins of twice the length.
    pub fn bin_frames(&self, level: usize) -> u64 {
        1 << (self.finest as usize + level).min(63)
    }

    /// All whole bins of a level of a channel (both from 0), if there is such a level.
    pub fn level(&self, channel: usize, level: usize) -> Option<&Level> {
        self.channels.get(channel)?.levels.get(level)
    }

    /// The last bin of a level of a channel where it is not whole: the frames behind [`Pyramid::level`].
    pub fn last(&self, channel: usize, level: usize) -> Option<Bin> {
        let last = self.channels.get(channel)?.open(self.finest, level);
        (level < self.levels() && last.frames > 0).then_some(last)
    }

    /// Drops levels until the finest bins have 2^`finest` frames.
    fn coarsen(&mut self, finest: u32) {
        let dropped = finest.saturating_sub(self.finest);
        self.finest += dropped;
        self.channels.iter_mut().for_each(|channel| channel.drop_finest(dropped as usize));
    }
}

/// The finest level of a sound of so many frames.
fn finest_for(frames: u64) -> u32 {
    (0..LONGEST_FINEST_LOG2).find(|&finest| frames < MAX_BINS << finest).unwrap_or(LONGEST_FINEST_LOG2)
}
