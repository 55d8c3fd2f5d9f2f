//! What is heard of a mix on the page: the transport, edits while it plays, and the listener's own desk.

use serde_json::json;

use super::Studio;
use super::tape::{Frames, difference, find, frames, is_same, pull, record, roughness};
use crate::support::replace;

const RATE: u64 = 48_000;
/// Frames of the crossfade in front of the bar at which an edit comes in: 20 ms.
const FADE: u64 = 960;

/// A mix whose pages are all the final ones at once, since nothing in it remembers what was before its bar.
const SCRIPT: &str = r#"
session(rate = 48000, length = seconds(60))
song = midi("two-couples.mid")
drums = track("Drums", audio("stems/main-drums.flac")).fader(db = -3)
drone = track("Drone", tone(sine(), freq_hz = 110, ms = 60000, level = 0.1))
for bar in drums.cut(song.downbeats) + drone.cut(song.downbeats):
    bar.insert(soft_clip(drive = 2))
pluck = track("Pluck", audio("stems/pluck-synth.flac")).pan(-0.4)
bass = track("Bass", audio("stems/bass-synth.flac")).fader(db = -6)
"#;

#[test]
fn it_plays_pauses_seeks_and_loops() {
    let Some(studio) = Studio::open(Some(SCRIPT)) else { return };
    let (browser, bars) = (&studio.browser, studio.bars());
    // Bar by bar and beat by beat, before anything plays.
    for bar in &bars[1..4] {
        browser.press("ArrowRight");
        assert_eq!(browser.eval("downbeat.frame"), *bar);
    }
    browser.press("ArrowLeft");
    assert_eq!(browser.eval("downbeat.frame"), bars[2]);

    browser.press(" ");
    browser.wait_for("downbeat.playing && downbeat.frame > 0");
    // A frame is late by as much as the output is; looks at both clocks are milliseconds apart.
    let paces = browser.eval(
        "(async () => {
            const look = () => [downbeat.frame / 48000, downbeat.context.currentTime, performance.now() / 1000];
            const before = look();
            while (look()[1] < before[1] + 3) await new Promise((done) => setTimeout(done, 20));
            return look().map((now, i) => now - before[i]);
        })()",
    );
    let [song, context, wall] = [0, 1, 2].map(|i| paces[i].as_f64().unwrap());
    assert!((song - context).abs() < 0.1 && (context - wall).abs() < 0.5, "{song} {context} {wall}");
    let level = "(() => {
        const samples = new Float32Array(2048);
        downbeat.analyser.getFloatTimeDomainData(samples);
        return Math.max(...samples.map(Math.abs));
    })()";
    browser.wait_for(&format!("{level} > 0.05"));
    browser.picture("playing");
    browser.press(" ");
    browser.wait_for("!downbeat.playing");
    browser.wait_for(&format!("{level} === 0"));
    let paused = browser.eval("downbeat.frame");
    assert!(paused.as_u64().unwrap() > bars[2]);
    browser.press("Home");
    assert_eq!(browser.eval("downbeat.frame"), 0);

    // A click on the ruler's lower half: a pixel is some hundred frames, and a click is on one of its two edges.
    browser.click_at("#ruler", 0.5, 0.75);
    let (frame, half) = (browser.eval("downbeat.frame").as_f64().unwrap(), 30.0 * RATE as f64);
    let pixel = browser.eval("downbeat.view.scale").as_f64().unwrap();
    assert!((frame - half).abs() <= pixel, "{frame} {half}");

    // Four bars around the playhead go round.
    browser.press("Home");
    browser.press("l");
    assert_eq!(browser.eval("downbeat.loop"), json!({ "start": bars[0], "end": bars[4] }));
    for _ in 0..3 {
        browser.press("ArrowRight");
    }
    record(browser);
    browser.press(" ");
    let places = browser.eval(&format!(
        "(async () => {{
            const places = [];
            while (places.length < 2 || places.at(-1) >= {0} || places.at(-1) < {0} / 4) {{
                await new Promise((done) => setTimeout(done, 10));
                places.push(downbeat.frame);
            }}
            return places;
        }})()",
        bars[3]
    ));
    browser.press(" ");
    let places: Vec<u64> = places.as_array().unwrap().iter().map(|place| place.as_u64().unwrap()).collect();
    assert!(places.iter().all(|&place| place < bars[4]), "{places:?}");
    assert_eq!(places.windows(2).filter(|two| two[1] < two[0]).count(), 1, "{places:?}");
    // Round the corner, the first frame of the loop comes right after its last.
    let (tape, mix) = (pull(browser), frames(&studio.rendered(SCRIPT)));
    let at = (0..tape.len()).step_by(512).find(|&at| find(&tape, at, &mix).is_some()).unwrap();
    let start = find(&tape, at, &mix).unwrap() as u64;
    let round = (start..bars[4]).chain(0..bars[1] / 4);
    for (frame, song) in tape[at..].iter().zip(round) {
        assert!(is_same(*frame, mix[song as usize]), "{song}");
    }
    assert_eq!(browser.complaints(), [] as [serde_json::Value; 0]);
}

