//! Analyses as a table: comma-separated values as RFC 4180 has them, with a head.
//!
//! A table has one kind of rows: frames, moments, or recordings. What has no number has an empty cell.

use std::io::{self, Write};

use super::analysis::{Analysis, Reading};
use super::features::{FeatureInfo, Shape};
use crate::exit::Fail;

/// What a row is.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Rows {
    /// A frame, or 100 ms: its time and a column for each band of each feature.
    Frames,
    /// Something that happens: its time, and what it is.
    Moments,
    /// A recording: its name, and its numbers.
    Recordings,
}

/// The kind of rows that these features make.
///
/// # Errors
/// When they do not go into one table.
pub fn rows(wanted: &[&'static FeatureInfo]) -> Result<Rows, Fail> {
    let Some((first, others)) = wanted.split_first() else { return Ok(Rows::Frames) };
    // The windows of curves differ, and so do their moments.
    let differs = |other: &&&FeatureInfo| other.shape() != first.shape() || first.shape() == Shape::Curve;
    if let Some(other) = others.iter().find(differs) {
        let message = format!("`{}` and `{}` do not go into one table", first.name, other.name);
        let hint =
            format!("{} has {}, {} has {}; --json takes both", first.name, rows_of(first), other.name, rows_of(other));
        return Err(Fail::usage(message).hint(hint));
    }
    Ok(match first.shape() {
        Shape::Number => Rows::Recordings,
        Shape::Moments => Rows::Moments,
        Shape::Frames | Shape::Curve => Rows::Frames,
    })
}

fn rows_of(info: &FeatureInfo) -> &'static str {
    match info.shape() {
        Shape::Number => "a number for each recording",
        Shape::Curve => "a row for every 100 ms, at moments of its own",
        Shape::Frames => "a row for each frame",
        Shape::Moments => "a row for each moment",
    }
}

/// Writes the names of the columns. The first recording says how many bands features have.
pub fn write_head(
    rows: Rows,
    wanted: &[&'static FeatureInfo],
    first: &Analysis,
    several: bool,
    to: &mut dyn Write,
) -> io::Result<()> {
    if several || rows == Rows::Recordings {
        to.write_all(b"file,")?;
    }
    match rows {
        Rows::Moments => to.write_all(b"time,event\n"),
        Rows::Recordings => {
            let names: Vec<&str> = wanted.iter().map(|info| info.name).collect();
            writeln!(to, "{}", names.join(","))
        }
        Rows::Frames => {
            to.write_all(b"time")?;
            for (info, reading) in &first.readings {
                match reading {
                    Reading::Frames(series) if series.bands > 1 => {
                        (0..series.bands).try_for_each(|band| write!(to, ",{}_{band}", info.name))?;
                    }
                    _ => write!(to, ",{}", info.name)?,
                }
            }
            to.write_all(b"\n")
        }
    }
}

/// Writes the rows of a recording.
pub fn write(rows: Rows, analysis: &Analysis, several: bool, to: &mut dyn Write) -> io::Result<()> {
    let file = if several || rows == Rows::Recordings { quoted(&analysis.file) + "," } else { String::new() };
    match rows {
        Rows::Frames => frames(analysis, &file, to),
        Rows::Moments => moments(analysis, &file, to),
        Rows::Recordings => {
            let numbers = analysis.readings.iter().map(|(_, reading)| match reading {
                Reading::Number(number) => cell(number.unwrap_or(f64::NAN)),
                _ => String::new(),
            });
            writeln!(to, "{file}{}", numbers.collect::<Vec<_>>().join(","))
        }
    }
}

fn frames(analysis: &Analysis, file: &str, to: &mut dyn Write) -> io::Result<()> {
    if let [(_, Reading::Curve(curve))] = analysis.readings.as_slice() {
        return curve.iter().try_for_each(|(moment, level)| writeln!(to, "{file}{moment},{}", cell(*level)));
    }
    let mut columns = Vec::new();
    for (_, reading) in &analysis.readings {
        if let Reading::Frames(series) = reading {
            columns.push(series);
        }
    }
    let Some(first) = columns.first() else { return Ok(()) };
    for (row, time) in first.times().enumerate() {
        write!(to, "{file}{time}")?;
        for column in &columns {
            let values = column.values.get(row * column.bands..(row + 1) * column.bands).unwrap_or_default();
            values.iter().try_for_each(|value| write!(to, ",{value}"))?;
        }
        to.write_all(b"\n")?;
    }
    Ok(())
}

/// What happens, in the order of time; at the same moment, what takes longer goes before.
fn moments(analysis: &Analysis, file: &str, to: &mut dyn Write) -> io::Result<()> {
    let mut events: Vec<(f64, &str)> = Vec::new();
    for (info, reading) in analysis.readings.iter().rev() {
        let (moments, event) = match reading {
            Reading::Downbeats(moments, _) => (moments, "downbeat"),
            Reading::Moments(moments) if info.name == "beats" => (moments, "beat"),
            Reading::Moments(moments) => (moments, "onset"),
            _ => continue,
        };
        events.extend(moments.iter().map(|&moment| (moment, event)));
    }
    events.sort_by(|a, b| a.0.total_cmp(&b.0));
    events.iter().try_for_each(|(moment, event)| writeln!(to, "{file}{moment},{event}"))
}

fn cell(number: f64) -> String {
    if number.is_finite() { number.to_string() } else { String::new() }
}

/// In quotes where it has to be, quotes in it twice.
fn quoted(text: &str) -> String {
    if text.contains([',', '"', '\n', '\r']) { format!("\"{}\"", text.replace('"', "\"\"")) } else { text.to_string() }
}
