//! Automation: numbers that move while the sound runs.
//!
//! A number moves in pieces of a few frames. A piece is over at every point of a curve, so that what happens there
//! happens at its very frame, and else at frames that [`STEP`] divides: the pieces lie where the song's frames put them,
//! whatever the blocks are.

use std::fmt;
use std::sync::Arc;

use crate::{Follow, Value};

/// The longest piece in frames: two thirds of a millisecond at 24 kHz, a third at 48 kHz.
const STEP: i64 = 16;

/// A number over the frames of the song.
#[derive(Clone, PartialEq, Debug)]
pub struct Automation {
    movement: Movement,
    /// As it is written in a script.
    words: String,
}

/// How a number moves.
#[derive(Clone, PartialEq, Debug)]
pub enum Movement {
    /// From point to point. Before the first point it has the first one's value, after the last point the last one's.
    Curve(Vec<Point>),
    /// Up and down again and again.
    Lfo {
        /// The shape of a cycle.
        shape: LfoShape,
        /// The lowest value.
        low: f64,
        /// The highest value.
        high: f64,
        /// How many cycles are over at some frames, in order: straight lines between them and beyond.
        cycles: Vec<(f64, f64)>,
    },
    /// With the level of another sound. Where that is not heard, it is silent.
    Follow(Follow),
}

/// A point of a curve.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct Point {
    /// The frame at which the value is reached.
    pub frame: i64,
    /// The value.
    pub value: f64,
    /// How it goes on from here.
    pub way: Way,
}

crate::choice! {
    /// How a curve goes from one point to the next.
    pub enum Way {
        /// By equal amounts in equal times.
        Linear = "linear",
        /// By equal ratios in equal times, as pitches and decibels are heard.
        Exponential = "exponential",
        /// Not at all, until the next point is there.
        Hold = "hold",
    }
}

crate::choice! {
    /// The shape of a cycle of a low-frequency oscillator. It begins in the middle, at the top or at an end, as a
    /// synthesizer's does.
    pub enum LfoShape {
        /// A sine: from the middle upwards.
        Sine = "sine",
        /// Straight up and down: from the middle upwards.
        Triangle = "triangle",
        /// The highest value for half of the cycle, then the lowest.
        Square = "square",
        /// Straight up from the lowest value, and back at once.
        Saw = "saw",
        /// Straight down from the highest value, and back at once.
        Ramp = "ramp",
    }
}

/// A number that stands still, or moves.
#[derive(Clone, PartialEq, Debug)]
pub enum Control {
    /// It is this.
    Still(f64),
    /// It moves.
    Moving(Arc<Automation>),
}

impl Control {
    /// The value at a moment, in frames of the song.
    pub fn value(&self, at: f64) -> f64 {
        match self {
            Control::Still(value) => *value,
            Control::Moving(automation) => automation.value(at),
        }
    }

    /// The name of the strip whose level it follows, if it does.
    pub fn listens_to(&self) -> Option<&str> {
        self.follow().map(|follow| follow.strip.as_ref())
    }

    /// How it follows a level, if it does.
    pub fn follow(&self) -> Option<&Follow> {
        if let Control::Moving(automation) = self { automation.follow() } else { None }
    }

    /// Whether it moves.
    pub fn is_moving(&self) -> bool {
        matches!(self, Control::Moving(_))
    }

    /// Bytes that are equal exactly when the controls are, for keys.
    pub fn key_bytes(&self) -> Vec<u8> {
        match self {
            Control::Still(value) => Value::Number(*value).key_bytes(),
            Control::Moving(automation) => Value::Moving(automation.clone()).key_bytes(),
        }
    }
}

impl From<f64> for Control {
    fn from(value: f64) -> Self {
        Control::Still(value)
    }
}

/// Frames in which a number is taken to stand still.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct Rest {
    /// The value.
    pub value: f64,
    /// The frame at which it is over.
    pub end: i64,
}

impl Automation {
    /// A movement, with its words in a script. Points are put in order; of two at the same frame the later one counts
    /// from there on.
    pub fn new(mut movement: Movement, words: impl Into<String>) -> Self {
        if let Movement::Curve(points) = &mut movement {
            points.sort_by_key(|point| point.frame);
        }
        Automation { movement, words: words.into() }
    }

    /// The lowest and the highest value that are ever reached.
    pub fn range(&self) -> (f64, f64) {
        match &self.movement {
            Movement::Curve(points) => points.iter().fold((f64::INFINITY, f64::NEG_INFINITY), |(low, high), point| {
                (low.min(point.value), high.max(point.value))
            }),
            Movement::Lfo { low, high, .. } => (*low, *high),
            Movement::Follow(follow) => (follow.quiet.min(follow.loud), follow.quiet.max(follow.loud)),
        }
    }

    /// How it follows a level, if it does.
    pub fn follow(&self) -> Option<&Follow> {
        if let Movement::Follow(follow) = &self.movement { Some(follow) } else { None }
    }

