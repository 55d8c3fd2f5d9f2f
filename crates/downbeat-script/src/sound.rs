//! Facts about sound: recordings are decoded once, kept, and handed on to whoever renders the mix.

use std::sync::{Arc, Mutex, PoisonError};

use downbeat_dsp::{Audio, Sound, SoundFont};
use downbeat_engine::media::Pick;
use downbeat_engine::session::{Clip, Recording, Source};
use downbeat_engine::{Key, World, WorldError, read, render_clip};

use crate::accept::Refusal;
use crate::rhythm::Rhythms;

/// How many samples are kept at the most, beside the sound that was made last: 256 MiB.
const KEPT_SAMPLES: usize = 64 << 20;

/// The largest SoundFont, in bytes.
const MOST_FONT: u64 = 1 << 30;

/// The sounds that were asked for so far.
pub(crate) struct Sounds {
    world: Arc<dyn World>,
    threads: Option<usize>,
    made: Mutex<Vec<(Arc<Clip>, Arc<Audio>)>>,
    /// What went wrong last. A field has no other way to say it than to be missing.
    trouble: Mutex<Option<String>>,
    /// Recordings that were opened, with the rate they were opened for.
    opened: Mutex<Vec<(u32, Recording)>>,
    /// Sounds that parameters hold, by the clips they were made of.
    held: Mutex<Vec<(Arc<Clip>, Sound)>>,
    /// SoundFonts, by their paths.
    fonts: Mutex<Vec<(String, SoundFont)>>,
    /// What was heard in them.
    pub(crate) rhythms: Rhythms,
}

impl Sounds {
    pub(crate) fn new(world: Arc<dyn World>, threads: Option<usize>) -> Self {
        Sounds {
            world,
            threads,
            made: Mutex::default(),
            trouble: Mutex::default(),
            opened: Mutex::default(),
            held: Mutex::default(),
            fonts: Mutex::default(),
            rhythms: Rhythms::default(),
        }
    }

    /// The sound of a clip; `None` when it cannot be made, which [`Sounds::take_trouble`] tells.
    pub(crate) fn audio(&self, clip: &Arc<Clip>, rate: u32) -> Option<Arc<Audio>> {
        let mut made = self.made.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some((_, audio)) = made.iter().find(|(known, audio)| same(known, clip) && audio.rate() == rate) {
            return Some(audio.clone());
        }
        match render_clip(clip, rate, self.world.clone(), self.threads) {
            Ok(audio) => {
                made.push((clip.clone(), audio.clone()));
                let samples = |kept: &[(_, Arc<Audio>)]| -> usize {
                    kept.iter().map(|(_, audio)| audio.frames() * audio.channels().count()).sum()
                };
                while made.len() > 1 && samples(&made) > KEPT_SAMPLES {
                    made.remove(0);
                }
                Some(audio)
            }
            Err(error) => {
                self.set_trouble(error.to_string());
                None
            }
        }
    }

    /// The sound of a clip as a parameter holds it: the one that is known, or one that is made now. `None` as
    /// [`Sounds::audio`].
    pub(crate) fn held(&self, clip: &Arc<Clip>, rate: u32, make: impl FnOnce(Arc<Audio>) -> Sound) -> Option<Sound> {
        let mut held = self.held.lock().unwrap_or_else(PoisonError::into_inner);
        let known = held.iter().find(|(known, sound)| same(known, clip) && sound.audio().rate() == rate);
        if let Some((_, sound)) = known {
            return Some(sound.clone());
        }
        let sound = make(self.audio(clip, rate)?);
        held.push((clip.clone(), sound.clone()));
        Some(sound)
    }

    /// The SoundFont at a path: the one that is known, or one that is read now.
    pub(crate) fn sound_font(&self, path: &str) -> Result<SoundFont, Refusal> {
        let mut fonts = self.fonts.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some((_, font)) = fonts.iter().find(|(known, _)| known == path) {
            return Ok(font.clone());
        }
        let refusal = |message: String, label: String| Refusal::Wrong { message, label, hint: None };
        let bytes = read(self.world.as_ref(), path, MOST_FONT).map_err(|error| {
            let label = match &error {
                WorldError::NotFound { similar, .. } => similar.first().map(|near| format!("did you mean {near:?}?")),
                _ => None,
            };
            refusal(error.to_string(), label.unwrap_or_else(|| "while this is read".into()))
        })?;
        let digest = *Key::of(&bytes).bytes();
        let font = SoundFont::parse(path, digest, bytes)
            .map_err(|error| refusal(format!("`{path}` cannot be played: {error}"), "this file".into()))?;
        fonts.push((path.to_string(), font.clone()));
        Ok(font)
    }

    /// A recording that was opened before, or that is opened now.
    pub(crate) fn known_recording<E>(
        &self,
        path: &str,
        pick: Pick,
        rate: u32,
        open: impl FnOnce(&dyn World) -> Result<Recording, E>,
    ) -> Result<Recording, E> {
        let mut opened = self.opened.lock().unwrap_or_else(PoisonError::into_inner);
        let known = opened.iter().find(|(at, known)| *at == rate && known.path == path && known.pick == pick);
        if let Some((_, known)) = known {
            return Ok(known.clone());
        }
        let recording = open(self.world.as_ref())?;
        opened.push((rate, recording.clone()));
        Ok(recording)
    }

    /// Notes what went wrong with a field that is about to be missing.
    pub(crate) fn set_trouble(&self, trouble: String) {
        *self.trouble.lock().unwrap_or_else(PoisonError::into_inner) = Some(trouble);
    }

    /// What went wrong last.
    pub(crate) fn take_trouble(&self) -> Option<String> {
        self.trouble.lock().unwrap_or_else(PoisonError::into_inner).take()
    }

    /// The recordings that were decoded, as they are in their files.
    pub(crate) fn recordings(&self) -> Vec<(Recording, Arc<Audio>)> {
        let made = self.made.lock().unwrap_or_else(PoisonError::into_inner);
        let plain = made.iter().filter(|(clip, _)| clip.chain.is_empty());
        plain
            .filter_map(|(clip, audio)| match &clip.source {
                Source::Recording(recording) => Some((recording.clone(), audio.clone())),
                _ => None,
            })
            .collect()
    }
}

impl std::fmt::Debug for Sounds {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Sounds")
    }
}

/// Whether two clips are the same sound.
pub(crate) fn same(a: &Arc<Clip>, b: &Arc<Clip>) -> bool {
    Arc::ptr_eq(a, b) || a == b
}
