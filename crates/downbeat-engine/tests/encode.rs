//! Encoding: what is written is what other readers read, to the bit; noise, lengths and sizes are as they should be.
#![allow(clippy::unwrap_used)] // A helper that fails is a test that fails.

use std::io::{self, Cursor, Seek, SeekFrom, Write};

use downbeat_dsp::{Audio, Format};
use downbeat_engine::media::{Container, EncodeError, Encoded, Encoder, OutputFormat, Pick, SampleFormat, load};
use downbeat_engine::{Bytes, World, WorldError};

use Container::{Flac, Wav};
use SampleFormat::{Float32, Int16, Int24};

/// One file in memory.
struct Memory(Vec<u8>);

impl World for Memory {
    fn open(&self, _: &str) -> Result<Box<dyn Bytes>, WorldError> {
        Ok(Box::new(Cursor::new(self.0.clone())))
    }
}

/// A sound whose samples are all different: noise of ±0.9.
fn noise(format: Format, frames: usize) -> Audio {
    let mut audio = Audio::silence(format, frames);
    for (channel, plane) in audio.planes_mut().enumerate() {
        for (n, x) in plane.iter_mut().enumerate() {
            let bits =
                ((2 * n + channel + 1) as u32).wrapping_mul(2_654_435_761).rotate_left(13).wrapping_mul(0x9e37_79b9);
            *x = (bits >> 8) as f32 / 8_388_608.0 * 0.9 - 0.9;
        }
    }
    audio
}

/// Writes a sound in blocks of a length.
fn encode_in(output: OutputFormat, audio: &Audio, seed: u64, frames: Option<u64>, block: usize) -> (Vec<u8>, Encoded) {
    let mut bytes = Cursor::new(Vec::new());
    let mut encoder = Encoder::new(&mut bytes, output, audio.format(), seed, frames).unwrap();
    let mut audio = audio.clone();
    let length = audio.frames();
    for start in (0..length).step_by(block) {
        encoder.write(&mut audio.block_at(start..length.min(start + block))).unwrap();
    }
    let encoded = encoder.finish().unwrap();
    (bytes.into_inner(), encoded)
}

fn encode(output: OutputFormat, audio: &Audio) -> Vec<u8> {
    let frames = Some(audio.frames() as u64);
    let (bytes, encoded) = encode_in(output, audio, 1, frames, usize::MAX);
    assert_eq!((encoded.frames, encoded.clipped_frames), (audio.frames() as u64, 0));
    bytes
}

fn plain(container: Container, sample: SampleFormat) -> OutputFormat {
    OutputFormat { dither: false, ..OutputFormat::new(container, sample) }
}

/// The nearest integers, ties to even.
fn rounded(audio: &Audio, scale: f64) -> Vec<i32> {
    let interleaved = |n| audio.planes().map(move |plane| (f64::from(plane[n]) * scale).round_ties_even() as i32);
    (0..audio.frames()).flat_map(interleaved).collect()
}

#[test]
fn another_reader_reads_the_same_wav() {
    for format in [Format::mono(44100), Format::stereo(48000)] {
        let audio = noise(format, 3001);
        for (sample, bits, scale) in [(Int16, 16, 32768.0), (Int24, 24, 8_388_608.0)] {
            let mut reader = hound::WavReader::new(Cursor::new(encode(plain(Wav, sample), &audio))).unwrap();
            let spec = reader.spec();
            assert_eq!((spec.sample_rate, usize::from(spec.channels)), (format.rate, format.channels.count()));
            assert_eq!((spec.bits_per_sample, spec.sample_format), (bits, hound::SampleFormat::Int));
            let samples: Vec<i32> = reader.samples().map(Result::unwrap).collect();
            assert_eq!(samples, rounded(&audio, scale));
        }
        let mut reader = hound::WavReader::new(Cursor::new(encode(OutputFormat::new(Wav, Float32), &audio))).unwrap();
        assert_eq!(reader.spec().sample_format, hound::SampleFormat::Float);
        let samples: Vec<f32> = reader.samples().map(Result::unwrap).collect();
        let interleaved: Vec<f32> = (0..3001).flat_map(|n| audio.planes().map(move |plane| plane[n])).collect();
        assert_eq!(samples, interleaved);
    }
}

