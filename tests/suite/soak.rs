//! The soak: one edit after the other, by chance, of a mix that is watched and listened to. What is served is always what a
//! render from nothing gives; and memory, threads and open files stay where they are.

mod desk;
mod dice;
mod figures;
mod listener;
mod small;
mod song;

use std::path::Path;

use crate::support::{Folder, copy_two_couples, replace, song as midi};
use crate::watch::client::Watching;
use crate::watch::{fresh, sha256};
use desk::Desk;
use dice::Dice;
use figures::{Figures, median};
use listener::Listener;
use small::Small;
use song::Song;

const MIB: u64 = 1 << 20;
/// What watch may keep of the small session, and of the song: ten strips of a minute each.
const SMALL: u64 = 64;
const SONG: u64 = 512;
/// For each core beyond two, in MiB: it has pages of its own at hand, and a heap.
const CORE: u64 = 32;

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

/// How a soak goes.
#[derive(Clone, Copy)]
struct Plan {
    edits: usize,
    /// Every so manieth edit is held against a render from nothing.
    every: usize,
    /// Every so manieth of these is listened to, and then another desk.
    heard: usize,
    /// What watch may keep, in MiB.
    keeps: u64,
    /// What it takes besides on two cores, in MiB: the program, the takes that can be asked for, what is being worked on, pages
    /// on their way to listeners, and what the allocator holds back for the next edit.
    besides: u64,
    /// Whether there are enough edits to tell growth.
    is_growth_judged: bool,
}

/// Two thousand edits take minutes: `just soak` asks for them. Else there are some of each kind.
fn is_in_full() -> bool {
    std::env::var_os("SOAK_IN_FULL").is_some()
}

// Up to 224 and 304 MiB besides were measured in short, and there is a seventh above that.

#[test]
fn soak_of_a_small_session() {
    let plan = Plan { edits: 40, every: 1, heard: 5, keeps: SMALL, besides: 256, is_growth_judged: false };
    let in_full = Plan { edits: 1600, heard: 10, is_growth_judged: true, ..plan };
    if is_in_full() { soak_small(3, in_full) } else { soak_small(1, plan) }
}

#[test]
fn soak_of_the_song() {
    let plan = Plan { edits: 4, every: 4, heard: 1, keeps: SONG, besides: 352, is_growth_judged: false };
    let in_full = Plan { edits: 400, every: 50, besides: 320, is_growth_judged: true, ..plan };
    if is_in_full() { soak_song(4, in_full) } else { soak_song(2, plan) }
}

/// Edits of a session of some seconds.
fn soak_small(seed: u64, plan: Plan) {
    let (folder, mut dice) = (Folder::new(), Dice(seed));
    std::fs::write(folder.path("song.mid"), midi()).unwrap();
    write_wav(&folder.path("a.wav"), &mut dice);
    write_wav(&folder.path("b.wav"), &mut dice);
    let small = Small::new(&mut dice);
    soak_in(&folder, small, &mut dice, plan);
}

/// Edits of "Two Couples".
fn soak_song(seed: u64, plan: Plan) {
    let (folder, mut dice) = (Folder::new(), Dice(seed));
    copy_two_couples(&folder);
    let song = Song::new(&std::fs::read_to_string(folder.path("mix.star")).unwrap());
    soak_in(&folder, song, &mut dice, plan);
}

fn soak_in<T: Edited>(folder: &Folder, mut now: T, dice: &mut Dice, plan: Plan) {
    let has_recording = folder.path("a.wav").exists();
    let mut script = now.script();
    replace(&folder.path("mix.star"), &script);
    let watching = Watching::start(folder, &["--memory", &format!("{}M", plan.keeps)]);
    let told = watching.next();
    assert_eq!(told["sha256"], *sha256(&fresh(folder, "mix.star")), "{told}\n{script}");
    let listener = Listener::start(watching.port);
    let (mut past, mut figures) = (vec![now.clone()], Vec::new());
    let (mut milliseconds, mut desk) = (Vec::new(), Desk::default());
    let (mut compared, mut heard) = (0, 0);
    for edit in 0..plan.edits {
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
        if (edit + 1) % plan.every == 0 {
            let cold = fresh(folder, "mix.star");
            assert_eq!(told["sha256"], *sha256(&cold), "stale sound after edit {edit}\n{script}");
            compared += 1;
            if compared % plan.heard == 0 {
                expect_heard(folder, &watching, &script, &desk, edit);
                desk = Desk::by_chance(dice, &script);
                desk.post(&watching);
                expect_heard(folder, &watching, &script, &desk, edit);
                heard += 2;
            }
        }
        figures.extend(Figures::of(watching.child.id()));
    }
    let answered = listener.stop();
    assert!(answered as usize > plan.edits, "{answered}");
    let middle = median(milliseconds.into_iter());
    eprintln!("{} edits, ready after {middle} ms in the middle, {answered} answers", plan.edits);
    eprintln!("{compared} compared with a render from nothing, {heard} times as they are heard");
    let expected = plan.edits / plan.every;
    assert_eq!((compared, heard), (expected, 2 * (expected / plan.heard)));
    assert!(heard > 0);
    judge(&figures, &plan);
}

/// What is served is what a render gives that has the listener's desk in its script.
fn expect_heard(folder: &Folder, watching: &Watching, script: &str, desk: &Desk, edit: usize) {
    let script = desk.applied_to(script);
    std::fs::write(folder.path("heard.star"), &script).unwrap();
    let mix = watching.mix();
    let served = watching.audio(&mix["take"], "mix");
    if mix["frames"] == 0 {
        let (_, told) = folder.run(&["render", "heard.star", "-o", "fresh.wav"], 1);
        assert!(told.contains("nothing to render") && served.is_empty(), "{told}\n{script}");
        return;
    }
    // What is silenced leaves the song as long as it is, which a script says that says no length itself.
    let length = format!("session(rate = 48000, length = samples({}))", mix["frames"]);
    let whole = script.replace("session(rate = 48000)", &length);
    std::fs::write(folder.path("heard.star"), &whole).unwrap();
    let cold = fresh(folder, "heard.star");
    assert!(served == cold, "{edit}: {} bytes, not {}\n{script}", served.len(), cold.len());
}

/// Nothing leaks: the budget holds, and the last quarter of the edits takes no more than the two before it.
fn judge(figures: &[Figures], plan: &Plan) {
    let Some(most) = figures.iter().map(|f| f.resident).max() else { return };
    let quarters: Vec<_> = figures.chunks(figures.len().div_ceil(4)).collect();
    let middle = |number: usize| median(quarters[number].iter().map(|f| f.resident));
    let mib: Vec<_> = (0..4).map(|quarter| middle(quarter) / MIB).collect();
    let at_most = |of: fn(&Figures) -> usize| [2, 3].map(|quarter| quarters[quarter].iter().map(of).max().unwrap());
    let (threads, files) = (at_most(|f| f.threads), at_most(|f| f.files));
    eprintln!("resident {mib:?} MiB by quarters, {} at most; threads {threads:?}; files {files:?}", most / MIB);
    let cores = std::thread::available_parallelism().map_or(2, |cores| cores.get() as u64);
    let limit = plan.keeps + plan.besides + CORE * cores.saturating_sub(2);
    assert!(most < limit * MIB, "{} MiB, of {limit}", most / MIB);
    if plan.is_growth_judged {
        let before = middle(1).max(middle(2));
        assert!(middle(3) <= before + before / 20 + 4 * MIB, "{mib:?} MiB");
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
