//! The threads on which scripts are evaluated. They have stacks of their own: the parser and the runtime recurse as deeply as
//! a script is nested, and how much of the caller's stack is left cannot be known.

use std::panic::{AssertUnwindSafe, catch_unwind, panic_any, resume_unwind};
use std::sync::mpsc::{Sender, channel};
use std::thread::{Builder, ScopedJoinHandle};

/// The size of such a stack, in bytes. Only what is used of it takes memory.
const STACK: usize = 256 << 20;

/// Runs on a stack of its own.
pub(crate) fn with_stack<T: Send>(work: impl FnOnce() -> T + Send) -> T {
    std::thread::scope(|scope| {
        let worker = Builder::new().stack_size(STACK);
        match worker.spawn_scoped(scope, work).map(ScopedJoinHandle::join) {
            Ok(Ok(value)) => value,
            Ok(Err(panic)) => resume_unwind(panic),
            Err(error) => panic_any(format!("cannot start a thread: {error}")),
        }
    })
}

/// A thread for one piece of work after the other: the memory that one gave back is at hand for the next, where a new
/// thread would get all of its memory anew. It ends when the stage is dropped.
pub(crate) struct Stage(Sender<Box<dyn FnOnce() + Send>>);

impl Stage {
    /// Starts the thread.
    pub(crate) fn new() -> Self {
        let (sender, work) = channel::<Box<dyn FnOnce() + Send>>();
        match Builder::new().stack_size(STACK).spawn(move || work.into_iter().for_each(|work| work())) {
            Ok(_) => Stage(sender),
            Err(error) => panic_any(format!("cannot start a thread: {error}")),
        }
    }

    /// Runs there, and waits for it.
    pub(crate) fn run<T: Send + 'static>(&self, work: impl FnOnce() -> T + Send + 'static) -> T {
        let (done, result) = channel();
        let work = move || {
            // Whoever waits cannot go away.
            let _ = done.send(catch_unwind(AssertUnwindSafe(work)));
        };
        let result = self.0.send(Box::new(work)).ok().and_then(|()| result.recv().ok());
        match result {
            Some(Ok(value)) => value,
            Some(Err(panic)) => resume_unwind(panic),
            None => panic_any("the thread of the script is gone"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn work_is_done_on_one_thread_and_a_panic_is_passed_on() {
        let stage = Stage::new();
        let first = stage.run(|| std::thread::current().id());
        assert_ne!(first, std::thread::current().id());
        let panic = catch_unwind(AssertUnwindSafe(|| stage.run(|| panic_any("broken"))));
        assert_eq!(panic.unwrap_err().downcast_ref(), Some(&"broken"));
        assert_eq!(stage.run(|| std::thread::current().id()), first);
    }
}
