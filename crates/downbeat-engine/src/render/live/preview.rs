//! What is heard at the moment, before all that leads to it is rendered: near to what it will be, and there at once.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};

use downbeat_dsp::Audio;

use super::motion::Motion;
use super::score::Score;
use super::take::Take;
use crate::render::RenderError;

/// How many pages are rendered ahead of what is heard, and how many of them at a time.
const AHEAD: usize = 8;
const AT_ONCE: usize = 3;

/// How many pages effects run before, so that they have something to remember.
const BEFORE: usize = 1;

/// A stretch of the mix that is rendered apart from the rest, and goes on with what is heard.
pub(super) struct Preview<'s> {
    score: &'s Score,
    /// The page of the mix from which effects run, and the one that comes next.
    first: usize,
    next: usize,
    pages: Mutex<BTreeMap<(usize, usize), Arc<Audio>>>,
    /// Lines in motion, and the page that comes next.
    motions: Mutex<BTreeMap<usize, (usize, Motion)>>,
}

impl<'s> Preview<'s> {
    /// Nothing yet.
    pub(super) fn new(score: &'s Score) -> Self {
        Preview { score, first: 0, next: 0, pages: Mutex::default(), motions: Mutex::default() }
    }

    /// Renders the next pages around what is heard, provisionally, as far as they are not there.
    pub(super) fn follow(&mut self, take: &Take, heard: usize) -> Result<(), RenderError> {
        let score = self.score;
        let Some(mix) = score.lines.len().checked_sub(1) else { return Ok(()) };
        if !(heard..=heard + AHEAD).contains(&self.next) {
            self.first = heard.saturating_sub(BEFORE);
            self.next = self.first;
            self.motions = Mutex::default();
        }
        let end = (heard + AHEAD).min(self.next.max(heard) + AT_ONCE).min(score.lines[mix].pages);
        while self.next < end {
            let number = self.next;
            let Some(sound) = self.page(mix, number)? else { return Ok(()) };
            self.next += 1;
            if number >= heard && score.names(mix).key(number).is_none() {
                take.provisional().insert((mix, number), sound);
                take.tell();
            }
        }
        // What is drawn is not waited for, but shown with the rest.
        let mut pages = self.pages.lock().unwrap_or_else(PoisonError::into_inner);
        let heard_apart = pages.iter().filter(|((line, _), _)| score.lines[*line].is_heard);
        take.provisional().extend(heard_apart.map(|(place, page)| (*place, page.clone())));
        let is_near = |page: usize| page + BEFORE + 2 >= heard;
        pages.retain(|(_, page), _| is_near(*page));
        take.provisional().retain(|(_, page), _| is_near(*page));
        drop(pages);
        take.tell();
        Ok(())
    }
}

impl Preview<'_> {
    /// A page as it is, or near to it. None where nothing is known of a gain that has to be measured first.
    fn page(&self, line: usize, page: usize) -> Result<Option<Arc<Audio>>, RenderError> {
        if let Some(sound) = self.score.page(line, page)? {
            return Ok(Some(sound));
        }
        let known = || self.pages.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(sound) = known().get(&(line, page)) {
            return Ok(Some(sound.clone()));
        }
        let Some(sound) = self.make(line, page)? else { return Ok(None) };
        let sound = Arc::new(sound);
        known().insert((line, page), sound.clone());
        Ok(Some(sound))
    }

    fn make(&self, line: usize, page: usize) -> Result<Option<Audio>, RenderError> {
        let score = self.score;
        if score.lines[line].measures() && score.gain(line).is_none() {
            return Ok(None);
        }
        if !score.has_state(line) {
            return score.gained_from(line, page, &|line, page| self.there(line, page)).map(Some);
        }
        let taken = self.motions.lock().unwrap_or_else(PoisonError::into_inner).remove(&line);
        let (mut next, mut motion) = match taken.filter(|(next, _)| *next <= page) {
            Some(motion) => motion,
            None => self.begin(line, page),
        };
        loop {
            let frames = score.needs_from(line, next, &motion);
            let sound = score.run_with(line, next, &mut motion, frames, &|line, page| self.there(line, page))?;
            next += 1;
            if next > page {
                self.motions.lock().unwrap_or_else(PoisonError::into_inner).insert(line, (next, motion));
                return Ok(Some(sound));
            }
        }
    }

    /// A line in motion: as it is known to be there, as it was there before the edit, or fresh.
    fn begin(&self, line: usize, page: usize) -> (usize, Motion) {
        let from = page.min(self.first);
        let score = self.score;
        let known = score.checkpoint(line, from).or_else(|| {
            let (before, place) = (score.before()?, score.place_before(line)?);
            if before.own(place)? == score.own(line)? { before.checkpoint(place, from) } else { None }
        });
        (from, known.unwrap_or_else(|| score.fresh(line, (from * score.page) as i64)))
    }

    fn there(&self, line: usize, page: usize) -> Result<Arc<Audio>, RenderError> {
        let found = self.page(line, page)?;
        Ok(found.unwrap_or_else(|| Arc::new(Audio::silence(self.score.lines[line].format, self.score.page))))
    }
}
