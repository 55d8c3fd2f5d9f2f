//! The files of a mix's tracks, and which files must not be written.

use std::path::{Path, PathBuf};

use crate::exit::Fail;
use crate::mix::Mix;

/// A file for each track that is heard: the track's index, and where the file will be. Names are the tracks', with an
/// underscore where one is `taken` already.
pub fn files(folder: &Path, mix: &Mix, extension: &str, taken: &[&str]) -> Result<Vec<(usize, PathBuf)>, Fail> {
    let mut taken: Vec<String> = taken.iter().map(|name| name.to_string()).collect();
    let mut files = Vec::new();
    for heard in mix.plan.heard_tracks() {
        let mut name = file_name(heard.name);
        while taken.contains(&name.to_lowercase()) {
            name.push('_');
        }
        taken.push(name.to_lowercase());
        let path = folder.join(format!("{name}.{extension}"));
        refuse_what_is_read(&path, mix)?;
        files.push((heard.index, path));
    }
    Ok(files)
}

/// A recording, or whatever else the mix is made of, is not written over.
pub fn refuse_what_is_read(path: &Path, mix: &Mix) -> Result<(), Fail> {
    if mix.world.has_opened(path) {
        let message = format!("cannot write {}: the mix is made of this file", path.display());
        return Err(Fail::usage(message).hint("another name, or another folder, keeps it"));
    }
    Ok(())
}

/// Whether two paths lead to the same place. The folder of the second one is there already.
pub fn same_file(a: &Path, b: &Path) -> bool {
    let folder = |path: &Path| path.parent().and_then(|folder| folder.join(".").canonicalize().ok());
    a.file_name() == b.file_name() && folder(a) == folder(b)
}

/// A track's name as the name of a file: what file systems do not like becomes a dash.
fn file_name(name: &str) -> String {
    let safe: String =
        name.chars().map(|c| if c.is_control() || r#"/\:*?"<>|"#.contains(c) { '-' } else { c }).collect();
    let safe = safe.trim().trim_matches('.');
    if safe.is_empty() { "track".to_string() } else { safe.to_string() }
}
