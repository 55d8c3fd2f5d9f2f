//! Integrated loudness: ITU-R BS.1770-4 and EBU R 128.

use super::k_weighting::{KWeighting, State};
use crate::Format;
use crate::audio::is_silent;

/// The integrated loudness of a sound: K-weighted mean square over blocks of 400 ms that overlap by 75 %, gated at
/// -70 LUFS and at 10 LU below the mean of what passed the first gate.
///
/// A mono sound counts as one channel of weight 1, so the same samples on two channels are 3 LU louder.
#[derive(Clone, PartialEq, Debug)]
pub struct Loudness {
    weighting: KWeighting,
    /// Frames in a step of 100 ms.
    step: usize,
    channels: Vec<Channel>,
    /// The energy of the last three steps that are complete, all channels together.
    steps: Vec<f64>,
    /// The mean square of each block above the absolute gate.
    blocks: Vec<f64>,
}

/// A channel, with the beginning of the step that is not yet complete.
#[derive(Clone, PartialEq, Debug)]
struct Channel {
    state: State,
    begun: Vec<f32>,
}

/// A filter's state below this (-300 dB) is taken for rest, so that silence costs nothing and no number is denormal.
const REST: f64 = 1e-15;
/// The absolute gate.
const GATE_LUFS: f64 = -70.0;

impl Loudness {
    /// A meter that has heard nothing.
    pub fn new(format: Format) -> Self {
        let step = ((format.rate as usize + 5) / 10).max(1);
        let channel = Channel { state: [0.0; 4], begun: Vec::new() };
        Loudness {
            weighting: KWeighting::new(format.rate, step),
            step,
            channels: vec![channel; format.channels.count()],
            steps: Vec::new(),
            blocks: Vec::new(),
        }
    }

    /// Takes the next frames into account; `right` is not looked at when the sound is mono, and what one plane has more than
    /// the other is left out. Any division into blocks gives the same loudness.
    pub fn measure(&mut self, left: &[f32], right: &[f32]) {
        let frames = if self.channels.len() == 1 { left.len() } else { left.len().min(right.len()) };
        let begun = self.channels.first().map_or(0, |channel| channel.begun.len());
        let mut start = 0;
        // Up to the end of the step that was begun, then step by step; the rest begins the next one.
        let mut end = self.step - begun;
        while end <= frames {
            let planes = [left, right].into_iter();
            let energy = self
                .channels
                .iter_mut()
                .zip(planes)
                .map(|(channel, plane)| channel.energy(&plane[start..end], &self.weighting));
            let energy = energy.sum();
            self.finish_step(energy);
            start = end;
            end += self.step;
        }
        for (channel, plane) in self.channels.iter_mut().zip([left, right]) {
            channel.begun.extend_from_slice(&plane[start..frames]);
        }
    }

    /// The integrated loudness in LUFS up to here; none when no block of 400 ms was above the gates.
    pub fn lufs(&self) -> Option<f64> {
        let mean = |gate: f64| {
            let (count, sum) = self
                .blocks
                .iter()
                .filter(|&&block| block > gate)
                .fold((0_u64, 0.0), |(count, sum), block| (count + 1, sum + block));
            (count > 0).then(|| sum / count as f64)
        };
        let relative_gate = mean(mean_square(GATE_LUFS))? * 0.1;
        mean(relative_gate.max(mean_square(GATE_LUFS))).map(lufs)
    }

    fn finish_step(&mut self, energy: f64) {
        self.steps.push(energy);
        if self.steps.len() == 4 {
            let mean = self.steps.iter().sum::<f64>() / (4 * self.step) as f64;
            if mean > mean_square(GATE_LUFS) {
                self.blocks.push(mean);
            }
            self.steps.remove(0);
        }
    }
}

impl Channel {
    /// The energy of the step that ends with these samples.
    fn energy(&mut self, samples: &[f32], weighting: &KWeighting) -> f64 {
        let energy = if self.begun.is_empty() {
            self.energy_of(samples, weighting)
        } else {
            let mut step = std::mem::take(&mut self.begun);
            step.extend_from_slice(samples);
            let energy = self.energy_of(&step, weighting);
            step.clear();
            self.begun = step;
            energy
        };
        if self.state.iter().all(|s| s.abs() < REST) {
            self.state = [0.0; 4];
        }
        energy
    }

    fn energy_of(&mut self, step: &[f32], weighting: &KWeighting) -> f64 {
        let silent = self.state == [0.0; 4] && is_silent(step);
        if silent { 0.0 } else { weighting.energy(step, &mut self.state) }
    }
}

/// The loudness of a K-weighted mean square, summed over the channels.
fn lufs(mean_square: f64) -> f64 {
    -0.691 + 10.0 * libm::log10(mean_square)
}

/// The inverse of [`lufs`].
fn mean_square(lufs: f64) -> f64 {
    libm::pow(10.0, (lufs + 0.691) / 10.0)
}
