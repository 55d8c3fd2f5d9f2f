//! The suite: the program as its users meet it, and the promises that hold across all crates.
#![allow(clippy::unwrap_used, clippy::expect_used)]

mod analyze;
mod architecture;
mod browser;
mod cli;
mod docs;
mod examples;
mod expectations;
mod peaks;
mod play;
mod plot;
mod soak;
mod support;
mod watch;
