//! Looks over the text of a script without parsing it: where brackets are open, and how deeply things are nested.

/// The innermost bracket that is open at a place.
pub(crate) fn open_bracket(text: &str, until: usize) -> Option<(usize, char)> {
    let mut open = Vec::new();
    for (at, c) in code(text).take_while(|(at, _)| *at < until) {
        match c {
            '(' | '[' | '{' => open.push((at, c)),
            ')' | ']' | '}' => {
                open.pop();
            }
            _ => {}
        }
    }
    open.pop()
}

/// The place, if there is one, at which a text is nested more deeply than anybody writes by hand: brackets in brackets,
/// operators after operators in one expression, blocks in blocks, or `elif` after `elif`. The parser and the runtime
/// recurse that deeply, and their stack is finite.
pub(crate) fn too_deep(text: &str) -> Option<usize> {
    const MAX_BRACKETS: usize = 100;
    const MAX_OPERATORS: usize = 1_000;
    // The operators since the last comma, one number for each open bracket.
    let mut operators = vec![0usize];
    let mut total = 0;
    let mut branches = 0;
    let mut word = String::new();
    let mut indentation = vec![0];
    let mut line_start = 0;
    for (at, c) in code(text) {
        if c.is_alphanumeric() || c == '_' {
            if word.is_empty() && operators.len() == 1 && text[line_start..at].bytes().all(|b| b == b' ' || b == b'\t')
            {
                let indent = at - line_start;
                indentation.retain(|outer| *outer < indent);
                indentation.push(indent);
            }
            word.push(c);
            continue;
        }
        let counts = match word.as_str() {
            "not" | "lambda" | "and" | "or" | "in" | "else" => 1,
            "elif" => {
                branches += 1;
                1
            }
            "if" => {
                // A ternary counts like an operator; a statement begins its chain of branches anew.
                branches = if text[line_start..at].trim() == "if" { 0 } else { branches };
                1
            }
            _ => 0,
        };
        word.clear();
        let counts = counts + usize::from("+-*/%<>=!&|^~.".contains(c));
        total += counts;
        if let Some(last) = operators.last_mut() {
            *last += counts;
        }
        match c {
            '(' | '[' | '{' => {
                // What follows a closed bracket, as in f()(), nests, too.
                total += 1;
                if let Some(last) = operators.last_mut() {
                    *last += 1;
                }
                operators.push(0);
            }
            ')' | ']' | '}' if operators.len() > 1 => total -= operators.pop().unwrap_or(0),
            ',' => total -= operators.last_mut().map_or(0, std::mem::take),
            '\n' => {
                if operators.len() == 1 {
                    total = 0;
                    operators[0] = 0;
                }
                line_start = at + 1;
            }
            _ => {}
        }
        let deep = operators.len() > MAX_BRACKETS || indentation.len() > MAX_BRACKETS;
        if deep || total > MAX_OPERATORS || branches > MAX_OPERATORS {
            return Some(at);
        }
    }
    None
}

/// The characters outside of strings and comments. The inside of f-strings counts, for it can hold code.
fn code(text: &str) -> impl Iterator<Item = (usize, char)> + '_ {
    let mut at = 0;
    let mut before = ' ';
    std::iter::from_fn(move || {
        loop {
            let c = text[at..].chars().next()?;
            let here = at;
            at += c.len_utf8();
            let formatted = before == 'f';
            before = c;
            match c {
                '#' => at += text[at..].find('\n').unwrap_or(text.len() - at),
                '"' | '\'' if !formatted => at = end_of_string(text, here, c),
                c => return Some((here, c)),
            }
        }
    })
}

/// The place after a string that begins here; the end of the line, or of the text, when it does not end.
fn end_of_string(text: &str, begin: usize, quote: char) -> usize {
    let triple = quote.to_string().repeat(3);
    let (end, long) = if text[begin..].starts_with(&triple) { (triple, true) } else { (quote.to_string(), false) };
    let mut at = begin + end.len();
    while let Some(c) = text[at..].chars().next() {
        if text[at..].starts_with(&end) {
            return at + end.len();
        }
        if c == '\n' && !long {
            return at;
        }
        at += c.len_utf8();
        if c == '\\' {
            at += text[at..].chars().next().map_or(0, char::len_utf8);
        }
    }
    text.len()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn brackets_in_strings_and_comments_do_not_count() {
        let text = "f(\"(\", '[', # ((\n  \"\"\"{\"{\"\"\", \"\\\"(\", x";
        assert_eq!(open_bracket(text, text.len()), Some((1, '(')));
        assert_eq!(open_bracket("f(x)", 4), None);
    }

    #[test]
    fn what_people_write_is_not_too_deep() {
        let list = format!("x = [{}]\n", "1 + 2, -3, f(4).g(5), ".repeat(5_000));
        assert_eq!(too_deep(&list), None);
        assert_eq!(too_deep(&format!("x = \"{}\"\n", "....((((".repeat(5_000))), None);
        assert_eq!(too_deep(&"x = a + b * (c - d)\nif x:\n    y = -1\nelif z:\n    y = not x\n".repeat(5_000)), None);
        assert_eq!(too_deep(&format!("t{}\n", ".fader(-6).pan(0.5)".repeat(200))), None);
    }

    #[test]
    fn what_nobody_writes_is() {
        for text in ["(", "-", "x.", "x()", "x + ", "not ", "lambda: ", "f\"{", "x if y else "] {
            assert!(too_deep(&format!("x = {}", text.repeat(2_000))).is_some(), "{text}");
        }
        let blocks: String = (0..200).map(|depth| format!("{}if x:\n", " ".repeat(depth))).collect();
        assert!(too_deep(&blocks).is_some());
        assert!(too_deep(&format!("if x:\n    pass\n{}", "elif y:\n    pass\n".repeat(2_000))).is_some());
    }
}
