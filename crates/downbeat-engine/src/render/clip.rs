//! Clips as sound: read from a file, from memory, or played.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};

use downbeat_dsp::{Audio, Block, Channels, Format, Generator, PartPlayer, Sweep, Tone};

use super::RenderError;
use super::live::Tapes;
use crate::World;
use crate::chain;
use crate::key::Key;
use crate::media::Reader;
use crate::plan::{beginning_keys, clip_key};
use crate::session::{Clip, Recording, Source, Step};

/// Recordings that were decoded already, because a script asked for facts about them.
pub type Recordings = Vec<(Recording, Arc<Audio>)>;

/// Where clips get their sound: the world, and what has been made of it before.
#[derive(Clone)]
pub(crate) struct Shelf {
    pub(crate) world: Arc<dyn World>,
    pub(crate) rate: u32,
    pub(crate) recordings: Arc<Recordings>,
    /// Clips that are needed as a whole, by their keys.
    whole: Arc<Mutex<BTreeMap<Key, Arc<Audio>>>>,
    /// Where recordings and whole clips are kept, if they are for longer than a render.
    tapes: Option<Arc<Tapes>>,
}

/// A clip that is read from its start to its end.
pub(crate) enum ClipReader {
    File(Box<Reader>),
    Memory { audio: Arc<Audio>, at: usize },
    Generator(Box<dyn Generator>),
    Tape { tapes: Arc<Tapes>, recording: Recording, at: u64 },
}

impl Shelf {
    pub(crate) fn new(world: Arc<dyn World>, rate: u32, recordings: Recordings) -> Self {
        Shelf { world, rate, recordings: Arc::new(recordings), whole: Arc::default(), tapes: None }
    }

    /// One that takes recordings from tapes, and keeps there what it makes.
    pub(crate) fn with_tapes(world: Arc<dyn World>, rate: u32, recordings: Recordings, tapes: Arc<Tapes>) -> Self {
        Shelf { tapes: Some(tapes), ..Shelf::new(world, rate, recordings) }
    }

    /// Begins to read a clip. A clip with effects is made as a whole; a plain one streams.
    pub(crate) fn open(&self, clip: &Clip) -> Result<ClipReader, RenderError> {
        let memory = |audio| ClipReader::Memory { audio, at: 0 };
        if !clip.chain.is_empty() {
            return Ok(memory(Arc::new(self.work(clip, None)?)));
        }
        Ok(match &clip.source {
            Source::Recording(recording) => match self.recordings.iter().find(|(known, _)| known == recording) {
                Some((_, audio)) => memory(audio.clone()),
                None if let Some(tapes) = &self.tapes => {
                    ClipReader::Tape { tapes: tapes.clone(), recording: recording.clone(), at: 0 }
                }
                None => {
                    let pick = recording.pick;
                    ClipReader::File(Box::new(Reader::open(self.world.as_ref(), &recording.path, pick, self.rate)?))
                }
            },
            source => match generator(source, self.rate) {
                Some(generator) => ClipReader::Generator(generator),
                None => memory(Arc::new(Audio::mono(self.rate, Vec::new()))),
            },
        })
    }

    /// Makes a clip as a whole, for those who need it more than once. One that goes on where another one ends is not
    /// worked on from the start.
    pub(crate) fn make(&self, clip: &Clip, key: Key) -> Result<Arc<Audio>, RenderError> {
        if let Some(audio) = self.known(key) {
            return Ok(audio);
        }
        let beginnings = beginning_keys(clip, self.rate);
        let mut longer_first = beginnings.iter().enumerate().rev();
        let longest = longer_first.find_map(|(steps, key)| Some((steps, self.known(*key)?)));
        let audio = Arc::new(self.work(clip, longest)?);
        match &self.tapes {
            Some(tapes) => tapes.keep(key, audio.clone()),
            None => {
                self.whole.lock().unwrap_or_else(PoisonError::into_inner).insert(key, audio.clone());
            }
        }
        Ok(audio)
    }

    /// A page of a recording as it is on its tape, where it is on one, and that has pages of so many frames.
    pub(crate) fn page(
        &self,
        source: &Source,
        number: usize,
        frames: usize,
    ) -> Option<Result<Arc<Audio>, RenderError>> {
        let (Source::Recording(recording), Some(tapes)) = (source, &self.tapes) else { return None };
        let is_memory = self.recordings.iter().any(|(known, _)| known == recording);
        (!is_memory && frames == Tapes::PAGE).then(|| tapes.page_of(recording, number as u64))
    }

