//! Where things stand: the texts of a mix, and places in them.

use std::collections::BTreeMap;
use std::sync::Arc;

use downbeat_engine::session::Origin;

/// A stretch of a script.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub struct Span {
    /// The file, by the path it was opened with.
    pub file: Arc<str>,
    /// The first byte.
    pub begin: usize,
    /// The byte after the last one.
    pub end: usize,
}

/// The texts of all files that a mix was made of, and the places its parts were made at.
#[derive(Clone, PartialEq, Debug, Default)]
pub struct Sources {
    files: BTreeMap<Arc<str>, Arc<str>>,
    origins: Vec<Span>,
}

impl Sources {
    /// The text of a file.
    pub fn text(&self, file: &str) -> Option<&str> {
        self.files.get(file).map(AsRef::as_ref)
    }

    /// The paths of all script files, in alphabetical order.
    pub fn files(&self) -> impl Iterator<Item = &str> {
        self.files.keys().map(AsRef::as_ref)
    }

    /// The place in the script that made a part of the session, such as [`Track::origin`].
    ///
    /// [`Track::origin`]: downbeat_engine::session::Track::origin
    pub fn span(&self, origin: Origin) -> Option<&Span> {
        self.origins.get(origin.0 as usize)
    }

    /// The line and the column at which a span begins, both counted from 1, the column in characters.
    pub fn position(&self, span: &Span) -> (usize, usize) {
        let before = self.text(&span.file).and_then(|text| text.get(..span.begin)).unwrap_or("");
        let line_start = before.rfind('\n').map_or(0, |newline| newline + 1);
        (before.matches('\n').count() + 1, before[line_start..].chars().count() + 1)
    }

    /// The text that a span covers.
    pub fn excerpt(&self, span: &Span) -> &str {
        self.text(&span.file).and_then(|text| text.get(span.begin..span.end)).unwrap_or("")
    }

    /// Adds a file; its name is given back to be shared by spans.
    pub(crate) fn add(&mut self, file: &str, text: &str) -> Arc<str> {
        let name: Arc<str> = file.into();
        self.files.insert(name.clone(), text.into());
        name
    }

    /// The texts alone.
    pub(crate) fn without_origins(self) -> Self {
        Sources { files: self.files, origins: Vec::new() }
    }

    /// The number that stands for a place.
    pub(crate) fn origin(&mut self, span: Span) -> Origin {
        self.origins.push(span);
        Origin((self.origins.len() - 1) as u32)
    }

    /// A place as the language's runtime gives it.
    pub(crate) fn locate(&self, place: &starlark::codemap::FileSpan) -> Span {
        let file =
            self.files.get_key_value(place.filename()).map_or_else(|| place.filename().into(), |(k, _)| k.clone());
        Span { file, begin: place.span.begin().get() as usize, end: place.span.end().get() as usize }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn positions_count_characters_from_one() {
        let mut sources = Sources::default();
        let file = sources.add("mix.star", "a\nü = b\n");
        let span = Span { file, begin: 7, end: 8 };
        assert_eq!(sources.excerpt(&span), "b");
        assert_eq!(sources.position(&span), (2, 5));
    }
}
