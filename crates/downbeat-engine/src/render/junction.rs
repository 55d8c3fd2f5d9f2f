//! A junction in motion: pages of its inputs go in, and a page of what is made of their sum comes out. What comes early
//! waits for what comes late.

use std::sync::Arc;

use downbeat_dsp::{Audio, Heard, Running};

use super::delay::Delay;
use crate::gains::{Fading, Gains};
use crate::plan::{Ear, Junction, Node};

pub(crate) struct JunctionRun {
    /// The nodes whose pages it needs, each once.
    sources: Vec<usize>,
    /// Inputs that are in time: by the index of their page, with their gains.
    prompt: Vec<(usize, Fading)>,
    /// Where their sum waits for the other inputs.
    wait: Delay,
    /// Inputs that lag behind, or whose gains follow others.
    late: Vec<(Waiting, Fading)>,
    /// Whom the gains of these follow.
    followed: Ears,
    /// By how many frames the sum lags behind the song.
    slowest: usize,
    inserts: Vec<(Box<dyn Running>, Ears)>,
    /// The gains after the inserts, and whom they follow.
    fader: Option<(Fading, Ears)>,
    /// By how many frames what comes out lags behind the song.
    lag: usize,
}

impl JunctionRun {
    /// Before the frame `from` of its pages, with silence before it.
    pub(crate) fn new(plan: &Junction, node: &Node, nodes: &[Node], from: i64) -> Self {
        let mut sources = Vec::new();
        let mut source = |node: usize| {
            sources.iter().position(|known| *known == node).unwrap_or_else(|| {
                sources.push(node);
                sources.len() - 1
            })
        };
        let (slowest, lag) = (plan.slowest, node.lag);
        let is_prompt =
            |(input, gains): &&(usize, Gains)| nodes[*input].lag == 0 && gains.listens_to().next().is_none();
        let fading = |gains: &Gains, lag: usize| Fading::new(gains.clone(), from - lag as i64);
        let (prompt, late): (Vec<_>, Vec<_>) = plan.inputs.iter().partition(is_prompt);
        let prompt = prompt.into_iter().map(|(input, gains)| (source(*input), fading(gains, 0))).collect();
        let late = late
            .into_iter()
            .map(|(input, gains)| (Waiting::new(source(*input), &nodes[*input], slowest), fading(gains, slowest)));
        let late = late.collect();
        let mut ears = |ears: &[Ear], lag: usize| Ears {
            strips: ears
                .iter()
                .map(|ear| (ear.name.clone(), Waiting::new(source(ear.node), &nodes[ear.node], lag)))
                .collect(),
        };
        let followed = ears(&plan.followed, slowest);
        let start = |lag: usize| from - (slowest + lag) as i64;
        let inserts = plan.inserts.iter().map(|insert| {
            let running = insert.effect.clone().start(node.format, start(insert.lag));
            (running, ears(&insert.ears, slowest + insert.lag))
        });
        let inserts = inserts.collect();
        let fader = plan.fader.as_ref().map(|(gains, heard)| (fading(gains, lag), ears(heard, lag)));
        let wait = Delay::new(node.format, slowest);
        JunctionRun { sources, prompt, wait, late, followed, slowest, inserts, fader, lag }
    }

    /// The nodes whose pages it needs, in the order in which [`JunctionRun::fill`] takes them.
    pub(crate) fn sources(&self) -> &[usize] {
        &self.sources
    }

    /// Makes the next page of the same pages of its sources, which begin at the frame `start` of the song if they do not
    /// lag behind.
    pub(crate) fn fill(&mut self, sum: &mut Audio, sources: &[&Audio], start: i64) {
        let frames = sum.frames();
        sum.planes_mut().for_each(|plane| plane.fill(0.0));
        let silent: Vec<bool> = self.prompt.iter().map(|(source, _)| sources[*source].is_silent()).collect();
        // A stretch of the sum stays in the nearest cache while all inputs are added to it.
        for from in (0..frames).step_by(STRETCH) {
            let stretch = from..frames.min(from + STRETCH);
            for ((source, gains), _) in self.prompt.iter().zip(&silent).filter(|(_, silent)| !**silent) {
                gains.add(sum, sources[*source], stretch.clone(), start);
            }
        }
        self.wait.process(sum);
        let start = start - self.slowest as i64;
        self.followed.hear(sources, |heard| {
            for (input, gains) in &mut self.late {
                gains.hear(heard, frames);
                gains.add(sum, input.page(sources), 0..frames, start);
            }
        });
        for (effect, ears) in &mut self.inserts {
            ears.hear(sources, |heard| effect.process_hearing(&mut sum.block(), heard));
        }
        if let Some((gains, ears)) = &mut self.fader {
            ears.hear(sources, |heard| gains.hear(heard, frames));
            gains.scale(sum, start + self.slowest as i64 - self.lag as i64);
        }
    }
}

