//! A score: the lines of a plan with the names of their pages, as far as these are known, and how pages are made.

use std::collections::BTreeMap;
use std::ops::Range;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError};

use downbeat_dsp::{Audio, Column, Pyramid, Stream, ratio, scale};
use rayon::prelude::*;

use super::line::{Line, Task, lines};
use super::material::Material;
use super::motion::{Motion, Streams};
use super::names::{Names, are_shared};
use super::store::{Bin, Made, Store};
use crate::key::{Key, KeyMaker};
use crate::plan::Plan;
use crate::render::{Adjustment, JunctionRun, RenderError, Shelf, finishing_limiter};

/// Gives pages of lines.
pub(super) type Fetch<'f> = dyn Fn(usize, usize) -> Result<Arc<Audio>, RenderError> + Sync + 'f;

/// How many frames a bin of a waveform has.
pub(super) const BIN: usize = 256;

/// A state is kept after every page, or after as many pages as together take so many times its memory.
const STATE_SHARE: usize = 8;

pub(super) struct Score {
    pub(super) plan: Plan,
    pub(super) lines: Vec<Line>,
    pub(super) page: usize,
    pub(super) store: Arc<Store>,
    shelf: Shelf,
    names: Vec<Arc<Names>>,
    materials: Vec<Option<Arc<Material>>>,
    /// Gains of lines that measure their input first: as a factor, and whether a limiter is needed.
    gains: Vec<OnceLock<[f64; 2]>>,
    /// Those of the score before, for as long as others are not known.
    gains_before: Vec<Option<[f64; 2]>>,
    /// Lines in motion, and the names of their states.
    motions: Vec<Mutex<Option<(Key, Motion)>>>,
    /// How many pages of each line were made, and which was the first.
    pub(super) made: Vec<AtomicUsize>,
    /// Whether there was none before.
    is_first: bool,
    /// The score that was finished before, until this one is.
    before: Mutex<Option<Arc<Score>>>,
    /// The names of the states of the loudness meter before each page that it has heard.
    meters: Mutex<Vec<Key>>,
    /// The line in the score before that corresponds to each.
    places: Vec<Option<usize>>,
}

impl Score {
    pub(super) fn new(plan: Plan, page: usize, store: Arc<Store>, shelf: Shelf, before: Option<Arc<Score>>) -> Self {
        let lines = lines(&plan, page);
        let known: BTreeMap<(&str, usize), usize> = before.iter().flat_map(|score| score.places_by_name()).collect();
        let places: Vec<_> = lines.iter().map(|line| known.get(&(line.name.as_str(), line.stage)).copied()).collect();
        drop(known);
        let mut materials = Vec::with_capacity(lines.len());
        let mut names: Vec<Arc<Names>> = Vec::with_capacity(lines.len());
        for (index, line) in lines.iter().enumerate() {
            let old = before.as_deref().zip(places[index]);
            let mut material = None;
            let made = if let Task::Material(lane) = &line.task {
                let same = old.and_then(|(score, place)| {
                    let material = score.materials[place].as_ref()?;
                    let fits = Arc::ptr_eq(&material.lane, lane) && material.keys.len() == line.pages;
                    fits.then(|| (material.clone(), score.names[place].clone()))
                });
                let (laid, names) = same.unwrap_or_else(|| {
                    let laid = Arc::new(Material::new(lane.clone(), page, line.pages));
                    let names = Arc::new(Names::of(&laid.keys, start()));
                    (laid, names)
                });
                material = Some(laid);
                names
            } else {
                let same = old.filter(|(score, place)| {
                    let old = &score.lines[*place];
                    let inputs = || line.inputs.iter().zip(&old.inputs);
                    old.own == line.own
                        && old.pages == line.pages
                        && old.inputs.len() == line.inputs.len()
                        && !matches!(line.task, Task::Measured { .. } | Task::Finish { .. })
                        && inputs().all(|(new, old)| are_shared(&names[*new], &score.names[*old]))
                });
                same.map_or_else(
                    || Arc::new(Names::new(line.pages, start())),
                    |(score, place)| score.names[place].clone(),
                )
            };
            materials.push(material);
            names.push(made);
        }
        let count = lines.len();
        let gain_before = |place: &Option<usize>| before.as_deref()?.gains[(*place)?].get().copied();
        Score {
            gains_before: places.iter().map(gain_before).collect(),
            plan,
            lines,
            page,
            store,
            shelf,
            names,
            materials,
            gains: std::iter::repeat_with(OnceLock::new).take(count).collect(),
            motions: std::iter::repeat_with(Mutex::default).take(count).collect(),
            made: std::iter::repeat_with(AtomicUsize::default).take(count).collect(),
            is_first: before.is_none(),
            before: Mutex::new(before),
            places,
            meters: Mutex::default(),
        }
    }

