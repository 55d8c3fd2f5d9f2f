//! Decoding: every format against what is known of the sound in it, every kind of damage against its error.
//!
//! The small files in `tests/audio` and the ones made here are always read; the large collection in `../shared` of the
//! repository is read where it is there.
#![allow(clippy::unwrap_used)] // A helper that fails is a test that fails.

use std::fs;
use std::io::Cursor;
use std::path::{Path, PathBuf};

use downbeat_dsp::{Audio, Block, Channels, Format};
use downbeat_engine::media::{Decoder, Info, MediaError, Pick, Reader, load, probe};
use downbeat_engine::{Bytes, World, WorldError};
use proptest::prelude::*;

/// Files below a folder.
struct Folder(PathBuf);

impl World for Folder {
    fn open(&self, path: &str) -> Result<Box<dyn Bytes>, WorldError> {
        match fs::File::open(self.0.join(path)) {
            Ok(file) => Ok(Box::new(file)),
            Err(source) => Err(WorldError::Io { path: path.to_string(), source }),
        }
    }
}

/// One file in memory, whatever it is called.
struct Memory(Vec<u8>);

impl World for Memory {
    fn open(&self, _: &str) -> Result<Box<dyn Bytes>, WorldError> {
        Ok(Box::new(Cursor::new(self.0.clone())))
    }
}

fn committed() -> Folder {
    Folder(Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/audio"))
}

/// The collection, or a note that it is not there.
fn shared() -> Option<Folder> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared/data");
    if !folder.join("audio_reference.json").exists() {
        eprintln!("skipped: there is no {}", folder.display());
        return None;
    }
    Some(Folder(folder))
}

/// All planes of a file, read in odd portions.
fn decode(world: &dyn World, path: &str) -> Result<(Info, Vec<Vec<f32>>), MediaError> {
    let mut decoder = Decoder::open(world, path)?;
    let mut planes = vec![Vec::new(); decoder.info().channels];
    while decoder.read(&mut planes, 3001)? > 0 {}
    Ok((decoder.info().clone(), planes))
}

fn decode_bytes(bytes: &[u8]) -> Result<(Info, Vec<Vec<f32>>), MediaError> {
    decode(&Memory(bytes.to_vec()), "memory")
}

/// The one plane of a mono file, in steps of 16 bits.
fn steps(bytes: &[u8]) -> Vec<f32> {
    let (info, planes) = decode_bytes(bytes).unwrap();
    assert_eq!(info.channels, 1);
    planes[0].iter().map(|x| x * 32768.0).collect()
}

/// A RIFF chunk with its padding, little-endian.
fn chunk(id: &[u8; 4], body: &[u8]) -> Vec<u8> {
    let mut bytes = [id.as_slice(), &(body.len() as u32).to_le_bytes(), body].concat();
    bytes.resize(bytes.len().next_multiple_of(2), 0);
    bytes
}

/// The body of a plain `fmt ` chunk.
fn fmt(tag: u16, channels: u16, rate: u32, align: u16, bits: u16) -> Vec<u8> {
    let speed = rate * u32::from(align);
    [
        &tag.to_le_bytes()[..],
        &channels.to_le_bytes(),
        &rate.to_le_bytes(),
        &speed.to_le_bytes(),
        &align.to_le_bytes(),
        &bits.to_le_bytes(),
    ]
    .concat()
}

/// The body of an extensible `fmt ` chunk.
fn fmt_extensible(tag: u16, channels: u16, align: u16, bits: u16, mask: u32) -> Vec<u8> {
    let guid_rest = [0, 0, 0, 0, 0x10, 0, 0x80, 0, 0, 0xaa, 0, 0x38, 0x9b, 0x71];
    [
        &fmt(0xfffe, channels, 44100, align, bits)[..],
        &22u16.to_le_bytes(),
        &bits.to_le_bytes(),
        &mask.to_le_bytes(),
        &tag.to_le_bytes(),
        &guid_rest,
    ]
    .concat()
}

/// A file of chunks.
fn riff(chunks: &[Vec<u8>]) -> Vec<u8> {
    let body = [b"WAVE".to_vec(), chunks.concat()].concat();
    chunk(b"RIFF", &body)
}

fn wav(format: &[u8], data: &[u8]) -> Vec<u8> {
    riff(&[chunk(b"fmt ", format), chunk(b"data", data)])
}

/// A float file.
fn float_wav(rate: u32, planes: &[&[f32]]) -> Vec<u8> {
    let channels = planes.len() as u16;
    let frames = 0..planes[0].len();
    let data: Vec<u8> = frames.flat_map(|i| planes.iter().flat_map(move |plane| plane[i].to_le_bytes())).collect();
    wav(&fmt(3, channels, rate, 4 * channels, 32), &data)
}

/// Samples to hide in all kinds of files, in steps of 16 bits.
const SAMPLES: [i16; 9] = [0, 1, -1, 255, -256, 12345, -12345, i16::MAX, i16::MIN];

fn expected() -> Vec<f32> {
    SAMPLES.iter().map(|&x| f32::from(x)).collect()
}

