//! Writes a mix as WAV or FLAC.

use std::fmt;
use std::io::{self, Seek, SeekFrom, Write};

use downbeat_dsp::{Audio, Block, Channels, Format};
use flac_codec::encode::{FlacSampleWriter, Options};

use super::dither::Quantizer;
use super::pcm::first_not_finite;
use super::wav_header::WavHeader;

/// How many frames are converted at once. It has no influence on what is written.
const CHUNK: usize = 8192;

/// The kind of file.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug, Hash)]
pub enum Container {
    /// WAV; RF64 when it is longer than 4 GiB.
    Wav,
    /// FLAC, with 16 or 24 bits.
    Flac,
}

/// How a sample is written.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug, Hash)]
pub enum SampleFormat {
    /// Integers of 16 bits.
    Int16,
    /// Integers of 24 bits.
    Int24,
    /// Floats of 32 bits: the mix as it is, to the bit, even beyond full scale.
    Float32,
}

impl SampleFormat {
    /// The bits of a sample.
    pub fn bits(self) -> u32 {
        match self {
            SampleFormat::Int16 => 16,
            SampleFormat::Int24 => 24,
            SampleFormat::Float32 => 32,
        }
    }
}

/// What is written.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Hash)]
pub struct OutputFormat {
    /// The kind of file.
    pub container: Container,
    /// How a sample is written.
    pub sample: SampleFormat,
    /// Whether integers are dithered: noise of a step or so instead of distortion. Floats never are.
    pub dither: bool,
}

impl OutputFormat {
    /// Dithered, as a mix should be written.
    pub fn new(container: Container, sample: SampleFormat) -> Self {
        OutputFormat { container, sample, dither: true }
    }
}

/// Why a mix cannot be written.
#[derive(Debug, thiserror::Error)]
pub enum EncodeError {
    /// The machine says no.
    #[error("cannot write the sound: {0}")]
    Write(#[from] io::Error),
    /// A combination that does not exist.
    #[error("{0}")]
    Format(&'static str),
    /// A sample that is not a finite number.
    #[error(
        "the sound has a sample that is not a finite number: frame {frame}, channel {channel}; nothing sound can be written"
    )]
    NotFinite {
        /// The frame, from 0.
        frame: u64,
        /// The channel, from 1.
        channel: usize,
    },
    /// A block of another number of channels than was promised.
    #[error("a block of {found:?} sound in a {expected:?} file")]
    Channels {
        /// What was promised.
        expected: Channels,
        /// What came.
        found: Channels,
    },
    /// Another number of frames than was promised.
    #[error("{written} frames were written where {promised} were promised")]
    Length {
        /// What was promised.
        promised: u64,
        /// What came.
        written: u64,
    },
}

/// What has been written.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Encoded {
    /// The length in frames.
    pub frames: u64,
    /// How many frames had a sample beyond full scale, and were clipped. 0 for floats, which keep it.
    pub clipped_frames: u64,
}

/// Writes consecutive blocks of a sound. The bytes do not depend on how it is divided into blocks.
pub struct Encoder<W: Write + Seek> {
    sink: Sink<W>,
    quantizers: Vec<Quantizer>,
    format: Format,
    promised: Option<u64>,
    frames: u64,
    clipped: u64,
}

enum Sink<W: Write + Seek> {
    Wav { writer: W, start: u64, header: WavHeader, bytes: Vec<u8>, planes: [Vec<i32>; 2] },
    Flac { writer: Box<FlacSampleWriter<W>>, samples: Vec<i32>, planes: [Vec<i32>; 2] },
}

