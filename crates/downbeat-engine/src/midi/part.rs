//! Parts: the notes of one instrument.

use std::collections::BTreeMap;
use std::sync::Arc;

use downbeat_dsp::Controls;

use super::bend::Wheel;
use super::control::Controllers;
use super::error::MidiWarning;
use super::event::Event;
use super::pedal::Pedal;
use super::smf::Track;
use crate::time::{Seconds, TempoMap, Ticks};

/// What one instrument plays: the notes of one track, on one channel, with one program.
#[derive(Clone, PartialEq, Debug)]
pub struct Part {
    /// The name of the track, without blanks around it; empty when it has none.
    pub name: String,
    /// The General MIDI program, from 0.
    pub program: u8,
    /// Whether the pitches are drums: the channel is 10.
    pub drum: bool,
    /// The channel, 1 to 16.
    pub channel: u8,
    /// The notes, by start, then pitch, then end; equal ones as they come in the file.
    pub notes: Vec<Note>,
    /// Since when the pitch is how many semitones higher (or lower), ascending; before the first it is not bent. The
    /// range is what registered parameter 0 says, two semitones until then.
    pub bends: Vec<(Seconds, f64)>,
    /// Since when the sustain pedal is down, or up, ascending; before the first it is up. Notes end where their keys go up.
    pub pedal: Vec<(Seconds, bool)>,
    /// Since when modulation wheel, volume, pan and expression of the channel stand where, ascending; before the first they
    /// stand where General MIDI has them. The parts of a channel share them.
    pub controls: Arc<[(Seconds, Controls)]>,
}

impl Part {
    /// How many semitones higher the pitch is at a moment.
    pub fn bend_at(&self, moment: Seconds) -> f64 {
        match self.bends.partition_point(|&(since, _)| since <= moment) {
            0 => 0.0,
            count => self.bends[count - 1].1,
        }
    }

    /// When the last note ends; 0 when there are none.
    pub fn end(&self) -> Seconds {
        self.notes.iter().map(|note| note.end).fold(Seconds(0.0), |a, b| if b > a { b } else { a })
    }
}

/// A note.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct Note {
    /// When the key goes down.
    pub start: Seconds,
    /// When the key goes up, not before the start. A drum may have a note of no length.
    pub end: Seconds,
    /// The key, 0 to 127: 60 is middle C, 69 is the A of 440 Hz.
    pub pitch: u8,
    /// How hard the key is struck, 1 to 127.
    pub velocity: u8,
}

impl Note {
    /// The frequency in Hz, equal temperament at A = 440 Hz: 440 · 2^((pitch - 69) / 12).
    pub fn freq_hz(&self) -> f64 {
        // An octave is a factor of two, which is exact: twelve constants give all the notes.
        let octaves_down = 11 - u32::from(self.pitch.min(127)) / 12;
        OCTAVE_HZ[usize::from(self.pitch.min(127)) % 12] / f64::from(1_u32 << octaves_down)
    }
}

/// 440 · 2^((p - 69) / 12) Hz for p = 132 to 143.
const OCTAVE_HZ: [f64; 12] = [
    16_744.036_179_238_312,
    17_739.688_382_519_813,
    18_794.545_146_714_085,
    19_912.126_958_213_18,
    21_096.163_642_423_675,
    22_350.606_811_712_25,
    23_679.643_053_544_6,
    25_087.707_902_831_953,
    26_579.500_645_116_488,
    28_160.0,
    29_834.480_737_157_755,
    31_608.531_280_391_944,
];

/// The parts of a song, and the tick up to which something happens in them.
pub(super) struct Parts {
    pub parts: Vec<Part>,
    pub end: Ticks,
    pub warnings: Vec<MidiWarning>,
}

/// Sorts the notes of all tracks into parts, by track and then by the first note that ends, which is the order of
/// pretty_midi's instruments.
///
/// A note belongs to the program that is set on its channel, in its track, when it starts. The end of a note ends all
/// notes of its track, channel and pitch that are open, except those that start at the same tick when there are earlier
/// ones (a note repeated without a gap, its start written before the end of the one before). A note that never ends ends
/// with its track.
pub(super) fn parts(tracks: &[Track], map: &TempoMap) -> Parts {
    let mut result = Parts { parts: Vec::new(), end: Ticks(0), warnings: Vec::new() };
    for (number, track) in tracks.iter().enumerate() {
        let mut desk = Desk::default();
        for (tick, event) in &track.events {
            desk.take(*tick, event);
        }
        let hanging = desk.close(track.end);
        if hanging > 0 {
            result.warnings.push(MidiWarning::HangingNotes { track: number + 1, count: hanging });
        }
        result.end = result.end.max(Ticks(desk.end()));
        let controls: BTreeMap<u8, Arc<[_]>> =
            desk.channels.iter().map(|(&n, channel)| (n, channel.controls(map))).collect();
        result.parts.extend(desk.drafts.into_iter().map(|draft| {
            let channel = desk.channels.get(&draft.channel);
            let bends = channel.map_or(&[][..], |channel| channel.wheel.bends());
            let pedal = channel.map_or(&[][..], |channel| channel.pedal.moves());
            let controls = controls.get(&draft.channel).cloned().unwrap_or_default();
            draft.finish(bends, pedal, controls, map)
        }));
    }
    result
}

