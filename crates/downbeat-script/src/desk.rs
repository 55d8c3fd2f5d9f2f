//! The mixing desk a script works at: the session as far as it is built, and what there is to say about it.

use std::cell::{Cell, RefCell};
use std::collections::BTreeMap;
use std::ops::Range;
use std::sync::Arc;

use downbeat_dsp::PanLaw;
use downbeat_engine::session::{Bus, Group, Origin, Strip, Target, Track};
use downbeat_engine::{Expectation, StripIndex, World};
use starlark::codemap::FileSpan;
use starlark::eval::Evaluator;
use starlark::syntax::AstModule;

use crate::call::Place;
use crate::clips::ClipHandle;
use crate::diagnostic::Diagnostic;
use crate::followers::Followers;
use crate::memory::Memory;
use crate::nearest::nearest;
use crate::song::Tempo;
use crate::sound::Sounds;
use crate::source::{Sources, Span};
use crate::time::{Clock, Moment};
use crate::tree::{self, Calls};

/// How to evaluate.
#[derive(Clone, PartialEq, Debug, Default)]
pub struct Options {
    /// The rate to render at, in frames per second. It goes before what the script says.
    pub rate: Option<u32>,
    /// Values for the script's `option(...)`, by name, as text.
    pub settings: Vec<(String, String)>,
    /// What a script may use up.
    pub limits: Limits,
    /// The number of threads that decode what a script asks facts about; `None` takes one for each processor.
    pub threads: Option<usize>,
    /// What evaluations before this one have found out about files. `None` finds out all anew.
    pub memory: Option<Arc<Memory>>,
}

/// What a script may use up before it is stopped.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Limits {
    /// Calls and turns of loops.
    pub steps: u64,
    /// Bytes of values.
    pub memory: usize,
    /// Calls within calls.
    pub depth: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Limits { steps: 100_000_000, memory: 1 << 30, depth: 200 }
    }
}

/// The rate of a session that says nothing, in frames per second.
pub(crate) const DEFAULT_RATE: u32 = 48_000;

/// After this many errors evaluation stops: what comes later is rarely news.
const PATIENCE: usize = 25;

/// The desk. Builtins reach it through the evaluator, as a [`DeskRef`].
pub(crate) struct Desk {
    pub(crate) world: Arc<dyn World>,
    pub(crate) options: Options,
    pub(crate) sounds: Arc<Sounds>,
    pub(crate) mix: RefCell<Mix>,
    pub(crate) prints: RefCell<Vec<String>>,
    /// The options that the script asks for.
    pub(crate) asked: RefCell<Vec<String>>,
    sources: RefCell<Sources>,
    /// The calls of each script file.
    calls: RefCell<BTreeMap<Arc<str>, Calls>>,
    trees: RefCell<BTreeMap<String, Option<AstModule>>>,
    diagnostics: RefCell<Vec<Diagnostic>>,
    errors: Cell<usize>,
}

// The runtime's derive writes an `unsafe impl` (of the type's identity); nothing unsafe is written here.
#[allow(unsafe_code)]
mod desk_ref {
    use starlark::values::ProvidesStaticType;

    /// A desk, as an evaluator carries it.
    #[derive(ProvidesStaticType)]
    pub(crate) struct DeskRef<'d> {
        pub(crate) desk: &'d super::Desk,
    }
}
pub(crate) use desk_ref::DeskRef;

/// The session as far as it is built.
#[derive(Default)]
pub(crate) struct Mix {
    /// Once `session(...)` was called: where.
    pub(crate) declared: Option<Span>,
    /// Once something depends on the rate: the rate.
    pub(crate) rate: Option<u32>,
    /// How many durations were counted in samples before the rate was known.
    pub(crate) samples: usize,
    /// What `session(...)` says of the rate.
    pub(crate) declared_rate: Option<u32>,
    pub(crate) length: Option<Moment>,
    pub(crate) tempo: Option<Arc<Tempo>>,
    pub(crate) tracks: Vec<Track>,
    pub(crate) buses: Vec<Bus>,
    pub(crate) master: Strip,
    pub(crate) groups: Vec<Group>,
    pub(crate) loudness: Option<Target>,
    /// What pans do when they do not say.
    pub(crate) pan_law: Option<PanLaw>,
    pub(crate) expectations: Vec<Expectation>,
    /// The clips of the tracks, by the track's index.
    pub(crate) clips: BTreeMap<usize, ClipHandle>,
    /// Of each track, where it was cut.
    pub(crate) cuts: BTreeMap<usize, Option<Span>>,
    /// The ways of sound, to point at when they make a circle.
    pub(crate) routes: Vec<Route>,
    /// The numbers that follow levels, for the same.
    pub(crate) followers: Followers,
}

