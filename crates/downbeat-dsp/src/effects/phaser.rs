//! Phaser.
//!
//! Allpasses of the first order in series, mixed with the sound as it came: J. O. Smith, "Physical Audio Signal Processing"
//! (2010), section "Phasing with first-order allpass filters"; U. Zölzer (ed.), "DAFX: Digital Audio Effects" (2011),
//! section 2.4. The feedback comes back within the same frame.

use super::iir::warp;
use super::movement::{AS_SINE, Lfo, awake, round, turns};
use crate::{Block, Effect, Format, Held, ParamError};

crate::params! {
    /// Notches that wander through the sound: softer than a flanger, as they are few and not in a row of harmonics.
    ///
    /// The more stages, the more notches: half as many. Where the stages are tuned to f, at a mix of 0.5 and without
    /// feedback, notch k = 1, 2, ... is at the frequency whose tan(pi freq / rate) is that of f times
    /// tan((2k - 1) pi / (2 stages)). The oscillator begins with the sound, in the middle of its way, upwards.
    pub struct Phaser: "phaser" {
        /// How often the notches wander up and down, in hertz.
        rate_hz: f64 = 0.5, in 0.01..=20.0;
        /// The number of allpasses: 2, 4, 6, 8, 10 or 12. It stays fixed while it plays.
        stages: u32 = 6, in 2..=12 as fixed;
        /// The frequency the stages are tuned to in the middle of the way, in hertz.
        centre_hz: f64 = 1000.0, in 50.0..=10000.0;
        /// How far they wander: at 1 two octaves up and two down.
        depth: f64 = 0.5, in 0.0..=1.0;
        /// What comes back from the end of the stages to their beginning, as a factor: the closer to 1 or -1, the sharper.
        feedback: f64 = 0.0, in -0.95..=0.95;
        /// By how many degrees of its turn the right channel wanders ahead of the left one. At 0 mono sound stays
        /// mono. It stays fixed while it plays.
        stereo_degrees: f64 = 0.0, in 0.0..=180.0 as fixed;
        /// The share of the sound through the stages; the notches are deepest at 0.5.
        mix: f64 = 0.5, in 0.0..=1.0;
    }
    check = stages_are_even;
}

fn stages_are_even(settings: &Phaser) -> Result<(), ParamError> {
    if settings.stages.is_multiple_of(2) {
        Ok(())
    } else {
        let reason = format!("`stages` = {} makes half a notch: it takes 2, 4, 6, 8, 10 or 12", settings.stages);
        Err(ParamError::Together { name: "stages", reason })
    }
}

/// The octaves from the middle to the end of the way at full depth.
const OCTAVES: f64 = 2.0;
/// Every so many frames the stages are tuned; in between their coefficients go in a straight line.
const STRETCH: usize = 32;
/// After so many stretches what the stages remember is rounded to 32 bits: their own rounding, at every frame, would keep a
/// last bit of what was heard before for as long as there is sound, where much of it comes back.
const ROUND_EVERY: u32 = 512;
/// The most stages there are.
const MOST: usize = 12;

/// What [`Phaser`] remembers: the stages, each for both channels side by side, and how they are tuned.
#[derive(Clone, PartialEq)]
pub struct PhaserState {
    rate: u32,
    begun: bool,
    lfo: Lfo,
    stages: [[f64; 2]; MOST],
    /// The coefficients at both ends of the stretch, for both channels, and the position in it.
    from: [f64; 2],
    to: [f64; 2],
    at: usize,
    /// The stretches since the stages were rounded.
    stretches: u32,
}

impl Held for PhaserState {}

impl Effect for Phaser {
    type State = PhaserState;
    /// 2: the stages are rounded now and then.
    const VERSION: u32 = 2;

    fn tail(&self, format: Format) -> usize {
        if self.mix == 0.0 { 0 } else { self.ring(format.rate) }
    }

    fn spreads(&self) -> bool {
        self.stereo_degrees != 0.0
    }

    fn start(&self, format: Format) -> PhaserState {
        let lfo = Lfo::default();
        let to = self.tuned(&lfo, format.rate);
        let stages = [[0.0; 2]; MOST];
        PhaserState { rate: format.rate, begun: false, lfo, stages, from: to, to, at: STRETCH, stretches: 0 }
    }

    #[inline(always)]
    fn process(&self, state: &mut PhaserState, block: &mut Block<'_>) {
        let mut block = awake(&mut state.begun, block);
        let mut planes = block.planes();
        match (planes.next(), planes.next()) {
            (Some(left), Some(right)) => self.staged(state, [left, right]),
            (Some(left), None) => self.staged(state, [left]),
            _ => {}
        }
    }
}

impl Phaser {
    /// The coefficient `a` of the stages of both channels, `(a + 1/z) / (1 + a/z)`: a quarter of a turn at the frequency.
    #[inline(always)]
    fn tuned(&self, lfo: &Lfo, rate: u32) -> [f64; 2] {
        let tuned = |share: f64| {
            let mut swing = [0.0];
            lfo.triangle(0, AS_SINE.wrapping_add(turns(share)), &mut swing);
            coefficient(self.centre_hz * libm::exp2(OCTAVES * self.depth * round(swing[0])), rate)
        };
        let left = tuned(0.0);
        [left, if self.stereo_degrees == 0.0 { left } else { tuned(self.stereo_degrees / 360.0) }]
    }

