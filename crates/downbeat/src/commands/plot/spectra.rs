//! The spectrogram of a sound of any length, in bounded memory: a column of pixels keeps, for each frequency, the highest
//! power of all windows in it, so that nothing short is lost.

use std::sync::Arc;

use downbeat_dsp::features::{Framing, Quantity, Stft, power_to_db};
use downbeat_engine::{Survey, TapError};
use downbeat_picture::Spectrogram;

use super::bright::mean;
use crate::args::PlotChannels;
use crate::exit::Fail;

/// How a sound is cut into windows, and how many of them a column has.
#[derive(Clone, Debug)]
pub struct Cutting {
    stft: Arc<Stft>,
    rate: u32,
    /// The windows of a column.
    joined: u64,
}

/// The seconds that a window has at least: two periods at 50 Hz.
const WINDOW: f64 = 0.04;
/// From one window to the next, as a part of a window: from half of it to this.
const FINEST: usize = 32;
/// How many columns are kept; where a sound turns out to be longer, neighbours are joined.
const MAX_COLUMNS: u64 = 8192;

impl Cutting {
    /// For a sound that is expected to be so long (0 when that is not known), drawn on so many pixels: windows overlap by
    /// half, or more where there are more pixels than that.
    pub fn new(rate: u32, frames: u64, pixels: u32) -> Result<Self, Fail> {
        let frame = ((f64::from(rate) * WINDOW) as usize).next_power_of_two().clamp(64, 65_536);
        let pixels = u64::from(pixels.max(1));
        let per_pixel = if frames == 0 { u64::MAX } else { frames / pixels };
        let mut hop = frame / 2;
        while hop > frame / FINEST && hop as u64 > per_pixel {
            hop /= 2;
        }
        let stft = Stft::new(rate, Framing { frame, hop, ..Framing::default() });
        let stft = stft.map_err(|error| Fail::error(format!("no spectrum: {error}")))?;
        let columns = (2 * pixels).min(MAX_COLUMNS / 2);
        let joined = (frames / hop as u64).div_ceil(columns).max(1);
        Ok(Cutting { stft: Arc::new(stft), rate, joined })
    }

    /// The frames of a column: stretches that are looked at apart begin at multiples of it.
    pub fn column(&self) -> u64 {
        self.joined * self.hop() as u64
    }

    fn hop(&self) -> usize {
        self.stft.framing().hop
    }

    fn bins(&self) -> usize {
        self.stft.bins().count()
    }

    /// Half a window: the middle of window n is frame n hops.
    fn half(&self) -> usize {
        self.stft.framing().frame / 2
    }
}

/// The spectrograms of the channels of a sound, or of their mean.
pub struct Spectra(Vec<Line>);

impl Spectra {
    /// Nothing yet.
    pub fn new(cutting: &Cutting, channels: usize, drawn: PlotChannels) -> Self {
        let count = if drawn == PlotChannels::Each { channels } else { 1 };
        Spectra(vec![Line::new(cutting); count])
    }

    /// How many frames have come in.
    pub fn frames(&self) -> u64 {
        self.0.first().map_or(0, |line| line.frames)
    }

    /// The spectrograms of a sound that begins so many seconds after the picture's zero. A sine at full scale has 0 dB.
    pub fn finish(self, start: f64) -> Vec<Spectrogram> {
        self.0.into_iter().map(|line| line.finish(start)).collect()
    }
}

impl Survey for Spectra {
    fn look(&mut self, planes: &[Vec<f32>]) {
        match self.0.as_mut_slice() {
            [line] if planes.len() > 1 => line.add(&mean(planes)),
            lines => lines.iter_mut().zip(planes).for_each(|(line, plane)| line.add(plane)),
        }
    }

    fn append(&mut self, next: Self) -> Result<(), TapError> {
        self.0.iter_mut().zip(next.0).for_each(|(line, next)| line.append(next));
        Ok(())
    }
}

/// The spectrogram of one channel, while its samples come in.
#[derive(Clone)]
struct Line {
    cutting: Cutting,
    frames: u64,
    /// The first frames: what the windows over the beginning need, and those over the end of a stretch before.
    head: Vec<f32>,
    /// The frames from where the next window begins.
    pending: Vec<f32>,
    /// The next window. The first ones reach back over the beginning and are left until that is known.
    next: u64,
    /// For every column and bin the highest power.
    powers: Vec<f32>,
}

impl Line {
    fn new(cutting: &Cutting) -> Self {
        let next = (cutting.half() / cutting.hop()) as u64;
        Line { cutting: cutting.clone(), frames: 0, head: Vec::new(), pending: Vec::new(), next, powers: Vec::new() }
    }

    fn add(&mut self, samples: &[f32]) {
        let lacking = self.head_length() - self.head.len();
        self.head.extend_from_slice(&samples[..lacking.min(samples.len())]);
        self.frames += samples.len() as u64;
        self.pending.extend_from_slice(samples);
        // With the windows that the transform adds at both ends, a multiple of its lanes, and most of them ours.
        let batch = 6 * (self.cutting.half() / self.cutting.hop()) + 24;
        while self.whole() >= batch {
            self.measure_pending(batch);
        }
    }