    fn places_by_name(&self) -> impl Iterator<Item = ((&str, usize), usize)> {
        self.lines.iter().enumerate().map(|(index, line)| ((line.name.as_str(), line.stage), index))
    }

    /// The score before, as long as this one is not finished.
    pub(super) fn before(&self) -> Option<Arc<Score>> {
        self.before.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Lets go of the score before.
    pub(super) fn finished(&self) {
        *self.before.lock().unwrap_or_else(PoisonError::into_inner) = None;
    }

    /// The names of the states of the loudness meter; those of the mix that was measured last.
    pub(super) fn meters(&self) -> MutexGuard<'_, Vec<Key>> {
        self.meters.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The line of the score before that corresponds to one of these.
    pub(super) fn place_before(&self, line: usize) -> Option<usize> {
        self.places[line]
    }

    pub(super) fn names(&self, line: usize) -> &Names {
        &self.names[line]
    }

    /// The first page of a line that is not known yet.
    pub(super) fn unknown(&self, line: usize, from: usize) -> Option<usize> {
        self.names[line].unknown(from)
    }

    /// What a line does, whatever comes in. None before its gain is known.
    pub(super) fn own(&self, line: usize) -> Option<Key> {
        let own = self.lines[line].own;
        match self.lines[line].task {
            Task::Measured { .. } | Task::Finish { .. } => {
                let [gain, limited] = self.gains[line].get()?;
                Some(KeyMaker::new("gain").key(own).real(*gain).real(*limited).finish())
            }
            _ => Some(own),
        }
    }

    /// The frames of its input from which a page of a line comes.
    fn needs(&self, line: usize, page: usize) -> Range<usize> {
        let (late, ahead) = match &self.lines[line].task {
            Task::Streams { latency, .. } => (0, *latency),
            Task::Finish { late, .. } => {
                (*late, self.limiter(line).map_or(0, |limiter| limiter.latency(self.lines[line].format)))
            }
            _ => (0, 0),
        };
        let from = if page == 0 { late } else { page * self.page + late + ahead };
        from..(page + 1) * self.page + late + ahead
    }

    /// The same for a line in motion that may not have begun with its first page.
    pub(super) fn needs_from(&self, line: usize, page: usize, motion: &Motion) -> Range<usize> {
        let Range { start, end } = self.needs(line, page);
        match motion {
            Motion::Streams(streams) => end - streams.needed(self.page)..end,
            Motion::Junction(_) => start..end,
        }
    }

    /// Whether what a line does has changed, so that nothing after the edit is as it was.
    pub(super) fn is_changed_at_all(&self) -> bool {
        let Some(before) = self.before() else { return false };
        let is_new =
            |(index, line): (usize, &Line)| self.places[index].is_none_or(|place| before.lines[place].own != line.own);
        self.lines.iter().enumerate().any(is_new)
    }

    /// The limiter at the end of a mix with a loudness, if it needs one.
    fn limiter(&self, line: usize) -> Option<Arc<dyn Stream>> {
        let Task::Finish { target, .. } = &self.lines[line].task else { return None };
        let [_, limited] = self.gain(line)?;
        (limited > 0.0).then(|| Arc::new(finishing_limiter(target.ceiling_db)) as Arc<dyn Stream>)
    }

    /// The key of a page; none as long as something that goes into it is not known.
    pub(super) fn page_key(&self, line: usize, page: usize) -> Option<Key> {
        let mut key = KeyMaker::new("page");
        key.key(self.own(line)?).number(self.page as u64);
        if self.lines[line].has_state() {
            key.number(page as u64).key(self.names[line].state(page)?);
        }
        key.number(self.measured(line, page) as u64);
        for (input, pages) in self.inputs(line, page) {
            for page in pages {
                key.key(self.names[input].key(page)?);
            }
        }
        Some(key.finish())
    }

    /// The pages that go into a page.
    pub(super) fn inputs(&self, line: usize, page: usize) -> impl Iterator<Item = (usize, Range<usize>)> {
        let frames = self.needs(line, page);
        let pages = frames.start / self.page..frames.end.div_ceil(self.page);
        self.lines[line].inputs.iter().map(move |input| {
            let last = self.lines[*input].pages;
            (*input, pages.start.min(last)..pages.end.min(last))
        })
    }

    /// A page of a line. It is made again if it is not kept any more. None when it is not known what it is.
    pub(super) fn page(&self, line: usize, page: usize) -> Result<Option<Arc<Audio>>, RenderError> {
        let Some(key) = self.names[line].key(page) else { return Ok(None) };
        if let Some(sound) = self.store.sound(key) {
            return Ok(Some(sound));
        }
        let sound = match &self.lines[line].task {
            Task::Material(_) => return self.material(line, page, key).map(Some),
            Task::Measured { .. } => self.gained(line, page)?,
            _ => {
                let mut motion = self.motion(line, page)?;
                let sound = self.run(line, page, &mut motion)?;
                if let Some(state) = self.names[line].state(page + 1) {
                    *self.moving(line) = Some((state, motion));
                }
                sound
            }
        };
        Ok(Some(self.keep(line, page, key, None, sound)))
    }

    /// Has a page of a line, and the state before it, at hand.
    pub(super) fn attend(&self, line: usize, page: usize) -> Result<(), RenderError> {
        if let Some(state) = self.names[line].state(page) {
            self.store.state::<Mutex<Motion>>(state);
        }
        self.page(line, page).map(drop)
    }

    /// Counts what is at hand of a line's pages, and of the states before them, as used.
    pub(super) fn touch(&self, line: usize, pages: Range<usize>) {
        for page in pages {
            if let Some(state) = self.names[line].state(page) {
                self.store.touch(state);
            }
            if let Some(key) = self.names[line].key(page) {
                self.store.touch(key);
            }
        }
    }

    /// A page that is known, or silence.
    fn there(&self, line: usize, page: usize) -> Result<Arc<Audio>, RenderError> {
        let found = self.page(line, page)?;
        Ok(found.unwrap_or_else(|| Arc::new(Audio::silence(self.lines[line].format, self.page))))
    }

    /// Keeps a page that was made, and the name of the state after it.
    fn keep(&self, line: usize, page: usize, key: Key, state: Option<Key>, sound: Audio) -> Arc<Audio> {
        self.made[line].fetch_add(1, Ordering::Relaxed);
        let sound = Arc::new(sound);
        let is_mix = line + 1 == self.lines.len();
        self.store.put_sound(key, sound.clone(), is_mix);
        let state = state.or_else(|| self.names[line].state(page + 1)).unwrap_or_else(start);
        // After an edit, a waveform can wait until somebody looks at it; of a long mix it is made while its sound is at hand.
        let bins = (self.lines[line].is_heard && self.is_first).then(|| bins(&sound).into());
        self.store.put_made(key, Made { state, bins });
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

    /// How many frames of a page of a line were measured, if it is a gain. What was not measured is not heard.
    fn measured(&self, line: usize, page: usize) -> usize {
        match self.lines[line].task {
            Task::Measured { frames, .. } => (frames as usize).saturating_sub(page * self.page).min(self.page),
            _ => self.page,
        }
    }

    /// A page of a line that is a gain.
    pub(super) fn gained_from(&self, line: usize, page: usize, fetch: &Fetch<'_>) -> Result<Audio, RenderError> {
        let mut sound = fetch(self.lines[line].inputs[0], page)?.as_ref().clone();
        let gain = self.gain(line).map_or(1.0, |[gain, _]| gain);
        sound.block_at(self.measured(line, page)..self.page).planes().for_each(|plane| plane.fill(0.0));
        scale(&mut sound.block(), gain as f32);
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
                let mut sound = self.stretch(line, frames, fetch)?;
                streams.process(&mut sound);
                Ok(sound)
            }
            Motion::Junction(run) => {
                let pages = inputs.par_iter().map(|input| fetch(*input, page)).collect::<Result<Vec<_>, _>>()?;
                let pages: Vec<&Audio> = pages.iter().map(Arc::as_ref).collect();
                let mut sound = Audio::silence(self.lines[line].format, self.page);
                run.fill(&mut sound, &pages, (page * self.page) as i64);
                Ok(sound)
            }
        }
    }

