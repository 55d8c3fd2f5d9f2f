//! Tremolo.
//!
//! U. Zölzer (ed.), "DAFX: Digital Audio Effects" (2011), section 3.2: amplitude modulation, below hearing.

use super::movement::{Moving, multiply, round};
use crate::{Block, Effect, Format};

crate::choice! {
    /// The way from loud to soft and back.
    pub enum TremoloShape {
        /// Round: a sine.
        Sine = "sine",
        /// Straight lines.
        Triangle = "triangle",
        /// Loud and soft by turns, with edges of 5 milliseconds, so that they do not click.
        Square = "square",
    }
}

crate::params! {
    /// The level swings, as in old guitar amplifiers.
    ///
    /// It begins with the sound, at its loudest, and goes down from there.
    pub struct Tremolo: "tremolo" {
        /// The swings per second, in hertz.
        rate_hz: f64 = 5.0, in 0.01..=50.0;
        /// How far the level goes down, as a factor: 0 is not at all, 1 to silence.
        depth: f64 = 0.5, in 0.0..=1.0;
        /// The way down and up: "sine", "triangle" or "square".
        shape: TremoloShape = TremoloShape::Sine;
    }
}

/// How long it takes a square to go up or down, in seconds.
const EDGE: f64 = 0.005;

impl Effect for Tremolo {
    type State = Moving;

    fn start(&self, format: Format) -> Moving {
        Moving::new(format)
    }

    #[inline(always)]
    fn process(&self, state: &mut Moving, block: &mut Block<'_>) {
        match self.shape {
            TremoloShape::Sine => self.run(state, block, round),
            TremoloShape::Triangle => self.run(state, block, |t| t),
            TremoloShape::Square => {
                // A triangle takes half a turn from end to end; so steep it takes the time of an edge.
                let steep = (0.5 / (EDGE * self.rate_hz)).max(1.0);
                self.run(state, block, |t| (steep * t).clamp(-1.0, 1.0));
            }
        }
    }
}

impl Tremolo {
    #[inline(always)]
    fn run(&self, state: &mut Moving, block: &mut Block<'_>, shape: impl Fn(f64) -> f64) {
        state.process(self.rate_hz, 0, block, |part, swing| {
            multiply(part, &swing.map(|t| (1.0 - self.depth * (0.5 - 0.5 * shape(t))) as f32));
        });
    }
}
