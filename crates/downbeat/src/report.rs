//! What came out: a table for people, JSON for programs.

use std::time::Duration;

use downbeat_dsp::Levels;
use downbeat_engine::Report;
use serde_json::{Value, json};

use crate::table::{Align, Table, clock, level};

/// The levels of the tracks and of the mix.
pub fn table(report: &Report, rate: u32) -> Table {
    let tracks = report.tracks.iter().map(|track| (track.name.as_str(), &track.levels, track.frames));
    levels_table(tracks.chain([("Master", &report.master, report.frames)]), rate)
}

/// A row of levels for each sound: its name, its levels and its length in frames.
pub fn levels_table<'a>(sounds: impl IntoIterator<Item = (&'a str, &'a Levels, u64)>, rate: u32) -> Table {
    let mut table = Table::new(&[
        ("", Align::Left),
        ("peak dBFS", Align::Right),
        ("true peak dBTP", Align::Right),
        ("LUFS", Align::Right),
        ("length", Align::Right),
    ]);
    for (name, levels, frames) in sounds {
        table.row(vec![
            name.to_string(),
            level(levels.peak_db),
            level(levels.true_peak_db),
            levels.lufs.map_or_else(|| "-".to_string(), |lufs| format!("{lufs:.1}")),
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

/// The levels of the tracks and of the mix as JSON. Levels of silence are null.
pub fn json(report: &Report, rate: u32, elapsed: Duration) -> Value {
    let tracks = report.tracks.iter().map(|track| {
        let mut row = json!({ "name": track.name });
        merge(&mut row, levels_json(&track.levels, track.frames, rate));
        row
    });
    let mut value = json!({
        "rate": rate,
        "tracks": tracks.collect::<Vec<_>>(),
        "master": levels_json(&report.master, report.frames, rate),
    });
    merge(&mut value, speed_json(report.frames, rate, elapsed));
    value
}

/// The levels of one sound.
pub fn levels_json(levels: &Levels, frames: u64, rate: u32) -> Value {
    json!({
        "peak_db": finite(levels.peak_db),
        "true_peak_db": finite(levels.true_peak_db),
        "lufs": levels.lufs.and_then(finite),
        "frames": frames,
        "seconds": frames as f64 / f64::from(rate),
    })
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

fn finite(x: f64) -> Option<f64> {
    x.is_finite().then_some(x)
}
