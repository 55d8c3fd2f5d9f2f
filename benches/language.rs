//! How long a script takes to become a session.

use std::io::Cursor;
use std::sync::Arc;

use downbeat_engine::{Bytes, World, WorldError};
use downbeat_script::{Evaluation, Options, evaluate};

fn main() {
    divan::main();
}

/// A world with one script and one song.
struct Folder(&'static str);

impl World for Folder {
    fn open(&self, path: &str) -> Result<Box<dyn Bytes>, WorldError> {
        match path {
            "mix.star" => Ok(Box::new(Cursor::new(self.0))),
            // 256 bars of 4/4 at 120 bpm.
            "song.mid" => Ok(Box::new(Cursor::new(
                &b"MThd\0\0\0\x06\0\0\0\x01\0\x10MTrk\0\0\0\x0b\x81\x80\x00\xff\x01\x01x\0\xff\x2f\0"[..],
            ))),
            _ => Err(WorldError::NotFound { path: path.to_string(), similar: Vec::new() }),
        }
    }
}

fn run(script: &'static str) -> Evaluation {
    evaluate("mix.star", Arc::new(Folder(script)), &Options::default())
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
