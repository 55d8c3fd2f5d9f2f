//! How loud something goes to both sides: a fader and a place between left and right, which may move.

use std::collections::VecDeque;

use downbeat_dsp::{Audio, Control, Follow, Follower, Heard, PanLaw, ratio};

use crate::key::KeyMaker;
use crate::session::{Position, Send, Session, StripIndex};

/// The gains to the left and to the right.
#[derive(Clone, PartialEq, Debug)]
pub(crate) enum Gains {
    Still([f32; 2]),
    /// Levels in decibels that add up, and the place.
    Moving(Vec<Control>, Position, PanLaw),
}

impl Gains {
    /// Those of a strip behind its fader.
    pub(crate) fn of_strip(session: &Session, index: StripIndex) -> Self {
        let strip = session.strip(index);
        Gains::new(faders(session, index).collect(), strip.position.clone(), strip.pan_law)
    }

    /// Those of one of its sends.
    pub(crate) fn of_send(session: &Session, index: StripIndex, send: &Send) -> Self {
        if send.pre_fader {
            return Gains::new(vec![send.db.clone()], Position::Levels { left: 1.0, right: 1.0 }, PanLaw::Power);
        }
        let (strip, levels) = (session.strip(index), faders(session, index).chain([send.db.clone()]));
        Gains::new(levels.collect(), strip.position.clone(), strip.pan_law)
    }

    /// None of it.
    pub(crate) fn muted() -> Self {
        Gains::Still([0.0; 2])
    }

    /// All of it.
    pub(crate) fn unity() -> Self {
        Gains::Still([1.0; 2])
    }

    fn new(levels: Vec<Control>, position: Position, law: PanLaw) -> Self {
        let moving = Gains::Moving(levels, position, law);
        match &moving {
            Gains::Moving(levels, position, law) if !moving.controls().any(Control::is_moving) => {
                Gains::Still(sides(levels.iter().map(|level| level.value(0.0)), position.gains(*law, 0.0)))
            }
            _ => moving,
        }
    }

    /// All that may move: the levels, then the place.
    fn controls(&self) -> impl Iterator<Item = &Control> {
        let (levels, position) = match self {
            Gains::Still(_) => (&[][..], None),
            Gains::Moving(levels, position, _) => (levels.as_slice(), Some(position)),
        };
        let pan = if let Some(Position::Pan(pan)) = position { Some(pan) } else { None };
        levels.iter().chain(pan)
    }

    /// The names of the strips whose levels they follow.
    pub(crate) fn listens_to(&self) -> impl Iterator<Item = &str> {
        self.controls().filter_map(Control::listens_to)
    }

    /// Puts what they are into a key.
    pub(crate) fn write(&self, key: &mut KeyMaker) {
        match self {
            Gains::Still([left, right]) => {
                key.real((*left).into()).real((*right).into());
            }
            Gains::Moving(levels, position, law) => {
                levels.iter().for_each(|level| {
                    key.bytes(&level.key_bytes());
                });
                match position {
                    Position::Pan(pan) => key.bytes(format!("{law:?}").as_bytes()).bytes(&pan.key_bytes()),
                    Position::Levels { left, right } => key.bytes(b"levels").real(*left).real(*right),
                };
            }
        }
    }
}

/// The fader of a strip, and those of the groups that it belongs to.
fn faders(session: &Session, index: StripIndex) -> impl Iterator<Item = Control> {
    let groups = session.groups_of(index).map(|group| group.fader_db.clone());
    std::iter::once(session.strip(index).fader_db.clone()).chain(groups)
}

/// Levels in decibels, and the gains of a place, as gains to both sides.
fn sides(levels: impl Iterator<Item = f64>, position: [f64; 2]) -> [f32; 2] {
    let fader = ratio(levels.sum());
    position.map(|side| (side * fader) as f32)
}

/// Gains in motion, page by page.
#[derive(Clone, PartialEq)]
pub(crate) struct Fading {
    gains: Gains,
    /// Of each control, in their order, the numbers it gets from the level it follows, if it does.
    followed: Vec<Option<Followed>>,
}

/// Moving gains go in straight lines between frames of the song that this divides.
const STEP: i64 = 16;

impl Fading {
    /// Before the frame `at` of the song.
    pub(crate) fn new(gains: Gains, at: i64) -> Self {
        let followed = gains.controls().map(|control| Some(Followed::new(control.follow()?, at))).collect();
        Fading { gains, followed }
    }

    /// Hears the next frames of the strips that are followed: to be called for every page before it is worked on.
    pub(crate) fn hear(&mut self, heard: Heard<'_>, frames: usize) {
        self.followed.iter_mut().flatten().for_each(|followed| followed.hear(heard, frames));
    }

