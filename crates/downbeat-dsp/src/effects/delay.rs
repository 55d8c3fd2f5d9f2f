//! A delay with feedback, filters in the loop, and echoes that can go from side to side.

use super::iir::{Chain, Design, Section, warp};
use super::space::{CHUNK, Line, flush};
use crate::{Block, Effect, Format};

crate::params! {
    /// Repeats the sound as echoes that get softer, darker and thinner from one to the next.
    ///
    /// The echoes come exactly `time_ms` apart, to the nearest frame. When the time moves, they glide to the new one as a
    /// tape does that runs faster or slower for a moment. Each time round, the sound passes a low cut and a high cut of 6
    /// dB an octave, and `feedback` of it goes round again.
    pub struct Delay: "delay" {
        /// The time from echo to echo, in milliseconds.
        time_ms: f64 = 375.0, in 1.0..=4000.0;
        /// What each echo is of the one before, as a factor. Negative values turn every other one around.
        feedback: f64 = 0.35, in -0.95..=0.95;
        /// The share of the echoes: 0 is dry, 1 is echoes only.
        mix: f64 = 0.3, in 0.0..=1.0;
        /// Each echo loses what lies below, in hertz; 0 is off.
        low_cut_hz: f64 = 100.0, in 0.0..=20000.0;
        /// Each echo loses what lies above, in hertz; 20000 is off.
        high_cut_hz: f64 = 6000.0, in 20.0..=20000.0;
        /// Whether the echoes go from side to side, the first on the left. It needs stereo.
        ping_pong: bool = false;
    }
}

/// The longest time, in seconds: what `time_ms` goes up to.
const LONGEST_S: f64 = 4.0;
/// The time in which a glide covers the most of its way, in seconds, when it is short.
const GLIDE_S: f64 = 0.02;
/// How much faster or slower than the sound itself the tape runs at most.
const FASTEST: f64 = 0.5;
/// A glide that is as near as this, in frames, has arrived.
const ARRIVED: f64 = 1.0 / 1024.0;

/// What [`Delay`] remembers: the line of each channel, the filters, and where a glide is.
#[derive(Clone, PartialEq)]
pub struct DelayState {
    rate: u32,
    lines: [Line; 2],
    cuts: Chain<Delay>,
    /// The delay at the moment, in frames.
    delay: f64,
}

impl Effect for Delay {
    type State = DelayState;

    fn tail(&self, format: Format) -> usize {
        if self.mix == 0.0 { 0 } else { self.ring(format.rate) }
    }

    fn spreads(&self) -> bool {
        self.ping_pong
    }

    fn start(&self, format: Format) -> DelayState {
        let longest = (LONGEST_S * f64::from(format.rate)).ceil() as usize + 8;
        let sizes = if format.channels.count() == 1 { [longest, 1] } else { [longest; 2] };
        DelayState {
            rate: format.rate,
            lines: sizes.map(Line::new),
            cuts: Chain::new(self, format.rate),
            delay: self.frames(format.rate) as f64,
        }
    }

    #[inline(always)]
    fn process(&self, state: &mut DelayState, block: &mut Block<'_>) {
        let target = self.frames(state.rate);
        let frames = block.frames();
        let mut from = 0;
        while from < frames {
            // No echo of a chunk sounds within the chunk itself, nor do the two frames past one on a glide.
            let shortest = if state.delay == target as f64 { target } else { target.min(state.delay as usize) - 2 };
            let to = frames.min(from + CHUNK.min(shortest));
            self.chunk(state, &mut block.part(from..to), target);
            from = to;
        }
    }
}

impl Design for Delay {
    /// The cuts of the loop. One that is off follows the sound, to be there when it is wanted.
    fn sections(&self, rate: u32) -> impl Iterator<Item = Section> {
        let low = if self.cuts_low() { [1.0, -1.0] } else { [1.0, 0.0] };
        let high = if self.cuts_high() { [0.0, 1.0] } else { [1.0, 0.0] };
        let cut = move |freq_hz, mix| Section::one_pole(warp(freq_hz, rate), mix);
        [cut(self.low_cut_hz.max(1.0), low), cut(self.high_cut_hz, high)].into_iter()
    }
}

impl Delay {
    /// The time in whole frames; four are enough for a glide to have neighbours.
    fn frames(&self, rate: u32) -> usize {
        ((self.time_ms / 1000.0 * f64::from(rate)).round() as usize).max(4)
    }

    fn cuts_low(&self) -> bool {
        self.low_cut_hz > 0.0
    }

    fn cuts_high(&self) -> bool {
        self.high_cut_hz < 20_000.0
    }

