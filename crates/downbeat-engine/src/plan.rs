//! The plan: the session made ready to be rendered. Every job in it has a key.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::Arc;

use downbeat_dsp::{Channels, Format, Measured, Processor, Settings, Stream, ratio};

use crate::gains::Gains;
use crate::key::{Key, KeyMaker};
use crate::render::{Piece, RenderError, pieces};
use crate::session::{Chain, Clip, Cut, Join, Session, Source, Step, Strip, Track};

/// A session made ready to be rendered.
pub struct Plan {
    /// Frames per second.
    pub rate: u32,
    /// The length of the mix in frames.
    pub frames: u64,
    /// Everything there is to do, each job after its inputs.
    pub jobs: Vec<Job>,
    pub(crate) lanes: Vec<Arc<Lane>>,
    pub(crate) desk: DeskPlan,
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
        self.jobs.iter().try_for_each(|job| writeln!(f, "{}  {}", job.key, job.what))
    }
}

/// A track that is heard.
pub(crate) struct Lane {
    /// Which track of the session it is.
    pub(crate) track: usize,
    pub(crate) name: String,
    pub(crate) format: Format,
    /// The length of what it plays, before its inserts.
    pub(crate) frames: u64,
    pub(crate) clip: Option<Arc<Clip>>,
    pub(crate) pieces: Option<Arc<[Piece]>>,
    pub(crate) placed: Vec<PlacedPlan>,
    pub(crate) inserts: Vec<Insert>,
}

/// A clip at a time of its own.
pub(crate) struct PlacedPlan {
    pub(crate) clip: Arc<Clip>,
    /// The clip's key.
    pub(crate) key: Key,
    pub(crate) at: i64,
    pub(crate) gain: f32,
}

/// What can stand on a track.
#[derive(Clone)]
pub(crate) enum Insert {
    Stream(Arc<dyn Stream>),
    Measured(Arc<dyn Measured>),
}

/// What is summed where: the buses in the order in which they can be worked on, the master last.
pub(crate) struct DeskPlan {
    pub(crate) junctions: Vec<JunctionPlan>,
    /// The master's gains.
    pub(crate) gains: Gains,
}

pub(crate) struct JunctionPlan {
    pub(crate) name: String,
    /// Which bus of the session it is; none for the master, and for a bus that is not heard.
    pub(crate) bus: Option<usize>,
    /// Where it has rung out.
    pub(crate) end: u64,
    /// Lanes, with their gains.
    pub(crate) tracks: Vec<(usize, Gains)>,
    /// Junctions before this one, with their gains.
    pub(crate) buses: Vec<(usize, Gains)>,
    pub(crate) inserts: Vec<Arc<dyn Stream>>,
}

/// Makes the plan of a session.
///
/// # Errors
/// When an effect stands where it cannot, or buses feed each other in a circle.
pub fn plan(session: &Session) -> Result<Plan, RenderError> {
    let mut jobs = Vec::new();
    let mut lanes = Vec::new();
    let mut keys = Vec::new();
    for (index, track) in session.tracks.iter().enumerate() {
        if session.is_heard(track) {
            let (lane, key) = lane(index, track, session.rate, &mut jobs)?;
            lanes.push(Arc::new(lane));
            keys.push(key);
        }
    }
    let ends: Vec<u64> = lanes.iter().map(|lane| lane.end()).collect();
    let (desk, end) = desk(session, &lanes, &keys, &ends, &mut jobs)?;
    Ok(Plan { rate: session.rate, frames: session.length.map_or(end, |length| length.0), jobs, lanes, desk })
}

/// A track that is heard, as it is before its fader.
#[derive(Clone, PartialEq, Debug)]
pub struct Heard<'a> {
    /// Its index in the session.
    pub track: usize,
    /// Its name.
    pub name: &'a str,
    /// Mono or stereo.
    pub format: Format,
}

impl Plan {
    /// The tracks that are heard, in the order of the script.
    pub fn heard(&self) -> impl Iterator<Item = Heard<'_>> {
        self.lanes.iter().map(|lane| Heard { track: lane.track, name: &lane.name, format: lane.format })
    }
}

impl Lane {
    /// Where the track has rung out.
    pub(crate) fn end(&self) -> u64 {
        self.inserts.iter().fold(self.frames, |end, insert| match insert {
            Insert::Stream(effect) => end + effect.tail(self.format) as u64,
            Insert::Measured(_) => end,
        })
    }
}

