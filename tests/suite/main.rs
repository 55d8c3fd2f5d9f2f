//! The suite: the program as its users meet it, and the promises that hold across all crates.

mod architecture;
mod cli;
mod docs;
mod examples;
mod support;
