//! A score: the lines of a plan with the names of their pages, as far as these are known.

use std::collections::BTreeMap;
use std::ops::Range;
use std::sync::atomic::AtomicUsize;
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError};

use super::line::{Line, Task, limiter_latency, lines};
use super::loudness::Listening;
use super::material::Material;
use super::motion::Motion;
use super::names::Names;
use super::store::{Gain, Store};
use crate::key::{Key, KeyMaker};
use crate::plan::{Lane, Plan};
use crate::render::Shelf;

pub(super) struct Score {
    pub(super) plan: Plan,
    pub(super) lines: Vec<Line>,
    pub(super) page: usize,
    pub(super) store: Arc<Store>,
    pub(super) shelf: Shelf,
    names: Vec<Arc<Names>>,
    /// What is played, of lines that play something.
    pub(super) materials: Vec<Option<Arc<Material>>>,
    /// Of lines that measure their input first.
    pub(super) gains: Vec<OnceLock<Gain>>,
    /// Those of the score before, for as long as others are not known.
    gains_before: Vec<Option<Gain>>,
    /// Lines in motion, and the names of their states.
    pub(super) motions: Vec<Mutex<Option<(Key, Motion)>>>,
    /// How many pages of each line were made.
    pub(super) made: Vec<AtomicUsize>,
    /// Whether there was none before.
    pub(super) is_first: bool,
    /// The score that was finished before, until this one is.
    before: Mutex<Option<Arc<Score>>>,
    /// Of lines whose loudness was measured, in this score or the one before, the names of the meter's states before each page.
    meters: Mutex<BTreeMap<usize, Vec<Key>>>,
    /// How far the mix is measured that has a loudness to come to.
    listening: Mutex<Option<Listening>>,
    /// The line in the score before that corresponds to each.
    places: Vec<Option<usize>>,
}

impl Score {
    pub(super) fn new(plan: Plan, page: usize, store: Arc<Store>, shelf: Shelf, before: Option<Arc<Score>>) -> Self {
        let lines = lines(&plan, page);
        let known: BTreeMap<(&str, usize), usize> = before.iter().flat_map(|score| score.places_by_name()).collect();
        let places: Vec<_> = lines.iter().map(|line| known.get(&(line.name.as_str(), line.stage)).copied()).collect();
        drop(known);
        let (mut materials, mut names) = (Vec::with_capacity(lines.len()), Vec::with_capacity(lines.len()));
        for (line, place) in lines.iter().zip(&places) {
            let old = before.as_deref().zip(*place);
            let material = if let Task::Material(lane) = &line.task {
                Some(
                    old.and_then(|(score, place)| score.material_for(place, lane, line.pages))
                        .unwrap_or_else(|| Arc::new(Material::new(lane.clone(), page, line.pages))),
                )
            } else {
                None
            };
            let shared = old.filter(|(score, place)| score.is_same_line(*place, line, material.as_ref(), &names));
            names.push(match (shared, &material) {
                (Some((score, place)), _) => score.names[place].clone(),
                (None, Some(material)) => Arc::new(Names::of(&material.keys, start())),
                (None, None) => Arc::new(Names::new(line.pages, start())),
            });
            materials.push(material);
        }
        let count = lines.len();
        let measured = |(line, place): (usize, &Option<usize>)| {
            before.as_deref()?.meters().get(place.as_ref()?).map(|states| (line, states.clone()))
        };
        let gain_before = |place: &Option<usize>| before.as_deref()?.gains[(*place)?].get().copied();
        Score {
            gains_before: places.iter().map(gain_before).collect(),
            meters: Mutex::new(places.iter().enumerate().filter_map(measured).collect()),
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
            listening: Mutex::default(),
        }
    }

