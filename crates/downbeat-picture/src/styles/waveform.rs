//! The waveform: from the lowest to the highest sample, and within it the RMS.

use downbeat_dsp::Column;

use crate::drawing::{Drawing, Mark, Point, Rect};
use crate::layout::{Layout, Place};
use crate::number::{level, number};
use crate::pane::{Pane, Stat, ValueTick};
use crate::theme::{Color, Theme, between};
use crate::wave::{Columns, Wave};

/// A sound's extremes and, within them, its RMS to both sides.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct Waveform<'a> {
    /// The sound.
    pub wave: Wave<'a>,
    /// Whether each channel has a waveform of its own, one below the other. Otherwise one shows all channels together.
    pub is_split: bool,
    /// The amplitude at the upper and lower edge, as a factor of full scale: 1 unless a faint sound is to be seen.
    /// What lies beyond is cut off and marked.
    pub edge: f32,
}

/// The strips above and below the edges, in which samples beyond are marked.
const STRIP: f32 = 5.0;
/// The thickness of the line, in points.
const PEN: f32 = 1.25;
/// How many points of a line there are for each pixel, so that steep lines are smooth.
const PARTS: usize = 4;
/// The least height of a channel with its axis: enough for labels at -1, 0 and 1.
const LEAST_LANE: f32 = 36.0;
/// The least height of a channel that is drawn by itself.
const LEAST_ROW: f32 = 14.0;
/// Between two channels.
const CHANNEL_GAP: f32 = 2.0;

/// A column of pixels shorter than this, in seconds, shows a part of a wave and no more: it is drawn as a line, and has
/// no RMS worth the name. A millisecond is one period at 1 kHz.
const SHORT_COLUMN: f64 = 1e-3;

impl<'a> Waveform<'a> {
    /// A whole sound from the beginning of the axis on, all channels together, up to full scale.
    pub fn new(pyramid: &'a downbeat_dsp::Pyramid) -> Self {
        Waveform { wave: Wave::new(pyramid), is_split: false, edge: 1.0 }
    }

    /// The same with a waveform for each channel.
    pub fn split(pyramid: &'a downbeat_dsp::Pyramid) -> Self {
        Waveform { is_split: true, ..Waveform::new(pyramid) }
    }

    /// The channels that are drawn, and where: none is all channels together. Channels that would be too low to be seen
    /// are drawn together.
    pub(crate) fn rows(&self, drawing: &Drawing, rect: &Rect) -> Vec<(Option<usize>, Rect)> {
        let count = self.wave.pyramid.channels();
        let gap = drawing.whole(CHANNEL_GAP);
        let height = (rect.height() - gap * (count - 1) as f32) / count as f32;
        if !self.is_split || count == 1 || height < drawing.points(LEAST_ROW) {
            return vec![(None, *rect)];
        }
        let row = |i: usize| {
            let top = rect.top + i as f32 * (height + gap);
            (Some(i), Rect { top: top.round(), bottom: (top + height).round(), ..*rect })
        };
        (0..count).map(row).collect()
    }

    /// Whether a picture is so fine that the waveform is a line, without its RMS, and the sound is known as finely.
    fn is_fine(&self, layout: &Layout<'_>) -> bool {
        let column = (layout.range.end - layout.range.start) / f64::from(layout.width());
        let frames = column * f64::from(self.wave.pyramid.rate());
        column < SHORT_COLUMN && self.wave.pyramid.bin_frames(0) as f64 <= (frames / PARTS as f64).max(1.0)
    }

    fn paint_row(&self, drawing: &mut Drawing, row: &Rect, channel: Option<usize>, layout: &Layout<'_>) {
        let columns = self.wave.columns(&layout.range, row, channel);
        let scale = Scale::new(drawing, row, self.edge);
        paint_ground(drawing, row, &columns, &scale, layout);
        if self.is_fine(layout) {
            let points = self.points(row, channel, &scale, layout);
            let width = drawing.points(PEN).max(1.0);
            drawing.marks.push(Mark::Line { points, width, color: layout.theme.peaks });
        } else {
            let bands = scale.bands(&columns);
            drawing.marks.push(Mark::Band { left: columns.left, columns: bands.outer, color: layout.theme.peaks });
            drawing.marks.push(Mark::Band { left: columns.left, columns: bands.inner, color: layout.theme.rms });
        }
        mark_beyond(drawing, row, &columns, self.edge, &scale, layout.theme.clip);
    }

