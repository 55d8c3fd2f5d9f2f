//! Where everything stands in a figure.
//!
//! Lengths are given in points and come out in whole pixels, so that edges are sharp. Heights come first, as value axes
//! depend on them; then the gutters at both sides, as wide as their labels; what is left is for time.

use std::ops::Range;

use crate::bars::{Bar, bars};
use crate::drawing::{Drawing, Rect};
use crate::fonts::{Face, Weight};
use crate::pane::{Pane, Stat, ValueTick};
use crate::theme::Theme;
use crate::ticks::{Tick, ticks};
use crate::{Figure, MAX_SIDE, Options, PictureError};

/// The edge around everything.
pub(crate) const MARGIN: f32 = 16.0;
/// Between a header and its lane, and between a label and what it belongs to.
pub(crate) const GAP: f32 = 6.0;
/// From a lane to the top of the labels below it; the marks reach into it.
pub(crate) const AXIS_GAP: f32 = 9.0;
/// The width of a scale of colours.
pub(crate) const COLOR_BAR: f32 = 10.0;
/// From the end of a lane's marks to the next header.
const LANE_GAP: f32 = 18.0;
/// The same where names stand beside the lanes.
const DENSE_GAP: f32 = 3.0;
/// From the title to what is below.
const TITLE_GAP: f32 = 17.0;
/// The height of the ruler of bars.
const RULER: f32 = 15.0;
/// What the ruler of bars counts, to the left of it.
pub(crate) const RULER_WORD: &str = "bar";
/// From the ruler of bars to what is below.
const RULER_GAP: f32 = 12.0;
/// What is left free between two labels of the time axis.
const LABEL_GAP: f32 = 36.0;
/// The least width of a lane.
const LEAST_WIDTH: f32 = 120.0;
/// The most that names beside the lanes take of the width.
const NAMES: f32 = 0.22;

/// The places and typefaces of a figure.
pub(crate) struct Layout<'a> {
    pub theme: &'a Theme,
    pub range: Range<f64>,
    pub lanes: Vec<Place>,
    /// Whether names stand beside the lanes instead of above.
    pub is_dense: bool,
    /// Where the names beside the lanes begin, and how wide they are.
    pub names: (f32, f32),
    pub ticks: Vec<Tick>,
    pub bars: Vec<Bar>,
    /// The ruler of bars.
    pub ruler: Option<Rect>,
    /// The widest value of each figure in a header, so that they stand in columns.
    pub stat_widths: Vec<(&'static str, f32)>,
    pub title: Face,
    pub name: Face,
    pub stat: Face,
    pub label: Face,
}

/// The place of a lane.
pub(crate) struct Place {
    pub rect: Rect,
    pub axis: Vec<ValueTick>,
}

impl<'a> Layout<'a> {
    pub fn new(figure: &Figure<'_>, options: &'a Options, drawing: &Drawing) -> Result<Self, PictureError> {
        let range = figure.range.clone();
        let is_range = range.start >= 0.0 && range.end > range.start && range.end.is_finite();
        if !is_range {
            return Err(PictureError::Range { start: range.start, end: range.end });
        }
        if figure.lanes.is_empty() {
            return Err(PictureError::NoLanes);
        }
        let face = |weight, size| Face { weight, size: drawing.points(size) };
        let mut layout = Layout {
            theme: &options.theme,
            range,
            lanes: Vec::new(),
            is_dense: false,
            names: (0.0, 0.0),
            ticks: Vec::new(),
            bars: Vec::new(),
            ruler: None,
            stat_widths: Vec::new(),
            title: face(Weight::Bold, 17.0),
            name: face(Weight::Bold, 12.0),
            stat: face(Weight::Regular, 11.0),
            label: face(Weight::Regular, 10.0),
        };
        let panes: Vec<&dyn Pane> = figure.lanes.iter().map(|lane| lane.content.pane()).collect();
        let needed_height = layout.stack(figure, &panes, drawing);
        let needed_width = layout.widen(figure, &panes, drawing);
        if needed_height > options.height || needed_width > options.width {
            let &Options { width, height, dpi, .. } = options;
            return Err(PictureError::TooSmall { width, height, dpi, lanes: panes.len(), needed_width, needed_height });
        }
        layout.measure_stats(&panes, drawing);
        let per_second = f64::from(layout.width()) / (layout.range.end - layout.range.start);
        layout.ticks = ticks(&layout.range, |label, step| {
            f64::from(drawing.fonts.width(layout.label, label) + drawing.points(LABEL_GAP)) <= step * per_second
        });
        layout.bars = bars(figure.bars, &layout.range, |number, seconds| {
            let label = f64::from(drawing.fonts.width(layout.label, number) + drawing.points(2.5 * GAP));
            label <= seconds * per_second
        });
        Ok(layout)
    }

