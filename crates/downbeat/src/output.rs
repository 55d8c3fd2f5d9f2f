//! Files that appear whole or not at all: written under another name in the same folder, synced, then renamed.

use std::fs::File;
use std::io::Write;
use std::path::{Path, PathBuf};

use anyhow::Context;
use tempfile::NamedTempFile;

/// A file on its way. Dropped before [`Output::commit`], it was never there.
pub struct Output {
    path: PathBuf,
    file: NamedTempFile,
}

impl Output {
    /// Begins a file that will appear at `path`; the folder is made if it is not there.
    pub fn create(path: &Path) -> anyhow::Result<Self> {
        let cannot = || format!("cannot write {}", path.display());
        if path.is_dir() {
            anyhow::bail!("cannot write {}: it is a folder", path.display());
        }
        let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
        std::fs::create_dir_all(folder).with_context(cannot)?;
        let mut builder = tempfile::Builder::new();
        builder.prefix(".downbeat-");
        #[cfg(unix)]
        builder.permissions(std::os::unix::fs::PermissionsExt::from_mode(0o666));
        let file = builder.tempfile_in(folder).with_context(cannot)?;
        Ok(Output { path: path.to_path_buf(), file })
    }

    /// The handle to write to.
    pub fn writer(&self) -> anyhow::Result<File> {
        self.file.as_file().try_clone().with_context(|| format!("cannot write {}", self.path.display()))
    }

    /// Makes the file appear.
    pub fn commit(self) -> anyhow::Result<()> {
        let cannot = || format!("cannot write {}", self.path.display());
        self.file.as_file().sync_all().with_context(cannot)?;
        self.file.persist(&self.path).with_context(cannot)?;
        Ok(())
    }
}

/// Writes a small file at once.
pub fn write(path: &Path, bytes: &[u8]) -> anyhow::Result<()> {
    let output = Output::create(path)?;
    output.writer()?.write_all(bytes).with_context(|| format!("cannot write {}", path.display()))?;
    output.commit()
}
