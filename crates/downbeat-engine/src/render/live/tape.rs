//! Recordings, page by page: decoded once, kept in the store, and read from there at any place.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};

use downbeat_dsp::{Audio, Block};

use super::store::Store;
use crate::key::{Key, KeyMaker};
use crate::media::{MediaError, Reader};
use crate::render::RenderError;
use crate::session::Recording;
use crate::world::{Stamp, World, WorldError};

/// All recordings of a mix.
pub(crate) struct Tapes {
    world: Arc<dyn World>,
    rate: u32,
    store: Arc<Store>,
    tapes: Mutex<BTreeMap<Key, Arc<Tape>>>,
}

/// A recording whose file may be open.
struct Tape {
    recording: Recording,
    key: Key,
    /// What the file showed of itself when it was last seen to hold what it should.
    stamp: Mutex<Option<Stamp>>,
    cursor: Mutex<Option<Cursor>>,
}

/// A reader, and the page that it comes to next.
struct Cursor {
    reader: Reader,
    page: u64,
}

const PAGE: usize = Tapes::PAGE;

/// So many pages are rather read over than sought over.
const NEAR: u64 = 2;

impl Tapes {
    /// The length of a page of a recording, in frames.
    pub(crate) const PAGE: usize = 65_536;

    /// Recordings at the session's rate. Pages go into the store.
    pub(super) fn new(world: Arc<dyn World>, rate: u32, store: Arc<Store>) -> Self {
        Tapes { world, rate, store, tapes: Mutex::default() }
    }

    /// What was made and kept under a key.
    pub(crate) fn known(&self, key: Key) -> Option<Arc<Audio>> {
        self.store.sound(key)
    }

    /// Keeps what was made.
    pub(crate) fn keep(&self, key: Key, audio: Arc<Audio>) {
        self.store.put_sound(key, audio, false);
    }

    /// Fills a block with the frames of a recording from one on; after its end, with silence.
    pub(crate) fn read(&self, recording: &Recording, from: u64, block: &mut Block<'_>) -> Result<(), RenderError> {
        let tape = self.tape(recording);
        let mut done = 0;
        while done < block.frames() {
            let at = from + done as u64;
            let (page, skip) = (at / PAGE as u64, (at % PAGE as u64) as usize);
            let frames = (block.frames() - done).min(PAGE - skip);
            let mut part = block.part(done..done + frames);
            if at < recording.frames.0 {
                let page = self.page(&tape, page)?;
                for (plane, source) in part.planes().zip([page.left(), page.right()]) {
                    plane.copy_from_slice(&source[skip..skip + frames]);
                }
            } else {
                part.planes().for_each(|plane| plane.fill(0.0));
            }
            done += frames;
        }
        Ok(())
    }

    /// A page of a recording; the last one ends in silence.
    pub(crate) fn page_of(&self, recording: &Recording, number: u64) -> Result<Arc<Audio>, RenderError> {
        self.page(&self.tape(recording), number)
    }

    fn tape(&self, recording: &Recording) -> Arc<Tape> {
        let mut name = KeyMaker::new("tape");
        name.key(recording.contents).bytes(format!("{:?}", recording.pick).as_bytes()).number(self.rate.into());
        let key = name.finish();
        let mut tapes = self.tapes.lock().unwrap_or_else(PoisonError::into_inner);
        let make = || {
            let (stamp, cursor) = (Mutex::default(), Mutex::default());
            Arc::new(Tape { recording: recording.clone(), key, stamp, cursor })
        };
        tapes.entry(key).or_insert_with(make).clone()
    }

    /// A page of a recording. All have the full length; the last one ends in silence.
    fn page(&self, tape: &Tape, number: u64) -> Result<Arc<Audio>, RenderError> {
        let key = |number: u64| KeyMaker::new("page").key(tape.key).number(number).finish();
        if let Some(page) = self.store.sound(key(number)) {
            return Ok(page);
        }
        let mut held = tape.cursor.lock().unwrap_or_else(PoisonError::into_inner);
        // Whoever held the cursor before may have made it.
        if let Some(page) = self.store.sound(key(number)) {
            return Ok(page);
        }
        let near = |cursor: &Cursor| cursor.page <= number && number <= cursor.page + NEAR;
        let mut cursor = match held.take().filter(near) {
            Some(cursor) => cursor,
            None => self.open(tape, number)?,
        };
        loop {
            let mut page = self.store.silence(cursor.reader.format(), PAGE);
            let mut there = 0;
            while there < PAGE {
                match cursor.reader.read(&mut page.block_at(there..PAGE))? {
                    0 => break,
                    more => there += more,
                }
            }
            // It may have been written to in the meantime.
            let known = *tape.stamp.lock().unwrap_or_else(PoisonError::into_inner);
            if self.world.glance(&tape.recording.path) != known {
                self.check(tape)?;
            }
            let page = Arc::new(page);
            self.store.put_sound(key(cursor.page), page.clone(), false);
            cursor.page += 1;
            if cursor.page > number {
                *held = Some(cursor);
                return Ok(page);
            }
        }
    }

