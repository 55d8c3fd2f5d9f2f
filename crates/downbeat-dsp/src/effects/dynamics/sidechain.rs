//! What a detector hears.

use std::ops::Range;

use super::{CHUNK, Lanes, block};
use crate::effects::iir::Chain;
use crate::effects::{Highpass, Lowpass};
use crate::{Format, Held};

/// Where a detector's hearing ends, in hertz. A low cut of 0 and a high cut of [`Cuts::OPEN`] are none.
#[derive(Clone, Copy)]
pub struct Cuts {
    /// Below this it hears less and less, 12 dB an octave.
    pub low_hz: f64,
    /// Above this likewise.
    pub high_hz: f64,
}

impl Cuts {
    /// From here on there is no high cut.
    pub const OPEN: f64 = 20_000.0;

    fn highpass(&self) -> Highpass {
        Highpass { freq_hz: self.low_hz, q: std::f64::consts::FRAC_1_SQRT_2 }
    }

    fn lowpass(&self) -> Lowpass {
        Lowpass { freq_hz: self.high_hz, q: std::f64::consts::FRAC_1_SQRT_2 }
    }
}

/// The way from the sound to the detector.
#[derive(Clone, PartialEq)]
pub struct Sidechain {
    low_cut: Chain<Highpass>,
    high_cut: Chain<Lowpass>,
}

impl Held for Sidechain {
    fn held(&self) -> usize {
        self.low_cut.held() + self.high_cut.held()
    }
}

impl Sidechain {
    /// A way on which nothing has been heard.
    pub fn new(cuts: Cuts, format: Format) -> Self {
        Sidechain {
            low_cut: Chain::new(&cuts.highpass(), format.rate),
            high_cut: Chain::new(&cuts.lowpass(), format.rate),
        }
    }

    /// What is heard in the frames of `range` (a chunk at most): the sound itself, or the key's planes if there is one.
    ///
    /// A key of one plane is heard by both channels, a key of two planes by a single channel as their mean. Where the key
    /// has ended it is silent.
    #[inline(always)]
    pub fn hear<const CHANNELS: usize>(
        &mut self,
        cuts: Cuts,
        sound: &[&mut [f32]; CHANNELS],
        key: Option<&[&[f32]]>,
        range: Range<usize>,
    ) -> [Lanes; CHANNELS] {
        let mut heard = [[0.0; CHUNK]; CHANNELS];
        match key {
            None => {
                for (heard, plane) in heard.iter_mut().zip(sound) {
                    heard[..range.len()].copy_from_slice(&plane[range.clone()]);
                }
            }
            Some(&[left, right]) if CHANNELS == 1 => {
                for (heard, (left, right)) in
                    heard[0].iter_mut().zip(part(left, &range).iter().zip(part(right, &range)))
                {
                    *heard = 0.5 * (left + right);
                }
            }
            Some(planes) => {
                for (heard, plane) in heard.iter_mut().zip(planes.iter().cycle()) {
                    let plane = part(plane, &range);
                    heard[..plane.len()].copy_from_slice(plane);
                }
            }
        }
        if cuts.low_hz > 0.0 {
            self.low_cut.process(&cuts.highpass(), &mut block(&mut heard, range.len()));
        }
        if cuts.high_hz < Cuts::OPEN {
            self.high_cut.process(&cuts.lowpass(), &mut block(&mut heard, range.len()));
        }
        heard
    }
}

/// The frames of a range, as far as there are any.
#[inline(always)]
fn part<'a>(plane: &'a [f32], range: &Range<usize>) -> &'a [f32] {
    let end = range.end.min(plane.len());
    &plane[range.start.min(end)..end]
}
