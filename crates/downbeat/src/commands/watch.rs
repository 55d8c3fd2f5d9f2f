//! `downbeat watch`: the mix is rendered again after each edit, and a page plays it.

mod browser;

use std::sync::Arc;

use crate::args::Watch;
use crate::exit::Fail;
use crate::live::server::{self, bind};
use crate::live::{Board, Idle, Mailbox, Script, Studio, Voice, Watcher, nothing};
use crate::terminal::Terminal;

/// How many threads answer requests; those that read sound are others.
const WORKERS: usize = 2;

/// Watches, until it is interrupted.
pub fn run(args: &Watch, terminal: &Terminal) -> Result<(), Fail> {
    let memory = args.memory.unwrap_or_else(quarter_of_memory);
    let for_evaluation = memory / 8;
    let script = Script::new(&args.mix, for_evaluation)?;
    let listener = bind(args.port).map_err(|error| {
        let port = args.port.map_or_else(|| "any port".to_string(), |port| format!("port {port}"));
        Fail::error(format!("cannot listen at {port}: {error}")).hint("without --port a free one is taken")
    })?;
    let port = listener.local_addr().map_err(anyhow::Error::from)?.port();
    let url = format!("http://127.0.0.1:{port}/");

    let (mailbox, idle) = (Arc::new(Mailbox::default()), Arc::new(Idle::default()));
    let board = Arc::new(Board::new(nothing(&script)));
    let watcher = Watcher::new(&script.folder(), mailbox.clone())
        .map_err(|error| Fail::error(format!("cannot watch files: {error}")))?;
    let voice = Voice { is_json: args.json, explains: args.explain, terminal: terminal.clone() };
    let note = server::is_unexpected(args.port, port).then_some("another program listens at the usual port, 4747");
    voice.listening(&url, note);
    let parts = (mailbox.clone(), board.clone(), idle.clone());
    let studio = Studio::new((script, watcher, voice), parts, memory - for_evaluation)?;

    let (shown, post) = (board.clone(), mailbox.clone());
    std::thread::spawn(move || idle.run(&shown, &post));
    let (works, ended) = tokio::sync::oneshot::channel::<()>();
    std::thread::spawn(move || {
        studio.run();
        drop(works);
    });
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(WORKERS).enable_all().build();
    let runtime = runtime.map_err(anyhow::Error::from)?;
    if !args.no_browser {
        browser::open(&url);
    }
    let served = runtime.block_on(async {
        tokio::select! {
            served = server::serve(listener, board, mailbox.clone()) => served,
            interrupted = interrupted() => interrupted,
            // It works until it is told to end: before that, only a fault of the program can have stopped it.
            _ = ended => Err(std::io::Error::other("the renderer has stopped")),
        }
    });
    mailbox.close();
    // Listeners that are still there are left alone.
    runtime.shutdown_background();
    served.map_err(|error| Fail::error(format!("cannot go on serving {url}: {error}")))
}

/// Waits until the program is to end.
#[cfg(unix)]
async fn interrupted() -> std::io::Result<()> {
    let mut ended = tokio::signal::unix::signal(tokio::signal::unix::SignalKind::terminate())?;
    tokio::select! {
        interrupted = tokio::signal::ctrl_c() => interrupted,
        _ = ended.recv() => Ok(()),
    }
}

/// Waits until the program is to end.
#[cfg(not(unix))]
async fn interrupted() -> std::io::Result<()> {
    tokio::signal::ctrl_c().await
}

/// A quarter of what this computer has; where it does not tell, 1 GiB.
fn quarter_of_memory() -> u64 {
    let mut system = sysinfo::System::new();
    system.refresh_memory();
    match system.total_memory() {
        0 => 1 << 30,
        total => total / 4,
    }
}
