//! The waveform formats of BBC's audiowaveform: JSON and binary, versions 1 and 2.
//!
//! Source: its page `doc/DataFormat.md`. Version 1 of the binary format has one channel; the JSON is always of version 2.

use std::io::{self, Write};
use std::path::Path;

/// How a waveform is written.
#[derive(Clone, Copy, PartialEq, Debug)]
pub enum Format {
    /// One object on one line.
    Json,
    /// A header of 20 or 24 bytes, and numbers, little-endian.
    Binary,
}

/// Extremes of 16 bits.
pub struct Waveform {
    /// Frames per second of the recording.
    pub rate: u32,
    /// The frames of a pixel.
    pub zoom: u32,
    /// The bits of a number in the file, 8 or 16.
    pub bits: u8,
    /// How many lines there are.
    pub channels: usize,
    /// The least and the greatest sample of each line, pixel for pixel.
    pub data: Vec<i16>,
}

impl Format {
    /// What the name of a file asks for.
    pub fn of(path: &Path) -> Option<Self> {
        let extension = path.extension()?.to_string_lossy().to_lowercase();
        match extension.as_str() {
            "json" => Some(Format::Json),
            "dat" => Some(Format::Binary),
            _ => None,
        }
    }
}

impl Waveform {
    /// How many pixels there are.
    pub fn length(&self) -> usize {
        self.data.len() / (2 * self.channels.max(1))
    }

    /// Writes it.
    pub fn write(&self, format: Format, to: &mut dyn Write) -> io::Result<()> {
        match format {
            Format::Json => self.write_json(to),
            Format::Binary => self.write_binary(to),
        }
    }

    fn write_json(&self, to: &mut dyn Write) -> io::Result<()> {
        let (rate, zoom, bits, channels, length) = (self.rate, self.zoom, self.bits, self.channels, self.length());
        write!(to, "{{\"version\":2,\"channels\":{channels},\"sample_rate\":{rate},\"samples_per_pixel\":{zoom},")?;
        write!(to, "\"bits\":{bits},\"length\":{length},\"data\":[")?;
        for (i, number) in self.numbers().enumerate() {
            let comma = if i == 0 { "" } else { "," };
            write!(to, "{comma}{number}")?;
        }
        to.write_all(b"]}\n")
    }

    fn write_binary(&self, to: &mut dyn Write) -> io::Result<()> {
        let version: u32 = if self.channels == 1 { 1 } else { 2 };
        let flags = u32::from(self.bits == 8);
        let too_long =
            |_| io::Error::new(io::ErrorKind::FileTooLarge, "there are more pixels than the format can count");
        let length = u32::try_from(self.length()).map_err(too_long)?;
        for field in [version, flags, self.rate, self.zoom, length] {
            to.write_all(&field.to_le_bytes())?;
        }
        if version == 2 {
            to.write_all(&(self.channels as u32).to_le_bytes())?;
        }
        for number in self.numbers() {
            match self.bits {
                8 => to.write_all(&(number as i8).to_le_bytes())?,
                _ => to.write_all(&number.to_le_bytes())?,
            }
        }
        Ok(())
    }

    /// The numbers of the file. Those of 8 bits are the others divided by 256, rounded towards zero.
    fn numbers(&self) -> impl Iterator<Item = i16> {
        let divisor = if self.bits == 8 { 256 } else { 1 };
        self.data.iter().map(move |number| number / divisor)
    }
}
