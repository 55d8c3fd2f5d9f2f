//! Everything that comes in packets: FLAC, MP3, Vorbis, AAC, ALAC, AIFF and ADPCM, demuxed and decoded by Symphonia.
//!
//! What Symphonia would pass over is caught here: a frame lost to a bad checksum (seen as a jump of the timestamps), a
//! file that ends before its header says, a bad checksum of the whole. It is an error with its moment, not silence.

use symphonia::core::audio::{Audio, Channels, GenericAudioBufferRef, Position};
use symphonia::core::codecs::CodecParameters;
use symphonia::core::codecs::audio::well_known::{
    CODEC_ID_AAC, CODEC_ID_ADPCM_IMA_WAV, CODEC_ID_ADPCM_MS, CODEC_ID_ALAC, CODEC_ID_FLAC, CODEC_ID_MP1, CODEC_ID_MP2,
    CODEC_ID_MP3, CODEC_ID_VORBIS,
};
use symphonia::core::codecs::audio::{AudioCodecId, AudioDecoder, AudioDecoderOptions};
use symphonia::core::errors::Error;
use symphonia::core::formats::{FormatOptions, FormatReader, SeekMode, SeekTo, TrackType};
use symphonia::core::io::MediaSourceStream;
use symphonia::core::units::Timestamp;
use symphonia::default::formats::{AdtsReader, AiffReader, FlacReader, IsoMp4Reader, MpaReader, OggReader, WavReader};

use super::MediaError;
use super::info::{Info, MAX_CHANNELS, MAX_RATE};
use super::mp4::{self, Span};
use super::pcm::{int16, int32};
use super::source::Section;

/// The container of the packets.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Container {
    Adts,
    Aiff,
    Flac,
    Mp3,
    Mp4,
    Ogg,
    /// ADPCM in a WAV, with the number of frames its `fact` chunk names.
    Adpcm(Option<u64>),
}

/// A stream of packets, decoded one at a time.
pub(super) struct PacketStream {
    path: String,
    pub(super) info: Info,
    reader: Box<dyn FormatReader>,
    decoder: Box<dyn AudioDecoder>,
    track: u32,
    /// Frames at the beginning that are still to be left out: the encoder's delay.
    skip: u64,
    /// Whether the samples come out of a transform, which can go wrong wildly.
    lossy: bool,
    /// Whether a jump of the timestamps means that something is lost, and the next timestamp.
    continuous: bool,
    next_timestamp: Option<i64>,
    /// Frames handed out so far.
    done: u64,
    /// What is left of the last packet.
    rest: std::ops::Range<usize>,
    ended: bool,
}

