//! A headless Chromium with one page, driven over the DevTools protocol: JSON over two pipes, a message ends with a zero byte.

use std::cell::{Cell, RefCell};
use std::io::{BufRead, BufReader, Write};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, Command, Stdio};
use std::sync::mpsc::{Receiver, channel};
use std::time::{Duration, Instant};

use serde_json::{Value, json};
use tempfile::TempDir;

/// Far longer than anything takes, also where many tests run at once.
const LIMIT: Duration = Duration::from_secs(60);
/// Between two looks at what is waited for.
const PAUSE: Duration = Duration::from_millis(25);

const NAMES: [&str; 4] = ["chromium", "chromium-browser", "google-chrome", "google-chrome-stable"];

const FLAGS: [&str; 12] = [
    "--headless=new",
    "--remote-debugging-pipe",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--disable-dev-shm-usage",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--autoplay-policy=no-user-gesture-required",
    "--mute-audio",
];

/// A browser with one page. It ends with the test.
pub struct Browser {
    child: Child,
    stdin: RefCell<ChildStdin>,
    received: Receiver<Value>,
    /// What the browser told besides answers.
    events: RefCell<Vec<Value>>,
    last_id: Cell<u64>,
    session: String,
    _profile: TempDir,
}

impl Browser {
    /// Starts one, with more flags; None, and a word on standard error, where none is installed and none has to be.
    pub fn start(flags: &[&str]) -> Option<Self> {
        let Some(program) = chromium() else {
            assert!(std::env::var_os("CHROMIUM_REQUIRED").is_none(), "no Chromium (CHROMIUM=PATH says where one is)");
            eprintln!("skipped: no Chromium (CHROMIUM=PATH says where one is)");
            return None;
        };
        let profile = TempDir::new().unwrap();
        let mut child = Command::new("sh")
            // The browser reads messages from 3 and writes them to 4.
            .args(["-c", r#"exec "$0" "$@" 3<&0 4>&1 </dev/null >/dev/null 2>&1"#])
            .arg(program)
            .args(FLAGS)
            .args(flags)
            .arg(format!("--user-data-dir={}", profile.path().display()))
            .arg("about:blank")
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let (stdin, stdout) = (RefCell::new(child.stdin.take().unwrap()), child.stdout.take().unwrap());
        let (send, received) = channel();
        std::thread::spawn(move || {
            for message in BufReader::new(stdout).split(0).map_while(Result::ok) {
                let _ = send.send(serde_json::from_slice(&message).unwrap());
            }
        });
        let (events, last_id) = (RefCell::default(), Cell::default());
        let mut browser =
            Browser { child, stdin, received, events, last_id, session: String::new(), _profile: profile };
        let target = browser.call("Target.createTarget", json!({ "url": "about:blank" }));
        let attach = json!({ "targetId": target["targetId"], "flatten": true });
        browser.session = text(&browser.call("Target.attachToTarget", attach)["sessionId"]);
        for domain in ["Page", "Runtime", "Network", "Log"] {
            browser.call(&format!("{domain}.enable"), json!({}));
        }
        browser.resize(1280, 800);
        Some(browser)
    }

    /// Opens an address, and waits until it is loaded.
    pub fn open(&self, url: &str) {
        let opened = self.call("Page.navigate", json!({ "url": url }));
        assert!(opened["errorText"].is_null(), "{url}: {opened}");
        self.wait_for("document.readyState === 'complete' && location.href !== 'about:blank'");
    }

    /// The value of an expression, or that of its promise.
    pub fn eval(&self, script: &str) -> Value {
        let how = json!({ "expression": script, "awaitPromise": true, "returnByValue": true, "userGesture": true });
        let done = self.call("Runtime.evaluate", how);
        assert!(done["exceptionDetails"].is_null(), "{script}: {}", done["exceptionDetails"]);
        done["result"]["value"].clone()
    }

    /// Waits until an expression is true.
    pub fn wait_for(&self, script: &str) {
        let start = Instant::now();
        while self.eval(&format!("Boolean({script})")) != true {
            if start.elapsed() > LIMIT {
                self.picture("waits-in-vain");
                panic!("not within {LIMIT:?}: {script}\n{:#?}", self.complaints());
            }
            std::thread::sleep(PAUSE);
        }
    }

    /// Presses a key, as `KeyboardEvent.key` calls it.
    pub fn press(&self, key: &str) {
        let code = match key {
            "Tab" => 9,
            "Enter" => 13,
            "Escape" => 27,
            "End" => 35,
            "Home" => 36,
            "ArrowLeft" => 37,
            "ArrowUp" => 38,
            "ArrowRight" => 39,
            "ArrowDown" => 40,
            key => u32::from(key.to_uppercase().as_bytes()[0]),
        };
        let mut event = json!({ "type": "keyDown", "key": key, "windowsVirtualKeyCode": code });
        if key.len() == 1 {
            event["text"] = json!(key);
        }
        self.call("Input.dispatchKeyEvent", event);
        self.call("Input.dispatchKeyEvent", json!({ "type": "keyUp", "key": key, "windowsVirtualKeyCode": code }));
    }

    /// Clicks on the middle of an element.
    pub fn click(&self, selector: &str) {
        self.click_at(selector, 0.5, 0.5);
    }

    /// Clicks on an element, at parts of its width and height.
    pub fn click_at(&self, selector: &str, across: f64, down: f64) {
        let place = self.eval(&format!(
            "(() => {{ const box = document.querySelector({selector:?}).getBoundingClientRect();
               return {{ x: box.left + {across} * box.width, y: box.top + {down} * box.height }}; }})()"
        ));
        for kind in ["mouseMoved", "mousePressed", "mouseReleased"] {
            let button = if kind == "mouseMoved" { "none" } else { "left" };
            let event = json!({ "type": kind, "x": place["x"], "y": place["y"], "button": button, "clickCount": 1 });
            self.call("Input.dispatchMouseEvent", event);
        }
    }

    /// Gives the page another size, in CSS pixels.
    pub fn resize(&self, width: u32, height: u32) {
        let size = json!({ "width": width, "height": height, "deviceScaleFactor": 1, "mobile": false });
        self.call("Emulation.setDeviceMetricsOverride", size);
    }

    /// Puts a picture of the page into the folder that SCREENSHOTS names, if it does, for people to look at.
    pub fn picture(&self, name: &str) {
        if let Some(folder) = std::env::var_os("SCREENSHOTS") {
            let picture = self.call("Page.captureScreenshot", json!({ "format": "png" }));
            std::fs::write(Path::new(&folder).join(format!("{name}.png")), base64(&text(&picture["data"]))).unwrap();
        }
    }

    /// What went wrong in the page: exceptions, and what is written to its console as an error. Waveforms that are not there
    /// yet are answered with 404, and asked for again; sound that was waited for when a newer take came is answered with
    /// 503, and not needed any more: that is none.
    pub fn complaints(&self) -> Vec<Value> {
        let newest = self.requests().iter().filter_map(|url| take(url)).max();
        let is_expected = |entry: &Value| {
            let is = |status: &str| entry["text"].as_str().is_some_and(|text| text.contains(status));
            entry["url"].as_str().is_some_and(|url| {
                url.contains("/peaks/") || (is("503") && take(url).is_some_and(|take| Some(take) < newest))
            })
        };
        let is_complaint = |event: &Value| match event["method"].as_str() {
            Some("Runtime.exceptionThrown") => true,
            Some("Runtime.consoleAPICalled") => event["params"]["type"] == "error",
            Some("Log.entryAdded") => {
                let entry = &event["params"]["entry"];
                entry["level"] == "error" && !is_expected(entry)
            }
            _ => false,
        };
        self.told(is_complaint)
    }

    /// Addresses that the page has asked for.
    pub fn requests(&self) -> Vec<String> {
        let asked = self.told(|event| event["method"] == "Network.requestWillBeSent");
        asked.iter().map(|event| text(&event["params"]["request"]["url"])).collect()
    }

    /// The statuses of answers to the page's own address.
    pub fn status(&self) -> Option<u64> {
        let is_page =
            |event: &Value| event["method"] == "Network.responseReceived" && event["params"]["type"] == "Document";
        self.told(is_page).last()?["params"]["response"]["status"].as_u64()
    }

    /// Sends a command of the protocol, and gives its result.
    pub fn call(&self, method: &str, params: Value) -> Value {
        let id = self.last_id.get() + 1;
        self.last_id.set(id);
        let mut message = json!({ "id": id, "method": method, "params": params });
        if !self.session.is_empty() {
            message["sessionId"] = json!(self.session);
        }
        let mut stdin = self.stdin.borrow_mut();
        stdin.write_all(format!("{message}\0").as_bytes()).unwrap();
        stdin.flush().unwrap();
        loop {
            let message = self.received.recv_timeout(LIMIT).expect("the browser answers");
            if message["id"] == id {
                assert!(message["error"].is_null(), "{method}: {}", message["error"]);
                return message["result"].clone();
            }
            self.events.borrow_mut().push(message);
        }
    }

    fn told(&self, wanted: impl Fn(&Value) -> bool) -> Vec<Value> {
        // What came before an answer has been told before it.
        self.call("Browser.getVersion", json!({}));
        self.events.borrow().iter().filter(|event| wanted(event)).cloned().collect()
    }
}

