//! The commands that run the script of a mix.

use std::path::PathBuf;

use clap::Args;

use super::parse::assignment;
use super::sound::Sound;

/// What `downbeat render --help` ends with.
pub const RENDER_EXAMPLES: &str = "\
Examples:
  downbeat render mix.star                             writes mix.wav beside the script
  downbeat render mix.star -o mix.flac --bits 16
  downbeat render mix.star --from 9 --to 12            four bars only
  downbeat render mix.star --set drive=4               what option(\"drive\", 2.0) gives
  downbeat render mix.star --stems parts --picture mix.png
  downbeat render mix.star --strict --json > levels.json

Exit codes: 0 fine, 1 the mix has errors or does not meet its expectations, 2 called in a wrong way";

/// `downbeat render`
#[derive(Args, Debug)]
pub struct Render {
    #[command(flatten)]
    pub mix: Mix,
    /// The file to write, .wav or .flac [default: the mix's name with .wav, beside it]
    #[arg(short, long, value_name = "FILE")]
    pub output: Option<PathBuf>,
    /// Also write every track, with its effects and before its fader, into this folder
    #[arg(long, value_name = "DIR")]
    pub stems: Option<PathBuf>,
    /// The first bar to render, counted from 1
    #[arg(long, value_name = "BAR", value_parser = clap::value_parser!(u32).range(1..))]
    pub from: Option<u32>,
    /// The last bar to render (it is included)
    #[arg(long, value_name = "BAR", value_parser = clap::value_parser!(u32).range(1..))]
    pub to: Option<u32>,
    #[command(flatten)]
    pub sound: Sound,
    /// The number of threads [default: one for each processor]
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u16).range(1..=1024))]
    pub threads: Option<u16>,
    /// The length of the pages that are rendered at a time, in frames; the result does not depend on it
    #[arg(long, value_name = "FRAMES", hide = true, value_parser = clap::value_parser!(u32).range(1..=16_777_216))]
    pub page: Option<u32>,
    /// Also draw the raw tracks' sum and the mix, one above the other
    #[arg(long, value_name = "FILE.png")]
    pub picture: Option<PathBuf>,
    /// Also draw into this folder: every track before and after, the mix, and the overview
    #[arg(long, value_name = "DIR")]
    pub pictures: Option<PathBuf>,
    /// Take warnings for errors; nothing is rendered when the script has any
    #[arg(long)]
    pub strict: bool,
    /// Print the levels, and what came of the expectations, as JSON instead of a table
    #[arg(long)]
    pub json: bool,
}

/// `downbeat check`
#[derive(Args, Debug)]
pub struct Check {
    #[command(flatten)]
    pub mix: Mix,
    /// The rate of the session in Hz, instead of the script's
    #[arg(long, value_name = "HZ", value_parser = clap::value_parser!(u32).range(8_000..=384_000))]
    pub rate: Option<u32>,
    /// Print the plan: every job with its key
    #[arg(long)]
    pub plan: bool,
}

/// A script and what goes with it.
#[derive(Args, Debug)]
pub struct Mix {
    /// The mix: a Starlark script
    #[arg(value_name = "MIX.star")]
    pub script: PathBuf,
    /// Set an option of the script: what its option("NAME", ...) gives
    #[arg(long = "set", value_name = "NAME=VALUE", value_parser = assignment)]
    pub settings: Vec<(String, String)>,
    /// Also let the script read files below this folder (by itself it reads only below its own)
    #[arg(long, value_name = "DIR")]
    pub allow_read: Vec<PathBuf>,
}
