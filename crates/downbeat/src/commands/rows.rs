//! Rows of the tables of effects and instruments, read aloud: listed, explained, or as JSON.

use downbeat_dsp::{Kind, ParamInfo, Row, Value};
use serde_json::json;

use crate::exit::Fail;
use crate::table::{Align, Table};
use crate::terminal::print;

/// How long the lines of an explanation are, in characters.
const WIDTH: usize = 90;

/// What is known of a row.
pub struct Entry {
    /// The name in scripts.
    pub name: &'static str,
    /// What kind of row it is, in a word.
    pub kind: &'static str,
    /// Where it may stand, if there are several places.
    pub stands_on: Option<&'static str>,
    /// Whether its numbers may move while it sounds, those that are not fixed.
    pub moves: bool,
    /// What it is, in prose: the first line is the summary.
    pub about: &'static str,
    /// Raised when the sound changes for the same settings.
    pub version: u32,
    /// The parameters, in order.
    pub params: &'static [ParamInfo],
}

impl Entry {
    /// What is known of a row of this kind, which stands in one place and does not move.
    pub fn new<M, R>(row: &Row<M, R>, kind: &'static str) -> Self {
        let &Row { name, about, version, .. } = row;
        Entry { name, kind, stands_on: None, moves: false, about, version, params: row.params() }
    }

    fn summary(&self) -> &str {
        self.about.trim().lines().next().unwrap_or_default()
    }

    fn explain(&self) -> String {
        let params: Vec<String> = self.params.iter().map(with_default).collect();
        let signature = format!("{}({})", self.name, params.join(", \0"));
        let signature = fill(signature.split(" \0"), WIDTH - 4).replace('\n', "\n    ");
        let about: Vec<String> = paragraphs(self.about).split("\n\n").map(|text| wrap(text, WIDTH)).collect();
        let mut text = format!("{signature}\n\n{}\n\n", about.join("\n\n"));
        for param in self.params {
            let about = wrap(&paragraphs(param.about), WIDTH - 4).replace('\n', "\n    ");
            text += &format!("  {}    ({})\n    {about}\n\n", with_default(param), param.kind);
        }
        match self.stands_on {
            Some(places) => text + &format!("Stands on {places}.\n"),
            None => text.trim_end().to_string() + "\n",
        }
    }

    fn json(&self) -> serde_json::Value {
        let mut row = json!({
            "name": self.name,
            "kind": self.kind,
            "doc": paragraphs(self.about),
            "version": self.version,
            "params": self.params.iter().map(|param| param_json(param, self.moves)).collect::<Vec<_>>(),
        });
        if let Some(places) = self.stands_on {
            row["stands_on"] = json!(places);
        }
        row
    }
}

/// Tells of all entries, or of the one of that name. `word` says what they are: "effect".
pub fn tell(entries: &[Entry], word: &'static str, name: Option<&str>, as_json: bool) -> Result<(), Fail> {
    match (name, as_json) {
        (None, true) => print(&format!("{:#}\n", json!(entries.iter().map(Entry::json).collect::<Vec<_>>()))),
        (Some(name), true) => print(&format!("{:#}\n", find(entries, word, name)?.json())),
        (Some(name), false) => print(&find(entries, word, name)?.explain()),
        (None, false) => {
            let mut table = Table::new(&[(word, Align::Left), ("what it does", Align::Left)]);
            for entry in entries {
                table.row(vec![entry.name.to_string(), entry.summary().to_string()]);
            }
            print(&format!("{table}\n`downbeat {word}s NAME` tells all about one.\n"))
        }
    }
}

fn find<'a>(entries: &'a [Entry], word: &str, name: &str) -> Result<&'a Entry, Fail> {
    entries.iter().find(|entry| entry.name == name).ok_or_else(|| {
        let distance = |entry: &Entry| strsim::damerau_levenshtein(entry.name, name);
        let near = |entry: &&Entry| entry.name.contains(name) || distance(entry) <= entry.name.len() / 2;
        // What has the whole word in it goes before what is only similar.
        let far = |entry: &&Entry| (!entry.name.starts_with(name), !entry.name.contains(name), distance(entry));
        let hint = match entries.iter().filter(near).min_by_key(far) {
            Some(nearest) => format!("did you mean `{}`?", nearest.name),
            None => format!("`downbeat {word}s` lists all there are"),
        };
        Fail::usage(format!("there is no {word} `{name}`")).hint(hint)
    })
}

fn param_json(param: &ParamInfo, moves: bool) -> serde_json::Value {
    let mut row = json!({
        "name": param.name,
        "unit": param.unit(),
        "default": value(&param.default),
        "min": null,
        "max": null,
        "doc": paragraphs(param.about).replace('\n', " "),
        "fixed": !moves || param.is_fixed || !matches!(param.kind, Kind::Number { .. }),
    });
    match param.kind {
        Kind::Number { min, max } => {
            row["type"] = json!("number");
            row["min"] = json!(min);
            row["max"] = json!(max);
        }
        Kind::Whole { min, max } => {
            row["type"] = json!("whole number");
            row["min"] = json!(min);
            row["max"] = json!(max);
        }
        Kind::Switch => row["type"] = json!("switch"),
        Kind::Text => row["type"] = json!("text"),
        Kind::Strip => row["type"] = json!("track or bus"),
        Kind::Choice(names) => {
            row["type"] = json!("choice");
            row["choices"] = json!(names);
        }
        Kind::Response => row["type"] = json!("response"),
        Kind::Samples => row["type"] = json!("samples"),
        Kind::SoundFont => row["type"] = json!("SoundFont"),
    }
    row
}

fn value(value: &Value) -> serde_json::Value {
    match value {
        Value::Number(x) => json!(x),
        Value::Whole(n) => json!(n),
        Value::Switch(on) => json!(on),
        Value::Choice(text) | Value::Text(text) => json!(text),
        Value::Strip(strip) => json!(strip),
        Value::Moving(automation) => json!(automation.to_string()),
        Value::Sounds(sounds) if sounds.is_empty() => json!(null),
        Value::Sounds(sounds) => json!(sounds.to_string()),
        Value::SoundFont(font) => json!(font.to_string()),
    }
}

/// A parameter with its default, if it has one.
fn with_default(param: &ParamInfo) -> String {
    if param.is_required() { param.name.to_string() } else { format!("{} = {}", param.name, param.default) }
}

/// The text in lines of at most `width` characters, if no word is longer.
fn wrap(text: &str, width: usize) -> String {
    fill(text.split_whitespace(), width)
}

/// The same for words that may have spaces in them.
fn fill<'a>(words: impl Iterator<Item = &'a str>, width: usize) -> String {
    let mut lines = vec![String::new()];
    for word in words {
        match lines.last_mut() {
            Some(line) if line.is_empty() => line.push_str(word),
            Some(line) if line.chars().count() + 1 + word.chars().count() <= width => *line += &format!(" {word}"),
            _ => lines.push(word.to_string()),
        }
    }
    lines.join("\n")
}

fn paragraphs(text: &str) -> String {
    text.lines().map(str::trim).collect::<Vec<_>>().join("\n").trim().to_string()
}
