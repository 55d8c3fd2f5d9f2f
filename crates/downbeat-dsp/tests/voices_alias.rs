//! What the instruments have in their sound that is no multiple of the note's frequency.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking, in its helpers, too")]

use std::f64::consts::TAU;
use std::sync::Arc;

use downbeat_dsp::{InstrumentSettings, Performance, PlayedNote, Value, instrument};

const RATE: u32 = 48_000;
const LENGTH: usize = 1 << 15;
/// Half the width of the window's main lobe in bins.
const LOBE: usize = 8;

/// The seven-term Blackman-Harris window (Albrecht 2001), side lobes below -180 dB.
const WINDOW: [f64; 7] = [
    0.271_051_400_693_425,
    -0.433_297_939_234_486,
    0.218_122_999_543_108,
    -0.065_925_446_388_031,
    0.010_811_742_098_371,
    -0.000_776_584_825_226,
    0.000_013_887_217_352,
];

fn settings(name: &str, given: &[(&str, Value)]) -> InstrumentSettings {
    let steady = ["attack_ms", "decay_ms", "index_attack_ms", "index_decay_ms"].map(|name| (name, Value::Number(0.0)));
    let full = ["sustain", "index_sustain", "sweep_sustain"].map(|name| (name, Value::Number(1.0)));
    let info = instrument(name).unwrap();
    let all = [given, &steady, &full].concat();
    let value = |name: &str| all.iter().find(|(given, _)| *given == name).map(|(_, value)| value.clone());
    info.settings(info.params().iter().map(|param| value(param.name).unwrap_or(param.default.clone())).collect())
        .unwrap()
}

fn choice(name: &str) -> Value {
    Value::Choice(name.into())
}

/// The loudest thing in a note that is no multiple of its frequency, below 20 kHz, in decibels beside the loudest of all. A
/// frequency that falls between the bins, so that what is folded back falls elsewhere.
fn loudest_alias(settings: &InstrumentSettings, freq_hz: f64) -> f64 {
    let note = PlayedNote { start: 0, frames: 60_000, key: 60, freq_hz, velocity: 127, bends: Arc::new([]) };
    let performance = Performance { notes: [note].into(), ..Performance::default() };
    let mut sound = vec![0.0; LENGTH + 16_000];
    settings.made().player(&performance, RATE).fill(&mut sound);
    let window = |i: usize| -> f64 {
        let x = TAU * i as f64 / LENGTH as f64;
        WINDOW.iter().enumerate().map(|(k, a)| a * libm::cos(k as f64 * x)).sum()
    };
    let mut input: Vec<f64> = sound[16_000..].iter().enumerate().map(|(i, &x)| window(i) * f64::from(x)).collect();
    let fft = realfft::RealFftPlanner::<f64>::new().plan_fft_forward(LENGTH);
    let mut output = fft.make_output_vec();
    fft.process(&mut input, &mut output).unwrap();
    let mut levels: Vec<f64> = output.iter().map(|c| c.norm()).collect();
    let loudest = levels.iter().fold(0.0_f64, |a, &b| a.max(b));
    for n in 0.. {
        let centre = (freq_hz * f64::from(n) * LENGTH as f64 / f64::from(RATE)).round() as usize;
        if centre > levels.len() + LOBE {
            break;
        }
        let end = (centre + LOBE + 1).min(levels.len());
        levels[centre.saturating_sub(LOBE).min(end)..end].fill(0.0);
    }
    20.0 * libm::log10(levels.iter().fold(0.0_f64, |a, &b| a.max(b)) / loudest)
}

const PITCHES: [f64; 6] = [110.37, 440.21, 1_318.5, 2_637.02, 3_999.3, 8_000.7];

#[test]
fn oscillators_do_not_alias() {
    for wave in ["sine", "triangle", "sawtooth", "square", "pulse"] {
        for filter in ["off", "lowpass"] {
            let settings = settings(
                "subtractive",
                &[
                    ("wave", choice(wave)),
                    ("wave2", choice(wave)),
                    ("detune_cents", Value::Number(0.0)),
                    ("octave2", Value::Number(1.0)),
                    ("filter", choice(filter)),
                    ("cutoff_hz", Value::Number(20_000.0)),
                ],
            );
            for freq_hz in PITCHES {
                let floor = loudest_alias(&settings, freq_hz);
                println!("{settings} {freq_hz}: {floor:.1} dB");
                assert!(floor < -100.0, "{settings} at {freq_hz} Hz: {floor} dB");
            }
        }
    }
}

#[test]
fn modulation_does_not_alias() {
    for algorithm in ["stack", "joined", "pairs", "three", "star", "organ"] {
        for (index, feedback) in [(0.5, 0.0), (2.0, 0.3), (8.0, 0.0), (20.0, 1.0)] {
            let settings = settings(
                "fm",
                &[
                    ("algorithm", choice(algorithm)),
                    ("ratio2", Value::Number(2.0)),
                    ("ratio3", Value::Number(3.0)),
                    ("ratio4", Value::Number(1.0)),
                    ("index2", Value::Number(index)),
                    ("index3", Value::Number(index)),
                    ("index4", Value::Number(index)),
                    ("feedback", Value::Number(feedback)),
                ],
            );
            for freq_hz in PITCHES {
                let floor = loudest_alias(&settings, freq_hz);
                println!("{algorithm} {index} {feedback} {freq_hz}: {floor:.1} dB");
                assert!(floor < -80.0, "{settings} at {freq_hz} Hz: {floor} dB");
            }
        }
    }
}
