//! The live loop: what is kept is the same as what is rendered from nothing, and an edit runs what it changes.
#![allow(clippy::unwrap_used, clippy::panic)]

#[path = "../common/mod.rs"]
mod common;
mod edits;

use std::collections::BTreeMap;
use std::io::Cursor;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};

use common::*;
use downbeat_dsp::{Audio, Automation, Control, Follow, Movement, Point, Settings, Value, Way};
use downbeat_engine::live::{Live, LiveOptions, Rendered, Store, Take};
use downbeat_engine::media::{Container, Encoder, OutputFormat, Pick, SampleFormat};
use downbeat_engine::session::*;
use downbeat_engine::time::Frames;
use downbeat_engine::{
    Bytes, Key, Recordings, RenderError, RenderOptions, Stamp, Taps, World, WorldError, plan, render,
};

/// Files whose bytes may change.
#[derive(Default)]
struct Folder {
    files: Mutex<BTreeMap<String, Vec<u8>>>,
    opened: AtomicUsize,
}

impl World for Folder {
    fn open(&self, path: &str) -> Result<Box<dyn Bytes>, WorldError> {
        self.opened.fetch_add(1, Ordering::Relaxed);
        let files = self.files.lock().unwrap();
        let bytes = files.get(path).ok_or(WorldError::NotFound { path: path.to_string(), similar: Vec::new() })?;
        Ok(Box::new(Cursor::new(bytes.clone())))
    }
}

impl Folder {
    /// Writes a file, and gives the recording of it.
    fn write(&self, path: &str, audio: &Audio) -> Recording {
        let mut bytes = Cursor::new(Vec::new());
        let format = OutputFormat::new(Container::Wav, SampleFormat::Float32);
        let mut encoder = Encoder::new(&mut bytes, format, audio.format(), 0, None).unwrap();
        encoder.write_audio(audio).unwrap();
        encoder.finish().unwrap();
        let bytes = bytes.into_inner();
        let contents = Key::of(&bytes);
        self.files.lock().unwrap().insert(path.to_string(), bytes);
        let frames = Frames(audio.frames() as u64);
        Recording { path: path.to_string(), contents, pick: Pick::AsIs, channels: audio.channels(), frames }
    }
}

const PAGE: usize = 4096;

fn live(budget: u64) -> Live {
    Live::new(Arc::new(Store::new(budget)), LiveOptions { threads: Some(2), page: PAGE }).unwrap()
}

fn never() -> bool {
    false
}

/// Renders a session as an edit of what was there before.
fn edit(live: &Live, session: &Session, world: &Arc<Folder>) -> (Arc<Take>, Rendered) {
    let take = live.take(&Arc::new(session.clone()), world.clone(), Recordings::new()).unwrap();
    let rendered = live.render(&take, &|| 0, &never).unwrap().unwrap();
    (take, rendered)
}

fn read(take: &Take, strip: StripIndex) -> Option<Audio> {
    let excerpt = take.read(strip, 0..take.frames()).unwrap()?;
    assert!(excerpt.is_final);
    Some(excerpt.audio())
}

/// The mix and the stems as they are rendered from nothing.
fn cold(session: &Session, world: &Arc<Folder>) -> Vec<(StripIndex, Audio)> {
    let plan = plan(session).unwrap();
    let listen = |count: usize| std::iter::repeat_with(Collect::default).take(count).collect::<Vec<_>>();
    let (tracks, buses, master) = (listen(session.tracks.len()), listen(session.buses.len()), Collect::default());
    let tap = |collect: &Collect| Some(Box::new(collect.clone()) as Box<dyn downbeat_engine::Tap>);
    let taps =
        Taps { tracks: tracks.iter().map(tap).collect(), buses: buses.iter().map(tap).collect(), master: tap(&master) };
    let options = RenderOptions { threads: Some(1), page: 10_000, ..RenderOptions::default() };
    render(&plan, world.clone(), Recordings::new(), &options, taps).unwrap();
    let mut all = vec![(StripIndex::Master, master.sound())];
    all.extend(plan.heard_tracks().iter().map(|strip| (StripIndex::Track(strip.index), tracks[strip.index].sound())));
    all.extend(plan.heard_buses().iter().map(|strip| (StripIndex::Bus(strip.index), buses[strip.index].sound())));
    all
}

