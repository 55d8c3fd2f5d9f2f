//! A recording as its file has it: all its channels, at its own rate, from the first frame to the last.

use std::fmt;

use crate::World;

use super::MediaError;
use super::info::Info;
use super::packets::{Container, PacketStream};
use super::pcm::first_not_finite;
use super::source::{Content, Section, recognise};
use super::wav::{self, Fault, PcmStream, Wav};

/// Decodes a file, bit by bit, in memory that does not grow with its length.
pub struct Decoder {
    path: String,
    stream: Stream,
    /// Frames handed out so far.
    done: u64,
}

enum Stream {
    Pcm(PcmStream),
    Packets(Box<PacketStream>),
}

impl Decoder {
    /// Opens a file and reads its header. What it is shows in its content; its name does not matter.
    ///
    /// # Errors
    /// When it cannot be opened, is not audio, is of a format that is not read, or has a broken header.
    pub fn open(world: &dyn World, path: &str) -> Result<Self, MediaError> {
        let stream = Stream::open(path, world.open(path)?)?;
        Ok(Decoder { path: path.to_string(), stream, done: 0 })
    }

    /// What the file says of the sound in it.
    pub fn info(&self) -> &Info {
        match &self.stream {
            Stream::Pcm(stream) => &stream.info,
            Stream::Packets(stream) => &stream.info,
        }
    }

    /// Goes to a frame, so that it is the next one to be read; beyond the end there is nothing more to read. Says whether
    /// the format allows that: WAV and FLAC do, and give the same samples as if all before had been read. Where it does
    /// not, the decoder stays where it is.
    ///
    /// # Errors
    /// As [`Decoder::read`].
    pub fn seek(&mut self, frame: u64) -> Result<bool, MediaError> {
        let can = match &mut self.stream {
            Stream::Pcm(stream) => {
                stream.seek(frame).map_err(|source| MediaError::Read { path: self.path.clone(), source })?;
                true
            }
            Stream::Packets(stream) => stream.seek(frame)?,
        };
        if can {
            self.done = frame;
        }
        Ok(can)
    }

    /// Appends the next frames, at most `max_frames`, to `planes`: one plane a channel, full scale ±1. Returns how many
    /// frames they are; fewer than `max_frames` are no sign of anything, only 0 is the end.
    ///
    /// `planes` is given as many planes as there are channels if it has another number.
    ///
    /// # Errors
    /// When the file cannot be read on, breaks in the middle, ends too early, or holds a sample that is not a finite
    /// number. After an error no more should be read.
    pub fn read(&mut self, planes: &mut Vec<Vec<f32>>, max_frames: usize) -> Result<usize, MediaError> {
        planes.resize(self.info().channels, Vec::new());
        let before = planes.first().map_or(0, Vec::len);
        let frames = match &mut self.stream {
            Stream::Pcm(stream) => stream
                .read(planes, max_frames)
                .map_err(|source| MediaError::Read { path: self.path.clone(), source })?,
            Stream::Packets(stream) => stream.read(planes, max_frames)?,
        };
        let is_float = match &self.stream {
            Stream::Pcm(stream) => stream.is_float(),
            Stream::Packets(stream) => stream.is_float(),
        };
        for (channel, plane) in planes.iter().enumerate().filter(|_| is_float) {
            if let Some(place) = first_not_finite(&plane[before..]) {
                let frame = self.done + place as u64;
                return Err(MediaError::NotFinite { path: self.path.clone(), frame, channel: channel + 1 });
            }
        }
        self.done += frames as u64;
        Ok(frames)
    }
}

impl fmt::Debug for Decoder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Decoder").field("path", &self.path).field("info", self.info()).finish_non_exhaustive()
    }
}

impl Stream {
    fn open(path: &str, bytes: Box<dyn crate::Bytes>) -> Result<Self, MediaError> {
        let io = |source| MediaError::Read { path: path.to_string(), source };
        let mut source = Section::whole(bytes).map_err(io)?;
        let content = recognise(&mut source).map_err(io)?;
        let (start, container) = match content {
            Content::Wav => return Stream::open_wav(path, source),
            Content::Other(found) => {
                return Err(MediaError::Unsupported { path: path.to_string(), found: found.to_string() });
            }
            Content::Unknown(found) => return Err(MediaError::NotAudio { path: path.to_string(), found }),
            Content::Aiff => (0, Container::Aiff),
            Content::Flac(start) => (start, Container::Flac),
            Content::Mp3(start) => (start, Container::Mp3),
            Content::Adts(start) => (start, Container::Adts),
            Content::Ogg => (0, Container::Ogg),
            Content::Mp4 => (0, Container::Mp4),
        };
        Stream::packets(path, source.part(start, u64::MAX).map_err(io)?, container)
    }

    fn open_wav(path: &str, source: Section) -> Result<Self, MediaError> {
        match wav::open(source) {
            Ok(Wav::Pcm(stream)) => Ok(Stream::Pcm(stream)),
            Ok(Wav::Mpeg(section)) => Stream::packets(path, section, Container::Mp3),
            Ok(Wav::Adpcm(section, frames)) => Stream::packets(path, section, Container::Adpcm(frames)),
            Err(Fault::Io(source)) => Err(MediaError::Read { path: path.to_string(), source }),
            Err(Fault::Malformed(fault)) => Err(MediaError::Malformed { path: path.to_string(), fault }),
            Err(Fault::Unsupported(found)) => Err(MediaError::Unsupported { path: path.to_string(), found }),
        }
    }

    fn packets(path: &str, section: Section, container: Container) -> Result<Self, MediaError> {
        Ok(Stream::Packets(Box::new(PacketStream::open(path, section, container)?)))
    }
}