/// A way from a strip to another one.
pub(crate) struct Route {
    pub(crate) from: StripIndex,
    pub(crate) to: StripIndex,
    pub(crate) way: Way,
    pub(crate) span: Option<Span>,
}

/// How sound comes from a strip to another one.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Way {
    /// By its output.
    Output,
    /// By a send.
    Send,
    /// The other one listens to it.
    Ear,
}

impl Mix {
    /// The name of a strip.
    pub(crate) fn name(&self, index: StripIndex) -> &str {
        match index {
            StripIndex::Track(track) => &self.tracks[track].name,
            StripIndex::Bus(bus) => &self.buses[bus].name,
            StripIndex::Master => "Master",
        }
    }

    /// The track or the bus with this name.
    pub(crate) fn named(&self, name: &str) -> Option<StripIndex> {
        let track = self.tracks.iter().position(|track| track.name == name).map(StripIndex::Track);
        track.or_else(|| self.buses.iter().position(|bus| bus.name == name).map(StripIndex::Bus))
    }
}

impl Desk {
    /// A desk with nothing on it. `sources` holds the texts that are known from before.
    pub(crate) fn new(world: Arc<dyn World>, options: Options, sounds: Arc<Sounds>, sources: Sources) -> Self {
        Desk {
            world,
            options,
            sounds,
            mix: RefCell::default(),
            prints: RefCell::default(),
            asked: RefCell::default(),
            sources: RefCell::new(sources),
            calls: RefCell::default(),
            trees: RefCell::default(),
            diagnostics: RefCell::default(),
            errors: Cell::new(0),
        }
    }