    /// Works on frames that have no echo among themselves.
    #[inline(always)]
    fn chunk(&self, state: &mut DelayState, block: &mut Block<'_>, target: usize) {
        let frames = block.frames();
        let (feedback, wet, dry) = (self.feedback as f32, self.mix as f32, (1.0 - self.mix) as f32);
        let mut echoes = [[0.0; CHUNK]; 2];
        state.read(target, block.channels().count(), frames, &mut echoes);
        let [left_echo, right_echo] = &mut echoes;
        let (left_echo, right_echo) = (&mut left_echo[..frames], &mut right_echo[..frames]);
        let [left_line, right_line] = &mut state.lines;
        let mut planes = block.planes();
        match (planes.next(), planes.next()) {
            (Some(left), Some(right)) => {
                if self.cuts_low() || self.cuts_high() {
                    state.cuts.process(self, &mut Block::stereo(left_echo, right_echo));
                }
                let (mut to_left, mut to_right) = ([0.0; CHUNK], [0.0; CHUNK]);
                let (to_left, to_right) = (&mut to_left[..frames], &mut to_right[..frames]);
                if self.ping_pong {
                    for (to, (l, r)) in to_left.iter_mut().zip(left.iter().zip(&*right)) {
                        *to = 0.5 * (l + r);
                    }
                    feed(to_left, right_echo, feedback);
                    feed(to_right, left_echo, feedback);
                } else {
                    to_left.copy_from_slice(left);
                    to_right.copy_from_slice(right);
                    feed(to_left, left_echo, feedback);
                    feed(to_right, right_echo, feedback);
                }
                left_line.write(to_left);
                right_line.write(to_right);
                blend(left, left_echo, dry, wet);
                blend(right, right_echo, dry, wet);
            }
            (Some(plane), None) => {
                if self.cuts_low() || self.cuts_high() {
                    state.cuts.process(self, &mut Block::mono(left_echo));
                }
                let mut to_line = [0.0; CHUNK];
                let to_line = &mut to_line[..frames];
                to_line.copy_from_slice(plane);
                feed(to_line, left_echo, feedback);
                left_line.write(to_line);
                blend(plane, left_echo, dry, wet);
            }
            _ => {}
        }
    }

    /// After how many frames the echoes have rung down by 120 dB, whatever they were fed with.
    ///
    /// The filters let a frequency through with a factor of A at most, where the frequency may be one that grows with
    /// `e^(g n)`; then the echoes are, multiplied by that growth, not more than `S = mix A e^(g M) / (1 - feedback A e^(g
    /// M))` in the root of the sum of their squares, and after n frames not more than `S e^(-g n) / sqrt(1 - e^(-2 g))`
    /// in their sum (Cauchy and Schwarz). Without filters, the sum is S itself. The best growth of a few dozen is taken.
    fn ring(&self, rate: u32) -> usize {
        let delay = self.frames(rate) as f64;
        let mut cuts = Vec::new();
        if self.cuts_low() {
            cuts.push((warp(self.low_cut_hz, rate), -1.0));
        }
        if self.cuts_high() {
            cuts.push((warp(self.high_cut_hz, rate), 1.0));
        }
        let pole = |g: f64| (1.0 - g) / (1.0 + g);
        // Where the filters themselves end, or the echoes without them.
        let slowest = cuts.iter().map(|(g, _)| -libm::log(pole(*g).abs().max(1e-30)));
        let limit = slowest.fold(-libm::log(self.feedback.abs().max(1e-40)) / delay, f64::min);
        let frames = (1..128).filter_map(|step| {
            let growth = limit * f64::from(step) / 128.0;
            let grown = libm::exp(growth);
            // A filter of the first order turns the circle of a growth into a circle: its ends lie on the real axis.
            let through = |(g, sign): &(f64, f64)| {
                let at = |z: f64| {
                    let input = if *sign > 0.0 { g / (1.0 + g) } else { 1.0 / (1.0 + g) };
                    (input * (1.0 + sign * z) / (1.0 - pole(*g) * z)).abs()
                };
                at(grown).max(at(-grown))
            };
            let round = cuts.iter().map(through).product::<f64>() * libm::exp(growth * delay);
            let loss = 1.0 - self.feedback.abs() * round;
            let spread = if cuts.is_empty() { 1.0 } else { 1.0 / (1.0 - libm::exp(-2.0 * growth)).sqrt() };
            let weight = libm::log(self.mix * round / loss * spread);
            (loss > 0.0).then_some((weight + 6.0 * std::f64::consts::LN_10) / growth)
        });
        frames.fold(f64::INFINITY, f64::min).max(0.0).ceil() as usize
    }
}

impl DelayState {
    /// Reads the echoes of the next frames, and takes a glide on by as many.
    #[inline(always)]
    fn read(&mut self, target: usize, channels: usize, frames: usize, echoes: &mut [[f32; CHUNK]; 2]) {
        let lines = self.lines.iter().zip(echoes).take(channels);
        if self.delay == target as f64 {
            lines.for_each(|(line, echoes)| line.read(target, &mut echoes[..frames]));
            return;
        }
        let mut delays = [(0, 0.0); CHUNK];
        for (i, delay) in delays[..frames].iter_mut().enumerate() {
            self.delay = glide(self.delay, target as f64, self.rate);
            let whole = self.delay as usize;
            // The line stands at the first frame of the chunk.
            *delay = (whole - i, (self.delay - whole as f64) as f32);
        }
        for (line, echoes) in lines {
            for (echo, (whole, share)) in echoes.iter_mut().zip(&delays[..frames]) {
                *echo = line.between(*whole, *share);
            }
        }
    }
}

/// One frame of the way from a delay to another one: fast when it is far, then ever slower.
fn glide(delay: f64, target: f64, rate: u32) -> f64 {
    let way = target - delay;
    if way.abs() < ARRIVED {
        return target;
    }
    delay + (way / (GLIDE_S * f64::from(rate))).clamp(-FASTEST, FASTEST)
}

/// Adds what comes back to what goes into a line.
#[inline(always)]
fn feed(line: &mut [f32], echoes: &[f32], feedback: f32) {
    for (to, echo) in line.iter_mut().zip(echoes) {
        *to = flush(*to + feedback * echo);
    }
}

/// The dry sound and the echoes together.
#[inline(always)]
fn blend(plane: &mut [f32], echoes: &[f32], dry: f32, wet: f32) {
    for (x, echo) in plane.iter_mut().zip(echoes) {
        *x = flush(dry * *x + wet * echo);
    }
}
