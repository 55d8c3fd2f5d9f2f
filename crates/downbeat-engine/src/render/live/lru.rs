//! Values by their keys, the one that was not used for the longest time being at hand to make room.

use std::collections::BTreeMap;

use crate::key::Key;

/// Values by their keys, and in the order of their last use.
pub(super) struct Lru<V> {
    entries: BTreeMap<Key, Entry<V>>,
    by_use: BTreeMap<u64, Key>,
    uses: u64,
    bytes: u64,
}

struct Entry<V> {
    value: V,
    bytes: u64,
    used: u64,
}

impl<V> Default for Lru<V> {
    fn default() -> Self {
        Lru { entries: BTreeMap::new(), by_use: BTreeMap::new(), uses: 0, bytes: 0 }
    }
}

impl<V: Clone> Lru<V> {
    /// How many there are.
    pub(super) fn len(&self) -> usize {
        self.entries.len()
    }

    /// What all of them take, in bytes, as it was said of each.
    pub(super) fn bytes(&self) -> u64 {
        self.bytes
    }

    /// Whether there is a value. That it was asked for does not count as a use.
    pub(super) fn has(&self, key: Key) -> bool {
        self.entries.contains_key(&key)
    }

    /// A value, which is used by that.
    pub(super) fn get(&mut self, key: Key) -> Option<V> {
        let entry = self.entries.get_mut(&key)?;
        self.by_use.remove(&entry.used);
        self.uses += 1;
        entry.used = self.uses;
        self.by_use.insert(self.uses, key);
        Some(entry.value.clone())
    }

    /// Puts a value of so many bytes there, in the place of the one before; it is used by that.
    pub(super) fn put(&mut self, key: Key, value: V, bytes: u64) {
        self.uses += 1;
        let entry = Entry { value, bytes, used: self.uses };
        if let Some(before) = self.entries.insert(key, entry) {
            self.by_use.remove(&before.used);
            self.bytes -= before.bytes;
        }
        self.by_use.insert(self.uses, key);
        self.bytes += bytes;
    }

    /// Lets go of the value that was not used for the longest time, and gives it, if there was any.
    pub(super) fn drop_oldest(&mut self) -> Option<V> {
        let entry = self.by_use.pop_first().and_then(|(_, key)| self.entries.remove(&key))?;
        self.bytes -= entry.bytes;
        Some(entry.value)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_not_used_for_the_longest_goes_first() {
        let key = |number: u8| Key::of(&[number]);
        let mut values = Lru::default();
        (0..3).for_each(|number| values.put(key(number), number, 10));
        assert_eq!((values.get(key(0)), values.get(key(9))), (Some(0), None));
        assert!(values.has(key(1)));
        values.put(key(2), 12, 7);
        // The same again counts once, by what it takes now.
        assert_eq!((values.len(), values.bytes()), (3, 27));
        let gone: Vec<_> = std::iter::from_fn(|| values.drop_oldest()).collect();
        assert_eq!((gone, values.len(), values.bytes()), (vec![1, 0, 12], 0, 0));
    }
}
