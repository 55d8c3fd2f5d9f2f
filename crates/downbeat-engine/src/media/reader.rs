//! A recording as the mix wants it: mono or stereo, at the session's rate.

use downbeat_dsp::{Audio, Block, Channels, Format};

use crate::World;

use super::MediaError;
use super::decoder::Decoder;
use super::info::MAX_RATE;
use super::pick::{Pick, Routing};
use super::resample::{Resampler, resampled_frames};

/// How many frames are decoded at once. It bounds the memory and has no influence on the sound.
const CHUNK: usize = 8192;

/// The most frames that are reserved because a header promises them.
const MAX_RESERVE: u64 = 1 << 24;

/// Reads a recording block by block: picks its channels and brings it to the session's rate.
///
/// A file that has that rate already comes out to the bit. Any sequence of block sizes gives the same bits.
#[derive(Debug)]
pub struct Reader {
    decoder: Decoder,
    routing: Routing,
    resampler: Option<Resampler>,
    format: Format,
    /// Decoded planes of the file, and the picked ones.
    decoded: Vec<Vec<f32>>,
    picked: Vec<Vec<f32>>,
    /// Finished frames; those before `taken` have been handed out.
    ready: Vec<Vec<f32>>,
    taken: usize,
    ended: bool,
}

impl Reader {
    /// Opens a file.
    ///
    /// # Errors
    /// As [`Decoder::open`], and when the picked channels are not there, or the session's rate is none.
    pub fn open(world: &dyn World, path: &str, pick: Pick, session_rate: u32) -> Result<Self, MediaError> {
        if session_rate == 0 || session_rate > MAX_RATE {
            return Err(MediaError::SessionRate { path: path.to_string(), rate: session_rate });
        }
        let decoder = Decoder::open(world, path)?;
        let (routing, channels) = Routing::new(path, decoder.info(), pick)?;
        let count = channels.count();
        let rate = decoder.info().rate;
        let resampler = (rate != session_rate).then(|| Resampler::new(rate, session_rate, count));
        Ok(Reader {
            decoder,
            routing,
            resampler,
            format: Format { rate: session_rate, channels },
            decoded: Vec::new(),
            picked: vec![Vec::new(); count],
            ready: vec![Vec::new(); count],
            taken: 0,
            ended: false,
        })
    }

    /// The session's rate, and mono or stereo.
    pub fn format(&self) -> Format {
        self.format
    }

    /// How many frames there are at the session's rate, `ceil(frames * to / from)`, where the file knows.
    pub fn frames(&self) -> Option<u64> {
        let info = self.decoder.info();
        Some(resampled_frames(info.frames?, info.rate, self.format.rate))
    }

    /// Goes to a frame of the session's rate, before anything is read. Says whether that can be: not where the format has no
    /// way to it but through all that comes before, and not where the sound is resampled.
    ///
    /// # Errors
    /// As [`Decoder::seek`].
    pub fn seek(&mut self, frame: u64) -> Result<bool, MediaError> {
        Ok(self.resampler.is_none() && self.decoder.seek(frame)?)
    }

    /// Fills the block with the next frames, and says how many they are: all of the block, or fewer at the end, where
    /// the rest of it is made silent.
    ///
    /// A mono recording fills both channels of a stereo block; of a stereo recording a mono block takes the left one.
    ///
    /// # Errors
    /// As [`Decoder::read`].
    pub fn read(&mut self, block: &mut Block<'_>) -> Result<usize, MediaError> {
        let wanted = block.frames();
        let mut filled = 0;
        while filled < wanted {
            let there = self.ready[0].len() - self.taken;
            if there == 0 {
                if self.ended {
                    break;
                }
                self.taken = 0;
                self.ready.iter_mut().for_each(Vec::clear);
                self.advance(CHUNK)?;
                continue;
            }
            let frames = there.min(wanted - filled);
            let planes = self.ready.iter().cycle();
            for (to, from) in block.planes().zip(planes) {
                to[filled..filled + frames].copy_from_slice(&from[self.taken..self.taken + frames]);
            }
            self.taken += frames;
            filled += frames;
        }
        for plane in block.planes() {
            plane[filled..].fill(0.0);
        }
        Ok(filled)
    }

    /// Decodes some more frames, and appends what they become to `ready`.
    fn advance(&mut self, frames: usize) -> Result<(), MediaError> {
        if self.resampler.is_none() && self.routing == Routing::All {
            self.ended = self.decoder.read(&mut self.ready, frames)? == 0;
            return Ok(());
        }
        self.decoded.iter_mut().for_each(Vec::clear);
        self.ended = self.decoder.read(&mut self.decoded, frames)? == 0;
        let Some(resampler) = &mut self.resampler else {
            self.routing.apply(&self.decoded, &mut self.ready);
            return Ok(());
        };
        self.picked.iter_mut().for_each(Vec::clear);
        self.routing.apply(&self.decoded, &mut self.picked);
        resampler.push(&self.picked, &mut self.ready);
        if self.ended {
            resampler.finish(&mut self.ready);
        }
        Ok(())
    }

    /// Everything from here on, in memory.
    fn rest(mut self) -> Result<Audio, MediaError> {
        let expected = self.frames().unwrap_or(0).min(MAX_RESERVE) as usize;
        self.ready.iter_mut().for_each(|plane| plane.reserve_exact(expected));
        while !self.ended {
            self.advance(CHUNK)?;
        }
        let mut planes = self.ready.into_iter();
        let left = planes.next().unwrap_or_default();
        Ok(match self.format.channels {
            Channels::Mono => Audio::mono(self.format.rate, left),
            Channels::Stereo => Audio::stereo(self.format.rate, left, planes.next().unwrap_or_default()),
        })
    }
}

/// Reads a whole recording into memory. Arguments and errors are those of [`Reader::open`] and [`Reader::read`].
///
/// # Errors
/// As there.
pub fn load(world: &dyn World, path: &str, pick: Pick, session_rate: u32) -> Result<Audio, MediaError> {
    Reader::open(world, path, pick, session_rate)?.rest()
}
