//! Reads a Standard MIDI File: bytes in, events with their ticks out.
//!
//! After "Standard MIDI Files 1.0" (RP-001) and, for files in a RIFF (`.rmi`), RP-029. A reader of its own, because one
//! has to be able to say at which byte a file is damaged and what was left out; the readers there are (midly 0.5 among
//! them) either refuse such a file or drop the rest of a track in silence.

use std::num::{NonZeroU16, NonZeroU32};

use super::error::{MidiError, MidiWarning};
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

/// What happens. Channels are counted from 1.
#[derive(Debug, PartialEq)]
pub(super) enum Event {
    NoteOn {
        channel: u8,
        pitch: u8,
        velocity: u8,
    },
    NoteOff {
        channel: u8,
        pitch: u8,
    },
    Control {
        channel: u8,
        controller: u8,
        value: u8,
    },
    Program {
        channel: u8,
        program: u8,
    },
    /// -8192 to 8191.
    Bend {
        channel: u8,
        value: i16,
    },
    /// Microseconds in a quarter note, not 0.
    Tempo(u32),
    /// The denominator is a power of two, at most 128; the numerator is not 0.
    TimeSignature {
        numerator: u8,
        denominator: u8,
    },
    TrackName(String),
    /// A text, a lyric or a key signature: nothing to hear, but the song goes on until here.
    Mark,
}

/// More warnings than these help nobody, and damage can give one a byte.
const MAX_WARNINGS: usize = 20;

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

/// Why an event cannot be read.
enum Fault {
    /// It goes beyond the end of its track.
    End,
    /// It makes no sense: where, and what there is.
    Bad(usize, &'static str),
}

/// Walks through the bytes from `at` up to `end`, where the bytes end or the track that is being read.
struct Reader<'a> {
    bytes: &'a [u8],
    at: usize,
    end: usize,
    warnings: Vec<MidiWarning>,
}

impl Reader<'_> {
    fn warn(&mut self, warning: MidiWarning) {
        if self.warnings.len() < MAX_WARNINGS {
            self.warnings.push(warning);
        }
    }

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

    /// Reads a delta time and an event. Says whether it is the end of the track.
    ///
    /// Meta events and system exclusive messages leave the running status as it is: the standard forbids to rely on
    /// that, writers do all the same.
    fn event(&mut self, track: &mut Track, running_status: &mut Option<u8>) -> Result<bool, Fault> {
        let tick = track.end.saturating_add(u64::from(self.variable()?));
        let start = self.at;
        let status = match self.byte()? {
            status @ 0x80.. => status,
            _ => {
                self.at = start;
                running_status.ok_or(Fault::Bad(start, "an event without a status byte"))?
            }
        };
        let event = match status {
            0xff => {
                let kind = self.byte()?;
                let length = self.variable()? as usize;
                let data = self.at;
                self.skip(length)?;
                if kind == 0x2f {
                    track.end = tick;
                    return Ok(true);
                }
                self.meta(kind, data, start)
            }
            0xf0 | 0xf7 => {
                let length = self.variable()? as usize;
                self.skip(length)?;
                None
            }
            0xf1.. => {
                // Time code and song select carry one byte of data, the song position two, the others none.
                self.skip(match status {
                    0xf1 | 0xf3 => 1,
                    0xf2 => 2,
                    _ => 0,
                })?;
                self.warn(MidiWarning::Status { status, offset: start });
                None
            }
            _ => {
                *running_status = Some(status);
                self.message(status)?
            }
        };
        track.end = tick;
        track.events.extend(event.map(|event| (tick, event)));
        Ok(false)
    }

    /// The data of a channel message.
    fn message(&mut self, status: u8) -> Result<Option<Event>, Fault> {
        let channel = (status & 0x0f) + 1;
        let first = self.data()?;
        Ok(match status >> 4 {
            0x8 => {
                self.data()?;
                Some(Event::NoteOff { channel, pitch: first })
            }
            0x9 => Some(match self.data()? {
                0 => Event::NoteOff { channel, pitch: first },
                velocity => Event::NoteOn { channel, pitch: first, velocity },
            }),
            0xb => Some(Event::Control { channel, controller: first, value: self.data()? }),
            0xc => Some(Event::Program { channel, program: first }),
            0xe => {
                let value = i16::from(self.data()?) << 7 | i16::from(first);
                Some(Event::Bend { channel, value: value - 8192 })
            }
            0xd => None,
            _ => {
                self.data()?;
                None
            }
        })
    }

    /// The meta event whose data goes from `data` to here.
    fn meta(&mut self, kind: u8, data: usize, start: usize) -> Option<Event> {
        let data = &self.bytes[data..self.at];
        let (event, what) = match (kind, data) {
            (0x01 | 0x05 | 0x59, _) => (Some(Event::Mark), ""),
            (0x03, _) => (Some(Event::TrackName(text(data))), ""),
            (0x51, &[high, middle, low, ..]) => {
                let micros = u32::from_be_bytes([0, high, middle, low]);
                ((micros > 0).then_some(Event::Tempo(micros)), "tempo")
            }
            (0x51, _) => (None, "tempo"),
            // Some writers leave out the two bytes on the metronome.
            (0x58, &[numerator @ 1..=255, power @ 0..=7, ..]) => {
                (Some(Event::TimeSignature { numerator, denominator: 1 << power }), "")
            }
            (0x58, _) => (None, "time signature"),
            _ => return None,
        };
        if event.is_none() {
            self.warn(MidiWarning::Meta { what, offset: start });
        }
        event
    }

    fn byte(&mut self) -> Result<u8, Fault> {
        let byte = if self.at < self.end { self.bytes.get(self.at) } else { None };
        self.at += 1;
        byte.copied().ok_or(Fault::End)
    }

    fn data(&mut self) -> Result<u8, Fault> {
        match self.byte()? {
            data @ ..0x80 => Ok(data),
            _ => Err(Fault::Bad(self.at - 1, "a status byte in the middle of an event")),
        }
    }

    /// A number of variable length: seven bits a byte, at most four bytes.
    fn variable(&mut self) -> Result<u32, Fault> {
        let start = self.at;
        let mut value = 0;
        for _ in 0..4 {
            let byte = self.byte()?;
            value = value << 7 | u32::from(byte & 0x7f);
            if byte < 0x80 {
                return Ok(value);
            }
        }
        Err(Fault::Bad(start, "a number of more than four bytes"))
    }

    fn skip(&mut self, length: usize) -> Result<(), Fault> {
        if length > self.end.saturating_sub(self.at) {
            return Err(Fault::End);
        }
        self.at += length;
        Ok(())
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

/// A name is UTF-8 when it can be, and Latin-1 otherwise; the standard has ASCII alone. Blanks around it do not count.
fn text(bytes: &[u8]) -> String {
    let text = match std::str::from_utf8(bytes) {
        Ok(text) => text.to_string(),
        Err(_) => bytes.iter().map(|&byte| char::from(byte)).collect(),
    };
    text.trim_matches(|c: char| c.is_whitespace() || c == '\0').to_string()
}
