//! Going to the middle of a recording: the samples are those that reading all before it gives.
#![allow(clippy::unwrap_used)] // A helper that fails is a test that fails.

mod common;

use std::fs;
use std::io::{self, Cursor, Read, Seek, SeekFrom};
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use common::settings;
use downbeat_dsp::{Audio, Channels, Value};
use downbeat_engine::media::{Container, Decoder, Encoder, OutputFormat, Pick, SampleFormat, load};
use downbeat_engine::session::{Clip, Recording, Source, Step};
use downbeat_engine::time::Frames;
use downbeat_engine::{Bytes, Key, World, WorldError, render_clip};

/// One file in memory, whatever it is called.
struct Memory(Vec<u8>);

impl World for Memory {
    fn open(&self, _: &str) -> Result<Box<dyn Bytes>, WorldError> {
        Ok(Box::new(Cursor::new(self.0.clone())))
    }
}

/// Noise that grows and falls, so that packets differ in length.
fn noise(channels: Channels, frames: usize) -> Audio {
    let mut seed = 1_u32;
    let mut plane = || -> Vec<f32> {
        let sample = |i: usize| {
            seed = seed.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            let loud = (i % 50_000) as f32 / 50_000.0;
            (seed as f32 / u32::MAX as f32 - 0.5) * loud * loud
        };
        (0..frames).map(sample).collect()
    };
    match channels {
        Channels::Mono => Audio::mono(48_000, plane()),
        Channels::Stereo => Audio::stereo(48_000, plane(), plane()),
    }
}

fn file(container: Container, sample: SampleFormat, audio: &Audio) -> Memory {
    let mut bytes = Cursor::new(Vec::new());
    let frames = audio.frames() as u64;
    let mut encoder =
        Encoder::new(&mut bytes, OutputFormat::new(container, sample), audio.format(), frames, None).unwrap();
    encoder.write_audio(audio).unwrap();
    encoder.finish().unwrap();
    Memory(bytes.into_inner())
}

/// All planes from a frame on.
fn from(world: &dyn World, path: &str, frame: u64) -> Vec<Vec<f32>> {
    let mut decoder = Decoder::open(world, path).unwrap();
    assert!(decoder.seek(frame).unwrap());
    let mut planes = vec![Vec::new(); decoder.info().channels];
    while decoder.read(&mut planes, 3001).unwrap() > 0 {}
    planes
}

fn check(world: &dyn World, path: &str) {
    let whole = from(world, path, 0);
    let frames = whole[0].len();
    for frame in [1, 4095, 4096, 4097, frames / 3, frames / 2, frames - 1, frames] {
        let rest = from(world, path, frame as u64);
        assert!(whole.iter().zip(&rest).all(|(whole, rest)| whole[frame..] == rest[..]), "{path} from {frame}");
    }
    assert!(from(world, path, frames as u64 + 7).iter().all(Vec::is_empty));
}

#[test]
fn the_rest_of_a_recording_is_the_rest_of_it() {
    for channels in [Channels::Mono, Channels::Stereo] {
        let audio = noise(channels, 200_003);
        for (container, sample) in [
            (Container::Wav, SampleFormat::Int16),
            (Container::Wav, SampleFormat::Int24),
            (Container::Wav, SampleFormat::Float32),
            (Container::Flac, SampleFormat::Int16),
            (Container::Flac, SampleFormat::Int24),
        ] {
            check(&file(container, sample, &audio), &format!("{container:?} {sample:?}"));
        }
    }
}

#[test]
fn a_recording_goes_back_as_well_as_on() {
    let world = file(Container::Flac, SampleFormat::Int16, &noise(Channels::Mono, 100_000));
    let whole = from(&world, "flac", 0);
    let mut decoder = Decoder::open(&world, "flac").unwrap();
    for frame in [70_000, 99_999, 100_000, 5, 30_000] {
        assert!(decoder.seek(frame).unwrap());
        let mut planes = vec![Vec::new()];
        let read = decoder.read(&mut planes, 5000).unwrap();
        assert_eq!(planes[0], whole[0][frame as usize..frame as usize + read]);
        assert!(read > 0 || frame == 100_000);
    }
}

