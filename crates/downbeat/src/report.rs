//! What came out: a table for people, JSON for programs.

use std::time::Duration;

use downbeat_dsp::Levels;
use downbeat_engine::{Adjustment, READINGS, Report, StripReport};
use serde_json::{Value, json};

use crate::table::{Align, Table, clock, level};

/// The levels of the tracks, the buses and the mix.
pub fn table(report: &Report) -> Table {
    let strips = report.tracks.iter().chain(&report.buses);
    let strips = strips.map(|strip| (strip.name.as_str(), &strip.levels, strip.frames));
    levels_table(strips.chain([("Master", &report.master, report.frames)]), report.rate)
}

/// A row of levels for each sound: its name, its levels and its length in frames.
pub fn levels_table<'a>(sounds: impl IntoIterator<Item = (&'a str, &'a Levels, u64)>, rate: u32) -> Table {
    let mut table = Table::new(&[
        ("", Align::Left),
        ("peak dBFS", Align::Right),
        ("true peak dBTP", Align::Right),
        ("LUFS", Align::Right),
        ("LRA", Align::Right),
        ("crest dB", Align::Right),
        ("length", Align::Right),
    ]);
    let or_dash = |value: Option<f64>| value.map_or_else(|| "-".to_string(), |value| format!("{value:.1}"));
    for (name, levels, frames) in sounds {
        table.row(vec![
            name.to_string(),
            level(levels.peak_db),
            level(levels.true_peak_db),
            or_dash(levels.lufs),
            or_dash(levels.lra),
            or_dash(levels.peak_db.is_finite().then_some(levels.crest_db)),
            clock(frames as f64 / f64::from(rate)),
        ]);
    }
    table
}

/// How long it took: `0.13 s (570x real time)`.
pub fn speed(frames: u64, rate: u32, elapsed: Duration) -> String {
    let elapsed = elapsed.as_secs_f64();
    let ratio = frames as f64 / f64::from(rate) / elapsed;
    format!("{elapsed:.2} s ({ratio:.0}x real time)")
}

/// The levels of the tracks, the buses and the mix as JSON. Levels of silence are null.
pub fn json(report: &Report, elapsed: Duration) -> Value {
    let rate = report.rate;
    let row = |strip: &StripReport| {
        let mut row = json!({ "name": strip.name });
        merge(&mut row, levels_json(&strip.levels, strip.frames, rate));
        row
    };
    let mut value = json!({
        "rate": rate,
        "tracks": report.tracks.iter().map(row).collect::<Vec<_>>(),
        "buses": report.buses.iter().map(row).collect::<Vec<_>>(),
        "master": levels_json(&report.master, report.frames, rate),
    });
    if let Some(Adjustment { measured_lufs, gain_db, is_limited }) = report.adjustment {
        value["loudness"] = json!({ "measured_lufs": measured_lufs, "gain_db": gain_db, "is_limited": is_limited });
    }
    merge(&mut value, speed_json(report.frames, rate, elapsed));
    value
}

/// What brought the mix to its loudness, in words; nothing when it had none to come to.
pub fn adjustment(report: &Report) -> Option<String> {
    let Adjustment { measured_lufs, gain_db, is_limited } = report.adjustment?;
    Some(match measured_lufs {
        None => "Master: too short or too soft to have a loudness, left as it is".to_string(),
        Some(lufs) => {
            let limited = if is_limited { ", then limited" } else { "" };
            format!("Master: {gain_db:+.1} dB to its loudness (from {lufs:.1} LUFS){limited}")
        }
    })
}

/// The levels of one sound.
pub fn levels_json(levels: &Levels, frames: u64, rate: u32) -> Value {
    let mut value = json!({});
    for reading in &READINGS {
        value[reading.name] = reading.of(levels).and_then(finite).into();
    }
    merge(&mut value, json!({ "frames": frames, "seconds": frames as f64 / f64::from(rate) }));
    value
}

/// How long it took.
pub fn speed_json(frames: u64, rate: u32, elapsed: Duration) -> Value {
    let elapsed = elapsed.as_secs_f64();
    json!({ "elapsed_s": elapsed, "times_real_time": frames as f64 / f64::from(rate) / elapsed })
}

/// Adds the members of one object to another one.
pub fn merge(object: &mut Value, members: Value) {
    if let (Value::Object(object), Value::Object(members)) = (object, members) {
        object.extend(members);
    }
}

/// A number that JSON can hold.
pub fn finite(x: f64) -> Option<f64> {
    x.is_finite().then_some(x)
}
