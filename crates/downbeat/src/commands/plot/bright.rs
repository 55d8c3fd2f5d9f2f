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

#[cfg(test)]
mod tests {
    use super::*;

    /// Clicks that ring, so many frames apart.
    fn clicks(frames: usize, apart: usize) -> Vec<f32> {
        let ring = |i: usize| if i < 2000 { 0.8 * (1.0 - i as f32 / 2000.0) * [1.0, -1.0][i / 3 % 2] } else { 0.0 };
        (0..frames).map(|i| ring(i % apart)).collect()
    }

    #[test]
    fn onsets_stand_where_sounds_begin() {
        let sound = clicks(480_000, 48_000);
        let mut bright = Bright::new(48_000, 2, 480_000, 1000);
        sound.chunks(7001).for_each(|block| bright.look(&[block.to_vec(), block.to_vec()]));
        let (pyramid, onsets) = bright.finish().unwrap();
        assert_eq!((pyramid.frames(), pyramid.channels(), pyramid.has_centroid()), (480_000, 2, true));
        // One a second but for the first, which nothing comes before; to a window of the envelope, from where it goes back.
        assert_eq!(onsets.len(), 9, "{onsets:?}");
        for (onset, second) in onsets.iter().zip(1..) {
            assert!((onset - f64::from(second)).abs() < 2048.0 / 48_000.0, "{onsets:?}");
        }
        // Those that are nearer than 50 frames of the envelope count once.
        let mut bright = Bright::new(48_000, 1, 480_000, 1000);
        bright.look(&[clicks(480_000, 12_000)]);
        let (_, onsets) = bright.finish().unwrap();
        assert!(onsets.len() > 10 && onsets.windows(2).all(|pair| pair[1] - pair[0] > 0.45), "{onsets:?}");
    }

    #[test]
    fn stretches_make_no_difference() {
        let sound = clicks(3 * 102_400, 30_000);
        let look = |stretches: &[&[f32]]| {
            let new = || Bright::new(48_000, 1, sound.len() as u64, 100);
            let mut whole = new();
            for stretch in stretches {
                let mut seen = new();
                seen.look(&[stretch.to_vec()]);
                whole.append(seen).unwrap();
            }
            whole.finish().unwrap()
        };
        assert!(look(&[&sound]) == look(&sound.chunks(102_400).collect::<Vec<_>>()));
    }

    #[test]
    fn long_sounds_are_not_kept() {
        assert!(Bright::new(48_000, 2, LONGEST + 1, 16_000).mono.is_none());
        assert!(Bright::new(48_000, 2, LONGEST, 16_000).mono.is_some());
        // A stretch of half a second would be less than a pixel.
        assert!(Bright::new(48_000, 2, 500 * 25_600, 500).mono.is_none());
        assert!(Bright::new(48_000, 2, 0, 500).mono.is_none());
    }

    #[test]
    fn the_mean_is_that_of_all_channels() {
        assert_eq!(mean(&[vec![0.5, -1.0], vec![0.25, 1.0]]), [0.375, 0.0]);
        assert_eq!(mean(&[vec![0.1, -0.3]]), [0.1, -0.3]);
        assert!(mean(&[]).is_empty());
    }
}
