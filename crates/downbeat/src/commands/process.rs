//! `downbeat process`: effects over one file.

use std::path::Path;
use std::time::Instant;

use downbeat_engine::media::{self, Pick};
use downbeat_engine::{Report, process};
use downbeat_script::{evaluate_effects, render_diagnostics};

use crate::args::Process;
use crate::exit::Fail;
use crate::report;
use crate::soundfile::{SoundFile, format_of};
use crate::terminal::Terminal;
use crate::world::Folders;

/// Runs effects over a file and writes the result.
pub fn run(args: &Process, terminal: &Terminal) -> Result<(), Fail> {
    let begin = Instant::now();
    let format = format_of(&args.output, &args.sound)?;
    let chain = evaluate_effects(&args.effects).map_err(|mistakes| {
        eprint!("{}", render_diagnostics(&mistakes.diagnostics, &mistakes.sources, terminal.color));
        Fail::printed()
    })?;
    let folder = args.input.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let name = args.input.file_name().unwrap_or_default().to_string_lossy();
    let world = Folders::new(folder, &[]).map_err(|error| Fail::error(format!("{}: {error}", folder.display())))?;
    let failed = |error: &dyn std::fmt::Display| Fail::error(error.to_string());
    let rate = match args.sound.rate {
        Some(rate) => rate,
        None => media::probe(&world, &name).map_err(|e| failed(&e))?.rate,
    };
    let clip = media::load(&world, &name, Pick::AsIs, rate).map_err(|e| failed(&e))?;
    let (result, levels) = process(&chain, clip).map_err(|e| failed(&e))?;

    let frames = result.frames() as u64;
    let mut file = SoundFile::create(&args.output, format, result.format(), frames)?;
    downbeat_engine::Tap::page(&mut file, &result).map_err(|e| failed(&e))?;
    let encoded = file.finish()?;
    if encoded.clipped_frames > 0 {
        eprintln!(
            "warning: {} of {frames} frames clip: it peaks at {:+.1} dBFS (--bits 32f keeps it as it is)",
            encoded.clipped_frames, levels.peak_db
        );
    }
    let done = Report { tracks: Vec::new(), master: levels, frames };
    if args.json {
        let mut value = report::json(&done, rate, begin.elapsed());
        value["output"] = args.output.display().to_string().into();
        value["clipped_frames"] = encoded.clipped_frames.into();
        println!("{value:#}");
    } else {
        print!("{}", report::table(&done, rate));
        println!("\n{} in {}", args.output.display(), report::speed(frames, rate, begin.elapsed()));
    }
    Ok(())
}
