//! Downbeat is the DAW you write: `downbeat render mix.star`.

mod args;
mod commands;
mod exit;
mod input;
mod live;
mod memory;
mod mix;
mod moment;
mod output;
mod report;
mod soundfile;
mod table;
mod terminal;
mod world;
mod writer;

use std::process::ExitCode;

use args::{Cli, Command};
use clap::{CommandFactory, Parser};
use exit::Fail;
use terminal::Terminal;

fn main() -> ExitCode {
    let cli = Cli::parse();
    let terminal = Terminal::new(cli.color);
    match run(&cli.command, &terminal) {
        Ok(()) => ExitCode::SUCCESS,
        Err(fail) => {
            if let Some(message) = &fail.message {
                terminal.error(message, fail.hint.as_deref());
            }
            ExitCode::from(fail.code)
        }
    }
}

fn run(command: &Command, terminal: &Terminal) -> Result<(), Fail> {
    match command {
        Command::Analyze(args) => commands::analyze::run(args, terminal),
        Command::Render(args) => commands::render::run(args, terminal),
        Command::Check(args) => commands::check::run(args, terminal),
        Command::Midi(args) => commands::midi::run(args, terminal),
        Command::Effects(args) => commands::effects::run(args),
        Command::Instruments(args) => commands::instruments::run(args),
        Command::Peaks(args) => commands::peaks::run(args),
        Command::Play(args) => commands::play::run(args, terminal),
        Command::Plot(args) => commands::plot::run(args, terminal),
        Command::Process(args) => commands::process::run(args, terminal),
        Command::Watch(args) => commands::watch::run(args, terminal),
        Command::Completions { shell } => {
            let mut script = Vec::new();
            clap_complete::generate(*shell, &mut Cli::command(), "downbeat", &mut script);
            terminal::print(&String::from_utf8_lossy(&script))
        }
    }
}
