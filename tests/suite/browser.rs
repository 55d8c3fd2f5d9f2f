//! The page of `downbeat watch` in a real browser: what is seen of a mix, and who may see it. Where there is no Chromium, these
//! tests say so and pass, unless CHROMIUM_REQUIRED is set.

mod access;
mod chromium;
mod desk;
mod hearing;
mod tape;

use std::io::{BufRead, BufReader, Write};
use std::net::TcpListener;

use serde_json::{Value, json};

use crate::support::{Folder, copy_two_couples, read_wav, replace};
use crate::watch::client::Watching;
use chromium::Browser;

/// A program that watches the mix of a folder, and its page in a browser.
struct Studio {
    folder: Folder,
    watching: Watching,
    browser: Browser,
}

impl Studio {
    /// The example "Two Couples", or another mix of its song; seen as soon as it is rendered. None without a browser.
    fn open(script: Option<&str>) -> Option<Self> {
        let browser = Browser::start(&[])?;
        let folder = Folder::new();
        copy_two_couples(&folder);
        if let Some(script) = script {
            replace(&folder.path("mix.star"), script);
        }
        let watching = Watching::start(&folder, &[]);
        let studio = Studio { folder, watching, browser };
        // What records the sound is a script of the test's own, which the page's policy forbids.
        studio.browser.call("Page.setBypassCSP", json!({ "enabled": script.is_some() }));
        studio.browser.open(&studio.url("127.0.0.1"));
        studio.browser.wait_for("window.downbeat?.take && document.querySelector('#status').dataset.state === 'live'");
        Some(studio)
    }

    fn url(&self, host: &str) -> String {
        format!("http://{host}:{}/", self.watching.port)
    }

    /// The frames at which bars begin.
    fn bars(&self) -> Vec<u64> {
        self.watching.mix()["bars"].as_array().unwrap().iter().map(|bar| bar.as_u64().unwrap()).collect()
    }

    /// What `downbeat render` makes of a script beside the mix: left and right.
    fn rendered(&self, script: &str) -> Vec<Vec<f32>> {
        std::fs::write(self.folder.path("fresh.star"), script).unwrap();
        self.folder.run(&["render", "fresh.star", "-o", "fresh.wav", "--bits", "32f"], 0);
        read_wav(&self.folder.path("fresh.wav"))
    }
}

/// Functions for the page: how much of a canvas's width is drawn on, from its middle to halfway below that; and a number that
/// tells pictures apart.
const PAINTED: &str = "
    window.painted = (canvas) => {
        const { width, height } = canvas;
        const { data } = canvas.getContext('2d').getImageData(0, 0, width, height);
        const pixels = new Uint32Array(data.buffer);
        const counts = new Map();
        for (const pixel of pixels) counts.set(pixel, (counts.get(pixel) ?? 0) + 1);
        const ground = [...counts].sort((a, b) => b[1] - a[1])[0][0];
        const rows = Array.from({ length: height >> 2 }, (_, i) => (height >> 1) + i);
        let columns = 0;
        for (let x = 0; x < width; x++) columns += rows.some((y) => pixels[y * width + x] !== ground);
        return columns / width;
    };
    window.fingerprint = (canvas) => {
        const { data } = canvas.getContext('2d').getImageData(0, 0, canvas.width, canvas.height);
        return data.reduce((hash, byte) => (Math.imul(hash, 31) + byte) | 0, 7);
    };
    true";

