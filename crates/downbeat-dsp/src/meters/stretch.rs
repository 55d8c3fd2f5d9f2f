//! The levels of a stretch of sound that is at hand as a whole.

use std::ops::Range;

use crate::Audio;
use crate::simd::{Work, widest};

/// The levels of a stretch of sound, as amplitudes: full scale is 1.
///
/// ```
/// use downbeat_dsp::{Audio, StretchLevels};
/// let sound = Audio::mono(48_000, vec![0.0, 0.5, -0.75, 0.5]);
/// let levels = StretchLevels::of(&sound, 1..3);
/// assert_eq!((levels.highest, levels.lowest, levels.peak()), (0.5, -0.75, 0.75));
/// ```
#[derive(Clone, Copy, PartialEq, Debug, Default)]
pub struct StretchLevels {
    /// The largest sample, signed.
    pub highest: f32,
    /// The smallest sample, signed.
    pub lowest: f32,
    /// The root of the mean of the squares.
    pub rms: f64,
}

impl StretchLevels {
    /// The largest magnitude.
    pub fn peak(&self) -> f64 {
        f64::from(self.highest.max(-self.lowest))
    }

    /// Measures the frames of a range, over all channels. What lies after the end is left out; nothing is silence.
    pub fn of(audio: &Audio, range: Range<usize>) -> Self {
        let end = range.end.min(audio.frames());
        let start = range.start.min(end);
        let mut levels = StretchLevels { highest: f32::NEG_INFINITY, lowest: f32::INFINITY, rms: 0.0 };
        let (mut squares, mut count) = (0.0, 0);
        for plane in audio.planes() {
            let plane = widest(Measure(&plane[start..end]));
            levels.highest = levels.highest.max(plane.high);
            levels.lowest = levels.lowest.min(plane.low);
            squares += plane.squares;
            count += end - start;
        }
        if count == 0 {
            return StretchLevels::default();
        }
        levels.rms = (squares / count as f64).sqrt();
        levels
    }
}

/// As many sums side by side as keep the widest registers busy; they are added up in a fixed order.
const LANES: usize = 16;

/// The extremes of some samples and the sum of their squares.
struct Plane {
    high: f32,
    low: f32,
    squares: f64,
}

struct Measure<'a>(&'a [f32]);

impl Work for Measure<'_> {
    type Output = Plane;

    #[inline(always)]
    fn run(self) -> Plane {
        let mut high = [f32::NEG_INFINITY; LANES];
        let mut low = [f32::INFINITY; LANES];
        let mut squares = [0.0f64; LANES];
        let (groups, rest) = self.0.as_chunks::<LANES>();
        for group in groups {
            for lane in 0..LANES {
                let x = group[lane];
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
        Plane {
            high: high.into_iter().fold(f32::NEG_INFINITY, f32::max),
            low: low.into_iter().fold(f32::INFINITY, f32::min),
            squares: squares.into_iter().sum(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn levels_of_a_stretch_are_those_of_its_samples() {
        // 39 frames: two whole groups of lanes and a rest. Values are small dyadic numbers, so the sums are exact.
        let left: Vec<f32> = (0..39).map(|i| (i as f32 - 19.0) / 32.0).collect();
        let right = vec![0.25; 39];
        let audio = Audio::stereo(48_000, left.clone(), right);
        let levels = StretchLevels::of(&audio, 2..38);
        assert_eq!((levels.highest, levels.lowest), (18.0 / 32.0, -17.0 / 32.0));
        assert_eq!(levels.peak(), 18.0 / 32.0);
        let squares: f64 = left[2..38].iter().map(|x| f64::from(x * x)).sum::<f64>() + 36.0 / 16.0;
        assert_eq!(levels.rms, (squares / 72.0).sqrt());
        assert_eq!(StretchLevels::of(&audio, 50..60), StretchLevels::default());
    }
}
