//! What can be measured in stretches of a clip, each measured once: levels, and how bright they are.

use std::collections::BTreeMap;
use std::ops::Range;
use std::sync::{Arc, Mutex, PoisonError};

use downbeat_dsp::{Audio, StretchLevels, spectral_centroid};
use downbeat_engine::session::Clip;

use crate::memory::MOST_ANSWERS;
use crate::shelf::{Needed, Shelf};
use crate::sound::Sounds;

/// What was measured so far.
#[derive(Default)]
pub(crate) struct Facts {
    clips: Shelf<Arc<Stretches>>,
    /// How many stretches a session needs.
    needed: Needed,
}

/// What was measured in the stretches of a clip.
#[derive(Default)]
struct Stretches {
    levels: Mutex<Answers<StretchLevels>>,
    centroids: Mutex<Answers<f64>>,
}

/// Answers by the first frame of a stretch and the one after the last, each with the evaluation that asked for it last.
type Answers<T> = BTreeMap<(u64, u64), (u64, T)>;

/// The most answers about stretches that are kept, of all clips, unless one evaluation needs more. Each takes about 100 bytes.
const MOST: u64 = 100_000;

impl Facts {
    /// An evaluation begins.
    pub(crate) fn begin(&mut self) {
        self.clips.begin();
    }

    /// After an evaluation: forgets what was not asked for the longest, of what is too much.
    pub(crate) fn settle(&mut self, evaluation: u64, has_session: bool) {
        self.clips.settle(MOST_ANSWERS, has_session);
        let mut asked: BTreeMap<u64, u64> = BTreeMap::new();
        self.clips.values().for_each(|clip| clip.count(&mut asked));
        let used = asked.get(&evaluation).copied().unwrap_or(0);
        let mut room = self.needed.room(MOST, used, has_session);
        // Evaluation by evaluation, the last one first.
        let fits = |(_, count): &(&u64, &u64)| {
            let fits = **count <= room;
            room = room.saturating_sub(**count);
            fits
        };
        let kept = asked.iter().rev().take_while(fits).last().map_or(evaluation, |(oldest, _)| *oldest);
        if asked.first_key_value().is_some_and(|(oldest, _)| *oldest < kept) {
            self.clips.values().for_each(|clip| clip.forget_before(kept));
        }
    }
}

impl Stretches {
    /// Counts the answers by the evaluation that asked last.
    fn count(&self, asked: &mut BTreeMap<u64, u64>) {
        let mut add = |evaluation: u64| *asked.entry(evaluation).or_default() += 1;
        lock(&self.levels).values().for_each(|(evaluation, _)| add(*evaluation));
        lock(&self.centroids).values().for_each(|(evaluation, _)| add(*evaluation));
    }

    fn forget_before(&self, first: u64) {
        lock(&self.levels).retain(|_, (evaluation, _)| *evaluation >= first);
        lock(&self.centroids).retain(|_, (evaluation, _)| *evaluation >= first);
    }
}

impl Sounds {
    /// The levels of stretches of a clip, over all channels; what lies after its end is left out. `None` as for
    /// [`Sounds::audio`].
    pub(crate) fn levels(
        &self,
        clip: &Arc<Clip>,
        rate: u32,
        stretches: impl Iterator<Item = Range<u64>> + Clone,
    ) -> Option<Vec<StretchLevels>> {
        let measure = |audio: &Audio, at: Range<u64>| StretchLevels::of(audio, at.start as usize..at.end as usize);
        self.measured(|clip| &clip.levels, clip, rate, stretches, measure)
    }

    /// The spectral centroid of a stretch of a clip, of the mean of its channels, in Hz; `None` as for [`Sounds::audio`].
    pub(crate) fn centroid(&self, clip: &Arc<Clip>, rate: u32, stretch: Range<u64>) -> Option<f64> {
        let measure = |audio: &Audio, at: Range<u64>| {
            let end = (at.end as usize).min(audio.frames());
            let range = (at.start as usize).min(end)..end;
            let (left, right) = (&audio.left()[range.clone()], &audio.right()[range]);
            let middle: Vec<f32> = left.iter().zip(right).map(|(l, r)| 0.5 * (l + r)).collect();
            spectral_centroid(&middle, rate)
        };
        self.measured(|clip| &clip.centroids, clip, rate, std::iter::once(stretch), measure)?.pop()
    }

