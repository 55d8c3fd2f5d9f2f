//! What can be said on the command line.

use std::path::PathBuf;

use clap::{Args, Parser, Subcommand, ValueEnum};
use downbeat_engine::media::Pick;

use crate::moment::Moment;

/// Downbeat is the DAW you write: a mix is a short script, and `downbeat render` makes the sound.
#[derive(Parser, Debug)]
#[command(name = "downbeat", version, max_term_width = 100, arg_required_else_help = true)]
pub struct Cli {
    /// What to do.
    #[command(subcommand)]
    pub command: Command,
    /// When to use colours.
    #[arg(long, global = true, value_enum, default_value_t, value_name = "WHEN")]
    pub color: Color,
}

/// When to use colours.
#[derive(ValueEnum, Clone, Copy, Default, PartialEq, Debug)]
pub enum Color {
    /// On a terminal, unless NO_COLOR is set.
    #[default]
    Auto,
    /// Always.
    Always,
    /// Never.
    Never,
}

/// The commands.
#[derive(Subcommand, Debug)]
pub enum Command {
    /// Render a mix to a WAV or FLAC file.
    ///
    /// Runs the script, renders all tracks and the mix, writes the file (whole or not at all) and prints the levels, those
    /// of tracks and buses before their faders. Then holds them against what the script expects: expect(master.lufs, ...).
    #[command(after_help = RENDER_EXAMPLES)]
    Render(Render),
    /// Check a mix without rendering it: everything but the sound.
    Check(Check),
    /// Print what is in a MIDI file: tempo, metre, bars, parts.
    ///
    /// With --json: all of it, every note included.
    #[command(after_help = MIDI_KEYS)]
    Midi(Midi),
    /// List the effects, or explain one.
    #[command(after_help = ROW_KEYS)]
    Effects(Effects),
    /// List the instruments, waves and envelopes, or explain one.
    #[command(after_help = ROW_KEYS)]
    Instruments(Instruments),
    /// Run effects over one file.
    ///
    /// The effects are written as in a mix, one or a list of them. IN and OUT may be the same file.
    #[command(after_help = PROCESS_EXAMPLES)]
    Process(Process),
    /// Measure recordings: levels, loudness, spectrum, onsets, tempo, beats.
    ///
    /// Prints a summary, or with --json and --csv all the numbers. Those of frames, onsets, tempo and beats are
    /// librosa's, of the mean of the channels.
    #[command(after_help = ANALYZE_HELP)]
    Analyze(Analyze),
    /// Write the peaks of a recording, for a waveform on a web page.
    ///
    /// For each pixel the least and the greatest sample, in the formats of BBC's audiowaveform, which peaks.js and
    /// wavesurfer.js read; the same numbers as audiowaveform has, for WAV and FLAC. Channels are mixed to one line
    /// unless --split-channels is given.
    #[command(after_help = PEAKS_EXAMPLES)]
    Peaks(Peaks),
    /// Draw a recording or a mix as PNG or SVG.
    ///
    /// Waveforms, brightness, spectrograms and loudness of any recording and of the sound of a mix; a mix with all its
    /// tracks and segments; two sounds and what is between them. Above a mix stand the bars of its song.
    #[command(after_help = PLOT_EXAMPLES)]
    Plot(Plot),
    /// Print the completions for a shell.
    ///
    /// For bash: downbeat completions bash > ~/.local/share/bash-completion/completions/downbeat
    Completions {
        /// The shell.
        #[arg(value_enum)]
        shell: clap_complete::Shell,
    },
}

const RENDER_EXAMPLES: &str = "\
Examples:
  downbeat render mix.star                             writes mix.wav beside the script
  downbeat render mix.star -o mix.flac --bits 16
  downbeat render mix.star --from 9 --to 12            four bars only
  downbeat render mix.star --set drive=4               what option(\"drive\", 2.0) gives
  downbeat render mix.star --stems parts --picture mix.png
  downbeat render mix.star --strict --json > levels.json

Exit codes: 0 fine, 1 the mix has errors or does not meet its expectations, 2 called in a wrong way";

const MIDI_KEYS: &str = "\
The JSON, with times in seconds:
  tempo_changes    [[time, bpm], ...]
  time_signatures  [[time, numerator, denominator], ...]
  beats            [time, ...]
  downbeats        [time, ...]
  parts            [{name, program, drum, notes: [[start, end, pitch, velocity], ...]}, ...]
  end              time";

const ROW_KEYS: &str = "\
Keys of each with --json:
  name, kind, doc, version
  stands_on        where an effect may stand
  params           [{name, unit, default, min, max, doc, type, fixed, choices}, ...]; fixed cannot move";

const PROCESS_EXAMPLES: &str = "\
Examples:
  downbeat process bass.wav -o dirty.wav 'soft_clip(drive = 7)'
  downbeat process in.flac -o out.flac '[fir_highpass(pass_hz = 200, stop_hz = 100), reverse()]'
  downbeat process in.mp3 -o out.wav --rate 44100 --bits 16 '[]'
  downbeat process surround.wav -o stereo.wav --channels downmix 'normalize(peak_db = -1)'

`downbeat effects` lists the effects.";

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

const PEAKS_EXAMPLES: &str = "\
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

const PLOT_EXAMPLES: &str = "\
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

fn seconds(text: &str) -> Result<f64, String> {
    let seconds = text.trim().parse().ok().filter(|seconds: &f64| seconds.is_finite() && *seconds >= 0.0);
    seconds.ok_or_else(|| "it should be a number of seconds from 0, such as 90.5".to_string())
}

fn channels(text: &str) -> Result<Pick, String> {
    let number = |text: &str| text.trim().parse().ok().filter(|&channel: &usize| channel > 0);
    let pick = match (text, text.split_once(',')) {
        ("all", _) => Some(Pick::AsIs),
        ("left", _) => Some(Pick::Channel(1)),
        ("right", _) => Some(Pick::Channel(2)),
        ("downmix", _) => Some(Pick::Downmix),
        (_, Some((left, right))) => number(left).zip(number(right)).map(|(left, right)| Pick::Pair(left, right)),
        (one, None) => number(one).map(Pick::Channel),
    };
    pick.ok_or_else(|| "it should be left, right, downmix, a number from 1, or a pair such as 3,4".to_string())
}

fn assignment(text: &str) -> Result<(String, String), String> {
    match text.split_once('=') {
        Some((name, value)) if !name.trim().is_empty() => Ok((name.trim().to_string(), value.trim().to_string())),
        _ => Err("it should read NAME=VALUE".to_string()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use clap::CommandFactory;

    #[test]
    fn channels_are_named_or_counted() {
        assert_eq!(channels("left"), Ok(Pick::Channel(1)));
        assert_eq!(channels("3"), Ok(Pick::Channel(3)));
        assert_eq!(channels("5, 6"), Ok(Pick::Pair(5, 6)));
        assert_eq!(channels("downmix"), Ok(Pick::Downmix));
        for wrong in ["", "0", "-1", "1,", "1,2,3", "centre"] {
            assert!(channels(wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn the_command_line_is_consistent() {
        Cli::command().debug_assert();
    }
}