#[test]
fn the_whole_song_is_seen() {
    let Some(studio) = Studio::open(None) else { return };
    let browser = &studio.browser;
    let strips = studio.watching.mix()["strips"].clone();
    let expected: Vec<_> = strips.as_array().unwrap().iter().map(|strip| strip["name"].clone()).collect();
    let names =
        browser.eval("[...document.querySelectorAll('.lane')].map((lane) => lane.querySelector('.name').textContent)");
    assert_eq!(names, json!(expected));
    assert_eq!(browser.eval("downbeat.lanes.map(({ name }) => name)"), names);
    browser.eval(PAINTED);
    // The brass plays in less than a third of the song; bars alone would be 30 lines on a thousand columns.
    browser.wait_for("[...document.querySelectorAll('.lane canvas')].every((canvas) => painted(canvas) > 0.2)");
    browser.wait_for("painted(document.querySelector('#overview canvas')) > 0.5");
    // Bars are marked and numbered: a line is one column, a number some more.
    assert_eq!(browser.eval("document.querySelector('#ruler-unit').textContent"), "bars");
    browser.wait_for("painted(document.querySelector('#ruler canvas')) > 0.05");
    // What is integrated over the whole song is the last that is known.
    browser
        .wait_for("Math.abs(Number(document.querySelector('#integrated').textContent.replace('−', '-')) + 14) < 0.3");

    // Each style and theme is another picture.
    let mut seen: Vec<Value> = Vec::new();
    for (step, change) in ["", "#theme", "#style-serato"].into_iter().enumerate() {
        if !change.is_empty() {
            browser.click(change);
        }
        let before = json!(seen);
        browser.wait_for(&format!("!{before}.includes(fingerprint(document.querySelector('.lane canvas')))"));
        seen.push(browser.eval("fingerprint(document.querySelector('.lane canvas'))"));
        browser.picture(&format!("song-{step}"));
    }
    let theme = browser.eval("matchMedia('(prefers-color-scheme: light)').matches ? 'dark' : 'light'");
    assert_eq!(browser.eval("document.documentElement.dataset.theme"), theme);

    assert_eq!(browser.complaints(), [] as [Value; 0]);
    let (requests, own) = (browser.requests(), studio.url("127.0.0.1"));
    assert!(requests.len() > 20, "{requests:?}");
    assert!(requests.iter().all(|url| url == "about:blank" || url.starts_with(&own)), "{requests:?}");
}

#[test]
fn it_is_used_in_narrow_windows_and_without_a_mouse() {
    let Some(studio) = Studio::open(None) else { return };
    let browser = &studio.browser;
    browser.eval(PAINTED);
    for width in [1280, 760, 400] {
        browser.resize(width, 800);
        browser.wait_for(&format!("innerWidth === {width} && document.querySelector('#ruler').clientWidth < {width}"));
        let beyond = "[...document.querySelectorAll('body, header > *, #transport *, main, .lane')]
            .filter((element) => element.getBoundingClientRect().right > innerWidth + 0.5).map((element) => element.id || element.className)";
        assert_eq!(browser.eval(beyond), json!([]), "{width}");
        assert_eq!(browser.eval("document.documentElement.scrollWidth"), width);
        let drawn =
            "[...document.querySelectorAll('.lane:first-child canvas, .lane:last-child canvas, #overview canvas')]";
        browser.wait_for(&format!("{drawn}.every((canvas) => painted(canvas) > 0.2)"));
        browser.picture(&format!("width-{width}"));
    }
    // Tab goes through all that can be used, in the order in which it stands there.
    let name = "(element) => element.id || [element.closest('.lane')?.dataset.strip, element.className].join(' ')";
    let usable = browser.eval(&format!(
        "[...document.querySelectorAll('button, input, [tabindex]')].filter((element) => element.checkVisibility()).map({name})"
    ));
    let usable = usable.as_array().unwrap();
    assert!(usable.len() > 30, "{usable:?}");
    for expected in usable {
        browser.press("Tab");
        assert_eq!(browser.eval(&format!("({name})(document.activeElement)")), *expected);
        assert_eq!(browser.eval("document.activeElement.matches(':focus-visible')"), true);
    }
    // From lane to lane with the arrows; the keys are told by one of them.
    browser.eval("document.activeElement.blur()");
    for strip in 0..3 {
        browser.press("ArrowDown");
        assert_eq!(browser.eval("document.activeElement.dataset.strip"), strip.to_string());
    }
    browser.press("?");
    assert_eq!(browser.eval("document.querySelector('#keys').open"), true);
    browser.press("Escape");
    browser.wait_for("!document.querySelector('#keys').open");
    assert_eq!(browser.complaints(), [] as [Value; 0]);
}

