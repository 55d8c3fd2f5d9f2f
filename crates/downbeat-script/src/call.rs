//! One call of a function: its arguments, matched with the parameters, and a way to report what is wrong with them.

use std::cell::OnceCell;

use downbeat_dsp::{
    Control, EnvelopeSettings, InstrumentSettings, Kind, ParamType, Settings, Value as Setting, WaveSettings,
};
use downbeat_engine::session::{Chain, Origin, Step};
use starlark::eval::{Arguments, CallStack, Evaluator};
use starlark::values::{AllocValue, Heap, Value};

use crate::accept::{Arg, Refusal, accept};
use crate::clips::path_from;
use crate::desk::Desk;
use crate::diagnostic::Diagnostic;
use crate::effects::{EffectHandle, EnvelopeHandle, InstrumentHandle, WaveHandle};
use crate::function::{Function, Param, Run, Takes};
use crate::grid::GridHandle;
use crate::lengths;
use crate::nearest::nearest;
use crate::object::{Callable, Receiver};
use crate::source::Span;
use crate::strips::Strip;
use crate::time::{Duration, Moment};
use crate::unknown::Unknown;

/// A call under way.
pub(crate) struct Call<'v, 'c> {
    pub(crate) heap: Heap<'v>,
    pub(crate) desk: &'c Desk,
    pub(crate) function: &'static Function,
    given: Vec<Given<'v>>,
    /// Whether a keyword was given that there is not.
    misspelt: bool,
    stack: &'c dyn Stack,
    span: OnceCell<Option<Span>>,
}

/// An argument and the parameter it is for. A value that was refused (and reported) is `None`.
struct Given<'v> {
    param: usize,
    place: Place,
    arg: Option<Arg<'v>>,
}

/// Where an argument stands in the call.
#[derive(Clone, PartialEq, Debug)]
pub(crate) enum Place {
    /// The name of the function.
    Name,
    /// The positional argument with this index.
    Position(usize),
    /// The argument with this keyword; its value.
    Keyword(String),
    /// The keyword itself.
    KeywordName(String),
}

/// Where in the script the runtime is.
trait Stack {
    fn frames(&self) -> CallStack;
}

impl Stack for Evaluator<'_, '_, '_> {
    fn frames(&self) -> CallStack {
        self.call_stack()
    }
}

