//! A delay that goes where it is told to, without a click.

/// How long it takes to come to 1/e of the way, in seconds.
const TIME: f64 = 0.02;
/// The most a delay moves in a frame, in frames. Below 1, what has been heard is never heard again, backwards.
const FASTEST: f64 = 0.5;
/// So near, in frames, is there.
const NEAR: f64 = 1e-6;

/// A number of frames that follows another one: exponentially, and not faster than half a frame a frame.
#[derive(Clone, PartialEq)]
pub struct Glide {
    value: f64,
}

impl Glide {
    /// At rest.
    pub fn new(value: f64) -> Self {
        Glide { value }
    }

    /// Where it is.
    pub fn value(&self) -> f64 {
        self.value
    }

    /// The next frames on the way to the target, at `rate` frames per second.
    #[inline(always)]
    pub fn fill(&mut self, target: f64, rate: u32, out: &mut [f64]) {
        if self.value == target {
            return out.fill(target);
        }
        let share = 1.0 - libm::exp(-1.0 / (TIME * f64::from(rate)));
        for y in out {
            let away = target - self.value;
            self.value = if away.abs() < NEAR { target } else { self.value + (away * share).clamp(-FASTEST, FASTEST) };
            *y = self.value;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_comes_to_the_target_slowly_enough_and_in_any_blocks() {
        for target in [10.0, 2000.0, 0.5] {
            let (mut whole, mut parts) = (Glide::new(100.0), Glide::new(100.0));
            let mut at_once = vec![0.0; 48_000];
            whole.fill(target, 48_000, &mut at_once);
            let mut in_parts = at_once.clone();
            in_parts.chunks_mut(37).for_each(|part| parts.fill(target, 48_000, part));
            assert_eq!(at_once, in_parts);
            assert_eq!(whole.value(), target);
            assert!(at_once.windows(2).all(|pair| (pair[1] - pair[0]).abs() <= FASTEST));
        }
    }
}
