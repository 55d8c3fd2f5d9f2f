//! `downbeat process`: effects over one file.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Instant;

use downbeat_engine::{Tap, media, process};
use downbeat_script::{evaluate_effects, render_diagnostics};
use serde_json::json;

use crate::args::Process;
use crate::exit::Fail;
use crate::input::unreadable;
use crate::report;
use crate::soundfile::{SoundFile, format_of};
use crate::terminal::{Terminal, note, print};
use crate::world::{Folders, OneFile};

/// Runs effects over a file and writes the result. It may be the same file: it is read before, and replaced at the end.
pub fn run(args: &Process, terminal: &Terminal) -> Result<(), Fail> {
    let begin = Instant::now();
    let format = format_of(&args.output, &args.sound)?;
    let (world, name) = (OneFile(&args.input), args.input.display().to_string());
    let rate = match args.sound.rate {
        Some(rate) => rate,
        None => media::probe(&world, &name).map_err(unreadable)?.rate,
    };
    // Who writes a command may name any file in it.
    let root = [PathBuf::from("/")];
    let files = Folders::new(Path::new(""), Path::new(""), &root).map_err(|error| Fail::error(error.to_string()))?;
    let chain = evaluate_effects(&args.effects, Arc::new(files), rate).map_err(|mistakes| {
        note(&render_diagnostics(&mistakes.diagnostics, &mistakes.sources, terminal.color));
        Fail::printed()
    })?;
    let clip = media::load(&world, &name, args.channels, rate).map_err(unreadable)?;
    let (result, levels) = process(&chain, clip);
    let frames = result.frames() as u64;
    if frames == 0 {
        return Err(Fail::error(format!("there is nothing to write: {name} has no sound in it")));
    }

    let mut file = SoundFile::create(&args.output, format, result.format(), frames)?;
    file.page(&result).map_err(|error| Fail::error(error.to_string()))?;
    let clipped = file.finish()?.clipped_frames;
    if clipped > 0 {
        let hint = format!("it peaks at {:+.1} dBFS; --bits 32f keeps it as it is", levels.peak_db);
        terminal.warning(&format!("the result clips in {clipped} of {frames} frames"), Some(&hint));
    }
    let output = args.output.display().to_string();
    if args.json {
        let mut value = json!({ "rate": rate });
        report::merge(&mut value, report::levels_json(&levels, frames, rate));
        report::merge(&mut value, report::speed_json(frames, rate, begin.elapsed()));
        report::merge(&mut value, json!({ "output": output, "clipped_frames": clipped }));
        print(&format!("{value:#}\n"))
    } else {
        let name = args.output.file_name().unwrap_or_default().to_string_lossy();
        let table = report::levels_table([(name.as_ref(), &levels, frames)], rate);
        print(&format!("{table}\n{output} in {}\n", report::speed(frames, rate, begin.elapsed())))
    }
}
