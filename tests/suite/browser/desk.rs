//! The listener's own solo and mute, on their way to the program.

use serde_json::json;

use super::Studio;
use crate::support::replace;

/// Notes what the page says at the desk; the first message is on its way until `release` is called.
const HOLD: &str = "(() => {
    const send = window.fetch;
    const held = new Promise((done) => (window.release = done));
    [window.sent, window.atOnce, window.most] = [[], 0, 0];
    window.fetch = async (url, how) => {
        if (url !== '/desk') return send(url, how);
        sent.push(JSON.parse(how.body));
        most = Math.max(most, ++atOnce);
        if (sent.length === 1) await held;
        return send(url, how).finally(() => atOnce--);
    };
    return true;
})()";

/// Two tracks, A and B, and so many before them.
fn script(before: usize) -> String {
    let names = (0..before).map(|number| format!("New {number}")).chain(["A".into(), "B".into()]);
    names.map(|name| format!("track(\"{name}\", tone(sine(), freq_hz = 440, ms = 500))\n")).collect()
}

#[test]
fn clicks_arrive_one_after_the_other_and_after_edits() {
    let Some(studio) = Studio::open(Some(&script(0))) else { return };
    let (browser, watching) = (&studio.browser, &studio.watching);
    let is_pressed = |selector: &str| format!("document.querySelector({selector:?}).ariaPressed === 'true'");
    browser.eval(HOLD);
    browser.click("[data-strip='1'] .mute");
    browser.wait_for("sent.length === 1");
    // Meanwhile A and B become others' numbers, and the take that was clicked on cannot be asked for any more.
    watching.rendered();
    for before in 1..=3 {
        replace(&studio.folder.path("mix.star"), script(before));
        watching.rendered();
    }
    browser.wait_for("document.querySelectorAll('.lane').length === 6 && downbeat.take === 4");
    assert_eq!(browser.eval(&is_pressed("[data-strip='4'] .mute")), true, "B, where it is now");
    assert_eq!(browser.eval(&is_pressed("[data-strip='1'] .mute")), false);
    browser.click("[data-strip='3'] .solo");
    browser.click("[data-strip='0'] .mute");
    browser.click("[data-strip='0'] .mute");
    browser.click("[data-strip='2'] .mute");
    browser.eval("release()");
    browser.wait_for("downbeat.take === 5 || downbeat.take === 6");
    browser.wait_for("sent.length >= 3 && atOnce === 0");
    let expected = json!([
        { "take": 1, "solo": [], "mute": [1] },
        { "take": 4, "solo": [], "mute": [4] },
        { "solo": [3], "mute": [2, 4] },
    ]);
    let mut sent = browser.eval("sent");
    // It can have been told of the first message's take before it sent the next.
    sent[2].as_object_mut().unwrap().remove("take");
    assert_eq!((sent, browser.eval("most")), (expected, json!(1)));
    let is_there =
        "fetch('/mix').then((answer) => answer.json()).then(({ desk, rendered }) => rendered && JSON.stringify(desk))";
    while browser.eval(is_there) != r#"{"solo":[3],"mute":[2,4]}"# {}
    for selector in ["[data-strip='3'] .solo", "[data-strip='2'] .mute", "[data-strip='4'] .mute"] {
        browser.wait_for(&is_pressed(selector));
    }
    // What does not get through is taken back, and that is said.
    browser.eval("window.fetch = async () => Response.error()");
    browser.click("[data-strip='1'] .solo");
    browser.wait_for(&format!("!({})", is_pressed("[data-strip='1'] .solo")));
    browser.wait_for("document.body.textContent.includes('did not take the solo or mute')");
    assert_eq!(browser.eval(&is_pressed("[data-strip='3'] .solo")), true);
}