/// The samples as integers of some bytes, the value in the upper bits.
fn integers(bytes: usize) -> Vec<u8> {
    SAMPLES.iter().flat_map(|&x| (i64::from(x) << 48).to_le_bytes()[8 - bytes..].to_vec()).collect()
}

#[test]
fn integers_of_every_width_are_exact() {
    for bytes in 2..=8u16 {
        for bits in [bytes * 8 - 7, bytes * 8 - 1, bytes * 8] {
            // From 3 bytes on, the low bits may be unused; 9 of 16 bits cannot hold the samples, yet are read as 16.
            let file = wav(&fmt(1, 1, 44100, bytes, bits), &integers(usize::from(bytes)));
            assert_eq!(steps(&file), expected(), "{bits} bits in {bytes} bytes");
        }
    }
    let unsigned: Vec<u8> = (0..=255).collect();
    let values: Vec<f32> = (-128i16..128).map(|x| f32::from(x) * 256.0).collect();
    assert_eq!(steps(&wav(&fmt(1, 1, 44100, 1, 8), &unsigned)), values);
}

#[test]
fn the_lowest_bit_counts() {
    let one_of_24 = wav(&fmt(1, 1, 44100, 3, 24), &[1, 0, 0, 0xff, 0xff, 0xff]);
    assert_eq!(steps(&one_of_24), [1.0 / 256.0, -1.0 / 256.0]);
    let one_of_32 = wav(&fmt(1, 1, 44100, 4, 32), &1i32.to_le_bytes());
    assert_eq!(steps(&one_of_32), [1.0 / 65536.0]);
    let one_of_64 = wav(&fmt(1, 1, 44100, 8, 64), &1i64.to_le_bytes());
    assert_eq!(steps(&one_of_64), [1.0 / 281_474_976_710_656.0]);
}

#[test]
fn floats_are_exact() {
    let f32s: Vec<u8> = expected().iter().flat_map(|x| (x / 32768.0).to_le_bytes()).collect();
    let f64s: Vec<u8> = expected().iter().flat_map(|&x| (f64::from(x) / 32768.0).to_le_bytes()).collect();
    assert_eq!(steps(&wav(&fmt(3, 1, 44100, 4, 32), &f32s)), expected());
    assert_eq!(steps(&wav(&fmt(3, 1, 44100, 8, 64), &f64s)), expected());
    assert_eq!(steps(&wav(&fmt_extensible(3, 1, 4, 32, 4), &f32s)), expected());
}

#[test]
fn big_endian_and_long_files_are_read() {
    let rifx = |size: u32, format: &[u8], data: &[u8]| {
        let sizes = [size.to_be_bytes(), (format.len() as u32).to_be_bytes(), (data.len() as u32).to_be_bytes()];
        [b"RIFX", &sizes[0][..], b"WAVEfmt ", &sizes[1], format, b"data", &sizes[2], data].concat()
    };
    let big: Vec<u8> = SAMPLES.iter().flat_map(|x| x.to_be_bytes()).collect();
    let format: Vec<u8> =
        [&[0, 1, 0, 1][..], &44100u32.to_be_bytes(), &88200u32.to_be_bytes(), &[0, 2, 0, 16]].concat();
    assert_eq!(steps(&rifx(50, &format, &big)), expected());
    for magic in [b"RF64", b"BW64"] {
        let data = integers(2);
        let sizes: Vec<u8> =
            [60u64, data.len() as u64, SAMPLES.len() as u64].iter().flat_map(|x| x.to_le_bytes()).collect();
        let mut file = riff(&[
            chunk(b"ds64", &[sizes, vec![0; 4]].concat()),
            chunk(b"fmt ", &fmt(1, 1, 44100, 2, 16)),
            chunk(b"data", &data),
            chunk(b"LIST", b"after the sound"),
        ]);
        file[..4].copy_from_slice(magic);
        file[4..8].fill(0xff);
        let size = file.windows(4).position(|w| w == b"data").unwrap() + 4;
        file[size..size + 4].fill(0xff);
        assert_eq!(steps(&file), expected());
    }
}

#[test]
fn companded_samples_follow_the_tables_of_g711() {
    // The ends and the middle of both tables, in steps of 16 bits.
    let mu = [(0x00, -32124.0), (0x80, 32124.0), (0x7f, 0.0), (0xff, 0.0), (0xfe, 8.0), (0x7e, -8.0), (0x8f, 16764.0)];
    let a = [(0x2a, -32256.0), (0xaa, 32256.0), (0xd5, 8.0), (0x55, -8.0), (0xd4, 24.0), (0x54, -24.0)];
    for (tag, table) in [(7, &mu[..]), (6, &a[..])] {
        let (codes, values): (Vec<u8>, Vec<f32>) = table.iter().copied().unzip();
        assert_eq!(steps(&wav(&fmt(tag, 1, 8000, 1, 8), &codes)), values);
    }
}

