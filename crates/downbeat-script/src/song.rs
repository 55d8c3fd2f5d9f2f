//! The song: a MIDI file with its tempo, grids, parts and notes.

use std::fmt;
use std::sync::Arc;

use downbeat_dsp::{Performance, PlayedNote, Value as Setting};
use downbeat_engine::midi::{Note, Part, Song};
use downbeat_engine::read;
use downbeat_engine::time::{Beats, Seconds};
use starlark::values::{Heap, Value};

use crate::accept::plain;
use crate::call::Call;
use crate::clips::path_from;
use crate::files::not_found;
use crate::function::{Function, Param, Run, Takes};
use crate::grid::GridHandle;
use crate::nearest::nearest;
use crate::object::{Field, Members, Object, Receiver, Table, handle, object};
use crate::time::Moment;

/// A song as the clock of a mix.
pub(crate) struct Tempo {
    pub(crate) song: Song,
    /// Whether it stands for one that could not be read.
    pub(crate) stand_in: bool,
}

impl Tempo {
    /// The moment that is so many bars and then so many beats (quarter notes) after another one.
    pub(crate) fn later(&self, seconds: f64, bars: f64, beats: f64) -> f64 {
        let map = self.song.tempo_map();
        let mut moment = Seconds(seconds);
        if bars != 0.0 {
            moment = self.bar_moment(self.bar_position(moment) + bars);
        }
        if beats != 0.0 {
            moment = map.after(moment, Beats(beats));
        }
        // What lies on a tick is exactly on it: four beats after a downbeat in 4/4 is the next one to the last bit.
        const NEAR: f64 = 1e-9;
        let tick = map.seconds_at_tick(map.tick_at(Seconds(moment.0 + NEAR)));
        if (tick.0 - moment.0).abs() <= NEAR { tick.0 } else { moment.0 }
    }

    /// Where bar `number`, counted from 1, begins. After the end of the song bars go on like the last one.
    pub(crate) fn bar(&self, number: u32) -> f64 {
        self.bar_moment(f64::from(number) - 1.0).0
    }

    /// How many bars, with their fraction in beats, there are before a moment.
    fn bar_position(&self, moment: Seconds) -> f64 {
        let index = self.song.downbeats().partition_point(|downbeat| *downbeat <= moment).max(1) - 1;
        let (start, length) = self.bar_beats(index);
        index as f64 + (self.song.tempo_map().beats_at(moment).0 - start) / length
    }

    fn bar_moment(&self, position: f64) -> Seconds {
        let downbeats = self.song.downbeats();
        let index = position.floor().clamp(0.0, downbeats.len().saturating_sub(1) as f64) as usize;
        if let (true, Some(downbeat)) = (position == index as f64, downbeats.get(index)) {
            return *downbeat;
        }
        let (start, length) = self.bar_beats(index);
        self.song.tempo_map().seconds_at(Beats(start + (position - index as f64) * length))
    }

    /// The beat at which a bar starts, and its length in beats.
    fn bar_beats(&self, index: usize) -> (f64, f64) {
        let map = self.song.tempo_map();
        let at = |index: usize| self.song.downbeats().get(index).map(|downbeat| map.beats_at(*downbeat).0);
        let start = at(index).unwrap_or(0.0);
        let length = at(index + 1).map(|next| next - start).or_else(|| {
            let (_, signature) = self.song.time_signatures().pop()?;
            Some(f64::from(signature.numerator) * 4.0 / f64::from(signature.denominator))
        });
        (start, length.filter(|length| *length > 0.0).unwrap_or(4.0))
    }
}

impl fmt::Debug for Tempo {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Tempo")
    }
}

handle! {
    mod song_handle;
    /// A song.
    struct SongHandle { tempo: Arc<Tempo>, path: String }
}
handle! {
    mod part_handle;
    /// A part of a song, by its index; `None` stands for one that does not exist.
    struct PartHandle { tempo: Arc<Tempo>, index: Option<usize> }
}
handle! {
    mod note_handle;
    /// A note of a part.
    struct NoteHandle { tempo: Arc<Tempo>, part: usize, index: usize }
}

impl PartHandle {
    pub(crate) fn part(&self) -> Option<&Part> {
        self.tempo.song.parts().get(self.index?)
    }

