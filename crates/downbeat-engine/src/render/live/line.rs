//! Lines: the steps of a plan on which pages are made one after the other. A track has one for what it plays and one for
//! each run of its inserts, a bus one, the master one, and one more if the mix has a loudness to come to.

use std::sync::Arc;

use downbeat_dsp::{Effect, Format, Limiter, Measured, Processor, Settings, Stream};

use crate::key::{Key, KeyMaker};
use crate::plan::{Junction, Lane, Node, Plan, Work};
use crate::render::{JunctionRun, stream};
use crate::session::{StripIndex, Target};

pub(super) struct Line {
    pub(super) strip: StripIndex,
    /// Which of the strip's lines it is, from 0.
    pub(super) stage: usize,
    pub(super) name: String,
    /// What it does.
    pub(super) words: String,
    pub(super) format: Format,
    /// By how many frames its pages lag behind the song.
    pub(super) lag: usize,
    /// Whether it is its strip's sound before the fader, and heard in the mix; or the mix.
    pub(super) is_heard: bool,
    /// What it does, whatever comes in.
    pub(super) own: Key,
    /// The lines before it whose pages it needs.
    pub(super) inputs: Vec<usize>,
    pub(super) task: Task,
    /// Whatever measures all of its input first comes in a phase after it.
    pub(super) phase: usize,
    /// By how many pages it stays behind, because it needs later pages of its inputs.
    pub(super) shift: usize,
    /// How many pages it has.
    pub(super) pages: usize,
}

pub(super) enum Task {
    /// What a track plays.
    Material(Arc<Lane>),
    /// Effects one after the other. Their latency is made up for.
    Streams { effects: Vec<Arc<dyn Stream>>, latency: usize },
    /// A gain that is measured. After so many frames nothing more is measured.
    Measured { effect: Arc<dyn Measured>, frames: u64 },
    /// The sum that belongs to a node of the plan.
    Junction { node: usize, junction: Arc<Junction> },
    /// The mix, brought to a loudness, and in the song's time.
    Finish { target: Target, late: usize, frames: u64 },
}

/// By how many frames the limiter of a mix that has a loudness to come to lags behind.
pub(super) fn limiter_latency(format: Format) -> usize {
    Effect::latency(&Limiter::default(), format)
}

impl Line {
    /// How many frames of its input it needs beyond those of a page.
    pub(super) fn ahead(&self) -> usize {
        match &self.task {
            Task::Streams { latency, .. } => *latency,
            Task::Finish { late, .. } => late + limiter_latency(self.format),
            _ => 0,
        }
    }

    /// Whether it measures all of its input first.
    pub(super) fn measures(&self) -> bool {
        matches!(self.task, Task::Measured { .. } | Task::Finish { .. })
    }
}

/// The lines of a plan, each after its inputs. The last one is the mix.
pub(super) fn lines(plan: &Plan, page: usize) -> Vec<Line> {
    let mut drawing = Drawing { plan, lines: Vec::new(), of_node: Vec::new() };
    for (index, node) in plan.nodes.iter().enumerate() {
        match &node.work {
            Work::Lane(lane) => drawing.lane(node, lane),
            Work::Junction(junction) => drawing.junction(node, index, junction),
        }
        drawing.of_node.push(drawing.lines.len() - 1);
    }
    if let (Some(target), Some(master)) = (plan.loudness, plan.nodes.last()) {
        drawing.finish(target, master);
    }
    let mut lines = drawing.lines;
    if let Some(mix) = lines.last_mut() {
        mix.pages = (plan.frames as usize + mix.lag).div_ceil(page);
    }
    for index in (0..lines.len()).rev() {
        let needed = lines[index].pages + lines[index].ahead().div_ceil(page);
        for input in lines[index].inputs.clone() {
            lines[input].pages = lines[input].pages.max(needed);
        }
    }
    // What nobody needs can be listened to all the same.
    let longest = lines.iter().map(|line| line.pages).max().unwrap_or(0);
    lines.iter_mut().filter(|line| line.pages == 0).for_each(|line| line.pages = longest);
    for index in 0..lines.len() {
        let line = &lines[index];
        let inputs = || line.inputs.iter().map(|input| &lines[*input]);
        let phase = inputs().map(|input| input.phase).max().unwrap_or(0) + usize::from(line.measures());
        let shift = inputs().map(|input| input.shift).max().unwrap_or(0) + line.ahead().div_ceil(page);
        (lines[index].phase, lines[index].shift) = (phase, shift);
    }
    lines
}

