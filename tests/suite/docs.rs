//! The documentation: every script in it is rendered, every command is run, what it shows is what comes out, and its
//! links lead somewhere.
//!
//! The blocks of a page belong to the `##` section they stand in. Each section works in a folder of its own, with the
//! example's stems and song in it. There
//!
//! - ```` ```python ```` adds to the section's script, `mix.star`, whose first bars are rendered at once. One that begins
//!   with `# file: NAME` is a file of its own.
//! - ```` ```text ```` after it is what the script prints.
//! - ```` ```console ```` is a list of commands. Where output is shown below a command, it is compared; pictures that they
//!   write into `docs` are compared with those in the repository.
//!
//! With `UPDATE_GOLDEN=1` what is shown is brought up to date.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking, in its helpers, too")]

mod curves;
mod entry;
mod folder;
mod graphs;
mod kinds;
mod markdown;
mod pictures;
mod players;
mod rack;
mod reference;
mod signals;
mod sounds;

use std::collections::BTreeSet;
use std::fs;
use std::ops::Range;
use std::path::PathBuf;

use folder::Folder;
use markdown::Block;

use crate::support::{names, root};

#[test]
fn readme_does_what_it_says() {
    run_page("README.md");
}

#[test]
fn guide_does_what_it_says() {
    run_page("docs/guide.md");
}

#[test]
fn analyze_does_what_it_says() {
    run_page("docs/analyze.md");
}

#[test]
fn pictures_are_what_they_show() {
    run_page("docs/pictures.md");
}

#[test]
fn every_picture_is_made_and_shown() {
    let page = |name: &str| fs::read_to_string(root().join(name)).unwrap();
    let pages = [page("README.md"), page("docs/pictures.md")];
    for entry in fs::read_dir(root().join("docs/pictures")).unwrap().map(Result::unwrap) {
        let name = entry.file_name().into_string().unwrap();
        let is_made = pages.iter().any(|page| page.contains(&format!(" -o docs/pictures/{name}\n")));
        let is_shown = pages.iter().any(|page| page.contains(&format!("pictures/{name})")));
        assert!(is_made && is_shown, "{name}: made: {is_made}, shown: {is_shown}");
        let size = entry.metadata().unwrap().len();
        assert!(size < 120_000, "{name} has {size} bytes: pictures in the repository are small");
    }
}

#[test]
fn reference_is_up_to_date() {
    up_to_date(&reference::page(), None);
}

#[test]
fn effects_are_up_to_date() {
    up_to_date(&rack::effects(), Some("docs/effects"));
}

#[test]
fn instruments_are_up_to_date() {
    up_to_date(&rack::instruments(), Some("docs/instruments"));
}

#[test]
fn links_lead_somewhere() {
    let mut checked = 0;
    for path in pages() {
        let page = fs::read_to_string(&path).unwrap();
        for (line, link) in markdown::links(&page) {
            if link.contains("://") {
                continue;
            }
            checked += 1;
            let (file, anchor) = link.split_once('#').unwrap_or((&link, ""));
            let target = if file.is_empty() { path.clone() } else { path.parent().unwrap().join(file) };
            assert!(target.exists(), "{}:{line}: {link} is not there", path.display());
            if !anchor.is_empty() {
                let headings = markdown::headings(&fs::read_to_string(&target).unwrap());
                let found = headings.iter().any(|heading| markdown::slug(heading) == anchor);
                assert!(found, "{}:{line}: {link} has no such heading", path.display());
            }
        }
    }
    assert!(checked > 100, "only {checked} links were found: are they written in another way?");
}

#[test]
fn headings_can_be_told_apart() {
    for path in pages() {
        let mut seen = BTreeSet::new();
        for heading in markdown::headings(&fs::read_to_string(&path).unwrap()) {
            let slug = markdown::slug(&heading);
            assert!(seen.insert(slug), "{}: two headings lead to the same place: {heading}", path.display());
        }
    }
}

/// Every page there is.
fn pages() -> Vec<PathBuf> {
    let folders = [root(), root().join("docs")];
    let entries = folders.iter().flat_map(|folder| fs::read_dir(folder).unwrap()).map(|entry| entry.unwrap().path());
    let mut pages: Vec<PathBuf> = entries.filter(|path| path.extension().is_some_and(|ext| ext == "md")).collect();
    pages.sort();
    pages
}

/// A file that the program writes.
struct Written {
    /// Its path from the root.
    path: String,
    text: String,
}