    /// Adds the frames of a range of a page to a sum. Mono goes to both sides. The page begins at the frame `start` of the
    /// song.
    pub(crate) fn add(&self, sum: &mut Audio, page: &Audio, range: std::ops::Range<usize>, start: i64) {
        let lines = self.lines(start + range.start as i64, range.len());
        let planes = sum.planes_mut().zip([page.left(), page.right()]);
        for (side, (plane, source)) in planes.enumerate() {
            let (plane, source) = (&mut plane[range.clone()], &source[range.clone()]);
            match &self.gains {
                Gains::Still(gains) if gains[side] == 0.0 => {}
                Gains::Still(gains) => {
                    let gain = gains[side];
                    plane.iter_mut().zip(source).for_each(|(y, x)| *y += gain * x);
                }
                Gains::Moving(..) => {
                    for line in &lines {
                        let frames = plane[line.frames.clone()].iter_mut().zip(&source[line.frames.clone()]);
                        frames.zip(line.gains(side)).for_each(|((y, x), gain)| *y += gain * x);
                    }
                }
            }
        }
    }

    /// Multiplies a page, which begins at the frame `start` of the song.
    pub(crate) fn scale(&self, page: &mut Audio, start: i64) {
        let lines = self.lines(start, page.frames());
        for (side, plane) in page.planes_mut().enumerate() {
            match &self.gains {
                Gains::Still(gains) if gains[side] == 1.0 => {}
                Gains::Still(gains) => plane.iter_mut().for_each(|x| *x *= gains[side]),
                Gains::Moving(..) => {
                    for line in &lines {
                        let frames = plane[line.frames.clone()].iter_mut();
                        frames.zip(line.gains(side)).for_each(|(x, gain)| *x *= gain);
                    }
                }
            }
        }
    }

    /// The straight lines on which moving gains go through so many frames from one of the song on. Where these begin
    /// changes nothing.
    fn lines(&self, start: i64, frames: usize) -> Vec<Line> {
        let Gains::Moving(levels, position, law) = &self.gains else { return Vec::new() };
        let value = |index: usize, control: &Control, frame: i64| match self.followed.get(index) {
            Some(Some(followed)) => followed.number(frame),
            _ => control.value(frame as f64),
        };
        // What stands still for a while is worked out once.
        let (mut fader, mut place) = ((f64::NAN, 0.0), (f64::NAN, [0.0; 2]));
        let mut at = |frame: i64| {
            let level: f64 = levels.iter().enumerate().map(|(index, level)| value(index, level, frame)).sum();
            if level != fader.0 {
                fader = (level, ratio(level));
            }
            let pan = if let Position::Pan(pan) = position { value(levels.len(), pan, frame) } else { 0.0 };
            if pan != place.0 {
                place = (pan, position.gains_with(*law, |_| pan));
            }
            place.1.map(|side| (side * fader.1) as f32)
        };
        let mut lines = Vec::with_capacity(frames / STEP as usize + 2);
        let mut line = start.div_euclid(STEP) * STEP;
        let mut from = at(line);
        while line < start + frames as i64 {
            let to = at(line + STEP);
            let begin = usize::try_from(line - start).unwrap_or(0);
            let end = frames.min(usize::try_from(line + STEP - start).unwrap_or(0));
            let slope = [0, 1].map(|side| (to[side] - from[side]) / STEP as f32);
            lines.push(Line { frames: begin..end, from, slope, passed: (start + begin as i64 - line) as usize });
            (from, line) = (to, line + STEP);
        }
        lines
    }
}

/// A straight line of gains to both sides.
struct Line {
    /// The frames of the page on it.
    frames: std::ops::Range<usize>,
    /// The gains where it begins.
    from: [f32; 2],
    /// By how much they change with each frame.
    slope: [f32; 2],
    /// How many of its frames lie before the page.
    passed: usize,
}

impl Line {
    /// The gain of each of its frames in the page.
    fn gains(&self, side: usize) -> impl Iterator<Item = f32> {
        let (from, slope) = (self.from[side], self.slope[side]);
        (self.passed..self.passed + self.frames.len()).map(move |i| from + slope * i as f32)
    }
}

/// The numbers of a control that follows a level, at the ends of the lines of a page.
///
/// The number at the end of a line is known when the line begins, so that where pages begin changes nothing: it is that
/// of the level one line before.
#[derive(Clone, PartialEq)]
struct Followed {
    follower: Follower,
    /// The number of the line at whose beginning the first number counts.
    line: i64,
    numbers: VecDeque<f64>,
}

impl Followed {
    fn new(follow: &Follow, at: i64) -> Self {
        let follower = Follower::new(follow.clone(), at);
        let numbers = VecDeque::from([follower.number(); 2]);
        Followed { follower, line: at.div_euclid(STEP), numbers }
    }

    fn hear(&mut self, heard: Heard<'_>, frames: usize) {
        // What ended before this page is over.
        let line = self.follower.end() / STEP - 1;
        while self.line < line && self.numbers.len() > 1 {
            self.numbers.pop_front();
            self.line += 1;
        }
        let mut done = 0;
        while done < frames {
            let end = self.follower.end();
            let part = usize::try_from(end - self.follower.at()).unwrap_or(0).min(frames - done);
            self.follower.hear(heard.from(done).strip(self.follower.strip()), part);
            done += part;
            if self.follower.at() == end {
                self.numbers.push_back(self.follower.number());
            }
        }
    }

