//! The instruments against their formulas: reference tones, alias floors, harmonics, envelopes, parts.
#![allow(clippy::unwrap_used)]

use std::f64::consts::{PI, TAU};
use std::sync::Arc;

use downbeat_dsp::{
    ENVELOPES, EnvelopeSettings, Generator, PartPlayer, PlayedNote, Sweep, Tone, Value, WAVES, WaveSettings, envelope,
    wave,
};

const RATE: u32 = 48_000;

#[test]
fn waves_match_the_reference_tones() {
    for name in ["sine", "square", "sawtooth", "triangle"] {
        let tone = Tone::new(&naive(name), 220.0, 12_000, 0.8, RATE).audio();
        assert_near(tone.left(), &reference(name), name);
    }
    let pulse = settings("pulse", &[2.0.into_value(), 0.9.into_value(), true.into_value()]);
    assert_near(Tone::new(&pulse, 220.0, 48_000, 1.0, RATE).audio().left(), &reference("pwm"), "pwm");
    assert_near(Sweep::new(65.0, 261.0, 12_000, 0.8, RATE).audio().left(), &reference("chirp"), "chirp");
}

#[test]
fn the_ads_envelope_matches_its_reference() {
    let gains: Vec<f32> = gains(&chosen("ads", &[]), 12_000);
    assert_near(&gains, &reference("envelope"), "ads");
}

/// Everything that is not a harmonic is at least 80 dB below the first, and every harmonic below half the rate has the
/// level of the ideal series.
#[test]
fn waves_are_band_limited() {
    for name in ["square", "sawtooth", "triangle"] {
        // Frequencies that fall between the bins, from low notes to 4 kHz.
        for freq in [41.203, 110.37, 440.21, 1_318.5, 2_637.02, 3_999.3] {
            let samples = Tone::new(&plain(name), freq, LENGTH as u64, 1.0, RATE).audio();
            let spectrum = spectrum(samples.left());
            let first = harmonic(&spectrum, freq);
            let mut rest = spectrum.clone();
            remove(&mut rest, 0.0);
            let mut n = 1;
            while freq * f64::from(n) < f64::from(RATE) / 2.0 {
                let ideal = ideal(name, n);
                let at = freq * f64::from(n);
                // So near to the ends of the spectrum the window sees the mirrored harmonic, too.
                if ideal > 0.0 && at < f64::from(RATE) / 2.0 - 20.0 {
                    let error = 20.0 * libm::log10(harmonic(&spectrum, at) / ideal);
                    // The cubic interpolation takes 0.005 dB off the highest harmonic at most.
                    assert!(error.abs() < 0.01, "{name} {freq} Hz, harmonic {n}: {error} dB");
                }
                remove(&mut rest, at);
                n += 1;
            }
            let floor = 20.0 * libm::log10(rest.iter().fold(0.0, |a: f64, &b| a.max(b)) / first);
            println!("{name:9} {freq:9} Hz: highest alias {floor:.1} dB");
            assert!(floor < -100.0, "{name} at {freq} Hz: alias at {floor} dB");
        }
    }
}

#[test]
fn the_naive_waves_do_alias() {
    // The measurement above must be able to fail.
    let freq = 2_637.02;
    let spectrum = spectrum(Tone::new(&naive("sawtooth"), freq, LENGTH as u64, 1.0, RATE).audio().left());
    let mut rest = spectrum.clone();
    for n in 0..10 {
        remove(&mut rest, freq * f64::from(n));
    }
    assert!(rest.iter().any(|&x| x > 0.01 * harmonic(&spectrum, freq)));
}

