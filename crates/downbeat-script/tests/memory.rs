//! What evaluations remember: a warm one gives exactly what a cold one gives, and reads less.
#![allow(clippy::unwrap_used)] // A helper that fails is a test that fails.

mod common;

use std::collections::BTreeMap;
use std::io::Cursor;
use std::sync::{Arc, Mutex};

use common::{Memory as Folder, text, wav};
use downbeat_engine::{Bytes, Stamp, World, WorldError};
use downbeat_script::{Evaluation, Memory, Options, evaluate};
use proptest::prelude::*;

/// A disk whose clock ticks with every change.
#[derive(Default)]
struct Disk {
    files: Mutex<BTreeMap<String, File>>,
    now: Mutex<i128>,
    /// The files that were opened, in order.
    opened: Mutex<Vec<String>>,
    /// Once a file was opened so many times: it becomes another one.
    torn: Mutex<Option<(usize, String, Vec<u8>)>>,
}

#[derive(Clone)]
struct File {
    bytes: Arc<[u8]>,
    stamp: Stamp,
    /// Whether its last change is so long ago that the stamp can be trusted.
    is_settled: bool,
}

impl Disk {
    fn new(files: &[(&str, Vec<u8>)]) -> Arc<Self> {
        let disk = Arc::new(Disk::default());
        files.iter().for_each(|(path, bytes)| disk.write(path, bytes));
        disk.settle();
        disk
    }

    fn tick(&self) -> i128 {
        let mut now = self.now.lock().unwrap();
        *now += 1;
        *now
    }

    fn write(&self, path: &str, bytes: &[u8]) {
        let now = self.tick();
        let stamp =
            Stamp { length: bytes.len() as u64, modified_ns: now, changed_ns: Some(now), file: Some((1, now as u64)) };
        let file = File { bytes: bytes.into(), stamp, is_settled: false };
        self.files.lock().unwrap().insert(path.into(), file);
    }

    /// Writes to a file again in the same tick of the clock: nothing shows.
    fn slip(&self, path: &str, bytes: &[u8]) {
        let mut files = self.files.lock().unwrap();
        let file = files.get_mut(path).unwrap();
        assert_eq!((file.is_settled, file.bytes.len()), (false, bytes.len()));
        file.bytes = bytes.into();
    }

    fn touch(&self, path: &str) {
        let now = self.tick();
        let mut files = self.files.lock().unwrap();
        let file = files.get_mut(path).unwrap();
        (file.stamp.modified_ns, file.stamp.changed_ns, file.is_settled) = (now, Some(now), false);
    }

    /// Each takes the other's name; renaming is a change, though not of the bytes.
    fn swap(&self, one: &str, other: &str) {
        let now = self.tick();
        let mut files = self.files.lock().unwrap();
        let (a, b) = (files[one].clone(), files[other].clone());
        files.insert(one.into(), b);
        files.insert(other.into(), a);
        for path in [one, other] {
            let file = files.get_mut(path).unwrap();
            (file.stamp.changed_ns, file.is_settled) = (Some(now), false);
        }
    }

    /// Time goes by.
    fn settle(&self) {
        self.files.lock().unwrap().values_mut().for_each(|file| file.is_settled = true);
    }

    fn take_opened(&self) -> Vec<String> {
        std::mem::take(&mut self.opened.lock().unwrap())
    }
}

impl World for Disk {
    fn open(&self, path: &str) -> Result<Box<dyn Bytes>, WorldError> {
        let mut opened = self.opened.lock().unwrap();
        opened.push(path.into());
        let times = opened.iter().filter(|before| *before == path).count();
        let torn = self.torn.lock().unwrap().take_if(|(after, torn, _)| torn == path && times > *after);
        if let Some((_, path, bytes)) = torn {
            self.write(&path, &bytes);
        }
        match self.files.lock().unwrap().get(path) {
            Some(file) => Ok(Box::new(Cursor::new(file.bytes.clone()))),
            None => Err(WorldError::NotFound { path: path.into(), similar: Vec::new() }),
        }
    }

    fn stamp(&self, path: &str) -> Option<Stamp> {
        self.files.lock().unwrap().get(path).filter(|file| file.is_settled).map(|file| file.stamp)
    }
}

/// Half a second of clicks, `every` so many frames, of a height.
fn clicks(every: usize, height: f32) -> Vec<u8> {
    let sample = |at: usize| if at.is_multiple_of(every) { height } else { height / 100.0 };
    wav(48_000, &[(0..24_000).map(sample).collect()])
}

