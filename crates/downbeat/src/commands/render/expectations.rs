//! What the mix is expected to measure, held against what was measured.

use downbeat_engine::{Expectation, Report, StripIndex};
use downbeat_script::{Diagnostic, complaint, render_diagnostics};
use serde_json::{Value, json};

use crate::mix::Mix;
use crate::report::finite;
use crate::terminal::{Terminal, note};

/// The expectations of a mix, each with what came of it.
pub struct Outcomes<'m> {
    mix: &'m Mix,
    report: &'m Report,
    /// Whether all of the mix was rendered: expectations are not about a part of it.
    whole: bool,
    complaints: Vec<Option<Diagnostic>>,
}

impl<'m> Outcomes<'m> {
    /// Holds a report against the expectations of the mix, if it is about the `whole` of it.
    pub fn new(mix: &'m Mix, report: &'m Report, whole: bool) -> Self {
        let complain = |expectation| complaint(expectation, &mix.session, report, &mix.evaluation.sources);
        let expectations = mix.session.expectations.iter();
        let complaints = expectations.map(|expectation| whole.then(|| complain(expectation)).flatten()).collect();
        Outcomes { mix, report, whole, complaints }
    }

    /// How many are not met.
    pub fn unmet(&self) -> usize {
        self.complaints.iter().flatten().count()
    }

    /// Tells of those that are not met, or that none were looked at.
    pub fn tell(&self, terminal: &Terminal) {
        if !self.whole && !self.complaints.is_empty() {
            terminal.note("expectations are about the whole mix: they are not checked for a part of it");
        }
        let complaints: Vec<Diagnostic> = self.complaints.iter().flatten().cloned().collect();
        note(&render_diagnostics(&complaints, &self.mix.evaluation.sources, terminal.color));
    }

    /// All of them. Bounds that were not given are null, and so is what was not measured or not checked.
    pub fn json(&self) -> Value {
        let rows = self.mix.session.expectations.iter().zip(&self.complaints);
        rows.map(|(expectation, complaint)| self.row(expectation, complaint.as_ref())).collect()
    }

    fn row(&self, expectation: &Expectation, complaint: Option<&Diagnostic>) -> Value {
        let session = &self.mix.session;
        let (kind, name) = match expectation.strip {
            StripIndex::Track(index) => ("track", session.tracks[index].name.as_str()),
            StripIndex::Bus(index) => ("bus", session.buses[index].name.as_str()),
            StripIndex::Master => ("master", "Master"),
        };
        let sources = &self.mix.evaluation.sources;
        let span = sources.span(expectation.origin);
        let measured = self.whole.then(|| expectation.measured(self.report)).flatten();
        json!({
            "strip": kind,
            "name": name,
            "reading": expectation.reading.name,
            "at": expectation.bounds.at.map(|(at, _)| at),
            "within": expectation.bounds.at.map(|(_, within)| within),
            "above": expectation.bounds.above,
            "below": expectation.bounds.below,
            "measured": measured.and_then(finite),
            "met": self.whole.then_some(complaint.is_none()),
            "message": complaint.map(|complaint| &complaint.message),
            "file": span.map(|span| span.file.to_string()),
            "line": span.map(|span| sources.position(span).0),
        })
    }
}
