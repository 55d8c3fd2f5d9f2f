//! A moment of a sound, as it is said on the command line: in seconds, as on a clock, or as a bar of its song.

use std::fmt;
use std::str::FromStr;

use crate::exit::Fail;

/// A moment of a sound.
#[derive(Clone, Copy, PartialEq, Debug)]
pub enum Moment {
    /// So many seconds after its beginning.
    Seconds(f64),
    /// A bar of its song, from 1.
    Bar(usize),
}

/// `92.5`, `1:32.5`, `1:01:32.5`, `bar 9`.
impl FromStr for Moment {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let text = text.trim();
        let moment = match text.strip_prefix("bar") {
            Some(bar) => bar.trim().parse().ok().filter(|&bar| bar > 0).map(Moment::Bar),
            None => clock(text).map(Moment::Seconds),
        };
        moment.ok_or_else(|| "it should be seconds (92.5), a time (1:32.5) or a bar from 1 (\"bar 9\")".to_string())
    }
}

impl fmt::Display for Moment {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Moment::Seconds(seconds) => write!(f, "{seconds} s"),
            Moment::Bar(bar) => write!(f, "bar {bar}"),
        }
    }
}

/// A part of a sound, from one moment to another, in seconds; a bar that it ends with is in it. `bars` are where the bars
/// begin; where there are none, `hint` says what would help.
pub fn span(from: Option<Moment>, to: Option<Moment>, bars: &[f64], hint: &str) -> Result<(f64, Option<f64>), Fail> {
    let start_of = |bar: usize| match bars.get(bar - 1) {
        Some(&start) => Ok(start),
        None if bars.is_empty() => {
            Err(Fail::usage(format!("there is no bar {bar}: no song says where bars are")).hint(hint))
        }
        None => Err(Fail::usage(format!("there is no bar {bar}: the song has {} bars", bars.len()))),
    };
    let start = match from {
        None => 0.0,
        Some(Moment::Seconds(seconds)) => seconds,
        Some(Moment::Bar(bar)) => start_of(bar)?,
    };
    let end = match to {
        None => None,
        Some(Moment::Seconds(seconds)) => Some(seconds),
        Some(Moment::Bar(bar)) => start_of(bar).map(|_| bars.get(bar).copied())?,
    };
    match (from, to, end) {
        (Some(first), Some(last), Some(end)) if end <= start => {
            Err(Fail::usage(format!("--to {last} does not come after --from {first}")))
        }
        (None, Some(last), Some(end)) if end <= 0.0 => {
            Err(Fail::usage(format!("--to {last} is where the sound begins")))
        }
        _ => Ok((start, end)),
    }
}

/// Seconds, with minutes and hours before them or without.
fn clock(text: &str) -> Option<f64> {
    let (before, seconds) = text.rsplit_once(':').map_or((None, text), |(before, seconds)| (Some(before), seconds));
    // Only digits: a number of Rust may also have a sign, an exponent, or be infinite.
    let is_number = !seconds.is_empty() && seconds.bytes().all(|byte| byte.is_ascii_digit() || byte == b'.');
    let seconds: f64 = seconds.parse().ok().filter(|_| is_number)?;
    let Some(before) = before else { return Some(seconds) };
    let (hours, minutes) = before.split_once(':').map_or((None, before), |(hours, minutes)| (Some(hours), minutes));
    let whole = |text: &str| text.parse::<u32>().ok().filter(|_| !text.starts_with('+'));
    let minutes = whole(minutes).filter(|&minutes| hours.is_none() || minutes < 60)?;
    let hours = hours.map_or(Some(0), whole)?;
    (seconds < 60.0).then(|| f64::from(hours) * 3600.0 + f64::from(minutes) * 60.0 + seconds)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn moments_are_read_as_they_are_said() {
        for (text, seconds) in
            [("0", 0.0), ("92.5", 92.5), ("1:32.5", 92.5), ("75:00", 4500.0), ("1:01:00.25", 3660.25)]
        {
            assert_eq!(text.parse(), Ok(Moment::Seconds(seconds)), "{text}");
        }
        for text in ["bar 9", "bar9", " bar  9 "] {
            assert_eq!(text.parse(), Ok(Moment::Bar(9)), "{text}");
        }
        let wrong =
            ["", "-1", "1:60", "1:-5", "1:60:00", "::", "1e3", "inf", "nan", "+1:00", ".", "bar", "bar 0", "bar -1"];
        for text in wrong {
            assert!(text.parse::<Moment>().is_err(), "{text}");
        }
    }
}
