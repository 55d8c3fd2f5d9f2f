//! Loudness over time, as EBU R 128 measures it: momentary, short-term, integrated, and the true peak.

use crate::drawing::{Drawing, Mark, Point, Rect};
use crate::layout::{Layout, Place};
use crate::number::{level, number, round_values};
use crate::pane::{Pane, Stat, ValueTick};
use crate::theme::Color;

/// Moments in seconds, rising, each with a value.
pub type Series<'a> = &'a [(f64, f64)];

/// Loudness over time. A series may be empty; silence, minus infinity, is a gap.
#[derive(Clone, Copy, PartialEq, Default, Debug)]
pub struct LoudnessCurves<'a> {
    /// The loudness of the 400 ms up to each moment, in LUFS.
    pub momentary: Series<'a>,
    /// The loudness of the 3 s up to each moment, in LUFS.
    pub short_term: Series<'a>,
    /// The largest magnitude of the continuous signal around each moment, in dBTP.
    pub true_peak: Series<'a>,
    /// The loudness of the whole, in LUFS, if it has one.
    pub integrated: Option<f64>,
}

/// The lowest level that an axis shows, and the lowest at which it can begin.
const LOWEST: f64 = -60.0;
const LEAST_SPAN: f64 = 18.0;
/// The thickness of lines in points: of the true peak, momentary, short-term and integrated loudness.
const PENS: [f32; 4] = [0.75, 1.0, 2.0, 1.25];
/// The lengths of a dash and of the gap behind it, in points.
const DASH: (f32, f32) = (6.0, 4.0);

/// The lowest and the highest level of an axis.
#[derive(Clone, Copy, PartialEq, Debug)]
struct Ends {
    low: f64,
    high: f64,
}

impl Ends {
    fn y(&self, rect: &Rect, value: f64) -> f32 {
        let &Ends { low, high } = self;
        rect.bottom - ((value.clamp(low, high) - low) / (high - low)) as f32 * rect.height()
    }
}

impl LoudnessCurves<'_> {
    /// The axis' ends: multiples of 6, with all levels from -60 on between them.
    fn ends(&self) -> Ends {
        let all = [self.momentary, self.short_term, self.true_peak];
        let values = all.iter().flat_map(|series| series.iter().map(|(_, value)| *value)).chain(self.integrated);
        let (low, high) = values
            .filter(|value| value.is_finite())
            .fold((f64::INFINITY, 0.0f64), |(low, high), value| (low.min(value), high.max(value)));
        // Absurd levels do not make an absurd axis.
        let high = ((high / 6.0).ceil() * 6.0).min(60.0);
        let low = (low.max(LOWEST) / 6.0).floor() * 6.0;
        Ends { low: low.min(high - LEAST_SPAN), high }
    }

    /// Draws a series as lines, as many as it has parts without silence.
    fn draw(
        &self,
        drawing: &mut Drawing,
        rect: &Rect,
        layout: &Layout<'_>,
        series: Series<'_>,
        pen: f32,
        color: Color,
    ) {
        let width = drawing.points(pen).max(1.0);
        let ends = self.ends();
        let mut points: Vec<Point> = Vec::new();
        let mut finish = |points: &mut Vec<Point>| {
            if points.len() > 1 {
                drawing.marks.push(Mark::Line { points: std::mem::take(points), width, color });
            }
            points.clear();
        };
        for (x, low, high) in columns(series, layout) {
            let Some((low, high)) = low.zip(high) else {
                finish(&mut points);
                continue;
            };
            let (low, high) = (ends.y(rect, low), ends.y(rect, high));
            // From the end that is nearer, so that the line does not go back and forth.
            let before = points.last().map_or(low, |point| point.1);
            let (first, second) = if (before - low).abs() <= (before - high).abs() { (low, high) } else { (high, low) };
            points.push((x, first));
            if first != second {
                points.push((x, second));
            }
        }
        finish(&mut points);
    }
}

