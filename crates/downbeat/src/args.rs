//! What can be said on the command line.

mod mixes;
mod parse;
mod plot;
mod recordings;
mod rows;
mod sound;
mod watch;

pub use mixes::{Check, Mix, Render};
pub use parse::assignment;
pub use plot::{Plot, PlotChannels, PlotFrequency, PlotMap, PlotStyle, PlotTheme};
pub use recordings::{ANALYZE_HELP, Analyze, Peaks};
pub use rows::{Effects, Instruments, Midi};
pub use sound::{Bits, Process, Sound};
pub use watch::Watch;

use clap::{Parser, Subcommand, ValueEnum};

use crate::commands::play::{EXAMPLES as PLAY_EXAMPLES, Play};
use mixes::RENDER_EXAMPLES;
use plot::PLOT_EXAMPLES;
use recordings::PEAKS_EXAMPLES;
use rows::{MIDI_KEYS, ROW_KEYS};
use sound::PROCESS_EXAMPLES;
use watch::WATCH_HELP;

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
    /// Render a mix again after each edit, and play it on a page.
    ///
    /// Watches the script, what it loads, its recordings, songs and folders, and serves a page that plays the mix and shows
    /// it. Save the script: what has changed is rendered, and only that, beginning where you listen. While a script has
    /// errors, the last sound without errors goes on. The page is for this machine alone (127.0.0.1). Ctrl-C ends it.
    #[command(after_help = WATCH_HELP)]
    Watch(Watch),
    /// Play a mix or a recording on the computer's own output.
    ///
    /// A mix is rendered while it plays. It is there where the program was built with the feature `playback`.
    #[command(after_help = PLAY_EXAMPLES)]
    Play(Play),
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

#[cfg(test)]
mod tests {
    use super::*;
    use clap::CommandFactory;

    #[test]
    fn the_command_line_is_consistent() {
        Cli::command().debug_assert();
    }
}
