//! What echoes and rooms are built of.
//!
//! [`line`] is a delay line that is read and written in stretches, [`ring`] a delay that is worked on in place,
//! [`damper`] the lowpass in the loop of a room.

mod damper;
mod line;
mod ring;

pub use damper::{Damper, Damping};
pub use line::Line;
pub use ring::Ring;

/// Frames that are worked on at a time, so that they stay in the nearest cache from step to step.
pub const CHUNK: usize = 256;

/// Zero for what has rung down to -400 dB, before it gets so small (denormal) that computing with it is slow.
#[inline(always)]
pub fn flush(x: f32) -> f32 {
    if x.abs() < 1e-20 { 0.0 } else { x }
}