    /// Fills a block with the frames of a clip, whose key is given, from one on; after its end, with silence.
    pub(crate) fn read(&self, clip: &Clip, key: Key, from: u64, block: &mut Block<'_>) -> Result<(), RenderError> {
        let whole = match &clip.source {
            Source::Recording(recording) if clip.chain.is_empty() => {
                let known = self.recordings.iter().find(|(known, _)| known == recording);
                match (known, &self.tapes) {
                    (Some((_, audio)), _) => audio.clone(),
                    (None, Some(tapes)) => return tapes.read(recording, from, block),
                    (None, None) => self.make(clip, key)?,
                }
            }
            _ => self.make(clip, key)?,
        };
        let at = usize::try_from(from).unwrap_or(usize::MAX).min(whole.frames());
        ClipReader::Memory { audio: whole, at }.fill(block)
    }

    fn known(&self, key: Key) -> Option<Arc<Audio>> {
        if let Some(tapes) = &self.tapes {
            return tapes.known(key);
        }
        self.whole.lock().unwrap_or_else(PoisonError::into_inner).get(&key).cloned()
    }

    /// Runs a clip through its chain, from its source or from what is there after the first steps. Of a sound from which a
    /// part is cut at first, only that part is taken.
    fn work(&self, clip: &Clip, done: Option<(usize, Arc<Audio>)>) -> Result<Audio, RenderError> {
        let format = clip.format(self.rate);
        let mut stages = chain::prepare(&clip.chain[done.as_ref().map_or(0, |(steps, _)| *steps)..]);
        let source = || clip.source.format(self.rate);
        let (before, frames) = match &done {
            Some((_, audio)) => (audio.format(), audio.frames()),
            None => (source(), clip.source.frames(self.rate) as usize),
        };
        let part = chain::part(&stages, before, frames);
        if part.is_some() {
            stages.remove(0);
        }
        let part = part.unwrap_or(0..frames);
        let mut audio = Audio::silence(before, 0);
        audio.reserve(chain::room(&stages, format, part.len()));
        audio.resize(part.len());
        match done {
            Some((_, whole)) => ClipReader::Memory { audio: whole, at: part.start }.fill(&mut audio.block())?,
            None => self.fill(&plain(clip), part.start as u64, &mut audio.block())?,
        }
        let audio = if format.channels == Channels::Stereo { audio.into_stereo() } else { audio };
        Ok(chain::run(&stages, audio, 0))
    }

    /// Fills a block with the frames of a clip without effects, from one on.
    fn fill(&self, clip: &Clip, from: u64, block: &mut Block<'_>) -> Result<(), RenderError> {
        let mut reader = self.open(clip)?;
        match &mut reader {
            ClipReader::Memory { audio, at } => *at = usize::try_from(from).unwrap_or(usize::MAX).min(audio.frames()),
            ClipReader::Tape { at, .. } => *at = from,
            ClipReader::File(file) if from > 0 => {
                if !file.seek(from)? {
                    return self.read(clip, clip_key(clip, self.rate), from, block);
                }
            }
            ClipReader::Generator(_) if from > 0 => {
                return self.read(clip, clip_key(clip, self.rate), from, block);
            }
            ClipReader::File(_) | ClipReader::Generator(_) => {}
        }
        reader.fill(block)
    }
}

/// A clip without its chain.
fn plain(clip: &Clip) -> Clip {
    Clip { source: clip.source.clone(), chain: Vec::new() }
}

impl ClipReader {
    /// Fills a block with the next frames; after the end, with silence.
    pub(crate) fn fill(&mut self, block: &mut Block<'_>) -> Result<(), RenderError> {
        let frames = block.frames();
        let there = match self {
            ClipReader::File(reader) => {
                let mut there = 0;
                while there < frames {
                    match reader.read(&mut block.part(there..frames))? {
                        0 => break,
                        more => there += more,
                    }
                }
                there
            }
            ClipReader::Memory { audio, at } => {
                let there = frames.min(audio.frames() - *at);
                for (plane, source) in block.part(0..there).planes().zip(audio.planes()) {
                    plane.copy_from_slice(&source[*at..*at + there]);
                }
                *at += there;
                there
            }
            ClipReader::Generator(generator) => {
                let mut planes = block.planes();
                match (planes.next(), planes.next()) {
                    (Some(left), Some(right)) => generator.fill_sides(left, right),
                    (Some(only), None) => generator.fill(only),
                    _ => {}
                }
                frames
            }
            ClipReader::Tape { tapes, recording, at } => {
                tapes.read(recording, *at, block)?;
                *at += frames as u64;
                frames
            }
        };
        block.part(there..frames).planes().for_each(|plane| plane.fill(0.0));
        Ok(())
    }
}

