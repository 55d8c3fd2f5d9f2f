//! The contour of a note as an instrument runs it: attack, decay, sustain and a release that can come at any time.
//!
//! The attack is a straight line. Decay and release are the discharge of a capacitor, as in analogue synthesisers, by
//! [`STEEPNESS`] time constants, and laid so that they arrive exactly where and when they should.

use super::envelope::frames_of_ms;

/// How many time constants of the exponential a decay and a release are.
const STEEPNESS: f64 = 5.0;
/// No release is shorter, so that no note ends with a click.
const SHORTEST_RELEASE_MS: f64 = 1.0;

/// The times and the level of a contour.
#[derive(Clone, Copy, PartialEq, Debug)]
pub(super) struct Shape {
    attack: u64,
    decay: u64,
    sustain: f64,
    release: u64,
}

impl Shape {
    /// Times in milliseconds, and the sustain level as a factor.
    pub(super) fn new(attack_ms: f64, decay_ms: f64, sustain: f64, release_ms: f64, rate: u32) -> Self {
        Shape {
            attack: frames_of_ms(attack_ms, rate),
            decay: frames_of_ms(decay_ms, rate),
            sustain,
            release: frames_of_ms(release_ms.max(SHORTEST_RELEASE_MS), rate).max(1),
        }
    }

    /// How many frames it takes until it is 0 for ever, when the note is held for `held` frames.
    pub(super) fn frames(&self, held: u64) -> u64 {
        let rest = self.attack.saturating_add(self.decay);
        let held = if self.sustain == 0.0 { held.min(rest) } else { held };
        held.saturating_add(self.release)
    }
}

/// A contour in motion.
#[derive(Clone, Debug)]
pub(super) struct Contour {
    shape: Shape,
    stage: Stage,
    value: f64,
    /// The frames that are left of the stage.
    left: u64,
    /// Where the stage ends.
    target: f64,
    /// The next value is `factor` times the value, plus `offset`.
    factor: f64,
    offset: f64,
}

#[derive(Clone, Copy, PartialEq, Debug)]
enum Stage {
    Attack,
    Decay,
    Sustain,
    Release,
    Over,
}

impl Contour {
    pub(super) fn new(shape: Shape) -> Self {
        Contour { shape, stage: Stage::Over, value: 0.0, left: 0, target: 0.0, factor: 0.0, offset: 0.0 }
    }

    /// Starts from 0.
    pub(super) fn start(&mut self) {
        (self.stage, self.value, self.target, self.left) = (Stage::Attack, 0.0, 1.0, self.shape.attack);
        (self.factor, self.offset) = (1.0, 1.0 / self.shape.attack.max(1) as f64);
        self.skip_empty();
    }

    /// Goes to 0 from wherever it is.
    pub(super) fn release(&mut self) {
        if self.stage != Stage::Over {
            self.stage = Stage::Release;
            self.approach(0.0, self.shape.release);
        }
    }

    /// Whether it stays at 0.
    pub(super) fn is_over(&self) -> bool {
        self.stage == Stage::Over
    }

    /// The value of the next frame.
    pub(super) fn value(&self) -> f64 {
        self.value
    }

    /// The value at each of the next frames.
    #[inline(always)]
    pub(super) fn fill(&mut self, out: &mut [f64]) {
        let mut out = out;
        while !out.is_empty() {
            let length = self.left.min(out.len() as u64) as usize;
            if length == 0 {
                // The stages without an end.
                out.fill(self.value);
                return;
            }
            let (now, later) = out.split_at_mut(length);
            for out in now {
                *out = self.value;
                self.value = self.value * self.factor + self.offset;
            }
            self.left -= length as u64;
            if self.left == 0 {
                self.value = self.target;
                self.advance();
                self.skip_empty();
            }
            out = later;
        }
    }

    /// Goes over stages of no length.
    fn skip_empty(&mut self) {
        while self.left == 0 && !matches!(self.stage, Stage::Sustain | Stage::Over) {
            self.value = self.target;
            self.advance();
        }
    }

