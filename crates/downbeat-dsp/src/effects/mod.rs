//! The effects. One file each, and one line each in the table.

mod fade;
mod fir;
mod fir_delay;
mod fir_highpass;
mod fir_lowpass;
mod frame_compressor;
mod gain;
mod normalize;
mod peak_compressor;
mod reverse;
mod ring;
mod schroeder_reverb;
mod soft_clip;

pub use fade::Fade;
pub use fir_delay::FirDelay;
pub use fir_highpass::FirHighpass;
pub use fir_lowpass::FirLowpass;
pub use frame_compressor::FrameCompressor;
pub use gain::Gain;
pub use normalize::{Normalize, Peak};
pub use peak_compressor::PeakCompressor;
pub use reverse::Reverse;
pub use schroeder_reverb::SchroederReverb;
pub use soft_clip::SoftClip;

use crate::EffectInfo;

/// Every effect there is, in the order of the reference.
pub static EFFECTS: &[EffectInfo] = &[
    EffectInfo::streaming::<Gain>(),
    EffectInfo::measured::<Normalize>(),
    EffectInfo::clip::<Fade>(),
    EffectInfo::clip::<Reverse>(),
    EffectInfo::streaming::<PeakCompressor>(),
    EffectInfo::streaming::<FrameCompressor>(),
    EffectInfo::streaming::<SoftClip>(),
    EffectInfo::either::<FirLowpass>(),
    EffectInfo::either::<FirHighpass>(),
    EffectInfo::clip::<FirDelay>(),
    EffectInfo::either::<SchroederReverb>(),
];

/// The row of the effect of that name.
pub fn effect(name: &str) -> Option<&'static EffectInfo> {
    EFFECTS.iter().find(|info| info.name == name)
}