struct Drawing<'p> {
    plan: &'p Plan,
    lines: Vec<Line>,
    /// Of each node, the line that is its sound.
    of_node: Vec<usize>,
}

impl Drawing<'_> {
    fn line(&mut self, node: &Node, words: String, own: Key, inputs: Vec<usize>, task: Task) {
        let stage = self.lines.iter().filter(|line| line.strip == node.strip).count();
        self.lines.push(Line {
            strip: node.strip,
            stage,
            name: node.name.clone(),
            words,
            format: node.format,
            lag: node.lag,
            is_heard: false,
            own,
            inputs,
            task,
            phase: 0,
            shift: 0,
            pages: 0,
        });
    }

    /// The lines of what depends on nobody: what it plays, and its inserts.
    fn lane(&mut self, node: &Node, lane: &Arc<Lane>) {
        let clip = lane.clip.as_ref().map_or_else(|| "placed clips".to_string(), |clip| clip.source.to_string());
        self.line(node, clip, KeyMaker::new("material").finish(), Vec::new(), Task::Material(lane.clone()));
        let mut rest = lane.inserts.as_slice();
        while !rest.is_empty() {
            let streaming = rest.iter().take_while(|insert| stream(insert).is_some()).count();
            let (these, others) = rest.split_at(streaming.max(1));
            let mut own = KeyMaker::new("inserts");
            own.bytes(format!("{:?}", node.format).as_bytes());
            these.iter().for_each(|settings| {
                own.bytes(&settings.key_bytes());
            });
            let task = match these {
                [only] if let Processor::Measured(effect) = only.made() => {
                    Task::Measured { effect: effect.clone(), frames: lane.end().min(self.plan.frames) }
                }
                _ => {
                    let effects: Vec<_> = these.iter().filter_map(stream).collect();
                    let latency = effects.iter().map(|effect| effect.latency(node.format)).sum();
                    Task::Streams { effects, latency }
                }
            };
            self.line(node, words(these), own.finish(), vec![self.lines.len() - 1], task);
            rest = others;
        }
        self.heard(node);
    }

    fn junction(&mut self, node: &Node, index: usize, junction: &Arc<Junction>) {
        let sources = JunctionRun::new(junction, node, &self.plan.nodes, 0).sources().to_vec();
        let mut own = KeyMaker::new("junction");
        own.bytes(format!("{:?}", node.format).as_bytes()).number(junction.slowest as u64).number(node.lag as u64);
        sources.iter().for_each(|source| {
            own.number(self.plan.nodes[*source].lag as u64);
        });
        let place = |node: &usize| sources.iter().position(|source| source == node).unwrap_or(0) as u64;
        for (input, gains) in &junction.inputs {
            gains.write(own.number(place(input)));
        }
        for ear in &junction.followed {
            own.bytes(ear.name.as_bytes()).number(place(&ear.node));
        }
        for insert in &junction.inserts {
            own.bytes(&insert.settings.key_bytes());
            for ear in &insert.ears {
                own.bytes(ear.name.as_bytes()).number(place(&ear.node));
            }
        }
        if let Some((gains, ears)) = &junction.fader {
            gains.write(own.bytes(b"fader"));
            for ear in ears {
                own.bytes(ear.name.as_bytes()).number(place(&ear.node));
            }
        }
        let inserts: Vec<Settings> = junction.inserts.iter().map(|insert| insert.settings.clone()).collect();
        let what = if inserts.is_empty() { "sum".to_string() } else { format!("sum, {}", words(&inserts)) };
        let inputs = sources.iter().map(|source| self.of_node[*source]).collect();
        self.line(node, what, own.finish(), inputs, Task::Junction { node: index, junction: junction.clone() });
        self.heard(node);
    }

    fn finish(&mut self, target: Target, master: &Node) {
        let Target { lufs, ceiling_db } = target;
        let own = KeyMaker::new("finish").real(lufs).real(ceiling_db).finish();
        if let Some(line) = self.lines.last_mut() {
            line.is_heard = false;
        }
        let task = Task::Finish { target, late: master.lag, frames: self.plan.frames };
        self.line(master, format!("to {lufs} LUFS"), own, vec![self.lines.len() - 1], task);
        if let Some(line) = self.lines.last_mut() {
            (line.lag, line.is_heard) = (0, true);
        }
    }

    fn heard(&mut self, node: &Node) {
        if let Some(line) = self.lines.last_mut() {
            line.is_heard = node.is_heard || node.strip == StripIndex::Master;
        }
    }
}

fn words(inserts: &[Settings]) -> String {
    inserts.iter().map(Settings::to_string).collect::<Vec<_>>().join(", ")
}
