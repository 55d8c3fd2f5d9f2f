//! The real world: files below the folder of the mix, and below the folders that were allowed.

use std::collections::BTreeSet;
use std::fs::File;
use std::io;
use std::path::{Component, Path, PathBuf};
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use downbeat_engine::{Bytes, Stamp, World, WorldError};

use crate::live::Inputs;

/// Files below a few folders. Links that lead out of them are not followed.
pub struct Folders {
    /// What paths are relative to.
    base: PathBuf,
    /// The folder of the mix, seen from the base.
    folder: PathBuf,
    /// Where files may lie, without links: the folder of the mix first.
    allowed: Vec<PathBuf>,
    /// All files that were handed out, without links.
    opened: Mutex<BTreeSet<PathBuf>>,
    /// All that was asked for, if somebody wants to know.
    asked: Option<Mutex<Inputs>>,
}

/// The time of a change is trusted when it is longer ago than this: the coarsest clock of a file system in use, that of FAT,
/// ticks every two seconds.
const SETTLED: Duration = Duration::from_secs(3);

/// How many files are looked at to find one with a similar name.
const LOOKED_AT: usize = 5_000;

impl Folders {
    /// The world of a mix in `folder`. Paths, that of the folder too, are relative to `base`.
    ///
    /// # Errors
    /// When one of the folders is not there.
    pub fn new(base: &Path, folder: &Path, allow_read: &[PathBuf]) -> io::Result<Self> {
        let mut allowed = vec![base.join(folder).join(".").canonicalize()?];
        for folder in allow_read {
            let canonical = folder.canonicalize();
            allowed.push(canonical.map_err(|e| io::Error::new(e.kind(), format!("{}: {e}", folder.display())))?);
        }
        let (base, folder) = (base.to_path_buf(), folder.to_path_buf());
        Ok(Folders { base, folder, allowed, opened: Mutex::default(), asked: None })
    }

    /// Remembers from now on all that is asked for, and how it was then.
    pub fn remembering(self) -> Self {
        Folders { asked: Some(Mutex::default()), ..self }
    }

    /// All that was asked for: files that were opened, folders that were listed, and what is not there.
    pub fn inputs(&self) -> Inputs {
        let inputs = |asked: &Mutex<Inputs>| asked.lock().unwrap_or_else(PoisonError::into_inner).clone();
        self.asked.as_ref().map(inputs).unwrap_or_default()
    }

    /// Whether this file was handed out: what was read must not be written over.
    pub fn has_opened(&self, file: &Path) -> bool {
        let opened = self.opened.lock().unwrap_or_else(PoisonError::into_inner);
        file.canonicalize().is_ok_and(|file| opened.contains(&file))
    }

    /// Where a path leads, without links, if that is allowed.
    fn resolve(&self, path: &str) -> Result<PathBuf, WorldError> {
        let asked = self.base.join(path);
        let full = asked.canonicalize();
        let is_allowed = |full: &PathBuf| self.allowed.iter().any(|folder| full.starts_with(folder));
        if full.as_ref().map_or(true, is_allowed) {
            self.remember(&asked, full.as_deref().ok());
        }
        let full = match full {
            Ok(full) => full,
            Err(error) if error.kind() == io::ErrorKind::NotFound => {
                return Err(WorldError::NotFound { path: path.to_string(), similar: self.similar(path) });
            }
            Err(source) => return Err(WorldError::Io { path: path.to_string(), source }),
        };
        if !is_allowed(&full) {
            return Err(WorldError::Outside { path: path.to_string() });
        }
        Ok(full)
    }

    /// The stamp of a file at a time of the clock, if it can be trusted by then. Who asks has handed out the file.
    fn stamp_at(&self, path: &str, now: SystemTime) -> Option<Stamp> {
        let (full, stamp) = self.look(path)?;
        if !has_settled(&stamp, now) {
            return None;
        }
        self.opened.lock().unwrap_or_else(PoisonError::into_inner).insert(full);
        Some(stamp)
    }

    /// Where a file is, and its stamp as it is now.
    fn look(&self, path: &str) -> Option<(PathBuf, Stamp)> {
        let full = self.resolve(path).ok()?;
        let stamp = stamp(&std::fs::metadata(&full).ok().filter(std::fs::Metadata::is_file)?)?;
        Some((full, stamp))
    }