    /// The notes as frames and frequencies.
    pub(crate) fn played(&self, rate: u32) -> Arc<[PlayedNote]> {
        let Some(part) = self.part() else { return Arc::default() };
        let played = part.notes.iter().map(|note| {
            let (start, end) = (note.start.frame(rate).0, note.end.frame(rate).0);
            PlayedNote {
                start,
                frames: end.saturating_sub(start),
                key: note.pitch,
                freq_hz: note.freq_hz(),
                velocity: note.velocity,
                bends: bends(part, note, rate),
            }
        });
        played.collect()
    }

    /// The notes, and what wheel, pedal and other controllers do, in frames.
    pub(crate) fn performance(&self, rate: u32) -> Performance {
        let Some(part) = self.part() else { return Performance::default() };
        Performance {
            notes: self.played(rate),
            bends: part.bends.iter().map(|(since, semitones)| (since.frame(rate).0, ratio(*semitones))).collect(),
            pedal: part.pedal.iter().map(|(since, is_down)| (since.frame(rate).0, *is_down)).collect(),
            controls: part.controls.iter().map(|(since, controls)| (since.frame(rate).0, *controls)).collect(),
            program: part.program,
            is_drums: part.drum,
        }
    }
}

/// A bend of so many semitones as a ratio of frequency.
fn ratio(semitones: f64) -> f64 {
    libm::exp2(semitones / 12.0)
}

/// The bend that a note starts with, and those until it ends, as ratios of frequency.
fn bends(part: &Part, note: &Note, rate: u32) -> Arc<[(u64, f64)]> {
    let start = note.start.frame(rate).0;
    let first = part.bend_at(note.start);
    let within = part.bends.iter().filter(|(since, _)| *since > note.start && *since < note.end);
    let later = within.map(|(since, semitones)| (since.frame(rate).0.saturating_sub(start), ratio(*semitones)));
    (first != 0.0).then_some((0, ratio(first))).into_iter().chain(later).collect()
}

impl NoteHandle {
    fn note(&self) -> Option<&Note> {
        self.tempo.song.parts().get(self.part)?.notes.get(self.index)
    }
}

/// The functions that read a song.
pub(crate) fn functions() -> Vec<Function> {
    let file = "The MIDI file, relative to the script that names it.";
    vec![Function::new(
        "midi",
        "Reads a song from a MIDI file. The first song of a mix is its tempo: beats, bars and bar numbers are counted \
         in it.",
        [Param::new("path", Takes::Text, file)],
        "the song",
        Run::Free(midi),
    )]
}

impl Object for SongHandle {
    const KIND: &'static str = "song";
    const ABOUT: &'static str = "A MIDI file: grids to cut on, and parts to play.";

    fn receiver(&self) -> Option<Receiver> {
        Some(Receiver::Song(self.clone()))
    }

    fn members() -> &'static Members<Self> {
        static MEMBERS: Table<SongHandle> = Table::new(|| Members {
            fields: vec![
                Field::new("downbeats", "When each bar begins, as a grid.", |song, heap| {
                    Some(grid(song, song.tempo.song.downbeats(), heap))
                }),
                Field::new("beats", "When each beat of the time signature is, as a grid.", |song, heap| {
                    Some(grid(song, song.tempo.song.beats(), heap))
                }),
                Field::new("parts", "All parts, in the order of the file.", |song, heap| {
                    let part = |index| PartHandle { tempo: song.tempo.clone(), index: Some(index) };
                    Some(heap.alloc(Vec::from_iter((0..song.tempo.song.parts().len()).map(part))))
                }),
                Field::new("end", "When the last note ends.", |song, heap| {
                    Some(heap.alloc(Moment::of_song(song.tempo.song.end().0, song.tempo.clone())))
                }),
                Field::new("tempo", "The tempo at the start, in quarter notes a minute.", |song, heap| {
                    Some(heap.alloc(song.tempo.song.tempo_changes().first()?.1))
                }),
            ],
            methods: vec![
                Function::new(
                    "bars",
                    "A grid of every n-th bar: `song.bars(4)` has the beginnings of bars 1, 5, 9 and so on.",
                    [Param::whole("n", 1, 1_000_000, "How many bars lie between two moments.").or(1_i64)],
                    "a grid",
                    Run::Song(|song, call| {
                        let bars = song.tempo.song.bars(usize::try_from(call.whole("n")).unwrap_or(1));
                        grid(song, &bars, call.heap)
                    }),
                ),
                Function::new(
                    "bar",
                    "The moment at which a bar begins. After the end of the song bars go on like the last one.",
                    [Param::whole("number", 1, 1_000_000, "The number of the bar, from 1.")],
                    "a moment",
                    Run::Song(|song, call| {
                        let seconds = song.tempo.bar(u32::try_from(call.whole("number")).unwrap_or(1));
                        call.give(Moment::of_song(seconds, song.tempo.clone()))
                    }),
                ),
                Function::new(
                    "part",
                    "A part of the song.",
                    [Param::new("name", Takes::NameOrNumber, "The name of the part's track, or its number from 1.")],
                    "the part",
                    Run::Song(part),
                ),
            ],
        });
        &MEMBERS
    }
}