    fn number(&self, frame: i64) -> f64 {
        let line = usize::try_from(frame / STEP - self.line).unwrap_or(0);
        self.numbers.get(line).or(self.numbers.back()).copied().unwrap_or_default()
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use downbeat_dsp::{Automation, Format, Movement, Point, Way};

    use super::*;
    use crate::session::{Bus, Group, Origin, Strip};

    /// A session with one bus.
    fn session(strip: Strip) -> Session {
        let bus = Bus { name: "Bus".into(), strip, origin: Origin::default() };
        Session { buses: vec![bus], ..Session::new(48_000) }
    }

    fn gains(strip: Strip) -> Gains {
        Gains::of_strip(&session(strip), StripIndex::Bus(0))
    }

    /// From 0 to 16 dB and from the left to the right.
    fn moving() -> Fading {
        let ramp = |from: f64, to: f64| {
            let point = |frame, value| Point { frame, value, way: Way::Linear };
            let curve = Movement::Curve(vec![point(96, from), point(896, to)]);
            Control::Moving(Arc::new(Automation::new(curve, "")))
        };
        let strip = Strip { fader_db: ramp(0.0, 16.0), position: Position::Pan(ramp(-1.0, 1.0)), ..Strip::default() };
        Fading::new(gains(strip), 0)
    }

    /// Down by 20 dB while another strip is loud.
    fn ducking(at: i64) -> Fading {
        let strip = "Kick".into();
        let follow =
            Follow { strip, attack: 40.0, release: 40.0, floor_db: -40.0, top_db: 0.0, quiet: 0.0, loud: -20.0 };
        let fader_db = Control::Moving(Arc::new(Automation::new(Movement::Follow(follow), "")));
        Fading::new(gains(Strip { fader_db, ..Strip::default() }), at)
    }

    #[test]
    fn a_moving_fader_is_where_it_should_be() {
        let page = Audio::stereo(48_000, vec![1.0; 1000], vec![1.0; 1000]);
        let mut sum = Audio::silence(Format::stereo(48_000), 1000);
        moving().add(&mut sum, &page, 0..1000, 0);
        for frame in 0..1000 {
            let part = ((f64::from(frame) - 96.0) / 800.0).clamp(0.0, 1.0);
            let sides = Position::Pan(Control::Still(2.0 * part - 1.0)).gains(PanLaw::Power, 0.0);
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
    fn a_fader_that_follows_a_level_does_so_in_pages_of_any_length() {
        let kick: Vec<f32> = (0..1000).map(|i| if i % 400 < 150 { 1.0 } else { 0.0 }).collect();
        let kick = Audio::mono(48_000, kick);
        let strips = [("Kick", &kick)];
        let scaled = |start: i64, length: usize| {
            let mut fading = ducking(start);
            let mut out = Vec::new();
            for from in (0..1000).step_by(length) {
                let frames = length.min(1000 - from);
                let mut page = Audio::mono(48_000, vec![1.0; frames]);
                fading.hear(Heard::new(&strips).from(from), frames);
                fading.scale(&mut page, start + from as i64);
                out.extend_from_slice(page.left());
            }
            out
        };
        for start in [0, -50, 7] {
            let whole = scaled(start, 1000);
            assert!(whole[0] == 1.0 && whole[140] < 0.2 && whole[399] > 0.5, "it ducks and comes back");
            let steepest = whole.windows(2).map(|two| (two[1] - two[0]).abs()).fold(0.0, f32::max);
            assert!(steepest < 1.0 / 16.0, "it jumps by {steepest}, and not in lines of 16 frames");
            for length in [1, 5, 16, 33, 400] {
                assert!(scaled(start, length) == whole, "from {start}, pages of {length}");
            }
        }
    }

    #[test]
    fn what_stands_still_is_a_number() {
        let strip = Strip { fader_db: Control::Still(-6.0), ..Strip::default() };
        assert_eq!(gains(strip.clone()), Gains::Still([ratio(-6.0) as f32; 2]));
        let send = Send { bus: 0, db: Control::Still(-6.0), pre_fader: false };
        assert_eq!(Gains::of_send(&session(strip), StripIndex::Bus(0), &send), Gains::Still([ratio(-12.0) as f32; 2]));
    }

    #[test]
    fn groups_add_to_the_faders_of_their_strips() {
        let mut session = session(Strip { fader_db: Control::Still(-6.0), ..Strip::default() });
        let group = |strips| Group { strips, fader_db: Control::Still(-4.0), mute: false, solo: false };
        session.groups = vec![group(vec![StripIndex::Bus(0)]), group(vec![StripIndex::Track(0)])];
        let gains = |session: &Session| Gains::of_strip(session, StripIndex::Bus(0));
        assert_eq!(gains(&session), Gains::Still([ratio(-10.0) as f32; 2]));
        let send = |pre_fader| Send { bus: 0, db: Control::Still(-1.0), pre_fader };
        for (pre_fader, db) in [(false, -11.0), (true, -1.0)] {
            let gains = Gains::of_send(&session, StripIndex::Bus(0), &send(pre_fader));
            assert_eq!(gains, Gains::Still([ratio(db) as f32; 2]));
        }
    }
}
