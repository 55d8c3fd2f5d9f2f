//! Rendering: the only place with threads. Pages are pulled through every track, summed on the desk, and handed on in
//! order. The same plan gives the same bits for any number of threads and any page length.

mod clip;
mod desk;
mod feed;
mod flow;
mod join;
mod lane;
mod overlay;
mod pyramid;

pub use clip::{Recordings, render_clip};
pub(crate) use join::{Piece, pieces};
pub use pyramid::{Survey, SurveyOptions, pyramid, survey};

use std::sync::Arc;

use downbeat_dsp::{Audio, Levels, Meter};

use crate::World;
use crate::media::MediaError;
use crate::plan::Plan;
use clip::Shelf;
use desk::Desk;
use lane::LaneRun;

/// How to render.
#[derive(Clone, Debug)]
pub struct RenderOptions {
    /// The number of threads; `None` takes one for each processor.
    pub threads: Option<usize>,
    /// The length of a page in frames.
    pub page: usize,
    /// The first frame to be handed on. What comes before is rendered, too, so that the bits are the same.
    pub from: u64,
    /// The frame before which to stop; `None` goes to the end of the mix.
    pub to: Option<u64>,
}

impl Default for RenderOptions {
    fn default() -> Self {
        RenderOptions { threads: None, page: 65_536, from: 0, to: None }
    }
}

/// Somebody who listens: to a track before its fader, or to the mix. Pages come in order and without gaps.
pub trait Tap: Send {
    /// Takes the next page.
    ///
    /// # Errors
    /// Whatever goes wrong there; it ends the render.
    fn page(&mut self, page: &Audio) -> Result<(), TapError>;
}

impl<T: Tap + ?Sized> Tap for &mut T {
    fn page(&mut self, page: &Audio) -> Result<(), TapError> {
        (**self).page(page)
    }
}

/// Perhaps somebody listens.
impl<T: Tap> Tap for Option<T> {
    fn page(&mut self, page: &Audio) -> Result<(), TapError> {
        self.as_mut().map_or(Ok(()), |tap| tap.page(page))
    }
}

/// Two who listen, one after the other.
impl<A: Tap, B: Tap> Tap for (A, B) {
    fn page(&mut self, page: &Audio) -> Result<(), TapError> {
        self.0.page(page)?;
        self.1.page(page)
    }
}

/// What goes wrong in a [`Tap`].
pub type TapError = Box<dyn std::error::Error + Send + Sync>;

/// Who listens where.
#[derive(Default)]
pub struct Taps<'a> {
    /// Listeners to tracks, by the track's index in the session. A track that is not heard calls nobody.
    pub tracks: Vec<Option<Box<dyn Tap + 'a>>>,
    /// The listener to the mix.
    pub master: Option<Box<dyn Tap + 'a>>,
}

/// What was measured on the way.
#[derive(Clone, Debug)]
pub struct Report {
    /// The tracks that are heard, before their faders.
    pub tracks: Vec<TrackReport>,
    /// The mix.
    pub master: Levels,
    /// The length of what was handed on, in frames.
    pub frames: u64,
}

/// What was measured of a track.
#[derive(Clone, Debug)]
pub struct TrackReport {
    /// Its name.
    pub name: String,
    /// Its levels, before its fader.
    pub levels: Levels,
    /// How long it plays within what was handed on, in frames.
    pub frames: u64,
}

/// Why a render failed.
#[derive(Debug, thiserror::Error)]
pub enum RenderError {
    /// A recording cannot be read.
    #[error(transparent)]
    Media(#[from] MediaError),
    /// An effect that needs a whole clip stands on a track, a bus or the master.
    #[error("{effect} needs a whole clip: it can stand on a clip or a segment only")]
    NeedsClip {
        /// The effect, as it is written.
        effect: String,
    },
    /// Buses that feed each other.
    #[error("the buses {} feed each other in a circle", .buses.join(", "))]
    BusCircle {
        /// Their names.
        buses: Vec<String>,
    },
    /// Somebody who listens has failed.
    #[error(transparent)]
    Tap(TapError),
    /// The threads cannot be started.
    #[error("cannot start the threads to render on: {0}")]
    Threads(#[from] rayon::ThreadPoolBuildError),
}

/// How many pages of a track may wait for the slowest one.
const AHEAD: usize = 4;

/// Renders a plan.
///
/// # Errors
/// When a recording cannot be read or a listener fails.
pub fn render(
    plan: &Plan,
    world: Arc<dyn World>,
    recordings: Recordings,
    options: &RenderOptions,
    taps: Taps<'_>,
) -> Result<Report, RenderError> {
    let pool = rayon::ThreadPoolBuilder::new().num_threads(options.threads.unwrap_or(0)).build()?;
    let shelf = Shelf::new(world, plan.rate, recordings);
    let to = options.to.unwrap_or(plan.frames).min(plan.frames);
    let range = Range { from: options.from.min(to) as i64, to: to as i64 };
    let mut desk = Desk::new(&plan.desk, plan.rate);
    let latency = desk.latency() as i64;
    let page = options.page.max(1);
    let total = to as usize + desk.latency();
    let frames_of = |number: usize| page.min(total - number * page);

    let mut track_taps = taps.tracks;
    track_taps.resize_with(plan.lanes.iter().map(|lane| lane.track + 1).max().unwrap_or(0), || None);
    let mut lanes: Vec<LaneRun<'_>> = plan
        .lanes
        .iter()
        .map(|lane| LaneRun::new(lane.clone(), shelf.clone(), plan.frames, track_taps[lane.track].take()))
        .collect();
    let mut meter = Meter::new(downbeat_dsp::Format::stereo(plan.rate));
    let mut master_tap = taps.master;

    let producers = lanes
        .iter_mut()
        .map(|lane| flow::Producer {
            urgent: lane.starts_slowly(),
            page: Box::new(move |number, spent| lane.page((number * page) as i64, frames_of(number), spent, range)),
        })
        .collect();
    let consume: flow::Consumer<'_> = Box::new(|number, pages| {
        let start = (number * page) as i64;
        let mix = desk.mix(pages, start, frames_of(number));
        range.of(&mix, start - latency, |part| {
            meter.measure(part);
            master_tap.as_mut().map_or(Ok(()), |tap| tap.page(part)).map_err(RenderError::Tap)
        })
    });
    pool.install(|| flow::run(producers, consume, total.div_ceil(page), AHEAD))?;

    Ok(Report {
        tracks: lanes.iter().map(|lane| lane.report(range)).collect(),
        master: meter.levels(),
        frames: (range.to - range.from) as u64,
    })
}

/// The frames that are asked for.
#[derive(Clone, Copy)]
struct Range {
    from: i64,
    to: i64,
}

impl Range {
    /// Calls `take` with what lies in the range of a page that starts at the frame `start`, if anything does.
    fn of(
        self,
        page: &Audio,
        start: i64,
        take: impl FnOnce(&Audio) -> Result<(), RenderError>,
    ) -> Result<(), RenderError> {
        let end = start + page.frames() as i64;
        let (from, to) = (self.from.max(start), self.to.min(end));
        if from >= to {
            Ok(())
        } else if from == start && to == end {
            take(page)
        } else {
            let mut part = page.clone();
            part.resize((to - start) as usize);
            part.drop_front((from - start) as usize);
            take(&part)
        }
    }
}
