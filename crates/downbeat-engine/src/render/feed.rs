//! Feeds: what a track sounds like before its fader, pulled stretch by stretch.

use std::sync::Arc;

use downbeat_dsp::{Audio, Block, Format, Measured, Running, Stream, scale};

use super::RenderError;
use super::clip::ClipReader;
use super::join::Joiner;
use super::overlay::Overlay;
use crate::chain;

/// A sound that is pulled from its start to its end.
pub(crate) trait Feed: Send {
    /// Fills a block with the next frames; after the end, with silence.
    fn fill(&mut self, block: &mut Block<'_>) -> Result<(), RenderError>;
}

/// What a track plays: its clip, cut or not, and the clips placed on it.
pub(crate) struct Material {
    pub(crate) body: Body,
    /// Whether the body is mono on a stereo track.
    pub(crate) spread: bool,
    pub(crate) placed: PlacedClips,
}

/// What a track plays from the start.
pub(crate) enum Body {
    Nothing,
    Whole(ClipReader),
    Cut(Joiner),
}

impl Feed for Material {
    fn fill(&mut self, block: &mut Block<'_>) -> Result<(), RenderError> {
        if self.spread {
            let mut planes = block.planes();
            if let (Some(left), Some(right)) = (planes.next(), planes.next()) {
                self.body.fill(&mut Block::mono(left))?;
                right.copy_from_slice(left);
            }
        } else {
            self.body.fill(block)?;
        }
        self.placed.add(block);
        Ok(())
    }
}

impl Body {
    fn fill(&mut self, block: &mut Block<'_>) -> Result<(), RenderError> {
        match self {
            Body::Nothing => block.planes().for_each(|plane| plane.fill(0.0)),
            Body::Whole(clip) => clip.fill(block)?,
            Body::Cut(joiner) => joiner.fill(block)?,
        }
        Ok(())
    }
}

/// Clips at times of their own. They are added in the order of their starts, whatever the blocks are.
pub(crate) struct PlacedClips {
    clips: std::iter::Peekable<std::vec::IntoIter<PlacedClip>>,
    begun: Overlay,
}

pub(crate) struct PlacedClip {
    pub(crate) audio: Arc<Audio>,
    pub(crate) at: i64,
    pub(crate) gain: f32,
}

impl PlacedClips {
    pub(crate) fn new(mut clips: Vec<PlacedClip>) -> Self {
        clips.sort_by_key(|clip| clip.at);
        PlacedClips { clips: clips.into_iter().peekable(), begun: Overlay::default() }
    }

    fn add(&mut self, block: &mut Block<'_>) {
        let end = self.begun.at() + block.frames() as i64;
        while let Some(PlacedClip { audio, at, gain }) = self.clips.next_if(|clip| clip.at < end) {
            self.begun.lay(audio, at, gain);
        }
        self.begun.add(block);
    }
}

/// A feed through streaming effects. Their latency is made up for by pulling that much ahead.
pub(crate) struct Inserted {
    inner: Box<dyn Feed>,
    format: Format,
    running: Vec<Box<dyn Running>>,
    /// The frames still to be thrown away.
    latency: usize,
}

impl Inserted {
    pub(crate) fn new(inner: Box<dyn Feed>, format: Format, effects: &[Arc<dyn Stream>]) -> Self {
        Inserted {
            inner,
            format,
            running: chain::started(effects, format, 0),
            latency: effects.iter().map(|effect| effect.latency(format)).sum(),
        }
    }

    fn pull(&mut self, block: &mut Block<'_>) -> Result<(), RenderError> {
        self.inner.fill(block)?;
        self.running.iter_mut().for_each(|effect| effect.process(block));
        Ok(())
    }
}

impl Feed for Inserted {
    fn fill(&mut self, block: &mut Block<'_>) -> Result<(), RenderError> {
        while self.latency > 0 {
            let mut ahead = Audio::silence(self.format, self.latency.min(block.frames().max(1)));
            self.pull(&mut ahead.block())?;
            self.latency -= ahead.frames();
        }
        self.pull(block)
    }
}

/// Makes a feed from its beginning, as often as it is asked.
pub(crate) type Opener = Box<dyn Fn() -> Result<Box<dyn Feed>, RenderError> + Send>;

/// A feed times a gain that is found by measuring all of it first; what was not measured is not heard. What was heard on the way is kept for the second
/// time when it is short, and pulled anew when it is long.
pub(crate) struct Gained {
    open: Opener,
    effect: Arc<dyn Measured>,
    format: Format,
    frames: u64,
    /// The frame that comes next.
    at: u64,
    second: Option<(Box<dyn Feed>, f32)>,
}

/// What is kept of a measured feed at the most, in frames: ten minutes at 48 kHz.
pub(crate) const KEPT_FRAMES: u64 = 28_800_000;
/// What is pulled at a time while measuring.
const STRETCH: u64 = 65_536;

impl Gained {
    pub(crate) fn new(open: Opener, effect: Arc<dyn Measured>, format: Format, frames: u64) -> Self {
        Gained { open, effect, format, frames, at: 0, second: None }
    }

    fn measure(&self) -> Result<(Box<dyn Feed>, f32), RenderError> {
        let keep = self.frames <= KEPT_FRAMES;
        let mut metering = self.effect.clone().meter(self.format);
        let mut feed = (self.open)()?;
        let mut kept = Vec::new();
        let mut at = 0;
        while at < self.frames {
            let mut stretch = Audio::silence(self.format, STRETCH.min(self.frames - at) as usize);
            feed.fill(&mut stretch.block())?;
            metering.measure(&stretch);
            at += stretch.frames() as u64;
            if keep {
                kept.push((stretch.frames(), Some(stretch).filter(|stretch| !stretch.is_silent())));
            }
        }
        let second: Box<dyn Feed> =
            if keep { Box::new(Kept { stretches: kept.into(), at: 0 }) } else { (self.open)()? };
        Ok((second, metering.gain()))
    }
}

impl Feed for Gained {
    fn fill(&mut self, block: &mut Block<'_>) -> Result<(), RenderError> {
        if self.second.is_none() {
            self.second = Some(self.measure()?);
        }
        if let Some((feed, gain)) = &mut self.second {
            feed.fill(block)?;
            scale(block, *gain);
        }
        let there = usize::try_from(self.frames - self.at).unwrap_or(usize::MAX).min(block.frames());
        block.part(there..block.frames()).planes().for_each(|plane| plane.fill(0.0));
        self.at += there as u64;
        Ok(())
    }
}

/// Sound that was pulled before: how many frames, and what they were unless they were silent.
struct Kept {
    stretches: std::collections::VecDeque<(usize, Option<Audio>)>,
    /// The position in the first stretch.
    at: usize,
}

impl Feed for Kept {
    fn fill(&mut self, block: &mut Block<'_>) -> Result<(), RenderError> {
        let mut done = 0;
        while done < block.frames() {
            let Some((length, stretch)) = self.stretches.front() else {
                block.part(done..block.frames()).planes().for_each(|plane| plane.fill(0.0));
                break;
            };
            let frames = (length - self.at).min(block.frames() - done);
            let mut part = block.part(done..done + frames);
            match stretch {
                Some(stretch) => {
                    for (plane, kept) in part.planes().zip(stretch.planes()) {
                        plane.copy_from_slice(&kept[self.at..self.at + frames]);
                    }
                }
                None => part.planes().for_each(|plane| plane.fill(0.0)),
            }
            done += frames;
            self.at += frames;
            if self.at == *length {
                self.stretches.pop_front();
                self.at = 0;
            }
        }
        Ok(())
    }
}
