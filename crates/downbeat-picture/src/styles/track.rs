//! A track of a session: its segments as boxes with the names of their effects, and the waveform in them.

use downbeat_dsp::Pyramid;

use crate::drawing::{Drawing, Mark, Rect};
use crate::layout::{Layout, Place};
use crate::pane::Pane;
use crate::styles::waveform::Scale;
use crate::theme::{Color, Theme, Tint, between};
use crate::wave::{Columns, Wave};
use crate::{Content, Figure, Lane};

/// A lane of the overview of a session: a track, a bus or the master.
#[derive(Clone, PartialEq, Default, Debug)]
pub struct Track<'a> {
    /// What sounds there, from the beginning of the axis on; none draws the segments alone.
    pub sound: Option<&'a Pyramid>,
    /// What it consists of, in order, not overlapping. Without segments the waveform stands by itself.
    pub segments: Vec<Segment<'a>>,
    /// Whether it is silenced.
    pub is_muted: bool,
    /// Whether it is one of those that alone are heard.
    pub is_soloed: bool,
    /// The amplitude at the edge of the lane, as a factor of full scale; what is not above 0 is taken as 1.
    pub edge: f32,
}

/// A stretch of a track with its effects.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct Segment<'a> {
    /// Where it begins, in seconds.
    pub start: f64,
    /// Where it ends, in seconds.
    pub end: f64,
    /// What is done to it, such as `reverse > soft_clip`; may be empty. Segments of a track with the same label have the
    /// same colours.
    pub label: &'a str,
}

/// A figure of a whole session: tracks, buses and master from top to bottom, each with its name. All are enlarged alike
/// until the loudest fills its lane.
pub fn overview<'a>(title: &'a str, tracks: Vec<(&'a str, Track<'a>)>) -> Figure<'a> {
    let peaks = tracks.iter().filter_map(|(_, track)| track.sound).map(Pyramid::peak);
    let edge = peaks.fold(0.0, f32::max).min(1.0);
    let lane = |(name, track)| Lane { name, content: Content::Track(Track { edge, ..track }) };
    Figure::new(title, tracks.into_iter().map(lane).collect())
}

/// The least height of a lane, in points, in which segments have their labels: a line of text and as much for the sound.
const LABELLED: f32 = 26.0;
/// What is left free at both sides of a label.
const PADDING: f32 = 4.0;
/// The height of a label's strip.
const STRIP: f32 = 13.0;

impl<'a> Track<'a> {
    /// The colours of each segment: by its label, in the order in which labels come in this track.
    fn tints(&self, theme: &Theme) -> Vec<Tint> {
        let [tints @ .., plain] = theme.tints;
        let mut labels: Vec<&'a str> = Vec::new();
        let mut tint = |segment: &Segment<'a>| {
            if segment.label.is_empty() {
                return plain;
            }
            let known = labels.iter().position(|label| *label == segment.label);
            let index = known.unwrap_or_else(|| {
                labels.push(segment.label);
                labels.len() - 1
            });
            tints[index % tints.len()]
        };
        self.segments.iter().map(&mut tint).collect()
    }

    /// The width that the label of a segment has. Segments in a row with the same label have it once, at the first
    /// that is seen; the ones without a label that follow leave it their room.
    fn room(&self, index: usize, boxes: &[Rect]) -> f32 {
        let label = self.segments[index].label;
        let is_seen = |index: usize| boxes[index].width() > 0.0;
        let is_first = index == 0 || self.segments[index - 1].label != label || !is_seen(index - 1);
        if label.is_empty() || !is_first || !is_seen(index) {
            return 0.0;
        }
        let alike = self.segments[index..].iter().take_while(|segment| segment.label == label).count();
        let plain = self.segments[index + alike..].iter().take_while(|segment| segment.label.is_empty()).count();
        boxes[index + alike + plain - 1].right - boxes[index].left
    }

    fn draw_wave(&self, drawing: &mut Drawing, rect: Rect, layout: &Layout<'_>, columns: Option<&Columns>, ink: Color) {
        let Some(Columns { left, columns }) = columns else { return };
        let from = (rect.left - left).max(0.0) as usize;
        let to = ((rect.right - left).max(0.0) as usize).min(columns.len());
        if from < to {
            let ink = if self.is_muted { between(ink, layout.theme.surround) } else { ink };
            let part = Columns { left: left + from as f32, columns: columns[from..to].to_vec() };
            let columns = Scale::new(drawing, &rect, self.edge).bands(&part).outer;
            drawing.marks.push(Mark::Band { left: part.left, columns, color: ink });
        }
    }
}