/// Work that can be left in the middle, and be gone on with later.
impl JunctionRun {
    /// A copy of all there is.
    pub(crate) fn checkpoint(&self) -> Self {
        JunctionRun {
            sources: self.sources.clone(),
            prompt: self.prompt.clone(),
            wait: self.wait.clone(),
            late: self.late.clone(),
            followed: self.followed.clone(),
            slowest: self.slowest,
            inserts: self.inserts.iter().map(|(effect, ears)| (effect.checkpoint(), ears.clone())).collect(),
            fader: self.fader.clone(),
            lag: self.lag,
        }
    }

    /// Whether the other one will sound the same from here on, if its sources do.
    pub(crate) fn same(&self, other: &Self) -> bool {
        self.wait == other.wait
            && self.prompt == other.prompt
            && self.late == other.late
            && self.followed == other.followed
            && self.fader == other.fader
            && self.inserts.len() == other.inserts.len()
            && self
                .inserts
                .iter()
                .zip(&other.inserts)
                .all(|((effect, ears), (other, other_ears))| effect.same(other.as_ref()) && ears == other_ears)
    }

    /// How much memory it takes.
    pub(crate) fn bytes(&self) -> usize {
        let inserts = self.inserts.iter().map(|(effect, ears)| effect.bytes() + ears.bytes());
        let late = self.late.iter().map(|(waiting, _)| waiting.delay.bytes());
        let fader = self.fader.iter().map(|(_, ears)| ears.bytes());
        size_of::<Self>() + self.wait.bytes() + self.followed.bytes() + inserts.chain(late).chain(fader).sum::<usize>()
    }
}

/// The frames of a sum that are worked on at a time.
const STRETCH: usize = 2048;

/// Strips that are listened to at one place, by their names.
#[derive(Clone, PartialEq)]
struct Ears {
    strips: Vec<(Arc<str>, Waiting)>,
}

impl Ears {
    fn bytes(&self) -> usize {
        self.strips.iter().map(|(_, waiting)| size_of::<Waiting>() + waiting.delay.bytes()).sum()
    }

    fn hear(&mut self, sources: &[&Audio], work: impl FnOnce(Heard<'_>)) {
        let strips = self.strips.iter_mut().map(|(name, strip)| (&**name, strip.page(sources)));
        work(Heard::new(&strips.collect::<Vec<_>>()));
    }
}

/// A source that waits until it lags behind as much as those that it meets.
struct Waiting {
    source: usize,
    delay: Delay,
    page: Audio,
}

/// A copy to go on from: what is on its way, and not the page that was made of it last.
impl Clone for Waiting {
    fn clone(&self) -> Self {
        let page = Audio::silence(self.page.format(), 0);
        Waiting { source: self.source, delay: self.delay.clone(), page }
    }
}

impl PartialEq for Waiting {
    fn eq(&self, other: &Self) -> bool {
        self.source == other.source && self.delay == other.delay
    }
}

impl Waiting {
    fn new(source: usize, node: &Node, lag: usize) -> Self {
        let delay = Delay::new(node.format, lag - node.lag);
        Waiting { source, delay, page: Audio::silence(node.format, 0) }
    }

    /// Its next page. To be called once for each.
    fn page<'a>(&'a mut self, sources: &[&'a Audio]) -> &'a Audio {
        let page = sources[self.source];
        if self.delay.frames() == 0 {
            return page;
        }
        self.page.clone_from(page);
        self.delay.process(&mut self.page);
        &self.page
    }
}