    /// Remembers what was asked for: by its name, which may come to lead elsewhere, and by where that leads.
    fn remember(&self, asked: &Path, full: Option<&Path>) {
        if let Some(inputs) = &self.asked {
            let mut inputs = inputs.lock().unwrap_or_else(PoisonError::into_inner);
            let names = std::path::absolute(asked).map(|path| plain(&path)).ok();
            let names = names.into_iter().chain(full.map(Path::to_path_buf));
            names.for_each(|name| inputs.add(name));
        }
    }

    /// The files below the folder of the mix whose names are nearest to that of `path`, seen from there.
    fn similar(&self, path: &str) -> Vec<String> {
        let inside = Path::new(path).strip_prefix(&self.folder).unwrap_or(Path::new(path));
        similar(&self.allowed[0], &inside.to_string_lossy(), &files_below(&self.allowed[0]))
    }
}

impl World for Folders {
    fn open(&self, path: &str) -> Result<Box<dyn Bytes>, WorldError> {
        let full = self.resolve(path)?;
        let file = open(&full).map_err(|source| WorldError::Io { path: path.to_string(), source })?;
        self.opened.lock().unwrap_or_else(PoisonError::into_inner).insert(full);
        Ok(file)
    }

    fn stamp(&self, path: &str) -> Option<Stamp> {
        self.stamp_at(path, SystemTime::now())
    }

    fn glance(&self, path: &str) -> Option<Stamp> {
        self.look(path).map(|(_, stamp)| stamp)
    }

    fn list(&self, path: &str) -> Result<Vec<String>, WorldError> {
        let io = |source: io::Error| WorldError::Io { path: path.to_string(), source };
        let mut names = Vec::new();
        for entry in std::fs::read_dir(self.resolve(path)?).map_err(io)? {
            let entry = entry.map_err(io)?;
            let name = entry.file_name().to_string_lossy().into_owned();
            // What a link leads to is seen when it is opened.
            if !name.starts_with('.') && !entry.file_type().map_err(io)?.is_dir() {
                names.push(name);
            }
        }
        names.sort();
        Ok(names)
    }
}

/// One file that somebody named: whatever is asked for, this is it.
pub struct OneFile<'a>(pub &'a Path);

impl World for OneFile<'_> {
    fn open(&self, path: &str) -> Result<Box<dyn Bytes>, WorldError> {
        open(self.0).map_err(|error| match error.kind() {
            io::ErrorKind::NotFound => WorldError::NotFound { path: path.to_string(), similar: Vec::new() },
            _ => WorldError::Io { path: path.to_string(), source: error },
        })
    }
}

fn open(path: &Path) -> io::Result<Box<dyn Bytes>> {
    // Only a plain file has an end and can be sought in; opening a pipe would even wait for somebody to write.
    let kind = std::fs::metadata(path)?;
    if kind.is_dir() {
        return Err(io::Error::new(io::ErrorKind::IsADirectory, "it is a folder"));
    }
    if !kind.is_file() {
        return Err(io::Error::other("it is not a plain file"));
    }
    Ok(Box::new(File::open(path)?))
}

/// The stamp of a file.
fn stamp(file: &std::fs::Metadata) -> Option<Stamp> {
    let modified_ns = nanoseconds(file.modified().ok()?)?;
    let (changed_ns, number) = of_unix(file);
    Some(Stamp { length: file.len(), modified_ns, changed_ns, file: number })
}

/// Whether a stamp can be trusted at a time of the clock.
fn has_settled(stamp: &Stamp, now: SystemTime) -> bool {
    let latest = stamp.changed_ns.map_or(stamp.modified_ns, |changed| stamp.modified_ns.max(changed));
    now.checked_sub(SETTLED).and_then(nanoseconds).is_some_and(|settled| latest < settled)
}

/// A time of the clock in nanoseconds since the beginning of 1970.
fn nanoseconds(time: SystemTime) -> Option<i128> {
    i128::try_from(time.duration_since(UNIX_EPOCH).ok()?.as_nanos()).ok()
}

