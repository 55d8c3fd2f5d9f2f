//! Writes the reference of the language from its tables.

use std::collections::BTreeSet;
use std::fmt::Write;

use downbeat_script::{Chapter, FunctionEntry, ParamEntry, names, reference};

use super::Written;
use super::entry::{call, cell, default, prose, takes};
use super::markdown::slug;

const HEAD: &str = "# Reference

All that a mix can say. This page is written by the program from the tables it works by; the [guide](guide.md) explains
the same things in the order in which one learns them.

Arguments can be given in order or by name: `pan(0.2)`, `pan(position = 0.2)`. Those that come after one with a star have
to be given by name. Names say their unit: `_db` is decibels, `_hz` hertz, `_ms` milliseconds. What is a length of time,
in `_ms`, `_s` or `_samples`, takes a duration, too: `delay(time_ms = beats(0.75))`.
";

/// The page.
pub fn page() -> Vec<Written> {
    let chapters: Vec<Page> = reference().into_iter().map(Page::of).collect();
    let mut page = HEAD.to_string();
    page += "\n| chapter | what is in it |\n|---|---|\n";
    for chapter in &chapters {
        let _ = writeln!(page, "| {} | {} |", link(&chapter.heading), chapter.entries().join(", "));
    }
    let _ = writeln!(page, "| {} | {} |", link(STARLARK), starlark_names().join(", "));
    chapters.iter().for_each(|chapter| page += &chapter.text());
    page += &starlark();
    vec![Written { path: "docs/reference.md".to_string(), text: page }]
}

/// A chapter on its way to the page.
struct Page {
    heading: String,
    /// What stands before the names of its functions: `track.` for the methods of tracks.
    prefix: String,
    /// The page that its functions stand on, when it is another one.
    elsewhere: Option<&'static str>,
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
        let elsewhere = match title {
            "Effects" => Some("effects.md"),
            "Instruments" | "Waves and envelopes" => Some("instruments.md"),
            _ => None,
        };
        Page { heading, prefix, elsewhere, chapter }
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
            match self.elsewhere {
                Some(page) => format!("[{name}]({page}#{})", slug(&name)),
                None if self.is_table() => format!("`{name}`"),
                None => link(&name),
            }
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
        if let Some(page) = self.elsewhere {
            let title = self.heading.to_lowercase();
            let _ = write!(text, "\nAll [{title}]({page}) have a page of their own, with a picture of each.\n");
        } else if self.is_table() {
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
        let FunctionEntry { name, about, params, gives, .. } = function;
        let mut text = format!("\n### {}{name}\n\n{}", self.prefix, call(&self.prefix, function));
        let _ = write!(text, "\n{}\n\nGives {gives}.\n", prose(about));
        if !params.is_empty() {
            text += "\n| parameter | default | takes | meaning |\n|---|---|---|---|\n";
            for param in params {
                let ParamEntry { name, about, .. } = param;
                let default = default(function, param);
                let _ = writeln!(text, "| `{name}` | {default} | {} | {} |", takes(param), cell(about));
            }
        }
        text
    }
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
