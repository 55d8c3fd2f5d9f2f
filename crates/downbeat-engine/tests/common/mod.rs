//! Sessions made by hand, and their mixes.
#![allow(clippy::unwrap_used, dead_code, reason = "a test fails by panicking, and not every test needs all of it")]

use std::io::Cursor;
use std::sync::{Arc, Mutex};

use downbeat_dsp::{Audio, Settings, Value, effect};
use downbeat_engine::media::{Container, Encoder, OutputFormat, Pick, SampleFormat};
use downbeat_engine::session::*;
use downbeat_engine::time::Frames;
use downbeat_engine::{Bytes, Key, Recordings, RenderOptions, Tap, TapError, Taps, World, WorldError, plan, render};

pub const RATE: u32 = 48_000;

/// Sounds by their names.
struct Memory(Vec<(String, Vec<u8>)>);

impl World for Memory {
    fn open(&self, path: &str) -> Result<Box<dyn Bytes>, WorldError> {
        match self.0.iter().find(|(name, _)| name == path) {
            Some((_, bytes)) => Ok(Box::new(Cursor::new(bytes.clone()))),
            None => Err(WorldError::NotFound { path: path.to_string(), similar: Vec::new() }),
        }
    }
}

pub fn world(sounds: &[&Audio]) -> Arc<dyn World> {
    let files = sounds.iter().enumerate().map(|(i, audio)| {
        let format = OutputFormat::new(Container::Wav, SampleFormat::Float32);
        let mut bytes = Cursor::new(Vec::new());
        let mut encoder = Encoder::new(&mut bytes, format, audio.format(), 0, None).unwrap();
        encoder.write_audio(audio).unwrap();
        encoder.finish().unwrap();
        (i.to_string(), bytes.into_inner())
    });
    Arc::new(Memory(files.collect()))
}

pub fn clip(number: usize, audio: &Audio) -> Clip {
    let recording = Recording {
        path: number.to_string(),
        contents: Key::of(&[number as u8]),
        pick: Pick::AsIs,
        channels: audio.channels(),
        frames: Frames(audio.frames() as u64),
    };
    Clip { source: Source::Recording(recording), chain: Vec::new() }
}

pub fn track(name: &str, clip: Clip) -> Track {
    Track {
        name: name.to_string(),
        clip: Some(Arc::new(clip)),
        cut: None,
        placed: Vec::new(),
        strip: Strip::default(),
        origin: Origin::default(),
    }
}

pub fn session(tracks: Vec<Track>) -> Session {
    Session { tracks, ..Session::new(RATE) }
}

pub fn settings(name: &str, values: &[(&str, Value)]) -> Settings {
    let info = effect(name).unwrap();
    let value_of = |param: &str| values.iter().find(|(known, _)| *known == param).map(|(_, value)| value.clone());
    let all = info.params().iter().map(|param| value_of(param.name).unwrap_or_else(|| param.default.clone()));
    info.settings(all.collect()).unwrap()
}

pub fn cut(starts: &[u64], join: Join) -> Cut {
    let segment = |&start: &u64| Segment { start: Frames(start), chain: Vec::new(), mute: false };
    Cut { join, segments: starts.iter().map(segment).collect() }
}

/// Keeps what it hears.
#[derive(Clone, Default)]
pub struct Collect(pub Arc<Mutex<Vec<Audio>>>);

impl Tap for Collect {
    fn page(&mut self, page: &Audio) -> Result<(), TapError> {
        self.0.lock().unwrap().push(page.clone());
        Ok(())
    }
}

impl Collect {
    /// All of it, as stereo.
    pub fn sound(&self) -> Audio {
        let pages = self.0.lock().unwrap();
        let plane = |pick: fn(&Audio) -> &[f32]| pages.iter().flat_map(|page| pick(page).to_vec()).collect();
        Audio::stereo(RATE, plane(Audio::left), plane(Audio::right))
    }
}

pub fn mix_with(session: &Session, world: &Arc<dyn World>, options: &RenderOptions) -> Audio {
    let collect = Collect::default();
    let taps = Taps { master: Some(Box::new(collect.clone())), ..Taps::default() };
    render(&plan(session).unwrap(), world.clone(), Recordings::new(), options, taps).unwrap();
    collect.sound()
}

pub fn mix(session: &Session, world: &Arc<dyn World>) -> Audio {
    mix_with(session, world, &RenderOptions { threads: Some(2), page: 1000, ..RenderOptions::default() })
}

pub fn bus(name: &str, strip: Strip) -> Bus {
    Bus { name: name.to_string(), strip, origin: Origin::default() }
}

/// A sound that repeats nowhere: a small linear congruential generator (Numerical Recipes).
pub fn noise(seed: u32, frames: usize) -> Vec<f32> {
    let mut x = seed;
    let mut next = || {
        x = x.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        (x >> 8) as f32 / (1 << 23) as f32 - 1.0
    };
    (0..frames).map(|_| next()).collect()
}
