//! What an effect is: settings are a value, state is made from it, and nothing else.
//!
//! There are three kinds. An [`Effect`] streams: it sees the sound block by block and can stand anywhere. A
//! [`ClipEffect`] needs the whole clip (reverse, fade) and can stand on a clip or a segment. A [`MeasuredEffect`]
//! measures the whole sound first and then is a plain gain, so it can stand on a track, too.
//!
//! The rest of Downbeat knows effects only by their [`EffectInfo`] in the table [`EFFECTS`](crate::EFFECTS), by the
//! [`Settings`] a script has made, and by the [`Processor`] that comes from these.

use std::ops::Range;
use std::sync::Arc;

use crate::moving::{Moving, standing_still};
use crate::simd::{self, Work};
use crate::{Audio, Block, Format, Heard, Held, Measured, MeasuredEffect, ParamError, Params, Preset, Row, Value};

/// An effect that streams: in place, block by block.
pub trait Effect: Params + Send + Sync {
    /// All that it remembers from block to block. A clone is a checkpoint; two equal states go on identically.
    type State: Clone + PartialEq + Held + Send;
    /// To be raised when the sound changes for the same settings.
    const VERSION: u32 = 1;

    /// By how many frames the output lags behind the input. Whoever runs the effect makes up for it.
    fn latency(&self, _format: Format) -> usize {
        0
    }

    /// For how many frames something may sound after the input ended (on top of the latency).
    fn tail(&self, _format: Format) -> usize {
        0
    }

    /// Whether it makes two channels that differ of two that are the same. A mono track with it becomes a stereo one.
    fn spreads(&self) -> bool {
        false
    }

    /// The state before the first frame.
    fn start(&self, format: Format) -> Self::State;

    /// Works on a block in place. Any block length gives the same output; it cannot fail.
    ///
    /// The settings may have moved since the block before, all but those that are fixed: the sound goes on from what the
    /// state remembers, without a click.
    fn process(&self, state: &mut Self::State, block: &mut Block<'_>);

    /// The strip that is plugged into its key input, if it has one. A change of it is a change of the sound.
    fn key_input(&self) -> Option<&str> {
        None
    }

    /// [`Effect::process`] with the sound at the key input: planes of the same frames as the block.
    fn process_keyed(&self, state: &mut Self::State, block: &mut Block<'_>, _key: &[&[f32]]) {
        self.process(state, block);
    }
}

/// An effect that needs the whole clip at once.
pub trait ClipEffect: Params + Send + Sync {
    /// To be raised when the sound changes for the same settings.
    const VERSION: u32 = 1;

    /// How many frames come out for a clip of that many.
    fn frames(&self, _format: Format, frames: usize) -> usize {
        frames
    }

    /// The frames of a clip of that many that it gives as they are, if it gives nothing but those: then the rest of the clip
    /// need not be there.
    fn part(&self, _format: Format, _frames: usize) -> Option<Range<usize>> {
        None
    }

    /// Turns a clip into another one, of [`ClipEffect::frames`] frames. Channels and rate stay; it cannot fail.
    fn apply(&self, clip: Audio) -> Audio;
}

/// An effect that streams or not, as its settings say.
pub trait EitherEffect: Effect + ClipEffect {
    /// Whether these settings need the whole clip.
    fn needs_clip(&self) -> bool;
}

/// Where an effect may stand.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Reach {
    /// Streams: on clips, segments, tracks, buses and the master.
    Anywhere,
    /// Needs the whole clip: on clips and segments.
    Clips,
    /// Depends on the settings.
    Either,
    /// Measured first: on clips, segments and tracks.
    Measured,
}

/// A row of the table of effects.
pub type EffectInfo = Row<Processor, Reach>;

/// An effect with all of its values.
pub type Settings = Preset<Processor, Reach>;

impl EffectInfo {
    /// The row of a streaming effect.
    pub const fn streaming<E: Effect>() -> Self {
        Row::new::<E>(<E as Effect>::VERSION, Reach::Anywhere, |values| Ok(Processor::Stream(stream::<E>(values)?)))
    }

    /// The row of an effect that needs the whole clip.
    pub const fn clip<E: ClipEffect>() -> Self {
        Row::new::<E>(<E as ClipEffect>::VERSION, Reach::Clips, |values| {
            standing_still::<E>(values)?;
            Ok(Processor::Clip(Arc::new(E::from_values(values)?)))
        })
    }

