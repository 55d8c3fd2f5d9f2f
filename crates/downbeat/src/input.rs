//! What the command line names to be read: songs, and recordings of which channels are picked.

use std::path::Path;

use downbeat_engine::media::MediaError;
use downbeat_engine::midi::Song;
use downbeat_engine::read;

use crate::exit::Fail;
use crate::terminal::Terminal;
use crate::world::OneFile;

/// MIDI files are small; what is longer is something else.
const LONGEST_SONG: u64 = 64 << 20;

/// Whether a name says that it is the script of a mix.
pub fn is_mix(path: &Path) -> bool {
    path.extension().is_some_and(|extension| extension.eq_ignore_ascii_case("star"))
}

/// Reads a song, and tells what is odd about it.
///
/// # Errors
/// When it is not there, or no song.
pub fn read_song(path: &Path, terminal: &Terminal) -> Result<Song, Fail> {
    let name = path.display().to_string();
    let bytes = read(&OneFile(path), &name, LONGEST_SONG)?;
    let song = Song::read(&bytes, &name)?;
    song.warnings().iter().for_each(|warning| terminal.warning(&format!("`{name}`: {warning}"), None));
    Ok(song)
}

/// Why a command with `--channels` cannot read a recording.
pub fn unreadable(error: MediaError) -> Fail {
    let can_be_picked = matches!(error, MediaError::ChannelsNotPicked { .. } | MediaError::NoDownmix { .. });
    let fail = Fail::from(error);
    if can_be_picked { fail.hint("say it with --channels: 1, or 1,2, or downmix") } else { fail }
}