fn assert_as_from_nothing(take: &Take, session: &Session, world: &Arc<Folder>, what: &dyn std::fmt::Debug) {
    for (strip, expected) in cold(session, world) {
        let sound = read(take, strip).unwrap().into_stereo();
        assert_eq!(sound.frames(), expected.frames(), "{strip:?} after {what:?}");
        let bits = |audio: &Audio| audio.planes().flatten().map(|x| x.to_bits()).collect::<Vec<_>>();
        let first = bits(&sound).iter().zip(&bits(&expected)).position(|(a, b)| a != b);
        assert_eq!(first, None, "{strip:?} differs after {what:?}");
    }
}

fn number(name: &'static str, value: f64) -> (&'static str, Value) {
    (name, Value::Number(value))
}

fn ramp(from: f64, to: f64) -> Arc<Automation> {
    let point = |frame, value| Point { frame, value, way: Way::Linear };
    Arc::new(Automation::new(Movement::Curve(vec![point(1_000, from), point(30_000, to)]), "ramp"))
}

fn following(strip: &str) -> Arc<Automation> {
    let strip = strip.into();
    let follow = Follow { strip, attack: 48.0, release: 900.0, floor_db: -40.0, top_db: 0.0, quiet: 0.0, loud: -9.0 };
    Arc::new(Automation::new(Movement::Follow(follow), "follow(...)"))
}

/// One that forgets soon.
fn compressor(threshold_db: f64) -> Settings {
    settings("compressor", &[number("threshold_db", threshold_db), number("release_ms", 20.0)])
}

/// Tracks of several kinds, two buses, and a master.
fn song(world: &Folder) -> Session {
    let mono = |seed, frames| Audio::mono(RATE, noise(seed, frames).iter().map(|x| x * 0.3).collect());
    let drums = world.write("drums", &mono(1, 60_000));
    let pad = world.write("pad", &Audio::stereo(RATE, noise(2, 50_000), noise(3, 50_000)));
    let click = world.write("click", &mono(4, 900));
    let playing = |recording: &Recording| Clip { source: Source::Recording(recording.clone()), chain: Vec::new() };
    let mut a = track("Drums", playing(&drums));
    a.cut = Some(cut(&[0, 6_000, 14_000, 15_000, 31_000, 47_000], Join::Crossfade(Frames(480))));
    a.strip.inserts.push(compressor(-20.0));
    a.strip.sends.push(Send { bus: 0, db: (-6.0).into(), pre_fader: false });
    let mut b = track("Pad", playing(&pad));
    b.cut = Some(cut(&[0, 9_000, 20_000], Join::Pull(Frames(512))));
    b.strip.inserts.push(settings("normalize", &[]));
    b.strip.inserts.push(settings("limiter", &[]));
    b.strip.output = Some(1);
    let mut c = track("Clicks", playing(&click));
    for k in 0..12 {
        c.placed.push(Placed { clip: Arc::new(playing(&click)), at: k * 3_777, gain_db: -k as f64 });
    }
    let mut all = session(vec![a, b, c]);
    all.buses.push(bus("Room", Strip { inserts: vec![settings("schroeder_reverb", &[])], ..Strip::default() }));
    all.buses.push(bus("Glue", Strip::default()));
    all.master.inserts.push(settings("limiter", &[number("ceiling_db", -2.0), number("release_ms", 20.0)]));
    all
}

#[test]
fn what_is_kept_is_what_is_rendered_from_nothing() {
    let world = Arc::new(Folder::default());
    let session = song(&world);
    let live = live(1 << 30);
    let (take, rendered) = edit(&live, &session, &world);
    assert_as_from_nothing(&take, &session, &world, &"the start");
    assert_eq!(rendered.changed, std::slice::from_ref(&(0..take.frames())));
    assert!(rendered.jobs_run > rendered.jobs_reused, "only silence is there already");
    assert!(rendered.ran.iter().all(|ran| ran.why == "it is the first time"));
}

#[test]
fn no_change_is_no_work() {
    let world = Arc::new(Folder::default());
    let session = song(&world);
    let live = live(1 << 30);
    let (first, _) = edit(&live, &session, &world);
    let opened = world.opened.load(Ordering::Relaxed);
    let before = live.store().statistics();
    let (take, rendered) = edit(&live, &session, &world);
    assert_eq!((rendered.jobs_run, rendered.changed.len()), (0, 0));
    assert!(rendered.ran.is_empty());
    let after = live.store().statistics();
    assert_eq!((after.misses, after.bytes), (before.misses, before.bytes));
    assert_eq!(read(&take, StripIndex::Master), read(&first, StripIndex::Master));
    assert_eq!(world.opened.load(Ordering::Relaxed), opened, "nothing is read again");
}

