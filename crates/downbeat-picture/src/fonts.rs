//! Text in the built-in typefaces: how wide it is, and its outlines as coverage of pixels or as curves.

use ab_glyph::{Font, FontRef, Glyph, GlyphId, OutlineCurve, PxScale, point};

use crate::PictureError;

/// A typeface at one size.
#[derive(Clone, Copy, PartialEq, Debug)]
pub(crate) struct Face {
    pub weight: Weight,
    /// Pixels to the em.
    pub size: f32,
}

/// Which of the built-in typefaces.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub(crate) enum Weight {
    /// DejaVu Sans.
    Regular,
    /// DejaVu Sans Bold.
    Bold,
}

impl Face {
    /// The height of a digit or a capital letter above the baseline in pixels, 0.729 em in both typefaces.
    pub fn cap_height(self) -> f32 {
        const CAP_HEIGHT: f32 = 1493.0;
        CAP_HEIGHT / Fonts::UNITS * self.size
    }
}

/// The built-in typefaces.
pub(crate) struct Fonts {
    regular: FontRef<'static>,
    bold: FontRef<'static>,
}

impl Fonts {
    /// Units of the outlines to the em, in both typefaces.
    pub const UNITS: f32 = 2048.0;

    /// Both typefaces, ready for use.
    pub fn new() -> Result<Self, PictureError> {
        let read = |bytes: &'static [u8]| FontRef::try_from_slice(bytes).map_err(|_| PictureError::Font);
        Ok(Fonts {
            regular: read(include_bytes!("../fonts/DejaVuSans.ttf"))?,
            bold: read(include_bytes!("../fonts/DejaVuSans-Bold.ttf"))?,
        })
    }

    /// The width of `text` in pixels. Signs that are not in the font are as wide as its box for them.
    pub fn width(&self, face: Face, text: &str) -> f32 {
        visible(text).map(|sign| self.advance(face, sign)).sum()
    }

    /// `text`, or as much of its beginning as fits in `width` pixels with an ellipsis; nothing when not even a letter fits.
    pub fn fit(&self, face: Face, text: &str, width: f32) -> String {
        if self.width(face, text) <= width {
            return visible(text).collect();
        }
        let mut left = width - self.advance(face, '…');
        let mut fitted = String::new();
        for sign in visible(text) {
            left -= self.advance(face, sign);
            if left < 0.0 {
                break;
            }
            fitted.push(sign);
        }
        fitted.truncate(fitted.trim_end().len());
        if !fitted.is_empty() {
            fitted.push('…');
        }
        fitted
    }

    /// Gives the pixels that a text covers, each with the part of it that is covered, 0 to 1.
    pub fn draw(&self, face: Face, text: &str, x: f32, baseline: f32, mut pixel: impl FnMut(i32, i32, f32)) {
        let font = self.font(face.weight);
        // ab_glyph measures a size by the height from the deepest descent to the highest ascent.
        let scale = PxScale::from(font.height_unscaled() / Fonts::UNITS * face.size);
        for (id, offset) in self.glyphs(face.weight, text) {
            let x = x + offset / Fonts::UNITS * face.size;
            let glyph: Glyph = id.with_scale_and_position(scale, point(x, baseline));
            if let Some(outline) = font.outline_glyph(glyph) {
                let min = outline.px_bounds().min;
                outline.draw(|x, y, coverage| pixel(min.x as i32 + x as i32, min.y as i32 + y as i32, coverage));
            }
        }
    }

    /// The signs of a text, each with the distance of its pen from the start, in units of the outlines.
    pub fn glyphs(&self, weight: Weight, text: &str) -> impl Iterator<Item = (GlyphId, f32)> {
        let font = self.font(weight);
        visible(text).scan(0.0, |pen, sign| {
            let id = font.glyph_id(sign);
            let at = *pen;
            *pen += font.h_advance_unscaled(id);
            Some((id, at))
        })
    }

