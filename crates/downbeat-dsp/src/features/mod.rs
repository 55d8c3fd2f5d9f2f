//! What can be measured of a sound, frame by frame: its level, its spectrum, its rhythm.
//!
//! Frames are those of librosa 0.11, and so are the values; [`Framing`] says what a frame is. What is measured of spectra
//! goes through [`Stft::measure`], as many features as are wanted in one pass:
//!
//! ```text
//! samples -> frames, 8 side by side -> spectra -> each Feature -> its Series
//! ```
//!
//! No feature is ever infinite or not a number, whatever the samples are.
//!
//! Source: B. McFee et al., "librosa: Audio and Music Signal Analysis in Python", Proceedings of the 14th Python in
//! Science Conference (2015).

mod bandwidth;
mod beat_track;
mod blocks;
mod centroid;
mod chroma;
mod complex;
mod contrast;
mod decibels;
mod downbeat;
mod downbeat_evidence;
mod downbeat_heard;
mod error;
mod extremes;
mod fft;
mod filters;
mod flatness;
mod framing;
mod mel;
mod onset_detect;
mod onset_envelope;
mod onset_levels;
mod onset_strength;
mod peak_pick;
mod rms;
mod rolloff;
mod series;
mod side_by_side;
mod stft;
mod tempo;
mod tempo_autocorrelation;
mod tuning;
mod zero_crossings;

pub use bandwidth::Bandwidth;
pub use beat_track::{BeatTracking, Beats, beat_track};
pub use centroid::{Centroid, spectral_centroid};
pub use chroma::Chroma;
pub use contrast::Contrast;
pub use decibels::power_to_db;
pub use downbeat::{Downbeats, downbeats};
pub use error::FeatureError;
pub use fft::{LANES, Lanes};
pub use flatness::Flatness;
pub use framing::{Framing, Padding, Window};
pub use mel::Mel;
pub use onset_detect::{OnsetPicking, onset_backtrack, onset_detect};
pub use onset_envelope::OnsetEnvelope;
pub use onset_strength::{Across, OnsetStrength, onset_strength};
pub use peak_pick::{PeakPicking, peak_pick};
pub use rms::rms;
pub use rolloff::Rolloff;
pub use series::Series;
pub use stft::{Bins, Feature, Group, Measure, Quantity, SecondSight, Spectrogram, Stft};
pub use tempo::{TempoSearch, tempo};
pub use tuning::estimate_tuning;
pub use zero_crossings::zero_crossing_rate;