#[test]
fn a_pulse_has_the_harmonics_of_its_width() {
    // Without an LFO the width is a quarter: 4/(pi n) |sin(pi n/4)|, and a mean of -1/2.
    let freq = 1_318.5;
    let pulse = settings("pulse", &[0.0.into_value(), 0.9.into_value()]);
    let samples = Tone::new(&pulse, freq, LENGTH as u64, 1.0, RATE).audio();
    let spectrum = spectrum(samples.left());
    let mut rest = spectrum.clone();
    remove(&mut rest, 0.0);
    for n in 1..=18 {
        let ideal = (4.0 / (PI * f64::from(n)) * libm::sin(PI * f64::from(n) / 4.0)).abs();
        let level = harmonic(&spectrum, freq * f64::from(n));
        assert!((level - ideal).abs() < 1e-3 * 4.0 / (PI * f64::from(n)), "{n}: {level} {ideal}");
        remove(&mut rest, freq * f64::from(n));
    }
    assert!(rest.iter().all(|&x| x < 1e-5 * harmonic(&spectrum, freq)));
    let mean: f64 = samples.left().iter().map(|&x| f64::from(x)).sum::<f64>() / LENGTH as f64;
    assert!((mean + 0.5).abs() < 1e-3, "{mean}");
}

#[test]
fn pulse_width_modulation_stays_band_limited() {
    // The energy above the highest sideband: with 4 kHz and an LFO of 5 Hz the sidebands of each harmonic stay within
    // n * 7 Hz + a few times 5 Hz, and all else is alias.
    let freq = 3_999.3;
    let pulse = settings("pulse", &[5.0.into_value(), 0.9.into_value()]);
    let spectrum = spectrum(Tone::new(&pulse, freq, LENGTH as u64, 1.0, RATE).audio().left());
    let first = harmonic(&spectrum, freq);
    for (bin, &level) in spectrum.iter().enumerate() {
        let hz = bin as f64 * f64::from(RATE) / LENGTH as f64;
        let n = (hz / freq).round();
        if (hz - n * freq).abs() > 300.0 {
            assert!(level < 1e-4 * first, "{hz} Hz: {}", level / first);
        }
    }
}

#[test]
fn a_band_limited_wave_keeps_sign_and_phase_of_the_naive_one() {
    for name in ["square", "sawtooth", "triangle", "pulse"] {
        let smooth = Tone::new(&plain(name), 55.0, 48_000, 1.0, RATE).audio();
        let sharp = Tone::new(&naive(name), 55.0, 48_000, 1.0, RATE).audio();
        let error: f64 = smooth.left().iter().zip(sharp.left()).map(|(a, b)| f64::from(a - b).powi(2)).sum();
        let energy: f64 = sharp.left().iter().map(|&b| f64::from(b).powi(2)).sum();
        // What is missing is what lies above 24 kHz: 1/436 of a sawtooth's power beyond the 436th harmonic, and as
        // much again of it that the naive wave has as aliases.
        assert!(error / energy < 6e-3, "{name}: {}", error / energy);
    }
}

#[test]
fn phase_holds_for_ten_minutes() {
    // 4 kHz for ten minutes: 2.4 million turns. The closed form in f64 is off by 1e-16 of that; the tolerance is f32's.
    let mut tone = Tone::new(&plain("sine"), 4_000.25, 600 * 48_000, 1.0, RATE);
    let start = 600 * 48_000 - 100;
    tone.seek(start);
    let mut out = [0.0; 100];
    tone.fill(&mut out);
    for (x, i) in out.iter().zip(start..) {
        // Exact arithmetic: 4000.25 i/48000 = 16001 i/192000 turns.
        let exact = libm::sin(TAU * ((16_001 * i) % 192_000) as f64 / 192_000.0);
        assert!((f64::from(*x) - exact).abs() < 1e-7, "{i}");
    }
}

