//! The real world: files below the folder of the mix, and below the folders that were allowed.

use std::fs::File;
use std::io;
use std::path::{Path, PathBuf};

use downbeat_engine::{Bytes, World, WorldError};

/// Files below a few folders. Links that lead out of them are not followed.
pub struct Folders {
    /// What paths are relative to.
    root: PathBuf,
    /// Where files may lie, without links: the root first.
    allowed: Vec<PathBuf>,
}

/// How many files are looked at to find one with a similar name.
const LOOKED_AT: usize = 5_000;

impl Folders {
    /// The world of a mix in the folder `root`.
    ///
    /// # Errors
    /// When one of the folders is not there.
    pub fn new(root: &Path, allow_read: &[PathBuf]) -> io::Result<Self> {
        let mut allowed = vec![root.canonicalize()?];
        for folder in allow_read {
            let canonical = folder.canonicalize();
            allowed.push(canonical.map_err(|e| io::Error::new(e.kind(), format!("{}: {e}", folder.display())))?);
        }
        Ok(Folders { root: allowed[0].clone(), allowed })
    }

    /// The files below the root whose names are nearest to that of `path`.
    fn similar(&self, path: &str) -> Vec<String> {
        let wanted = path.to_lowercase();
        let wanted_name = wanted.rsplit('/').next().unwrap_or(&wanted).to_string();
        let mut found: Vec<(usize, String)> = files_below(&self.root)
            .into_iter()
            .filter_map(|file| {
                let text = file.strip_prefix(&self.root).ok()?.to_string_lossy().replace('\\', "/");
                let lower = text.to_lowercase();
                let name = lower.rsplit('/').next().unwrap_or(&lower);
                let distance =
                    strsim::damerau_levenshtein(name, &wanted_name).min(strsim::damerau_levenshtein(&lower, &wanted));
                (distance <= wanted_name.chars().count() / 3 + 1).then_some((distance, text))
            })
            .collect();
        found.sort();
        found.into_iter().map(|(_, text)| text).take(3).collect()
    }
}

impl World for Folders {
    fn open(&self, path: &str) -> Result<Box<dyn Bytes>, WorldError> {
        let io = |source: io::Error| WorldError::Io { path: path.to_string(), source };
        let full = match self.root.join(path).canonicalize() {
            Ok(full) => full,
            Err(error) if error.kind() == io::ErrorKind::NotFound => {
                return Err(WorldError::NotFound { path: path.to_string(), similar: self.similar(path) });
            }
            Err(error) => return Err(io(error)),
        };
        if !self.allowed.iter().any(|folder| full.starts_with(folder)) {
            return Err(WorldError::Outside { path: path.to_string() });
        }
        if full.is_dir() {
            return Err(io(io::Error::new(io::ErrorKind::IsADirectory, "it is a folder")));
        }
        Ok(Box::new(File::open(full).map_err(io)?))
    }
}

fn files_below(root: &Path) -> Vec<PathBuf> {
    let (mut files, mut folders) = (Vec::new(), vec![root.to_path_buf()]);
    while let Some(folder) = folders.pop() {
        let Ok(entries) = std::fs::read_dir(folder) else { continue };
        let mut entries: Vec<_> = entries.flatten().collect();
        entries.sort_by_key(std::fs::DirEntry::file_name);
        for entry in entries {
            let hidden = entry.file_name().to_string_lossy().starts_with('.');
            match entry.file_type() {
                Ok(kind) if kind.is_dir() && !hidden => folders.push(entry.path()),
                Ok(kind) if kind.is_file() && !hidden => files.push(entry.path()),
                _ => {}
            }
            if files.len() >= LOOKED_AT {
                return files;
            }
        }
    }
    files
}

#[cfg(test)]
mod tests {
    use super::*;

    fn folders() -> (tempfile::TempDir, Folders) {
        let dir = tempfile::tempdir().unwrap();
        std::fs::create_dir_all(dir.path().join("mix/stems")).unwrap();
        std::fs::write(dir.path().join("mix/stems/drums.flac"), b"x").unwrap();
        std::fs::write(dir.path().join("secret.wav"), b"x").unwrap();
        let folders = Folders::new(&dir.path().join("mix"), &[]).unwrap();
        (dir, folders)
    }

    #[test]
    fn names_files_that_are_nearly_the_same() {
        let (_dir, folders) = folders();
        let Err(WorldError::NotFound { similar, .. }) = folders.open("stems/durms.flac") else { panic!() };
        assert_eq!(similar, ["stems/drums.flac"]);
    }

    #[test]
    fn keeps_a_script_in_its_folder() {
        let (dir, folders) = folders();
        assert!(folders.open("stems/drums.flac").is_ok());
        assert!(matches!(folders.open("../secret.wav"), Err(WorldError::Outside { .. })));
        let absolute = dir.path().join("secret.wav");
        assert!(matches!(folders.open(absolute.to_str().unwrap()), Err(WorldError::Outside { .. })));
        assert!(Folders::new(&dir.path().join("mix"), &[dir.path().into()]).unwrap().open("../secret.wav").is_ok());
    }

    #[cfg(unix)]
    #[test]
    fn does_not_follow_links_out_of_the_folder() {
        let (dir, folders) = folders();
        std::os::unix::fs::symlink(dir.path().join("secret.wav"), dir.path().join("mix/inside.wav")).unwrap();
        assert!(matches!(folders.open("inside.wav"), Err(WorldError::Outside { .. })));
    }
}
