//! `downbeat effects`: the table of effects, read aloud.

use downbeat_dsp::{EFFECTS, EffectInfo, Kind, Reach, Value};
use serde_json::json;

use crate::args::Effects;
use crate::exit::Fail;
use crate::table::{Align, Table};

/// Lists the effects, or explains one.
pub fn run(args: &Effects) -> Result<(), Fail> {
    let chosen: Vec<&EffectInfo> = match &args.name {
        None => EFFECTS.iter().collect(),
        Some(name) => vec![find(name)?],
    };
    if args.json {
        let rows: Vec<_> = chosen.iter().map(|info| as_json(info)).collect();
        let value = if args.name.is_some() { rows.into_iter().next().unwrap_or_default() } else { json!(rows) };
        println!("{value:#}");
    } else if args.name.is_some() {
        chosen.iter().for_each(|info| print!("{}", explain(info)));
    } else {
        let mut table = Table::new(&[("effect", Align::Left), ("what it does", Align::Left)]);
        for info in &chosen {
            table.row(vec![info.name.to_string(), summary(info).to_string()]);
        }
        print!("{table}");
        println!("\n`downbeat effects NAME` tells all about one.");
    }
    Ok(())
}

fn find(name: &str) -> Result<&'static EffectInfo, Fail> {
    downbeat_dsp::effect(name).ok_or_else(|| {
        let nearest = EFFECTS
            .iter()
            .map(|info| (strsim::damerau_levenshtein(info.name, name), info.name))
            .min()
            .filter(|(distance, known)| *distance <= known.len() / 2);
        let hint = nearest.map_or_else(String::new, |(_, known)| format!(", did you mean `{known}`?"));
        Fail::usage(format!("there is no effect `{name}`{hint}\n`downbeat effects` lists all there are"))
    })
}

fn summary(info: &EffectInfo) -> &str {
    info.about.trim().lines().next().unwrap_or_default()
}

fn paragraphs(text: &str) -> String {
    text.lines().map(str::trim).collect::<Vec<_>>().join("\n").trim().to_string()
}

fn explain(info: &EffectInfo) -> String {
    let params: Vec<String> = info.params().iter().map(|param| format!("{} = {}", param.name, param.default)).collect();
    let mut text = format!("{}({})\n\n{}\n\n", info.name, params.join(", "), paragraphs(info.about));
    if !info.params().is_empty() {
        let heads = [("parameter", Align::Left), ("default", Align::Right), ("takes", Align::Left), ("", Align::Left)];
        let mut table = Table::new(&heads);
        for param in info.params() {
            let about = paragraphs(param.about).replace('\n', " ");
            table.row(vec![param.name.into(), param.default.to_string(), param.kind.to_string(), about]);
        }
        text += &format!("{table}\n");
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
                Kind::Choice(names) => {
                    row["type"] = json!("choice");
                    row["choices"] = json!(names);
                }
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
        Value::Choice(name) => json!(name),
    }
}