impl<W: Write + Seek> Encoder<W> {
    /// Begins a file where the writer stands.
    ///
    /// `seed` chooses the dither noise; the same seed gives the same bytes. `frames` is the length, when it is known:
    /// it then is what has to come. A mutable reference to a file will do as the writer, so that it can be used after.
    ///
    /// # Errors
    /// When the format does not exist (FLAC with floats, a rate that FLAC has not), or nothing can be written.
    pub fn new(
        mut writer: W,
        output: OutputFormat,
        format: Format,
        seed: u64,
        frames: Option<u64>,
    ) -> Result<Self, EncodeError> {
        let channels = format.channels.count();
        let integer = output.sample != SampleFormat::Float32;
        let quantizer = |channel| Quantizer::new(output.sample.bits(), output.dither, seed, channel);
        let quantizers = if integer { (0..channels).map(quantizer).collect() } else { Vec::new() };
        if format.rate == 0 {
            return Err(EncodeError::Format("a rate of 0 Hz cannot be written"));
        }
        let sink = match output.container {
            Container::Wav => {
                let start = writer.stream_position()?;
                let mut header =
                    WavHeader { rate: format.rate, channels: channels as u16, sample: output.sample, room: false };
                // A length that is known to fit gets the plain header that every reader knows.
                header.room = frames.is_none_or(|frames| header.bytes(frames).is_none());
                let first = header.bytes(frames.unwrap_or(0)).ok_or(EncodeError::Format("no file can be that long"))?;
                writer.write_all(&first)?;
                Sink::Wav { writer, start, header, bytes: Vec::new(), planes: Default::default() }
            }
            Container::Flac if !integer => {
                return Err(EncodeError::Format("FLAC holds integers: choose 16 or 24 bits, or WAV for 32-bit float"));
            }
            Container::Flac if format.rate >= 1 << 20 => {
                return Err(EncodeError::Format("FLAC holds rates up to 1048575 Hz"));
            }
            Container::Flac => {
                let bits = output.sample.bits();
                let samples = frames.filter(|&frames| frames > 0).map(|frames| frames.saturating_mul(channels as u64));
                let writer =
                    FlacSampleWriter::new(writer, Options::default(), format.rate, bits, channels as u8, samples)
                        .map_err(flac)?;
                Sink::Flac { writer: Box::new(writer), samples: Vec::new(), planes: Default::default() }
            }
        };
        Ok(Encoder { sink, quantizers, format, promised: frames, frames: 0, clipped: 0 })
    }

    /// Writes the next block.
    ///
    /// # Errors
    /// When a sample is not a finite number, the channels are not those of the file, more comes than was promised, or
    /// the writer fails. The file is of no use then.
    pub fn write(&mut self, block: &mut Block<'_>) -> Result<(), EncodeError> {
        let mut planes = block.planes();
        match (planes.next(), planes.next()) {
            (Some(left), Some(right)) => self.write_planes(&[left, right]),
            (Some(left), None) => self.write_planes(&[left]),
            _ => Ok(()),
        }
    }

    /// Writes a whole sound, or the next stretch of one.
    ///
    /// # Errors
    /// As [`Encoder::write`].
    pub fn write_audio(&mut self, audio: &Audio) -> Result<(), EncodeError> {
        match audio.channels() {
            Channels::Mono => self.write_planes(&[audio.left()]),
            Channels::Stereo => self.write_planes(&[audio.left(), audio.right()]),
        }
    }

    /// Completes the file and says what is in it. Without this the file is not valid.
    ///
    /// # Errors
    /// When fewer frames came than were promised, or the writer fails.
    pub fn finish(self) -> Result<Encoded, EncodeError> {
        if let Some(promised) = self.promised.filter(|&promised| promised != self.frames) {
            return Err(EncodeError::Length { promised, written: self.frames });
        }
        match self.sink {
            Sink::Wav { mut writer, start, header, .. } => {
                if (self.frames * header.frame()) & 1 == 1 {
                    writer.write_all(&[0])?;
                }
                if self.promised.is_none() {
                    let bytes = header.bytes(self.frames).ok_or(EncodeError::Format("no file can be that long"))?;
                    writer.seek(SeekFrom::Start(start))?;
                    writer.write_all(&bytes)?;
                    writer.seek(SeekFrom::End(0))?;
                }
                writer.flush()?;
            }
            Sink::Flac { .. } if self.frames == 0 => {
                return Err(EncodeError::Format("FLAC holds at least one frame, and there is none"));
            }
            Sink::Flac { writer, .. } => writer.finalize().map_err(flac)?,
        }
        Ok(Encoded { frames: self.frames, clipped_frames: self.clipped })
    }

