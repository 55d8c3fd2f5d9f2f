//! The effects. One file each, and one line each in the table.

mod allpass;
mod auto_pan;
mod bandpass;
mod bit_crush;
mod butterworth;
mod chorus;
mod comb;
mod compressor;
mod convolution;
mod dc_block;
mod deesser;
mod delay;
mod delay_samples;
mod dynamics;
mod eq;
mod expander;
mod fade;
mod fir;
mod fir_delay;
mod fir_highpass;
mod fir_lowpass;
mod flanger;
mod frame_compressor;
mod freeverb;
mod gain;
mod gate;
mod hard_clip;
mod high_shelf;
mod highpass;
mod iir;
mod invert;
mod ladder;
mod limiter;
mod linear_phase;
mod low_shelf;
mod lowpass;
mod mid_side;
mod mono;
mod movement;
mod multiband;
mod normalize;
mod notch;
mod oversample;
mod pan;
mod peak_compressor;
mod peak_filter;
mod phaser;
mod pitch_shift;
mod reverb;
mod reverse;
mod rhythm_gate;
mod ring;
mod ring_mod;
mod saturate;
mod schroeder_reverb;
mod soft_clip;
mod space;
mod stretch;
mod stutter;
mod tilt;
mod time_stretch;
mod transient;
mod tremolo;
mod trim;
mod varispeed;
mod vibrato;
mod wavefold;
mod width;

pub use allpass::Allpass;
pub use auto_pan::AutoPan;
pub use bandpass::Bandpass;
pub use bit_crush::BitCrush;
pub use butterworth::{Butterworth, Pass};
pub use chorus::Chorus;
pub use comb::Comb;
pub use compressor::{Compressor, CompressorState};
pub use convolution::{Convolution, ConvolutionState};
pub use dc_block::DcBlock;
pub use deesser::{Deesser, DeesserState};
pub use delay::Delay;
pub use delay_samples::DelaySamples;
pub use dynamics::{Detector, Keyed};
pub use eq::Equaliser;
pub use expander::{Expander, ExpanderState};
pub use fade::{Fade, FadeCurve, OutCurve};
pub use fir_delay::FirDelay;
pub use fir_highpass::FirHighpass;
pub use fir_lowpass::FirLowpass;
pub use flanger::Flanger;
pub use frame_compressor::FrameCompressor;
pub use freeverb::Freeverb;
pub use gain::Gain;
pub use gate::{Gate, GateState};
pub use hard_clip::HardClip;
pub use high_shelf::HighShelf;
pub use highpass::Highpass;
pub use invert::Invert;
pub use ladder::{Ladder, LadderMode};
pub use limiter::{Limiter, LimiterState};
pub use linear_phase::{FirBand, LinearPhase};
pub use low_shelf::LowShelf;
pub use lowpass::Lowpass;
pub use mid_side::MidSide;
pub use mono::Mono;
pub use multiband::{Multiband, MultibandState};
pub use normalize::{Measure, Normalize, NormalizeMeter};
pub use notch::Notch;
pub use pan::Pan;
pub use peak_compressor::PeakCompressor;
pub use peak_filter::PeakFilter;
pub use phaser::Phaser;
pub use pitch_shift::PitchShift;
pub use reverb::Reverb;
pub use reverse::Reverse;
pub use rhythm_gate::RhythmGate;
pub use ring_mod::RingMod;
pub use saturate::{Saturate, SaturateCurve};
pub use schroeder_reverb::SchroederReverb;
pub use soft_clip::SoftClip;
pub use stutter::Stutter;
pub use tilt::Tilt;
pub use time_stretch::TimeStretch;
pub use transient::{Transient, TransientState};
pub use tremolo::{Tremolo, TremoloShape};
pub use trim::Trim;
pub use varispeed::Varispeed;
pub use vibrato::Vibrato;
pub use wavefold::{Wavefold, WavefoldShape};
pub use width::Width;

use crate::EffectInfo;

/// Every effect there is, in the order of the reference.
pub static EFFECTS: &[EffectInfo] = &[
    EffectInfo::streaming::<Gain>(),
    EffectInfo::measured::<Normalize>(),
    EffectInfo::clip::<Trim>(),
    EffectInfo::clip::<Fade>(),
    EffectInfo::clip::<Reverse>(),
    EffectInfo::clip::<Varispeed>(),
    EffectInfo::clip::<TimeStretch>(),
    EffectInfo::clip::<PitchShift>(),
    EffectInfo::clip::<Stutter>(),
    EffectInfo::clip::<RhythmGate>(),
    EffectInfo::streaming::<Compressor>(),
    EffectInfo::streaming::<Limiter>(),
    EffectInfo::streaming::<Gate>(),
    EffectInfo::streaming::<Expander>(),
    EffectInfo::streaming::<Multiband>(),
    EffectInfo::streaming::<Transient>(),
    EffectInfo::streaming::<Deesser>(),
    EffectInfo::streaming::<PeakCompressor>(),
    EffectInfo::streaming::<FrameCompressor>(),
    EffectInfo::streaming::<SoftClip>(),
    EffectInfo::streaming::<Saturate>(),
    EffectInfo::streaming::<HardClip>(),
    EffectInfo::streaming::<Wavefold>(),
    EffectInfo::streaming::<BitCrush>(),
    EffectInfo::streaming::<Tremolo>(),
    EffectInfo::streaming::<AutoPan>(),
    EffectInfo::streaming::<RingMod>(),
    EffectInfo::streaming::<Vibrato>(),
    EffectInfo::streaming::<Chorus>(),
    EffectInfo::streaming::<Flanger>(),
    EffectInfo::streaming::<Phaser>(),
    EffectInfo::streaming::<Pan>(),
    EffectInfo::streaming::<Width>(),
    EffectInfo::streaming::<MidSide>(),
    EffectInfo::streaming::<Mono>(),
    EffectInfo::streaming::<Invert>(),
    EffectInfo::streaming::<DelaySamples>(),
    EffectInfo::streaming::<Lowpass>(),
    EffectInfo::streaming::<Highpass>(),
    EffectInfo::streaming::<Bandpass>(),
    EffectInfo::streaming::<Notch>(),
    EffectInfo::streaming::<PeakFilter>(),
    EffectInfo::streaming::<LowShelf>(),
    EffectInfo::streaming::<HighShelf>(),
    EffectInfo::streaming::<Tilt>(),
    EffectInfo::streaming::<Equaliser>(),
    EffectInfo::streaming::<Allpass>(),
    EffectInfo::streaming::<Butterworth>(),
    EffectInfo::streaming::<Ladder>(),
    EffectInfo::streaming::<Comb>(),
    EffectInfo::streaming::<DcBlock>(),
    EffectInfo::either::<FirLowpass>(),
    EffectInfo::either::<FirHighpass>(),
    EffectInfo::streaming::<LinearPhase>(),
    EffectInfo::clip::<FirDelay>(),
    EffectInfo::streaming::<Delay>(),
    EffectInfo::streaming::<Reverb>(),
    EffectInfo::streaming::<Freeverb>(),
    EffectInfo::streaming::<Convolution>(),
    EffectInfo::either::<SchroederReverb>(),
];

/// The row of the effect of that name.
pub fn effect(name: &str) -> Option<&'static EffectInfo> {
    EFFECTS.iter().find(|info| info.name == name)
}
