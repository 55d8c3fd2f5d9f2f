//! Writes the reference of the language from its tables.

use std::collections::BTreeSet;
use std::fmt::Write;

use downbeat_dsp::EFFECTS;
use downbeat_script::{Chapter, FunctionEntry, ParamEntry, names, reference};

use super::markdown::slug;
use crate::support::run;

const HEAD: &str = "# Reference

All that a mix can say. This page is written by the program from the tables it works by; the [guide](guide.md) explains
the same things in the order in which one learns them.

Arguments can be given in order or by name: `pan(0.2)`, `pan(position = 0.2)`. Those that come after one with a star have
to be given by name. Names say their unit: `_db` is decibels, `_hz` hertz, `_ms` milliseconds. What is a length of time,
in `_ms`, `_s` or `_samples`, takes a duration, too: `delay(time_ms = beats(0.75))`.
";

/// The page.
pub fn page() -> String {
    let chapters: Vec<Page> = reference().into_iter().map(Page::of).collect();
    let mut page = HEAD.to_string();
    page += "\n| chapter | what is in it |\n|---|---|\n";
    for chapter in &chapters {
        let _ = writeln!(page, "| {} | {} |", link(&chapter.heading), chapter.entries().join(", "));
    }
    let _ = writeln!(page, "| {} | {} |", link(STARLARK), starlark_names().join(", "));
    chapters.iter().for_each(|chapter| page += &chapter.text());
    page + &starlark()
}

/// A chapter on its way to the page.
struct Page {
    heading: String,
    /// What stands before the names of its functions: `track.` for the methods of tracks.
    prefix: String,
    chapter: Chapter,
}

impl Page {
    fn of(chapter: Chapter) -> Self {
        // Chapters of functions have a title in capitals; the others are a kind of value, or a namespace.
        let title = chapter.title;
        let (heading, prefix) = match title {
            _ if title.starts_with(|c: char| c.is_uppercase()) => (title.to_string(), String::new()),
            "math" => ("The namespace math".to_string(), "math.".to_string()),
            "master" => ("The master".to_string(), "master.".to_string()),
            _ if title.starts_with(['a', 'e', 'i', 'o', 'u']) => (format!("An {title}"), format!("{title}.")),
            _ => (format!("A {title}"), format!("{title}.")),
        };
        Page { heading, prefix, chapter }
    }

    /// Whether its functions are simple enough for one table.
    fn is_table(&self) -> bool {
        self.chapter.title == "math"
    }

    /// The names of all that is in it; what has a heading of its own is linked.
    fn entries(&self) -> Vec<String> {
        let fields = self.chapter.fields.iter().map(|field| format!("`{}{}`", self.prefix, field.name));
        let functions = self.chapter.functions.iter().map(|function| {
            let name = format!("{}{}", self.prefix, function.name);
            if self.is_table() { format!("`{name}`") } else { link(&name) }
        });
        fields.chain(functions).collect()
    }

    fn text(&self) -> String {
        let Chapter { about, fields, functions, .. } = &self.chapter;
        let mut text = format!("\n## {}\n", self.heading);
        if !about.is_empty() {
            let _ = write!(text, "\n{}\n", prose(about));
        }
        if !fields.is_empty() {
            text += "\n| field | meaning |\n|---|---|\n";
            for field in fields {
                let _ = writeln!(text, "| `{}{}` | {} |", self.prefix, field.name, cell(field.about));
            }
        }
        if self.is_table() {
            text += "\n| function | meaning |\n|---|---|\n";
            for function in functions {
                let _ = writeln!(text, "| `{}{}` | {} |", self.prefix, function.signature, cell(function.about));
            }
        } else {
            functions.iter().for_each(|function| text += &self.function(function));
        }
        text
    }

