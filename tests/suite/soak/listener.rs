//! Somebody who asks a watched mix for everything, all the time.

use std::io::{Read, Write};
use std::net::TcpStream;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::thread::JoinHandle;
use std::time::Duration;

use serde_json::Value;

use super::dice::Dice;

/// Between two questions: a page asks about as often.
const PAUSE: Duration = Duration::from_millis(5);
/// A page that is asked for waits ten seconds at most.
const LIMIT: Duration = Duration::from_secs(60);

/// A thread that asks, until it is told to stop.
pub struct Listener {
    stop: Arc<AtomicBool>,
    answered: Arc<AtomicU64>,
    thread: JoinHandle<()>,
}

impl Listener {
    pub fn start(port: u16) -> Self {
        let (stop, answered) = (Arc::new(AtomicBool::new(false)), Arc::new(AtomicU64::new(0)));
        let shared = (stop.clone(), answered.clone());
        let thread = std::thread::spawn(move || {
            let mut dice = Dice(4);
            while !shared.0.load(Ordering::Relaxed) {
                shared.1.fetch_add(listen(port, &mut dice), Ordering::Relaxed);
                std::thread::sleep(PAUSE);
            }
        });
        Listener { stop, answered, thread }
    }

    /// Stops, and tells how many questions were answered. Panics if an answer was wrong.
    pub fn stop(self) -> u64 {
        self.stop.store(true, Ordering::Relaxed);
        self.thread.join().unwrap();
        self.answered.load(Ordering::Relaxed)
    }
}

/// Asks for the state, and then for what a page would play and draw of it.
fn listen(port: u16, dice: &mut Dice) -> u64 {
    let mix: Value = serde_json::from_slice(&ask(port, "GET", "/mix", "").1).unwrap();
    let (Some(take), Some(strips)) = (mix["take"].as_u64(), mix["strips"].as_array()) else { panic!("{mix}") };
    let frames = mix["frames"].as_u64().unwrap();
    // Where all is muted, nothing sounds.
    if strips.is_empty() || frames == 0 {
        return 1;
    }
    let page = dice.below(frames.div_ceil(65_536) as usize) as u64;
    let source = dice.pick(&["mix", "mix", "mix", "raw"]);
    let (status, body) = ask(port, "GET", &format!("/audio/{take}/{source}/{page}"), "");
    // Gone when there are newer takes, or when a recording was replaced; not there in time when the machine is busy.
    assert!([200, 404, 503].contains(&status), "{source}: {status}");
    if status == 200 {
        assert_eq!(body.len() as u64, 8 * 65_536.min(frames - 65_536 * page), "page {page} of {frames} frames");
    }
    let strip = &strips[dice.below(strips.len())]["id"];
    let (status, _) = ask(port, "GET", &format!("/peaks/{take}/{strip}/8/0"), "");
    assert!([200, 404].contains(&status), "{status}");
    let frame = dice.below(frames as usize);
    assert_eq!(ask(port, "POST", "/playhead", &format!("{{\"frame\": {frame}}}")).0, 204);
    4
}

fn ask(port: u16, method: &str, path: &str, body: &str) -> (u16, Vec<u8>) {
    let mut stream = TcpStream::connect(("127.0.0.1", port)).unwrap();
    stream.set_read_timeout(Some(LIMIT)).unwrap();
    let head = format!("{method} {path} HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nConnection: close\r\n");
    write!(stream, "{head}Content-Length: {}\r\n\r\n{body}", body.len()).unwrap();
    let mut bytes = Vec::new();
    stream.read_to_end(&mut bytes).unwrap();
    let end = bytes.windows(4).position(|four| four == b"\r\n\r\n").unwrap();
    let status = String::from_utf8_lossy(&bytes[9..12]).parse().unwrap();
    (status, bytes.split_off(end + 4))
}
