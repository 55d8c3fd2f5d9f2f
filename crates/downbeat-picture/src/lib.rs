//! Pictures of waveforms, the same pixels on every machine: fonts are built in, and all drawing is exact.
//!
//! ```text
//! Audio, block by block -> Pyramid -> Figure::draw -> Picture -> PNG
//! ```
//!
//! The first use is a mix before and after, one waveform above the other:
//!
//! ```
//! use downbeat_dsp::{Audio, Pyramid};
//! use downbeat_picture::{Options, before_after};
//!
//! let raw = Audio::mono(48_000, vec![0.25; 48_000]);
//! let mix = Audio::mono(48_000, vec![0.5; 48_000]);
//! let png = before_after("A song", &Pyramid::of(&raw), &Pyramid::of(&mix), &Options::default())?;
//! assert_eq!(&png[1..4], b"PNG");
//! # Ok::<(), downbeat_picture::PictureError>(())
//! ```
#![forbid(unsafe_code)]

mod canvas;
mod error;
mod figure;
mod lane;
mod layout;
mod picture;
mod text;
mod theme;
mod ticks;

pub use error::PictureError;
pub use figure::{Figure, Lane, MAX_SIDE, Options, before_after};
pub use picture::Picture;
pub use theme::{Color, Theme};