    /// The waveform as points of a line: every frame, or the extremes of several, whichever are fewer.
    fn points(&self, row: &Rect, channel: Option<usize>, scale: &Scale, layout: &Layout<'_>) -> Vec<Point> {
        let range = &layout.range;
        let frames = self.wave.frames(range);
        let finest = row.width() as usize * PARTS;
        let rate = f64::from(self.wave.pyramid.rate());
        // Frames on both sides of the range, so that the line comes from outside.
        let (first, last) = (frames.start.floor().max(0.0), frames.end.ceil() + 1.0);
        let mut points: Vec<Point> = Vec::new();
        let mut add = |seconds: f64, amplitude: f32| {
            let part = (seconds - range.start) / (range.end - range.start);
            let x = f64::from(row.left) + part * f64::from(row.width());
            points.push((x as f32, scale.y(amplitude)));
        };
        if last - first <= finest as f64 {
            let seconds = |frame: f64| self.wave.start + frame / rate;
            let columns = self.wave.fine_columns(&(seconds(first)..seconds(last)), (last - first) as usize, channel);
            for (i, column) in columns.iter().enumerate() {
                add(seconds(first + i as f64), column.high);
            }
        } else {
            let mut before = 0.0;
            let skipped = (-frames.start / (frames.end - frames.start) * finest as f64).max(0.0) as usize;
            for (i, column) in self.wave.fine_columns(range, finest, channel).iter().enumerate().skip(skipped) {
                let middle = range.start + (i as f64 + 0.5) / finest as f64 * (range.end - range.start);
                let Column { low, high, .. } = *column;
                let is_falling = (before - high).abs() < (before - low).abs();
                let (first, second) = if is_falling { (high, low) } else { (low, high) };
                add(middle, first);
                if first != second {
                    add(middle, second);
                }
                before = second;
            }
        }
        within(points, row.left, row.right)
    }
}

impl Pane for Waveform<'_> {
    fn end(&self) -> f64 {
        self.wave.end()
    }

    fn least_height(&self) -> f32 {
        LEAST_LANE * if self.is_split { self.wave.pyramid.channels() as f32 } else { 1.0 }
    }

    fn least_dense_height(&self) -> Option<f32> {
        // An enlarged waveform says nothing without its axis.
        (self.edge == 1.0).then_some(LEAST_ROW)
    }

    fn stats(&self, layout: &Layout<'_>) -> Vec<Stat> {
        let theme = layout.theme;
        let rms = (!self.is_fine(layout)).then_some(theme.rms);
        levels(&self.wave, Some(theme.peaks), rms, theme)
    }

    fn axis(&self, drawing: &Drawing, rect: &Rect, label: f32) -> Vec<ValueTick> {
        let rows = self.rows(drawing, rect);
        let mut ticks = Vec::new();
        for (channel, row) in rows {
            let scale = Scale::new(drawing, &row, self.edge);
            for (amplitude, text) in scale.amplitudes(label) {
                // Where there are several channels, their names stand in the middle.
                let text = match channel {
                    Some(channel) if amplitude == 0.0 => channel_name(channel, self.wave.pyramid.channels()),
                    _ => text,
                };
                ticks.push(ValueTick { y: scale.y(amplitude), label: text });
            }
        }
        // In a low lane the outermost labels would meet those of the next channel, or of the next lane.
        let (top, bottom) =
            (rect.top + (label / 2.0 - drawing.points(1.0)), rect.bottom - (label / 2.0 - drawing.points(1.0)));
        ticks.retain(|tick| (top..=bottom).contains(&tick.y));
        ticks.dedup_by(|next, before| next.y - before.y < 1.2 * label);
        ticks
    }

    fn paint(&self, drawing: &mut Drawing, place: &Place, layout: &Layout<'_>) {
        for (channel, row) in self.rows(drawing, &place.rect) {
            self.paint_row(drawing, &row, channel, layout);
        }
    }
}

