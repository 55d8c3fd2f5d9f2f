//! Errors of the language's runtime, said in the words of a mix.

use starlark::{Error, ErrorKind};

use crate::accept::article;
use crate::desk::{Desk, TooManyErrors};
use crate::diagnostic::Diagnostic;
use crate::expect::{INSTEAD, READING, TOO_EARLY};
use crate::language;
use crate::nearest::{listed, nearest};
use crate::reference::members;
use crate::unknown::UNKNOWN;

/// An error of our own on its way through the runtime.
#[derive(Debug, thiserror::Error)]
#[error("{message}")]
pub(crate) struct Fault {
    pub(crate) message: String,
    pub(crate) label: Option<String>,
    pub(crate) hints: Vec<String>,
}

/// An error whose cause was reported already, on its way through the runtime.
#[derive(Debug, thiserror::Error)]
#[error("this was reported")]
pub(crate) struct Reported;

impl Fault {
    pub(crate) fn new(message: impl Into<String>) -> Self {
        Fault { message: message.into(), label: None, hints: Vec::new() }
    }

    pub(crate) fn hint(mut self, hint: impl Into<String>) -> Self {
        self.hints.push(hint.into());
        self
    }
}

/// What to say about an error that stopped the evaluation; nothing when the cause was reported already.
pub(crate) fn diagnose(desk: &Desk, error: &Error) -> Option<Diagnostic> {
    let text = error.without_diagnostic().to_string();
    let follows = text.contains(&format!("`{UNKNOWN}`"));
    if follows && desk.has_errors() || is::<TooManyErrors>(error) || is::<Reported>(error) {
        return None;
    }
    let span = error.span().map(|place| desk.locate(place));
    let mut diagnostic = Diagnostic::error("").at(span);
    if let Some(fault) = cause::<Fault>(error) {
        diagnostic.message.clone_from(&fault.message);
        diagnostic.label.clone_from(&fault.label);
        diagnostic.hints.clone_from(&fault.hints);
    } else {
        diagnostic = explain(desk, error, &text, diagnostic);
    }
    // The callers, innermost first; the innermost of all is the place itself.
    for frame in error.call_stack().clone().into_frames().into_iter().rev().take(3) {
        let place = frame.location.map(|place| desk.locate(&place));
        if place.as_ref() != diagnostic.span.as_ref() && language::function(&frame.name).is_none() {
            diagnostic = diagnostic.related(place, format!("`{}` is called here", frame.name));
        }
    }
    Some(diagnostic)
}