#[test]
fn an_edit_comes_in_on_a_bar_line() {
    let Some(studio) = Studio::open(Some(SCRIPT)) else { return };
    let (browser, bars) = (&studio.browser, studio.bars());
    let edited = SCRIPT.replace("drive = 2", "drive = 9");
    let (old, new) = (frames(&studio.rendered(SCRIPT)), frames(&studio.rendered(&edited)));
    browser.eval(super::PAINTED);
    browser.wait_for("painted(document.querySelector('.lane canvas')) > 0.2");
    let before = browser.eval("fingerprint(document.querySelector('.lane canvas'))");
    for _ in 0..2 {
        browser.press("ArrowRight");
    }
    record(browser);
    // Flashes last for a second and a half: who looks too late would not see them.
    browser.eval(
        "window.flashed = 0;
         new MutationObserver(() => (flashed += document.querySelectorAll('.lane .flashes i').length))
             .observe(document.querySelector('#lanes'), { childList: true, subtree: true }); true",
    );
    browser.press(" ");
    browser.wait_for(&format!("downbeat.playing && downbeat.frame > {}", bars[2] + RATE / 4));
    replace(&studio.folder.path("mix.star"), &edited);
    browser.wait_for("downbeat.changeover !== null");
    browser.picture("changeover");
    browser.wait_for("downbeat.take === 2");
    let frame = browser.eval("downbeat.frame");
    browser.wait_for(&format!("downbeat.frame > {frame} + 24000"));
    assert!(browser.eval("flashed").as_u64().unwrap() > 0);
    assert_ne!(browser.eval("fingerprint(document.querySelector('.lane canvas'))"), before);
    browser.press(" ");

    let tape = pull(browser);
    let at = (0..tape.len()).step_by(512).find(|&at| find(&tape, at, &old).is_some()).unwrap();
    let shift = find(&tape, at, &old).unwrap();
    let last = tape.len() - 1 - tape.iter().rev().position(|&frame| frame != [0.0; 2]).unwrap();
    // The fade at the end, where it was paused, is 8 ms; what is before it is all there.
    let tape: Frames = tape[at..last - 1000].to_vec();
    let (old, new) = (&old[shift..shift + tape.len()], &new[shift..shift + tape.len()]);
    let join = tape.iter().zip(old).position(|(&a, &b)| !is_same(a, b)).unwrap();
    let bar = bars.iter().map(|&bar| bar as usize).find(|&bar| bar >= shift + join).unwrap() - shift;
    assert!(bar - join <= FADE as usize, "the old sound goes on until 20 ms before the bar: {join} {bar}");
    let late = (bar..tape.len()).find(|&i| !is_same(tape[i], new[i]));
    assert!(late.is_none() && tape.len() > bar + 10_000, "the new sound from the bar on: {bar} {late:?}");
    // In between, one goes into the other in a straight line.
    let start = bar - FADE as usize;
    for i in start..bar {
        let part = (i - start) as f32 / FADE as f32;
        let faded = [0, 1].map(|side| old[i][side] * (1.0 - part) + new[i][side] * part);
        // The browser's ramps are made of steps in f32.
        assert!(difference(tape[i], faded) < 1e-4, "{i}: {:?} {faded:?}", tape[i]);
    }
    // No click: the join is as smooth as the two sounds are in the same place, but for the slope of the fade.
    let around = start - 64..bar + 64;
    let smooth = roughness(&old[around.clone()]).max(roughness(&new[around.clone()]));
    let rough = roughness(&tape[around]);
    assert!(rough <= 1.05 * smooth + 1e-3, "{rough} {smooth}");
    assert_eq!(browser.complaints(), [] as [serde_json::Value; 0]);
}

