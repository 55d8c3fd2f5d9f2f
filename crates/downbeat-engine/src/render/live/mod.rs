//! The live loop: a mix that is kept rendered while it is edited.
//!
//! A [`Take`] is a session as it is now. [`Live::render`] makes what is missing of it, and what was made before is taken
//! from the [`Store`]: pages of sound by their keys, and effects in the middle of their work. An edit gives other keys to
//! what it changes, and to nothing else. An effect with a memory goes on from the last state before the change, and as soon
//! as its state is the one that it had there before, all the rest is as it was. So a render after an edit is the same, to
//! the bit, as one from nothing.
//!
//! What is heard at the moment comes first: where the way to it is long, it is rendered from near by, and is provisional
//! until the rest is there.

mod ahead;
mod explain;
mod line;
mod loudness;
mod lru;
mod material;
mod measure;
mod motion;
mod names;
mod pages;
mod preview;
mod score;
mod store;
mod take;
mod tape;
mod waveform;

use std::ops::Range;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use rayon::prelude::*;

use crate::World;
use crate::plan::plan_after;
use crate::render::{Recordings, RenderError, Shelf, Worker, flow};
use crate::session::{Session, StripIndex};

pub use explain::Ran;
use preview::Preview;
use score::Score;
pub use store::{Bin, Statistics, Store};
pub use take::{Excerpt, LiveStrip, Take};
pub(crate) use tape::Tapes;

/// How to keep a mix rendered.
#[derive(Clone, Debug)]
pub struct LiveOptions {
    /// The number of threads; `None` takes one for each processor.
    pub threads: Option<usize>,
    /// The length of a page in frames, which is made a multiple of 256. A shorter page is ready sooner, a longer one takes
    /// less looking after.
    pub page: usize,
}

impl Default for LiveOptions {
    fn default() -> Self {
        LiveOptions { threads: None, page: 65_536 }
    }
}

/// A mix that is kept rendered.
pub struct Live {
    store: Arc<Store>,
    pool: Arc<rayon::ThreadPool>,
    page: usize,
    /// The take that was finished last.
    last: Mutex<Option<Arc<Take>>>,
}

/// What came of rendering a take.
#[derive(Clone, Debug)]
pub struct Rendered {
    /// How many pages were made, of all lines of the mix.
    pub jobs_run: u64,
    /// How many were there already.
    pub jobs_reused: u64,
    /// The frames of the mix that differ from the take before; all of them for the first.
    pub changed: Vec<Range<u64>>,
    /// The same for each strip that is heard, before its fader.
    pub strips: Vec<(StripIndex, Vec<Range<u64>>)>,
    /// What was worked on, and why.
    pub ran: Vec<Ran>,
}

/// How many pages are made of all lines before it is looked again at what is still to be done; twice as many the next time.
const FIRST: usize = 8;
const MOST: usize = 64;

/// How many pages a line may be ahead of those that need it: what was made has to be there when they come to it, also where
/// there is room for little.
const AHEAD: usize = 4;

/// How far, in pages, what is heard at the moment may lie behind the first page to be made before it is rendered apart.
const NEAR: usize = 12;

/// How many pages around what is heard are kept at hand.
const ATTENDED: usize = 12;

/// The pages around one.
fn around(heard: usize) -> Range<usize> {
    let from = heard.saturating_sub(1);
    from..from + ATTENDED
}

impl Live {
    /// One that keeps what it makes in a store.
    ///
    /// # Errors
    /// When the threads cannot be started.
    pub fn new(store: Arc<Store>, options: LiveOptions) -> Result<Self, RenderError> {
        let pool = rayon::ThreadPoolBuilder::new().num_threads(options.threads.unwrap_or(0)).build()?;
        let pool = Arc::new(pool);
        Ok(Live { store, pool, page: options.page.max(1).next_multiple_of(waveform::BIN), last: Mutex::default() })
    }

