//! The page: its files are in the program.

use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use rust_embed::Embed;

#[derive(Embed)]
#[folder = "page/"]
#[allow_missing = true]
struct Page;

/// The kinds of files there are, by the ends of their names.
const KINDS: [(&str, &str); 4] = [
    ("html", "text/html; charset=utf-8"),
    ("js", "text/javascript; charset=utf-8"),
    ("css", "text/css; charset=utf-8"),
    ("svg", "image/svg+xml"),
];

/// A file of the page, by its name.
pub fn file(name: &str) -> Response {
    let kind = name.rsplit_once('.').and_then(|(_, end)| KINDS.iter().find(|(known, _)| *known == end));
    let is_plain = name.chars().all(|c| c.is_ascii_alphanumeric() || "-_.".contains(c));
    match kind.filter(|_| is_plain).and_then(|(_, kind)| Some((*kind, Page::get(name)?))) {
        Some((kind, file)) => ([(header::CONTENT_TYPE, kind)], file.data).into_response(),
        None => StatusCode::NOT_FOUND.into_response(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_files_of_the_page_are_there() {
        for name in
            ["", "..", "Cargo.toml", "../Cargo.toml", "..\\page\\index.html", "/etc/passwd", "index.html/", "none.js"]
        {
            assert_eq!(file(name).status(), StatusCode::NOT_FOUND, "{name}");
        }
    }
}