    /// Appends a stretch that was looked at apart; this one ends where a column does.
    fn append(&mut self, next: Line) {
        if self.frames == 0 {
            *self = next;
            return;
        }
        let first = self.frames / self.cutting.column();
        self.add(&next.head);
        if next.frames > next.head.len() as u64 {
            // All windows that begin before the head's end are whole now; those after it were measured there.
            self.measure_pending(self.whole());
            self.pending = next.pending;
            self.next = self.next.max(first * self.cutting.joined + next.next);
            self.frames += next.frames - next.head.len() as u64;
            for (column, powers) in next.powers.chunks(self.cutting.bins()).enumerate() {
                self.keep(first + column as u64, powers);
            }
        }
    }

    fn finish(mut self, start: f64) -> Spectrogram {
        let (half, hop, bins) = (self.cutting.half(), self.cutting.hop(), self.cutting.bins());
        // Before the beginning and after the end there is silence.
        let mut beginning = vec![0.0; half];
        beginning.extend_from_slice(&self.head);
        beginning.resize(half + self.head_length(), 0.0);
        self.measure(&beginning, half / hop, 0);
        let last = self.frames / hop as u64 + 1;
        self.pending.resize(self.pending.len() + 2 * half + hop, 0.0);
        self.measure_pending((last.saturating_sub(self.next)) as usize);

        let column = self.cutting.column() as f64 / f64::from(self.cutting.rate);
        // From the middle of a column's first window, which is where the column begins, to that of its last one.
        let middle = column / 2.0 - hop as f64 / 2.0 / f64::from(self.cutting.rate);
        let frequencies = (0..bins).map(|bin| self.cutting.stft.bins().hz(bin) as f32).collect();
        let mut spectrogram = Spectrogram::new(frequencies, start + middle, column);
        // The window's sum is half its length, and a sine of amplitude 1 has half of that.
        let full_scale = (half as f32 / 2.0) * (half as f32 / 2.0);
        let columns = self.frames.div_ceil(self.cutting.column()) as usize;
        for powers in self.powers.chunks_mut(bins).take(columns) {
            power_to_db(powers, full_scale, full_scale * 1e-20, None);
            spectrogram.push(powers);
        }
        spectrogram
    }

    /// A window less a hop: what all windows have that begin before a certain frame and end after it.
    fn head_length(&self) -> usize {
        2 * self.cutting.half() - self.cutting.hop()
    }

    /// How many whole windows are pending.
    fn whole(&self) -> usize {
        (self.pending.len() + self.cutting.hop()).saturating_sub(2 * self.cutting.half()) / self.cutting.hop()
    }

    /// Measures the next windows, as many as are pending at most.
    fn measure_pending(&mut self, count: usize) {
        let count = count.min(self.whole());
        let pending = std::mem::take(&mut self.pending);
        self.measure(&pending, count, self.next);
        self.next += count as u64;
        self.pending = pending;
        self.pending.drain(..count * self.cutting.hop());
    }

    /// Measures `count` windows, the first of which begins with the samples and has such a number.
    fn measure(&mut self, samples: &[f32], count: usize, first: u64) {
        if count == 0 {
            return;
        }
        let (half, hop) = (self.cutting.half(), self.cutting.hop());
        let stft = self.cutting.stft.clone();
        // The transform pads by half a window at both ends: its windows from the `skipped`th on are ours.
        let skipped = half / hop;
        let samples = &samples[..(count - 1) * hop + 2 * half];
        let mut powers = vec![0.0; self.cutting.bins()];
        stft.each(samples, Quantity::Power, |group| {
            for lane in 0..group.frames {
                let Some(index) = (group.first + lane).checked_sub(skipped).filter(|&index| index < count) else {
                    continue;
                };
                powers.iter_mut().zip(group.powers).for_each(|(power, lanes)| *power = lanes[lane]);
                self.keep((first + index as u64) / self.cutting.joined, &powers);
            }
        });
    }

    /// Lets a column have the higher powers.
    fn keep(&mut self, column: u64, powers: &[f32]) {
        let bins = self.cutting.bins();
        let mut column = column;
        while column >= MAX_COLUMNS {
            self.join();
            column /= 2;
        }
        let start = column as usize * bins;
        if self.powers.len() < start + bins {
            self.powers.resize(start + bins, 0.0);
        }
        for (highest, &power) in self.powers[start..].iter_mut().zip(powers) {
            *highest = if power > *highest { power } else { *highest };
        }
    }

