//! Bytes of an open file, and what kind of audio they are. The name of a file says nothing; its content does.

use std::io::{self, Read, Seek, SeekFrom};

use symphonia::core::io::MediaSource;

use crate::Bytes;

/// How far into a file the first frame of an MP3 is looked for.
const MP3_SEARCH: usize = 64 * 1024;

/// A stretch of a file, as if it were a file of its own.
pub(super) struct Section {
    bytes: Box<dyn Bytes>,
    start: u64,
    len: u64,
    position: u64,
}

impl Section {
    /// The whole file.
    pub(super) fn whole(mut bytes: Box<dyn Bytes>) -> io::Result<Self> {
        let len = bytes.seek(SeekFrom::End(0))?;
        bytes.seek(SeekFrom::Start(0))?;
        Ok(Section { bytes, start: 0, len, position: 0 })
    }

    /// The stretch from `start` on of at most `len` bytes, both within this one.
    pub(super) fn part(self, start: u64, len: u64) -> io::Result<Self> {
        let start = start.min(self.len);
        let len = len.min(self.len - start);
        let mut part = Section { bytes: self.bytes, start: self.start + start, len, position: 0 };
        part.seek(SeekFrom::Start(0))?;
        Ok(part)
    }

    /// The length in bytes.
    pub(super) fn len(&self) -> u64 {
        self.len
    }

    /// Fills as much of `buffer` as there are bytes, and says how many.
    pub(super) fn fill(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let mut filled = 0;
        while filled < buffer.len() {
            match self.read(&mut buffer[filled..]) {
                Ok(0) => break,
                Ok(n) => filled += n,
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => return Err(error),
            }
        }
        Ok(filled)
    }

    /// Up to `N` bytes from `offset` on; zeros stand for what lies behind the end.
    pub(super) fn peek<const N: usize>(&mut self, offset: u64) -> io::Result<[u8; N]> {
        let mut bytes = [0; N];
        self.seek(SeekFrom::Start(offset))?;
        self.fill(&mut bytes)?;
        Ok(bytes)
    }
}

impl Read for Section {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let left = usize::try_from(self.len.saturating_sub(self.position)).unwrap_or(usize::MAX);
        let wanted = buffer.len().min(left);
        let read = self.bytes.read(&mut buffer[..wanted])?;
        self.position += read as u64;
        Ok(read)
    }
}

impl Seek for Section {
    fn seek(&mut self, to: SeekFrom) -> io::Result<u64> {
        let target = match to {
            SeekFrom::Start(offset) => Some(offset),
            SeekFrom::End(offset) => self.len.checked_add_signed(offset),
            SeekFrom::Current(offset) => self.position.checked_add_signed(offset),
        };
        let absolute = target.and_then(|target| self.start.checked_add(target));
        let (Some(target), Some(absolute)) = (target, absolute) else {
            return Err(io::Error::new(io::ErrorKind::InvalidInput, "a seek to before the start or beyond all bounds"));
        };
        self.bytes.seek(SeekFrom::Start(absolute))?;
        self.position = target;
        Ok(target)
    }
}

impl MediaSource for Section {
    fn is_seekable(&self) -> bool {
        true
    }

    fn byte_len(&self) -> Option<u64> {
        Some(self.len)
    }
}

