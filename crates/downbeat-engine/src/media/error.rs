//! What can be wrong with a recording.

use super::info::MAX_RATE;
use crate::WorldError;

/// Why a recording cannot be read. Each message names the file, the fault, and what would be right.
#[derive(Debug, thiserror::Error)]
pub enum MediaError {
    /// The file is not handed out.
    #[error(transparent)]
    World(#[from] WorldError),
    /// The machine fails in the middle of reading.
    #[error("cannot read `{path}`: {source}")]
    Read {
        /// The file.
        path: String,
        /// What the machine says.
        source: std::io::Error,
    },
    /// Nothing in the file looks like audio.
    #[error("`{path}` is not an audio file ({found}); Downbeat reads {FORMATS}")]
    NotAudio {
        /// The file.
        path: String,
        /// What its bytes look like instead.
        found: &'static str,
    },
    /// Audio, in a format that is not read.
    #[error("`{path}` is {found}, which Downbeat does not read; it reads {FORMATS}")]
    Unsupported {
        /// The file.
        path: String,
        /// The format or the codec.
        found: String,
    },
    /// The file contradicts the rules of its own format.
    #[error("`{path}` is malformed: {fault}")]
    Malformed {
        /// The file.
        path: String,
        /// What is wrong, and what would be right.
        fault: String,
    },
    /// The sound breaks off, or cannot be decoded from some moment on.
    #[error("`{path}` is damaged at {}: {fault}; export or download it again", clock(*.seconds))]
    Damaged {
        /// The file.
        path: String,
        /// How much of it is good, in seconds.
        seconds: f64,
        /// What is wrong there.
        fault: String,
    },
    /// A sample that is not a number, or infinite. One of these would silence a whole mix.
    #[error("`{path}` has a sample that is not a finite number: frame {frame}, channel {channel}; export it again")]
    NotFinite {
        /// The file.
        path: String,
        /// The frame, from 0, at the file's own rate.
        frame: u64,
        /// The channel, from 1.
        channel: usize,
    },
    /// A session's rate that is none.
    #[error("`{path}` cannot be brought to a rate of {rate} Hz; 1 to {MAX_RATE} would be right")]
    SessionRate {
        /// The file.
        path: String,
        /// The rate that was asked for.
        rate: u32,
    },
    /// More than two channels, and nothing said of which are meant.
    #[error("`{path}` has {channels} channels; choose {choices}")]
    ChannelsNotPicked {
        /// The file.
        path: String,
        /// How many channels it has.
        channels: usize,
        /// What can be chosen, in words.
        choices: String,
    },
    /// A channel that the file does not have.
    #[error("`{path}` has no channel {channel}; choose {choices}")]
    NoSuchChannel {
        /// The file.
        path: String,
        /// The channel that was asked for, from 1.
        channel: usize,
        /// What can be chosen, in words.
        choices: String,
    },
    /// A downmix of channels of which nobody knows where their loudspeakers stand.
    #[error(
        "`{path}` does not say which loudspeakers its {channels} channels are for, so it has no downmix; choose {choices}"
    )]
    NoDownmix {
        /// The file.
        path: String,
        /// How many channels it has.
        channels: usize,
        /// What can be chosen, in words.
        choices: String,
    },
}

/// What is read, in words.
const FORMATS: &str = "WAV (also RF64 and BW64), AIFF, FLAC, MP3, Ogg Vorbis, and M4A with AAC or ALAC";

/// A moment as minutes, seconds and milliseconds.
fn clock(seconds: f64) -> String {
    let ms = (seconds * 1000.0) as u64;
    format!("{}:{:02}.{:03}", ms / 60_000, ms / 1000 % 60, ms % 1000)
}
