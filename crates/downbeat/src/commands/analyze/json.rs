//! An analysis as JSON, number by number: a long recording has millions of them.

use std::fmt::Display;
use std::io::{self, Write};

use downbeat_dsp::features::Series;
use serde_json::Value;

use super::analysis::{Analysis, Reading};

/// Writes an object, a key a line, without a line break at the end. What is not finite is null.
pub fn write(analysis: &Analysis, to: &mut dyn Write) -> io::Result<()> {
    let info = &analysis.info;
    let bits = info.bits.map_or(Value::Null, Value::from);
    write!(to, "{{\n  \"file\": {},\n  \"format\": {},\n", text(&analysis.file), text(info.format))?;
    write!(to, "  \"bits\": {bits},\n  \"seconds\": {},\n", analysis.seconds())?;
    write!(to, "  \"frames\": {},\n  \"rate\": {},\n", analysis.frames, analysis.format.rate)?;
    write!(to, "  \"channels\": {}", analysis.format.channels.count())?;
    for (feature, reading) in &analysis.readings {
        write!(to, ",\n  \"{}\": ", feature.name)?;
        match reading {
            Reading::Number(number) => number_or_null(number.unwrap_or(f64::NAN), to)?,
            Reading::Moments(moments) => list(moments.iter().copied(), to)?,
            Reading::Curve(curve) => {
                to.write_all(b"{\"times\": ")?;
                list(curve.iter().map(|(moment, _)| *moment), to)?;
                to.write_all(b", \"values\": ")?;
                list(curve.iter().map(|(_, level)| *level), to)?;
                to.write_all(b"}")?;
            }
            Reading::Frames(series) => frames(series, to)?,
            Reading::Downbeats(moments, found) => {
                list(moments.iter().copied(), to)?;
                let (beats, confidence) = found.map_or((Value::Null, f64::NAN), |(beats, sure)| (beats.into(), sure));
                write!(to, ",\n  \"beats_per_bar\": {beats},\n  \"downbeat_confidence\": ")?;
                number_or_null(confidence, to)?;
            }
        }
    }
    to.write_all(b"\n}")
}

/// The middles of the frames and their values: numbers, or lists of numbers where there are several bands.
fn frames(series: &Series, to: &mut dyn Write) -> io::Result<()> {
    to.write_all(b"{\"times\": ")?;
    list(series.times(), to)?;
    to.write_all(b", \"values\": ")?;
    if series.bands == 1 {
        list(series.values.iter().copied(), to)?;
    } else {
        for (i, frame) in series.iter().enumerate() {
            to.write_all(if i == 0 { b"[" } else { b", " })?;
            list(frame.iter().copied(), to)?;
        }
        to.write_all(if series.values.is_empty() { b"[]" } else { b"]" })?;
    }
    to.write_all(b"}")
}

fn list<T: Copy + Into<f64> + Display>(numbers: impl Iterator<Item = T>, to: &mut dyn Write) -> io::Result<()> {
    to.write_all(b"[")?;
    for (i, number) in numbers.enumerate() {
        if i > 0 {
            to.write_all(b", ")?;
        }
        number_or_null(number, to)?;
    }
    to.write_all(b"]")
}

/// As few digits as tell the number from its neighbours.
fn number_or_null<T: Copy + Into<f64> + Display>(number: T, to: &mut dyn Write) -> io::Result<()> {
    if number.into().is_finite() { write!(to, "{number}") } else { to.write_all(b"null") }
}

fn text(text: &str) -> Value {
    Value::from(text)
}
