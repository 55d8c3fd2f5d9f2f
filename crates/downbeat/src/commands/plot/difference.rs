//! Two sounds, and what is between them sample by sample.

use downbeat_dsp::Pyramid;
use downbeat_engine::SurveyOptions;

use super::source::Source;
use super::stream::{Planes, Stream};
use crate::exit::Fail;

/// The pyramids of two sounds and of their difference, the first less the second. They begin together; where one has
/// ended, it is silent. A mono sound stands on all channels of the other one.
///
/// # Errors
/// When they do not fit, or one of them cannot be read.
pub fn difference(sources: [&Source<'_>; 2], ranges: &[SurveyOptions; 2]) -> Result<[Pyramid; 3], Fail> {
    let [a, b] = sources;
    if a.rate != b.rate {
        let message = format!("{} has {} Hz, and {} has {} Hz", a.name(), a.rate, b.name(), b.rate);
        let hint = format!("`downbeat process IN -o OUT --rate {} '[]'` brings one to the rate of the other", a.rate);
        return Err(Fail::usage(format!("cannot compare sounds of two rates: {message}")).hint(hint));
    }
    if a.channels != b.channels && a.channels != 1 && b.channels != 1 {
        let message = format!("{} has {} channels, and {} has {}", a.name(), a.channels, b.name(), b.channels);
        return Err(Fail::usage(format!("cannot compare channels that are not the same: {message}")));
    }
    let new = |channels: usize| Pyramid::new(a.rate, channels);
    let mut pyramids = [new(a.channels), new(b.channels), new(a.channels.max(b.channels))];
    std::thread::scope(|scope| {
        let mut a = Waiting::new(Stream::open(scope, a, &ranges[0]));
        let mut b = Waiting::new(Stream::open(scope, b, &ranges[1]));
        loop {
            let frames = match (a.frames(), b.frames()) {
                (0, 0) => break,
                (0, frames) | (frames, 0) => frames,
                (one, other) => one.min(other),
            };
            let parts = [a.part(frames), b.part(frames)];
            let [first, second, between] = &mut pyramids;
            let lines = (0..between.channels()).map(|channel| less(&parts, channel, frames));
            between.add_planes(&lines.collect::<Vec<_>>());
            [first, second].into_iter().zip(&parts).for_each(|(pyramid, part)| pyramid.add_planes(part));
            a.done += frames;
            b.done += frames;
        }
        a.stream.finish()?;
        b.stream.finish()
    })?;
    Ok(pyramids)
}

/// One channel of the first part less that of the second.
fn less(parts: &[Vec<&[f32]>; 2], channel: usize, frames: usize) -> Vec<f32> {
    let plane =
        |part: &Vec<&'_ [f32]>| part.get(channel.min(part.len().saturating_sub(1))).copied().unwrap_or(&[]).to_vec();
    let [mut first, second] = parts.each_ref().map(plane);
    first.resize(frames, 0.0);
    first.iter_mut().zip(second).for_each(|(x, y)| *x -= y);
    first
}

/// A sound whose last block is not used up.
struct Waiting<'s> {
    stream: Stream<'s>,
    block: Planes,
    /// How many frames of the block are used up.
    done: usize,
}

impl<'s> Waiting<'s> {
    fn new(stream: Stream<'s>) -> Self {
        Waiting { stream, block: Vec::new(), done: 0 }
    }

    /// How many frames are at hand; none at the end.
    fn frames(&mut self) -> usize {
        let left = |waiting: &Self| waiting.block.first().map_or(0, |plane| plane.len() - waiting.done);
        while left(self) == 0 {
            self.done = 0;
            match self.stream.next() {
                Some(block) => self.block = block,
                None => {
                    self.block.clear();
                    return 0;
                }
            }
        }
        left(self)
    }

    /// The next so many frames of each channel; no channels at the end.
    fn part(&self, frames: usize) -> Vec<&[f32]> {
        self.block.iter().map(|plane| &plane[self.done..self.done + frames]).collect()
    }
}
