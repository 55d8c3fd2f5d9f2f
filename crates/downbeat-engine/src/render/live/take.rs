//! A take: a session as it is now, and what can be heard and seen of it.

use core::time::Duration;
use std::collections::BTreeMap;
use std::ops::Range;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};

use downbeat_dsp::{Audio, Format};

use super::score::Score;
use super::store::Bin;
use super::waveform::BIN;
use crate::render::RenderError;
use crate::session::{Session, StripIndex};

/// A session as it is now. It can be listened to while it is being rendered, and for as long as anybody holds it.
pub struct Take {
    pub(super) session: Arc<Session>,
    pub(super) score: Arc<Score>,
    /// Pages that stand in for others, by their line and number.
    provisional: Mutex<BTreeMap<(usize, usize), Arc<Audio>>>,
    /// How often there was something new.
    news: Mutex<u64>,
    bell: Condvar,
}

/// A strip of a take.
#[derive(Clone, PartialEq, Debug)]
pub struct LiveStrip {
    /// Which strip it is.
    pub index: StripIndex,
    /// Its name.
    pub name: String,
    /// Mono or stereo.
    pub format: Format,
    /// Whether it is heard in the mix.
    pub is_heard: bool,
}

/// Some frames of a strip or of the mix: the pages they are in, as they are kept.
#[derive(Clone, Debug)]
pub struct Excerpt {
    format: Format,
    pages: Vec<(Arc<Audio>, Range<usize>)>,
    /// Whether it is what a render from nothing gives, and not only near to it.
    pub is_final: bool,
}

impl Excerpt {
    /// The left and the right channel, a stretch after the other; both are the same one when the sound is mono.
    pub fn stretches(&self) -> impl Iterator<Item = (&[f32], &[f32])> + Clone {
        self.pages.iter().map(|(page, frames)| (&page.left()[frames.clone()], &page.right()[frames.clone()]))
    }

    /// The sound in one piece.
    pub fn audio(&self) -> Audio {
        let mut audio = Audio::silence(self.format, self.pages.iter().map(|(_, frames)| frames.len()).sum());
        let mut done = 0;
        for (left, right) in self.stretches() {
            let to = done..done + left.len();
            audio.planes_mut().zip([left, right]).for_each(|(plane, from)| plane[to.clone()].copy_from_slice(from));
            done = to.end;
        }
        audio
    }
}

impl Take {
    pub(super) fn new(session: Arc<Session>, score: Score) -> Self {
        Take {
            session,
            score: Arc::new(score),
            provisional: Mutex::default(),
            news: Mutex::default(),
            bell: Condvar::new(),
        }
    }

    /// Frames per second.
    pub fn rate(&self) -> u32 {
        self.score.plan.rate
    }

    /// The length of the mix in frames.
    pub fn frames(&self) -> u64 {
        self.score.plan.frames
    }

    /// The strips: tracks, buses, the master.
    pub fn strips(&self) -> Vec<LiveStrip> {
        let strip = |index: StripIndex| {
            let line = self.score.line_of(index).map(|line| &self.score.lines[line]);
            LiveStrip {
                index,
                name: self.session.name(index).to_string(),
                format: line.map_or(Format::stereo(self.rate()), |line| line.format),
                is_heard: line.is_some_and(|line| line.is_heard),
            }
        };
        self.session.strips().map(strip).collect()
    }

    /// Frames of a strip before its fader, or of the mix as it is written to a file, in the song's time. None of what is
    /// not rendered yet. What lies after the end of the song is left out.
    ///
    /// # Errors
    /// When what was not kept has to be made again, and a recording for it cannot be read.
    pub fn read(&self, strip: StripIndex, frames: Range<u64>) -> Result<Option<Excerpt>, RenderError> {
        let score = &self.score;
        let Some(line) = score.line_of(strip) else { return Ok(None) };
        let frames = frames.start.min(self.frames())..frames.end.min(self.frames());
        let lag = score.lines[line].lag;
        let mut excerpt = Excerpt { format: score.lines[line].format, pages: Vec::new(), is_final: true };
        let (mut at, end) = (frames.start as usize + lag, frames.end as usize + lag);
        while at < end {
            let (number, skip) = (at / score.page, at % score.page);
            let page = match score.page(line, number)? {
                Some(page) => page,
                None => {
                    let Some(page) = self.provisional().get(&(line, number)).cloned() else { return Ok(None) };
                    excerpt.is_final = false;
                    page
                }
            };
            let count = (score.page - skip).min(end - at);
            excerpt.pages.push((page, skip..skip + count));
            at += count;
        }
        Ok(Some(excerpt))
    }