impl Pane for LoudnessCurves<'_> {
    fn end(&self) -> f64 {
        let all = [self.momentary, self.short_term, self.true_peak];
        all.iter().filter_map(|series| series.last()).map(|(seconds, _)| *seconds).fold(0.0, f64::max)
    }

    fn least_height(&self) -> f32 {
        60.0
    }

    fn stats(&self, layout: &Layout<'_>) -> Vec<Stat> {
        let theme = layout.theme;
        let highest = |series: Series<'_>| series.iter().map(|(_, value)| *value).fold(f64::NEG_INFINITY, f64::max);
        let [peak, momentary, short_term, integrated] = theme.lines;
        let stat = |color: Color, what: &'static str, value: String| Stat {
            swatch: Some(color),
            what,
            value,
            color: theme.text,
        };
        let most = |series: Series<'_>| format!("max {}", level(highest(series), "").trim_end());
        let mut stats = Vec::new();
        if let Some(value) = self.integrated {
            stats.push(stat(integrated, "Integrated", level(value, "LUFS")));
        }
        if !self.short_term.is_empty() {
            stats.push(stat(short_term, "Short-term", most(self.short_term)));
        }
        if !self.momentary.is_empty() {
            stats.push(stat(momentary, "Momentary", most(self.momentary)));
        }
        if !self.true_peak.is_empty() {
            let value = highest(self.true_peak);
            let color = if value > 0.0 { theme.clip } else { theme.text };
            stats.push(Stat { color, ..stat(peak, "True peak", level(value, "dBTP")) });
        }
        stats
    }

    fn axis(&self, _drawing: &Drawing, rect: &Rect, label: f32) -> Vec<ValueTick> {
        let ends = self.ends();
        let Ends { low, high } = ends;
        let least = f64::from(3.0 * label / rect.height()) * (high - low);
        // Multiples of 3, as levels are read in halvings; where they have no room, of 6, 12 and 24.
        let step = [3.0, 6.0, 12.0, 24.0, 48.0].into_iter().find(|&step| step >= least);
        let values = step.map_or_else(Vec::new, |step| {
            round_values(low / step, high / step, 1.0).into_iter().map(|value| value * step).collect()
        });
        values.into_iter().rev().map(|value| ValueTick { y: ends.y(rect, value), label: number(value) }).collect()
    }

    fn paint(&self, drawing: &mut Drawing, place: &Place, layout: &Layout<'_>) {
        let rect = place.rect;
        let theme = layout.theme;
        drawing.fill(rect, theme.lane);
        for tick in &place.axis {
            drawing.horizontal(tick.y.clamp(rect.top + 1.0, rect.bottom - 1.0), rect.left, rect.right, theme.grid);
        }
        for seconds in layout.grid() {
            drawing.vertical(layout.x(drawing, seconds), rect.top, rect.bottom, theme.grid);
        }
        let series = [self.true_peak, self.momentary, self.short_term];
        for ((series, pen), color) in series.into_iter().zip(PENS).zip(theme.lines) {
            self.draw(drawing, &rect, layout, series, pen, color);
        }
        if let Some(value) = self.integrated.filter(|value| value.is_finite()) {
            // On whole pixels, as a level line is only sharp there.
            let height = drawing.whole(PENS[3]).max(1.0);
            let top = (self.ends().y(&rect, value) - height / 2.0).round();
            let (dash, gap) = (drawing.whole(DASH.0), drawing.whole(DASH.1));
            let mut left = rect.left;
            while left < rect.right {
                let right = (left + dash).min(rect.right);
                drawing.fill(Rect { left, top, right, bottom: top + height }, theme.lines[3]);
                left += dash + gap;
            }
        }
    }
}

/// A series as at most two values for each column of pixels: where it stands, its lowest and its highest value. Where the
/// series is silent, or lower than any axis, there is none. Values on both sides of the range are kept, so that lines come from outside, at the edge.
fn columns(series: Series<'_>, layout: &Layout<'_>) -> Vec<(f32, Option<f64>, Option<f64>)> {
    let rect = layout.lanes[0].rect;
    let first = series.partition_point(|(seconds, _)| *seconds < layout.range.start).saturating_sub(1);
    let last = (series.partition_point(|(seconds, _)| *seconds <= layout.range.end) + 1).min(series.len());
    let shown = &series[first.min(last)..last];
    let x = |seconds: f64| layout.place_of(seconds).clamp(rect.left, rect.right);
    let is_dense = shown.len() as f32 > rect.width();
    let same =
        |a: &(f64, f64), b: &(f64, f64)| is_dense && x(a.0).floor() == x(b.0).floor() && is_heard(a) == is_heard(b);
    let column = |group: &[(f64, f64)]| {
        let at = if group.len() > 1 { x(group[0].0).floor() + 0.5 } else { x(group[0].0) };
        if !is_heard(&group[0]) {
            return (at, None, None);
        }
        let low = group.iter().map(|(_, value)| *value).fold(f64::INFINITY, f64::min);
        let high = group.iter().map(|(_, value)| *value).fold(f64::NEG_INFINITY, f64::max);
        (at, Some(low), Some(high))
    };
    shown.chunk_by(same).map(column).collect()
}

/// Whether a value is one that the axis has.
fn is_heard(value: &(f64, f64)) -> bool {
    value.1.is_finite() && value.1 >= LOWEST
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_axis_has_all_levels_on_it() {
        let series = [(0.0, f64::NEG_INFINITY), (1.0, -23.5), (2.0, -14.0), (3.0, 1.5)];
        let loudness = LoudnessCurves { momentary: &series, ..LoudnessCurves::default() };
        assert_eq!(loudness.ends(), Ends { low: -24.0, high: 6.0 });
        assert_eq!(loudness.end(), 3.0);
        let silent = [(0.0, f64::NEG_INFINITY), (1.0, f64::NAN)];
        assert_eq!(
            LoudnessCurves { momentary: &silent, ..LoudnessCurves::default() }.ends(),
            Ends { low: -18.0, high: 0.0 }
        );
        let faint = [(0.0, -190.0), (1.0, -3.0)];
        assert_eq!(
            LoudnessCurves { momentary: &faint, ..LoudnessCurves::default() }.ends(),
            Ends { low: -60.0, high: 0.0 }
        );
    }
}
