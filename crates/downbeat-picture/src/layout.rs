//! Where everything stands in a figure, and the text that is written there.
//!
//! Lengths are given in points and come out in whole pixels, so that edges are sharp.

use downbeat_dsp::Pyramid;

use crate::canvas::{Canvas, Rect};
use crate::text::Face;
use crate::theme::{Color, Theme};
use crate::ticks::{Tick, ticks};
use crate::{Figure, Lane, MAX_SIDE, Options, PictureError};

/// The edge around everything.
const MARGIN: f32 = 16.0;
/// Between a header and its waveform, and between a label and what it belongs to.
const GAP: f32 = 6.0;
/// From the end of a waveform's marks to the next header.
const LANE_GAP: f32 = 18.0;
/// From the title to the first header.
const TITLE_GAP: f32 = 17.0;
/// What is left free between two labels of the time axis.
const LABEL_GAP: f32 = 36.0;
/// From a waveform to the top of the labels below it; the marks reach into it.
const AXIS_GAP: f32 = 9.0;
/// The strips above 1 and below -1, in which samples beyond full scale are marked.
const STRIP: f32 = 5.0;
/// The least height of a waveform: enough for its labels at -1, 0 and 1.
const LEAST_LANE: f32 = 44.0;
/// The least width of a waveform's name.
const LEAST_NAME: f32 = 48.0;
/// The side of the square of colour beside a figure.
const SWATCH: f32 = 8.0;
/// Between two figures.
const STAT_GAP: f32 = 16.0;

/// A column of pixels shorter than this, in seconds, shows a part of a wave and no more: it is drawn as a line, and has
/// no RMS worth the name. A millisecond is one period at 1 kHz.
const SHORT_COLUMN: f64 = 1e-3;

/// The places and typefaces of a figure.
pub(crate) struct Layout {
    pub lanes: Vec<Rect>,
    pub ticks: Vec<Tick>,
    /// The width of the thinnest line, a whole number of pixels.
    pub hairline: f32,
    /// The length of the time axis.
    pub seconds: f64,
    /// Whether the axis is so fine that waveforms are drawn as lines, without their RMS.
    pub is_fine: bool,
    scale: f32,
    width: f32,
    title: Face,
    name: Face,
    stat: Face,
    label: Face,
    /// The widest figure of each kind, so that they stand in columns.
    stat_widths: Vec<f32>,
}

/// A figure beside a waveform's name.
struct Stat {
    /// The colour it has in the waveform, when it is drawn there.
    swatch: Option<Color>,
    what: &'static str,
    value: String,
    color: Color,
}

impl Layout {
    /// The layout of a figure whose time axis is as long as its longest sound.
    pub fn new(figure: &Figure<'_>, options: &Options) -> Result<Self, PictureError> {
        let seconds = figure.lanes.iter().map(|lane| lane.peaks.seconds()).fold(0.0, f64::max);
        Layout::for_length(figure, options, seconds)
    }

    fn for_length(figure: &Figure<'_>, options: &Options, seconds: f64) -> Result<Self, PictureError> {
        let &Options { width, height, scale, .. } = options;
        if !(0.25..=16.0).contains(&scale) {
            return Err(PictureError::Scale(scale));
        }
        if figure.lanes.is_empty() {
            return Err(PictureError::NoLanes);
        }
        if width > MAX_SIDE || height > MAX_SIDE {
            return Err(PictureError::TooLarge { width, height });
        }
        let mut layout = Layout {
            lanes: Vec::new(),
            ticks: Vec::new(),
            hairline: (0.6 * scale).round().max(1.0),
            seconds: if seconds > 0.0 { seconds } else { 1.0 },
            is_fine: false,
            scale,
            width: width as f32,
            title: Face::bold(17.0 * scale)?,
            name: Face::bold(12.0 * scale)?,
            stat: Face::regular(11.0 * scale)?,
            label: Face::regular(10.0 * scale)?,
            stat_widths: Vec::new(),
        };
        let left = (layout.points(MARGIN + GAP) + layout.label.width("−0.5")).round();
        let right = layout.width - layout.points(MARGIN).round();
        let per_second = f64::from(right - left) / layout.seconds;
        layout.is_fine = per_second * SHORT_COLUMN > 1.0;
        layout.measure_stats(figure, &options.theme);

        let header = layout.name.cap_height() + layout.points(GAP + 1.0);
        let mut top = layout.points(MARGIN);
        if !figure.title.is_empty() {
            top += layout.title.cap_height() + layout.points(TITLE_GAP);
        }
        let end = height as f32 - layout.points(MARGIN + AXIS_GAP) - layout.label.cap_height();
        let lanes = figure.lanes.len() as f32;
        let each = (end - top - (lanes - 1.0) * layout.points(LANE_GAP)) / lanes;

        let needed_height = height as f32 + lanes * (header + layout.points(LEAST_LANE) - each);
        let stats: f32 = layout.stat_widths.iter().map(|width| width + layout.points(STAT_GAP)).sum();
        let needed_width = left + layout.points(LEAST_NAME) + stats + layout.points(MARGIN);
        if needed_height > height as f32 || needed_width > layout.width {
            let (needed_width, needed_height) = (needed_width.ceil() as u32, needed_height.ceil() as u32);
            return Err(PictureError::TooSmall {
                width,
                height,
                lanes: figure.lanes.len(),
                needed_width,
                needed_height,
            });
        }

        layout.lanes = (0..figure.lanes.len())
            .map(|i| {
                let start = top + i as f32 * (each + layout.points(LANE_GAP));
                Rect { left, top: (start + header).round(), right, bottom: (start + each).round() }
            })
            .collect();
        layout.ticks = ticks(layout.seconds, |label, step| {
            f64::from(layout.label.width(label) + layout.points(LABEL_GAP)) <= step * per_second
        });
        Ok(layout)
    }