#[test]
fn a_long_recording_is_decoded_in_parts_to_the_same_sound() {
    // Three parts and a bit.
    let audio = noise(Channels::Stereo, 1_000_001);
    let recording = |world: &Memory| Recording {
        path: "long".to_string(),
        contents: Key::of(&world.0),
        pick: Pick::AsIs,
        channels: Channels::Stereo,
        frames: Frames(1_000_001),
    };
    for (container, sample) in [(Container::Wav, SampleFormat::Float32), (Container::Flac, SampleFormat::Int16)] {
        let world = Arc::new(file(container, sample, &audio));
        let clip = Clip { source: Source::Recording(recording(&world)), chain: Vec::new() };
        let whole = load(world.as_ref(), "long", Pick::AsIs, 48_000).unwrap();
        for threads in [1, 2, 3, 8] {
            assert!(*render_clip(&clip, 48_000, world.clone(), Some(threads)).unwrap() == whole, "{threads} threads");
        }
    }
}

/// A file that counts the bytes that are read of it.
struct Counted {
    file: Memory,
    bytes: Arc<AtomicU64>,
}

struct CountedBytes(Cursor<Vec<u8>>, Arc<AtomicU64>);

impl World for Counted {
    fn open(&self, _: &str) -> Result<Box<dyn Bytes>, WorldError> {
        Ok(Box::new(CountedBytes(Cursor::new(self.file.0.clone()), self.bytes.clone())))
    }
}

impl Read for CountedBytes {
    fn read(&mut self, to: &mut [u8]) -> io::Result<usize> {
        let read = self.0.read(to)?;
        self.1.fetch_add(read as u64, Ordering::Relaxed);
        Ok(read)
    }
}

impl Seek for CountedBytes {
    fn seek(&mut self, to: SeekFrom) -> io::Result<u64> {
        self.0.seek(to)
    }
}

#[test]
fn of_a_recording_nothing_but_the_part_is_read_that_is_kept() {
    let audio = noise(Channels::Mono, 2_000_001);
    // At another rate there is no way into the middle, and the part is cut out of the whole.
    for (container, rate) in [(Container::Wav, 48_000), (Container::Flac, 48_000), (Container::Wav, 44_100)] {
        let world = Counted { file: file(container, SampleFormat::Int16, &audio), bytes: Arc::default() };
        let (size, bytes) = (world.file.0.len() as u64, world.bytes.clone());
        let whole = load(&world, "long", Pick::AsIs, rate).unwrap();
        let (contents, frames) = (Key::of(&world.file.0), Frames(whole.frames() as u64));
        let recording =
            Recording { path: "long".to_string(), contents, pick: Pick::AsIs, channels: Channels::Mono, frames };
        let trim = settings("trim", &[("start_ms", Value::Number(20_000.0)), ("length_ms", Value::Number(500.0))]);
        let chain = vec![Step::Insert(trim), Step::Insert(settings("reverse", &[]))];
        let clip = Clip { source: Source::Recording(recording), chain };
        let part = rate as usize * 20..rate as usize * 41 / 2;
        assert_eq!(clip.frames(rate), part.len() as u64);
        bytes.store(0, Ordering::Relaxed);
        let sound = render_clip(&clip, rate, Arc::new(world), Some(1)).unwrap();
        let expected: Vec<f32> = whole.left()[part].iter().rev().copied().collect();
        assert!(sound.left() == expected, "{container:?} at {rate}");
        let read = bytes.load(Ordering::Relaxed);
        assert!(rate != 48_000 || read < size / 8, "{container:?}: {read} of {size} bytes");
    }
}

#[test]
fn what_is_wrong_in_the_middle_is_told_as_it_is_on_the_way_through() {
    let audio = noise(Channels::Mono, 1_000_001);
    let Memory(mut bytes) = file(Container::Flac, SampleFormat::Int16, &audio);
    let middle = bytes.len() * 3 / 5;
    bytes[middle..middle + 40].fill(0x55);
    let world = Arc::new(Memory(bytes));
    let sequential = load(world.as_ref(), "torn.flac", Pick::AsIs, 48_000).unwrap_err().to_string();
    let recording = Recording {
        path: "torn.flac".to_string(),
        contents: Key::of(&world.0),
        pick: Pick::AsIs,
        channels: Channels::Mono,
        frames: Frames(1_000_001),
    };
    let clip = Clip { source: Source::Recording(recording), chain: Vec::new() };
    assert_eq!(render_clip(&clip, 48_000, world, Some(2)).unwrap_err().to_string(), sequential);
}

#[test]
fn the_stems_of_the_example_can_be_entered_anywhere() {
    struct Folder;
    impl World for Folder {
        fn open(&self, path: &str) -> Result<Box<dyn Bytes>, WorldError> {
            let stems = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../examples/two-couples/stems");
            Ok(Box::new(Cursor::new(fs::read(stems.join(path)).unwrap())))
        }
    }
    check(&Folder, "main-drums.flac");
    check(&Folder, "pluck-synth.flac");
}
