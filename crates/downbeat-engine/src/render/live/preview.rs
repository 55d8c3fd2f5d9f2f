//! What is heard at the moment, before all that leads to it is rendered: near to what it will be, and there at once.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};

use downbeat_dsp::Audio;

use super::line::Task;
use super::motion::Motion;
use super::score::Score;
use super::take::Take;
use crate::render::RenderError;

/// How many pages are rendered ahead.
const AHEAD: usize = 3;

/// How many pages effects run before, so that they have something to remember.
const BEFORE: usize = 1;

/// Renders some pages of the mix from one on, provisionally. Tells whether that could be done.
pub(super) fn around(take: &Take, page: usize) -> Result<bool, RenderError> {
    let score = &take.score;
    let Some(mix) = score.lines.len().checked_sub(1) else { return Ok(false) };
    let last = (page + AHEAD).min(score.lines[mix].pages);
    let preview =
        Preview { score, first: page.saturating_sub(BEFORE), pages: Mutex::default(), motions: Mutex::default() };
    for number in preview.first..last {
        let Some(sound) = preview.page(mix, number)? else { return Ok(false) };
        if number >= page {
            take.provisional().insert((mix, number), sound);
            take.tell();
        }
    }
    let pages = preview.pages.into_inner().unwrap_or_else(PoisonError::into_inner);
    take.provisional().extend(pages.into_iter().filter(|((line, _), _)| score.lines[*line].is_heard));
    take.tell();
    Ok(true)
}

struct Preview<'s> {
    score: &'s Score,
    /// The page of the mix from which effects run.
    first: usize,
    pages: Mutex<BTreeMap<(usize, usize), Arc<Audio>>>,
    /// Lines in motion, and the page that comes next.
    motions: Mutex<BTreeMap<usize, (usize, Motion)>>,
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
        let task = &score.lines[line].task;
        if matches!(task, Task::Measured { .. } | Task::Finish { .. }) && score.gain(line).is_none() {
            return Ok(None);
        }
        if !score.lines[line].has_state() {
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
        let known = score.kept(line, from).or_else(|| {
            let (before, place) = (score.before()?, score.place_before(line)?);
            if before.own(place)? == score.own(line)? { before.kept(place, from) } else { None }
        });
        (from, known.unwrap_or_else(|| score.fresh(line, (from * score.page) as i64)))
    }

    fn there(&self, line: usize, page: usize) -> Result<Arc<Audio>, RenderError> {
        let found = self.page(line, page)?;
        Ok(found.unwrap_or_else(|| Arc::new(Audio::silence(self.score.lines[line].format, self.score.page))))
    }
}
