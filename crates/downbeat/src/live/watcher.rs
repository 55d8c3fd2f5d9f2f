//! Tells when something that a mix is made of has changed.
//!
//! Folders are watched, not files, as many editors save under another name and rename. What the machine tells is only a
//! hint to look: an edit is what differs from how it was before (see [`Inputs`]), so that several events of one save, files
//! that are none of ours, and files that were only touched make no edit.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant, SystemTime};

use notify::event::{Event, EventKind};
use notify::{RecommendedWatcher, RecursiveMode, Watcher as _};

use super::inputs::{Inputs, id};
use super::mailbox::Mailbox;

/// The watcher. Edits go to a mailbox.
pub struct Watcher {
    inputs: Arc<Mutex<Inputs>>,
    mailbox: Arc<Mailbox>,
    machine: RecommendedWatcher,
    /// The folders that are watched, each with its number, by which one that was replaced is known.
    folders: BTreeMap<PathBuf, u64>,
    /// The mix's own folder: all folders from here down to a file are watched, as each can be renamed.
    root: PathBuf,
}

/// A file that was written to longer ago than this was not edited just now, but put in another one's place.
const RECENT: Duration = Duration::from_secs(1);

impl Watcher {
    /// Nothing is watched yet.
    ///
    /// # Errors
    /// When the machine cannot watch.
    pub fn new(root: &Path, mailbox: Arc<Mailbox>) -> notify::Result<Self> {
        let inputs = Arc::new(Mutex::new(Inputs::default()));
        let (seen, post) = (inputs.clone(), mailbox.clone());
        let machine = notify::recommended_watcher(move |event: notify::Result<Event>| {
            let mut inputs = seen.lock().unwrap_or_else(PoisonError::into_inner);
            let changed = match event {
                Ok(event) if matches!(event.kind, EventKind::Access(_)) => return,
                Ok(event) if !event.need_rescan() => event.paths.iter().flat_map(|path| inputs.look_at(path)).collect(),
                // Events were lost.
                _ => inputs.look_at_all(),
            };
            tell(&changed, &post);
        })?;
        Ok(Watcher { inputs, mailbox, machine, folders: BTreeMap::new(), root: root.to_path_buf() })
    }

    /// Watches what a mix was made of just now, and nothing else. Tells whether any of it has changed since it was read;
    /// then an edit is in the mailbox. Otherwise edits that were known before are no more.
    pub fn follow(&mut self, read: Inputs) -> bool {
        // Watched first, looked at afterwards: nothing goes unseen in between.
        self.watch(&read);
        let mut inputs = self.inputs.lock().unwrap_or_else(PoisonError::into_inner);
        *inputs = read;
        let changed = inputs.look_at_all();
        if changed.is_empty() {
            self.mailbox.withdraw_edit();
        }
        tell(&changed, &self.mailbox);
        !changed.is_empty()
    }

    /// Looks at everything: on some file systems the machine does not tell.
    pub fn look(&self) {
        let changed = self.inputs.lock().unwrap_or_else(PoisonError::into_inner).look_at_all();
        tell(&changed, &self.mailbox);
    }

    /// Watches the folders of these, no others.
    fn watch(&mut self, inputs: &Inputs) {
        let mut wanted = BTreeMap::new();
        for path in inputs.paths() {
            let own = inputs.is_folder(path).then_some(path);
            for folder in own.into_iter().chain(path.ancestors().skip(1)) {
                let number = fs::metadata(folder).ok().filter(|metadata| metadata.is_dir()).map(|folder| id(&folder));
                if let Some(number) = number {
                    wanted.insert(folder.to_path_buf(), number);
                    if folder == self.root || !folder.starts_with(&self.root) {
                        break;
                    }
                }
            }
        }
        let machine = &mut self.machine;
        self.folders.retain(|folder, number| {
            let stays = wanted.get(folder) == Some(number);
            if !stays {
                // One that is gone is not watched any more, whatever the machine says.
                let _ = machine.unwatch(folder);
            }
            stays
        });
        for (folder, number) in wanted {
            // What cannot be watched is looked at now and then.
            if !self.folders.contains_key(&folder) && machine.watch(&folder, RecursiveMode::NonRecursive).is_ok() {
                self.folders.insert(folder, number);
            }
        }
    }
}

/// Puts an edit into the mailbox, if there was any. It began when the file was written, where its time can be believed.
fn tell(changed: &[PathBuf], mailbox: &Mailbox) {
    let age = |path: &PathBuf| {
        let modified = fs::metadata(path).and_then(|metadata| metadata.modified()).ok()?;
        SystemTime::now().duration_since(modified).ok().filter(|age| *age < RECENT)
    };
    if !changed.is_empty() {
        let age = changed.iter().filter_map(age).min().unwrap_or_default();
        let now = Instant::now();
        mailbox.edited(now.checked_sub(age).unwrap_or(now));
    }
}

