//! The sound of a source, block by block in order, for those who cannot look at stretches apart.

use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::thread::{Scope, ScopedJoinHandle};

use downbeat_engine::{Survey, SurveyOptions, TapError};

use super::source::Source;
use crate::exit::Fail;

/// A block of samples: a plane for each channel, all of equal length.
pub type Planes = Vec<Vec<f32>>;

/// How many blocks may wait.
const WAITING: usize = 16;

/// A sound on its way from another thread.
pub struct Stream<'s> {
    blocks: Receiver<Planes>,
    thread: ScopedJoinHandle<'s, Result<(), Fail>>,
}

impl<'s> Stream<'s> {
    /// Lets a thread read a part of a source.
    pub fn open<'e: 's>(scope: &'s Scope<'s, 'e>, source: &'e Source<'_>, range: &'e SurveyOptions) -> Self {
        let (sender, blocks) = sync_channel(WAITING);
        // A grid as long as the sound makes one stretch of it.
        let grid = source.frames.unwrap_or(0).max(1);
        let thread = scope.spawn(move || source.survey(range, grid, |_| Sending(sender.clone())).map(drop));
        Stream { blocks, thread }
    }

    /// The next block; none at the end, or when the thread has failed.
    pub fn next(&self) -> Option<Planes> {
        self.blocks.recv().ok()
    }

    /// Whether all went well on the thread.
    pub fn finish(self) -> Result<(), Fail> {
        // Nobody waits for somebody who listens no more.
        drop(self.blocks);
        self.thread.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic))
    }
}

/// Sends what it sees.
struct Sending(SyncSender<Planes>);

impl Survey for Sending {
    fn look(&mut self, planes: &[Vec<f32>]) {
        // Who has stopped listening has a reason that is told there.
        let _ = self.0.send(planes.to_vec());
    }

    fn append(&mut self, _next: Self) -> Result<(), TapError> {
        Ok(())
    }
}
