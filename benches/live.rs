//! The time from an edit to its sound: `downbeat watch` on the song and on long sessions, as somebody who saves a script
//! meets it. `cargo bench --bench live` takes the song and five minutes; `-- all` also half an hour and an hour, for which
//! it writes up to 8 GB of recordings into the target folder.
//!
//! Each number is the median of some edits, of one value to another that was not there before, with the listener in the
//! middle of the song and the edited segment there. `playhead` is the time until the edit can be heard there, `ready` until
//! all that it changes is there. Both begin when the file is written.

#![allow(clippy::expect_used, reason = "a benchmark fails by panicking")]

use std::fmt::Write as _;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use serde_json::Value;

const RATE: u32 = 44_100;

/// How often each edit is made, and how long the result is listened to.
const TIMES: usize = 9;
const PAUSE: Duration = Duration::from_millis(500);

/// A session by its name, length and tracks.
const SESSIONS: [(&str, u32, u32); 3] = [("5 min x 8", 5, 8), ("30 min x 16", 30, 16), ("60 min x 24", 60, 24)];

fn main() {
    let all = std::env::args().any(|arg| arg == "all");
    println!("{:<14} {:<22} {:>12} {:>12} {:>8} {:>9}", "session", "edit", "playhead ms", "ready ms", "run", "reused");
    song();
    for (name, minutes, tracks) in &SESSIONS[..if all { SESSIONS.len() } else { 1 }] {
        let folder = session_folder(*minutes, *tracks);
        let script = |edit: &Edit, value: f64| script(*minutes, *tracks, edit, value);
        let edits = [Edit::Comment, Edit::Segment, Edit::Insert, Edit::Fader, Edit::Master];
        measure(name, &folder, f64::from(*minutes) * 30.0, &edits.map(|edit| (edit.name(), edit)), script);
    }
}

/// The example of the repository.
fn song() {
    let here = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../examples/two-couples");
    let folder = scratch("song");
    for entry in std::fs::read_dir(&here).into_iter().flatten().flatten() {
        copy(&entry.path(), &folder.join(entry.file_name()));
    }
    let text = std::fs::read_to_string(here.join("mix.star")).expect("the example is there");
    // What stands in the script, and what is put in its place.
    let script = |(old, new): &(&str, &str), value: f64| {
        assert!(text.contains(old), "the example has no {old} any more");
        text.replace(old, &new.replace("VALUE", &value.to_string()))
    };
    let edits = [
        ("a comment", ("bars_of(double)\n", "bars_of(double) # VALUE\n")),
        ("segment", ("bars_of(double)\n", "bars_of(double)[12].insert(gain(db = -VALUE))\n")),
        ("insert on a track", ("gain(db = -10), highpass", "gain(db = -10 - VALUE), highpass")),
        ("fader", ("fader(db = -5)\n", "fader(db = -5 - VALUE)\n")),
        ("master's limiter", ("ceiling_db = -1)", "ceiling_db = -1 - VALUE)")),
    ];
    measure("the song", &folder, 30.0, &edits, script);
}

/// What is edited.
#[derive(Clone, Copy, PartialEq)]
enum Edit {
    /// Nothing that is heard.
    Comment,
    Segment,
    Insert,
    Fader,
    Master,
}

impl Edit {
    fn name(self) -> &'static str {
        match self {
            Edit::Comment => "a comment",
            Edit::Segment => "segment",
            Edit::Insert => "insert on a track",
            Edit::Fader => "fader",
            Edit::Master => "master's limiter",
        }
    }
}