/// Compares files with those in the repository; a folder has no others in it.
fn up_to_date(files: &[Written], folder: Option<&str>) {
    if let Some(folder) = folder {
        fs::create_dir_all(root().join(folder)).unwrap();
        for name in names(&root().join(folder)) {
            let path = format!("{folder}/{name}");
            if files.iter().all(|file| file.path != path) {
                assert!(update(), "{path} is not shown anywhere: run `just update`");
                fs::remove_file(root().join(path)).unwrap();
            }
        }
    }
    for Written { path, text } in files {
        let file = root().join(path);
        if update() {
            fs::write(&file, text).unwrap();
        }
        let written = fs::read_to_string(&file).unwrap_or_else(|error| panic!("{path}: {error}: run `just update`"));
        let differs = text.lines().zip(written.lines()).position(|(now, then)| now != then);
        let line = differs.unwrap_or_else(|| text.lines().count().min(written.lines().count())) + 1;
        assert!(*text == written, "{path}:{line} is not what the tables say: run `just update`");
        let is_small = !path.ends_with(".svg") || text.len() < 25_000;
        assert!(is_small, "{path} has {} bytes: pictures in the repository are small", text.len());
    }
}

fn update() -> bool {
    std::env::var_os("UPDATE_GOLDEN").is_some()
}

/// Does all that a page says, section by section.
fn run_page(name: &str) {
    let path = root().join(name);
    let page = fs::read_to_string(&path).unwrap();
    let blocks = markdown::blocks(&page);
    let mut shown = Shown { page: name, changes: Vec::new() };
    for section in blocks.chunk_by(|a, b| a.section == b.section) {
        run_section(name, section, &mut shown);
    }
    if !shown.changes.is_empty() {
        let mut page = page;
        for (range, text) in shown.changes.into_iter().rev() {
            page.replace_range(range, &text);
        }
        fs::write(&path, page).unwrap();
    }
}

fn run_section(name: &str, blocks: &[Block], shown: &mut Shown<'_>) {
    let folder = Folder::new();
    if blocks.iter().any(|block| block.text.contains("examples/")) {
        folder.add_repository();
    }
    let mut script = String::new();
    let mut printed = String::new();
    for (i, block) in blocks.iter().enumerate() {
        let place = format!("{name}:{}", block.line);
        let next = blocks.get(i + 1).filter(|next| next.language == "text");
        match block.language.as_str() {
            "python" if block.file().is_some() => {
                let file = block.file().unwrap();
                folder.write(file, &block.text);
                let used = blocks[i + 1..].iter().any(|later| later.text.contains(file));
                assert!(used, "{place}: nothing is done with {file}");
            }
            "python" => {
                script += &format!("{}{}", if script.is_empty() { "" } else { "\n" }, block.text);
                folder.write("mix.star", &script);
                let all = folder.render(&script).unwrap_or_else(|error| panic!("{place}: {error}"));
                let news = all.strip_prefix(&printed).unwrap_or(&all).to_string();
                match next {
                    Some(next) => shown.compare(next, &news),
                    None => assert_eq!(news, "", "{place}: it prints something"),
                }
                printed = all;
            }
            "console" => {
                let mut text = String::new();
                for (command, output) in block.commands() {
                    let (ok, said) = folder.run(&command).unwrap_or_else(|error| panic!("{place}: {error}"));
                    let trouble = |text: &str| text.contains("error: ") || text.contains("warning: ");
                    let expected =
                        if trouble(&output) || update() { trouble(&said) || ok } else { ok && !trouble(&said) };
                    assert!(expected, "{place}: `{command}` says\n{said}");
                    text += &format!("$ {command}\n{}", if output.is_empty() { "" } else { &said });
                }
                shown.compare(block, &text);
                folder.pictures().iter().for_each(|(name, picture)| compare_picture(&place, name, picture));
            }
            "text" => {
                let after = i.checked_sub(1).map(|before| &blocks[before]);
                let follows = after.is_some_and(|block| block.language == "python" && block.file().is_none());
                assert!(follows, "{place}: this text is not the output of anything");
            }
            other => panic!("{place}: what is a block in {other:?}?"),
        }
    }
}

/// A picture that a command has made, against the one in the repository.
fn compare_picture(place: &str, name: &str, made: &[u8]) {
    let path = root().join(name);
    if update() {
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(&path, made).unwrap();
    }
    let there = fs::read(&path).unwrap_or_else(|error| panic!("{place}: {name}: {error}"));
    assert!(there == made, "{place}: {name} is not what comes out: run `just update` and look at it");
}

/// What a page shows, against what came out.
struct Shown<'p> {
    page: &'p str,
    changes: Vec<(Range<usize>, String)>,
}

impl Shown<'_> {
    fn compare(&mut self, block: &Block, real: &str) {
        if without_times(&block.text) == without_times(real) {
            return;
        }
        if update() {
            self.changes.push((block.range.clone(), real.to_string()));
        } else {
            panic!("{}:{} shows\n{}\nbut what comes out is\n{real}", self.page, block.line, block.text);
        }
    }
}

/// The text without how long rendering took.
fn without_times(text: &str) -> Vec<&str> {
    let line = |line| match str::rsplit_once(line, " in ") {
        Some((before, after)) if after.ends_with("x real time)") => before,
        _ => line,
    };
    text.lines().map(line).collect()
}
