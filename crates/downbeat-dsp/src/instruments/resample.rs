//! Recorded waves played at any speed: band-limited interpolation.
//!
//! A [`SincKernel`] looks at the wave around every moment that is played. What is played faster is cut off lower, so that
//! nothing comes back from beyond half the rate; from an octave on the wave is halved first, as often as it takes.

use std::sync::{Arc, OnceLock};

use crate::SincKernel;

/// Taps of the slowest kernel, on both sides of the moment. With them the pass band ends at 0.4 of the rate.
const TAPS: usize = 64;
/// How far images and aliases are down, in decibels.
const STOPBAND_DB: f64 = 100.0;
/// The middle between pass band and stop band, as a part of the rate.
const CUTOFF: f64 = 0.45;
/// Rows of coefficients between two samples; between rows they are interpolated linearly, which is good to -116 dB.
const ROWS: u64 = 512;
/// Kernels for an octave of speeds.
const SPEEDS: usize = 4;
/// Silence before and after a wave, for the widest kernel.
const MARGIN: usize = 2 * TAPS + 2;
/// The most halvings: beyond ten octaves up nothing is heard.
const MOST_LEVELS: u32 = 10;

/// A wave with all that is needed to play it fast: itself, then each time half as many samples.
#[derive(Debug)]
pub(super) struct Wave {
    levels: Vec<Vec<f32>>,
    frames: usize,
    turn: Option<Turn>,
}

/// A stretch that is played again and again, in samples of the wave.
#[derive(Clone, Copy, PartialEq, Debug)]
pub(super) struct Turn {
    /// Its first sample.
    pub start: usize,
    /// The sample after its last.
    pub end: usize,
}

/// How a wave is played: halved so many times, and through a kernel that is slow enough.
#[derive(Clone, Copy, PartialEq, Debug)]
pub(super) struct Speed {
    level: u32,
    kernel: usize,
}

impl Speed {
    /// What is fit for steps of up to so many samples from frame to frame. None when nothing would be heard.
    pub(super) fn up_to(step: f64) -> Option<Speed> {
        let mut level = 0;
        let mut rest = step;
        while rest >= 2.0 && level < MOST_LEVELS {
            rest /= 2.0;
            level += 1;
        }
        (0..=SPEEDS).find(|kernel| ratio(*kernel) >= rest).map(|kernel| Speed { level, kernel })
    }

    /// How many times a wave has to be halved for it.
    pub(super) fn level(self) -> u32 {
        self.level
    }

    /// For how many samples of the wave itself a kernel looks to either side.
    pub(super) fn reach(self) -> f64 {
        f64::from((TAPS as u32) << self.level)
    }
}

impl Wave {
    /// A wave of these samples that can be halved so many times. With a turn it never ends; one that is empty or not within
    /// the wave is none.
    pub(super) fn new(samples: &[f32], turn: Option<Turn>, levels: u32) -> Self {
        let turn = turn.filter(|turn| turn.start < turn.end && turn.end <= samples.len());
        let mut first = vec![0.0; MARGIN];
        first.extend_from_slice(&samples[..turn.map_or(samples.len(), |turn| turn.end)]);
        if let Some(Turn { start, end }) = turn {
            // As far as kernels look at the slowest level, and those that halve it.
            let more = (4 * MARGIN) << levels.min(MOST_LEVELS);
            first.extend(samples[start..end].iter().cycle().take(more));
        }
        let frames = first.len() - MARGIN;
        first.resize(first.len() + MARGIN, 0.0);
        let mut levels_made = vec![first];
        for _ in 0..levels.min(MOST_LEVELS) {
            if let Some(last) = levels_made.last() {
                let half = halved(last);
                levels_made.push(half);
            }
        }
        Wave { levels: levels_made, frames, turn }
    }

    /// After how many samples nothing more is heard, if it ends.
    pub(super) fn end(&self, speed: Speed) -> f64 {
        if self.turn.is_some() { f64::INFINITY } else { self.frames as f64 + speed.reach() }
    }

