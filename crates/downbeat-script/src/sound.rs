//! Facts about sound: recordings are decoded once, kept, and handed on to whoever renders the mix.

use std::sync::{Arc, Mutex, PoisonError};

use downbeat_dsp::Audio;
use downbeat_engine::media::Pick;
use downbeat_engine::session::{Clip, Recording, Source};
use downbeat_engine::{World, render_clip};

use crate::rhythm::Rhythms;

/// How many samples are kept at the most, beside the sound that was made last: 256 MiB.
const KEPT_SAMPLES: usize = 64 << 20;

/// The sounds that were asked for so far.
pub(crate) struct Sounds {
    world: Arc<dyn World>,
    threads: Option<usize>,
    made: Mutex<Vec<(Arc<Clip>, Arc<Audio>)>>,
    /// What went wrong last. A field has no other way to say it than to be missing.
    trouble: Mutex<Option<String>>,
    /// Recordings that were opened, with the rate they were opened for.
    opened: Mutex<Vec<(u32, Recording)>>,
    /// What was heard in them.
    pub(crate) rhythms: Rhythms,
}

impl Sounds {
    pub(crate) fn new(world: Arc<dyn World>, threads: Option<usize>) -> Self {
        Sounds {
            world,
            threads,
            made: Mutex::default(),
            trouble: Mutex::default(),
            opened: Mutex::default(),
            rhythms: Rhythms::default(),
        }
    }

    /// The sound of a clip; `None` when it cannot be made, which [`Sounds::take_trouble`] tells.
    pub(crate) fn audio(&self, clip: &Arc<Clip>, rate: u32) -> Option<Arc<Audio>> {
        let mut made = self.made.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some((_, audio)) = made.iter().find(|(known, audio)| same(known, clip) && audio.rate() == rate) {
            return Some(audio.clone());
        }
        match render_clip(clip, rate, self.world.clone(), self.threads) {
            Ok(audio) => {
                made.push((clip.clone(), audio.clone()));
                let samples = |kept: &[(_, Arc<Audio>)]| -> usize {
                    kept.iter().map(|(_, audio)| audio.frames() * audio.channels().count()).sum()
                };
                while made.len() > 1 && samples(&made) > KEPT_SAMPLES {
                    made.remove(0);
                }
                Some(audio)
            }
            Err(error) => {
                self.set_trouble(error.to_string());
                None
            }
        }
    }

    /// A recording that was opened before, or that is opened now.
    pub(crate) fn known_recording<E>(
        &self,
        path: &str,
        pick: Pick,
        rate: u32,
        open: impl FnOnce(&dyn World) -> Result<Recording, E>,
    ) -> Result<Recording, E> {
        let mut opened = self.opened.lock().unwrap_or_else(PoisonError::into_inner);
        let known = opened.iter().find(|(at, known)| *at == rate && known.path == path && known.pick == pick);
        if let Some((_, known)) = known {
            return Ok(known.clone());
        }
        let recording = open(self.world.as_ref())?;
        opened.push((rate, recording.clone()));
        Ok(recording)
    }

    /// Notes what went wrong with a field that is about to be missing.
    pub(crate) fn set_trouble(&self, trouble: String) {
        *self.trouble.lock().unwrap_or_else(PoisonError::into_inner) = Some(trouble);
    }

    /// What went wrong last.
    pub(crate) fn take_trouble(&self) -> Option<String> {
        self.trouble.lock().unwrap_or_else(PoisonError::into_inner).take()
    }

    /// The recordings that were decoded, as they are in their files.
    pub(crate) fn recordings(&self) -> Vec<(Recording, Arc<Audio>)> {
        let made = self.made.lock().unwrap_or_else(PoisonError::into_inner);
        let plain = made.iter().filter(|(clip, _)| clip.chain.is_empty());
        plain
            .filter_map(|(clip, audio)| match &clip.source {
                Source::Recording(recording) => Some((recording.clone(), audio.clone())),
                _ => None,
            })
            .collect()
    }
}

