//! What to say when a script cannot be parsed, above all to people who write Python.

use starlark::Error;

use crate::diagnostic::Diagnostic;
use crate::scan;
use crate::source::Span;

/// Refuses a text that is nested so deeply that it cannot be meant.
pub(crate) fn check_nesting(file: &std::sync::Arc<str>, text: &str) -> Option<Diagnostic> {
    let at = scan::too_deep(text)?;
    let span = Span { file: file.clone(), begin: at, end: at + 1 };
    Some(Diagnostic::error("this is nested too deeply").at(span).hint("give parts of it names of their own"))
}

/// What to say about a text that cannot be parsed.
pub(crate) fn diagnose(error: &Error, file: &std::sync::Arc<str>, text: &str) -> Diagnostic {
    let raw = error.without_diagnostic().to_string();
    let message = raw.strip_prefix("Parse error: ").unwrap_or(&raw);
    let span = error.span().map(|place| Span {
        file: file.clone(),
        begin: place.span.begin().get() as usize,
        end: place.span.end().get() as usize,
    });
    let at = span.as_ref().map_or(0, |span| span.begin.min(text.len()));
    let d = Diagnostic::error(plainly(message)).at(span.clone());
    let line_start = text[..at].rfind('\n').map_or(0, |newline| newline + 1);
    let line = text[line_start..].lines().next().unwrap_or("");
    let context = Context { message, line, line_start, before: &text[..at], rest: &text[at..], span, file };
    habits(&context, d.clone()).unwrap_or_else(|| unclosed(&context, text, d))
}

struct Context<'a> {
    message: &'a str,
    line: &'a str,
    line_start: usize,
    before: &'a str,
    rest: &'a str,
    span: Option<Span>,
    file: &'a std::sync::Arc<str>,
}

impl Context<'_> {
    fn first_word(&self) -> &str {
        self.line.split_whitespace().next().unwrap_or("").trim_end_matches([':', '('])
    }

    /// A stretch of the line as a place.
    fn here(&self, column: usize, length: usize) -> Span {
        let begin = self.line_start + column;
        Span { file: self.file.clone(), begin, end: begin + length }
    }
}

/// Habits from Python and from other languages.
fn habits(context: &Context<'_>, d: Diagnostic) -> Option<Diagnostic> {
    let say = |message: &str, hint: &str| Some(Diagnostic { message: message.into(), ..d.clone() }.hint(hint));
    let line = context.line;
    let indent = line.len() - line.trim_start().len();
    let at_first = |d: Option<Diagnostic>, word: &str| d.map(|d| d.at(context.here(indent, word.len())));
    match context.first_word() {
        word @ ("import" | "from") => {
            return at_first(
                say(
                    "there is no `import`",
                    "math is built in (math.sin, math.pi); functions of another script come with \
                     load(\"lib.star\", \"name\")",
                ),
                word,
            );
        }
        word @ "while" => {
            return at_first(
                say("there is no `while`", "write `for i in range(100):`, with `break` when it is done"),
                word,
            );
        }
        word @ "class" => {
            return at_first(
                say("there are no classes", "write functions; struct(name = value) holds values together"),
                word,
            );
        }
        word @ ("try" | "except" | "raise" | "finally") => {
            return at_first(
                say(
                    &format!("there is no `{word}`"),
                    "what can fail is checked before; fail(\"message\") stops the script",
                ),
                word,
            );
        }
        word @ ("with" | "async" | "await" | "yield" | "global" | "nonlocal" | "assert" | "del") => {
            let hint = match word {
                "with" => "files are opened by audio(...) and midi(...)",
                "assert" => "write `if not condition: fail(\"message\")`",
                "global" | "nonlocal" => "a function gives its result back with return",
                _ => "the language is a small part of Python; see the language guide",
            };
            return at_first(say(&format!("there is no `{word}`"), hint), word);
        }
        _ => {}
    }
    if context.rest.starts_with("**") || context.rest.starts_with('*') && context.before.ends_with('*') {
        return say("there is no `**`", "write math.pow(x, 2), or x * x");
    }
    if let Some(d) = words_in_line(context, &say) {
        return Some(d);
    }
    let f_string = context.message.contains("f-string")
        || context.before.contains("f\"")
        || line.contains("f\"")
        || line.contains("f'");
    if f_string
        && (context.rest.starts_with(':') || context.message.contains("f-string") || format_spec(line).is_some())
    {
        let d = say("an f-string takes no format", "write f\"{fixed(x, 2)}\" for two digits after the point")?;
        return Some(match format_spec(line) {
            Some((column, length)) => d.at(context.here(column, length)),
            None => d,
        });
    }
    if context.message.contains("tabs") {
        let d = say("a tab in the indentation", "indent with spaces: four of them for each level")?;
        let tab = context.rest.find('\t').map_or(context.before.len(), |tab| context.before.len() + tab);
        return Some(d.at(Span { file: context.file.clone(), begin: tab, end: tab + 1 }));
    }
    if let Some(word) = context.message.strip_prefix("cannot use reserved keyword ") {
        return say(&format!("{word} is a word of the language, it cannot be a name"), "choose another name");
    }
    if line.matches('"').count() % 2 == 1 && !line.contains('#') {
        return say("the quotes in this line do not match", "every string ends with the quote it begins with");
    }
    if context.first_word() == "print" && !line.contains("print(") {
        return say("`print` is a function", "write print(\"...\"), with brackets");
    }
    None
}