#[test]
fn what_is_written_comes_back() {
    for format in [Format::mono(44100), Format::stereo(48000)] {
        for frames in [0, 1, 4096, 10_001] {
            let audio = noise(format, frames);
            assert_eq!(back(&encode(plain(Wav, Float32), &audio), format), audio);
            for (sample, scale) in [(Int16, 32768.0f32), (Int24, 8_388_608.0)] {
                let mut grid = audio.clone();
                grid.planes_mut().flatten().for_each(|x| *x = (*x * scale).round_ties_even() / scale);
                for container in [Wav, Flac] {
                    if frames == 0 && container == Flac {
                        continue;
                    }
                    // Rounding what is on the grid changes nothing: any number of generations is the same.
                    let bytes = encode(plain(container, sample), &audio);
                    assert_eq!(back(&bytes, format), grid, "{container:?} {sample:?} {frames}");
                    assert_eq!(back(&encode(plain(container, sample), &grid), format), grid);
                }
            }
        }
    }
}

fn back(bytes: &[u8], format: Format) -> Audio {
    load(&Memory(bytes.to_vec()), "back", Pick::AsIs, format.rate).unwrap()
}

#[test]
fn blocks_and_a_known_length_change_no_sample() {
    let audio = noise(Format::stereo(44100), 20_000);
    for output in [Int16, Int24].into_iter().flat_map(|s| [OutputFormat::new(Wav, s), OutputFormat::new(Flac, s)]) {
        let known = Some(20_000);
        let (whole, _) = encode_in(output, &audio, 7, known, usize::MAX);
        for block in [1000, 4096, 8193, 17] {
            assert!(encode_in(output, &audio, 7, known, block).0 == whole, "{output:?} in blocks of {block}");
        }
        let (streamed, _) = encode_in(output, &audio, 7, None, 333);
        assert_eq!(back(&streamed, audio.format()), back(&whole, audio.format()));
        assert!(encode_in(output, &audio, 8, known, usize::MAX).0 != whole, "the seed has no influence");
    }
}

#[test]
fn dither_is_triangular() {
    // A constant between two steps, far below the last bit in its detail.
    let frames = 400_000;
    for level in [0.0f32, 0.25, 0.5, 0.3] {
        let audio = Audio::stereo(44100, vec![level / 32768.0; frames], vec![level / 32768.0; frames]);
        let dithered = back(&encode(OutputFormat::new(Wav, Int16), &audio), audio.format());
        let errors = |plane: &[f32]| plane.iter().map(|x| f64::from(x * 32768.0 - level)).collect::<Vec<_>>();
        let (left, right) = (errors(dithered.left()), errors(dithered.right()));
        let n = frames as f64;
        let mean = left.iter().sum::<f64>() / n;
        let variance = left.iter().map(|e| e * e).sum::<f64>() / n;
        let product = left.iter().zip(&right).map(|(l, r)| l * r).sum::<f64>() / n;
        let next = left.windows(2).map(|e| e[0] * e[1]).sum::<f64>() / n;
        // Rounding (1/12) and the triangle (2/12): a quarter of a step squared, whatever the level. Five standard
        // deviations of each figure: the error's own is 1/2, that of its square below 0.4.
        let five = 5.0 / n.sqrt();
        assert!(mean.abs() < 0.5 * five, "mean {mean}");
        assert!((variance - 0.25).abs() < 0.4 * five, "variance {variance}");
        assert!(product.abs() < 0.25 * five, "the channels have noise in common: {product}");
        assert!(next.abs() < 0.25 * five, "the noise is not white: {next}");
    }
}

