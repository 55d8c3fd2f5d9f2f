//! How everything that a script can call is declared: one table of names, typed parameters and prose.
//!
//! The argument matcher, the messages, the reference and the completion all read these tables and nothing else.
//! Effects, waves, envelopes and instruments become functions of the same shape from the tables of `downbeat-dsp`.

use std::fmt::Write;

use downbeat_dsp::{Kind, ParamInfo, ParamType, Value as Setting};
use starlark::values::Value;

use crate::call::Call;
use crate::clips::ClipHandle;
use crate::grid::GridHandle;
use crate::lengths::Unit;
use crate::routing::GroupHandle;
use crate::segments::SegmentHandle;
use crate::song::SongHandle;
use crate::strips::Strip;

/// A function, or a method of some kind of value.
pub(crate) struct Function {
    /// The name in scripts.
    pub(crate) name: &'static str,
    /// What it does: the first line is the summary.
    pub(crate) about: &'static str,
    /// The parameters in order. Each can be given by position or by keyword, up to the first that takes several.
    pub(crate) params: Vec<Param>,
    /// What it gives back, in words.
    pub(crate) gives: &'static str,
    /// Does it. Whatever is wrong is reported to the desk, and something that one can go on with is given back.
    pub(crate) run: Run,
}

/// The code of a function.
pub(crate) enum Run {
    /// A function of its own.
    Free(for<'v> fn(&Call<'v, '_>) -> Value<'v>),
    /// A function that computes something from its arguments. When one is wrong there is nothing to go on with.
    Plain(for<'v> fn(&Call<'v, '_>) -> Value<'v>),
    /// A method of strips.
    Strip(for<'v> fn(&Strip, &Call<'v, '_>) -> Value<'v>),
    /// A method of clips.
    Clip(for<'v> fn(&ClipHandle, &Call<'v, '_>) -> Value<'v>),
    /// A method of segments.
    Segment(for<'v> fn(&SegmentHandle, &Call<'v, '_>) -> Value<'v>),
    /// A method of songs.
    Song(for<'v> fn(&SongHandle, &Call<'v, '_>) -> Value<'v>),
    /// A method of grids.
    Grid(for<'v> fn(&GridHandle, &Call<'v, '_>) -> Value<'v>),
    /// A method of groups.
    Group(for<'v> fn(&GroupHandle, &Call<'v, '_>) -> Value<'v>),
    /// Makes the settings of an effect.
    Effect(&'static downbeat_dsp::EffectInfo),
    /// Makes the settings of a wave.
    Wave(&'static downbeat_dsp::WaveInfo),
    /// Makes the settings of an envelope.
    Envelope(&'static downbeat_dsp::EnvelopeInfo),
    /// Makes the settings of an instrument.
    Instrument(&'static downbeat_dsp::InstrumentInfo),
}

/// A parameter.
pub(crate) struct Param {
    /// The keyword.
    pub(crate) name: &'static str,
    /// What it is, in a sentence.
    pub(crate) about: &'static str,
    /// What it takes.
    pub(crate) takes: Takes,
    /// What it is when nothing is said, as it is written in a script; `None` when it has to be given.
    pub(crate) default: Option<String>,
    /// Whether it takes any number of positional arguments.
    pub(crate) many: bool,
}

/// What a parameter takes.
pub(crate) enum Takes {
    /// A number, a whole number, a switch or one of a few names, checked by its declaration.
    Setting(ParamInfo),
    /// A string.
    Text,
    /// A number, a string, or a switch.
    Plain,
    /// A length of time.
    Duration,
    /// A moment, or a duration from the start of the song.
    Moment,
    /// A grid, or a list of moments.
    Grid,
    /// A clip.
    Clip,
    /// A clip or a track.
    Sound,
    /// A bus.
    Bus,
    /// A track or a bus.
    Strip,
    /// A track or a bus, or a list of them.
    Strips,
    /// A part of the song.
    Part,
    /// A wave.
    Wave,
    /// An envelope.
    Envelope,
    /// An instrument.
    Instrument,
    /// An effect, or a list of effects.
    Effects,
    /// Which channels of a file.
    Channels,
    /// A name, or a number from 1.
    NameOrNumber,
    /// A list of numbers.
    Numbers,
    /// A list of moments with a number each.
    Points,
    /// A reading of a strip's meters.
    Reading,
}

impl Takes {
    /// What it takes, in words, with its article.
    pub(crate) fn words(&self) -> String {
        match self {
            Takes::Setting(info) => match info.kind {
                Kind::Number { .. } | Kind::Whole { .. } if Unit::of(info).is_some() => "a number or a duration".into(),
                Kind::Number { .. } => "a number".into(),
                Kind::Whole { .. } => "a whole number".into(),
                Kind::Switch => "True or False".into(),
                Kind::Strip => "a track or a bus".into(),
                Kind::Choice(_) | Kind::Text => info.kind.to_string(),
                Kind::SoundFont => "the path of a SoundFont, such as \"gm.sf2\"".into(),
                Kind::Response => "a clip, such as audio(\"hall.wav\"), or a list of two".into(),
                Kind::Samples => "a clip, a list of clips, or a dictionary such as {\"C4\": audio(\"c4.wav\")}".into(),
            },
            Takes::Text => "a string".into(),
            Takes::Plain => "a number, a string, True or False".into(),
            Takes::Duration => "a duration, such as seconds(2.5), ms(10), beats(2) or bars(1)".into(),
            Takes::Moment => "a moment, such as song.downbeats[3], song.bar(9) or seconds(2.5)".into(),
            Takes::Grid => "a grid or a list of moments, such as song.downbeats".into(),
            Takes::Clip => "a clip, such as audio(\"drums.wav\")".into(),
            Takes::Sound => "a track or a clip, such as audio(\"drums.wav\")".into(),
            Takes::Bus => "a bus".into(),
            Takes::Strip => "a track or a bus".into(),
            Takes::Strips => "tracks and buses, or lists of them".into(),
            Takes::Part => "a part of the song, such as song.part(1)".into(),
            Takes::Wave => "a wave, such as square()".into(),
            Takes::Envelope => "an envelope, such as adsr()".into(),
            Takes::Instrument => "an instrument, such as subtractive()".into(),
            Takes::Effects => "an effect or a list of effects".into(),
            Takes::Channels => {
                "\"left\", \"right\", \"downmix\", a channel's number from 1, or a pair of numbers".into()
            }
            Takes::NameOrNumber => "a name or a number".into(),
            Takes::Numbers => "a list of numbers".into(),
            Takes::Points => {
                "a list of moments with a number each, such as [(song.bar(1), -6), (song.bar(9), 0)]".into()
            }
            Takes::Reading => "a reading, such as master.lufs".into(),
        }
    }
}

impl Function {
    /// A function written in this crate.
    pub(crate) fn new(
        name: &'static str,
        about: &'static str,
        params: impl IntoIterator<Item = Param>,
        gives: &'static str,
        run: Run,
    ) -> Self {
        Function { name, about, params: params.into_iter().collect(), gives, run }
    }

    /// How it is called: `fader(db)`, `soft_clip(drive = 1, output = 0.8)`.
    pub(crate) fn signature(&self) -> String {
        let mut text = format!("{}(", self.name);
        let mut keyword_only = false;
        for (i, param) in self.params.iter().enumerate() {
            text.push_str(if i == 0 { "" } else { ", " });
            if param.many {
                text.push('*');
                keyword_only = true;
            }
            text.push_str(param.name);
            if let Some(default) = &param.default {
                let _ = write!(text, " = {default}");
            } else if keyword_only && !param.many {
                text.push_str(" = ...");
            }
        }
        text.push(')');
        text
    }

    /// The parameter of that name.
    pub(crate) fn param(&self, name: &str) -> Option<usize> {
        self.params.iter().position(|param| param.name == name)
    }
}

impl Param {
    /// A parameter that has to be given.
    pub(crate) fn new(name: &'static str, takes: Takes, about: &'static str) -> Self {
        Param { name, about, takes, default: None, many: false }
    }

    /// A parameter that is one of an effect, a wave, an envelope or an instrument.
    pub(crate) fn setting(info: &'static ParamInfo) -> Self {
        let default = (!info.is_required()).then(|| info.default.to_string());
        Param { name: info.name, about: info.about.trim(), takes: Takes::Setting(info.clone()), default, many: false }
    }

    /// A number from `min` to `max`.
    pub(crate) fn number(name: &'static str, min: f64, max: f64, about: &'static str) -> Self {
        Param::checked(name, Kind::Number { min, max }, Setting::Number(0.0f64.clamp(min, max)), about)
    }

    /// Any finite number.
    pub(crate) fn any_number(name: &'static str, about: &'static str) -> Self {
        Param::number(name, f64::MIN, f64::MAX, about)
    }

    /// A number from `min` to `max` that may move.
    pub(crate) fn moving(name: &'static str, min: f64, max: f64, about: &'static str) -> Self {
        let mut param = Param::number(name, min, max, about);
        if let Takes::Setting(info) = &mut param.takes {
            info.is_fixed = false;
        }
        param
    }

    /// A whole number from `min` to `max`.
    pub(crate) fn whole(name: &'static str, min: i64, max: i64, about: &'static str) -> Self {
        Param::checked(name, Kind::Whole { min, max }, Setting::Whole(0i64.clamp(min, max)), about)
    }

    /// On or off.
    pub(crate) fn switch(name: &'static str, about: &'static str) -> Self {
        Param::checked(name, Kind::Switch, Setting::Switch(false), about)
    }

    /// One of a few names.
    pub(crate) fn choice(name: &'static str, names: &'static [&'static str], about: &'static str) -> Self {
        Param::checked(name, Kind::Choice(names), Setting::Choice(names.first().unwrap_or(&"").to_string()), about)
    }

    fn checked(name: &'static str, kind: Kind, stand_in: Setting, about: &'static str) -> Self {
        Param::new(name, Takes::Setting(ParamInfo { name, about, kind, default: stand_in, is_fixed: true }), about)
    }

    /// With a default, which is also what the function gets when nothing is said.
    pub(crate) fn or(mut self, value: impl IntoSetting) -> Self {
        let value = value.into_setting();
        self.default = Some(value.to_string());
        if let Takes::Setting(info) = &mut self.takes {
            info.default = value;
        }
        self
    }

    /// With a default that the function itself knows, written like this.
    pub(crate) fn or_else(mut self, shown: &str) -> Self {
        self.default = Some(shown.to_string());
        self
    }

    /// Takes any number of positional arguments.
    pub(crate) fn many(mut self) -> Self {
        self.many = true;
        self
    }
}

/// The names of a choice.
pub(crate) fn names_of<C: ParamType<Bound = ()>>() -> &'static [&'static str] {
    if let Kind::Choice(names) = C::kind(None) { names } else { &[] }
}

/// What can be a default.
pub(crate) trait IntoSetting {
    fn into_setting(self) -> Setting;
}

impl IntoSetting for f64 {
    fn into_setting(self) -> Setting {
        Setting::Number(self)
    }
}

impl IntoSetting for i64 {
    fn into_setting(self) -> Setting {
        Setting::Whole(self)
    }
}

impl IntoSetting for bool {
    fn into_setting(self) -> Setting {
        Setting::Switch(self)
    }
}

impl IntoSetting for &str {
    fn into_setting(self) -> Setting {
        Setting::Choice(self.to_string())
    }
}
