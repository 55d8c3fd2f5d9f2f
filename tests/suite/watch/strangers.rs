//! Who is let in, who is waited for, how it ends, and what it says.

use std::fs;
use std::io::Write;

use super::client::Watching;
use super::{SCRIPT, expect_as_fresh, studio};
use crate::support::downbeat;

#[test]
fn nobody_else_is_let_in() {
    let studio = studio();
    let watching = Watching::start(&studio, &[]);
    watching.rendered();
    let port = watching.port;
    let foreign = [
        "Host: evil.example\r\n".to_string(),
        format!("Host: evil.example:{port}\r\n"),
        format!("Host: 127.0.0.1:{port}\r\nOrigin: http://evil.example\r\n"),
        format!("Host: 127.0.0.1:{port}\r\nOrigin: null\r\n"),
        // An image, a frame and a page that is kept at hand, of other pages: these say nothing of an origin.
        "Sec-Fetch-Site: cross-site\r\nSec-Fetch-Mode: no-cors\r\nSec-Fetch-Dest: image\r\n".to_string(),
        "Sec-Fetch-Site: same-site\r\nSec-Fetch-Mode: navigate\r\nSec-Fetch-Dest: iframe\r\n".to_string(),
        "Sec-Fetch-Site: cross-site\r\nSec-Fetch-Mode: no-cors\r\nSec-Fetch-Dest: document\r\n".to_string(),
    ];
    for headers in &foreign {
        for (method, path) in [
            ("GET", "/"),
            ("GET", "/mix"),
            ("GET", "/events"),
            ("GET", "/audio/1/mix/0"),
            ("POST", "/desk"),
            ("GET", "/none"),
        ] {
            assert_eq!(watching.ask(method, path, headers, "").status, 403, "{path} {headers}");
        }
    }
    let ours = format!("Origin: http://127.0.0.1:{port}\r\n");
    let answer = watching.ask("GET", "/mix", &ours, "");
    assert_eq!(answer.status, 200);
    for header in [
        "content-security-policy: default-src 'self'; frame-ancestors 'none'; base-uri 'none'\r\n",
        "x-content-type-options: nosniff\r\n",
        "cache-control: no-store\r\n",
        "cross-origin-resource-policy: same-origin\r\n",
    ] {
        assert!(answer.headers.contains(header), "{}", answer.headers);
    }
    // Our page asks, somebody types the address, and somebody follows a link to it.
    for headers in [
        "Sec-Fetch-Site: same-origin\r\nSec-Fetch-Mode: cors\r\nSec-Fetch-Dest: empty\r\n",
        "Sec-Fetch-Site: none\r\nSec-Fetch-Mode: navigate\r\nSec-Fetch-Dest: document\r\n",
        "Sec-Fetch-Site: cross-site\r\nSec-Fetch-Mode: navigate\r\nSec-Fetch-Dest: document\r\n",
    ] {
        assert_eq!(watching.ask("GET", "/", headers, "").status, 200, "{headers}");
    }
    for path in [
        "/../mix.star",
        "/..%2fmix.star",
        "/%2e%2e/mix.star",
        "/mix.star",
        "//etc/passwd",
        "/%2fetc%2fpasswd",
        "/audio/1/..%2f..%2fmix.star/0",
        "/audio/1/mix/../../../mix.star",
        "/audio/-1/mix/0",
        "/audio/1/mix/18446744073709551616",
        "/peaks/1/0/8/..%2f0",
        "/peaks/1/0/8/18446744073709551615",
        "/index.html%00.js",
        "/..\\mix.star",
    ] {
        let status = watching.get(path).status;
        assert!(status == 404 || status == 400, "{path}: {status}");
    }
    for (method, path) in
        [("POST", "/mix"), ("PUT", "/desk"), ("GET", "/desk"), ("DELETE", "/"), ("OPTIONS", "/playhead")]
    {
        assert_eq!(watching.ask(method, path, "", "").status, 405, "{method} {path}");
    }
    for body in ["", "[]", "{}", r#"{"frame": -1}"#, r#"{"frame": "x"}"#, r#"{"frame": 1e999}"#] {
        assert_eq!(watching.post("/playhead", body).status, 400, "{body}");
    }
    assert_eq!(watching.post("/playhead", r#"{"frame": 48000.5}"#).status, 204);
    for body in [
        "",
        "{}",
        "[1]",
        r#"{"take": 1, "solo": [9], "mute": []}"#,
        r#"{"take": 1, "solo": ["../mix.star"], "mute": []}"#,
        r#"{"take": 1, "solo": [0]}"#,
        r#"{"take": -1, "solo": [], "mute": []}"#,
    ] {
        assert_eq!(watching.post("/desk", body).status, 400, "{body}");
    }
    assert_eq!(watching.post("/desk", &" ".repeat(100_000)).status, 413);
}

#[test]
fn those_who_do_not_read_hold_nothing_up() {
    let studio = studio();
    let watching = Watching::start(&studio, &[]);
    watching.rendered();
    let mut events = watching.events();
    events.until(|name, _| name == "mix");
    // They ask, and never read: more of them than there are threads that read sound.
    let ask = |path: &str| {
        let mut stream = watching.connect();
        write!(stream, "GET {path} HTTP/1.1\r\nHost: 127.0.0.1:{}\r\n\r\n", watching.port).unwrap();
        stream
    };
    let silent: Vec<_> = (0..40).flat_map(|_| [ask("/events"), ask("/audio/1/mix/0"), ask("/audio/1/raw/0")]).collect();
    for drive in 3..8 {
        fs::write(studio.path("mix.star~"), SCRIPT.replace("drive = 2", &format!("drive = {drive}"))).unwrap();
        fs::rename(studio.path("mix.star~"), studio.path("mix.star")).unwrap();
        expect_as_fresh(&studio, &watching);
        let take = watching.mix()["take"].clone();
        let told = events.until(|name, data| name == "mix" && data["take"] == take && data["rendered"] == true);
        assert!(told.iter().all(|(_, data)| data["error"].is_null()));
        assert_eq!(watching.get(&format!("/audio/{take}/mix/0")).status, 200);
    }
    drop(silent);
    assert_eq!(watching.get("/audio/1/mix/0").status, 404, "a take that is long gone");
}

#[cfg(unix)]
#[test]
fn it_ends_when_it_is_told_to() {
    for signal in ["-INT", "-TERM"] {
        let studio = studio();
        let mut watching = Watching::start(&studio, &[]);
        watching.rendered();
        let _events = watching.events();
        let id = watching.child.id().to_string();
        assert!(std::process::Command::new("kill").args([signal, &id]).status().unwrap().success());
        assert_eq!(watching.child.wait().unwrap().code(), Some(0), "{signal}");
    }
}

#[test]
fn what_it_cannot_do_is_told() {
    let studio = studio();
    let taken = std::net::TcpListener::bind(("127.0.0.1", 0)).unwrap();
    let port = taken.local_addr().unwrap().port().to_string();
    let (_, told) = studio.run(&["watch", "mix.star", "--no-browser", "--port", &port], 1);
    assert!(told.contains(&format!("cannot listen at port {port}")) && told.contains("without --port"), "{told}");
    let (_, told) = studio.run(&["watch", "lib", "--no-browser"], 2);
    assert!(told.contains("lib is a folder"), "{told}");
    let (_, told) = studio.run(&["watch", "none/mix.star", "--no-browser"], 2);
    assert!(told.contains("cannot read none"), "{told}");
    let (_, told) = studio.run(&["watch", "mix.star", "--memory", "lots"], 2);
    assert!(told.contains("512M"), "{told}");
}

#[test]
fn people_are_told_in_words() {
    let studio = studio();
    let mut command = downbeat();
    command.current_dir(studio.path("")).args(["watch", "mix.star", "--no-browser", "--port", "0", "--color", "never"]);
    let mut child = command.stdout(std::process::Stdio::piped()).spawn().unwrap();
    let mut lines = std::io::BufRead::lines(std::io::BufReader::new(child.stdout.take().unwrap()));
    let mut next = || lines.next().unwrap().unwrap();
    assert!(next().starts_with("Listening at http://127.0.0.1:"));
    let first = next();
    assert!(first.contains(": mix: to be heard after ") && first.ends_with("were there)"), "{first}");
    child.kill().unwrap();
    child.wait().unwrap();
}
