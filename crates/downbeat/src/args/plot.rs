//! `downbeat plot`: what can be said of a picture.

use std::path::PathBuf;

use clap::{Args, ValueEnum};

use super::parse::assignment;
use crate::moment::Moment;

/// What `downbeat plot --help` ends with.
pub const PLOT_EXAMPLES: &str = "\
Examples:
  downbeat plot take.flac                              writes take.png beside the recording
  downbeat plot mix.star -o mix.svg --style overview   tracks, segments, effects
  downbeat plot mix.star --from \"bar 9\" --to \"bar 12\"  four bars only
  downbeat plot drums.wav --style serato --bars song.mid --theme dark
  downbeat plot talk.mp3 --style spectrogram --from 1:30 --to 1:45 --frequency log --map magma
  downbeat plot mix.star --style loudness
  downbeat plot mix.star --style compare               the raw tracks above the mix
  downbeat plot old.wav new.wav -o difference.png      two sounds and their difference

Exit codes: 0 fine, 1 a file or the mix has errors, 2 called in a wrong way";

/// `downbeat plot`
#[derive(Args, Debug)]
pub struct Plot {
    /// What to draw: a recording, or a mix
    #[arg(value_name = "FILE|MIX.star")]
    pub input: PathBuf,
    /// What to compare it with: another recording or mix
    #[arg(value_name = "WITH")]
    pub other: Option<PathBuf>,
    /// The file to write, .png or .svg [default: the name of what is drawn with .png, beside it]
    #[arg(short, long, value_name = "OUT")]
    pub output: Option<PathBuf>,
    /// How to draw it [default: audacity, or compare when there are two]
    #[arg(long, value_enum)]
    pub style: Option<PlotStyle>,
    /// Where to start: 92.5 (seconds), 1:32.5, or "bar 9"
    #[arg(long, value_name = "WHEN", allow_negative_numbers = true)]
    pub from: Option<Moment>,
    /// Where to stop: seconds, a time, or a bar, which is included
    #[arg(long, value_name = "WHEN", allow_negative_numbers = true)]
    pub to: Option<Moment>,
    /// The song whose bars stand on the ruler, instead of the mix's own
    #[arg(long, value_name = "SONG.mid")]
    pub bars: Option<PathBuf>,
    /// What stands above the picture [default: the name of what is drawn]
    #[arg(long, value_name = "TEXT")]
    pub title: Option<String>,
    /// The width in pixels
    #[arg(long, value_name = "PIXELS", default_value_t = 1600)]
    pub width: u32,
    /// The height in pixels [default: what suits the style and the number of lanes]
    #[arg(long, value_name = "PIXELS")]
    pub height: Option<u32>,
    /// The resolution, which sets the size of text [default: 144 for a width of 1600, and in proportion]
    #[arg(long, value_name = "DPI")]
    pub dpi: Option<f32>,
    /// The colours
    #[arg(long, value_enum, default_value_t)]
    pub theme: PlotTheme,
    /// Draw all channels as one, or each by itself [default: each for audacity, mix for the others]
    #[arg(long, value_enum)]
    pub channels: Option<PlotChannels>,
    /// How frequencies are spread over the height of a spectrogram
    #[arg(long, value_enum, default_value_t, value_name = "SCALE")]
    pub frequency: PlotFrequency,
    /// The colours of a spectrogram's levels
    #[arg(long, value_enum, default_value_t, value_name = "COLOURS")]
    pub map: PlotMap,
    /// Set an option of the mix: what its option("NAME", ...) gives
    #[arg(long = "set", value_name = "NAME=VALUE", value_parser = assignment)]
    pub settings: Vec<(String, String)>,
    /// Also let the mix read files below this folder (by itself it reads only below its own)
    #[arg(long, value_name = "DIR")]
    pub allow_read: Vec<PathBuf>,
    /// The number of threads [default: one for each processor]
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u16).range(1..=1024))]
    pub threads: Option<u16>,
}

/// What a picture shows.
#[derive(ValueEnum, Clone, Copy, PartialEq, Debug)]
pub enum PlotStyle {
    /// The waveform, and within it the RMS
    Audacity,
    /// The waveform, coloured from onset to onset by how bright it sounds
    Serato,
    /// Levels over time and frequency
    Spectrogram,
    /// Momentary, short-term and integrated loudness (EBU R 128), and the true peak
    Loudness,
    /// The tracks, buses and segments of a mix, with their effects
    Overview,
    /// Two sounds and their difference; of one mix, the sum of its raw tracks and the mix
    Compare,
}

/// The colours of a picture.
#[derive(ValueEnum, Clone, Copy, Default, PartialEq, Debug)]
pub enum PlotTheme {
    /// Dark on light grey
    #[default]
    Light,
    /// Light on near black
    Dark,
}

/// Which channels are drawn by themselves.
#[derive(ValueEnum, Clone, Copy, PartialEq, Debug)]
pub enum PlotChannels {
    /// All channels as one
    Mix,
    /// Each channel by itself
    Each,
}

/// How frequencies are spread over a height.
#[derive(ValueEnum, Clone, Copy, Default, PartialEq, Debug)]
pub enum PlotFrequency {
    /// Evenly in Hz
    Linear,
    /// Evenly in octaves, from 20 Hz up
    Log,
    /// Evenly in mel, as pitch is heard
    #[default]
    Mel,
}

/// The colours of levels.
#[derive(ValueEnum, Clone, Copy, Default, PartialEq, Debug)]
pub enum PlotMap {
    /// From dark blue over green to yellow
    #[default]
    Viridis,
    /// From black over purple and orange to pale yellow
    Magma,
    /// From black to white
    Grey,
}