    fn advance(&mut self) {
        match self.stage {
            Stage::Attack => {
                self.stage = Stage::Decay;
                self.approach(self.shape.sustain, self.shape.decay);
            }
            Stage::Decay if self.shape.sustain > 0.0 => self.stage = Stage::Sustain,
            _ => self.stage = Stage::Over,
        }
    }

    /// From the value to `target` in so many frames: `target + (value - target) (e^(-kt) - e^(-k)) / (1 - e^(-k))`, with t
    /// from 0 to 1 and k the [`STEEPNESS`].
    fn approach(&mut self, target: f64, frames: u64) {
        let end = libm::exp(-STEEPNESS);
        let asymptote = target - (self.value - target) * end / (1.0 - end);
        self.factor = libm::exp(-STEEPNESS / frames.max(1) as f64);
        self.offset = asymptote * (1.0 - self.factor);
        (self.target, self.left) = (target, frames);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The values of a contour that is held for `held` frames, and `more` after that, in pieces of 7.
    fn values(shape: Shape, held: usize, more: usize) -> Vec<f64> {
        let mut contour = Contour::new(shape);
        contour.start();
        let mut values = vec![9.0; held + more];
        let (first, second) = values.split_at_mut(held);
        first.chunks_mut(7).for_each(|piece| contour.fill(piece));
        contour.release();
        second.chunks_mut(7).for_each(|piece| contour.fill(piece));
        assert!(contour.is_over());
        values
    }

    #[test]
    fn every_corner_is_where_it_should_be() {
        // 10 ms up, 20 ms down to a half, 40 ms to nothing.
        let shape = Shape::new(10.0, 20.0, 0.5, 40.0, 48_000);
        let values = values(shape, 4_800, 2_000);
        assert_eq!(shape.frames(4_800), 4_800 + 1_920);
        // The decay's exponential at t: e^(-5 t), laid from 1 to 0.
        let discharge = |t: f64| (libm::exp(-5.0 * t) - libm::exp(-5.0)) / (1.0 - libm::exp(-5.0));
        let expected = |frame: usize| match frame {
            0..480 => frame as f64 / 480.0,
            480..1_440 => 0.5 + 0.5 * discharge((frame - 480) as f64 / 960.0),
            1_440..4_800 => 0.5,
            4_800..6_720 => 0.5 * discharge((frame - 4_800) as f64 / 1_920.0),
            _ => 0.0,
        };
        for (frame, value) in values.iter().enumerate() {
            // The rounding of a sum of up to 1920 products.
            assert!((value - expected(frame)).abs() < 1e-12, "{frame}: {value} {}", expected(frame));
        }
        assert!(values[6_719] > 0.0 && values[6_720] == 0.0);
    }

    #[test]
    fn a_release_in_the_middle_goes_on_from_there() {
        let shape = Shape::new(10.0, 20.0, 0.5, 40.0, 48_000);
        for held in [1, 100, 480, 700] {
            let values = values(shape, held, 2_000);
            let steps = values.windows(2).map(|pair| (pair[1] - pair[0]).abs());
            // No step is larger than the steepest of the attack and of the decay's beginning.
            assert!(steps.fold(0.0, f64::max) < 3e-3, "{held}");
            assert!(values[held + 1_919] > 0.0 && values[held + 1_920] == 0.0);
        }
    }

    #[test]
    fn times_of_nothing_are_skipped() {
        let values = values(Shape::new(0.0, 0.0, 0.25, 0.0, 48_000), 100, 100);
        assert!(values[..100].iter().all(|&x| x == 0.25));
        // A millisecond keeps the end from clicking.
        assert!(values[147] > 0.0 && values[148] == 0.0);
        let percussive = Shape::new(0.0, 10.0, 0.0, 0.0, 48_000);
        assert_eq!(percussive.frames(1_000_000), 480 + 48);
        assert!(self::values(percussive, 600, 0)[480..].iter().all(|&x| x == 0.0));
    }
}
