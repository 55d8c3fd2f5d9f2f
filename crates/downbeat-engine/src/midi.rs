//! The song: Standard MIDI Files, the tempo map, parts and notes.
//!
//! [`Song::read`] makes a [`Song`] of bytes: `smf` and `event` read it, `part` sorts the notes into parts, `meter` lays bars
//! and beats over the [`TempoMap`].

mod bend;
mod control;
mod error;
mod event;
mod meter;
mod part;
mod pedal;
mod smf;

pub use error::{MidiError, MidiWarning, PartError};
pub use meter::TimeSignature;
pub use part::{Note, Part};

use crate::time::{Seconds, TempoMap, Ticks};
use event::Event;
use meter::Step;

/// A song: what a MIDI file says, in seconds.
#[derive(Clone, PartialEq, Debug)]
pub struct Song {
    tempo_map: TempoMap,
    signatures: Vec<(Ticks, TimeSignature)>,
    parts: Vec<Part>,
    beats: Vec<Seconds>,
    downbeats: Vec<Seconds>,
    end: Seconds,
    warnings: Vec<MidiWarning>,
}

impl Song {
    /// The most beats a song may have: more than five days at 120 bpm.
    pub const MAX_BEATS: usize = 1_000_000;

    /// Reads a Standard MIDI File of type 0 or 1, bare or in a RIFF (`.rmi`). `file` is its name in errors.
    ///
    /// Tempo and time signatures count on whatever track they are. A damaged file is read as far as that is safe: see
    /// [`Song::warnings`].
    ///
    /// # Errors
    /// When the bytes are no MIDI file, of type 2, damaged so that what follows cannot be told, without any track, or
    /// longer than [`Song::MAX_BEATS`].
    pub fn read(bytes: &[u8], file: &str) -> Result<Song, MidiError> {
        let smf = smf::read(bytes, file)?;
        let tempo_map = TempoMap::new(smf.division, &collect(&smf.tracks, tempo));
        let signatures = signatures(collect(&smf.tracks, signature));
        let parts = part::parts(&smf.tracks, &tempo_map);

        let marks =
            collect(&smf.tracks, |event| matches!(event, Event::Mark | Event::TimeSignature { .. }).then_some(()));
        let last_mark = marks.last().map_or(Ticks(0), |&(tick, ())| tick);
        let end = parts.end.max(tempo_map.last_change()).max(last_mark);

        let grid = |step| {
            let too_long = || MidiError::TooLong { file: file.to_string(), beats: Song::MAX_BEATS };
            meter::grid(&tempo_map, &signatures, end, step, Song::MAX_BEATS).ok_or_else(too_long)
        };
        Ok(Song {
            beats: grid(Step::Beats)?,
            downbeats: grid(Step::Bars)?,
            end: tempo_map.seconds_at_tick(end),
            parts: parts.parts,
            warnings: smf.warnings.into_iter().chain(parts.warnings).collect(),
            signatures,
            tempo_map,
        })
    }

    /// The way from beats to seconds and back.
    pub fn tempo_map(&self) -> &TempoMap {
        &self.tempo_map
    }

    /// The tempo changes: since when, and how many quarter notes a minute. The first is at 0 (120 bpm when the file says
    /// nothing); none repeats the one before it.
    pub fn tempo_changes(&self) -> Vec<(Seconds, f64)> {
        self.tempo_map.changes().collect()
    }

    /// The time signatures, and since when they hold. The first is at 0 (4/4 when the file says nothing).
    pub fn time_signatures(&self) -> Vec<(Seconds, TimeSignature)> {
        self.signatures.iter().map(|&(tick, signature)| (self.tempo_map.seconds_at_tick(tick), signature)).collect()
    }

    /// When each bar starts, up to the end of the song. A time signature starts a new bar.
    pub fn downbeats(&self) -> &[Seconds] {
        &self.downbeats
    }

