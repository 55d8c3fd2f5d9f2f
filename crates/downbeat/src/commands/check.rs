//! `downbeat check`: everything but the sound.

use crate::args::Check;
use crate::exit::Fail;
use crate::mix;
use crate::table::clock;
use crate::terminal::{Terminal, print};

/// Runs the script, tells what is wrong with it, and what would be rendered.
pub fn run(args: &Check, terminal: &Terminal) -> Result<(), Fail> {
    let mix = mix::open(&args.mix, args.rate, None, terminal)?;
    if args.plan {
        return print(&mix.plan.to_string());
    }
    let session = &mix.session;
    let segments: usize =
        session.tracks.iter().filter_map(|track| track.cut.as_ref()).map(|cut| cut.segments.len()).sum();
    let count = |number: usize, what: &str| format!("{number} {what}{}", if number == 1 { "" } else { "s" });
    print(&format!(
        "{} is fine: {}, {}, {}; {} at {} Hz\n",
        args.mix.script.display(),
        count(session.tracks.len(), "track"),
        count(session.buses.len(), "bus").replace("buss", "buses"),
        count(segments, "segment"),
        clock(mix.plan.frames as f64 / f64::from(mix.plan.rate)),
        mix.plan.rate,
    ))
}
