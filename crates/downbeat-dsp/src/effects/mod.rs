//! The effects. One file each, and one line each in the table.

mod gain;

pub use gain::Gain;

use crate::EffectInfo;

/// Every effect there is, in the order of the reference.
pub static EFFECTS: &[EffectInfo] = &[
    EffectInfo::streaming::<Gain>(),
];

/// The row of the effect of that name.
pub fn effect(name: &str) -> Option<&'static EffectInfo> {
    EFFECTS.iter().find(|info| info.name == name)
}
