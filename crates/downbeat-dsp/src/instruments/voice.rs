//! One note in motion: its phase, its gain and its oscillator, all in closed form, so that it can be entered anywhere.

use std::f64::consts::TAU;

use super::wave::{Oscillator, Oscillators};
use super::{PlayedNote, Ramp, Run, phase};

/// A note that sounds.
#[derive(Clone)]
pub(super) struct Voice {
    start: u64,
    frames: u64,
    pieces: Vec<Piece>,
    gain: Gain,
    oscillator: Oscillator,
    rate: u32,
}

/// The frames from one bend to the next: phase = `omega` * frame + `offset`, both counted from the start of the note.
#[derive(Clone, Copy)]
struct Piece {
    first: u64,
    omega: f64,
    offset: f64,
}

/// The gain of a note over its frames.
#[derive(Clone)]
pub(super) enum Gain {
    /// The ramps of an envelope times a level.
    Ramps(Vec<Ramp>, f64),
    /// e^(-t) times a level, faded out in the last `fade` frames of `frames`.
    Decay {
        /// The length of the note.
        frames: u64,
        /// The length of the fade, whose ramp from 1 to 0 includes both its ends.
        fade: u64,
        /// The level as a factor.
        level: f64,
    },
}

impl Gain {
    /// The length in frames.
    pub(super) fn frames(&self) -> u64 {
        match self {
            Gain::Ramps(ramps, _) => ramps.iter().map(|ramp| ramp.frames).sum(),
            Gain::Decay { frames, .. } => *frames,
        }
    }

    fn fill(&self, first: u64, rate: u32, out: &mut [f32]) {
        match self {
            Gain::Ramps(ramps, level) => fill_ramps(ramps, *level, first, out),
            Gain::Decay { frames, fade, level } => fill_decay(*frames, *fade, *level, first, rate, out),
        }
    }
}

/// The frames that are worked on at once, and the distance of the anchors of the exponential decay.
const RUN: usize = 128;

impl Voice {
    pub(super) fn new(note: &PlayedNote, gain: Gain, oscillators: &mut Oscillators, rate: u32) -> Self {
        let frames = gain.frames();
        let (pieces, top_hz) = pieces(note, frames, rate);
        Voice { start: note.start, frames, pieces, gain, oscillator: oscillators.up_to(top_hz), rate }
    }

    /// The frame after its last.
    pub(super) fn end(&self) -> u64 {
        self.start.saturating_add(self.frames)
    }

    /// Adds its frames to `out`, which starts at the frame `position` of the part.
    pub(super) fn add(&self, position: u64, out: &mut [f32]) {
        let from = self.start.max(position);
        let to = self.end().min(position.saturating_add(out.len() as u64));
        if from >= to {
            return;
        }
        let mut first = from - self.start;
        let mut out = &mut out[(from - position) as usize..(to - position) as usize];
        let (mut phases, mut wave, mut gain) = ([0.0; RUN], [0.0; RUN], [0.0; RUN]);
        while !out.is_empty() {
            // Runs end where a bend is, and lie on a grid of the note's own frames.
            let index = self.pieces.partition_point(|piece| piece.first <= first).saturating_sub(1);
            let next_bend = self.pieces.get(index + 1).map_or(u64::MAX, |piece| piece.first);
            let grid = (first / RUN as u64 + 1) * RUN as u64;
            let length = out.len().min((grid.min(next_bend) - first) as usize);
            let (run, rest) = out.split_at_mut(length);
            let (phases, wave, gain) = (&mut phases[..length], &mut wave[..length], &mut gain[..length]);
            self.pieces[index].fill(first, phases);
            self.oscillator.fill(&Run { phases, first, rate: self.rate }, wave);
            self.gain.fill(first, self.rate, gain);
            for ((out, wave), gain) in run.iter_mut().zip(&*wave).zip(&*gain) {
                *out += wave * gain;
            }
            first += length as u64;
            out = rest;
        }
    }
}

impl Piece {
    fn fill(&self, first: u64, out: &mut [f64]) {
        let first = first as f64;
        for (k, out) in (0_i32..).zip(out) {
            *out = phase::reduce(self.omega * (first + f64::from(k)) + self.offset);
        }
    }
}

/// The pieces between the bends that fall into a note of `frames` frames, and the highest frequency among them. The
/// phase goes on smoothly from piece to piece.
fn pieces(note: &PlayedNote, frames: u64, rate: u32) -> (Vec<Piece>, f64) {
    let rate = f64::from(rate);
    let mut pieces: Vec<Piece> = Vec::with_capacity(1 + note.bends.len());
    let mut top = 0.0_f64;
    // The frames passed up to `first`, each times its ratio.
    let (mut first, mut ratio, mut passed) = (0, 1.0, 0.0);
    let bends = note.bends.iter().copied().filter(|&(frame, _)| frame < frames.max(1));
    for (frame, next) in bends.map(|(frame, ratio)| (frame, Some(ratio))).chain([(frames.max(1), None)]) {
        if frame > first {
            let omega = TAU * note.freq_hz * ratio / rate;
            let offset = TAU * note.freq_hz * (passed - ratio * first as f64) / rate;
            pieces.push(Piece { first, omega, offset });
            top = if ratio.is_finite() && ratio > 0.0 { top.max(ratio) } else { f64::NAN };
            passed += ratio * (frame - first) as f64;
            first = frame;
        }
        ratio = next.unwrap_or(ratio);
    }
    (pieces, top * note.freq_hz)
}

fn fill_ramps(ramps: &[Ramp], level: f64, first: u64, out: &mut [f32]) {
    let mut start = 0;
    let mut from = first;
    let mut out = out;
    for ramp in ramps {
        let end = start + ramp.frames;
        if from < end && !out.is_empty() {
            let (now, later) = out.split_at_mut(out.len().min((end - from) as usize));
            let offset = (from - start) as f64;
            for (k, gain) in (0_i32..).zip(now.iter_mut()) {
                *gain = (level * (ramp.from + ramp.step * (offset + f64::from(k)))) as f32;
            }
            from += now.len() as u64;
            out = later;
        }
        start = end;
    }
    out.fill(0.0);
}

fn fill_decay(frames: u64, fade: u64, level: f64, first: u64, rate: u32, out: &mut [f32]) {
    // Anchored on the grid of runs: the exponential is the same wherever a run was cut.
    let rate = f64::from(rate);
    let anchor = first - first % RUN as u64;
    let step = libm::exp(-1.0 / rate);
    let mut decay = level * libm::exp(-(anchor as f64) / rate);
    for _ in anchor..first {
        decay *= step;
    }
    for out in out.iter_mut() {
        *out = decay as f32;
        decay *= step;
    }
    let faded = frames.saturating_sub(fade);
    if first + out.len() as u64 > faded {
        let slope = 1.0 / fade.saturating_sub(1).max(1) as f64;
        for (gain, frame) in out.iter_mut().zip(first..).filter(|(_, frame)| *frame >= faded) {
            *gain *= (1.0 - (frame - faded) as f64 * slope) as f32;
        }
    }
}
