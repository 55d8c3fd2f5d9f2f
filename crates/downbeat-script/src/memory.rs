//! What evaluations have found out about files, kept from one to the next: an edit of a script changes no recording, and what
//! was read, decoded or measured once need not be again.
//!
//! A file is the same as long as its [`Stamp`] is; and whatever follows from its sound is kept by its contents, so that it
//! is found again when the stamp is another one and the bytes are not.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError};

use downbeat_dsp::{Audio, Sound, SoundFont};
use downbeat_engine::media::Pick;
use downbeat_engine::session::{Clip, Recording};
use downbeat_engine::{Key, Stamp, World};

use crate::facts::Facts;
use crate::made::Made;
use crate::rhythm::Rhythms;
use crate::shelf::Shelf;
use crate::song::Tempo;
use crate::stage::Stage;

/// What is known of files and of their sound. Given to [`evaluate`](crate::evaluate) in its [`Options`](crate::Options), it
/// makes the next evaluation quick and changes nothing about what comes of it. It belongs to one world.
///
/// Who evaluates again and again keeps one; evaluations that share it go one after the other.
///
/// ```
/// # use std::sync::Arc;
/// use downbeat_script::{Memory, Options};
/// let memory = Arc::new(Memory::new(1 << 30));
/// let options = Options { memory: Some(memory), ..Options::default() };
/// ```
pub struct Memory {
    /// The bytes of decoded sound that are kept.
    budget: u64,
    turn: Mutex<()>,
    /// Where evaluations run.
    stage: OnceLock<Stage>,
    evaluations: AtomicU64,
    /// The hash of each file's bytes.
    pub(crate) contents: Files<(), Key>,
    /// Recordings, by which of their channels are taken, and by the session's rate.
    pub(crate) recordings: Files<(Pick, u32), Recording>,
    pub(crate) songs: Files<(), Arc<Tempo>>,
    pub(crate) fonts: Files<(), SoundFont>,
    audio: Mutex<Shelf<Arc<Audio>>>,
    /// Sounds that parameters hold.
    held: Mutex<Shelf<Sound>>,
    facts: Mutex<Facts>,
    rhythms: Mutex<Rhythms>,
    pub(crate) made: Made,
}

/// The most answers of one kind that are kept, unless one evaluation needs more: of how many clips what was measured in their
/// stretches, and how many onset envelopes. One of those takes 0.1 MB for a song, and 1.4 MB for an hour.
pub(crate) const MOST_ANSWERS: u64 = 1_000;

impl Memory {
    /// A memory that keeps so many bytes of decoded sound beside the sound that was asked for last. What was not asked for
    /// the longest makes room. What the session itself holds (impulse responses, samples, SoundFonts) does not count.
    pub fn new(budget: u64) -> Self {
        Memory {
            budget,
            turn: Mutex::default(),
            stage: OnceLock::new(),
            evaluations: AtomicU64::new(0),
            contents: Files::default(),
            recordings: Files::default(),
            songs: Files::default(),
            fonts: Files::default(),
            audio: Mutex::default(),
            held: Mutex::default(),
            facts: Mutex::default(),
            rhythms: Mutex::default(),
            made: Made::default(),
        }
    }

    /// Where evaluations run.
    pub(crate) fn stage(&self) -> &Stage {
        self.stage.get_or_init(Stage::new)
    }

    /// Waits until no other evaluation is under way.
    pub(crate) fn take_turn(&self) -> MutexGuard<'_, ()> {
        self.turn.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The number of a new evaluation.
    pub(crate) fn begin(&self) -> u64 {
        lock(&self.audio).begin();
        lock(&self.held).begin();
        lock(&self.facts).begin();
        lock(&self.rhythms).begin();
        self.evaluations.fetch_add(1, Ordering::Relaxed) + 1
    }

    /// After an evaluation: makes room for the next one, and if it came to a session, lets go of what is large and was not
    /// needed for that.
    pub(crate) fn settle(&self, evaluation: u64, has_session: bool) {
        lock(&self.facts).settle(evaluation, has_session);
        lock(&self.rhythms).settle(has_session);
        if has_session {
            self.songs.keep_only(evaluation);
            self.fonts.keep_only(evaluation);
            self.made.keep_only(evaluation);
            lock(&self.held).settle(0, true);
        }
    }

