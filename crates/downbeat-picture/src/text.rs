//! Text in the built-in typefaces, as coverage of pixels.

use ab_glyph::{Font, FontRef, Glyph, PxScale, point};

use crate::PictureError;
use crate::canvas::Canvas;
use crate::theme::Color;

/// A typeface at one size.
pub(crate) struct Face {
    font: FontRef<'static>,
    scale: PxScale,
    /// Pixels for each unit of the font.
    unit: f32,
}

impl Face {
    /// DejaVu Sans, `size` pixels to the em.
    pub fn regular(size: f32) -> Result<Self, PictureError> {
        Face::new(include_bytes!("../fonts/DejaVuSans.ttf"), size)
    }

    /// DejaVu Sans Bold, `size` pixels to the em.
    pub fn bold(size: f32) -> Result<Self, PictureError> {
        Face::new(include_bytes!("../fonts/DejaVuSans-Bold.ttf"), size)
    }

    fn new(bytes: &'static [u8], size: f32) -> Result<Self, PictureError> {
        let font = FontRef::try_from_slice(bytes).map_err(|_| PictureError::Font)?;
        let unit = size / font.units_per_em().ok_or(PictureError::Font)?;
        // ab_glyph measures a size by the height from the deepest descent to the highest ascent.
        let scale = PxScale::from(font.height_unscaled() * unit);
        Ok(Face { font, scale, unit })
    }

    /// The width of `text` in pixels. Signs that are not in the font are as wide as its box for them.
    pub fn width(&self, text: &str) -> f32 {
        visible(text).map(|sign| self.advance(sign)).sum()
    }

    /// The height of a digit or a capital letter above the baseline in pixels, 0.729 em in both typefaces.
    pub fn cap_height(&self) -> f32 {
        const CAP_HEIGHT: f32 = 1493.0;
        CAP_HEIGHT * self.unit
    }

    /// `text`, or as much of its beginning as fits in `width` pixels with an ellipsis; nothing when not even that fits.
    pub fn fit(&self, text: &str, width: f32) -> String {
        if self.width(text) <= width {
            return visible(text).collect();
        }
        let mut left = width - self.advance('…');
        if left < 0.0 {
            return String::new();
        }
        let mut fitted = String::new();
        for sign in visible(text) {
            left -= self.advance(sign);
            if left < 0.0 {
                break;
            }
            fitted.push(sign);
        }
        fitted.truncate(fitted.trim_end().len());
        fitted.push('…');
        fitted
    }

    /// Writes `text` from `x` on, its baseline at `baseline`, both in pixels. The baseline is moved to a whole pixel, which
    /// keeps the letters' feet sharp.
    pub fn write(&self, canvas: &mut Canvas, x: f32, baseline: f32, text: &str, color: Color) {
        let mut pen = x;
        for sign in visible(text) {
            let glyph: Glyph =
                self.font.glyph_id(sign).with_scale_and_position(self.scale, point(pen, baseline.round()));
            if let Some(outline) = self.font.outline_glyph(glyph) {
                let bounds = outline.px_bounds();
                outline.draw(|x, y, coverage| {
                    canvas.blend(bounds.min.x as i32 + x as i32, bounds.min.y as i32 + y as i32, coverage, color);
                });
            }
            pen += self.advance(sign);
        }
    }

    fn advance(&self, sign: char) -> f32 {
        self.font.h_advance_unscaled(self.font.glyph_id(sign)) * self.unit
    }
}

/// The signs of a text on one line: line ends and other control characters become spaces.
fn visible(text: &str) -> impl Iterator<Item = char> {
    text.chars().map(|sign| if sign.is_control() { ' ' } else { sign })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn widths_are_the_fonts_own() {
        // DejaVu Sans: 2048 units to the em, every digit 1303 units wide.
        let face = Face::regular(2048.0).unwrap();
        assert_eq!(face.width("0"), 1303.0);
        assert_eq!(face.width("1234"), 4.0 * 1303.0);
    }

    #[test]
    fn every_sign_that_pictures_use_is_in_both_fonts() {
        for face in [Face::regular(12.0).unwrap(), Face::bold(12.0).unwrap()] {
            for sign in (' '..='~').chain('\u{a0}'..='\u{17f}').chain("−∞…–—×·‘’“”•♭♯".chars())
            {
                assert_ne!(face.font.glyph_id(sign).0, 0, "{sign:?}");
            }
        }
    }

    #[test]
    fn text_that_does_not_fit_ends_in_an_ellipsis() {
        let face = Face::regular(20.0).unwrap();
        assert_eq!(face.fit("Two\nCouples", 1000.0), "Two Couples");
        let room = face.width("Two…");
        assert_eq!(face.fit("Two Couples", room + 0.01), "Two…");
        assert_eq!(face.fit("Two Couples", 1.0), "");
        for width in 0..200 {
            assert!(face.width(&face.fit("A title that is far too long", width as f32)) <= width as f32);
        }
    }

    #[test]
    fn a_capital_stands_on_the_baseline_and_is_as_high_as_is_said() {
        let face = Face::bold(100.0).unwrap();
        let mut canvas = Canvas::new(200, 200, [255; 3]);
        face.write(&mut canvas, 50.0, 150.0, "H", [0; 3]);
        let picture = canvas.finish();
        let row_is_inked = |y: usize| picture.pixels()[y * 600..(y + 1) * 600].iter().any(|&value| value < 128);
        let inked: Vec<usize> = (0..200).filter(|&y| row_is_inked(y)).collect();
        assert_eq!(inked.last(), Some(&149));
        assert_eq!(inked[0], 150 - face.cap_height().round() as usize);
    }
}