    /// The curves around a sign, in units of the outlines, y up; nothing for a space.
    pub fn outline(&self, weight: Weight, id: GlyphId) -> Vec<OutlineCurve> {
        self.font(weight).outline(id).map_or_else(Vec::new, |outline| outline.curves)
    }

    fn advance(&self, face: Face, sign: char) -> f32 {
        let font = self.font(face.weight);
        font.h_advance_unscaled(font.glyph_id(sign)) / Fonts::UNITS * face.size
    }

    fn font(&self, weight: Weight) -> &FontRef<'static> {
        match weight {
            Weight::Regular => &self.regular,
            Weight::Bold => &self.bold,
        }
    }
}

/// The signs of a text on one line: line ends and other control characters become spaces.
fn visible(text: &str) -> impl Iterator<Item = char> {
    text.chars().map(|sign| if sign.is_control() { ' ' } else { sign })
}

#[cfg(test)]
mod tests {
    use super::*;

    const REGULAR: Face = Face { weight: Weight::Regular, size: 20.0 };
    const BOLD: Face = Face { weight: Weight::Bold, size: 100.0 };

    #[test]
    fn widths_are_the_fonts_own() {
        // DejaVu Sans: 2048 units to the em, every digit 1303 units wide.
        let fonts = Fonts::new().unwrap();
        let face = Face { size: 2048.0, ..REGULAR };
        assert_eq!(fonts.width(face, "0"), 1303.0);
        assert_eq!(fonts.width(face, "1234"), 4.0 * 1303.0);
        for weight in [Weight::Regular, Weight::Bold] {
            assert_eq!(fonts.font(weight).units_per_em(), Some(Fonts::UNITS));
        }
    }

    #[test]
    fn every_sign_that_pictures_use_is_in_both_fonts() {
        let fonts = Fonts::new().unwrap();
        for font in [&fonts.regular, &fonts.bold] {
            for sign in (' '..='~').chain('\u{a0}'..='\u{17f}').chain("−∞…–—×·‘’“”•♭♯→≤≥\u{300}\u{301}\u{308}".chars())
            {
                assert_ne!(font.glyph_id(sign).0, 0, "{sign:?}");
            }
        }
    }

    #[test]
    fn a_sign_that_is_not_in_the_font_is_a_box() {
        let fonts = Fonts::new().unwrap();
        assert!(fonts.width(REGULAR, "音") > 0.0);
        let (id, _) = fonts.glyphs(Weight::Regular, "音").next().unwrap();
        assert!(!fonts.outline(Weight::Regular, id).is_empty());
    }

    #[test]
    fn an_accent_of_its_own_stands_over_its_letter() {
        let fonts = Fonts::new().unwrap();
        assert_eq!(fonts.width(REGULAR, "Cafe\u{301}"), fonts.width(REGULAR, "Cafe"));
    }

    #[test]
    fn text_that_does_not_fit_ends_in_an_ellipsis() {
        let fonts = Fonts::new().unwrap();
        assert_eq!(fonts.fit(REGULAR, "Two\nCouples", 1000.0), "Two Couples");
        let room = fonts.width(REGULAR, "Two…");
        assert_eq!(fonts.fit(REGULAR, "Two Couples", room + 0.01), "Two…");
        assert_eq!(fonts.fit(REGULAR, "Two Couples", 1.0), "");
        for width in 0..200 {
            let fitted = fonts.fit(REGULAR, "A title that is far too long", width as f32);
            assert!(fonts.width(REGULAR, &fitted) <= width as f32);
        }
    }

    #[test]
    fn a_capital_stands_on_the_baseline_and_is_as_high_as_is_said() {
        let fonts = Fonts::new().unwrap();
        let mut rows = std::collections::BTreeSet::new();
        fonts.draw(BOLD, "H", 50.0, 150.0, |_, y, coverage| {
            if coverage > 0.5 {
                rows.insert(y);
            }
        });
        assert_eq!(rows.last(), Some(&149));
        assert_eq!(rows.first(), Some(&(150 - BOLD.cap_height().round() as i32)));
    }
}
