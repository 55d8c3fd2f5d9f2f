//! Marks as pixels, anti-aliased.
//!
//! Coverage is computed exactly and blending is in whole numbers, so the same drawing is the same pixels on every machine.

use crate::Picture;
use crate::drawing::{Point, Rect};
use crate::theme::Color;

/// Pixels to draw on. What lies outside is left out.
pub(crate) struct Canvas {
    width: u32,
    height: u32,
    pixels: Vec<Color>,
}

impl Canvas {
    /// A black field.
    pub fn new(width: u32, height: u32) -> Self {
        Canvas { width, height, pixels: vec![[0; 3]; width as usize * height as usize] }
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
            if part_of_row == 1.0 && left.fract() == 0.0 && right.fract() == 0.0 {
                row[columns.clone()].fill(color);
                continue;
            }
            for x in columns.clone() {
                mix(&mut row[x], part_of_row * part(x, left, right), color);
            }
        }
    }

    /// Draws a line through points. Each piece reaches half the line's width beyond its ends, and where pieces overlap, the
    /// larger coverage counts: corners are filled, and a line does not thicken where its points are close.
    pub fn line(&mut self, points: &[Point], width: f32, color: Color) {
        let half = width / 2.0;
        let (left, right) = extent(points.iter().map(|point| point.0), half, self.width);
        let (top, bottom) = extent(points.iter().map(|point| point.1), half, self.height);
        let columns = right - left;
        let mut covered = vec![0.0f32; columns * (bottom - top)];
        let mut sums = Vec::new();
        for pair in points.windows(2) {
            let corners = pen_stroke(pair[0], pair[1], half);
            let (from_x, to_x) = extent(corners.iter().map(|point| point.0), 0.0, self.width);
            let (from_y, to_y) = extent(corners.iter().map(|point| point.1), 0.0, self.height);
            for y in from_y.max(top)..to_y.min(bottom) {
                row_coverage(&corners, y as f32, from_x, to_x, &mut sums);
                for x in from_x.max(left)..to_x.min(right) {
                    let cell = &mut covered[(y - top) * columns + x - left];
                    *cell = cell.max(sums[x - from_x]);
                }
            }
        }
        for (i, &coverage) in covered.iter().enumerate().filter(|(_, coverage)| **coverage > 0.0) {
            let (x, y) = (left + i % columns, top + i / columns);
            mix(&mut self.pixels[y * self.width as usize + x], coverage, color);
        }
    }

    /// Puts pixels into a row from `left` on.
    pub fn copy(&mut self, left: u32, y: u32, colors: impl Iterator<Item = Color>) {
        if left < self.width && y < self.height {
            let row = &mut self.pixels[y as usize * self.width as usize..][left as usize..self.width as usize];
            for (pixel, color) in row.iter_mut().zip(colors) {
                *pixel = color;
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

    /// The picture as it is now, with `scale` pixels to a point.
    pub fn finish(self, scale: f32) -> Picture {
        Picture::new(self.width, self.height, scale, self.pixels.into_flattened())
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
    if over >= 255 {
        *pixel = color;
        return;
    }
    for (below, above) in pixel.iter_mut().zip(color) {
        *below = ((u32::from(above) * over + u32::from(*below) * (255 - over) + 127) / 255) as u8;
    }
}

/// The whole pixels, first and just beyond the last, that values and `reach` around them touch, of `length` there are.
fn extent(values: impl Iterator<Item = f32>, reach: f32, length: u32) -> (usize, usize) {
    let (mut low, mut high) = (f32::INFINITY, f32::NEG_INFINITY);
    for value in values {
        (low, high) = (low.min(value), high.max(value));
    }
    let within = |value: f32| value.clamp(0.0, length as f32) as usize;
    let (from, to) = (within((low - reach).floor()), within((high + reach).ceil()));
    (from, to.max(from))
}

/// The corners of a stroke of a pen from `a` to `b`, `half` to each side and beyond each end.
fn pen_stroke(a: Point, b: Point, half: f32) -> [Point; 4] {
    let (dx, dy) = (b.0 - a.0, b.1 - a.1);
    let length = (dx * dx + dy * dy).sqrt();
    let (ux, uy) = if length > 0.0 { (dx / length * half, dy / length * half) } else { (half, 0.0) };
    [
        (a.0 - ux - uy, a.1 - uy + ux),
        (b.0 + ux - uy, b.1 + uy + ux),
        (b.0 + ux + uy, b.1 + uy - ux),
        (a.0 - ux + uy, a.1 - uy - ux),
    ]
}

/// How much of each pixel of a row, from column `from` to `to`, lies within a convex shape.
///
/// The area to the right of an edge, less that to the right of the opposite edge, is the area within. The part of a pixel
/// that is to the right of an edge which runs from `x0` to `x1` within the row is a difference of the integral [`right_of`].
fn row_coverage(corners: &[Point], y: f32, from: usize, to: usize, covered: &mut Vec<f32>) {
    covered.clear();
    covered.resize(to - from, 0.0);
    for (i, &a) in corners.iter().enumerate() {
        let b = corners[(i + 1) % corners.len()];
        let (top, bottom) = (a.1.min(b.1).max(y), a.1.max(b.1).min(y + 1.0));
        if top >= bottom {
            continue;
        }
        let x_at = |y: f32| a.0 + (b.0 - a.0) * ((y - a.1) / (b.1 - a.1));
        let height = if a.1 < b.1 { top - bottom } else { bottom - top };
        let (x0, x1) = (x_at(top), x_at(bottom));
        let (x0, x1) = (x0.min(x1), x0.max(x1));
        let mut before = right_of(from as f32, x0, x1);
        for (x, covered) in (from..to).zip(covered.iter_mut()) {
            let after = right_of(x as f32 + 1.0, x0, x1);
            *covered += height * (after - before);
            before = after;
        }
    }
    for covered in covered {
        *covered = covered.abs().min(1.0);
    }
}

/// The mean over an edge, on which x runs evenly from `x0` to `x1`, of the distance by which `x` lies to its right.
fn right_of(x: f32, x0: f32, x1: f32) -> f32 {
    if x <= x0 {
        0.0
    } else if x >= x1 {
        x - (x0 + x1) / 2.0
    } else {
        (x - x0) * (x - x0) / (2.0 * (x1 - x0))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const BLACK: Color = [0; 3];
    const WHITE: Color = [255; 3];
    const ALL: Rect = Rect { left: 0.0, top: 0.0, right: 1e9, bottom: 1e9 };

    fn white(width: u32, height: u32) -> Canvas {
        let mut canvas = Canvas::new(width, height);
        canvas.fill(ALL, WHITE);
        canvas
    }

    fn values(canvas: Canvas) -> Vec<u8> {
        canvas.finish(1.0).pixels().iter().step_by(3).copied().collect()
    }

    fn filled(rect: Rect) -> Vec<u8> {
        let mut canvas = white(4, 3);
        canvas.fill(rect, BLACK);
        values(canvas)
    }

    #[test]
    fn a_pixel_is_covered_by_the_part_of_it_that_lies_inside() {
        let pixels = filled(Rect { left: 0.5, top: 1.0, right: 3.0, bottom: 2.75 });
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
        let pixels = filled(Rect { left: 1.0, top: 0.0, right: 2.0, bottom: 0.2 });
        assert_eq!(pixels[..4], [255, 204, 255, 255]);
    }

    #[test]
    fn what_lies_outside_is_left_out() {
        assert_eq!(filled(Rect { left: -1e9, top: -5.0, right: 1e9, bottom: 1e9 }), [0; 12]);
        assert_eq!(filled(Rect { left: 4.0, top: 0.0, right: 9.0, bottom: 3.0 }), [255; 12]);
        assert_eq!(filled(Rect { left: 3.0, top: 2.0, right: 1.0, bottom: 1.0 }), [255; 12]);
        assert_eq!(filled(Rect { left: f32::NAN, top: f32::NAN, right: f32::NAN, bottom: f32::NAN }), [255; 12]);
        let mut canvas = white(4, 3);
        for (x, y) in [(-1, 0), (0, -1), (4, 0), (0, 3), (i32::MIN, i32::MAX)] {
            canvas.blend(x, y, 1.0, BLACK);
        }
        canvas.copy(3, 3, [BLACK; 9].into_iter());
        canvas.copy(9, 0, [BLACK; 9].into_iter());
        canvas.line(&[(-50.0, -9.0), (-1e9, 7.0), (f32::NAN, 0.0)], 2.0, BLACK);
        assert_eq!(values(canvas), [255; 12]);
    }

    #[test]
    fn a_level_line_covers_what_a_rectangle_would() {
        let mut canvas = white(8, 4);
        canvas.line(&[(2.0, 1.75), (3.0, 1.75), (6.0, 1.75)], 1.5, BLACK);
        let mut expected = white(8, 4);
        expected.fill(Rect { left: 1.25, top: 1.0, right: 6.75, bottom: 2.5 }, BLACK);
        assert_eq!(values(canvas), values(expected));
    }

    #[test]
    fn a_line_has_the_area_of_its_length_and_width() {
        // A slope of 3:4 from a whole place to a whole place, 50 pixels long, with its square ends 53.
        let mut canvas = white(60, 60);
        canvas.line(&[(10.0, 10.0), (40.0, 50.0)], 3.0, BLACK);
        let area: f64 = values(canvas).iter().map(|&value| f64::from(255 - value) / 255.0).sum();
        // Some 300 pixels on the rim, each rounded to half a step of 255 at most, in either direction.
        assert!((area - 159.0).abs() < 0.2, "{area}");
    }
}
