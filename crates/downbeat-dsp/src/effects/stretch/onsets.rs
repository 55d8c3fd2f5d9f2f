//! Where sounds begin.

use super::super::fir::{Fft, Room, Spectrum};
use crate::Audio;

/// The blocks in which the rise of an attack is placed, in parts of a second: two thirds of a millisecond.
const FINE: u32 = 1500;
/// A rise of the mean logarithmic spectrum by this much, in nepers, can be an onset...
const LEAST: f64 = 0.1;
/// ...when it is so many times the mean rise around it.
const ABOVE_MEAN: f64 = 1.5;
/// How far magnitudes are above those that count for nothing, at the clip's peak.
const RANGE: f64 = 200.0;
/// No two onsets are nearer than this, in seconds.
const APART_S: f64 = 0.015;

/// The frames at which attacks begin, in order.
///
/// They are found where the logarithmic spectrum rises fastest: the spectral flux of S. Dixon, "Onset detection revisited"
/// (2006), with the compression of J. Schlüter and S. Böck, "Musical onset detection with convolutional neural networks"
/// (2013). Each is then placed where the envelope rises most.
pub fn find(clip: &Audio) -> Vec<usize> {
    // A hundredth of a second, about.
    let size = (clip.rate() as usize / 94).next_power_of_two().max(32);
    let (hop, rate) = (size / 4, f64::from(clip.rate()));
    let rises = rises(clip, size, hop);
    let near = (0.03 * rate / hop as f64) as usize + 1;
    let apart = (APART_S * rate) as usize;
    let mut onsets: Vec<usize> = Vec::new();
    for (i, &rise) in rises.iter().enumerate() {
        let around = |reach: usize| &rises[i.saturating_sub(reach)..rises.len().min(i + reach + 1)];
        let mean = around(4 * near).iter().sum::<f64>() / around(4 * near).len() as f64;
        if rise < LEAST + ABOVE_MEAN * mean || around(near).iter().any(|other| *other > rise) {
            continue;
        }
        // Frame i ends at `(i + 1) * hop`, its middle lies half a frame before.
        let middle = ((i + 1) * hop).saturating_sub(size / 2);
        let onset = steepest(clip, middle.saturating_sub(size)..clip.frames().min(middle + size));
        // The beginning of the clip is no onset, but what is near it is copied with it.
        onsets.extend(onset.filter(|onset| onsets.last().unwrap_or(&0) + apart <= *onset));
    }
    onsets
}

/// By how much the spectrum rises over two hops, for frames that end at every hop.
fn rises(clip: &Audio, size: usize, hop: usize) -> Vec<f64> {
    let peak = clip.planes().flatten().fold(0.0_f32, |peak, x| peak.max(x.abs()));
    // A sine at the peak has a quarter of the frame's length in its bin.
    let scale = RANGE * 4.0 / (size as f64 * f64::from(peak).max(1e-30));
    let channels = clip.channels().count() as f64;
    let (fft, window) = (Fft::new(size), super::vocoder::hann(size));
    let (mut room, mut spectrum) = (Room::default(), Spectrum::default());
    let mut levels: [Vec<f64>; 3] = Default::default();
    // A frame that reaches over the end would see the cut as a rise.
    let frames = clip.frames() / hop;
    let rise = |end: usize| {
        levels.rotate_right(1);
        levels[0].clear();
        levels[0].resize(size / 2 + 1, 0.0);
        for plane in clip.planes() {
            let sample =
                |i: usize| (end + i).checked_sub(size).and_then(|at| plane.get(at)).map_or(0.0, |x| f64::from(*x));
            fft.forward_into((0..size).map(|i| window[i] * sample(i)), &mut room, &mut spectrum);
            for ((level, re), im) in levels[0].iter_mut().zip(&spectrum.re).zip(&spectrum.im) {
                *level += (re * re + im * im) / channels;
            }
        }
        for level in &mut levels[0] {
            *level = libm::log1p(scale * level.sqrt());
        }
        let [now, _, before] = &levels;
        let rises = now.iter().zip(before).map(|(now, before)| (now - before).max(0.0));
        rises.sum::<f64>() / now.len() as f64
    };
    (1..=frames).map(|frame| frame * hop).map(rise).collect()
}

/// Where the envelope rises most in a stretch of the clip: in the block at which it does, the first frame with half of the
/// block's amplitude; nowhere, if it falls only.
fn steepest(clip: &Audio, stretch: std::ops::Range<usize>) -> Option<usize> {
    let block = (clip.rate() / FINE).max(1) as usize;
    let level = |from: usize| {
        let to = (from + block).min(clip.frames());
        let power: f64 = clip.planes().flat_map(|plane| &plane[from..to]).map(|x| f64::from(*x) * f64::from(*x)).sum();
        power.sqrt()
    };
    let mut best = None;
    let mut most = 0.0;
    let mut before = level(stretch.start.saturating_sub(block));
    for from in stretch.step_by(block) {
        let now = level(from);
        if now - before > most {
            (most, best) = (now - before, Some(from));
        }
        before = now;
    }
    let power = |frame: usize| clip.planes().map(|plane| f64::from(plane[frame]).powi(2)).sum::<f64>();
    let block = best?..clip.frames().min(best? + block);
    let most = block.clone().map(power).fold(0.0, f64::max);
    block.clone().find(|frame| 4.0 * power(*frame) >= most)
}
