//! A function of the language as it stands on a page: its call, what it is, and its parameters.

use downbeat_script::{FunctionEntry, ParamEntry};

/// The call, on lines of its own where it is long. `prefix` stands before its name.
pub fn call(prefix: &str, function: &FunctionEntry) -> String {
    let call = format!("{prefix}{}", function.signature);
    let call = match call.split_once('(').zip(call.len().checked_sub(101)) {
        Some(((name, params), _)) => {
            let params = params.trim_end_matches(')').replace(", ", ",\n    ");
            format!("{name}(\n    {params},\n)")
        }
        None => call,
    };
    format!("```python\n{call}\n```\n")
}

/// What a parameter is when nothing is said.
pub fn default(function: &FunctionEntry, param: &ParamEntry) -> String {
    match &param.default {
        Some(default) => format!("`{default}`"),
        None if function.signature.contains(&format!("*{}", param.name)) => "any number of them".to_string(),
        None => "must be given".to_string(),
    }
}

/// What a parameter takes. Bounds that only say that numbers have an end are left out.
pub fn takes(param: &ParamEntry) -> String {
    const END: f64 = 1e7;
    let (range, whole) = match param.takes.strip_suffix(", whole") {
        Some(range) => (range, true),
        None => (param.takes.as_str(), false),
    };
    let Some((Ok(min), Ok(max))) = range.split_once(" to ").map(|(min, max)| (min.parse::<f64>(), max.parse::<f64>()))
    else {
        return cell(&param.takes);
    };
    let number = if whole { "a whole number" } else { "a number" };
    match (min < -END, max > END) {
        (true, true) => number.to_string(),
        (false, true) => format!("{number}, {min} or more"),
        _ if whole => format!("{min} to {max}, whole"),
        _ => format!("{min} to {max}"),
    }
}

/// Doc comments as paragraphs.
pub fn prose(text: &str) -> String {
    let lines: Vec<&str> = text.lines().map(str::trim).collect();
    lines.join("\n").trim().to_string()
}

/// Text in a table.
pub fn cell(text: &str) -> String {
    prose(text).replace('\n', " ").replace('|', "\\|")
}
