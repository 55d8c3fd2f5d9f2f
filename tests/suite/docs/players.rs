//! Pictures of instruments, waves and envelopes: a note of each, heard.

use downbeat_dsp::{ENVELOPES, INSTRUMENTS, WAVES};
use downbeat_picture::Axis;

use super::graphs::{Graph, Line, amplitude_axis, line, reference, svg};
use super::pictures::Figure;
use super::sounds::{by_octaves, by_steps, frames, levels, seconds, sound, spectrum};

/// Notes that say more than the default, which is a middle C of `name()`: the call, and the keys that are played.
const TELLING: &[(&str, &[u8])] = &[
    ("drum_kit()", &[36, 38, 42]),
    ("subtractive()", &[36]),
    ("fm()", &[60]),
    ("plucked()", &[40, 64]),
    ("sampler(tone(triangle(), 261.63, ms = 800))", &[60, 67]),
];

/// Envelopes that say more than their defaults.
const ENVELOPES_TELLING: &[&str] = &["adsr(attack_ms = 100, decay_ms = 300, sustain = 0.5, release_ms = 400)"];

/// The picture of an instrument: its level over time, and its spectrum. None when it cannot be called without arguments
/// and there is no line for it.
pub fn of_instrument(name: &str) -> Option<Figure> {
    INSTRUMENTS.iter().find(|row| row.name == name)?;
    let default = format!("{name}()");
    let (call, keys) = match TELLING.iter().find(|(call, _)| named(call) == name) {
        Some(&(call, keys)) => (call, keys),
        None => (default.as_str(), &[60][..]),
    };
    let play = |key: u8| sound(&format!("play(note, {call})"), key);
    let notes: Vec<(u8, Vec<f32>)> =
        keys.iter().map(|&key| play(key).map(|audio| (key, audio.left().to_vec()))).collect::<Result<_, _>>().ok()?;
    let named = |key: u8| format!("{call}, key {key}");
    let over_time = |(key, samples): &(u8, Vec<f32>)| line(&named(*key), levels(samples, frames(0.01)));
    let over_frequency = |(_, samples): &(u8, Vec<f32>)| line("", by_octaves(spectrum(samples, frames(0.01), 4096)));
    let end = notes.iter().map(|(_, samples)| seconds(samples.len())).fold(0.0, f64::max);
    let decibels = |name| Axis::decibels(name, -84.0..0.0);
    let graphs = [
        Graph {
            x: Axis::linear("time (s)", 0.0..((end * 2.0).ceil() / 2.0).min(3.0)),
            y: decibels("level (dBFS)"),
            lines: notes.iter().map(over_time).collect(),
        },
        Graph {
            x: Axis::log("frequency (Hz)", 20.0..20_000.0),
            y: decibels("spectrum (dBFS)"),
            lines: notes.iter().map(over_frequency).collect(),
        },
    ];
    let caption = "A note at full velocity, held for one second: its level over time, and the spectrum of its first \
         85 ms.";
    Some(Figure { svg: svg(&graphs), caption: caption.to_string() })
}

/// The picture of a wave: some periods, and its spectrum, both beside what the formula alone would give.
pub fn of_wave(name: &str) -> Option<Figure> {
    const HERTZ: f64 = 880.0;
    let row = WAVES.iter().find(|row| row.name == name)?;
    let play = |call: &str| sound(&format!("tone({call}, {HERTZ}, ms = 1000)"), 60).map(|audio| audio.left().to_vec());
    let call = format!("{name}()");
    let samples = play(&call).ok()?;
    let wave = |samples: &[f32]| -> Vec<(f64, f64)> {
        // From the middle, where nothing begins.
        let from = frames(0.5);
        let shown = samples[from..].iter().enumerate().take(frames(0.004));
        shown.map(|(i, &x)| (seconds(i) * 1000.0, f64::from(x))).collect()
    };
    let shown = |samples: &[f32]| -> Vec<(f64, f64)> {
        by_steps(spectrum(samples, frames(0.1), 16_384), 80.0)
            .into_iter()
            .map(|(hertz, db)| (hertz / 1000.0, db))
            .collect()
    };
    let mut lines: [Vec<Line>; 2] = [Vec::new(), Vec::new()];
    if row.params().iter().any(|param| param.name == "naive") {
        let naive = format!("{name}(naive = True)");
        let samples = play(&naive).ok()?;
        lines[0].push(reference(&naive, wave(&samples)));
        lines[1].push(reference("", shown(&samples)));
    }
    lines[0].push(line(&call, wave(&samples)));
    lines[1].push(line("", shown(&samples)));
    let [waves, spectra] = lines;
    let graphs = [
        Graph { x: Axis::linear("time (ms)", 0.0..4.0), y: amplitude_axis("amplitude", &waves), lines: waves },
        Graph {
            x: Axis::linear("frequency (kHz)", 0.0..24.0),
            y: Axis::decibels("spectrum (dBFS)", -96.0..6.0),
            lines: spectra,
        },
    ];
    Some(Figure { svg: svg(&graphs), caption: "A tone of 880 Hz, and its spectrum.".to_string() })
}

/// The picture of an envelope: the gain of a note over time.
pub fn of_envelope(name: &str) -> Option<Figure> {
    ENVELOPES.iter().find(|row| row.name == name)?;
    let default = format!("{name}()");
    let call = ENVELOPES_TELLING.iter().find(|call| named(call) == name).copied().unwrap_or(&default);
    // A square without harmonics left out is 1 or -1, so what is heard of it is the envelope.
    let audio = sound(&format!("synth(note, wave = square(naive = True), envelope = {call})"), 60).ok()?;
    let points = audio.left().iter().enumerate().map(|(i, x)| (seconds(i), f64::from(x.abs())));
    let lines = vec![line(call, points.collect())];
    let graph = Graph { x: Axis::linear("time (s)", 0.0..1.5), y: Axis::linear("gain", 0.0..1.1), lines };
    Some(Figure { svg: svg(&[graph]), caption: "The gain of a note that is held for one second.".to_string() })
}

/// The name in a call.
fn named(call: &str) -> &str {
    call.split_once('(').map_or(call, |(name, _)| name)
}

#[test]
fn every_line_is_for_an_instrument_or_an_envelope() {
    assert!(TELLING.iter().all(|(call, _)| INSTRUMENTS.iter().any(|row| row.name == named(call))));
    assert!(ENVELOPES_TELLING.iter().all(|call| ENVELOPES.iter().any(|row| row.name == named(call))));
}
