//! `downbeat effects`: the table of effects, read aloud.

use downbeat_dsp::{EFFECTS, EffectInfo, Kind, Reach, Value};
use serde_json::json;

use crate::args::Effects;
use crate::exit::Fail;
use crate::table::{Align, Table};
use crate::terminal::print;

/// How long the lines of an explanation are, in characters.
const WIDTH: usize = 90;

/// Lists the effects, or explains one.
pub fn run(args: &Effects) -> Result<(), Fail> {
    let chosen: Vec<&EffectInfo> = match &args.name {
        None => EFFECTS.iter().collect(),
        Some(name) => vec![find(name)?],
    };
    if args.json {
        let rows: Vec<_> = chosen.iter().map(|info| as_json(info)).collect();
        let value = if args.name.is_some() { rows.into_iter().next().unwrap_or_default() } else { json!(rows) };
        print(&format!("{value:#}\n"))
    } else if args.name.is_some() {
        print(&chosen.into_iter().map(explain).collect::<String>())
    } else {
        let mut table = Table::new(&[("effect", Align::Left), ("what it does", Align::Left)]);
        for info in &chosen {
            table.row(vec![info.name.to_string(), summary(info).to_string()]);
        }
        print(&format!("{table}\n`downbeat effects NAME` tells all about one.\n"))
    }
}

fn find(name: &str) -> Result<&'static EffectInfo, Fail> {
    downbeat_dsp::effect(name).ok_or_else(|| {
        let distance = |info: &EffectInfo| strsim::damerau_levenshtein(info.name, name);
        let near = |info: &&EffectInfo| info.name.contains(name) || distance(info) <= info.name.len() / 2;
        // What has the whole word in it goes before what is only similar.
        let far = |info: &&EffectInfo| (!info.name.starts_with(name), !info.name.contains(name), distance(info));
        let hint = match EFFECTS.iter().filter(near).min_by_key(far) {
            Some(nearest) => format!("did you mean `{}`?", nearest.name),
            None => "`downbeat effects` lists all there are".to_string(),
        };
        Fail::usage(format!("there is no effect `{name}`")).hint(hint)
    })
}

fn summary(info: &EffectInfo) -> &str {
    info.about.trim().lines().next().unwrap_or_default()
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

fn explain(info: &EffectInfo) -> String {
    let params: Vec<String> = info.params().iter().map(|param| format!("{} = {}", param.name, param.default)).collect();
    let signature = format!("{}({})", info.name, params.join(", \0"));
    let signature = fill(signature.split(" \0"), WIDTH - 4).replace('\n', "\n    ");
    let about: Vec<String> = paragraphs(info.about).split("\n\n").map(|text| wrap(text, WIDTH)).collect();
    let mut text = format!("{signature}\n\n{}\n\n", about.join("\n\n"));
    for param in info.params() {
        let about = wrap(&paragraphs(param.about), WIDTH - 4).replace('\n', "\n    ");
        text += &format!("  {} = {}    ({})\n    {about}\n\n", param.name, param.default, param.kind);
    }
    text + &format!("Stands on {}.\n", reach(info.reach))
}

fn reach(reach: Reach) -> &'static str {
    match reach {
        Reach::Anywhere => "clips, segments, tracks, buses and the master",
        Reach::Clips => "clips and segments, because it needs the whole clip",
        Reach::Either => "clips and segments, and on tracks, buses and the master where its settings let it stream",
        Reach::Measured => "clips, segments and tracks; it measures the whole sound first",
    }
}

fn as_json(info: &EffectInfo) -> serde_json::Value {
    let params: Vec<_> = info
        .params()
        .iter()
        .map(|param| {
            let mut row = json!({
                "name": param.name,
                "about": paragraphs(param.about).replace('\n', " "),
                "default": value(&param.default),
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
                Kind::Strip => row["type"] = json!("track or bus"),
                Kind::Choice(names) => {
                    row["type"] = json!("choice");
                    row["choices"] = json!(names);
                }
                Kind::Text => row["type"] = json!("text"),
            }
            row
        })
        .collect();
    json!({
        "name": info.name,
        "about": paragraphs(info.about),
        "stands_on": reach(info.reach),
        "version": info.version,
        "params": params,
    })
}

fn value(value: &Value) -> serde_json::Value {
    match value {
        Value::Number(x) => json!(x),
        Value::Whole(n) => json!(n),
        Value::Switch(on) => json!(on),
        Value::Strip(strip) => json!(strip),
        Value::Choice(text) | Value::Text(text) => json!(text),
        Value::Moving(automation) => json!(automation.to_string()),
    }
}
