//! A delay whose length swings: what chorus, flanger and vibrato have in common.
//!
//! U. Zölzer (ed.), "DAFX: Digital Audio Effects" (2011), section 2.6.

use super::delay_line::{DelayLine, cubic};
use super::glide::Glide;
use super::lfo::{Lfo, round, turns};
use super::moving::{CHUNK, flush};
use super::wake::awake;
use crate::effects::ring::{Echoes, ring};
use crate::{Block, Format, Held};

/// How a delay swings and how it is heard: the delay is `centre_ms + depth_ms * sin(2 pi rate_hz t)`.
#[derive(Clone, Copy)]
pub struct Swept {
    /// The swings per second.
    pub rate_hz: f64,
    /// The delay in the middle of a swing.
    pub centre_ms: f64,
    /// How far it swings to either side.
    pub depth_ms: f64,
    /// Where in its turn the oscillator begins, as a phase.
    pub begin: u64,
    /// By what share of a turn the right channel swings ahead of the left one.
    pub stereo: f64,
    /// How many delays swing, evenly spread over a turn: 1 to [`MOST_VOICES`].
    pub voices: u32,
    /// What comes back of the delayed sound into the delay.
    pub feedback: f64,
    /// The gain of the sound as it came.
    pub dry: f64,
    /// The gain of the sum of the delays.
    pub wet: f64,
}

/// The most delays that swing side by side.
pub const MOST_VOICES: usize = 4;
/// The shortest delay in frames: a cubic needs a sample that is newer, and feedback one that has been written.
pub const SHORTEST: f64 = 2.0;
/// 1.5 * 2^52: adding it rounds to the nearest whole number, which are the lowest bits then.
const WHOLE: f64 = 6_755_399_441_055_744.0;
/// Taken away before, it makes the nearest whole number the one below.
const NEARLY_HALF: f64 = 0.5 - 1e-9;

/// What is remembered: the lines, and where the oscillator and the delays are.
#[derive(Clone, PartialEq)]
pub struct SweptState {
    rate: u32,
    begun: bool,
    lfo: Lfo,
    centre: Glide,
    depth: Glide,
    lines: Vec<DelayLine>,
    /// The frames written, and how far back they can be heard.
    at: usize,
    reach: usize,
}

impl Held for SweptState {
    fn held(&self) -> usize {
        self.lines.held()
    }
}

impl SweptState {
    /// The frames per second.
    pub fn rate(&self) -> u32 {
        self.rate
    }
}

/// The delays of some frames: whole frames, and the part between two.
type Positions = [([u32; CHUNK], [f32; CHUNK]); MOST_VOICES];

impl Swept {
    /// The state before the first frame, for delays of up to `longest_ms`.
    pub fn start(&self, format: Format, longest_ms: f64) -> SweptState {
        let longest = (longest_ms * 1e-3 * f64::from(format.rate) + SHORTEST).ceil() as usize;
        let (centre, depth) = self.frames(format.rate);
        SweptState {
            rate: format.rate,
            begun: false,
            lfo: Lfo::default(),
            centre: Glide::new(centre),
            depth: Glide::new(depth),
            lines: vec![DelayLine::new(longest + CHUNK); format.channels.count()],
            at: 0,
            reach: 0,
        }
    }

    /// For how many frames it is heard when the sound has ended.
    pub fn tail(&self, format: Format) -> usize {
        let (centre, depth) = self.frames(format.rate);
        let delay = (centre + depth).max(SHORTEST).ceil() as usize + 2;
        if self.wet == 0.0 {
            0
        } else if self.feedback == 0.0 {
            delay
        } else {
            // The sizes of the four weights of the cubic add up to 5/4 at most.
            let first = 1.25 * f64::from(self.voices) * self.wet.abs();
            ring(&[vec![Echoes { delay, direct: self.dry.abs(), first, pole: self.feedback.abs() }]]) + delay
        }
    }