impl Pane for Track<'_> {
    fn end(&self) -> f64 {
        let sound = self.sound.map_or(0.0, Pyramid::seconds);
        self.segments.iter().map(|segment| segment.end).fold(sound, f64::max)
    }

    fn least_height(&self) -> f32 {
        15.0
    }

    fn least_dense_height(&self) -> Option<f32> {
        Some(15.0)
    }

    fn is_always_dense(&self) -> bool {
        true
    }

    fn badges(&self, theme: &Theme) -> Vec<(&'static str, Color)> {
        let muted = self.is_muted.then_some(("M", theme.clip));
        let soloed = self.is_soloed.then_some(("S", theme.lines[3]));
        muted.into_iter().chain(soloed).collect()
    }

    fn paint(&self, drawing: &mut Drawing, place: &Place, layout: &Layout<'_>) {
        let theme = layout.theme;
        let rect = place.rect;
        let columns = self.sound.map(|pyramid| Wave::new(pyramid).columns(&layout.range, &rect, None));
        drawing.fill(rect, between(theme.lane, theme.surround));
        for seconds in layout.grid() {
            drawing.vertical(layout.x(drawing, seconds), rect.top, rect.bottom, theme.grid);
        }
        if self.segments.is_empty() {
            self.draw_wave(drawing, rect, layout, columns.as_ref(), theme.tints[7].ink);
            return;
        }
        let boxes: Vec<Rect> = self.segments.iter().map(|segment| box_of(drawing, segment, &rect, layout)).collect();
        let padding = drawing.points(PADDING);
        let has_strip = rect.height() >= drawing.points(LABELLED);
        let label = |index: usize| {
            let room = if has_strip { self.room(index, &boxes) - 2.0 * padding } else { 0.0 };
            shortened(drawing, layout, self.segments[index].label, room)
        };
        let labels: Vec<String> = (0..boxes.len()).map(label).collect();
        // Where no label has room, the sound has it all.
        let is_labelled = labels.iter().any(|label| !label.is_empty());
        let strip = if is_labelled { drawing.whole(STRIP) } else { 0.0 };
        let baseline = rect.top + (strip + layout.label.cap_height()) / 2.0;
        for (ground, tint) in boxes.iter().zip(self.tints(theme)) {
            drawing.fill(*ground, tint.ground);
            let below = Rect { top: rect.top + strip, ..*ground };
            self.draw_wave(drawing, below, layout, columns.as_ref(), tint.ink);
        }
        for (ground, label) in boxes.iter().zip(labels) {
            drawing.write(ground.left + padding, baseline, &label, f32::INFINITY, layout.label, theme.text);
        }
    }
}

/// The box of a segment, less a hairline between it and the next one.
fn box_of(drawing: &Drawing, segment: &Segment<'_>, rect: &Rect, layout: &Layout<'_>) -> Rect {
    let edge = |seconds: f64| layout.place_of(seconds).clamp(rect.left, rect.right).round();
    let (left, right) = (edge(segment.start), edge(segment.end));
    let gap = drawing.hairline();
    // Where boxes are narrower than a few lines, what is between them would hide them.
    let is_wide = right - left > 4.0 * gap && right < rect.right;
    Rect { left, right: if is_wide { right - gap } else { right }, ..*rect }
}

/// As much of a label as fits in `room` pixels, or nothing when that would not say what it is.
fn shortened(drawing: &Drawing, layout: &Layout<'_>, label: &str, room: f32) -> String {
    const LEAST_SIGNS: usize = 6;
    let fitted = drawing.fonts.fit(layout.label, label, room);
    let Some(start) = fitted.strip_suffix('…').filter(|start| !label.starts_with(&format!("{start}…"))) else {
        return fitted;
    };
    let start = start.trim_end_matches([' ', '>']);
    if start.chars().count() < LEAST_SIGNS { String::new() } else { format!("{start}…") }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_run_has_one_label_over_all_its_boxes() {
        // Boxes of 9 pixels and one between them.
        let segments: Vec<Segment<'_>> =
            ["a", "a", "", "b", "a"].map(|label| Segment { start: 0.0, end: 1.0, label }).to_vec();
        let track = Track { segments, ..Track::default() };
        let mut boxes: Vec<Rect> =
            [0.0, 10.0, 20.0, 30.0, 40.0].map(|left| Rect { left, right: left + 9.0, top: 0.0, bottom: 9.0 }).to_vec();
        let rooms = |boxes: &[Rect]| (0..5).map(|index| track.room(index, boxes)).collect::<Vec<_>>();
        // The first of the run has the room of the second, and of the one without a label.
        assert_eq!(rooms(&boxes), [29.0, 0.0, 0.0, 9.0, 9.0]);
        // Where a picture begins in the middle of a run, the first that is seen has the label.
        boxes[0] = Rect { left: 10.0, right: 10.0, ..boxes[0] };
        assert_eq!(rooms(&boxes), [0.0, 19.0, 0.0, 9.0, 9.0]);
    }
}
