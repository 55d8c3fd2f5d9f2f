//! How pages are made: from their inputs, and by lines in the middle of their work.

use std::ops::Range;
use std::sync::atomic::Ordering;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use downbeat_dsp::{Audio, Stream, scale};
use rayon::prelude::*;

use super::line::Task;
use super::motion::{Motion, Streams};
use super::score::{Score, start};
use super::store::Made;
use super::waveform::waveform;
use crate::key::Key;
use crate::render::{JunctionRun, RenderError, finishing_limiter};

/// Gives pages of lines.
pub(super) type Fetch<'f> = dyn Fn(usize, usize) -> Result<Arc<Audio>, RenderError> + Sync + 'f;

/// All states of a line that are kept take at most such a part of the memory; of large ones there are fewer.
const STATES_SHARE: u64 = 64;

impl Score {
    /// A page of a line. It is made again if it is not kept any more. None when it is not known what it is.
    pub(super) fn page(&self, line: usize, page: usize) -> Result<Option<Arc<Audio>>, RenderError> {
        let Some(key) = self.names(line).key(page) else { return Ok(None) };
        if let Some(sound) = self.store.sound(key) {
            return Ok(Some(sound));
        }
        let sound = match &self.lines[line].task {
            Task::Material(_) => return self.material(line, page, key).map(Some),
            _ if !self.has_state(line) => self.gained(line, page)?,
            _ => {
                let mut motion = self.motion(line, page)?;
                let sound = self.run(line, page, &mut motion)?;
                if let Some(state) = self.names(line).state(page + 1) {
                    *self.moving(line) = Some((state, motion));
                }
                sound
            }
        };
        Ok(Some(self.keep(line, page, key, None, sound)))
    }

    /// Has a page of a line, and the state before it, at hand.
    pub(super) fn attend(&self, line: usize, page: usize) -> Result<(), RenderError> {
        if let Some(state) = self.names(line).state(page) {
            self.store.state::<Mutex<Motion>>(state);
        }
        self.page(line, page).map(drop)
    }

    /// Counts what is at hand of a line's pages, and of the states before them, as used.
    pub(super) fn touch(&self, line: usize, pages: Range<usize>) {
        for page in pages {
            if let Some(state) = self.names(line).state(page) {
                self.store.touch(state);
            }
            if let Some(key) = self.names(line).key(page) {
                self.store.touch(key);
            }
        }
    }

    /// A page that is known, or silence.
    pub(super) fn there(&self, line: usize, page: usize) -> Result<Arc<Audio>, RenderError> {
        let found = self.page(line, page)?;
        Ok(found.unwrap_or_else(|| Arc::new(Audio::silence(self.lines[line].format, self.page))))
    }

    /// Keeps a page that was made, and the name of the state after it.
    fn keep(&self, line: usize, page: usize, key: Key, state: Option<Key>, sound: Audio) -> Arc<Audio> {
        self.made[line].fetch_add(1, Ordering::Relaxed);
        let sound = Arc::new(sound);
        let is_mix = line + 1 == self.lines.len();
        self.store.put_sound(key, sound.clone(), is_mix);
        // What is made again is known already.
        if self.names(line).key(page).is_none() || self.store.made(key).is_none() {
            let state = state.or_else(|| self.names(line).state(page + 1)).unwrap_or_else(start);
            // After an edit, a waveform can wait until somebody looks at it; of a long mix it is made while its sound is at
            // hand.
            let bins = (self.lines[line].is_heard && self.is_first).then(|| waveform(&sound).into());
            self.store.put_made(key, Made { state, bins });
        }
        sound
    }

    /// A page of what a track plays. One that is the same as on a tape is kept there.
    fn material(&self, line: usize, page: usize, key: Key) -> Result<Arc<Audio>, RenderError> {
        let sound = match &self.materials[line] {
            Some(material) => material.make(page, &self.shelf, &self.store)?,
            None => Arc::new(Audio::silence(self.lines[line].format, self.page)),
        };
        Ok(match Arc::try_unwrap(sound) {
            Ok(sound) => self.keep(line, page, key, None, sound),
            Err(of_tape) => of_tape,
        })
    }

    fn gained(&self, line: usize, page: usize) -> Result<Audio, RenderError> {
        self.gained_from(line, page, &|line, page| self.there(line, page))
    }

    /// A page of a line that is a gain.
    pub(super) fn gained_from(&self, line: usize, page: usize, fetch: &Fetch<'_>) -> Result<Audio, RenderError> {
        let mut sound = self.stretch(line, page, self.needs(line, page), fetch)?;
        scale(&mut sound.block(), self.gain(line).map_or(1.0, |gain| gain.factor));
        Ok(sound)
    }

    /// Works on the next page.
    fn run(&self, line: usize, page: usize, motion: &mut Motion) -> Result<Audio, RenderError> {
        self.run_with(line, page, motion, self.needs(line, page), &|line, page| self.there(line, page))
    }

