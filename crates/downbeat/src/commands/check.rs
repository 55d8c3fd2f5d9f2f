//! `downbeat check`: everything but the sound.

use crate::args::Check;
use crate::exit::Fail;
use crate::mix;
use crate::table::clock;
use crate::terminal::Terminal;

/// Runs the script, tells what is wrong with it, and what would be rendered.
pub fn run(args: &Check, terminal: &Terminal) -> Result<(), Fail> {
    let mix = mix::open(&args.mix, args.rate, terminal)?;
    if args.plan {
        print!("{}", mix.plan);
        return Ok(());
    }
    let session = &mix.session;
    let segments: usize =
        session.tracks.iter().filter_map(|track| track.cut.as_ref()).map(|cut| cut.segments.len()).sum();
    let count = |number: usize, what: &str| format!("{number} {what}{}", if number == 1 { "" } else { "s" });
    println!(
        "{} is fine: {}, {}, {}; {} at {} Hz",
        args.mix.script.display(),
        count(session.tracks.len(), "track"),
        count(session.buses.len(), "bus").replace("buss", "buses"),
        count(segments, "segment"),
        clock(mix.plan.frames as f64 / f64::from(mix.plan.rate)),
        mix.plan.rate,
    );
    Ok(())
}
