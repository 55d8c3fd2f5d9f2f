//! What can be said to `downbeat play`.

use std::path::PathBuf;

use clap::Args;

use crate::moment::Moment;

/// What the help ends with.
pub const EXAMPLES: &str = "\
Examples:
  downbeat play mix.star
  downbeat play mix.star --from \"bar 9\" --to \"bar 12\" --loop    four bars, again and again
  downbeat play mix.wav --from 1:30
  downbeat play --list-devices
  downbeat play mix.star --device \"USB Audio\"

Ctrl-C ends it.

Exit codes: 0 fine, 1 the mix has errors or there is no way to play it, 2 called in a wrong way";

/// `downbeat play`
#[derive(Args, Debug, Default)]
pub struct Play {
    /// The mix (a Starlark script), or a recording
    #[arg(value_name = "MIX.star|FILE", required_unless_present = "list_devices")]
    pub input: Option<PathBuf>,
    /// Where to begin: seconds (92.5), a time (1:32.5) or a bar ("bar 9")
    #[arg(long, value_name = "MOMENT")]
    pub from: Option<Moment>,
    /// Where to end; a bar is played to its end
    #[arg(long, value_name = "MOMENT")]
    pub to: Option<Moment>,
    /// Begin again at the end
    #[arg(long = "loop")]
    pub repeat: bool,
    /// The output: its name, a part of it, or its id [default: the computer's own]
    #[arg(long, value_name = "NAME")]
    pub device: Option<String>,
    /// List the outputs there are, and end
    #[arg(long)]
    pub list_devices: bool,
    /// Set an option of the script: what its option("NAME", ...) gives
    #[arg(long = "set", value_name = "NAME=VALUE", value_parser = crate::args::assignment)]
    pub settings: Vec<(String, String)>,
    /// Also let the script read files below this folder (by itself it reads only below its own)
    #[arg(long, value_name = "DIR")]
    pub allow_read: Vec<PathBuf>,
    /// The number of threads to render on [default: one for each processor]
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u16).range(1..=1024))]
    pub threads: Option<u16>,
}