#[test]
fn the_files_of_hound_are_read_exactly() {
    let world = committed();
    let read = |name: &str, scale: f32| {
        let (info, planes) = decode(&world, &format!("hound/{name}.wav")).unwrap();
        let scaled: Vec<Vec<f32>> = planes.iter().map(|plane| plane.iter().map(|x| x * scale).collect()).collect();
        (info.rate, scaled)
    };
    let mono16 = (44100, vec![vec![2.0, -3.0, 5.0, -7.0]]);
    for name in ["pcmwaveformat-16bit-44100Hz-mono", "waveformatex-16bit-44100Hz-mono"] {
        assert_eq!(read(name, 32768.0), mono16);
        assert_eq!(read(&format!("{name}-extra"), 32768.0), mono16);
    }
    let stereo = vec![vec![2.0, 5.0, 11.0, 17.0], vec![-3.0, -7.0, -13.0, -19.0]];
    assert_eq!(read("waveformatex-16bit-44100Hz-stereo", 32768.0), (44100, stereo));
    assert_eq!(read("pcmwaveformat-8bit-44100Hz-mono", 128.0), (44100, vec![vec![19.0, -53.0, 89.0, -127.0]]));
    assert_eq!(read("waveformatex-8bit-11025Hz-mono", 128.0), (11025, vec![vec![-128.0; 4]]));
    assert_eq!(read("waveformatex-ieeefloat-44100Hz-mono", 1.0), (44100, vec![vec![2.0, 3.0, -16411.0, 1019.0]]));
    // 24 bits in slots of four bytes, the value in the lower three.
    let wide = vec![vec![-96.0, 8_388_607.0], vec![23_052.0, -8_360_672.0]];
    assert_eq!(read("pcmwaveformat-24bit-4byte-48kHz-stereo", 8_388_608.0), (48000, wide));
    assert_eq!(read("nonstandard-01", 1.0), (48000, vec![vec![0.0]; 2]));
}

#[test]
fn wrong_sizes_mean_up_to_the_end() {
    let good = wav(&fmt(1, 1, 44100, 2, 16), &integers(2));
    let with = |riff_size: u32, data_size: u32| {
        let mut file = good.clone();
        file[4..8].copy_from_slice(&riff_size.to_le_bytes());
        file[40..44].copy_from_slice(&data_size.to_le_bytes());
        file
    };
    assert_eq!(steps(&with(u32::MAX, u32::MAX)), expected());
    assert_eq!(steps(&with(0, 0)), expected());
    assert_eq!(steps(&with(54, 1000)), expected());
    assert_eq!(steps(&with(54, 0)), [0.0f32; 0]);
    // A frame that is cut is left out.
    assert_eq!(steps(&with(54, 1000)[..good.len() - 1]), expected()[..8]);
    // A block alignment of 0 or of nonsense is replaced by what the bits say.
    for align in [0u16, 3, 255] {
        let mut file = good.clone();
        file[32..34].copy_from_slice(&align.to_le_bytes());
        assert_eq!(steps(&file), if align == 3 { steps(&file) } else { expected() });
    }
}

#[test]
fn chunks_may_stand_in_any_order() {
    let (format, data) = (chunk(b"fmt ", &fmt(1, 1, 44100, 2, 16)), chunk(b"data", &integers(2)));
    let odd = chunk(b"LIST", b"odd");
    assert_eq!(steps(&riff(&[odd.clone(), format.clone(), odd.clone(), data.clone()])), expected());
    assert_eq!(steps(&riff(&[data, odd, format])), expected());
}

#[test]
fn faults_of_a_header_are_named() {
    let data = integers(2);
    let message = |file: &[u8]| decode_bytes(file).unwrap_err().to_string();
    let cases: [(Vec<u8>, &str); 12] = [
        (Vec::new(), "it is empty"),
        (b"Dear diary, this is no recording.".to_vec(), "it looks like text"),
        (vec![0x80; 5000], "of no known kind"),
        (riff(&[chunk(b"data", &data)]), "no `fmt ` chunk"),
        (riff(&[chunk(b"fmt ", &fmt(1, 1, 44100, 2, 16))]), "no `data` chunk"),
        (riff(&[chunk(b"fmt ", &[1; 10]), chunk(b"data", &data)]), "shorter than 16 bytes"),
        (wav(&fmt(1, 0, 44100, 2, 16), &data), "0 channels; 1 to"),
        (wav(&fmt(1, 1, 0, 2, 16), &data), "rate is 0 Hz; 1 to"),
        (wav(&fmt(1, 1, 44100, 2, 0), &data), "0 bits; 1 to 64"),
        (wav(&fmt(3, 1, 44100, 2, 16), &data), "16 bits; 32 or 64"),
        (
            wav(&fmt(0x7777, 1, 44100, 2, 16), &data),
            "a WAV with codec 0x7777, which Downbeat does not read; it reads WAV",
        ),
        ([b"OggS".to_vec(), vec![0; 24], b"OpusHead".to_vec(), vec![0; 99]].concat(), "is Opus, which"),
    ];
    for (file, words) in cases {
        let message = message(&file);
        assert!(message.contains(words) && message.contains("`memory`"), "{message}");
    }
}

