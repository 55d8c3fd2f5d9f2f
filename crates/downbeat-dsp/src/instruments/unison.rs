//! One oscillator of an instrument, sounding once or several times side by side in pitch.

use std::f64::consts::TAU;
use std::sync::Arc;

use super::bank::{Bank, WaveShape};
use super::instrument::CHUNK;
use super::noise::Noise;
use super::{Wavetable, phase};

/// The most that sound side by side.
pub(super) const MOST: usize = 8;

/// An oscillator in motion.
#[derive(Clone)]
pub(super) struct Unison {
    bank: Bank,
    /// The wave of the note; none for one too high to be heard.
    table: Option<Arc<Wavetable>>,
    /// The phase of each in radians, from 0 to below 2 pi.
    phases: [f64; MOST],
    /// The ratio of each one's frequency to that of the middle.
    ratios: [f64; MOST],
    count: usize,
    gain: f64,
    /// The width of a pulse in radians.
    width: f64,
}

impl Unison {
    /// `count` times the bank's wave, from `half_spread` octaves below to as many above. Together they have the power of one
    /// times `gain`.
    pub(super) fn new(bank: Bank, count: u32, half_spread: f64, gain: f64, width: f64) -> Self {
        let count = (count as usize).clamp(1, MOST);
        let mut ratios = [1.0; MOST];
        for (k, ratio) in (0_u8..).zip(&mut ratios[..count]) {
            let place = 2.0 * f64::from(k) / (count - 1).max(1) as f64 - 1.0;
            *ratio = libm::exp2(half_spread * place);
        }
        let gain = gain / (count as f64).sqrt();
        Unison { bank, table: None, phases: [0.0; MOST], ratios, count, gain, width: width * TAU }
    }

    /// Begins a note that rises up to `top_hz`. A single oscillator begins at the start of its period, several anywhere.
    pub(super) fn start(&mut self, top_hz: f64, noise: &mut Noise) {
        self.table = self.bank.up_to(top_hz).cloned();
        self.phases = [0.0; MOST];
        if self.count > 1 {
            self.phases.iter_mut().for_each(|phase| *phase = (noise.next() + 1.0) * 0.5 * TAU);
        }
    }

    /// Adds the next frames, at most [`CHUNK`], with the angular frequency going from `from` to `to` radians a frame.
    #[inline(always)]
    pub(super) fn add(&mut self, from: f64, to: f64, sound: &mut [f64]) {
        let Some(table) = self.table.as_deref().filter(|_| self.gain > 0.0) else { return };
        let frames = sound.len() as f64;
        for (start, ratio) in self.phases[..self.count].iter_mut().zip(self.ratios) {
            let (omega, bow) = (from * ratio, 0.5 * (to - from) * ratio / frames.max(1.0));
            let at = |k: f64| phase::reduce(*start + (omega + bow * k) * k);
            let mut phases = [0.0; CHUNK];
            for (k, phase) in (0_i32..).zip(&mut phases) {
                *phase = at(f64::from(k));
            }
            let next = at(frames);
            match self.bank.shape() {
                // saw(phi - d) - saw(phi): +2 - 2d up to the width d and -2d from there, without its mean.
                WaveShape::Pulse => {
                    for (x, &phase) in sound.iter_mut().zip(&phases) {
                        let shifted = phase::reduce(phase - self.width);
                        *x += self.gain * f64::from(table.at(shifted) - table.at(phase));
                    }
                }
                _ => {
                    for (x, &phase) in sound.iter_mut().zip(&phases) {
                        *x += self.gain * f64::from(table.at(phase));
                    }
                }
            }
            *start = next;
        }
    }
}