impl PacketStream {
    /// Opens the stream and reads its header.
    pub(super) fn open(path: &str, mut source: Section, container: Container) -> Result<Self, MediaError> {
        let io = |source| MediaError::Read { path: path.to_string(), source };
        let malformed = |fault: String| MediaError::Malformed { path: path.to_string(), fault };
        let header = |error: Error| match error {
            Error::IoError(error) if error.kind() != std::io::ErrorKind::UnexpectedEof => io(error),
            Error::IoError(_) => malformed("its header is wrong, or it ends before its first sound".to_string()),
            Error::Unsupported(what) => {
                MediaError::Unsupported { path: path.to_string(), found: format!("audio of a rare kind ({what})") }
            }
            Error::DecodeError(fault) => malformed(fault.to_string()),
            error => malformed(error.to_string()),
        };
        let span = match container {
            Container::Mp4 => mp4::span(&mut source).map_err(io)?,
            _ => Span { skip: 0, frames: None, scale: 0 },
        };
        let section = source.part(0, u64::MAX).map_err(io)?;
        let reader = demuxer(section, container).map_err(header)?;
        let Some(track) = reader.default_track(TrackType::Audio) else {
            return Err(malformed("it has no sound track".to_string()));
        };
        let Some(CodecParameters::Audio(params)) = &track.codec_params else {
            return Err(malformed("its sound track does not say how it is coded".to_string()));
        };
        let (format, lossless) = codec_name(params.codec, container);
        if format.is_empty() {
            let found = format!("audio in a codec called {:?}", params.codec);
            return Err(MediaError::Unsupported { path: path.to_string(), found });
        }
        // The demuxer guesses the length of an MP3 without a LAME tag, and would trim to its guess.
        let trim = params.codec != CODEC_ID_MP3;
        // The checksum of the whole costs time; it is needed where nothing else tells a cut file from a whole one.
        let verify = params.codec == CODEC_ID_FLAC && track.num_frames.is_none();
        let options = AudioDecoderOptions::default().gapless(trim).verify(verify);
        let decoder = symphonia::default::get_codecs().make_audio_decoder(params, &options).map_err(header)?;

        let rate = params.sample_rate.unwrap_or(0);
        let channels = params.channels.as_ref().map_or(0, Channels::count);
        let scaled = |ticks: u64| match span.scale {
            0 => ticks,
            scale => (u128::from(ticks) * u128::from(rate) / u128::from(scale)) as u64,
        };
        let (skip, frames) = match (container, params.codec) {
            (Container::Mp4, _) => (scaled(span.skip), span.frames.map(scaled)),
            (_, CODEC_ID_MP3) => (track.delay.map_or(0, u64::from), track.delay.and(track.num_frames)),
            (Container::Adpcm(frames), _) => (0, frames),
            _ => (0, track.num_frames),
        };
        let info = Info {
            format,
            rate,
            channels,
            frames,
            bits: if lossless { params.bits_per_sample.or(params.bits_per_coded_sample) } else { None },
            speakers: params.channels.as_ref().and_then(speakers),
        };
        let continuous = matches!(params.codec, CODEC_ID_FLAC | CODEC_ID_VORBIS);
        let track = track.id;
        let mut stream = PacketStream {
            path: path.to_string(),
            info,
            reader,
            decoder,
            track,
            skip,
            lossy: !lossless,
            continuous,
            next_timestamp: None,
            done: 0,
            rest: 0..0,
            ended: false,
        };
        stream.settle(container)?;
        Ok(stream)
    }

    /// Decodes the first packet where the header leaves something open, and checks the facts.
    fn settle(&mut self, container: Container) -> Result<(), MediaError> {
        if self.info.channels == 0 || self.info.rate == 0 || container == Container::Mp4 {
            self.next_packet()?;
            if !self.ended {
                let decoded = self.decoder.last_decoded();
                self.info.rate = decoded.spec().rate();
                self.info.channels = decoded.num_planes();
                self.info.speakers = speakers(decoded.spec().channels());
            }
        }
        let Info { rate, channels, .. } = self.info;
        let fault = if channels == 0 || channels > MAX_CHANNELS {
            format!("it has {channels} channels; 1 to {MAX_CHANNELS} would be right")
        } else if rate == 0 || rate > MAX_RATE {
            format!("its rate is {rate} Hz; 1 to {MAX_RATE} would be right")
        } else {
            return Ok(());
        };
        Err(MediaError::Malformed { path: self.path.clone(), fault })
    }

    /// Appends at most `max_frames` to the planes, one a channel, and says how many. Zero is the end.
    pub(super) fn read(&mut self, planes: &mut [Vec<f32>], max_frames: usize) -> Result<usize, MediaError> {
        let mut read = 0;
        while read < max_frames && !self.ended {
            if self.rest.is_empty() {
                self.next_packet()?;
                continue;
            }
            let skipped = usize::try_from(self.skip).unwrap_or(usize::MAX).min(self.rest.len());
            self.skip -= skipped as u64;
            self.rest.start += skipped;
            let left = self.info.frames.map_or(u64::MAX, |frames| frames.saturating_sub(self.done));
            let frames = self.rest.len().min(max_frames - read).min(usize::try_from(left).unwrap_or(usize::MAX));
            let range = self.rest.start..self.rest.start + frames;
            append(&self.decoder.last_decoded(), range, planes);
            if self.lossy && planes.iter().any(|plane| is_wild(&plane[plane.len() - frames..])) {
                return Err(self.damage("it decodes to noise of more than +24 dBFS, which is no recording"));
            }
            self.rest.start += frames;
            self.done += frames as u64;
            read += frames;
            if left == frames as u64 {
                self.finish()?;
            }
        }
        Ok(read)
    }

