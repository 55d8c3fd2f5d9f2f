//! Where files are read from, and files made here: WAV, chunk by chunk.

use std::fs;
use std::io::Cursor;
use std::path::{Path, PathBuf};

use downbeat_engine::media::{Decoder, Info, MediaError};
use downbeat_engine::{Bytes, World, WorldError};

/// Files below a folder.
pub struct Folder(pub PathBuf);

impl World for Folder {
    fn open(&self, path: &str) -> Result<Box<dyn Bytes>, WorldError> {
        match fs::File::open(self.0.join(path)) {
            Ok(file) => Ok(Box::new(file)),
            Err(source) => Err(WorldError::Io { path: path.to_string(), source }),
        }
    }
}

/// One file in memory, whatever it is called.
pub struct Memory(pub Vec<u8>);

impl World for Memory {
    fn open(&self, _: &str) -> Result<Box<dyn Bytes>, WorldError> {
        Ok(Box::new(Cursor::new(self.0.clone())))
    }
}

pub fn committed() -> Folder {
    Folder(Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/audio"))
}

/// All planes of a file, read in odd portions.
pub fn decode(world: &dyn World, path: &str) -> Result<(Info, Vec<Vec<f32>>), MediaError> {
    let mut decoder = Decoder::open(world, path)?;
    let mut planes = vec![Vec::new(); decoder.info().channels];
    while decoder.read(&mut planes, 3001)? > 0 {}
    Ok((decoder.info().clone(), planes))
}

pub fn decode_bytes(bytes: &[u8]) -> Result<(Info, Vec<Vec<f32>>), MediaError> {
    decode(&Memory(bytes.to_vec()), "memory")
}

/// The one plane of a mono file, in steps of 16 bits.
pub fn steps(bytes: &[u8]) -> Vec<f32> {
    let (info, planes) = decode_bytes(bytes).unwrap();
    assert_eq!(info.channels, 1);
    planes[0].iter().map(|x| x * 32768.0).collect()
}

/// A RIFF chunk with its padding, little-endian.
pub fn chunk(id: &[u8; 4], body: &[u8]) -> Vec<u8> {
    let mut bytes = [id.as_slice(), &(body.len() as u32).to_le_bytes(), body].concat();
    bytes.resize(bytes.len().next_multiple_of(2), 0);
    bytes
}

/// The body of a plain `fmt ` chunk.
pub fn fmt(tag: u16, channels: u16, rate: u32, align: u16, bits: u16) -> Vec<u8> {
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
pub fn fmt_extensible(tag: u16, channels: u16, align: u16, bits: u16, mask: u32) -> Vec<u8> {
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
pub fn riff(chunks: &[Vec<u8>]) -> Vec<u8> {
    let body = [b"WAVE".to_vec(), chunks.concat()].concat();
    chunk(b"RIFF", &body)
}

pub fn wav(format: &[u8], data: &[u8]) -> Vec<u8> {
    riff(&[chunk(b"fmt ", format), chunk(b"data", data)])
}

/// A float file.
pub fn float_wav(rate: u32, planes: &[&[f32]]) -> Vec<u8> {
    let channels = planes.len() as u16;
    let frames = 0..planes[0].len();
    let data: Vec<u8> = frames.flat_map(|i| planes.iter().flat_map(move |plane| plane[i].to_le_bytes())).collect();
    wav(&fmt(3, channels, rate, 4 * channels, 32), &data)
}

/// Samples to hide in all kinds of files, in steps of 16 bits.
pub const SAMPLES: [i16; 9] = [0, 1, -1, 255, -256, 12345, -12345, i16::MAX, i16::MIN];

/// The samples as integers of some bytes, the value in the upper bits.
pub fn integers(bytes: usize) -> Vec<u8> {
    SAMPLES.iter().flat_map(|&x| (i64::from(x) << 48).to_le_bytes()[8 - bytes..].to_vec()).collect()
}

/// The ratio of a signal's power to that of another one's difference from it, in decibels.
pub fn signal_to_noise_db(signal: &[f32], other: &[f32]) -> f64 {
    let power: f64 = signal.iter().map(|&x| f64::from(x).powi(2)).sum();
    let noise: f64 = signal.iter().zip(other).map(|(&x, &y)| (f64::from(x) - f64::from(y)).powi(2)).sum();
    10.0 * libm::log10(power / noise)
}
