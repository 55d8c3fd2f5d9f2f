//! The plan: the session made ready to be rendered. Every job in it has a key.

mod junction;
mod keys;
mod lane;
mod routes;
mod words;

use std::collections::BTreeMap;
use std::fmt;
use std::sync::Arc;

use downbeat_dsp::Format;

use crate::key::{Key, KeyMaker};
use crate::render::RenderError;
use crate::session::{Session, StripIndex, Target, Track};
pub(crate) use junction::{Ear, Junction};
pub(crate) use keys::{beginning_keys, clip_key, segment_key};
use lane::own_and_late;
pub(crate) use lane::{Lane, PlacedPlan};
pub(crate) use routes::Routes;

/// A session made ready to be rendered.
pub struct Plan {
    /// Frames per second.
    pub rate: u32,
    /// The length of the mix in frames.
    pub frames: u64,
    /// How loud the mix should be in the end.
    pub(crate) loudness: Option<Target>,
    /// What is worked on page by page, each after its inputs. The master comes last.
    pub(crate) nodes: Vec<Node>,
    /// The last step of a mix that has a loudness to come to.
    last: Option<Job>,
}

/// A strip, or the part of a track that depends on nobody else.
pub(crate) struct Node {
    /// Which strip it is.
    pub(crate) strip: StripIndex,
    pub(crate) name: String,
    pub(crate) format: Format,
    /// Where it has rung out.
    pub(crate) end: u64,
    /// By how many frames its pages lag behind the song.
    pub(crate) lag: usize,
    /// Whether it is the strip's sound before its fader, and that is heard in the mix.
    pub(crate) is_heard: bool,
    key: Key,
    pub(crate) work: Work,
    /// What a junction has to do, one after the other.
    jobs: Vec<Job>,
}

/// Where a node's sound comes from.
#[derive(Clone)]
pub(crate) enum Work {
    /// From its own clips.
    Lane(Arc<Lane>),
    /// From other nodes.
    Junction(Arc<Junction>),
}

/// Something to do, whose result has a name.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Job {
    /// What is done, in words.
    pub what: String,
    /// The key of the result.
    pub key: Key,
}

/// One job a line: its key, and what is done.
impl fmt::Display for Plan {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.jobs().try_for_each(|job| writeln!(f, "{}  {}", job.key, job.what))
    }
}

/// Makes the plan of a session.
///
/// # Errors
/// When an effect stands where it cannot, or sound goes in a circle.
pub fn plan(session: &Session) -> Result<Plan, RenderError> {
    plan_after(session, None)
}

/// The same after another plan, and the session it was made of: tracks that are the same are not planned again.
pub(crate) fn plan_after(session: &Session, before: Option<(&Session, &Plan)>) -> Result<Plan, RenderError> {
    let routes = Routes::new(session);
    let heard = routes.heard();
    let before = before.filter(|(before, _)| before.rate == session.rate);
    let mut drawing = Drawing { session, before, routes: &routes, nodes: Vec::new(), places: BTreeMap::new() };
    for index in routes.order()? {
        drawing.strip(index, heard.contains(&index))?;
    }
    let nodes = drawing.nodes;
    let last = session.loudness.zip(nodes.last()).map(|(Target { lufs, ceiling_db }, master)| {
        let key = KeyMaker::new("loudness").key(master.key).real(lufs).real(ceiling_db).finish();
        Job { what: format!("Master: to {lufs} LUFS, at most {ceiling_db} dBTP"), key }
    });
    let end = nodes.last().map_or(0, |master| master.end);
    Ok(Plan {
        rate: session.rate,
        frames: session.length.map_or(end, |length| length.0),
        loudness: session.loudness,
        nodes,
        last,
    })
}

/// A plan that is being drawn.
struct Drawing<'s> {
    session: &'s Session,
    before: Option<(&'s Session, &'s Plan)>,
    routes: &'s Routes<'s>,
    nodes: Vec<Node>,
    /// Of each strip, the node that is its sound before its fader.
    places: BTreeMap<StripIndex, usize>,
}

impl Drawing<'_> {
    /// Adds the nodes of a strip. All that it needs is there.
    fn strip(&mut self, index: StripIndex, is_heard: bool) -> Result<(), RenderError> {
        if let StripIndex::Track(track) = index {
            let track = &self.session.tracks[track];
            let lane = match self.lane_before(track) {
                Some(lane) => lane,
                None => Arc::new(lane::lane(track, self.session.rate)?),
            };
            let (_, late) = own_and_late(track);
            self.nodes.push(Node {
                strip: index,
                name: track.name.clone(),
                format: lane.format,
                end: lane.end(),
                lag: 0,
                is_heard: is_heard && late.is_empty(),
                key: lane.key,
                work: Work::Lane(lane),
                jobs: Vec::new(),
            });
            if !late.is_empty() {
                self.late(index, late, is_heard)?;
            }
        } else {
            self.sum(index, is_heard)?;
        }
        self.places.insert(index, self.nodes.len() - 1);
        Ok(())
    }

    /// The lane of a track as it was planned before, if it plays the same.
    fn lane_before(&self, track: &Track) -> Option<Arc<Lane>> {
        let (session, plan) = self.before?;
        let index = session.tracks.iter().position(|before| before.name == track.name)?;
        let before = &session.tracks[index];
        let is_same = before.clip == track.clip
            && before.placed == track.placed
            && own_and_late(before).0 == own_and_late(track).0
            && before.cut == track.cut;
        plan.nodes.iter().find_map(|node| match &node.work {
            Work::Lane(lane) if is_same && node.strip == StripIndex::Track(index) => Some(lane.clone()),
            _ => None,
        })
    }
}

impl Plan {
    /// Everything there is to do, each job after its inputs.
    pub fn jobs(&self) -> impl Iterator<Item = &Job> {
        self.nodes.iter().flat_map(Node::jobs).chain(&self.last)
    }
}

impl Node {
    fn jobs(&self) -> &[Job] {
        match &self.work {
            Work::Lane(lane) => &lane.jobs,
            Work::Junction(_) => &self.jobs,
        }
    }
}

/// A track or a bus that is heard, as it is before its fader.
#[derive(Clone, PartialEq, Debug)]
pub struct HeardStrip<'a> {
    /// Its index in the session, among its like.
    pub index: usize,
    /// Its name.
    pub name: &'a str,
    /// Mono or stereo.
    pub format: Format,
}

impl Plan {
    /// The tracks that are heard, in the order of the script.
    pub fn heard_tracks(&self) -> Vec<HeardStrip<'_>> {
        self.heard(|strip| if let StripIndex::Track(index) = strip { Some(index) } else { None })
    }

    /// The buses that are heard, in the order of the script.
    pub fn heard_buses(&self) -> Vec<HeardStrip<'_>> {
        self.heard(|strip| if let StripIndex::Bus(index) = strip { Some(index) } else { None })
    }

    fn heard(&self, index: impl Fn(StripIndex) -> Option<usize>) -> Vec<HeardStrip<'_>> {
        let nodes = self.nodes.iter().filter(|node| node.is_heard);
        let heard = nodes
            .filter_map(|node| Some(HeardStrip { index: index(node.strip)?, name: &node.name, format: node.format }));
        let mut heard: Vec<HeardStrip<'_>> = heard.collect();
        heard.sort_by_key(|heard| heard.index);
        heard
    }
}
