//! `downbeat peaks`: the waveform of a recording as numbers, for players on web pages.

mod pixels;
mod waveform;

use std::io::{self, BufWriter, Write};
use std::path::Path;
use std::time::Instant;

use downbeat_engine::{SurveyOptions, media, survey};

use crate::args::Peaks;
use crate::exit::Fail;
use crate::output::Output;
use crate::report;
use crate::terminal::print;
use crate::world::OneFile;
use pixels::Pixels;
use waveform::Format;

/// Decodes a recording and writes its peaks.
pub fn run(args: &Peaks) -> Result<(), Fail> {
    let begin = Instant::now();
    let Some(format) = Format::of(&args.output) else {
        let message = format!("cannot tell the format of {} from its name", args.output.display());
        return Err(Fail::usage(message).hint("a name that ends in .json or .dat says it"));
    };
    let (world, name) = (OneFile(&args.input), args.input.display().to_string());
    let info = media::probe(&world, &name)?;
    let zoom = zoom(args, info.rate)?;
    let options = range(args, info.rate)?;
    if is_same_file(&args.input, &args.output) {
        let message = format!("cannot write {}: it is the recording", args.output.display());
        return Err(Fail::usage(message).hint("another name, or another folder, keeps it"));
    }
    let output = Output::create(&args.output)?;

    let seen = survey(&world, &name, &options, u64::from(zoom), |info| Pixels::new(info, zoom, args.split_channels));
    let pixels = seen?;
    let frames = pixels.frames();
    if frames == 0 {
        let what = if options.from > 0 { "ends before --start" } else { "has no sound in it" };
        return Err(Fail::error(format!("there is nothing to write: {name} {what}")));
    }
    let waveform = pixels.finish(info.rate, args.bits.bits());
    write(output, &args.output, |to| waveform.write(format, to))?;

    let speed = report::speed(frames, info.rate, begin.elapsed());
    let (count, output) = (waveform.length(), args.output.display());
    print(&format!("{count} pixels of {zoom} frames\n{output} in {speed}\n"))
}

/// The frames of a pixel.
fn zoom(args: &Peaks, rate: u32) -> Result<u32, Fail> {
    let Some(pixels) = args.pixels_per_second else { return Ok(args.zoom) };
    match rate / pixels {
        0 | 1 => {
            let fail = Fail::usage(format!("{pixels} pixels a second are too many for a rate of {rate} Hz"));
            Err(fail.hint(format!("a pixel has at least two frames: {} would be the most", rate / 2)))
        }
        zoom => Ok(zoom),
    }
}

/// The range that was asked for in seconds, in frames.
fn range(args: &Peaks, rate: u32) -> Result<SurveyOptions, Fail> {
    let start = args.start.unwrap_or(0.0);
    if let Some(end) = args.end.filter(|&end| end <= start) {
        return Err(Fail::usage(format!("--end {end} does not come after --start {start}")));
    }
    let frame = |seconds: f64| (seconds * f64::from(rate)) as u64;
    Ok(SurveyOptions { threads: None, from: frame(start), to: args.end.map(frame) })
}

fn is_same_file(a: &Path, b: &Path) -> bool {
    a.canonicalize().is_ok_and(|a| b.canonicalize().is_ok_and(|b| a == b))
}

/// Writes all of it and makes it appear.
fn write(output: Output, path: &Path, all: impl FnOnce(&mut dyn Write) -> io::Result<()>) -> Result<(), Fail> {
    let mut writer = BufWriter::new(output.writer()?);
    let written = all(&mut writer).and_then(|()| writer.flush());
    written.map_err(|error| Fail::error(format!("cannot write {}: {error}", path.display())))?;
    drop(writer);
    Ok(output.commit()?)
}