    fn write_planes(&mut self, planes: &[&[f32]]) -> Result<(), EncodeError> {
        let expected = self.format.channels;
        if planes.len() != expected.count() {
            let found = if planes.len() == 1 { Channels::Mono } else { Channels::Stereo };
            return Err(EncodeError::Channels { expected, found });
        }
        let frames = planes[0].len();
        let written = self.frames + frames as u64;
        if let Some(promised) = self.promised.filter(|&promised| written > promised) {
            return Err(EncodeError::Length { promised, written });
        }
        for (channel, plane) in planes.iter().enumerate() {
            if let Some(place) = first_not_finite(plane) {
                return Err(EncodeError::NotFinite { frame: self.frames + place as u64, channel: channel + 1 });
            }
        }
        for start in (0..frames).step_by(CHUNK) {
            let end = frames.min(start + CHUNK);
            match planes {
                [left, right] => self.write_chunk(&[&left[start..end], &right[start..end]])?,
                [left] => self.write_chunk(&[&left[start..end]])?,
                _ => {}
            }
        }
        Ok(())
    }

    /// Writes finite samples, at most [`CHUNK`] frames.
    fn write_chunk(&mut self, planes: &[&[f32]]) -> Result<(), EncodeError> {
        let frames = planes[0].len();
        if !self.quantizers.is_empty() {
            self.clipped += clipped_frames(planes);
        }
        let first = self.frames;
        self.frames += frames as u64;
        match &mut self.sink {
            Sink::Wav { writer, header, bytes, planes: whole, .. } => {
                bytes.resize(frames * header.frame() as usize, 0);
                if self.quantizers.is_empty() {
                    interleave(planes, bytes, f32::to_le_bytes);
                } else {
                    quantize(&self.quantizers, planes, first, whole);
                    let whole: Vec<&[i32]> = whole.iter().take(planes.len()).map(Vec::as_slice).collect();
                    match header.sample {
                        SampleFormat::Int16 => interleave(&whole, bytes, |x| (x as i16).to_le_bytes()),
                        _ => interleave(&whole, bytes, |x| {
                            let [a, b, c, _] = x.to_le_bytes();
                            [a, b, c]
                        }),
                    }
                }
                writer.write_all(bytes)?;
            }
            Sink::Flac { writer, samples, planes: whole } => {
                quantize(&self.quantizers, planes, first, whole);
                samples.clear();
                match (&whole[0], &whole[1], planes.len()) {
                    (left, right, 2) => samples.extend(left.iter().zip(right).flat_map(|(&l, &r)| [l, r])),
                    (left, ..) => samples.extend_from_slice(left),
                }
                writer.write(samples).map_err(flac)?;
            }
        }
        Ok(())
    }
}

impl<W: Write + Seek> fmt::Debug for Encoder<W> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Encoder").field("format", &self.format).field("frames", &self.frames).finish_non_exhaustive()
    }
}

/// Quantizes each plane into a reused buffer.
fn quantize(quantizers: &[Quantizer], planes: &[&[f32]], first: u64, whole: &mut [Vec<i32>; 2]) {
    for ((quantizer, plane), whole) in quantizers.iter().zip(planes).zip(whole) {
        whole.clear();
        quantizer.append(plane, first, whole);
    }
}

/// Interleaves one plane or two into bytes.
fn interleave<T: Copy, const N: usize>(planes: &[&[T]], bytes: &mut [u8], to_bytes: impl Fn(T) -> [u8; N]) {
    match planes {
        [left, right] => {
            let (pairs, _) = bytes.as_chunks_mut::<N>();
            let (pairs, _) = pairs.as_chunks_mut::<2>();
            for ((pair, &l), &r) in pairs.iter_mut().zip(*left).zip(*right) {
                *pair = [to_bytes(l), to_bytes(r)];
            }
        }
        [only] => {
            let (samples, _) = bytes.as_chunks_mut::<N>();
            samples.iter_mut().zip(*only).for_each(|(bytes, &x)| *bytes = to_bytes(x));
        }
        _ => {}
    }
}

/// How many frames have a sample beyond full scale. Exactly 1 is not beyond, though integers end one step before.
fn clipped_frames(planes: &[&[f32]]) -> u64 {
    let beyond = |x: f32| x.abs() > 1.0;
    match planes {
        [left, right] => left.iter().zip(*right).map(|(&l, &r)| u64::from(beyond(l) | beyond(r))).sum(),
        [only] => only.iter().map(|&x| u64::from(beyond(x))).sum(),
        _ => 0,
    }
}

/// What the FLAC encoder says, as one of ours.
fn flac(error: flac_codec::Error) -> EncodeError {
    match error {
        flac_codec::Error::Io(error) => EncodeError::Write(error),
        error => EncodeError::Write(io::Error::other(error.to_string())),
    }
}
