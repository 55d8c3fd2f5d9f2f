//! Files that appear whole or not at all: written under another name in the same folder, synced, then renamed.
//!
//! A file that is being written is locked, and the machine unlocks it when the program ends in whatever way. So what an
//! interrupted render has left behind is known by having no lock, and goes when the next file is written beside it.

use std::fs::{self, File};
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use anyhow::{Context, bail};
use tempfile::NamedTempFile;

use crate::writer::Writer;

/// How the names of unfinished files begin.
const PREFIX: &str = ".downbeat-";

/// A file on its way. Dropped before [`Output::commit`], it was never there.
pub struct Output {
    /// As it was named.
    path: PathBuf,
    /// Where it will be: where the name leads to, when it is a link.
    target: PathBuf,
    file: NamedTempFile,
}

impl Output {
    /// Begins a file that will appear at `path`; the folder is made if it is not there.
    ///
    /// # Errors
    /// When the folder cannot be written to, or when something stands at `path` that should not be replaced: a folder,
    /// a device, a write-protected file.
    pub fn create(path: &Path) -> anyhow::Result<Self> {
        let cannot = || format!("cannot write {}", path.display());
        let target = match fs::metadata(path) {
            Err(_) => path.to_path_buf(),
            Ok(there) if there.is_dir() => bail!("{}: it is a folder", cannot()),
            Ok(there) if !there.is_file() => bail!("{}: it is not a file", cannot()),
            Ok(there) if there.permissions().readonly() => bail!("{}: the file is write-protected", cannot()),
            Ok(_) => path.canonicalize().with_context(cannot)?,
        };
        let folder = target.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
        fs::create_dir_all(folder).with_context(cannot)?;
        sweep(folder);
        // The whole error would name the unfinished file, of which nobody has to know.
        let file = unfinished(folder).map_err(|error| io::Error::from(error.kind())).with_context(cannot)?;
        Ok(Output { path: path.to_path_buf(), target, file })
    }

    /// The handle to write to.
    pub fn writer(&self) -> anyhow::Result<Writer> {
        let clone = || self.file.as_file().try_clone();
        let writer = clone().and_then(|file| Ok(Writer::new(file, clone()?)));
        writer.with_context(|| format!("cannot write {}", self.path.display()))
    }

    /// Makes the file appear.
    pub fn commit(self) -> anyhow::Result<()> {
        let cannot = || format!("cannot write {}", self.path.display());
        self.file.as_file().sync_all().with_context(cannot)?;
        self.file.persist(&self.target).with_context(cannot)?;
        Ok(())
    }

    /// Writes all of it and makes it appear.
    pub fn write(self, bytes: &[u8]) -> anyhow::Result<()> {
        self.writer()?.write_all(bytes).with_context(|| format!("cannot write {}", self.path.display()))?;
        self.commit()
    }
}

/// A new unfinished file, locked where the file system has locks.
fn unfinished(folder: &Path) -> io::Result<NamedTempFile> {
    loop {
        let mut builder = tempfile::Builder::new();
        builder.prefix(PREFIX);
        #[cfg(unix)]
        builder.permissions(std::os::unix::fs::PermissionsExt::from_mode(0o666));
        let file = builder.tempfile_in(folder)?;
        // Between the two steps another program may have swept it away; once there is a lock, nobody does.
        if file.as_file().lock().is_err() || file.path().exists() {
            return Ok(file);
        }
    }
}

/// Removes what interrupted programs have left in a folder.
fn sweep(folder: &Path) {
    let Ok(entries) = fs::read_dir(folder) else { return };
    for entry in entries.flatten() {
        let ours = entry.file_name().to_string_lossy().starts_with(PREFIX);
        // That it is still there, or cannot be removed, is no reason not to write.
        if ours
            && entry.file_type().is_ok_and(|kind| kind.is_file())
            && let Ok(file) = File::open(entry.path())
            && file.try_lock().is_ok()
        {
            let _ = fs::remove_file(entry.path());
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(folder: &Path) -> Vec<String> {
        let names = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap());
        let mut names: Vec<String> = names.collect();
        names.sort();
        names
    }

    #[test]
    fn the_old_file_stays_until_the_new_one_is_whole() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("mix.wav");
        fs::write(&path, "old").unwrap();
        let output = Output::create(&path).unwrap();
        output.writer().unwrap().write_all(b"half").unwrap();
        drop(output);
        assert_eq!((fs::read(&path).unwrap(), names(dir.path())), (b"old".to_vec(), vec!["mix.wav".to_string()]));
        Output::create(&path).unwrap().write(b"new").unwrap();
        assert_eq!((fs::read(&path).unwrap(), names(dir.path())), (b"new".to_vec(), vec!["mix.wav".to_string()]));
    }

    #[test]
    fn what_was_left_behind_goes_and_what_is_being_written_stays() {
        let dir = tempfile::tempdir().unwrap();
        fs::write(dir.path().join(".downbeat-abcdef"), "left behind").unwrap();
        let first = Output::create(&dir.path().join("a.wav")).unwrap();
        let second = Output::create(&dir.path().join("b.wav")).unwrap();
        assert_eq!(names(dir.path()).len(), 2);
        first.write(b"a").unwrap();
        second.write(b"b").unwrap();
        assert_eq!(names(dir.path()), ["a.wav", "b.wav"]);
    }

    #[test]
    fn folders_and_protected_files_are_not_replaced() {
        let dir = tempfile::tempdir().unwrap();
        assert!(Output::create(dir.path()).is_err());
        let path = dir.path().join("mix.wav");
        fs::write(&path, "old").unwrap();
        let mut permissions = fs::metadata(&path).unwrap().permissions();
        permissions.set_readonly(true);
        fs::set_permissions(&path, permissions).unwrap();
        assert!(Output::create(&path).is_err());
        assert_eq!(names(dir.path()), ["mix.wav"]);
    }

    #[cfg(unix)]
    #[test]
    fn links_stay_and_devices_are_refused() {
        let dir = tempfile::tempdir().unwrap();
        let (file, link) = (dir.path().join("take-1.wav"), dir.path().join("mix.wav"));
        fs::write(&file, "old").unwrap();
        std::os::unix::fs::symlink("take-1.wav", &link).unwrap();
        Output::create(&link).unwrap().write(b"new").unwrap();
        assert_eq!(fs::read(&file).unwrap(), b"new");
        assert!(fs::symlink_metadata(&link).unwrap().is_symlink());
        assert!(Output::create(Path::new("/dev/null")).is_err());
    }
}
