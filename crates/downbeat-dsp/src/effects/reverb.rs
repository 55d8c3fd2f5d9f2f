//! The reverberator: diffusers into a network of delay lines.

use std::f64::consts::{LN_10, TAU};

use super::space::{
    Absorption, Allpass, CHUNK, Damper, Damping, LINES, Line, Network, blend, depth, flush, lengths, near_and_far,
};
use crate::{Block, Effect, Format, Held};

crate::params! {
    /// A room, from a chamber to a cathedral: smooth, dense and wide.
    ///
    /// Each side is made dense by four allpasses and goes into a network of sixteen delay lines that feed each other. It
    /// decays by 60 dB in `decay_s`, and sooner for the highs, as in air: at a frequency f in about `decay_s / (1 + (f /
    /// damping_hz)²)`. A steady sound is as loud in the room as it is dry, however long the room rings.
    pub struct Reverb: "reverb" {
        /// The time in which the sound decays by 60 dB, in seconds.
        decay_s: f64 = 1.8, in 0.1..=20.0;
        /// The size of the room: 0 is a small chamber with paths of 10 ms, 1 a hall with paths of 60 ms. It stays fixed
        /// while it plays.
        size: f64 = 0.5, in 0.0..=1.0 as fixed;
        /// The time before the room answers, in milliseconds. It stays fixed while it plays.
        predelay_ms: f64 = 10.0, in 0.0..=500.0 as fixed;
        /// Where the sound decays in half the time, in hertz: the lower, the darker.
        damping_hz: f64 = 6000.0, in 200.0..=20000.0;
        /// The room loses what lies below, in hertz, 6 dB an octave; 0 is off.
        low_cut_hz: f64 = 120.0, in 0.0..=2000.0;
        /// How far apart the two sides of the room are: 0 is mono, 1 is wide.
        width: f64 = 1.0, in 0.0..=1.0;
        /// The share of the room: 0 is dry, 1 is the room only.
        mix: f64 = 0.25, in 0.0..=1.0;
    }
}

/// The mean delay of the lines for a size of 0 and of 1, in seconds.
const SMALLEST_S: f64 = 0.01;
const LARGEST_S: f64 = 0.06;
/// The delays of the allpasses of each side, as shares of the mean delay of the lines.
const DIFFUSERS: [[f64; 4]; 2] = [[0.0817, 0.1123, 0.1971, 0.2837], [0.0871, 0.1049, 0.2113, 0.2699]];
/// The feedback of the allpasses, unless it would ring for more than half as long as the room.
const DIFFUSION: f64 = 0.65;

/// What [`Reverb`] remembers.
#[derive(Clone, PartialEq)]
pub struct ReverbState {
    rate: u32,
    /// Whether it has heard anything but silence. The lines move from then on, so that a later sound is only later.
    is_awake: bool,
    tuned: Tuned,
    sides: [Side; 2],
    network: Network,
}

impl Held for ReverbState {
    fn held(&self) -> usize {
        self.sides.held() + self.network.held()
    }
}

/// What stands before the network, on each side.
#[derive(Clone, PartialEq)]
struct Side {
    predelay: Line,
    low: Damper,
    diffusers: [Allpass; 4],
}

impl Held for Side {
    fn held(&self) -> usize {
        self.predelay.held() + self.diffusers.held()
    }
}

impl Effect for Reverb {
    type State = ReverbState;
    /// 2: the lines are in 64 bits.
    const VERSION: u32 = 2;