fn lane(index: usize, track: &Track, rate: u32, jobs: &mut Vec<Job>) -> Result<(Lane, Key), RenderError> {
    let mut job = |what: String, key: Key| {
        jobs.push(Job { what: format!("{}: {what}", track.name), key });
        key
    };
    let mut format = Format::mono(rate);
    let mut frames = 0;
    let mut cut_pieces = None;
    let mut key = KeyMaker::new("silence").finish();
    if let Some(clip) = &track.clip {
        format = clip.format(rate);
        frames = clip.frames(rate);
        key = job(format!("clip {}", clip.source), clip_key(clip, rate));
        if let Some(cut) = &track.cut {
            let laid = pieces(cut, frames);
            frames = laid.iter().map(|piece| piece.end(format).max(0) as u64).max().unwrap_or(0);
            let mut joined = KeyMaker::new("join");
            for (number, segment) in cut.segments.iter().enumerate() {
                let segment_key = segment_key(key, cut, number);
                if segment.chain.is_empty() && !segment.mute {
                    joined.key(segment_key);
                } else {
                    let what = if segment.mute { "mute".to_string() } else { chain_text(&segment.chain) };
                    joined.key(job(format!("segment {number}: {what}"), segment_key));
                }
            }
            key = job(format!("join {} segments, {}", cut.segments.len(), cut.join), joined.finish());
            if cut.segments.iter().flat_map(|segment| &segment.chain).any(Step::spreads) {
                format = Format::stereo(rate);
            }
            cut_pieces = Some(laid.into());
        }
    }
    // Many places often have one clip.
    let mut known: BTreeMap<*const Clip, (Key, u64)> = BTreeMap::new();
    let mut placed = Vec::with_capacity(track.placed.len());
    for place in &track.placed {
        let clip = &place.clip;
        if clip.format(rate).channels == Channels::Stereo {
            format = Format::stereo(rate);
        }
        let (clip_key, length) =
            *known.entry(Arc::as_ptr(clip)).or_insert_with(|| (clip_key(clip, rate), clip.frames(rate)));
        frames = frames.max(u64::try_from(place.at + length as i64).unwrap_or(0));
        let made = KeyMaker::new("place").key(key).key(clip_key).number(place.at as u64).real(place.gain_db).finish();
        key = job(format!("place {} at frame {}", clip.source, place.at), made);
        placed.push(PlacedPlan { clip: clip.clone(), key: clip_key, at: place.at, gain: ratio(place.gain_db) as f32 });
    }
    let mut inserts = Vec::new();
    for settings in &track.strip.inserts {
        inserts.push(match settings.made() {
            Processor::Stream(effect) => {
                if effect.spreads() {
                    format = Format::stereo(rate);
                }
                Insert::Stream(effect.clone())
            }
            Processor::Measured(effect) => Insert::Measured(effect.clone()),
            Processor::Clip(_) => return Err(RenderError::NeedsClip { effect: settings.to_string() }),
        });
        key = job(format!("insert {settings}"), insert_key(key, settings));
    }
    let lane = Lane {
        track: index,
        name: track.name.clone(),
        format,
        frames,
        clip: track.clip.clone(),
        pieces: cut_pieces,
        placed,
        inserts,
    };
    Ok((lane, key))
}