    /// The row of an effect that streams or not, as its settings say.
    pub const fn either<E: EitherEffect>() -> Self {
        Row::new::<E>(<E as Effect>::VERSION, Reach::Either, |values| {
            let settings = E::from_values(values)?;
            if settings.needs_clip() {
                standing_still::<E>(values)?;
                return Ok(Processor::Clip(Arc::new(settings)));
            }
            Ok(Processor::Stream(stream::<E>(values)?))
        })
    }

    /// The row of an effect that measures first.
    pub const fn measured<E: MeasuredEffect>() -> Self {
        Row::new::<E>(<E as MeasuredEffect>::VERSION, Reach::Measured, |values| {
            standing_still::<E>(values)?;
            Ok(Processor::Measured(Arc::new(E::from_values(values)?)))
        })
    }
}

/// The effect with these values; those that move, move.
fn stream<E: Effect>(values: &[Value]) -> Result<Arc<dyn Stream>, ParamError> {
    let effect: Arc<dyn Stream> = Arc::new(E::from_values(values)?);
    Ok(match Moving::new::<E>(effect.clone(), values)? {
        Some(moving) => Arc::new(moving),
        None => effect,
    })
}

/// An effect ready to work on sound.
#[derive(Clone)]
pub enum Processor {
    /// It streams.
    Stream(Arc<dyn Stream>),
    /// It needs the whole clip.
    Clip(Arc<dyn WholeClip>),
    /// It measures first.
    Measured(Arc<dyn Measured>),
}

impl Processor {
    /// How many frames come out of [`Processor::apply`] for a clip of that many.
    pub fn frames(&self, format: Format, frames: usize) -> usize {
        match self {
            Processor::Stream(effect) => frames + effect.tail(format),
            Processor::Clip(effect) => effect.frames(format, frames),
            Processor::Measured(_) => frames,
        }
    }

    /// By how many frames the output lags behind the input while it streams.
    pub fn latency(&self, format: Format) -> usize {
        if let Processor::Stream(effect) = self { effect.latency(format) } else { 0 }
    }

    /// See [`Effect::spreads`].
    pub fn spreads(&self) -> bool {
        if let Processor::Stream(effect) = self { effect.spreads() } else { false }
    }

    /// Runs the effect over a whole clip, the first frame of which is the frame `at` of the song: latency is made up for,
    /// and the clip grows by the tail.
    pub fn apply(&self, mut clip: Audio, at: i64) -> Audio {
        match self {
            Processor::Stream(effect) => {
                let format = clip.format();
                let latency = effect.latency(format);
                clip.resize(clip.frames() + latency + effect.tail(format));
                effect.clone().start(format, at).process(&mut clip.block());
                clip.drop_front(latency);
                clip
            }
            Processor::Clip(effect) => effect.apply(clip),
            Processor::Measured(effect) => {
                let mut metering = effect.clone().meter(clip.format());
                metering.measure(&clip);
                scale(&mut clip.block(), metering.gain());
                clip
            }
        }
    }
}

/// Multiplies every sample by `gain`.
#[inline(always)]
pub fn scale(block: &mut Block<'_>, gain: f32) {
    for plane in block.planes() {
        for x in plane {
            *x *= gain;
        }
    }
}

/// The face of an [`Effect`] that hides its types.
pub trait Stream: Send + Sync {
    /// See [`Effect::latency`].
    fn latency(&self, format: Format) -> usize;
    /// See [`Effect::tail`].
    fn tail(&self, format: Format) -> usize;
    /// See [`Effect::spreads`].
    fn spreads(&self) -> bool;
    /// The effect in motion, before the first frame, which is the frame `at` of the song: what moves, moves with it.
    fn start(self: Arc<Self>, format: Format, at: i64) -> Box<dyn Running>;
}

