//! How sound is written, and the command that does nothing else: `downbeat process`.

use std::path::PathBuf;

use clap::{Args, ValueEnum};
use downbeat_engine::media::Pick;

use super::parse::channels;

/// What `downbeat process --help` ends with.
pub const PROCESS_EXAMPLES: &str = "\
Examples:
  downbeat process bass.wav -o dirty.wav 'soft_clip(drive = 7)'
  downbeat process in.flac -o out.flac '[fir_highpass(pass_hz = 200, stop_hz = 100), reverse()]'
  downbeat process in.mp3 -o out.wav --rate 44100 --bits 16 '[]'
  downbeat process surround.wav -o stereo.wav --channels downmix 'normalize(peak_db = -1)'

`downbeat effects` lists the effects.";

/// `downbeat process`
#[derive(Args, Debug)]
pub struct Process {
    /// The file to read
    #[arg(value_name = "IN")]
    pub input: PathBuf,
    /// The file to write, .wav or .flac
    #[arg(short, long, value_name = "OUT")]
    pub output: PathBuf,
    /// The effects, as in a mix: 'gain(-6)', or '[gain(-6), reverse()]'; '[]' changes nothing
    #[arg(value_name = "EFFECTS")]
    pub effects: String,
    /// Which channels of the input: left, right, a number from 1, a pair such as 3,4, or downmix
    #[arg(long, value_name = "CHANNELS", default_value = "all", hide_default_value = true, value_parser = channels)]
    pub channels: Pick,
    #[command(flatten)]
    pub sound: Sound,
    /// Print the levels as JSON
    #[arg(long)]
    pub json: bool,
}

/// How sound is written.
#[derive(Args, Debug)]
pub struct Sound {
    /// The rate in Hz, instead of the script's or the file's
    #[arg(long, value_name = "HZ", value_parser = clap::value_parser!(u32).range(8_000..=384_000))]
    pub rate: Option<u32>,
    /// The depth of the samples [default: 24]
    #[arg(long, value_enum, default_value_t, hide_default_value = true)]
    pub bits: Bits,
    /// Round 16- and 24-bit samples plainly instead of adding dither
    #[arg(long)]
    pub no_dither: bool,
}

/// The depth of samples.
#[derive(ValueEnum, Clone, Copy, Default, PartialEq, Debug)]
pub enum Bits {
    /// 16-bit integers, dithered
    #[value(name = "16")]
    Int16,
    /// 24-bit integers, dithered
    #[default]
    #[value(name = "24")]
    Int24,
    /// 32-bit float (WAV only)
    #[value(name = "32f")]
    Float32,
}