    /// Another one, for another mix of the same recordings, with the same store and on the same threads.
    pub fn beside(&self) -> Self {
        Live { store: self.store.clone(), pool: self.pool.clone(), page: self.page, last: Mutex::default() }
    }

    /// Does something on each of its threads, when they have nothing else to do.
    pub fn on_each_thread(&self, work: impl Fn() + Sync) {
        self.pool.broadcast(|_| work());
    }

    /// The store.
    pub fn store(&self) -> &Arc<Store> {
        &self.store
    }

    /// Makes a take of a session. Nothing is rendered for it.
    ///
    /// # Errors
    /// When an effect stands where it cannot, or sound goes in a circle.
    pub fn take(
        &self,
        session: &Arc<Session>,
        world: Arc<dyn World>,
        recordings: Recordings,
    ) -> Result<Arc<Take>, RenderError> {
        self.take_at_least(0, session, world, recordings)
    }

    /// The same, of a mix that goes on to so many frames where it would be shorter, as when strips are silenced while the song
    /// is listened to: it ends where it did.
    ///
    /// # Errors
    /// As [`Live::take`].
    pub fn take_at_least(
        &self,
        frames: u64,
        session: &Arc<Session>,
        world: Arc<dyn World>,
        recordings: Recordings,
    ) -> Result<Arc<Take>, RenderError> {
        let before = self.last.lock().unwrap_or_else(PoisonError::into_inner).clone();
        let mut plan = plan_after(session, before.as_ref().map(|take| (take.session.as_ref(), &take.score.plan)))?;
        plan.frames = plan.frames.max(frames);
        let tapes = Arc::new(Tapes::new(world.clone(), plan.rate, self.store.clone()));
        let shelf = Shelf::with_tapes(world, plan.rate, recordings, tapes);
        let before = before.map(|take| take.score.clone()).filter(|score| score.plan.rate == plan.rate);
        let score = Score::new(plan, self.page, self.store.clone(), shelf, before);
        Ok(Arc::new(Take::new(session.clone(), score)))
    }

    /// Makes sure that what an edit needs around a frame is at hand, as far as there is room. To be called when nobody waits
    /// for anything; it stops when `stop` says so, and tells whether it came to the end.
    ///
    /// # Errors
    /// As [`Live::render`].
    pub fn attend(&self, take: &Take, at: u64, stop: &(dyn Fn() -> bool + Sync)) -> Result<bool, RenderError> {
        let score = &take.score;
        let heard = score.page_of_mix(at);
        let a_page = (self.page * 2 * size_of::<f32>() * score.lines.len().max(1)) as u64;
        let pages = ATTENDED.min((self.store.budget() / 4 / a_page) as usize);
        self.pool.install(|| {
            let stopped = AtomicBool::new(false);
            around(heard).take(pages).try_for_each(|page| {
                (0..score.lines.len()).into_par_iter().try_for_each(|line| {
                    if stopped.fetch_or(stop(), Ordering::Relaxed) { Ok(()) } else { score.attend(line, page) }
                })
            })?;
            self.store.prepare(self.page, stop);
            Ok(!stopped.into_inner() && !stop())
        })
    }

    /// Renders all of a take that is not there, what is around the frame that is heard first; `heard` says which that is, as
    /// time goes on. It stops when `stop` says so, and then nothing is told; what was made is kept.
    ///
    /// # Errors
    /// When a recording cannot be read, or is not any more what it was when the session was made.
    pub fn render(
        &self,
        take: &Arc<Take>,
        heard: &(dyn Fn() -> u64 + Sync),
        stop: &(dyn Fn() -> bool + Sync),
    ) -> Result<Option<Rendered>, RenderError> {
        let result = self.pool.install(|| run(take, heard, stop));
        take.tell();
        if !result? {
            return Ok(None);
        }
        let rendered = explain::rendered(&take.score);
        take.score.finished();
        take.settle();
        *self.last.lock().unwrap_or_else(PoisonError::into_inner) = Some(take.clone());
        Ok(Some(rendered))
    }
}

