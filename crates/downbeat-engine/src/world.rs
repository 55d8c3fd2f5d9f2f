//! The one window to the machine. The binary has the real one; tests have their own.

use std::io::{self, Read, Seek};

/// Bytes that can be read and sought: an open file, or memory.
pub trait Bytes: Read + Seek + Send + Sync {}

impl<T: Read + Seek + Send + Sync> Bytes for T {}

/// Why the world does not hand out a file.
#[derive(Debug, thiserror::Error)]
pub enum WorldError {
    /// There is no such file.
    #[error("there is no file `{path}`")]
    NotFound {
        /// The path as it was asked for.
        path: String,
        /// Paths of files that are there and have a similar name, the nearest first.
        similar: Vec<String>,
    },
    /// The file lies outside of what a script may read.
    #[error("`{path}` lies outside of the folders that this mix may read")]
    Outside {
        /// The path as it was asked for.
        path: String,
    },
    /// The machine says no.
    #[error("cannot read `{path}`: {source}")]
    Io {
        /// The path as it was asked for.
        path: String,
        /// What the machine says.
        source: io::Error,
    },
}

/// What a file shows of itself without being read: as long as this stays the same, so do its bytes.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Stamp {
    /// Its length in bytes.
    pub length: u64,
    /// When its bytes were last written, in nanoseconds since the beginning of 1970.
    pub modified_ns: i128,
    /// When anything about it was last changed, where the machine knows. A program can set back the other time, but not this.
    pub changed_ns: Option<i128>,
    /// Which file of the machine it is, where that has numbers: the device, and the file on it.
    pub file: Option<(u64, u64)>,
}

/// The files a mix may read. Paths are written with `/` and are relative to the folder of the mix.
pub trait World: Send + Sync {
    /// Opens a file.
    ///
    /// # Errors
    /// When it is not there, not allowed, or not readable.
    fn open(&self, path: &str) -> Result<Box<dyn Bytes>, WorldError>;

    /// The stamp of a file, for those who remember what was in it. A world that notes what is read notes this, too.
    ///
    /// There is none for what [`World::open`] would not open. Nor for a file that was changed only just now: the clock of its
    /// stamps may not have ticked since, and then another change would not show. A world that knows no stamps has none at
    /// all, and nothing is remembered of its files.
    fn stamp(&self, path: &str) -> Option<Stamp> {
        let _ = path;
        None
    }

    /// The same, also for a file that was changed only just now: for those who look again after a moment. Where it differs,
    /// the file has changed in between; where not, it most likely has not.
    fn glance(&self, path: &str) -> Option<Stamp> {
        self.stamp(path)
    }

    /// The names of the files in a folder, without those in folders below, sorted. Hidden files are left out.
    ///
    /// # Errors
    /// As [`World::open`]; and for a world without folders, always.
    fn list(&self, path: &str) -> Result<Vec<String>, WorldError> {
        let source = io::Error::new(io::ErrorKind::Unsupported, "there are no folders here");
        Err(WorldError::Io { path: path.to_string(), source })
    }
}

/// Reads a whole file, of at most `limit` bytes.
///
/// # Errors
/// As [`World::open`], and when the file is longer than the limit.
pub fn read(world: &dyn World, path: &str, limit: u64) -> Result<Vec<u8>, WorldError> {
    let io = |source| WorldError::Io { path: path.to_string(), source };
    let mut bytes = Vec::new();
    world.open(path)?.take(limit + 1).read_to_end(&mut bytes).map_err(io)?;
    if bytes.len() as u64 > limit {
        return Err(io(io::Error::new(io::ErrorKind::FileTooLarge, format!("it is longer than {limit} bytes"))));
    }
    Ok(bytes)
}
