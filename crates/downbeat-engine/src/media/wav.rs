//! WAV and its relatives: RIFF, RIFX (big-endian), RF64 and BW64 (more than 4 GiB).
//!
//! Sources: Microsoft, "Multimedia Programming Interface and Data Specifications 1.0" and `WAVEFORMATEXTENSIBLE`;
//! EBU Tech 3306 (RF64); ITU-R BS.2088 (BW64). Files are read the way libsndfile reads them: sizes that promise more
//! than there is, or that a streaming writer never filled in, mean "up to the end", and a frame that is cut is left out.

use std::io::{self, Seek, SeekFrom};

use super::info::{Info, MAX_CHANNELS, MAX_RATE};
use super::pcm::Encoding;
use super::source::Section;

/// How many bytes are read at once.
const BUFFER: usize = 64 * 1024;

/// How many chunks are looked at before the file counts as malformed.
const MAX_CHUNKS: usize = 10_000;

/// `WAVE_FORMAT_*` tags.
mod tag {
    pub const PCM: u16 = 1;
    pub const MS_ADPCM: u16 = 2;
    pub const IEEE_FLOAT: u16 = 3;
    pub const A_LAW: u16 = 6;
    pub const MU_LAW: u16 = 7;
    pub const IMA_ADPCM: u16 = 0x11;
    pub const MPEG: u16 = 0x50;
    pub const MP3: u16 = 0x55;
    pub const EXTENSIBLE: u16 = 0xfffe;
}

/// What the header leads to.
pub(super) enum Wav {
    /// Samples that are read here.
    Pcm(PcmStream),
    /// MPEG audio, which fills the section.
    Mpeg(Section),
    /// ADPCM: the whole file again, and how many frames are in it.
    Adpcm(Section, Option<u64>),
}

/// Why a header cannot be used.
pub(super) enum Fault {
    /// Reading failed.
    Io(io::Error),
    /// Against the rules.
    Malformed(String),
    /// A codec that is not supported.
    Unsupported(String),
}

impl From<io::Error> for Fault {
    fn from(error: io::Error) -> Self {
        Fault::Io(error)
    }
}

/// Reads the header of a file that begins as a WAV does.
pub(super) fn open(mut source: Section) -> Result<Wav, Fault> {
    let chunks = Chunks::read(&mut source)?;
    let Some(format) = chunks.format else {
        return Err(malformed("it has no `fmt ` chunk, so nothing says what its samples are"));
    };
    let Some((start, len)) = chunks.data else {
        return Err(malformed("it has no `data` chunk, so there is no sound in it"));
    };
    match format.tag {
        tag::MS_ADPCM | tag::IMA_ADPCM => {
            let frames = format.adpcm_frames(len, chunks.frames);
            return Ok(Wav::Adpcm(source.part(0, u64::MAX)?, frames));
        }
        tag::MPEG | tag::MP3 => return Ok(Wav::Mpeg(source.part(start, len)?)),
        _ => {}
    }
    if format.channels == 0 || usize::from(format.channels) > MAX_CHANNELS {
        return Err(malformed(&format!("it has {} channels; 1 to {MAX_CHANNELS} would be right", format.channels)));
    }
    if format.rate == 0 || format.rate > MAX_RATE {
        return Err(malformed(&format!("its rate is {} Hz; 1 to {MAX_RATE} would be right", format.rate)));
    }
    let (encoding, slot) = format.encoding()?;
    let channels = usize::from(format.channels);
    let frame = slot * channels;
    let section = source.part(start, len)?;
    let frames = section.len() / frame as u64;
    let info = Info {
        format: "WAV",
        rate: format.rate,
        channels,
        frames: Some(frames),
        bits: Some(u32::from(format.bits)),
        speakers: format.speakers.filter(|mask| mask.count_ones() as usize == channels),
    };
    let buffer = vec![0; BUFFER.max(frame) / frame * frame];
    let layout = Layout { encoding, big_endian: chunks.big_endian, slot, frame };
    Ok(Wav::Pcm(PcmStream { info, section, layout, left: frames, buffer }))
}

