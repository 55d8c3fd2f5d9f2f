//! The instruments: waves, envelopes, and the generators that sound them. One file a wave or an envelope, and one line
//! each in its table.
//!
//! A script's choice is a [`WaveSettings`] or an [`EnvelopeSettings`] (plain data); a [`Generator`] is made from it and
//! from what to play: [`Tone`], [`Sweep`], or [`PartPlayer`] for the notes of a part.
//!
//! An [`Instrument`] is more than a wave under an envelope: settings that make voices, which follow the wheel and the pedal of
//! a [`Performance`], and some its other controllers. One file each, and one line each in [`INSTRUMENTS`]; `polyphony.rs` plays them all.

mod ads;
mod adsr;
mod bank;
mod contour;
mod controls;
mod drum_kit;
mod drum_sounds;
mod envelope;
mod filter;
mod flat;
mod fm;
mod fm_band;
mod generator;
mod instrument;
mod noise;
mod part_player;
mod phase;
mod plucked;
mod polyphony;
mod pulse;
mod resample;
mod sampler;
mod sawtooth;
mod score;
mod sine;
mod soundfont;
mod soundfont_contour;
mod soundfont_faders;
mod soundfont_layer;
mod square;
mod still;
mod subtractive;
mod sweep;
mod tone;
mod triangle;
mod unison;
mod voice;
mod wave;
mod wavetable;

pub use ads::Ads;
pub use adsr::Adsr;
pub use bank::WaveShape;
pub use controls::Controls;
pub use drum_kit::{DrumKit, DrumVoice};
pub use envelope::{Envelope, EnvelopeInfo, EnvelopeSettings, Ramp};
pub use filter::VoiceFilter;
pub use flat::Flat;
pub use fm::{Algorithm, Fm, FmVoice};
pub use generator::Generator;
pub use instrument::{Instrument, InstrumentInfo, InstrumentSettings, Playable, Voice};
pub use part_player::{PartPlayer, PlayedNote};
pub use plucked::{Plucked, PluckedVoice};
pub use pulse::Pulse;
pub use sampler::{Sampler, SamplerVoice};
pub use sawtooth::Sawtooth;
pub use score::{Performance, Score, Strike};
pub use sine::Sine;
pub use soundfont::{SoundFontPlayer, SoundFontVoice};
pub use square::Square;
pub use subtractive::{Subtractive, SubtractiveVoice};
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

/// Every instrument there is, in the order of the reference.
pub static INSTRUMENTS: &[InstrumentInfo] = &[
    InstrumentInfo::instrument::<Subtractive>(1),
    InstrumentInfo::instrument::<Fm>(1),
    InstrumentInfo::instrument::<Plucked>(1),
    InstrumentInfo::instrument::<DrumKit>(1),
    InstrumentInfo::instrument::<Sampler>(1),
    InstrumentInfo::instrument::<SoundFontPlayer>(2),
];

/// The row of the wave of that name.
pub fn wave(name: &str) -> Option<&'static WaveInfo> {
    WAVES.iter().find(|info| info.name == name)
}

/// The row of the envelope of that name.
pub fn envelope(name: &str) -> Option<&'static EnvelopeInfo> {
    ENVELOPES.iter().find(|info| info.name == name)
}

/// The row of the instrument of that name.
pub fn instrument(name: &str) -> Option<&'static InstrumentInfo> {
    INSTRUMENTS.iter().find(|info| info.name == name)
}
