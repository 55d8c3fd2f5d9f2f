//! Pictures of sound, the same pixels on every machine: fonts are built in, and all drawing is exact.
//!
//! ```text
//! Pyramid, Spectrogram, ... -> Figure -> PNG
//!                                `-----> SVG
//! ```
//!
//! A [`Figure`] has lanes one above the other on one time axis; what a lane shows is its [`Content`]. Curves on axes of their
//! own are a [`Chart`]. The first use is a mix before and after, one waveform above the other:
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

mod bars;
mod canvas;
mod chart;
mod compare;
mod drawing;
mod error;
mod figure;
#[cfg(test)]
mod fit;
mod fonts;
mod frame;
mod layout;
mod map;
mod number;
mod options;
mod pane;
mod picture;
mod spectrogram;
mod styles;
mod svg;
mod theme;
mod ticks;
mod wave;

pub use chart::{Axis, Chart, Curve, Pen, Plot, Scale};
pub use compare::{before_after, compare};
pub use error::PictureError;
pub use figure::{Content, Figure, Lane};
pub use map::ColorMap;
pub use options::{MAX_SIDE, Options};
pub use picture::Picture;
pub use spectrogram::{MAX_COLUMNS, Spectrogram};
pub use styles::{Brightness, Frequency, Heatmap, LoudnessCurves, Segment, Series, Track, Waveform, overview};
pub use theme::{Color, Theme, Tint};
pub use wave::Wave;
