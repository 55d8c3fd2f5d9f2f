//! The store of finished work: whatever was made is kept by its key, as long as there is room.

use std::any::Any;
use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use downbeat_dsp::{Audio, Channels, Format};

use super::loudness::Heard;
use super::lru::Lru;
use crate::key::Key;
use crate::world::Stamp;

/// Finished work by its keys, within a budget of memory. What was not used for the longest time goes first.
///
/// Equal keys mean equal sound, so what is in the store is never out of date: an edit makes other keys.
pub struct Store {
    budget: u64,
    shelves: Mutex<Shelves>,
    /// What files showed of themselves when they were last read through, and what was in them.
    seen: Mutex<BTreeMap<String, (Key, Stamp)>>,
}

/// What a store holds, and how often it could help.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Statistics {
    /// The memory that all of it takes, in bytes.
    pub bytes: u64,
    /// How many pieces of work there are.
    pub entries: u64,
    /// How often something was asked for and was there.
    pub hits: u64,
    /// How often it was not.
    pub misses: u64,
}

/// What is known of a page of a line, once it has been made.
#[derive(Clone)]
pub(super) struct Made {
    /// The name of the state after it.
    pub(super) state: Key,
    /// What a waveform is drawn from, if anybody looks at the line.
    pub(super) bins: Option<Arc<[Bin]>>,
}

/// A gain that was measured.
#[derive(Clone, Copy, PartialEq, Debug)]
pub(super) struct Gain {
    pub(super) factor: f32,
    /// Whether a limiter has to hold peaks after it.
    pub(super) is_limited: bool,
}

/// What a waveform shows of a short stretch.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct Bin {
    /// The lowest sample, over all channels.
    pub min: f32,
    /// The highest sample, over all channels.
    pub max: f32,
    /// The root mean square of all channels.
    pub rms: f32,
    /// The spectral centroid in Hz; zero where there is no sound.
    pub centroid_hz: f32,
}

#[derive(Default)]
struct Shelves {
    /// Pages of the mix: what is played. They go when they take more than half of the budget.
    mix: Lru<Arc<Audio>>,
    /// Other sound: pages of strips and of recordings, whole clips.
    sound: Lru<Arc<Audio>>,
    /// Segments, which the pages that follow need as well, and nobody after them.
    segments: Lru<Arc<Audio>>,
    /// Effects in the middle of their work.
    states: Lru<Arc<dyn Any + Send + Sync>>,
    facts: Lru<Made>,
    /// What meters have read in pages.
    heard: Lru<Heard>,
    gains: Lru<Gain>,
    /// Planes for pages to come. Memory that is new is cleared by the system when it is first touched, which may take longer
    /// than the work on the sound: so that was done before, or they are those of pages that had to go.
    spares: Vec<Vec<f32>>,
    spare_bytes: u64,
    /// How many frames they hold.
    spare_frames: usize,
    hits: u64,
    misses: u64,
}

/// What an entry takes besides what it holds: its key twice, and the nodes of the trees.
const OVERHEAD: u64 = 160;

/// The part of the budget that is for planes for pages to come.
const SPARES_SHARE: u64 = 32;

/// What is known of more files than this is forgotten.
const MOST_SEEN: usize = 10_000;

impl Store {
    /// An empty store of at most so many bytes.
    pub fn new(budget: u64) -> Self {
        Store { budget, shelves: Mutex::default(), seen: Mutex::default() }
    }

    /// How many bytes it keeps at the most.
    pub(super) fn budget(&self) -> u64 {
        self.budget
    }

    /// What it holds now.
    pub fn statistics(&self) -> Statistics {
        let shelves = self.shelves();
        Statistics { bytes: shelves.bytes(), entries: shelves.entries(), hits: shelves.hits, misses: shelves.misses }
    }