/// The figures of a sound, with the colours they have in the waveform.
pub(crate) fn levels(wave: &Wave<'_>, peaks: Option<Color>, rms: Option<Color>, theme: &Theme) -> Vec<Stat> {
    let pyramid = wave.pyramid;
    let color = if pyramid.clips() { theme.clip } else { theme.text };
    vec![
        Stat { swatch: peaks, what: "Peak", value: level(pyramid.peak_db(), "dBFS"), color },
        Stat { swatch: rms, what: "RMS", value: level(pyramid.rms_db(), "dBFS"), color: theme.text },
    ]
}

/// What a channel is called.
fn channel_name(channel: usize, count: usize) -> String {
    match (channel, count) {
        (0, 2) => "L".to_owned(),
        (1, 2) => "R".to_owned(),
        _ => (channel + 1).to_string(),
    }
}

/// Where amplitudes stand in a row.
pub(crate) struct Scale {
    middle: f32,
    half: f32,
    edge: f32,
    /// The least height of a column, so that silence is a line.
    least: f32,
}

/// A waveform's columns, from top to bottom, in pixels.
pub(crate) struct Bands {
    pub outer: Vec<(f32, f32)>,
    pub inner: Vec<(f32, f32)>,
}

impl Scale {
    pub fn new(drawing: &Drawing, row: &Rect, edge: f32) -> Self {
        let middle = (row.top + row.bottom) / 2.0;
        // Low rows have no room to give away.
        let strip = drawing.whole(STRIP).min((row.height() / 12.0).round());
        let edge = if edge > 0.0 { edge } else { 1.0 };
        Scale { middle, half: middle - row.top - strip, edge, least: drawing.points(1.0).max(1.0) }
    }

    /// The height at which an amplitude stands, at the edge when it is beyond.
    pub fn y(&self, amplitude: f32) -> f32 {
        self.middle - (amplitude / self.edge).clamp(-1.0, 1.0) * self.half
    }

    /// The amplitudes that are marked, as many as there is room for with labels so high.
    fn amplitudes(&self, label: f32) -> Vec<(f32, String)> {
        let parts: &[f32] = if self.half > 3.6 * label { &[1.0, 0.5, 0.0, -0.5, -1.0] } else { &[1.0, 0.0, -1.0] };
        parts.iter().map(|part| (part * self.edge, number(f64::from(part * self.edge)))).collect()
    }

    /// From columns to heights: the extremes, at least a point high, and within them the RMS.
    pub fn bands(&self, columns: &Columns) -> Bands {
        let outer = |column: &Column| {
            let (top, bottom) = (self.y(column.high), self.y(column.low));
            let lacking = (self.least - (bottom - top)).max(0.0) / 2.0;
            (top - lacking, bottom + lacking)
        };
        // A waveform that leans to one side can have an RMS beyond its extremes on the other.
        let inner = |column: &Column| {
            let (top, bottom) = (self.y(column.high), self.y(column.low));
            let inner = (self.y(column.rms).max(top), self.y(-column.rms).min(bottom));
            (inner.0, inner.1.max(inner.0))
        };
        Bands { outer: columns.columns.iter().map(outer).collect(), inner: columns.columns.iter().map(inner).collect() }
    }
}

/// Draws what is behind a waveform. Where there is no sound, the lane is paler.
fn paint_ground(drawing: &mut Drawing, row: &Rect, columns: &Columns, scale: &Scale, layout: &Layout<'_>) {
    let theme = layout.theme;
    let right = columns.left + columns.columns.len() as f32;
    drawing.fill(*row, between(theme.lane, theme.surround));
    drawing.fill(Rect { left: columns.left, right, ..*row }, theme.lane);
    for (amplitude, _) in scale.amplitudes(layout.label.cap_height()) {
        drawing.horizontal(scale.y(amplitude), row.left, row.right, theme.grid);
    }
    for seconds in layout.grid() {
        drawing.vertical(layout.x(drawing, seconds), row.top, row.bottom, theme.grid);
    }
}

