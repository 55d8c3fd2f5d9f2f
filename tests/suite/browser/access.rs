//! What is told to those who listen to the page instead of looking at it; and that it follows the program, which may go, come
//! back, and make the song longer.

use serde_json::json;

use super::Studio;
use crate::support::replace;
use crate::watch::client::Watching;

/// A song of so many seconds, with segments, and a bus about which there is a warning.
fn script(seconds: u32) -> String {
    format!(
        r#"
session(rate = 48000, length = seconds({seconds}))
song = midi("two-couples.mid")
drums = track("Drums", audio("stems/main-drums.flac"))
for bar in drums.cut(song.downbeats):
    bar.insert(gain(-bar.index % 4))
bus("Nobody's")
"#
    )
}

#[test]
fn what_is_seen_is_told() {
    let Some(studio) = Studio::open(Some(&script(60))) else { return };
    let browser = &studio.browser;
    // Before anything has moved.
    browser.wait_for("document.querySelector('#ruler').ariaValueMax === '2880000'");
    assert_eq!(browser.eval("document.querySelector('#ruler').ariaValueText"), "bar 1, beat 1, 0:00");
    // A button that is pressed keeps its name.
    let play = "[document.querySelector('#play').ariaLabel, document.querySelector('#play').ariaPressed]";
    assert_eq!(browser.eval(play), json!(["Play", "false"]));
    browser.press(" ");
    assert_eq!(browser.eval(play), json!(["Play", "true"]));
    browser.press(" ");
    // The segment at the playhead describes the lane that has the focus, as long as it has it.
    browser.press("Home");
    browser.press("ArrowRight");
    browser.press("ArrowDown");
    let described =
        "document.querySelector(`#${document.activeElement.getAttribute('aria-describedby')}`)?.textContent";
    browser.wait_for(&format!("({described})?.includes('gain(db = ')"));
    browser.eval("document.activeElement.blur()");
    assert_eq!(browser.eval("document.querySelectorAll('[aria-describedby]').length"), 0);
    // Warnings are scrolled with the keyboard.
    browser.click("#warnings");
    assert_eq!(
        browser.eval("[...document.querySelectorAll('#warning-list pre')].map((text) => text.tabIndex)"),
        json!([0])
    );
    assert_eq!(browser.complaints(), [] as [serde_json::Value; 0]);
}

#[test]
fn it_follows_a_song_that_becomes_longer_and_a_program_that_comes_back() {
    let Some(mut studio) = Studio::open(Some(&script(60))) else { return };
    let browser = &studio.browser;
    browser.press("l");
    let loop_end = "Number.parseFloat(document.querySelector('#overview-loop').style.left) \
        + Number.parseFloat(document.querySelector('#overview-loop').style.width)";
    let of = |seconds: u32| format!("Math.abs({loop_end} - 100 * downbeat.loop.end / (48000 * {seconds})) < 0.001");
    browser.wait_for(&of(60));
    replace(&studio.folder.path("mix.star"), script(90));
    browser.wait_for("document.querySelector('#ruler').ariaValueMax === '4320000'");
    browser.wait_for(&of(90));

    browser.press("ArrowRight");
    browser.press("ArrowRight");
    let told = || browser.requests().iter().filter(|url| url.ends_with("/playhead")).count();
    while told() == 0 {}
    let before = told();
    studio.watching.child.kill().unwrap();
    studio.watching.child.wait().unwrap();
    browser.wait_for("document.querySelector('#status').dataset.state === 'lost'");
    browser.wait_for("document.querySelector('#live').textContent.includes('has stopped')");
    studio.watching = Watching::start_at(studio.watching.port, &studio.folder, &[]);
    let browser = &studio.browser;
    browser.wait_for("document.querySelector('#status').dataset.state === 'live'");
    assert_eq!(browser.eval("document.querySelector('#live').textContent"), "Downbeat is there again.");
    // It is told where the listener is, who stands still.
    let told = || browser.requests().iter().filter(|url| url.ends_with("/playhead")).count();
    while told() == before {}
}
