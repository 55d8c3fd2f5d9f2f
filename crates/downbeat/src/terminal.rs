//! What the terminal can do, and a progress bar for it.

use std::io::IsTerminal;

use downbeat_dsp::Audio;
use downbeat_engine::{Tap, TapError};
use indicatif::{ProgressBar, ProgressStyle};

use crate::args::Color;

/// Where messages go.
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
        let no_color = std::env::var_os("NO_COLOR").is_some_and(|value| !value.is_empty());
        let color = match color {
            Color::Auto => watched && !no_color,
            Color::Always => true,
            Color::Never => false,
        };
        Terminal { color, watched }
    }

    /// A word that stands for trouble.
    pub fn red(&self, word: &str) -> String {
        if self.color { format!("\u{1b}[1;31m{word}\u{1b}[0m") } else { word.to_string() }
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