    /// When each beat is, up to the end of the song: every note of the time signature's denominator, or every third one
    /// where the metre is [compound](TimeSignature::is_compound). A time signature starts a new beat.
    pub fn beats(&self) -> &[Seconds] {
        &self.beats
    }

    /// Every `n`-th downbeat, from the first. None at all when `n` is 0.
    pub fn bars(&self, n: usize) -> Vec<Seconds> {
        if n == 0 { Vec::new() } else { self.downbeats.iter().copied().step_by(n).collect() }
    }

    /// The number of the bar that a moment lies in, from 1. After the end it is the last bar.
    pub fn bar_at(&self, moment: Seconds) -> usize {
        self.downbeats.partition_point(|&downbeat| downbeat <= moment).max(1)
    }

    /// When the last thing happens: a note ends, a controller moves (on a channel with notes), the tempo, the metre or the
    /// key changes, or there is text. Tracks may go on longer, in silence.
    pub fn end(&self) -> Seconds {
        self.end
    }

    /// The parts, by track and then by the first note that ends: the order of pretty_midi's instruments.
    pub fn parts(&self) -> &[Part] {
        &self.parts
    }

    /// The part of this name. Upper and lower case differ; blanks around the name do not count.
    ///
    /// # Errors
    /// When there is none, or more than one.
    pub fn part(&self, name: &str) -> Result<&Part, PartError> {
        let mut numbers: Vec<usize> =
            self.parts.iter().zip(1..).filter(|(part, _)| part.name == name.trim()).map(|(_, number)| number).collect();
        match (numbers.pop(), numbers.is_empty()) {
            (None, _) => Err(PartError::Unknown { name: name.to_string(), names: self.part_names() }),
            (Some(number), true) => self.part_number(number),
            (Some(number), false) => {
                numbers.push(number);
                Err(PartError::Ambiguous { name: name.to_string(), numbers })
            }
        }
    }

    /// The part of this number, from 1.
    ///
    /// # Errors
    /// When there is none.
    pub fn part_number(&self, number: usize) -> Result<&Part, PartError> {
        let missing = PartError::Number { number, count: self.parts.len() };
        number.checked_sub(1).and_then(|index| self.parts.get(index)).ok_or(missing)
    }

    /// What is wrong with the file, and was read all the same.
    pub fn warnings(&self) -> &[MidiWarning] {
        &self.warnings
    }

    /// The names of the parts, in order, each once, the empty one left out.
    fn part_names(&self) -> Vec<String> {
        let mut names: Vec<String> = Vec::new();
        for part in &self.parts {
            if !part.name.is_empty() && !names.contains(&part.name) {
                names.push(part.name.clone());
            }
        }
        names
    }
}

fn tempo(event: &Event) -> Option<u32> {
    if let Event::Tempo(micros) = *event { Some(micros) } else { None }
}

fn signature(event: &Event) -> Option<TimeSignature> {
    match *event {
        Event::TimeSignature { numerator, denominator } => Some(TimeSignature { numerator, denominator }),
        _ => None,
    }
}

/// What `pick` finds in all tracks, by tick; at one tick in the order of the tracks.
fn collect<T>(tracks: &[smf::Track], pick: impl Fn(&Event) -> Option<T>) -> Vec<(Ticks, T)> {
    let events = tracks.iter().flat_map(|track| &track.events);
    let mut found: Vec<_> = events.filter_map(|(tick, event)| Some((Ticks(*tick), pick(event)?))).collect();
    found.sort_by_key(|&(tick, _)| tick);
    found
}

/// The signatures with 4/4 until the first one, and only the last one of a tick.
fn signatures(found: Vec<(Ticks, TimeSignature)>) -> Vec<(Ticks, TimeSignature)> {
    let mut signatures = vec![(Ticks(0), TimeSignature::COMMON)];
    for (tick, signature) in found {
        if signatures.last().is_some_and(|&(last, _)| last == tick) {
            signatures.pop();
        }
        signatures.push((tick, signature));
    }
    signatures
}
