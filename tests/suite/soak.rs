//! The soak: one edit after the other, by chance, of a mix that is watched and listened to. What is served is always what a
//! render from nothing gives; and memory, threads and open files stay where they are.

mod dice;
mod figures;
mod listener;
mod small;
mod song;

use std::path::Path;

use crate::support::{Folder, copy_two_couples, replace, song as midi};
use crate::watch::client::Watching;
use crate::watch::{fresh, sha256};
use dice::Dice;
use figures::{Figures, median};
use listener::Listener;
use small::Small;
use song::Song;

const MIB: u64 = 1 << 20;
/// What watch may keep of the small session, and of the song: ten strips of a minute each.
const SMALL: u64 = 64;
const SONG: u64 = 512;
/// What it takes besides: the program, the mix being worked on, pages on their way to listeners, and what the allocator
/// holds back.
const BESIDES: u64 = 320 * MIB;

/// Something that is edited by chance.
trait Edited: Clone {
    fn edit(&mut self, dice: &mut Dice);
    fn script(&self) -> String;
}

impl Edited for Small {
    fn edit(&mut self, dice: &mut Dice) {
        Small::edit(self, dice);
    }
    fn script(&self) -> String {
        Small::script(self)
    }
}

impl Edited for Song {
    fn edit(&mut self, dice: &mut Dice) {
        Song::edit(self, dice);
    }
    fn script(&self) -> String {
        Song::script(self)
    }
}

#[test]
fn soak() {
    soak_small(1, 40);
    soak_song(2, 4, 4);
}

#[test]
#[ignore = "takes minutes: `just soak`"]
fn soak_small_in_full() {
    soak_small(3, 1600);
}

#[test]
#[ignore = "takes minutes: `just soak`"]
fn soak_song_in_full() {
    soak_song(4, 400, 50);
}

/// Edits of a session of some seconds, each held against a render from nothing.
fn soak_small(seed: u64, edits: usize) {
    let (folder, mut dice) = (Folder::new(), Dice(seed));
    std::fs::write(folder.path("song.mid"), midi()).unwrap();
    write_wav(&folder.path("a.wav"), &mut dice);
    write_wav(&folder.path("b.wav"), &mut dice);
    let small = Small::new(&mut dice);
    soak_in(&folder, small, &mut dice, (edits, 1), SMALL);
}

/// Edits of "Two Couples", every so manieth held against a render from nothing.
fn soak_song(seed: u64, edits: usize, every: usize) {
    let (folder, mut dice) = (Folder::new(), Dice(seed));
    copy_two_couples(&folder);
    let song = Song::new(&std::fs::read_to_string(folder.path("mix.star")).unwrap());
    soak_in(&folder, song, &mut dice, (edits, every), SONG);
}

fn soak_in<T: Edited>(folder: &Folder, mut now: T, dice: &mut Dice, (edits, every): (usize, usize), budget: u64) {
    let has_recording = folder.path("a.wav").exists();
    let mut script = now.script();
    replace(&folder.path("mix.star"), &script);
    let watching = Watching::start(folder, &["--memory", &format!("{budget}M")]);
    let told = watching.next();
    assert_eq!(told["sha256"], *sha256(&fresh(folder, "mix.star")), "{told}\n{script}");
    let listener = Listener::start(watching.port);
    let (mut past, mut figures) = (vec![now.clone()], Vec::new());
    let mut milliseconds = Vec::new();
    for edit in 0..edits {
        let is_broken = dice.below(12) == 0;
        if is_broken {
            replace(&folder.path("mix.star"), format!("{script}\nmaster.insert(gian(db = {edit}))\n"));
            let error = watching.next();
            assert_eq!(error["event"], "error", "{edit}: {error}");
            assert!(error["diagnostics"][0]["message"].as_str().unwrap().contains("gian"), "{error}");
        }
        if has_recording && !is_broken && dice.below(12) == 0 {
            write_wav(&folder.path("a.wav"), dice);
        } else {
            script = loop {
                if dice.below(8) == 0 {
                    now = dice.pick(&past).clone();
                } else {
                    now.edit(dice);
                }
                let other = now.script();
                if other != script {
                    break other;
                }
            };
            past.push(now.clone());
            past.drain(..past.len().saturating_sub(20));
            replace(&folder.path("mix.star"), &script);
        }
        let told = watching.next();
        assert_eq!(told["event"], "rendered", "{edit}: {told}\n{script}");
        milliseconds.push(told["edit_to_ready_ms"].as_f64().unwrap() as u64);
        if edit % every == every - 1 {
            let cold = fresh(folder, "mix.star");
            assert_eq!(told["sha256"], *sha256(&cold), "stale sound after edit {edit}\n{script}");
            if edit % 10 == 0 {
                assert_eq!(watching.audio(&watching.mix()["take"], "mix"), cold, "{edit}\n{script}");
            }
        }
        figures.extend(Figures::of(watching.child.id()));
    }
    let answered = listener.stop();
    assert!(answered as usize > edits, "{answered}");
    eprintln!("{edits} edits, ready after {} ms in the middle, {answered} answers", median(milliseconds.into_iter()));
    judge(&figures, budget * MIB);
}

/// Nothing leaks: the budget holds, and the last quarter of the edits takes no more than the one before it.
fn judge(figures: &[Figures], budget: u64) {
    let Some(most) = figures.iter().map(|f| f.resident).max() else { return };
    let quarters: Vec<_> = figures.chunks(figures.len().div_ceil(4)).collect();
    let middle = |number: usize| median(quarters[number].iter().map(|f| f.resident));
    let mib: Vec<_> = (0..4).map(|quarter| middle(quarter) / MIB).collect();
    let at_most = |of: fn(&Figures) -> usize| [2, 3].map(|quarter| quarters[quarter].iter().map(of).max().unwrap());
    let (threads, files) = (at_most(|f| f.threads), at_most(|f| f.files));
    eprintln!("resident {mib:?} MiB by quarters, {} at most; threads {threads:?}; files {files:?}", most / MIB);
    assert!(most < budget + BESIDES, "{} MiB", most / MIB);
    // Few edits tell nothing about growth.
    if figures.len() >= 1000 || figures.len() == 400 {
        assert!(middle(3) <= middle(2) + middle(2) / 20 + 4 * MIB, "{mib:?} MiB");
    }
    // Listeners come and go: as many of each as they keep busy at once.
    assert!(threads[1] <= threads[0] + 4 && files[1] <= files[0] + 8, "{threads:?} {files:?}");
}

/// Two seconds of a saw that falls or rises.
fn write_wav(path: &Path, dice: &mut Dice) {
    let spec = hound::WavSpec {
        channels: 1,
        sample_rate: 48_000,
        bits_per_sample: 16,
        sample_format: hound::SampleFormat::Int,
    };
    let mut bytes = std::io::Cursor::new(Vec::new());
    let mut writer = hound::WavWriter::new(&mut bytes, spec).unwrap();
    let (from, to) = (dice.between(50.0, 500.0), dice.between(50.0, 500.0));
    let mut phase = 0.0;
    for i in 0..96_000 {
        writer.write_sample(((phase - 0.5) * 16_384.0) as i16).unwrap();
        phase = (phase + (from + (to - from) * f64::from(i) / 96_000.0) / 48_000.0).fract();
    }
    writer.finalize().unwrap();
    replace(path, bytes.into_inner());
}
