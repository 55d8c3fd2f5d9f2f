//! The commands, one file each.

pub mod analyze;
pub mod check;
pub mod effects;
pub mod instruments;
pub mod midi;
pub mod peaks;
pub mod play;
pub mod plot;
pub mod process;
pub mod render;
mod rows;
pub mod watch;
