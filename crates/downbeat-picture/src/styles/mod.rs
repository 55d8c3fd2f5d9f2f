//! The kinds of lanes, one a file.

mod brightness;
mod loudness;
mod spectrogram;
mod track;
mod waveform;

pub use brightness::Brightness;
pub use loudness::{LoudnessCurves, Series};
pub use spectrogram::{Frequency, Heatmap, MAX_COLUMNS, Spectrogram};
pub use track::{Segment, Track, overview};
pub use waveform::Waveform;
