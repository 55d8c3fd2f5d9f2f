//! Parts that instruments play, rendered: the same bits whatever the threads and pages, and keys that tell them apart.
#![allow(clippy::unwrap_used)]

#[path = "../../downbeat-dsp/tests/fonts/mod.rs"]
mod fonts;

use std::sync::{Arc, Mutex};

use downbeat_dsp::{
    Audio, Controls, INSTRUMENTS, InstrumentInfo, InstrumentSettings, Kind, Performance, PlayedNote, Sound, SoundFont,
    Sounds, Value,
};
use downbeat_engine::session::{Clip, Origin, Session, Source, Strip, Track};
use downbeat_engine::{
    Bytes, Recordings, RenderOptions, Tap, TapError, Taps, World, WorldError, plan, render, render_clip,
};

struct Nowhere;

impl World for Nowhere {
    fn open(&self, path: &str) -> Result<Box<dyn Bytes>, WorldError> {
        Err(WorldError::NotFound { path: path.to_string(), similar: Vec::new() })
    }
}

#[derive(Clone, Default)]
struct Collect(Arc<Mutex<Vec<f32>>>);

impl Tap for Collect {
    fn page(&mut self, page: &Audio) -> Result<(), TapError> {
        self.0.lock().unwrap().extend(page.left());
        Ok(())
    }
}

fn performance() -> Performance {
    let note = |k: u64| {
        let key = 40 + (k % 12) as u8;
        let freq_hz = 440.0 * libm::exp2((f64::from(key) - 69.0) / 12.0);
        PlayedNote { start: k * 701, frames: 1_500, key, freq_hz, velocity: 50 + k as u8, bends: Arc::new([]) }
    };
    Performance {
        notes: (0..24).map(note).collect(),
        bends: [(3_000, 1.02), (5_000, 1.0)].into(),
        pedal: [(4_000, true), (9_000, false)].into(),
        controls: (0..90_u8).map(|k| (u64::from(k) * 203, controls(k))).collect(),
        ..Performance::default()
    }
}

/// Controllers that move all the time.
fn controls(k: u8) -> Controls {
    Controls { modulation: k, volume: 127 - k, pan: 100 - k, expression: 90 + k % 37 }
}

/// A SoundFont of one preset, which loops.
fn font() -> Value {
    let mut builder = fonts::Builder::default();
    let sample = builder.sample(&fonts::sine(1_000), 1_000 - 64, 60);
    let instrument = builder.instrument(&[vec![(54, 1), (53, sample)]]);
    builder.preset("Sine", 0, 0, &[vec![(41, instrument)]]);
    Value::SoundFont(SoundFont::parse("font.sf2", [1; 32], builder.bytes()).unwrap())
}

/// The defaults of an instrument, with a sample or a font where it needs one.
fn usual(info: &'static InstrumentInfo) -> InstrumentSettings {
    let tone = (0..20_000).map(|i| libm::sin(f64::from(i) * 0.03) as f32).collect();
    let tone = Sound::new("tone", [7; 32], Arc::new(Audio::mono(48_000, tone)));
    let values = info.params().iter().map(|param| match param.kind {
        Kind::Samples => Value::Sounds(Sounds::new([(None, tone.clone())])),
        Kind::SoundFont => font(),
        _ => param.default.clone(),
    });
    info.settings(values.collect()).unwrap()
}

/// A track for every instrument.
fn session(performance: &Performance) -> Session {
    let track = |info: &'static InstrumentInfo| {
        let source = Source::Played { performance: performance.clone(), instrument: usual(info) };
        Track {
            name: info.name.to_string(),
            clip: Some(Arc::new(Clip { source, chain: Vec::new() })),
            cut: None,
            placed: Vec::new(),
            strip: Strip::default(),
            origin: Origin::default(),
        }
    };
    Session { tracks: INSTRUMENTS.iter().map(track).collect(), ..Session::new(48_000) }
}

fn mix(session: &Session, threads: usize, page: usize) -> Vec<f32> {
    let collect = Collect::default();
    let taps = Taps { master: Some(Box::new(collect.clone())), ..Taps::default() };
    let options = RenderOptions { threads: Some(threads), page, ..RenderOptions::default() };
    render(&plan(session).unwrap(), Arc::new(Nowhere), Recordings::new(), &options, taps).unwrap();
    let sound = collect.0.lock().unwrap();
    sound.clone()
}

#[test]
fn threads_and_pages_change_no_bit() {
    let session = session(&performance());
    let expected = mix(&session, 1, 4_096);
    assert!(expected.iter().any(|x| x.abs() > 0.1) && expected.len() > 24 * 701);
    for (threads, page) in [(1, 1_000), (2, 4_096), (5, 777), (3, 31)] {
        let sound = mix(&session, threads, page);
        assert!(sound.iter().map(|x| x.to_bits()).eq(expected.iter().map(|x| x.to_bits())), "{threads} {page}");
    }
}

#[test]
fn a_clip_is_as_long_as_its_notes_ring() {
    for track in &session(&performance()).tracks {
        let clip = track.clip.as_ref().unwrap();
        let audio = render_clip(clip, 48_000, Arc::new(Nowhere), Some(1)).unwrap();
        assert_eq!(audio.frames() as u64, clip.frames(48_000));
        assert!(audio.left().iter().any(|x| x.abs() > 0.1), "{}", track.name);
    }
}

/// What a plan says of its jobs, keys and all.
fn jobs(session: &Session) -> String {
    plan(session).unwrap().to_string()
}

#[test]
fn whatever_changes_the_sound_changes_the_key() {
    let before = jobs(&session(&performance()));
    let changed = |change: fn(&mut Performance)| {
        let mut performance = performance();
        change(&mut performance);
        jobs(&session(&performance))
    };
    assert_eq!(changed(|_| {}), before);
    assert_ne!(changed(|p| p.bends = [(3_000, 1.03), (5_000, 1.0)].into()), before);
    assert_ne!(changed(|p| p.pedal = [(4_000, true), (9_001, false)].into()), before);
    assert_ne!(changed(|p| p.pedal = [].into()), before);
    let at = |frame, volume, pan| -> Arc<[_]> { [(frame, Controls { volume, pan, ..Controls::START })].into() };
    let keys: Vec<String> = [at(2_000, 90, 64), at(2_001, 90, 64), at(2_000, 91, 64), at(2_000, 64, 90)]
        .map(|controls| jobs(&session(&Performance { controls, ..performance() })))
        .into();
    for (i, key) in keys.iter().enumerate() {
        assert!(*key != before && !keys[..i].contains(key), "{i}");
    }
    assert_ne!(
        changed(|p| p.notes = p.notes.iter().cloned().map(|note| PlayedNote { key: note.key + 1, ..note }).collect()),
        before
    );
}
