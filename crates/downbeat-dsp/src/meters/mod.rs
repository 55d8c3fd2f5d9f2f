//! The meters: sample peak, true peak and loudness, and one that reads all of them in one pass.

mod k_weighting;
mod loudness;
mod meter;
mod peak;
mod true_peak;

pub use loudness::Loudness;
pub use meter::{Levels, Meter};
pub use peak::PeakMeter;
pub use true_peak::TruePeak;
