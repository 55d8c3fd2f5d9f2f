//! A block in pieces, each with the swing of its frames.

use super::lfo::Lfo;
use super::wake::awake;
use crate::{Block, Format, Held};

/// Frames that are worked on at a time.
pub const CHUNK: usize = 64;

/// What an effect remembers that only swings: where in its swing it is.
#[derive(Clone, PartialEq)]
pub struct Moving {
    rate: u32,
    begun: bool,
    lfo: Lfo,
}

impl Held for Moving {}

impl Moving {
    /// Before the first frame.
    pub fn new(format: Format) -> Self {
        Moving { rate: format.rate, begun: false, lfo: Lfo::default() }
    }

    /// Gives each piece of a block to `work`, with the triangle of its frames: see [`Lfo::triangle`]. The swing begins with
    /// the sound. A rate above half the frames per second is taken for that.
    #[inline(always)]
    pub fn process(
        &mut self,
        rate_hz: f64,
        ahead: u64,
        block: &mut Block<'_>,
        work: impl Fn(Block<'_>, &[f64; CHUNK]),
    ) {
        let step = Lfo::step(rate_hz.min(0.5 * f64::from(self.rate)), self.rate);
        let mut block = awake(&mut self.begun, block);
        let (frames, mut from) = (block.frames(), 0);
        while from < frames {
            let to = frames.min(from + CHUNK);
            let mut swing = [0.0; CHUNK];
            self.lfo.triangle(step, ahead, &mut swing);
            work(block.part(from..to), &swing);
            self.lfo.advance(step, to - from);
            from = to;
        }
    }
}

/// Multiplies every channel by a gain a frame.
#[inline(always)]
pub fn multiply(mut block: Block<'_>, gains: &[f32; CHUNK]) {
    for plane in block.planes() {
        for (x, gain) in plane.iter_mut().zip(gains) {
            *x = flush(*x * gain);
        }
    }
}

/// Zero for what has rung down to -400 dB, before it gets so small (denormal) that computing with it is slow.
#[inline(always)]
pub fn flush(x: f32) -> f32 {
    if x.abs() < 1e-20 { 0.0 } else { x }
}
