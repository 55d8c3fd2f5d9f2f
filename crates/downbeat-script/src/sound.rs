//! Facts about sound: recordings are decoded once, kept, and handed on to whoever renders the mix.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use downbeat_dsp::{Audio, Sound, SoundFont};
use downbeat_engine::media::MediaError;
use downbeat_engine::session::{Clip, Recording, Source};
use downbeat_engine::{Key, World, WorldError, read, render_clip};

use crate::accept::Refusal;
use crate::memory::{Files, Memory};
use crate::shelf::Shelf;

/// The largest SoundFont, in bytes.
const MOST_FONT: u64 = 1 << 30;

/// The sounds that one evaluation asks for.
pub(crate) struct Sounds {
    world: Arc<dyn World>,
    threads: Option<usize>,
    /// What is known, of this evaluation and of those before.
    pub(crate) memory: Arc<Memory>,
    /// Whether others evaluate with it, too.
    is_shared: bool,
    pub(crate) evaluation: u64,
    /// The clips that were asked about.
    asked: Mutex<Shelf<()>>,
    /// Whether a file has changed between its hash and its sound.
    is_torn: AtomicBool,
    /// What went wrong last. A field has no other way to say it than to be missing.
    trouble: Mutex<Option<String>>,
}

impl Sounds {
    /// What is known comes from a memory that others have, too, or from one of its own.
    pub(crate) fn new(world: Arc<dyn World>, threads: Option<usize>, shared: Option<Arc<Memory>>) -> Self {
        let is_shared = shared.is_some();
        let memory = shared.unwrap_or_default();
        let evaluation = memory.begin();
        let (asked, is_torn, trouble) = (Mutex::default(), AtomicBool::new(false), Mutex::default());
        Sounds { world, threads, memory, is_shared, evaluation, asked, is_torn, trouble }
    }

    /// The sound of a clip; `None` when it cannot be made, which [`Sounds::take_trouble`] tells.
    pub(crate) fn audio(&self, clip: &Arc<Clip>, rate: u32) -> Option<Arc<Audio>> {
        self.note(clip, rate);
        if let Some(audio) = self.memory.audio().get(clip, rate, ()) {
            return Some(audio);
        }
        match render_clip(clip, rate, self.world.clone(), self.threads) {
            Ok(audio) => {
                self.memory.keep_audio(clip, rate, audio.clone());
                if self.is_shared && !self.is_as_hashed(&clip.source) {
                    self.is_torn.store(true, Ordering::Relaxed);
                }
                Some(audio)
            }
            Err(error) => {
                self.set_trouble(error.to_string());
                None
            }
        }
    }

    /// Whether a recording that was decoded just now is still the one whose hash was taken.
    fn is_as_hashed(&self, source: &Source) -> bool {
        let Source::Recording(Recording { path, contents, .. }) = source else { return true };
        let stamp = self.memory.contents.stamp(path, &());
        stamp.is_some_and(|stamp| self.world.stamp(path) == Some(stamp))
            || self.hash(path).is_ok_and(|hash| hash == *contents)
    }

    /// The sound of a clip as a parameter holds it: the one that is known, or one that is made now. `None` as
    /// [`Sounds::audio`].
    pub(crate) fn held(&self, clip: &Arc<Clip>, rate: u32, make: impl FnOnce(Arc<Audio>) -> Sound) -> Option<Sound> {
        self.note(clip, rate);
        if let Some(sound) = self.memory.held().get(clip, rate, ()) {
            return Some(sound);
        }
        let sound = make(self.audio(clip, rate)?);
        self.memory.held().put(clip, rate, (), sound.clone(), 1);
        Some(sound)
    }

    /// The SoundFont at a path.
    pub(crate) fn sound_font(&self, path: &str) -> Result<SoundFont, Refusal> {
        let refusal = |message: String, label: String| Refusal::Wrong { message, label, hint: None };
        self.known(&self.memory.fonts, path, (), |world| {
            let bytes = read(world, path, MOST_FONT).map_err(|error| {
                let near = match &error {
                    WorldError::NotFound { similar, .. } => similar.first(),
                    _ => None,
                };
                let label = near.map(|near| format!("did you mean {near:?}?"));
                refusal(error.to_string(), label.unwrap_or_else(|| "while this is read".into()))
            })?;
            let digest = *Key::of(&bytes).bytes();
            SoundFont::parse(path, digest, bytes)
                .map_err(|error| refusal(format!("`{path}` cannot be played: {error}"), "this file".into()))
        })
    }

    /// The hash of a file's bytes.
    pub(crate) fn contents(&self, path: &str) -> Result<Key, MediaError> {
        self.known(&self.memory.contents, path, (), |_| self.hash(path))
    }

    fn hash(&self, path: &str) -> Result<Key, MediaError> {
        Key::of_reader(self.world.open(path)?).map_err(|source| MediaError::Read { path: path.into(), source })
    }

    /// What is known of a file, or is found out now.
    pub(crate) fn known<Q: PartialEq, T: Clone, E>(
        &self,
        files: &Files<Q, T>,
        path: &str,
        question: Q,
        find: impl FnOnce(&dyn World) -> Result<T, E>,
    ) -> Result<T, E> {
        let world = self.world.as_ref();
        files.get_or((world, self.evaluation), path, question, || find(world))
    }

    /// Notes that a clip was asked about, whether its sound is needed to answer or not.
    pub(crate) fn note(&self, clip: &Arc<Clip>, rate: u32) {
        let mut asked = self.asked.lock().unwrap_or_else(PoisonError::into_inner);
        if asked.get(clip, rate, ()).is_none() {
            asked.put(clip, rate, (), (), 0);
        }
    }

    /// Notes what went wrong with a field that is about to be missing.
    pub(crate) fn set_trouble(&self, trouble: String) {
        *self.trouble.lock().unwrap_or_else(PoisonError::into_inner) = Some(trouble);
    }

    /// What went wrong last.
    pub(crate) fn take_trouble(&self) -> Option<String> {
        self.trouble.lock().unwrap_or_else(PoisonError::into_inner).take()
    }

    /// At the end: the recordings that were asked about and are decoded, as they are in their files.
    pub(crate) fn recordings(&self, rate: u32) -> Vec<(Recording, Arc<Audio>)> {
        let asked = self.asked.lock().unwrap_or_else(PoisonError::into_inner);
        let plain = asked.clips().filter(|clip| clip.chain.is_empty());
        plain
            .filter_map(|clip| match &clip.source {
                Source::Recording(recording) => Some((recording.clone(), self.memory.audio().get(clip, rate, ())?)),
                _ => None,
            })
            .collect()
    }

    /// At the end: what of all this stays for the next evaluation.
    pub(crate) fn settle(&self, has_session: bool) {
        if self.is_torn.load(Ordering::Relaxed) {
            self.memory.forget();
        } else {
            self.memory.settle(self.evaluation, has_session);
        }
    }
}

impl std::fmt::Debug for Sounds {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Sounds")
    }
}
