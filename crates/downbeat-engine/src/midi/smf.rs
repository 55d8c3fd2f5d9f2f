//! Reads a Standard MIDI File: bytes in, tracks of events with their ticks out.
//!
//! After "Standard MIDI Files 1.0" (RP-001) and, for files in a RIFF (`.rmi`), RP-029. A reader of its own, because one
//! has to be able to say at which byte a file is damaged and what was left out; the readers there are (midly 0.5 among
//! them) either refuse such a file or drop the rest of a track in silence.

use std::num::{NonZeroU16, NonZeroU32};

use super::error::{MidiError, MidiWarning};
use super::event::{Event, Fault, Reader};
use crate::time::Division;

/// What a file holds, unchanged.
pub(super) struct Smf {
    pub division: Division,
    pub tracks: Vec<Track>,
    pub warnings: Vec<MidiWarning>,
}

/// One track.
#[derive(Default)]
pub(super) struct Track {
    /// The events with their ticks from the start, ascending.
    pub events: Vec<(u64, Event)>,
    /// The tick at which the track ends.
    pub end: u64,
}

/// Reads the whole file; `file` is its name in errors.
pub(super) fn read(bytes: &[u8], file: &str) -> Result<Smf, MidiError> {
    let damaged =
        |(offset, what): (usize, &str)| MidiError::Damaged { file: file.to_string(), offset, what: what.to_string() };
    let bytes = unwrap_riff(bytes).ok_or_else(|| MidiError::NotMidi { file: file.to_string() })?;
    let mut reader = Reader { bytes: bytes.whole, at: bytes.start, end: bytes.whole.len(), warnings: Vec::new() };
    let header = reader.header().map_err(damaged)?;
    if header.format == 2 {
        return Err(MidiError::Type2 { file: file.to_string() });
    }
    let mut tracks = Vec::new();
    while let Some(chunk) = reader.chunk() {
        if chunk.is_track {
            let track = reader.track(&chunk, tracks.len() + 1).map_err(damaged)?;
            tracks.push(track);
        } else {
            reader.at = chunk.declared_end.min(bytes.whole.len());
        }
    }
    if tracks.is_empty() {
        return Err(MidiError::NoTrack { file: file.to_string() });
    }
    if tracks.len() < header.tracks {
        reader.warn(MidiWarning::TrackCount { declared: header.tracks, found: tracks.len() });
    }
    Ok(Smf { division: header.division, tracks, warnings: reader.warnings })
}

/// The MIDI file in these bytes: all of `whole` from `start` on.
struct Body<'a> {
    whole: &'a [u8],
    start: usize,
}

/// Finds the MIDI file: the bytes themselves, or the `data` chunk of a RIFF `RMID`. `None` if there is neither.
fn unwrap_riff(bytes: &[u8]) -> Option<Body<'_>> {
    if bytes.starts_with(b"MThd") {
        return Some(Body { whole: bytes, start: 0 });
    }
    if !bytes.starts_with(b"RIFF") || bytes.get(8..12)? != b"RMID" {
        return None;
    }
    let mut at = 12_usize;
    loop {
        let size = bytes.get(at + 4..at + 8)?.try_into().map(u32::from_le_bytes).ok()? as usize;
        let start = at + 8;
        if bytes.get(at..at + 4)? == b"data" {
            let whole = &bytes[..start.saturating_add(size).min(bytes.len())];
            return whole[start..].starts_with(b"MThd").then_some(Body { whole, start });
        }
        // Chunks of a RIFF are padded to an even length.
        at = start.checked_add(size)?.checked_add(size % 2)?;
    }
}

struct Header {
    format: u16,
    tracks: usize,
    division: Division,
}

/// A chunk whose eight bytes of head have been read.
struct Chunk {
    is_track: bool,
    start: usize,
    declared_end: usize,
}

