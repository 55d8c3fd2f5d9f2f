//! What there is to do, for the one who does it. Whatever comes while it is busy is put together, so that nobody waits in a
//! line: only the newest edit and the newest desk count.

use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use super::desk::Desk;

/// What has come since somebody looked.
#[derive(Clone, PartialEq, Debug, Default)]
pub struct Mail {
    /// Something the mix is made of has changed: when, the last time.
    pub edited: Option<Instant>,
    /// What the listener wants to hear, and the number of that wish.
    pub desk: Option<(u64, Desk)>,
    /// It is over.
    pub is_over: bool,
}

/// Where mail comes in.
#[derive(Default)]
pub struct Mailbox {
    inside: Mutex<Inside>,
    bell: Condvar,
}

#[derive(Default)]
struct Inside {
    mail: Mail,
    /// Whether the one who takes the mail waits for it.
    is_idle: bool,
    /// How many desks have come.
    desks: u64,
}

impl Mail {
    fn is_empty(&self) -> bool {
        *self == Mail::default()
    }
}

impl Mailbox {
    /// Tells of an edit.
    pub fn edited(&self, at: Instant) {
        self.post(|mail| mail.edited = mail.edited.max(Some(at)));
    }

    /// Takes an edit back that turned out to be known already.
    pub fn withdraw_edit(&self) {
        self.inside().mail.edited = None;
    }

    /// Tells what the listener wants to hear. The number of the wish comes back, from 1: who is told of a take that was made
    /// for an earlier one knows by it that this one is still to come.
    pub fn desk(&self, desk: Desk) -> u64 {
        let mut inside = self.inside();
        inside.desks += 1;
        let number = inside.desks;
        inside.mail.desk = Some((number, desk));
        drop(inside);
        self.bell.notify_all();
        number
    }

    /// Tells that it is over.
    pub fn close(&self) {
        self.post(|mail| mail.is_over = true);
    }

    /// Whether there is something, so that what is being done should stop.
    pub fn has_mail(&self) -> bool {
        !self.inside().mail.is_empty()
    }

    /// Whether there is nothing, and nothing is being done.
    pub fn is_idle(&self) -> bool {
        let inside = self.inside();
        inside.is_idle && inside.mail.is_empty()
    }

    /// Takes what there is.
    pub fn take(&self) -> Mail {
        std::mem::take(&mut self.inside().mail)
    }

    /// The same, but waits until there is something, at most so long.
    pub fn wait(&self, at_most: Duration) -> Mail {
        let mut inside = self.inside();
        inside.is_idle = true;
        let empty = |inside: &mut Inside| inside.mail.is_empty();
        let waited = self.bell.wait_timeout_while(inside, at_most, empty);
        let (mut inside, _) = waited.unwrap_or_else(PoisonError::into_inner);
        // Who finds nothing looks around, and comes back.
        inside.is_idle = inside.mail.is_empty();
        std::mem::take(&mut inside.mail)
    }

    /// Takes an edit, and waits for it at most so long. Everything else stays.
    pub fn take_edit(&self, at_most: Duration) -> Option<Instant> {
        let none = |inside: &mut Inside| inside.mail.edited.is_none() && !inside.mail.is_over;
        let waited = self.bell.wait_timeout_while(self.inside(), at_most, none);
        let (mut inside, _) = waited.unwrap_or_else(PoisonError::into_inner);
        inside.mail.edited.take()
    }

    fn post(&self, write: impl FnOnce(&mut Mail)) {
        write(&mut self.inside().mail);
        self.bell.notify_all();
    }

    fn inside(&self) -> MutexGuard<'_, Inside> {
        self.inside.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_comes_meanwhile_is_put_together() {
        let mailbox = Mailbox::default();
        let first = Instant::now();
        let later = first + Duration::from_millis(5);
        mailbox.edited(later);
        mailbox.edited(first);
        assert_eq!(mailbox.desk(Desk::new(["Bass"], ["Drums"])), 1);
        assert_eq!(mailbox.desk(Desk::new(["Lead"], [])), 2);
        assert!(mailbox.has_mail());
        let mail = mailbox.take();
        assert_eq!(mail, Mail { edited: Some(later), desk: Some((2, Desk::new(["Lead"], []))), is_over: false });
        assert!(!mailbox.has_mail());
        assert_eq!(mailbox.take(), Mail::default());
    }

    #[test]
    fn an_edit_that_is_known_is_taken_back_and_nothing_else() {
        let mailbox = Mailbox::default();
        mailbox.edited(Instant::now());
        mailbox.close();
        mailbox.withdraw_edit();
        assert_eq!(mailbox.take(), Mail { is_over: true, ..Mail::default() });
    }

    #[test]
    fn somebody_who_waits_is_woken_and_is_idle_meanwhile() {
        let mailbox = Mailbox::default();
        assert!(!mailbox.is_idle());
        assert_eq!(mailbox.wait(Duration::ZERO), Mail::default());
        std::thread::scope(|scope| {
            let waits = scope.spawn(|| mailbox.wait(Duration::from_secs(60)));
            while !mailbox.is_idle() {
                std::thread::yield_now();
            }
            mailbox.close();
            assert!(!mailbox.is_idle());
            assert!(waits.join().unwrap().is_over);
            assert!(!mailbox.is_idle(), "what was taken is being done");
        });
    }

    #[test]
    fn an_edit_is_taken_alone() {
        let mailbox = Mailbox::default();
        mailbox.desk(Desk::default());
        assert_eq!(mailbox.take_edit(Duration::ZERO), None);
        let now = Instant::now();
        std::thread::scope(|scope| {
            let waits = scope.spawn(|| mailbox.take_edit(Duration::from_secs(60)));
            mailbox.edited(now);
            assert_eq!(waits.join().unwrap(), Some(now));
        });
        mailbox.close();
        assert_eq!(mailbox.take_edit(Duration::from_secs(60)), None);
        assert_eq!(mailbox.take(), Mail { edited: None, desk: Some((1, Desk::default())), is_over: true });
    }
}
