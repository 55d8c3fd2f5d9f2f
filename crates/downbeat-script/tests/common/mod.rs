//! A world in memory, and small files to put into it.
#![allow(dead_code)] // Every test uses some of it.

use std::collections::BTreeMap;
use std::io::Cursor;
use std::sync::{Arc, LazyLock};

use downbeat_engine::{Bytes, World, WorldError};
use downbeat_script::{Evaluation, Options, evaluate, render_diagnostics};

/// Files in memory.
#[derive(Clone, Default)]
pub struct Memory(BTreeMap<String, Arc<[u8]>>);

impl Memory {
    /// A mix's folder: `drums.wav` (3 s), `stereo.wav`, `quad.wav` (four channels), `hits.wav` ([`hits`]), `quiet.wav` (1 s
    /// of silence), `song.mid` (four bars at 120 bpm, two parts) and `lib.star`.
    pub fn folder() -> Self {
        static FOLDER: LazyLock<Memory> = LazyLock::new(Memory::make);
        FOLDER.clone()
    }

    fn make() -> Self {
        let mut folder = Memory::default();
        // A bar is 2 s: the first is loud, the second half as loud, with the negative peak larger.
        let drums = |i: usize| match i {
            0..96_000 => {
                if i.is_multiple_of(100) {
                    0.5
                } else {
                    0.0
                }
            }
            _ => {
                if i.is_multiple_of(100) {
                    -0.25
                } else {
                    0.125
                }
            }
        };
        folder.put("drums.wav", wav(48_000, &[(0..144_000).map(drums).collect()]));
        folder.put("stereo.wav", wav(48_000, &[vec![0.5; 4800], vec![-0.25; 4800]]));
        folder.put("quad.wav", wav(48_000, &vec![vec![0.0; 480]; 4]));
        folder.put("hits.wav", wav(48_000, &[hits()]));
        folder.put("quiet.wav", wav(48_000, &[vec![0.0; 48_000]]));
        folder.put("song.mid", midi(false));
        folder.put("slower.mid", midi(true));
        folder.put("notes.txt", b"not a song".to_vec());
        folder.put("lib.star", b"def louder(strip, by):\n    return strip.fader(db = by)\n\nhalf = 0.5\n".to_vec());
        folder
    }

    /// Adds a file.
    pub fn put(&mut self, path: &str, bytes: impl Into<Vec<u8>>) {
        self.0.insert(path.to_string(), bytes.into().into());
    }
}

impl World for Memory {
    fn open(&self, path: &str) -> Result<Box<dyn Bytes>, WorldError> {
        if path.starts_with('/') || path.starts_with("..") {
            return Err(WorldError::Outside { path: path.to_string() });
        }
        match self.0.get(path) {
            Some(bytes) => Ok(Box::new(Cursor::new(bytes.clone()))),
            None => {
                let mut similar: Vec<(usize, String)> = self
                    .0
                    .keys()
                    .map(|known| (strsim::levenshtein(known, path), known.clone()))
                    .filter(|(d, _)| *d <= 2)
                    .collect();
                similar.sort();
                let similar = similar.into_iter().map(|(_, path)| path).collect();
                Err(WorldError::NotFound { path: path.to_string(), similar })
            }
        }
    }

    fn list(&self, path: &str) -> Result<Vec<String>, WorldError> {
        let folder = format!("{path}/");
        let names: Vec<String> =
            self.0.keys().filter_map(|name| name.strip_prefix(&folder)).map(str::to_string).collect();
        match names.is_empty() {
            true => Err(WorldError::NotFound { path: path.to_string(), similar: Vec::new() }),
            false => Ok(names.into_iter().filter(|name| !name.contains('/')).collect()),
        }
    }
}

/// Evaluates a script in [`Memory::folder`].
pub fn run(script: &str) -> Evaluation {
    run_in(Memory::folder(), script, &Options::default())
}