    /// Whether samples are decoded as floats, which can be anything, and not as integers.
    pub(super) fn is_float(&self) -> bool {
        matches!(self.decoder.last_decoded(), GenericAudioBufferRef::F32(_) | GenericAudioBufferRef::F64(_))
    }

    /// Goes to a frame, where that is possible: says whether it is. Of all that comes in packets only FLAC can be decoded
    /// from the middle to the same samples, and only where its header tells the length.
    pub(super) fn seek(&mut self, frame: u64) -> Result<bool, MediaError> {
        let Some(frames) = self.info.frames.filter(|_| self.info.format == "FLAC") else { return Ok(false) };
        if frame >= frames {
            (self.done, self.rest, self.ended) = (frames, 0..0, true);
            return Ok(true);
        }
        let to = SeekTo::Timestamp { ts: Timestamp::new(frame as i64), track_id: self.track };
        let reached = match self.reader.seek(SeekMode::Accurate, to) {
            Ok(there) => there.actual_ts.get(),
            Err(error) => return Err(self.damaged(error)),
        };
        self.decoder.reset();
        (self.done, self.rest, self.ended) = (frame, 0..0, false);
        // The packet that holds the frame begins before it, or the packets are not those of the header.
        match u64::try_from(reached).ok().and_then(|reached| frame.checked_sub(reached)) {
            Some(skip) => self.skip = skip,
            None => return Err(self.lost()),
        }
        self.next_timestamp = Some(reached);
        Ok(true)
    }

    /// Decodes the next packet of the track.
    fn next_packet(&mut self) -> Result<(), MediaError> {
        let packet = loop {
            match self.reader.next_packet() {
                Ok(Some(packet)) if packet.track_id == self.track => break packet,
                Ok(Some(_)) => {}
                Ok(None) => return self.close(),
                Err(Error::IoError(error)) if error.kind() == std::io::ErrorKind::UnexpectedEof => return self.close(),
                Err(error) => return Err(self.damaged(error)),
            }
        };
        if self.continuous {
            let start = packet.pts.get();
            if self.next_timestamp.is_some_and(|expected| expected != start) {
                return Err(self.lost());
            }
            self.next_timestamp = Some(start.saturating_add_unsigned(packet.block_dur().get()));
        }
        match self.decoder.decode(&packet) {
            Ok(decoded) if decoded.num_planes() == self.info.channels || self.info.channels == 0 => {
                self.rest = 0..decoded.frames();
                Ok(())
            }
            Ok(_) => Err(self.damage("the number of channels changes in the middle")),
            Err(error) => Err(self.damaged(error)),
        }
    }

    /// The packets have come to their end. Were there enough of them?
    fn close(&mut self) -> Result<(), MediaError> {
        if let Some(frames) = self.info.frames.filter(|&frames| self.done < frames) {
            let seconds = frames as f64 / f64::from(self.info.rate.max(1));
            return Err(self.damage(&format!("it ends there, and should be {seconds:.3} s long")));
        }
        if self.decoder.finalize().verify_ok == Some(false) {
            return Err(self.damage("the checksum of the whole is wrong, so something before is not as it was"));
        }
        self.ended = true;
        Ok(())
    }

    /// All frames are there that should be.
    fn finish(&mut self) -> Result<(), MediaError> {
        self.ended = true;
        if self.info.format == "FLAC" && (!self.rest.is_empty() || matches!(self.reader.next_packet(), Ok(Some(_)))) {
            return Err(self.damage("it should end there by its header, and goes on"));
        }
        Ok(())
    }

    fn lost(&self) -> MediaError {
        self.damage("a part is missing or its checksum is wrong")
    }

    fn damaged(&self, error: Error) -> MediaError {
        match error {
            Error::IoError(source) if source.kind() != std::io::ErrorKind::UnexpectedEof => {
                MediaError::Read { path: self.path.clone(), source }
            }
            Error::DecodeError(fault) => self.damage(fault),
            error => self.damage(&error.to_string()),
        }
    }