/// A song of some parts of `common`: the bytes of a file of its folder.
fn of_folder(path: &str) -> Vec<u8> {
    let mut bytes = Vec::new();
    std::io::Read::read_to_end(&mut Folder::folder().open(path).unwrap(), &mut bytes).unwrap();
    bytes
}

/// It asks everything that can be asked of files.
const SCRIPT: &str = r#"
song = midi("song.mid")
print(song.downbeats, song.part(1).notes[1].start)
for name in ["a.wav", "b.wav"]:
    clip = audio(name)
    t = track(name, clip)
    print(clip.peak_db, clip.length, onsets(clip), tempo_of(clip) if len(beats_of(clip)) > 1 else None)
    for part in t.cut(every(seconds = 0.1)):
        print(part.peak_db, part.rms_db, part.centroid_hz, part.highest, part.lowest)
        if part.peak_db > -10:
            part.insert(soft_clip(drive = 2))
    t.insert(convolution(audio("room.wav")))
track("Song", synth(song.part("Lead")))
"#;

fn disk() -> Arc<Disk> {
    Disk::new(&[
        ("mix.star", SCRIPT.into()),
        ("song.mid", of_folder("song.mid")),
        ("a.wav", clicks(4_800, 0.5)),
        ("b.wav", clicks(2_400, 0.25)),
        ("room.wav", clicks(300, 0.125)),
    ])
}

fn warm(disk: &Arc<Disk>, memory: &Arc<Memory>) -> Evaluation {
    disk.take_opened();
    evaluate("mix.star", disk.clone(), &Options { memory: Some(memory.clone()), ..Options::default() })
}

/// Evaluates with the memory and without: both give the same. What was opened with it is told.
fn compare(disk: &Arc<Disk>, memory: &Arc<Memory>) -> (Evaluation, Vec<String>) {
    let warm = warm(disk, memory);
    let opened = disk.take_opened();
    let cold = evaluate("mix.star", disk.clone(), &Options::default());
    assert_eq!((text(&warm), &warm.prints), (text(&cold), &cold.prints));
    assert_eq!((&warm.session, &warm.sources), (&cold.session, &cold.sources));
    let sorted = |evaluation: &Evaluation| {
        let mut recordings = evaluation.recordings.clone();
        recordings.sort_by_key(|(recording, _)| recording.path.clone());
        Vec::from_iter(
            recordings.into_iter().map(|(r, audio)| (r, audio.planes().map(<[f32]>::to_vec).collect::<Vec<_>>())),
        )
    };
    assert_eq!(sorted(&warm), sorted(&cold));
    (warm, opened)
}

#[test]
fn a_second_evaluation_reads_the_script_alone() {
    let (disk, memory) = (disk(), Arc::new(Memory::default()));
    let (first, opened) = compare(&disk, &memory);
    assert_eq!((text(&first), first.session.is_some()), (String::new(), true));
    assert!(opened.contains(&"a.wav".to_string()) && opened.contains(&"song.mid".to_string()));
    assert_eq!(first.recordings.len(), 3);
    assert_eq!(compare(&disk, &memory).1, ["mix.star"]);
    // An edit of the script asks what was asked before, and something else.
    disk.write("mix.star", format!("{SCRIPT}print(audio(\"a.wav\", channels = 1).peak_db)").as_bytes());
    disk.settle();
    let (_, opened) = compare(&disk, &memory);
    assert_eq!(opened.iter().filter(|path| *path != "mix.star").collect::<Vec<_>>(), ["a.wav", "a.wav"]);
}

#[test]
fn another_file_of_the_same_length_is_noticed() {
    let (disk, memory) = (disk(), Arc::new(Memory::default()));
    let (first, _) = compare(&disk, &memory);
    disk.write("a.wav", &clicks(4_800, 0.75));
    disk.settle();
    let (second, opened) = compare(&disk, &memory);
    assert_ne!(first.prints, second.prints);
    // All of `a.wav` was read again: for its length, its hash and its sound; nothing else was.
    assert_eq!(opened.iter().filter(|path| *path == "a.wav").count(), 3);
    assert_eq!(opened.len(), 4);
}