impl Object for PartHandle {
    const KIND: &'static str = "part";
    const ABOUT: &'static str = "What one instrument of the song plays.";

    fn members() -> &'static Members<Self> {
        static MEMBERS: Table<PartHandle> = Table::new(|| Members {
            fields: vec![
                Field::new("name", "The name of its track.", |part, heap| Some(heap.alloc(part.part()?.name.as_str()))),
                Field::new("notes", "Its notes, by their start.", |part, heap| {
                    let note = |index| NoteHandle { tempo: part.tempo.clone(), part: part.index.unwrap_or(0), index };
                    Some(heap.alloc(Vec::from_iter((0..part.part().map_or(0, |p| p.notes.len())).map(note))))
                }),
                Field::new("program", "Its General MIDI program, from 0.", |part, heap| {
                    Some(heap.alloc(i32::from(part.part()?.program)))
                }),
                Field::new("drum", "Whether it plays drums.", |part, _| Some(Value::new_bool(part.part()?.drum))),
            ],
            methods: Vec::new(),
        });
        &MEMBERS
    }
}

impl Object for NoteHandle {
    const KIND: &'static str = "note";
    const ABOUT: &'static str = "A note of a part.";

    fn members() -> &'static Members<Self> {
        static MEMBERS: Table<NoteHandle> = Table::new(|| Members {
            fields: vec![
                Field::new("start", "When the key goes down.", |note, heap| {
                    Some(heap.alloc(Moment::of_song(note.note()?.start.0, note.tempo.clone())))
                }),
                Field::new("end", "When the key goes up.", |note, heap| {
                    Some(heap.alloc(Moment::of_song(note.note()?.end.0, note.tempo.clone())))
                }),
                Field::new("pitch", "The key, 0 to 127: 60 is middle C.", |note, heap| {
                    Some(heap.alloc(i32::from(note.note()?.pitch)))
                }),
                Field::new("velocity", "How hard the key is struck, 1 to 127.", |note, heap| {
                    Some(heap.alloc(i32::from(note.note()?.velocity)))
                }),
                Field::new("freq_hz", "The frequency in Hz, with A = 440 Hz.", |note, heap| {
                    Some(heap.alloc(note.note()?.freq_hz()))
                }),
            ],
            methods: Vec::new(),
        });
        &MEMBERS
    }
}

object!(SongHandle, "song");
object!(PartHandle, "part");
object!(NoteHandle, "note");

impl fmt::Display for SongHandle {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "midi({:?})", self.path)
    }
}

impl fmt::Display for PartHandle {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "part {:?}", self.part().map_or("", |part| part.name.as_str()))
    }
}

impl fmt::Display for NoteHandle {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.note() {
            Some(note) => write!(f, "note {} at {}", note.pitch, Moment::of_song(note.start.0, self.tempo.clone())),
            None => f.write_str("note"),
        }
    }
}

