//! How loud something goes to both sides: a fader and a place between left and right, which may move.

use downbeat_dsp::{Audio, Control, ratio};

use crate::key::KeyMaker;
use crate::session::{Position, Send, Strip};

/// The gains to the left and to the right.
#[derive(Clone, PartialEq, Debug)]
pub(crate) enum Gains {
    Still([f32; 2]),
    /// Levels in decibels that add up, and the place.
    Moving(Vec<Control>, Position),
}

/// Moving gains go in straight lines between frames of the song that this divides.
const STEP: i64 = 16;

impl Gains {
    /// Those of a strip behind its fader.
    pub(crate) fn of_strip(strip: &Strip) -> Self {
        Gains::new(vec![strip.fader_db.clone()], strip.position.clone())
    }

    /// Those of a send.
    pub(crate) fn of_send(strip: &Strip, send: &Send) -> Self {
        if send.pre_fader {
            Gains::new(vec![send.db.clone()], Position::Levels { left: 1.0, right: 1.0 })
        } else {
            Gains::new(vec![strip.fader_db.clone(), send.db.clone()], strip.position.clone())
        }
    }

    /// None of it.
    pub(crate) fn muted() -> Self {
        Gains::Still([0.0; 2])
    }

    fn new(levels: Vec<Control>, position: Position) -> Self {
        let is_moving = matches!(&position, Position::Pan(pan) if pan.is_moving());
        let moving = Gains::Moving(levels, position);
        match &moving {
            Gains::Moving(levels, _) if is_moving || levels.iter().any(Control::is_moving) => moving,
            _ => Gains::Still(moving.at(0)),
        }
    }

    /// The gains at a frame of the song.
    fn at(&self, frame: i64) -> [f32; 2] {
        match self {
            Gains::Still(gains) => *gains,
            Gains::Moving(levels, position) => {
                let at = frame as f64;
                let fader = ratio(levels.iter().map(|level| level.value(at)).sum());
                position.gains(at).map(|side| (side * fader) as f32)
            }
        }
    }

    /// Puts what they are into a key.
    pub(crate) fn write(&self, key: &mut KeyMaker) {
        match self {
            Gains::Still([left, right]) => {
                key.real((*left).into()).real((*right).into());
            }
            Gains::Moving(levels, position) => {
                levels.iter().for_each(|level| {
                    key.bytes(&level.key_bytes());
                });
                match position {
                    Position::Pan(pan) => key.bytes(b"pan").bytes(&pan.key_bytes()),
                    Position::Levels { left, right } => key.bytes(b"levels").real(*left).real(*right),
                };
            }
        }
    }

    /// Adds the frames of a range of a page to a stereo sum. Mono goes to both sides. The page begins at the frame `start`
    /// of the song.
    pub(crate) fn add(&self, sum: &mut Audio, page: &Audio, range: std::ops::Range<usize>, start: i64) {
        let planes = sum.planes_mut().zip([page.left(), page.right()]);
        for (side, (plane, source)) in planes.enumerate() {
            let frames = plane[range.clone()].iter_mut().zip(&source[range.clone()]);
            match self {
                Gains::Still(gains) if gains[side] == 0.0 => {}
                Gains::Still(gains) => {
                    let gain = gains[side];
                    frames.for_each(|(y, x)| *y += gain * x);
                }
                Gains::Moving(..) => {
                    let gains = self.each(side, start + range.start as i64);
                    frames.zip(gains).for_each(|((y, x), gain)| *y += gain * x);
                }
            }
        }
    }

    /// Multiplies a stereo page, which begins at the frame `start` of the song.
    pub(crate) fn scale(&self, page: &mut Audio, start: i64) {
        for (side, plane) in page.planes_mut().enumerate() {
            match self {
                Gains::Still(gains) if gains[side] == 1.0 => {}
                Gains::Still(gains) => plane.iter_mut().for_each(|x| *x *= gains[side]),
                Gains::Moving(..) => plane.iter_mut().zip(self.each(side, start)).for_each(|(x, gain)| *x *= gain),
            }
        }
    }

    /// The gains to one side from a frame on, in straight lines. Where a page begins changes nothing.
    fn each(&self, side: usize, start: i64) -> impl Iterator<Item = f32> {
        let line = start.div_euclid(STEP);
        let mut from = self.at(line * STEP)[side];
        let lines = (line + 1..).flat_map(move |next| {
            let to = self.at(next * STEP)[side];
            let (begin, slope) = (from, (to - from) / STEP as f32);
            from = to;
            (0..STEP).map(move |i| begin + slope * i as f32)
        });
        lines.skip((start - line * STEP) as usize)
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use downbeat_dsp::{Automation, Format, Movement, Point, Way};

    use super::*;

    /// From 0 to 16 dB and from the left to the right.
    fn moving() -> Gains {
        let ramp = |from: f64, to: f64| {
            let point = |frame, value| Point { frame, value, way: Way::Linear };
            let curve = Movement::Curve(vec![point(96, from), point(896, to)]);
            Control::Moving(Arc::new(Automation::new(curve, "")))
        };
        let strip = Strip { fader_db: ramp(0.0, 16.0), position: Position::Pan(ramp(-1.0, 1.0)), ..Strip::default() };
        Gains::of_strip(&strip)
    }

    #[test]
    fn a_moving_fader_is_where_it_should_be() {
        let page = Audio::stereo(48_000, vec![1.0; 1000], vec![1.0; 1000]);
        let mut sum = Audio::silence(Format::stereo(48_000), 1000);
        moving().add(&mut sum, &page, 0..1000, 0);
        for frame in 0..1000 {
            let part = ((f64::from(frame) - 96.0) / 800.0).clamp(0.0, 1.0);
            let sides = Position::Pan(Control::Still(2.0 * part - 1.0)).gains(0.0);
            for (plane, side) in sum.planes().zip(sides) {
                // Straight lines of 16 frames are this near to curves that take 800.
                let off = f64::from(plane[frame as usize]) - side * ratio(16.0 * part);
                assert!(off.abs() < 3e-3, "{frame}: {off}");
            }
        }
    }

    #[test]
    fn pages_of_any_length_give_the_same_bits() {
        let sound: Vec<f32> = (0..1000).map(|i| (i % 37) as f32 - 18.0).collect();
        let page = Audio::stereo(48_000, sound.clone(), sound);
        let mut whole = page.clone();
        moving().scale(&mut whole, -50);
        for length in [1, 7, 16, 100] {
            let (mut parts, mut sums) = (page.clone(), Audio::silence(Format::stereo(48_000), 1000));
            for from in (0..1000).step_by(length) {
                let to = 1000.min(from + length);
                let mut part = page.clone();
                part.resize(to);
                part.drop_front(from);
                moving().scale(&mut part, from as i64 - 50);
                for (plane, part) in parts.planes_mut().zip(part.planes()) {
                    plane[from..to].copy_from_slice(part);
                }
                moving().add(&mut sums, &page, from..to, -50);
            }
            assert!(parts == whole && sums == whole, "{length}");
        }
    }

    #[test]
    fn what_stands_still_is_a_number() {
        let strip = Strip { fader_db: Control::Still(-6.0), ..Strip::default() };
        assert_eq!(Gains::of_strip(&strip), Gains::Still([ratio(-6.0) as f32; 2]));
        let send = Send { bus: 0, db: Control::Still(-6.0), pre_fader: false };
        assert_eq!(Gains::of_send(&strip, &send), Gains::Still([ratio(-12.0) as f32; 2]));
    }
}
