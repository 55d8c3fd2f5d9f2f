//! A part of a clip.

use std::ops::Range;

use crate::{Audio, ClipEffect, Format};

crate::params! {
    /// Keeps a part of the clip: what lies before it and after it is cut away.
    ///
    /// Both ends are at the nearest frame, and nothing is changed between them. Where a sound is cut in the middle it clicks:
    /// a `fade` after this one rounds the ends. Of a recording, nothing but the part is read.
    pub struct Trim: "trim" {
        /// Where the part begins, in milliseconds from the clip's start.
        start_ms: f64 = 0.0, in 0.0..=86400000.0;
        /// How long it is, in milliseconds: no longer than what there is. A day is all of it.
        length_ms: f64 = 86400000.0, in 0.0..=86400000.0;
    }
}

impl Trim {
    fn range(&self, format: Format, frames: usize) -> Range<usize> {
        let at = |ms: f64| ((ms * f64::from(format.rate) / 1000.0).round() as usize).min(frames);
        at(self.start_ms)..at(self.start_ms + self.length_ms)
    }
}

impl ClipEffect for Trim {
    fn frames(&self, format: Format, frames: usize) -> usize {
        self.range(format, frames).len()
    }

    fn part(&self, format: Format, frames: usize) -> Option<Range<usize>> {
        Some(self.range(format, frames))
    }

    fn apply(&self, mut clip: Audio) -> Audio {
        let range = self.range(clip.format(), clip.frames());
        clip.resize(range.end);
        clip.drop_front(range.start);
        clip
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn trimmed(start_ms: f64, length_ms: f64) -> Audio {
        let clip = Audio::stereo(48_000, (0..480).map(|x| x as f32).collect(), (0..480).map(|x| -x as f32).collect());
        let settings = Trim { start_ms, length_ms };
        let frames = ClipEffect::frames(&settings, clip.format(), clip.frames());
        let out = settings.apply(clip);
        assert_eq!(out.frames(), frames);
        out
    }

    #[test]
    fn what_is_kept_is_as_it_was() {
        let part = trimmed(2.0, 3.0);
        assert_eq!(part.left(), (96..240).map(|x| x as f32).collect::<Vec<_>>());
        assert_eq!(part.right(), (96..240).map(|x| -x as f32).collect::<Vec<_>>());
        // Neighbours meet, wherever the ends are rounded to.
        let (first, second) = (trimmed(1.23, 2.345), trimmed(1.23 + 2.345, 1.0));
        assert_eq!(first.left().last().map(|x| x + 1.0), second.left().first().copied());
    }

    #[test]
    fn there_is_no_more_than_there_is() {
        assert_eq!(trimmed(0.0, 86_400_000.0).frames(), 480);
        assert_eq!(trimmed(7.5, 86_400_000.0).frames(), 120);
        assert_eq!(trimmed(10.0, 1.0).frames(), 0);
        assert_eq!(trimmed(5.0, 0.0).frames(), 0);
    }
}
