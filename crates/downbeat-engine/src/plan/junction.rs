//! Places where sounds of other nodes come together: the part of a track that listens to others, buses, the master.

use std::sync::Arc;

use downbeat_dsp::{Format, Processor, Settings, Stream};

use super::{Drawing, Job, Node, Work};
use crate::gains::Gains;
use crate::key::{Key, KeyMaker};
use crate::render::RenderError;
use crate::session::StripIndex;

/// A sum, and what is done to it.
pub(crate) struct Junction {
    /// What is added up: nodes before this one, with their gains.
    pub(crate) inputs: Vec<(usize, Gains)>,
    /// Whom the gains of the inputs follow.
    pub(crate) followed: Vec<Ear>,
    /// By how many frames the sum lags behind the song.
    pub(crate) slowest: usize,
    pub(crate) inserts: Vec<Insert>,
    /// The gains after the inserts, and whom they follow: the master's fader.
    pub(crate) fader: Option<(Gains, Vec<Ear>)>,
}

/// A streaming insert, and whom it listens to.
pub(crate) struct Insert {
    pub(crate) settings: Settings,
    pub(crate) effect: Arc<dyn Stream>,
    pub(crate) ears: Vec<Ear>,
    /// By how many frames its input lags behind the sum.
    pub(crate) lag: usize,
}

/// A strip that is listened to: its name, and its node.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct Ear {
    pub(crate) name: Arc<str>,
    pub(crate) node: usize,
}

/// What comes together, with its key.
struct Sum {
    format: Format,
    inputs: Vec<(usize, Gains)>,
    fader: Option<Gains>,
    key: Key,
    /// What was done already.
    jobs: Vec<Job>,
}

impl Drawing<'_> {
    /// Adds the sum of a bus or of the master.
    pub(super) fn sum(&mut self, index: StripIndex, is_heard: bool) -> Result<(), RenderError> {
        let (session, routes) = (self.session, self.routes);
        let mut key = KeyMaker::new("sum");
        let mut inputs = Vec::new();
        let mut tracks = 0;
        for way in routes.ways_to(index) {
            let node = self.place(way.from);
            way.gains.write(key.key(self.nodes[node].key));
            for ear in self.ears(way.gains.listens_to())? {
                key.key(self.nodes[ear.node].key);
            }
            tracks += usize::from(matches!(way.from, StripIndex::Track(_)));
            inputs.push((node, way.gains.clone()));
        }
        let what = format!("sum of {tracks} tracks and {} buses", inputs.len() - tracks);
        let job = self.job(index, &what, key.finish());
        let strip = session.strip(index);
        let gains = match (index, strip.mute) {
            (StripIndex::Master, true) => Some(Gains::muted()),
            (StripIndex::Master, false) => Some(Gains::of_strip(session, index)),
            _ => None,
        };
        let sum = Sum { format: Format::stereo(session.rate), inputs, fader: gains, key: job.key, jobs: vec![job] };
        self.junction(index, sum, &strip.inserts, is_heard)
    }

    /// Adds the part of a track that listens to others.
    pub(super) fn late(&mut self, index: StripIndex, late: &[Settings], is_heard: bool) -> Result<(), RenderError> {
        let lane = self.nodes.len() - 1;
        let Node { format, key, .. } = self.nodes[lane];
        let spreads = late.iter().any(|settings| settings.made().spreads());
        let format = if spreads { Format::stereo(format.rate) } else { format };
        let sum = Sum { format, inputs: vec![(lane, Gains::unity())], fader: None, key, jobs: Vec::new() };
        self.junction(index, sum, late, is_heard)
    }

    fn junction(
        &mut self,
        strip: StripIndex,
        sum: Sum,
        inserts: &[Settings],
        is_heard: bool,
    ) -> Result<(), RenderError> {
        let Sum { format, inputs, fader, mut key, mut jobs } = sum;
        let mut end = inputs.iter().map(|(node, _)| self.nodes[*node].end).max().unwrap_or(0);
        let followed = self.ears(inputs.iter().flat_map(|(_, gains)| gains.listens_to()))?;
        let heard = inputs.iter().map(|(node, _)| *node).chain(followed.iter().map(|ear| ear.node));
        let mut slowest = heard.map(|node| self.nodes[node].lag).max().unwrap_or(0);
        let mut lag = 0;
        let mut running = Vec::new();
        for settings in inserts {
            let effect = match settings.made() {
                Processor::Stream(effect) => effect.clone(),
                Processor::Measured(_) if matches!(strip, StripIndex::Track(_)) => {
                    return Err(RenderError::MeasuresLate { effect: settings.to_string() });
                }
                _ => return Err(RenderError::NeedsClip { effect: settings.to_string() }),
            };
            let ears = self.ears(settings.listens_to())?;
            let mut made = KeyMaker::new("insert");
            made.key(key).bytes(&settings.key_bytes());
            for ear in &ears {
                // What is listened to has to be there when the effect works.
                slowest = slowest.max(self.nodes[ear.node].lag.saturating_sub(lag));
                made.key(self.nodes[ear.node].key);
            }
            jobs.push(self.job(strip, &format!("insert {settings}"), made.finish()));
            key = made.finish();
            end += effect.tail(format) as u64;
            let latency = effect.latency(format);
            running.push(Insert { settings: settings.clone(), effect, ears, lag });
            lag += latency;
        }
        let fader = match fader {
            Some(gains) => {
                let ears = self.ears(gains.listens_to())?;
                let late = ears.iter().map(|ear| self.nodes[ear.node].lag.saturating_sub(lag)).max();
                slowest = slowest.max(late.unwrap_or(0));
                Some((gains, ears))
            }
            None => None,
        };
        self.nodes.push(Node {
            strip,
            name: self.session.name(strip).to_string(),
            format,
            end,
            lag: slowest + lag,
            is_heard,
            key,
            work: Work::Junction(Arc::new(Junction { inputs, followed, slowest, inserts: running, fader })),
            jobs,
        });
        Ok(())
    }

    /// The nodes of strips, each once.
    fn ears<'n>(&self, names: impl Iterator<Item = &'n str>) -> Result<Vec<Ear>, RenderError> {
        let mut ears: Vec<Ear> = Vec::new();
        for name in names {
            let strip = self.routes.named(name)?;
            let ear = Ear { name: name.into(), node: self.place(strip) };
            if !ears.contains(&ear) {
                ears.push(ear);
            }
        }
        Ok(ears)
    }

    /// The node of a strip that others need. It is there: the order has every strip after all that it needs.
    fn place(&self, strip: StripIndex) -> usize {
        self.places[&strip]
    }

    fn job(&self, strip: StripIndex, what: &str, key: Key) -> Job {
        Job { what: format!("{}: {what}", self.session.name(strip)), key }
    }
}
