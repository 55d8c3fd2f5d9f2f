//! The spectrogram as colours, on an axis in Hz, octaves or mel.

use crate::drawing::{Drawing, Mark, Rect};
use crate::layout::{Layout, Place};
use crate::map::place;
use crate::number::{hertz, level, number, round_values};
use crate::pane::{ColorBar, Pane, Stat, ValueTick, apart};
use crate::{ColorMap, Spectrogram};

/// How frequencies are spread over the height.
#[derive(Clone, Copy, PartialEq, Eq, Default, Debug)]
pub enum Frequency {
    /// Evenly in Hz.
    Linear,
    /// Evenly in octaves, from 20 Hz up.
    Log,
    /// Evenly in mel, as pitch is heard: 2595 log10(1 + f / 700) (O'Shaughnessy, "Speech Communication", 1987).
    #[default]
    Mel,
}

impl Frequency {
    fn up(self, hertz: f64) -> f64 {
        match self {
            Frequency::Linear => hertz,
            Frequency::Log => libm::log(hertz.max(f64::MIN_POSITIVE)),
            Frequency::Mel => libm::log(1.0 + hertz / 700.0),
        }
    }

    fn down(self, height: f64) -> f64 {
        match self {
            Frequency::Linear => height,
            Frequency::Log => libm::exp(height),
            Frequency::Mel => 700.0 * (libm::exp(height) - 1.0),
        }
    }
}

/// Spectrogram over time and frequency as colours, with a scale in dB.
///
/// Between bins and between spectra levels are taken to run on straight lines; a pixel has the highest level that these
/// reach in it. So it shows no steps where a bin is larger than a pixel, and loses nothing where it is smaller.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct Heatmap<'a> {
    /// The levels over time and frequency.
    pub spectrogram: &'a Spectrogram,
    /// The axis.
    pub frequency: Frequency,
    /// How many decibels below the loudest are told apart; what is fainter has the map's first colour.
    pub span_db: f32,
    /// The colours.
    pub map: ColorMap,
}

/// The lowest frequency of an axis in octaves: what is below is not heard.
const LOWEST: f64 = 20.0;

impl<'a> Heatmap<'a> {
    /// Spectrogram on a mel axis, 80 dB in viridis.
    pub fn new(spectrogram: &'a Spectrogram) -> Self {
        Heatmap { spectrogram, frequency: Frequency::default(), span_db: 80.0, map: ColorMap::default() }
    }

    /// The lowest and the highest frequency that are shown, in Hz.
    fn ends(&self) -> (f64, f64) {
        let frequencies = &self.spectrogram.frequencies;
        let high = frequencies.last().map_or(0.0, |&hertz| f64::from(hertz)).max(2.0 * LOWEST);
        let low = frequencies.first().map_or(0.0, |&hertz| f64::from(hertz));
        (if self.frequency == Frequency::Log { low.max(LOWEST) } else { low.max(0.0) }, high)
    }

    /// The lowest and the highest level that are told apart, in dB; the highest is a whole number.
    fn span(&self) -> (f32, f32) {
        let loudest = self.spectrogram.loudest();
        let high = if loudest.is_finite() { loudest.ceil() } else { 0.0 };
        (high - self.span_db.max(1.0), high)
    }

    /// The height of a frequency on a lane, in pixels from the top of the picture.
    fn y(&self, rect: &Rect, hertz: f64) -> f32 {
        let (low, high) = self.ends();
        let (low, high) = (self.frequency.up(low), self.frequency.up(high));
        rect.bottom - ((self.frequency.up(hertz) - low) / (high - low)) as f32 * rect.height()
    }

    /// The edges of the pixels from the top down as places between bins, where 0 is the first bin.
    fn rows(&self, rect: &Rect) -> Vec<f64> {
        let (low, high) = self.ends();
        let (low, high) = (self.frequency.up(low), self.frequency.up(high));
        let rows = rect.height() as usize;
        let frequencies = &self.spectrogram.frequencies;
        let place = |row: usize| {
            let hertz = self.frequency.down(high - (high - low) * row as f64 / rows as f64);
            let next =
                frequencies.partition_point(|&bin| f64::from(bin) <= hertz).clamp(1, frequencies.len().max(2) - 1);
            let [below, above] = [next - 1, next].map(|i| frequencies.get(i).map_or(0.0, |&bin| f64::from(bin)));
            if above > below { next as f64 - 1.0 + (hertz - below) / (above - below) } else { 0.0 }
        };
        (0..=rows).map(place).collect()
    }
}

