//! The commands that list and explain: songs, effects, instruments.

use std::path::PathBuf;

use clap::Args;

/// What `downbeat midi --help` ends with.
pub const MIDI_KEYS: &str = "\
The JSON, with times in seconds:
  tempo_changes    [[time, bpm], ...]
  time_signatures  [[time, numerator, denominator], ...]
  beats            [time, ...]
  downbeats        [time, ...]
  parts            [{name, program, drum, notes: [[start, end, pitch, velocity], ...]}, ...]
  end              time";

/// What `downbeat effects --help` and `downbeat instruments --help` end with.
pub const ROW_KEYS: &str = "\
Keys of each with --json:
  name, kind, doc, version
  stands_on        where an effect may stand
  params           [{name, unit, default, min, max, doc, type, fixed, choices}, ...]; fixed cannot move";

/// `downbeat midi`
#[derive(Args, Debug)]
pub struct Midi {
    /// The MIDI file
    pub file: PathBuf,
    /// Print everything, every note included, as JSON
    #[arg(long)]
    pub json: bool,
}

/// `downbeat effects`
#[derive(Args, Debug)]
pub struct Effects {
    /// The effect to explain
    pub name: Option<String>,
    /// Print as JSON
    #[arg(long)]
    pub json: bool,
}

/// `downbeat instruments`
#[derive(Args, Debug)]
pub struct Instruments {
    /// The instrument, wave or envelope to explain
    pub name: Option<String>,
    /// Print as JSON
    #[arg(long)]
    pub json: bool,
}
