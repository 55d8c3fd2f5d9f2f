//! The axes of a plot: what they say, where a value stands, and where the marks are.

use std::ops::Range;

use crate::PictureError;
use crate::number::{number, round_values};

/// An axis of a plot.
#[derive(Clone, PartialEq, Debug)]
pub struct Axis<'a> {
    /// What it counts, with its unit: `frequency (Hz)`.
    pub name: &'a str,
    /// How values lie on it.
    pub scale: Scale,
    /// The values at its two ends, the lower one first.
    pub range: Range<f64>,
}

/// How values lie on an axis.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Scale {
    /// Evenly, with marks at round numbers.
    Linear,
    /// Evenly, with marks at multiples of 1, 2, 3, 6, 12 and so on.
    Decibels,
    /// By their logarithm, with marks at 1, 2 and 5 of each decade; for frequencies.
    Log,
}

/// A mark of an axis.
#[derive(Clone, PartialEq, Debug)]
pub(super) struct Mark {
    pub value: f64,
    /// What is written at it; nothing at a line that only helps the eye along.
    pub label: Option<String>,
}

/// The steps of an axis of decibels.
const DECIBELS: [f64; 10] = [1.0, 2.0, 3.0, 6.0, 12.0, 24.0, 48.0, 96.0, 192.0, 384.0];

impl<'a> Axis<'a> {
    /// An axis with even distances and marks at round numbers.
    pub fn linear(name: &'a str, range: Range<f64>) -> Self {
        Axis { name, scale: Scale::Linear, range }
    }

    /// An axis of levels.
    pub fn decibels(name: &'a str, range: Range<f64>) -> Self {
        Axis { name, scale: Scale::Decibels, range }
    }

    /// An axis of frequencies.
    pub fn log(name: &'a str, range: Range<f64>) -> Self {
        Axis { name, scale: Scale::Log, range }
    }

    /// Whether it goes upwards, from above zero when it is logarithmic.
    pub(super) fn check(&self) -> Result<(), PictureError> {
        let Range { start, end } = self.range;
        let is_possible = start < end && (end - start).is_finite() && (self.scale != Scale::Log || start > 0.0);
        if is_possible { Ok(()) } else { Err(PictureError::Axis { name: self.name.to_owned(), start, end }) }
    }

    /// Where a value stands: 0 at the lower end, 1 at the upper one.
    pub(super) fn part(&self, value: f64) -> f64 {
        let Range { start, end } = self.range;
        match self.scale {
            Scale::Linear | Scale::Decibels => (value - start) / (end - start),
            // What has no logarithm lies infinitely far below.
            Scale::Log if value > 0.0 => libm::log2(value / start) / libm::log2(end / start),
            Scale::Log => f64::NEG_INFINITY,
        }
    }

    /// The marks, rising: as many as have room when labels need `least` of the axis each, as a part of it.
    pub(super) fn marks(&self, least: f64) -> Vec<Mark> {
        let Range { start, end } = self.range;
        let labelled = |value: f64| Mark { value, label: Some(number(value)) };
        match self.scale {
            Scale::Linear => round_values(start, end, least * (end - start)).into_iter().map(labelled).collect(),
            Scale::Decibels => {
                let step = DECIBELS.into_iter().find(|step| step / (end - start) >= least).unwrap_or(end - start);
                let (first, last) = ((start / step).ceil() as i64, (end / step).floor() as i64);
                (first..=last).map(|i| labelled(i as f64 * step)).collect()
            }
            Scale::Log => self.log_marks(least),
        }
    }

    /// Lines at all whole multiples of a power of ten; labels at 1, 2 and 5, or at the powers alone where there is no room.
    fn log_marks(&self, least: f64) -> Vec<Mark> {
        let Range { start, end } = self.range;
        // The narrowest gap between labels is that from 1 to 2, and of powers a decade.
        let every = |factor: f64| self.part(start * factor) >= least;
        let mut marks = Vec::new();
        let mut power = 1e-9;
        for _ in 0..24 {
            for digit in 1..=9 {
                let value = f64::from(digit) * power;
                if (start * (1.0 - 1e-9)..=end * (1.0 + 1e-9)).contains(&value) {
                    let is_labelled = match digit {
                        1 => every(10.0),
                        2 | 5 => every(2.0),
                        _ => false,
                    };
                    marks.push(Mark { value, label: is_labelled.then(|| thousands(value)) });
                }
            }
            power *= 10.0;
        }
        marks
    }
}

/// A number with `k` for thousands: `500`, `2k`.
fn thousands(value: f64) -> String {
    if value < 999.5 { number(value) } else { format!("{}k", number(value / 1000.0)) }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn labels(axis: &Axis<'_>, least: f64) -> Vec<String> {
        axis.marks(least).into_iter().filter_map(|mark| mark.label).collect()
    }

    #[test]
    fn frequencies_are_marked_at_one_two_and_five() {
        let axis = Axis::log("", 20.0..20_000.0);
        let all = ["20", "50", "100", "200", "500", "1k", "2k", "5k", "10k", "20k"];
        assert_eq!(labels(&axis, 0.1), all);
        assert_eq!(labels(&axis, 0.11), ["100", "1k", "10k"]);
        // From 20 to 90, 8 lines; 9 in each of two decades; 10k and 20k.
        assert_eq!(axis.marks(0.1).len(), 8 + 9 + 9 + 2);
    }

    #[test]
    fn a_decade_is_as_long_as_any_other() {
        let axis = Axis::log("", 20.0..20_000.0);
        let parts = [20.0, 200.0, 2000.0, 20_000.0].map(|hz| axis.part(hz));
        for (part, third) in parts.into_iter().zip(0..) {
            assert!((part - f64::from(third) / 3.0).abs() < 1e-15, "{parts:?}");
        }
        assert_eq!(axis.part(0.0), f64::NEG_INFINITY);
    }

    #[test]
    fn levels_are_marked_at_multiples_of_six_and_twelve() {
        let axis = Axis::decibels("", -60.0..6.0);
        assert_eq!(labels(&axis, 0.15), ["−60", "−48", "−36", "−24", "−12", "0"]);
        assert_eq!(labels(&axis, 0.09)[..3], ["−60", "−54", "−48"]);
        assert_eq!(labels(&Axis::decibels("", -3.0..3.0), 0.3), ["−2", "0", "2"]);
    }

    #[test]
    fn an_axis_goes_upwards() {
        assert!(Axis::linear("", 0.0..1.0).check().is_ok());
        for range in [1.0..1.0, 1.0..0.0, 0.0..f64::INFINITY, f64::NAN..1.0] {
            assert!(Axis::linear("x", range).check().is_err());
        }
        assert!(Axis::log("x", 0.0..1.0).check().is_err());
    }
}