#[test]
fn a_touch_costs_a_hash_and_no_decoding() {
    let (disk, memory) = (disk(), Arc::new(Memory::default()));
    compare(&disk, &memory);
    disk.touch("a.wav");
    disk.settle();
    assert_eq!(compare(&disk, &memory).1, ["mix.star", "a.wav", "a.wav"]);
    assert_eq!(compare(&disk, &memory).1, ["mix.star"]);
}

#[test]
fn files_that_take_each_others_names_are_noticed() {
    let (disk, memory) = (disk(), Arc::new(Memory::default()));
    let (first, _) = compare(&disk, &memory);
    disk.swap("a.wav", "b.wav");
    disk.settle();
    let (second, _) = compare(&disk, &memory);
    assert_ne!(first.prints, second.prints);
    disk.swap("a.wav", "b.wav");
    assert_eq!(compare(&disk, &memory).0.prints, first.prints);
}

#[test]
fn a_file_that_has_not_settled_is_known_by_its_bytes() {
    let (disk, memory) = (disk(), Arc::new(Memory::default()));
    disk.write("a.wav", &clicks(4_800, 0.75));
    let (first, _) = compare(&disk, &memory);
    // The same bytes are found by their hash, and are not decoded again.
    assert_eq!(compare(&disk, &memory).1, ["mix.star", "a.wav", "a.wav"]);
    // Others of the same length in the same tick of the clock are others.
    disk.slip("a.wav", &clicks(2_400, 0.75));
    let (second, _) = compare(&disk, &memory);
    assert_ne!(first.prints, second.prints);
    disk.settle();
    assert_eq!(compare(&disk, &memory).0.prints, second.prints);
    assert_eq!(compare(&disk, &memory).1, ["mix.star"]);
}

#[test]
fn a_file_that_changes_while_it_is_read_leaves_nothing_behind() {
    let (one, other) = (clicks(4_800, 0.5), clicks(4_800, 0.75));
    for after in 0..4 {
        let (disk, memory) = (disk(), Arc::new(Memory::default()));
        *disk.torn.lock().unwrap() = Some((after, "a.wav".into(), other.clone()));
        warm(&disk, &memory);
        disk.settle();
        compare(&disk, &memory);
        disk.write("a.wav", &one);
        disk.settle();
        compare(&disk, &memory);
    }
}

#[test]
fn without_room_it_is_the_same() {
    let (disk, memory) = (disk(), Arc::new(Memory::new(0)));
    let everything = "\nprint(track(\"C\", audio(\"b.wav\")).cut(onsets(audio(\"a.wav\")))[0].centroid_hz)";
    for script in [SCRIPT.to_string(), format!("{SCRIPT}{everything}")] {
        disk.write("mix.star", script.as_bytes());
        let evaluations = [(); 2].map(|()| warm(&disk, &memory));
        let cold = evaluate("mix.star", disk.clone(), &Options::default());
        for warm in evaluations {
            assert_eq!((text(&warm), &warm.prints, &warm.session), (text(&cold), &cold.prints, &cold.session));
        }
    }
}

#[test]
fn mistakes_are_told_again() {
    let memory = Arc::new(Memory::default());
    let disk = disk();
    disk.write("broken.wav", &clicks(4_800, 0.5)[..40]);
    disk.write("cut.mid", &of_folder("song.mid")[..90]);
    disk.write("empty.wav", &wav(48_000, &[Vec::new()]));
    disk.settle();
    let script = "song = midi(\"cut.mid\")\nmidi(\"none.mid\")\nmidi(\"a.wav\")\naudio(\"broken.wav\")\naudio(\"empty.wav\")\n\
                  t = track(\"A\", audio(\"a.wav\").insert(convolution(audio(\"broken.wav\"))))\n\
                  play(song.part(1), soundfont(\"a.wav\"))\nprint(audio(\"broken.wav\").peak_db)\nt.fadr(1)\n";
    disk.write("mix.star", script.as_bytes());
    let (first, _) = compare(&disk, &memory);
    for said in ["none.mid", "a.wav", "broken.wav", "empty.wav", "cut.mid", "fadr"] {
        assert!(text(&first).contains(said), "{}", text(&first));
    }
    assert_eq!(text(&compare(&disk, &memory).0), text(&first));
    // Once it is mended all is well; what was found out before the mistake is still known.
    disk.write("mix.star", SCRIPT.as_bytes());
    assert_eq!(text(&compare(&disk, &memory).0), "");
    disk.write("mix.star", format!("{SCRIPT}nobody(1)").as_bytes());
    assert!(compare(&disk, &memory).0.session.is_none());
    disk.write("mix.star", SCRIPT.as_bytes());
    assert_eq!(compare(&disk, &memory).1, ["mix.star"]);
}

