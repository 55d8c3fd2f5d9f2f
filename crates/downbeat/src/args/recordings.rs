//! The commands that measure recordings: `downbeat analyze` and `downbeat peaks`.

use std::path::PathBuf;

use clap::{Args, ValueEnum};
use downbeat_engine::media::Pick;

use super::parse::{channels, seconds};

/// What `downbeat analyze --help` ends with: all that can be measured, and examples.
pub const ANALYZE_HELP: &str = "\
What can be measured, by groups (a group's name stands for all of it):
  levels    peak_db, true_peak_db, rms_db, crest_db, lufs, lra, max_momentary_lufs, max_short_term_lufs,
            correlation, dc_offset, clipped_samples, leading_silence, trailing_silence
  temporal  rms, zero_crossing_rate
  spectral  spectral_centroid, spectral_bandwidth, spectral_rolloff, spectral_flatness
  rhythm    onset_strength, onset_times, tempo, beats, downbeats
  loudness  momentary_lufs, short_term_lufs, true_peaks_db (every 100 ms)
  bands     spectral_contrast, mel, chroma (several numbers for each frame)
  default   levels, temporal, spectral, rhythm
  all       everything

The JSON has file, format, bits, seconds, frames, rate, channels, and a key for each feature:
  of levels, and tempo                      a number, or null
  onset_times, beats, downbeats             [seconds, ...]
  of frames, and every 100 ms               {times: [seconds, ...], values: [number or [band, ...], ...]}
  beats_per_bar, downbeat_confidence        beside downbeats: a number, and how likely they are right, 0 to 1

Examples:
  downbeat analyze take.wav
  downbeat analyze mix.flac --json > mix.json
  downbeat analyze *.wav --csv --features levels,tempo        a row for each file
  downbeat analyze drums.wav --csv --features rms,onset_strength --hop 256
  downbeat analyze song.mp3 --csv --features beats,downbeats  a row for each beat
  downbeat analyze voice.wav --json --features mel,chroma --rate 22050

Exit codes: 0 fine, 1 a file cannot be read, 2 called in a wrong way";

/// What `downbeat peaks --help` ends with.
pub const PEAKS_EXAMPLES: &str = "\
Examples:
  downbeat peaks mix.wav -o mix.json --pixels-per-second 20 --bits 8
  downbeat peaks mix.flac -o mix.dat --zoom 512 --split-channels
  downbeat peaks talk.mp3 -o part.json --start 60 --end 90.5

The JSON:
  version            2
  channels           the lines: 1, or with --split-channels those of the recording
  sample_rate        of the recording, in Hz
  samples_per_pixel  the frames of a pixel; the last pixel may have fewer
  bits               8 (numbers from -128 to 127) or 16 (from -32768 to 32767)
  length             the number of pixels
  data               [least, greatest, ...]: line after line, pixel after pixel

The .dat is the same in binary: version 1 with one line, version 2 with more.

On a page, with peaks.js:
  Peaks.init({ dataUri: { json: 'mix.json', arraybuffer: 'mix.dat' }, ... })

With wavesurfer.js, which wants numbers from -1 to 1 (16 bits are divided by 32768):
  const { data, length, samples_per_pixel, sample_rate } = await (await fetch('mix.json')).json()
  WaveSurfer.create({ peaks: [data.map(x => x / 128)], duration: length * samples_per_pixel / sample_rate, ... })";

/// `downbeat analyze`
#[derive(Args, Debug)]
pub struct Analyze {
    /// The recordings
    #[arg(value_name = "FILE", required = true)]
    pub inputs: Vec<PathBuf>,
    /// Print JSON: an object, or for several files a list of them
    #[arg(long, conflicts_with = "csv")]
    pub json: bool,
    /// Print a table of comma-separated values: a row for each frame, moment or file
    #[arg(long)]
    pub csv: bool,
    /// What to measure: names and groups from the list below, with commas between them
    #[arg(long, value_name = "LIST")]
    pub features: Option<String>,
    /// Which channels: left, right, a number from 1, a pair such as 3,4, or downmix
    #[arg(long, value_name = "CHANNELS", default_value = "all", hide_default_value = true, value_parser = channels)]
    pub channels: Pick,
    /// Bring the recording to this rate first, in Hz
    #[arg(long, value_name = "HZ", value_parser = clap::value_parser!(u32).range(8_000..=384_000))]
    pub rate: Option<u32>,
    /// The length of a frame in samples; a power of two, but for rms and zero_crossing_rate
    #[arg(long, value_name = "SAMPLES", default_value_t = 2048, value_parser = clap::value_parser!(u32).range(8..=65_536))]
    pub frame: u32,
    /// The samples from one frame to the next
    #[arg(long, value_name = "SAMPLES", default_value_t = 512, value_parser = clap::value_parser!(u32).range(1..=65_536))]
    pub hop: u32,
}

/// `downbeat peaks`
#[derive(Args, Debug)]
pub struct Peaks {
    /// The recording
    #[arg(value_name = "FILE")]
    pub input: PathBuf,
    /// The file to write, .json or .dat
    #[arg(short, long, value_name = "OUT")]
    pub output: PathBuf,
    /// The frames of a pixel, 2 at least
    #[arg(long, value_name = "FRAMES", default_value_t = 256, value_parser = clap::value_parser!(u32).range(2..=0x7fff_ffff))]
    pub zoom: u32,
    /// How many pixels a second has, instead of --zoom: the rate is divided by it, and rounded down
    #[arg(long, value_name = "N", conflicts_with = "zoom", value_parser = clap::value_parser!(u32).range(1..))]
    pub pixels_per_second: Option<u32>,
    /// The bits of a number
    #[arg(long, value_enum, default_value_t)]
    pub bits: PeakBits,
    /// Keep the channels apart instead of mixing them
    #[arg(long)]
    pub split_channels: bool,
    /// Where to start, in seconds
    #[arg(long, value_name = "S", allow_negative_numbers = true, value_parser = seconds)]
    pub start: Option<f64>,
    /// Where to stop, in seconds
    #[arg(long, value_name = "S", allow_negative_numbers = true, value_parser = seconds)]
    pub end: Option<f64>,
}

/// The bits of a number of a waveform.
#[derive(ValueEnum, Clone, Copy, Default, PartialEq, Debug)]
pub enum PeakBits {
    /// From -128 to 127
    #[value(name = "8")]
    Eight,
    /// From -32768 to 32767
    #[default]
    #[value(name = "16")]
    Sixteen,
}

impl PeakBits {
    /// 8 or 16.
    pub fn bits(self) -> u8 {
        match self {
            PeakBits::Eight => 8,
            PeakBits::Sixteen => 16,
        }
    }
}
