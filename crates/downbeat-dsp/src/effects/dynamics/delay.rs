//! A delay of whole frames, for looking ahead.

use crate::Held;

/// Holds the sound back, so that the gain can be there before it.
#[derive(Clone, PartialEq)]
pub struct Delay {
    /// What is held back, one ring a channel, and where the oldest frame lies.
    rings: Vec<Vec<f32>>,
    at: usize,
}

impl Held for Delay {
    fn held(&self) -> usize {
        self.rings.held()
    }
}

impl Delay {
    /// A delay by `frames` that is full of silence.
    pub fn new(frames: usize, channels: usize) -> Self {
        Delay { rings: vec![vec![0.0; frames]; channels], at: 0 }
    }

    /// Puts the delayed sound in the place of the sound.
    #[inline(always)]
    pub fn run<const CHANNELS: usize>(&mut self, mut planes: [&mut [f32]; CHANNELS]) {
        let length = self.rings.first().map_or(0, Vec::len);
        let frames = planes[0].len();
        let mut from = 0;
        while from < frames && length > 0 {
            let run = (length - self.at).min(frames - from);
            for (plane, ring) in planes.iter_mut().zip(&mut self.rings) {
                plane[from..from + run].swap_with_slice(&mut ring[self.at..self.at + run]);
            }
            from += run;
            self.at = if self.at + run == length { 0 } else { self.at + run };
        }
    }
}