/// Lays out the desk. Also tells where the mix has rung out.
fn desk(
    session: &Session,
    lanes: &[Arc<Lane>],
    lane_keys: &[Key],
    lane_ends: &[u64],
    jobs: &mut Vec<Job>,
) -> Result<(DeskPlan, u64), RenderError> {
    let order = bus_order(session)?;
    let place_of = |bus: usize| order.iter().position(|&other| other == bus);
    let format = Format::stereo(session.rate);
    let mut junctions: Vec<JunctionPlan> = Vec::new();
    let mut keys: Vec<Key> = Vec::new();
    let mut ends: Vec<u64> = Vec::new();
    let targets = order.iter().map(|&bus| Some(bus)).chain(std::iter::once(None));
    for target in targets {
        let (name, strip) = match target {
            Some(bus) => (session.buses[bus].name.as_str(), &session.buses[bus].strip),
            None => ("Master", &session.master),
        };
        let tracks: Vec<(usize, Gains)> = lanes
            .iter()
            .enumerate()
            .flat_map(|(i, lane)| feeds(&session.tracks[lane.track].strip, target).map(move |gains| (i, gains)))
            .collect();
        let heard = session.buses.iter().enumerate().filter(|(_, bus)| !bus.strip.mute);
        let buses: Vec<(usize, Gains)> = heard
            .flat_map(|(i, bus)| {
                let place = place_of(i);
                feeds(&bus.strip, target).filter_map(move |gains| Some((place?, gains)))
            })
            .collect();
        let mut end = 0;
        let mut key = KeyMaker::new("sum");
        for (lane, gains) in &tracks {
            end = end.max(lane_ends[*lane]);
            gains.write(key.key(lane_keys[*lane]));
        }
        for (bus, gains) in &buses {
            end = end.max(ends[*bus]);
            gains.write(key.key(keys[*bus]));
        }
        let mut key = key.finish();
        jobs.push(Job { what: format!("{name}: sum of {} tracks and {} buses", tracks.len(), buses.len()), key });
        let mut inserts = Vec::new();
        for settings in &strip.inserts {
            let Processor::Stream(effect) = settings.made() else {
                return Err(RenderError::NeedsClip { effect: settings.to_string() });
            };
            end += effect.tail(format) as u64;
            inserts.push(effect.clone());
            key = insert_key(key, settings);
            jobs.push(Job { what: format!("{name}: insert {settings}"), key });
        }
        keys.push(key);
        ends.push(end);
        let bus = target.filter(|&bus| !session.buses[bus].strip.mute);
        junctions.push(JunctionPlan { name: name.to_string(), bus, end, tracks, buses, inserts });
    }
    let gains = if session.master.mute { Gains::muted() } else { Gains::of_strip(&session.master) };
    Ok((DeskPlan { junctions, gains }, ends.last().copied().unwrap_or(0)))
}

/// The gains at which a strip feeds a bus or the master, once for each way there.
fn feeds(strip: &Strip, target: Option<usize>) -> impl Iterator<Item = Gains> {
    let main = (strip.output == target).then(|| Gains::of_strip(strip));
    let sends = strip.sends.iter().filter(move |send| Some(send.bus) == target);
    main.into_iter().chain(sends.map(|send| Gains::of_send(strip, send)))
}

/// The buses in an order in which each comes after all that feed it.
fn bus_order(session: &Session) -> Result<Vec<usize>, RenderError> {
    let count = session.buses.len();
    let mut order = Vec::with_capacity(count);
    while order.len() < count {
        let ready = (0..count).find(|&bus| {
            let fed_by_waiting = |other: usize| {
                !order.contains(&other) && feeds(&session.buses[other].strip, Some(bus)).next().is_some()
            };
            !order.contains(&bus) && !(0..count).any(fed_by_waiting)
        });
        let Some(bus) = ready else {
            let left = (0..count).filter(|bus| !order.contains(bus)).map(|bus| session.buses[bus].name.clone());
            return Err(RenderError::BusCircle { buses: left.collect() });
        };
        order.push(bus);
    }
    Ok(order)
}

/// The key of a clip: its source, then each step of its chain.
pub(crate) fn clip_key(clip: &Clip, rate: u32) -> Key {
    clip.chain.iter().fold(source_key(&clip.source, rate), step_key)
}

/// The keys of a clip's beginnings: of its source, and of what comes out of each step but the last.
pub(crate) fn beginning_keys(clip: &Clip, rate: u32) -> Vec<Key> {
    let first = source_key(&clip.source, rate);
    let after = |key: &mut Key, step| Some(std::mem::replace(key, step_key(*key, step)));
    clip.chain.iter().scan(first, after).collect()
}