/// What ran, as `strip: what x pages`.
fn ran(rendered: &Rendered) -> Vec<String> {
    rendered.ran.iter().map(|ran| format!("{}: {} x{} ({})", ran.name, ran.what, ran.pages, ran.why)).collect()
}

#[test]
fn an_edit_runs_what_it_changes_until_all_is_as_it_was() {
    let world = Arc::new(Folder::default());
    let mut session = song(&world);
    session.tracks[0].strip.sends.clear();
    session.tracks.remove(1);
    let live = live(1 << 30);
    edit(&live, &session, &world);
    let opened = world.opened.load(Ordering::Relaxed);
    let soft_clip = |drive| Step::Insert(settings("soft_clip", &[number("drive", drive)]));
    session.tracks[0].cut.as_mut().unwrap().segments[2].chain.push(soft_clip(7.0));
    let (take, rendered) = edit(&live, &session, &world);
    assert_eq!(world.opened.load(Ordering::Relaxed), opened, "nothing is decoded again");
    assert_as_from_nothing(&take, &session, &world, &"a segment");
    // The segment lies in page 3; compressor and limiter forget within a few more.
    let words = ran(&rendered);
    assert_eq!(words[0], r#"Drums: audio("drums") x1 (new: segment 2: soft_clip(drive = 7))"#);
    assert!(words[1].starts_with("Drums: compressor(threshold_db = -20, release_ms = 20) x"), "{words:#?}");
    assert!(words[1].ends_with(r#"(audio("drums") before it changed)"#), "{words:#?}");
    assert!(
        words.last().unwrap().starts_with("Master: sum, limiter(ceiling_db = -2, release_ms = 20) x"),
        "{words:#?}"
    );
    assert!(words.last().unwrap().ends_with("(Drums changed)"), "{words:#?}");
    assert!(rendered.ran.iter().all(|ran| (1..=8).contains(&ran.pages)), "{words:#?}");
    let [changed] = rendered.changed.as_slice() else { panic!("{:?}", rendered.changed) };
    assert!(changed.start >= 8_192 && changed.start <= 13_760 && changed.end < 50_000, "{changed:?}");
    let untouched = rendered.strips.iter().find(|(strip, _)| *strip == StripIndex::Track(1)).unwrap();
    assert!(untouched.1.is_empty());

    // Back to what it was: it is all still there.
    session.tracks[0].cut.as_mut().unwrap().segments[2].chain.clear();
    let (_, rendered) = edit(&live, &session, &world);
    assert_eq!(rendered.jobs_run, 0, "{:#?}", ran(&rendered));
    assert_eq!(rendered.changed, std::slice::from_ref(changed));

    session.tracks[0].strip.inserts[0] = compressor(-30.0);
    let (_, rendered) = edit(&live, &session, &world);
    let words = ran(&rendered);
    assert!(words[0].starts_with("Drums: compressor(threshold_db = -30, release_ms = 20)"), "{words:#?}");
    assert!(words[0].ends_with("(it was compressor(threshold_db = -20, release_ms = 20))"), "{words:#?}");
    assert_eq!(words.len(), 2, "{words:#?}");
}

#[test]
fn a_small_store_gives_the_same_sound() {
    let world = Arc::new(Folder::default());
    let mut session = song(&world);
    for budget in [0, 40_000, 400_000, 1_000_000] {
        let live = live(budget);
        let (take, _) = edit(&live, &session, &world);
        assert_as_from_nothing(&take, &session, &world, &budget);
        session.tracks[0].strip.fader_db = Control::Still(-(budget as f64) / 1e5);
        let (take, _) = edit(&live, &session, &world);
        assert_as_from_nothing(&take, &session, &world, &("edited", budget));
        assert!(live.store().statistics().bytes <= budget);
    }
}

#[test]
fn what_is_heard_comes_first() {
    let world = Arc::new(Folder::default());
    let long = Audio::mono(RATE, noise(9, 400_000));
    let recording = world.write("long", &long);
    let playing = Clip { source: Source::Recording(recording), chain: Vec::new() };
    let mut session = session(vec![track("Long", playing)]);
    session.tracks[0].strip.inserts.push(settings("compressor", &[]));
    let live = live(1 << 30);
    edit(&live, &session, &world);
    session.tracks[0].strip.inserts[0] = settings("compressor", &[number("ratio", 8.0)]);
    let take = live.take(&Arc::new(session.clone()), world.clone(), Recordings::new()).unwrap();
    let at = 300_000;
    // It stops as soon as there is something to hear: that is near to what it will be, and nothing before it is there.
    let heard = || take.read(StripIndex::Master, at..at + 1_000).unwrap();
    assert!(live.render(&take, &|| at, &|| heard().is_some()).unwrap().is_none());
    let provisional = heard().unwrap();
    assert!(!provisional.is_final);
    assert!(take.read(StripIndex::Master, 200_000..200_100).unwrap().is_none());
    live.render(&take, &|| at, &never).unwrap().unwrap();
    let there = heard().unwrap();
    assert!(there.is_final);
    for (a, b) in there.audio().left().iter().zip(provisional.audio().left()) {
        assert!((a - b).abs() < 0.05, "{a} is far from {b}");
    }
    assert_as_from_nothing(&take, &session, &world, &"all");
}

#[test]
fn a_render_that_was_stopped_is_gone_on_with() {
    let world = Arc::new(Folder::default());
    let session = song(&world);
    let live = live(1 << 30);
    let take = live.take(&Arc::new(session.clone()), world.clone(), Recordings::new()).unwrap();
    let asked = AtomicUsize::new(0);
    let stop = || asked.fetch_add(1, Ordering::Relaxed) > 20;
    assert!(live.render(&take, &|| 0, &stop).unwrap().is_none());
    let again = live.take(&Arc::new(session.clone()), world.clone(), Recordings::new()).unwrap();
    let rendered = live.render(&again, &|| 0, &never).unwrap().unwrap();
    assert!(rendered.jobs_reused > 0);
    assert_as_from_nothing(&again, &session, &world, &"stopping");
}

#[test]
fn a_file_that_changes_is_not_mixed_up() {
    let world = Arc::new(Folder::default());
    let mut session = song(&world);
    let live = live(1 << 30);
    let take = live.take(&Arc::new(session.clone()), world.clone(), Recordings::new()).unwrap();
    let other = world.write("drums", &Audio::mono(RATE, noise(77, 60_000)));
    let error = live.render(&take, &|| 0, &never).unwrap_err();
    assert!(matches!(&error, RenderError::Changed { path } if path == "drums"), "{error}");
    session.tracks[0].clip = Some(Arc::new(Clip { source: Source::Recording(other), chain: Vec::new() }));
    let (take, _) = edit(&live, &session, &world);
    assert_as_from_nothing(&take, &session, &world, &"another file");
}

/// A folder in which another recording is written over the drums after they have been looked at.
struct Overwritten {
    before: Folder,
    after: Folder,
}

impl World for Overwritten {
    fn open(&self, path: &str) -> Result<Box<dyn Bytes>, WorldError> {
        let is_after = self.before.opened.load(Ordering::Relaxed) > 0;
        if is_after { self.after.open(path) } else { self.before.open(path) }
    }

    // All of it happens within a tick of the clock of stamps: none can be trusted, and so there are none.
    fn glance(&self, _: &str) -> Option<Stamp> {
        let length = self.after.opened.load(Ordering::Relaxed).min(1) as u64;
        Some(Stamp { length, modified_ns: 0, changed_ns: None, file: None })
    }
}

#[test]
fn nothing_is_kept_of_a_file_that_changes_while_it_is_read() {
    let world = Arc::new(Overwritten { before: Folder::default(), after: Folder::default() });
    let (old, new) = (Audio::mono(RATE, noise(1, 10_000)), Audio::mono(RATE, noise(2, 10_000)));
    let recording = world.before.write("drums", &old);
    world.after.write("drums", &new);
    let session = session(vec![track("Drums", Clip { source: Source::Recording(recording), chain: Vec::new() })]);
    let live = live(1 << 30);
    let take = live.take(&Arc::new(session.clone()), world, Recordings::new()).unwrap();
    let error = live.render(&take, &|| 0, &never).unwrap_err();
    assert!(matches!(&error, RenderError::Changed { path } if path == "drums"), "{error}");
    // The old file is there again.
    let world = Arc::new(Folder::default());
    world.write("drums", &old);
    let (take, _) = edit(&live, &session, &world);
    assert_as_from_nothing(&take, &session, &world, &"the old file");
}

#[test]
fn waveforms_are_of_what_is_heard() {
    let world = Arc::new(Folder::default());
    let session = song(&world);
    let live = live(1 << 30);
    let (take, _) = edit(&live, &session, &world);
    assert!(take.is_there(StripIndex::Track(0), 0..take.frames()) && take.is_there(StripIndex::Master, 0..u64::MAX));
    let other = live.beside();
    let other =
        other.take(&Arc::new(Session { master: Strip::default(), ..session }), world, Recordings::new()).unwrap();
    assert!(!other.is_there(StripIndex::Master, 0..1) && other.is_there(StripIndex::Master, 7..7));
    let sound = read(&take, StripIndex::Track(0)).unwrap();
    let bins = take.bins(StripIndex::Track(0), 0..1_000_000).unwrap().unwrap();
    assert_eq!(bins.len(), (take.frames() as usize).div_ceil(256));
    for (bin, samples) in bins.iter().zip(sound.left().chunks_exact(256)) {
        let high = samples.iter().copied().fold(f32::MIN, f32::max);
        let low = samples.iter().copied().fold(f32::MAX, f32::min);
        assert_eq!((bin.min, bin.max), (low, high));
    }
    assert!(bins[10].centroid_hz > 5_000.0, "noise is bright");
    assert!(take.lufs().unwrap().unwrap() > -40.0);
}

#[test]
fn a_mix_that_is_made_longer_is_heard_to_its_end() {
    let world = Arc::new(Folder::default());
    let mut session = song(&world);
    session.loudness = Some(Target { lufs: -12.0, ceiling_db: -1.0 });
    let live = live(1 << 30);
    // Within 100 ms neither the loudness nor the gain that follows from it changes.
    for length in [40_010, 41_000, 40_500] {
        session.length = Some(Frames(length));
        let (take, _) = edit(&live, &session, &world);
        assert_as_from_nothing(&take, &session, &world, &length);
    }
}

#[test]
fn a_mix_whose_strips_are_silenced_may_be_as_long_as_before() {
    let world = Arc::new(Folder::default());
    let whole = song(&world);
    let live = live(1 << 30);
    let frames = edit(&live, &whole, &world).0.frames();
    let take = |session: &Session| {
        let take = live.take_at_least(frames, &Arc::new(session.clone()), world.clone(), Vec::new()).unwrap();
        live.render(&take, &|| 0, &never).unwrap();
        take
    };
    // The clicks alone are shorter.
    let mut clicks = whole.clone();
    clicks.tracks[2].strip.solo = true;
    assert!(plan(&clicks).unwrap().frames < frames);
    let as_long = Session { length: Some(Frames(frames)), ..clicks.clone() };
    assert_as_from_nothing(&take(&clicks), &as_long, &world, &"the clicks");
    let mut silent = whole.clone();
    silent.tracks.iter_mut().for_each(|track| track.strip.mute = true);
    assert!(plan(&silent).unwrap().frames < frames);
    let sound = read(&take(&silent), StripIndex::Master).unwrap();
    assert_eq!((sound.frames() as u64, sound.is_silent()), (frames, true));
    // What is longer by itself stays so.
    assert_eq!(live.take_at_least(9, &Arc::new(whole), world.clone(), Vec::new()).unwrap().frames(), frames);
}

#[test]
fn another_level_of_the_whole_mix_is_made_when_it_is_heard() {
    let world = Arc::new(Folder::default());
    let mut session = song(&world);
    // So far down that no limiter is needed.
    session.loudness = Some(Target { lufs: -30.0, ceiling_db: -1.0 });
    let live = live(1 << 30);
    edit(&live, &session, &world);
    session.loudness = Some(Target { lufs: -31.0, ceiling_db: -1.0 });
    let kept = live.store().statistics().bytes;
    let (take, rendered) = edit(&live, &session, &world);
    let pages = take.frames().div_ceil(PAGE as u64);
    assert_eq!(ran(&rendered), [format!("Master: to -31 LUFS x{pages} (it was to -30 LUFS)")]);
    assert_eq!(rendered.changed, std::slice::from_ref(&(0..take.frames())));
    let a_page = 2 * 4 * PAGE as u64;
    assert!(live.store().statistics().bytes < kept + a_page, "no page is made before it is heard");
    assert_as_from_nothing(&take, &session, &world, &"another loudness");
    assert!(live.store().statistics().bytes >= kept + pages * a_page, "what was heard is kept");
}
