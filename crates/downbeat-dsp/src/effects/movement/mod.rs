//! What moves: an oscillator below hearing of whole-numbered phase, and blocks that swing with it ([`Moving`]).

mod lfo;
mod moving;
mod wake;

pub use lfo::{AS_SINE, round};
pub use moving::{Moving, flush, multiply};
pub use wake::awake;
