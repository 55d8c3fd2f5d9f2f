//! The levels of the bands of a sound, none far below the loudest: what rhythm is heard in.

use super::fft::{LANES, Lanes};
use super::{Feature, FeatureError, Framing, Mel, Quantity, Stft};

/// How many frames' levels are kept in memory: 11 minutes at 48 kHz, 33 MB.
pub(super) const MOST_KEPT: usize = 1 << 16;
/// Powers below this count as this.
const LOWEST_POWER: f32 = 1e-10;

/// Shows the powers of the bands to `see`, a group of frames at a time, in order: one item a band, with a lane for each
/// frame, and how many lanes hold frames. Powers below 1e-10, or below `range` times the greatest of the whole sound,
/// are raised to that.
///
/// The greatest is not known before the end. So all powers are kept, or, when there are more than `most_kept` frames,
/// measured twice. Both give the same bits.
///
/// # Errors
/// When the framing or the bands are out of their range.
pub(super) fn each_level(
    samples: &[f32],
    stft: &Stft,
    mel: &Mel,
    range: f32,
    most_kept: usize,
    mut see: impl FnMut(&[Lanes], usize),
) -> Result<(), FeatureError> {
    let mut bank = mel.prepare(stft.bins())?;
    let bands = bank.bands();
    let frames = stft.framing().count(samples.len());
    let mut powers = vec![[0.0; LANES]; bands];
    let mut each_group = |see: &mut dyn FnMut(&mut [Lanes], usize)| {
        stft.each(samples, Quantity::Power, |group| {
            bank.measure(group.powers, &mut powers);
            see(&mut powers, group.frames);
        });
    };

    let keep = frames <= most_kept;
    let mut kept: Vec<Lanes> = Vec::with_capacity(if keep { bands * frames.div_ceil(LANES) } else { 0 });
    let mut greatest = LOWEST_POWER;
    each_group(&mut |powers, frames| {
        greatest = loudest(powers)[..frames].iter().fold(greatest, |most, &x| larger(most, x));
        if keep {
            kept.extend_from_slice(powers);
        }
    });
    let floor = LOWEST_POWER.max(range * greatest);
    let mut raised = |powers: &mut [Lanes], frames: usize| {
        powers.as_flattened_mut().iter_mut().for_each(|x| *x = larger(floor, *x));
        see(powers, frames);
    };
    if keep {
        for (powers, first) in kept.chunks_exact_mut(bands).zip((0..frames).step_by(LANES)) {
            raised(powers, LANES.min(frames - first));
        }
    } else {
        each_group(&mut raised);
    }
    Ok(())
}

/// The greatest power of each lane.
fn loudest(powers: &[Lanes]) -> Lanes {
    let mut greatest = [0.0; LANES];
    for lanes in powers {
        for (most, &x) in greatest.iter_mut().zip(lanes) {
            *most = larger(*most, x);
        }
    }
    greatest
}

#[inline(always)]
fn larger(a: f32, b: f32) -> f32 {
    if b > a { b } else { a }
}

/// By how many frames a rise is moved, so that it stands where the sound begins: half a frame goes by before what a frame
/// holds is in its middle. As in librosa.
pub(super) fn half_a_frame(framing: &Framing) -> usize {
    framing.frame / (2 * framing.hop.max(1))
}