#[test]
fn an_error_is_shown_while_the_last_good_take_plays_on() {
    let Some(studio) = Studio::open(None) else { return };
    let browser = &studio.browser;
    let script = std::fs::read_to_string(studio.folder.path("mix.star")).unwrap();
    let line = 1 + script.lines().position(|line| line.contains("drive = 12")).unwrap();
    browser.press(" ");
    browser.wait_for("downbeat.playing");
    let take = browser.eval("downbeat.take");
    replace(&studio.folder.path("mix.star"), script.replace("drive = 12", "drvie = 12"));
    browser.wait_for("!document.querySelector('#banner').hidden");
    let told = browser.eval("document.querySelector('#banner').textContent");
    let told = told.as_str().unwrap();
    for part in [&format!("mix.star, line {line}"), "drvie", "drive", "plays on"] {
        assert!(told.contains(part), "{told}");
    }
    assert_eq!(browser.eval("document.querySelector('#status').dataset.state"), "broken");
    let frame = browser.eval("downbeat.frame");
    browser.wait_for(&format!("downbeat.playing && downbeat.frame > {frame} + 24000"));
    assert_eq!(browser.eval("downbeat.take"), take);
    browser.picture("broken");
    replace(&studio.folder.path("mix.star"), &script);
    browser.wait_for(
        "document.querySelector('#banner').hidden && document.querySelector('#status').dataset.state === 'live'",
    );
    assert_eq!(browser.complaints(), [] as [Value; 0]);
}

#[test]
fn pages_of_others_learn_nothing() {
    let Some(browser) = Browser::start(&["--host-resolver-rules=MAP evil.example 127.0.0.1"]) else { return };
    let folder = Folder::new();
    std::fs::write(folder.path("mix.star"), "track(\"A\", tone(sine(), freq_hz = 440, ms = 100))\n").unwrap();
    let watching = Watching::start(&folder, &[]);
    watching.rendered();
    let port = watching.port;
    browser.open(&format!("http://127.0.0.1:{port}/"));
    assert_eq!(browser.status(), Some(200));
    // A name that leads here, as after DNS rebinding.
    browser.open(&format!("http://evil.example:{port}/"));
    assert_eq!(browser.status(), Some(403));
    assert_eq!(browser.eval("document.scripts.length"), 0);
    assert_eq!(browser.eval("fetch('/mix').then((answer) => answer.status)"), 403);
    // That page asks for what is here: it is told nothing, and what it says is not done.
    let ours = format!("http://127.0.0.1:{port}");
    let asked = browser.eval(&format!("fetch('{ours}/mix').then((answer) => answer.status, (error) => error.name)"));
    assert_eq!(asked, "TypeError");
    let body = r#"{ method: "POST", mode: "no-cors", body: '{"take": 1, "solo": [], "mute": [0]}' }"#;
    browser.eval(&format!("fetch('{ours}/desk', {body}).then(() => true, () => true)"));

    // A page of another port has ours in a frame: what is there instead is the browser's own.
    let theirs = serve(&format!("<iframe src=\"{ours}/\"></iframe>"));
    browser.open(&format!("http://127.0.0.1:{theirs}/"));
    assert_eq!(browser.status(), Some(403), "of what was asked for last");
    let tree = browser.call("Page.getFrameTree", json!({}));
    let frame = &tree["frameTree"]["childFrames"][0]["frame"];
    assert_eq!(frame["unreachableUrl"], format!("{ours}/"), "{tree}");
    // A link on it leads here.
    browser.eval(&format!("location.href = '{ours}/'; true"));
    browser.wait_for("window.downbeat?.take === 1");
    assert_eq!(browser.status(), Some(200));

    // What comes next is an edit, and nothing came before it.
    replace(&folder.path("mix.star"), "track(\"A\", tone(sine(), freq_hz = 220, ms = 100))\n");
    watching.rendered();
    let mix = watching.mix();
    assert_eq!((&mix["desk"], &mix["take"]), (&json!({ "solo": [], "mute": [] }), &json!(2)));
}

/// A server that answers everything with one page, until the tests are over; gives its port.
fn serve(page: &str) -> u16 {
    let listener = TcpListener::bind(("127.0.0.1", 0)).unwrap();
    let port = listener.local_addr().unwrap().port();
    let head = "HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nConnection: close\r\n";
    let answer = format!("{head}Content-Length: {}\r\n\r\n{page}", page.len());
    std::thread::spawn(move || {
        for mut stream in listener.incoming().map_while(Result::ok) {
            let answer = answer.clone();
            // Browsers open connections ahead of a request, and leave them waiting.
            std::thread::spawn(move || {
                let lines = BufReader::new(&stream).lines().map_while(Result::ok);
                if lines.take_while(|line| !line.is_empty()).count() > 0 {
                    let _ = stream.write_all(answer.as_bytes());
                }
            });
        }
    });
    port
}
