//! Marks as SVG.
//!
//! Text is written as the outlines of the built-in typefaces, so that a viewer needs no font; what it says stands beside it
//! as a label for those who listen to a page. Lengths are in hundredths of a pixel.

use std::collections::BTreeSet;
use std::fmt::Write;

use ab_glyph::OutlineCurve;
use png::{BitDepth, ColorType, Compression, Encoder};

use crate::PictureError;
use crate::drawing::{Drawing, Mark, Point, Rect};
use crate::fonts::{Fonts, Weight};
use crate::map::Palette;
use crate::theme::Color;

impl Drawing {
    /// The drawing as the text of an SVG file. Its size is in points, its coordinates are in pixels.
    pub fn svg(&self) -> Result<String, PictureError> {
        let (width, height) = (self.width as f32 / self.points(1.0), self.height as f32 / self.points(1.0));
        let mut svg = format!(
            "<svg xmlns=\"http://www.w3.org/2000/svg\" xmlns:xlink=\"http://www.w3.org/1999/xlink\" \
             width=\"{}pt\" height=\"{}pt\" viewBox=\"0 0 {} {}\">\n",
            Hundredths::of(width),
            Hundredths::of(height),
            self.width,
            self.height
        );
        self.define_glyphs(&mut svg);
        let mut marks = self.marks.iter().peekable();
        while let Some(mark) = marks.next() {
            match mark {
                Mark::Fill { rect, color } => {
                    // Ticks and grids are many rectangles of one colour: one path.
                    let mut path = rectangle(rect);
                    while let Some(Mark::Fill { rect, .. }) = marks.next_if(|next| is_fill(next, *color)) {
                        path += &rectangle(rect);
                    }
                    fill(&mut svg, &path, *color);
                }
                Mark::Band { left, columns, color } => fill(&mut svg, &band(*left, columns), *color),
                Mark::Line { points, width, color } => {
                    // The parts of a line with gaps are one path, too.
                    let mut path = polyline(points);
                    while let Some(Mark::Line { points, .. }) = marks.next_if(|next| is_line(next, *width, *color)) {
                        path += &polyline(points);
                    }
                    let (width, color) = (Hundredths::of(*width), hex(*color));
                    push(
                        &mut svg,
                        format_args!(
                            "<path fill=\"none\" stroke=\"{color}\" stroke-width=\"{width}\" stroke-linejoin=\"round\" \
                             stroke-linecap=\"square\" d=\"{path}\"/>\n"
                        ),
                    );
                }
                Mark::Raster { left, top, width, pixels, palette } => {
                    let height = pixels.len() / (*width).max(1) as usize;
                    let png = base64(&indexed_png(*width, height as u32, pixels, palette)?);
                    push(
                        &mut svg,
                        format_args!(
                            "<image x=\"{left}\" y=\"{top}\" width=\"{width}\" height=\"{height}\" \
                             preserveAspectRatio=\"none\" xlink:href=\"data:image/png;base64,{png}\"/>\n"
                        ),
                    );
                }
                Mark::Text { x, baseline, text, face, color } => {
                    let size = face.size / Fonts::UNITS;
                    let (x, y, color, label) =
                        (Hundredths::of(*x), Hundredths::of(*baseline), hex(*color), escape(text));
                    push(
                        &mut svg,
                        format_args!(
                            "<g role=\"img\" aria-label=\"{label}\" fill=\"{color}\" \
                             transform=\"translate({x} {y}) scale({size:.6} -{size:.6})\">"
                        ),
                    );
                    for (id, at) in self.fonts.glyphs(face.weight, text) {
                        push(&mut svg, format_args!("<use href=\"#{}{}\" x=\"{at}\"/>", letter(face.weight), id.0));
                    }
                    svg += "</g>\n";
                }
            }
        }
        svg += "</svg>\n";
        Ok(svg)
    }

    /// The outline of every sign that is written somewhere, once.
    fn define_glyphs(&self, svg: &mut String) {
        let mut written = BTreeSet::new();
        for mark in &self.marks {
            if let Mark::Text { text, face, .. } = mark {
                written.extend(self.fonts.glyphs(face.weight, text).map(|(id, _)| (face.weight, id)));
            }
        }
        *svg += "<defs>\n";
        for (weight, id) in written {
            let path = outline(&self.fonts.outline(weight, id));
            push(svg, format_args!("<path id=\"{}{}\" d=\"{path}\"/>\n", letter(weight), id.0));
        }
        *svg += "</defs>\n";
    }
}

/// A length in hundredths of a pixel, written as a decimal number of pixels without needless signs.
#[derive(Clone, Copy, PartialEq, Eq)]
struct Hundredths(i64);

