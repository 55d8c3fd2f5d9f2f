//! What a page shows is heard first: words of the language as sound, and what is read from that.

use std::io::Cursor;
use std::sync::Arc;

use downbeat_dsp::features::{Framing, Padding, Quantity, Spectrogram, Stft, Window};
use downbeat_dsp::{Audio, decibels};
use downbeat_engine::session::{Chain, Clip};
use downbeat_engine::{Bytes, World, WorldError, process, render_clip};
use downbeat_script::{Options, evaluate, render_diagnostics};

use crate::support::root;

/// Frames per second of all pictures.
pub const RATE: u32 = 48_000;

/// Frames in so many seconds.
pub fn frames(seconds: f64) -> usize {
    (seconds * f64::from(RATE)).round() as usize
}

/// The sound of a clip as a script writes it. In it `note` is a part with one note of `key`, as loud as can be and one
/// second long. Files are looked for from the root of the repository.
pub fn sound(clip: &str, key: u8) -> Result<Audio, String> {
    let (clip, world) = clip_of(clip, key)?;
    let audio = render_clip(&clip, RATE, world, Some(1)).map_err(|error| error.to_string())?;
    Ok(Arc::unwrap_or_clone(audio))
}

/// A sine at full scale.
pub fn tone(hertz: f64, seconds: f64) -> Vec<f32> {
    sound(&format!("tone(sine(), {hertz}, ms = {})", seconds * 1000.0), 60).unwrap().left().to_vec()
}

/// Effects as a script writes them: one, a list, or `parallel(...)`.
pub struct Effects(Chain);

impl Effects {
    /// What the words mean, or what is wrong with them.
    pub fn new(call: &str) -> Result<Self, String> {
        let method = if call.starts_with("parallel(") { call.to_string() } else { format!("insert({call})") };
        let (clip, _) = clip_of(&format!("tone(sine(), 100, ms = 1).{method}"), 60)?;
        Ok(Effects(clip.chain.clone()))
    }

    /// What becomes of both sides of a sound.
    pub fn stereo(&self, left: Vec<f32>, right: Vec<f32>) -> Audio {
        process(&self.0, Audio::stereo(RATE, left, right)).0
    }

    /// What becomes of the left side of a sound that is the same on both.
    pub fn run(&self, samples: &[f32]) -> Vec<f32> {
        self.stereo(samples.to_vec(), samples.to_vec()).left().to_vec()
    }
}

/// The spectrum of a click's answer, up to two thirds of a second of it: hertz, and decibels from the level of a click of
/// amplitude 1.
pub fn response(samples: &[f32]) -> Vec<(f64, f64)> {
    const FRAME: usize = 65_536;
    // The first frame has its middle where the sound begins.
    let samples = &samples[..samples.len().min(FRAME / 2)];
    let framing = Framing { frame: FRAME, hop: FRAME, padding: Padding::Zero, window: Window::Rectangular };
    transform(samples, framing, 0, 1.0)
}

/// The spectrum of `length` frames, a power of two, after one: hertz, and the level of a sine of that frequency in dBFS.
pub fn spectrum(samples: &[f32], from: usize, length: usize) -> Vec<(f64, f64)> {
    let framing = Framing { frame: length, hop: length / 2, padding: Padding::Zero, window: Window::Hann };
    let mut samples = samples[from.min(samples.len())..].to_vec();
    samples.resize(length, 0.0);
    // A sine of amplitude 1 has half the sum of the window, which is half of the frame.
    transform(&samples, framing, 1, 4.0 / length as f64)
}

/// A spectrum as it is seen where frequencies are drawn by their logarithm: of each 24th of an octave the highest level.
pub fn by_octaves(spectrum: Vec<(f64, f64)>) -> Vec<(f64, f64)> {
    let heard: Vec<(f64, f64)> = spectrum.into_iter().filter(|(hertz, _)| *hertz > 0.0).collect();
    // A factor of 2 are 6.02 decibels.
    let band = |point: &(f64, f64)| (24.0 * decibels(point.0) / decibels(2.0)).floor();
    let highest = |group: &[(f64, f64)]| group.iter().copied().max_by(|a, b| a.1.total_cmp(&b.1));
    heard.chunk_by(|a, b| band(a) == band(b)).filter_map(highest).collect()
}

/// A spectrum as it is seen on an even axis: of each stretch of so many hertz the highest level, in its middle.
pub fn by_steps(spectrum: Vec<(f64, f64)>, hertz: f64) -> Vec<(f64, f64)> {
    let step = |point: &(f64, f64)| (point.0 / hertz).round();
    let highest = |group: &[(f64, f64)]| {
        (step(&group[0]) * hertz, group.iter().map(|point| point.1).fold(f64::NEG_INFINITY, f64::max))
    };
    spectrum.chunk_by(|a, b| step(a) == step(b)).map(highest).collect()
}

