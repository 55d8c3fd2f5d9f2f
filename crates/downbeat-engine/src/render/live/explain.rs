//! What was rendered, and why.

use std::collections::BTreeSet;
use std::ops::Range;
use std::sync::atomic::Ordering;

use super::Rendered;
use super::line::Task;
use super::score::Score;
use crate::key::Key;
use crate::plan::Job;
use crate::session::StripIndex;

/// Something that was worked on.
#[derive(Clone, PartialEq, Debug)]
pub struct Ran {
    /// The strip.
    pub strip: StripIndex,
    /// Its name.
    pub name: String,
    /// What was done, in words.
    pub what: String,
    /// How many pages of it were made.
    pub pages: usize,
    /// Why.
    pub why: String,
}

/// Looks back at a score that is finished, and at the one before.
pub(super) fn rendered(score: &Score) -> Rendered {
    let before = score.before();
    let lines = score.lines.iter().enumerate();
    let made: Vec<usize> = score.made.iter().map(|made| made.load(Ordering::Relaxed)).collect();
    let ran = lines.clone().filter(|(index, _)| made[*index] > 0).map(|(index, line)| Ran {
        strip: line.strip,
        name: line.name.clone(),
        what: line.words.clone(),
        pages: made[index],
        why: why(score, before.as_deref(), index),
    });
    let run: usize = made.iter().sum();
    let all: usize = score.lines.iter().map(|line| line.pages).sum();
    let changed = |line: usize| changed(score, before.as_deref(), line);
    let strips = lines.filter(|(_, line)| line.is_heard && line.strip != StripIndex::Master);
    Rendered {
        jobs_run: run as u64,
        jobs_reused: all.saturating_sub(run) as u64,
        changed: score.lines.len().checked_sub(1).map(changed).unwrap_or_default(),
        strips: strips.map(|(index, line)| (line.strip, changed(index))).collect(),
        ran: ran.collect(),
    }
}

/// The frames of the song where a line is not what it was before.
fn changed(score: &Score, before: Option<&Score>, line: usize) -> Vec<Range<u64>> {
    let frames = score.plan.frames;
    let lag = score.lines[line].lag as u64;
    // The sound of a strip may have come from another of its lines before.
    let this = &score.lines[line];
    let old = before.and_then(|old| {
        Some((old, old.lines.iter().rposition(|old| old.name == this.name && old.is_heard == this.is_heard)?))
    });
    let page = score.page as u64;
    let mut ranges: Vec<Range<u64>> = Vec::new();
    for number in 0..score.lines[line].pages {
        let same = old.is_some_and(|(old, place)| {
            old.lines[place].lag as u64 == lag
                && old.names(place).key(number).is_some()
                && old.names(place).key(number) == score.names(line).key(number)
        });
        let (from, to) = ((number as u64 * page).saturating_sub(lag), ((number as u64 + 1) * page).saturating_sub(lag));
        let (from, to) = (from.min(frames), to.min(frames));
        match ranges.last_mut() {
            _ if same || from == to => {}
            Some(last) if last.end == from => last.end = to,
            _ => ranges.push(from..to),
        }
    }
    ranges
}

/// Why pages of a line were made.
fn why(score: &Score, before: Option<&Score>, line: usize) -> String {
    let Some(before) = before else { return "it is the first time".to_string() };
    let this = &score.lines[line];
    let Some(place) = score.place_before(line) else { return "it is new".to_string() };
    let old = &before.lines[place];
    if let (Task::Material(lane), Task::Material(old)) = (&this.task, &old.task) {
        let (words, keys): (BTreeSet<&str>, BTreeSet<Key>) =
            old.jobs.iter().map(|job| (job.what.as_str(), job.key)).unzip();
        let is_new = |job: &&Job| !words.contains(job.what.as_str());
        let is_changed = |job: &&Job| !keys.contains(&job.key);
        let plays = |job: &&Job| !job.what.contains(": insert ");
        let mut new: Vec<&str> = lane.jobs.iter().filter(plays).filter(is_new).map(|job| job.what.as_str()).collect();
        if new.is_empty() {
            // The first of those that follow from one another says it.
            new.extend(lane.jobs.iter().filter(plays).find(is_changed).map(|job| job.what.as_str()));
        }
        let name = format!("{}: ", this.name);
        let short = |what: &&str| what.strip_prefix(&name).unwrap_or(what).to_string();
        return match new.as_slice() {
            [] => "it was not kept".to_string(),
            [first] => format!("new: {}", short(first)),
            [first, second] => format!("new: {}; {}", short(first), short(second)),
            [first, second, rest @ ..] => {
                format!("new: {}; {}; and {} more", short(first), short(second), rest.len())
            }
        };
    }
    if old.words != this.words {
        return format!("it was {}", old.words);
    }
    if before.own(place) != score.own(line) {
        return if this.own == old.own { "its gain changed" } else { "its levels changed" }.to_string();
    }
    let changed = |input: &usize| (!is_as_before(score, before, *input)).then(|| &score.lines[*input]);
    let inputs: Vec<&str> = this.inputs.iter().filter_map(changed).map(|line| line.name.as_str()).collect();
    match inputs.as_slice() {
        [] => "it was not kept".to_string(),
        [only] if *only == this.name => format!("{} before it changed", score.lines[this.inputs[0]].words),
        inputs => format!("{} changed", inputs.join(", ")),
    }
}

/// Whether a line has the names it had before.
fn is_as_before(score: &Score, before: &Score, line: usize) -> bool {
    let Some(place) = score.place_before(line) else { return false };
    let (new, old) = (score.names(line), before.names(place));
    new.pages() == old.pages() && (0..new.pages()).all(|page| new.key(page) == old.key(page))
}