    /// Opens a recording at a page, or at its start where its format knows no other way to it.
    fn open(&self, tape: &Tape, number: u64) -> Result<Cursor, RenderError> {
        self.check(tape)?;
        let Recording { path, pick, .. } = &tape.recording;
        let mut reader = Reader::open(self.world.as_ref(), path, *pick, self.rate)?;
        let page = if reader.seek(number * PAGE as u64)? { number } else { 0 };
        Ok(Cursor { reader, page })
    }

    /// Makes sure that the file still holds what it did when the mix was made: what its stamp says, and where that is not to
    /// be relied on, its contents.
    fn check(&self, tape: &Tape) -> Result<(), RenderError> {
        let Recording { path, contents: expected, .. } = &tape.recording;
        let mut known = tape.stamp.lock().unwrap_or_else(PoisonError::into_inner);
        let reliable = self.world.stamp(path);
        if reliable.is_some() && (reliable == *known || self.store.has_seen(path, *expected, reliable)) {
            *known = reliable;
            return Ok(());
        }
        let stamp = self.world.glance(path);
        let io = |source| WorldError::Io { path: path.clone(), source };
        let contents = Key::of_reader(self.world.open(path).map_err(MediaError::from)?);
        if contents.map_err(|error| MediaError::from(io(error)))? != *expected {
            return Err(RenderError::Changed { path: path.clone() });
        }
        *known = stamp;
        if reliable == stamp {
            self.store.see(path, *expected, stamp);
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use std::io::Cursor;
    use std::sync::atomic::{AtomicUsize, Ordering};

    use super::*;
    use crate::media::{Container, Encoder, OutputFormat, Pick, SampleFormat};
    use crate::time::Frames;
    use crate::world::Bytes;

    /// One file.
    struct Drums {
        bytes: Mutex<Vec<u8>>,
        stamp: Mutex<Option<Stamp>>,
        opened: AtomicUsize,
    }

    impl World for Drums {
        fn open(&self, _: &str) -> Result<Box<dyn Bytes>, WorldError> {
            self.opened.fetch_add(1, Ordering::Relaxed);
            Ok(Box::new(Cursor::new(self.bytes.lock().unwrap().clone())))
        }

        fn stamp(&self, _: &str) -> Option<Stamp> {
            *self.stamp.lock().unwrap()
        }
    }

    fn wav(sample: f32) -> Vec<u8> {
        let mut bytes = Cursor::new(Vec::new());
        let audio = Audio::mono(48_000, vec![sample; 1000]);
        let format = OutputFormat::new(Container::Wav, SampleFormat::Float32);
        let mut encoder = Encoder::new(&mut bytes, format, audio.format(), 0, None).unwrap();
        encoder.write_audio(&audio).unwrap();
        encoder.finish().unwrap();
        bytes.into_inner()
    }

    #[test]
    fn a_file_is_looked_through_once_as_long_as_its_stamp_is_the_same() {
        let bytes = wav(0.5);
        let contents = Key::of(&bytes);
        let world = Arc::new(Drums { bytes: Mutex::new(bytes), stamp: Mutex::default(), opened: AtomicUsize::new(0) });
        let (path, channels) = ("drums.wav".to_string(), downbeat_dsp::Channels::Mono);
        let recording = Recording { path, contents, pick: Pick::AsIs, channels, frames: Frames(1000) };
        // There is no room to keep a page, so that it is read anew for each take.
        let store = Arc::new(Store::new(0));
        let opened = |length: Option<u64>| {
            let stamp = length.map(|length| Stamp { length, modified_ns: 0, changed_ns: None, file: None });
            *world.stamp.lock().unwrap() = stamp;
            let before = world.opened.load(Ordering::Relaxed);
            let tapes = Tapes::new(world.clone(), 48_000, store.clone());
            tapes.page_of(&recording, 0).map(|_| world.opened.load(Ordering::Relaxed) - before)
        };
        let both = [Some(1), Some(1), Some(2), Some(2), Some(1)].map(|length| opened(length).unwrap());
        assert_eq!(both, [2, 1, 2, 1, 2], "once to look through it, and once to read it");
        assert!(opened(None).unwrap() >= 2, "it shows nothing");
        *world.bytes.lock().unwrap() = wav(0.25);
        let error = opened(Some(3)).unwrap_err();
        assert!(matches!(&error, RenderError::Changed { path } if path == "drums.wav"), "{error}");
    }
}