#[test]
fn samples_that_are_no_numbers_are_an_error() {
    for bad in [f32::NAN, f32::INFINITY, f32::NEG_INFINITY] {
        let (mut left, mut right) = (vec![0.5; 5000], vec![0.5; 5000]);
        right[4321] = bad;
        left[4322] = bad;
        let error = decode_bytes(&float_wav(44100, &[&left, &right])).unwrap_err();
        // Both lie in one portion; the first channel is looked at first.
        assert!(matches!(error, MediaError::NotFinite { frame: 4322, channel: 1, .. }), "{error}");
    }
    let denormal = float_wav(44100, &[&[1e-41, 3.0, -7.0]]);
    assert_eq!(decode_bytes(&denormal).unwrap().1, [[1e-41, 3.0, -7.0]]);
    // A double beyond all floats would become infinite.
    let huge = wav(&fmt(3, 1, 44100, 8, 64), &1e300f64.to_le_bytes());
    assert!(matches!(decode_bytes(&huge), Err(MediaError::NotFinite { .. })));
}

#[test]
fn flac_is_exact() {
    let world = committed();
    let (info, planes) = decode(&world, "short.flac").unwrap();
    assert_eq!((info.format, info.rate, info.bits, info.frames), ("FLAC", 44100, Some(16), Some(4)));
    assert_eq!(planes, [[2.0 / 32768.0, -3.0 / 32768.0, 5.0 / 32768.0, -7.0 / 32768.0]]);
    let (info, planes) = decode(&world, "non_subset.flac").unwrap();
    assert_eq!((info.bits, info.frames, planes.len(), planes[0].len()), (Some(24), Some(4096), 2, 4096));
    assert!(planes.iter().flatten().all(|x| (x * 8_388_608.0).fract() == 0.0));
    assert_eq!(decode(&world, "wasted_bits.flac").unwrap().1[0].len(), 4410);
}

/// The ratio of a signal's power to that of another one's difference from it, in decibels.
fn signal_to_noise_db(signal: &[f32], other: &[f32]) -> f64 {
    let power: f64 = signal.iter().map(|&x| f64::from(x).powi(2)).sum();
    let noise: f64 = signal.iter().zip(other).map(|(&x, &y)| (f64::from(x) - f64::from(y)).powi(2)).sum();
    10.0 * libm::log10(power / noise)
}

#[test]
fn lossy_formats_have_the_length_and_the_alignment_of_the_original() {
    let world = committed();
    let (_, original) = decode(&world, "stereo-s16.flac").unwrap();
    // What the codecs reach on this sound, rounded down; any other lag has to be worse.
    for (path, format, floor_db) in [
        ("stereo-cbr128.mp3", "MP3", 20.8),
        ("stereo-q5.ogg", "Ogg Vorbis", 25.2),
        ("stereo-aac-128k.m4a", "AAC", 17.8),
    ] {
        let (info, planes) = decode(&world, path).unwrap();
        assert_eq!((info.format, info.rate, info.frames), (format, 44100, Some(66150)));
        for (lossy, original) in planes.iter().zip(&original) {
            assert_eq!(lossy.len(), original.len());
            let best = (-3i32..=3).map(|lag| {
                let (from, to) = (lag.max(0) as usize, (-lag).max(0) as usize);
                (signal_to_noise_db(&original[to..original.len() - from], &lossy[from..]), lag)
            });
            let (db, lag) = best.max_by(|a, b| a.0.total_cmp(&b.0)).unwrap();
            assert!(lag == 0 && db > floor_db, "{path}: {db:.1} dB at a lag of {lag} frames");
        }
    }
}

#[test]
fn damage_in_the_middle_is_an_error_with_its_moment() {
    let file = fs::read(committed().0.join("stereo-s16.flac")).unwrap();
    let mut flipped = file.clone();
    let middle = file.len() / 2;
    flipped[middle..middle + 16].iter_mut().for_each(|byte| *byte ^= 0xff);
    let cut = file[..file.len() * 2 / 3].to_vec();
    let short = file[..file.len() - 1].to_vec();
    // A lost frame is noticed where it is missing, not at the end.
    for (bytes, moment) in [(flipped, 0.65..0.8), (cut, 0.85..1.0), (short, 1.39..1.5)] {
        match decode_bytes(&bytes) {
            Err(MediaError::Damaged { seconds, .. }) => assert!(moment.contains(&seconds), "{seconds}"),
            other => panic!("{other:?}"),
        }
    }
    // An MP3 with a LAME tag knows its length.
    let file = fs::read(committed().0.join("stereo-cbr128.mp3")).unwrap();
    let error = decode_bytes(&file[..file.len() / 2]).unwrap_err();
    assert!(matches!(error, MediaError::Damaged { seconds, .. } if (0.6..0.8).contains(&seconds)), "{error}");
    assert!(error.to_string().contains("is damaged at 0:00.7"), "{error}");
}

#[test]
fn content_decides_and_not_the_name() {
    let mp3 = fs::read(committed().0.join("stereo-cbr128.mp3")).unwrap();
    let world = Memory(mp3.clone());
    assert_eq!(probe(&world, "song.wav").unwrap().format, "MP3");
    // Something before the first frame does not shift the sound.
    let garbage: Vec<u8> = (0..700u32).map(|i| (i * i % 251) as u8).collect();
    assert_eq!(decode_bytes(&[garbage, mp3.clone()].concat()).unwrap().1, decode(&world, "song").unwrap().1);
    // An MP3 as the data of a WAV.
    let wrapped = wav(&fmt(0x55, 2, 44100, 1, 0), &mp3);
    assert_eq!(decode_bytes(&wrapped).unwrap().1, decode(&world, "song").unwrap().1);
}