impl std::fmt::Debug for Sounds {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Sounds")
    }
}

/// Whether two clips are the same sound.
pub(crate) fn same(a: &Arc<Clip>, b: &Arc<Clip>) -> bool {
    Arc::ptr_eq(a, b) || a == b
}

/// The levels of a stretch of sound, as amplitudes.
#[derive(Clone, Copy, PartialEq, Debug, Default)]
pub(crate) struct Levels {
    /// The largest sample, signed.
    pub(crate) highest: f32,
    /// The smallest sample, signed.
    pub(crate) lowest: f32,
    /// The root of the mean of the squares.
    pub(crate) rms: f64,
}

impl Levels {
    /// The largest absolute value.
    pub(crate) fn peak(&self) -> f64 {
        f64::from(self.highest.max(-self.lowest))
    }

    /// Measures the frames of a range, over all channels. What lies after the end is left out; nothing is silence.
    pub(crate) fn of(audio: &Audio, range: std::ops::Range<usize>) -> Self {
        let end = range.end.min(audio.frames());
        let start = range.start.min(end);
        let mut levels = Levels { highest: f32::NEG_INFINITY, lowest: f32::INFINITY, rms: 0.0 };
        let (mut squares, mut count) = (0.0, 0);
        for plane in audio.planes() {
            let plane = &plane[start..end];
            let stretch = measure(plane);
            levels.highest = levels.highest.max(stretch.0);
            levels.lowest = levels.lowest.min(stretch.1);
            squares += stretch.2;
            count += plane.len();
        }
        if count == 0 {
            return Levels::default();
        }
        levels.rms = (squares / count as f64).sqrt();
        levels
    }
}

/// The largest and the smallest sample and the sum of squares, in lanes, so that the loop can be vectorised; the lanes
/// are added up in a fixed order.
fn measure(samples: &[f32]) -> (f32, f32, f64) {
    const LANES: usize = 8;
    let mut high = [f32::NEG_INFINITY; LANES];
    let mut low = [f32::INFINITY; LANES];
    let mut squares = [0.0f64; LANES];
    let (chunks, rest) = samples.as_chunks::<LANES>();
    for chunk in chunks {
        for lane in 0..LANES {
            let x = chunk[lane];
            high[lane] = if x > high[lane] { x } else { high[lane] };
            low[lane] = if x < low[lane] { x } else { low[lane] };
            squares[lane] += f64::from(x) * f64::from(x);
        }
    }
    for (lane, &x) in rest.iter().enumerate() {
        high[lane] = high[lane].max(x);
        low[lane] = low[lane].min(x);
        squares[lane] += f64::from(x) * f64::from(x);
    }
    let high = high.into_iter().fold(f32::NEG_INFINITY, f32::max);
    let low = low.into_iter().fold(f32::INFINITY, f32::min);
    (high, low, squares.into_iter().sum())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn levels_of_a_stretch_are_those_of_its_samples() {
        // 21 frames: two whole chunks of lanes and a rest. Values are small dyadic numbers, so the sums are exact.
        let left: Vec<f32> = (0..21).map(|i| (i as f32 - 10.0) / 16.0).collect();
        let right = vec![0.25; 21];
        let audio = Audio::stereo(48_000, left.clone(), right);
        let levels = Levels::of(&audio, 2..20);
        assert_eq!((levels.highest, levels.lowest), (9.0 / 16.0, -0.5));
        assert_eq!(levels.peak(), 9.0 / 16.0);
        let squares: f64 = left[2..20].iter().map(|x| f64::from(x * x)).sum::<f64>() + 18.0 / 16.0;
        assert_eq!(levels.rms, (squares / 36.0).sqrt());
        assert_eq!(Levels::of(&audio, 30..40), Levels::default());
    }
}