fn source_key(source: &Source, rate: u32) -> Key {
    let mut key = KeyMaker::new("source");
    key.number(rate.into());
    match source {
        Source::Recording(recording) => {
            key.bytes(b"recording").key(recording.contents).bytes(format!("{:?}", recording.pick).as_bytes())
        }
        Source::Tone { wave, freq_hz, frames, level } => {
            key.bytes(b"tone").bytes(&wave.key_bytes()).real(*freq_hz).number(frames.0).real(*level)
        }
        Source::Sweep { from_hz, to_hz, frames, level } => {
            key.bytes(b"sweep").real(*from_hz).real(*to_hz).number(frames.0).real(*level)
        }
        Source::Part { notes, wave, envelope } => {
            let notes = notes_key(notes);
            key.bytes(b"part").key(notes).bytes(&wave.key_bytes()).bytes(&envelope.key_bytes())
        }
        Source::Played { performance, instrument } => {
            key.bytes(b"played").key(performance_key(performance)).bytes(&instrument.key_bytes())
        }
        Source::Resynthesis { notes, wave } => key.bytes(b"resynthesis").key(notes_key(notes)).bytes(&wave.key_bytes()),
    };
    key.finish()
}

fn notes_key(notes: &[downbeat_dsp::PlayedNote]) -> Key {
    let mut key = KeyMaker::new("notes");
    for note in notes {
        key.number(note.start).number(note.frames).real(note.freq_hz).number(note.velocity.into());
        key.number(note.bends.len() as u64);
        for &(frame, bend) in note.bends.iter() {
            key.number(frame).real(bend);
        }
    }
    key.finish()
}

fn performance_key(performance: &downbeat_dsp::Performance) -> Key {
    let mut key = KeyMaker::new("performance");
    key.key(notes_key(&performance.notes));
    // The same notes play other drums with other keys.
    performance.notes.iter().for_each(|note| {
        key.number(note.key.into());
    });
    key.number(performance.bends.len() as u64);
    for &(frame, bend) in performance.bends.iter() {
        key.number(frame).real(bend);
    }
    key.number(performance.pedal.len() as u64);
    for &(frame, is_down) in performance.pedal.iter() {
        key.number(frame).number(is_down.into());
    }
    key.finish()
}

fn step_key(before: Key, step: &Step) -> Key {
    match step {
        Step::Insert(settings) => insert_key(before, settings),
        Step::Parallel { paths, dry } => {
            let mut key = KeyMaker::new("parallel");
            key.number(u64::from(*dry)).key(before);
            for path in paths {
                key.key(path.iter().fold(before, step_key));
            }
            key.finish()
        }
    }
}

fn insert_key(before: Key, settings: &Settings) -> Key {
    KeyMaker::new("insert").key(before).bytes(&settings.key_bytes()).finish()
}

fn segment_key(clip: Key, cut: &Cut, number: usize) -> Key {
    let mut key = KeyMaker::new("segment");
    key.key(clip).bytes(format!("{:?}", cut.join).as_bytes());
    // Its neighbours' starts decide where it ends and how long the crossfades are.
    for neighbour in number.saturating_sub(1)..(number + 3).min(cut.segments.len()) {
        key.number(cut.segments[neighbour].start.0);
    }
    key.number(number as u64).number(u64::from(cut.segments[number].mute));
    cut.segments[number].chain.iter().fold(key.finish(), step_key)
}

fn chain_text(chain: &Chain) -> String {
    chain.iter().map(Step::to_string).collect::<Vec<_>>().join(", ")
}

impl fmt::Display for Step {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Step::Insert(settings) => write!(f, "{settings}"),
            Step::Parallel { paths, dry } => {
                let paths = paths.iter().map(chain_text).collect::<Vec<_>>().join(" | ");
                write!(f, "parallel({paths}{})", if *dry { "" } else { ", dry = False" })
            }
        }
    }
}

impl fmt::Display for Source {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Source::Recording(recording) => write!(f, "audio({:?})", recording.path),
            Source::Tone { wave, freq_hz, .. } => write!(f, "tone({wave}, {freq_hz})"),
            Source::Sweep { from_hz, to_hz, .. } => write!(f, "sweep({from_hz}, {to_hz})"),
            Source::Part { notes, wave, .. } => write!(f, "synth({} notes, {wave})", notes.len()),
            Source::Played { performance, instrument } => {
                write!(f, "play({} notes, {instrument})", performance.notes.len())
            }
            Source::Resynthesis { notes, wave } => write!(f, "resynth({} notes, {wave})", notes.len()),
        }
    }
}

impl fmt::Display for Join {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Join::Crossfade(fade) => write!(f, "crossfade of {} frames", fade.0),
            Join::Pull(fade) => write!(f, "pulled by {} frames", fade.0),
        }
    }
}
