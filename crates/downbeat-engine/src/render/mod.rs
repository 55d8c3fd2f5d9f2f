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

use std::borrow::Cow;
use std::sync::Arc;

use downbeat_dsp::{Audio, Format, Levels, Meter};

use crate::World;
use crate::expectation::StripIndex;
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
    /// Frames per second.
    pub rate: u32,
    /// The tracks that are heard, before their faders.
    pub tracks: Vec<StripReport>,
    /// The buses that are heard, before their faders.
    pub buses: Vec<StripReport>,
    /// The mix.
    pub master: Levels,
    /// The length of what was handed on, in frames.
    pub frames: u64,
}

impl Report {
    /// The levels of a strip; none when it is not heard.
    pub fn levels(&self, strip: StripIndex) -> Option<&Levels> {
        let (strips, index) = match strip {
            StripIndex::Track(index) => (&self.tracks, index),
            StripIndex::Bus(index) => (&self.buses, index),
            StripIndex::Master => return Some(&self.master),
        };
        strips.iter().find(|strip| strip.index == index).map(|strip| &strip.levels)
    }
}

/// What was measured of a track or a bus.
#[derive(Clone, Debug)]
pub struct StripReport {
    /// Its index in the session, among its like.
    pub index: usize,
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
    let stereo = Format::stereo(plan.rate);
    let mut meter = Meter::new(stereo);
    let junctions = &plan.desk.junctions;
    let mut buses: Vec<Option<Meter>> = junctions.iter().map(|sum| sum.bus.map(|_| Meter::new(stereo))).collect();
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
        let mix = desk.mix(pages, start, frames_of(number), |sum, latency, page| {
            if let (Some(meter), Some(part)) = (&mut buses[sum], range.part(page, start - latency as i64)) {
                meter.measure(&part);
            }
        });
        let Some(part) = range.part(&mix, start - latency) else { return Ok(()) };
        meter.measure(&part);
        master_tap.as_mut().map_or(Ok(()), |tap| tap.page(&part)).map_err(RenderError::Tap)
    });
    pool.install(|| flow::run(producers, consume, total.div_ceil(page), AHEAD))?;

    let buses = junctions.iter().zip(&buses).filter_map(|(sum, meter)| {
        let (index, meter) = (sum.bus?, meter.as_ref()?);
        let frames = range.frames_until(sum.end);
        Some(StripReport { index, name: sum.name.clone(), levels: meter.levels(), frames })
    });
    let mut buses: Vec<StripReport> = buses.collect();
    buses.sort_by_key(|bus| bus.index);
    Ok(Report {
        rate: plan.rate,
        tracks: lanes.iter().map(|lane| lane.report(range)).collect(),
        buses,
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
    /// What lies in the range of a page that starts at the frame `start`, if anything does.
    fn part(self, page: &Audio, start: i64) -> Option<Cow<'_, Audio>> {
        let end = start + page.frames() as i64;
        let (from, to) = (self.from.max(start), self.to.min(end));
        if from >= to {
            return None;
        }
        let mut part = Cow::Borrowed(page);
        if (from, to) != (start, end) {
            let part = part.to_mut();
            part.resize((to - start) as usize);
            part.drop_front((from - start) as usize);
        }
        Some(part)
    }

    /// How much of what ends at the frame `end` lies in the range, in frames.
    fn frames_until(self, end: u64) -> u64 {
        u64::try_from((end as i64).min(self.to) - self.from).unwrap_or(0)
    }
}
