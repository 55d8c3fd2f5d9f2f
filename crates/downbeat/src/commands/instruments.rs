//! `downbeat instruments`: the tables of instruments, waves and envelopes, read aloud.

use downbeat_dsp::{ENVELOPES, INSTRUMENTS, WAVES};

use super::rows::{Entry, tell};
use crate::args::Instruments;
use crate::exit::Fail;

/// Lists what makes sound, or explains one of them.
pub fn run(args: &Instruments) -> Result<(), Fail> {
    let instruments = INSTRUMENTS.iter().map(|row| Entry::new(row, "instrument"));
    let waves = WAVES.iter().map(|row| Entry::new(row, "wave"));
    let envelopes = ENVELOPES.iter().map(|row| Entry::new(row, "envelope"));
    let entries: Vec<Entry> = instruments.chain(waves).chain(envelopes).collect();
    tell(&entries, "instrument", args.name.as_deref(), args.json)
}