    fn shelves(&self) -> MutexGuard<'_, Shelves> {
        // Nobody can panic in the middle of a change: what is there is whole.
        self.shelves.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn get<V: Clone>(&self, key: Key, shelf: impl FnOnce(&mut Shelves) -> &mut Lru<V>) -> Option<V> {
        let mut shelves = self.shelves();
        let found = shelf(&mut shelves).get(key);
        match found {
            Some(_) => shelves.hits += 1,
            None => shelves.misses += 1,
        }
        found
    }

    fn put<V: Clone>(&self, key: Key, value: V, bytes: usize, shelf: impl FnOnce(&mut Shelves) -> &mut Lru<V>) {
        let mut shelves = self.shelves();
        shelf(&mut shelves).put(key, value, bytes as u64 + OVERHEAD);
        shelves.keep_within(self.budget);
    }

    /// Whether a file that shows this of itself is known to hold that.
    pub(super) fn has_seen(&self, path: &str, contents: Key, stamp: Option<Stamp>) -> bool {
        let seen = self.seen.lock().unwrap_or_else(PoisonError::into_inner);
        seen.get(path).is_some_and(|(held, shown)| (*held, Some(*shown)) == (contents, stamp))
    }

    /// Notes what a file holds that shows this of itself.
    pub(super) fn see(&self, path: &str, contents: Key, stamp: Option<Stamp>) {
        let mut seen = self.seen.lock().unwrap_or_else(PoisonError::into_inner);
        if seen.len() >= MOST_SEEN {
            seen.clear();
        }
        seen.extend(stamp.map(|stamp| (path.to_string(), (contents, stamp))));
    }

    /// Counts a page or a state as used, if it is there.
    pub(super) fn touch(&self, key: Key) {
        let mut shelves = self.shelves();
        shelves.mix.get(key);
        shelves.sound.get(key);
        shelves.states.get(key);
    }

    /// A page of the mix, or other sound.
    pub(super) fn sound(&self, key: Key) -> Option<Arc<Audio>> {
        self.get(key, |shelves| if shelves.mix.has(key) { &mut shelves.mix } else { &mut shelves.sound })
    }

    /// Whether such a page is there. That it was asked for does not count.
    pub(super) fn has_sound(&self, key: Key) -> bool {
        let shelves = self.shelves();
        shelves.mix.has(key) || shelves.sound.has(key)
    }

    pub(super) fn put_sound(&self, key: Key, sound: Arc<Audio>, is_mix: bool) {
        let bytes = bytes_of(&sound);
        self.put(key, sound, bytes, |shelves| if is_mix { &mut shelves.mix } else { &mut shelves.sound });
    }

    /// A page of silence, to be written to.
    pub(super) fn silence(&self, format: Format, frames: usize) -> Audio {
        let spare = || {
            let mut plane = self.shelves().spare(frames).unwrap_or_default();
            plane.clear();
            plane.resize(frames, 0.0);
            plane
        };
        match format.channels {
            Channels::Mono => Audio::mono(format.rate, spare()),
            Channels::Stereo => Audio::stereo(format.rate, spare(), spare()),
        }
    }

    /// Has memory at hand for pages of so many frames, until `stop` says so.
    pub(super) fn prepare(&self, frames: usize, stop: &dyn Fn() -> bool) {
        let wanted = self.budget / SPARES_SHARE / (frames * size_of::<f32>()).max(1) as u64;
        self.shelves().spare_frames = frames;
        while (self.shelves().spares.len() as u64) < wanted && !stop() {
            // Not zero, which the system would promise and not give before it has to.
            let plane = vec![1.0; frames];
            let mut shelves = self.shelves();
            shelves.spare_bytes += bytes_of_plane(&plane);
            shelves.spares.push(plane);
            shelves.keep_within(self.budget);
        }
    }

    /// A segment.
    pub(super) fn segment(&self, key: Key) -> Option<Arc<Audio>> {
        self.get(key, |shelves| &mut shelves.segments)
    }

    pub(super) fn put_segment(&self, key: Key, sound: Arc<Audio>) {
        let bytes = bytes_of(&sound);
        self.put(key, sound, bytes, |shelves| &mut shelves.segments);
    }

