//! What can be said of the samples of a sound as numbers: their mean square, their mean, how alike two channels are, how
//! many stand at full scale, and where sound begins and ends.

use std::ops::Range;

use super::PeakMeter;
use super::peak::magnitude;
use super::power::Power;
use super::runs::Runs;
use crate::{Audio, Format, decibels};

/// Statistics of a sound that comes block by block, of any length: any division gives the same ones.
///
/// ```
/// use downbeat_dsp::{Audio, Format, Statistics};
/// let mut statistics = Statistics::new(Format::mono(48_000), 1.0);
/// statistics.measure(&Audio::mono(48_000, vec![0.5, -0.5, 0.5, -0.5]));
/// assert_eq!((statistics.crest_db(), statistics.dc_offset()), (0.0, 0.0));
/// ```
#[derive(Clone, PartialEq, Debug)]
pub struct Statistics {
    stereo: bool,
    /// The frames that are not yet summed up.
    runs: Runs,
    summed: Summed,
}

/// What is known of the frames that are summed up.
#[derive(Clone, PartialEq, Debug)]
struct Summed {
    frames: u64,
    full_scale: f32,
    channels: Vec<Channel>,
    power: Power,
    /// The first frame that sounds, and the one behind the last.
    sounding: Option<Range<u64>>,
}

/// What is known of a channel.
#[derive(Clone, Copy, PartialEq, Default, Debug)]
struct Channel {
    peak: PeakMeter,
    sum: f64,
    clipped: u64,
    /// The sign of the last sample if it stood at full scale, or 0; and whether it was alone there, and not counted.
    at: i8,
    alone: bool,
}

/// As many sums are kept side by side.
const LANES: usize = 8;
/// What is below this magnitude, -60 dB of full scale, counts as silence where sound begins and ends.
const SILENCE: f32 = 1e-3;

impl Statistics {
    /// Of nothing yet. `full_scale` is the greatest sample that the sound's file can hold: 1 less one step for whole
    /// numbers, 1 for others.
    pub fn new(format: Format, full_scale: f32) -> Self {
        let channels = vec![Channel::default(); format.channels.count()];
        Statistics {
            stereo: channels.len() == 2,
            runs: Runs::default(),
            summed: Summed { frames: 0, full_scale, channels, power: Power::default(), sounding: None },
        }
    }

    /// Takes the next block into account. A stereo meter hears a mono block on both sides, a mono meter the left side of a
    /// stereo block.
    pub fn measure(&mut self, block: &Audio) {
        let right = if self.stereo { block.right() } else { &[] };
        self.runs.cut(block.left(), right, |left, right| self.summed.add(left, right));
    }

    /// The largest magnitude of a sample, over all channels, in decibels of full scale; minus infinity for silence.
    pub fn peak_db(&self) -> f64 {
        decibels(f64::from(self.ended().peak()))
    }

    /// The root mean square of all samples in decibels of full scale; minus infinity for silence.
    pub fn rms_db(&self) -> f64 {
        let ended = self.ended();
        ended.power.rms_db(ended.samples())
    }

    /// How far the largest sample is above the root mean square, in dB; 0 for silence.
    pub fn crest_db(&self) -> f64 {
        let ended = self.ended();
        ended.power.crest_db(ended.peak(), ended.samples())
    }

    /// The mean of the samples of the channel in which it is farthest from 0, full scale being 1.
    pub fn dc_offset(&self) -> f64 {
        let ended = self.ended();
        let means = ended.channels.iter().map(|channel| channel.sum / ended.frames.max(1) as f64);
        means.fold(0.0, |most: f64, mean| if mean.abs() > most.abs() { mean } else { most })
    }

    /// How alike left and right are: 1 when they are the same but for their levels, 0 when they have nothing in
    /// common, -1 when one is the other turned over. None for mono, and when one of them is silent.
    pub fn correlation(&self) -> Option<f64> {
        self.ended().power.correlation()
    }

    /// How many samples, over all channels, are beyond full scale, or at it with a neighbour that is, too: what clipping
    /// leaves. A single one at full scale is what normalising leaves.
    pub fn clipped(&self) -> u64 {
        self.ended().channels.iter().map(|channel| channel.clipped).sum()
    }

    /// The frames from the first to the last that has a sample of -60 dB of full scale or more; none when there is none.
    pub fn sounding(&self) -> Option<Range<u64>> {
        self.ended().sounding
    }

    /// With the frames summed up that were only begun.
    fn ended(&self) -> Summed {
        let mut ended = self.summed.clone();
        let (left, right) = self.runs.rest();
        ended.add(left, right);
        ended
    }
}

impl Summed {
    fn peak(&self) -> f32 {
        self.channels.iter().map(|channel| channel.peak.peak()).fold(0.0, f32::max)
    }

    fn samples(&self) -> u64 {
        self.frames * self.channels.len() as u64
    }

    fn add(&mut self, left: &[f32], right: &[f32]) {
        let planes = [left, right];
        for (channel, plane) in self.channels.iter_mut().zip(planes) {
            channel.add(plane, self.full_scale);
        }
        self.power.add(left, right);
        if planes.iter().any(|plane| magnitude(plane) >= SILENCE) {
            let sounds =
                |frame: &usize| planes.iter().any(|plane| plane.get(*frame).is_some_and(|x| x.abs() >= SILENCE));
            if let (Some(first), Some(last)) = ((0..left.len()).find(sounds), (0..left.len()).rfind(sounds)) {
                let first = self.sounding.as_ref().map_or(self.frames + first as u64, |sounding| sounding.start);
                self.sounding = Some(first..self.frames + last as u64 + 1);
            }
        }
        self.frames += left.len() as u64;
    }
}

impl Channel {
    fn add(&mut self, samples: &[f32], full_scale: f32) {
        self.peak.measure(samples);
        self.sum += sum_of(samples);
        if magnitude(samples) < full_scale {
            (self.at, self.alone) = (0, false);
            return;
        }
        for &x in samples {
            let at = if x.abs() >= full_scale { x.signum() as i8 } else { 0 };
            let goes_on = at != 0 && at == self.at;
            let counts = goes_on || x.abs() > 1.0;
            // The first of several is counted with the second.
            self.clipped += u64::from(counts) + u64::from(goes_on && self.alone);
            self.alone = at != 0 && !counts;
            self.at = at;
        }
    }
}

fn sum_of(samples: &[f32]) -> f64 {
    let (groups, rest) = samples.as_chunks::<LANES>();
    let mut lanes = [0.0; LANES];
    for group in groups {
        for (lane, &x) in lanes.iter_mut().zip(group) {
            *lane += f64::from(x);
        }
    }
    lanes.iter().sum::<f64>() + rest.iter().map(|&x| f64::from(x)).sum::<f64>()
}