impl Reader<'_> {
    fn header(&mut self) -> Result<Header, (usize, &'static str)> {
        let start = self.at;
        let cut = (start, "a header that is cut off");
        self.at += 4; // `MThd`
        let length = self.u32().ok_or(cut)? as usize;
        let fields = self.at;
        let (Some(format), Some(tracks), Some(division)) = (self.u16(), self.u16(), self.u16()) else {
            return Err(cut);
        };
        if length < 6 {
            return Err((start + 4, "a header of less than six bytes"));
        }
        if format > 2 {
            return Err((fields, "a type of MIDI file other than 0, 1 and 2"));
        }
        let division = division_of(division).ok_or((fields + 4, "a length of ticks that there is not"))?;
        self.at = fields.saturating_add(length).min(self.bytes.len());
        Ok(Header { format, tracks: usize::from(tracks), division })
    }

    /// The head of the next chunk, after any bytes that are none. `None` at the end of the file.
    fn chunk(&mut self) -> Option<Chunk> {
        self.end = self.bytes.len();
        if !is_chunk(self.bytes, self.at) {
            self.at = find_track(self.bytes, self.at);
        }
        let is_track = self.bytes.get(self.at..)?.starts_with(b"MTrk");
        self.at += 4;
        let length = self.u32()? as usize;
        Some(Chunk { is_track, start: self.at, declared_end: self.at.saturating_add(length) })
    }

    /// Reads a track, and goes to where the next chunk starts.
    ///
    /// The length in the chunk's head is trusted when another chunk, or the end of the file, follows there. When not, the
    /// track goes on to its end-of-track event.
    fn track(&mut self, chunk: &Chunk, number: usize) -> Result<Track, (usize, &'static str)> {
        let total = self.bytes.len();
        let trusted =
            chunk.declared_end <= total && (total - chunk.declared_end < 8 || is_chunk(self.bytes, chunk.declared_end));
        let follower = if trusted { chunk.declared_end } else { find_track(self.bytes, chunk.start) };
        self.end = follower;
        let mut track = Track::default();
        let complete = match self.events(&mut track) {
            Ok(complete) => complete,
            Err(Fault::End) if trusted && follower != total => {
                return Err((self.at, "an event that goes beyond the end of its track"));
            }
            Err(Fault::End) => false,
            Err(Fault::Bad(offset, what)) => return Err((offset, what)),
        };
        let early = self.bytes[self.at..].starts_with(b"MTrk") && self.at < chunk.declared_end;
        if !complete && follower == total && (chunk.declared_end > total || self.at < total) {
            self.warn(MidiWarning::Truncated { track: number, offset: total });
        } else if early || self.at > chunk.declared_end || chunk.declared_end > total {
            self.warn(MidiWarning::TrackLength { track: number, offset: chunk.start - 8 });
        }
        self.at = if early { self.at } else { follower };
        Ok(track)
    }

    /// Reads events up to the end of the track. Says whether there was an end-of-track event. After a fault, `at` is
    /// where the faulty event starts.
    fn events(&mut self, track: &mut Track) -> Result<bool, Fault> {
        let mut running_status = None;
        while self.at < self.end {
            let start = self.at;
            match self.event(track, &mut running_status) {
                Ok(true) => return Ok(true),
                Ok(false) => {}
                Err(fault) => {
                    self.at = start;
                    return Err(fault);
                }
            }
        }
        Ok(false)
    }

    fn u16(&mut self) -> Option<u16> {
        let bytes = self.bytes.get(self.at..)?.first_chunk()?;
        self.at += 2;
        Some(u16::from_be_bytes(*bytes))
    }

    fn u32(&mut self) -> Option<u32> {
        let bytes = self.bytes.get(self.at..)?.first_chunk()?;
        self.at += 4;
        Some(u32::from_be_bytes(*bytes))
    }
}

/// What a tick is, from the header's last field: the number of ticks in a quarter note, or, with the highest bit set, the
/// frames a second (24, 25, 30, or 29 for 30000/1001) as a negative number and the ticks in a frame.
fn division_of(field: u16) -> Option<Division> {
    let [high, ticks] = field.to_be_bytes();
    if high < 0x80 {
        return NonZeroU16::new(field).map(Division::Quarter);
    }
    let (frames, seconds) = match high.wrapping_neg() {
        29 => (30_000, 1001),
        frames @ (24 | 25 | 30) => (u32::from(frames), 1),
        _ => return None,
    };
    Some(Division::Clock { ticks: NonZeroU32::new(frames * u32::from(ticks))?, seconds: NonZeroU32::new(seconds)? })
}

/// Whether a chunk can start here: its name is four printable characters.
fn is_chunk(bytes: &[u8], at: usize) -> bool {
    bytes.get(at..at + 8).is_some_and(|head| head[..4].iter().all(|c| (b' '..=b'~').contains(c)))
}

/// Where the next track starts, or the end of the bytes.
fn find_track(bytes: &[u8], from: usize) -> usize {
    let rest = bytes.get(from..).unwrap_or_default();
    rest.windows(4).position(|window| window == b"MTrk").map_or(bytes.len(), |at| from + at)
}