/// A streaming effect in motion: settings and state together.
pub trait Running: Send {
    /// See [`Effect::process`]. What it listens to besides the block and is not among what is heard counts as not plugged
    /// in.
    fn process_hearing(&mut self, block: &mut Block<'_>, heard: Heard<'_>);
    /// [`Running::process_hearing`] where nobody else is heard.
    fn process(&mut self, block: &mut Block<'_>) {
        self.process_hearing(block, Heard::NOBODY);
    }
    /// Sets the number with this index among the parameters, from here on. See [`Params::set_number`].
    fn set_number(&mut self, param: usize, value: f64);
    /// A copy of all there is, to go on from later.
    fn checkpoint(&self) -> Box<dyn Running>;
    /// How much memory a [`Running::checkpoint`] of it takes, in bytes.
    fn bytes(&self) -> usize;
    /// Whether the other one has the same settings and state, and so will sound the same from here on.
    fn same(&self, other: &dyn Running) -> bool;
    /// For [`Running::same`].
    fn as_any(&self) -> &dyn std::any::Any;
}

struct Motion<E: Effect> {
    settings: E,
    state: E::State,
}

impl<E: Effect> Stream for E {
    fn latency(&self, format: Format) -> usize {
        Effect::latency(self, format)
    }
    fn tail(&self, format: Format) -> usize {
        Effect::tail(self, format)
    }
    fn spreads(&self) -> bool {
        Effect::spreads(self)
    }
    fn start(self: Arc<Self>, format: Format, _: i64) -> Box<dyn Running> {
        let state = Effect::start(self.as_ref(), format);
        Box::new(Motion { settings: self.as_ref().clone(), state })
    }
}

impl<E: Effect> Running for Motion<E>
where
    E::State: 'static,
{
    fn process_hearing(&mut self, block: &mut Block<'_>, heard: Heard<'_>) {
        let Motion { settings, state } = self;
        match settings.key_input().and_then(|strip| heard.strip(strip)) {
            None => simd::widest(Process { settings, state, block }),
            Some(key) => simd::widest(ProcessKeyed { settings, state, block, key }),
        }
    }
    fn set_number(&mut self, param: usize, value: f64) {
        self.settings.set_number(param, value);
    }
    fn checkpoint(&self) -> Box<dyn Running> {
        Box::new(Motion { settings: self.settings.clone(), state: self.state.clone() })
    }
    fn bytes(&self) -> usize {
        size_of_val(self) + self.state.held()
    }
    fn same(&self, other: &dyn Running) -> bool {
        other
            .as_any()
            .downcast_ref::<Self>()
            .is_some_and(|other| self.settings == other.settings && self.state == other.state)
    }
    fn as_any(&self) -> &dyn std::any::Any {
        self
    }
}

/// [`Effect::process`] as [`Work`].
struct Process<'a, 'b, E: Effect> {
    settings: &'a E,
    state: &'a mut E::State,
    block: &'a mut Block<'b>,
}

impl<E: Effect> Work for Process<'_, '_, E> {
    type Output = ();

    #[inline(always)]
    fn run(self) {
        self.settings.process(self.state, self.block);
    }
}

/// [`Effect::process_keyed`] as [`Work`].
struct ProcessKeyed<'a, 'b, E: Effect> {
    settings: &'a E,
    state: &'a mut E::State,
    block: &'a mut Block<'b>,
    key: [&'a [f32]; 2],
}

impl<E: Effect> Work for ProcessKeyed<'_, '_, E> {
    type Output = ();

    #[inline(always)]
    fn run(self) {
        self.settings.process_keyed(self.state, self.block, &self.key);
    }
}

/// The face of a [`ClipEffect`] that hides its types.
pub trait WholeClip: Send + Sync {
    /// See [`ClipEffect::frames`].
    fn frames(&self, format: Format, frames: usize) -> usize;
    /// See [`ClipEffect::part`].
    fn part(&self, format: Format, frames: usize) -> Option<Range<usize>>;
    /// See [`ClipEffect::apply`].
    fn apply(&self, clip: Audio) -> Audio;
}

impl<E: ClipEffect> WholeClip for E {
    fn frames(&self, format: Format, frames: usize) -> usize {
        ClipEffect::frames(self, format, frames)
    }
    fn part(&self, format: Format, frames: usize) -> Option<Range<usize>> {
        ClipEffect::part(self, format, frames)
    }
    fn apply(&self, clip: Audio) -> Audio {
        simd::widest(Apply { settings: self, clip })
    }
}

/// [`ClipEffect::apply`] as [`Work`].
struct Apply<'a, E: ClipEffect> {
    settings: &'a E,
    clip: Audio,
}

impl<E: ClipEffect> Work for Apply<'_, E> {
    type Output = Audio;

    #[inline(always)]
    fn run(self) -> Audio {
        self.settings.apply(self.clip)
    }
}
