//! Pictures of waveforms, the same pixels on every machine: fonts are built in, and all drawing is exact.
//!
//! ```text
//! Audio, block by block -> Peaks -> Figure::draw -> Picture -> PNG
//! ```
//!
//! The first use is a mix before and after, one waveform above the other:
//!
//! ```
//! use downbeat_dsp::Audio;
//! use downbeat_picture::{Options, Peaks, before_after};
//!
//! let raw = Audio::mono(48_000, vec![0.25; 48_000]);
//! let mix = Audio::mono(48_000, vec![0.5; 48_000]);
//! let png = before_after("A song", &Peaks::of(&raw), &Peaks::of(&mix), &Options::default())?;
//! assert_eq!(&png[1..4], b"PNG");
//! # Ok::<(), downbeat_picture::PictureError>(())
//! ```
#![forbid(unsafe_code)]

mod canvas;
mod columns;
mod error;
mod figure;
mod lane;
mod layout;
mod peaks;
mod picture;
mod text;
mod theme;
mod ticks;

pub use error::PictureError;
pub use figure::{Figure, Lane, MAX_SIDE, Options, before_after};
pub use peaks::{MAX_BINS, Peaks};
pub use picture::Picture;
pub use theme::{Color, Theme};
