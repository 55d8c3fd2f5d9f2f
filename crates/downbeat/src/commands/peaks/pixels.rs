//! The extremes of every pixel, in the arithmetic of BBC's audiowaveform 1.10: samples of 16 bits, whole divisions that
//! round towards zero.
//!
//! So WAV and FLAC have the same numbers as there. Lossy formats are decoded by other decoders and may differ by a
//! rounding; float samples beyond full scale are cut off, where audiowaveform leaves it to the processor what happens.

use downbeat_engine::media::Info;
use downbeat_engine::{Survey, TapError};

use super::waveform::Waveform;

/// How many frames are looked at at once.
const STRETCH: usize = 1024;

/// The extremes, while the sound comes in.
pub struct Pixels {
    /// The frames of a pixel.
    zoom: u32,
    scale: Scale,
    /// How many channels a line is the mean of: all, or one.
    channels_of_line: usize,
    /// For each line and each pixel the least and the greatest sum of the channels' samples.
    lines: Vec<Vec<[i32; 2]>>,
    frames: u64,
}

/// How samples become whole numbers of 16 bits.
#[derive(Clone, Copy, PartialEq, Debug)]
enum Scale {
    /// Integers: of more than 16 bits the upper 16.
    Integer,
    /// Floats: times 32767, rounded towards zero.
    Float,
}

impl Pixels {
    /// For a recording, with one line for all its channels, or (`split`) one for each.
    pub fn new(info: &Info, zoom: u32, split: bool) -> Self {
        // In a WAV, integers of 32 and 64 bits are so rare and floats so common that the number is taken as their sign.
        let is_float = info.format == "WAV" && matches!(info.bits, Some(32 | 64));
        Pixels {
            zoom: zoom.max(1),
            scale: if is_float { Scale::Float } else { Scale::Integer },
            channels_of_line: if split { 1 } else { info.channels.max(1) },
            lines: vec![Vec::new(); if split { info.channels } else { 1 }],
            frames: 0,
        }
    }

    /// How many frames have come in.
    pub fn frames(&self) -> u64 {
        self.frames
    }

    /// The waveform of what has come in, with numbers of 8 or 16 bits. The last pixel may have fewer frames.
    pub fn finish(self, rate: u32, bits: u8) -> Waveform {
        // A division does not change which of two sums is the greater one, so it can wait until here.
        let mean = |sum: i32| (sum / self.channels_of_line as i32) as i16;
        let pixels = self.lines.first().map_or(0, Vec::len);
        let mut data = Vec::with_capacity(2 * pixels * self.lines.len());
        for pixel in 0..pixels {
            data.extend(self.lines.iter().flat_map(|line| line[pixel].map(mean)));
        }
        Waveform { rate, zoom: self.zoom, bits, channels: self.lines.len(), data }
    }
}

impl Survey for Pixels {
    fn look(&mut self, planes: &[Vec<f32>]) {
        let frames = planes.first().map_or(0, Vec::len);
        let begun = (self.frames % u64::from(self.zoom)) as u32;
        for (line, planes) in self.lines.iter_mut().zip(planes.chunks(self.channels_of_line)) {
            let mut begun = begun;
            for start in (0..frames).step_by(STRETCH) {
                let mut sums = [0; STRETCH];
                let sums = &mut sums[..STRETCH.min(frames - start)];
                planes.iter().for_each(|plane| self.scale.add(&plane[start..], sums));
                begun = extend(line, sums, begun, self.zoom);
            }
        }
        self.frames += frames as u64;
    }

    /// Both are of one recording, and this one ends where a pixel does.
    fn append(&mut self, next: Self) -> Result<(), TapError> {
        if !self.frames.is_multiple_of(u64::from(self.zoom)) {
            return Err(format!("the recording is {} frames shorter than it was", next.frames).into());
        }
        self.lines.iter_mut().zip(next.lines).for_each(|(line, next)| line.extend(next));
        self.frames += next.frames;
        Ok(())
    }
}

impl Scale {
    /// Adds samples, as whole numbers, to sums.
    fn add(self, samples: &[f32], sums: &mut [i32]) {
        let within = |x: f32| x.clamp(-32_768.0, 32_767.0);
        match self {
            Scale::Integer => sums.iter_mut().zip(samples).for_each(|(sum, x)| {
                let x = within(x * 32_768.0);
                let towards_zero = x as i32;
                // Rounded down: a processor's own `floor` is younger than the oldest one this is built for.
                *sum += towards_zero - i32::from(towards_zero as f32 > x);
            }),
            Scale::Float => sums.iter_mut().zip(samples).for_each(|(sum, x)| *sum += within(x * 32_767.0) as i32),
        }
    }
}

/// Lets the pixels of a line see the next sums. The last one has seen `begun` frames; returns what is true afterwards.
fn extend(line: &mut Vec<[i32; 2]>, mut sums: &[i32], mut begun: u32, zoom: u32) -> u32 {
    while !sums.is_empty() {
        let (first, others) = sums.split_at(sums.len().min((zoom - begun) as usize));
        let low = first.iter().fold(i32::MAX, |low, &x| low.min(x));
        let high = first.iter().fold(i32::MIN, |high, &x| high.max(x));
        match line.last_mut().filter(|_| begun > 0) {
            Some(last) => *last = [last[0].min(low), last[1].max(high)],
            None => line.push([low, high]),
        }
        begun = (begun + first.len() as u32) % zoom;
        sums = others;
    }
    begun
}
