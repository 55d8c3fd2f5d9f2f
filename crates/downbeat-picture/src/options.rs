//! How large a picture is, how fine, and in which colours.

use crate::{PictureError, Theme};

/// The most pixels that a side of a picture can have.
pub const MAX_SIDE: u32 = 16_384;

/// How large a picture is, how fine, and in which colours.
#[derive(Clone, PartialEq, Debug)]
pub struct Options {
    /// The width in pixels.
    pub width: u32,
    /// The height in pixels.
    pub height: u32,
    /// Dots per inch, 18 to 1152. Text is 10 to 17 points of 1/72 inch high whatever the picture's size, so a picture with
    /// twice the width, height and dpi is the same picture, only finer.
    pub dpi: f32,
    /// The colours.
    pub theme: Theme,
}

impl Options {
    /// A light picture of a size in pixels, as fine as makes it about 800x450 points, which suits a slide, a page or a
    /// column of a paper; a smaller one than that has 72 dpi.
    pub fn sized(width: u32, height: u32) -> Self {
        let scale = (width as f32 / 800.0).min(height as f32 / 450.0).clamp(1.0, 16.0);
        Options { width, height, dpi: 72.0 * scale, theme: Theme::LIGHT }
    }

    /// Pixels to a point.
    pub(crate) fn scale(&self) -> f32 {
        self.dpi / 72.0
    }

    /// Whether there can be such a picture.
    pub(crate) fn check(&self) -> Result<(), PictureError> {
        let &Options { width, height, dpi, .. } = self;
        if !(18.0..=1152.0).contains(&dpi) {
            return Err(PictureError::Dpi(dpi));
        }
        if width > MAX_SIDE || height > MAX_SIDE {
            return Err(PictureError::TooLarge { width, height });
        }
        Ok(())
    }
}

impl Default for Options {
    /// 1600x900 pixels at 144 dpi, light: sharp where it is shown at half its size, as web pages do.
    fn default() -> Self {
        Options::sized(1600, 900)
    }
}