/// When anything about a file was last changed, and which file it is.
#[cfg(unix)]
fn of_unix(file: &std::fs::Metadata) -> (Option<i128>, Option<(u64, u64)>) {
    use std::os::unix::fs::MetadataExt;
    let changed_ns = i128::from(file.ctime()) * 1_000_000_000 + i128::from(file.ctime_nsec());
    (Some(changed_ns), Some((file.dev(), file.ino())))
}

/// Nobody tells.
#[cfg(not(unix))]
fn of_unix(_: &std::fs::Metadata) -> (Option<i128>, Option<(u64, u64)>) {
    (None, None)
}

/// A path without `..`, as it is told by whoever watches its folder.
fn plain(path: &Path) -> PathBuf {
    let mut plain = PathBuf::new();
    for part in path.components() {
        match part {
            Component::CurDir => {}
            Component::ParentDir => {
                plain.pop();
            }
            part => plain.push(part),
        }
    }
    plain
}

/// Files, as seen from `root`, whose names are near to a wanted one, the nearest first.
fn similar(root: &Path, wanted: &str, files: &[PathBuf]) -> Vec<String> {
    let wanted = wanted.to_lowercase().replace('\\', "/");
    let name_of = |path: &str| path.rsplit('/').next().unwrap_or_default().to_string();
    let stem_of = |name: &str| name.rsplit_once('.').map_or(name, |(stem, _)| stem).to_string();
    let wanted_name = name_of(&wanted);
    let wanted_stem = stem_of(&wanted_name);
    let mut found: Vec<(usize, String)> = files
        .iter()
        .filter_map(|file| {
            let text = file.strip_prefix(root).ok()?.to_string_lossy().replace('\\', "/");
            let lower = text.to_lowercase();
            let distance = strsim::damerau_levenshtein(&name_of(&lower), &wanted_name)
                .min(strsim::damerau_levenshtein(&lower, &wanted));
            let part_of_name = wanted_stem.chars().count() >= 3 && stem_of(&name_of(&lower)).contains(&wanted_stem);
            (part_of_name || distance <= wanted_name.chars().count() / 3 + 1).then_some((distance, text))
        })
        .collect();
    found.sort();
    found.into_iter().map(|(_, text)| text).take(3).collect()
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
        let folders = Folders::new(&dir.path().join("mix"), Path::new(""), &[]).unwrap();
        (dir, folders)
    }

    #[test]
    fn names_files_whose_names_have_what_was_asked_for() {
        let files = ["stems/hihats-and-toms.flac", "stems/bass.flac"].map(PathBuf::from);
        assert_eq!(similar(Path::new(""), "stems/hihats.wav", &files), ["stems/hihats-and-toms.flac"]);
        assert!(similar(Path::new(""), "strings.wav", &files).is_empty());
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
        let wider = Folders::new(&dir.path().join("mix"), Path::new(""), &[dir.path().into()]).unwrap();
        assert!(wider.open("../secret.wav").is_ok());
    }

    #[test]
    fn lists_the_files_of_a_folder_in_order() {
        let (dir, folders) = folders();
        for name in ["snare_38.wav", "kick_36.wav", ".hidden"] {
            std::fs::write(dir.path().join("mix/stems").join(name), b"x").unwrap();
        }
        std::fs::create_dir(dir.path().join("mix/stems/more")).unwrap();
        assert_eq!(folders.list("stems").unwrap(), ["drums.flac", "kick_36.wav", "snare_38.wav"]);
        assert!(matches!(folders.list(".."), Err(WorldError::Outside { .. })));
        assert!(matches!(folders.list("none"), Err(WorldError::NotFound { .. })));
        assert!(matches!(folders.list("stems/drums.flac"), Err(WorldError::Io { .. })));
    }

    #[test]
    fn paths_may_start_above_the_folder() {
        let (dir, _) = folders();
        let folders = Folders::new(dir.path(), Path::new("mix"), &[]).unwrap();
        assert!(folders.open("mix/stems/drums.flac").is_ok());
        assert!(matches!(folders.open("secret.wav"), Err(WorldError::Outside { .. })));
        let Err(WorldError::NotFound { similar, .. }) = folders.open("mix/stems/durms.flac") else { panic!() };
        assert_eq!(similar, ["stems/drums.flac"]);
    }

    #[test]
    fn knows_what_it_has_handed_out() {
        let (dir, folders) = folders();
        let drums = dir.path().join("mix/../mix/stems/drums.flac");
        assert!(!folders.has_opened(&drums));
        folders.open("stems/drums.flac").unwrap();
        assert!(folders.has_opened(&drums));
        assert!(!folders.has_opened(&dir.path().join("mix/other.wav")));
    }

    #[test]
    fn a_stamp_is_trusted_once_the_file_has_settled() {
        let (dir, folders) = folders();
        let path = dir.path().join("mix/stems/drums.flac");
        let at = |seconds| folders.stamp_at("stems/drums.flac", SystemTime::now() + Duration::from_secs(seconds));
        let touch = |time| File::options().write(true).open(&path).unwrap().set_modified(time).unwrap();
        // It was written only just now, and would not be handed out by heart.
        assert_eq!((folders.stamp("stems/drums.flac"), at(2), folders.has_opened(&path)), (None, None, false));
        let glance = folders.glance("stems/drums.flac");
        let first = at(4).unwrap();
        assert_eq!(glance, Some(first));
        assert_eq!((first.length, Some(first), folders.has_opened(&path)), (1, at(1000), true));
        // Its time is set back: where the machine tells, that was a change, and not long ago.
        touch(UNIX_EPOCH + Duration::from_secs(1));
        let set_back = at(4).unwrap();
        assert_eq!((set_back.modified_ns, at(0).is_none()), (1_000_000_000, cfg!(unix)));
        // Another one in its place, as long and of the same time, is another file.
        std::fs::write(dir.path().join("mix/other"), b"y").unwrap();
        std::fs::rename(dir.path().join("mix/other"), &path).unwrap();
        touch(UNIX_EPOCH + Duration::from_secs(1));
        assert_eq!(at(4) != Some(set_back), cfg!(unix));
        // One of the future never settles; folders, and what lies outside, have no stamp.
        touch(SystemTime::now() + Duration::from_secs(3600));
        assert_eq!(at(4), None);
        for path in ["stems", "../secret.wav", "none"] {
            assert_eq!(folders.stamp_at(path, SystemTime::now() + Duration::from_secs(9)), None, "{path}");
        }
    }

    #[test]
    fn remembers_what_was_asked_for() {
        let (dir, folders) = folders();
        folders.open("stems/drums.flac").unwrap();
        assert_eq!(folders.inputs(), Inputs::default());
        let folders = folders.remembering();
        folders.open("stems/drums.flac").unwrap();
        folders.list("stems").unwrap();
        assert!(folders.open("stems/bass.flac").is_err());
        assert!(folders.open("../secret.wav").is_err());
        let inputs = folders.inputs();
        // A temporary folder may have two names.
        let root = dir.path().canonicalize().unwrap();
        let names: BTreeSet<&Path> =
            inputs.paths().filter_map(|p| p.strip_prefix(&root).or(p.strip_prefix(dir.path())).ok()).collect();
        let expected = ["mix/stems", "mix/stems/bass.flac", "mix/stems/drums.flac"].map(Path::new);
        assert_eq!(names.into_iter().collect::<Vec<_>>(), expected);
    }

    #[test]
    fn one_file_goes_by_any_name() {
        let (dir, _) = folders();
        let path = dir.path().join("secret.wav");
        assert!(OneFile(&path).open("any").is_ok());
        assert!(matches!(OneFile(&dir.path().join("none")).open("any"), Err(WorldError::NotFound { .. })));
        assert!(matches!(OneFile(dir.path()).open("any"), Err(WorldError::Io { .. })));
    }

    #[cfg(unix)]
    #[test]
    fn does_not_follow_links_out_of_the_folder() {
        let (dir, folders) = folders();
        std::os::unix::fs::symlink(dir.path().join("secret.wav"), dir.path().join("mix/inside.wav")).unwrap();
        assert!(matches!(folders.open("inside.wav"), Err(WorldError::Outside { .. })));
    }
}