    /// Joins columns two by two.
    fn join(&mut self) {
        let bins = self.cutting.bins();
        let count = self.powers.len() / bins;
        for column in 0..count {
            for bin in 0..bins {
                let power = self.powers[column * bins + bin];
                let joined = &mut self.powers[column / 2 * bins + bin];
                *joined = if column % 2 == 0 || power > *joined { power } else { *joined };
            }
        }
        self.powers.truncate(count.div_ceil(2) * bins);
        self.cutting.joined *= 2;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn noise(frames: usize) -> Vec<f32> {
        let mut state = 5u32;
        let mut next = || {
            state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            (state >> 8) as f32 / 8_388_608.0 - 1.0
        };
        (0..frames).map(|_| next()).collect()
    }

    /// The spectrogram of stretches that were looked at apart, in blocks of so many frames.
    fn seen(cutting: &Cutting, stretches: &[&[f32]], block: usize) -> Spectrogram {
        let mut whole = Spectra::new(cutting, 1, PlotChannels::Mix);
        for stretch in stretches {
            let mut seen = Spectra::new(cutting, 1, PlotChannels::Mix);
            stretch.chunks(block).for_each(|block| seen.look(&[block.to_vec()]));
            whole.append(seen).unwrap();
        }
        whole.finish(0.0).remove(0)
    }

    #[test]
    fn stretches_and_blocks_make_no_difference() {
        let sound = noise(200_003);
        for pixels in [10, 60, 400, 3000] {
            let cutting = Cutting::new(8000, sound.len() as u64, pixels).unwrap();
            let whole = seen(&cutting, &[&sound], usize::MAX);
            let column = cutting.column() as usize;
            let length = 30_000_usize.next_multiple_of(column);
            let stretches: Vec<&[f32]> = sound.chunks(length).collect();
            assert!(stretches.len() > 3);
            // One that is shorter than a window comes last.
            let short: Vec<&[f32]> = vec![&sound[..200_000 / column * column], &sound[200_000 / column * column..]];
            for block in [997, 8192] {
                assert!(seen(&cutting, &stretches, block) == whole, "{pixels} {block}");
                assert!(seen(&cutting, &short, block) == whole, "{pixels} {block}");
            }
        }
    }

    #[test]
    fn windows_are_those_of_the_transform() {
        // A window for each column, so that nothing is joined.
        let sound = noise(20_000);
        let cutting = Cutting::new(8000, sound.len() as u64, 1000).unwrap();
        assert_eq!(cutting.joined, 1);
        let mut line = Line::new(&cutting);
        sound.chunks(333).for_each(|block| line.add(block));
        let spectrogram = line.finish(2.0);
        let (bins, rate) = (cutting.bins(), f64::from(cutting.rate));
        let frequencies = (0..bins).map(|bin| cutting.stft.bins().hz(bin) as f32).collect();
        let mut expected = Spectrogram::new(frequencies, 2.0, cutting.hop() as f64 / rate);
        let full_scale = (cutting.half() as f32 / 2.0) * (cutting.half() as f32 / 2.0);
        let columns = sound.len().div_ceil(cutting.hop());
        let mut power = vec![0.0; bins];
        cutting.stft.each(&sound, Quantity::Power, |group| {
            for lane in 0..group.frames.min(columns - group.first.min(columns)) {
                power.iter_mut().zip(group.powers).for_each(|(power, lanes)| *power = lanes[lane]);
                power_to_db(&mut power, full_scale, full_scale * 1e-20, None);
                expected.push(&power);
            }
        });
        assert!(spectrogram == expected);
    }

    #[test]
    fn a_sine_at_full_scale_has_no_decibels_and_a_click_is_kept() {
        // A sine on a bin: eight frames a period.
        let sine = [0.0, 0.5f32.sqrt(), 1.0, 0.5f32.sqrt(), 0.0, -(0.5f32.sqrt()), -1.0, -(0.5f32.sqrt())];
        let sound: Vec<f32> = sine.iter().copied().cycle().take(100_000).collect();
        let cutting = Cutting::new(48_000, 100_000, 50).unwrap();
        assert!(seen(&cutting, &[&sound], 5000).loudest().abs() < 1e-4);
        // One sample in an hour, whose spectrum is flat: it has its weight in the window, from 1 down to 0.5 where it stands
        // half-way between the middles of two, over what a full-scale sine has, half of the sum of all weights.
        let mut line = Line::new(&Cutting::new(8000, 8000 * 3600, 100).unwrap());
        for second in 0..3600 {
            let mut block = vec![0.0; 8000];
            block[4321] = if second == 1234 { 1.0 } else { 0.0 };
            line.add(&block);
        }
        let least = downbeat_dsp::decibels(0.5 / (line.cutting.half() as f64 / 2.0)) as f32;
        let loudest = line.finish(0.0).loudest();
        assert!(loudest >= least && loudest <= least + 6.03, "{loudest} {least}");
    }

    #[test]
    fn memory_is_bounded_where_the_length_is_not_known() {
        let cutting = Cutting::new(8000, 0, 100).unwrap();
        assert_eq!((cutting.joined, cutting.hop()), (1, cutting.half()));
        let mut line = Line::new(&cutting);
        let frames = cutting.hop() * (MAX_COLUMNS as usize * 2 + 100);
        noise(frames).chunks(10_000).for_each(|block| line.add(block));
        assert!(line.powers.len() <= MAX_COLUMNS as usize * cutting.bins());
        assert_eq!(line.cutting.joined, 4);
        let known = Cutting { joined: 4, ..cutting };
        let mut expected = Line::new(&known);
        expected.add(&noise(frames));
        assert!(line.finish(0.0) == expected.finish(0.0));
    }
}