/// Six channels with one frame: 1, 2, 4, 8, 16, 32 by 1/64.
fn six(mask: u32) -> Memory {
    let data: Vec<u8> = (0..6).flat_map(|i| ((1i16 << i) * 512).to_le_bytes()).collect();
    let format = if mask == 0 { fmt(1, 6, 44100, 12, 16) } else { fmt_extensible(1, 6, 12, 16, mask) };
    Memory(wav(&format, &data))
}

#[test]
fn channels_are_picked() {
    let surround = six(0x3f);
    let sides = |world: &Memory, pick| {
        load(world, "six", pick, 44100).map(|audio| (audio.channels(), audio.left()[0] * 64.0, audio.right()[0] * 64.0))
    };
    let error = sides(&surround, Pick::AsIs).unwrap_err().to_string();
    assert_eq!(error, "`six` has 6 channels; choose one channel from 1 to 6, or a pair of these, or a downmix");
    assert_eq!(sides(&surround, Pick::Channel(4)).unwrap(), (Channels::Mono, 8.0, 8.0));
    assert_eq!(sides(&surround, Pick::Pair(5, 6)).unwrap(), (Channels::Stereo, 16.0, 32.0));
    for absent in [0, 7] {
        assert!(matches!(sides(&surround, Pick::Channel(absent)), Err(MediaError::NoSuchChannel { .. })));
    }
    // Left, right, centre, (low frequencies,) surround left and right: L + (C + Ls) / sqrt(2).
    let (channels, left, right) = sides(&surround, Pick::Downmix).unwrap();
    assert_eq!(channels, Channels::Stereo);
    let half = std::f32::consts::FRAC_1_SQRT_2;
    assert!((left - (1.0 + half * 20.0)).abs() < 2e-6 && (right - (2.0 + half * 36.0)).abs() < 4e-6, "{left} {right}");
    assert!(matches!(sides(&six(0), Pick::Downmix), Err(MediaError::NoDownmix { channels: 6, .. })));
}

/// All of a file through a reader, in blocks of the given lengths in turn.
fn in_blocks(world: &dyn World, pick: Pick, rate: u32, lengths: &[usize]) -> Audio {
    let mut reader = Reader::open(world, "file", pick, rate).unwrap();
    let expected = reader.frames().unwrap() as usize;
    let mut audio = Audio::silence(reader.format(), expected + 100);
    let mut frames = 0;
    for length in lengths.iter().cycle() {
        let end = (frames + length).min(audio.frames());
        let read = reader.read(&mut audio.block_at(frames..end)).unwrap();
        frames += read;
        if read < end - (frames - read) {
            break;
        }
    }
    assert_eq!(frames, expected);
    audio.resize(frames);
    audio
}

#[test]
fn any_blocks_give_the_same_bits() {
    let noise: Vec<f32> =
        (0..40_000u32).map(|i| (i.wrapping_mul(2_654_435_761) >> 8) as f32 / 8_388_608.0 - 1.0).collect();
    let turned: Vec<f32> = noise.iter().rev().copied().collect();
    let world = Memory(float_wav(44100, &[&noise, &turned]));
    for rate in [44100, 48000, 22050, 96000, 44101] {
        for pick in [Pick::AsIs, Pick::Channel(2)] {
            let whole = load(&world, "file", pick, rate).unwrap();
            for lengths in [&[512][..], &[1], &[4096, 1, 77], &[100_000]] {
                assert_eq!(in_blocks(&world, pick, rate, lengths), whole, "{rate} Hz in blocks of {lengths:?}");
            }
        }
    }
    assert_eq!(load(&world, "file", Pick::AsIs, 44100).unwrap(), Audio::stereo(44100, noise, turned));
}

#[test]
fn a_rate_of_nothing_is_refused() {
    for rate in [0, u32::MAX] {
        let error = Reader::open(&six(0), "six", Pick::Channel(1), rate).unwrap_err();
        assert!(matches!(error, MediaError::SessionRate { .. }), "{error}");
    }
}

/// Readers and decoders work in whichever thread renders.
#[test]
fn readers_can_be_sent() {
    fn sent<T: Send>() {}
    sent::<Decoder>();
    sent::<Reader>();
}

#[test]
fn a_block_may_have_other_channels_than_the_file() {
    let world = Memory(float_wav(44100, &[&[0.25, 0.5]]));
    let mut audio = Audio::silence(Format::stereo(44100), 3);
    let read = Reader::open(&world, "file", Pick::AsIs, 44100).unwrap().read(&mut audio.block()).unwrap();
    assert_eq!((read, audio), (2, Audio::stereo(44100, vec![0.25, 0.5, 0.0], vec![0.25, 0.5, 0.0])));
    let world = Memory(float_wav(44100, &[&[0.25], &[0.5]]));
    let mut mono = [9.0];
    Reader::open(&world, "file", Pick::AsIs, 44100).unwrap().read(&mut Block::mono(&mut mono)).unwrap();
    assert_eq!(mono, [0.25]);
}

