//! Lines in the middle of their work.

use std::sync::Arc;

use downbeat_dsp::{Audio, Format, Running, Stream, scale};

use crate::chain;
use crate::render::JunctionRun;

/// All that a line remembers from page to page.
pub(super) enum Motion {
    Streams(Streams),
    Junction(Box<JunctionRun>),
}

/// A gain, and effects one after the other.
pub(super) struct Streams {
    gain: Option<f32>,
    running: Vec<Box<dyn Running>>,
    /// The frames still to be thrown away.
    latency: usize,
}

impl Streams {
    /// Before the frame `at` of the song, with silence before it.
    pub(super) fn new(gain: Option<f32>, effects: &[Arc<dyn Stream>], format: Format, at: i64) -> Self {
        let latency = effects.iter().map(|effect| effect.latency(format)).sum();
        Streams { gain, running: chain::started(effects, format, at), latency }
    }

    /// How many frames it needs to give so many.
    pub(super) fn needed(&self, frames: usize) -> usize {
        frames + self.latency
    }

    /// Works on the next frames, [`Streams::needed`] of them.
    pub(super) fn process(&mut self, sound: &mut Audio) {
        if let Some(gain) = self.gain {
            scale(&mut sound.block(), gain);
        }
        self.running.iter_mut().for_each(|effect| effect.process(&mut sound.block()));
        sound.drop_front(std::mem::take(&mut self.latency));
    }
}

impl Motion {
    /// A copy to go on from later.
    pub(super) fn checkpoint(&self) -> Motion {
        match self {
            Motion::Junction(run) => Motion::Junction(Box::new(run.checkpoint())),
            Motion::Streams(streams) => {
                let running = streams.running.iter().map(|effect| effect.checkpoint()).collect();
                Motion::Streams(Streams { running, ..*streams })
            }
        }
    }

    /// Whether the other one will sound the same from here on.
    pub(super) fn same(&self, other: &Motion) -> bool {
        match (self, other) {
            (Motion::Junction(run), Motion::Junction(other)) => run.same(other),
            (Motion::Streams(streams), Motion::Streams(other)) => {
                let mut pairs = streams.running.iter().zip(&other.running);
                streams.gain == other.gain
                    && streams.latency == other.latency
                    && streams.running.len() == other.running.len()
                    && pairs.all(|(effect, other)| effect.same(other.as_ref()))
            }
            _ => false,
        }
    }

    /// How much memory it takes.
    pub(super) fn bytes(&self) -> usize {
        let inside = match self {
            Motion::Junction(run) => run.bytes(),
            Motion::Streams(streams) => streams.running.iter().map(|effect| effect.bytes()).sum(),
        };
        size_of::<Motion>() + inside
    }
}
