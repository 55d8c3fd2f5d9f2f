//! A real mix that is edited by chance, as text: numbers, and lines at its end.

use super::dice::Dice;

/// Numbers that may become others, by what stands before them, and their ranges.
const NUMBERS: [(&str, f64, f64); 12] = [
    (" db = ", -24.0, 6.0),
    ("(db = ", -24.0, 6.0),
    ("threshold_db = ", -40.0, -6.0),
    ("ratio = ", 1.5, 8.0),
    ("attack_ms = ", 0.5, 40.0),
    ("release_ms = ", 40.0, 400.0),
    ("drive = ", 1.0, 20.0),
    ("predelay_ms = ", 0.0, 60.0),
    ("feedback = ", 0.0, 0.6),
    ("highpass(freq_hz = ", 40.0, 600.0),
    (".pan(", -1.0, 1.0),
    ("lufs = ", -20.0, -12.0),
];
/// Lines that may stand at the end. Some are the same sound, said once more.
const LINES: [&str; 8] = [
    "drums.mute()\n",
    "brass.solo()\n",
    "pluck.insert(soft_clip(drive = 3))\n",
    "hats.insert(gain(db = -2))\n",
    "master.insert(high_shelf(freq_hz = 6000, gain_db = 2))\n",
    "track(\"One more\", tone(sawtooth(), freq_hz = 55, ms = 30000, level = 0.1)).send(hall, db = -6)\n",
    "track(\"Again\", audio(\"stems/brass-stabs.flac\")).fader(db = -12)\n",
    "# A remark.\n",
];

/// A mix, and the lines behind it.
#[derive(Clone)]
pub struct Song {
    text: String,
    has: [bool; LINES.len()],
}

impl Song {
    /// The mix as it is. What it expects of its sound an edit need not keep, so that goes.
    pub fn new(text: &str) -> Self {
        let text = text.lines().filter(|line| !line.starts_with("expect(")).map(|line| format!("{line}\n")).collect();
        Song { text, has: Default::default() }
    }

    /// Changes one thing.
    pub fn edit(&mut self, dice: &mut Dice) {
        if dice.below(3) == 0 {
            let line = dice.below(LINES.len());
            self.has[line] = !self.has[line];
            return;
        }
        let (before, low, high) = dice.pick(&NUMBERS);
        let places: Vec<_> = self.text.match_indices(before).map(|(at, _)| at + before.len()).collect();
        let at = *dice.pick(&places);
        let is_of_number = |c: char| c.is_ascii_digit() || c == '.' || c == '-';
        let length = self.text[at..].find(|c| !is_of_number(c)).unwrap_or(0);
        // Where something else than a number stands, it stays.
        if length > 0 {
            self.text.replace_range(at..at + length, &dice.between(*low, *high).to_string());
        }
    }

    /// The script.
    pub fn script(&self) -> String {
        let lines = LINES.iter().zip(self.has).filter(|(_, is_there)| *is_there).map(|(line, _)| *line);
        self.text.clone() + &lines.collect::<String>()
    }
}
