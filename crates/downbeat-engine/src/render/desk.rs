//! The desk: where tracks and buses are summed, in the order of the script.

use downbeat_dsp::{Audio, Format, Running};

use crate::chain;
use crate::gains::Gains;
use crate::plan::DeskPlan;

/// The desk in motion: a page of every track goes in, a page of the mix comes out.
pub(crate) struct Desk {
    junctions: Vec<Junction>,
    gains: Gains,
    format: Format,
}

/// A place where sound is summed, a bus or the master. What comes early waits for what comes late.
struct Junction {
    /// Tracks by their index, with their gains to the left and to the right.
    tracks: Vec<(usize, Gains)>,
    wait: Delay,
    /// Junctions before this one, with their gains.
    buses: Vec<(usize, Gains, Delay)>,
    running: Vec<Box<dyn Running>>,
    /// By how much the slowest bus lags behind the tracks.
    slowest: usize,
    /// By how much the output lags behind the tracks.
    latency: usize,
}

impl Desk {
    pub(crate) fn new(plan: &DeskPlan, rate: u32) -> Self {
        let format = Format::stereo(rate);
        let mut junctions: Vec<Junction> = Vec::with_capacity(plan.junctions.len());
        for junction in &plan.junctions {
            let slowest = junction.buses.iter().map(|(bus, _)| junctions[*bus].latency).max().unwrap_or(0);
            let inserts: usize = junction.inserts.iter().map(|effect| effect.latency(format)).sum();
            let wait = |latency: usize| Delay::new(format, slowest - latency);
            junctions.push(Junction {
                tracks: junction.tracks.clone(),
                wait: wait(0),
                buses: junction
                    .buses
                    .iter()
                    .map(|(bus, gains)| (*bus, gains.clone(), wait(junctions[*bus].latency)))
                    .collect(),
                slowest,
                running: chain::started(&junction.inserts, format, -(slowest as i64)),
                latency: slowest + inserts,
            });
        }
        Desk { junctions, gains: plan.gains.clone(), format }
    }

    /// By how many frames the mix lags behind the tracks.
    pub(crate) fn latency(&self) -> usize {
        self.junctions.last().map_or(0, |master| master.latency)
    }

    /// Mixes one page of `frames` frames; the tracks' pages are that long, and begin at the frame `start` of the song.
    /// `listen` hears each sum before its fader: which one it is in the plan, by how many frames it lags behind the
    /// tracks, and its page.
    pub(crate) fn mix(
        &mut self,
        tracks: &[Audio],
        start: i64,
        frames: usize,
        mut listen: impl FnMut(usize, usize, &Audio),
    ) -> Audio {
        let mut outputs: Vec<Audio> = Vec::with_capacity(self.junctions.len());
        let silent: Vec<bool> = tracks.iter().map(Audio::is_silent).collect();
        for junction in &mut self.junctions {
            let mut sum = Audio::silence(self.format, frames);
            // A stretch of the sum stays in the nearest cache while all tracks are added to it.
            for from in (0..frames).step_by(STRETCH) {
                let stretch = from..frames.min(from + STRETCH);
                for (track, gains) in junction.tracks.iter().filter(|(track, _)| !silent[*track]) {
                    gains.add(&mut sum, &tracks[*track], stretch.clone(), start);
                }
            }
            junction.wait.process(&mut sum);
            let late_start = start - junction.slowest as i64;
            for (bus, gains, wait) in &mut junction.buses {
                if wait.frames() == 0 {
                    gains.add(&mut sum, &outputs[*bus], 0..frames, late_start);
                } else {
                    let mut late = outputs[*bus].clone();
                    wait.process(&mut late);
                    gains.add(&mut sum, &late, 0..frames, late_start);
                }
            }
            junction.running.iter_mut().for_each(|effect| effect.process(&mut sum.block()));
            listen(outputs.len(), junction.latency, &sum);
            outputs.push(sum);
        }
        let mut mix = outputs.pop().unwrap_or_else(|| Audio::silence(self.format, frames));
        self.gains.scale(&mut mix, start - self.latency() as i64);
        mix
    }
}

/// The frames of a sum that are worked on at a time.
const STRETCH: usize = 2048;

/// A delay line of a whole number of frames.
struct Delay {
    line: Audio,
}

impl Delay {
    fn new(format: Format, frames: usize) -> Self {
        Delay { line: Audio::silence(format, frames) }
    }

    fn frames(&self) -> usize {
        self.line.frames()
    }

    fn process(&mut self, page: &mut Audio) {
        for (plane, line) in page.planes_mut().zip(self.line.planes_mut()) {
            let through = line.len().min(plane.len());
            // What falls out of the page's end goes into the line; what was in the line comes first.
            if plane.len() >= line.len() {
                let start = plane.len() - through;
                line.swap_with_slice(&mut plane[start..]);
                plane.rotate_right(through);
            } else {
                line[..through].swap_with_slice(plane);
                line.rotate_left(through);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_delay_is_exact_for_any_page_length() {
        let x: Vec<f32> = (1..=40).map(|i| i as f32).collect();
        for length in [0, 1, 3, 7, 20] {
            for page in [1, 2, 7, 8, 40] {
                let mut delay = Delay::new(Format::mono(48_000), length);
                let mut out = Vec::new();
                for part in x.chunks(page) {
                    let mut part = Audio::mono(48_000, part.to_vec());
                    delay.process(&mut part);
                    out.extend_from_slice(part.left());
                }
                let expected: Vec<f32> = std::iter::repeat_n(0.0, length).chain(x.iter().copied()).take(40).collect();
                assert_eq!(out, expected, "delay {length}, pages of {page}");
            }
        }
    }
}
