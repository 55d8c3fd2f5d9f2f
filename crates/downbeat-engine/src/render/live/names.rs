//! The names of a line's pages: what each is, and the state before it. They are known for all pages that were made.

use std::sync::OnceLock;

use crate::key::Key;

/// The names of the pages of a line, known from the first on.
pub(super) struct Names {
    keys: Box<[OnceLock<Key>]>,
    /// Before each page, and after the last one.
    states: Box<[OnceLock<Key>]>,
}

impl Names {
    /// Those of so many pages, of which only the state before the first is known.
    pub(super) fn new(pages: usize, start: Key) -> Self {
        let blank = |count: usize| std::iter::repeat_with(OnceLock::new).take(count).collect::<Box<[_]>>();
        let names = Names { keys: blank(pages), states: blank(pages + 1) };
        let _ = names.states[0].set(start);
        names
    }

    /// Those of pages that need no state.
    pub(super) fn of(keys: &[Key], state: Key) -> Self {
        let names = Names::new(keys.len(), state);
        keys.iter().enumerate().for_each(|(page, key)| names.set(page, *key, state));
        names
    }

    pub(super) fn pages(&self) -> usize {
        self.keys.len()
    }

    /// The key of a page, if it is known.
    pub(super) fn key(&self, page: usize) -> Option<Key> {
        self.keys.get(page)?.get().copied()
    }

    /// The name of the state before a page, if it is known.
    pub(super) fn state(&self, page: usize) -> Option<Key> {
        self.states.get(page)?.get().copied()
    }

    /// Names a page, and the state after it. Whoever is first is right: others would say the same.
    pub(super) fn set(&self, page: usize, key: Key, state_after: Key) {
        let _ = self.states[page + 1].set(state_after);
        let _ = self.keys[page].set(key);
    }

    /// The first page from `from` on that is not known.
    pub(super) fn unknown(&self, from: usize) -> Option<usize> {
        (from..self.pages()).find(|page| self.key(*page).is_none())
    }
}
