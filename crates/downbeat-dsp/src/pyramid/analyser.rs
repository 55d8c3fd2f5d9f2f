//! The magnitudes of windows of sound.

use std::sync::Arc;

use super::brightness::Spectrum;
use crate::features::{Framing, LANES, Quantity, Stft};

/// The length of a window, in frames.
pub(super) const FRAME: usize = 2 * HOP;

/// From one window to the next.
pub(super) const HOP: usize = 1024;

/// How many windows are best measured at once: with the two that the transform adds, which reach over the ends of what
/// it is given, they fill its lanes.
pub(super) const BATCH: usize = 4 * LANES - 2;

/// How many windows lie in so many frames.
pub(super) fn windows(frames: usize) -> usize {
    (frames / HOP).saturating_sub(1)
}

/// The transform; `None` would be one that cannot be made ready.
#[derive(Clone, Debug)]
pub(super) struct Analyser(Option<Arc<Stft>>);

impl Analyser {
    pub fn new(rate: u32) -> Self {
        let framing = Framing { frame: FRAME, hop: HOP, ..Framing::default() };
        Analyser(Stft::new(rate, framing).ok().map(Arc::new))
    }

    /// Appends the spectra of all windows that lie in the frames, the first one at their beginning. They do not depend
    /// on how many are measured at once.
    pub fn measure(&self, frames: &[f32], out: &mut Vec<Spectrum>) {
        let count = windows(frames.len());
        let frames = &frames[..(count + 1) * HOP];
        let stft =
            self.0.as_ref().filter(|_| count > 0 && frames.iter().fold(0, |bits, x| bits | x.to_bits() << 1) != 0);
        let Some(stft) = stft else {
            out.resize(out.len() + count, Spectrum::default());
            return;
        };
        let bin_hz = stft.bins().width_hz() as f32;
        stft.each(frames, Quantity::Magnitude, |group| {
            // A thousand sums in 32 bits: they are right to a few parts of a million, and that in lanes.
            let (mut moment, mut magnitude) = ([0.0; LANES], [0.0; LANES]);
            for (bin, magnitudes) in group.magnitudes.iter().enumerate() {
                for lane in 0..LANES {
                    magnitude[lane] += magnitudes[lane];
                    moment[lane] += bin as f32 * magnitudes[lane];
                }
            }
            for lane in 0..group.frames {
                // The first window of the transform, and its last one, reach over the ends.
                if (1..=count).contains(&(group.first + lane)) {
                    out.push(Spectrum { moment: moment[lane] * bin_hz, magnitude: magnitude[lane] });
                }
            }
        });
    }
}