#[test]
fn any_pieces_give_the_same_bits() {
    let mut generators: Vec<Box<dyn Generator>> = vec![Box::new(Sweep::new(20.0, 20_000.0, 5_000, 0.5, RATE))];
    for info in WAVES {
        let wave = info.settings(vec![]).unwrap();
        generators.push(Box::new(Tone::new(&wave, 441.7, 5_000, 0.5, RATE)));
        generators.push(Box::new(PartPlayer::resynthesis(some_notes(), &wave, RATE)));
        for info in ENVELOPES {
            let envelope = info.settings(vec![]).unwrap();
            generators.push(Box::new(PartPlayer::new(some_notes(), &wave, &envelope, RATE)));
        }
    }
    for generator in &mut generators {
        let whole = generator.audio();
        assert!(whole.left().iter().any(|x| *x != 0.0) && whole.left().iter().all(|x| x.is_finite()));
        for piece in [1, 7, 128, 1_000, 4_097] {
            generator.seek(0);
            let mut joined = vec![9.0; whole.frames() + 50];
            for out in joined.chunks_mut(piece) {
                generator.fill(out);
            }
            assert!(same_bits(&joined[..whole.frames()], whole.left()), "pieces of {piece}");
            assert!(joined[whole.frames()..].iter().all(|x| *x == 0.0));
        }
        for from in [1, 999, 2_500, 4_800] {
            generator.seek(from as u64);
            let mut out = vec![9.0; 700.min(whole.frames() - from)];
            generator.fill(&mut out);
            assert!(same_bits(&out, &whole.left()[from..from + out.len()]), "from {from}");
        }
    }
}

#[test]
fn resynthesis_is_its_formula() {
    let notes = some_notes();
    for name in ["sine", "square", "sawtooth"] {
        let audio = PartPlayer::resynthesis(notes.clone(), &naive(name), RATE).audio();
        let end = notes.iter().map(|note| note.start + note.frames).max().unwrap();
        assert_eq!(audio.frames() as u64, end + 48_000);
        let mut exact = vec![0.0; audio.frames()];
        for note in &notes {
            let frames = note.frames as usize;
            let fade = frames.min(4_800);
            // Each ratio and, for a smooth phase, the sum of those before it less what it would have made up to there.
            let (mut ratio, mut passed, mut since) = (1.0, 0.0, 0);
            for i in 0..frames {
                if let Some(bend) = note.bends.iter().find(|bend| bend.0 as usize == i) {
                    passed += ratio * (i - since) as f64;
                    (ratio, since) = (bend.1, i);
                }
                let omega = TAU * note.freq_hz * ratio / 48_000.0;
                let radians = omega * i as f64 + TAU * note.freq_hz * (passed - ratio * since as f64) / 48_000.0;
                let gain = if i < frames - fade { 1.0 } else { 1.0 - (i + fade - frames) as f64 / (fade - 1) as f64 };
                let phase = libm::fmod(radians, TAU);
                let wave = match name {
                    "sine" => libm::sin(phase),
                    "square" => {
                        if phase < PI {
                            1.0
                        } else {
                            -1.0
                        }
                    }
                    _ => phase / PI - 1.0,
                };
                exact[note.start as usize + i] +=
                    wave * libm::exp(-(i as f64) / 48_000.0) * gain * f64::from(note.velocity);
            }
        }
        // Half an ulp of f32 at up to 300, four times over (wave, gain, product, sum).
        for (i, (x, exact)) in audio.left().iter().zip(exact).enumerate() {
            assert!((f64::from(*x) - exact).abs() < 6e-5, "{name} {i}: {x} {exact}");
        }
    }
}

#[test]
fn adsr_goes_through_its_corners() {
    let adsr = chosen("adsr", &[10.0.into_value(), 20.0.into_value(), 0.5.into_value(), 100.0.into_value()]);
    let gains = gains(&adsr, 4_800);
    assert_eq!(gains.len(), 4_800 + 4_800);
    for (frame, gain) in [(0, 0.0), (240, 0.5), (480, 1.0), (960, 0.75), (1_440, 0.5), (4_800, 0.5), (7_200, 0.25)] {
        assert!((gains[frame] - gain).abs() < 1e-6, "{frame}: {}", gains[frame]);
    }
    // Released in the attack: from there to 0, without a jump.
    let short = self::gains(&adsr, 240);
    assert_eq!(short.len(), 240 + 4_800);
    assert!((short[240] - 0.5).abs() < 1e-6);
    assert!(short.windows(2).all(|pair| (pair[1] - pair[0]).abs() < 0.003));
}

