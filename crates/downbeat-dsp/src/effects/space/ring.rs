//! A delay as long as its ring, worked on in place.

use crate::Held;

/// A ring whose slots are read and then written again: what is read was written one round before.
#[derive(Clone, PartialEq)]
pub struct Ring {
    slots: Vec<f32>,
    at: usize,
}

impl Held for Ring {
    fn held(&self) -> usize {
        self.slots.held()
    }
}

impl Ring {
    /// A silent delay of `frames` frames, at least one.
    pub fn new(frames: usize) -> Self {
        Ring { slots: vec![0.0; frames.max(1)], at: 0 }
    }

    /// The next slots, up to `frames` of them and up to the end of the ring. All are different ones, so a loop over
    /// them has no sample that waits for another.
    #[inline(always)]
    pub fn run(&mut self, frames: usize) -> &mut [f32] {
        let from = self.at;
        let to = self.slots.len().min(from + frames);
        self.at = if to == self.slots.len() { 0 } else { to };
        &mut self.slots[from..to]
    }
}
