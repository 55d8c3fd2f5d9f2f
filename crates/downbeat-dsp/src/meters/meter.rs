//! All the meters in one pass.

use super::power::Power;
use super::runs::Runs;
use super::{Loudness, PeakMeter, TruePeak};
use crate::{Audio, Channels, Format, decibels};

/// Measures sample peak, true peak, loudness, crest factor and correlation of a sound that comes block by block, of any length: any division gives
/// the same [`Levels`].
///
/// ```
/// use downbeat_dsp::{Audio, Format, Meter};
/// let mut meter = Meter::new(Format::mono(48_000));
/// meter.measure(&Audio::mono(48_000, vec![0.5; 48_000]));
/// assert!((meter.levels().peak_db + 6.02).abs() < 0.01);
/// ```
#[derive(Clone, PartialEq, Debug)]
pub struct Meter {
    channels: Channels,
    frames: u64,
    peaks: [PeakMeter; 2],
    true_peaks: [TruePeak; 2],
    loudness: Loudness,
    runs: Runs,
    power: Power,
}

/// What a [`Meter`] reads.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct Levels {
    /// How long the sound is in frames.
    pub frames: u64,
    /// The largest magnitude of a sample, over all channels, in decibels of full scale; minus infinity for silence.
    pub peak_db: f64,
    /// The largest magnitude of the continuous signal between the samples (ITU-R BS.1770-4), over all channels, in
    /// decibels of full scale (dBTP); minus infinity for silence.
    pub true_peak_db: f64,
    /// The integrated loudness in LUFS (EBU R 128); none when it is silent or shorter than 400 ms.
    pub lufs: Option<f64>,
    /// The greatest loudness of 3 s in LUFS, of windows that move by 100 ms; none when it is silent or shorter.
    pub short_term_lufs: Option<f64>,
    /// The greatest loudness of 400 ms in LUFS, of windows that move by 100 ms; none when it is silent or shorter.
    pub momentary_lufs: Option<f64>,
    /// The loudness range in LU (EBU Tech 3342); none when it is silent or shorter than 3 s.
    pub lra: Option<f64>,
    /// The crest factor: how far the largest sample is above the root mean square of all channels, in dB; 0 for silence.
    pub crest_db: f64,
    /// How alike left and right are, from -1 (one is the other turned over) to 1 (the same but for their levels); none for
    /// mono, and when one of them is silent.
    pub correlation: Option<f64>,
    /// The largest sample over all channels, full scale being 1.
    pub largest: f32,
    /// The smallest sample over all channels, full scale being -1.
    pub smallest: f32,
}

/// The frames that both peak meters look at before the next ones are fetched: they stay in the first-level cache. The
/// loudness meter cuts the block by its own steps.
const RUN: usize = 2048;

impl Meter {
    /// A meter that has heard nothing.
    pub fn new(format: Format) -> Self {
        Meter {
            channels: format.channels,
            frames: 0,
            peaks: [PeakMeter::new(); 2],
            true_peaks: [TruePeak::new(format.rate), TruePeak::new(format.rate)],
            loudness: Loudness::new(format),
            runs: Runs::default(),
            power: Power::default(),
        }
    }

    /// Takes the next block into account. A stereo meter hears a mono block on both sides, a mono meter the left side of a
    /// stereo block.
    pub fn measure(&mut self, block: &Audio) {
        for (left, right) in block.left().chunks(RUN).zip(block.right().chunks(RUN)) {
            for (n, plane) in [left, right].into_iter().enumerate().take(self.channels.count()) {
                self.peaks[n].measure(plane);
                self.true_peaks[n].measure(plane);
            }
        }
        let right = if self.channels == Channels::Stereo { block.right() } else { &[] };
        self.runs.cut(block.left(), right, |left, right| self.power.add(left, right));
        self.loudness.measure(block.left(), block.right());
        self.frames += block.frames() as u64;
    }

    /// What it reads for the sound so far, if silence follows.
    pub fn levels(&self) -> Levels {
        let peaks = &self.peaks[..self.channels.count()];
        let true_peaks = &self.true_peaks[..self.channels.count()];
        let peak = peaks.iter().map(PeakMeter::peak).fold(0.0, f32::max);
        let true_peak = true_peaks.iter().map(TruePeak::peak).fold(0.0, f32::max);
        let mut power = self.power;
        let (left, right) = self.runs.rest();
        power.add(left, right);
        Levels {
            frames: self.frames,
            peak_db: decibels(f64::from(peak)),
            true_peak_db: decibels(f64::from(true_peak)),
            lufs: self.loudness.lufs(),
            short_term_lufs: self.loudness.max_short_term(),
            momentary_lufs: self.loudness.max_momentary(),
            lra: self.loudness.range(),
            crest_db: power.crest_db(peak, self.frames * self.channels.count() as u64),
            correlation: power.correlation(),
            largest: peaks.iter().map(PeakMeter::largest).fold(f32::NEG_INFINITY, f32::max),
            smallest: peaks.iter().map(PeakMeter::smallest).fold(f32::INFINITY, f32::min),
        }
    }
}