    fn damage(&self, fault: &str) -> MediaError {
        let seconds = self.done as f64 / f64::from(self.info.rate.max(1));
        MediaError::Damaged { path: self.path.clone(), seconds, fault: fault.to_string() }
    }
}

/// Whether there is a sample that no encoder was given: lossy formats pass full scale by a few decibels, not by 24.
fn is_wild(samples: &[f32]) -> bool {
    samples.iter().fold(false, |wild, x| wild | (x.abs() > 16.0))
}

/// The demuxer of a container.
fn demuxer(section: Section, container: Container) -> Result<Box<dyn FormatReader>, Error> {
    let stream = MediaSourceStream::new(Box::new(section), Default::default());
    let options = FormatOptions::default();
    Ok(match container {
        Container::Adts => Box::new(AdtsReader::try_new(stream, options)?),
        Container::Aiff => Box::new(AiffReader::try_new(stream, options)?),
        Container::Flac => Box::new(FlacReader::try_new(stream, options)?),
        Container::Mp3 => Box::new(MpaReader::try_new(stream, options)?),
        Container::Mp4 => Box::new(IsoMp4Reader::try_new(stream, options)?),
        Container::Ogg => Box::new(OggReader::try_new(stream, options)?),
        Container::Adpcm(_) => Box::new(WavReader::try_new(stream, options)?),
    })
}

/// What people call the format, and whether a number of bits belongs to it.
fn codec_name(codec: AudioCodecId, container: Container) -> (&'static str, bool) {
    match codec {
        _ if container == Container::Aiff => ("AIFF", true),
        CODEC_ID_FLAC => ("FLAC", true),
        CODEC_ID_ALAC => ("ALAC", true),
        CODEC_ID_ADPCM_MS | CODEC_ID_ADPCM_IMA_WAV => ("WAV (ADPCM)", false),
        CODEC_ID_MP1 => ("MP1", false),
        CODEC_ID_MP2 => ("MP2", false),
        CODEC_ID_MP3 => ("MP3", false),
        CODEC_ID_VORBIS => ("Ogg Vorbis", false),
        CODEC_ID_AAC => ("AAC", false),
        _ => ("", false),
    }
}

/// The channel mask of a layout that has one. Symphonia's first 18 positions are those of the mask.
fn speakers(channels: &Channels) -> Option<u32> {
    match channels {
        Channels::Positioned(positions) => position_mask(*positions),
        _ => None,
    }
}

fn position_mask(positions: Position) -> Option<u32> {
    u32::try_from(positions.bits()).ok().filter(|mask| mask >> 18 == 0)
}

/// Appends a range of decoded frames, converted, to the planes.
fn append(decoded: &GenericAudioBufferRef<'_>, range: std::ops::Range<usize>, planes: &mut [Vec<f32>]) {
    macro_rules! convert {
        ($buffer:expr, $float:expr) => {
            for (plane, samples) in planes.iter_mut().zip($buffer.iter_planes()) {
                plane.extend(samples[range.clone()].iter().map($float));
            }
        };
    }
    match decoded {
        GenericAudioBufferRef::U8(buffer) => convert!(buffer, |&x| (f32::from(x) - 128.0) / 128.0),
        GenericAudioBufferRef::U16(buffer) => convert!(buffer, |&x| int16((x ^ 0x8000) as i16)),
        GenericAudioBufferRef::U24(buffer) => convert!(buffer, |x| int32(((x.inner() << 8) ^ 0x8000_0000) as i32)),
        GenericAudioBufferRef::U32(buffer) => convert!(buffer, |&x| int32((x ^ 0x8000_0000) as i32)),
        GenericAudioBufferRef::S8(buffer) => convert!(buffer, |&x| f32::from(x) / 128.0),
        GenericAudioBufferRef::S16(buffer) => convert!(buffer, |&x| int16(x)),
        GenericAudioBufferRef::S24(buffer) => convert!(buffer, |x| int32(x.inner() << 8)),
        GenericAudioBufferRef::S32(buffer) => convert!(buffer, |&x| int32(x)),
        GenericAudioBufferRef::F32(buffer) => convert!(buffer, |&x| x),
        GenericAudioBufferRef::F64(buffer) => convert!(buffer, |&x| x as f32),
    }
}