impl<'v> Call<'v, '_> {
    /// Matches the arguments and runs the function.
    pub(crate) fn run(
        callable: &Callable,
        args: &Arguments<'v, '_>,
        eval: &mut Evaluator<'v, '_, '_>,
    ) -> starlark::Result<Value<'v>> {
        let heap = eval.heap();
        let desk = Desk::of(eval)?;
        let (given, span) = (Vec::new(), OnceCell::new());
        let mut call = Call { heap, desk, function: callable.function, given, misspelt: false, stack: eval, span };
        call.match_arguments(args)?;
        let value = match (&callable.function.run, &callable.receiver) {
            (Run::Plain(_), _) if call.function.params.iter().any(|param| call.is_refused(param.name)) => {
                heap.alloc(Unknown {})
            }
            (Run::Free(run) | Run::Plain(run), _) => run(&call),
            (Run::Strip(run), Some(Receiver::Strip(strip))) => run(strip, &call),
            (Run::Clip(run), Some(Receiver::Clip(clip))) => run(clip, &call),
            (Run::Segment(run), Some(Receiver::Segment(segment))) => run(segment, &call),
            (Run::Song(run), Some(Receiver::Song(song))) => run(song, &call),
            (Run::Grid(run), Some(Receiver::Grid(grid))) => run(grid, &call),
            (Run::Group(run), Some(Receiver::Group(group))) => run(group, &call),
            (Run::Effect(info), _) => {
                heap.alloc(EffectHandle { settings: call.settings(|values| info.settings(values)) })
            }
            (Run::Wave(info), _) => heap.alloc(WaveHandle { settings: call.settings(|values| info.settings(values)) }),
            (Run::Envelope(info), _) => {
                heap.alloc(EnvelopeHandle { settings: call.settings(|values| info.settings(values)) })
            }
            (Run::Instrument(info), _) => {
                heap.alloc(InstrumentHandle { settings: call.settings(|values| info.settings(values)) })
            }
            // A method is bound to a receiver of its own kind.
            (Run::Strip(_) | Run::Clip(_) | Run::Segment(_) | Run::Song(_) | Run::Grid(_) | Run::Group(_), _) => {
                Value::new_none()
            }
        };
        desk.check_patience()?;
        Ok(value)
    }

    fn match_arguments(&mut self, args: &Arguments<'v, '_>) -> starlark::Result<()> {
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
                Some(param) => self.take(param, Place::Keyword(name.into()), value),
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

    /// The settings that were given, in the order of the parameters, made into whatever has settings.
    fn settings<T>(&self, make: impl Fn(Vec<Setting>) -> Result<T, downbeat_dsp::ParamError>) -> Option<T> {
        let values = self.function.params.iter().map(|param| self.setting(param.name)).collect();
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

    /// Reports an error at an argument.
    pub(crate) fn error(
        &self,
        place: Place,
        message: impl Into<String>,
        more: impl FnOnce(Diagnostic) -> Diagnostic,
    ) -> Value<'v> {
        let span = self.span_of(&place);
        let diagnostic = more(Diagnostic::error(message).at(span));
        self.desk.report(self.with_callers(diagnostic));
        self.heap.alloc(Unknown {})
    }

    /// Reports a warning at the call.
    pub(crate) fn warn(&self, message: impl Into<String>, more: impl FnOnce(Diagnostic) -> Diagnostic) {
        let diagnostic = more(Diagnostic::warning(message).at(self.span_of(&Place::Name)));
        self.desk.report(self.with_callers(diagnostic));
    }

    /// Adds the calls of the script's own functions that led here, the innermost three.
    fn with_callers(&self, mut diagnostic: Diagnostic) -> Diagnostic {
        let frames = self.stack.frames().into_frames();
        let outer = frames.len().saturating_sub(1);
        for frame in frames[..outer].iter().rev().take(3) {
            if let Some(place) = &frame.location {
                let span = self.desk.locate(place);
                diagnostic = diagnostic.related(span, format!("`{}` is called here", frame.name));
            }
        }
        diagnostic
    }

    /// Where the call stands.
    pub(crate) fn span(&self) -> Option<Span> {
        let find = || self.stack.frames().into_frames().last()?.location.as_ref().map(|place| self.desk.locate(place));
        self.span.get_or_init(find).clone()
    }

    /// The call as the maker of something.
    pub(crate) fn origin(&self) -> Origin {
        self.span_of(&Place::Name).map_or_else(Origin::default, |span| self.desk.origin(span))
    }

    /// Where a part of the call stands.
    pub(crate) fn span_of(&self, place: &Place) -> Option<Span> {
        self.desk.place_in_call(self.span()?, place)
    }

    /// Where the argument for a parameter stands; the name of the function when it was not given.
    pub(crate) fn place(&self, name: &str) -> Place {
        let index = self.function.param(name);
        let given = self.given.iter().find(|given| Some(given.param) == index);
        given.map_or(Place::Name, |given| given.place.clone())
    }

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
        if let Some(Arg::Setting(value)) = self.arg(name) {
            return value.clone();
        }
        match self.function.param(name).map(|param| &self.function.params[param].takes) {
            Some(Takes::Setting(info)) => info.default.clone(),
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
    pub(crate) fn paths(&self, name: &str) -> Vec<(Place, Vec<Settings>)> {
        let index = self.function.param(name);
        let given = self.given.iter().filter(|given| Some(given.param) == index);
        given
            .filter_map(|given| match &given.arg {
                Some(Arg::Effects(effects)) => Some((given.place.clone(), effects.clone())),
                _ => None,
            })
            .collect()
    }

    /// The effects of a parameter as chains of clips and segments, one for each argument. There nobody else is heard.
    pub(crate) fn chains(&self, name: &str) -> Vec<Chain> {
        let chain = |(place, effects): (Place, Vec<Settings>)| {
            if let Some(effect) = effects.iter().find(|effect| effect.listens_to().next().is_some()) {
                let message =
                    format!("`{}` listens to another strip: it works on whole tracks only", effect.info().name);
                self.error(place, message, |d| {
                    d.label("on a clip or a segment it would hear nobody")
                        .hint("insert it in the track, in a bus or in the master: track.insert(...)")
                });
            }
            effects.into_iter().map(Step::Insert).collect()
        };
        self.paths(name).into_iter().map(chain).collect()
    }

    /// The effects of a parameter as one chain of a clip or a segment.
    pub(crate) fn chain(&self, name: &str) -> Chain {
        self.chains(name).concat()
    }

    /// Puts a value on the heap.
    pub(crate) fn give(&self, value: impl AllocValue<'v>) -> Value<'v> {
        self.heap.alloc(value)
    }
}

/// The beginning of a text, up to the first full stop that ends a sentence, without it.
pub(crate) fn first_sentence(text: &str) -> String {
    let text = text.trim();
    let end = text.find(". ").or_else(|| text.find(".\n")).unwrap_or(text.len());
    let words: Vec<&str> = text[..end].split_whitespace().collect();
    words.join(" ").trim_end_matches('.').to_string()
}
