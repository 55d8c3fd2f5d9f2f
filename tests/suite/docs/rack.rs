//! Writes the pages of the effects and of the instruments from their tables, with a picture of each.

use std::fmt::Write;

use downbeat_script::{Chapter, FunctionEntry, reference};
use serde_json::Value;

use super::Written;
use super::entry::{call, cell, default, prose, takes};
use super::markdown::slug;
use super::pictures::{Figure, of_effect};
use super::players::{of_envelope, of_instrument, of_wave};
use crate::support::run;

const EFFECTS: &str = "# Effects

All effects, in the order in which one looks for them. Each stands where it says: in the `insert` of a
[clip](reference.md#clipinsert), a [segment](reference.md#segmentinsert), a [track](reference.md#trackinsert), a
[bus](reference.md#businsert) or the [master](reference.md#masterinsert), and in the `parallel` of clips and segments.
A parameter that moves takes a [ramp](reference.md#ramp), a [curve](reference.md#curve), [steps](reference.md#steps), an
[oscillation](reference.md#lfo) or the [level](reference.md#follow) of another track in place of a number.

This page is written by the program from its tables, and every picture is measured: a signal goes through the very effect that
stands in a mix. `downbeat effects NAME` tells the same in the terminal, and `downbeat effects --json` to other programs.
";

const INSTRUMENTS: &str = "# Instruments

What [play](reference.md#play) plays a part with, and the waves and envelopes of [synth](reference.md#synth) and
[tone](reference.md#tone). Their settings stay what they are while a part is played.

This page is written by the program from its tables, and every picture is of the very sound that a mix gets. `downbeat
instruments NAME` tells the same in the terminal, and `downbeat instruments --json` to other programs.
";

/// The page of the effects with its pictures.
pub fn effects() -> Vec<Written> {
    let mut page = Page::new("effects", EFFECTS);
    page.contents(&[("effect", "Effects")]);
    for function in &chapter("Effects").functions {
        page.entry("##", function, of_effect(function.name));
    }
    page.files
}

/// The page of the instruments, waves and envelopes with its pictures.
pub fn instruments() -> Vec<Written> {
    let mut page = Page::new("instruments", INSTRUMENTS);
    page.contents(&[("instrument", "Instruments"), ("wave or envelope", "Waves and envelopes")]);
    for function in &chapter("Instruments").functions {
        page.entry("##", function, of_instrument(function.name));
    }
    for function in &chapter("Waves and envelopes").functions {
        page.entry("##", function, of_wave(function.name).or_else(|| of_envelope(function.name)));
    }
    page.files
}

/// A page on its way, and the pictures that belong to it.
struct Page {
    name: &'static str,
    /// What the program tells of each row.
    rows: Value,
    /// The page, and then the pictures.
    files: Vec<Written>,
}

impl Page {
    fn new(name: &'static str, head: &str) -> Self {
        let rows = serde_json::from_str(&run(&[name, "--json"], 0).0).unwrap();
        let page = Written { path: format!("docs/{name}.md"), text: head.to_string() };
        Page { name, rows, files: vec![page] }
    }

    fn text(&mut self) -> &mut String {
        &mut self.files[0].text
    }

    /// Tables of what is on the page.
    fn contents(&mut self, chapters: &[(&str, &str)]) {
        for (what, title) in chapters {
            let _ = write!(self.text(), "\n| {what} | what it does |\n|---|---|\n");
            for FunctionEntry { name, about, .. } in chapter(title).functions {
                let summary = about.lines().next().unwrap_or_default();
                let _ = writeln!(self.text(), "| [{name}](#{}) | {} |", slug(name), cell(summary));
            }
        }
    }

    fn entry(&mut self, level: &str, function: &FunctionEntry, figure: Option<Figure>) {
        let name = function.name;
        let row = self.rows.as_array().unwrap().iter().find(|row| row["name"] == name).unwrap().clone();
        let mut text = format!("\n{level} {name}\n\n{}\n{}\n", call("", function), prose(function.about));
        if let Some(places) = row["stands_on"].as_str() {
            let _ = write!(text, "\nStands on {places}.\n");
        }
        if let Some(Figure { svg, caption }) = figure {
            let path = format!("{}/{name}.svg", self.name);
            let _ = write!(text, "\n![What {name} does]({path})\n\n*{caption}*\n");
            self.files.push(Written { path: format!("docs/{path}"), text: svg });
        }
        if !function.params.is_empty() {
            text += &params(function, &row);
        }
        *self.text() += &text;
    }
}

fn params(function: &FunctionEntry, row: &Value) -> String {
    let infos = row["params"].as_array().unwrap();
    // Where nothing moves, nothing is said of it.
    let moves = infos.iter().any(|info| info["fixed"] == false);
    let (head, line) = if moves { (" moves |", "---|") } else { ("", "") };
    let mut text = format!("\n| parameter | unit | default | takes |{head} meaning |\n|---|---|---|---|{line}---|\n");
    for (param, info) in function.params.iter().zip(infos) {
        assert_eq!(info["name"], param.name);
        let unit = info["unit"].as_str().unwrap_or_default();
        let motion = match info["fixed"].as_bool() {
            _ if !moves => "",
            Some(false) => " yes |",
            _ => " no |",
        };
        let (default, takes) = (default(function, param), takes(param));
        let _ = writeln!(text, "| `{}` | {unit} | {default} | {takes} |{motion} {} |", param.name, cell(param.about));
    }
    text
}

fn chapter(title: &str) -> Chapter {
    reference().into_iter().find(|chapter| chapter.title == title).unwrap()
}