/// What can happen to a disk between two evaluations.
#[derive(Clone, Debug)]
enum Change {
    Write(usize, usize),
    Slip(usize, usize),
    Touch(usize),
    Swap,
    Settle,
    Song(bool),
    Remove(usize),
}

fn change() -> impl Strategy<Value = Change> {
    prop_oneof![
        (0..3usize, 0..3usize).prop_map(|(file, sound)| Change::Write(file, sound)),
        (0..3usize, 0..3usize).prop_map(|(file, sound)| Change::Slip(file, sound)),
        (0..3usize).prop_map(Change::Touch),
        Just(Change::Swap),
        Just(Change::Settle),
        any::<bool>().prop_map(Change::Song),
        (0..3usize).prop_map(Change::Remove),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 8, ..ProptestConfig::default() })]

    #[test]
    fn whatever_happens_to_files_a_warm_evaluation_is_a_cold_one(
        changes in proptest::collection::vec(proptest::collection::vec(change(), 1..4), 1..6),
        budget in prop_oneof![Just(0u64), Just(100_000), Just(1 << 28)],
    ) {
        let (disk, memory) = (disk(), Arc::new(Memory::new(budget)));
        let sounds = [clicks(4_800, 0.5), clicks(2_400, 0.75), clicks(700, 0.25)];
        for step in changes {
            for change in step {
                let path = |file: usize| ["a.wav", "b.wav", "room.wav"][file];
                let there = |path: &str| disk.files.lock().unwrap().get(path).cloned();
                match change {
                    Change::Write(file, sound) => disk.write(path(file), &sounds[sound]),
                    Change::Slip(file, sound) if there(path(file)).is_some_and(|file| !file.is_settled) => {
                        disk.slip(path(file), &sounds[sound]);
                    }
                    Change::Touch(file) if there(path(file)).is_some() => disk.touch(path(file)),
                    Change::Swap if there("a.wav").is_some() && there("b.wav").is_some() => disk.swap("a.wav", "b.wav"),
                    Change::Song(slower) => {
                        disk.write("song.mid", &of_folder(if slower { "slower.mid" } else { "song.mid" }));
                    }
                    Change::Settle => disk.settle(),
                    Change::Remove(file) => drop(disk.files.lock().unwrap().remove(path(file))),
                    _ => {}
                }
            }
            let warm = warm(&disk, &memory);
            let cold = evaluate("mix.star", disk.clone(), &Options::default());
            prop_assert_eq!((text(&warm), &warm.prints), (text(&cold), &cold.prints));
            prop_assert_eq!(&warm.session, &cold.session);
        }
    }
}

#[test]
fn what_a_script_has_asked_is_known_however_much_that_is() {
    // No sound is kept but the last one: whatever is analysed again is read again.
    let memory = Arc::new(Memory::new(0));
    let names = Vec::from_iter((0..150).map(|n| format!("{n}.wav")));
    let script = |asked: std::ops::Range<usize>| {
        format!(
            "for n in range({}, {}):\n    print(onsets(track(str(n), audio(str(n) + \".wav\"))))\n",
            asked.start, asked.end
        )
    };
    let disk = Disk::new(&[("mix.star", script(0..150).into())]);
    // Each sound is another one: an answer belongs to contents.
    names.iter().enumerate().for_each(|(n, name)| disk.write(name, &clicks(2_400 + 16 * n, 0.5)));
    disk.settle();
    let first = warm(&disk, &memory);
    // Each is opened for its length, its hash and its sound.
    assert_eq!((text(&first), disk.take_opened().len()), (String::new(), 1 + 3 * 150));
    let second = warm(&disk, &memory);
    assert_eq!((&second.prints, disk.take_opened()), (&first.prints, vec!["mix.star".to_string()]));
    // Nor is it lost by an edit that leaves much out, or by one that breaks the script.
    for edit in [script(149..150), script(0..150) + "track("] {
        disk.write("mix.star", edit.as_bytes());
        warm(&disk, &memory);
        disk.write("mix.star", script(0..150).as_bytes());
        assert_eq!((warm(&disk, &memory).prints, disk.take_opened()), (first.prints.clone(), vec!["mix.star".into()]));
    }
}
