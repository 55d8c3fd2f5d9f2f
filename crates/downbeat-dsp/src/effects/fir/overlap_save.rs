//! Convolution through the spectrum, for many taps: overlap-save in blocks of fixed length.
//!
//! Oppenheim and Schafer, section 8.7.3. The blocks lie where they lie in the sound, however it comes in, so that the
//! size of what comes in makes no difference to what goes out.

use std::sync::Arc;

use super::fft::{Fft, Room, Spectrum};
use crate::{Block, Held};

/// By how many frames the output lags: a block has to be whole before it can be transformed. Three times the taps (or a
/// little more) make the work for each frame about the least.
pub fn block(taps: usize) -> usize {
    3 * taps.next_power_of_two()
}

/// The transform, four blocks of taps long, of which one is the past and three are new.
#[derive(Clone)]
pub struct OverlapSave {
    fft: Arc<Fft>,
    kernel: Arc<Spectrum>,
    channels: Vec<Channel>,
    /// How many frames of the current block are in.
    filled: usize,
    /// Where the transforms work, and the spectrum of the block at hand.
    room: Room,
    spectrum: Spectrum,
}

impl Held for OverlapSave {
    fn held(&self) -> usize {
        self.channels.held() + self.room.held() + self.spectrum.held()
    }
}

/// What is kept of a channel.
#[derive(Clone, PartialEq)]
struct Channel {
    /// The past, then the current block.
    input: Vec<f32>,
    /// The block before, convolved.
    output: Vec<f32>,
}

impl Held for Channel {
    fn held(&self) -> usize {
        self.input.held() + self.output.held()
    }
}

/// The transform follows from the lengths, and the rest is scratch paper.
impl PartialEq for OverlapSave {
    fn eq(&self, other: &Self) -> bool {
        self.filled == other.filled && self.channels == other.channels && self.kernel == other.kernel
    }
}

impl OverlapSave {
    /// Before the first frame.
    pub fn new(taps: &[f64], channels: usize) -> Self {
        let block = block(taps.len());
        let length = block + taps.len().next_power_of_two();
        let fft = Fft::new(length);
        let channel = Channel { input: vec![0.0; length], output: vec![0.0; block] };
        let kernel = spectrum(&fft, taps);
        // Used once, it has all the memory that it needs.
        let mut room = Room::default();
        fft.inverse_from(&kernel, &mut room).for_each(drop);
        OverlapSave {
            spectrum: kernel.clone(),
            kernel: Arc::new(kernel),
            fft: Arc::new(fft),
            channels: vec![channel; channels],
            filled: 0,
            room,
        }
    }

    /// Changes the taps to others, as many.
    pub fn retune(&mut self, taps: &[f64]) {
        self.kernel = Arc::new(spectrum(&self.fft, taps));
    }

    /// Convolves in place, [`block`] frames late.
    pub fn process(&mut self, block: &mut Block<'_>) {
        let mut from = 0;
        while from < block.frames() {
            let Some(length) = self.channels.first().map(|channel| channel.output.len()) else { return };
            let run = (length - self.filled).min(block.frames() - from);
            let mut part = block.part(from..from + run);
            for (plane, channel) in part.planes().zip(&mut self.channels) {
                let past = channel.input.len() - length;
                channel.input[past + self.filled..][..run].copy_from_slice(plane);
                plane.copy_from_slice(&channel.output[self.filled..][..run]);
            }
            from += run;
            self.filled += run;
            if self.filled == length {
                self.filled = 0;
                for channel in &mut self.channels {
                    channel.convolve(&self.fft, &self.kernel, &mut self.room, &mut self.spectrum);
                }
            }
        }
    }
}

impl Channel {
    /// The current block is whole: convolves it, and makes its end the past of the next one.
    fn convolve(&mut self, fft: &Fft, kernel: &Spectrum, room: &mut Room, spectrum: &mut Spectrum) {
        let block = self.output.len();
        let past = self.input.len() - block;
        if self.input.iter().all(|&x| x == 0.0) {
            self.output.fill(0.0);
            return;
        }
        fft.forward_into(self.input.iter().map(|&x| f64::from(x)), room, spectrum);
        spectrum.multiply(kernel);
        for (to, from) in self.output.iter_mut().zip(fft.inverse_from(spectrum, room).skip(past)) {
            *to = from as f32;
        }
        self.input.copy_within(block.., 0);
    }
}

fn spectrum(fft: &Fft, taps: &[f64]) -> Spectrum {
    let mut padded = taps.to_vec();
    padded.resize(fft.len(), 0.0);
    fft.forward(&padded)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_click_gives_the_taps_one_block_late() {
        let taps = [1.0, 2.0, 3.0, 4.0, 5.0];
        let lag = block(taps.len());
        assert_eq!(lag, 24);
        for at in [0, 1, 20, 23, 24, 30] {
            let mut samples = vec![0.0; 100];
            samples[at] = 1.0;
            OverlapSave::new(&taps, 1).process(&mut Block::mono(&mut samples));
            for (i, y) in samples.iter().enumerate() {
                let expected = i.checked_sub(at + lag).and_then(|k| taps.get(k)).copied().unwrap_or(0.0);
                assert!((f64::from(*y) - expected).abs() < 1e-14 || *y == expected as f32, "{i}: {y}");
            }
        }
    }
}
