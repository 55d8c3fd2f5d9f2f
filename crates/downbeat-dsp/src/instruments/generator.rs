//! What makes sound from nothing: it is asked for frames, in order, in pieces of any length.

use crate::{Audio, Channels};

/// A source of sound, most often mono. Any lengths of the pieces give the same bits, and memory does not grow with the length.
pub trait Generator: Send {
    /// How long it sounds in all, in frames.
    fn frames(&self) -> u64;

    /// Frames per second.
    fn rate(&self) -> u32;

    /// Whether it has two sides.
    fn channels(&self) -> Channels {
        Channels::Mono
    }

    /// Goes to a frame, to be the first of the next [`fill`](Generator::fill).
    fn seek(&mut self, frame: u64);

    /// Writes the next `out.len()` frames over whatever `out` holds: silence after the end. Of two sides, the mean.
    fn fill(&mut self, out: &mut [f32]);

    /// Writes the next frames of both sides, as many to each.
    fn fill_sides(&mut self, left: &mut [f32], right: &mut [f32]) {
        self.fill(left);
        right.copy_from_slice(left);
    }

    /// The whole sound at once.
    fn audio(&mut self) -> Audio {
        let mut samples = vec![0.0; usize::try_from(self.frames()).unwrap_or(0)];
        self.seek(0);
        if self.channels() == Channels::Stereo {
            let mut right = samples.clone();
            self.fill_sides(&mut samples, &mut right);
            return Audio::stereo(self.rate(), samples, right);
        }
        self.fill(&mut samples);
        Audio::mono(self.rate(), samples)
    }
}
