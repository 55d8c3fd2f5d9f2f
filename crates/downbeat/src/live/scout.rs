//! Looks ahead while a take is rendered, and tells as soon as it can be played where the listener is.

use std::ops::Range;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, OnceLock};
use std::time::{Duration, Instant};

use downbeat_engine::StripIndex;
use downbeat_engine::live::Take;

use super::board::Board;
use super::samples::{PAGE, page};

/// So long it is waited for news of the take before it is looked again.
const LOOK: Duration = Duration::from_millis(5);

/// How many pages are looked for at once: the one the listener is in, and the next.
const AHEAD: u64 = 2;

/// Somebody who looks ahead. Dropped, nobody looks any more.
pub struct Scout {
    is_over: Arc<AtomicBool>,
    found: Arc<OnceLock<Instant>>,
}

impl Scout {
    /// Looks at a take around a frame.
    pub fn send(board: Arc<Board>, number: u64, take: Arc<Take>, at: u64) -> Self {
        let scout = Scout { is_over: Arc::default(), found: Arc::default() };
        let (is_over, found) = (scout.is_over.clone(), scout.found.clone());
        std::thread::spawn(move || {
            while !is_over.load(Ordering::Relaxed) {
                if let Some(part) = playable(&take, at) {
                    let _ = found.set(Instant::now());
                    return board.ready(number, part);
                }
                take.wait(LOOK);
            }
        });
        scout
    }

    /// When it could be played there; none if that was not seen.
    pub fn found(&self) -> Option<Instant> {
        self.found.get().copied()
    }
}

impl Drop for Scout {
    fn drop(&mut self) {
        self.is_over.store(true, Ordering::Relaxed);
    }
}

/// The pages from the one around a frame on that are there; none if that one is not.
fn playable(take: &Take, at: u64) -> Option<Range<u64>> {
    let first = at.min(take.frames().saturating_sub(1)) / PAGE;
    let is_there = |range: &Range<u64>| matches!(take.read(StripIndex::Master, range.clone()), Ok(Some(_)));
    let pages = (first..first + AHEAD).map_while(|number| page(number, take.frames()).filter(is_there));
    pages.reduce(|all, next| all.start..next.end)
}