    /// Lets the block through the delays.
    #[inline(always)]
    pub fn process(&self, state: &mut SweptState, block: &mut Block<'_>) {
        let (centre, depth) = self.frames(state.rate);
        let step = Lfo::step(self.rate_hz, state.rate);
        let mut block = awake(&mut state.begun, block);
        let (frames, mut from) = (block.frames(), 0);
        let longest = |state: &SweptState| {
            let far = state.centre.value().max(centre) + state.depth.value().max(depth);
            (far.max(SHORTEST)).ceil() as usize + 3
        };
        // Going from here, nothing older has to be known; what is older by then was forgotten before.
        let reach = state.reach.max(longest(state));
        let mut positions: Positions = [([0; CHUNK], [0.0; CHUNK]); MOST_VOICES];
        while from < frames {
            let to = frames.min(from + CHUNK);
            let (mut centres, mut depths) = ([0.0; CHUNK], [0.0; CHUNK]);
            state.centre.fill(centre, state.rate, &mut centres[..to - from]);
            state.depth.fill(depth, state.rate, &mut depths[..to - from]);
            for (channel, plane) in block.part(from..to).planes().enumerate() {
                if channel == 0 || self.stereo != 0.0 {
                    self.positions(&state.lfo, step, channel, &centres, &depths, &mut positions);
                }
                self.run(&mut state.lines[channel], state.at, &positions, plane);
            }
            state.lfo.advance(step, to - from);
            state.at = state.at.wrapping_add(to - from);
            from = to;
        }
        state.reach = longest(state);
        for line in &mut state.lines {
            line.forget(state.at, state.reach, reach + frames);
        }
    }

    /// The middle of the swing and its size, in frames.
    fn frames(&self, rate: u32) -> (f64, f64) {
        let per_ms = 1e-3 * f64::from(rate);
        (self.centre_ms * per_ms, self.depth_ms * per_ms)
    }

    /// Works out the delays of all voices.
    #[inline(always)]
    fn positions(
        &self,
        lfo: &Lfo,
        step: u64,
        channel: usize,
        centres: &[f64; CHUNK],
        depths: &[f64; CHUNK],
        positions: &mut Positions,
    ) {
        for (voice, (wholes, parts)) in positions.iter_mut().enumerate().take(self.voices as usize) {
            let ahead = voice as f64 / f64::from(self.voices) + channel as f64 * self.stereo;
            let mut swing = [0.0; CHUNK];
            lfo.triangle(step, self.begin.wrapping_add(turns(ahead)), &mut swing);
            for i in 0..CHUNK {
                let delay = (centres[i] + depths[i] * round(swing[i])).max(SHORTEST);
                // The low bits of the sum are the number below; a billionth more, so that whole numbers are their own.
                let sum = (delay - NEARLY_HALF) + WHOLE;
                wholes[i] = sum.to_bits() as u32;
                parts[i] = (delay - (sum - WHOLE)) as f32;
            }
        }
    }

    /// One channel of a chunk.
    #[inline(always)]
    fn run(&self, line: &mut DelayLine, at: usize, positions: &Positions, plane: &mut [f32]) {
        let (dry, wet) = (self.dry as f32, self.wet as f32);
        let back = (self.feedback / f64::from(self.voices)) as f32;
        let voices = &positions[..(self.voices as usize).min(MOST_VOICES)];
        let mut delayed = [0.0; CHUNK];
        if back == 0.0 {
            write(line, at, plane, &delayed, back);
            read(line, at, voices, plane.len(), &mut delayed);
        } else if voices.iter().flat_map(|(wholes, _)| wholes).fold(u32::MAX, |least, n| least.min(*n)) > CHUNK as u32 {
            // Nothing of this chunk comes back within it.
            read(line, at, voices, plane.len(), &mut delayed);
            write(line, at, plane, &delayed, back);
        } else {
            for (i, (x, delayed)) in plane.iter().zip(&mut delayed).enumerate() {
                let at = at.wrapping_add(i);
                for (wholes, parts) in voices {
                    *delayed += cubic(line.around(at, wholes[i]), parts[i]);
                }
                line.write(at, flush(*x + back * *delayed));
            }
        }
        for (x, delayed) in plane.iter_mut().zip(delayed) {
            *x = flush(dry * *x + wet * delayed);
        }
    }
}

/// Adds what comes out of the line, all voices together.
#[inline(always)]
fn read(
    line: &DelayLine,
    at: usize,
    voices: &[([u32; CHUNK], [f32; CHUNK])],
    frames: usize,
    delayed: &mut [f32; CHUNK],
) {
    let mut around = [[0.0; 4]; CHUNK];
    for (wholes, parts) in voices {
        for (i, (around, whole)) in around.iter_mut().zip(wholes).enumerate().take(frames) {
            *around = line.around(at.wrapping_add(i), *whole);
        }
        for ((delayed, around), part) in delayed.iter_mut().zip(&around).zip(parts) {
            *delayed += cubic(*around, *part);
        }
    }
}

/// Writes the sound and what comes back to it into the line.
#[inline(always)]
fn write(line: &mut DelayLine, at: usize, plane: &[f32], delayed: &[f32; CHUNK], back: f32) {
    for (i, (x, delayed)) in plane.iter().zip(delayed).enumerate() {
        line.write(at.wrapping_add(i), flush(x + back * delayed));
    }
}