/// Interleaved samples of one encoding.
pub(super) struct PcmStream {
    pub(super) info: Info,
    section: Section,
    layout: Layout,
    /// Frames still to come.
    left: u64,
    buffer: Vec<u8>,
}

/// How the samples lie.
struct Layout {
    encoding: Encoding,
    big_endian: bool,
    /// The bytes from one sample to the next.
    slot: usize,
    /// The bytes from one frame to the next.
    frame: usize,
}

impl PcmStream {
    /// Whether samples are floats, which can be anything, and not integers.
    pub(super) fn is_float(&self) -> bool {
        matches!(self.layout.encoding, Encoding::Float32 | Encoding::Float64)
    }

    /// Goes to a frame; beyond the end, to the end.
    pub(super) fn seek(&mut self, frame: u64) -> io::Result<()> {
        let frames = self.info.frames.unwrap_or(0);
        let frame = frame.min(frames);
        self.section.seek(SeekFrom::Start(frame * self.layout.frame as u64))?;
        self.left = frames - frame;
        Ok(())
    }

    /// Appends at most `max_frames` to the planes, one a channel, and says how many. Zero is the end.
    pub(super) fn read(&mut self, planes: &mut [Vec<f32>], max_frames: usize) -> io::Result<usize> {
        let Layout { encoding, big_endian, slot, frame } = self.layout;
        let wanted = (max_frames as u64).min(self.left) as usize;
        let mut read = 0;
        while read < wanted {
            let room = (self.buffer.len() / frame).min(wanted - read);
            let filled = self.section.fill(&mut self.buffer[..room * frame])? / frame;
            let bytes = &self.buffer[..filled * frame];
            for (channel, plane) in planes.iter_mut().enumerate() {
                encoding.append(big_endian, bytes, frame, channel * slot, plane);
            }
            read += filled;
            self.left -= filled as u64;
            if filled < room {
                // The file became shorter since it was opened.
                self.left = 0;
                break;
            }
        }
        Ok(read)
    }
}

/// The chunks that matter.
struct Chunks {
    big_endian: bool,
    format: Option<Format>,
    /// Where the samples begin, and how many bytes they are.
    data: Option<(u64, u64)>,
    /// What the `fact` chunk says.
    frames: Option<u64>,
}

impl Chunks {
    fn read(source: &mut Section) -> Result<Self, Fault> {
        let head: [u8; 12] = source.peek(0)?;
        let big_endian = &head[..4] == b"RIFX";
        let number = |bytes: [u8; 4]| if big_endian { u32::from_be_bytes(bytes) } else { u32::from_le_bytes(bytes) };
        let streamed = matches!(number([head[4], head[5], head[6], head[7]]), 0 | u32::MAX);
        let mut chunks = Chunks { big_endian, format: None, data: None, frames: None };
        let mut long_data = None;
        let mut at = 12;
        for _ in 0..MAX_CHUNKS {
            if at + 8 > source.len() || (chunks.format.is_some() && chunks.data.is_some()) {
                return Ok(chunks);
            }
            let [i, d, e, n, size @ ..]: [u8; 8] = source.peek(at)?;
            let size = number(size);
            let rest = source.len() - (at + 8);
            let mut len = u64::from(size);
            match &[i, d, e, n] {
                b"ds64" => {
                    // RIFF size, data size, sample count: each of 64 bits, always little-endian.
                    let sizes: [u8; 16] = source.peek(at + 8)?;
                    let [.., a, b, c, d, e, f, g, h] = sizes;
                    long_data = Some(u64::from_le_bytes([a, b, c, d, e, f, g, h]));
                }
                b"fmt " if size >= 16 && chunks.format.is_none() => {
                    let bytes: [u8; 40] = source.peek(at + 8)?;
                    chunks.format = Some(Format::parse(&bytes, size, big_endian));
                }
                b"fmt " if size < 16 => return Err(malformed("its `fmt ` chunk is shorter than 16 bytes")),
                b"fact" if size >= 4 => chunks.frames = Some(u64::from(number(source.peek(at + 8)?))),
                b"data" => {
                    let to_the_end = size == u32::MAX || (size == 0 && streamed);
                    len = match long_data {
                        Some(long) if size == u32::MAX => long,
                        _ if to_the_end => rest,
                        _ => len,
                    };
                    chunks.data = Some((at + 8, len.min(rest)));
                }
                _ => {}
            }
            // A chunk of odd length is followed by one byte of padding.
            at = at.saturating_add(8).saturating_add(len).saturating_add(len & 1);
            source.seek(SeekFrom::Start(at.min(source.len())))?;
        }
        Err(malformed(&format!("there is no sound in its first {MAX_CHUNKS} chunks")))
    }
}

