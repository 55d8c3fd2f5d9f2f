//! Effects, waves, envelopes and instruments as values; the functions that make them come from the tables of `downbeat-dsp`.

use std::fmt;

use downbeat_dsp::{
    EFFECTS, ENVELOPES, EnvelopeSettings, INSTRUMENTS, InstrumentSettings, Processor, Settings, WAVES, WaveSettings,
};

use crate::function::{Function, Param, Run};
use crate::object::{Members, Object, Table, handle, object};

/// A value that is nothing but settings; `None` when they could not be made, which was reported.
macro_rules! settings {
    ($module:ident, $handle:ident, $settings:ty, $kind:literal, $about:literal) => {
        handle! {
            mod $module;
            #[doc = $about]
            struct $handle { settings: Option<$settings> }
        }

        impl fmt::Display for $handle {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                match &self.settings {
                    Some(settings) => fmt::Display::fmt(settings, f),
                    None => f.write_str($kind),
                }
            }
        }

        impl Object for $handle {
            const KIND: &'static str = $kind;
            const ABOUT: &'static str = $about;

            fn members() -> &'static Members<Self> {
                static MEMBERS: Table<$handle> = Table::new(|| Members { fields: Vec::new(), methods: Vec::new() });
                &MEMBERS
            }
        }

        object!($handle, $kind, {
            fn equals(&self, other: starlark::values::Value<'v>) -> starlark::Result<bool> {
                Ok(Self::from_value(other).is_some_and(|other| other.settings == self.settings))
            }
        });
    };
}

settings!(
    effect_handle,
    EffectHandle,
    Settings,
    "effect",
    "An effect with its settings. It can be inserted in many places; each place has its own state."
);
settings!(wave_handle, WaveHandle, WaveSettings, "wave", "The shape of a tone.");
settings!(envelope_handle, EnvelopeHandle, EnvelopeSettings, "envelope", "The level of a note over time.");

settings!(
    instrument_handle,
    InstrumentHandle,
    InstrumentSettings,
    "instrument",
    "What plays a part: a synthesiser, a string, a drum kit. It can play many parts."
);

/// A function for every row of the table of effects.
pub(crate) fn effect_functions() -> impl Iterator<Item = Function> {
    EFFECTS.iter().map(|info| Function {
        name: info.name,
        about: info.about,
        params: info.params().iter().map(Param::setting).collect(),
        gives: "the effect",
        run: Run::Effect(info),
    })
}

/// A function for every instrument.
pub(crate) fn instrument_functions() -> impl Iterator<Item = Function> {
    INSTRUMENTS.iter().map(|info| Function {
        name: info.name,
        about: info.about,
        params: info.params().iter().map(Param::setting).collect(),
        gives: "the instrument",
        run: Run::Instrument(info),
    })
}

/// A function for every wave and every envelope.
pub(crate) fn wave_functions() -> impl Iterator<Item = Function> {
    let waves = WAVES.iter().map(|info| Function {
        name: info.name,
        about: info.about,
        params: info.params().iter().map(Param::setting).collect(),
        gives: "the wave",
        run: Run::Wave(info),
    });
    let envelopes = ENVELOPES.iter().map(|info| Function {
        name: info.name,
        about: info.about,
        params: info.params().iter().map(Param::setting).collect(),
        gives: "the envelope",
        run: Run::Envelope(info),
    });
    waves.chain(envelopes)
}

/// Where an effect can stand.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Needs {
    /// It streams.
    Nothing,
    /// It measures the whole sound first.
    Measuring,
    /// It needs the whole clip.
    Clip,
}

/// What an effect with these settings needs.
pub(crate) fn needs(settings: &Settings) -> Needs {
    match settings.made() {
        Processor::Stream(_) => Needs::Nothing,
        Processor::Measured(_) => Needs::Measuring,
        Processor::Clip(_) => Needs::Clip,
    }
}