    /// What a line plays, if it is that lane in so many pages.
    fn material_for(&self, line: usize, lane: &Arc<Lane>, pages: usize) -> Option<Arc<Material>> {
        let material = self.materials[line].as_ref()?;
        (Arc::ptr_eq(&material.lane, lane) && material.keys.len() == pages).then(|| material.clone())
    }

    /// Whether a line does the very same with the very same as another one, the names of whose inputs are given.
    fn is_same_line(&self, line: usize, other: &Line, material: Option<&Arc<Material>>, names: &[Arc<Names>]) -> bool {
        let this = &self.lines[line];
        let mut inputs = this.inputs.iter().zip(&other.inputs);
        let is_same = match (&self.materials[line], material) {
            (Some(this), Some(other)) => Arc::ptr_eq(this, other),
            (None, None) => !other.measures(),
            _ => false,
        };
        is_same
            && this.own == other.own
            && this.pages == other.pages
            && this.inputs.len() == other.inputs.len()
            && inputs.all(|(this, other)| Arc::ptr_eq(&self.names[*this], &names[*other]))
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

    /// Of lines whose loudness was measured, the names of the meter's states before each page.
    pub(super) fn meters(&self) -> MutexGuard<'_, BTreeMap<usize, Vec<Key>>> {
        self.meters.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn listening(&self) -> MutexGuard<'_, Option<Listening>> {
        self.listening.lock().unwrap_or_else(PoisonError::into_inner)
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
        if !self.lines[line].measures() {
            return Some(own);
        }
        let Gain { factor, is_limited } = self.gains[line].get()?;
        Some(KeyMaker::new("gain").key(own).real((*factor).into()).number((*is_limited).into()).finish())
    }

    /// Whether what a line does depends on the pages before. A mix that comes to its loudness by a gain alone does not.
    pub(super) fn has_state(&self, line: usize) -> bool {
        match self.lines[line].task {
            Task::Streams { .. } | Task::Junction { .. } => true,
            Task::Finish { .. } => self.gain(line).is_none_or(|gain| gain.is_limited),
            Task::Material(_) | Task::Measured { .. } => false,
        }
    }

    /// The frames of its input from which a page of a line comes.
    pub(super) fn needs(&self, line: usize, page: usize) -> Range<usize> {
        let (late, ahead) = match &self.lines[line].task {
            Task::Streams { latency, .. } => (0, *latency),
            Task::Finish { late, .. } => {
                let is_limited = self.gain(line).is_some_and(|gain| gain.is_limited);
                (*late, if is_limited { limiter_latency(self.lines[line].format) } else { 0 })
            }
            _ => (0, 0),
        };
        let from = if page == 0 { late } else { page * self.page + late + ahead };
        from..(page + 1) * self.page + late + ahead
    }

    /// How many of the frames that a page needs count: what was not measured does not, nor what comes after the mix.
    pub(super) fn counting(&self, line: usize, page: usize) -> usize {
        let needs = self.needs(line, page);
        let end = match &self.lines[line].task {
            Task::Measured { frames, .. } => *frames as usize,
            Task::Finish { late, frames, .. } => late + *frames as usize,
            _ => return needs.len(),
        };
        end.saturating_sub(needs.start).min(needs.len())
    }

    /// The frames from which the next page of a line in motion comes, which may not have begun with its first page.
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

    /// The key of a page; none as long as something that goes into it is not known.
    pub(super) fn page_key(&self, line: usize, page: usize) -> Option<Key> {
        let mut key = KeyMaker::new("page");
        key.key(self.own(line)?).number(self.page as u64);
        if self.has_state(line) {
            key.number(page as u64).key(self.names[line].state(page)?);
        }
        key.number(self.counting(line, page) as u64);
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

    /// The gain of a line, or the one it had before.
    pub(super) fn gain(&self, line: usize) -> Option<Gain> {
        self.gains[line].get().copied().or(self.gains_before[line])
    }
}

/// The name of the state before the first page.
pub(super) fn start() -> Key {
    KeyMaker::new("start").finish()
}
