//! Where the parts of a plot stand, and how they are drawn.
//!
//! ```text
//! --- legend
//! name of y
//!   +-------+
//! y |       |
//!   +-------+
//!     x
//!  name of x
//! ```

use super::axis::Mark as AxisMark;
use super::polyline::{TOLERANCE, clip, thin};
use super::{Pen, Plot};
use crate::drawing::{Drawing, Mark, Point, Rect};
use crate::fonts::{Face, Weight};
use crate::layout::{AXIS_GAP, GAP, MARGIN};
use crate::theme::Theme;
use crate::{Options, PictureError};

/// Between two plots.
const PLOT_GAP: f32 = 26.0;
/// From one line of text to the next, more than its capitals.
const LINE_GAP: f32 = 7.0;
/// The length of the stroke beside a name.
const STROKE: f32 = 16.0;
/// The least room of a label: beside the axis from left to right, and its height's multiple at the other.
const LABEL_GAP: f32 = 18.0;
const LABEL_HEIGHTS: f32 = 2.6;
/// The thickness of a curve and of a reference.
const PENS: [f32; 2] = [1.75, 1.0];
/// The least width and height of a plot.
const LEAST: (f32, f32) = (100.0, 60.0);

/// The place of a plot.
pub(super) struct Place {
    /// Where the curves are.
    rect: Rect,
    /// Where its texts begin, left of the labels.
    left: f32,
    /// Where its legend ends: farther than the plot when no other one has a legend.
    legend_end: f32,
    x: Vec<AxisMark>,
    y: Vec<AxisMark>,
    name: Face,
    label: Face,
}

