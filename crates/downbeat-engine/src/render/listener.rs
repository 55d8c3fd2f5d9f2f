//! Somebody at a strip: its pages are measured, and handed on.

use downbeat_dsp::{Audio, Format, Levels, Meter};

use super::{Range, RenderError, Tap};

pub(crate) struct Listener<'a> {
    meter: Meter,
    tap: Option<Box<dyn Tap + 'a>>,
}

impl<'a> Listener<'a> {
    pub(crate) fn new(format: Format, tap: Option<Box<dyn Tap + 'a>>) -> Self {
        Listener { meter: Meter::new(format), tap }
    }

    /// Hears what of a page lies in the range; the page begins at the frame `start` of the song.
    pub(crate) fn hear(&mut self, page: &Audio, start: i64, range: Range) -> Result<(), RenderError> {
        let Some(part) = range.part(page, start) else { return Ok(()) };
        self.meter.measure(&part);
        self.tap.as_mut().map_or(Ok(()), |tap| tap.page(&part)).map_err(RenderError::Tap)
    }

    pub(crate) fn levels(&self) -> Levels {
        self.meter.levels()
    }
}
