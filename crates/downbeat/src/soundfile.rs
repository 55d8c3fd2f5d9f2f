//! A sound file on its way: encoded page by page, there when it is whole.

use std::path::{Path, PathBuf};

use downbeat_dsp::{Audio, Format};
use downbeat_engine::media::{Container, EncodeError, Encoded, Encoder, OutputFormat, SampleFormat};
use downbeat_engine::{Tap, TapError};

use crate::args::{Bits, Sound};
use crate::exit::Fail;
use crate::output::Output;
use crate::writer::Writer;

/// Every file gets the same dither noise, so that the same mix gives the same bytes.
const DITHER_SEED: u64 = 0x5EED;

/// A sound file that is being written.
pub struct SoundFile {
    path: PathBuf,
    output: Output,
    encoder: Encoder<Writer>,
}

/// What the name of a file and the options ask for.
pub fn format_of(path: &Path, sound: &Sound) -> Result<OutputFormat, Fail> {
    let extension = path.extension().map(|extension| extension.to_string_lossy().to_lowercase());
    let container = match extension.as_deref() {
        Some("wav" | "wave") => Container::Wav,
        Some("flac") => Container::Flac,
        _ => {
            let message = format!("cannot tell the format of {} from its name", path.display());
            return Err(Fail::usage(message).hint("a name that ends in .wav or .flac says it"));
        }
    };
    let sample = match sound.bits {
        Bits::Int16 => SampleFormat::Int16,
        Bits::Int24 => SampleFormat::Int24,
        Bits::Float32 => SampleFormat::Float32,
    };
    if container == Container::Flac && sample == SampleFormat::Float32 {
        let message = format!("cannot write {}: FLAC has no float samples", path.display());
        return Err(Fail::usage(message).hint("--bits 16, --bits 24 or a .wav file would do"));
    }
    Ok(OutputFormat { dither: !sound.no_dither, ..OutputFormat::new(container, sample) })
}

impl SoundFile {
    /// Begins a file of `frames` frames.
    pub fn create(path: &Path, output: OutputFormat, format: Format, frames: u64) -> anyhow::Result<Self> {
        let file = Output::create(path)?;
        let encoder = Encoder::new(file.writer()?, output, format, DITHER_SEED, Some(frames));
        let encoder = encoder.map_err(|error| cannot(path, error))?;
        Ok(SoundFile { path: path.to_path_buf(), output: file, encoder })
    }

    /// Makes the file appear.
    pub fn finish(self) -> anyhow::Result<Encoded> {
        let encoded = self.encoder.finish().map_err(|error| cannot(&self.path, error))?;
        self.output.commit()?;
        Ok(encoded)
    }
}

impl Tap for SoundFile {
    fn page(&mut self, page: &Audio) -> Result<(), TapError> {
        Ok(self.encoder.write_audio(page).map_err(|error| cannot(&self.path, error))?)
    }
}

/// Names the file.
fn cannot(path: &Path, error: EncodeError) -> anyhow::Error {
    let path = path.display();
    match error {
        EncodeError::Write(error) => anyhow::anyhow!("cannot write {path}: {error}"),
        error => anyhow::anyhow!("cannot write {path}: {error}"),
    }
}