/// The RMS of one stretch of `step` frames after the other in decibels, each with its middle in seconds.
pub fn levels(samples: &[f32], step: usize) -> Vec<(f64, f64)> {
    let level = |(i, stretch): (usize, &[f32])| ((i as f64 + 0.5) * seconds(step), decibels(rms(stretch)));
    samples.chunks_exact(step).enumerate().map(level).collect()
}

/// The root of the mean square.
pub fn rms(samples: &[f32]) -> f64 {
    let sum: f64 = samples.iter().map(|&x| f64::from(x) * f64::from(x)).sum();
    (sum / samples.len().max(1) as f64).sqrt()
}

/// The largest magnitude.
pub fn peak(samples: &[f32]) -> f64 {
    f64::from(samples.iter().fold(0.0f32, |peak, x| peak.max(x.abs())))
}

/// How long so many frames are.
pub fn seconds(frames: usize) -> f64 {
    frames as f64 / f64::from(RATE)
}

fn transform(samples: &[f32], framing: Framing, frame: usize, scale: f64) -> Vec<(f64, f64)> {
    let stft = Stft::precise(RATE, framing).unwrap();
    let series = stft.measure_all(samples, &[&Spectrogram(Quantity::Magnitude)]).unwrap();
    let magnitudes = series[0].frame(frame).unwrap();
    magnitudes.iter().enumerate().map(|(i, &x)| (stft.bins().hz(i), decibels(f64::from(x) * scale))).collect()
}

fn clip_of(clip: &str, key: u8) -> Result<(Arc<Clip>, Arc<dyn World>), String> {
    let script = format!("note = midi(\"note.mid\").part(\"Note\")\ntrack(\"Sound\", {clip})\n");
    let world: Arc<dyn World> = Arc::new(Shelf { script, song: note(key) });
    let evaluation = evaluate("mix.star", world.clone(), &Options::default());
    match evaluation.session.as_ref().and_then(|session| session.tracks[0].clip.clone()) {
        Some(clip) => Ok((clip, world)),
        None => Err(render_diagnostics(&evaluation.diagnostics, &evaluation.sources, false)),
    }
}

/// The script, its song, and the files of the repository.
struct Shelf {
    script: String,
    song: Vec<u8>,
}

impl World for Shelf {
    fn open(&self, path: &str) -> Result<Box<dyn Bytes>, WorldError> {
        match path {
            "mix.star" => Ok(Box::new(Cursor::new(self.script.clone().into_bytes()))),
            "note.mid" => Ok(Box::new(Cursor::new(self.song.clone()))),
            _ => {
                let io = |source| WorldError::Io { path: path.to_string(), source };
                Ok(Box::new(Cursor::new(std::fs::read(root().join(path)).map_err(io)?)))
            }
        }
    }
}

/// A song at 120 bpm with one note of a key, from 0 to 1 s at velocity 127. Drums are told by their key, not by a channel.
fn note(key: u8) -> Vec<u8> {
    let mut track = b"\0\xff\x03\x04Note\0\x90".to_vec();
    // 192 ticks at 96 to the quarter.
    track.extend([key, 127, 0x81, 0x40, 0x80, key, 0]);
    track.extend(b"\0\xff\x2f\0");
    let mut bytes = b"MThd\0\0\0\x06\0\0\0\x01\0\x60MTrk".to_vec();
    bytes.extend(u32::try_from(track.len()).unwrap().to_be_bytes());
    bytes.extend(track);
    bytes
}

#[test]
fn what_is_measured_is_what_was_played() {
    // A click has the same level everywhere, and a sine its own at its frequency.
    let click: Vec<f32> = (0..100).map(|i| if i == 3 { 0.5 } else { 0.0 }).collect();
    assert!(response(&click).iter().all(|(_, db)| (db + 6.0206).abs() < 1e-3));
    let peak = spectrum(&tone(1500.0, 1.0), 1000, 16_384);
    let (hertz, db) = peak.into_iter().max_by(|a, b| a.1.total_cmp(&b.1)).unwrap();
    assert!(hertz == 1500.0 && db.abs() < 1e-3, "{hertz} {db}");
    assert!((levels(&tone(1000.0, 0.1), 480)[3].1 + 3.0103).abs() < 1e-3);
}

#[test]
fn a_wrong_word_is_told() {
    assert!(Effects::new("no_such_effect()").is_err_and(|error| error.contains("no_such_effect")));
    assert!(sound("audio(\"no-such-file.wav\")", 60).is_err());
}