    /// The name of the strip whose level it follows, if it does.
    pub fn listens_to(&self) -> Option<&str> {
        self.follow().map(|follow| follow.strip.as_ref())
    }

    /// The value at a moment, in frames of the song.
    pub fn value(&self, at: f64) -> f64 {
        match &self.movement {
            Movement::Curve(points) => {
                let next = points.partition_point(|point| point.frame as f64 <= at);
                match (points.get(next.wrapping_sub(1)), points.get(next)) {
                    (Some(from), Some(to)) => between(from, to, at),
                    (Some(last), None) => last.value,
                    (None, Some(first)) => first.value,
                    (None, None) => 0.0,
                }
            }
            Movement::Lfo { shape, low, high, cycles } => {
                let cycle = line(cycles, at);
                low + (high - low) * shape.height(cycle - cycle.floor())
            }
            Movement::Follow(follow) => follow.quiet,
        }
    }

    /// The value from a frame of the song on, and for how long that is near enough.
    pub fn rest(&self, frame: i64) -> Rest {
        let (start, end) = match &self.movement {
            Movement::Curve(points) => {
                let next = points.partition_point(|point| point.frame <= frame);
                match (points.get(next.wrapping_sub(1)), points.get(next)) {
                    (Some(from), Some(to)) if from.way == Way::Hold || from.value == to.value => {
                        return Rest { value: from.value, end: to.frame };
                    }
                    (Some(from), Some(to)) => (from.frame, to.frame),
                    (_, to) => {
                        return Rest { value: self.value(frame as f64), end: to.map_or(i64::MAX, |to| to.frame) };
                    }
                }
            }
            Movement::Lfo { shape, cycles, .. } => shape.edges(cycles, frame),
            Movement::Follow(follow) => return Rest { value: follow.quiet, end: i64::MAX },
        };
        let start = start.max(frame.div_euclid(STEP) * STEP);
        let end = end.min(frame.div_euclid(STEP) * STEP + STEP);
        Rest { value: self.value((start + end - 1) as f64 / 2.0), end }
    }

    /// Bytes that are equal exactly when the movements are, for keys.
    pub(crate) fn key_bytes(&self) -> Vec<u8> {
        let mut bytes = Vec::new();
        let mut number = |x: f64| bytes.extend(x.to_bits().to_le_bytes());
        match &self.movement {
            Movement::Curve(points) => {
                number(-1.0);
                for point in points {
                    number(point.frame as f64);
                    number(point.value);
                    number(f64::from(point.way as u8));
                }
            }
            Movement::Lfo { shape, low, high, cycles } => {
                number(f64::from(*shape as u8));
                number(*low);
                number(*high);
                cycles.iter().flat_map(|&(frame, cycle)| [frame, cycle]).for_each(number);
            }
            Movement::Follow(follow) => {
                number(-2.0);
                bytes.extend(follow.key_bytes());
            }
        }
        bytes
    }
}

impl fmt::Display for Automation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.words)
    }
}

impl LfoShape {
    /// The height within a cycle, from 0 to 1.
    fn height(self, phase: f64) -> f64 {
        match self {
            LfoShape::Sine => 0.5 + 0.5 * libm::sin(std::f64::consts::TAU * phase),
            LfoShape::Triangle => {
                let quarter = (phase + 0.25).fract();
                2.0 * quarter.min(1.0 - quarter)
            }
            LfoShape::Square => f64::from(u8::from(phase < 0.5)),
            LfoShape::Saw => phase,
            LfoShape::Ramp => 1.0 - phase,
        }
    }

    /// The frames between which nothing jumps, around a frame.
    fn edges(self, cycles: &[(f64, f64)], frame: i64) -> (i64, i64) {
        let jumps = match self {
            LfoShape::Sine | LfoShape::Triangle => return (i64::MIN, i64::MAX),
            LfoShape::Square => 2.0,
            LfoShape::Saw | LfoShape::Ramp => 1.0,
        };
        let jump = (line(cycles, frame as f64) * jumps).floor();
        // The first frame at or after the jump. As numbers are rounded, the frame itself stays between the two.
        let at = |jump: f64| inverse(cycles, jump / jumps).ceil() as i64;
        (at(jump).min(frame), at(jump + 1.0).max(frame + 1))
    }
}

/// The value of a curve between two of its points.
fn between(from: &Point, to: &Point, at: f64) -> f64 {
    let part = (at - from.frame as f64) / (to.frame - from.frame) as f64;
    match from.way {
        Way::Hold => from.value,
        Way::Exponential if from.value * to.value > 0.0 => {
            // Never beyond its ends, however it is rounded.
            let value = from.value * libm::exp(libm::log(to.value / from.value) * part);
            value.clamp(from.value.min(to.value), from.value.max(to.value))
        }
        _ => from.value + (to.value - from.value) * part,
    }
}

