//! Lines that measure all of their input first.

use std::ops::Range;

use downbeat_dsp::{Audio, ratio};

use super::line::Task;
use super::score::Score;
use super::store::Gain;
use crate::key::{Key, KeyMaker};
use crate::render::{Adjustment, RenderError};

impl Score {
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
        let input = self.names(self.lines[line].inputs[0]);
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

    /// Measures what is known already of the input of the line that brings the mix to a loudness.
    pub(super) fn measure_ahead(&self, line: usize) -> Result<(), RenderError> {
        let Task::Finish { late, frames, .. } = self.lines[line].task else { return Ok(()) };
        let mut held = self.listening();
        let all = late..late + frames as usize;
        self.hear(held.get_or_insert_with(|| self.listen(self.lines[line].inputs[0], all)))
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
                Gain { factor: metering.gain(), is_limited: false }
            }
            (None, Task::Finish { target, .. }) => {
                let listening = self.listening().take().unwrap_or_else(|| self.listen(input, frames));
                let (lufs, true_peak_db) = self.loudness(listening)?;
                let adjustment = Adjustment::to(*target, lufs, true_peak_db);
                Gain { factor: ratio(adjustment.gain_db) as f32, is_limited: adjustment.is_limited }
            }
            (None, _) => return Ok(()),
        };
        self.store.put_gain(name, gain);
        let _ = self.gains[line].set(gain);
        Ok(())
    }

    /// Hands on a range of a line's frames, page by page.
    fn each(&self, line: usize, frames: Range<usize>, mut hear: impl FnMut(&Audio)) -> Result<(), RenderError> {
        for page in frames.start / self.page..frames.end.div_ceil(self.page) {
            let (sound, part) = (self.there(line, page)?, self.part(page, &frames));
            if part == (0..self.page) {
                hear(&sound);
            } else {
                let mut cut = sound.as_ref().clone();
                cut.resize(part.end);
                cut.drop_front(part.start);
                hear(&cut);
            }
        }
        Ok(())
    }

    /// What of a page lies in a range of a line's frames, counted from the page's start.
    pub(super) fn part(&self, page: usize, frames: &Range<usize>) -> Range<usize> {
        let start = page * self.page;
        frames.start.saturating_sub(start)..(frames.end - start).min(self.page)
    }
}
