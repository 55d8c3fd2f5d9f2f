//! Sounds laid over one another on a timeline.

use std::sync::Arc;

use downbeat_dsp::{Audio, Block};

use crate::chain;

/// Sounds at times of their own that are added up, frame by frame in the order in which they were laid down, and given up
/// when they are over.
#[derive(Default)]
pub(crate) struct Overlay {
    sounding: Vec<(Arc<Audio>, i64, f32)>,
    /// The position of the next frame.
    at: i64,
}

impl Overlay {
    /// The position of the next frame to be added.
    pub(crate) fn at(&self) -> i64 {
        self.at
    }

    /// Lays down a sound that starts at frame `at`, times a gain. What of it lies before the next frame is not heard.
    pub(crate) fn lay(&mut self, sound: Arc<Audio>, at: i64, gain: f32) {
        if !sound.is_empty() {
            self.sounding.push((sound, at, gain));
        }
    }

    /// Adds the next frames to a block.
    pub(crate) fn add(&mut self, block: &mut Block<'_>) {
        let end = self.at + block.frames() as i64;
        for (sound, at, gain) in &self.sounding {
            chain::add(block, sound, at - self.at, *gain);
        }
        self.sounding.retain(|(sound, at, _)| at + sound.frames() as i64 > end);
        self.at = end;
    }
}
