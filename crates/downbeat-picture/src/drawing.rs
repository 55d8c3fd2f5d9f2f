//! What a picture consists of, before it is pixels or SVG: a list of marks, drawn one over the other.
//!
//! ```text
//! Figure -> Drawing -> Picture (PNG)
//!              `-----> SVG
//! ```
//!
//! All lengths are pixels from the top left, fractions allowed. Both ways out draw every mark in the same place and the
//! same colour, and text from the same outlines.

use crate::canvas::Canvas;
use crate::fonts::{Face, Fonts};
use crate::map::Palette;
use crate::theme::Color;
use crate::{Options, Picture, PictureError};

/// A rectangle in pixels, `left` to `right` and `top` to `bottom`, fractions allowed.
#[derive(Clone, Copy, PartialEq, Debug)]
pub(crate) struct Rect {
    pub left: f32,
    pub top: f32,
    pub right: f32,
    pub bottom: f32,
}

impl Rect {
    pub fn width(&self) -> f32 {
        self.right - self.left
    }

    pub fn height(&self) -> f32 {
        self.bottom - self.top
    }
}

/// A place in pixels: x to the right, y down.
pub(crate) type Point = (f32, f32);

/// One thing that is drawn.
#[derive(Clone, PartialEq, Debug)]
pub(crate) enum Mark {
    /// A filled rectangle.
    Fill { rect: Rect, color: Color },
    /// Columns side by side, each a pixel wide and filled from a top to a bottom.
    Band { left: f32, columns: Vec<(f32, f32)>, color: Color },
    /// A line through points, with round corners and square ends.
    Line { points: Vec<Point>, width: f32, color: Color },
    /// A raster with a pixel for each pixel of the picture: rows of places in a palette.
    Raster { left: u32, top: u32, width: u32, pixels: Vec<u8>, palette: &'static Palette },
    /// One line of text, its pen starting at `x` on a baseline.
    Text { x: f32, baseline: f32, text: String, face: Face, color: Color },
}

/// A list of marks on a field.
pub(crate) struct Drawing {
    pub width: u32,
    pub height: u32,
    pub fonts: Fonts,
    pub marks: Vec<Mark>,
    scale: f32,
}

impl Drawing {
    /// An empty field in the colour of the theme's surround.
    pub fn new(options: &Options) -> Result<Self, PictureError> {
        let &Options { width, height, .. } = options;
        let mut drawing = Drawing { width, height, fonts: Fonts::new()?, marks: Vec::new(), scale: options.scale() };
        let rect = Rect { left: 0.0, top: 0.0, right: width as f32, bottom: height as f32 };
        drawing.fill(rect, options.theme.surround);
        Ok(drawing)
    }

    /// A length in points as pixels.
    pub fn points(&self, points: f32) -> f32 {
        points * self.scale
    }

    /// A length in points as whole pixels, so that edges are sharp.
    pub fn whole(&self, points: f32) -> f32 {
        self.points(points).round()
    }

    /// The width of the thinnest line, a whole number of pixels.
    pub fn hairline(&self) -> f32 {
        self.whole(0.6).max(1.0)
    }

    pub fn fill(&mut self, rect: Rect, color: Color) {
        if rect.right > rect.left && rect.bottom > rect.top {
            self.marks.push(Mark::Fill { rect, color });
        }
    }

    /// A vertical hairline whose left edge is at `x`.
    pub fn vertical(&mut self, x: f32, top: f32, bottom: f32, color: Color) {
        let right = x + self.hairline();
        self.fill(Rect { left: x, top, right, bottom }, color);
    }

    /// A horizontal hairline around `y`, on whole pixels.
    pub fn horizontal(&mut self, y: f32, left: f32, right: f32, color: Color) {
        let hairline = self.hairline();
        let top = (y - hairline / 2.0).round();
        self.fill(Rect { left, top, right, bottom: top + hairline }, color);
    }

    /// Writes as much of a text as fits in `room` pixels.
    pub fn write(&mut self, x: f32, baseline: f32, text: &str, room: f32, face: Face, color: Color) {
        let text = self.fonts.fit(face, text, room);
        if !text.is_empty() {
            // A baseline on a whole pixel keeps the letters' feet sharp.
            self.marks.push(Mark::Text { x, baseline: baseline.round(), text, face, color });
        }
    }

    /// Writes a text that ends at `right`.
    pub fn write_to(&mut self, right: f32, baseline: f32, text: &str, face: Face, color: Color) {
        let width = self.fonts.width(face, text);
        self.write(right - width, baseline, text, f32::INFINITY, face, color);
    }

    /// The drawing in pixels.
    pub fn picture(&self) -> Picture {
        let mut canvas = Canvas::new(self.width, self.height);
        for mark in &self.marks {
            match mark {
                Mark::Fill { rect, color } => canvas.fill(*rect, *color),
                Mark::Band { left, columns, color } => {
                    for (i, &(top, bottom)) in columns.iter().enumerate() {
                        let left = left + i as f32;
                        canvas.fill(Rect { left, top, right: left + 1.0, bottom }, *color);
                    }
                }
                Mark::Line { points, width, color } => canvas.line(points, *width, *color),
                Mark::Raster { left, top, width, pixels, palette } => {
                    for (y, row) in pixels.chunks_exact((*width).max(1) as usize).enumerate() {
                        canvas.copy(*left, top + y as u32, row.iter().map(|&i| palette[usize::from(i)]));
                    }
                }
                Mark::Text { x, baseline, text, face, color } => {
                    self.fonts.draw(*face, text, *x, *baseline, |x, y, coverage| canvas.blend(x, y, coverage, *color));
                }
            }
        }
        canvas.finish(self.scale)
    }
}
