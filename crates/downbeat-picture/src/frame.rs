//! What stands around the lanes: the title, names and figures, the rulers, the value axes and the scales of colours.

use crate::drawing::{Drawing, Mark, Rect};
use crate::layout::{AXIS_GAP, COLOR_BAR, GAP, Layout, MARGIN, Place, RULER_WORD};
use crate::pane::{Pane, Stat};

/// The side of the square of colour beside a figure.
const SWATCH: f32 = 8.0;
/// Between two figures.
const STAT_GAP: f32 = 16.0;
/// The least room for a name above a lane.
const LEAST_NAME: f32 = 48.0;

pub(crate) fn draw_title(drawing: &mut Drawing, layout: &Layout<'_>, title: &str) {
    let Rect { left, right, .. } = layout.lanes[0].rect;
    let left = if layout.is_dense { layout.names.0 } else { left };
    let baseline = drawing.points(MARGIN) + layout.title.cap_height();
    drawing.write(left, baseline, title, right - left, layout.title, layout.theme.text);
}

/// Draws the ruler of bars: a strip with a line where a bar begins and its number behind the line.
pub(crate) fn draw_bars(drawing: &mut Drawing, layout: &Layout<'_>) {
    let Some(rect) = layout.ruler else { return };
    let theme = layout.theme;
    let face = layout.label;
    let baseline = ((rect.top + rect.bottom + face.cap_height()) / 2.0).round();
    drawing.fill(rect, theme.lane);
    drawing.write_to(rect.left - drawing.points(GAP), baseline, RULER_WORD, face, theme.faint);
    for bar in &layout.bars {
        let x = layout.x(drawing, bar.seconds);
        let height = if bar.label.is_some() { rect.height() } else { (rect.height() / 3.0).round() };
        drawing.vertical(x, rect.bottom - height, rect.bottom, theme.faint);
        if let Some(label) = &bar.label {
            let x = x + drawing.hairline() + drawing.points(GAP / 2.0);
            drawing.write(x, baseline, label, rect.right - x, face, theme.text);
        }
    }
}

/// Writes a lane's name: above it with its figures at the right, or beside it with its badges.
pub(crate) fn draw_name(drawing: &mut Drawing, layout: &Layout<'_>, name: &str, pane: &dyn Pane, place: &Place) {
    if layout.is_dense {
        draw_name_beside(drawing, layout, name, pane, place);
        return;
    }
    let rect = place.rect;
    // A long name gives way to the figures until it has half of the width.
    let name_width = drawing.fonts.width(layout.name, name).max(drawing.points(LEAST_NAME)).min(rect.width() / 2.0);
    let stats = pane.stats(layout);
    let mut end = rect.right;
    for stat in fitting(drawing, layout, stats, rect.width() - name_width).iter().rev() {
        end = draw_stat(drawing, layout, stat, end, layout.header(drawing, place)) - drawing.points(STAT_GAP);
    }
    let baseline = layout.header(drawing, place);
    drawing.write(rect.left, baseline, name, end - rect.left, layout.name, layout.theme.text);
}

/// Draws the labels of the value axis and the marks they belong to.
pub(crate) fn draw_axis(drawing: &mut Drawing, layout: &Layout<'_>, place: &Place) {
    let right = place.rect.left - drawing.points(GAP);
    for tick in &place.axis {
        let baseline = tick.y + layout.label.cap_height() / 2.0;
        drawing.write_to(right, baseline, &tick.label, layout.label, layout.theme.faint);
    }
}

/// Draws the scale of colours at the right of a lane.
pub(crate) fn draw_color_bar(drawing: &mut Drawing, layout: &Layout<'_>, pane: &dyn Pane, place: &Place) {
    let Some(bar) = pane.color_bar(layout) else { return };
    let Rect { top, bottom, right, .. } = place.rect;
    let (left, width) = (right + drawing.whole(1.5 * GAP), drawing.whole(COLOR_BAR));
    let height = bottom - top;
    let mut pixels = Vec::new();
    for y in 0..height as usize {
        let level = 1.0 - (y as f32 + 0.5) / height;
        pixels.resize(pixels.len() + width as usize, crate::map::place(level));
    }
    let palette = bar.map.palette();
    drawing.marks.push(Mark::Raster { left: left as u32, top: top as u32, width: width as u32, pixels, palette });
    let cap = layout.label.cap_height();
    // Labels at the ends stand within the bar's height, and no two come closer than a line to one another.
    let mut written: Vec<f32> = Vec::new();
    for (level, label) in bar.labels {
        let baseline = (bottom - level * height + cap / 2.0).min(bottom).max(top + cap);
        if written.iter().all(|other| (other - baseline).abs() >= 2.0 * cap) {
            let x = left + width + drawing.points(GAP);
            drawing.write(x, baseline, &label, f32::INFINITY, layout.label, layout.theme.faint);
            written.push(baseline);
        }
    }
}

