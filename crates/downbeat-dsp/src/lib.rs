//! Numbers in, numbers out: the effects, instruments and meters of Downbeat.
//!
//! Nothing here knows of files, threads or clocks, and the same input gives the same bits on every machine.
#![forbid(unsafe_code)]

mod audio;
mod automation;
mod bessel;
mod effect;
mod effects;
pub mod features;
mod follow;
mod heard;
mod held;
mod instruments;
mod level;
mod measured;
mod meters;
mod moving;
mod pan_law;
mod params;
mod pyramid;
mod simd;
mod sinc_kernel;
mod soundfont;
mod sounds;
mod table;
mod unit;

pub use audio::{Audio, Block, Channels, Format};
pub use automation::{Automation, Control, LfoShape, Movement, Point, Rest, Way};
pub use effect::{
    ClipEffect, Effect, EffectInfo, EitherEffect, Processor, Reach, Running, Settings, Stream, WholeClip, scale,
};
pub use effects::*;
pub use features::spectral_centroid;
pub use follow::{Follow, Follower};
pub use heard::{Heard, KeyInput};
pub use held::Held;
pub use instruments::{
    Ads, Adsr, Algorithm, Controls, DrumKit, DrumVoice, ENVELOPES, Envelope, EnvelopeInfo, EnvelopeSettings, Flat, Fm,
    FmVoice, Generator, INSTRUMENTS, Instrument, InstrumentInfo, InstrumentSettings, PartPlayer, Performance, Playable,
    PlayedNote, Plucked, PluckedVoice, Pulse, Ramp, Run, Sampler, SamplerVoice, Sawtooth, Score, Series, Sine,
    SoundFontPlayer, SoundFontVoice, Square, Strike, Subtractive, SubtractiveVoice, Sweep, Tone, Triangle, Voice,
    VoiceFilter, WAVES, Wave, WaveInfo, WaveSettings, WaveShape, Wavetable, envelope, instrument, wave,
};
pub use level::{decibels, ratio};
pub use measured::{Measured, MeasuredEffect, Metering};
pub use meters::{History, Levels, Loudness, Meter, PeakMeter, Statistics, StretchLevels, TruePeak};
pub use pan_law::PanLaw;
pub use params::{Kind, ParamError, ParamInfo, ParamType, Params, Value};
pub use pyramid::{Bin, Column, JoinError, LONGEST_FINEST, Level, MAX_BINS, Pyramid};
pub use sinc_kernel::SincKernel;
pub use soundfont::{SoundFont, SoundFontError};
pub use sounds::{Response, Samples, Sound, Sounds};
pub use table::{Preset, Row};
