//! Recordings: what is in a file, decoding it, bringing it to the session's rate, and encoding a mix.
//!
//! [`Decoder`] reads a file as it is. [`Reader`] stands behind it, picks the channels and resamples. [`Encoder`] writes
//! WAV and FLAC. All of them stream: memory does not grow with the length of a file.
//!
//! Nothing is silently wrong: a file that is damaged or cut is an error that says at which moment. The exception is WAV,
//! where sizes in the header are so often wrong that everybody reads what is there, and so does this.

mod decoder;
mod dither;
mod encode;
mod error;
mod info;
mod mp4;
mod packets;
mod pcm;
mod pick;
mod reader;
mod resample;
mod source;
mod wav;
mod wav_header;

pub use decoder::Decoder;
pub use encode::{Container, EncodeError, Encoded, Encoder, OutputFormat, SampleFormat};
pub use error::MediaError;
pub use info::Info;
pub use pick::Pick;
pub use reader::{Reader, load};
pub use resample::Resampler;

use crate::World;

/// What a file says of the sound in it, without decoding more than the beginning.
///
/// # Errors
/// As [`Decoder::open`].
pub fn probe(world: &dyn World, path: &str) -> Result<Info, MediaError> {
    Ok(Decoder::open(world, path)?.info().clone())
}