    /// With everything multiplied by a growth `e^(g n)`, a line of M frames gives back the share `10^(-3 M / decay) e^(g
    /// M)` of what it is given, rho at most, and the matrix keeps the energy: so a click of energy E, eight lines in and
    /// eight out, comes to an energy of `8 E / (1 - rho²)`, and less than `e^(2 g M)` times that before the losses. The
    /// allpasses and the cut give at most what they give at the ends of a circle. After n frames, what is left of an energy
    /// S² sums up to `S e^(-g n) / sqrt(1 - e^(-2 g))` at most (Cauchy and Schwarz), and both sides to twice as much. The
    /// best growth of a few dozen is taken.
    fn tail(&self, format: Format) -> usize {
        if self.mix == 0.0 {
            return 0;
        }
        let rate = f64::from(format.rate);
        let tuned = Tuned::new(self, format.rate);
        let lines: Vec<(f64, f64)> = (self.lengths(format.rate).into_iter().enumerate())
            .map(|(i, length)| (self.loss(length as f64 / rate), (length + depth(i, format.rate) + 1) as f64))
            .collect();
        let diffusers = |side: usize| self.diffusers(format.rate)[side].into_iter().zip(tuned.diffusion[side]);
        let allpasses: Vec<(f64, f64)> =
            (0..2).flat_map(diffusers).map(|(frames, g)| (f64::from(g), frames as f64)).collect();
        let fall = |(factor, frames): &(f64, f64)| -libm::log(*factor) / frames;
        let cut = (self.low_cut_hz > 0.0).then(|| low_pole(self.low_cut_hz, rate));
        let falls = lines.iter().chain(&allpasses).map(fall).chain(cut.map(|pole| -libm::log(pole)));
        let limit = falls.fold(f64::INFINITY, f64::min);
        let frames = (1..64).map(|step| {
            let growth = limit * f64::from(step) / 64.0;
            let rho = lines.iter().map(|(factor, frames)| factor * libm::exp(growth * frames)).fold(0.0, f64::max);
            let longest = lines.iter().map(|(_, frames)| libm::exp(growth * frames)).fold(0.0, f64::max);
            let network = 16.0 * tuned.input * longest / (1.0 - rho * rho).sqrt();
            let dense = |(g, frames): &(f64, f64)| {
                let grown = libm::exp(growth * frames);
                (grown - g) / (1.0 - g * grown)
            };
            // One side after the other is as loud as the louder one.
            let sides = allpasses.chunks(4).map(|side| side.iter().map(dense).product::<f64>());
            let cut = cut.map_or(1.0, |pole| {
                let grown = libm::exp(growth);
                pole * f64::max((1.0 + grown) / (1.0 + pole * grown), (grown - 1.0) / (1.0 - pole * grown))
            });
            let spread = 1.0 / (1.0 - libm::exp(-2.0 * growth)).sqrt();
            let weight = libm::log(self.mix * network * sides.fold(0.0, f64::max) * cut * spread);
            (weight + 6.0 * LN_10) / growth
        });
        let predelay = self.predelay(format.rate);
        predelay + frames.fold(f64::INFINITY, f64::min).max(0.0).ceil() as usize
    }

    fn spreads(&self) -> bool {
        true
    }

    fn start(&self, format: Format) -> ReverbState {
        let sides = self.diffusers(format.rate).map(|diffusers| Side {
            predelay: Line::new(self.predelay(format.rate) + CHUNK),
            low: Damper::default(),
            diffusers: diffusers.map(Allpass::new),
        });
        ReverbState {
            rate: format.rate,
            is_awake: false,
            tuned: Tuned::new(self, format.rate),
            sides,
            network: Network::new(&self.lengths(format.rate), format.rate),
        }
    }

    #[inline(always)]
    fn process(&self, state: &mut ReverbState, block: &mut Block<'_>) {
        if state.tuned.settings != *self {
            state.tuned = Tuned::new(self, state.rate);
        }
        let mut from = 0;
        if !state.is_awake {
            let wakes = |plane: &mut [f32]| plane.iter().position(|x| *x != 0.0);
            let Some(first) = block.planes().filter_map(wakes).min() else { return };
            (from, state.is_awake) = (first, true);
        }
        while from < block.frames() {
            let frames = state.network.next(block.frames() - from);
            self.chunk(state, &mut block.part(from..from + frames));
            from += frames;
        }
    }
}

impl Reverb {
    /// The mean delay of the lines, in seconds.
    fn mean(&self) -> f64 {
        SMALLEST_S + self.size * (LARGEST_S - SMALLEST_S)
    }

    fn lengths(&self, rate: u32) -> [usize; LINES] {
        lengths(self.mean() * f64::from(rate))
    }

    fn diffusers(&self, rate: u32) -> [[usize; 4]; 2] {
        DIFFUSERS.map(|side| side.map(|share| ((share * self.mean() * f64::from(rate)) as usize).max(1)))
    }

    fn predelay(&self, rate: u32) -> usize {
        (self.predelay_ms / 1000.0 * f64::from(rate)).round() as usize
    }