impl Place {
    /// The places of all plots of a chart.
    pub fn all(plots: &[Plot<'_>], options: &Options, drawing: &Drawing) -> Result<Vec<Place>, PictureError> {
        let face = |size| Face { weight: Weight::Regular, size: drawing.points(size) };
        let (name, label) = (face(11.0), face(10.0));
        let line = |face: Face| face.cap_height() + drawing.points(LINE_GAP);
        let is_alone = plots.iter().skip(1).all(|plot| plot.legend().next().is_none());
        let legends = plots.iter().map(|plot| plot.legend().count()).max().unwrap_or(0) as f32;
        let margin = drawing.points(MARGIN);
        let top = (margin + legends * line(name) + line(label)).round();
        let below = drawing.points(AXIS_GAP) + 2.0 * label.cap_height() + drawing.points(LINE_GAP);
        let bottom = (drawing.height as f32 - margin - below).round();
        let missing = |least: f32, there: f32| (drawing.points(least) - there).max(0.0).ceil();
        // One that is too low has other labels once it is high enough, and those have to find room, too.
        let higher = missing(LEAST.1, bottom - top);
        let bottom = bottom + higher;

        let count = plots.len() as f32;
        let gap = drawing.points(PLOT_GAP);
        let column = (drawing.width as f32 - 2.0 * margin - (count - 1.0) * gap) / count;
        let needed = LABEL_HEIGHTS * label.cap_height() / (bottom - top).max(1.0);
        let mut places: Vec<Place> = Vec::new();
        for (plot, i) in plots.iter().zip(0u8..) {
            let left = margin + f32::from(i) * (column + gap);
            let y = plot.y.marks(f64::from(needed));
            let gutter = widest(&y, label, drawing) + drawing.points(GAP);
            let rect = Rect { left: (left + gutter).round(), top, right: (left + column).round(), bottom };
            // Labels are as wide as the axis makes them, and it has as many as have room.
            let fits = |least: &f64| {
                let width = widest(&plot.x.marks(*least), label, drawing) + drawing.points(LABEL_GAP);
                f64::from(width) <= least * f64::from(rect.width())
            };
            let least = (1..50).map(|i| f64::from(i) / 50.0).find(fits).unwrap_or(1.0);
            let legend_end = if is_alone { drawing.width as f32 - margin } else { rect.right };
            places.push(Place { rect, left, legend_end, x: plot.x.marks(least), y, name, label });
        }
        let narrowest = places.iter().map(|place| place.rect.width()).fold(f32::INFINITY, f32::min);
        let wider = missing(LEAST.0, narrowest);
        if wider > 0.0 || higher > 0.0 {
            let &Options { width, height, dpi, .. } = options;
            let needed_width = width + (wider * count) as u32;
            let needed_height = height + higher as u32;
            return Err(PictureError::TooSmall { width, height, dpi, lanes: plots.len(), needed_width, needed_height });
        }
        Ok(places)
    }

    /// Draws a plot in its place.
    pub fn draw(&self, plot: &Plot<'_>, theme: &Theme, drawing: &mut Drawing) {
        let rect = self.rect;
        drawing.fill(rect, theme.lane);
        self.draw_marks(plot, theme, drawing);
        let inks = theme.tints.iter().map(|tint| tint.ink).cycle();
        let mut inks = std::iter::once(theme.peaks).chain(inks.skip(1));
        let mut baseline = drawing.points(MARGIN) + self.name.cap_height();
        for curve in &plot.curves {
            let (color, pen) = match curve.pen {
                Pen::Line => (inks.next().unwrap_or(theme.peaks), PENS[0]),
                Pen::Reference => (theme.faint, PENS[1]),
            };
            let width = drawing.points(pen).max(1.0);
            let points: Vec<Point> = curve.points.iter().map(|&point| self.point(plot, point)).collect();
            for part in clip(&points, &rect) {
                // Tenths of a point are as fine as anybody sees, and short to write.
                let tenth = drawing.points(0.1);
                let points = thin(&part, drawing.points(TOLERANCE)).into_iter();
                let points = points.map(|(x, y)| ((x / tenth).round() * tenth, (y / tenth).round() * tenth)).collect();
                drawing.marks.push(Mark::Line { points, width, color });
            }
            if !curve.name.is_empty() {
                let (left, stroke) = (rect.left.round(), drawing.whole(STROKE));
                let top = (baseline - (self.name.cap_height() + width) / 2.0).round();
                drawing.fill(Rect { left, top, right: left + stroke, bottom: top + width.round() }, color);
                let x = left + stroke + drawing.points(GAP);
                drawing.write(x, baseline, curve.name, self.legend_end - x, self.name, theme.text);
                baseline += self.name.cap_height() + drawing.points(LINE_GAP);
            }
        }
    }

    /// Draws the grid, the labels and the names of both axes.
    fn draw_marks(&self, plot: &Plot<'_>, theme: &Theme, drawing: &mut Drawing) {
        let (rect, label) = (self.rect, self.label);
        // Zero is where a sound stays as it is, or where it is at rest.
        let color = |mark: &AxisMark| if mark.value == 0.0 { theme.faint } else { theme.grid };
        // Lines first, all of a colour together.
        for is_zero in [false, true] {
            for mark in self.x.iter().filter(|mark| (mark.value == 0.0) == is_zero) {
                let x = self.point(plot, (mark.value, 0.0)).0.round().min(rect.right - drawing.hairline());
                drawing.vertical(x, rect.top, rect.bottom, color(mark));
            }
            for mark in self.y.iter().filter(|mark| (mark.value == 0.0) == is_zero) {
                let y = self.point(plot, (plot.x.range.start, mark.value)).1;
                drawing.horizontal(y.clamp(rect.top + 1.0, rect.bottom - 1.0), rect.left, rect.right, color(mark));
            }
        }
        for (mark, text) in self.x.iter().filter_map(|mark| Some((mark, mark.label.as_ref()?))) {
            let baseline = rect.bottom + drawing.points(AXIS_GAP) + label.cap_height();
            let width = drawing.fonts.width(label, text);
            // A label at an end stands within the picture.
            let edge = drawing.points(MARGIN / 4.0);
            let left = self.point(plot, (mark.value, 0.0)).0 - width / 2.0;
            let left = left.min(drawing.width as f32 - edge - width).max(edge);
            drawing.write(left, baseline, text, f32::INFINITY, label, theme.faint);
        }
        for (mark, text) in self.y.iter().filter_map(|mark| Some((mark, mark.label.as_ref()?))) {
            let y = self.point(plot, (plot.x.range.start, mark.value)).1;
            let right = rect.left - drawing.points(GAP);
            drawing.write_to(right, y + label.cap_height() / 2.0, text, label, theme.faint);
        }
        let room = rect.right - self.left;
        // Above the highest label there is room for half of that.
        let baseline = rect.top - drawing.points(LINE_GAP);
        drawing.write(self.left, baseline, plot.y.name, room, label, theme.text);
        let name = drawing.fonts.fit(label, plot.x.name, rect.width());
        let left = (rect.left + rect.right - drawing.fonts.width(label, &name)) / 2.0;
        let baseline = drawing.height as f32 - drawing.points(MARGIN);
        drawing.write(left, baseline, &name, f32::INFINITY, label, theme.text);
    }

    /// Where a point stands, in pixels; what is infinitely far away is far away.
    fn point(&self, plot: &Plot<'_>, (x, y): (f64, f64)) -> Point {
        const FAR: f64 = 1e3;
        let Rect { left, top, right, bottom } = self.rect;
        let (x, y) = (plot.x.part(x).clamp(-FAR, FAR) as f32, plot.y.part(y).clamp(-FAR, FAR) as f32);
        (left + x * (right - left), bottom - y * (bottom - top))
    }
}

impl Plot<'_> {
    /// The names that its legend has.
    fn legend(&self) -> impl Iterator<Item = &str> {
        self.curves.iter().map(|curve| curve.name).filter(|name| !name.is_empty())
    }
}

fn widest(marks: &[AxisMark], face: Face, drawing: &Drawing) -> f32 {
    marks
        .iter()
        .filter_map(|mark| mark.label.as_deref())
        .map(|label| drawing.fonts.width(face, label))
        .fold(0.0, f32::max)
}