    pub(super) fn state<S: Any + Send + Sync>(&self, key: Key) -> Option<Arc<S>> {
        self.get(key, |shelves| &mut shelves.states)?.downcast().ok()
    }

    pub(super) fn put_state<S: Any + Send + Sync>(&self, key: Key, state: Arc<S>, bytes: usize) {
        self.put(key, state as Arc<dyn Any + Send + Sync>, bytes, |shelves| &mut shelves.states);
    }

    pub(super) fn made(&self, key: Key) -> Option<Made> {
        self.get(key, |shelves| &mut shelves.facts)
    }

    pub(super) fn put_made(&self, key: Key, made: Made) {
        let bytes = made.bins.as_ref().map_or(0, |bins| size_of_val(&**bins));
        self.put(key, made, bytes, |shelves| &mut shelves.facts);
    }

    pub(super) fn heard(&self, key: Key) -> Option<Heard> {
        self.get(key, |shelves| &mut shelves.heard)
    }

    pub(super) fn put_heard(&self, key: Key, heard: Heard) {
        let bytes = heard.bytes();
        self.put(key, heard, bytes, |shelves| &mut shelves.heard);
    }

    pub(super) fn gain(&self, key: Key) -> Option<Gain> {
        self.get(key, |shelves| &mut shelves.gains)
    }

    pub(super) fn put_gain(&self, key: Key, gain: Gain) {
        self.put(key, gain, 0, |shelves| &mut shelves.gains);
    }
}

pub(super) fn bytes_of(sound: &Audio) -> usize {
    sound.planes().map(size_of_val).sum()
}

fn bytes_of_plane(plane: &Vec<f32>) -> u64 {
    (plane.capacity() * size_of::<f32>()) as u64
}

impl Shelves {
    /// A plane with room for so many frames.
    fn spare(&mut self, frames: usize) -> Option<Vec<f32>> {
        let plane = self.spares.pop_if(|plane| plane.capacity() >= frames)?;
        self.spare_bytes -= bytes_of_plane(&plane);
        Some(plane)
    }

    fn bytes(&self) -> u64 {
        self.mix.bytes()
            + self.sound.bytes()
            + self.segments.bytes()
            + self.states.bytes()
            + self.facts.bytes()
            + self.heard.bytes()
            + self.gains.bytes()
            + self.spare_bytes
    }

    fn entries(&self) -> u64 {
        let sound = self.mix.len() + self.sound.len() + self.segments.len();
        (sound + self.states.len() + self.facts.len() + self.heard.len() + self.gains.len()) as u64
    }

    /// Lets go of what is used least. Sound can be made again from states, and states from earlier ones; what is known of
    /// pages is small and saves most.
    fn keep_within(&mut self, budget: u64) {
        while self.segments.bytes() > budget / 32 {
            self.segments.drop_oldest();
        }
        while self.bytes() > budget {
            let went = if self.mix.bytes() > budget / 2 {
                self.drop_mix(budget)
            } else if self.states.bytes() > budget / 8 {
                self.states.drop_oldest().is_some()
            } else if self.facts.bytes() > budget / 8 {
                self.facts.drop_oldest().is_some()
            } else {
                self.drop_sound(budget) || self.drop_mix(budget) || self.states.drop_oldest().is_some()
            };
            let went = went || self.facts.drop_oldest().is_some() || self.heard.drop_oldest().is_some();
            if !(went || self.gains.drop_oldest().is_some()) {
                return;
            }
        }
    }

    fn drop_mix(&mut self, budget: u64) -> bool {
        let dropped = self.mix.drop_oldest();
        dropped.map(|page| self.use_again(page, budget)).is_some()
    }

    fn drop_sound(&mut self, budget: u64) -> bool {
        let dropped = self.sound.drop_oldest();
        dropped.map(|page| self.use_again(page, budget)).is_some()
    }