#[test]
fn resampling_keeps_a_click_in_its_place() {
    for (from, to) in [(44100, 48000), (48000, 44100), (44100, 96000), (96000, 44100), (8000, 48000), (48000, 8000)] {
        // A click in a frame that both rates have: a whole number of the shortest common period.
        let divisor = (1..=from).rev().find(|d| from % d == 0 && to % d == 0).unwrap();
        let (from_period, to_period) = ((from / divisor) as usize, (to / divisor) as usize);
        let periods = 3000 / from_period + 1;
        let mut input = vec![0.0; 2 * periods * from_period + 1];
        input[periods * from_period] = 1.0;
        let output = load(&Memory(float_wav(from, &[&input])), "click", Pick::AsIs, to).unwrap();
        let place = periods * to_period;
        let peak = output.left().iter().enumerate().max_by(|a, b| a.1.abs().total_cmp(&b.1.abs())).unwrap().0;
        assert_eq!(peak, place, "{from} to {to}");
        // The filter is symmetric, so the click is, to the rounding of 32 bits: half a step of 2^-24 in each tap.
        for distance in 1..place.min(output.frames() - place) {
            let (before, after) = (output.left()[place - distance], output.left()[place + distance]);
            assert!((before - after).abs() < 1e-7, "{from} to {to}: {before} and {after} at {distance}");
        }
    }
}

#[test]
fn resampling_keeps_a_sine() {
    for (from, to) in
        [(44100u32, 48000u32), (48000, 44100), (96000, 44100), (44100, 44101), (11025, 48000), (192_000, 48000)]
    {
        let lower = f64::from(from.min(to));
        for part in [0.02, 0.25, 0.45] {
            let frequency = part * lower;
            let sine = |rate: u32, n: usize| {
                0.5 * libm::sin(std::f64::consts::TAU * (frequency * n as f64 / f64::from(rate)).fract())
            };
            let input: Vec<f32> = (0..from as usize / 2).map(|n| sine(from, n) as f32).collect();
            let output = load(&Memory(float_wav(from, &[&input])), "sine", Pick::AsIs, to).unwrap();
            let frames = output.frames();
            assert_eq!(frames as u64, (input.len() as u64 * u64::from(to)).div_ceil(u64::from(from)));
            // In the middle, where the filter sees nothing of the ends.
            let worst = (frames / 4..frames * 3 / 4)
                .map(|n| (f64::from(output.left()[n]) - sine(to, n)).abs())
                .fold(0.0, f64::max);
            // -120 dB is the filter's ripple; the rows of a ratio with many phases are interpolated to the same.
            assert!(worst < 1e-6, "{from} to {to}, {frequency} Hz: off by {worst:e}");
        }
    }
}

#[test]
fn resampling_down_leaves_no_alias() {
    // 30 kHz does not exist at 44.1 kHz; folded back it would be 14.1 kHz.
    let input: Vec<f32> =
        (0..48_000).map(|n| libm::sin(std::f64::consts::TAU * (30.0 * f64::from(n) / 96.0).fract()) as f32).collect();
    let output = load(&Memory(float_wav(96_000, &[&input])), "sine", Pick::AsIs, 44_100).unwrap();
    let frames = output.frames();
    let worst = output.left()[frames / 4..frames * 3 / 4].iter().fold(0.0f32, |worst, x| worst.max(x.abs()));
    assert!(worst < 1e-6, "{worst:e}");
}

#[test]
fn resampling_agrees_with_another_resampler() {
    use rubato::audioadapter_buffers::direct::SequentialSliceOfVecs;
    use rubato::{Fft, FixedSync, Resampler};
    // This encoder left nothing above 17 kHz, where the two filters begin to differ.
    let (_, planes) = decode(&committed(), "stereo-cbr128.mp3").unwrap();
    let ours = load(&committed(), "stereo-cbr128.mp3", Pick::AsIs, 48000).unwrap();
    let frames = planes[0].len();
    let input = SequentialSliceOfVecs::new(&planes, 2, frames).unwrap();
    // With an even transform its delay is a whole number of frames; with an odd one it is half a frame off.
    let mut fft = Fft::<f32>::new(44100, 48000, 8192, 2, FixedSync::Both).unwrap();
    assert_eq!(fft.fft_size_in() % 2, 0);
    let theirs = fft.process_all(&input, frames, None).unwrap().take_data();
    for (channel, plane) in ours.planes().enumerate() {
        let other: Vec<f32> = theirs[channel..].iter().step_by(2).copied().collect();
        let db = signal_to_noise_db(&plane[1000..71000], &other[1000..71000]);
        assert!(db > 110.0, "{db}");
    }
}

