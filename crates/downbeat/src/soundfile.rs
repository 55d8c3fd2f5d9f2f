//! A sound file on its way: encoded page by page, there when it is whole.

use std::fs::File;
use std::path::Path;

use anyhow::Context;
use downbeat_dsp::{Audio, Format};
use downbeat_engine::media::{Container, Encoded, Encoder, OutputFormat, SampleFormat};
use downbeat_engine::{Tap, TapError};

use crate::args::{Bits, Sound};
use crate::exit::Fail;
use crate::output::Output;

/// Every file gets the same dither noise, so that the same mix gives the same bytes.
const DITHER_SEED: u64 = 0x5EED;

/// A sound file that is being written.
pub struct SoundFile {
    output: Output,
    encoder: Encoder<File>,
}

/// What the name of a file and the options ask for.
pub fn format_of(path: &Path, sound: &Sound) -> Result<OutputFormat, Fail> {
    let extension = path.extension().map(|extension| extension.to_string_lossy().to_lowercase());
    let container = match extension.as_deref() {
        Some("wav" | "wave") => Container::Wav,
        Some("flac") => Container::Flac,
        _ => return Err(Fail::usage(format!("{}: the name has to end in .wav or .flac", path.display()))),
    };
    let sample = match sound.bits {
        Bits::Int16 => SampleFormat::Int16,
        Bits::Int24 => SampleFormat::Int24,
        Bits::Float32 => SampleFormat::Float32,
    };
    if container == Container::Flac && sample == SampleFormat::Float32 {
        let path = path.display();
        return Err(Fail::usage(format!("{path}: FLAC has no float samples: choose --bits 16 or 24, or a .wav file")));
    }
    Ok(OutputFormat { dither: !sound.no_dither, ..OutputFormat::new(container, sample) })
}

impl SoundFile {
    /// Begins a file of `frames` frames.
    pub fn create(path: &Path, output: OutputFormat, format: Format, frames: u64) -> anyhow::Result<Self> {
        let file = Output::create(path)?;
        let encoder = Encoder::new(file.writer()?, output, format, DITHER_SEED, Some(frames))
            .with_context(|| format!("cannot write {}", path.display()))?;
        Ok(SoundFile { output: file, encoder })
    }

    /// Makes the file appear.
    pub fn finish(self) -> anyhow::Result<Encoded> {
        let encoded = self.encoder.finish()?;
        self.output.commit()?;
        Ok(encoded)
    }
}

impl Tap for SoundFile {
    fn page(&mut self, page: &Audio) -> Result<(), TapError> {
        Ok(self.encoder.write_audio(page)?)
    }
}
