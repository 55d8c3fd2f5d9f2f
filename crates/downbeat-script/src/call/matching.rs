//! The arguments of a call are matched with the parameters of its function, and what is wrong with them is told.

use downbeat_dsp::{EffectInfo, Kind, ParamError, Settings, Value as Setting};
use starlark::eval::Arguments;
use starlark::values::Value;

use super::{Call, Given, Place, first_sentence};
use crate::accept::{Arg, Refusal, accept};
use crate::clips::path_from;
use crate::function::{Param, Takes};
use crate::lengths;
use crate::nearest::nearest;
use crate::time::Duration;

impl<'v> Call<'v, '_> {
    pub(super) fn match_arguments(&mut self, args: &Arguments<'v, '_>) -> starlark::Result<()> {
        let function = self.function;
        let mut superfluous = Vec::new();
        for (i, value) in args.positions(self.heap)?.enumerate() {
            let many = function.params.iter().position(|param| param.many).filter(|many| *many <= i);
            match many.or((i < function.params.len()).then_some(i)) {
                Some(param) => self.take(param, Place::Position(i), value),
                None => superfluous.push(i),
            }
        }
        let mut excused = Vec::new();
        for (name, value) in args.names_map()? {
            let name = name.as_str();
            match function.param(name) {
                Some(param) if function.params[param].many => {
                    self.error(Place::KeywordName(name.into()), format!("`{name}` is given without its name"), |d| {
                        d.hint(format!("write {}", function.signature().replace('*', "")))
                    });
                    excused.push(param);
                }
                Some(param) if self.given.iter().any(|given| given.param == param) => {
                    self.error(Place::KeywordName(name.into()), format!("`{name}` is given twice"), |d| {
                        d.label("once more").hint(format!("the call is {}", function.signature()))
                    });
                }
                Some(param) => self.take(param, Place::Keyword(function.params[param].name), value),
                None => {
                    self.misspelt = true;
                    excused.extend(self.unknown_keyword(name));
                }
            }
        }
        if let Some(first) = superfluous.first() {
            let most = function.params.len();
            let given = most + superfluous.len();
            let takes = match most {
                0 => "no arguments".to_string(),
                1 => "one argument".to_string(),
                n => format!("at most {n} arguments"),
            };
            let were = if given == 1 { "one is".into() } else { format!("{given} are") };
            self.error(Place::Position(*first), format!("`{}` takes {takes}, and {were} given", function.name), |d| {
                d.label("one too many").hint(format!("the call is {}", function.signature()))
            });
            return Ok(());
        }
        for (i, param) in function.params.iter().enumerate() {
            let there = self.given.iter().any(|given| given.param == i);
            // Who misspells a keyword has not forgotten it.
            if param.default.is_none() && !param.many && !there && excused.is_empty() {
                self.error(Place::Name, format!("`{}` needs `{}`", function.name, param.name), |d| {
                    d.label(format!("`{}` is missing", param.name))
                        .hint(format!("`{}`: {}", param.name, first_sentence(param.about)))
                        .hint(format!("the call is {}", function.signature()))
                });
            }
        }
        Ok(())
    }

    fn take(&mut self, index: usize, place: Place, value: Value<'v>) {
        let param = &self.function.params[index];
        let optional = param.default.as_deref() == Some("None");
        if optional && value.is_none() {
            return;
        }
        let accepted = match (&param.takes, Duration::from_value(value), value.unpack_str()) {
            (Takes::Setting(info), Some(duration), _) => lengths::number(self, info, duration, &place),
            (Takes::Setting(info), _, Some(path)) if info.kind == Kind::SoundFont => {
                let found = self.desk.sounds.sound_font(&path_from(self.span().as_ref(), path));
                Some(found.map(|font| Arg::Setting(Setting::SoundFont(font))))
            }
            _ => None,
        };
        let arg = match accepted.unwrap_or_else(|| accept(&param.takes, value)) {
            Ok(arg) => Some(arg),
            Err(refusal) => {
                self.refuse(param, &place, refusal);
                None
            }
        };
        self.given.push(Given { param: index, place, arg });
    }

    fn refuse(&self, param: &Param, place: &Place, refusal: Refusal) {
        let (message, label, hint) = match refusal {
            Refusal::FollowsFromAnother => return,
            Refusal::WrongKind { found, hint } => {
                // The name of a parameter that takes several arguments is never seen in a script.
                let name = if param.many { self.function.name } else { param.name };
                (format!("`{name}` takes {}, not {found}", param.takes.words()), format!("this is {found}"), hint)
            }
            Refusal::OutOfRange { found, allowed } => {
                (format!("`{}` = {found} is out of range", param.name), format!("it takes {allowed}"), None)
            }
            Refusal::Wrong { message, label, hint } => (message, label, hint),
        };
        let about = format!("`{}` of `{}`: {}", param.name, self.function.name, first_sentence(param.about));
        self.error(place.clone(), message, |d| d.label(label).hint(hint.unwrap_or(about)));
    }

    fn unknown_keyword(&self, name: &str) -> Option<usize> {
        let function = self.function;
        let names = function.params.iter().filter(|param| !param.many).map(|param| param.name);
        let near = nearest(name, names.clone());
        // With one parameter that was not given, that is the one that was meant, whatever it was called.
        self.error(Place::KeywordName(name.into()), format!("`{}` has no parameter `{name}`", function.name), |d| {
            match near {
                Some(near) => d.label(format!("did you mean `{near}`?")),
                None => d.label("there is no such parameter"),
            }
            .hint(format!("the call is {}", function.signature()))
        });
        near.and_then(|near| function.param(near))
            .or_else(|| names.clone().next().and_then(|name| function.param(name)))
    }

    /// The settings of an effect. Where many segments are given the same, they share it.
    pub(super) fn effect(&self, info: &'static EffectInfo) -> Option<Settings> {
        let given = self.given.iter().filter_map(|given| match &given.arg {
            Some(Arg::Setting(value)) => Some((given.param, value)),
            _ => None,
        });
        self.desk.sounds.made(info.name, given, || self.settings(|values| info.settings(values)))
    }

    /// The settings that were given, in the order of the parameters, made into whatever has settings.
    pub(super) fn settings<T>(&self, make: impl Fn(Vec<Setting>) -> Result<T, ParamError>) -> Option<T> {
        let values = (0..self.function.params.len()).map(|param| self.setting_at(param)).collect();
        match make(values) {
            Ok(made) => Some(made),
            Err(error) => {
                let place = self.place(error.param());
                let about = self.function.param(error.param()).map(|param| self.function.params[param].about);
                self.error(place, error.to_string(), |d| match about {
                    Some(about) => d.hint(format!("`{}`: {}", error.param(), first_sentence(about))),
                    None => d,
                });
                make(Vec::new()).ok()
            }
        }
    }
}
