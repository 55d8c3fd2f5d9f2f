//! The kinds of lanes, one a file.

mod brightness;
mod heatmap;
mod loudness;
mod track;
mod waveform;

pub use brightness::Brightness;
pub use heatmap::{Frequency, Heatmap};
pub use loudness::{LoudnessCurves, Series};
pub use track::{Segment, Track, overview};
pub use waveform::Waveform;