/// Makes all pages of a take. Tells whether it came to the end.
fn run(take: &Take, heard: &(dyn Fn() -> u64 + Sync), stop: &(dyn Fn() -> bool + Sync)) -> Result<bool, RenderError> {
    let score = &take.score;
    let lines = &score.lines;
    let heard = || score.page_of_mix(heard());
    let mut preview = Preview::new(score);
    for phase in 0..=lines.iter().map(|line| line.phase).max().unwrap_or(0) {
        let mine: Vec<usize> = (0..lines.len()).filter(|line| lines[*line].phase == phase).collect();
        for &line in &mine {
            if lines[line].measures() {
                if stop() {
                    return Ok(false);
                }
                // All of it is measured before any of it is final.
                if score.place_before(line).is_some() && !score.is_measured(line) {
                    preview.follow(take, heard())?;
                }
                score.measure(line)?;
            }
        }
        let mut pages = FIRST;
        loop {
            mine.iter().for_each(|line| score.run_ahead(*line));
            take.tell();
            let first = |line: &usize| Some(score.unknown(*line, 0)? + lines[*line].shift);
            let Some(first) = mine.iter().filter_map(first).min() else { break };
            // A long way through all of a mix must not crowd out what the next edit needs.
            if pages > FIRST {
                (0..lines.len()).for_each(|line| score.touch(line, around(heard())));
            }
            // Where an edit changes all that follows, what is heard at the moment cannot wait for it.
            let waits = pages > FIRST || score.is_changed_at_all();
            if waits && first + NEAR < heard() {
                preview.follow(take, heard())?;
            }
            let unfinished: Vec<usize> =
                mine.iter().copied().filter(|line| score.unknown(*line, 0).is_some()).collect();
            if !advance(take, &unfinished, first, pages, stop)? {
                return Ok(false);
            }
            pages = MOST.min(2 * pages);
        }
    }
    Ok(true)
}

/// Goes on with some lines by so many pages. Tells whether it came to the end.
fn advance(
    take: &Take,
    lines: &[usize],
    first: usize,
    pages: usize,
    stop: &(dyn Fn() -> bool + Sync),
) -> Result<bool, RenderError> {
    let score = &take.score;
    let stopped = AtomicBool::new(false);
    let is_over = || {
        let is_over = stopped.load(Ordering::Relaxed) || stop();
        stopped.fetch_or(is_over, Ordering::Relaxed);
        is_over
    };
    let place = |line: &usize| lines.iter().position(|known| known == line);
    let workers = lines.iter().map(|&line| {
        let is_over = &is_over;
        Worker {
            urgent: false,
            inputs: score.lines[line].inputs.iter().filter_map(place).collect(),
            page: Box::new(move |number: usize, _: &[&()], _| {
                let page = (first + number).checked_sub(score.lines[line].shift);
                let Some(page) = page.filter(|page| *page < score.lines[line].pages) else { return Ok(()) };
                if is_over() {
                    return Ok(());
                }
                score.advance(line, page)?;
                if line + 1 == score.lines.len() {
                    take.tell();
                }
                Ok(())
            }),
        }
    });
    // A mix that is to come to a loudness is measured as it is made.
    let finish = score.lines.len().checked_sub(1).filter(|line| score.lines[*line].measures());
    let finish = finish.and_then(|line| Some((line, place(score.lines[line].inputs.first()?)?)));
    let measuring = finish.map(|(line, input)| Worker {
        urgent: false,
        inputs: vec![input],
        page: Box::new(move |_: usize, _: &[&()], _| if is_over() { Ok(()) } else { score.measure_ahead(line) }),
    });
    flow(workers.chain(measuring).collect(), pages, AHEAD)?;
    Ok(!stopped.load(Ordering::Relaxed))
}