impl Drop for Browser {
    fn drop(&mut self) {
        // Its many processes end by themselves when the browser is told to.
        let close = json!({ "id": 0, "method": "Browser.close" });
        let _ = self.stdin.borrow_mut().write_all(format!("{close}\0").as_bytes());
        let start = Instant::now();
        while matches!(self.child.try_wait(), Ok(None)) && start.elapsed() < Duration::from_secs(10) {
            std::thread::sleep(PAUSE);
        }
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// The bytes of a text in base 64 (RFC 4648).
pub fn base64(text: &str) -> Vec<u8> {
    let value = |byte| match byte {
        b'A'..=b'Z' => byte - b'A',
        b'a'..=b'z' => byte - b'a' + 26,
        b'0'..=b'9' => byte - b'0' + 52,
        b'+' => 62,
        _ => 63,
    };
    let mut bytes = Vec::with_capacity(text.len() / 4 * 3);
    for four in text.trim_end_matches('=').as_bytes().chunks(4) {
        let bits = four.iter().fold(0u32, |bits, &byte| bits << 6 | u32::from(value(byte))) << (6 * (4 - four.len()));
        bytes.extend_from_slice(&bits.to_be_bytes()[1..four.len()]);
    }
    bytes
}

/// The take that an address asks for the sound of.
fn take(url: &str) -> Option<u64> {
    url.split_once("/audio/")?.1.split('/').next()?.parse().ok()
}

fn text(value: &Value) -> String {
    value.as_str().unwrap().to_string()
}

/// Where Chromium is: as CHROMIUM says, or where systems have it.
fn chromium() -> Option<PathBuf> {
    if let Some(path) = std::env::var_os("CHROMIUM") {
        return Some(path.into());
    }
    let folders = std::env::var_os("PATH").unwrap_or_default();
    let folders: Vec<_> = std::env::split_paths(&folders).chain(["/usr/bin".into()]).collect();
    NAMES.iter().flat_map(|name| folders.iter().map(move |folder| folder.join(name))).find(|path| path.is_file())
}