    /// A length in pixels.
    pub fn points(&self, points: f32) -> f32 {
        points * self.scale
    }

    /// The left edge of the line that stands for a moment, in whole pixels and within the lanes.
    pub fn x(&self, seconds: f64) -> f32 {
        let Rect { left, right, .. } = self.lanes[0];
        let x = f64::from(left) + seconds / self.seconds * f64::from(right - left);
        (x.round() as f32).min(right - self.hairline)
    }

    /// The height at which an amplitude stands.
    pub fn y(&self, place: &Rect, amplitude: f32) -> f32 {
        let middle = (place.top + place.bottom) / 2.0;
        middle - amplitude * (middle - place.top - self.points(STRIP).round())
    }

    pub fn write_title(&self, canvas: &mut Canvas, title: &str, theme: &Theme) {
        let Rect { left, right, .. } = self.lanes[0];
        let title = self.title.fit(title, right - left);
        self.title.write(canvas, left, self.points(MARGIN) + self.title.cap_height(), &title, theme.text);
    }

    /// Writes the name of a lane and, at the right, its figures, each beside its colour in the waveform.
    pub fn write_header(&self, canvas: &mut Canvas, lane: Lane<'_>, place: &Rect, theme: &Theme) {
        let baseline = (place.top - self.points(GAP + 1.0)).round();
        let mut end = place.right;
        for (stat, &width) in self.stats(lane.peaks, theme).iter().zip(&self.stat_widths).rev() {
            let value_x = end - self.stat.width(&stat.value);
            self.stat.write(canvas, value_x, baseline, &stat.value, stat.color);
            let start = end - width;
            let what_x = start + self.swatch_width(stat);
            self.stat.write(canvas, what_x, baseline, stat.what, theme.faint);
            if let Some(color) = stat.swatch {
                let (left, side) = (start.round(), self.points(SWATCH).round());
                canvas.fill(Rect { left, top: baseline - side, right: left + side, bottom: baseline }, color);
            }
            end = start - self.points(STAT_GAP);
        }
        let name = self.name.fit(lane.name, end - place.left);
        self.name.write(canvas, place.left, baseline, &name, theme.text);
    }

    /// Writes the amplitudes at the left of a waveform, as many as there is room for.
    pub fn draw_amplitudes(&self, canvas: &mut Canvas, place: &Rect, theme: &Theme) {
        for &(amplitude, label) in self.amplitudes(place) {
            let x = place.left - self.points(GAP) - self.label.width(label);
            let baseline = self.y(place, amplitude) + self.label.cap_height() / 2.0;
            self.label.write(canvas, x, baseline, label, theme.faint);
        }
    }