#[cfg(test)]
mod tests {
    use std::io::Write;

    use super::*;

    /// So long an event may take; it is there at once unless the machine is very busy.
    const SOON: Duration = Duration::from_secs(20);

    struct Scene {
        dir: tempfile::TempDir,
        mailbox: Arc<Mailbox>,
        watcher: Watcher,
    }

    impl Scene {
        fn new() -> Self {
            let dir = tempfile::tempdir().unwrap();
            let mailbox = Arc::new(Mailbox::default());
            let watcher = Watcher::new(&dir.path().canonicalize().unwrap(), mailbox.clone()).unwrap();
            Scene { dir, mailbox, watcher }
        }

        fn path(&self, name: &str) -> PathBuf {
            self.dir.path().canonicalize().unwrap().join(name)
        }

        fn read(&self, names: &[&str]) -> Inputs {
            let mut inputs = Inputs::default();
            names.iter().for_each(|name| inputs.add(self.path(name)));
            inputs
        }

        fn expect_edit(&self) {
            assert!(self.mailbox.wait(SOON).edited.is_some());
        }

        /// Saves a file at once: one edit.
        fn save(&self, name: &str, text: &str) {
            fs::write(self.path("saved~"), text).unwrap();
            fs::rename(self.path("saved~"), self.path(name)).unwrap();
        }

        /// Nothing came of what was done: the first edit is that of what is done now.
        fn expect_nothing(&self, then: &str) {
            self.save(then, "then");
            self.expect_edit();
            assert_eq!(self.mailbox.take_edit(Duration::from_millis(30)), None);
        }
    }

    #[test]
    fn an_edit_is_told_whether_written_or_renamed() {
        let mut scene = Scene::new();
        fs::write(scene.path("mix.star"), "1").unwrap();
        assert!(!scene.watcher.follow(scene.read(&["mix.star", "end"])));
        // Written in one go: a file that is emptied first can make two edits.
        fs::OpenOptions::new().append(true).open(scene.path("mix.star")).unwrap().write_all(b"2").unwrap();
        scene.expect_edit();
        scene.save("mix.star", "333");
        scene.expect_edit();
        // Neither the same contents nor another file are an edit.
        fs::write(scene.path("mix.wav"), "output").unwrap();
        scene.save("mix.star", "333");
        scene.expect_nothing("end");
    }

    #[test]
    fn what_changes_while_it_is_read_is_told() {
        let mut scene = Scene::new();
        fs::write(scene.path("mix.star"), "1").unwrap();
        let read = scene.read(&["mix.star"]);
        fs::write(scene.path("mix.star"), "2").unwrap();
        assert!(scene.watcher.follow(read));
        assert!(scene.mailbox.take().edited.is_some());
        // And what was known before it was read is taken back.
        scene.mailbox.edited(Instant::now());
        assert!(!scene.watcher.follow(scene.read(&["mix.star"])));
        assert!(!scene.mailbox.has_mail());
    }

    #[test]
    fn a_folder_that_comes_and_one_that_is_replaced_are_noticed() {
        let mut scene = Scene::new();
        assert!(!scene.watcher.follow(scene.read(&["a/b/drums.wav"])));
        fs::create_dir_all(scene.path("new/b")).unwrap();
        fs::write(scene.path("new/b/drums.wav"), "1").unwrap();
        fs::rename(scene.path("new"), scene.path("a")).unwrap();
        scene.expect_edit();
        assert!(!scene.watcher.follow(scene.read(&["a/b/drums.wav"])));
        scene.save("a/b/drums.wav", "22");
        scene.expect_edit();
        // Another folder of that name: the old one is watched no more.
        fs::rename(scene.path("a"), scene.path("old")).unwrap();
        scene.expect_edit();
        fs::create_dir_all(scene.path("a/b")).unwrap();
        scene.watcher.follow(scene.read(&["a/b/drums.wav"]));
        scene.mailbox.take();
        scene.save("a/b/drums.wav", "4444");
        scene.expect_edit();
    }

    #[test]
    fn what_is_not_read_any_more_is_not_watched() {
        let mut scene = Scene::new();
        fs::create_dir(scene.path("lib")).unwrap();
        scene.watcher.follow(scene.read(&["mix.star", "lib/drums.star"]));
        assert!(scene.watcher.folders.contains_key(&scene.path("lib")));
        scene.watcher.follow(scene.read(&["mix.star"]));
        assert_eq!(scene.watcher.folders.keys().collect::<Vec<_>>(), [&scene.path("")]);
        fs::write(scene.path("lib/drums.star"), "1").unwrap();
        scene.expect_nothing("mix.star");
    }
}
