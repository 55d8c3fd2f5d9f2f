//! Movement begins with the sound.

use crate::Block;

/// The block from the first frame on that is not silent; all of it once there has been one. Before, an effect has not begun:
/// so an oscillator starts where the sound starts, however much silence lies before it.
#[inline(always)]
pub fn awake<'a>(begun: &mut bool, block: &'a mut Block<'_>) -> Block<'a> {
    let frames = block.frames();
    let first = if *begun {
        0
    } else {
        let first = |plane: &mut [f32]| plane.iter().position(|x| *x != 0.0).unwrap_or(frames);
        block.planes().map(first).fold(frames, usize::min)
    };
    *begun |= first < frames;
    block.part(first..frames)
}