    /// Whether frames of a strip can be read now, if only provisionally. What was made and not kept is made again; where that
    /// fails, they cannot.
    pub fn is_there(&self, strip: StripIndex, frames: Range<u64>) -> bool {
        let score = &self.score;
        let Some(line) = score.line_of(strip) else { return false };
        let frames = frames.start.min(self.frames())..frames.end.min(self.frames());
        if frames.is_empty() {
            return true;
        }
        let lag = score.lines[line].lag;
        let mut pages = (frames.start as usize + lag) / score.page..(frames.end as usize + lag).div_ceil(score.page);
        pages.all(|page| match score.names(line).key(page) {
            Some(key) => score.store.has_sound(key) || score.page(line, page).is_ok(),
            None => self.provisional().contains_key(&(line, page)),
        })
    }

    /// What a waveform of a strip is drawn from, 256 frames a bin; of bins that come after the end of the song, nothing. None
    /// as for [`Take::read`].
    ///
    /// # Errors
    /// As [`Take::read`].
    pub fn bins(&self, strip: StripIndex, bins: Range<u64>) -> Result<Option<Vec<Bin>>, RenderError> {
        let score = &self.score;
        let Some(line) = score.line_of(strip) else { return Ok(None) };
        let all = self.frames().div_ceil(BIN as u64);
        // What lags behind is drawn to the nearest bin.
        let lag = (score.lines[line].lag / BIN) as u64;
        let (mut at, end) = (bins.start.min(all) + lag, bins.end.min(all) + lag);
        let mut found = Vec::with_capacity(end.saturating_sub(at) as usize);
        let a_page = (score.page.div_ceil(BIN)) as u64;
        while at < end {
            let (page, skip) = ((at / a_page) as usize, (at % a_page) as usize);
            let Some(of_page) = score.bins(line, page)? else { return Ok(None) };
            let count = (of_page.len() - skip).min((end - at) as usize);
            found.extend_from_slice(&of_page[skip..skip + count]);
            at += count as u64;
        }
        Ok(Some(found))
    }

    /// The integrated loudness of the mix in LUFS, once all of it is rendered; none of silence either.
    ///
    /// # Errors
    /// As [`Take::read`].
    pub fn lufs(&self) -> Result<Option<f64>, RenderError> {
        let Some(line) = self.score.line_of(StripIndex::Master) else { return Ok(None) };
        if self.score.unknown(line, 0).is_some() {
            return Ok(None);
        }
        let lag = self.score.lines[line].lag;
        let (lufs, _) = self.score.loudness(self.score.listen(line, lag..lag + self.frames() as usize))?;
        Ok(lufs)
    }

    /// Waits until something new can be read, at most so long.
    pub fn wait(&self, at_most: Duration) {
        let news = self.news.lock().unwrap_or_else(PoisonError::into_inner);
        let known = *news;
        let _ = self.bell.wait_timeout_while(news, at_most, |news| *news == known);
    }

    /// Tells those who wait.
    pub(super) fn tell(&self) {
        *self.news.lock().unwrap_or_else(PoisonError::into_inner) += 1;
        self.bell.notify_all();
    }

    /// Lets go of what stood in for something else.
    pub(super) fn settle(&self) {
        self.provisional().clear();
    }

    pub(super) fn provisional(&self) -> MutexGuard<'_, BTreeMap<(usize, usize), Arc<Audio>>> {
        self.provisional.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Score {
    /// The line that is a strip's sound before its fader, or the mix.
    pub(super) fn line_of(&self, strip: StripIndex) -> Option<usize> {
        self.lines.iter().rposition(|line| line.strip == strip)
    }

    /// The page of the mix that has a frame of the song.
    pub(super) fn page_of_mix(&self, frame: u64) -> usize {
        let lag = self.lines.last().map_or(0, |line| line.lag);
        (frame.min(self.plan.frames) as usize + lag) / self.page
    }
}
