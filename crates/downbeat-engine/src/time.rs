//! Moments and durations have types: [`Frames`], [`Seconds`], [`Beats`].

/// A number of frames, or a position counted from the start.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug, Default, Hash)]
pub struct Frames(pub u64);

/// A duration in seconds, or a position counted from the start.
#[derive(Clone, Copy, PartialEq, PartialOrd, Debug, Default)]
pub struct Seconds(pub f64);

/// A duration in quarter notes, or a position counted from the start of the song.
#[derive(Clone, Copy, PartialEq, PartialOrd, Debug, Default)]
pub struct Beats(pub f64);

impl Seconds {
    /// The frame this moment falls in: floor(seconds × rate). A moment before the start falls in frame 0.
    pub fn frame(self, rate: u32) -> Frames {
        Frames((self.0 * f64::from(rate)).floor().max(0.0) as u64)
    }
}

impl Frames {
    /// The position or duration in seconds.
    pub fn seconds(self, rate: u32) -> Seconds {
        Seconds(self.0 as f64 / f64::from(rate))
    }
}
