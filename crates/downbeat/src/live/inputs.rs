//! What a mix is made of: every file and folder that was asked for, as it was then. Those that are not there belong to it,
//! too, as they may come.

use std::collections::BTreeMap;
use std::fs::{self, Metadata};
use std::io;
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

use downbeat_engine::Key;

/// Times of files are this exact at least: the coarsest are those of FAT. A file that was written to so shortly before may be
/// written to once more without another time.
const TICK: Duration = Duration::from_secs(2);

/// Such a file is known by its contents, too, if it is not longer than this, in bytes.
const SMALL: u64 = 1 << 20;

/// How a path was when it was looked at.
#[derive(Clone, PartialEq, Eq, Debug)]
enum Stamp {
    /// Nothing was there.
    Absent,
    File(FileStamp),
    /// A folder, by the names in it.
    Folder(Vec<String>),
}

/// How a file was.
#[derive(Clone, PartialEq, Eq, Debug)]
struct FileStamp {
    /// Its length in bytes, when it was written to, and which file it is, whatever it is called.
    facts: (u64, Option<SystemTime>, u64),
    /// What was in it, where the facts are not enough.
    contents: Option<Key>,
}

/// Files and folders, by their full paths, each with its stamp.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Inputs(BTreeMap<PathBuf, Stamp>);

impl Stamp {
    /// Looks at a path. The contents of a small file are looked at if they are `wanted` or its time says too little.
    fn of(path: &Path, wanted: bool) -> Self {
        let Ok(metadata) = fs::metadata(path) else { return Stamp::Absent };
        if metadata.is_dir() {
            return Stamp::Folder(names(path).unwrap_or_default());
        }
        let modified = metadata.modified().ok();
        // A time that is yet to come says nothing either.
        let is_recent = modified.is_none_or(|time| time.elapsed().map_or(true, |age| age < TICK));
        let is_looked_at = (wanted || is_recent) && metadata.is_file() && metadata.len() <= SMALL;
        let contents = is_looked_at.then(|| fs::read(path).ok().map(|bytes| Key::of(&bytes))).flatten();
        Stamp::File(FileStamp { facts: (metadata.len(), modified, id(&metadata)), contents })
    }

    /// How the path is now, and whether that is something else.
    fn again(&self, path: &Path) -> (Self, bool) {
        let contents = if let Stamp::File(file) = self { file.contents } else { None };
        let now = Stamp::of(path, contents.is_some());
        let differs = match (self, &now) {
            (Stamp::File(before), Stamp::File(now)) => match before.contents.zip(now.contents) {
                Some((before, now)) => before != now,
                None => before.facts != now.facts,
            },
            (before, now) => before != now,
        };
        (now, differs)
    }
}

impl Inputs {
    /// Looks at a path that is about to be read. The first look counts: what was read is not newer.
    pub fn add(&mut self, path: PathBuf) {
        self.0.entry(path).or_insert_with_key(|path| Stamp::of(path, false));
    }

    /// The paths.
    pub fn paths(&self) -> impl Iterator<Item = &Path> {
        self.0.keys().map(PathBuf::as_path)
    }

    /// Whether a path was a folder whose names were asked for.
    pub fn is_folder(&self, path: &Path) -> bool {
        matches!(self.0.get(path), Some(Stamp::Folder(_)))
    }

    /// Looks again at all that has to do with a path: at itself, at what lies below it, and at the folder it is in. The
    /// paths that are not as they were come back, and are from now on as they are.
    pub fn look_at(&mut self, path: &Path) -> Vec<PathBuf> {
        let parent = path.parent().filter(|parent| self.is_folder(parent)).map(Path::to_path_buf);
        let below = self.0.range(path.to_path_buf()..).map(|(path, _)| path.clone());
        let near: Vec<PathBuf> = below.take_while(|input| input.starts_with(path)).chain(parent).collect();
        self.look(near)
    }

    /// The same for all paths.
    pub fn look_at_all(&mut self) -> Vec<PathBuf> {
        self.look(self.0.keys().cloned().collect())
    }

    fn look(&mut self, mut paths: Vec<PathBuf>) -> Vec<PathBuf> {
        paths.retain(|path| {
            let Some(before) = self.0.get_mut(path) else { return false };
            let (now, differs) = before.again(path);
            *before = now;
            differs
        });
        paths
    }
}

/// The names in a folder, sorted, without those of hidden files.
fn names(folder: &Path) -> io::Result<Vec<String>> {
    let mut names = Vec::new();
    for entry in fs::read_dir(folder)? {
        names.push(entry?.file_name().to_string_lossy().into_owned());
    }
    names.retain(|name| !name.starts_with('.'));
    names.sort();
    Ok(names)
}

/// A number that tells files of different contents apart although they have the same name.
#[cfg(unix)]
pub fn id(metadata: &Metadata) -> u64 {
    std::os::unix::fs::MetadataExt::ino(metadata)
}

