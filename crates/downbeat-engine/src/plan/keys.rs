//! The keys of jobs: the hash of what each does and of its inputs' keys.

use downbeat_dsp::{Controls, Performance, PlayedNote, Settings};

use crate::key::{Key, KeyMaker};
use crate::session::{Clip, Segment, Source, Step};

/// The key of a clip: its source, then each step of its chain.
pub(crate) fn clip_key(clip: &Clip, rate: u32) -> Key {
    clip.chain.iter().fold(source_key(&clip.source, rate), step_key)
}

/// The keys of a clip's beginnings: of its source, and of what comes out of each step but the last.
pub(crate) fn beginning_keys(clip: &Clip, rate: u32) -> Vec<Key> {
    let first = source_key(&clip.source, rate);
    let after = |key: &mut Key, step| Some(std::mem::replace(key, step_key(*key, step)));
    clip.chain.iter().scan(first, after).collect()
}

fn source_key(source: &Source, rate: u32) -> Key {
    let mut key = KeyMaker::new("source");
    key.number(rate.into());
    match source {
        Source::Recording(recording) => {
            key.bytes(b"recording").key(recording.contents).bytes(format!("{:?}", recording.pick).as_bytes())
        }
        Source::Tone { wave, freq_hz, frames, level } => {
            key.bytes(b"tone").bytes(&wave.key_bytes()).real(*freq_hz).number(frames.0).real(*level)
        }
        Source::Sweep { from_hz, to_hz, frames, level } => {
            key.bytes(b"sweep").real(*from_hz).real(*to_hz).number(frames.0).real(*level)
        }
        Source::Part { notes, wave, envelope } => {
            let notes = notes_key(notes);
            key.bytes(b"part").key(notes).bytes(&wave.key_bytes()).bytes(&envelope.key_bytes())
        }
        Source::Played { performance, instrument } => {
            key.bytes(b"played").key(performance_key(performance)).bytes(&instrument.key_bytes())
        }
        Source::Resynthesis { notes, wave } => key.bytes(b"resynthesis").key(notes_key(notes)).bytes(&wave.key_bytes()),
    };
    key.finish()
}

fn notes_key(notes: &[PlayedNote]) -> Key {
    let mut key = KeyMaker::new("notes");
    for note in notes {
        key.number(note.start).number(note.frames).real(note.freq_hz).number(note.velocity.into());
        key.number(note.bends.len() as u64);
        for &(frame, bend) in note.bends.iter() {
            key.number(frame).real(bend);
        }
    }
    key.finish()
}

fn performance_key(performance: &Performance) -> Key {
    let mut key = KeyMaker::new("performance");
    key.key(notes_key(&performance.notes));
    // The same notes play other drums with other keys.
    performance.notes.iter().for_each(|note| {
        key.number(note.key.into());
    });
    key.number(performance.bends.len() as u64);
    for &(frame, bend) in performance.bends.iter() {
        key.number(frame).real(bend);
    }
    key.number(performance.pedal.len() as u64);
    for &(frame, is_down) in performance.pedal.iter() {
        key.number(frame).number(is_down.into());
    }
    key.number(performance.controls.len() as u64);
    for &(frame, Controls { modulation, volume, pan, expression }) in performance.controls.iter() {
        key.number(frame).bytes(&[modulation, volume, pan, expression]);
    }
    key.number(performance.program.into()).number(performance.is_drums.into());
    key.finish()
}

fn step_key(before: Key, step: &Step) -> Key {
    match step {
        Step::Insert(settings) => insert_key(before, settings),
        Step::Parallel { paths, dry } => {
            let mut key = KeyMaker::new("parallel");
            key.number(u64::from(*dry)).key(before);
            for path in paths {
                key.key(path.iter().fold(before, step_key));
            }
            key.finish()
        }
    }
}

pub(crate) fn insert_key(before: Key, settings: &Settings) -> Key {
    KeyMaker::new("insert").key(before).bytes(&settings.key_bytes()).finish()
}

/// The key of a segment: of the stretch of its clip, which `key` knows, after each step of its chain.
pub(crate) fn segment_key(key: &KeyMaker, segment: &Segment) -> Key {
    segment.chain.iter().fold(key.finish(), step_key)
}