#[test]
fn a_note_that_does_not_end_at_zero_is_faded_out() {
    let note = PlayedNote { start: 10, frames: 1_000, key: 69, freq_hz: 100.0, velocity: 127, bends: Arc::new([]) };
    let flat = chosen("flat", &[]);
    let audio = PartPlayer::new(vec![note], &naive("square"), &flat, RATE).audio();
    assert_eq!(audio.frames(), 10 + 1_000 + 48);
    let tail: Vec<f32> = audio.left()[1_010..].iter().map(|x| x.abs()).collect();
    assert_eq!(tail[0], 1.0);
    assert!(tail.windows(2).all(|pair| (pair[0] - pair[1] - 1.0 / 48.0).abs() < 1e-6));
}

#[test]
fn a_bend_lowers_the_number_of_harmonics() {
    // Bent up to 8 kHz there is room for two harmonics, so the 3rd of the unbent part would alias after the bend.
    let bends: Arc<[(u64, f64)]> = Arc::new([(4_000, 2.0)]);
    let note = PlayedNote { start: 0, frames: 8_000, key: 69, freq_hz: 4_000.0, velocity: 127, bends };
    let audio = PartPlayer::new(vec![note], &plain("sawtooth"), &chosen("flat", &[]), RATE).audio();
    for (i, x) in audio.left()[..8_000].iter().enumerate() {
        let phase = TAU * if i < 4_000 { i as f64 / 12.0 } else { (4_000.0 + (i - 4_000) as f64 * 2.0) / 12.0 };
        let exact = -2.0 / PI * (libm::sin(phase) + libm::sin(2.0 * phase) / 2.0);
        assert!((f64::from(*x) - exact).abs() < 1e-6, "{i}: {x} {exact}");
    }
}

#[test]
fn nonsense_is_silent() {
    for freq_hz in [f64::NAN, f64::INFINITY, -1.0, 0.0, 1e300] {
        for info in WAVES {
            let wave = info.settings(vec![]).unwrap();
            let bends: Arc<[(u64, f64)]> = Arc::new([(5, f64::NAN), (3, 2.0)]);
            let note = PlayedNote { start: 0, frames: 100, key: 69, freq_hz, velocity: 0, bends };
            let audio = PartPlayer::new(vec![note], &wave, &chosen("flat", &[]), RATE).audio();
            assert!(audio.left().iter().all(|x| *x == 0.0));
            assert!(Tone::new(&wave, freq_hz, 100, 1.0, RATE).audio().left().iter().all(|x| *x == 0.0));
        }
    }
    assert_eq!(PartPlayer::new(vec![], &plain("sine"), &chosen("adsr", &[]), RATE).frames(), 0);
}

#[test]
fn settings_are_data() {
    let adsr = chosen("adsr", &[20.0.into_value()]);
    assert_eq!(adsr.to_string(), "adsr(attack_ms = 20)");
    assert_eq!(adsr, chosen("adsr", &[20.0.into_value()]));
    assert_ne!(adsr, chosen("adsr", &[]));
    assert_ne!(adsr.key_bytes(), chosen("adsr", &[]).key_bytes());
    assert!(wave("pulse").unwrap().settings(vec![Value::Number(1e9)]).is_err());
    assert!(wave("noise").is_none());
    for info in WAVES {
        assert_eq!(info.settings(vec![]).unwrap().to_string(), format!("{}()", info.name));
    }
}

/// A melody with overlaps, a very short note, a note shorter than the fade, and bends.
fn some_notes() -> Vec<PlayedNote> {
    let note = |start, frames, freq_hz, velocity, bends: &[(u64, f64)]| PlayedNote {
        start,
        frames,
        key: 69,
        freq_hz,
        velocity,
        bends: bends.into(),
    };
    vec![
        note(0, 6_000, 220.0, 100, &[]),
        note(100, 2_000, 331.7, 64, &[(0, 1.01), (500, 1.02), (777, 0.98)]),
        note(2_500, 2, 440.0, 127, &[]),
        note(3_000, 5_000, 1_234.5, 90, &[(2_000, 0.5)]),
        note(8_500, 300, 880.0, 1, &[]),
    ]
}

/// The envelope's gains as a part plays them: a square wave so slow that it stays at +1.
fn gains(envelope: &EnvelopeSettings, frames: u64) -> Vec<f32> {
    let note = PlayedNote { start: 0, frames, key: 69, freq_hz: 0.001, velocity: 127, bends: Arc::new([]) };
    PartPlayer::new(vec![note], &naive("square"), envelope, RATE).audio().left().to_vec()
}