    /// The answers that are known about stretches of a clip; the others are found now.
    fn measured<T: Copy>(
        &self,
        kind: impl Fn(&Stretches) -> &Mutex<Answers<T>>,
        clip: &Arc<Clip>,
        rate: u32,
        stretches: impl Iterator<Item = Range<u64>> + Clone,
        mut measure: impl FnMut(&Audio, Range<u64>) -> T,
    ) -> Option<Vec<T>> {
        let of_clip = self.stretches(clip, rate);
        let mut known = lock(kind(&of_clip));
        let asked = |known: &mut Answers<T>| {
            let answer = |at: Range<u64>| {
                let (evaluation, answer) = known.get_mut(&(at.start, at.end))?;
                *evaluation = self.evaluation;
                Some(*answer)
            };
            stretches.clone().map(answer).collect::<Option<Vec<T>>>()
        };
        if let Some(all) = asked(&mut known) {
            return Some(all);
        }
        let audio = self.audio(clip, rate)?;
        for at in stretches.clone() {
            known.entry((at.start, at.end)).or_insert_with(|| (self.evaluation, measure(&audio, at)));
        }
        asked(&mut known)
    }

    /// What was measured in a clip so far.
    fn stretches(&self, clip: &Arc<Clip>, rate: u32) -> Arc<Stretches> {
        self.note(clip, rate);
        let mut all = self.memory.facts();
        all.clips.get(clip, rate, ()).unwrap_or_else(|| {
            let none = Arc::<Stretches>::default();
            all.clips.put(clip, rate, (), none.clone(), 1);
            none
        })
    }
}

fn lock<T>(mutex: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use downbeat_engine::session::Source;
    use downbeat_engine::time::Frames;
    use downbeat_engine::{Bytes, World, WorldError};

    use super::*;
    use crate::memory::Memory;

    /// A world without files.
    struct Nothing;

    impl World for Nothing {
        fn open(&self, path: &str) -> Result<Box<dyn Bytes>, WorldError> {
            Err(WorldError::NotFound { path: path.into(), similar: Vec::new() })
        }
    }

    /// An evaluation that asks about these stretches of two clips, half of them of each: how many had to be measured.
    fn evaluation(memory: &Arc<Memory>, stretches: Range<u64>, has_session: bool) -> u64 {
        let sounds = Sounds::new(Arc::new(Nothing), None, Some(memory.clone()));
        let mut measured = 0;
        for half in 0..2 {
            let source = Source::Sweep { from_hz: 65.0, to_hz: 261.0, frames: Frames(9 + half), level: 1.0 };
            let clip = Arc::new(Clip { source, chain: Vec::new() });
            let of_clip = stretches.clone().filter(|start| start % 2 == half).map(|start| start..start + 1);
            let measure = |_: &Audio, at: Range<u64>| {
                measured += 1;
                at.start as f64
            };
            let answers = sounds.measured(|clip| &clip.centroids, &clip, 48_000, of_clip.clone(), measure);
            assert!(answers.unwrap().into_iter().eq(of_clip.map(|at| at.start as f64)));
        }
        sounds.settle(has_session);
        measured
    }

    fn kept(memory: &Memory) -> usize {
        memory.facts().clips.values().map(|clip| lock(&clip.centroids).len()).sum()
    }

    #[test]
    fn a_session_of_however_many_stretches_measures_each_once() {
        let memory = Arc::new(Memory::default());
        let many = 3 * MOST;
        let counts = [(0..many), (0..many), (1..many + 1)].map(|asked| evaluation(&memory, asked, true));
        assert_eq!((counts, kept(&memory) as u64), ([many, 0, 1], many));
        // What is not asked for any more makes room, and what was asked for last goes last.
        assert_eq!(evaluation(&memory, 0..MOST / 2, true), 1);
        assert_eq!(kept(&memory) as u64, MOST / 2);
        assert_eq!(evaluation(&memory, MOST / 2..MOST, true), MOST / 2);
        assert_eq!(evaluation(&memory, 0..MOST, true), 0);
        for edit in 4..9 {
            assert_eq!(evaluation(&memory, edit * MOST..edit * MOST + 10, true), 10);
            assert!(kept(&memory) as u64 <= MOST);
        }
    }

    #[test]
    fn a_script_that_is_broken_for_a_while_does_not_cost_what_its_session_needs() {
        let memory = Arc::new(Memory::default());
        let many = 2 * MOST;
        assert_eq!(evaluation(&memory, 0..many, true), many);
        // A mistake at the start, in the middle, and one before which something else was asked.
        let broken = [(0..0), (0..many / 2), (many..many + 9)].map(|asked| evaluation(&memory, asked, false));
        assert_eq!((broken, evaluation(&memory, 0..many, true)), ([0, 0, 9], 0));
        // One that asks for ever other things does not pile them up.
        for edit in 2..9 {
            assert_eq!(evaluation(&memory, edit * many..(edit + 1) * many, false), many);
            assert!(kept(&memory) as u64 <= 2 * many);
        }
    }
}
