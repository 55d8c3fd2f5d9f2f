//! What is said on the terminal: calm lines for people, or JSON for programs, an object a line.

use std::ops::Range;
use std::time::Duration;

use downbeat_engine::live::Ran;
use downbeat_engine::{Session, StripIndex};
use downbeat_script::{Diagnostic, Sources, render_diagnostics};
use serde_json::{Value, json};

use super::changes::Changes;
use super::facts;
use crate::terminal::{Terminal, note, print};

/// How to speak.
pub struct Voice {
    /// In JSON.
    pub is_json: bool,
    /// With every job that ran, and why.
    pub explains: bool,
    /// Where messages go.
    pub terminal: Terminal,
}

/// What there is to say of a render.
pub struct Done<'a> {
    /// The mix by its name.
    pub title: &'a str,
    /// Whether it is the first.
    pub is_first: bool,
    /// What it is a render of.
    pub session: &'a Session,
    /// What differs from the one before.
    pub changes: &'a Changes,
    /// From the edit until all of it was there.
    pub ready: Duration,
    /// From the edit until it could be played where the listener is.
    pub playhead: Duration,
    /// Jobs that ran.
    pub jobs_run: u64,
    /// Jobs whose result was there.
    pub jobs_reused: u64,
    /// What ran.
    pub ran: &'a [Ran],
}

impl Voice {
    /// Tells where the page is.
    pub fn listening(&self, url: &str, note: Option<&str>) {
        if self.is_json {
            return self.line(&json!({ "event": "listening", "url": url }));
        }
        note.into_iter().for_each(|words| self.terminal.note(words));
        self.say(&format!("Listening at {url} (Ctrl-C ends it)\n"));
    }

    /// Tells of a render that is done; programs are told its fingerprint, too.
    pub fn rendered(&self, done: &Done<'_>, sha256: Option<String>) {
        if self.is_json {
            let ms = |time: Duration| (time.as_secs_f64() * 1e6).round() / 1e3;
            let mut line = json!({
                "event": "rendered",
                "edit_to_ready_ms": ms(done.ready),
                "edit_to_playhead_ms": ms(done.playhead),
                "jobs_run": done.jobs_run,
                "jobs_reused": done.jobs_reused,
                "sha256": sha256,
            });
            if self.explains {
                let row = |ran: &Ran| {
                    let strip = done.session.name(ran.strip);
                    json!({ "strip": strip, "what": ran.what, "pages": ran.pages, "why": ran.why })
                };
                line["ran"] = done.ran.iter().map(row).collect();
            }
            return self.line(&line);
        }
        let ms = |time: Duration| format!("{:.0} ms", time.as_secs_f64() * 1e3);
        let jobs = format!("{} ran, {} were there", counted(done.jobs_run, "job"), done.jobs_reused);
        let what = if done.is_first { done.title.to_string() } else { changed(done.session, done.changes) };
        self.say(&format!(
            "{what}: to be heard after {}, ready after {} ({jobs})\n",
            ms(done.playhead),
            ms(done.ready)
        ));
        if self.explains {
            let row = |ran: &Ran| {
                let pages = counted(ran.pages as u64, "page");
                format!("  {}: {}, {pages}: {}\n", done.session.name(ran.strip), ran.what, ran.why)
            };
            self.say(&done.ran.iter().map(row).collect::<String>());
        }
    }

    /// Tells what is wrong with the script.
    pub fn error(&self, diagnostics: &[Diagnostic], sources: &Sources) {
        if self.is_json {
            return self.line(&json!({ "event": "error", "diagnostics": facts::diagnostics(diagnostics, sources) }));
        }
        self.warnings(diagnostics, sources);
    }

    /// Tells what may be wrong with it. For programs it is among the facts.
    pub fn warnings(&self, diagnostics: &[Diagnostic], sources: &Sources) {
        if !self.is_json {
            note(&render_diagnostics(diagnostics, sources, self.terminal.color));
        }
    }

    /// What the script prints.
    pub fn prints(&self, lines: &[String]) {
        lines.iter().for_each(|line| note(&format!("{line}\n")));
    }

    fn line(&self, value: &Value) {
        self.say(&format!("{value}\n"));
    }

    fn say(&self, text: &str) {
        // Somebody who does not listen any more is no reason to end: the page is still there.
        let _ = print(text);
    }
}

/// What has changed, in words: `Hi-hats, Bass (bars 5-8)`.
fn changed(session: &Session, changes: &Changes) -> String {
    let strips = session.strips().filter(|index| *index != StripIndex::Master && !changes.of(*index).is_empty());
    let names: Vec<&str> = strips.map(|index| session.name(index)).collect();
    let names = match names.len() {
        0 if changes.mix.is_empty() => return "nothing sounds different".to_string(),
        0 => "the mix".to_string(),
        1..=3 => names.join(", "),
        more => format!("{}, {} and {} more", names[0], names[1], more - 2),
    };
    match bars(session, &changes.mix) {
        Some(bars) if bars.start == bars.end => format!("{names} (bar {})", bars.start),
        Some(bars) => format!("{names} (bars {}-{})", bars.start, bars.end),
        None => names,
    }
}

/// The first and the last bar that ranges of frames reach into, if there are bars.
fn bars(session: &Session, ranges: &[Range<u64>]) -> Option<Range<usize>> {
    let (first, last) = (ranges.first()?.start, ranges.last()?.end.saturating_sub(1));
    let bar = |frame: u64| session.bars.partition_point(|bar| bar.0 <= frame).max(1);
    (!session.bars.is_empty()).then(|| bar(first)..bar(last))
}

fn counted(number: u64, what: &str) -> String {
    format!("{number} {what}{}", if number == 1 { "" } else { "s" })
}

#[cfg(test)]
mod tests {
    use downbeat_engine::session::{Bus, Origin, Strip};
    use downbeat_engine::time::Frames;

    use super::*;

    #[test]
    fn what_has_changed_is_named_with_its_bars() {
        let bus = |name: &str| Bus { name: name.into(), strip: Strip::default(), origin: Origin::default() };
        let buses = ["A", "B", "C", "D"].map(bus).to_vec();
        let session = Session { buses, bars: [0, 100, 200].map(Frames).to_vec(), ..Session::new(48_000) };
        let mut changes = Changes::default();
        assert_eq!(changed(&session, &changes), "nothing sounds different");
        changes.add(&[120..130, 140..150]);
        assert_eq!(changed(&session, &changes), "the mix (bar 2)");
        changes.add_strips(&[(StripIndex::Bus(1), vec![120..150, 160..165]), (StripIndex::Bus(0), vec![])]);
        assert_eq!(changed(&session, &changes), "B (bar 2)");
        let all: Vec<_> = (0..4).map(|bus| (StripIndex::Bus(bus), vec![0..5, 190..201])).collect();
        changes.add_strips(&all);
        changes.add(&[0..5, 190..201]);
        assert_eq!(changed(&session, &changes), "A, B and 2 more (bars 1-3)");
        assert_eq!(changed(&Session { bars: vec![], ..session }, &changes), "A, B and 2 more");
    }
}
