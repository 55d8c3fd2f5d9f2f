//! Another length at the same pitch: a phase vocoder that leaves attacks as they are.
//!
//! Where the sound begins, ends, and where an [onset](onsets) is found, the output is a copy of the input, placed where the
//! new length puts it; between these places time is stretched ([`time_map`]), and the [`vocoder`] goes through the sound at
//! that pace. Everything is worked out in 64 bits by the transform of the long filters, so that a clip becomes the same bits
//! on every machine; libraries choose their transforms by the machine they run on.

mod onsets;
mod time_map;
mod vocoder;

use time_map::TimeMap;
use vocoder::Vocoder;

use crate::Audio;

/// How a clip is stretched.
#[derive(Clone, Copy, Debug)]
pub struct Stretch {
    /// How many times as long it becomes.
    pub factor: f64,
    /// Whether onsets are looked for.
    pub keep_attacks: bool,
    /// The length of the vocoder's frames in milliseconds; the nearest power of two in samples is taken.
    pub window_ms: f64,
}

/// The frames that a clip of so many has then: at least one, when there is any.
pub fn stretched_frames(frames: usize, factor: f64) -> usize {
    ((frames as f64 * factor).round() as usize).max(frames.min(1))
}

impl Stretch {
    /// The clip at its new length, [`stretched_frames`].
    #[inline(always)]
    pub fn apply(&self, clip: Audio) -> Audio {
        let frames = stretched_frames(clip.frames(), self.factor);
        if self.factor == 1.0 {
            return clip;
        }
        if clip.is_silent() {
            return Audio::silence(clip.format(), frames);
        }
        let size = power_of_two(self.window_ms * f64::from(clip.rate()) / 1000.0);
        let onsets = if self.keep_attacks { onsets::find(&clip) } else { Vec::new() };
        let map = TimeMap::new(&onsets, clip.frames(), frames, size / 2);
        Vocoder::new(&clip, size).run(&map, frames)
    }
}

/// The power of two that is nearest by its ratio, from 256 to 65536.
fn power_of_two(frames: f64) -> usize {
    let mut size = 256;
    while size < 65_536 && (2 * size * size) as f64 <= frames * frames {
        size *= 2;
    }
    size
}
