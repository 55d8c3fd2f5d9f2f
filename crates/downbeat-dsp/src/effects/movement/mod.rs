//! What moves: an oscillator below hearing ([`Lfo`]), blocks that swing with it ([`Moving`]), and delays that it moves
//! ([`Swept`]).

mod delay_line;
mod glide;
mod lfo;
mod moving;
mod swept;
mod wake;

pub use lfo::{AS_SINE, HALF, Lfo, round, turns};
pub use moving::{Moving, flush, multiply};
pub use swept::{SHORTEST, Swept, SweptState};
pub use wake::awake;
