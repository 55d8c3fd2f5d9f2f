//! A delay in whole samples.

use crate::{Block, Effect, Format, Held};

crate::params! {
    /// Moves the sound later by whole samples, to align tracks that were recorded from different distances.
    ///
    /// Every sample stays what it is. At 48 kHz, 140 samples are the way of sound through one metre of air.
    pub struct DelaySamples: "delay_samples" {
        /// By how many samples the sound comes later. It stays fixed while it plays.
        samples: u32 = 0, in 0..=480000 as fixed;
    }
}

/// What [`DelaySamples`] remembers: the samples that are on their way, of each channel.
#[derive(Clone, PartialEq)]
pub struct DelaySamplesState {
    lines: Vec<Vec<f32>>,
    at: usize,
}

impl Held for DelaySamplesState {
    fn held(&self) -> usize {
        self.lines.held()
    }
}

impl Effect for DelaySamples {
    type State = DelaySamplesState;

    fn tail(&self, _: Format) -> usize {
        self.samples as usize
    }

    fn start(&self, format: Format) -> DelaySamplesState {
        DelaySamplesState { lines: vec![vec![0.0; self.samples as usize]; format.channels.count()], at: 0 }
    }

    #[inline(always)]
    fn process(&self, state: &mut DelaySamplesState, block: &mut Block<'_>) {
        let (frames, start) = (block.frames(), state.at);
        for (plane, line) in block.planes().zip(&mut state.lines) {
            let (mut at, mut rest) = (start, plane);
            while !line.is_empty() && !rest.is_empty() {
                // Slots up to the end of the line change places with as many samples.
                let slots = &mut line[at..];
                let (now, later) = rest.split_at_mut(slots.len().min(rest.len()));
                now.swap_with_slice(&mut slots[..now.len()]);
                at = if now.len() == slots.len() { 0 } else { at + now.len() };
                rest = later;
            }
        }
        state.at = (start + frames) % (self.samples as usize).max(1);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn samples_come_later_and_stay_what_they_are() {
        for late in [0, 1, 7, 64, 300] {
            let delay = DelaySamples { samples: late };
            let mut samples: Vec<f32> = (0..1000).map(|i| 1.0 / (i + 1) as f32).collect();
            let input = samples.clone();
            let mut state = delay.start(Format::mono(48_000));
            for block in samples.chunks_mut(97) {
                delay.process(&mut state, &mut Block::mono(block));
            }
            let late = late as usize;
            assert!(samples[..late].iter().all(|x| *x == 0.0));
            assert_eq!(samples[late..], input[..1000 - late]);
        }
    }
}
