//! What can be wrong with a picture.

/// Why a picture could not be drawn.
#[derive(Debug, thiserror::Error)]
pub enum PictureError {
    /// There is no lane to draw.
    #[error("a picture needs something to show: it has no lane")]
    NoLanes,
    /// The resolution is not a number from 18 to 1152.
    #[error("a resolution of {0} dpi is out of range: it takes a number from 18 to 1152")]
    Dpi(f32),
    /// The stretch of time does not end after it begins.
    #[error("there is nothing to show from {start} s to {end} s: the end has to be later than the start")]
    Range {
        /// The start in seconds.
        start: f64,
        /// The end in seconds.
        end: f64,
    },
    /// An axis does not go upwards, or not from above zero where it is logarithmic.
    #[error("there is no axis from {start} to {end} for `{name}`")]
    Axis {
        /// What the axis counts.
        name: String,
        /// The value at its lower end.
        start: f64,
        /// The value at its upper end.
        end: f64,
    },
    /// The lanes and their text do not fit.
    #[error(
        "{width}x{height} pixels are too few at {dpi:.0} dpi: {lanes} {} at least {needed_width}x{needed_height}",
        if *lanes == 1 { "lane takes" } else { "lanes take" }
    )]
    TooSmall {
        /// The width asked for, in pixels.
        width: u32,
        /// The height asked for, in pixels.
        height: u32,
        /// The resolution.
        dpi: f32,
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