    /// What is left of a sound after some seconds, as a factor.
    fn loss(&self, seconds: f64) -> f64 {
        libm::exp(-3.0 * LN_10 * seconds / self.decay_s)
    }

    /// Works on as many frames as the network takes.
    #[inline(always)]
    fn chunk(&self, state: &mut ReverbState, block: &mut Block<'_>) {
        let frames = block.frames();
        let tuned = &state.tuned;
        let mut planes = block.planes();
        let (Some(left), right) = (planes.next(), planes.next()) else { return };
        let mut wet = [[0.0; CHUNK]; 2];
        let [l, r] = &mut wet;
        let (l, r) = (&mut l[..frames], &mut r[..frames]);
        l.copy_from_slice(left);
        r.copy_from_slice(right.as_deref().unwrap_or(left));
        for ((side, samples), diffusion) in state.sides.iter_mut().zip([&mut *l, &mut *r]).zip(&tuned.diffusion) {
            samples.iter_mut().for_each(|x| *x = flush(*x * tuned.input as f32));
            side.predelay.write(samples);
            side.predelay.read(self.predelay(state.rate) + frames, samples);
            if let Some(low) = &tuned.low {
                let mut lows = [0.0; CHUNK];
                side.low.filter(low, samples, &mut lows[..frames]);
                samples.iter_mut().zip(&lows).for_each(|(x, low)| *x = flush(*x - low));
            }
            for (allpass, g) in side.diffusers.iter_mut().zip(diffusion) {
                allpass.process(samples, *g);
            }
        }
        state.network.process(&tuned.absorptions, tuned.round_every, [&mut *l, &mut *r]);
        // A mono sound hears the middle between both sides.
        let gains = near_and_far(if right.is_some() { self.width } else { 0.0 }, self.mix);
        let dry = (1.0 - self.mix) as f32;
        if let Some(right) = right {
            blend(right, dry, r, l, gains);
        }
        blend(left, dry, l, r, gains);
    }
}

/// What derives from the settings.
#[derive(Clone, PartialEq)]
struct Tuned {
    settings: Reverb,
    /// The gain at the input.
    input: f64,
    /// The lowpass that is taken away from the input.
    low: Option<Damping>,
    diffusion: [[f32; 4]; 2],
    absorptions: [Absorption; LINES],
    /// The time after which the network rounds what it remembers, in frames: a power of two, so that a decay that moves
    /// comes by the same ones.
    round_every: usize,
}

impl Tuned {
    fn new(settings: &Reverb, rate: u32) -> Self {
        let frames_a_second = f64::from(rate);
        let lengths = settings.lengths(rate).map(|length| length as f64 / frames_a_second);
        let losses = lengths.map(|seconds| settings.loss(seconds));
        // What goes round keeps this share of its energy; eight lines are heard, each with an eighth of what goes in.
        let kept = losses.iter().map(|loss| loss * loss).sum::<f64>() / LINES as f64;
        let turn = TAU * (settings.damping_hz / frames_a_second).min(0.49);
        Tuned {
            settings: settings.clone(),
            input: ((1.0 - kept) / 8.0).sqrt(),
            low: (settings.low_cut_hz > 0.0).then(|| Damping::new(1.0, low_pole(settings.low_cut_hz, frames_a_second))),
            diffusion: settings.diffusers(rate).map(|side| {
                side.map(|frames| settings.loss(2.0 * frames as f64 / frames_a_second).min(DIFFUSION) as f32)
            }),
            // The matrix is four times as loud as one that keeps the energy.
            absorptions: losses.map(|loss| Absorption::new(loss / 4.0, keep(loss, turn))),
            round_every: ((settings.decay_s * frames_a_second) as usize).next_power_of_two(),
        }
    }
}

/// What a lowpass of the first order keeps of its output so that it gives `gain` at an angle: then a line whose loss is
/// the same decays twice as fast there.
///
/// `(1-p)² = gain² (1 - 2 p cos + p²)` is a quadratic equation in p.
fn keep(gain: f64, turn: f64) -> f64 {
    let square = gain * gain;
    let half = (1.0 - square * libm::cos(turn)) / (1.0 - square);
    half - (half * half - 1.0).sqrt()
}

/// The pole of a low cut.
fn low_pole(freq_hz: f64, rate: f64) -> f64 {
    libm::exp(-TAU * (freq_hz / rate).min(0.49))
}