    /// Works on the next page, which comes from these frames of the inputs.
    pub(super) fn run_with(
        &self,
        line: usize,
        page: usize,
        motion: &mut Motion,
        frames: Range<usize>,
        fetch: &Fetch<'_>,
    ) -> Result<Audio, RenderError> {
        let inputs = &self.lines[line].inputs;
        match motion {
            Motion::Streams(streams) => {
                let mut sound = self.stretch(line, page, frames, fetch)?;
                streams.process(&mut sound);
                Ok(sound)
            }
            Motion::Junction(run) => {
                let pages = inputs.par_iter().map(|input| fetch(*input, page)).collect::<Result<Vec<_>, _>>()?;
                let pages: Vec<&Audio> = pages.iter().map(Arc::as_ref).collect();
                let mut sound = self.store.silence(self.lines[line].format, self.page);
                run.fill(&mut sound, &pages, (page * self.page) as i64);
                Ok(sound)
            }
        }
    }

    /// Some frames of the only input of a line, for a page of it. Those that do not count are silent.
    fn stretch(&self, line: usize, page: usize, frames: Range<usize>, fetch: &Fetch<'_>) -> Result<Audio, RenderError> {
        let input = self.lines[line].inputs[0];
        let end = self.needs(line, page).start + self.counting(line, page);
        let mut sound = self.store.silence(self.lines[line].format, frames.len());
        let last = frames.end.min(end).min(self.lines[input].pages * self.page);
        let mut at = frames.start;
        while at < last {
            let page = fetch(input, at / self.page)?;
            let skip = at % self.page;
            let count = (self.page - skip).min(last - at);
            let to = at - frames.start;
            for (plane, source) in sound.planes_mut().zip([page.left(), page.right()]) {
                plane[to..to + count].copy_from_slice(&source[skip..skip + count]);
            }
            at += count;
        }
        Ok(sound)
    }

    fn moving(&self, line: usize) -> MutexGuard<'_, Option<(Key, Motion)>> {
        self.motions[line].lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// A line in motion before any page, with silence before its frame `at`.
    pub(super) fn fresh(&self, line: usize, at: i64) -> Motion {
        let format = self.lines[line].format;
        match &self.lines[line].task {
            Task::Junction { node, junction } => {
                let nodes = &self.plan.nodes;
                Motion::Junction(Box::new(JunctionRun::new(junction, &nodes[*node], nodes, at)))
            }
            Task::Streams { effects, .. } => Motion::Streams(Streams::new(None, effects, format, at)),
            Task::Finish { target, .. } => {
                let limiter: Arc<dyn Stream> = Arc::new(finishing_limiter(target.ceiling_db));
                Motion::Streams(Streams::new(self.gain(line).map(|gain| gain.factor), &[limiter], format, at))
            }
            Task::Material(_) | Task::Measured { .. } => Motion::Streams(Streams::new(None, &[], format, at)),
        }
    }

    /// A line in motion before a page whose state is known: as it was left, as it was kept, or made again from the last
    /// state that was kept.
    fn motion(&self, line: usize, page: usize) -> Result<Motion, RenderError> {
        let mut from = page;
        let mut motion = loop {
            if let Some(motion) = self.kept(line, from) {
                break motion;
            }
            if from == 0 {
                break self.fresh(line, 0);
            }
            from -= 1;
        };
        for again in from..page {
            self.run(line, again, &mut motion)?;
        }
        Ok(motion)
    }

    /// A line in motion before a page, if that is at hand.
    fn kept(&self, line: usize, page: usize) -> Option<Motion> {
        let name = self.names(line).state(page)?;
        if let Some((_, motion)) = self.moving(line).take_if(|(at, _)| *at == name) {
            return Some(motion);
        }
        self.checkpoint(line, page)
    }

    /// A copy of a line in motion before a page, if it is kept.
    pub(super) fn checkpoint(&self, line: usize, page: usize) -> Option<Motion> {
        let kept = self.store.state::<Mutex<Motion>>(self.names(line).state(page)?)?;
        Some(kept.lock().unwrap_or_else(PoisonError::into_inner).checkpoint())
    }

    /// Goes on with a line by one page, whose inputs are known: it is known already, or was made before, or is made now.
    pub(super) fn advance(&self, line: usize, page: usize) -> Result<(), RenderError> {
        let names = self.names(line);
        if names.key(page).is_some() {
            return Ok(());
        }
        let Some(key) = self.page_key(line, page) else { return Ok(()) };
        if let Some(made) = self.store.made(key) {
            names.set(page, key, made.state);
            return Ok(());
        }
        if !self.has_state(line) {
            let sound = self.gained(line, page)?;
            self.keep(line, page, key, Some(start()), sound);
            names.set(page, key, start());
            return Ok(());
        }
        let mut motion = self.motion(line, page)?;
        let sound = self.run(line, page, &mut motion)?;
        let state = self.met(line, page + 1, &motion).unwrap_or(key);
        let bytes = motion.bytes();
        let all = bytes as u64 * self.lines[line].pages as u64;
        let every = all.div_ceil((self.store.budget() / STATES_SHARE).max(1)).max(1);
        if (page as u64 + 1).is_multiple_of(every) {
            self.store.put_state(state, Arc::new(Mutex::new(motion.checkpoint())), bytes);
        }
        self.keep(line, page, key, Some(state), sound);
        *self.moving(line) = Some((state, motion));
        names.set(page, key, state);
        Ok(())
    }
}