    /// Keeps the planes of a page for pages to come, as far as there is room for such, unless somebody hears it still.
    fn use_again(&mut self, page: Arc<Audio>, budget: u64) {
        for plane in Arc::into_inner(page).into_iter().flat_map(Audio::into_planes) {
            let bytes = bytes_of_plane(&plane);
            if plane.capacity() == self.spare_frames && self.spare_bytes + bytes <= budget / SPARES_SHARE {
                self.spare_bytes += bytes;
                self.spares.push(plane);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn page(sample: f32) -> Arc<Audio> {
        Arc::new(Audio::mono(48_000, vec![sample; 1000]))
    }

    fn key(number: u8) -> Key {
        Key::of(&[number])
    }

    #[test]
    fn what_is_used_least_goes_first() {
        let store = Store::new(3 * (4000 + OVERHEAD));
        for number in 0..3 {
            store.put_sound(key(number), page(number.into()), false);
        }
        assert!(store.sound(key(0)).is_some());
        store.put_sound(key(3), page(3.0), false);
        assert!(store.sound(key(1)).is_none(), "it was used least");
        assert!([0, 2, 3].iter().all(|number| store.sound(key(*number)).is_some()));
        assert_eq!(store.statistics(), Statistics { bytes: 3 * (4000 + OVERHEAD), entries: 3, hits: 4, misses: 1 });
    }

    #[test]
    fn the_mix_stays_while_it_takes_half() {
        let store = Store::new(4 * (4000 + OVERHEAD));
        (0..2).for_each(|number| store.put_sound(key(number), page(0.0), true));
        (2..9).for_each(|number| store.put_sound(key(number), page(0.0), false));
        assert!((0..2).all(|number| store.sound(key(number)).is_some()));
        (9..12).for_each(|number| store.put_sound(key(number), page(0.0), true));
        assert!(store.sound(key(0)).is_none());
        assert!(store.statistics().bytes <= 4 * (4000 + OVERHEAD));
    }

    #[test]
    fn pages_to_come_have_their_memory_and_it_counts() {
        let store = Store::new(SPARES_SHARE * 4000 * 3);
        store.prepare(1000, &|| true);
        assert_eq!(store.statistics().bytes, 0);
        store.prepare(1000, &|| false);
        store.prepare(1000, &|| false);
        assert_eq!(store.statistics().bytes, 3 * 4000);
        let format = Format::stereo(48_000);
        assert_eq!(store.silence(format, 1001), Audio::silence(format, 1001));
        assert_eq!(store.statistics().bytes, 3 * 4000);
        assert_eq!(store.silence(format, 900), Audio::silence(format, 900));
        assert_eq!(store.silence(format, 1000), Audio::silence(format, 1000));
        assert_eq!(store.statistics().bytes, 0);
    }

    #[test]
    fn pages_that_go_leave_their_memory_to_those_to_come() {
        let budget = SPARES_SHARE * 4000;
        let store = Store::new(budget);
        store.prepare(1000, &|| false);
        assert_eq!(store.silence(Format::mono(48_000), 1000).frames(), 1000);
        let heard = page(1.0);
        let place = heard.left().as_ptr();
        store.put_sound(key(0), page(0.0), false);
        store.put_sound(key(1), heard.clone(), false);
        store.put_sound(key(2), heard, false);
        let pages = (budget / (4000 + OVERHEAD)) as u8;
        (3..=pages).for_each(|number| store.put_sound(key(number), page(0.5), false));
        assert!(!store.has_sound(key(0)) && store.statistics().bytes <= budget);
        assert_eq!(store.silence(Format::mono(48_000), 1000), Audio::mono(48_000, vec![0.0; 1000]));
        // Of two that are the same one, the second that goes leaves it.
        (pages + 1..=pages + 3).for_each(|number| store.put_sound(key(number), page(0.5), false));
        assert!(!store.has_sound(key(2)));
        let again = store.silence(Format::mono(48_000), 1000);
        assert_eq!((again.left().as_ptr(), again.is_silent()), (place, true));
    }
}
