//! How the program ends: 0, 1 when the mix or a file has errors, 2 when it was called in a wrong way.

use std::path::Path;

use downbeat_engine::media::MediaError;
use downbeat_engine::midi::MidiError;
use downbeat_engine::{RenderError, WorldError};

use crate::input::is_mix;

/// Why a command did not succeed.
#[derive(Debug)]
pub struct Fail {
    /// The exit code.
    pub code: u8,
    /// What to print on standard error; nothing when it was printed already.
    pub message: Option<String>,
    /// What would be right.
    pub hint: Option<String>,
}

impl Fail {
    /// The mix, or a file, has errors.
    pub fn error(message: impl Into<String>) -> Self {
        Fail { code: 1, message: Some(message.into()), hint: None }
    }

    /// The command line is wrong.
    pub fn usage(message: impl Into<String>) -> Self {
        Fail { code: 2, message: Some(message.into()), hint: None }
    }

    /// The errors have been printed.
    pub fn printed() -> Self {
        Fail { code: 1, message: None, hint: None }
    }

    /// Says what would be right.
    pub fn hint(self, hint: impl Into<String>) -> Self {
        Fail { hint: Some(hint.into()), ..self }
    }
}

impl From<anyhow::Error> for Fail {
    fn from(error: anyhow::Error) -> Self {
        Fail::error(format!("{error:#}"))
    }
}

/// Of a file that the command line names: when it is not there, the command line is wrong.
impl From<WorldError> for Fail {
    fn from(error: WorldError) -> Self {
        match error {
            WorldError::NotFound { .. } => Fail::usage(error.to_string()),
            _ => Fail::error(error.to_string()),
        }
    }
}

/// Of a recording that the command line names.
impl From<MediaError> for Fail {
    fn from(error: MediaError) -> Self {
        match error {
            MediaError::World(error) => error.into(),
            _ => Fail { hint: instead(&error), ..Fail::error(error.to_string()) },
        }
    }
}

/// What to do with a mix where a recording is wanted.
fn instead(error: &MediaError) -> Option<String> {
    let MediaError::NotAudio { path, .. } = error else { return None };
    let sound = Path::new(path).with_extension("wav");
    is_mix(Path::new(path)).then(|| format!("render the mix first: downbeat render {path} -o {}", sound.display()))
}

/// Of a recording that the command line names, or of what is done with it.
impl From<RenderError> for Fail {
    fn from(error: RenderError) -> Self {
        match error {
            RenderError::Media(error) => error.into(),
            _ => Fail::error(error.to_string()),
        }
    }
}

/// Of a song that the command line names.
impl From<MidiError> for Fail {
    fn from(error: MidiError) -> Self {
        Fail::error(error.to_string())
    }
}