impl Clip {
    /// Mono or stereo, at the session's rate.
    pub fn format(&self, rate: u32) -> Format {
        let spread = self.chain.iter().any(Step::spreads);
        if spread { Format::stereo(rate) } else { self.source.format(rate) }
    }

    /// The length in frames, with all that its effects add.
    pub fn frames(&self, rate: u32) -> u64 {
        let stages = chain::prepare(&self.chain);
        chain::frames(&stages, self.format(rate), self.source.frames(rate) as usize) as u64
    }
}

impl Source {
    /// Mono or stereo, at the session's rate.
    fn format(&self, rate: u32) -> Format {
        let channels = match self {
            Source::Recording(recording) => recording.channels,
            Source::Played { instrument, .. } => instrument.made().channels(),
            _ => Channels::Mono,
        };
        Format { rate, channels }
    }

    /// The length in frames.
    pub fn frames(&self, rate: u32) -> u64 {
        match self {
            Source::Recording(recording) => recording.frames.0,
            // Known without making its voices.
            Source::Played { performance, instrument } => instrument.made().frames(performance, rate),
            source => generator(source, rate).map_or(0, |generator| generator.frames()),
        }
    }
}

/// What makes a sound from nothing; `None` for a recording.
fn generator(source: &Source, rate: u32) -> Option<Box<dyn Generator>> {
    Some(match source {
        Source::Recording(_) => return None,
        Source::Tone { wave, freq_hz, frames, level } => Box::new(Tone::new(wave, *freq_hz, frames.0, *level, rate)),
        Source::Sweep { from_hz, to_hz, frames, level } => {
            Box::new(Sweep::new(*from_hz, *to_hz, frames.0, *level, rate))
        }
        Source::Part { notes, wave, envelope } => Box::new(PartPlayer::new(notes.to_vec(), wave, envelope, rate)),
        Source::Played { performance, instrument } => instrument.made().player(performance, rate),
        Source::Resynthesis { notes, wave } => Box::new(PartPlayer::resynthesis(notes.to_vec(), wave, rate)),
    })
}

/// Makes a clip as a whole: what a script's facts are taken from. A long recording is decoded at several places at once,
/// by as many threads as are given (`None`: one for each processor).
///
/// # Errors
/// When a recording cannot be read, or the threads cannot be started.
pub fn render_clip(
    clip: &Clip,
    rate: u32,
    world: Arc<dyn World>,
    threads: Option<usize>,
) -> Result<Arc<Audio>, RenderError> {
    let shelf = Shelf::new(world, rate, Recordings::new());
    let pool = rayon::ThreadPoolBuilder::new().num_threads(threads.unwrap_or(0)).build()?;
    match &clip.source {
        Source::Recording(recording) if clip.chain.is_empty() => {
            let mut audio = Audio::silence(clip.format(rate), recording.frames.0 as usize);
            let parts = (audio.frames() / PART).clamp(1, pool.current_num_threads());
            // What is wrong with a file is found, and told, on the way through all of it.
            if parts == 1 || pool.install(|| read_parts(&shelf, recording, audio.block(), 0, parts)).is_none() {
                shelf.open(clip)?.fill(&mut audio.block())?;
            }
            Ok(Arc::new(audio))
        }
        _ => pool.install(|| shelf.make(clip, clip_key(clip, rate))),
    }
}

/// The least that is worth a thread of its own, in frames.
const PART: usize = 1 << 18;

/// Fills a block with a recording from the frame `from` on, several parts side by side. `None` where that cannot be.
fn read_parts(shelf: &Shelf, recording: &Recording, mut block: Block<'_>, from: u64, parts: usize) -> Option<()> {
    if parts > 1 {
        let frame = block.frames() / parts * (parts / 2);
        let (left, right) = block.split_at(frame);
        let (left, right) = rayon::join(
            || read_parts(shelf, recording, left, from, parts / 2),
            || read_parts(shelf, recording, right, from + frame as u64, parts - parts / 2),
        );
        return left.and(right);
    }
    let mut reader = Reader::open(shelf.world.as_ref(), &recording.path, recording.pick, shelf.rate).ok()?;
    let there = reader.seek(from).ok()?.then(|| reader.read(&mut block).ok()).flatten()?;
    (there == block.frames()).then_some(())
}