    /// Plays on from a position, in samples of the wave, with steps of so many samples; gives the position after that.
    #[inline(always)]
    pub(super) fn play(&self, speed: Speed, position: f64, step: f64, out: &mut [f32]) -> f64 {
        let mut position = position;
        let Some(samples) = self.levels.get(speed.level as usize) else {
            out.fill(0.0);
            return position + step * out.len() as f64;
        };
        let kernel = kernel(speed.kernel);
        let scale = 1.0 / f64::from(1_u32 << speed.level);
        let reach = 2.0 * speed.reach();
        for out in out {
            if let Some(Turn { start, end }) = self.turn
                && position >= end as f64 + reach
            {
                // Behind the turn it goes on as in it, so that all that a kernel looks at is the same one turn earlier.
                let length = (end - start) as f64;
                position -= length * (1.0 + ((position - end as f64 - reach) / length).floor());
            }
            let place = position * scale;
            let whole = place as usize;
            let fraction = place - whole as f64;
            let from = (whole + MARGIN + 1).wrapping_sub(kernel.reach());
            *out = match samples.get(from..from + kernel.taps()) {
                // As it is, where nothing lies between samples and nothing has to be cut off.
                Some(_) if fraction == 0.0 && step == 1.0 => samples[whole + MARGIN],
                Some(around) => between(kernel, fraction, around),
                None => 0.0,
            };
            position += step;
        }
        position
    }
}

/// The wave with half as many samples, cut off at half the frequency.
fn halved(samples: &[f32]) -> Vec<f32> {
    let kernel = kernel(SPEEDS);
    let frames = (samples.len() - 2 * MARGIN).div_ceil(2) + TAPS;
    let mut half = vec![0.0; MARGIN];
    for frame in 0..frames {
        let from = 2 * frame + MARGIN + 1 - kernel.reach();
        half.push(samples.get(from..from + kernel.taps()).map_or(0.0, |around| kernel.at(0, 0.0, around)));
    }
    half.resize(half.len() + MARGIN, 0.0);
    half
}

/// How much faster than the wave itself the fastest is that a kernel is for.
fn ratio(kernel: usize) -> f64 {
    libm::exp2(kernel as f64 / SPEEDS as f64)
}

/// The kernel of that number, made when it is wanted first.
fn kernel(number: usize) -> &'static SincKernel {
    static KERNELS: [OnceLock<SincKernel>; SPEEDS + 1] = [const { OnceLock::new() }; SPEEDS + 1];
    let number = number.min(SPEEDS);
    let made = || SincKernel::designed(TAPS as f64 * ratio(number), CUTOFF / ratio(number), STOPBAND_DB, ROWS);
    KERNELS[number].get_or_init(made)
}

/// The wave between its samples: `around` begins half the taps before.
#[inline(always)]
fn between(kernel: &SincKernel, fraction: f64, around: &[f32]) -> f32 {
    let place = fraction * ROWS as f64;
    let row = place as u64;
    kernel.at(row, (place - row as f64) as f32, around)
}

/// A wave or two, as a sound has sides, with the speeds that a score needs.
#[derive(Clone, Debug)]
pub(super) struct Sides(pub(super) Arc<[Wave]>);

impl Sides {
    /// Plays on, each side on its own; a wave of one side is on both. Gives the position after that.
    #[inline(always)]
    pub(super) fn play(&self, speed: Speed, position: f64, step: f64, out: [&mut [f32]; 2]) -> f64 {
        let [left, right] = out;
        match self.0.as_ref() {
            [one] => {
                let after = one.play(speed, position, step, left);
                right.copy_from_slice(left);
                after
            }
            [first, second, ..] => {
                first.play(speed, position, step, left);
                second.play(speed, position, step, right)
            }
            [] => position,
        }
    }
}
