//! A program that watches a mix, and those who listen to it: HTTP as it goes over the wire.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::process::{Child, Stdio};
use std::sync::mpsc::{Receiver, channel};
use std::time::Duration;

use serde_json::Value;

use crate::support::{Folder, downbeat};

/// Far longer than anything takes, also where many tests run at once.
const LIMIT: Duration = Duration::from_secs(120);

/// `downbeat watch mix.star --json` in a folder. It ends with the test.
pub struct Watching {
    pub child: Child,
    pub port: u16,
    lines: Receiver<Value>,
}

/// An answer: its status, its headers in one text, and its body.
pub struct Answer {
    pub status: u16,
    pub headers: String,
    pub body: Vec<u8>,
}

impl Watching {
    pub fn start(folder: &Folder, args: &[&str]) -> Self {
        Watching::start_at(0, folder, args)
    }

    /// The same at a port; at 0 it is one that is free.
    pub fn start_at(port: u16, folder: &Folder, args: &[&str]) -> Self {
        let mut command = downbeat();
        command.current_dir(folder.path("")).args(["watch", "mix.star", "--json", "--no-browser"]);
        command.arg(format!("--port={port}"));
        let mut child = command.args(args).stdout(Stdio::piped()).stderr(Stdio::null()).spawn().unwrap();
        let stdout = BufReader::new(child.stdout.take().unwrap());
        let (send, lines) = channel();
        std::thread::spawn(move || {
            for line in stdout.lines().map_while(Result::ok) {
                let _ = send.send(serde_json::from_str(&line).unwrap());
            }
        });
        let mut watching = Watching { child, port: 0, lines };
        let url = watching.next()["url"].as_str().unwrap().to_string();
        watching.port = url.strip_prefix("http://127.0.0.1:").unwrap().trim_end_matches('/').parse().unwrap();
        watching
    }

    /// What it says next.
    pub fn next(&self) -> Value {
        self.lines.recv_timeout(LIMIT).expect("it says something")
    }

    /// The next render. Errors before it are passed over: what is read while it is being written can be broken.
    pub fn rendered(&self) -> Value {
        self.until("rendered")
    }

    /// The next error.
    pub fn error(&self) -> Value {
        self.until("error")
    }

    fn until(&self, event: &str) -> Value {
        std::iter::repeat_with(|| self.next()).find(|line| line["event"] == event).unwrap()
    }

    pub fn get(&self, path: &str) -> Answer {
        self.ask("GET", path, "", "")
    }

    pub fn post(&self, path: &str, body: &str) -> Answer {
        self.ask("POST", path, "", body)
    }

    /// A request with more headers, each line of them with its end.
    pub fn ask(&self, method: &str, path: &str, headers: &str, body: &str) -> Answer {
        let host = if headers.contains("Host:") { String::new() } else { format!("Host: 127.0.0.1:{}\r\n", self.port) };
        let length = body.len();
        self.send(&format!(
            "{method} {path} HTTP/1.1\r\n{host}Connection: close\r\nContent-Length: {length}\r\n{headers}\r\n{body}"
        ))
    }

    fn send(&self, request: &str) -> Answer {
        let mut stream = self.connect();
        stream.write_all(request.as_bytes()).unwrap();
        let mut bytes = Vec::new();
        stream.read_to_end(&mut bytes).unwrap();
        let end = bytes.windows(4).position(|four| four == b"\r\n\r\n").unwrap();
        let headers = String::from_utf8(bytes[..end].to_vec()).unwrap();
        let status = headers.split(' ').nth(1).unwrap().parse().unwrap();
        Answer { status, headers, body: bytes.split_off(end + 4) }
    }

    pub fn connect(&self) -> TcpStream {
        let stream = TcpStream::connect(("127.0.0.1", self.port)).unwrap();
        stream.set_read_timeout(Some(LIMIT)).unwrap();
        stream
    }

    /// All that is known of the mix.
    pub fn mix(&self) -> Value {
        self.get("/mix").json()
    }

    /// The samples of a take, page after page, as they come.
    pub fn audio(&self, take: &Value, source: &str) -> Vec<u8> {
        let pages = (0..).map(|page| self.get(&format!("/audio/{take}/{source}/{page}")));
        pages.take_while(|answer| answer.status == 200).flat_map(|answer| answer.body).collect()
    }

    /// The events from now on.
    pub fn events(&self) -> Events {
        let mut stream = self.connect();
        write!(stream, "GET /events HTTP/1.1\r\nHost: localhost:{}\r\n\r\n", self.port).unwrap();
        Events(BufReader::new(stream))
    }
}

impl Drop for Watching {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

impl Answer {
    pub fn json(&self) -> Value {
        assert_eq!(self.status, 200);
        serde_json::from_slice(&self.body).unwrap()
    }
}

/// Somebody who listens to events.
pub struct Events(BufReader<TcpStream>);

impl Events {
    /// The next event of a name, and all before it.
    pub fn until(&mut self, wanted: impl Fn(&str, &Value) -> bool) -> Vec<(String, Value)> {
        let (mut events, mut name) = (Vec::new(), String::new());
        loop {
            let mut line = String::new();
            assert!(self.0.read_line(&mut line).unwrap() > 0, "events end: {events:?}");
            // Lines of the chunks that they come in are neither.
            if let Some(event) = line.strip_prefix("event: ") {
                name = event.trim_end().to_string();
            } else if let Some(data) = line.strip_prefix("data: ") {
                let data = serde_json::from_str(data).unwrap();
                let is_last = wanted(&name, &data);
                events.push((name.clone(), data));
                if is_last {
                    return events;
                }
            }
        }
    }
}