impl Hundredths {
    fn of(pixels: f32) -> Self {
        Hundredths((f64::from(pixels) * 100.0).round() as i64)
    }
}

impl std::fmt::Display for Hundredths {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let sign = if self.0 < 0 { "-" } else { "" };
        let (whole, part) = (self.0.unsigned_abs() / 100, self.0.unsigned_abs() % 100);
        match (whole, part) {
            (_, 0) => write!(f, "{sign}{whole}"),
            (0, _) if part % 10 == 0 => write!(f, "{sign}.{}", part / 10),
            (0, _) => write!(f, "{sign}.{part:02}"),
            (_, _) if part % 10 == 0 => write!(f, "{sign}{whole}.{}", part / 10),
            (_, _) => write!(f, "{sign}{whole}.{part:02}"),
        }
    }
}

/// Appends to a text, which cannot fail.
fn push(svg: &mut String, text: std::fmt::Arguments<'_>) {
    let _ = svg.write_fmt(text);
}

fn fill(svg: &mut String, path: &str, color: Color) {
    push(svg, format_args!("<path fill=\"{}\" d=\"{path}\"/>\n", hex(color)));
}

fn is_fill(mark: &Mark, wanted: Color) -> bool {
    matches!(mark, Mark::Fill { color, .. } if *color == wanted)
}

fn is_line(mark: &Mark, wanted_width: f32, wanted: Color) -> bool {
    matches!(mark, Mark::Line { width, color, .. } if *width == wanted_width && *color == wanted)
}

fn rectangle(rect: &Rect) -> String {
    let [left, top, right, bottom] = [rect.left, rect.top, rect.right, rect.bottom].map(|x| Hundredths::of(x).0);
    let (width, height) = (Hundredths(right - left), Hundredths(bottom - top));
    format!("M{} {}h{width}v{height}h{}z", Hundredths(left), Hundredths(top), Hundredths(left - right))
}

/// The outline of columns: along their tops to the right, and along their bottoms back.
fn band(left: f32, columns: &[(f32, f32)]) -> String {
    let Some(&(first, _)) = columns.first() else { return String::new() };
    let mut at = Hundredths::of(first).0;
    let mut path = format!("M{} {}", Hundredths::of(left), Hundredths(at));
    let mut go = |path: &mut String, edges: &mut dyn Iterator<Item = f32>, step: i64| {
        let mut run = 0;
        for edge in edges {
            let edge = Hundredths::of(edge).0;
            if edge != at {
                if run != 0 {
                    push(path, format_args!("h{}", Hundredths(run)));
                }
                push(path, format_args!("v{}", Hundredths(edge - at)));
                (at, run) = (edge, 0);
            }
            run += step;
        }
        push(path, format_args!("h{}", Hundredths(run)));
    };
    go(&mut path, &mut columns.iter().map(|column| column.0), 100);
    go(&mut path, &mut columns.iter().rev().map(|column| column.1), -100);
    path.push('z');
    path
}

fn polyline(points: &[Point]) -> String {
    let mut path = String::new();
    let mut before: Option<(i64, i64)> = None;
    for &(x, y) in points {
        let (x, y) = (Hundredths::of(x).0, Hundredths::of(y).0);
        match before {
            None => push(&mut path, format_args!("M{} {}", Hundredths(x), Hundredths(y))),
            Some((x0, y0)) => {
                let (dx, dy) = (Hundredths(x - x0), Hundredths(y - y0));
                // A minus separates two numbers by itself.
                let gap = if y < y0 { "" } else { " " };
                push(&mut path, format_args!("l{dx}{gap}{dy}"));
            }
        }
        before = Some((x, y));
    }
    path
}

/// The curves of a sign, each from the end of the one before. A new contour begins where a curve does not start there.
fn outline(curves: &[OutlineCurve]) -> String {
    let mut path = String::new();
    let mut contour = None;
    let mut end = None;
    for curve in curves {
        let (start, controls) = match *curve {
            OutlineCurve::Line(a, b) => (a, vec![b]),
            OutlineCurve::Quad(a, b, c) => (a, vec![b, c]),
            OutlineCurve::Cubic(a, b, c, d) => (a, vec![b, c, d]),
        };
        if end != Some(start) {
            let close = if contour.is_some() { "z" } else { "" };
            push(&mut path, format_args!("{close}M{} {}", start.x, start.y));
            contour = Some(start);
        }
        end = controls.last().copied();
        match controls.as_slice() {
            // What ends a contour with a straight line is drawn by closing it.
            [to] if Some(*to) == contour => {}
            [to] if to.y == start.y => push(&mut path, format_args!("h{}", to.x - start.x)),
            [to] if to.x == start.x => push(&mut path, format_args!("v{}", to.y - start.y)),
            _ => {
                let offsets = controls.iter().flat_map(|point| [point.x - start.x, point.y - start.y]);
                let mut command = ['l', 'q', 'c'][controls.len() - 1].to_string();
                for (i, offset) in offsets.enumerate() {
                    // A minus separates two numbers by itself.
                    let gap = if i == 0 || offset < 0.0 { "" } else { " " };
                    push(&mut command, format_args!("{gap}{offset}"));
                }
                path += &command;
            }
        }
    }
    if !path.is_empty() {
        path.push('z');
    }
    path
}