#[test]
fn beyond_full_scale_is_clipped_and_counted() {
    let audio = Audio::stereo(44100, vec![1.5, 0.0, 1.0, -1.0, 0.0], vec![0.0, -1.00001, 0.0, 0.0, 0.5]);
    for container in [Wav, Flac] {
        let (bytes, encoded) = encode_in(plain(container, Int16), &audio, 0, None, 2);
        assert_eq!(encoded, Encoded { frames: 5, clipped_frames: 2 });
        let top = 32767.0 / 32768.0;
        let clipped = Audio::stereo(44100, vec![top, 0.0, top, -1.0, 0.0], vec![0.0, -1.0, 0.0, 0.0, 0.5]);
        assert_eq!(back(&bytes, audio.format()), clipped);
    }
    // Dither does not wrap around at the ends.
    let loud = Audio::mono(44100, [vec![1.0; 1000], vec![-1.0; 1000]].concat());
    let (bytes, encoded) = encode_in(OutputFormat::new(Wav, Int16), &loud, 0, None, usize::MAX);
    assert_eq!(encoded.clipped_frames, 0);
    assert!(back(&bytes, loud.format()).left().iter().zip(loud.left()).all(|(x, y)| (x - y).abs() <= 2.0 / 32768.0));
    // Floats keep what lies beyond.
    let (bytes, encoded) = encode_in(OutputFormat::new(Wav, Float32), &audio, 0, None, usize::MAX);
    assert_eq!((encoded.clipped_frames, back(&bytes, audio.format())), (0, audio));
}

#[test]
fn what_cannot_be_written_is_refused() {
    let new = |output, format, frames| Encoder::new(Cursor::new(Vec::new()), output, format, 0, frames);
    let stereo = Format::stereo(44100);
    assert!(matches!(new(plain(Flac, Float32), stereo, None), Err(EncodeError::Format(_))));
    assert!(matches!(new(plain(Flac, Int16), Format::mono(1 << 20), None), Err(EncodeError::Format(_))));
    assert!(matches!(new(plain(Wav, Int16), Format::mono(0), None), Err(EncodeError::Format(_))));
    assert!(matches!(new(plain(Wav, Int16), stereo, Some(u64::MAX)), Err(EncodeError::Format(_))));
    assert!(matches!(new(plain(Flac, Int16), stereo, None).unwrap().finish(), Err(EncodeError::Format(_))));

    let mut encoder = new(plain(Wav, Float32), stereo, None).unwrap();
    encoder.write_audio(&Audio::silence(stereo, 100)).unwrap();
    let mut bad = Audio::silence(stereo, 100);
    bad.planes_mut().nth(1).unwrap()[23] = f32::NAN;
    assert!(matches!(encoder.write_audio(&bad), Err(EncodeError::NotFinite { frame: 123, channel: 2 })));

    let mut encoder = new(plain(Wav, Int16), stereo, Some(10)).unwrap();
    assert!(matches!(encoder.write_audio(&Audio::silence(Format::mono(44100), 1)), Err(EncodeError::Channels { .. })));
    assert!(matches!(encoder.write_audio(&Audio::silence(stereo, 11)), Err(EncodeError::Length { .. })));
    encoder.write_audio(&Audio::silence(stereo, 9)).unwrap();
    assert!(matches!(encoder.finish(), Err(EncodeError::Length { promised: 10, written: 9 })));
}

#[test]
fn the_plain_header_is_the_one_everybody_knows() {
    let audio = noise(Format::mono(44100), 3);
    let bytes = encode(plain(Wav, Int16), &audio);
    let header = b"RIFF\x2a\0\0\0WAVEfmt \x10\0\0\0\x01\0\x01\0\x44\xac\0\0\x88\x58\x01\0\x02\0\x10\0data\x06\0\0\0";
    assert_eq!(bytes[..44], header[..]);
    // An odd number of bytes is padded, and the padding belongs to the RIFF size only.
    let bytes = encode(plain(Wav, Int24), &audio);
    assert_eq!((bytes.len(), bytes[4], bytes[40], bytes[bytes.len() - 1]), (54, 46, 9, 0));
    let float = encode(plain(Wav, Float32), &audio);
    assert_eq!((&float[16..22], &float[38..50]), (&b"\x12\0\0\0\x03\0"[..], &b"fact\x04\0\0\0\x03\0\0\0"[..]));
}

