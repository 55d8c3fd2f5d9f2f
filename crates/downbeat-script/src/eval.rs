//! Evaluates a script: parse, look for undefined names, run, check what was built.

use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;
use std::sync::Arc;

use downbeat_dsp::Audio;
use downbeat_engine::session::{Chain, Recording, Session, Step};
use downbeat_engine::{World, read};
use starlark::analysis::AstModuleLint;
use starlark::environment::{FrozenModule, Module};
use starlark::eval::{Evaluator, FileLoader};
use starlark::syntax::AstModule;
use starlark::values::{FrozenHeapName, Value};
use starlark::{Error, PrintHandler};

use crate::accept::{Arg, Refusal, accept};
use crate::desk::{Desk, DeskRef, Options};
use crate::diagnostic::Diagnostic;
use crate::fault::{Fault, Reported, diagnose, undefined};
use crate::files::{not_found, resolve};
use crate::function::Takes;
use crate::language::{globals, names};
use crate::sound::Sounds;
use crate::source::{Sources, Span};
use crate::stage::with_stack;
use crate::tree::Calls;
use crate::unknown::Unknown;
use crate::{checks, syntax, tree};

/// What came of a script.
#[derive(Clone, Debug)]
pub struct Evaluation {
    /// The session, if there was no error.
    pub session: Option<Session>,
    /// Errors first, then warnings, each in the order of the script.
    pub diagnostics: Vec<Diagnostic>,
    /// The texts that the diagnostics and the session's origins point to.
    pub sources: Sources,
    /// What the script printed, a line each.
    pub prints: Vec<String>,
    /// The recordings that were decoded because the script asked for facts, as far as there is room to keep them; whoever
    /// renders need not do it again.
    pub recordings: Vec<(Recording, Arc<Audio>)>,
}

/// What is wrong with an expression.
#[derive(Clone, Debug)]
pub struct Mistakes {
    /// The mistakes, in the order of the text.
    pub diagnostics: Vec<Diagnostic>,
    /// The text they point to.
    pub sources: Sources,
}

/// Evaluates the script at `path`. It sees no file that the world does not hand out, and makes no sound other than to
/// answer the facts it asks for.
///
/// Errors do not end the evaluation as long as something can be put in the place of what is wrong: a script is told of
/// all of its mistakes at once.
pub fn evaluate(path: &str, world: Arc<dyn World>, options: &Options) -> Evaluation {
    let Some(memory) = &options.memory else { return with_stack(|| evaluate_here(path, &world, options)) };
    let _turn = memory.take_turn();
    let (path, options) = (path.to_string(), options.clone());
    memory.stage().run(move || evaluate_here(&path, &world, &options))
}

/// Evaluates an expression that is an effect or a list of effects, such as `[soft_clip(drive = 7), reverse()]`.
///
/// What it holds of sounds is read from the world, and brought to the rate that is rendered at.
///
/// # Errors
/// The mistakes in it, with the texts they point to.
pub fn evaluate_effects(expression: &str, world: Arc<dyn World>, rate: u32) -> Result<Chain, Mistakes> {
    with_stack(|| {
        let options = Options { rate: Some(rate), ..Options::default() };
        let desk = Desk::new(world.clone(), options, Arc::new(Sounds::new(world, None, None)), Sources::default());
        let name = desk.add_source("effects", expression);
        let mut chain = Chain::new();
        let result = Run::new(&desk).file("effects", expression, &BTreeSet::new(), |value| {
            match accept(&Takes::Effects, value) {
                Ok(Arg::Effects(effects)) => chain.extend(effects.into_iter().map(Step::Insert)),
                Err(Refusal::WrongKind { found, hint }) if !desk.has_errors() => {
                    let span = Span { file: name.clone(), begin: 0, end: expression.trim_end().len() };
                    let error = Diagnostic::error(format!("this is {found}, not an effect or a list of effects"));
                    desk.report(hint.into_iter().fold(error.at(span), Diagnostic::hint));
                }
                _ => {}
            }
        });
        if let Err(error) = result {
            diagnose(&desk, &error).into_iter().for_each(|diagnostic| desk.report(diagnostic));
        }
        if desk.has_errors() {
            Err(Mistakes { diagnostics: desk.take_diagnostics(), sources: desk.take_sources() })
        } else {
            Ok(chain)
        }
    })
}

/// More statements than this that fail are not told of.
const MAX_FAILURES: usize = 10;

/// The largest script, in bytes.
const MAX_SCRIPT: u64 = 16 << 20;