impl Pane for Heatmap<'_> {
    fn end(&self) -> f64 {
        self.spectrogram.end()
    }

    fn least_height(&self) -> f32 {
        60.0
    }

    fn stats(&self, layout: &Layout<'_>) -> Vec<Stat> {
        let value = level(f64::from(self.spectrogram.loudest()), "dB");
        vec![Stat { swatch: None, what: "Loudest", value, color: layout.theme.text }]
    }

    fn axis(&self, _drawing: &Drawing, rect: &Rect, label: f32) -> Vec<ValueTick> {
        let (low, high) = self.ends();
        let least = f64::from(2.4 * label / rect.height());
        let values: Vec<f64> = match self.frequency {
            Frequency::Linear => round_values(low, high, least * (high - low)),
            // 1, 2 and 5 in every decade; mel has hardly any room below 100 Hz.
            _ => {
                let decades = [10.0, 100.0, 1000.0, 10_000.0, 100_000.0];
                let values = decades.iter().flat_map(|ten| [1.0, 2.0, 5.0].map(|n| n * ten));
                std::iter::once(0.0)
                    .chain(values)
                    .filter(|&hertz| hertz >= low && hertz <= high)
                    .filter(|&hertz| self.frequency == Frequency::Log || hertz == 0.0 || hertz >= 100.0)
                    .collect()
            }
        };
        let tick = |&hz: &f64| ValueTick { y: self.y(rect, hz), label: hertz(hz) };
        apart(values.iter().rev().map(tick).collect(), label)
    }

    fn color_bar(&self, _layout: &Layout<'_>) -> Option<ColorBar> {
        let (low, high) = self.span();
        let values = round_values(f64::from(low), f64::from(high), f64::from(high - low) / 5.0);
        let label = |value: f64| ((value as f32 - low) / (high - low), format!("{} dB", number(value)));
        Some(ColorBar { map: self.map, labels: values.into_iter().map(label).collect() })
    }

    fn paint(&self, drawing: &mut Drawing, place_of: &Place, layout: &Layout<'_>) {
        let rect = place_of.rect;
        let (width, height) = (rect.width() as usize, rect.height() as usize);
        let range = &layout.range;
        let spectrogram = self.spectrogram;
        let (low, high) = self.span();
        let rows = self.rows(&rect);
        let mut pixels = vec![0; width * height];
        let mut column = vec![f32::NEG_INFINITY; spectrogram.frequencies.len()];
        let count = spectrogram.count();
        for x in 0..width {
            let seconds = |x: usize| range.start + (range.end - range.start) * x as f64 / width as f64;
            let (from, to) = (spectrogram.column_at(seconds(x)), spectrogram.column_at(seconds(x + 1)));
            // A spectrum speaks for half a hop to either side.
            if count == 0 || to <= -0.5 || from >= count as f64 - 0.5 {
                continue;
            }
            highest_columns(spectrogram, from, to, &mut column);
            for y in 0..height {
                let reached = highest(rows[y + 1], rows[y], column.len(), |bin| column[bin]);
                pixels[y * width + x] = place((reached - low) / (high - low));
            }
        }
        let (left, top) = (rect.left as u32, rect.top as u32);
        let palette = self.map.palette();
        drawing.marks.push(Mark::Raster { left, top, width: width as u32, pixels, palette });
        for tick in &place_of.axis {
            let left = rect.left - drawing.whole(3.0);
            drawing.horizontal(tick.y.clamp(rect.top + 1.0, rect.bottom - 1.0), left, rect.left, layout.theme.faint);
        }
    }
}

/// For every bin the highest level that is reached from one place between columns to another.
fn highest_columns(spectrogram: &Spectrogram, from: f64, to: f64, highest: &mut [f32]) {
    let last = spectrogram.count() - 1;
    let mut first = true;
    let mut take = |level: &dyn Fn(usize) -> f32| {
        for (bin, highest) in highest.iter_mut().enumerate() {
            *highest = if first { level(bin) } else { highest.max(level(bin)) };
        }
        first = false;
    };
    for at in [from, to] {
        let (a, b, part) = neighbours(at, last);
        let (a, b) = (spectrogram.column(a), spectrogram.column(b));
        take(&|bin| mixed(a[bin], b[bin], part));
    }
    for index in (from.max(-1.0) + 1.0) as usize..=(to.max(0.0) as usize).min(last) {
        let column = spectrogram.column(index);
        take(&|bin| column[bin]);
    }
}

/// The highest level that is reached from one place between bins to another.
fn highest(from: f64, to: f64, bins: usize, level: impl Fn(usize) -> f32) -> f32 {
    let Some(last) = bins.checked_sub(1) else { return f32::NEG_INFINITY };
    let at = |place: f64| {
        let (a, b, part) = neighbours(place, last);
        mixed(level(a), level(b), part)
    };
    let ends = at(from).max(at(to));
    let inner = (from.max(-1.0) + 1.0) as usize..=(to.max(0.0) as usize).min(last);
    inner.fold(ends, |highest, bin| highest.max(level(bin)))
}

/// The two whole numbers around a place, within 0 to `last`, and how far it is from the first to the second.
fn neighbours(place: f64, last: usize) -> (usize, usize, f32) {
    let place = place.clamp(0.0, last as f64);
    let below = place as usize;
    (below, (below + 1).min(last), (place - below as f64) as f32)
}

/// A level on the straight line between two; beside silence there is no line.
fn mixed(a: f32, b: f32, part: f32) -> f32 {
    if part <= 0.0 {
        a
    } else if a.is_finite() && b.is_finite() {
        a + (b - a) * part
    } else if part < 0.5 {
        a
    } else {
        b
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_pixel_shows_the_highest_level_that_is_reached_in_it() {
        let bins = [-60.0, -20.0, -40.0];
        let reached = |from: f64, to: f64| highest(from, to, 3, |bin| bins[bin]);
        // Within one bin's slope, over its top, over all of them, and beyond the ends.
        assert_eq!(reached(0.25, 0.5), -40.0);
        assert_eq!(reached(0.9, 1.2), -20.0);
        assert_eq!(reached(0.0, 2.0), -20.0);
        assert_eq!(reached(-5.0, -1.0), -60.0);
        assert_eq!(reached(2.5, 9.0), -40.0);
        assert_eq!(highest(0.0, 1.0, 0, |_| 0.0), f32::NEG_INFINITY);
    }

    #[test]
    fn axes_go_up_and_down() {
        for axis in [Frequency::Linear, Frequency::Log, Frequency::Mel] {
            for hertz in [20.0, 440.0, 20_000.0] {
                assert!((axis.down(axis.up(hertz)) / hertz - 1.0).abs() < 1e-12);
            }
        }
        // By definition 1000 Hz are 1000 mel.
        assert!((2595.0 / std::f64::consts::LN_10 * Frequency::Mel.up(1000.0) - 1000.0).abs() < 0.02);
    }
}