/// What the content of a file is.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Content {
    /// RIFF, RIFX, RF64 or BW64 with WAVE inside.
    Wav,
    /// AIFF or AIFF-C.
    Aiff,
    /// FLAC, which begins at this byte.
    Flac(u64),
    /// MPEG audio, which begins at this byte.
    Mp3(u64),
    /// AAC in ADTS frames, which begins at this byte.
    Adts(u64),
    /// Ogg, with something that may be supported.
    Ogg,
    /// The MP4 family.
    Mp4,
    /// Known, and not read.
    Other(&'static str),
    /// Not audio, and what it is instead.
    Unknown(&'static str),
}

/// Recognises the content by its first bytes.
pub(super) fn recognise(source: &mut Section) -> io::Result<Content> {
    if source.len() == 0 {
        return Ok(Content::Unknown("it is empty"));
    }
    let start = skip_id3v2(source)?;
    let head: [u8; 64] = source.peek(start)?;
    Ok(match &head[..4] {
        b"RIFF" | b"RIFX" | b"RF64" | b"BW64" if &head[8..12] == b"WAVE" => Content::Wav,
        b"FORM" if matches!(&head[8..12], b"AIFF" | b"AIFC") => Content::Aiff,
        b"fLaC" => Content::Flac(start),
        b"OggS" if head[28..36] == *b"OpusHead" => Content::Other("Opus"),
        b"OggS" if head[28..36] == *b"Speex   " => Content::Other("Speex"),
        b"OggS" => Content::Ogg,
        _ if &head[4..8] == b"ftyp" => Content::Mp4,
        b"caff" => Content::Other("CAF"),
        b".snd" => Content::Other("Sun AU"),
        b"riff" => Content::Other("Sony Wave64"),
        b"wvpk" => Content::Other("WavPack"),
        b"MAC " => Content::Other("Monkey's Audio"),
        b"TTA1" => Content::Other("True Audio"),
        b"MThd" => Content::Other("MIDI"),
        b"\x1a\x45\xdf\xa3" => Content::Other("Matroska or WebM"),
        b"\x30\x26\xb2\x75" => Content::Other("Windows Media"),
        [0xff, b, ..] if b & 0xf6 == 0xf0 => Content::Adts(start),
        _ => match find_mp3(source, start)? {
            Some(offset) => Content::Mp3(offset),
            None if head.iter().all(|b| b.is_ascii_graphic() || b" \t\r\n\0".contains(b)) => {
                Content::Unknown("it looks like text")
            }
            None => Content::Unknown("its content is of no known kind"),
        },
    })
}

/// Where the sound begins after an ID3v2 tag, whose length is written in four bytes of seven bits (ID3v2.4, 3.1).
fn skip_id3v2(source: &mut Section) -> io::Result<u64> {
    let mut start = 0;
    // More than one tag is rare; a chain without end is an attack.
    for _ in 0..8 {
        let head: [u8; 10] = source.peek(start)?;
        if &head[..3] != b"ID3" {
            break;
        }
        let size = head[6..].iter().fold(0, |size, &b| size << 7 | u64::from(b & 0x7f));
        let footer = if head[5] & 0x10 != 0 { 10 } else { 0 };
        start += 10 + size + footer;
    }
    Ok(start)
}

/// Finds the first of three MPEG audio frames in a row (fewer where the file ends), from `start` on.
fn find_mp3(source: &mut Section, start: u64) -> io::Result<Option<u64>> {
    let mut bytes = vec![0; MP3_SEARCH];
    source.seek(SeekFrom::Start(start))?;
    let filled = source.fill(&mut bytes)?;
    let found = (0..filled.saturating_sub(4)).find(|&first| {
        let mut at = first;
        for count in 0..3 {
            let Some(header) = bytes[..filled].get(at..at + 4) else {
                return count > 0 && at == filled;
            };
            match mpeg_frame_length(header) {
                Some(length) => at += length,
                None => return false,
            }
        }
        true
    });
    Ok(found.map(|offset| start + offset as u64))
}

/// The length of an MPEG-1, -2 or -2.5 layer III frame by its header (ISO/IEC 11172-3, 2.4.2.3), in bytes.
fn mpeg_frame_length(header: &[u8]) -> Option<usize> {
    const MPEG1: [usize; 15] = [0, 32, 40, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320];
    const MPEG2: [usize; 15] = [0, 8, 16, 24, 32, 40, 48, 56, 64, 80, 96, 112, 128, 144, 160];
    const RATES: [usize; 3] = [44_100, 48_000, 32_000];
    let layer3 = header[0] == 0xff && header[1] & 0xe6 == 0xe2;
    if !layer3 {
        return None;
    }
    let (kbits, slots, divisor) = match header[1] >> 3 & 3 {
        0b11 => (MPEG1, 144, 1),
        0b10 => (MPEG2, 72, 2),
        0b00 => (MPEG2, 72, 4),
        _ => return None,
    };
    let rate = RATES.get(usize::from(header[2] >> 2 & 3))? / divisor;
    let kbits = *kbits.get(usize::from(header[2] >> 4)).filter(|&&kbits| kbits > 0)?;
    Some(slots * kbits * 1000 / rate + usize::from(header[2] >> 1 & 1))
}
