//! How often a sound changes its sign.

use super::blocks::by_blocks;
use super::{FeatureError, Framing, Padding, Series};

/// Samples up to this magnitude count as zero, and zero as positive.
const ZERO: f32 = 1e-10;

/// The zero crossing rate: how many samples of a frame have another sign than the one before, as a part of the frame's
/// samples, from 0 to 1. The first sample of a frame is compared with none. The framing's window and padding are not used:
/// the first and the last sample are held, so that the padding adds no crossing. As
/// `librosa.feature.zero_crossing_rate` gives it.
///
/// # Errors
/// When the frame or the hop is out of its range.
pub fn zero_crossing_rate(samples: &[f32], rate: u32, framing: Framing) -> Result<Series, FeatureError> {
    let framing = Framing { padding: Padding::Edge, ..framing };
    // What crosses from one block to the next counts where both belong to the frame.
    let block = |before: Option<f32>, block: &[f32]| {
        let join = before.zip(block.first()).is_some_and(|(a, &b)| crosses(a, b));
        (u32::from(join), crossings(block))
    };
    let frame = |blocks: &[(u32, u32)]| {
        let joins: u32 = blocks.iter().skip(1).map(|(join, _)| join).sum();
        let within: u32 = blocks.iter().map(|(_, within)| within).sum();
        (f64::from(joins + within) / framing.frame as f64) as f32
    };
    by_blocks(samples, rate, framing, block, frame)
}

/// How many samples have another sign than the one before.
fn crossings(samples: &[f32]) -> u32 {
    let next = samples.get(1..).unwrap_or_default();
    next.iter().zip(samples).map(|(&b, &a)| u32::from(crosses(a, b))).sum()
}

#[inline(always)]
fn crosses(a: f32, b: f32) -> bool {
    (a < -ZERO) != (b < -ZERO)
}
