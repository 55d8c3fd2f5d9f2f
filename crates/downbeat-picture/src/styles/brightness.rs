//! A waveform coloured by how bright it sounds, as DJ programs have it: low is red, middle green, high blue.

use std::ops::Range;

use crate::ColorMap;
use crate::drawing::{Drawing, Mark, Rect};
use crate::layout::{Layout, Place};
use crate::map::place;
use crate::number::hertz;
use crate::pane::{ColorBar, Pane, Stat, ValueTick};
use crate::styles::waveform::{Scale, Waveform, levels};
use crate::theme::Color;
use crate::wave::{Columns, Wave};

/// A waveform on black in which every stretch from one onset to the next has the colour of its spectral centroid. Colours
/// run evenly in octaves from the lowest to the highest centroid of the whole sound, whatever part of it is shown, and over
/// an octave at least.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct Brightness<'a> {
    /// The waveform; its sound should have been made [with centroids](downbeat_dsp::Pyramid::with_centroid), otherwise it
    /// is grey.
    pub waveform: Waveform<'a>,
    /// Where a stretch ends and the next one begins, in seconds on the figure's axis, rising. Where there are none, and
    /// where there are several within one column of pixels, each column has its own colour.
    pub onsets: &'a [f64],
}

const GROUND: Color = [0; 3];
const GRID: Color = [0x2c; 3];
/// A stretch in which nothing sounds.
const SILENT: Color = [0x60; 3];

/// Into how many stretches a range is cut to find its lowest and highest centroid when there are no onsets.
const EVEN_STRETCHES: usize = 512;

/// How far below the loudest stretch one may be, in decibels, to count for the range of colours: what is hardly heard is
/// noise, and has any centroid.
const FAINT: f64 = -50.0;

/// The ends of the range of colours, in Hz.
#[derive(Clone, Copy, PartialEq, Debug)]
struct Ends {
    low: f64,
    high: f64,
}

impl Ends {
    /// The place of a frequency from 0 to 1, evenly in octaves.
    fn level(&self, hertz: f64) -> f32 {
        (libm::log(hertz / self.low) / libm::log(self.high / self.low)) as f32
    }

    /// At least an octave wide around the same middle: small differences are not made to look large.
    fn widened(self) -> Self {
        let middle = (self.low * self.high).sqrt();
        let half = std::f64::consts::SQRT_2;
        Ends { low: self.low.min(middle / half), high: self.high.max(middle * half) }
    }
}

