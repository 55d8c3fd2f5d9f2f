//! What makes sound from nothing: it is asked for frames, in order, in pieces of any length.

use crate::Audio;

/// A source of mono sound. Any lengths of the pieces give the same bits, and memory does not grow with the length.
pub trait Generator: Send {
    /// How long it sounds in all, in frames.
    fn frames(&self) -> u64;

    /// Frames per second.
    fn rate(&self) -> u32;

    /// Goes to a frame, to be the first of the next [`fill`](Generator::fill).
    fn seek(&mut self, frame: u64);

    /// Writes the next `out.len()` frames over whatever `out` holds: silence after the end.
    fn fill(&mut self, out: &mut [f32]);

    /// The whole sound at once.
    fn audio(&mut self) -> Audio {
        let mut samples = vec![0.0; usize::try_from(self.frames()).unwrap_or(0)];
        self.seek(0);
        self.fill(&mut samples);
        Audio::mono(self.rate(), samples)
    }
}
