//! Somebody at a strip: its pages are measured, and handed on.

use downbeat_dsp::{Audio, Format, Levels, Meter};

use super::{Range, RenderError, Tap};

pub(crate) struct Listener<'a> {
    range: Range,
    meter: Meter,
    tap: Option<Box<dyn Tap + 'a>>,
}

/// Called with every page, and the frame of the song at which it begins.
pub(crate) type Ear<'e> = Box<dyn FnMut(&Audio, i64) -> Result<(), RenderError> + Send + 'e>;

impl<'a> Listener<'a> {
    /// Somebody who hears what lies in a range.
    pub(crate) fn new(format: Format, range: Range, tap: Option<Box<dyn Tap + 'a>>) -> Self {
        Listener { range, meter: Meter::new(format), tap }
    }

    /// Hears a page, which begins at the frame `start` of the song.
    pub(crate) fn hear(&mut self, page: &Audio, start: i64) -> Result<(), RenderError> {
        let Some(part) = self.range.part(page, start) else { return Ok(()) };
        self.meter.measure(&part);
        self.tap.as_mut().map_or(Ok(()), |tap| tap.page(&part)).map_err(RenderError::Tap)
    }

    /// Hears what it is called with.
    pub(crate) fn ear(&mut self) -> Ear<'_> {
        Box::new(|page, start| self.hear(page, start))
    }

    pub(crate) fn levels(&self) -> Levels {
        self.meter.levels()
    }
}
