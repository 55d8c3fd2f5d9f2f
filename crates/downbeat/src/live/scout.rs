//! Looks ahead while a take is rendered, and tells as soon as it can be played where the listener is.

use std::ops::Range;
use std::sync::{Arc, Mutex, OnceLock, PoisonError};
use std::time::{Duration, Instant};

use downbeat_engine::StripIndex;
use downbeat_engine::live::Take;
use serde_json::Value;

use super::board::Board;
use super::samples::{PAGE, page};

/// So long it is waited for news of the take before it is looked again.
const LOOK: Duration = Duration::from_millis(5);

/// What takes longer than this to be ready is shown before.
const SOON: Duration = Duration::from_millis(150);

/// How many pages are looked for at once: the one the listener is in, and the next.
const AHEAD: u64 = 2;

/// The facts that are shown, and what is wrong besides.
pub type Shown = (Value, Option<Value>);

/// Somebody who looks ahead. Dropped, nobody looks any more.
pub struct Scout {
    is_over: Arc<Mutex<bool>>,
    found: Arc<OnceLock<Instant>>,
}

impl Scout {
    /// Looks at a take around a frame. Where it can be heard there and is not ready soon, it is shown as it is by then.
    pub fn send(
        board: Arc<Board>,
        number: u64,
        take: Arc<Take>,
        at: u64,
        show: impl FnOnce() -> Shown + Send + 'static,
    ) -> Self {
        let scout = Scout { is_over: Arc::default(), found: Arc::default() };
        let (is_over, found) = (scout.is_over.clone(), scout.found.clone());
        std::thread::spawn(move || {
            let over = || is_over.lock().unwrap_or_else(PoisonError::into_inner);
            while !*over() {
                if let Some(part) = playable(&take, at) {
                    let _ = found.set(Instant::now());
                    board.ready(number, part);
                    break;
                }
                take.wait(LOOK);
            }
            let begin = Instant::now();
            while begin.elapsed() < SOON {
                if *over() {
                    return;
                }
                std::thread::sleep(LOOK);
            }
            let (facts, error) = show();
            // Whoever ends this waits for it, so that what is shown afterwards stays.
            let over = over();
            if !*over {
                board.show(facts, error.as_ref(), false);
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
        *self.is_over.lock().unwrap_or_else(PoisonError::into_inner) = true;
    }
}

/// The pages from the one around a frame on that are there; none if that one is not.
fn playable(take: &Take, at: u64) -> Option<Range<u64>> {
    let first = at.min(take.frames().saturating_sub(1)) / PAGE;
    let is_there = |range: &Range<u64>| take.is_there(StripIndex::Master, range.clone());
    let pages = (first..first + AHEAD).map_while(|number| page(number, take.frames()).filter(is_there));
    pages.reduce(|all, next| all.start..next.end)
}