fn settings(name: &str, values: &[Value]) -> WaveSettings {
    wave(name).unwrap().settings(values.to_vec()).unwrap()
}

fn plain(name: &str) -> WaveSettings {
    settings(name, &[])
}

fn naive(name: &str) -> WaveSettings {
    match name {
        "sine" => plain(name),
        "pulse" => settings(name, &[2.0.into_value(), 0.9.into_value(), true.into_value()]),
        _ => settings(name, &[true.into_value()]),
    }
}

fn chosen(name: &str, values: &[Value]) -> EnvelopeSettings {
    envelope(name).unwrap().settings(values.to_vec()).unwrap()
}

trait IntoValue {
    fn into_value(self) -> Value;
}
impl IntoValue for f64 {
    fn into_value(self) -> Value {
        Value::Number(self)
    }
}
impl IntoValue for bool {
    fn into_value(self) -> Value {
        Value::Switch(self)
    }
}

fn reference(name: &str) -> Vec<f32> {
    let path = format!("{}/tests/tones/{name}-0.wav", env!("CARGO_MANIFEST_DIR"));
    hound::WavReader::open(path).unwrap().samples::<f32>().map(Result::unwrap).collect()
}

fn assert_near(x: &[f32], exact: &[f32], name: &str) {
    assert_eq!(x.len(), exact.len(), "{name}");
    for (i, (x, exact)) in x.iter().zip(exact).enumerate() {
        // Both are f64 results rounded to f32.
        assert!((x - exact).abs() <= 1.3e-7, "{name} at {i}: {x} instead of {exact}");
    }
}

fn same_bits(a: &[f32], b: &[f32]) -> bool {
    a.len() == b.len() && a.iter().zip(b).all(|(a, b)| a.to_bits() == b.to_bits())
}

/// The ideal level of the n-th harmonic.
fn ideal(name: &str, n: u32) -> f64 {
    let k = f64::from(n);
    match (name, n % 2) {
        ("sawtooth", _) => 2.0 / (PI * k),
        ("square", 1) => 4.0 / (PI * k),
        ("triangle", 1) => 8.0 / (PI * PI * k * k),
        _ => 0.0,
    }
}

const LENGTH: usize = 1 << 17;
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

/// The amplitudes of the windowed spectrum, scaled so that the energy under a lobe gives a harmonic's amplitude.
fn spectrum(samples: &[f32]) -> Vec<f64> {
    let fft = realfft::RealFftPlanner::<f64>::new().plan_fft_forward(LENGTH);
    let window = |i: usize| -> f64 {
        let x = TAU * i as f64 / LENGTH as f64;
        WINDOW.iter().enumerate().map(|(k, a)| a * libm::cos(k as f64 * x)).sum()
    };
    let mut power = 0.0;
    let mut input: Vec<f64> = (0..LENGTH)
        .map(|i| {
            let w = window(i);
            power += w * w;
            w * f64::from(samples[i])
        })
        .collect();
    let mut output = fft.make_output_vec();
    fft.process(&mut input, &mut output).unwrap();
    let scale = 2.0 / (power * LENGTH as f64).sqrt();
    output.iter().map(|c| c.norm() * scale).collect()
}

/// The amplitude of a sine at `freq`: by Parseval's theorem the energy under its lobe.
fn harmonic(spectrum: &[f64], freq: f64) -> f64 {
    lobe(spectrum.len(), freq).map(|i| spectrum[i] * spectrum[i]).sum::<f64>().sqrt()
}

fn remove(spectrum: &mut [f64], freq: f64) {
    for i in lobe(spectrum.len(), freq) {
        spectrum[i] = 0.0;
    }
}

fn lobe(bins: usize, freq: f64) -> std::ops::Range<usize> {
    let centre = (freq * LENGTH as f64 / f64::from(RATE)).round() as usize;
    centre.saturating_sub(LOBE)..(centre + LOBE + 1).min(bins)
}
