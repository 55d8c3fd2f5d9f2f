//! The meters: sample peak, true peak, loudness and power; one that reads all of them in one pass; the same over time; and
//! what else can be said of samples.

mod history;
mod k_weighting;
mod loudness;
mod meter;
mod peak;
mod power;
mod runs;
mod statistics;
mod stretch;
mod true_peak;
mod true_peak_steps;

pub use history::History;
pub use loudness::Loudness;
pub use meter::{Levels, Meter};
pub use peak::PeakMeter;
pub use statistics::Statistics;
pub use stretch::StretchLevels;
pub use true_peak::TruePeak;
