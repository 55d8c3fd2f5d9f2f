//! One call of a function: its arguments, matched with the parameters, and a way to report what is wrong with them.

mod arguments;
mod matching;

use std::cell::OnceCell;

use downbeat_engine::session::Origin;
use starlark::eval::{Arguments, CallStack, Evaluator};
use starlark::values::{AllocValue, Heap, Value};

use crate::accept::Arg;
use crate::desk::Desk;
use crate::diagnostic::Diagnostic;
use crate::effects::{EffectHandle, EnvelopeHandle, InstrumentHandle, WaveHandle};
use crate::function::{Function, Run};
use crate::object::{Callable, Receiver};
use crate::source::Span;
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
    Keyword(&'static str),
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
            (Run::Effect(info), _) => heap.alloc(EffectHandle { settings: call.effect(info) }),
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