    /// The left edge of the hairline that stands for a moment, in whole pixels and within the lanes.
    pub fn x(&self, drawing: &Drawing, seconds: f64) -> f32 {
        let Rect { left, right, .. } = self.lanes[0].rect;
        self.place_of(seconds).round().min(right - drawing.hairline()).max(left)
    }

    /// Where a moment stands, in pixels; beyond the lanes when it is out of range.
    pub fn place_of(&self, seconds: f64) -> f32 {
        let Rect { left, right, .. } = self.lanes[0].rect;
        let part = (seconds - self.range.start) / (self.range.end - self.range.start);
        (f64::from(left) + part * f64::from(right - left)) as f32
    }

    /// The moments of the lines that help the eye along: bars where there are any, otherwise times.
    pub fn grid(&self) -> impl Iterator<Item = f64> {
        let bars = self.bars.iter().filter(|bar| bar.label.is_some()).map(|bar| bar.seconds);
        let times = self.ticks.iter().filter(|tick| tick.label.is_some()).map(|tick| tick.seconds);
        bars.chain(times.filter(|_| self.bars.is_empty()))
    }

    /// The width of a lane in pixels, a whole number.
    pub fn width(&self) -> f32 {
        self.lanes[0].rect.width()
    }

    /// The baseline of a lane's header.
    pub fn header(&self, drawing: &Drawing, place: &Place) -> f32 {
        (place.rect.top - drawing.points(GAP + 1.0)).round()
    }

    /// Sets the heights, and gives the least height that is enough.
    fn stack(&mut self, figure: &Figure<'_>, panes: &[&dyn Pane], drawing: &Drawing) -> u32 {
        let mut top = drawing.points(MARGIN);
        if !figure.title.is_empty() {
            top += self.title.cap_height() + drawing.points(TITLE_GAP);
        }
        if !figure.bars.is_empty() {
            let bottom = (top + drawing.points(RULER)).round();
            self.ruler = Some(Rect { left: 0.0, top: top.round(), right: 0.0, bottom });
            top = bottom + drawing.points(RULER_GAP);
        }
        let end = drawing.height as f32 - drawing.points(MARGIN + AXIS_GAP) - self.label.cap_height();

        let header = self.name.cap_height() + drawing.points(GAP + 1.0);
        let count = panes.len() as f32;
        let around = |is_dense: bool| {
            if is_dense {
                (count - 1.0) * drawing.points(DENSE_GAP)
            } else {
                (count - 1.0) * drawing.points(LANE_GAP) + count * header
            }
        };
        let roomy: Vec<f32> = panes.iter().map(|pane| drawing.points(pane.least_height())).collect();
        let dense: Option<Vec<f32>> =
            panes.iter().map(|pane| pane.least_dense_height().map(|height| drawing.points(height))).collect();
        let is_too_low = around(false) + roomy.iter().sum::<f32>() > end - top;
        let heights = match dense {
            Some(dense) if is_too_low || panes.iter().any(|pane| pane.is_always_dense()) => {
                self.is_dense = true;
                dense
            }
            _ => roomy,
        };
        let least: f32 = heights.iter().sum();
        let room = end - top - around(self.is_dense);
        for height in heights {
            let (start, gap) = if self.is_dense { (top, DENSE_GAP) } else { (top + header, LANE_GAP) };
            let bottom = start + height * (room / least).max(1.0);
            let rect = Rect { left: 0.0, top: start.round(), right: 0.0, bottom: bottom.round() };
            self.lanes.push(Place { rect, axis: Vec::new() });
            top = bottom + drawing.points(gap);
        }
        (drawing.height as f32 + least - room).ceil() as u32
    }

