//! What can be wrong with a picture.

/// Why a picture could not be drawn.
#[derive(Debug, thiserror::Error)]
pub enum PictureError {
    /// There is no lane to draw.
    #[error("a picture needs a waveform to show")]
    NoLanes,
    /// The scale is not a number from 0.25 to 16.
    #[error("a scale of {0} is out of range: it takes a number from 0.25 to 16")]
    Scale(f32),
    /// The lanes and their text do not fit.
    #[error(
        "{width}x{height} pixels are too few: {lanes} waveforms at this scale take at least {needed_width}x{needed_height}"
    )]
    TooSmall {
        /// The width asked for, in pixels.
        width: u32,
        /// The height asked for, in pixels.
        height: u32,
        /// How many lanes there are.
        lanes: usize,
        /// The least width, in pixels.
        needed_width: u32,
        /// The least height, in pixels.
        needed_height: u32,
    },
    /// One side is longer than [`MAX_SIDE`](crate::MAX_SIDE) pixels.
    #[error("{width}x{height} pixels are too many: no side can have more than {max}", max = crate::MAX_SIDE)]
    TooLarge {
        /// The width asked for, in pixels.
        width: u32,
        /// The height asked for, in pixels.
        height: u32,
    },
    /// A built-in font cannot be read.
    #[error("a built-in font cannot be read")]
    Font,
    /// The PNG cannot be made.
    #[error("the picture cannot be encoded: {0}")]
    Encode(#[from] png::EncodingError),
}