    /// The desk that an evaluator works at.
    pub(crate) fn of<'e>(eval: &Evaluator<'_, '_, 'e>) -> starlark::Result<&'e Desk> {
        let desk = eval.extra.and_then(|extra| extra.downcast_ref::<DeskRef<'e>>()).map(|at| at.desk);
        desk.ok_or_else(|| starlark::Error::new_other(anyhow::anyhow!("this function works in a mix only")))
    }

    /// The session's rate, which cannot change from here on.
    pub(crate) fn rate(&self) -> u32 {
        let mut mix = self.mix.borrow_mut();
        let rate = self.options.rate.or(mix.rate).or(mix.declared_rate).unwrap_or(DEFAULT_RATE);
        mix.rate = Some(rate);
        rate
    }

    /// The session's rate as far as it is known, for a duration that is counted in samples. The length of a session may
    /// be one, so this alone does not settle the rate.
    pub(crate) fn rate_for_samples(&self) -> u32 {
        let mut mix = self.mix.borrow_mut();
        mix.samples += usize::from(mix.declared.is_none());
        self.options.rate.or(mix.rate).or(mix.declared_rate).unwrap_or(DEFAULT_RATE)
    }

    /// The rate and the tempo, for times.
    pub(crate) fn clock(&self) -> Clock {
        let rate = Some(self.rate());
        Clock { rate, tempo: self.mix.borrow().tempo.clone() }
    }

    /// Takes a diagnostic, unless it was there before: a fault in a loop is one fault.
    pub(crate) fn report(&self, diagnostic: Diagnostic) {
        let mut diagnostics = self.diagnostics.borrow_mut();
        if !diagnostics.contains(&diagnostic) {
            self.errors.set(self.errors.get() + usize::from(diagnostic.is_error()));
            diagnostics.push(diagnostic);
        }
    }

    /// Whether there is any error.
    pub(crate) fn has_errors(&self) -> bool {
        self.errors.get() > 0
    }

    /// Stops evaluation after too many errors.
    pub(crate) fn check_patience(&self) -> starlark::Result<()> {
        if self.errors.get() < PATIENCE {
            return Ok(());
        }
        Err(starlark::Error::new_other(TooManyErrors))
    }

    /// All that was reported, in the order of the files and lines; what has no place comes last.
    pub(crate) fn take_diagnostics(&self) -> Vec<Diagnostic> {
        let mut diagnostics = self.diagnostics.take();
        diagnostics.sort_by_key(|diagnostic| (diagnostic.severity, diagnostic.span.is_none(), diagnostic.span.clone()));
        diagnostics
    }

    /// Adds the calls of a script file, as they are written.
    pub(crate) fn add_calls(&self, file: &str, calls: Calls) {
        self.calls.borrow_mut().insert(file.into(), calls);
    }

    /// Adds a script file.
    pub(crate) fn add_source(&self, file: &str, text: &str) -> Arc<str> {
        self.sources.borrow_mut().add(file, text)
    }

    /// The texts and origins, at the end.
    pub(crate) fn take_sources(&self) -> Sources {
        self.sources.take()
    }

    /// A place as the runtime gives it.
    pub(crate) fn locate(&self, place: &FileSpan) -> Span {
        self.sources.borrow().locate(place)
    }

    /// The number that stands for a place in the session.
    pub(crate) fn origin(&self, span: Span) -> Origin {
        self.sources.borrow_mut().origin(span)
    }

    /// The text at a place.
    pub(crate) fn excerpt(&self, span: &Span) -> String {
        self.sources.borrow().excerpt(span).to_string()
    }

    /// The place of an origin.
    pub(crate) fn span(&self, origin: Origin) -> Option<Span> {
        self.sources.borrow().span(origin).cloned()
    }

    /// The place of one part of a call; the whole call when it is not to be found.
    pub(crate) fn place_in_call(&self, call: Span, place: &Place) -> Option<Span> {
        let bytes = call.begin..call.end;
        let calls = self.calls.borrow();
        let written = calls.get(&call.file).and_then(|calls| calls.at(&bytes));
        let found = written.and_then(|written| {
            let positional = || written.arguments.iter().filter(|argument| argument.name.is_none());
            let named = |name: &str| {
                let text =
                    |at: &Range<usize>| self.excerpt(&Span { file: call.file.clone(), begin: at.start, end: at.end });
                written.arguments.iter().find(|argument| argument.name.as_ref().map(text).as_deref() == Some(name))
            };
            Some(match place {
                Place::Name => written.name.clone(),
                Place::Position(index) => {
                    // What comes out of a `*list` has no place of its own.
                    let spread = positional().take(index + 1).find(|argument| argument.spread);
                    spread.or_else(|| positional().nth(*index))?.value.clone()
                }
                Place::Keyword(name) => named(name)?.value.clone(),
                Place::KeywordName(name) => named(name)?.name.clone()?,
            })
        });
        let bytes = found.unwrap_or(bytes);
        Some(Span { file: call.file, begin: bytes.start, end: bytes.end })
    }

    /// The place of the word after the dot in a failed expression.
    pub(crate) fn place_of_attribute(&self, expression: &Span, word: &str) -> Option<Span> {
        let bytes = expression.begin..expression.end;
        let found: Range<usize> = self.with_tree(&expression.file, |tree| tree::attribute(tree, &bytes, word))?;
        Some(Span { file: expression.file.clone(), begin: found.start, end: found.end })
    }

    /// Works with the syntax tree of a file. It is made when it is first asked for, which is after a mistake.
    fn with_tree<T>(&self, file: &str, work: impl FnOnce(&AstModule) -> Option<T>) -> Option<T> {
        let mut trees = self.trees.borrow_mut();
        let sources = self.sources.borrow();
        let parse = || sources.text(file).and_then(|text| tree::parse(file, text).ok());
        work(trees.entry(file.to_string()).or_insert_with(parse).as_ref()?)
    }

    /// Whether a name is free for a track or a bus; else who has it.
    pub(crate) fn name_taken(&self, name: &str) -> Option<Option<Span>> {
        let mix = self.mix.borrow();
        let tracks = mix.tracks.iter().map(|track| (&track.name, track.origin));
        let mut all = tracks.chain(mix.buses.iter().map(|bus| (&bus.name, bus.origin)));
        all.find(|(taken, _)| *taken == name).map(|(_, origin)| self.span(origin))
    }

    /// The value that was given from outside for an option.
    pub(crate) fn setting(&self, name: &str) -> Option<&str> {
        // The last one wins, as on every command line.
        self.options.settings.iter().rev().find(|(set, _)| set == name).map(|(_, value)| value.as_str())
    }

    /// Reports values that were given from outside and that no `option(...)` asks for.
    pub(crate) fn check_settings(&self) {
        let asked = self.asked.borrow();
        for (name, value) in self.options.settings.iter().filter(|(name, _)| !asked.contains(name)) {
            let error = Diagnostic::error(format!("`--set {name}={value}`: the mix has no option `{name}`"));
            self.report(match (nearest(name, asked.iter().map(String::as_str)), asked.as_slice()) {
                (Some(near), _) => error.hint(format!("did you mean `{near}`?")),
                (None, []) => {
                    error.hint("it has no options at all; a script asks for one with option(\"name\", default)")
                }
                (None, asked) => {
                    error.hint(format!("its options are {}", crate::nearest::listed(asked.iter().map(String::as_str))))
                }
            });
        }
    }
}

/// The end of patience; it is not an error of its own.
#[derive(Debug, thiserror::Error)]
#[error("there are too many errors to go on")]
pub(crate) struct TooManyErrors;
