//! What can be named without work: pages that are as they were before, and pages that were made once.

use std::sync::atomic::Ordering;
use std::sync::{Mutex, PoisonError};

use super::line::Task;
use super::motion::Motion;
use super::score::{Score, start};
use super::store::Made;
use crate::key::Key;

impl Score {
    /// Names as many pages of a line as can be named without work.
    pub(super) fn run_ahead(&self, line: usize) {
        let names = self.names(line);
        let Some(mut page) = names.unknown(0) else { return };
        let before = self.before();
        let old = before.as_deref().zip(self.place_before(line));
        let old = old.filter(|(score, place)| score.own(*place).is_some() && score.own(*place) == self.own(line));
        while page < names.pages() {
            let from = page;
            if let Some((score, place)) =
                old.filter(|(score, place)| score.names(*place).state(page) == names.state(page))
            {
                while page < names.pages() && self.same_inputs(line, page, score, place) {
                    let there = score.names(place).key(page).zip(score.names(place).state(page + 1));
                    let Some((key, state)) = there else { break };
                    names.set(page, key, state);
                    page += 1;
                }
            }
            if page == from {
                let Some(key) = self.page_key(line, page) else { return };
                let state = match self.store.made(key) {
                    Some(made) => made.state,
                    None if self.is_made_when_heard(line) => self.promise(line, key),
                    None => return,
                };
                names.set(page, key, state);
                page += 1;
            }
        }
    }

    /// Whether pages of a line need not be made before somebody listens: after an edit that changes the level of a whole mix,
    /// each is a product away.
    fn is_made_when_heard(&self, line: usize) -> bool {
        !self.is_first && !self.has_state(line) && matches!(self.lines[line].task, Task::Finish { .. })
    }

    /// Counts a page that will be made when somebody listens.
    fn promise(&self, line: usize, key: Key) -> Key {
        let state = start();
        self.made[line].fetch_add(1, Ordering::Relaxed);
        self.store.put_made(key, Made { state, bins: None });
        state
    }

    /// Whether a page comes from the same pages as in another score.
    fn same_inputs(&self, line: usize, page: usize, other: &Score, place: usize) -> bool {
        if self.counting(line, page) != other.counting(place, page) {
            return false;
        }
        let (mut new, mut old) = (self.inputs(line, page), other.inputs(place, page));
        loop {
            match (new.next(), old.next()) {
                (None, None) => return true,
                (Some((new, pages)), Some((old, old_pages))) if pages == old_pages => {
                    let same = |page| {
                        let key = self.names(new).key(page);
                        key.is_some() && key == other.names(old).key(page)
                    };
                    if !pages.into_iter().all(same) {
                        return false;
                    }
                }
                _ => return false,
            }
        }
    }

    /// The name of the state before a page in the score before, if it is the very same: from there on, all is as it was.
    pub(super) fn met(&self, line: usize, page: usize, motion: &Motion) -> Option<Key> {
        let (before, place) = (self.before()?, self.place_before(line)?);
        let name = before.names(place).state(page)?;
        let kept = self.store.state::<Mutex<Motion>>(name)?;
        let kept = kept.lock().unwrap_or_else(PoisonError::into_inner);
        motion.same(&kept).then_some(name)
    }
}