    /// Forgets all that comes from files.
    pub(crate) fn forget(&self) {
        self.contents.keep_only(0);
        self.recordings.keep_only(0);
        self.songs.keep_only(0);
        self.fonts.keep_only(0);
        *lock(&self.audio) = Shelf::default();
        *lock(&self.held) = Shelf::default();
        *lock(&self.facts) = Facts::default();
        *lock(&self.rhythms) = Rhythms::default();
    }

    pub(crate) fn audio(&self) -> MutexGuard<'_, Shelf<Arc<Audio>>> {
        lock(&self.audio)
    }

    pub(crate) fn held(&self) -> MutexGuard<'_, Shelf<Sound>> {
        lock(&self.held)
    }

    pub(crate) fn facts(&self) -> MutexGuard<'_, Facts> {
        lock(&self.facts)
    }

    pub(crate) fn rhythms(&self) -> MutexGuard<'_, Rhythms> {
        lock(&self.rhythms)
    }

    /// Keeps the sound of a clip; what was asked for before it makes room.
    pub(crate) fn keep_audio(&self, clip: &Arc<Clip>, rate: u32, sound: Arc<Audio>) {
        let bytes = 4 * sound.frames() as u64 * sound.channels().count() as u64;
        let mut audio = lock(&self.audio);
        audio.put(clip, rate, (), sound, bytes);
        audio.trim(self.budget);
    }
}

/// 256 MiB of sound.
impl Default for Memory {
    fn default() -> Self {
        Memory::new(256 << 20)
    }
}

/// A memory is equal to itself alone.
impl PartialEq for Memory {
    fn eq(&self, other: &Self) -> bool {
        std::ptr::eq(self, other)
    }
}

impl std::fmt::Debug for Memory {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Memory")
    }
}

/// What was found in files when a question was asked about them, by their paths.
pub(crate) struct Files<Q, T>(Mutex<BTreeMap<String, Vec<Found<Q, T>>>>);

struct Found<Q, T> {
    question: Q,
    /// What the file showed of itself before it was read.
    stamp: Option<Stamp>,
    /// The evaluation that asked last. During one, a file is what it was when it was first asked for.
    evaluation: u64,
    answer: T,
}

impl<Q: PartialEq, T: Clone> Files<Q, T> {
    /// The answer that is known of a file that is still the same, or the one that is found now.
    pub(crate) fn get_or<E>(
        &self,
        (world, evaluation): (&dyn World, u64),
        path: &str,
        question: Q,
        find: impl FnOnce() -> Result<T, E>,
    ) -> Result<T, E> {
        let mut stamp = None;
        if let Some(found) = lock(&self.0).get_mut(path).and_then(|all| all.iter_mut().find(|f| f.question == question))
        {
            if found.evaluation == evaluation {
                return Ok(found.answer.clone());
            }
            stamp = world.stamp(path);
            if stamp.is_some() && stamp == found.stamp {
                found.evaluation = evaluation;
                return Ok(found.answer.clone());
            }
        }
        // The stamp is taken before the file is read: whatever happens to it from here on shows later.
        let stamp = stamp.or_else(|| world.stamp(path));
        let answer = find()?;
        let mut files = lock(&self.0);
        let all = files.entry(path.to_string()).or_default();
        all.retain(|found| found.question != question);
        all.push(Found { question, stamp, evaluation, answer: answer.clone() });
        Ok(answer)
    }

    /// What a file showed of itself before a question about it was answered.
    pub(crate) fn stamp(&self, path: &str, question: &Q) -> Option<Stamp> {
        lock(&self.0).get(path)?.iter().find(|found| found.question == *question)?.stamp
    }

    /// Lets go of what another evaluation than this asked for last.
    fn keep_only(&self, evaluation: u64) {
        lock(&self.0).retain(|_, all| {
            all.retain(|found| found.evaluation == evaluation);
            !all.is_empty()
        });
    }
}

impl<Q, T> Default for Files<Q, T> {
    fn default() -> Self {
        Files(Mutex::default())
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
