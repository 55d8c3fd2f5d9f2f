//! Frames that overlap share blocks of samples, each of which is looked at once.

use super::{FeatureError, Framing, Series};

/// Blocks shorter than this are not worth their bookkeeping: then each frame is a block.
const SHORTEST: usize = 32;

/// One number for each frame of a sound. `block` sums up a block of samples and is told which sample stands before it
/// in the padded sound, if any; `frame` makes a number of the blocks of a frame.
///
/// # Errors
/// When the frames are none.
pub(super) fn by_blocks<T>(
    samples: &[f32],
    rate: u32,
    framing: Framing,
    block: impl Fn(Option<f32>, &[f32]) -> T,
    frame: impl Fn(&[T]) -> f32,
) -> Result<Series, FeatureError> {
    framing.check()?;
    let count = framing.count(samples.len());
    let shared = common_divisor(framing.frame, framing.hop);
    let measured = |start: usize, length: usize| {
        let before = start.min(1);
        let stretch = framing.stretch(samples, start - before, before + length);
        let (before, within) = stretch.split_at(before);
        block(before.first().copied(), within)
    };
    let values = if shared < SHORTEST {
        (0..count).map(|n| frame(&[measured(n * framing.hop, framing.frame)])).collect()
    } else {
        let (a_frame, a_hop) = (framing.frame / shared, framing.hop / shared);
        // Of hops longer than a frame, most blocks belong to no frame.
        let needed = |n: &usize| n % a_hop < a_frame || a_hop < a_frame;
        let mut blocks = Vec::with_capacity(a_frame);
        let mut values = Vec::with_capacity(count);
        for n in (0..count.saturating_sub(1) * a_hop + a_frame).filter(needed) {
            blocks.push(measured(n * shared, shared));
            if blocks.len() == a_frame {
                values.push(frame(&blocks));
                blocks.drain(..a_hop.min(a_frame));
            }
        }
        values.truncate(count);
        values
    };
    Ok(Series { bands: 1, step: framing.step(rate), values })
}

/// Euclid's.
fn common_divisor(a: usize, b: usize) -> usize {
    if b == 0 { a } else { common_divisor(b, a % b) }
}
