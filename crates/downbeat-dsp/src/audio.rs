//! Sound in memory: [`Audio`] owns it, [`Block`] lends a stretch of it to an effect.

/// How many channels a sound has. Downbeat mixes mono and stereo; files with more are reduced when they are loaded.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug, Hash)]
pub enum Channels {
    /// One channel.
    Mono,
    /// Left and right.
    Stereo,
}

impl Channels {
    /// The number of channels: 1 or 2.
    pub fn count(self) -> usize {
        match self {
            Channels::Mono => 1,
            Channels::Stereo => 2,
        }
    }
}

/// What an effect has to know of the sound it will be given.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Hash)]
pub struct Format {
    /// Frames per second.
    pub rate: u32,
    /// Mono or stereo.
    pub channels: Channels,
}

impl Format {
    /// A mono format at `rate` frames per second.
    pub fn mono(rate: u32) -> Self {
        Format { rate, channels: Channels::Mono }
    }

    /// A stereo format at `rate` frames per second.
    pub fn stereo(rate: u32) -> Self {
        Format { rate, channels: Channels::Stereo }
    }
}

/// A stretch of sound: one or two planes (channels) of equal length, 32-bit float, full scale ±1.
#[derive(Clone, PartialEq, Debug)]
pub struct Audio {
    rate: u32,
    left: Vec<f32>,
    right: Option<Vec<f32>>,
}

impl Audio {
    /// A mono sound from its samples.
    pub fn mono(rate: u32, samples: Vec<f32>) -> Self {
        Audio { rate, left: samples, right: None }
    }

    /// A stereo sound from its two planes. The shorter one is padded with silence.
    pub fn stereo(rate: u32, mut left: Vec<f32>, mut right: Vec<f32>) -> Self {
        let frames = left.len().max(right.len());
        left.resize(frames, 0.0);
        right.resize(frames, 0.0);
        Audio { rate, left, right: Some(right) }
    }

    /// `frames` of silence.
    pub fn silence(format: Format, frames: usize) -> Self {
        let plane = vec![0.0; frames];
        match format.channels {
            Channels::Mono => Audio { rate: format.rate, left: plane, right: None },
            Channels::Stereo => Audio { rate: format.rate, left: plane.clone(), right: Some(plane) },
        }
    }

    /// The rate and the channels.
    pub fn format(&self) -> Format {
        Format { rate: self.rate, channels: self.channels() }
    }

    /// Frames per second.
    pub fn rate(&self) -> u32 {
        self.rate
    }

    /// Mono or stereo.
    pub fn channels(&self) -> Channels {
        if self.right.is_some() { Channels::Stereo } else { Channels::Mono }
    }

    /// The length in frames.
    pub fn frames(&self) -> usize {
        self.left.len()
    }

    /// Whether there is no frame at all.
    pub fn is_empty(&self) -> bool {
        self.left.is_empty()
    }

    /// Whether every sample is exactly zero.
    pub fn is_silent(&self) -> bool {
        self.planes().all(is_silent)
    }

    /// The planes, left (or the only one) first.
    pub fn planes(&self) -> impl Iterator<Item = &[f32]> {
        std::iter::once(self.left.as_slice()).chain(self.right.as_deref())
    }

    /// The planes to write to, left (or the only one) first.
    pub fn planes_mut(&mut self) -> impl Iterator<Item = &mut [f32]> {
        std::iter::once(self.left.as_mut_slice()).chain(self.right.as_deref_mut())
    }

    /// The planes themselves, left (or the only one) first.
    pub fn into_planes(self) -> impl Iterator<Item = Vec<f32>> {
        std::iter::once(self.left).chain(self.right)
    }

    /// The left plane, or the only one.
    pub fn left(&self) -> &[f32] {
        &self.left
    }

    /// The right plane; the left one again when the sound is mono.
    pub fn right(&self) -> &[f32] {
        self.right.as_deref().unwrap_or(&self.left)
    }

    /// Cuts the sound to `frames`, or pads it with silence.
    pub fn resize(&mut self, frames: usize) {
        self.left.resize(frames, 0.0);
        if let Some(right) = &mut self.right {
            right.resize(frames, 0.0);
        }
    }