/// Evaluates a script in a folder of one's own.
pub fn run_in(mut folder: Memory, script: &str, options: &Options) -> Evaluation {
    folder.put("mix.star", script);
    evaluate("mix.star", Arc::new(folder), options)
}

/// All diagnostics as text.
pub fn text(evaluation: &Evaluation) -> String {
    render_diagnostics(&evaluation.diagnostics, &evaluation.sources, false)
}

/// In which frame of `hits.wav` each hit begins: the beats of 120 bpm from the second one on, for 16 s.
pub fn hit_frames() -> impl Iterator<Item = usize> {
    (1..32).map(|beat| beat * 24_000)
}

/// A hit on each beat: a burst of noise that dies away, and on the first of every four beats a low one, too.
pub fn hits() -> Vec<f32> {
    let mut samples = vec![0.0; 16 * 48_000];
    let mut random = 1u32;
    for (beat, start) in (1..).zip(hit_frames()) {
        let (mut noise, mut low) = (0.3, if beat % 4 == 0 { 0.6 } else { 0.0 });
        for (frame, sample) in samples[start..start + 12_000].iter_mut().enumerate() {
            random = random.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            let square = if frame / 400 % 2 == 0 { low } else { -low };
            *sample = noise * ((random >> 8) as f32 / (1 << 23) as f32 - 1.0) + square;
            noise *= 0.999;
            low *= 0.9997;
        }
    }
    samples
}

/// A WAV file of 32-bit floats.
pub fn wav(rate: u32, planes: &[Vec<f32>]) -> Vec<u8> {
    let channels = planes.len() as u16;
    let frames = planes[0].len();
    let mut data = Vec::with_capacity(frames * planes.len() * 4);
    for frame in 0..frames {
        planes.iter().for_each(|plane| data.extend(plane[frame].to_le_bytes()));
    }
    let mut bytes = b"RIFF".to_vec();
    bytes.extend((36 + data.len() as u32).to_le_bytes());
    bytes.extend(b"WAVEfmt \x10\0\0\0\x03\0");
    bytes.extend(channels.to_le_bytes());
    bytes.extend(rate.to_le_bytes());
    bytes.extend((rate * u32::from(channels) * 4).to_le_bytes());
    bytes.extend((channels * 4).to_le_bytes());
    bytes.extend(32u16.to_le_bytes());
    bytes.extend(b"data");
    bytes.extend((data.len() as u32).to_le_bytes());
    bytes.extend(data);
    bytes
}

/// Four bars of 4/4 at 120 bpm, 480 ticks a quarter note: "Lead" plays C4 on each bar for a beat, "Bass" one E2.
/// If `slower`, at 60 bpm from the second bar on.
fn midi(slower: bool) -> Vec<u8> {
    let track = |name: &str, events: &[u8]| {
        let mut body = vec![0, 0xff, 3, name.len() as u8];
        body.extend(name.as_bytes());
        body.extend(events);
        body.extend([0, 0xff, 0x2f, 0]);
        let mut track = b"MTrk".to_vec();
        track.extend((body.len() as u32).to_be_bytes());
        track.extend(body);
        track
    };
    let mut bytes = b"MThd\0\0\0\x06\0\x01\0\x02\x01\xe0".to_vec();
    // 480 ticks are 0x83 0x60, 1440 are 0x8b 0x20.
    let bar: &[u8] = &[0, 0x90, 60, 100, 0x83, 0x60, 0x80, 60, 0];
    let mut lead = Vec::new();
    for number in 0..4 {
        if slower && number == 1 {
            lead.extend([0, 0xff, 0x51, 3, 0x0f, 0x42, 0x40]);
        }
        lead.extend(bar);
        // Three more beats, as an empty text.
        lead.extend([0x8b, 0x20, 0xff, 1, 0]);
    }
    bytes.extend(track("Lead", &lead));
    bytes.extend(track("Bass", &[0, 0x91, 40, 64, 0x83, 0x60, 0x81, 40, 0]));
    bytes
}