fn explain(desk: &Desk, error: &Error, text: &str, mut d: Diagnostic) -> Diagnostic {
    match error.kind() {
        ErrorKind::StackOverflow(_) => {
            d.message = "calls within calls, without an end".into();
            d.related.clear();
            return d.hint("does a function call itself?");
        }
        ErrorKind::Fail(message) => {
            d.message = message.to_string().trim().to_string();
            return d;
        }
        _ => {}
    }
    let words = quoted(text);
    match (text.split('`').next().unwrap_or(""), words.as_slice()) {
        ("Operation ", [op, kinds @ ..]) if kinds.contains(&READING) && *op != "call()" => {
            d.message = TOO_EARLY.into();
            d.hints.push(INSTEAD.into());
        }
        ("Object of type ", [kind, name, ..]) => return no_member(desk, kind, name, d),
        ("Operation ", [op, one]) if *op == "call()" => {
            d.message = format!("{} cannot be called", article(one));
            let called = d.span.as_ref().map(|span| desk.excerpt(span)).unwrap_or_default();
            let name = called.split('(').next().unwrap_or("").trim();
            if language::function(name).is_some() {
                d.hints.push(format!("the name `{name}` was given to {}; choose another name for it", article(one)));
            }
        }
        ("Operation ", [op, one]) => match *op {
            "(iter)" => d.message = format!("{} is not a list: there is nothing to go through", article(one)),
            "[]" | "[::]" => d.message = format!("{} has no items to take with []", article(one)),
            "len()" => d.message = format!("{} has no length that `len` could count", article(one)),
            op if op.starts_with('.') => {
                let field = op.trim_matches(['.', '=']);
                d.message = format!("`{field}` of {} cannot be set with =", article(one));
                if members(one).is_some_and(|members| members.contains(&field)) {
                    d.hints.push(format!("it is a method: write .{field}(...)"));
                }
            }
            op => d.message = format!("`{op}` has no meaning for {}", article(one)),
        },
        ("Operation ", [op, left, right]) => {
            d.message = match *op {
                "compare" => format!("{} and {} cannot be compared", article(left), article(right)),
                op => format!("`{op}` has no meaning between {} and {}", article(left), article(right)),
            };
            let text = |kind: &str| kind == "string";
            if *op == "+" && (text(left) != text(right)) {
                d.hints.push("to put a value into text, write f\"... {value} ...\"".into());
            }
            if let ("int" | "float", "moment" | "duration") = (*left, *right) {
                d.hints.push("give the number a unit: seconds(2), ms(10), beats(2) or bars(1)".into());
            }
        }
        ("Index ", [index]) => {
            d.message = format!("there is no item {index}");
            d.hints.push("items are counted from 0; -1 is the last one, and len(list) says how many there are".into());
        }
        ("Key ", [key]) => d.message = format!("the dictionary has no key {key}"),
        ("Immutable", _) => d.message = "this value cannot be changed".into(),
        ("Module has no symbol ", [name, near @ ..]) => {
            d.message = format!("the script that is loaded defines no `{name}`");
            if let [near] = near {
                d.label = Some(format!("did you mean `{near}`?"));
            }
        }
        ("Local variable ", [name]) => {
            d.message = format!("`{name}` has no value yet");
            d.hints.push(format!("give it one before this line: {name} = ..."));
        }
        ("Variable ", [name, ..]) => return undefined(name, std::iter::empty(), d),
        _ if text.to_lowercase().contains("unsupported format character") => {
            d.message = "`%` puts values into text with %s and %d alone".into();
            d.hints.push("write f\"... {value} ...\"; f\"{fixed(x, 2)}\" has two digits after the point".into());
        }
        _ if text.starts_with("Execution duration limit") => too_many_steps(desk, &mut d),
        _ if text.starts_with("Heap memory limit") => {
            d.message = format!("the script takes more than {} MiB of memory", desk.options.limits.memory >> 20);
            d.hints.push("does a list grow in a loop that does not end?".into());
        }
        _ => d.message = lowercased(text.lines().next().unwrap_or("this cannot be evaluated")),
    }
    d
}

fn too_many_steps(desk: &Desk, d: &mut Diagnostic) {
    let steps = desk.options.limits.steps;
    let steps = if steps >= 1_000_000 { format!("{} million", steps / 1_000_000) } else { steps.to_string() };
    d.message = format!("the script takes more than {steps} steps, so it was stopped");
    d.hints.push("a step is a call or a turn of a loop; is there a loop with far too many turns?".into());
}

/// A field or a method that is not there.
fn no_member(desk: &Desk, kind: &str, name: &str, mut d: Diagnostic) -> Diagnostic {
    if let Some(span) = &d.span {
        d.span = desk.place_of_attribute(span, name).or_else(|| Some(span.clone()));
    }
    if let Some(trouble) = desk.sounds.take_trouble() {
        d.message = trouble;
        return d.label(format!("needed for `{name}`"));
    }
    d.message = format!("{} has no `{name}`", article(kind));
    let Some(members) = members(kind) else {
        return d;
    };
    if members.contains(&name) && kind == "grid" {
        d.message = format!("this grid has no `{name}`: only what `downbeats_of` estimates has one");
        return d;
    }
    if members.contains(&name) {
        d.message = "this duration has no length in seconds: how long a beat or a bar is depends on where it is".into();
        return d.hint("add it to a moment: (song.bar(5) + beats(2)).seconds");
    }
    if kind == "grid" && ["append", "extend", "insert", "remove"].contains(&name) {
        d.hints.push("a grid never changes: grid + [moment] and grid - [moment] are new ones".into());
    }
    match nearest(name, members.iter().copied()).or_else(|| synonym(name, &members)) {
        Some(near) => d = d.label(format!("did you mean `{near}`?")),
        None => d = d.label("there is no such field or method"),
    }
    if members.is_empty() { d } else { d.hint(format!("{} has {}", article(kind), listed(members))) }
}