/// Draws the marks of time below the lanes, and the times below the last one.
pub(crate) fn draw_times(drawing: &mut Drawing, layout: &Layout<'_>) {
    let last = layout.lanes.len() - 1;
    for (i, place) in layout.lanes.iter().enumerate() {
        if i < last && layout.is_dense {
            continue;
        }
        for tick in &layout.ticks {
            let length = if tick.label.is_some() { 5.0 } else { 3.0 };
            let (top, length) = (place.rect.bottom, drawing.whole(length));
            let x = layout.x(drawing, tick.seconds);
            drawing.vertical(x, top, top + length, layout.theme.faint);
        }
    }
    let baseline = layout.lanes[last].rect.bottom + drawing.points(AXIS_GAP) + layout.label.cap_height();
    for tick in &layout.ticks {
        let Some(label) = &tick.label else { continue };
        let x = time_label_x(drawing, layout, tick.seconds, label);
        drawing.write(x, baseline, label, f32::INFINITY, layout.label, layout.theme.faint);
    }
}

/// Where the label of a moment begins: centred on its mark, unless it would leave the picture.
pub(crate) fn time_label_x(drawing: &Drawing, layout: &Layout<'_>, seconds: f64, label: &str) -> f32 {
    let width = drawing.fonts.width(layout.label, label);
    let edge = drawing.points(MARGIN / 4.0);
    let x = layout.x(drawing, seconds) + (drawing.hairline() - width) / 2.0;
    x.min(drawing.width as f32 - edge - width).max(edge)
}

fn draw_name_beside(drawing: &mut Drawing, layout: &Layout<'_>, name: &str, pane: &dyn Pane, place: &Place) {
    let Rect { top, bottom, .. } = place.rect;
    let face = layout.stat;
    let (left, width) = layout.names;
    let side = layout.badge(drawing);
    let middle = (top + bottom) / 2.0;
    let mut end = left + width;
    for (sign, color) in pane.badges(layout.theme).into_iter().rev() {
        let (x, y) = ((end - side).round(), (middle - side / 2.0).round());
        drawing.fill(Rect { left: x, top: y, right: x + side, bottom: y + side }, color);
        let x = x + (side - drawing.fonts.width(face, sign)) / 2.0;
        drawing.write(x, y + (side + face.cap_height()) / 2.0, sign, side, face, layout.theme.surround);
        end -= side + drawing.points(GAP / 2.0);
    }
    if end < left + width {
        end -= drawing.points(GAP / 2.0);
    }
    drawing.write(left, middle + face.cap_height() / 2.0, name, end - left, face, layout.theme.text);
}

/// The figures that fit in `room`: all of them, or when all are explained by their colours, these alone, or the first few.
fn fitting(drawing: &Drawing, layout: &Layout<'_>, mut stats: Vec<Stat>, room: f32) -> Vec<Stat> {
    let width = |stats: &[Stat]| -> f32 {
        stats.iter().map(|stat| stat_width(drawing, layout, stat) + drawing.points(STAT_GAP)).sum()
    };
    if width(&stats) > room && stats.len() > 2 && stats.iter().all(|stat| stat.swatch.is_some()) {
        stats.iter_mut().for_each(|stat| stat.value.clear());
    }
    while !stats.is_empty() && width(&stats) > room {
        stats.pop();
    }
    stats
}

/// Writes a figure that ends at `end`, and gives where it starts.
fn draw_stat(drawing: &mut Drawing, layout: &Layout<'_>, stat: &Stat, end: f32, baseline: f32) -> f32 {
    let start = end - stat_width(drawing, layout, stat);
    let mut x = start;
    if let Some(color) = stat.swatch {
        let (left, side) = (start.round(), drawing.whole(SWATCH));
        drawing.fill(Rect { left, top: baseline - side, right: left + side, bottom: baseline }, color);
        x += drawing.points(SWATCH + 0.75 * GAP);
    }
    drawing.write(x, baseline, stat.what, f32::INFINITY, layout.stat, layout.theme.faint);
    drawing.write_to(end, baseline, &stat.value, layout.stat, stat.color);
    start
}

fn stat_width(drawing: &Drawing, layout: &Layout<'_>, stat: &Stat) -> f32 {
    let swatch = if stat.swatch.is_some() { drawing.points(SWATCH + 0.75 * GAP) } else { 0.0 };
    let what = drawing.fonts.width(layout.stat, stat.what);
    if stat.value.is_empty() {
        return swatch + what;
    }
    let widest = layout.stat_widths.iter().find(|(what, _)| *what == stat.what);
    swatch + what + drawing.points(0.75 * GAP) + widest.map_or(0.0, |(_, width)| *width)
}
