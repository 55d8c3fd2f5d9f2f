//! Samples as bytes: what players and hashes take.

use std::ops::Range;

use downbeat_dsp::Audio;

/// The frames of a page, which players ask for and hashes go by.
pub const PAGE: u64 = 65_536;

/// The frames of a page of a sound that is so long; the last one is shorter. None after the end.
pub fn page(number: u64, frames: u64) -> Option<Range<u64>> {
    let start = number.checked_mul(PAGE).filter(|start| *start < frames)?;
    Some(start..frames.min(start + PAGE))
}

/// Interleaved stereo, 32-bit float, little-endian: eight bytes a frame.
pub fn interleaved(audio: &Audio) -> Vec<u8> {
    let mut bytes = Vec::with_capacity(8 * audio.frames());
    for (left, right) in audio.left().iter().zip(audio.right()) {
        bytes.extend_from_slice(&left.to_le_bytes());
        bytes.extend_from_slice(&right.to_le_bytes());
    }
    bytes
}

#[cfg(test)]
mod tests {
    use super::*;

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
        let bytes = interleaved(&Audio::stereo(48_000, vec![1.0, 2.0], vec![-1.0, 0.5]));
        let samples: Vec<f32> = bytes.chunks(4).map(|four| f32::from_le_bytes(four.try_into().unwrap())).collect();
        assert_eq!(samples, [1.0, -1.0, 2.0, 0.5]);
        assert_eq!(interleaved(&Audio::mono(48_000, vec![0.5])).len(), 8);
    }
}
