//! What is tried of every row of a table.
#![allow(clippy::unwrap_used, clippy::panic, reason = "a test fails by panicking, in its helpers, too")]

use downbeat_dsp::{Kind, ParamError, Preset, Row, Value};

/// The defaults of a row, and every parameter at both ends of its range while the others are at their defaults.
/// What is refused must be refused for values that do not go together, with a sentence.
pub fn variants<M, R>(info: &'static Row<M, R>) -> Vec<Preset<M, R>> {
    let defaults: Vec<Value> = info.params().iter().map(|param| param.default.clone()).collect();
    let mut variants = vec![info.settings(defaults.clone()).unwrap()];
    for (i, param) in info.params().iter().enumerate() {
        let ends = match param.kind {
            Kind::Number { min, max } => vec![Value::Number(min), Value::Number(max)],
            Kind::Whole { min, max } => vec![Value::Whole(min), Value::Whole(max)],
            Kind::Switch => vec![Value::Switch(false), Value::Switch(true)],
            Kind::Choice(names) => names.iter().map(|name| Value::Choice((*name).to_string())).collect(),
            Kind::Strip => vec![Value::Strip(None), Value::Strip(Some("Another".into()))],
            // What a text may say is the row's own; its tests try more.
            Kind::Text => vec![param.default.clone()],
        };
        for end in ends {
            let mut values = defaults.clone();
            values[i] = end;
            match info.settings(values) {
                Ok(settings) => variants.push(settings),
                Err(ParamError::Together { reason, .. }) => assert!(reason.len() > 20, "{reason}"),
                Err(error) => panic!("{}: the end of a range is refused: {error}", info.name),
            }
        }
    }
    variants
}
