//! Moments and durations have types: [`Frames`], [`Seconds`], [`Beats`], [`Ticks`]; a [`TempoMap`] leads from one to
//! the other.

mod tempo;

use std::ops::{Add, AddAssign, Mul, Neg, Sub, SubAssign};

pub use tempo::{Division, TempoMap};

/// A number of frames, or a position counted from the start.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug, Default, Hash)]
pub struct Frames(pub u64);

/// A duration in seconds, or a position counted from the start.
#[derive(Clone, Copy, PartialEq, PartialOrd, Debug, Default)]
pub struct Seconds(pub f64);

/// A duration in quarter notes, or a position counted from the start of the song.
#[derive(Clone, Copy, PartialEq, PartialOrd, Debug, Default)]
pub struct Beats(pub f64);

/// A duration in the ticks of a MIDI file, or a position counted from its start.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug, Default, Hash)]
pub struct Ticks(pub u64);

impl Seconds {
    /// The frame this moment falls in: floor(seconds × rate). A moment before the start falls in frame 0.
    ///
    /// The moment at which a frame starts falls in that frame, although its seconds are rounded:
    /// `Frames(n).seconds(rate).frame(rate)` is `Frames(n)` for every n below 2^52. (0.29 s at 100 Hz is frame 29, while
    /// 0.29 × 100 in floating point is 28.999999999999996.)
    ///
    /// ```
    /// use downbeat_engine::time::{Frames, Seconds};
    /// assert_eq!(Seconds(2.181816).frame(48_000), Frames(104_727));
    /// ```
    pub fn frame(self, rate: u32) -> Frames {
        let rate = f64::from(rate);
        let exact = self.0 * rate;
        let nearest = exact.round();
        let frame = if nearest / rate == self.0 { nearest } else { exact.floor() };
        Frames(frame.max(0.0) as u64)
    }
}

impl Frames {
    /// The position or duration in seconds.
    pub fn seconds(self, rate: u32) -> Seconds {
        Seconds(self.0 as f64 / f64::from(rate))
    }

    /// The frames from `earlier` to here; none when `earlier` is later.
    pub fn since(self, earlier: Frames) -> Frames {
        Frames(self.0.saturating_sub(earlier.0))
    }
}

/// Stops at the largest number there is.
impl Add for Frames {
    type Output = Frames;
    fn add(self, other: Frames) -> Frames {
        Frames(self.0.saturating_add(other.0))
    }
}

/// Stops at the largest number there is.
impl Add for Ticks {
    type Output = Ticks;
    fn add(self, other: Ticks) -> Ticks {
        Ticks(self.0.saturating_add(other.0))
    }
}

/// The arithmetic of a duration that may be negative.
macro_rules! durations {
    ($($type:ident)*) => {$(
        impl Add for $type {
            type Output = $type;
            fn add(self, other: $type) -> $type {
                $type(self.0 + other.0)
            }
        }

        impl Sub for $type {
            type Output = $type;
            fn sub(self, other: $type) -> $type {
                $type(self.0 - other.0)
            }
        }

        impl Mul<f64> for $type {
            type Output = $type;
            fn mul(self, factor: f64) -> $type {
                $type(self.0 * factor)
            }
        }

        impl Neg for $type {
            type Output = $type;
            fn neg(self) -> $type {
                $type(-self.0)
            }
        }

        impl AddAssign for $type {
            fn add_assign(&mut self, other: $type) {
                self.0 += other.0;
            }
        }

        impl SubAssign for $type {
            fn sub_assign(&mut self, other: $type) {
                self.0 -= other.0;
            }
        }
    )*};
}

durations!(Seconds Beats);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_moment_falls_in_the_frame_it_lies_in() {
        assert_eq!(Seconds(2.181816).frame(48_000), Frames(104_727));
        assert_eq!(Seconds(0.999_999).frame(1), Frames(0));
        assert_eq!(Seconds(-3.0).frame(48_000), Frames(0));
        assert_eq!(Seconds(f64::NAN).frame(48_000), Frames(0));
        assert_eq!(Seconds(f64::INFINITY).frame(48_000), Frames(u64::MAX));
    }

    #[test]
    fn the_start_of_a_frame_falls_in_that_frame() {
        for rate in [100, 44_100, 48_000, 96_000] {
            for n in (0..2_000_000).step_by(7).chain([1 << 40, (1 << 52) - 1]) {
                assert_eq!(Frames(n).seconds(rate).frame(rate), Frames(n), "frame {n} at {rate} Hz");
            }
        }
    }

    #[test]
    fn durations_add_and_frames_never_wrap() {
        assert_eq!(Seconds(1.5) + Seconds(0.25) - Seconds(0.5) * 2.0, Seconds(0.75));
        assert_eq!(-Beats(2.0) + Beats(3.0), Beats(1.0));
        assert_eq!(Frames(3).since(Frames(5)), Frames(0));
        assert_eq!(Frames(u64::MAX) + Frames(1), Frames(u64::MAX));
    }
}