fn midi<'v>(call: &Call<'v, '_>) -> Value<'v> {
    /// MIDI files of a whole opera have a few megabytes.
    const LIMIT: u64 = 64 << 20;
    let Some(path) = call.text("path").map(|path| path_from(call.span().as_ref(), path)) else {
        return stand_in(call, String::new());
    };
    let place = call.place("path");
    let sounds = &call.desk.sounds;
    let tempo = sounds.known(&sounds.memory.songs, &path, (), |world| match read(world, &path, LIMIT) {
        Ok(bytes) => match Song::read(&bytes, &path) {
            Ok(song) => Ok(Arc::new(Tempo { song, stand_in: false })),
            Err(error) => Err(call.error(place, error.to_string(), |d| d)),
        },
        Err(error) => Err(call.error(place, error.to_string(), |d| not_found(d, &error))),
    });
    let Ok(tempo) = tempo else { return stand_in(call, path) };
    for warning in tempo.song.warnings() {
        call.warn(format!("`{path}`: {warning}"), |d| d);
    }
    call.desk.mix.borrow_mut().tempo.get_or_insert_with(|| tempo.clone());
    call.give(SongHandle { tempo, path })
}

/// A song to go on with when there is none: long and without parts.
fn stand_in<'v>(call: &Call<'v, '_>, path: String) -> Value<'v> {
    // A header, and one track of 250 bars of 4/4 (16,384 ticks of 64 a bar) that ends with an empty text.
    const EMPTY: &[u8] = b"MThd\0\0\0\x06\0\0\0\x01\0\x10MTrk\0\0\0\x0a\x82\xfa\x00\xff\x01\0\0\xff\x2f\0";
    match Song::read(EMPTY, &path) {
        Ok(song) => {
            let tempo = Arc::new(Tempo { song, stand_in: true });
            call.desk.mix.borrow_mut().tempo.get_or_insert_with(|| tempo.clone());
            call.give(SongHandle { tempo, path })
        }
        Err(_) => call.give(crate::unknown::Unknown {}),
    }
}

fn part<'v>(song: &SongHandle, call: &Call<'v, '_>) -> Value<'v> {
    let tempo = &song.tempo;
    let parts = tempo.song.parts();
    let names: Vec<&str> = parts.iter().map(|part| part.name.as_str()).filter(|name| !name.is_empty()).collect();
    let fail = |message: String, near: Option<&str>| {
        if !tempo.stand_in && !call.is_refused("name") {
            call.error(call.place("name"), message, |d| {
                let d = near.into_iter().fold(d, |d, near| d.label(format!("did you mean {near:?}?")));
                d.hint(all_parts(parts))
            });
        }
        PartHandle { tempo: tempo.clone(), index: None }
    };
    let found = match call.value("name").and_then(plain) {
        Some(Setting::Whole(number)) => {
            let index = usize::try_from(number).ok().and_then(|n| n.checked_sub(1)).filter(|n| *n < parts.len());
            match index {
                Some(_) => PartHandle { tempo: tempo.clone(), index },
                None => fail(format!("the song has no part number {number}"), None),
            }
        }
        Some(Setting::Choice(name)) => {
            let mut with_name = (0..parts.len()).filter(|index| parts[*index].name == name.trim());
            match (with_name.next(), with_name.next()) {
                (index @ Some(_), None) => PartHandle { tempo: tempo.clone(), index },
                (Some(_), Some(_)) => {
                    fail(format!("the song has several parts {name:?}: take one by its number"), None)
                }
                (None, _) => fail(format!("the song has no part {name:?}"), nearest(&name, names)),
            }
        }
        _ => fail(String::new(), None),
    };
    call.give(found)
}

/// All parts with their numbers, for a hint.
fn all_parts(parts: &[Part]) -> String {
    let named = |(number, part): (usize, &Part)| format!("{number} {:?}", part.name);
    match parts.len() {
        0 => "it has no parts at all".to_string(),
        1..=40 => format!("its parts are {}", Vec::from_iter((1..).zip(parts).map(named)).join(", ")),
        n => format!("its {n} parts begin with {}", Vec::from_iter((1..).zip(parts).take(20).map(named)).join(", ")),
    }
}

fn grid<'v>(song: &SongHandle, moments: &[Seconds], heap: Heap<'v>) -> Value<'v> {
    heap.alloc(GridHandle::new(moments.iter().map(|m| Moment::of_song(m.0, song.tempo.clone())).collect()))
}
