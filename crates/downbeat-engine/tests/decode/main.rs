//! Decoding: every format against what is known of the sound in it, every kind of damage against its error.
//!
//! The small files in `tests/audio` and the ones made here are always read; the large collection in `../shared` of the
//! repository is read where it is there.
#![allow(clippy::unwrap_used)] // A helper that fails is a test that fails.

mod collection;
mod damage;
mod files;
mod formats;
mod reader;
mod resampling;
mod survival;
mod wav;