fn letter(weight: Weight) -> char {
    match weight {
        Weight::Regular => 'r',
        Weight::Bold => 'b',
    }
}

fn hex([red, green, blue]: Color) -> String {
    format!("#{red:02x}{green:02x}{blue:02x}")
}

/// A text that may stand between quotes in XML. Signs that XML does not know, and line ends, become spaces.
fn escape(text: &str) -> String {
    let mut escaped = String::new();
    for sign in text.chars() {
        match sign {
            '&' => escaped += "&amp;",
            '<' => escaped += "&lt;",
            '>' => escaped += "&gt;",
            '"' => escaped += "&quot;",
            '\u{fffe}' | '\u{ffff}' => escaped.push(' '),
            sign if sign.is_control() => escaped.push(' '),
            sign => escaped.push(sign),
        }
    }
    escaped
}

fn indexed_png(width: u32, height: u32, pixels: &[u8], palette: &Palette) -> Result<Vec<u8>, PictureError> {
    let mut bytes = Vec::new();
    let mut encoder = Encoder::new(&mut bytes, width, height);
    encoder.set_color(ColorType::Indexed);
    encoder.set_depth(BitDepth::Eight);
    encoder.set_palette(palette.as_flattened());
    encoder.set_compression(Compression::Balanced);
    let mut writer = encoder.write_header()?;
    writer.write_image_data(pixels)?;
    writer.finish()?;
    Ok(bytes)
}

/// Bytes in base 64 (RFC 4648, section 4).
fn base64(bytes: &[u8]) -> String {
    const SIGNS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let mut text = String::with_capacity(bytes.len().div_ceil(3) * 4);
    for group in bytes.chunks(3) {
        let bits = group.iter().enumerate().fold(0, |bits, (i, &byte)| bits | u32::from(byte) << (16 - 8 * i));
        for i in 0..4 {
            let sign = if i <= group.len() { SIGNS[(bits >> (18 - 6 * i) & 63) as usize] } else { b'=' };
            text.push(char::from(sign));
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn base64_is_that_of_the_standard() {
        // The test vectors of RFC 4648, section 10.
        let pairs =
            [("", ""), ("f", "Zg=="), ("fo", "Zm8="), ("foo", "Zm9v"), ("foob", "Zm9vYg=="), ("fooba", "Zm9vYmE=")];
        for (plain, encoded) in pairs {
            assert_eq!(base64(plain.as_bytes()), encoded);
        }
    }

    #[test]
    fn numbers_are_short_and_exact() {
        let written = |pixels: f32| Hundredths::of(pixels).to_string();
        assert_eq!(
            [0.0, 1.0, 0.5, -0.25, 12.3, 1234.567, -0.001].map(written),
            ["0", "1", ".5", "-.25", "12.3", "1234.57", "0"]
        );
    }

    #[test]
    fn columns_are_one_outline() {
        assert_eq!(band(3.0, &[(1.0, 5.0), (1.0, 5.0), (0.5, 6.0)]), "M3 1h2v-.5h1v5.5h-1v-1h-2z");
        assert_eq!(band(3.0, &[]), "");
    }

    #[test]
    fn an_outline_is_closed_where_it_began() {
        let [a, b, c, d] = [(0.0, 0.0), (8.0, 0.0), (8.0, 5.5), (2.0, 7.0)].map(|(x, y)| ab_glyph::point(x, y));
        let square = [OutlineCurve::Line(a, b), OutlineCurve::Line(b, c), OutlineCurve::Quad(c, b, d)];
        assert_eq!(outline(&square), "M0 0h8v5.5q0-5.5-6 1.5z");
        let two = [OutlineCurve::Line(a, c), OutlineCurve::Line(c, a), OutlineCurve::Line(b, d)];
        assert_eq!(outline(&two), "M0 0l8 5.5zM8 0l-6 7z");
    }

    #[test]
    fn a_text_may_say_anything() {
        assert_eq!(escape("\"A\" & <B>\u{0}\n"), "&quot;A&quot; &amp; &lt;B&gt;  ");
    }
}
