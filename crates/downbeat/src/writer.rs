//! Writes a file while earlier parts of it are on their way to the disk.

use std::fs::File;
use std::io::{self, Seek, SeekFrom, Write};
use std::sync::mpsc::{SyncSender, sync_channel};
use std::thread::JoinHandle;

/// A file whose bytes go to the disk while others are still being made, so that the sync at the end is short.
pub struct Writer {
    file: File,
    /// Bytes since the disk was last told.
    waiting: usize,
    disk: Option<(SyncSender<()>, JoinHandle<()>)>,
}

/// How many bytes are worth telling the disk about.
const STRETCH: usize = 4 << 20;

impl Writer {
    /// Writes to `file`; `synced` is another handle to the same file.
    pub fn new(file: File, synced: File) -> Self {
        let (sender, receiver) = sync_channel(1);
        // What fails here fails again, and is told, at the sync before the file appears.
        let flush = move || receiver.iter().for_each(|()| drop(synced.sync_data()));
        let thread = std::thread::Builder::new().name("disk".to_string()).spawn(flush);
        Writer { file, waiting: 0, disk: thread.ok().map(|thread| (sender, thread)) }
    }
}

impl Write for Writer {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let written = self.file.write(bytes)?;
        self.waiting += written;
        if self.waiting >= STRETCH
            && let Some((sender, _)) = &self.disk
            && sender.try_send(()).is_ok()
        {
            self.waiting = 0;
        }
        Ok(written)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.file.flush()
    }
}

impl Seek for Writer {
    fn seek(&mut self, to: SeekFrom) -> io::Result<u64> {
        self.file.seek(to)
    }
}

impl Drop for Writer {
    fn drop(&mut self) {
        if let Some((sender, thread)) = self.disk.take() {
            drop(sender);
            // The thread does nothing that could panic.
            let _ = thread.join();
        }
    }
}
