//! Resampling by a fixed ratio, aligned exactly: output frame n is the sound at the moment n/to, frame 0 stays frame 0.
//!
//! Every output frame is one product of a row of the [`SincKernel`] with a stretch of the input, and nothing else, so any
//! division of the input into blocks gives the same bits, and so does any machine.

use downbeat_dsp::SincKernel;

/// Resamples planes by a fixed ratio, block by block.
#[derive(Debug)]
pub struct Resampler {
    /// Input frames from one output frame to the next: `step + remainder / phases`.
    phases: u64,
    step: u64,
    remainder: u64,
    kernel: SincKernel,
    /// The input, from `first` on; the frames before 0 and after the end are silent.
    planes: Vec<Vec<f32>>,
    first: i64,
    received: u64,
    /// The moment of the next output frame: `frame + phase / phases` input frames.
    frame: u64,
    phase: u64,
}

/// The frames that `frames` at rate `from` become at rate `to`: all moments before the end.
pub(super) fn resampled_frames(frames: u64, from: u32, to: u32) -> u64 {
    let frames = (u128::from(frames) * u128::from(to)).div_ceil(u128::from(from.max(1)));
    u64::try_from(frames).unwrap_or(u64::MAX)
}

impl Resampler {
    /// From a rate to another, both above 0, for a number of channels.
    pub fn new(from: u32, to: u32, channels: usize) -> Self {
        let divisor = greatest_common_divisor(from, to).max(1);
        let (from, phases) = (u64::from(from / divisor), u64::from(to / divisor).max(1));
        let kernel = SincKernel::new((phases as f64 / from as f64).min(1.0), phases);
        Resampler {
            phases,
            step: from / phases,
            remainder: from % phases,
            first: 1 - kernel.reach() as i64,
            planes: vec![vec![0.0; kernel.reach() - 1]; channels],
            kernel,
            received: 0,
            frame: 0,
            phase: 0,
        }
    }

    /// Takes in the next frames and appends all output that is sure to `out`.
    pub fn push(&mut self, input: &[Vec<f32>], out: &mut [Vec<f32>]) {
        for (plane, input) in self.planes.iter_mut().zip(input) {
            plane.extend_from_slice(input);
        }
        self.received += input.first().map_or(0, |plane| plane.len() as u64);
        // The last input frame that an output frame looks at has to be there.
        self.run(self.received.saturating_sub(self.kernel.reach() as u64), out);
    }

    /// The input is over: appends what is left.
    pub fn finish(&mut self, out: &mut [Vec<f32>]) {
        for plane in &mut self.planes {
            plane.resize(plane.len() + self.kernel.reach(), 0.0);
        }
        self.run(self.received, out);
    }

    /// Makes the output frames whose moment lies before input frame `end`.
    fn run(&mut self, end: u64, out: &mut [Vec<f32>]) {
        let (mut frame, mut phase) = (self.frame, self.phase);
        let (reach, rows) = (self.kernel.reach() as i64, self.kernel.rows());
        for (plane, out) in self.planes.iter().zip(out) {
            (frame, phase) = (self.frame, self.phase);
            while frame < end {
                let start = (frame as i64 + 1 - reach - self.first) as usize;
                let place = phase * rows;
                let part = (place % self.phases) as f32 / self.phases as f32;
                out.push(self.kernel.at(place / self.phases, part, &plane[start..start + self.kernel.taps()]));
                phase += self.remainder;
                let carry = u64::from(phase >= self.phases);
                phase -= carry * self.phases;
                frame += self.step + carry;
            }
        }
        (self.frame, self.phase) = (frame, phase);
        let used = (frame as i64 + 1 - reach - self.first).max(0) as usize;
        for plane in &mut self.planes {
            plane.drain(..used.min(plane.len()));
        }
        self.first += used as i64;
    }
}

fn greatest_common_divisor(a: u32, b: u32) -> u32 {
    if b == 0 { a } else { greatest_common_divisor(b, a % b) }
}
