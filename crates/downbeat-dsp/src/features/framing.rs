//! How a sound is cut into frames.

use std::borrow::Cow;
use std::f64::consts::TAU;

use super::FeatureError;
use crate::simd::{self, Work};

/// Frames of equal length, overlapping. The middle of frame `n` is sample `n * hop`; the sound is padded by half a frame
/// at both ends, so a sound of `N` samples has `N / hop + 1` frames (rounded down), and an empty one has none. This is
/// how librosa frames by default.
///
/// Samples that are not numbers, and magnitudes above 10^12, which no sound has, count as silence.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Framing {
    /// Samples a frame. For what is measured of a spectrum: a power of two, from 8 to 65,536.
    pub frame: usize,
    /// Samples from one frame to the next, at least 1.
    pub hop: usize,
    /// What stands before and after the sound.
    pub padding: Padding,
    /// What a frame is multiplied by before its spectrum is taken.
    pub window: Window,
}

impl Default for Framing {
    /// Frames of 2048, 512 apart, padded with zeros, under a Hann window.
    fn default() -> Self {
        Framing { frame: 2048, hop: 512, padding: Padding::Zero, window: Window::Hann }
    }
}

/// The longest frame and the longest hop: minutes of sound.
const LONGEST: usize = 1 << 24;

/// What stands before and after a sound.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Padding {
    /// Silence.
    Zero,
    /// The sound mirrored at its first and at its last sample, which are not repeated; as often as needed when the sound
    /// is shorter than the padding.
    Reflect,
    /// The first and the last sample, held.
    Edge,
}

/// What a frame is multiplied by before its spectrum is taken.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Window {
    /// A raised cosine with the frame's length as its period: `0.5 - 0.5 cos(TAU i / frame)`.
    Hann,
    /// Nothing: the frame as it is.
    Rectangular,
}

impl Framing {
    /// The number of frames of a sound of so many samples.
    pub fn count(&self, samples: usize) -> usize {
        if samples == 0 || self.hop == 0 { 0 } else { (samples + self.frame / 2 * 2 - self.frame) / self.hop + 1 }
    }

    /// Seconds from one frame to the next.
    pub fn step(&self, rate: u32) -> f64 {
        self.hop as f64 / f64::from(rate.max(1))
    }

    /// # Errors
    /// When frames or hops have no length, or one that no frame has.
    pub(super) fn check(&self) -> Result<(), FeatureError> {
        match self {
            Framing { hop: 1..=LONGEST, frame: 2..=LONGEST, .. } => Ok(()),
            Framing { frame: 2..=LONGEST, hop, .. } => Err(FeatureError::Hop { hop: *hop }),
            Framing { frame, .. } => Err(FeatureError::Frame { frame: *frame }),
        }
    }

    /// A factor for each sample of a frame.
    pub(super) fn weights(&self) -> Vec<f64> {
        let hann = |i: usize| 0.5 - 0.5 * libm::cos(TAU * i as f64 / self.frame as f64);
        match self.window {
            Window::Hann => (0..self.frame).map(hann).collect(),
            Window::Rectangular => vec![1.0; self.frame],
        }
    }

    /// `length` samples of the padded sound, the first of them being the `start`th of the padding before it. Nothing is
    /// copied where the sound itself can be lent.
    pub(super) fn stretch<'a>(&self, samples: &'a [f32], start: usize, length: usize) -> Cow<'a, [f32]> {
        let before = self.frame / 2;
        if start >= before
            && let Some(lent) = samples.get(start - before..start - before + length)
            && simd::widest(AllSound(lent))
        {
            return Cow::Borrowed(lent);
        }
        let at = |i: usize| samples.get(i).copied().filter(|&x| sounds(x)).unwrap_or(0.0);
        let last = samples.len().saturating_sub(1);
        let padded = (start..start + length).map(|i| match (i.checked_sub(before), self.padding) {
            (Some(i), _) if i <= last => at(i),
            (_, Padding::Zero) => 0.0,
            (None, Padding::Edge) => at(0),
            (Some(_), Padding::Edge) => at(last),
            (None, Padding::Reflect) => at(mirrored(before - i, last)),
            (Some(i), Padding::Reflect) => at(mirrored(i, last)),
        });
        Cow::Owned(padded.collect())
    }
}

/// Whether it is a number that a sound can have: sums of squares of such samples stay far below the largest number.
#[inline(always)]
fn sounds(x: f32) -> bool {
    x.abs() <= 1e12
}

/// Whether all of them are such numbers.
struct AllSound<'a>(&'a [f32]);

impl Work for AllSound<'_> {
    type Output = bool;

    #[inline(always)]
    fn run(self) -> bool {
        self.0.iter().map(|&x| u32::from(!sounds(x))).sum::<u32>() == 0
    }
}

/// The place within `0..=last` of a place beyond, mirrored back and forth.
fn mirrored(place: usize, last: usize) -> usize {
    if last == 0 {
        return 0;
    }
    let place = place % (2 * last);
    if place <= last { place } else { 2 * last - place }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn padded(padding: Padding, samples: &[f32], frame: usize) -> Vec<f32> {
        let framing = Framing { frame, hop: 1, padding, window: Window::Rectangular };
        framing.stretch(samples, 0, samples.len() + frame / 2 * 2).into_owned()
    }

    #[test]
    fn pads_as_it_says() {
        let sound = [1.0, 2.0, 3.0];
        assert_eq!(padded(Padding::Zero, &sound, 4), [0.0, 0.0, 1.0, 2.0, 3.0, 0.0, 0.0]);
        assert_eq!(padded(Padding::Edge, &sound, 4), [1.0, 1.0, 1.0, 2.0, 3.0, 3.0, 3.0]);
        assert_eq!(padded(Padding::Reflect, &sound, 4), [3.0, 2.0, 1.0, 2.0, 3.0, 2.0, 1.0]);
        // As numpy.pad has it, mirrored as often as needed.
        let often = [2.0, 1.0, 2.0, 3.0, 2.0, 1.0, 2.0, 3.0, 2.0, 1.0, 2.0, 3.0, 2.0];
        assert_eq!(padded(Padding::Reflect, &sound, 10), often);
        assert_eq!(padded(Padding::Reflect, &[7.0], 4), [7.0; 5]);
        assert_eq!(padded(Padding::Reflect, &[f32::NAN, 1.0, f32::INFINITY], 2), [1.0, 0.0, 1.0, 0.0, 1.0]);
    }

    #[test]
    fn counts_as_many_frames_as_it_says() {
        let framing = Framing::default();
        assert_eq!([0, 1, 511, 512, 1023, 1024].map(|samples| framing.count(samples)), [0, 1, 1, 2, 2, 3]);
        // An odd frame is padded by one sample less than its length.
        assert_eq!(Framing { frame: 5, hop: 2, ..framing }.count(4), 2);
        assert_eq!(Framing { hop: 0, ..framing }.count(4), 0);
    }
}