    fn function(&self, function: &FunctionEntry) -> String {
        let FunctionEntry { name, signature, about, params, gives } = function;
        let mut text = format!("\n### {}{name}\n\n```python\n{}\n```\n", self.prefix, self.call(signature));
        let _ = write!(text, "\n{}\n", prose(about));
        if self.chapter.title == "Effects" {
            let _ = write!(text, "\nStands on {}.\n", stands_on(name));
        } else {
            let _ = write!(text, "\nGives {gives}.\n");
        }
        if !params.is_empty() {
            text += "\n| parameter | default | takes | meaning |\n|---|---|---|---|\n";
            for param in params {
                let ParamEntry { name, about, .. } = param;
                let default = default(signature, param);
                let _ = writeln!(text, "| `{name}` | {default} | {} | {} |", takes(param), cell(about));
            }
        }
        text
    }

    /// The signature, on lines of its own where it is long.
    fn call(&self, signature: &str) -> String {
        let call = format!("{}{signature}", self.prefix);
        match call.split_once('(').zip(call.len().checked_sub(101)) {
            Some(((name, params), _)) => {
                let params = params.trim_end_matches(')').replace(", ", ",\n    ");
                format!("{name}(\n    {params},\n)")
            }
            None => call,
        }
    }
}

fn default(signature: &str, param: &ParamEntry) -> String {
    match &param.default {
        Some(default) => format!("`{default}`"),
        None if signature.contains(&format!("*{}", param.name)) => "any number of them".to_string(),
        None => "must be given".to_string(),
    }
}

/// What a parameter takes. Bounds that only say that numbers have an end are left out.
fn takes(param: &ParamEntry) -> String {
    const END: f64 = 1e7;
    let (range, whole) = match param.takes.strip_suffix(", whole") {
        Some(range) => (range, true),
        None => (param.takes.as_str(), false),
    };
    let Some((Ok(min), Ok(max))) = range.split_once(" to ").map(|(min, max)| (min.parse::<f64>(), max.parse::<f64>()))
    else {
        return cell(&param.takes);
    };
    let number = if whole { "a whole number" } else { "a number" };
    match (min < -END, max > END) {
        (true, true) => number.to_string(),
        (false, true) => format!("{number}, {min} or more"),
        _ if whole => format!("{min} to {max}, whole"),
        _ => format!("{min} to {max}"),
    }
}

/// Where an effect may stand, as the program tells it.
fn stands_on(effect: &str) -> String {
    assert!(EFFECTS.iter().any(|info| info.name == effect));
    let (json, _) = run(&["effects", effect, "--json"], 0);
    let info: serde_json::Value = serde_json::from_str(&json).unwrap();
    info["stands_on"].as_str().unwrap().to_string()
}

const STARLARK: &str = "From Starlark itself";

/// Names of the language that no table declares.
fn starlark_names() -> Vec<String> {
    let chapters = reference();
    let declared = chapters.iter().flat_map(|chapter| &chapter.functions).map(|function| function.name);
    let declared: BTreeSet<&str> = declared.chain(["master", "math"]).collect();
    names().iter().filter(|name| !declared.contains(name.as_str())).map(|name| format!("`{name}`")).collect()
}

fn starlark() -> String {
    format!(
        "\n## {STARLARK}\n\nA mix is a [Starlark](https://github.com/bazelbuild/starlark/blob/master/spec.md) script: \
         Python's syntax, without classes,\nexceptions, `while` and `import`. `for` and `if` may stand at the top level, \
         strings may be\n`f\"...\"`, and these names are there, too:\n\n{}.\n",
        starlark_names().join(", ")
    )
}

fn link(heading: &str) -> String {
    format!("[{heading}](#{})", slug(heading))
}

/// Doc comments as paragraphs.
fn prose(text: &str) -> String {
    let lines: Vec<&str> = text.lines().map(str::trim).collect();
    lines.join("\n").trim().to_string()
}

/// Text in a table.
fn cell(text: &str) -> String {
    prose(text).replace('\n', " ").replace('|', "\\|")
}
