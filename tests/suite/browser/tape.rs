//! What a page plays, frame by frame: recorded in the browser's audio thread, and held against renders.

use serde_json::Value;

use super::chromium::{Browser, base64};

/// Rounding on the way, when a gain is one of f32 here and there: a unit of f32 at twice full scale.
const SAME: f32 = 2.5e-7;

/// An audio worklet that hands on every block that it hears; `pull` gives what has come, and is told `pulled`.
const RECORD: &str = r#"(async () => {
    const code = `registerProcessor("tape", class extends AudioWorkletProcessor {
        process([[left = new Float32Array(128), right = left]]) {
            this.port.postMessage([left.slice(), right.slice()]);
            return true;
        }
    })`;
    const { context, output } = downbeat;
    await context.audioWorklet.addModule(URL.createObjectURL(new Blob([code], { type: "text/javascript" })));
    const tape = new AudioWorkletNode(context, "tape", { numberOfOutputs: 0, channelCount: 2, channelCountMode: "explicit" });
    window.blocks = [];
    tape.port.onmessage = ({ data }) => blocks.push(data);
    output.connect(tape);
    await context.resume();
})()"#;

const PULL: &str = r#"(() => {
    // The last minute is enough.
    blocks.splice(0, blocks.length - 22_500);
    const frames = new Float32Array(256 * blocks.length);
    blocks.forEach(([left, right], b) => left.forEach((_, i) => frames.set([left[i], right[i]], 2 * (128 * b + i))));
    const bytes = new Uint8Array(frames.buffer);
    let text = "";
    for (let i = 0; i < bytes.length; i += 8192) text += String.fromCharCode(...bytes.subarray(i, i + 8192));
    return btoa(text);
})()"#;

/// Frames of left and right.
pub type Frames = Vec<[f32; 2]>;

/// Records from now on.
pub fn record(browser: &Browser) {
    browser.eval(RECORD);
}

/// What was recorded up to now.
pub fn pull(browser: &Browser) -> Frames {
    let Value::String(text) = browser.eval(PULL) else { panic!("no recording") };
    let samples: Vec<f32> = base64(&text).chunks(4).map(|four| f32::from_le_bytes(four.try_into().unwrap())).collect();
    samples.chunks(2).map(|frame| [frame[0], frame[1]]).collect()
}

/// The frames of a render's channels.
pub fn frames(planes: &[Vec<f32>]) -> Frames {
    planes[0].iter().zip(&planes[1]).map(|(&left, &right)| [left, right]).collect()
}

/// Whether two frames are the same but for rounding.
pub fn is_same(a: [f32; 2], b: [f32; 2]) -> bool {
    difference(a, b) <= SAME
}

/// How far two frames are apart.
pub fn difference(a: [f32; 2], b: [f32; 2]) -> f32 {
    (a[0] - b[0]).abs().max((a[1] - b[1]).abs())
}

/// Where the frames that begin at `at` of a tape are in a render; None when they are not there, or too quiet to be told.
pub fn find(tape: &[[f32; 2]], at: usize, render: &[[f32; 2]]) -> Option<usize> {
    const LENGTH: usize = 1024;
    let wanted = tape.get(at..at + LENGTH)?;
    if wanted.iter().filter(|&&frame| difference(frame, [0.0; 2]) > 1e-3).count() < LENGTH / 2 {
        return None;
    }
    render.windows(LENGTH).position(|window| window.iter().zip(wanted).all(|(&a, &b)| is_same(a, b)))
}

/// The largest second difference of either channel: a click stands out there.
pub fn roughness(frames: &[[f32; 2]]) -> f32 {
    let bend = |side: usize, w: &[[f32; 2]]| (w[2][side] - 2.0 * w[1][side] + w[0][side]).abs();
    frames.windows(3).map(|three| bend(0, three).max(bend(1, three))).fold(0.0, f32::max)
}