/// What other desks and libraries call it.
fn synonym(name: &str, members: &[&'static str]) -> Option<&'static str> {
    const SYNONYMS: [(&str, &str); 20] = [
        ("volume", "fader"),
        ("vol", "fader"),
        ("gain", "fader"),
        ("gain_db", "fader"),
        ("level", "fader"),
        ("panning", "pan"),
        ("balance", "pan"),
        ("route", "output"),
        ("out", "output"),
        ("aux", "send"),
        ("split", "cut"),
        ("slice", "cut"),
        ("segments", "cut"),
        ("add", "insert"),
        ("effect", "insert"),
        ("fx", "insert"),
        ("duration", "length"),
        ("quantize", "snap"),
        ("quantise", "snap"),
        ("nearest", "snap"),
    ];
    let meant = SYNONYMS.iter().find(|(other, _)| *other == name)?.1;
    members.iter().copied().find(|member| *member == meant)
}

/// A name that nobody has defined.
pub(crate) fn undefined<'a>(name: &str, local: impl Iterator<Item = &'a str>, d: Diagnostic) -> Diagnostic {
    const ELSEWHERE: [(&str, &str); 21] = [
        ("true", "write True, with a capital letter"),
        ("false", "write False, with a capital letter"),
        ("none", "write None, with a capital letter"),
        ("null", "write None"),
        ("nil", "write None"),
        ("np", "there is no NumPy; math.sin, math.pi and the like are built in"),
        ("numpy", "there is no NumPy; math.sin, math.pi and the like are built in"),
        ("random", "a mix is the same every time: there is no randomness"),
        ("rand", "a mix is the same every time: there is no randomness"),
        ("open", "recordings are read with audio(\"file.wav\"), songs with midi(\"song.mid\")"),
        ("load_audio", "recordings are read with audio(\"file.wav\")"),
        ("onset_detect", "write onsets(track)"),
        ("beat_track", "write beats_of(track)"),
        ("tempo", "a song has song.tempo, a sound tempo_of(track)"),
        ("pow", "write math.pow(x, y)"),
        ("sin", "write math.sin(x)"),
        ("cos", "write math.cos(x)"),
        ("sqrt", "write math.sqrt(x)"),
        ("pi", "write math.pi"),
        ("input", "a script asks for values with option(\"name\", default)"),
        ("self", "there are no classes; a function takes what it needs as its arguments"),
    ];
    let d = Diagnostic { message: format!("`{name}` is not defined"), ..d };
    let local: Vec<&str> = local.collect();
    if let Some((_, hint)) = ELSEWHERE.iter().find(|(other, _)| *other == name) {
        return d.label("not known here").hint(*hint);
    }
    let near = nearest(name, local).or_else(|| nearest(name, language::names().iter().map(String::as_str)));
    match near {
        Some(near) => d.label(format!("did you mean `{near}`?")),
        None => d.label("not known here"),
    }
}

fn quoted(text: &str) -> Vec<&str> {
    text.lines().next().unwrap_or("").split('`').skip(1).step_by(2).collect()
}

fn lowercased(text: &str) -> String {
    let mut chars = text.chars();
    chars.next().map_or_else(String::new, |first| first.to_lowercase().chain(chars).collect())
}

fn cause<T: std::error::Error + Send + Sync + 'static>(error: &Error) -> Option<&T> {
    match error.kind() {
        ErrorKind::Other(cause) | ErrorKind::Native(cause) | ErrorKind::Value(cause) => cause.downcast_ref(),
        _ => None,
    }
}

fn is<T: std::error::Error + Send + Sync + 'static>(error: &Error) -> bool {
    cause::<T>(error).is_some()
}