/// Tracks that are cut every four seconds, with inserts, sends and a limiter at the end.
fn script(minutes: u32, tracks: u32, edit: &Edit, value: f64) -> String {
    let at = |which: Edit, usual: f64| if *edit == which { usual - value } else { usual };
    let mut script = String::new();
    let middle = minutes * 60 / 2 / 4;
    let _ = writeln!(script, "# {}", at(Edit::Comment, 0.0));
    let _ = write!(
        script,
        r#"session(rate = {RATE})
room = bus("Room", reverb(decay_s = 1.2)).fader(db = -9)
for i in range({tracks}):
    t = track(f"Track {{i + 1}}", audio(f"{{i}}.wav")).fader(db = {fader} if i == 3 else -18).pan(i / {tracks} * 2 - 1)
    t.insert(highpass(freq_hz = 60)).insert(compressor(threshold_db = {threshold} if i == 3 else -20, ratio = 3))
    if i % 4 == 0:
        t.send(room, db = -12)
    for part in t.cut(every(seconds = 4)):
        if part.index == {middle} and i == 3:
            part.insert(soft_clip(drive = {drive}))
        elif part.index % 3 == 0:
            part.insert(soft_clip(drive = 2))
        elif part.index % 3 == 1:
            part.parallel([fir_delay(impulses = 4), gain(-12)])
master.insert(limiter(ceiling_db = {ceiling}))
"#,
        fader = at(Edit::Fader, -18.0),
        threshold = at(Edit::Insert, -20.0),
        drive = 12.0 + at(Edit::Segment, 0.0),
        ceiling = at(Edit::Master, -1.0),
    );
    script
}

/// A folder with the recordings of a session, which are made when they are not there.
fn session_folder(minutes: u32, tracks: u32) -> PathBuf {
    let folder = scratch(&format!("{minutes}x{tracks}"));
    for track in 0..tracks {
        let path = folder.join(format!("{track}.wav"));
        let frames = minutes * 60 * RATE;
        if std::fs::metadata(&path).is_ok_and(|file| file.len() == u64::from(frames) * 2 + 44) {
            continue;
        }
        write_wav(&path, track, frames).expect("there is room for the recordings");
    }
    folder
}

/// A decaying tone on every beat, some noise, and a swell over the bars: no two tracks and no two bars are the same.
fn write_wav(path: &Path, track: u32, frames: u32) -> std::io::Result<()> {
    let mut file = std::io::BufWriter::new(std::fs::File::create(path)?);
    let bytes = frames * 2;
    file.write_all(b"RIFF")?;
    file.write_all(&(36 + bytes).to_le_bytes())?;
    file.write_all(b"WAVEfmt \x10\0\0\0\x01\0\x01\0")?;
    file.write_all(&RATE.to_le_bytes())?;
    file.write_all(&(RATE * 2).to_le_bytes())?;
    file.write_all(b"\x02\0\x10\0data")?;
    file.write_all(&bytes.to_le_bytes())?;
    let beat = RATE / 2;
    let (mut seed, mut level, mut phase) = (track + 1, 0.0_f32, 0.0_f32);
    for frame in 0..frames {
        if frame % beat == 0 {
            seed = seed.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            level = 0.2 + 0.6 * (seed >> 16) as f32 / 65_536.0;
        }
        level *= 0.9998;
        phase = (phase + 0.002 * (track + 1) as f32).fract();
        seed = seed.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        let noise = (seed >> 8) as f32 / (1 << 23) as f32 - 1.0;
        let sample = level * (0.8 * (2.0 * phase - 1.0) + 0.2 * noise);
        file.write_all(&((sample * 32_767.0) as i16).to_le_bytes())?;
    }
    file.flush()
}

