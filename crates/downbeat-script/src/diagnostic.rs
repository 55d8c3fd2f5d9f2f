//! What is wrong with a script, or strange: plain values that are collected and rendered later.

use crate::source::Span;

/// How bad it is.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum Severity {
    /// There is no session.
    Error,
    /// There is a session, and it may not be what was meant.
    Warning,
}

/// One thing to tell the author of a script.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Diagnostic {
    /// How bad it is.
    pub severity: Severity,
    /// What is wrong, in a sentence without a full stop.
    pub message: String,
    /// Where it is wrong.
    pub span: Option<Span>,
    /// What to say right beside that place.
    pub label: Option<String>,
    /// What would be right.
    pub hints: Vec<String>,
    /// Other places that matter, each with a word about why: the callers, an earlier definition.
    pub related: Vec<(Span, String)>,
}

impl Diagnostic {
    /// An error without a place.
    pub fn error(message: impl Into<String>) -> Self {
        Diagnostic {
            severity: Severity::Error,
            message: message.into(),
            span: None,
            label: None,
            hints: Vec::new(),
            related: Vec::new(),
        }
    }

    /// A warning without a place.
    pub fn warning(message: impl Into<String>) -> Self {
        Diagnostic { severity: Severity::Warning, ..Diagnostic::error(message) }
    }

    /// Says where.
    pub fn at(mut self, span: impl Into<Option<Span>>) -> Self {
        self.span = span.into();
        self
    }

    /// Says something right beside the place.
    pub fn label(mut self, label: impl Into<String>) -> Self {
        self.label = Some(label.into());
        self
    }

    /// Adds what would be right.
    pub fn hint(mut self, hint: impl Into<String>) -> Self {
        self.hints.push(hint.into());
        self
    }

    /// Adds another place.
    pub fn related(mut self, span: impl Into<Option<Span>>, why: impl Into<String>) -> Self {
        if let Some(span) = span.into() {
            self.related.push((span, why.into()));
        }
        self
    }

    /// Whether it is an error.
    pub fn is_error(&self) -> bool {
        self.severity == Severity::Error
    }
}