#[test]
fn the_listener_solos_mutes_and_compares() {
    let Some(studio) = Studio::open(Some(SCRIPT)) else { return };
    let browser = &studio.browser;
    // Round and round, so that it does not come to an end, however long a render takes.
    for _ in 0..3 {
        browser.press("ArrowRight");
    }
    browser.press("l");
    record(browser);
    browser.press(" ");
    browser.wait_for("downbeat.playing");
    let expect_heard = |what: &str, sound: &Frames| {
        // A quarter of a second without any other sound.
        for _ in 0..200 {
            let tape = pull(browser);
            let recent = tape.len().saturating_sub(24_000)..tape.len().saturating_sub(12_000);
            let found = recent.clone().step_by(1024).find_map(|at| Some((at, find(&tape, at, sound)?)));
            if let Some((at, place)) = found
                && (at..recent.end).all(|i| sound.get(place + i - at).is_some_and(|&frame| is_same(tape[i], frame)))
            {
                return;
            }
            std::thread::sleep(std::time::Duration::from_millis(100));
        }
        panic!("{what} is not heard");
    };
    let pressed = |selector: &str| browser.eval(&format!("document.querySelector({selector:?}).ariaPressed"));
    expect_heard("the mix", &frames(&studio.rendered(SCRIPT)));
    // By key, on the lane that has the focus.
    browser.eval("document.querySelector('.lane[data-strip=\"2\"]').focus()");
    browser.press("s");
    assert_eq!(pressed("[data-strip='2'] .solo"), "true");
    let alone = SCRIPT.replace(".pan(-0.4)", ".pan(-0.4).solo()");
    expect_heard("the solo", &frames(&studio.rendered(&alone)));
    browser.wait_for("document.querySelector('[data-strip=\"0\"]').classList.contains('is-silent')");
    browser.picture("solo");
    // And by button.
    browser.click("[data-strip='2'] .solo");
    browser.click("[data-strip='3'] .mute");
    assert_eq!([pressed("[data-strip='2'] .solo"), pressed("[data-strip='3'] .mute")], ["false", "true"]);
    let without = SCRIPT.replace(".fader(db = -6)", ".fader(db = -6).mute()");
    expect_heard("all but the bass", &frames(&studio.rendered(&without)));
    browser.click("[data-strip='3'] .mute");
    expect_heard("the mix again", &frames(&studio.rendered(SCRIPT)));

    // The recordings, as loud as the mix.
    browser.wait_for("document.querySelector('#match').textContent !== ''");
    let mix = studio.watching.mix();
    let [mixed, raw] = ["mix", "raw"].map(|key| mix["loudness"][key].as_f64().unwrap());
    let gain = libm::pow(10.0, (mixed - raw) / 20.0) as f32;
    let bytes = studio.watching.audio(&mix["take"], "raw");
    let recordings = bytes
        .chunks(8)
        .map(|frame| [0, 4].map(|i| gain * f32::from_le_bytes(frame[i..i + 4].try_into().unwrap())))
        .collect();
    browser.press("r");
    browser.wait_for("downbeat.source === 'raw'");
    expect_heard("the recordings", &recordings);
    browser.click("#hear-mix");
    expect_heard("the mix at last", &frames(&studio.rendered(SCRIPT)));
    assert_eq!(browser.complaints(), [] as [serde_json::Value; 0]);
}