    /// Sets the widths, and gives the least width that is enough.
    fn widen(&mut self, figure: &Figure<'_>, panes: &[&dyn Pane], drawing: &Drawing) -> u32 {
        let mut axis_width = 0.0f32;
        for (place, pane) in self.lanes.iter_mut().zip(panes).filter(|_| !self.is_dense) {
            place.axis = pane.axis(drawing, &place.rect, self.label.cap_height());
            let widths = place.axis.iter().map(|tick| drawing.fonts.width(self.label, &tick.label));
            axis_width = widths.fold(axis_width, f32::max);
        }
        // The ruler's word stands in the gutter, too, and may be all that does.
        let ruler_width = self.ruler.map_or(0.0, |_| drawing.fonts.width(self.label, RULER_WORD));
        let widest_name = if self.is_dense {
            figure
                .lanes
                .iter()
                .zip(panes)
                .map(|(lane, pane)| self.name_width(lane.name, *pane, drawing))
                .fold(0.0, f32::max)
        } else {
            0.0
        };
        let bars = panes.iter().filter_map(|pane| pane.color_bar(self));
        let labels = bars.flat_map(|bar| bar.labels).map(|(_, label)| drawing.fonts.width(self.label, &label));
        let color_bar = labels.fold(None, |widest: Option<f32>, width| Some(width.max(widest.unwrap_or(0.0))));
        let color_bar = color_bar.map_or(0.0, |width| width + drawing.points(3.0 * GAP + COLOR_BAR));
        let edges = |width: f32| {
            let names = widest_name.min(NAMES * width);
            let left = (drawing.points(MARGIN + GAP) + (names + axis_width).max(ruler_width)).round();
            (names, left, (width - drawing.points(MARGIN) - color_bar).round())
        };
        let is_enough = |width: f32| {
            let (_, left, right) = edges(width);
            right - left >= drawing.points(LEAST_WIDTH)
        };
        let (names, left, right) = edges(drawing.width as f32);
        self.names = (drawing.points(MARGIN), names);
        for rect in self.lanes.iter_mut().map(|place| &mut place.rect).chain(self.ruler.as_mut()) {
            (rect.left, rect.right) = (left, right);
        }
        (1..MAX_SIDE).find(|&width| is_enough(width as f32)).unwrap_or(MAX_SIDE)
    }

    /// The width of a name and its badges, beside a lane.
    fn name_width(&self, name: &str, pane: &dyn Pane, drawing: &Drawing) -> f32 {
        let badges = pane.badges(self.theme).len();
        let gaps = if badges == 0 { 0.0 } else { (badges + 1) as f32 * drawing.points(GAP / 2.0) };
        drawing.fonts.width(self.stat, name) + badges as f32 * self.badge(drawing) + gaps
    }

    /// The side of the square of a badge.
    pub fn badge(&self, drawing: &Drawing) -> f32 {
        (self.stat.cap_height() + drawing.points(5.0)).round()
    }

    fn measure_stats(&mut self, panes: &[&dyn Pane], drawing: &Drawing) {
        let stats: Vec<Stat> = panes.iter().flat_map(|pane| pane.stats(self)).collect();
        for stat in stats {
            let width = drawing.fonts.width(self.stat, &stat.value);
            match self.stat_widths.iter_mut().find(|(what, _)| *what == stat.what) {
                Some((_, widest)) => *widest = widest.max(width),
                None => self.stat_widths.push((stat.what, width)),
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::frame::time_label_x;
    use crate::{Content, Lane, LoudnessCurves};

    #[test]
    fn labels_of_any_axis_stand_apart_and_within_the_picture() {
        let lanes = vec![Lane { name: "", content: Content::Loudness(LoudnessCurves::default()) }];
        let figure = Figure::new("", lanes);
        for (width, scale) in [(400, 1.0), (800, 1.0), (1600, 2.0), (1600, 1.0), (16_000, 3.0)] {
            let options = Options { width, height: 900, dpi: 72.0 * scale, theme: Theme::LIGHT };
            let drawing = Drawing::new(&options).unwrap();
            // From ten milliseconds to four months, from the start and from within an hour.
            for seconds in std::iter::successors(Some(0.01), |seconds| Some(seconds * 1.07)).take(300) {
                for start in [0.0, 1801.3] {
                    let figure = Figure { range: start..start + seconds, ..figure.clone() };
                    let layout = Layout::new(&figure, &options, &drawing).unwrap();
                    let (mut end, mut count) = (0.0, 0);
                    for tick in &layout.ticks {
                        let Some(label) = &tick.label else { continue };
                        let x = time_label_x(&drawing, &layout, tick.seconds, label);
                        // Half of what is left free at the marks is kept where the last label is moved inwards.
                        let gap = drawing.points(LABEL_GAP / 2.0);
                        assert!(count == 0 || x >= end + gap, "{start} {seconds} s: {label}");
                        end = x + drawing.fonts.width(layout.label, label);
                        count += 1;
                        assert!(x >= 0.0 && end <= width as f32, "{start} {seconds} s: {label}");
                    }
                    // What begins somewhere can have a mark less.
                    assert!(
                        count >= 2 - usize::from(start > 0.0),
                        "{start} {seconds} s on {width} pixels: {count} labels"
                    );
                }
            }
        }
    }
}