fn evaluate_here(path: &str, world: &Arc<dyn World>, options: &Options) -> Evaluation {
    let sounds = Arc::new(Sounds::new(world.clone(), options.threads, options.memory.clone()));
    let mut known = Vec::new();
    let mut sources = Sources::default();
    let mut left_out: Vec<Range<usize>> = Vec::new();
    let mut lost = BTreeSet::new();
    loop {
        // A statement that failed is left out, what it would have defined is unknown, and all begins anew, until what
        // is left of the script comes to its end. Evaluation takes a millisecond; mistakes are shown all at once.
        let desk = Desk::new(world.clone(), options.clone(), sounds.clone(), std::mem::take(&mut sources));
        known.drain(..).for_each(|diagnostic| desk.report(diagnostic));
        let failure = run(&desk, path, &left_out, &lost);
        if let Some((statement, names)) = failure
            && left_out.len() < MAX_FAILURES
            && !left_out.contains(&statement)
        {
            known = desk.take_diagnostics();
            sources = desk.take_sources().without_origins();
            left_out.push(statement);
            lost.extend(names);
            continue;
        }
        let rate = desk.rate();
        let session = checks::finish(&desk);
        let recordings = sounds.recordings(rate);
        sounds.settle(session.is_some());
        return Evaluation {
            session,
            diagnostics: desk.take_diagnostics(),
            prints: desk.prints.take(),
            sources: desk.take_sources(),
            recordings,
        };
    }
}

/// Runs the script without the statements that are left out. When one fails: its place, and the names it would have
/// defined.
fn run(
    desk: &Desk,
    path: &str,
    left_out: &[Range<usize>],
    lost: &BTreeSet<String>,
) -> Option<(Range<usize>, BTreeSet<String>)> {
    let text = match script(desk, path) {
        Ok(text) => text,
        Err(diagnostic) => {
            desk.report(*diagnostic);
            return None;
        }
    };
    desk.add_source(path, &text);
    let blanked = blank(&text, left_out);
    let error = Run::new(desk).file(path, &blanked, lost, |_| {}).err()?;
    // The statement at the top level in which it happened: that of the outermost call, or of the place itself.
    let outermost = error.call_stack().clone().into_frames().into_iter().find_map(|frame| frame.location);
    let places = [outermost, error.span().cloned()];
    let at = places.into_iter().flatten().map(|place| desk.locate(&place)).find(|span| *span.file == *path);
    if let Some(diagnostic) = diagnose(desk, &error) {
        desk.report(diagnostic);
    }
    tree::top_statement(&tree::parse(path, &blanked).ok()?, at?.begin)
}

/// The text with blanks in the place of some stretches, so that nothing moves.
fn blank(text: &str, stretches: &[Range<usize>]) -> String {
    let mut bytes = text.as_bytes().to_vec();
    for stretch in stretches {
        let end = stretch.end.min(bytes.len());
        bytes[stretch.start.min(end)..end].iter_mut().filter(|b| **b != b'\n').for_each(|byte| *byte = b' ');
    }
    // Whole statements are left out, so that no character is cut in two.
    String::from_utf8(bytes).unwrap_or_default()
}

/// Reads a script file.
fn script(desk: &Desk, path: &str) -> Result<String, Box<Diagnostic>> {
    let bytes = read(desk.world.as_ref(), path, MAX_SCRIPT)
        .map_err(|error| Box::new(not_found(Diagnostic::error(error.to_string()), &error)))?;
    let text = String::from_utf8(bytes).map_err(|error| {
        let line = error.as_bytes()[..error.utf8_error().valid_up_to()].iter().filter(|b| **b == b'\n').count() + 1;
        Box::new(Diagnostic::error(format!("`{path}` is not a text in UTF-8: line {line} has a byte that is none")))
    })?;
    Ok(text.strip_prefix('\u{feff}').map_or(text.clone(), str::to_string))
}

/// One run: the files on their way, and those that are done.
struct Run<'d> {
    desk: &'d Desk,
    /// The files that are being loaded, the outermost first.
    under_way: RefCell<Vec<String>>,
    done: RefCell<BTreeMap<String, FrozenModule>>,
    /// Steps that are left.
    steps: RefCell<u64>,
}

impl<'d> Run<'d> {
    fn new(desk: &'d Desk) -> Self {
        let steps = RefCell::new(desk.options.limits.steps);
        Run { desk, under_way: RefCell::default(), done: RefCell::default(), steps }
    }

