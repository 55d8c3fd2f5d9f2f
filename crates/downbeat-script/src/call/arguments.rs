//! The arguments of a call, by the names of the parameters.

use downbeat_dsp::{
    Control, EnvelopeSettings, InstrumentSettings, ParamType, Settings, Value as Setting, WaveSettings,
};
use downbeat_engine::session::{Chain, Step};
use starlark::values::Value;

use super::{Call, Place};
use crate::accept::Arg;
use crate::function::Takes;
use crate::grid::GridHandle;
use crate::strips::Strip;
use crate::time::{Duration, Moment};

impl<'v> Call<'v, '_> {
    fn arg(&self, name: &str) -> Option<&Arg<'v>> {
        let index = self.function.param(name);
        self.given.iter().find(|given| Some(given.param) == index)?.arg.as_ref()
    }

    /// Whether an argument was given for a parameter, right or wrong.
    pub(crate) fn is_given(&self, name: &str) -> bool {
        let index = self.function.param(name);
        self.given.iter().any(|given| Some(given.param) == index)
    }

    /// Whether an argument was given that could not be used, so that what comes of the call is a stand-in.
    pub(crate) fn is_refused(&self, name: &str) -> bool {
        self.arg(name).is_none() && (self.is_given(name) || self.is_needed(name))
    }

    /// Whether a keyword was given (and reported) that there is not: what seems to be missing may be that.
    pub(crate) fn is_misspelt(&self) -> bool {
        self.misspelt
    }

    fn is_needed(&self, name: &str) -> bool {
        self.function.params.iter().any(|param| param.name == name && param.default.is_none())
    }

    /// The setting for a parameter: what was given, or its default.
    fn setting(&self, name: &str) -> Setting {
        self.function.param(name).map_or(Setting::Switch(false), |param| self.setting_at(param))
    }

    /// The setting for the parameter with this index.
    pub(super) fn setting_at(&self, param: usize) -> Setting {
        let given = self.given.iter().find(|given| given.param == param);
        match (given.and_then(|given| given.arg.as_ref()), &self.function.params[param].takes) {
            (Some(Arg::Setting(value)), _) => value.clone(),
            (_, Takes::Setting(info)) => info.default.clone(),
            _ => Setting::Switch(false),
        }
    }

    /// A number.
    pub(crate) fn number(&self, name: &str) -> f64 {
        match self.setting(name) {
            Setting::Number(x) => x,
            Setting::Whole(n) => n as f64,
            _ => 0.0,
        }
    }

    /// A number that may move.
    pub(crate) fn control(&self, name: &str) -> Control {
        match self.setting(name) {
            Setting::Moving(automation) => Control::Moving(automation),
            _ => Control::Still(self.number(name)),
        }
    }

    /// A whole number.
    pub(crate) fn whole(&self, name: &str) -> i64 {
        if let Setting::Whole(n) = self.setting(name) { n } else { 0 }
    }

    /// A switch.
    pub(crate) fn switch(&self, name: &str) -> bool {
        self.setting(name) == Setting::Switch(true)
    }

    /// One of a few names.
    pub(crate) fn choice(&self, name: &str) -> String {
        if let Setting::Choice(choice) = self.setting(name) { choice } else { String::new() }
    }

    /// One of the variants of a choice, if it is given or has a default.
    pub(crate) fn choice_of<C: ParamType>(&self, name: &str) -> Option<C> {
        C::from_value(&self.setting(name))
    }

    /// A string.
    pub(crate) fn text(&self, name: &str) -> Option<&str> {
        if let Some(Arg::Text(text)) = self.arg(name) { Some(text) } else { None }
    }

    /// Whatever was given, for parameters that take anything.
    pub(crate) fn value(&self, name: &str) -> Option<Value<'v>> {
        if let Some(Arg::Any(value)) = self.arg(name) { Some(*value) } else { None }
    }

    /// A length of time.
    pub(crate) fn duration(&self, name: &str) -> Option<&Duration> {
        if let Some(Arg::Duration(duration)) = self.arg(name) { Some(duration) } else { None }
    }

    /// A moment.
    pub(crate) fn moment(&self, name: &str) -> Option<&Moment> {
        if let Some(Arg::Moment(moment)) = self.arg(name) { Some(moment) } else { None }
    }

    /// A grid.
    pub(crate) fn grid(&self, name: &str) -> Option<&GridHandle> {
        if let Some(Arg::Grid(grid)) = self.arg(name) { Some(grid) } else { None }
    }

    /// A list of moments with a number each; empty when it was refused.
    pub(crate) fn points(&self, name: &str) -> &[(Moment, f64)] {
        if let Some(Arg::Points(points)) = self.arg(name) { points } else { &[] }
    }

    /// A list of numbers; empty when it was refused.
    pub(crate) fn numbers(&self, name: &str) -> &[f64] {
        if let Some(Arg::Numbers(numbers)) = self.arg(name) { numbers } else { &[] }
    }

    /// A clip.
    pub(crate) fn clip(&self, name: &str) -> Option<&crate::clips::ClipHandle> {
        if let Some(Arg::Clip(clip)) = self.arg(name) { Some(clip) } else { None }
    }

    /// A bus, by its index.
    pub(crate) fn bus(&self, name: &str) -> Option<usize> {
        if let Some(Arg::Bus(bus)) = self.arg(name) { Some(*bus) } else { None }
    }

    /// A track or a bus.
    pub(crate) fn strip(&self, name: &str) -> Option<&Strip> {
        if let Some(Arg::Strips(strips)) = self.arg(name) { strips.first() } else { None }
    }

    /// The tracks and buses of a parameter that takes several arguments.
    pub(crate) fn strips(&self, name: &str) -> Vec<Strip> {
        let index = self.function.param(name);
        let given = self.given.iter().filter(|given| Some(given.param) == index);
        let strips =
            given.filter_map(|given| if let Some(Arg::Strips(strips)) = &given.arg { Some(strips) } else { None });
        strips.flatten().cloned().collect()
    }

    /// A part of the song.
    pub(crate) fn part(&self, name: &str) -> Option<&crate::song::PartHandle> {
        if let Some(Arg::Part(part)) = self.arg(name) { Some(part) } else { None }
    }

    /// A wave.
    pub(crate) fn wave(&self, name: &str) -> Option<&WaveSettings> {
        if let Some(Arg::Wave(wave)) = self.arg(name) { Some(wave) } else { None }
    }

    /// An envelope.
    pub(crate) fn envelope(&self, name: &str) -> Option<&EnvelopeSettings> {
        if let Some(Arg::Envelope(envelope)) = self.arg(name) { Some(envelope) } else { None }
    }

    /// An instrument.
    pub(crate) fn instrument(&self, name: &str) -> Option<&InstrumentSettings> {
        if let Some(Arg::Instrument(instrument)) = self.arg(name) { Some(instrument) } else { None }
    }

    /// Which channels.
    pub(crate) fn channels(&self, name: &str) -> downbeat_engine::media::Pick {
        if let Some(Arg::Channels(pick)) = self.arg(name) { *pick } else { Default::default() }
    }

    /// A reading.
    pub(crate) fn reading(&self, name: &str) -> Option<&crate::expect::ReadingHandle> {
        if let Some(Arg::Reading(reading)) = self.arg(name) { Some(reading) } else { None }
    }

    /// The effects of a parameter that takes several arguments, one list for each of them, with its place.
    pub(crate) fn paths(&self, name: &str) -> impl Iterator<Item = (&Place, &[Settings])> {
        let index = self.function.param(name);
        let given = self.given.iter().filter(move |given| Some(given.param) == index);
        given.filter_map(|given| match &given.arg {
            Some(Arg::Effects(effects)) => Some((&given.place, effects.as_slice())),
            _ => None,
        })
    }

    /// The effects of a parameter as chains of clips and segments, one for each argument. There nobody else is heard.
    fn steps(&self, name: &str) -> impl Iterator<Item = impl Iterator<Item = Step>> {
        self.paths(name).map(|(place, effects)| {
            if let Some(effect) = effects.iter().find(|effect| effect.listens_to().next().is_some()) {
                let message =
                    format!("`{}` listens to another strip: it works on whole tracks only", effect.info().name);
                self.error(place.clone(), message, |d| {
                    d.label("on a clip or a segment it would hear nobody")
                        .hint("insert it in the track, in a bus or in the master: track.insert(...)")
                });
            }
            effects.iter().cloned().map(Step::Insert)
        })
    }

    /// The effects of a parameter as chains of clips and segments, one for each argument.
    pub(crate) fn chains(&self, name: &str) -> Vec<Chain> {
        self.steps(name).map(Iterator::collect).collect()
    }

    /// The effects of a parameter as one chain of a clip or a segment.
    pub(crate) fn chain(&self, name: &str) -> Chain {
        self.steps(name).flatten().collect()
    }
}
