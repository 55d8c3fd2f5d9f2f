//! A field of pixels to draw on: anti-aliased rectangles and coverage, which is all that a waveform and its text need.
//!
//! Coverage is exact and blending is in whole numbers, so the same drawing is the same pixels on every machine.

use crate::Picture;
use crate::theme::Color;

/// Pixels to draw on. What lies outside is left out.
pub(crate) struct Canvas {
    width: u32,
    height: u32,
    pixels: Vec<Color>,
}

/// A rectangle in pixels, `left` to `right` and `top` to `bottom`, fractions allowed.
#[derive(Clone, Copy, PartialEq, Debug)]
pub(crate) struct Rect {
    pub left: f32,
    pub top: f32,
    pub right: f32,
    pub bottom: f32,
}

impl Canvas {
    /// A field of one colour.
    pub fn new(width: u32, height: u32, color: Color) -> Self {
        Canvas { width, height, pixels: vec![color; width as usize * height as usize] }
    }

    /// Fills a rectangle; a pixel that lies in it by a part is blended by that part.
    pub fn fill(&mut self, rect: Rect, color: Color) {
        let (width, height) = (self.width as f32, self.height as f32);
        let (left, right) = (rect.left.clamp(0.0, width), rect.right.clamp(0.0, width));
        let (top, bottom) = (rect.top.clamp(0.0, height), rect.bottom.clamp(0.0, height));
        let columns = left as usize..right.ceil() as usize;
        for y in top as usize..bottom.ceil() as usize {
            let part_of_row = part(y, top, bottom);
            let row = &mut self.pixels[y * self.width as usize..][..self.width as usize];
            for x in columns.clone() {
                mix(&mut row[x], part_of_row * part(x, left, right), color);
            }
        }
    }

    /// Blends a colour into one pixel by `coverage`, 0 to 1.
    pub fn blend(&mut self, x: i32, y: i32, coverage: f32, color: Color) {
        let (Ok(x), Ok(y)) = (u32::try_from(x), u32::try_from(y)) else { return };
        if x < self.width && y < self.height {
            mix(&mut self.pixels[y as usize * self.width as usize + x as usize], coverage, color);
        }
    }

    /// The picture as it is now.
    pub fn finish(self) -> Picture {
        Picture::new(self.width, self.height, self.pixels.into_flattened())
    }
}

/// How much of the pixel from `at` to `at + 1` lies between `from` and `to`.
fn part(at: usize, from: f32, to: f32) -> f32 {
    let at = at as f32;
    ((at + 1.0).min(to) - at.max(from)).max(0.0)
}

/// Blends in 256 steps of coverage, rounded to the nearest value.
fn mix(pixel: &mut Color, coverage: f32, color: Color) {
    let over = (coverage * 255.0 + 0.5) as u32;
    for (below, above) in pixel.iter_mut().zip(color) {
        *below = ((u32::from(above) * over + u32::from(*below) * (255 - over.min(255)) + 127) / 255) as u8;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const BLACK: Color = [0; 3];

    fn drawn(rect: Rect) -> Vec<u8> {
        let mut canvas = Canvas::new(4, 3, [255; 3]);
        canvas.fill(rect, BLACK);
        canvas.finish().pixels().iter().step_by(3).copied().collect()
    }

    #[test]
    fn a_pixel_is_covered_by_the_part_of_it_that_lies_inside() {
        let pixels = drawn(Rect { left: 0.5, top: 1.0, right: 3.0, bottom: 2.75 });
        #[rustfmt::skip]
        assert_eq!(pixels, [
            255, 255, 255, 255,
            127,   0,   0, 255,
            // Three quarters of 255 are 191.25, and half of that 95.6.
            159,  64,  64, 255,
        ]);
    }

    #[test]
    fn a_thin_line_within_a_pixel_keeps_its_weight() {
        let pixels = drawn(Rect { left: 1.0, top: 0.0, right: 2.0, bottom: 0.2 });
        assert_eq!(pixels[..4], [255, 204, 255, 255]);
    }

    #[test]
    fn what_lies_outside_is_left_out() {
        assert_eq!(drawn(Rect { left: -1e9, top: -5.0, right: 1e9, bottom: 1e9 }), [0; 12]);
        assert_eq!(drawn(Rect { left: 4.0, top: 0.0, right: 9.0, bottom: 3.0 }), [255; 12]);
        assert_eq!(drawn(Rect { left: 3.0, top: 2.0, right: 1.0, bottom: 1.0 }), [255; 12]);
        assert_eq!(drawn(Rect { left: f32::NAN, top: f32::NAN, right: f32::NAN, bottom: f32::NAN }), [255; 12]);
        let mut canvas = Canvas::new(4, 3, [255; 3]);
        for (x, y) in [(-1, 0), (0, -1), (4, 0), (0, 3), (i32::MIN, i32::MAX)] {
            canvas.blend(x, y, 1.0, BLACK);
        }
        assert!(canvas.finish().pixels().iter().all(|&value| value == 255));
    }
}
