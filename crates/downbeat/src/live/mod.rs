//! A mix that is rendered again after each edit, while it is listened to.
//!
//! ```text
//! files -> Watcher -> Mailbox -> Studio (evaluate, take, render) -> Board -> server -> listeners
//!                        ^                                                       |
//!                        `------------- solo, mute <-----------------------------'
//! ```
//! One thread works on edits, in [`Studio`]; what nobody waits for is done in [`Idle`]. Both put what they know on the
//! [`Board`], from which any number of listeners take it.

mod board;
mod changes;
mod desk;
mod facts;
mod fingerprint;
mod idle;
mod inputs;
mod mailbox;
mod peaks;
mod published;
mod samples;
mod scout;
mod script;
pub mod server;
mod studio;
mod voice;
mod watcher;

pub use board::Board;
pub use facts::nothing;
pub use idle::Idle;
pub use inputs::Inputs;
pub use mailbox::Mailbox;
pub use script::Script;
pub use studio::Studio;
pub use voice::Voice;
pub use watcher::Watcher;