    /// The amplitudes that are marked.
    pub fn amplitudes(&self, place: &Rect) -> &'static [(f32, &'static str)] {
        let half = self.y(place, 0.5) - self.y(place, 1.0);
        if half > 1.8 * self.label.cap_height() {
            &[(1.0, "1"), (0.5, "0.5"), (0.0, "0"), (-0.5, "−0.5"), (-1.0, "−1")]
        } else {
            &[(1.0, "1"), (0.0, "0"), (-1.0, "−1")]
        }
    }

    /// Writes the times below the last waveform.
    pub fn write_times(&self, canvas: &mut Canvas, theme: &Theme) {
        let bottom = self.lanes[self.lanes.len() - 1].bottom;
        let baseline = bottom + self.points(AXIS_GAP) + self.label.cap_height();
        for tick in &self.ticks {
            let Some(label) = &tick.label else { continue };
            let x = self.label_x(tick.seconds, label);
            self.label.write(canvas, x, baseline, label, theme.faint);
        }
    }

    /// Where the label of a moment begins: centred on its mark, unless it would leave the picture.
    fn label_x(&self, seconds: f64, label: &str) -> f32 {
        let width = self.label.width(label);
        (self.x(seconds) + (self.hairline - width) / 2.0).min(self.width - self.points(MARGIN / 4.0) - width)
    }

    fn measure_stats(&mut self, figure: &Figure<'_>, theme: &Theme) {
        for lane in &figure.lanes {
            let stats = self.stats(lane.peaks, theme);
            let widths = stats.map(|stat| {
                let text = self.stat.width(stat.what) + self.stat.width(&stat.value);
                self.swatch_width(&stat) + text + self.points(0.75 * GAP)
            });
            for (i, width) in widths.into_iter().enumerate() {
                match self.stat_widths.get_mut(i) {
                    Some(widest) => *widest = widest.max(width),
                    None => self.stat_widths.push(width),
                }
            }
        }
    }

    /// The room that a swatch and the gap after it take.
    fn swatch_width(&self, stat: &Stat) -> f32 {
        if stat.swatch.is_some() { self.points(SWATCH + 0.75 * GAP) } else { 0.0 }
    }

    fn stats(&self, peaks: &Pyramid, theme: &Theme) -> [Stat; 2] {
        let peak_color = if peaks.clips() { theme.clip } else { theme.text };
        let rms_swatch = (!self.is_fine).then_some(theme.rms);
        [
            Stat { swatch: Some(theme.peaks), what: "Peak", value: dbfs(peaks.peak_db()), color: peak_color },
            Stat { swatch: rms_swatch, what: "RMS", value: dbfs(peaks.rms_db()), color: theme.text },
        ]
    }
}

/// A level to a tenth of a decibel, with its sign.
fn dbfs(decibels: f64) -> String {
    let tenths = (decibels * 10.0).round();
    let sign = if tenths < 0.0 {
        "−"
    } else if tenths > 0.0 {
        "+"
    } else {
        ""
    };
    if tenths.is_finite() { format!("{sign}{:.1} dBFS", tenths.abs() / 10.0) } else { format!("{sign}∞ dBFS") }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn labels_of_any_axis_stand_apart_and_within_the_picture() {
        for (width, scale) in [(400, 1.0), (800, 1.0), (1600, 2.0), (1600, 1.0), (16_000, 3.0)] {
            let options = Options { width, height: 900, scale, ..Options::default() };
            let peaks = Pyramid::new(48_000, 1);
            let figure = Figure { title: "", lanes: vec![Lane { name: "", peaks: &peaks }] };
            // From a tenth of a second to four months.
            for seconds in std::iter::successors(Some(0.1), |seconds| Some(seconds * 1.07)).take(270) {
                let layout = Layout::for_length(&figure, &options, seconds).unwrap();
                let mut end = 0.0;
                let mut count = 0;
                for tick in &layout.ticks {
                    let Some(label) = &tick.label else { continue };
                    let x = layout.label_x(tick.seconds, label);
                    // Half of what is left free at the marks is kept where the last label is moved inwards.
                    assert!(count == 0 || x >= end + layout.points(LABEL_GAP / 2.0), "{seconds} s: {label}");
                    end = x + layout.label.width(label);
                    count += 1;
                    assert!(x >= 0.0 && end <= layout.width, "{seconds} s: {label}");
                }
                assert!(count >= 2, "{seconds} s on {width} pixels has {count} labels");
            }
        }
    }

    #[test]
    fn levels_have_a_sign_and_a_tenth() {
        assert_eq!(dbfs(-3.0103), "−3.0 dBFS");
        assert_eq!(dbfs(5.25), "+5.3 dBFS");
        assert_eq!(dbfs(-0.04), "0.0 dBFS");
        assert_eq!(dbfs(f64::NEG_INFINITY), "−∞ dBFS");
    }
}