/// A desk of the page's own, which hears from a program that the test plays: what it says, and what it takes.
const STALE: &str = "import('/desk.js').then(async ({ Desk }) => {
    const strips = ['A', 'B'].map((name, id) => ({ id, name }));
    const says = (desk_number, solo, isFirst = false) =>
        desk.show({ take: 1, strips, desk: { solo, mute: [] }, desk_number }, isFirst);
    const sent = [];
    window.fetch = async (_, { body }) => {
        sent.push(JSON.parse(body).solo);
        return new Response(null, { status: 204, headers: { 'x-desk-number': sent.length } });
    };
    const settled = () => new Promise((done) => setTimeout(done));
    const desk = new Desk();
    const told = [says(0, [], true)];
    desk.toggle('solo', 0);
    await settled();
    // A take that was rendered before the click comes after it was taken.
    told.push(says(0, []), desk.isSolo(0));
    desk.toggle('solo', 1);
    await settled();
    told.push(says(1, [0]), desk.isSolo(1), says(2, [0, 1]), says(2, [0, 1]));
    // Somebody else has turned it off; and another run of the program counts anew.
    told.push(says(3, [1]), desk.isSolo(0), says(0, [], true), desk.isSolo(1));
    return { sent, told };
})";

#[test]
fn what_the_program_said_before_a_click_does_not_take_it_back() {
    let Some(studio) = Studio::open(Some(&script(0))) else { return };
    let expected = json!({
        "sent": [[0], [0, 1]],
        "told": [true, false, true, false, true, true, false, true, false, true, false],
    });
    assert_eq!(studio.browser.eval(STALE), expected);
}

#[test]
fn the_focus_stays_with_its_strip() {
    let Some(studio) = Studio::open(Some(&script(0))) else { return };
    let (browser, watching) = (&studio.browser, &studio.watching);
    watching.rendered();
    browser.press("ArrowDown");
    browser.press("ArrowDown");
    let focused = "document.activeElement.closest('.lane')?.querySelector('.name').textContent";
    assert_eq!(browser.eval(focused), "B");
    // Others come before it, then it goes to the top.
    let turned = script(0).lines().rev().map(|line| format!("{line}\n")).collect();
    for (script, lanes) in [(script(2), 5), (turned, 3)] {
        replace(&studio.folder.path("mix.star"), script);
        watching.rendered();
        browser.wait_for(&format!("document.querySelectorAll('.lane').length === {lanes}"));
        assert_eq!(browser.eval(focused), "B", "{lanes}");
    }
    browser.press("m");
    browser.wait_for("document.querySelector('.lane.is-silent .name')?.textContent === 'B'");
    let is_muted = "fetch('/mix').then((answer) => answer.json()).then(({ desk }) => JSON.stringify(desk))";
    while browser.eval(is_muted) != r#"{"solo":[],"mute":[0]}"# {}
}

#[test]
fn fingers_get_what_they_are_on() {
    let Some(studio) = Studio::open(Some(&script(0))) else { return };
    let browser = &studio.browser;
    browser.call("Emulation.setTouchEmulationEnabled", json!({ "enabled": true }));
    browser.eval(
        "window.hits = []; document.addEventListener('click', ({ target }) => hits.push(target.className), true)",
    );
    for width in [1280, 400] {
        browser.resize(width, 800);
        browser.wait_for(&format!("innerWidth === {width} && matchMedia('(pointer: coarse)').matches"));
        let small = "[...document.querySelectorAll('.buttons button')].filter((button) => button.checkVisibility())
            .map((button) => button.getBoundingClientRect()).filter(({ width, height }) => width < 24 || height < 24)";
        assert_eq!(browser.eval(small), json!([]), "{width}");
    }
    // A finger is round and wide: its middle counts. The name is over the buttons here.
    let tap = |selector: &str, above: f64| {
        let place = browser.eval(&format!(
            "(() => {{ const box = document.querySelector({selector:?}).getBoundingClientRect();
               hits.length = 0; return [(box.left + box.right) / 2, box.top - {above}]; }})()"
        ));
        let finger = json!([{ "x": place[0], "y": place[1], "radiusX": 12, "radiusY": 12 }]);
        for (kind, points) in [("touchStart", finger), ("touchEnd", json!([]))] {
            browser.call("Input.dispatchTouchEvent", json!({ "type": kind, "touchPoints": points }));
        }
        browser.wait_for("hits.length > 0");
        browser.eval("hits[0]")
    };
    for button in ["mute", "solo"] {
        let selector = format!("[data-strip='0'] .{button}");
        assert_eq!([-3.0, -12.0, -21.0].map(|above| tap(&selector, above)), [button; 3]);
    }
    assert_eq!([6.0, 9.0, 12.0].map(|above| tap("[data-strip='0'] .mute", above)), ["name"; 3]);
}