/// The `fmt ` chunk.
struct Format {
    tag: u16,
    channels: u16,
    rate: u32,
    block_align: u16,
    bits: u16,
    speakers: Option<u32>,
    /// The frames of a block of ADPCM.
    block_frames: u16,
}

impl Format {
    fn parse(bytes: &[u8; 40], size: u32, big_endian: bool) -> Self {
        let two = |at: usize| {
            let pair = [bytes[at], bytes[at + 1]];
            if big_endian { u16::from_be_bytes(pair) } else { u16::from_le_bytes(pair) }
        };
        let four = |at: usize| {
            let (first, second) = (u32::from(two(at)), u32::from(two(at + 2)));
            if big_endian { first << 16 | second } else { second << 16 | first }
        };
        let mut format = Format {
            tag: two(0),
            channels: two(2),
            rate: four(4),
            block_align: two(12),
            bits: two(14),
            speakers: None,
            block_frames: if size >= 20 { two(18) } else { 0 },
        };
        // With the extension, the tag is the beginning of a GUID, and a channel mask stands before it.
        if format.tag == tag::EXTENSIBLE && size >= 40 {
            format.speakers = Some(four(20));
            // The GUID begins with a number of 32 bits.
            format.tag = four(24) as u16;
        }
        format
    }

    /// The frames in `len` bytes of ADPCM. The last block is always full; what the `fact` chunk says of the true end is
    /// believed when the end lies in that block. (Some writers count otherwise.)
    fn adpcm_frames(&self, len: u64, fact: Option<u64>) -> Option<u64> {
        let blocks = len.checked_div(u64::from(self.block_align))?;
        let block = u64::from(self.block_frames);
        let all = blocks * block;
        let whole = block > 0 && len.is_multiple_of(u64::from(self.block_align));
        whole.then(|| fact.filter(|&fact| fact <= all && fact + block > all).unwrap_or(all))
    }

    /// How a sample is written, and how many bytes it takes up in a frame.
    fn encoding(&self) -> Result<(Encoding, usize), Fault> {
        let bytes = usize::from(self.bits.div_ceil(8));
        let encoding = match (self.tag, self.bits) {
            (tag::PCM, 1..=8) => Encoding::Unsigned8,
            (tag::PCM, 9..=64) => Encoding::Signed(bytes),
            (tag::PCM, bits) => {
                return Err(malformed(&format!("its samples are of {bits} bits; 1 to 64 would be right")));
            }
            (tag::IEEE_FLOAT, 32) => Encoding::Float32,
            (tag::IEEE_FLOAT, 64) => Encoding::Float64,
            (tag::IEEE_FLOAT, bits) => {
                return Err(malformed(&format!("its float samples are of {bits} bits; 32 or 64 would be right")));
            }
            (tag::A_LAW, 8) => Encoding::ALaw,
            (tag::MU_LAW, 8) => Encoding::MuLaw,
            (tag, _) => return Err(Fault::Unsupported(format!("a WAV with codec {tag:#06x}"))),
        };
        // Some writers put three bytes into slots of four. A block alignment that makes no sense is not believed.
        let (align, channels) = (usize::from(self.block_align), usize::from(self.channels));
        let slot = if align % channels == 0 { align / channels } else { 0 };
        Ok((encoding, if (bytes..=8).contains(&slot) { slot } else { encoding.bytes() }))
    }
}

fn malformed(fault: &str) -> Fault {
    Fault::Malformed(fault.to_string())
}
