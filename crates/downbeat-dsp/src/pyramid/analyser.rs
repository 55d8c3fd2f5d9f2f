//! The magnitudes of one window of sound.

use std::fmt;
use std::sync::Arc;

use realfft::num_complex::Complex;
use realfft::{RealFftPlanner, RealToComplex};

use super::brightness::Spectrum;

/// The length of a window, in frames.
pub(super) const FRAME: usize = 2048;

/// From one window to the next.
pub(super) const HOP: usize = 1024;

/// A transform, and room to work in.
#[derive(Clone)]
pub(super) struct Analyser {
    bin_hz: f32,
    fft: Arc<dyn RealToComplex<f32>>,
    window: Arc<[f32]>,
    frame: Vec<f32>,
    spectrum: Vec<Complex<f32>>,
    scratch: Vec<Complex<f32>>,
}

impl Analyser {
    pub fn new(rate: u32) -> Self {
        let fft = RealFftPlanner::<f32>::new().plan_fft_forward(FRAME);
        let turn = std::f64::consts::TAU / FRAME as f64;
        Analyser {
            bin_hz: rate as f32 / FRAME as f32,
            window: (0..FRAME).map(|i| (0.5 - 0.5 * libm::cos(turn * i as f64)) as f32).collect(),
            frame: fft.make_input_vec(),
            spectrum: fft.make_output_vec(),
            scratch: fft.make_scratch_vec(),
            fft,
        }
    }

    /// The spectrum of [`FRAME`] frames under a Hann window.
    pub fn measure(&mut self, frames: &[f32]) -> Spectrum {
        if frames.iter().fold(0, |bits, x| bits | x.to_bits() << 1) == 0 {
            return Spectrum::default();
        }
        for ((y, x), w) in self.frame.iter_mut().zip(frames).zip(self.window.iter()) {
            *y = x * w;
        }
        // The lengths are those that the transform was planned for, so it cannot fail.
        if self.fft.process_with_scratch(&mut self.frame, &mut self.spectrum, &mut self.scratch).is_err() {
            return Spectrum::default();
        }
        // Lanes: how far along each one is, is known when it is summed up.
        let (mut moment, mut magnitude) = (0.0, 0.0);
        for (bin, x) in self.spectrum.iter().enumerate() {
            let size = (x.re * x.re + x.im * x.im).sqrt();
            magnitude += size;
            moment += size * bin as f32;
        }
        Spectrum { moment: moment * self.bin_hz, magnitude }
    }
}

/// Of two with the same rate nothing differs but what lies in the work room.
impl PartialEq for Analyser {
    fn eq(&self, other: &Self) -> bool {
        self.bin_hz == other.bin_hz
    }
}

impl fmt::Debug for Analyser {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Analyser").finish_non_exhaustive()
    }
}