/// Where files have no numbers, when they were made.
#[cfg(not(unix))]
pub fn id(metadata: &Metadata) -> u64 {
    let created = metadata.created().ok().and_then(|time| time.duration_since(SystemTime::UNIX_EPOCH).ok());
    created.map_or(0, |age| age.as_nanos() as u64)
}

#[cfg(test)]
mod tests {
    use std::slice;

    use super::*;

    fn write(path: &Path, length: usize, byte: u8) {
        fs::write(path, vec![byte; length]).unwrap();
    }

    #[test]
    fn a_small_file_that_was_written_just_now_is_its_contents() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("mix.star");
        write(&path, 10, 1);
        let mut inputs = Inputs::default();
        inputs.add(path.clone());
        write(&path, 10, 1);
        assert!(inputs.look_at(&path).is_empty());
        // The same length, and as soon after it as can be.
        write(&path, 10, 2);
        assert_eq!(inputs.look_at(&path), slice::from_ref(&path));
        assert!(inputs.look_at(&path).is_empty(), "it is told once");
        // Saved by another name that takes its place.
        let other = dir.path().join("other");
        write(&other, 10, 3);
        fs::rename(&other, &path).unwrap();
        assert_eq!(inputs.look_at_all(), [path]);
    }

    #[test]
    fn an_old_file_is_not_read_to_see_that_it_is_the_same() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("kick.wav");
        write(&path, 10, 1);
        let at = |age: u64| {
            let time = SystemTime::now() - Duration::from_secs(age);
            fs::OpenOptions::new().append(true).open(&path).unwrap().set_modified(time).unwrap();
            time
        };
        let time = at(60);
        let mut inputs = Inputs::default();
        inputs.add(path.clone());
        let Some(Stamp::File(stamp)) = inputs.0.get(&path) else { panic!() };
        assert_eq!((stamp.contents, stamp.facts.1.unwrap() <= time), (None, true));
        assert!(inputs.look_at(&path).is_empty());
        // Written again in the same minute: its time has moved.
        write(&path, 10, 1);
        assert_eq!(inputs.look_at(&path), slice::from_ref(&path));
        // When it is old enough, what was in it is not needed any more.
        at(30);
        assert!(inputs.look_at(&path).is_empty(), "the same contents");
        assert!(inputs.look_at(&path).is_empty());
        at(20);
        write(&path, 10, 3);
        assert_eq!(inputs.look_at(&path), [path]);
    }

    #[test]
    fn a_long_file_is_another_one_when_it_was_replaced() {
        let dir = tempfile::tempdir().unwrap();
        let (path, other) = (dir.path().join("drums.wav"), dir.path().join("other.wav"));
        let length = SMALL as usize + 1;
        write(&path, length, 1);
        let mut inputs = Inputs::default();
        inputs.add(path.clone());
        assert!(inputs.look_at(&path).is_empty());
        write(&other, length, 2);
        let time = fs::metadata(&path).unwrap().modified().unwrap();
        fs::File::open(&other).unwrap().set_modified(time).unwrap();
        fs::rename(&other, &path).unwrap();
        assert_eq!(inputs.look_at(&path), slice::from_ref(&path));
        write(&path, length + 1, 2);
        assert_eq!(inputs.look_at(&path), [path]);
    }

    #[test]
    fn what_is_missing_is_waited_for_with_its_folder() {
        let dir = tempfile::tempdir().unwrap();
        let stems = dir.path().join("stems");
        let path = stems.join("drums.wav");
        let mut inputs = Inputs::default();
        inputs.add(path.clone());
        assert!(inputs.look_at(&stems).is_empty());
        fs::create_dir(&stems).unwrap();
        write(&path, 5, 1);
        assert_eq!(inputs.look_at(&stems), slice::from_ref(&path), "the folder came with the file in it");
        fs::remove_dir_all(&stems).unwrap();
        assert_eq!(inputs.look_at(&stems), [path]);
    }

    #[test]
    fn a_listed_folder_changes_with_its_names() {
        let dir = tempfile::tempdir().unwrap();
        let folder = dir.path().join("hits");
        fs::create_dir(&folder).unwrap();
        write(&folder.join("a.wav"), 5, 1);
        let mut inputs = Inputs::default();
        inputs.add(folder.clone());
        write(&folder.join("a.wav"), 6, 1);
        write(&folder.join(".b.wav"), 6, 1);
        assert!(inputs.look_at(&folder.join("a.wav")).is_empty());
        write(&folder.join("b.wav"), 5, 1);
        assert_eq!(inputs.look_at(&folder.join("b.wav")), [folder]);
        // A neighbour whose name begins alike has nothing to do with it.
        assert!(inputs.look_at(&dir.path().join("hits.wav")).is_empty());
    }
}