/// Operators and words of other languages, where the parser stopped or just before.
fn words_in_line(context: &Context<'_>, say: &dyn Fn(&str, &str) -> Option<Diagnostic>) -> Option<Diagnostic> {
    let next = |word: &str| context.rest.starts_with(word);
    let last_word = context.before.trim_end().rsplit(|c: char| !c.is_alphanumeric() && c != '_').next().unwrap_or("");
    let next_word: String = context.rest.chars().take_while(|c| c.is_alphanumeric() || *c == '_').collect();
    let spot = |d: Diagnostic, length: usize| {
        let column = context.before.len() - context.line_start;
        d.at(context.here(column, length))
    };
    if next_word == "is" {
        return say("there is no `is`", "write == or !=").map(|d| spot(d, 2));
    }
    for (sign, word) in [("&", "and"), ("|", "or")] {
        let doubled = sign.repeat(2);
        let d = say(&format!("there is no `{doubled}`"), &format!("write `{word}`"))?;
        if next(&doubled) {
            return Some(spot(d, 2));
        }
        if next(sign) && context.before.ends_with(sign) {
            return Some(d.at(context.here(context.before.len() - context.line_start - 1, 2)));
        }
    }
    if next("!") && !next("!=") {
        return say("there is no `!`", "write `not`");
    }
    if next("++") || next("--") || context.before.ends_with("++") || context.before.ends_with("--") {
        return say("there is no `++` and no `--`", "write x += 1");
    }
    if last_word == "else" && next_word == "if" {
        return say("`else if` is one word", "write `elif`");
    }
    if next("//") && context.before.trim_end().ends_with(['\n', ')']) {
        return say("comments begin with #", "write # instead of //");
    }
    if context.rest.starts_with(['\u{201c}', '\u{201d}', '\u{2018}', '\u{2019}']) {
        return say("these are typographic quotes", "write straight ones: \" or '");
    }
    if context.rest.starts_with(['<', '>', '=', '!']) && context.message.contains("unexpected") {
        let compared = |text: &str| text.contains(['<', '>']) || text.contains("==") || text.contains("!=");
        let line_before = &context.line[..context.before.len() - context.line_start];
        if compared(line_before) {
            return say("comparisons cannot be chained", "write `low < x and x < high`");
        }
        let first = context.first_word();
        if next("=") && !next("==") && matches!(first, "if" | "elif") {
            return say("`=` gives a name to a value", "to compare, write ==");
        }
    }
    if next("=") && context.line.trim_start().starts_with("for ") {
        return say("a `for` goes through a list", "write `for x in list:`");
    }
    None
}

/// Brackets that are not closed, missing colons, and indentation.
fn unclosed(context: &Context<'_>, text: &str, d: Diagnostic) -> Diagnostic {
    let header = matches!(context.first_word(), "for" | "if" | "elif" | "else" | "def");
    let ends_line = context.rest.is_empty() || context.rest.starts_with('\n') || context.message.contains("new line");
    let open = scan::open_bracket(text, context.before.len());
    if let Some((at, bracket)) = open
        && !context.message.contains("indentation")
    {
        let begin = at;
        let span = Span { file: context.file.clone(), begin, end: begin + 1 };
        let closing = match bracket {
            '(' => ')',
            '[' => ']',
            _ => '}',
        };
        let stopped = context.span.clone().filter(|span| span.begin < text.trim_end().len());
        let message = format!("this `{bracket}` is not closed");
        return match stopped {
            Some(stopped) if same_line(text, at, stopped.begin) => {
                let found = text.get(stopped.begin..stopped.end).unwrap_or("this");
                Diagnostic { message: format!("`{found}` does not go on from what stands before it"), ..d }
                    .hint(format!("is a comma missing, or the `{closing}` that closes the `{bracket}`?"))
            }
            stopped => Diagnostic { message, ..d }
                .at(span)
                .label(format!("no `{closing}` for it"))
                .related(stopped, "this was read as going on inside of it"),
        };
    }
    if header && ends_line && !context.line.trim_end().ends_with(':') {
        let column = context.line.trim_end().len();
        let first = context.first_word().to_string();
        return Diagnostic { message: format!("the line with `{first}` does not end with a colon"), ..d }
            .at(context.here(column, 1))
            .label("`:` is missing here");
    }
    if context.message.contains("indentation") || context.message.contains("indent") {
        return Diagnostic { message: "the indentation does not fit".into(), ..d }.hint(
            "lines that belong together begin in the same column; what is inside of `for`, `if` and `def` is \
                   indented by four spaces",
        );
    }
    if context.message.contains("unfinished string") {
        return Diagnostic { message: "a string that does not end".into(), ..d }
            .hint("close it with the quote it begins with");
    }
    d
}

fn same_line(text: &str, a: usize, b: usize) -> bool {
    !text[a.min(b)..a.max(b)].contains('\n')
}

/// The format in `{x:.2f}`, with its colon, as a column and a length.
fn format_spec(line: &str) -> Option<(usize, usize)> {
    let string = line.find("f\"").or_else(|| line.find("f'"))?;
    let colon = string
        + line[string..].find(":.").or_else(|| line[string..].find(":,")).or_else(|| line[string..].find(":0"))?;
    let end = colon + line[colon..].find('}')?;
    Some((colon, end - colon))
}

/// The parser's message without its jargon.
fn plainly(message: &str) -> String {
    let words = message.replace("identifier '", "'").replace('\'', "`");
    let words = words.replace("new line", "the end of the line").replace("string literal", "a string");
    let words = words.replace("expected expression", "expected a value");
    match words.strip_prefix("unexpected ").unwrap_or(&words).split_once(", expected ") {
        Some(("the end of the line", expected)) => format!("the line ends too early: {expected} is missing"),
        Some(("end of file", expected)) => format!("the script ends too early: {expected} is missing"),
        Some((found, expected)) => format!("{found} is not expected here, but {expected}"),
        None => words,
    }
}
