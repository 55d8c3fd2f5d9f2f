//! What was made of clips, or found out about them, the least recently used of which makes room.

use std::collections::BTreeMap;
use std::sync::Arc;

use downbeat_engine::Key;
use downbeat_engine::session::{Clip, Source};

/// Something for each of several clips, or for each of several questions about them.
pub(crate) struct Shelf<T, Q = ()> {
    things: BTreeMap<Label<Q>, Vec<Thing<T>>>,
    /// How often something was used so far.
    uses: u64,
    /// The first use of the evaluation that is under way.
    begun: u64,
    needed: Needed,
}

/// How much the last session needed that an evaluation came to.
#[derive(Default)]
pub(crate) struct Needed(u64);

/// By which clips are told apart at little cost: the contents of the recording that one is made of, if it is of one, the rate,
/// and what was asked.
type Label<Q> = (Option<Key>, u32, Q);

struct Thing<T> {
    clip: Arc<Clip>,
    value: T,
    size: u64,
    /// Which use was the last one of it.
    used: u64,
}

impl<T: Clone, Q: Ord> Shelf<T, Q> {
    /// An evaluation begins.
    pub(crate) fn begin(&mut self) {
        self.begun = self.uses + 1;
    }

    /// What there is for a question about a clip at a rate.
    pub(crate) fn get(&mut self, clip: &Arc<Clip>, rate: u32, question: Q) -> Option<T> {
        let things = self.things.get_mut(&(contents(clip), rate, question))?;
        let thing = things.iter_mut().find(|thing| same(&thing.clip, clip))?;
        self.uses += 1;
        thing.used = self.uses;
        Some(thing.value.clone())
    }

    /// Puts something of a size there for a question about a clip at a rate.
    pub(crate) fn put(&mut self, clip: &Arc<Clip>, rate: u32, question: Q, value: T, size: u64) {
        self.uses += 1;
        let things = self.things.entry((contents(clip), rate, question)).or_default();
        things.retain(|thing| !same(&thing.clip, clip));
        things.push(Thing { clip: clip.clone(), value, size, used: self.uses });
    }

    /// All that there is.
    pub(crate) fn values(&self) -> impl Iterator<Item = &T> {
        self.things.values().flatten().map(|thing| &thing.value)
    }

    /// The clips that there is something for, in an order that follows from them.
    pub(crate) fn clips(&self) -> impl Iterator<Item = &Arc<Clip>> {
        self.things.values().flatten().map(|thing| &thing.clip)
    }

    /// Lets go of what was not used for the longest time, until the rest is at most so large, beside what was used last.
    pub(crate) fn trim(&mut self, most: u64) {
        self.make_room(most, self.uses);
    }

    /// After an evaluation: the same, beside all that it used.
    pub(crate) fn settle(&mut self, most: u64, has_session: bool) {
        let things = self.things.values().flatten();
        let used = things.filter(|thing| thing.used >= self.begun).map(|thing| thing.size).sum();
        let room = self.needed.room(most, used, has_session);
        self.make_room(room, self.begun);
    }

    /// Lets go of what was last used before that use, and of the oldest first, until the rest is at most so large.
    fn make_room(&mut self, most: u64, before: u64) {
        let sizes = || self.things.values().flatten().map(|thing| (thing.used, thing.size));
        let mut size = sizes().map(|(_, size)| size).sum::<u64>();
        if size <= most {
            return;
        }
        let mut oldest: Vec<(u64, u64)> = sizes().filter(|(used, _)| *used < before).collect();
        oldest.sort_unstable();
        let gone = oldest.iter().take_while(|(_, of_one)| {
            let is_too_large = size > most;
            size -= if is_too_large { *of_one } else { 0 };
            is_too_large
        });
        let Some(last_gone) = gone.last().map(|(used, _)| *used) else { return };
        self.things.retain(|_, things| {
            things.retain(|thing| thing.used > last_gone);
            !things.is_empty()
        });
    }
}

impl Needed {
    /// How much may stay after an evaluation that used so much: `most`, or more where it needs that. Who asks for more than
    /// `most` in the order of a script would else never find anything, as each answer makes room for the one before it. One
    /// that failed may not have come to what the session needs: that has room beside what it used.
    pub(crate) fn room(&mut self, most: u64, used: u64, has_session: bool) -> u64 {
        if has_session {
            self.0 = used;
            return most.max(used);
        }
        most.max(used + self.0)
    }
}

impl<T, Q> Default for Shelf<T, Q> {
    fn default() -> Self {
        Shelf { things: BTreeMap::new(), uses: 0, begun: 0, needed: Needed::default() }
    }
}

/// Whether two clips are the same sound.
fn same(a: &Arc<Clip>, b: &Arc<Clip>) -> bool {
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
        (1..=4).for_each(|n| shelf.put(&clip(f64::from(n)), 48_000, (), n, 10));
        assert_eq!(shelf.get(&clip(1.0), 48_000, ()), Some(1));
        shelf.trim(40);
        assert_eq!(shelf.things.values().flatten().count(), 4);
        shelf.trim(25);
        let left =
            |shelf: &mut Shelf<i32>| Vec::from_iter((1..=4).filter_map(|n| shelf.get(&clip(f64::from(n)), 48_000, ())));
        assert_eq!(left(&mut shelf), [1, 4]);
        // What was used last stays, however large it is.
        shelf.put(&clip(5.0), 48_000, (), 5, 1_000);
        shelf.trim(25);
        assert_eq!((left(&mut shelf), shelf.get(&clip(5.0), 48_000, ())), (Vec::new(), Some(5)));
    }

    #[test]
    fn an_evaluation_keeps_what_it_used() {
        let mut shelf = Shelf::default();
        (1..=3).for_each(|n| shelf.put(&clip(f64::from(n)), 48_000, (), n, 10));
        shelf.begin();
        assert_eq!(shelf.get(&clip(2.0), 48_000, ()), Some(2));
        // Another rate is another sound.
        assert_eq!(shelf.get(&clip(3.0), 44_100, ()), None);
        shelf.put(&clip(3.0), 44_100, (), 4, 10);
        shelf.settle(0, true);
        assert_eq!((shelf.get(&clip(1.0), 48_000, ()), shelf.get(&clip(3.0), 48_000, ())), (None, None));
        assert_eq!((shelf.get(&clip(2.0), 48_000, ()), shelf.get(&clip(3.0), 44_100, ())), (Some(2), Some(4)));
    }

    #[test]
    fn what_an_evaluation_has_used_is_there_for_the_next() {
        let mut shelf = Shelf::default();
        let mut evaluation = |questions: std::ops::Range<u32>| {
            shelf.begin();
            let mut found = 0;
            for question in questions {
                match shelf.get(&clip(261.0), 48_000, question) {
                    Some(answer) => assert_eq!(answer, 2 * question),
                    None => {
                        found += 1;
                        shelf.put(&clip(261.0), 48_000, question, 2 * question, 1);
                    }
                }
            }
            shelf.settle(100, true);
            (found, shelf.clips().count())
        };
        assert_eq!((evaluation(0..150), evaluation(0..150)), ((150, 150), (0, 150)));
        // An evaluation that asks for less leaves what there is room for, the latest first.
        assert_eq!((evaluation(0..10), evaluation(60..150), evaluation(59..60)), ((0, 100), (0, 100), (1, 100)));
        // Ever other questions do not pile up.
        (1..20).for_each(|n| assert_eq!(evaluation(n * 1_000..n * 1_000 + 40), (40, 100)));
    }
}
