//! What effects that turn the level up and down have in common.
//!
//! The path is the one that D. Giannoulis, M. Massberg and J. D. Reiss, "Digital Dynamic Range Compressor Design", JAES
//! 60 (2012), found to be the best: forwards, and logarithmic from the detector on. A [`Sidechain`] hears the sound or
//! another one, a [`Detector`] gives its level, a [`curve`] says how far that is from where it should be, [`Ballistics`]
//! give it an attack and a release, and the gain is a power again ([`logarithm`]) that meets the sound after a
//! [`Delay`]. Sound goes through it by [`CHUNK`]s, all of a chunk through one step and then through the next, so that
//! only the ballistics are worked out frame by frame.
//!
//! Levels within are binary logarithms of amplitudes: octaves of level, so to speak, of 6.02 dB each.

mod average;
mod ballistics;
mod crossover;
pub mod curve;
mod delay;
mod detector;
pub mod logarithm;
mod lowest;
mod sidechain;
mod true_peaks;

pub use average::Average;
pub use ballistics::{BELOW, Ballistics, step};
pub use crossover::{Band, Crossover, Side, Split};
pub use delay::Delay;
pub use detector::{Detector, Level, sizes};
pub use lowest::Lowest;
pub use sidechain::{Cuts, Sidechain};
pub use true_peaks::TruePeaks;

use crate::{Block, Effect};

/// An effect that turns the level up and down by what it hears, which may be another sound, the key.
pub trait Keyed: Effect {
    /// [`Effect::process`] for the planes of a block, with a key or none.
    fn turn_down<const CHANNELS: usize>(
        &self,
        state: &mut Self::State,
        planes: [&mut [f32]; CHANNELS],
        key: Option<&[&[f32]]>,
    );

    /// [`Effect::process`] with a key: another sound that is listened to in the place of the block.
    ///
    /// The key is one or two planes of samples of the same frames as the block. A key of one plane turns down both
    /// channels; of two planes, a mono block is turned down by their mean; where a plane is shorter than the block, the rest
    /// counts as silence.
    #[inline(always)]
    fn run(&self, state: &mut Self::State, block: &mut Block<'_>, key: Option<&[&[f32]]>) {
        let mut planes = block.planes();
        match (planes.next(), planes.next()) {
            (Some(left), Some(right)) => self.turn_down(state, [left, right], key),
            (Some(left), None) => self.turn_down(state, [left], key),
            _ => {}
        }
    }
}

/// How many frames are worked on at once.
pub const CHUNK: usize = 64;

/// A number for each frame of a chunk, of one channel.
pub type Lanes = [f32; CHUNK];

/// Decibels as octaves of level: `db / (20 log10 2)`.
pub fn octaves(db: f64) -> f64 {
    db / (20.0 * std::f64::consts::LOG10_2)
}

/// A time in frames, rounded.
pub fn frames(ms: f64, rate: u32) -> usize {
    libm::round(ms * 1e-3 * f64::from(rate)).max(0.0) as usize
}

/// For how long a level with this time constant is still on its way back, in frames: three times that, until a twentieth
/// is left.
///
/// Nothing sounds any more by then. It is the time after which a sound that follows hears little of the one before.
pub fn settling(ms: f64, rate: u32) -> usize {
    frames(3.0 * ms, rate)
}

/// Multiplies each sample by its gain. No denormal number comes out.
#[inline(always)]
pub fn apply(plane: &mut [f32], gains: &[f32]) {
    for (x, gain) in plane.iter_mut().zip(gains) {
        let y = *x * gain;
        *x = if y.abs() < f32::MIN_POSITIVE { 0.0 } else { y };
    }
}

/// The first frames of a chunk as a block.
#[inline(always)]
pub fn block<const CHANNELS: usize>(lanes: &mut [Lanes; CHANNELS], frames: usize) -> Block<'_> {
    let (first, rest) = lanes.split_at_mut(1);
    match rest {
        [second] => Block::stereo(&mut first[0][..frames], &mut second[..frames]),
        _ => Block::mono(&mut first[0][..frames]),
    }
}
