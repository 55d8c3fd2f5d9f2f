//! What an instrument plays: notes and controllers as they come from a song, and the score that is made of them once,
//! with every note's release worked out.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::{Controls, PlayedNote};

/// A part as it is played: its notes, and what the pitch wheel, the sustain pedal and other controllers do meanwhile.
#[derive(Clone, PartialEq, Debug, Default)]
pub struct Performance {
    /// The notes. Their own bends are not heeded: an instrument follows the wheel, while a note is released, too.
    pub notes: Arc<[PlayedNote]>,
    /// Pitch bends in order of time: from which frame on, and the ratio of frequencies from there. The ratio is 1 until
    /// the first of them.
    pub bends: Arc<[(u64, f64)]>,
    /// The sustain pedal in order of time: from which frame on, and whether it is down. It is up until the first of them.
    pub pedal: Arc<[(u64, bool)]>,
    /// The other controllers in order of time: from which frame on, and where they stand. Until the first of them they
    /// stand where General MIDI has them. Only some instruments heed them: see [`Instrument::heeds_controls`].
    ///
    /// [`Instrument::heeds_controls`]: super::Instrument::heeds_controls
    pub controls: Arc<[(u64, Controls)]>,
    /// The General MIDI program of the part, from 0.
    pub program: u8,
    /// Whether its keys are drums.
    pub is_drums: bool,
}

/// A note as a voice gets it.
#[derive(Clone, PartialEq, Debug)]
pub struct Strike {
    /// The frame it starts at.
    pub start: u64,
    /// The frame at which key and pedal have let it go.
    pub release: u64,
    /// The MIDI key, 0 to 127.
    pub key: u8,
    /// Its frequency in hertz, without bends; a positive number.
    pub freq_hz: f64,
    /// The frequency of the note before it, where a glide comes from; its own for the first.
    pub from_hz: f64,
    /// How hard it is struck, 0 to 1.
    pub velocity: f64,
    /// What its noise is made from: another one for every key and every moment.
    pub seed: u64,
}

impl Strike {
    /// For how many frames it is held.
    pub fn held(&self) -> u64 {
        self.release - self.start
    }
}

/// All notes of a part in order of their start, the bends, and what controllers do.
#[derive(Clone, Debug)]
pub struct Score {
    /// The notes, by their start; as they come in the part when they start together.
    pub strikes: Vec<Strike>,
    /// The bends, by their frames.
    pub bends: Vec<(u64, f64)>,
    /// The highest ratio among the bends, at least 1.
    pub top_bend: f64,
    /// Where controllers stand, by their frames. There are none for an instrument that does not heed them.
    pub controls: Vec<(u64, Controls)>,
    /// Where each controller stands the lowest, and the highest.
    pub control_range: [Controls; 2],
}

/// The highest frequency of a note in hertz: far above all sound, and low enough to reckon with.
const TOP_HZ: f64 = 1e6;
/// The largest ratio of a bend either way, eleven octaves: more than a wheel can be set to.
const MOST_BEND: f64 = 2048.0;

impl Score {
    /// The score of a performance. Notes above a megahertz, or whose frequency is no positive number, are left out, and so
    /// are bends of more than eleven octaves.
    ///
    /// While the pedal is down, a note whose key goes up is held until the pedal goes up or its key is struck again. A
    /// pedal that stays down goes up with the last key.
    pub fn new(performance: &Performance) -> Self {
        let is_pitched = |note: &&PlayedNote| note.freq_hz > 0.0 && note.freq_hz <= TOP_HZ;
        let mut notes: Vec<&PlayedNote> = performance.notes.iter().filter(is_pitched).collect();
        notes.sort_by_key(|note| note.start);
        let end = |note: &PlayedNote| note.start.saturating_add(note.frames);
        let last = notes.iter().map(|note| end(note)).max().unwrap_or(0);

        let mut next_of_key: BTreeMap<u8, u64> = BTreeMap::new();
        let mut releases = vec![0; notes.len()];
        for (note, release) in notes.iter().zip(&mut releases).rev() {
            let up = end(note);
            let again = next_of_key.insert(note.key, note.start).filter(|again| *again >= up);
            *release = pedal_up(&performance.pedal, up, last).min(again.unwrap_or(u64::MAX));
        }
        let mut from_hz = notes.first().map_or(0.0, |note| note.freq_hz);
        let strikes = notes.iter().zip(releases).map(|(note, release)| Strike {
            start: note.start,
            release,
            key: note.key,
            freq_hz: note.freq_hz,
            from_hz: std::mem::replace(&mut from_hz, note.freq_hz),
            velocity: f64::from(note.velocity.min(127)) / 127.0,
            seed: note.start << 7 | u64::from(note.key),
        });
        let is_bend = |bend: &(u64, f64)| (1.0 / MOST_BEND..=MOST_BEND).contains(&bend.1);
        let mut bends: Vec<(u64, f64)> = performance.bends.iter().copied().filter(is_bend).collect();
        bends.sort_by_key(|bend| bend.0);
        let top_bend = bends.iter().map(|bend| bend.1).fold(1.0, f64::max);
        let mut controls = performance.controls.to_vec();
        controls.sort_by_key(|moved| moved.0);
        let control_range = Controls::range(controls.iter().map(|moved| moved.1));
        Score { strikes: strikes.collect(), bends, top_bend, controls, control_range }
    }

    /// The same without what controllers do: as if they stood where General MIDI has them.
    pub fn without_controls(self) -> Self {
        Score { controls: Vec::new(), control_range: [Controls::START; 2], ..self }
    }
}

/// When a note is let go whose key goes up at `up`; `last` is when the last key goes up.
fn pedal_up(pedal: &[(u64, bool)], up: u64, last: u64) -> u64 {
    let after = pedal.partition_point(|moved| moved.0 <= up);
    let (before, later) = pedal.split_at(after);
    match before.last() {
        Some((_, true)) => later.iter().find(|moved| !moved.1).map_or(last.max(up), |moved| moved.0),
        _ => up,
    }
}
