//! Rendering: the only place with threads. Pages are pulled through every track, summed on the desk, and handed on in
//! order. The same plan gives the same bits for any number of threads and any page length.

mod clip;
mod delay;
mod feed;
mod flow;
mod join;
mod junction;
mod lane;
mod listener;
pub mod live;
mod loudness;
mod overlay;
mod pyramid;

pub(crate) use clip::Shelf;
pub use clip::{Recordings, render_clip};
pub(crate) use flow::{Worker, run as flow};
pub(crate) use join::{Piece, pieces};
pub(crate) use junction::JunctionRun;
pub(crate) use lane::stream;
pub(crate) use loudness::finishing_limiter;
pub use pyramid::{Survey, SurveyOptions, pyramid, survey};

use std::borrow::Cow;
use std::sync::Arc;

use downbeat_dsp::{Audio, Format, Levels};

use crate::World;
use crate::media::MediaError;
use crate::plan::{Plan, Work};
use crate::session::StripIndex;
use feed::KEPT_FRAMES;
use lane::LaneRun;
use listener::{Ear, Listener};
use loudness::{Finish, Kept};

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

/// Somebody who listens: to a track or a bus before its fader, or to the mix. Pages come in order and without gaps.
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
    /// Listeners to buses, by the bus's index in the session, likewise.
    pub buses: Vec<Option<Box<dyn Tap + 'a>>>,
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
    /// What brought the mix to its loudness, if it had one to come to.
    pub adjustment: Option<Adjustment>,
    /// The length of what was handed on, in frames.
    pub frames: u64,
}

/// What brings a mix to a loudness.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct Adjustment {
    /// The integrated loudness before it, in LUFS; none when the mix is silent or shorter than 400 ms.
    pub measured_lufs: Option<f64>,
    /// The gain, in decibels.
    pub gain_db: f64,
    /// Whether a limiter holds peaks that would rise above the ceiling.
    pub is_limited: bool,
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
    /// An effect that measures the whole sound first stands after one that listens to another strip.
    #[error("{effect} measures the whole sound first: it has to stand before effects that listen to other strips")]
    MeasuresLate {
        /// The effect, as it is written.
        effect: String,
    },
    /// Strips that feed each other or listen to each other.
    #[error("sound goes in a circle: {}", .strips.join(" -> "))]
    Circle {
        /// Their names, in the order of the sound; the last is the first again.
        strips: Vec<String>,
    },
    /// An effect listens to a strip that there is not.
    #[error("there is no track or bus {name:?} to listen to")]
    NoStrip {
        /// The name.
        name: String,
    },
    /// A recording is not the one any more that the mix was made of.
    #[error("{path} has changed since the mix was made")]
    Changed {
        /// The file.
        path: String,
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
    let whole = Range { from: 0, to: plan.frames as i64 };
    let pass = Pass { plan, shelf, pool, page: options.page.max(1) };

    let Taps { mut tracks, mut buses, mut master } = taps;
    let mut tap = |strip: StripIndex| match strip {
        StripIndex::Track(index) => tracks.get_mut(index)?.take(),
        StripIndex::Bus(index) => buses.get_mut(index)?.take(),
        StripIndex::Master => None,
    };
    let mut listeners: Vec<Option<Listener<'_>>> = plan
        .nodes
        .iter()
        .map(|node| node.is_heard.then(|| Listener::new(node.format, range, tap(node.strip))))
        .collect();
    let stereo = Format::stereo(plan.rate);
    let mix = Listener::new(stereo, range, master.take());
    let (master, adjustment) = match plan.loudness {
        None => (pass.run(&mut listeners, mix, range.to)?, None),
        Some(target) => {
            let mut kept = Kept::new(plan.frames <= KEPT_FRAMES);
            let all = Listener::new(stereo, whole, Some(Box::new(&mut kept)));
            let measured = pass.run(&mut listeners, all, whole.to)?;
            let adjustment = Adjustment::to(target, measured.lufs, measured.true_peak_db);
            let mut finish = Finish::new(&adjustment, target.ceiling_db, stereo, mix);
            if !kept.replay(&mut finish)? {
                pass.run(&mut [], Listener::new(stereo, whole, Some(Box::new(&mut finish))), whole.to)?;
            }
            (finish.end()?, Some(adjustment))
        }
    };

    let (mut tracks, mut buses) = (Vec::new(), Vec::new());
    for (node, listener) in plan.nodes.iter().zip(&listeners) {
        let Some(levels) = listener.as_ref().map(Listener::levels) else { continue };
        let (name, frames) = (node.name.clone(), range.frames_until(node.end));
        match node.strip {
            StripIndex::Track(index) => tracks.push(StripReport { index, name, levels, frames }),
            StripIndex::Bus(index) => buses.push(StripReport { index, name, levels, frames }),
            StripIndex::Master => {}
        }
    }
    tracks.sort_by_key(|track| track.index);
    buses.sort_by_key(|bus| bus.index);
    let frames = (range.to - range.from) as u64;
    Ok(Report { rate: plan.rate, tracks, buses, master, adjustment, frames })
}

/// A way through the whole graph.
struct Pass<'p> {
    plan: &'p Plan,
    shelf: Shelf,
    pool: rayon::ThreadPool,
    page: usize,
}

impl Pass<'_> {
    /// Works on all nodes until the master has come to the frame `to`. Whoever listens to the nodes hears them; the levels
    /// that whoever listens to the master has measured come back.
    fn run(
        &self,
        listeners: &mut [Option<Listener<'_>>],
        mut master: Listener<'_>,
        to: i64,
    ) -> Result<Levels, RenderError> {
        let (plan, page) = (self.plan, self.page);
        let total = to as usize + plan.nodes.last().map_or(0, |node| node.lag);
        let frames_of = |number: usize| page.min(total - number * page);
        let mut ears: Vec<Option<Ear<'_>>> = Vec::with_capacity(plan.nodes.len());
        ears.extend(listeners.iter_mut().map(|listener| listener.as_mut().map(Listener::ear)));
        ears.resize_with(plan.nodes.len(), || None);
        if let Some(last) = ears.last_mut() {
            *last = Some(master.ear());
        }
        let workers = plan.nodes.iter().zip(ears).map(|(node, mut ear)| {
            let mut run = match &node.work {
                Work::Lane(lane) => Run::Lane(LaneRun::new(lane.clone(), self.shelf.clone(), plan.frames)),
                Work::Junction(junction) => Run::Junction(Box::new(JunctionRun::new(junction, node, &plan.nodes, 0))),
            };
            flow::Worker {
                urgent: matches!(&run, Run::Lane(lane) if lane.starts_slowly()),
                inputs: if let Run::Junction(junction) = &run { junction.sources().to_vec() } else { Vec::new() },
                page: Box::new(move |number, inputs, old| {
                    let (start, frames) = ((number * page) as i64, frames_of(number));
                    let mut page = old.unwrap_or_else(|| Audio::silence(node.format, frames));
                    page.resize(frames);
                    match &mut run {
                        Run::Lane(lane) => lane.fill(&mut page)?,
                        Run::Junction(junction) => junction.fill(&mut page, inputs, start),
                    }
                    if let Some(hear) = &mut ear {
                        hear(&page, start - node.lag as i64)?;
                    }
                    Ok(page)
                }),
            }
        });
        let workers = workers.collect();
        self.pool.install(|| flow::run(workers, total.div_ceil(page), AHEAD))?;
        Ok(master.levels())
    }
}

/// A node in motion.
enum Run {
    Lane(LaneRun),
    Junction(Box<JunctionRun>),
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
