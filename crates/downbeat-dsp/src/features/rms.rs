//! The level of a sound, frame by frame.

use super::blocks::by_blocks;
use super::{FeatureError, Framing, Series};
use crate::simd::{Work, widest};

/// The root mean square of each frame, full scale being 1. The framing's window is not used. As `librosa.feature.rms`
/// gives it.
///
/// # Errors
/// When the frame or the hop is out of its range.
///
/// ```
/// use downbeat_dsp::features::{Framing, Padding, rms};
///
/// let framing = Framing { padding: Padding::Edge, ..Framing::default() };
/// let level = rms(&[0.5; 4800], 48_000, framing)?;
/// assert_eq!(level.values, [0.5; 10]);
/// # Ok::<(), downbeat_dsp::features::FeatureError>(())
/// ```
pub fn rms(samples: &[f32], rate: u32, framing: Framing) -> Result<Series, FeatureError> {
    let mean = |blocks: &[f64]| (blocks.iter().sum::<f64>() / framing.frame as f64).sqrt() as f32;
    by_blocks(samples, rate, framing, |_, block| widest(Energy(block)), mean)
}

/// The sum of squares, in 64 bits and in as many sums as keep the widest registers busy.
struct Energy<'a>(&'a [f32]);

impl Work for Energy<'_> {
    type Output = f64;

    #[inline(always)]
    fn run(self) -> f64 {
        const SUMS: usize = 16;
        let mut sums = [0.0; SUMS];
        let (groups, rest) = self.0.as_chunks::<SUMS>();
        for group in groups {
            for (sum, &x) in sums.iter_mut().zip(group) {
                *sum += f64::from(x) * f64::from(x);
            }
        }
        sums.iter().sum::<f64>() + rest.iter().map(|&x| f64::from(x) * f64::from(x)).sum::<f64>()
    }
}
