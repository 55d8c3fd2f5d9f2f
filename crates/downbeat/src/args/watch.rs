//! `downbeat watch`: what can be said of listening while one edits.

use clap::Args;

use super::mixes::Mix;
use super::parse::bytes;

/// What `downbeat watch --help` ends with.
pub const WATCH_HELP: &str = "\
Examples:
  downbeat watch mix.star                              opens the page in the browser
  downbeat watch mix.star --no-browser --port 8000     http://127.0.0.1:8000/
  downbeat watch mix.star --explain                    what ran after each edit, and why
  downbeat watch mix.star --json --no-browser          for editors and scripts

With --json, an object a line, told apart by its event:
  listening  url
  rendered   edit_to_ready_ms, edit_to_playhead_ms, jobs_run, jobs_reused, sha256
  error      diagnostics: [{severity, message, file, line, column, hints, text}, ...]
Solo and mute on the page are no edit, and tell nothing.

  edit_to_ready_ms     from the edit until all of the mix was rendered
  edit_to_playhead_ms  from the edit until the page could play it where the listener is
  sha256               of the samples, as those of `render --bits 32f`: interleaved, little-endian;
                       null when the next edit came before it was known
  ran                  with --explain: [{strip, what, pages, why}, ...]

Exit codes: 0 it was interrupted, 1 it cannot listen or watch, 2 called in a wrong way";

/// `downbeat watch`
#[derive(Args, Debug)]
pub struct Watch {
    #[command(flatten)]
    pub mix: Mix,
    /// The port of the page; 0 takes any [default: 4747, or the next that is free]
    #[arg(long, value_name = "N")]
    pub port: Option<u16>,
    /// Do not open the page in the browser
    #[arg(long)]
    pub no_browser: bool,
    /// Tell what happens as JSON, an object a line
    #[arg(long)]
    pub json: bool,
    /// Tell after each edit what ran, and why
    #[arg(long)]
    pub explain: bool,
    /// How much finished work is kept in memory, such as 512M or 4G [default: a quarter of this computer's]
    #[arg(long, value_name = "SIZE", value_parser = bytes)]
    pub memory: Option<u64>,
}