    /// Runs as many stages as there are: a number the compiler knows.
    #[inline(always)]
    fn staged<const CHANNELS: usize>(&self, state: &mut PhaserState, planes: [&mut [f32]; CHANNELS]) {
        match self.stages {
            0..4 => self.run::<2, CHANNELS>(state, planes),
            4..6 => self.run::<4, CHANNELS>(state, planes),
            6..8 => self.run::<6, CHANNELS>(state, planes),
            8..10 => self.run::<8, CHANNELS>(state, planes),
            10..12 => self.run::<10, CHANNELS>(state, planes),
            _ => self.run::<12, CHANNELS>(state, planes),
        }
    }

    #[inline(always)]
    fn run<const STAGES: usize, const CHANNELS: usize>(
        &self,
        state: &mut PhaserState,
        mut planes: [&mut [f32]; CHANNELS],
    ) {
        let step = Lfo::step(self.rate_hz, state.rate);
        let frames = planes[0].len();
        let mut from = 0;
        while from < frames {
            if state.at == STRETCH {
                // The end of the next stretch; where it begins is where the last one ended.
                state.lfo.advance(step, STRETCH);
                (state.from, state.to) = (state.to, self.tuned(&state.lfo, state.rate));
                state.at = 0;
                state.stretches += 1;
                if state.stretches == ROUND_EVERY {
                    state.stages.as_flattened_mut().iter_mut().for_each(|s| *s = f64::from(*s as f32));
                    state.stretches = 0;
                }
                if state.stages.as_flattened().iter().all(|s| s.abs() < 1e-20) {
                    state.stages = [[0.0; 2]; MOST];
                }
            }
            let to = frames.min(from + STRETCH - state.at);
            self.stretch::<STAGES, CHANNELS>(state, planes.each_mut().map(|plane| &mut plane[from..to]));
            state.at += to - from;
            from = to;
        }
    }

    /// Frames that lie within one stretch.
    #[inline(always)]
    fn stretch<const STAGES: usize, const CHANNELS: usize>(
        &self,
        state: &mut PhaserState,
        planes: [&mut [f32]; CHANNELS],
    ) {
        let (wet, dry) = (self.mix, 1.0 - self.mix);
        let mut s: [[f64; CHANNELS]; STAGES] =
            std::array::from_fn(|stage| std::array::from_fn(|channel| state.stages[stage][channel]));
        let slope: [f64; CHANNELS] =
            std::array::from_fn(|channel| (state.to[channel] - state.from[channel]) / STRETCH as f64);
        for frame in 0..planes[0].len() {
            let place = (state.at + frame) as f64;
            for channel in 0..CHANNELS {
                let x = f64::from(planes[channel][frame]);
                let a = state.from[channel] + slope[channel] * place;
                let mut u = x;
                if self.feedback != 0.0 {
                    // With `y = a u + s` and then `s = u - a y`, the end of the stages is `a^n u + t`, of which a share comes
                    // back: `u = x + feedback (a^n u + t)`.
                    let (mut power, mut t) = (1.0, 0.0);
                    for s in &s {
                        (power, t) = (power * a, a * t + s[channel]);
                    }
                    u = (x + self.feedback * t) / (1.0 - self.feedback * power);
                }
                for s in &mut s {
                    let y = a * u + s[channel];
                    s[channel] = u - a * y;
                    u = y;
                }
                let y = dry * x + wet * u;
                planes[channel][frame] = if y.abs() < 1e-20 { 0.0 } else { y as f32 };
            }
        }
        for (stage, s) in state.stages.iter_mut().zip(s) {
            stage[..CHANNELS].copy_from_slice(&s);
        }
    }

    /// After how many frames the stages have rung down by 120 dB, tuned to where they ring longest.
    ///
    /// On a circle of radius r around zero, between b = |a| and 1, an allpass is `W = (1 - b r) / (r - b)` at most, so n of
    /// them with their feedback are at most `M = W^n / (1 - |feedback| W^n)`, where that is positive. By Cauchy's estimate
    /// the response at frame k is then at most `M r^k`, and all that comes after k frames sums up to `M r^k / (1 - r)`. The
    /// best of a few dozen radii is taken.
    fn ring(&self, rate: u32) -> usize {
        let way = libm::exp2(OCTAVES * self.depth);
        let ends = [self.centre_hz / way, self.centre_hz * way].map(|hz| coefficient(hz, rate).abs());
        let b = ends[0].max(ends[1]);
        let frames = (1..64).map(|i| {
            // Radii get denser towards 1.
            let r = 1.0 - (1.0 - b) * libm::pow(0.8, f64::from(i));
            let w = libm::pow((1.0 - b * r) / (r - b), f64::from(self.stages));
            let left = 1.0 - self.feedback.abs() * w;
            if left > 0.0 {
                (libm::log(w / left / (1.0 - r)) + 6.0 * std::f64::consts::LN_10) / -libm::log(r)
            } else {
                f64::INFINITY
            }
        });
        frames.fold(f64::INFINITY, f64::min).ceil() as usize
    }
}

/// The coefficient of an allpass that is a quarter of a turn late at a frequency.
#[inline(always)]
fn coefficient(freq_hz: f64, rate: u32) -> f64 {
    let g = warp(freq_hz, rate);
    (g - 1.0) / (g + 1.0)
}
