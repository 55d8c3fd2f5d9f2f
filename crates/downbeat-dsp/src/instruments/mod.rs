//! The instruments: waves, envelopes, and the generators that sound them. One file a wave or an envelope, and one line
//! each in its table.
//!
//! A script's choice is a [`WaveSettings`] or an [`EnvelopeSettings`] (plain data); a [`Generator`] is made from it and
//! from what to play: [`Tone`], [`Sweep`], or [`PartPlayer`] for the notes of a part.

mod ads;
mod adsr;
mod envelope;
mod flat;
mod generator;
mod part_player;
mod phase;
mod pulse;
mod sawtooth;
mod sine;
mod square;
mod sweep;
mod tone;
mod triangle;
mod voice;
mod wave;
mod wavetable;

pub use ads::Ads;
pub use adsr::Adsr;
pub use envelope::{Envelope, EnvelopeInfo, EnvelopeSettings, Ramp};
pub use flat::Flat;
pub use generator::Generator;
pub use part_player::{PartPlayer, PlayedNote};
pub use pulse::Pulse;
pub use sawtooth::Sawtooth;
pub use sine::Sine;
pub use square::Square;
pub use sweep::Sweep;
pub use tone::Tone;
pub use triangle::Triangle;
pub use wave::{Run, Series, Wave, WaveInfo, WaveSettings};
pub use wavetable::Wavetable;

/// Every wave there is, in the order of the reference.
pub static WAVES: &[WaveInfo] = &[
    WaveInfo::wave::<Sine>(1),
    WaveInfo::wave::<Square>(1),
    WaveInfo::wave::<Sawtooth>(1),
    WaveInfo::wave::<Triangle>(1),
    WaveInfo::wave::<Pulse>(1),
];

/// Every envelope there is, in the order of the reference.
pub static ENVELOPES: &[EnvelopeInfo] =
    &[EnvelopeInfo::envelope::<Adsr>(1), EnvelopeInfo::envelope::<Ads>(1), EnvelopeInfo::envelope::<Flat>(1)];

/// The row of the wave of that name.
pub fn wave(name: &str) -> Option<&'static WaveInfo> {
    WAVES.iter().find(|info| info.name == name)
}

/// The row of the envelope of that name.
pub fn envelope(name: &str) -> Option<&'static EnvelopeInfo> {
    ENVELOPES.iter().find(|info| info.name == name)
}
