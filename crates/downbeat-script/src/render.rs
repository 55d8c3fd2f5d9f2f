//! Diagnostics as text, with the lines of the script they are about.

use annotate_snippets::{Annotation, AnnotationKind, Group, Level, Renderer, Snippet};

use crate::diagnostic::{Diagnostic, Severity};
use crate::source::{Sources, Span};

/// Writes diagnostics the way compilers do, one after the other, each followed by an empty line.
///
/// With `color`, ANSI escape codes are used.
pub fn render_diagnostics(diagnostics: &[Diagnostic], sources: &Sources, color: bool) -> String {
    let renderer = if color { Renderer::styled() } else { Renderer::plain() };
    let mut text = String::new();
    for diagnostic in diagnostics {
        text.push_str(&renderer.render(&[group(diagnostic, sources)]));
        text.push_str("\n\n");
    }
    text
}

impl Diagnostic {
    /// As plain text.
    pub fn render(&self, sources: &Sources) -> String {
        Renderer::plain().render(&[group(self, sources)])
    }
}

fn group<'a>(diagnostic: &'a Diagnostic, sources: &'a Sources) -> Group<'a> {
    let level = match diagnostic.severity {
        Severity::Error => Level::ERROR,
        Severity::Warning => Level::WARNING,
    };
    let mut group = Group::with_title(level.primary_title(diagnostic.message.as_str()));
    if let Some(span) = &diagnostic.span {
        let mut annotations = Vec::new();
        annotations.extend(annotation(AnnotationKind::Primary, span, diagnostic.label.as_deref(), sources));
        // A place in the same file goes into the same picture, if it is not the same place once more.
        for (place, why) in diagnostic.related.iter().filter(|(place, _)| place.file == span.file) {
            annotations.extend(annotation(AnnotationKind::Context, place, Some(why), sources));
        }
        group = snippet(group, &span.file, annotations, sources);
    }
    for (place, why) in &diagnostic.related {
        if diagnostic.span.as_ref().is_none_or(|span| span.file != place.file) {
            let annotations = annotation(AnnotationKind::Context, place, Some(why), sources).into_iter().collect();
            group = snippet(group, &place.file, annotations, sources);
        }
    }
    group.elements(diagnostic.hints.iter().map(|hint| Level::HELP.with_name("hint").message(hint.as_str())))
}

fn snippet<'a>(group: Group<'a>, file: &'a str, annotations: Vec<Annotation<'a>>, sources: &'a Sources) -> Group<'a> {
    let Some(text) = sources.text(file) else { return group };
    group.element(Snippet::source(text).path(file).annotations(annotations))
}

/// The mark under a span. One that goes over several lines is cut to the first, so that the picture stays small.
fn annotation<'a>(
    kind: AnnotationKind,
    span: &Span,
    label: Option<&'a str>,
    sources: &'a Sources,
) -> Option<Annotation<'a>> {
    let text = sources.text(&span.file)?;
    let begin = floor_boundary(text, span.begin);
    let end = floor_boundary(text, span.end).max(begin);
    let end = text[begin..end].find('\n').map_or(end, |newline| begin + newline);
    Some(kind.span(begin..end).label(label))
}

fn floor_boundary(text: &str, at: usize) -> usize {
    let at = at.min(text.len());
    (0..=at).rev().find(|&at| text.is_char_boundary(at)).unwrap_or(0)
}
