//! How long a script takes to become a session.

use std::io::Cursor;
use std::sync::{Arc, LazyLock};

use divan::{Bencher, black_box};
use downbeat_engine::{Bytes, Session, Stamp, World, WorldError};
use downbeat_script::{Evaluation, Options, evaluate};

fn main() {
    divan::main();
}

/// A world with one script, one song and one recording.
struct Folder(String);

impl World for Folder {
    fn open(&self, path: &str) -> Result<Box<dyn Bytes>, WorldError> {
        match path {
            "mix.star" => Ok(Box::new(Cursor::new(self.0.clone()))),
            // 256 bars of 4/4 at 120 bpm.
            "song.mid" => Ok(Box::new(Cursor::new(
                &b"MThd\0\0\0\x06\0\0\0\x01\0\x10MTrk\0\0\0\x0b\x81\x80\x00\xff\x01\x01x\0\xff\x2f\0"[..],
            ))),
            "hour.wav" => Ok(Box::new(Cursor::new(HOUR.as_slice()))),
            _ => Err(WorldError::NotFound { path: path.to_string(), similar: Vec::new() }),
        }
    }

    fn stamp(&self, _path: &str) -> Option<Stamp> {
        Some(UNCHANGED)
    }
}

/// Nothing ever changes here.
const UNCHANGED: Stamp = Stamp { length: 0, modified_ns: 0, changed_ns: None, file: None };

/// An hour of silence: a WAV file of 8 bits and 8 kHz, 27 MiB.
static HOUR: LazyLock<Vec<u8>> = LazyLock::new(|| {
    let frames = 3_600 * 8_000_u32;
    let mut bytes = b"RIFF".to_vec();
    bytes.extend((36 + frames).to_le_bytes());
    bytes.extend(b"WAVEfmt \x10\0\0\0\x01\0\x01\0\x40\x1f\0\0\x40\x1f\0\0\x01\0\x08\0data");
    bytes.extend(frames.to_le_bytes());
    bytes.resize(bytes.len() + frames as usize, 0x80);
    bytes
});

fn run(script: &str) -> Evaluation {
    evaluate("mix.star", Arc::new(Folder(script.to_string())), &Options::default())
}

#[divan::bench]
fn one_track() -> Evaluation {
    run("track(\"T\", sweep(65, 261, ms = 850)).fader(-6)\n")
}

#[divan::bench]
fn twenty_tracks_of_two_hundred_segments() -> Evaluation {
    run(r#"
song = midi("song.mid")
for t in range(20):
    whole = track(f"T{t}", tone(square(), 440, ms = 400000))
    for bar in whole.cut(song.downbeats[:200]):
        bar.insert(soft_clip(drive = 1 + bar.index))
        if bar.index % 2 == 0:
            bar.parallel(gain(db = -3), [reverse(), gain(-1)])
"#)
}

#[divan::bench]
fn a_mistake() -> Evaluation {
    run("hats = track(\"Hats\", audio(\"drum.wav\")).fadr(-6)\n")
}

/// The folder of the song among the examples. Nothing changes there meanwhile.
struct Song;

impl World for Song {
    fn open(&self, path: &str) -> Result<Box<dyn Bytes>, WorldError> {
        let file = concat!(env!("CARGO_MANIFEST_DIR"), "/../../examples/two-couples/").to_string() + path;
        match std::fs::File::open(file) {
            Ok(file) => Ok(Box::new(file)),
            Err(source) => Err(WorldError::Io { path: path.to_string(), source }),
        }
    }

    fn stamp(&self, _path: &str) -> Option<Stamp> {
        Some(UNCHANGED)
    }
}

#[divan::bench]
fn the_song() -> Evaluation {
    evaluate("mix.star", Arc::new(Song), &Options::default())
}

#[divan::bench]
fn the_song_with_memory(bencher: Bencher<'_, '_>) {
    let options = Options { memory: Some(Arc::default()), ..Options::default() };
    let first = evaluate("mix.star", Arc::new(Song), &options);
    assert!(first.session.is_some());
    bencher.bench(|| evaluate("mix.star", Arc::new(Song), &options));
}

/// Numbers of tracks, and of segments on each.
const SIZES: [(usize, usize); 4] = [(8, 75), (16, 450), (24, 450), (24, 900)];

/// A session of several tracks of one length, each cut into segments of four seconds, of which two of three are worked on.
fn session(tracks: usize, segments: usize) -> String {
    format!(
        r#"
session(rate = 48000)
room = bus("Room", schroeder_reverb(q = 14)).fader(db = -12)
clip = audio("hour.wav")
for i in range({tracks}):
    t = track(f"Track {{i + 1}}", clip).fader(db = -20).pan(i / {tracks} * 2 - 1).send(room, db = -12)
    t.insert(highpass(freq_hz = 30 + i), peak_compressor(threshold = 0.3, makeup = 1))
    for part in t.cut(every(seconds = 4, until = seconds({}))):
        if part.index % 3 == 0:
            part.insert(soft_clip(drive = 2))
        elif part.index % 3 == 1:
            part.parallel([fir_delay(impulses = 4), gain(-12)])
master.insert(limiter(ceiling_db = -1))
"#,
        4 * segments
    )
}

#[divan::bench(args = SIZES)]
fn tracks_and_segments(bencher: Bencher<'_, '_>, (tracks, segments): (usize, usize)) {
    let script = session(tracks, segments);
    let world: Arc<dyn World> = Arc::new(Folder(script));
    bencher.bench(|| evaluate("mix.star", world.clone(), &Options::default()));
}

/// The same, when it was evaluated before: an edit.
#[divan::bench(args = SIZES)]
fn tracks_and_segments_with_memory(bencher: Bencher<'_, '_>, (tracks, segments): (usize, usize)) {
    let world: Arc<dyn World> = Arc::new(Folder(session(tracks, segments)));
    let options = Options { memory: Some(Arc::default()), ..Options::default() };
    evaluate("mix.star", world.clone(), &options);
    bencher.bench(|| evaluate("mix.star", world.clone(), &options));
}

/// What an engine asks that keeps the last take: whether anything is another one now.
#[divan::bench(args = SIZES)]
fn equality_of_sessions(bencher: Bencher<'_, '_>, (tracks, segments): (usize, usize)) {
    let made = || run(&session(tracks, segments)).session;
    let (one, other): (Option<Session>, Option<Session>) = (made(), made());
    assert!(one.is_some());
    bencher.bench(|| assert!(black_box(&one) == black_box(&other)));
}
