//! A small session that is edited by chance: tracks with inserts, grids, segments and sends.

use std::fmt::Write;

use super::dice::Dice;

/// Effects with their numbers' ranges. Some remember for long, some not at all.
const EFFECTS: [(&str, f64, f64); 12] = [
    ("gain(db = @)", -12.0, 3.0),
    ("soft_clip(drive = @)", 1.0, 12.0),
    ("compressor(threshold_db = @, ratio = 3)", -40.0, -6.0),
    ("lowpass(freq_hz = @)", 200.0, 12_000.0),
    ("highpass(freq_hz = @)", 30.0, 2_000.0),
    ("delay(time_ms = @, feedback = 0.3)", 20.0, 300.0),
    ("reverb(decay_s = @)", 0.3, 2.0),
    ("schroeder_reverb(q = @)", 5.0, 20.0),
    ("chorus(rate_hz = @)", 0.2, 3.0),
    ("limiter(ceiling_db = @)", -12.0, -1.0),
    ("high_shelf(freq_hz = 5000, gain_db = @)", -9.0, 6.0),
    ("lowpass(freq_hz = ramp(300, @, bars = 2))", 2_000.0, 12_000.0),
];
/// What only segments can have.
const OF_SEGMENTS: [&str; 3] = ["reverse()", "normalize(peak_db = -6)", "fade(in_ms = 20, out_ms = 60)"];
const SOURCES: [&str; 4] = [
    "audio(\"a.wav\")",
    "audio(\"b.wav\")",
    "tone(sawtooth(), freq_hz = 110, ms = 4000, level = 0.2)",
    "synth(song.part(\"Lead\"), wave = square())",
];
const GRIDS: [&str; 3] = ["song.beats", "song.downbeats", "[seconds(0.3), seconds(0.7), seconds(1.9)]"];
const MOST_TRACKS: usize = 6;

/// The session.
#[derive(Clone)]
pub struct Small {
    tracks: Vec<Track>,
    master: Vec<String>,
    /// Names are never used again.
    born: usize,
}

#[derive(Clone)]
struct Track {
    number: usize,
    source: &'static str,
    fader: f64,
    pan: f64,
    is_muted: bool,
    send: Option<f64>,
    grid: Option<&'static str>,
    /// What every other segment has.
    segments: Vec<String>,
    inserts: Vec<String>,
}

impl Small {
    /// One with three tracks. The first always plays the recording `a.wav`.
    pub fn new(dice: &mut Dice) -> Self {
        let mut small = Small { tracks: Vec::new(), master: Vec::new(), born: 0 };
        for source in &SOURCES[..3] {
            small.add(dice, source);
        }
        small
    }

    /// Changes one thing.
    pub fn edit(&mut self, dice: &mut Dice) {
        let what = dice.below(11);
        if what == 0 && self.tracks.len() < MOST_TRACKS {
            let source = *dice.pick(&SOURCES);
            return self.add(dice, source);
        }
        if what == 1 && self.tracks.len() > 1 {
            self.tracks.remove(1 + dice.below(self.tracks.len() - 1));
            return;
        }
        if what == 2 {
            return change(&mut self.master, dice);
        }
        let index = dice.below(self.tracks.len());
        let track = &mut self.tracks[index];
        match what {
            3 => track.fader = dice.between(-18.0, 3.0),
            4 => track.pan = dice.between(-1.0, 1.0),
            5 => track.is_muted = !track.is_muted && index > 0,
            6 => track.send = track.send.is_none().then(|| dice.between(-24.0, 0.0)),
            7 => track.grid = (dice.below(4) > 0).then(|| *dice.pick(&GRIDS)),
            8 if dice.below(3) == 0 => track.segments.push(dice.pick(&OF_SEGMENTS).to_string()),
            8 | 9 => change(&mut track.segments, dice),
            _ => change(&mut track.inserts, dice),
        }
        track.segments.truncate(3);
    }

    /// The script.
    pub fn script(&self) -> String {
        let mut text = "session(rate = 48000)\nsong = midi(\"song.mid\")\n".to_string();
        text += "room = bus(\"Room\", reverb(decay_s = 0.6, mix = 1)).fader(db = -6)\n";
        for track in &self.tracks {
            let Track { number, source, fader, pan, .. } = track;
            let _ = writeln!(text, "t{number} = track(\"T{number}\", {source}).fader(db = {fader}).pan({pan})");
            if let (Some(grid), false) = (track.grid, track.segments.is_empty()) {
                let _ = writeln!(text, "for part in t{number}.cut({grid}):\n    if part.index % 2 == 1:");
                let _ = writeln!(text, "        part.insert({})", track.segments.join(", "));
            }
            if !track.inserts.is_empty() {
                let _ = writeln!(text, "t{number}.insert({})", track.inserts.join(", "));
            }
            if let Some(db) = track.send {
                let _ = writeln!(text, "t{number}.send(room, db = {db})");
            }
            if track.is_muted {
                let _ = writeln!(text, "t{number}.mute()");
            }
        }
        if !self.master.is_empty() {
            let _ = writeln!(text, "master.insert({})", self.master.join(", "));
        }
        text
    }

    fn add(&mut self, dice: &mut Dice, source: &'static str) {
        let (number, fader) = (self.born, dice.between(-12.0, 0.0));
        self.born += 1;
        let (segments, inserts) = (vec![effect(dice)], vec![effect(dice)]);
        let grid = Some(GRIDS[0]);
        self.tracks.push(Track {
            number,
            source,
            fader,
            pan: 0.0,
            is_muted: false,
            send: None,
            grid,
            segments,
            inserts,
        });
    }
}

/// Adds an effect, takes one away, or puts another one (or the same with another number) in its place.
fn change(effects: &mut Vec<String>, dice: &mut Dice) {
    if effects.is_empty() || (effects.len() < 3 && dice.below(3) == 0) {
        effects.insert(dice.below(effects.len() + 1), effect(dice));
    } else if dice.below(3) == 0 {
        effects.remove(dice.below(effects.len()));
    } else {
        let index = dice.below(effects.len());
        effects[index] = effect(dice);
    }
}

fn effect(dice: &mut Dice) -> String {
    let (text, low, high) = dice.pick(&EFFECTS);
    text.replace('@', &dice.between(*low, *high).to_string())
}
