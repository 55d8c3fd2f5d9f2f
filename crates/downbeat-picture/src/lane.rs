//! The waveform itself.

use downbeat_dsp::{Column, Pyramid};

use crate::canvas::{Canvas, Rect};
use crate::layout::Layout;
use crate::theme::{Color, Theme};

/// Into how many parts a pixel is cut across where the waveform is a line, so that steep lines are smooth.
const PARTS: usize = 4;

/// The thickness of the line, in points.
const PEN: f32 = 1.25;

impl Layout {
    /// Draws a waveform and what lies behind it. Where there is no sound any more, the lane is paler.
    pub fn draw_waveform(&self, canvas: &mut Canvas, peaks: &Pyramid, place: &Rect, theme: &Theme) {
        let count = (place.right - place.left) as usize;
        let columns = self.columns(peaks, count);
        canvas.fill(*place, between(theme.lane, theme.surround));
        canvas.fill(Rect { right: place.left + columns.len() as f32, ..*place }, theme.lane);
        self.draw_grid(canvas, place, theme);
        if self.is_fine {
            self.draw_line(canvas, peaks, place, theme);
        } else {
            for (i, &column) in columns.iter().enumerate() {
                self.draw_column(canvas, place, place.left + i as f32, column, theme);
            }
        }
        self.mark_clipping(canvas, &columns, place, theme);
    }

    /// The columns of a waveform on the time axis, all channels together.
    fn columns(&self, peaks: &Pyramid, count: usize) -> Vec<Column> {
        peaks.columns(0.0..self.seconds * f64::from(peaks.rate()), count)
    }

    fn draw_grid(&self, canvas: &mut Canvas, place: &Rect, theme: &Theme) {
        for &(amplitude, _) in self.amplitudes(place) {
            self.draw_level(canvas, place, amplitude, theme.grid);
        }
        for tick in self.ticks.iter().filter(|tick| tick.label.is_some()) {
            let left = self.x(tick.seconds);
            canvas.fill(Rect { left, right: left + self.hairline, ..*place }, theme.grid);
        }
    }

    fn draw_level(&self, canvas: &mut Canvas, place: &Rect, amplitude: f32, color: Color) {
        let top = (self.y(place, amplitude) - self.hairline / 2.0).round();
        canvas.fill(Rect { top, bottom: top + self.hairline, ..*place }, color);
    }

    /// Draws one column: the extremes, at least a point high so that silence is a line, and within them the RMS.
    fn draw_column(&self, canvas: &mut Canvas, place: &Rect, left: f32, column: Column, theme: &Theme) {
        let (top, bottom) = (self.y_within(place, column.high), self.y_within(place, column.low));
        let lacking = (self.points(1.0).max(1.0) - (bottom - top)).max(0.0) / 2.0;
        let outer = Rect { left, top: top - lacking, right: left + 1.0, bottom: bottom + lacking };
        canvas.fill(outer, theme.peaks);
        // A waveform that leans to one side can have an RMS beyond its extremes on the other.
        let (rms_top, rms_bottom) = (self.y_within(place, column.rms), self.y_within(place, -column.rms));
        canvas.fill(Rect { top: rms_top.max(top), bottom: rms_bottom.min(bottom), ..outer }, theme.rms);
    }

    /// Draws the waveform as a line with a square pen, each pixel from several columns side by side.
    fn draw_line(&self, canvas: &mut Canvas, peaks: &Pyramid, place: &Rect, theme: &Theme) {
        let count = (place.right - place.left) as usize;
        let columns = joined(self.columns(peaks, count * PARTS));
        let pen = self.points(PEN).max(1.0);
        let reach = (pen / 2.0 * PARTS as f32).round() as usize;
        let top = place.top as usize;
        let mut coverage = vec![0.0f32; (place.bottom - place.top) as usize];
        for x in 0..columns.len().div_ceil(PARTS) {
            coverage.fill(0.0);
            for part in x * PARTS..((x + 1) * PARTS).min(columns.len()) {
                let around = &columns[part.saturating_sub(reach)..(part + reach + 1).min(columns.len())];
                let high = around.iter().map(|column| column.high).fold(f32::NEG_INFINITY, f32::max);
                let low = around.iter().map(|column| column.low).fold(f32::INFINITY, f32::min);
                let from = (self.y_within(place, high) - pen / 2.0 - place.top).max(0.0);
                let to = self.y_within(place, low) + pen / 2.0 - place.top;
                for (y, covered) in coverage.iter_mut().enumerate().take(to.ceil() as usize).skip(from as usize) {
                    *covered += ((y as f32 + 1.0).min(to) - (y as f32).max(from)) / PARTS as f32;
                }
            }
            for (y, &covered) in coverage.iter().enumerate() {
                canvas.blend(place.left as i32 + x as i32, (top + y) as i32, covered, theme.peaks);
            }
        }
    }

    /// Draws a line at full scale where the sound goes beyond it, and in the strip outside marks for the places.
    fn mark_clipping(&self, canvas: &mut Canvas, columns: &[Column], place: &Rect, theme: &Theme) {
        let (full, negative_full) = (self.y(place, 1.0), self.y(place, -1.0));
        let above: Vec<bool> = columns.iter().map(|column| column.high > 1.0).collect();
        let below: Vec<bool> = columns.iter().map(|column| column.low < -1.0).collect();
        self.mark_side(canvas, &above, Rect { bottom: full, ..*place }, theme.clip);
        self.mark_side(canvas, &below, Rect { top: negative_full, ..*place }, theme.clip);
        let sounding = Rect { right: place.left + columns.len() as f32, ..*place };
        for (clips, amplitude) in [(above, 1.0), (below, -1.0)] {
            if clips.contains(&true) {
                self.draw_level(canvas, &sounding, amplitude, theme.clip);
            }
        }
    }

    /// Marks columns in a strip, and a point to either side of them, so that a single sample is seen.
    fn mark_side(&self, canvas: &mut Canvas, clips: &[bool], strip: Rect, color: Color) {
        let reach = self.points(1.0).round() as usize;
        for i in 0..clips.len() {
            if clips[i.saturating_sub(reach)..(i + reach + 1).min(clips.len())].contains(&true) {
                let left = strip.left + i as f32;
                canvas.fill(Rect { left, right: left + 1.0, ..strip }, color);
            }
        }
    }

    /// The height at which an amplitude stands when it is cut off at full scale.
    fn y_within(&self, place: &Rect, amplitude: f32) -> f32 {
        self.y(place, amplitude.clamp(-1.0, 1.0))
    }
}

/// Makes each column reach to the one before it, so that a steep waveform is one line and not many pieces.
fn joined(mut columns: Vec<Column>) -> Vec<Column> {
    for i in (1..columns.len()).rev() {
        let before = columns[i - 1];
        columns[i].low = columns[i].low.min(before.high);
        columns[i].high = columns[i].high.max(before.low);
    }
    columns
}

/// The colour half-way between two.
fn between(a: Color, b: Color) -> Color {
    std::array::from_fn(|i| u8::midpoint(a[i], b[i]))
}