/// Draws a line at the edge that a sound goes beyond, and in the strip outside marks for the places.
fn mark_beyond(drawing: &mut Drawing, row: &Rect, columns: &Columns, edge: f32, scale: &Scale, color: Color) {
    let (left, right) = (columns.left, columns.left + columns.columns.len() as f32);
    let upper = Rect { bottom: scale.y(edge), ..*row };
    let lower = Rect { top: scale.y(-edge), ..*row };
    let above = columns.columns.iter().map(|column| column.high > edge).collect::<Vec<_>>();
    let below = columns.columns.iter().map(|column| column.low < -edge).collect::<Vec<_>>();
    for (strip, line, beyond) in [(upper, upper.bottom, above), (lower, lower.top, below)] {
        if !beyond.contains(&true) {
            continue;
        }
        // A point to either side, so that a single sample is seen.
        let reach = drawing.points(1.0).round() as usize;
        for i in 0..beyond.len() {
            if beyond[i.saturating_sub(reach)..(i + reach + 1).min(beyond.len())].contains(&true) {
                let left = left + i as f32;
                drawing.fill(Rect { left, right: left + 1.0, ..strip }, color);
            }
        }
        drawing.horizontal(line, left, right, color);
    }
}

/// The part of a line that lies between `left` and `right`, cut off on the way where it comes from outside.
fn within(points: Vec<Point>, left: f32, right: f32) -> Vec<Point> {
    let at = |a: Point, b: Point, x: f32| (x, a.1 + (b.1 - a.1) * ((x - a.0) / (b.0 - a.0)));
    let mut kept = Vec::with_capacity(points.len());
    for (i, &point) in points.iter().enumerate() {
        let is_inside = |point: Point| point.0 >= left && point.0 <= right;
        if is_inside(point) {
            kept.push(point);
        }
        let Some(&next) = points.get(i + 1) else { break };
        for edge in [left, right] {
            if (point.0 < edge && next.0 > edge) && point.0 < next.0 {
                kept.push(at(point, next, edge));
            }
        }
    }
    kept
}

#[cfg(test)]
mod tests {
    use downbeat_dsp::{Audio, Format, Pyramid};

    use super::*;
    use crate::Options;

    #[test]
    fn labels_do_not_meet_in_a_low_lane() {
        // A pixel a point.
        let drawing = Drawing::new(&Options { dpi: 72.0, ..Options::default() }).unwrap();
        let pyramid = Pyramid::of(&Audio::silence(Format::stereo(48_000), 100));
        let labels = |bottom: f32| {
            let rect = Rect { left: 0.0, top: 0.0, right: 500.0, bottom };
            let ticks = Waveform::split(&pyramid).axis(&drawing, &rect, 9.0);
            ticks.into_iter().map(|tick| (tick.y, tick.label)).collect::<Vec<_>>()
        };
        let marks = |marks: &[(f32, &str)]| marks.iter().map(|(y, text)| (*y, (*text).to_string())).collect::<Vec<_>>();
        let left = [(5.0, "1"), (27.5, "0.5"), (50.0, "L"), (72.5, "−0.5"), (95.0, "−1")];
        let right = [(107.0, "1"), (129.5, "0.5"), (152.0, "R"), (174.5, "−0.5"), (197.0, "−1")];
        assert_eq!(labels(202.0), marks(&[left, right].concat()));
        // Rows of 36 pixels have no room for halves. Labels at 3 and at 71 would reach out of the lane, and one at 41 is too
        // near to the one at 33.
        assert_eq!(labels(74.0), marks(&[(18.0, "L"), (33.0, "−1"), (56.0, "R")]));
    }

    #[test]
    fn a_line_is_cut_at_the_edges() {
        let line = |points: &[Point]| within(points.to_vec(), 0.0, 10.0);
        assert_eq!(line(&[(-5.0, 0.0), (5.0, 10.0), (15.0, 0.0)]), [(0.0, 5.0), (5.0, 10.0), (10.0, 5.0)]);
        assert_eq!(line(&[(-10.0, 0.0), (30.0, 40.0)]), [(0.0, 10.0), (10.0, 20.0)]);
        assert_eq!(line(&[(0.0, 1.0), (10.0, 2.0)]), [(0.0, 1.0), (10.0, 2.0)]);
        assert_eq!(line(&[(-3.0, 1.0), (-1.0, 2.0)]), [(0.0, 0.0); 0]);
    }
}