/// Reads a file that may be anything to its end or its error. It must come there, with bounded memory.
fn survive(bytes: &[u8]) {
    let Ok(mut decoder) = Decoder::open(&Memory(bytes.to_vec()), "fuzz") else { return };
    let mut planes = Vec::new();
    let mut total = 0u64;
    loop {
        planes.iter_mut().for_each(Vec::clear);
        match decoder.read(&mut planes, 4096) {
            Ok(0) | Err(_) => break,
            Ok(frames) => {
                assert!(planes.iter().all(|plane| plane.len() == frames && plane.iter().all(|x| x.is_finite())));
                total += frames as u64;
            }
        }
        // A constant FLAC frame of 65536 frames takes 11 bytes or so: the sound is bounded by the file.
        assert!(total <= 70_000 * (bytes.len() as u64 + 1), "{total} frames in {} bytes", bytes.len());
    }
}

/// Valid files to be damaged.
fn seeds() -> Vec<Vec<u8>> {
    let world = committed();
    let names = [
        "short.flac",
        "wasted_bits.flac",
        "non_subset.flac",
        "stereo-cbr128.mp3",
        "stereo-q5.ogg",
        "stereo-aac-128k.m4a",
    ];
    let mut seeds: Vec<Vec<u8>> = names.iter().map(|name| fs::read(world.0.join(name)).unwrap()).collect();
    seeds.push(wav(&fmt_extensible(1, 2, 6, 24, 3), &[0x55; 600]));
    seeds.push(wav(&fmt(0x11, 1, 44100, 256, 4), &[0x35; 2560]));
    seeds
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 300, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn random_bytes_are_survived(magic in 0usize..8, bytes in proptest::collection::vec(any::<u8>(), 0..2000)) {
        let magics: [&[u8]; 8] = [
            b"", b"RIFF\0\0\0\0WAVEfmt \x10\0\0\0", b"fLaC\0\0\0\x22", b"OggS", b"\0\0\0\x20ftypM4A ", b"ID3\x04\0\0\0\0\0\x10",
            b"\xff\xfb\x90\x00", b"FORM\0\0\x10\0AIFFCOMM\0\0\0\x12",
        ];
        survive(&[magics[magic], &bytes].concat());
    }

    #[test]
    fn damaged_files_are_survived(
        seed in 0usize..8,
        cut in 0.0f64..1.2,
        flips in proptest::collection::vec((0.0f64..1.0, any::<u8>()), 0..8),
        early in any::<bool>(),
    ) {
        let mut bytes = seeds().swap_remove(seed);
        // Half of the cases aim at the header, where the damage is worst.
        let reach = if early { bytes.len().min(200) } else { bytes.len() };
        for (place, value) in flips {
            let place = (place * reach as f64) as usize;
            bytes[place] ^= value;
        }
        bytes.truncate((cut * bytes.len() as f64) as usize);
        survive(&bytes);
    }
}

/// What the manifest's note on a file, or its own nature, makes of it, where it is not "as in the reference".
fn special(path: &str) -> Option<&'static str> {
    Some(match path {
        // Formats that are not read.
        p if p.ends_with(".opus") || p.ends_with(".au") || p.ends_with(".w64") || p.ends_with(".caf") => "unsupported",
        "audio/malformed/unknown-codec-tag.wav" => "unsupported",
        "audio/malformed/empty.wav" | "audio/malformed/text.wav" | "audio/minimp3/l3-nonstandard-small.mp3" => {
            "not audio"
        }
        "audio/malformed/no-data-chunk.wav" | "audio/malformed/zero-channels.wav" => "malformed",
        "audio/malformed/corrupt-page.ogg" => "malformed",
        "audio/claxon/large_vendor_string.flac" | "audio/claxon/large_vorbis_comment_block.flac" => "malformed",
        "audio/malformed/corrupt-frame.flac" | "audio/malformed/truncated.flac" => "damaged",
        p if p.starts_with("audio/flac-test-files/faulty/") => "malformed or damaged",
        "audio/malformed/float-nan-inf-denormal-over.wav" => "not finite",
        // The decoder goes astray in this stream of mixed blocks; that is noticed.
        "audio/minimp3/l3-si_block.mp3" => "damaged",
        // The reference decodes nothing, or reads slots of four bytes as slots of three.
        "audio/malformed/header-only.wav" | "audio/minimp3/l3-nonstandard-vbrtag-empty.mp3" => "no frames",
        "audio/scipy/test-8000Hz-le-3ch-5S-45bit.wav" | "audio/hound/pcmwaveformat-24bit-4byte-48kHz-stereo.wav" => {
            "read"
        }
        _ => return None,
    })
}

#[test]
fn the_collection_decodes_as_the_reference_says() {
    let Some(world) = shared() else { return };
    let text = fs::read_to_string(world.0.join("audio_reference.json")).unwrap();
    let references: serde_json::Value = serde_json::from_str(&text).unwrap();
    let mut compared = 0;
    for (path, reference) in references.as_object().unwrap() {
        if !path.starts_with("audio/") {
            continue;
        }
        let result = decode(&world, path);
        if let Some(kind) = special(path) {
            let as_told = match (&result, kind) {
                (Err(MediaError::Unsupported { .. }), "unsupported")
                | (Err(MediaError::NotAudio { .. }), "not audio")
                | (Err(MediaError::Malformed { .. }), "malformed" | "malformed or damaged")
                | (Err(MediaError::Damaged { .. }), "damaged" | "malformed or damaged")
                | (Err(MediaError::NotFinite { frame: 100, channel: 1, .. }), "not finite")
                | (Ok(_), "read") => true,
                (Ok((_, planes)), "no frames") => planes[0].is_empty(),
                _ => false,
            };
            assert!(as_told, "{path} should be {kind}: {result:?}");
            continue;
        }
        let (info, planes) = result.unwrap_or_else(|error| panic!("{error}"));
        compare(path, &info, &planes, &reference["decoded"]);
        compared += 1;
    }
    assert!(compared > 150, "only {compared} files were compared");
}

