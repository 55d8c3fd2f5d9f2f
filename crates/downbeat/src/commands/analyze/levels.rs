//! The meters of a recording.

use downbeat_dsp::{Audio, Format, History, Loudness, Statistics, TruePeak, decibels};

/// All that the meters say of a recording. Of a silent one, levels are minus infinity.
pub struct Levels {
    /// What is counted and summed up of its samples.
    pub statistics: Statistics,
    /// Its loudness and true peak over time.
    pub history: History,
    true_peaks: Vec<TruePeak>,
    format: Format,
    frames: u64,
}

impl Levels {
    /// Of nothing yet; `full_scale` is the greatest sample that the file can hold.
    pub fn new(format: Format, full_scale: f32) -> Self {
        Levels {
            statistics: Statistics::new(format, full_scale),
            history: History::new(format),
            true_peaks: vec![TruePeak::new(format.rate); format.channels.count()],
            format,
            frames: 0,
        }
    }

    /// Takes the next block into account.
    pub fn measure(&mut self, block: &Audio) {
        self.statistics.measure(block);
        self.history.measure(block);
        self.true_peaks.iter_mut().zip(block.planes()).for_each(|(meter, plane)| meter.measure(plane));
        self.frames += block.frames() as u64;
    }

    /// Its loudness.
    pub fn loudness(&self) -> &Loudness {
        self.history.loudness()
    }

    /// The true peak over all channels in dBTP.
    pub fn true_peak_db(&self) -> f64 {
        decibels(f64::from(self.true_peaks.iter().map(TruePeak::peak).fold(0.0, f32::max)))
    }

    /// The seconds before the first and behind the last sample of -60 dBFS or more; a silent recording is all before.
    pub fn silence(&self) -> (f64, f64) {
        let seconds = |frames: u64| frames as f64 / f64::from(self.format.rate);
        match self.statistics.sounding() {
            Some(sounding) => (seconds(sounding.start), seconds(self.frames - sounding.end)),
            None => (seconds(self.frames), 0.0),
        }
    }
}