    /// Makes room for a length of `frames` frames, so that growing to it moves nothing.
    pub fn reserve(&mut self, frames: usize) {
        let more = frames.saturating_sub(self.frames());
        self.left.reserve_exact(more);
        if let Some(right) = &mut self.right {
            right.reserve_exact(more);
        }
    }

    /// A copy with room for a length of `frames` frames.
    pub fn copy_with_room(&self, frames: usize) -> Audio {
        let mut copy = Audio::silence(self.format(), 0);
        copy.reserve(frames.max(self.frames()));
        copy.left.extend_from_slice(&self.left);
        if let (Some(to), Some(from)) = (&mut copy.right, &self.right) {
            to.extend_from_slice(from);
        }
        copy
    }

    /// Removes the first `frames` frames (all of them when there are fewer).
    pub fn drop_front(&mut self, frames: usize) {
        let frames = frames.min(self.left.len());
        self.left.drain(..frames);
        if let Some(right) = &mut self.right {
            right.drain(..frames);
        }
    }

    /// A copy of the last `frames` frames (of all when there are fewer).
    pub fn tail(&self, frames: usize) -> Audio {
        let from = self.frames().saturating_sub(frames);
        Audio {
            rate: self.rate,
            left: self.left[from..].to_vec(),
            right: self.right.as_ref().map(|r| r[from..].to_vec()),
        }
    }

    /// Mono made stereo by giving both channels the same samples; stereo stays as it is.
    pub fn into_stereo(mut self) -> Self {
        if self.right.is_none() {
            self.right = Some(self.left.clone());
        }
        self
    }

    /// The whole sound as a block.
    pub fn block(&mut self) -> Block<'_> {
        Block { left: &mut self.left, right: self.right.as_deref_mut() }
    }

    /// The frames of `range` as a block. The range must lie within the sound.
    pub fn block_at(&mut self, range: std::ops::Range<usize>) -> Block<'_> {
        Block { left: &mut self.left[range.clone()], right: self.right.as_deref_mut().map(|right| &mut right[range]) }
    }
}

/// Whether every sample is exactly zero.
pub(crate) fn is_silent(samples: &[f32]) -> bool {
    // Without the sign, every zero is all bits zero. A stretch at a time, so that the loop vectorises.
    samples.chunks(256).all(|stretch| stretch.iter().fold(0, |bits, x| bits | x.to_bits() << 1) == 0)
}

/// A stretch of sound lent to an effect, to be changed in place: planes of equal length, any length.
#[derive(Debug)]
pub struct Block<'a> {
    left: &'a mut [f32],
    right: Option<&'a mut [f32]>,
}

impl<'a> Block<'a> {
    /// A mono block.
    pub fn mono(samples: &'a mut [f32]) -> Self {
        Block { left: samples, right: None }
    }

    /// A stereo block; what one plane has more than the other is left out.
    pub fn stereo(left: &'a mut [f32], right: &'a mut [f32]) -> Self {
        let frames = left.len().min(right.len());
        Block { left: &mut left[..frames], right: Some(&mut right[..frames]) }
    }

    /// The length in frames.
    pub fn frames(&self) -> usize {
        self.left.len()
    }

    /// Mono or stereo.
    pub fn channels(&self) -> Channels {
        if self.right.is_some() { Channels::Stereo } else { Channels::Mono }
    }

    /// The planes, left (or the only one) first.
    pub fn planes(&mut self) -> impl Iterator<Item = &mut [f32]> {
        std::iter::once(&mut *self.left).chain(self.right.as_deref_mut())
    }

    /// The frames before `frame`, and those from there on; all of them before, when there are fewer.
    pub fn split_at(self, frame: usize) -> (Self, Self) {
        let frame = frame.min(self.left.len());
        let (left, left_rest) = self.left.split_at_mut(frame);
        let (right, right_rest) = self.right.map(|right| right.split_at_mut(frame)).unzip();
        (Block { left, right }, Block { left: left_rest, right: right_rest })
    }

    /// The frames of `range` as a block of their own. The range must lie within the block.
    pub fn part(&mut self, range: std::ops::Range<usize>) -> Block<'_> {
        Block { left: &mut self.left[range.clone()], right: self.right.as_deref_mut().map(|right| &mut right[range]) }
    }
}