/// Compares rate, channels, length, peak, level and offset with those of the reference.
fn compare(path: &str, info: &Info, planes: &[Vec<f32>], reference: &serde_json::Value) {
    let number = |key: &str| reference[key].as_f64().unwrap();
    let frames = planes[0].len();
    assert_eq!(f64::from(info.rate), number("rate"), "{path}");
    assert_eq!(planes.len() as f64, number("channels"), "{path}");
    assert!(info.frames.is_none_or(|known| known == frames as u64), "{path}: {:?} and {frames}", info.frames);
    // The reference leaves the padding of AAC at the end, and the last block of MS ADPCM as it is: there the true end
    // is known to the file.
    let trimmed = match path {
        "audio/format-matrix/stereo-aac-128k.m4a" | "audio/format-matrix/stereo-ms-adpcm.wav" => 66150,
        "audio/mediafile/full.m4a" => 44100,
        "audio/rodio/music.m4a" => 449_320,
        _ => number("frames") as usize,
    };
    assert_eq!(frames, trimmed, "{path}");
    // Peak and RMS are written with seven digits after the point; lossy decoders and IMA ADPCM round in their own way.
    let ima = path.contains("ima-adpcm");
    let peak = planes.iter().flatten().fold(0.0f32, |peak, x| peak.max(x.abs()));
    assert!(
        (f64::from(peak) - number("peak")).abs() < if ima { 2e-4 } else { 3e-7 * number("peak").max(1.0) },
        "{path}: {peak}"
    );
    if trimmed as f64 == number("frames") {
        for (plane, expected) in planes.iter().zip(reference["rms_per_channel"].as_array().unwrap()) {
            let power: f64 = plane.iter().map(|&x| f64::from(x).powi(2)).sum();
            let rms = (power / frames as f64).sqrt();
            let expected = expected.as_f64().unwrap();
            assert!(
                (rms - expected).abs() < if ima { 2e-4 } else { 1.5e-7 * expected.max(1.0) },
                "{path}: {rms} {expected}"
            );
        }
        for (plane, expected) in planes.iter().zip(reference["dc"].as_array().unwrap()) {
            let dc = plane.iter().map(|&x| f64::from(x)).sum::<f64>() / frames as f64;
            assert!(
                (dc - expected.as_f64().unwrap()).abs() < if ima { 2e-4 } else { 1.5e-7 },
                "{path}: {dc} {expected}"
            );
        }
    }
}

#[test]
fn all_lossless_files_of_the_matrix_hold_the_same_samples() {
    let Some(world) = shared() else { return };
    let (_, original) = decode(&world, "audio/format-matrix/stereo-s16.wav").unwrap();
    assert_eq!(original[0].len(), 66150);
    for name in [
        "alac.m4a",
        "f32-extensible.wav",
        "f32.aifc",
        "f32.wav",
        "f64.wav",
        "flac.oga",
        "s16-extensible.wav",
        "s16-rifx.wav",
        "s16.aiff",
        "s16.flac",
        "s24-extensible.wav",
        "s24-rf64.wav",
        "s24.aiff",
        "s24.flac",
        "s24.wav",
        "s32.wav",
    ] {
        let (_, planes) = decode(&world, &format!("audio/format-matrix/stereo-{name}")).unwrap();
        assert!(planes == original, "{name} differs");
    }
    let surround = |name: &str| decode(&world, &format!("audio/format-matrix/{name}")).unwrap();
    let (wav, flac) = (surround("surround-5.1-s16-extensible.wav"), surround("surround-5.1.flac"));
    assert!(wav.1 == flac.1 && wav.0.speakers == flac.0.speakers);
}

#[test]
fn reference_decodes_of_mp3_agree_to_a_step_of_16_bits() {
    let Some(world) = shared() else { return };
    let (_, planes) = decode(&world, "audio/minimp3/l3-he_48khz.mp3").unwrap();
    let pcm = fs::read(world.0.join("audio/minimp3/l3-he_48khz.pcm")).unwrap();
    let reference: Vec<f32> = pcm.chunks_exact(2).map(|b| f32::from(i16::from_le_bytes([b[0], b[1]]))).collect();
    // The first two frames refer to data before the beginning, and decoders differ in what they make of them.
    let frames = 2304..reference.len();
    let worst = frames.map(|n| (planes[0][n] * 32768.0 - reference[n]).abs()).fold(0.0, f32::max);
    assert!(worst <= 1.0, "{worst} steps");
}
