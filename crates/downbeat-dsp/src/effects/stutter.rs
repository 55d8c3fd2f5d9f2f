//! A record that hangs.

use crate::{Audio, ClipEffect, ratio};

crate::params! {
    /// Repeats the beginning of every stretch instead of going on: the classic beat repeat.
    ///
    /// The clip is parted into windows of `repeats` slices. In each of them the first slice is played as many times, and
    /// what lay in the others is not heard. Slice k begins at k times `slice_ms`, to the nearest frame, so they stay in time
    /// however many there are. Before each of them the sound that ends is crossfaded into what comes before the slice,
    /// so the slice itself begins whole.
    pub struct Stutter: "stutter" {
        /// The length of a slice, in milliseconds.
        slice_ms: f64 = 125.0, in 1.0..=60000.0;
        /// How many times each slice that is kept is heard; 1 changes nothing.
        repeats: u32 = 2, in 1..=64;
        /// By how many decibels each repeat is louder than the one before it.
        step_db: f64 = 0.0, in -60.0..=6.0;
        /// The length of the crossfade before each slice, in milliseconds; at most the slice.
        crossfade_ms: f64 = 2.0, in 0.0..=100.0;
    }
}

impl ClipEffect for Stutter {
    fn apply(&self, clip: Audio) -> Audio {
        let slice = self.slice_ms * f64::from(clip.rate()) / 1000.0;
        let start = |k: usize| (k as f64 * slice).round() as usize;
        let crossfade = (self.crossfade_ms * f64::from(clip.rate()) / 1000.0).round() as usize;
        let gains: Vec<f32> = (0..self.repeats.max(1)).map(|n| ratio(self.step_db * f64::from(n)) as f32).collect();
        let mut out = Audio::silence(clip.format(), clip.frames());
        for (out, plane) in out.planes_mut().zip(clip.planes()) {
            let mut k = 0;
            while start(k) < plane.len() {
                let join = Join { plane, at: start(k + 1), crossfade: crossfade.min(start(k + 1) - start(k)) };
                let to = join.at.min(plane.len());
                let (this, next) = (Slice::new(k, &gains, start), Slice::new(k + 1, &gains, start));
                for (i, y) in out[start(k)..to].iter_mut().enumerate() {
                    *y = join.sample(start(k) + i, this, next);
                }
                k += 1;
            }
        }
        out
    }
}

/// A slice as it is heard: moved by so many frames from where it lies in the clip.
#[derive(Clone, Copy)]
struct Slice {
    moved: usize,
    gain: f32,
}

impl Slice {
    /// Slice `k` of the output.
    fn new(k: usize, gains: &[f32], start: impl Fn(usize) -> usize) -> Self {
        let repeat = k % gains.len();
        Slice { moved: start(k) - start(k - repeat), gain: gains[repeat] }
    }

    /// What is heard of it at a frame; before the clip there is silence.
    fn at(self, frame: usize, plane: &[f32]) -> f32 {
        frame.checked_sub(self.moved).and_then(|from| plane.get(from)).map_or(0.0, |x| self.gain * x)
    }
}

/// The end of a slice.
struct Join<'a> {
    plane: &'a [f32],
    at: usize,
    crossfade: usize,
}

impl Join<'_> {
    /// The sample at a frame before the join, between two slices.
    fn sample(&self, frame: usize, this: Slice, next: Slice) -> f32 {
        let to_go = self.at - frame;
        let now = this.at(frame, self.plane);
        // The same sound on both sides needs no crossfade, and gets no rounding.
        if to_go >= self.crossfade.max(1) || (this.moved == next.moved && this.gain == next.gain) {
            return now;
        }
        let then = next.at(frame, self.plane);
        then + (now - then) * (to_go as f32 / self.crossfade as f32)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn stuttered(settings: &Stutter, rate: u32, samples: Vec<f32>) -> Vec<f32> {
        settings.apply(Audio::mono(rate, samples)).left().to_vec()
    }

    fn counting(frames: usize) -> Vec<f32> {
        (0..frames).map(|n| n as f32).collect()
    }

    #[test]
    fn slices_are_repeated_to_the_frame() {
        let settings = Stutter { slice_ms: 4.0, repeats: 3, crossfade_ms: 0.0, ..Stutter::default() };
        let output = stuttered(&settings, 1000, counting(18));
        let expected = [0, 1, 2, 3, 0, 1, 2, 3, 0, 1, 2, 3, 12, 13, 14, 15, 12, 13];
        assert_eq!(output, expected.map(|n| n as f32));
    }

    #[test]
    fn slices_of_broken_lengths_do_not_drift() {
        let settings = Stutter { slice_ms: 2.5, repeats: 2, crossfade_ms: 0.0, ..Stutter::default() };
        let output = stuttered(&settings, 1000, counting(5000));
        for window in 0..1000 {
            // Slices of two and a half frames begin at 0, 3, 5, 8, 10...
            let at = 5 * window;
            let heard: Vec<usize> = output[at..at + 5].iter().map(|x| *x as usize).collect();
            assert_eq!(heard, [at, at + 1, at + 2, at, at + 1]);
        }
    }

    #[test]
    fn a_repeat_begins_whole_and_the_fade_lies_before_it() {
        let settings = Stutter { slice_ms: 10.0, repeats: 2, crossfade_ms: 4.0, ..Stutter::default() };
        let output = stuttered(&settings, 1000, vec![1.0; 40]);
        // The first repeat comes out of the silence before the clip: the sound goes down to a quarter, and is back at once.
        assert_eq!(output[..11], [1.0, 1.0, 1.0, 1.0, 1.0, 1.0, 1.0, 0.75, 0.5, 0.25, 1.0]);
        assert_eq!(output[10..], [1.0; 30], "later ones come out of what sounded there");
    }

    #[test]
    fn joins_do_not_click() {
        // A sine of 100 Hz in slices of 17 ms: without a crossfade its ends are as far apart as can be.
        let sine: Vec<f32> = (0..48_000).map(|n| libm::sin(n as f64 * 0.013_09) as f32).collect();
        let bend = |samples: &[f32]| {
            let bends = samples.windows(3).skip(900).map(|x| (x[2] - 2.0 * x[1] + x[0]).abs());
            bends.fold(0.0, f32::max)
        };
        let with = |crossfade_ms| {
            bend(&stuttered(&Stutter { slice_ms: 17.0, crossfade_ms, ..Stutter::default() }, 48_000, sine.clone()))
        };
        let (hard, soft) = (with(0.0), with(5.0));
        // A straight line of 240 frames between two sounds at most 2 apart bends by 2 / 240, and by the sine's own bend.
        assert!(hard > 0.5 && soft < 2.0 / 240.0 + 2.0 * 0.000_172 + 0.001, "{hard} {soft}");
    }

    #[test]
    fn repeats_fall_by_equal_steps() {
        let settings = Stutter { slice_ms: 5.0, repeats: 3, step_db: -20.0, crossfade_ms: 0.0 };
        let output = stuttered(&settings, 1000, vec![1.0; 20]);
        let heard: Vec<f32> = output.iter().step_by(5).copied().collect();
        assert_eq!(heard, [1.0, 0.1, 0.01, 1.0]);
    }

    #[test]
    fn heard_once_nothing_changes() {
        let input = counting(1000);
        assert_eq!(
            stuttered(&Stutter { slice_ms: 1.3, repeats: 1, ..Stutter::default() }, 44_100, input.clone()),
            input
        );
    }
}
