//! `downbeat analyze`: what can be measured of recordings, for people, as JSON and as tables.

mod analysis;
mod csv;
mod features;
mod frames;
mod json;
mod levels;
mod rhythm;
mod summary;

use std::io::{self, BufWriter, ErrorKind, Write};

use downbeat_dsp::features::Framing;

use crate::args::Analyze;
use crate::exit::Fail;
use crate::terminal::Terminal;
use analysis::{Analysis, Options};
use features::FeatureInfo;

/// What the summary needs when nothing else is asked for.
const SUMMARY: &str = "levels,rms,spectral_centroid,rhythm";
/// What a table of frames has when nothing else is asked for.
const FRAMES: &str = "temporal,spectral,onset_strength";

/// How the measurements are printed.
#[derive(Clone, Copy, PartialEq)]
enum Output {
    Summary,
    Json,
    Csv(csv::Rows),
}

/// Measures each recording and prints what was measured. One that cannot be read is told, and the others go on.
pub fn run(args: &Analyze, terminal: &Terminal) -> Result<(), Fail> {
    let list = args.features.as_deref().unwrap_or(match (args.json, args.csv) {
        (true, _) => "default",
        (_, true) => FRAMES,
        _ => SUMMARY,
    });
    let wanted = features::parse(list)?;
    let output = match (args.json, args.csv) {
        (true, _) => Output::Json,
        (_, true) => Output::Csv(csv::rows(&wanted)?),
        _ => Output::Summary,
    };
    let framing = Framing { frame: args.frame as usize, hop: args.hop as usize, ..Framing::default() };
    let options = Options { pick: args.channels, rate: args.rate, framing };

    let mut to = BufWriter::with_capacity(1 << 16, io::stdout().lock());
    let (mut printed, mut failed) = (0, None::<Fail>);
    for file in &args.inputs {
        match Analysis::of(file, &wanted, &options) {
            Ok(analysis) => {
                let sheet = Sheet { output, wanted: &wanted, several: args.inputs.len() > 1, first: printed == 0 };
                if !delivered(sheet.write(&analysis, &mut to).and_then(|()| to.flush()))? {
                    return Ok(());
                }
                printed += 1;
            }
            Err(fail) => {
                // The last failure is told by whoever called.
                if let Some(Fail { message: Some(message), hint, .. }) = failed.replace(fail) {
                    terminal.error(&message, hint.as_deref());
                }
            }
        }
    }
    if output == Output::Json && args.inputs.len() > 1 {
        let end = if printed == 0 { "[]\n" } else { "\n]\n" };
        delivered(to.write_all(end.as_bytes()).and_then(|()| to.flush()))?;
    }
    failed.map_or(Ok(()), Err)
}

/// Where and how an analysis is printed.
struct Sheet<'a> {
    output: Output,
    wanted: &'a [&'static FeatureInfo],
    /// Whether there is more than one file, and whether this is the first of them.
    several: bool,
    first: bool,
}

impl Sheet<'_> {
    fn write(&self, analysis: &Analysis, to: &mut dyn Write) -> io::Result<()> {
        match self.output {
            Output::Summary => {
                let space = if self.first { "" } else { "\n" };
                write!(to, "{space}{}", summary::summary(analysis))
            }
            Output::Json if self.several => {
                to.write_all(if self.first { b"[\n" } else { b",\n" })?;
                json::write(analysis, to)
            }
            Output::Json => {
                json::write(analysis, to)?;
                to.write_all(b"\n")
            }
            Output::Csv(rows) => {
                if self.first {
                    csv::write_head(rows, self.wanted, analysis, self.several, to)?;
                }
                csv::write(rows, analysis, self.several, to)
            }
        }
    }
}

/// Whether somebody still reads: a reader that has left, as in `| head`, has what it wanted.
fn delivered(written: io::Result<()>) -> Result<bool, Fail> {
    match written {
        Ok(()) => Ok(true),
        Err(error) if error.kind() == ErrorKind::BrokenPipe => Ok(false),
        Err(error) => Err(Fail::error(format!("cannot write to the standard output: {error}"))),
    }
}
