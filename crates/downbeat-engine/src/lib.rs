//! Session, plan and render: the engine of Downbeat.
#![forbid(unsafe_code)]

pub mod media;
pub mod midi;
pub mod time;
mod world;

pub use world::{Bytes, World, WorldError, read};