/// Makes edits, and prints how long they take.
fn measure<E>(name: &str, folder: &Path, middle_s: f64, edits: &[(&str, E)], script: impl Fn(&E, f64) -> String) {
    let mix = folder.join("mix.star");
    save(&mix, &script(&edits[0].1, 0.0));
    let begin = Instant::now();
    let mut watching = Watching::start(folder);
    let first = watching.rendered();
    let cold = begin.elapsed().as_secs_f64() * 1e3;
    println!(
        "{name:<14} {:<22} {:>12} {cold:>12.1} {:>8} {:>9}",
        "from nothing", "", first["jobs_run"], first["jobs_reused"]
    );
    watching.listen_at(middle_s);
    let mut value = 0.0;
    for (what, edit) in edits {
        // Only what the edit itself changes is measured.
        save(&mix, &script(edit, 0.0));
        std::thread::sleep(Duration::from_millis(300));
        let mut results = Vec::new();
        for _ in 0..TIMES {
            std::thread::sleep(PAUSE);
            value += 0.01;
            save(&mix, &script(edit, value));
            results.push(watching.rendered());
        }
        let median = |field: &str| {
            let mut all: Vec<f64> = results.iter().filter_map(|result| result[field].as_f64()).collect();
            all.sort_by(f64::total_cmp);
            all.get(all.len() / 2).copied().unwrap_or(f64::NAN)
        };
        println!(
            "{name:<14} {what:<22} {:>12.1} {:>12.1} {:>8} {:>9}",
            median("edit_to_playhead_ms"),
            median("edit_to_ready_ms"),
            median("jobs_run"),
            median("jobs_reused"),
        );
    }
}

/// Writes a script as editors do that want to lose nothing: under another name, and renamed.
fn save(mix: &Path, text: &str) {
    let beside = mix.with_extension("new");
    std::fs::write(&beside, text).and_then(|()| std::fs::rename(&beside, mix)).expect("the folder can be written to");
}

struct Watching {
    child: Child,
    lines: std::io::Lines<BufReader<std::process::ChildStdout>>,
    port: String,
}

impl Watching {
    fn start(folder: &Path) -> Self {
        let mut command = Command::new(env!("CARGO_BIN_EXE_downbeat"));
        command.current_dir(folder).args(["watch", "mix.star", "--json", "--no-browser", "--port", "0"]);
        let mut child = command.stdout(Stdio::piped()).spawn().expect("the program starts");
        let lines = BufReader::new(child.stdout.take().expect("it has an output")).lines();
        let mut watching = Watching { child, lines, port: String::new() };
        let url = watching.until("listening")["url"].as_str().unwrap_or_default().to_string();
        watching.port = url.trim_end_matches('/').rsplit(':').next().unwrap_or_default().to_string();
        watching
    }

    fn rendered(&mut self) -> Value {
        self.until("rendered")
    }

    fn until(&mut self, event: &str) -> Value {
        loop {
            let line = self.lines.next().expect("it goes on").expect("it can be read");
            let value: Value = serde_json::from_str(&line).expect("each line is JSON");
            assert!(value["event"] != "error", "{line}");
            if value["event"] == event {
                return value;
            }
        }
    }

    fn listen_at(&self, seconds: f64) {
        let body = format!("{{\"frame\": {}}}", (seconds * f64::from(RATE)) as u64);
        let host = format!("127.0.0.1:{}", self.port);
        let mut stream = TcpStream::connect(&host).expect("it listens");
        let head = format!(
            "POST /playhead HTTP/1.1\r\nHost: {host}\r\nContent-Type: application/json\r\nContent-Length: {}\r\n\
             Connection: close\r\n\r\n",
            body.len()
        );
        stream.write_all(head.as_bytes()).and_then(|()| stream.write_all(body.as_bytes())).expect("it is told");
        let mut answer = String::new();
        stream.read_to_string(&mut answer).expect("it answers");
        assert!(answer.starts_with("HTTP/1.1 2"), "{answer}");
    }
}

impl Drop for Watching {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// A folder of one's own below that of the build.
fn scratch(name: &str) -> PathBuf {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("live").join(name);
    std::fs::create_dir_all(&folder).expect("the target folder can be written to");
    folder
}

fn copy(from: &Path, to: &Path) {
    if from.is_dir() {
        std::fs::create_dir_all(to).expect("the target folder can be written to");
        for entry in std::fs::read_dir(from).into_iter().flatten().flatten() {
            copy(&entry.path(), &to.join(entry.file_name()));
        }
    } else {
        std::fs::copy(from, to).expect("the example can be copied");
    }
}