/// What is going on in a track.
#[derive(Default)]
struct Desk {
    name: String,
    channels: BTreeMap<u8, Channel>,
    drafts: Vec<Draft>,
    /// Where the draft of a channel and a program is.
    index: BTreeMap<(u8, u8), usize>,
}

/// What is going on on a channel.
struct Channel {
    program: u8,
    wheel: Wheel,
    pedal: Pedal,
    controllers: Controllers,
    /// The open notes by pitch.
    open: BTreeMap<u8, Vec<OpenNote>>,
    /// The last tick at which a controller or the wheel moves.
    moved: u64,
}

/// A note that has not ended.
struct OpenNote {
    start: u64,
    velocity: u8,
    /// What was set on the channel when it started.
    program: u8,
}

/// A part in ticks.
struct Draft {
    name: String,
    channel: u8,
    program: u8,
    notes: Vec<(u64, u8, u64, u8)>,
}

impl Desk {
    fn take(&mut self, tick: u64, event: &Event) {
        match *event {
            Event::TrackName(ref name) => self.name.clone_from(name),
            Event::Program { channel, program } => self.channel(channel).program = program,
            Event::NoteOn { channel, pitch, velocity } => {
                let channel = self.channel(channel);
                let note = OpenNote { start: tick, velocity, program: channel.program };
                channel.open.entry(pitch).or_default().push(note);
            }
            Event::NoteOff { channel, pitch } => {
                let Some(open) = self.channel(channel).open.remove(&pitch) else { return };
                let (now, earlier): (Vec<_>, Vec<_>) = open.into_iter().partition(|note| note.start == tick);
                if earlier.is_empty() {
                    self.end_notes(channel, pitch, now, tick);
                } else {
                    self.end_notes(channel, pitch, earlier, tick);
                    if !now.is_empty() {
                        self.channel(channel).open.insert(pitch, now);
                    }
                }
            }
            Event::Control { channel, .. } | Event::Bend { channel, .. } => {
                let channel = self.channel(channel);
                channel.wheel.take(tick, event);
                channel.pedal.take(tick, event);
                channel.controllers.take(tick, event);
                channel.moved = tick;
            }
            Event::Tempo(_) | Event::TimeSignature { .. } | Event::Mark => {}
        }
    }

    /// Ends all notes that are open, and says how many.
    fn close(&mut self, tick: u64) -> usize {
        let mut open = Vec::new();
        for (&channel, state) in &mut self.channels {
            open.extend(std::mem::take(&mut state.open).into_iter().map(|(pitch, notes)| (channel, pitch, notes)));
        }
        let count = open.iter().map(|(_, _, notes)| notes.len()).sum();
        for (channel, pitch, notes) in open {
            self.end_notes(channel, pitch, notes, tick);
        }
        count
    }

    /// The last tick at which a note ends, or a controller of a channel with notes moves.
    fn end(&self) -> u64 {
        let notes = self.drafts.iter().flat_map(|draft| draft.notes.iter().map(|&(_, _, end, _)| end));
        let moves = self.drafts.iter().filter_map(|draft| self.channels.get(&draft.channel)).map(|c| c.moved);
        notes.chain(moves).max().unwrap_or(0)
    }

    fn end_notes(&mut self, channel: u8, pitch: u8, notes: Vec<OpenNote>, tick: u64) {
        for note in notes {
            self.draft(channel, note.program).notes.push((note.start, pitch, tick, note.velocity));
        }
    }

    fn channel(&mut self, channel: u8) -> &mut Channel {
        self.channels.entry(channel).or_insert_with(Channel::new)
    }

    /// The part with this program on this channel.
    fn draft(&mut self, channel: u8, program: u8) -> &mut Draft {
        let index = *self.index.entry((channel, program)).or_insert(self.drafts.len());
        if index == self.drafts.len() {
            self.drafts.push(Draft { name: self.name.clone(), channel, program, notes: Vec::new() });
        }
        &mut self.drafts[index]
    }
}

impl Channel {
    fn new() -> Self {
        Channel {
            program: 0,
            wheel: Wheel::new(),
            pedal: Pedal::default(),
            controllers: Controllers::default(),
            open: BTreeMap::new(),
            moved: 0,
        }
    }

    /// Since when controllers stand where.
    fn controls(&self, map: &TempoMap) -> Arc<[(Seconds, Controls)]> {
        let moves = self.controllers.moves().iter();
        moves.map(|&(tick, controls)| (map.seconds_at_tick(Ticks(tick)), controls)).collect()
    }
}

impl Draft {
    fn finish(
        mut self,
        bends: &[(u64, f64)],
        pedal: &[(u64, bool)],
        controls: Arc<[(Seconds, Controls)]>,
        map: &TempoMap,
    ) -> Part {
        self.notes.sort_by_key(|&(start, pitch, end, _)| (start, pitch, end));
        let seconds = |tick| map.seconds_at_tick(Ticks(tick));
        let note = |(start, pitch, end, velocity)| Note { start: seconds(start), end: seconds(end), pitch, velocity };
        Part {
            name: self.name,
            program: self.program,
            drum: self.channel == 10,
            channel: self.channel,
            notes: self.notes.into_iter().map(note).collect(),
            bends: bends.iter().map(|&(tick, semitones)| (seconds(tick), semitones)).collect(),
            pedal: pedal.iter().map(|&(tick, is_down)| (seconds(tick), is_down)).collect(),
            controls,
        }
    }
}
