//! A sound by its brightness, from onset to onset.

use downbeat_dsp::Pyramid;
use downbeat_dsp::features::{OnsetPicking, OnsetStrength, onset_detect, onset_strength};
use downbeat_engine::{Survey, TapError};

use crate::exit::Fail;

/// The pyramid of a sound with its centroids, and what onsets are found in.
pub struct Bright {
    pyramid: Pyramid,
    /// The mean of the channels, in pieces that are easily joined; nothing when onsets are not looked for.
    mono: Option<Vec<Vec<f32>>>,
}

/// The least frames between two onsets: 50 frames of the envelope, about half a second.
const LEAST_STRETCH: u64 = 50 * 512;

/// The longest sound in which onsets are looked for, in frames: 128 MB, 11 minutes at 48 kHz.
const LONGEST: u64 = 1 << 25;

impl Bright {
    /// For a sound that is expected to be so long, drawn on so many pixels. Onsets are looked for where the shortest
    /// stretch between two of them takes a pixel: otherwise every pixel has its own colour.
    pub fn new(rate: u32, channels: usize, frames: u64, pixels: u32) -> Self {
        let has_onsets = (1..=LONGEST).contains(&frames) && frames / u64::from(pixels.max(1)) < LEAST_STRETCH;
        Bright { pyramid: Pyramid::with_centroid(rate, channels).expecting(frames), mono: has_onsets.then(Vec::new) }
    }

    /// The pyramid, and when something begins, in seconds.
    pub fn finish(self) -> Result<(Pyramid, Vec<f64>), Fail> {
        let Some(parts) = self.mono else { return Ok((self.pyramid, Vec::new())) };
        let mut samples = Vec::with_capacity(parts.iter().map(Vec::len).sum());
        // One by one, so that there are never two of everything.
        parts.into_iter().for_each(|part| samples.extend(part));
        let rate = self.pyramid.rate();
        let settings = OnsetStrength::default();
        let envelope =
            onset_strength(&samples, rate, &settings).map_err(|error| Fail::error(format!("no onsets: {error}")))?;
        // Half a frame more, so that the rounding of seconds makes no difference.
        let wait_s = (LEAST_STRETCH as f64 + envelope.hop as f64 / 2.0) / f64::from(rate);
        let picking = OnsetPicking { wait_s, backtrack: true, ..OnsetPicking::default() };
        let onsets = onset_detect(&envelope, &picking).into_iter().map(|frame| envelope.seconds(frame)).collect();
        Ok((self.pyramid, onsets))
    }
}

impl Survey for Bright {
    fn look(&mut self, planes: &[Vec<f32>]) {
        self.pyramid.look(planes);
        if let Some(parts) = &mut self.mono {
            parts.push(mean(planes));
        }
    }

    fn append(&mut self, next: Self) -> Result<(), TapError> {
        Survey::append(&mut self.pyramid, next.pyramid)?;
        if let (Some(parts), Some(next)) = (&mut self.mono, next.mono) {
            parts.extend(next);
        }
        Ok(())
    }
}

/// The mean of channels of equal length.
pub fn mean(planes: &[Vec<f32>]) -> Vec<f32> {
    let Some((first, others)) = planes.split_first() else { return Vec::new() };
    let mut mean = first.clone();
    for plane in others {
        mean.iter_mut().zip(plane).for_each(|(sum, x)| *sum += x);
    }
    let gain = 1.0 / planes.len() as f32;
    if !others.is_empty() {
        mean.iter_mut().for_each(|x| *x *= gain);
    }
    mean
}
