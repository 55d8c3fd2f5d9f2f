//! The sheet that lanes are drawn on: its title, its bars, its size, and the format of its file.

use std::path::Path;

use downbeat_picture::{Figure, Lane, Options, PictureError, Theme};

use crate::args::{Plot, PlotTheme};
use crate::exit::Fail;

/// What a picture is written as.
#[derive(Clone, Copy, PartialEq, Debug)]
pub enum Format {
    /// Pixels.
    Png,
    /// Shapes and text.
    Svg,
}

impl Format {
    /// By the end of a name.
    pub fn of(path: &Path) -> Option<Self> {
        match path.extension()?.to_str()?.to_lowercase().as_str() {
            "png" => Some(Format::Png),
            "svg" => Some(Format::Svg),
            _ => None,
        }
    }
}

/// Everything about a picture but what is in it.
pub struct Sheet<'a> {
    /// What stands above.
    pub title: String,
    /// Where bars begin, in seconds; may be none.
    pub bars: Vec<f64>,
    /// When the picture begins, in seconds.
    pub start: f64,
    /// What it is written as.
    pub format: Format,
    /// Its size and colours.
    pub args: &'a Plot,
}

impl Sheet<'_> {
    /// Draws lanes over so many seconds, for which such a height in points is right.
    pub fn draw(&self, lanes: Vec<Lane<'_>>, seconds: f64, points: f32) -> Result<Vec<u8>, Fail> {
        let range = self.start..self.start + seconds;
        let figure = Figure { range, bars: &self.bars, ..Figure::new(&self.title, lanes) };
        let options = self.options(points);
        let drawn = match self.format {
            Format::Png => figure.draw(&options).and_then(|picture| picture.to_png()),
            Format::Svg => figure.svg(&options).map(String::into_bytes),
        };
        drawn.map_err(|error| match error {
            PictureError::TooSmall { needed_width, needed_height, .. } => {
                let hint = format!("--width {needed_width} --height {needed_height}, or a lower --dpi, would do");
                Fail::usage(error.to_string()).hint(hint)
            }
            PictureError::Dpi(_) | PictureError::TooLarge { .. } => Fail::usage(error.to_string()),
            error => Fail::error(format!("cannot draw {}: {error}", self.args.input.display())),
        })
    }

    /// What was asked for, and otherwise 800 points of width in 1600 pixels, and such a height in points.
    fn options(&self, points: f32) -> Options {
        let &Plot { width, height, dpi, theme, .. } = self.args;
        let dpi = dpi.unwrap_or_else(|| 72.0 * (width as f32 / 800.0).clamp(1.0, 16.0));
        let height = height.unwrap_or_else(|| (points * dpi / 72.0).round() as u32);
        let theme = match theme {
            PlotTheme::Light => Theme::LIGHT,
            PlotTheme::Dark => Theme::DARK,
        };
        Options { width, height, dpi, theme }
    }
}