/// The height of straight lines between points, and beyond the first and the last two.
fn line(points: &[(f64, f64)], x: f64) -> f64 {
    let next = points.partition_point(|point| point.0 <= x).clamp(1, points.len().max(2) - 1);
    let (Some(a), Some(b)) = (points.get(next - 1), points.get(next)) else { return 0.0 };
    a.1 + (b.1 - a.1) * ((x - a.0) / (b.0 - a.0))
}

/// Where such lines, which rise, have a height.
fn inverse(points: &[(f64, f64)], y: f64) -> f64 {
    let next = points.partition_point(|point| point.1 <= y).clamp(1, points.len().max(2) - 1);
    let (Some(a), Some(b)) = (points.get(next - 1), points.get(next)) else { return 0.0 };
    a.0 + (b.0 - a.0) * ((y - a.1) / (b.1 - a.1))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn curve(points: &[(i64, f64, Way)]) -> Automation {
        let points = points.iter().map(|&(frame, value, way)| Point { frame, value, way }).collect();
        Automation::new(Movement::Curve(points), "curve(...)")
    }

    fn lfo(shape: LfoShape, period: f64) -> Automation {
        Automation::new(
            Movement::Lfo { shape, low: -1.0, high: 3.0, cycles: vec![(0.0, 0.0), (period, 1.0)] },
            "lfo(...)",
        )
    }

    #[test]
    fn a_curve_meets_its_points_and_its_ways() {
        let curve = curve(&[
            (100, 1.0, Way::Linear),
            (200, 3.0, Way::Exponential),
            (300, 12.0, Way::Hold),
            (400, 5.0, Way::Linear),
        ]);
        for (at, value) in [
            (-50.0, 1.0),
            (100.0, 1.0),
            (150.0, 2.0),
            (200.0, 3.0),
            (250.0, 6.0),
            (300.0, 12.0),
            (399.0, 12.0),
            (400.0, 5.0),
            (9e9, 5.0),
        ] {
            assert!((curve.value(at) - value).abs() < 1e-12, "{at}: {}", curve.value(at));
        }
        assert_eq!(curve.range(), (1.0, 12.0));
    }

    #[test]
    fn a_rest_ends_at_points_and_else_on_a_grid_of_frames() {
        let curve = curve(&[(100, 0.0, Way::Linear), (200, 100.0, Way::Hold), (333, 7.0, Way::Linear)]);
        assert_eq!(curve.rest(-5), Rest { value: 0.0, end: 100 });
        // From the point to the grid, then by the grid, then to the point; each with the value of its middle.
        assert_eq!(curve.rest(100), Rest { value: 5.5, end: 112 });
        assert_eq!(curve.rest(111), Rest { value: 5.5, end: 112 });
        assert_eq!(curve.rest(112), Rest { value: 19.5, end: 128 });
        assert_eq!(curve.rest(199), Rest { value: 95.5, end: 200 });
        assert_eq!(curve.rest(200), Rest { value: 100.0, end: 333 });
        assert_eq!(curve.rest(333), Rest { value: 7.0, end: i64::MAX });
    }

    #[test]
    fn an_lfo_has_its_shapes() {
        let at = |shape, quarter: f64| lfo(shape, 400.0).value(100.0 * quarter);
        let cycle = |shape| [0.0, 1.0, 2.0, 3.0, 4.0].map(|quarter| (at(shape, quarter) * 1e9).round() / 1e9);
        assert_eq!(cycle(LfoShape::Sine), [1.0, 3.0, 1.0, -1.0, 1.0]);
        assert_eq!(cycle(LfoShape::Triangle), [1.0, 3.0, 1.0, -1.0, 1.0]);
        assert_eq!(cycle(LfoShape::Square), [3.0, 3.0, -1.0, -1.0, 3.0]);
        assert_eq!(cycle(LfoShape::Saw), [-1.0, 0.0, 1.0, 2.0, -1.0]);
        assert_eq!(cycle(LfoShape::Ramp), [3.0, 2.0, 1.0, 0.0, 3.0]);
    }

    #[test]
    fn a_square_jumps_at_its_very_frame() {
        let square = lfo(LfoShape::Square, 301.0);
        let mut frame = 0;
        while frame < 3000 {
            let Rest { value, end } = square.rest(frame);
            assert!(end > frame && end <= frame + STEP);
            for inside in frame..end {
                assert_eq!(value, square.value(inside as f64), "{inside}");
                assert_eq!(square.rest(inside), Rest { value, end }, "wherever a block begins");
            }
            frame = end;
        }
    }

    #[test]
    fn cycles_follow_a_tempo_that_changes() {
        let cycles = vec![(0.0, 0.0), (1000.0, 2.0), (3000.0, 3.0)];
        let saw = Automation::new(Movement::Lfo { shape: LfoShape::Saw, low: 0.0, high: 1.0, cycles }, "");
        for (at, value) in [(250.0, 0.5), (1000.0, 0.0), (2000.0, 0.5), (4000.0, 0.5)] {
            assert!((saw.value(at) - value).abs() < 1e-12, "{at}");
        }
    }
}
