//! What came out: a table for people, JSON for programs.

use std::time::Duration;

use downbeat_dsp::Levels;
use downbeat_engine::Report;
use serde_json::{Value, json};

use crate::table::{Align, Table, clock, level};

/// The levels of the tracks and of the mix.
pub fn table(report: &Report, rate: u32) -> Table {
    let mut table = Table::new(&[
        ("", Align::Left),
        ("peak dBFS", Align::Right),
        ("true peak dBTP", Align::Right),
        ("LUFS", Align::Right),
        ("length", Align::Right),
    ]);
    let mut row = |name: &str, levels: &Levels, frames: u64| {
        table.row(vec![
            name.to_string(),
            level(levels.peak_db),
            level(levels.true_peak_db),
            levels.lufs.map_or_else(|| "-".to_string(), |lufs| format!("{lufs:.1}")),
            clock(frames as f64 / f64::from(rate)),
        ]);
    };
    report.tracks.iter().for_each(|track| row(&track.name, &track.levels, track.frames));
    row("Master", &report.master, report.frames);
    table
}

/// How long it took: `0.13 s, 570 times as fast as it plays`.
pub fn speed(frames: u64, rate: u32, elapsed: Duration) -> String {
    let elapsed = elapsed.as_secs_f64();
    let ratio = frames as f64 / f64::from(rate) / elapsed;
    format!("{elapsed:.2} s ({ratio:.0}x real time)")
}

/// The same as JSON. Levels of silence are null.
pub fn json(report: &Report, rate: u32, elapsed: Duration) -> Value {
    let seconds = |frames: u64| frames as f64 / f64::from(rate);
    let with_levels = |levels: &Levels, frames: u64| {
        json!({
            "peak_db": finite(levels.peak_db),
            "true_peak_db": finite(levels.true_peak_db),
            "lufs": levels.lufs.and_then(finite),
            "frames": frames,
            "seconds": seconds(frames),
        })
    };
    let tracks: Vec<Value> = report
        .tracks
        .iter()
        .map(|track| {
            let mut row = json!({ "name": track.name });
            if let (Value::Object(row), Value::Object(levels)) = (&mut row, with_levels(&track.levels, track.frames)) {
                row.extend(levels);
            }
            row
        })
        .collect();
    json!({
        "rate": rate,
        "tracks": tracks,
        "master": with_levels(&report.master, report.frames),
        "elapsed_s": elapsed.as_secs_f64(),
        "times_real_time": seconds(report.frames) / elapsed.as_secs_f64(),
    })
}

fn finite(x: f64) -> Option<f64> {
    x.is_finite().then_some(x)
}