    /// Some frames of the only input of a line.
    fn stretch(&self, line: usize, frames: Range<usize>, fetch: &Fetch<'_>) -> Result<Audio, RenderError> {
        let input = self.lines[line].inputs[0];
        // What comes after the end of the mix is not heard, and not limited.
        let end = match self.lines[line].task {
            Task::Finish { late, frames, .. } => late + frames as usize,
            _ => usize::MAX,
        };
        let mut sound = Audio::silence(self.lines[line].format, frames.len());
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
        let gain = || self.gain(line).map(|[gain, _]| gain as f32);
        match &self.lines[line].task {
            Task::Junction { node, junction } => {
                let nodes = &self.plan.nodes;
                Motion::Junction(Box::new(JunctionRun::new(junction, &nodes[*node], nodes, at)))
            }
            Task::Streams { effects, .. } => Motion::Streams(Streams::new(None, effects, format, at)),
            _ => Motion::Streams(Streams::new(gain(), &self.limiter(line).into_iter().collect::<Vec<_>>(), format, at)),
        }
    }

    /// A line in motion before a page whose state is known: as it was left, as it was kept, or made again from the last
    /// state that was kept.
    pub(super) fn motion(&self, line: usize, page: usize) -> Result<Motion, RenderError> {
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
    pub(super) fn kept(&self, line: usize, page: usize) -> Option<Motion> {
        let name = self.names[line].state(page)?;
        if let Some((_, motion)) = self.moving(line).take_if(|(at, _)| *at == name) {
            return Some(motion);
        }
        let kept = self.store.state::<Mutex<Motion>>(name)?;
        Some(kept.lock().unwrap_or_else(PoisonError::into_inner).checkpoint())
    }

    /// Goes on with a line by one page, whose inputs are known: it is known already, or was made before, or is made now.
    pub(super) fn advance(&self, line: usize, page: usize) -> Result<(), RenderError> {
        let names = &self.names[line];
        if names.key(page).is_some() {
            return Ok(());
        }
        let Some(key) = self.page_key(line, page) else { return Ok(()) };
        if let Some(made) = self.store.made(key) {
            names.set(page, key, made.state);
            return Ok(());
        }
        if !self.lines[line].has_state() {
            let sound = self.gained(line, page)?;
            self.keep(line, page, key, Some(start()), sound);
            names.set(page, key, start());
            return Ok(());
        }
        let mut motion = self.motion(line, page)?;
        let sound = self.run(line, page, &mut motion)?;
        let state = self.met(line, page + 1, &motion).unwrap_or(key);
        let share = self.page * self.lines[line].format.channels.count() * size_of::<f32>() / STATE_SHARE;
        if (page + 1).is_multiple_of(motion.bytes().div_ceil(share.max(1)).max(1)) {
            self.store.put_state(state, Arc::new(Mutex::new(motion.checkpoint())), motion.bytes());
        }
        self.keep(line, page, key, Some(state), sound);
        *self.moving(line) = Some((state, motion));
        names.set(page, key, state);
        Ok(())
    }

    /// The name of the state before a page in the score before, if it is the very same: from there on, all is as it was.
    fn met(&self, line: usize, page: usize, motion: &Motion) -> Option<Key> {
        let (before, place) = (self.before()?, self.places[line]?);
        let name = before.names[place].state(page)?;
        let kept = self.store.state::<Mutex<Motion>>(name)?;
        let kept = kept.lock().unwrap_or_else(PoisonError::into_inner);
        motion.same(&kept).then_some(name)
    }

    /// Names as many pages of a line as can be named without work.
    pub(super) fn run_ahead(&self, line: usize) {
        let names = &self.names[line];
        let Some(mut page) = names.unknown(0) else { return };
        let before = self.before();
        let old = before.as_deref().zip(self.places[line]);
        let old = old.filter(|(score, place)| score.own(*place).is_some() && score.own(*place) == self.own(line));
        while page < names.pages() {
            let same = old.filter(|(score, place)| {
                score.names[*place].state(page) == names.state(page)
                    && score.measured(*place, page) == self.measured(line, page)
            });
            let from = page;
            if let Some((score, place)) = same {
                let measured = self.measured(line, page);
                while page < names.pages()
                    && self.measured(line, page) == measured
                    && self.same_inputs(line, page, score, place)
                {
                    let there = score.names[place].key(page).zip(score.names[place].state(page + 1));
                    let Some((key, state)) = there else { break };
                    names.set(page, key, state);
                    page += 1;
                }
            }
            if page == from {
                let Some(key) = self.page_key(line, page) else { return };
                let Some(made) = self.store.made(key) else { return };
                names.set(page, key, made.state);
                page += 1;
            }
        }
    }

    /// Whether a page comes from the same pages as in another score.
    fn same_inputs(&self, line: usize, page: usize, other: &Score, place: usize) -> bool {
        let (mut new, mut old) = (self.inputs(line, page), other.inputs(place, page));
        loop {
            match (new.next(), old.next()) {
                (None, None) => return true,
                (Some((new, pages)), Some((old, old_pages))) if pages == old_pages => {
                    let same = |page| {
                        let key = self.names[new].key(page);
                        key.is_some() && key == other.names[old].key(page)
                    };
                    if !pages.into_iter().all(same) {
                        return false;
                    }
                }
                _ => return false,
            }
        }
    }

    /// The frames that a line measures, and the name of what comes of it. All of its input is known.
    fn measuring(&self, line: usize) -> Option<(Range<usize>, Key)> {
        let frames = match &self.lines[line].task {
            Task::Measured { frames, .. } => 0..*frames as usize,
            Task::Finish { late, frames, .. } => *late..late + *frames as usize,
            _ => return None,
        };
        let mut name = KeyMaker::new("measure");
        name.key(self.lines[line].own).number(self.page as u64);
        name.number(frames.start as u64).number(frames.end as u64);
        let input = &self.names[self.lines[line].inputs[0]];
        (0..input.pages()).filter_map(|page| input.key(page)).for_each(|key| {
            name.key(key);
        });
        Some((frames, name.finish()))
    }

    /// Whether the gain of a line that measures its input first is at hand.
    pub(super) fn is_measured(&self, line: usize) -> bool {
        self.gains[line].get().is_some()
            || self.measuring(line).is_some_and(|(_, name)| self.store.gain(name).is_some())
    }

    /// Finds the gain of a line that measures its input first; all of it is known.
    pub(super) fn measure(&self, line: usize) -> Result<(), RenderError> {
        let Some((frames, name)) = self.measuring(line) else { return Ok(()) };
        let input = self.lines[line].inputs[0];
        let gain = match (self.store.gain(name), &self.lines[line].task) {
            (Some(gain), _) => gain,
            (None, Task::Measured { effect, .. }) => {
                let mut metering = effect.clone().meter(self.lines[line].format);
                self.each(input, frames, |sound| metering.measure(sound))?;
                [f64::from(metering.gain()), 0.0]
            }
            (None, Task::Finish { target, .. }) => {
                let (lufs, true_peak_db) = self.loudness(input, frames)?;
                let adjustment = Adjustment::to(*target, lufs, true_peak_db);
                [ratio(adjustment.gain_db), f64::from(u8::from(adjustment.is_limited))]
            }
            (None, _) => return Ok(()),
        };
        self.store.put_gain(name, gain);
        let _ = self.gains[line].set(gain);
        Ok(())
    }

    /// The gain of a line, or the one it had before.
    pub(super) fn gain(&self, line: usize) -> Option<[f64; 2]> {
        self.gains[line].get().copied().or(self.gains_before[line])
    }

    /// Hands on a range of a line's frames, page by page.
    pub(super) fn each(
        &self,
        line: usize,
        frames: Range<usize>,
        mut hear: impl FnMut(&Audio),
    ) -> Result<(), RenderError> {
        for page in frames.start / self.page..frames.end.div_ceil(self.page) {
            hear(&*self.part(line, page, &frames)?);
        }
        Ok(())
    }

    /// What of a page lies in a range of the line's frames.
    pub(super) fn part(&self, line: usize, page: usize, frames: &Range<usize>) -> Result<Arc<Audio>, RenderError> {
        let sound = self.there(line, page)?;
        let start = page * self.page;
        let part = frames.start.saturating_sub(start)..(frames.end - start).min(self.page);
        if part == (0..self.page) {
            return Ok(sound);
        }
        let mut cut = sound.as_ref().clone();
        cut.resize(part.end);
        cut.drop_front(part.start);
        Ok(Arc::new(cut))
    }

    /// What a waveform of a page is drawn from.
    pub(super) fn bins(&self, line: usize, page: usize) -> Result<Option<Arc<[Bin]>>, RenderError> {
        let Some(key) = self.names[line].key(page) else { return Ok(None) };
        if let Some(bins) = self.store.made(key).and_then(|made| made.bins) {
            return Ok(Some(bins));
        }
        let Some(sound) = self.page(line, page)? else { return Ok(None) };
        if let Some(bins) = self.store.made(key).and_then(|made| made.bins) {
            return Ok(Some(bins));
        }
        let bins: Arc<[Bin]> = bins(&sound).into();
        let state = self.names[line].state(page + 1).unwrap_or_else(start);
        self.store.put_made(key, Made { state, bins: Some(bins.clone()) });
        Ok(Some(bins))
    }
}

/// The name of the state before the first page.
fn start() -> Key {
    KeyMaker::new("start").finish()
}

/// The bins of a page.
pub(super) fn bins(sound: &Audio) -> Vec<Bin> {
    let count = sound.frames().div_ceil(BIN);
    let mut pyramid = Pyramid::with_centroid(sound.rate(), sound.channels().count()).expecting(u64::MAX);
    pyramid.add(sound);
    let range = 0.0..(count * BIN) as f64;
    let centroids = pyramid.centroids(range.clone(), count);
    let bin =
        |(column, centroid_hz): (Column, f32)| Bin { min: column.low, max: column.high, rms: column.rms, centroid_hz };
    pyramid.columns(range, count).into_iter().zip(centroids).map(bin).collect()
}
