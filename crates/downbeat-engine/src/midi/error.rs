//! What can be wrong with a MIDI file, and with asking a song for a part.

/// Why a MIDI file cannot be read.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
pub enum MidiError {
    /// The bytes are something else.
    #[error("`{file}` is not a MIDI file: it begins neither with `MThd` nor as a `RIFF` of type `RMID`")]
    NotMidi {
        /// The file.
        file: String,
    },
    /// Type 2: a file of several songs.
    #[error("`{file}` is a MIDI file of type 2: each of its tracks is a song of its own; save them as files of type 0")]
    Type2 {
        /// The file.
        file: String,
    },
    /// The bytes make no sense from some point on.
    #[error("`{file}` is damaged: at byte {offset} there is {what}")]
    Damaged {
        /// The file.
        file: String,
        /// Where, in bytes from the start of the file.
        offset: usize,
        /// What is there.
        what: String,
    },
    /// There is a header, and no music.
    #[error("`{file}` holds no track")]
    NoTrack {
        /// The file.
        file: String,
    },
    /// A length that no piece of music has, and that would fill the memory with beats.
    #[error("`{file}` is more than {beats} beats long, so it is likely damaged")]
    TooLong {
        /// The file.
        file: String,
        /// How many beats a song may have.
        beats: usize,
    },
}

/// What is wrong with a MIDI file that can be read all the same.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
pub enum MidiWarning {
    /// The end of the file is missing.
    #[error("the file ends at byte {offset}, in the middle of track {track}: what follows is missing")]
    Truncated {
        /// The track it ends in, from 1.
        track: usize,
        /// Where, in bytes from the start of the file.
        offset: usize,
    },
    /// Tracks are missing.
    #[error("the file should have {declared} tracks and has {found}")]
    TrackCount {
        /// What the header says.
        declared: usize,
        /// What is there.
        found: usize,
    },
    /// A track is longer or shorter than it says.
    #[error("track {track}, at byte {offset}, has another length than it says")]
    TrackLength {
        /// The track, from 1.
        track: usize,
        /// Where it starts, in bytes from the start of the file.
        offset: usize,
    },
    /// A message that belongs on a wire and not in a file.
    #[error("at byte {offset} there is the message {status:#04x}, which has no place in a file; it is left out")]
    Status {
        /// Its status byte.
        status: u8,
        /// Where, in bytes from the start of the file.
        offset: usize,
    },
    /// A tempo or a time signature that says nothing.
    #[error("at byte {offset} there is a {what} that makes no sense; it is left out")]
    Meta {
        /// What it should be.
        what: &'static str,
        /// Where, in bytes from the start of the file.
        offset: usize,
    },
    /// Notes that begin and never end.
    #[error("in track {track}, notes that never end: {count}; they end with the track")]
    HangingNotes {
        /// The track, from 1.
        track: usize,
        /// How many notes.
        count: usize,
    },
}

/// Why a song does not hand out a part.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
pub enum PartError {
    /// No part has this name.
    #[error("the song has no part `{name}`; it has {}", list(names))]
    Unknown {
        /// What was asked for.
        name: String,
        /// The names there are, in the order of the parts, each once.
        names: Vec<String>,
    },
    /// Several parts have this name: one track can play on several channels, or with several programs.
    #[error("the song has {} parts `{name}`; ask for one by number: {}", numbers.len(), list(numbers))]
    Ambiguous {
        /// What was asked for.
        name: String,
        /// The numbers of these parts, from 1.
        numbers: Vec<usize>,
    },
    /// No part has this number.
    #[error("the song has no part number {number}; it has {count} parts, counted from 1")]
    Number {
        /// What was asked for.
        number: usize,
        /// How many parts there are.
        count: usize,
    },
}

/// `"a", "b"`, or `none`.
fn list(items: &[impl std::fmt::Debug]) -> String {
    if items.is_empty() {
        return "none".to_string();
    }
    items.iter().map(|item| format!("{item:?}")).collect::<Vec<_>>().join(", ")
}
