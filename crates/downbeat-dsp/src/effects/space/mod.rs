//! What echoes and rooms are built of.
//!
//! [`line`] is a delay line that is read and written in stretches, [`ring`] a delay that is worked on in place,
//! [`damper`] the lowpass in the loop of a room, [`allpass`] what makes sound dense, [`network`] sixteen lines that feed
//! each other, each with its [`absorber`].

mod absorber;
mod allpass;
mod damper;
mod groups;
mod line;
mod network;
mod ring;

pub use absorber::Absorption;
pub use allpass::Allpass;
pub use damper::{Damper, Damping};
pub use line::Line;
pub use network::{LINES, Network, depth, lengths};
pub use ring::Ring;

/// Frames that are worked on at a time, so that they stay in the nearest cache from step to step.
pub const CHUNK: usize = 128;

/// Zero for what has rung down to -400 dB, before it gets so small (denormal) that computing with it is slow.
#[inline(always)]
pub fn flush(x: f32) -> f32 {
    if x.abs() < 1e-20 { 0.0 } else { x }
}

/// How much of its own side and of the other one each channel gets: `width` 0 is the middle of both, 1 keeps them apart.
pub fn near_and_far(width: f64, gain: f64) -> [f32; 2] {
    [1.0 + width, 1.0 - width].map(|share| (0.5 * share * gain) as f32)
}

/// Adds both sides of a room to the dry sound, each with its gain.
#[inline(always)]
pub fn blend(plane: &mut [f32], dry: f32, own: &[f32], other: &[f32], [near, far]: [f32; 2]) {
    for ((x, own), other) in plane.iter_mut().zip(own).zip(other) {
        *x = flush((own * near + other * far) + dry * *x);
    }
}
