//! Samples as bytes: what players and hashes take.

use std::ops::Range;
/// The frames of a page, which players ask for and hashes go by.
pub const PAGE: u64 = 65_536;

/// The frames of a page of a sound that is so long; the last one is shorter. None after the end.
pub fn page(number: u64, frames: u64) -> Option<Range<u64>> {
    let start = number.checked_mul(PAGE).filter(|start| *start < frames)?;
    Some(start..frames.min(start + PAGE))
}

/// The left and the right channel, one after the other, interleaved: 32-bit float, little-endian, eight bytes a frame.
pub fn interleaved<'a>(sound: impl Iterator<Item = (&'a [f32], &'a [f32])> + Clone) -> Vec<u8> {
    let frames: usize = sound.clone().map(|(left, _)| left.len()).sum();
    let mut bytes = Vec::with_capacity(8 * frames);
    sound.for_each(|(left, right)| in_stretches(left, right, |stretch| bytes.extend_from_slice(stretch)));
    bytes
}

/// The same, some frames at a time.
pub fn in_stretches(left: &[f32], right: &[f32], mut each: impl FnMut(&[u8])) {
    const FRAMES: usize = 512;
    let mut bytes = [0; 8 * FRAMES];
    for (left, right) in left.chunks(FRAMES).zip(right.chunks(FRAMES)) {
        for (frame, (left, right)) in bytes.chunks_exact_mut(8).zip(left.iter().zip(right)) {
            frame[..4].copy_from_slice(&left.to_le_bytes());
            frame[4..].copy_from_slice(&right.to_le_bytes());
        }
        each(&bytes[..8 * left.len()]);
    }
}

#[cfg(test)]
mod tests {
    use downbeat_dsp::Audio;

    use super::*;

    fn whole(audio: &Audio) -> Vec<u8> {
        interleaved([(audio.left(), audio.right())].into_iter())
    }

    #[test]
    fn pages_cover_a_sound() {
        assert_eq!(page(0, 1), Some(0..1));
        assert_eq!(page(1, PAGE), None);
        assert_eq!(page(1, PAGE + 5), Some(PAGE..PAGE + 5));
        assert_eq!(page(u64::MAX, u64::MAX), None);
        assert_eq!(page(0, 0), None);
    }

    #[test]
    fn samples_of_both_sides_alternate() {
        let bytes = whole(&Audio::stereo(48_000, vec![1.0, 2.0], vec![-1.0, 0.5]));
        let samples: Vec<f32> = bytes.chunks(4).map(|four| f32::from_le_bytes(four.try_into().unwrap())).collect();
        assert_eq!(samples, [1.0, -1.0, 2.0, 0.5]);
        assert_eq!(whole(&Audio::mono(48_000, vec![0.5])).len(), 8);
        let ramp = Audio::mono(48_000, (0..1300).map(|i| i as f32).collect());
        let bytes = whole(&ramp);
        assert!(
            bytes
                .chunks(8)
                .zip(ramp.left())
                .all(|(frame, x)| frame[..4] == frame[4..] && frame[..4] == x.to_le_bytes())
        );
        assert_eq!(bytes.len(), 8 * 1300);
    }
}
