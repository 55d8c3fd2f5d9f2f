//! The events of a MIDI file, and how to read one.

use super::error::MidiWarning;
use super::smf::Track;

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

/// Why an event cannot be read.
pub(super) enum Fault {
    /// It goes beyond the end of its track.
    End,
    /// It makes no sense: where, and what there is.
    Bad(usize, &'static str),
}

/// More warnings than these help nobody, and damage can give one a byte.
const MAX_WARNINGS: usize = 20;

/// Walks through the bytes from `at` up to `end`, where the bytes end or the track that is being read.
pub(super) struct Reader<'a> {
    pub bytes: &'a [u8],
    pub at: usize,
    pub end: usize,
    pub warnings: Vec<MidiWarning>,
}

impl Reader<'_> {
    /// Reads a delta time and an event. Says whether it is the end of the track.
    ///
    /// Meta events and system exclusive messages leave the running status as it is: the standard forbids to rely on
    /// that, writers do all the same.
    pub fn event(&mut self, track: &mut Track, running_status: &mut Option<u8>) -> Result<bool, Fault> {
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

    pub fn warn(&mut self, warning: MidiWarning) {
        if self.warnings.len() < MAX_WARNINGS {
            self.warnings.push(warning);
        }
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
}

/// A name is UTF-8 when it can be, and Latin-1 otherwise; the standard has ASCII alone. Blanks around it do not count.
fn text(bytes: &[u8]) -> String {
    let text = match std::str::from_utf8(bytes) {
        Ok(text) => text.to_string(),
        Err(_) => bytes.iter().map(|&byte| char::from(byte)).collect(),
    };
    text.trim_matches(|c: char| c.is_whitespace() || c == '\0').to_string()
}
