//! What is done when nobody waits for anything: the raw recordings are rendered, and both sounds are measured, so that they
//! can be compared at equal loudness.

use std::sync::{Arc, Condvar, Mutex, PoisonError};
use std::time::Duration;

use downbeat_engine::RenderError;
use downbeat_engine::live::Take;

use super::board::Board;
use super::mailbox::Mailbox;
use super::published::Published;

/// So long it is waited before it is looked again whether there is nothing else to do.
const PATIENCE: Duration = Duration::from_millis(20);

/// Work for idle times. Only the newest take counts.
#[derive(Default)]
pub struct Idle {
    next: Mutex<Option<Arc<Published>>>,
    bell: Condvar,
}

impl Idle {
    /// This take is to be measured, and no other.
    pub fn measure(&self, take: Arc<Published>) {
        *self.next.lock().unwrap_or_else(PoisonError::into_inner) = Some(take);
        self.bell.notify_all();
    }

    /// Does the work, for ever.
    pub fn run(&self, board: &Board, mailbox: &Mailbox) {
        loop {
            let next = self.next.lock().unwrap_or_else(PoisonError::into_inner);
            let waited = self.bell.wait_while(next, |next| next.is_none());
            let Some(take) = waited.unwrap_or_else(PoisonError::into_inner).take() else { continue };
            // What fails here fails when it is asked for, too, and is told then.
            let _ = self.work(&take, board, mailbox);
        }
    }

    fn work(&self, take: &Published, board: &Board, mailbox: &Mailbox) -> Result<(), RenderError> {
        let is_old = || self.next.lock().unwrap_or_else(PoisonError::into_inner).is_some();
        let quiet = || {
            while !mailbox.is_idle() && !is_old() {
                std::thread::sleep(PATIENCE);
            }
            !is_old()
        };
        let tell = |source: &str, sound: &Take| -> Result<(), RenderError> {
            if quiet() {
                board.loudness(take.number, source, sound.lufs()?);
            }
            Ok(())
        };
        tell("mix", &take.heard)?;
        while quiet() {
            let sound = take.raw.take()?;
            if take.raw.live.render(&sound, &|| board.playhead(), &|| !mailbox.is_idle() || is_old())?.is_some() {
                return tell("raw", &sound);
            }
        }
        Ok(())
    }
}
