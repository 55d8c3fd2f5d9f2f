//! The header of a WAV file that is written.
//!
//! The plain 16-byte `fmt ` chunk is written for 16 and 24 bits. For 24 bits Microsoft asks for the extensible form, but
//! with one or two channels it says nothing more, and the plain form is what all tools write and read. Float carries
//! the `fact` chunk that the specification asks of everything that is not integer PCM.
//!
//! A file of more than 4 GiB becomes RF64 (EBU Tech 3306): where the length is not known before, a `JUNK` chunk keeps
//! the place of `ds64`, which takes over the three sizes that 32 bits cannot hold.

use super::encode::SampleFormat;

/// The parts of the header.
#[derive(Clone, Copy, Debug)]
pub(super) struct WavHeader {
    pub rate: u32,
    pub channels: u16,
    pub sample: SampleFormat,
    /// Whether there is a place for the long sizes.
    pub room: bool,
}

/// The bytes of a `ds64` chunk without a table.
const DS64: u32 = 28;

impl WavHeader {
    /// The bytes of a frame.
    pub(super) fn frame(&self) -> u64 {
        u64::from(self.channels) * u64::from(self.sample.bits() / 8)
    }

    /// The header for a number of frames, or `None` when that needs room for long sizes and there is none.
    pub(super) fn bytes(&self, frames: u64) -> Option<Vec<u8>> {
        let data = frames.checked_mul(self.frame())?;
        let float = self.sample == SampleFormat::Float32;
        let length = 12 + if self.room { 8 + DS64 } else { 0 } + if float { 26 + 12 } else { 24 } + 8;
        let riff = (data + (data & 1)).checked_add(u64::from(length) - 8)?;
        let long = riff >= u64::from(u32::MAX);
        if long && !self.room {
            return None;
        }
        let short = |size: u64| if long { u32::MAX } else { size as u32 };

        let mut bytes = Vec::with_capacity(length as usize);
        bytes.extend(if long { b"RF64" } else { b"RIFF" });
        bytes.extend(short(riff).to_le_bytes());
        bytes.extend(b"WAVE");
        if self.room {
            bytes.extend(if long { b"ds64" } else { b"JUNK" });
            bytes.extend(DS64.to_le_bytes());
            for size in [riff, data, frames] {
                bytes.extend(if long { size } else { 0 }.to_le_bytes());
            }
            bytes.extend(0u32.to_le_bytes());
        }
        let frame = self.frame() as u16;
        bytes.extend(b"fmt ");
        bytes.extend(if float { 18u32 } else { 16 }.to_le_bytes());
        bytes.extend(if float { 3u16 } else { 1 }.to_le_bytes());
        bytes.extend(self.channels.to_le_bytes());
        bytes.extend(self.rate.to_le_bytes());
        bytes.extend(self.rate.wrapping_mul(u32::from(frame)).to_le_bytes());
        bytes.extend(frame.to_le_bytes());
        bytes.extend((self.sample.bits() as u16).to_le_bytes());
        if float {
            bytes.extend(0u16.to_le_bytes());
            bytes.extend(b"fact");
            bytes.extend(4u32.to_le_bytes());
            bytes.extend(short(frames).to_le_bytes());
        }
        bytes.extend(b"data");
        bytes.extend(short(data).to_le_bytes());
        Some(bytes)
    }
}
