//! Plays the notes of a part on a wave.

use std::sync::Arc;

use super::envelope::frames_of_ms;
use super::voice::{Gain, Voice};
use super::wave::Oscillators;
use super::{Envelope, EnvelopeSettings, Generator, Ramp, WaveSettings};

/// A note, placed and tuned.
#[derive(Clone, PartialEq, Debug)]
pub struct PlayedNote {
    /// The frame it starts at.
    pub start: u64,
    /// For how many frames it is held.
    pub frames: u64,
    /// The MIDI key, 0 to 127, which tells one drum from another.
    pub key: u8,
    /// Its frequency in hertz, without bends. A note whose frequency is no positive number is silent.
    pub freq_hz: f64,
    /// How hard it is struck, 1 to 127.
    pub velocity: u8,
    /// Pitch bends in order of time: from which frame since the note's start, and the ratio of frequencies from there.
    /// The ratio is 1 until the first of them.
    pub bends: Arc<[(u64, f64)]>,
}

/// How long a note is faded out whose envelope does not end at 0.
const DECLICK_MS: f64 = 1.0;

/// Plays the notes of a part, one voice each, summed in order of their start (of the list when they start together).
#[derive(Clone)]
pub struct PartPlayer {
    notes: Vec<PlayedNote>,
    style: Style,
    oscillators: Oscillators,
    rate: u32,
    frames: u64,
    position: u64,
    /// The first note that has not started.
    next: usize,
    voices: Vec<Voice>,
}

/// How a note's gain is made.
#[derive(Clone)]
enum Style {
    Envelope(Arc<dyn Envelope>),
    Resynthesis,
}

impl PartPlayer {
    /// Plays notes with an envelope, at the level velocity/127. A note whose envelope does not end at 0 is faded out in the
    /// millisecond after it. The part is over when its last note is silent.
    pub fn new(notes: Vec<PlayedNote>, wave: &WaveSettings, envelope: &EnvelopeSettings, rate: u32) -> Self {
        Self::with_style(notes, wave, Style::Envelope(envelope.made().clone()), rate)
    }

    /// Plays notes as the `synthesize` of the Python package pretty_midi: each is
    /// `wave(2 pi f i/rate) * e^(-i/rate) * velocity` (1 to 127, not scaled), its last 0.1 s (all of it, if it is shorter)
    /// faded linearly to 0. The part ends one second after its last note.
    pub fn resynthesis(notes: Vec<PlayedNote>, wave: &WaveSettings, rate: u32) -> Self {
        Self::with_style(notes, wave, Style::Resynthesis, rate)
    }

    fn with_style(mut notes: Vec<PlayedNote>, wave: &WaveSettings, style: Style, rate: u32) -> Self {
        notes.sort_by_key(|note| note.start);
        let end = notes.iter().map(|note| note.start.saturating_add(style.gain(note, rate).frames())).max();
        let frames = match style {
            Style::Envelope(_) => end.unwrap_or(0),
            Style::Resynthesis => end.unwrap_or(0).saturating_add(u64::from(rate)),
        };
        let oscillators = Oscillators::new(wave, rate);
        PartPlayer { notes, style, oscillators, rate, frames, position: 0, next: 0, voices: Vec::new() }
    }

    /// Starts the notes before the frame `until` that still sound at the position.
    fn start_voices(&mut self, until: u64) {
        while let Some(note) = self.notes.get(self.next).filter(|note| note.start < until) {
            let gain = self.style.gain(note, self.rate);
            if note.start.saturating_add(gain.frames()) > self.position {
                self.voices.push(Voice::new(note, gain, &mut self.oscillators, self.rate));
            }
            self.next += 1;
        }
    }
}

impl Style {
    fn gain(&self, note: &PlayedNote, rate: u32) -> Gain {
        let velocity = f64::from(note.velocity);
        match self {
            Style::Envelope(envelope) => {
                let mut ramps = envelope.ramps(note.frames, rate);
                if let Some(last) = ramps.iter().rev().find(|ramp| ramp.frames > 0) {
                    let end = last.at(last.frames - 1);
                    // One step from 0 is as good as 0: that is where an open ramp ends.
                    if end.abs() > last.step.abs() * 1.5 {
                        ramps.push(Ramp::open(frames_of_ms(DECLICK_MS, rate), end, 0.0));
                    }
                }
                Gain::Ramps(ramps, velocity / 127.0)
            }
            Style::Resynthesis => {
                let fade = ((0.1 * f64::from(rate)) as u64).min(note.frames);
                Gain::Decay { frames: note.frames, fade, level: velocity }
            }
        }
    }
}

impl Generator for PartPlayer {
    fn frames(&self) -> u64 {
        self.frames
    }

    fn rate(&self) -> u32 {
        self.rate
    }

    fn seek(&mut self, frame: u64) {
        self.position = frame;
        self.next = 0;
        self.voices.clear();
    }

    fn fill(&mut self, out: &mut [f32]) {
        out.fill(0.0);
        let end = self.position.saturating_add(out.len() as u64);
        self.start_voices(end);
        for voice in &self.voices {
            voice.add(self.position, out);
        }
        self.voices.retain(|voice| voice.end() > end);
        self.position = end;
    }
}
