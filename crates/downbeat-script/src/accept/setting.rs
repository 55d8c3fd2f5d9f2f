//! Checks one argument against a parameter that is declared with its kind and its range.

use downbeat_dsp::{Kind, ParamError, ParamInfo, Value as Setting};
use starlark::values::Value;

use super::{Arg, Refusal, kind_of, not_a_strip, plain};
use crate::held::held;
use crate::lengths::Unit;
use crate::motion::MotionHandle;
use crate::nearest::nearest;
use crate::strips::Strip;
use crate::time::{Duration, Moment};

pub(super) fn setting<'v>(info: &ParamInfo, value: Value<'v>) -> Result<Arg<'v>, Refusal> {
    if info.kind == Kind::Strip && Strip::from_value(value).is_none() {
        return Err(Refusal::WrongKind { found: kind_of(value), hint: not_a_strip(value) });
    }
    if matches!(info.kind, Kind::Response | Kind::Samples) {
        return held(info, value).map(Arg::Setting);
    }
    let moving = || Some(Setting::Moving(MotionHandle::from_value(value)?.automation.clone()));
    let strip = || Some(Setting::Strip(Some(Strip::from_value(value)?.name().into())));
    let Some(given) = plain(value).or_else(moving).or_else(strip) else {
        let is_number = matches!(info.kind, Kind::Number { .. } | Kind::Whole { .. });
        let hint = match Unit::of(info) {
            None if is_number && Duration::from_value(value).is_some() => {
                Some(format!("`{}` is a plain number; its name says the unit", info.name))
            }
            Some(_) if Moment::from_value(value).is_some() => {
                Some("a moment is a place in the song; the difference of two moments is a duration".into())
            }
            _ => None,
        };
        return Err(Refusal::WrongKind { found: kind_of(value), hint });
    };
    match info.accept(given.clone()) {
        Ok(setting) => Ok(Arg::Setting(setting)),
        Err(ParamError::Range { found, allowed, .. }) => {
            if let (Setting::Choice(name), Kind::Choice(names)) = (&given, info.kind) {
                let near = nearest(name, names.iter().copied());
                return Err(Refusal::Wrong {
                    message: format!("`{}` cannot be {found}", info.name),
                    label: near.map_or("not one of its names".into(), |near| format!("did you mean {near:?}?")),
                    hint: Some(format!("it takes {allowed}")),
                });
            }
            Err(Refusal::OutOfRange { found, allowed: range(allowed) })
        }
        Err(ParamError::Fixed { name }) => Err(Refusal::Wrong {
            message: format!("`{name}` cannot move"),
            label: "this moves".into(),
            hint: Some("it stays the same while the sound runs; give it a plain value".into()),
        }),
        Err(_) => {
            let hint = match (&given, info.kind) {
                (Setting::Choice(text), Kind::Number { .. } | Kind::Whole { .. }) if text.parse::<f64>().is_ok() => {
                    Some(format!("write it without quotes: {} = {text}", info.name))
                }
                (Setting::Whole(0 | 1), Kind::Switch) => Some("switches are True or False".into()),
                _ => None,
            };
            Err(Refusal::WrongKind { found: kind_of(value), hint })
        }
    }
}

/// What a parameter takes, in words.
pub(crate) fn range(allowed: Kind) -> String {
    match allowed {
        Kind::Number { min: f64::MIN, max: f64::MAX } => "a finite number".to_string(),
        Kind::Number { min, max: f64::MAX } => format!("{min} and more"),
        Kind::Number { min, max } => format!("{min} to {max}"),
        Kind::Whole { min, max: i64::MAX } => format!("{min} and more"),
        Kind::Whole { min, max } => format!("whole numbers from {min} to {max}"),
        allowed => allowed.to_string(),
    }
}
