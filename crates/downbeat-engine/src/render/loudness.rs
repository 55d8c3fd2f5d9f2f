//! The last step of a mix that has a loudness to come to: a gain that is known when all of it was measured, and a limiter
//! where peaks would rise above the ceiling.

use std::sync::Arc;

use downbeat_dsp::{Audio, Effect, Format, Levels, Limiter, Running, Stream, ratio, scale};

use super::listener::Listener;
use super::{Adjustment, RenderError, Tap, TapError};
use crate::session::Target;

impl Adjustment {
    /// What brings a mix with this loudness and this true peak to a target. Silence, and what is too short to have a loudness, stays as it is.
    pub(crate) fn to(target: Target, measured_lufs: Option<f64>, true_peak_db: f64) -> Self {
        let gain_db = measured_lufs.map_or(0.0, |lufs| target.lufs - lufs);
        let is_limited = true_peak_db + gain_db > target.ceiling_db;
        Adjustment { measured_lufs, gain_db, is_limited }
    }
}

/// The mix as it was before, as far as it is kept.
pub(crate) struct Kept {
    pages: Vec<Audio>,
    /// Whether it is short enough to be kept.
    is_kept: bool,
}

impl Kept {
    pub(crate) fn new(is_kept: bool) -> Self {
        Kept { pages: Vec::new(), is_kept }
    }

    /// Hands the pages to a listener; tells whether there are any.
    pub(crate) fn replay(self, tap: &mut impl Tap) -> Result<bool, RenderError> {
        self.pages.iter().try_for_each(|page| tap.page(page)).map_err(RenderError::Tap)?;
        Ok(self.is_kept)
    }
}

impl Tap for Kept {
    fn page(&mut self, page: &Audio) -> Result<(), TapError> {
        if self.is_kept {
            self.pages.push(page.clone());
        }
        Ok(())
    }
}

/// What holds peaks of a mix that has a loudness to come to.
pub(crate) fn finishing_limiter(ceiling_db: f64) -> Limiter {
    Limiter { ceiling_db: ceiling_db - MARGIN_DB, ..Limiter::default() }
}

/// The last step in motion. It listens to the mix, and its own listener hears what comes of it.
pub(crate) struct Finish<'a> {
    gain: f32,
    limiter: Option<Box<dyn Running>>,
    /// By how many frames the limiter lags behind.
    lag: usize,
    format: Format,
    /// The frame that comes next.
    at: i64,
    listener: Listener<'a>,
}

/// So much lower the limiter holds peaks than it is asked to: what is left of its own tolerance, so that meters agree.
const MARGIN_DB: f64 = 0.01;

impl<'a> Finish<'a> {
    pub(crate) fn new(adjustment: &Adjustment, ceiling_db: f64, format: Format, listener: Listener<'a>) -> Self {
        let limiter = finishing_limiter(ceiling_db);
        let lag = if adjustment.is_limited { Effect::latency(&limiter, format) } else { 0 };
        let running = adjustment.is_limited.then(|| Arc::new(limiter).start(format, 0));
        let gain = ratio(adjustment.gain_db) as f32;
        Finish { gain, limiter: running, lag, format, at: 0, listener }
    }

    /// Lets out what is still on its way, and tells the levels of all that was heard.
    pub(crate) fn end(mut self) -> Result<Levels, RenderError> {
        let rest = Audio::silence(self.format, self.lag);
        self.page(&rest).map_err(RenderError::Tap)?;
        Ok(self.listener.levels())
    }
}

impl Tap for Finish<'_> {
    fn page(&mut self, page: &Audio) -> Result<(), TapError> {
        let mut page = page.clone();
        scale(&mut page.block(), self.gain);
        if let Some(limiter) = &mut self.limiter {
            limiter.process(&mut page.block());
        }
        let start = self.at - self.lag as i64;
        self.at += page.frames() as i64;
        match self.listener.hear(&page, start) {
            Err(RenderError::Tap(error)) => Err(error),
            heard => Ok(heard?),
        }
    }
}