/// A writer that keeps the first bytes and counts the others.
#[derive(Default)]
struct Counter {
    head: Vec<u8>,
    position: u64,
    length: u64,
}

impl Write for Counter {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let start = self.position.min(200) as usize;
        let kept = bytes.len().min(200 - start);
        self.head.resize(self.head.len().max(start + kept), 0);
        self.head[start..start + kept].copy_from_slice(&bytes[..kept]);
        self.position += bytes.len() as u64;
        self.length = self.length.max(self.position);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl Seek for Counter {
    fn seek(&mut self, to: SeekFrom) -> io::Result<u64> {
        self.position = match to {
            SeekFrom::Start(offset) => offset,
            SeekFrom::End(offset) => self.length.saturating_add_signed(offset),
            SeekFrom::Current(offset) => self.position.saturating_add_signed(offset),
        };
        Ok(self.position)
    }
}

/// Writes silence of so many bytes of stereo floats, and gives back what there is of the file.
fn long_file(blocks: u64, frames: usize, known: bool) -> Counter {
    let audio = Audio::silence(Format::stereo(48000), frames);
    let total = blocks * frames as u64;
    let mut counter = Counter::default();
    let output = OutputFormat::new(Wav, Float32);
    let mut encoder = Encoder::new(&mut counter, output, audio.format(), 0, known.then_some(total)).unwrap();
    for _ in 0..blocks {
        encoder.write_audio(&audio).unwrap();
    }
    assert_eq!(encoder.finish().unwrap().frames, total);
    counter
}

#[test]
fn more_than_4_gib_become_rf64() {
    let u32_at = |file: &Counter, at: usize| u32::from_le_bytes(file.head[at..at + 4].try_into().unwrap());
    let u64_at = |file: &Counter, at: usize| u64::from_le_bytes(file.head[at..at + 8].try_into().unwrap());
    let id = |file: &Counter, at: usize| String::from_utf8(file.head[at..at + 4].to_vec()).unwrap();

    let frames: u64 = 513 << 20;
    for known in [false, true] {
        let file = long_file(513, 1 << 20, known);
        let data = frames * 8;
        assert_eq!((id(&file, 0), u32_at(&file, 4), id(&file, 8)), ("RF64".into(), u32::MAX, "WAVE".into()));
        assert_eq!((id(&file, 12), u32_at(&file, 16)), ("ds64".into(), 28));
        assert_eq!((u64_at(&file, 20), u64_at(&file, 28), u64_at(&file, 36)), (file.length - 8, data, frames));
        assert_eq!((id(&file, 48), id(&file, 74), u32_at(&file, 82)), ("fmt ".into(), "fact".into(), u32::MAX));
        assert_eq!((id(&file, 86), u32_at(&file, 90), file.length), ("data".into(), u32::MAX, 94 + data));
    }
    // A short file of unknown length keeps the place with a chunk that everybody skips.
    let file = long_file(2, 1000, false);
    assert_eq!((id(&file, 0), u32_at(&file, 4), id(&file, 12)), ("RIFF".into(), 16086, "JUNK".into()));
    assert_eq!((id(&file, 86), u32_at(&file, 90), file.length), ("data".into(), 16000, 16094));
    // The last length that 32 bits hold, and the first they do not: 58 bytes of header lie before the samples.
    for (frames, magic) in [(536_870_905u64, "RIFF"), (536_870_906, "RF64")] {
        let mut counter = Counter::default();
        let output = OutputFormat::new(Wav, Float32);
        Encoder::new(&mut counter, output, Format::stereo(48000), 0, Some(frames)).map(drop).unwrap();
        assert_eq!(id(&counter, 0), magic);
    }
}