    /// Evaluates the text of a file, with the lost names as unknown values, and hands its value to `then`.
    fn file(
        &self,
        path: &str,
        text: &str,
        lost: &BTreeSet<String>,
        then: impl for<'v> FnOnce(Value<'v>),
    ) -> starlark::Result<()> {
        Module::with_temp_heap(|module| self.evaluate(&module, path, text, lost, then))
    }

    fn evaluate<'v>(
        &self,
        module: &Module<'v>,
        path: &str,
        text: &str,
        lost: &BTreeSet<String>,
        then: impl FnOnce(Value<'v>),
    ) -> starlark::Result<()> {
        let ast = self.parse(path, text)?;
        self.desk.add_calls(path, Calls::of(&ast));
        for name in self.undefined_names(&ast, lost).iter().chain(lost) {
            module.set(name, module.heap().alloc(Unknown {}));
        }
        self.under_way.borrow_mut().push(path.to_string());
        let desk = DeskRef { desk: self.desk };
        let loader = Loader { run: self, from: path };
        let printer = Printer(self.desk);
        let result = {
            let mut evaluator = Evaluator::new(module);
            let limits = self.desk.options.limits;
            let limited = evaluator
                .set_max_tick_count((*self.steps.borrow()).max(1))
                .and_then(|()| evaluator.set_max_heap_size(limits.memory.max(1)))
                .and_then(|()| evaluator.set_max_callstack_size(limits.depth.max(1)));
            evaluator.extra = Some(&desk);
            evaluator.set_loader(&loader);
            evaluator.set_print_handler(&printer);
            let result = limited.map_err(Error::new_other).and_then(|()| evaluator.eval_module(ast, globals()));
            let used = evaluator.get_total_tick_count();
            let left = self.steps.borrow().saturating_sub(used);
            *self.steps.borrow_mut() = left;
            result.map(then)
        };
        self.under_way.borrow_mut().pop();
        result
    }

    fn parse(&self, path: &str, text: &str) -> starlark::Result<AstModule> {
        let file: Arc<str> = path.into();
        if let Some(diagnostic) = syntax::check_nesting(&file, text) {
            self.desk.report(diagnostic);
            return Err(Error::new_other(Reported));
        }
        tree::parse(path, text).map_err(|error| {
            self.desk.report(syntax::diagnose(&error, &file, text));
            Error::new_other(Reported)
        })
    }

    /// Reports all names that nobody defines, each where it is first used, and gives them back.
    fn undefined_names(&self, ast: &AstModule, lost: &BTreeSet<String>) -> BTreeSet<String> {
        let known = names().iter().chain(lost).cloned().collect();
        let mut found = BTreeSet::new();
        let lints = ast.lint(Some(&known)).into_iter().filter(|lint| lint.short_name == "using-undefined");
        let local = tree::defined_names(ast);
        for lint in lints {
            if found.insert(lint.original.clone()) {
                let at = Diagnostic::error("").at(self.desk.locate(&lint.location));
                self.desk.report(undefined(&lint.original, local.iter().map(String::as_str), at));
            }
        }
        found
    }

    fn load(&self, from: &str, path: &str) -> starlark::Result<FrozenModule> {
        let path = resolve(from, path);
        if let Some(module) = self.done.borrow().get(&path) {
            return Ok(module.clone());
        }
        if let Some(first) = self.under_way.borrow().iter().position(|file| *file == path) {
            let circle = self.under_way.borrow()[first..].join(" loads ");
            let fault = Fault::new(format!("scripts that load each other: {circle} loads {path}"));
            return Err(Error::new_other(
                fault.hint("move what both need to a third script, and load that one in both"),
            ));
        }
        let text = script(self.desk, &path).map_err(|diagnostic| {
            let Diagnostic { message, label, hints, .. } = *diagnostic;
            Error::new_other(Fault { message, label, hints })
        })?;
        self.desk.add_source(&path, &text);
        let module = Module::with_temp_heap(|module| {
            self.evaluate(&module, &path, &text, &BTreeSet::new(), |_| {})?;
            module
                .freeze_named(FrozenHeapName::User(Box::new(path.clone())))
                .map_err(|error| Error::new_other(anyhow::anyhow!("{error:?}")))
        });
        let module = module.map_err(|error| {
            // What happened in there is reported with its own place; here it only stops the load.
            diagnose(self.desk, &error).into_iter().for_each(|diagnostic| self.desk.report(diagnostic));
            Error::new_other(Reported)
        })?;
        self.done.borrow_mut().insert(path, module.clone());
        Ok(module)
    }
}

/// Loads for one file.
struct Loader<'r, 'd> {
    run: &'r Run<'d>,
    from: &'r str,
}

impl FileLoader for Loader<'_, '_> {
    fn load(&self, path: &str) -> starlark::Result<FrozenModule> {
        self.run.load(self.from, path)
    }
}

struct Printer<'d>(&'d Desk);

impl PrintHandler for Printer<'_> {
    fn println(&self, text: &str) -> starlark::Result<()> {
        self.0.prints.borrow_mut().push(text.to_string());
        Ok(())
    }
}