impl Brightness<'_> {
    /// The stretches of the whole sound.
    fn stretches(&self) -> Vec<Range<f64>> {
        let (start, end) = (self.wave().start, self.wave().end());
        let inner = self.onsets.iter().copied().filter(|&onset| onset > start && onset < end);
        let edges: Vec<f64> = std::iter::once(start).chain(inner).chain([end]).collect();
        edges.windows(2).map(|pair| pair[0]..pair[1]).collect()
    }

    /// The centroid of a stretch in Hz; none when nothing sounds there.
    fn centroid(&self, stretch: &Range<f64>) -> Option<f64> {
        let centroids = self.wave().pyramid.centroids(self.wave().frames(stretch), 1);
        centroids.first().map(|&hertz| f64::from(hertz)).filter(|&hertz| hertz > 0.0)
    }

    /// The lowest and the highest centroid of what is heard.
    fn ends(&self) -> Option<Ends> {
        let mut stretches = self.stretches();
        if self.onsets.is_empty() || stretches.len() > EVEN_STRETCHES {
            let (start, length) = (self.wave().start, self.wave().pyramid.seconds() / EVEN_STRETCHES as f64);
            let even = |i: usize| start + i as f64 * length..start + (i + 1) as f64 * length;
            stretches = (0..EVEN_STRETCHES).map(even).collect();
        }
        let rms = |stretch: &Range<f64>| {
            let columns = self.wave().pyramid.columns(self.wave().frames(stretch), 1);
            columns.first().map_or(0.0, |column| column.rms)
        };
        let levels: Vec<f32> = stretches.iter().map(rms).collect();
        let faint =
            levels.iter().fold(0.0, |loudest: f32, &level| loudest.max(level)) * downbeat_dsp::ratio(FAINT) as f32;
        let heard = stretches.iter().zip(&levels).filter(|(_, level)| **level > faint);
        let centroids = heard.filter_map(|(stretch, _)| self.centroid(stretch));
        let ends = centroids.fold(None, |ends: Option<Ends>, hertz| {
            let Ends { low, high } = ends.unwrap_or(Ends { low: hertz, high: hertz });
            Some(Ends { low: low.min(hertz), high: high.max(hertz) })
        });
        ends.map(Ends::widened)
    }

    /// The colour of every column of a row, as places in the palette; none where nothing sounds.
    fn colors(&self, columns: &Columns, layout: &Layout<'_>, ends: &Ends) -> Vec<Option<u8>> {
        let range = &layout.range;
        let width = f64::from(layout.width());
        let seconds = (range.end - range.start) / width;
        let first = f64::from(columns.left - layout.lanes[0].rect.left);
        let edge = |i: usize| range.start + (first + i as f64) * seconds;
        let color = |hertz: f64| place(ends.level(hertz));
        let own = self
            .wave()
            .pyramid
            .centroids(self.wave().frames(&(edge(0)..edge(columns.columns.len()))), columns.columns.len());
        let own = |i: usize| own.get(i).map(|&hertz| f64::from(hertz)).filter(|&hertz| hertz > 0.0).map(color);
        if self.onsets.is_empty() {
            return (0..columns.columns.len()).map(own).collect();
        }
        let stretches = self.stretches();
        let of_stretches: Vec<Option<u8>> = stretches.iter().map(|stretch| self.centroid(stretch).map(color)).collect();
        let at = |seconds: f64| stretches.partition_point(|stretch| stretch.end <= seconds);
        let of_column = |i: usize| {
            let (first, last) = (at(edge(i)), at(edge(i + 1)));
            // Several whole stretches within the column: none of them is the column's.
            if last > first + 1 {
                return own(i);
            }
            of_stretches.get(at(edge(i) + seconds / 2.0).min(stretches.len() - 1)).copied().flatten()
        };
        (0..columns.columns.len()).map(of_column).collect()
    }

    fn paint_row(&self, drawing: &mut Drawing, row: &Rect, channel: Option<usize>, layout: &Layout<'_>) {
        drawing.fill(*row, GROUND);
        for seconds in layout.grid() {
            drawing.vertical(layout.x(drawing, seconds), row.top, row.bottom, GRID);
        }
        let scale = Scale::new(drawing, row, self.waveform.edge);
        drawing.horizontal(scale.y(0.0), row.left, row.right, GRID);
        let columns = self.wave().columns(&layout.range, row, channel);
        if columns.columns.is_empty() {
            return;
        }
        // Without centroids all is grey, whatever the ends are.
        let ends = self.ends().unwrap_or(Ends { low: 1.0, high: 2.0 });
        let colors = self.colors(&columns, layout, &ends);
        let bands = scale.bands(&columns);
        let mut start = 0;
        for run in colors.chunk_by(|a, b| a == b) {
            let color = run[0].map_or(SILENT, |i| ColorMap::Spectral.palette()[usize::from(i)]);
            let left = columns.left + start as f32;
            let range = start..start + run.len();
            drawing.marks.push(Mark::Band { left, columns: bands.outer[range.clone()].to_vec(), color: dim(color) });
            drawing.marks.push(Mark::Band { left, columns: bands.inner[range].to_vec(), color });
            start += run.len();
        }
    }

    fn wave(&self) -> &Wave<'_> {
        &self.waveform.wave
    }
}

impl Pane for Brightness<'_> {
    fn end(&self) -> f64 {
        self.waveform.end()
    }

    fn least_height(&self) -> f32 {
        self.waveform.least_height()
    }

    fn stats(&self, layout: &Layout<'_>) -> Vec<Stat> {
        levels(self.wave(), None, None, layout.theme)
    }

    fn axis(&self, drawing: &Drawing, rect: &Rect, label: f32) -> Vec<ValueTick> {
        self.waveform.axis(drawing, rect, label)
    }

    fn color_bar(&self, _layout: &Layout<'_>) -> Option<ColorBar> {
        let ends = self.ends()?;
        let inner = [1.0, 2.0, 5.0].into_iter().flat_map(|n| [10.0, 100.0, 1000.0, 10_000.0].map(|ten| n * ten));
        let inner = inner.filter(|&value| value > ends.low && value < ends.high);
        let labels = [ends.low, ends.high].into_iter().chain(inner).map(|value| (ends.level(value), hertz(value)));
        Some(ColorBar { map: ColorMap::Spectral, labels: labels.collect() })
    }

    fn paint(&self, drawing: &mut Drawing, place: &Place, layout: &Layout<'_>) {
        for (channel, row) in self.waveform.rows(drawing, &place.rect) {
            self.paint_row(drawing, &row, channel, layout);
        }
    }
}

/// The colour of the outer waveform, darker than that of the inner one.
fn dim(color: Color) -> Color {
    color.map(|value| (u16::from(value) * 5 / 8) as u8)
}
