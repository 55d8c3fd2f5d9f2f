//! How a sound's loudness and true peak go on over time.

use super::Loudness;
use super::true_peak_steps::TruePeakSteps;
use crate::{Audio, Format, decibels};

/// Follows loudness and true peak of a sound that comes block by block, of any length: any division gives the same
/// readings. It keeps about 100 bytes for every 100 ms.
///
/// ```
/// use downbeat_dsp::{Audio, Format, History};
/// let mut history = History::new(Format::mono(48_000));
/// history.measure(&Audio::mono(48_000, vec![0.5; 48_000]));
/// let (moment, peak_db) = history.true_peak()[5];
/// assert_eq!((moment, history.loudness().momentary().len()), (0.55, 7));
/// assert!((peak_db + 6.02).abs() < 0.01);
/// ```
#[derive(Clone, PartialEq, Debug)]
pub struct History {
    rate: u32,
    loudness: Loudness,
    true_peaks: Vec<TruePeakSteps>,
}

impl History {
    /// One that has heard nothing.
    pub fn new(format: Format) -> Self {
        History {
            rate: format.rate,
            loudness: Loudness::fine(format),
            true_peaks: vec![TruePeakSteps::new(format.rate); format.channels.count()],
        }
    }

    /// Takes the next block into account. A stereo meter hears a mono block on both sides, a mono meter the left side of a
    /// stereo block.
    pub fn measure(&mut self, block: &Audio) {
        self.loudness.measure(block.left(), block.right());
        for (meter, plane) in self.true_peaks.iter_mut().zip([block.left(), block.right()]) {
            meter.measure(plane);
        }
    }

    /// The loudness: over time, at its greatest, of the whole, and its range.
    pub fn loudness(&self) -> &Loudness {
        &self.loudness
    }

    /// The true peak of every 100 ms, over all channels: the moment in their middle, in seconds, and the level in decibels
    /// of full scale (dBTP), minus infinity for silence. Where a peak is next to the end of its 100 ms, the next ones may
    /// have it, too.
    pub fn true_peak(&self) -> Vec<(f64, f64)> {
        let channels: Vec<Vec<f32>> = self.true_peaks.iter().map(TruePeakSteps::peaks).collect();
        let count = channels.first().map_or(0, Vec::len);
        let tenth = ((self.rate as usize + 5) / 10).max(1) as f64 / f64::from(self.rate.max(1));
        let peak = |step: usize| channels.iter().map(|peaks| peaks[step]).fold(0.0, f32::max);
        (0..count).map(|step| ((step as f64 + 0.5) * tenth, decibels(f64::from(peak(step))))).collect()
    }
}
