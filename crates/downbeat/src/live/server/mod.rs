//! The server: one page, on this machine only.

mod events;
mod files;
mod guard;
mod routes;

use std::net::{Ipv4Addr, TcpListener};
use std::sync::Arc;

use axum::serve::ListenerExt;
use tokio::sync::Semaphore;

use super::board::Board;
use super::mailbox::Mailbox;
use guard::Guard;
use routes::Service;

/// The port that is taken when none is asked for.
const PORT: u16 = 4747;

/// How many ports after it are tried.
const TRIES: u16 = 100;

/// How many requests may read sound at a time; the others wait.
const READERS: usize = 32;

/// A place to listen at, on 127.0.0.1. Without a port it is the first free one from 4747 on; 0 leaves it to the machine.
///
/// # Errors
/// When the port is taken.
pub fn bind(port: Option<u16>) -> std::io::Result<TcpListener> {
    let at = |port| TcpListener::bind((Ipv4Addr::LOCALHOST, port));
    match port {
        Some(port) => at(port),
        None => (PORT..PORT + TRIES).find_map(|port| at(port).ok()).map_or_else(|| at(0), Ok),
    }
}

/// Whether another port was taken than is expected.
pub fn is_unexpected(asked: Option<u16>, port: u16) -> bool {
    asked.is_none() && port != PORT
}

/// Serves until it is dropped.
///
/// # Errors
/// When the machine does not let it.
pub async fn serve(listener: TcpListener, board: Arc<Board>, mailbox: Arc<Mailbox>) -> std::io::Result<()> {
    let guard = Guard::new(listener.local_addr()?.port());
    listener.set_nonblocking(true)?;
    // Events are short, and should not wait for more to come.
    let listener = tokio::net::TcpListener::from_std(listener)?.tap_io(|stream| drop(stream.set_nodelay(true)));
    let service = Service { board, mailbox, readers: Arc::new(Semaphore::new(READERS)) };
    axum::serve(listener, routes::router(service, guard)).await
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_port_that_is_taken_is_passed_over_unless_it_was_asked_for() {
        let port = |listener: &TcpListener| listener.local_addr().unwrap().port();
        let first = bind(None).unwrap();
        let second = bind(None).unwrap();
        assert!(first.local_addr().unwrap().ip().is_loopback());
        assert_ne!(port(&first), port(&second));
        assert!(is_unexpected(None, port(&second)) && !is_unexpected(None, 4747));
        assert!(bind(Some(port(&first))).is_err() && !is_unexpected(Some(5000), 5000));
        assert_ne!(port(&bind(Some(0)).unwrap()), 0);
    }
}
