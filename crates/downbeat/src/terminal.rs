//! What the terminal can do: messages, colours, and a progress bar.
//!
//! Results go to standard output, everything else to standard error. Neither may be gone without harm: a reader that has
//! left, as in `downbeat effects | head -1`, has what it wanted.

use std::io::{ErrorKind, IsTerminal, Write};

use downbeat_dsp::Audio;
use downbeat_engine::{Tap, TapError};
use indicatif::{ProgressBar, ProgressStyle};

use crate::args::Color;
use crate::exit::Fail;

/// Prints a result on standard output.
///
/// # Errors
/// When it cannot be written: a full disk behind a `>`.
pub fn print(text: &str) -> Result<(), Fail> {
    let mut stdout = std::io::stdout().lock();
    match stdout.write_all(text.as_bytes()).and_then(|()| stdout.flush()) {
        Err(error) if error.kind() != ErrorKind::BrokenPipe => {
            Err(Fail::error(format!("cannot write to the standard output: {error}")))
        }
        _ => Ok(()),
    }
}

/// Prints on standard error, if anybody listens.
pub fn note(text: &str) {
    let _ = std::io::stderr().lock().write_all(text.as_bytes());
}

/// Where messages go.
#[derive(Clone, Debug)]
pub struct Terminal {
    /// Whether messages may be coloured.
    pub color: bool,
    /// Whether somebody is watching.
    watched: bool,
}

impl Terminal {
    /// Looks at standard error and the environment.
    pub fn new(color: Color) -> Self {
        let watched = std::io::stderr().is_terminal();
        // As https://no-color.org has it: set, and not to nothing.
        let no_color = std::env::var_os("NO_COLOR").is_some_and(|value| !value.is_empty());
        let color = match color {
            Color::Auto => watched && !no_color,
            Color::Always => true,
            Color::Never => false,
        };
        Terminal { color, watched }
    }

    /// Tells why a command did not succeed.
    pub fn error(&self, message: &str, hint: Option<&str>) {
        self.message("error", "1;91", message, hint);
    }

    /// Tells of something that may not be what was meant.
    pub fn warning(&self, message: &str, hint: Option<&str>) {
        self.message("warning", "1;33", message, hint);
    }

    /// Tells of something that is as it should be, and may surprise.
    pub fn note(&self, message: &str) {
        self.message("note", "1;92", message, None);
    }

    fn message(&self, kind: &str, style: &str, message: &str, hint: Option<&str>) {
        let kind = if self.color { format!("\u{1b}[{style}m{kind}\u{1b}[0m") } else { kind.to_string() };
        let hint = hint.map_or_else(String::new, |hint| format!("  = hint: {hint}\n"));
        note(&format!("{kind}: {message}\n{hint}"));
    }

    /// A bar over `frames` frames; it does not show in a pipe.
    pub fn progress(&self, frames: u64) -> ProgressBar {
        if !self.watched {
            return ProgressBar::hidden();
        }
        let bar = ProgressBar::new(frames);
        let template = if self.color { "{bar:40.cyan} {percent:>3} %" } else { "{bar:40} {percent:>3} %" };
        if let Ok(style) = ProgressStyle::with_template(template) {
            bar.set_style(style.progress_chars("━━─"));
        }
        bar
    }
}

/// A listener that moves a progress bar, and hands on to another one.
pub struct Progress<T> {
    /// The bar.
    pub bar: ProgressBar,
    /// The other one.
    pub inner: T,
}

impl<T: Tap> Tap for Progress<T> {
    fn page(&mut self, page: &Audio) -> Result<(), TapError> {
        self.bar.inc(page.frames() as u64);
        self.inner.page(page)
    }
}
