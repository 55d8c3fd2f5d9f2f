//! Things that were made of clips, the least recently used of which make room.

use std::collections::BTreeMap;
use std::sync::Arc;

use downbeat_engine::Key;
use downbeat_engine::session::{Clip, Source};

/// Something for each of several clips.
pub(crate) struct Shelf<T> {
    /// By the contents of the recording that a clip is made of, if it is of one, and by the rate.
    things: BTreeMap<(Option<Key>, u32), Vec<Thing<T>>>,
    /// How often something was used so far.
    uses: u64,
    /// The first use of the evaluation that is under way.
    begun: u64,
}

struct Thing<T> {
    clip: Arc<Clip>,
    value: T,
    size: u64,
    /// Which use was the last one of it.
    used: u64,
}

impl<T: Clone> Shelf<T> {
    /// An evaluation begins.
    pub(crate) fn begin(&mut self) {
        self.begun = self.uses + 1;
    }

    /// What there is for a clip at a rate.
    pub(crate) fn get(&mut self, clip: &Arc<Clip>, rate: u32) -> Option<T> {
        let thing = self.things.get_mut(&(contents(clip), rate))?.iter_mut().find(|thing| same(&thing.clip, clip))?;
        self.uses += 1;
        thing.used = self.uses;
        Some(thing.value.clone())
    }

    /// Puts something of a size there for a clip at a rate.
    pub(crate) fn put(&mut self, clip: &Arc<Clip>, rate: u32, value: T, size: u64) {
        self.uses += 1;
        let things = self.things.entry((contents(clip), rate)).or_default();
        things.retain(|thing| !same(&thing.clip, clip));
        things.push(Thing { clip: clip.clone(), value, size, used: self.uses });
    }

    /// Lets go of what was not used for the longest time, until the rest is at most so large, beside what was used last.
    pub(crate) fn trim(&mut self, most: u64) {
        let mut by_use: Vec<(u64, u64)> =
            self.things.values().flatten().map(|thing| (thing.used, thing.size)).collect();
        let mut size = by_use.iter().map(|(_, size)| size).sum::<u64>();
        if size <= most {
            return;
        }
        by_use.sort_unstable();
        by_use.pop();
        let gone = by_use.iter().take_while(|(_, of_one)| {
            let is_too_large = size > most;
            size -= if is_too_large { *of_one } else { 0 };
            is_too_large
        });
        if let Some((last_gone, _)) = gone.last() {
            self.keep(|thing| thing.used > *last_gone);
        }
    }

    /// Lets go of what was not used since the evaluation began.
    pub(crate) fn keep_only_used(&mut self) {
        let begun = self.begun;
        self.keep(|thing| thing.used >= begun);
    }

    fn keep(&mut self, is_kept: impl Fn(&Thing<T>) -> bool) {
        self.things.retain(|_, things| {
            things.retain(&is_kept);
            !things.is_empty()
        });
    }
}

impl<T> Default for Shelf<T> {
    fn default() -> Self {
        Shelf { things: BTreeMap::new(), uses: 0, begun: 0 }
    }
}

/// Whether two clips are the same sound.
pub(crate) fn same(a: &Arc<Clip>, b: &Arc<Clip>) -> bool {
    Arc::ptr_eq(a, b) || a == b
}

/// What is in the recording that a clip is made of.
fn contents(clip: &Clip) -> Option<Key> {
    if let Source::Recording(recording) = &clip.source { Some(recording.contents) } else { None }
}

#[cfg(test)]
mod tests {
    use downbeat_engine::time::Frames;

    use super::*;

    fn clip(to_hz: f64) -> Arc<Clip> {
        let source = Source::Sweep { from_hz: 65.0, to_hz, frames: Frames(9), level: 1.0 };
        Arc::new(Clip { source, chain: Vec::new() })
    }

    #[test]
    fn what_was_not_used_for_the_longest_makes_room() {
        let mut shelf = Shelf::default();
        (1..=4).for_each(|n| shelf.put(&clip(f64::from(n)), 48_000, n, 10));
        assert_eq!(shelf.get(&clip(1.0), 48_000), Some(1));
        shelf.trim(40);
        assert_eq!(shelf.things.values().flatten().count(), 4);
        shelf.trim(25);
        let left =
            |shelf: &mut Shelf<i32>| Vec::from_iter((1..=4).filter_map(|n| shelf.get(&clip(f64::from(n)), 48_000)));
        assert_eq!(left(&mut shelf), [1, 4]);
        // What was used last stays, however large it is.
        shelf.put(&clip(5.0), 48_000, 5, 1_000);
        shelf.trim(25);
        assert_eq!((left(&mut shelf), shelf.get(&clip(5.0), 48_000)), (Vec::new(), Some(5)));
    }

    #[test]
    fn an_evaluation_keeps_what_it_used() {
        let mut shelf = Shelf::default();
        (1..=3).for_each(|n| shelf.put(&clip(f64::from(n)), 48_000, n, 10));
        shelf.begin();
        assert_eq!(shelf.get(&clip(2.0), 48_000), Some(2));
        // Another rate is another sound.
        assert_eq!(shelf.get(&clip(3.0), 44_100), None);
        shelf.put(&clip(3.0), 44_100, 4, 10);
        shelf.keep_only_used();
        assert_eq!((shelf.get(&clip(1.0), 48_000), shelf.get(&clip(3.0), 48_000)), (None, None));
        assert_eq!((shelf.get(&clip(2.0), 48_000), shelf.get(&clip(3.0), 44_100)), (Some(2), Some(4)));
    }
}
