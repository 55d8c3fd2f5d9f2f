//! True peaks over time: one for every 100 ms.

use std::f64::consts::PI;

use super::TruePeak;
use crate::audio::is_silent;

/// The true peak of every 100 ms of one channel.
///
/// Each is read by a [`TruePeak`] of its own, which hears a little of what stands on either side, too: as it is as far
/// as the filter reaches, and then faded, for a sound that is cut off has peaks at the cut which the whole one does not have.
#[derive(Clone, PartialEq, Debug)]
pub(super) struct TruePeakSteps {
    rate: u32,
    /// Frames in 100 ms.
    step: usize,
    /// Samples that are not yet measured, and `before` ones that are.
    samples: Vec<f32>,
    before: usize,
    peaks: Vec<f32>,
}

/// The samples that are heard on either side, and how many of them are faded. The filter reaches 12 samples far.
const BESIDE: usize = 64;
const FADED: usize = 48;

impl TruePeakSteps {
    pub fn new(rate: u32) -> Self {
        let step = ((rate as usize + 5) / 10).max(1);
        TruePeakSteps { rate, step, samples: Vec::new(), before: 0, peaks: Vec::new() }
    }

    /// Takes the next samples into account. Any division into blocks gives the same peaks.
    pub fn measure(&mut self, samples: &[f32]) {
        // A step at a time, so that no more than that is kept.
        for samples in samples.chunks(self.step) {
            self.samples.extend_from_slice(samples);
            while self.samples.len() >= self.before + self.step + BESIDE {
                self.finish_step();
            }
        }
    }

    /// The peak of each step as a magnitude, full scale being 1, if silence follows. The last step may be shorter.
    pub fn peaks(&self) -> Vec<f32> {
        let mut ended = self.clone();
        while ended.samples.len() > ended.before {
            ended.finish_step();
        }
        ended.peaks
    }

    fn finish_step(&mut self) {
        let end = self.samples.len().min(self.before + self.step);
        let beside = self.samples.len().min(end + BESIDE);
        self.peaks.push(self.peak(beside));
        let kept = end.min(BESIDE);
        self.samples.drain(..end - kept);
        self.before = kept;
    }

    /// The peak of the next step, hearing the samples up to `end`.
    fn peak(&self, end: usize) -> f32 {
        let heard = &self.samples[..end];
        if is_silent(heard) {
            return 0.0;
        }
        let mut heard = heard.to_vec();
        let gain = |i: usize| (0.5 - 0.5 * libm::cos(PI * (i as f64 + 0.5) / FADED as f64)) as f32;
        // There is nothing beside the ends of the sound.
        if self.before == BESIDE {
            heard.iter_mut().take(FADED).enumerate().for_each(|(i, x)| *x *= gain(i));
        }
        if end == self.before + self.step + BESIDE {
            heard.iter_mut().rev().take(FADED).enumerate().for_each(|(i, x)| *x *= gain(i));
        }
        let mut meter = TruePeak::new(self.rate);
        meter.measure(&heard);
        meter.peak()
    }
}
