//! Attack and release.

use super::Lanes;

/// How fast a number may rise and fall: it goes towards where it should be, with one time constant upwards and another
/// one downwards.
///
/// The smooth branching detector of Giannoulis, Massberg and Reiss: after one time constant, `1 - 1/e` = 63 % of a step
/// are done.
#[derive(Clone, Copy)]
pub struct Ballistics {
    /// The shares that are done of the way, within a frame.
    rise: f64,
    fall: f64,
}

/// The numbers go to this much below where they should be, and not below zero: so they reach zero in the end, without a
/// step. In octaves it is 0.0006 dB.
pub const BELOW: f64 = 1e-4;

impl Ballistics {
    /// The time constants upwards and downwards, in milliseconds; 0 is at once.
    pub fn new(rise_ms: f64, fall_ms: f64, rate: u32) -> Self {
        Ballistics { rise: step(rise_ms, rate), fall: step(fall_ms, rate) }
    }

    /// Lets a number for each channel follow the first `frames` of its targets, none of them negative, and puts it in
    /// their place.
    #[inline(always)]
    pub fn follow<const CHANNELS: usize>(&self, states: &mut [f64; 2], targets: &mut [Lanes; CHANNELS], frames: usize) {
        // Whichever way it goes, the faster way is the one that comes closer: upwards the larger of both, downwards too if
        // the rise is the faster one, and else the smaller one. That saves the question, for which all would have to wait.
        if self.rise >= self.fall {
            self.run(states, targets, frames, |rise, fall| if rise > fall { rise } else { fall });
        } else {
            self.run(states, targets, frames, |rise, fall| if rise < fall { rise } else { fall });
        }
    }

    #[inline(always)]
    fn run<const CHANNELS: usize>(
        &self,
        states: &mut [f64; 2],
        targets: &mut [Lanes; CHANNELS],
        frames: usize,
        chosen: impl Fn(f64, f64) -> f64,
    ) {
        let mut y: [f64; CHANNELS] = std::array::from_fn(|channel| states[channel]);
        let keep = [1.0 - self.rise, 1.0 - self.fall];
        for frame in 0..frames.min(super::CHUNK) {
            for (y, targets) in y.iter_mut().zip(targets.iter_mut()) {
                let target = f64::from(targets[frame]) - BELOW;
                let next = chosen(keep[0] * *y + self.rise * target, keep[1] * *y + self.fall * target);
                *y = if next > 0.0 { next } else { 0.0 };
                targets[frame] = *y as f32;
            }
        }
        states[..CHANNELS].copy_from_slice(&y);
    }
}

/// The share of a way that is done within a frame, with a time constant in milliseconds: `1 - e^(-1 / frames)`.
pub fn step(ms: f64, rate: u32) -> f64 {
    if ms > 0.0 { -libm::expm1(-1e3 / (ms * f64::from(rate))) } else { 1.0 }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn is_the_branching_detector() {
        for (rise_ms, fall_ms) in [(1.0, 10.0), (10.0, 1.0), (0.0, 3.0), (3.0, 0.0), (2.0, 2.0)] {
            let ballistics = Ballistics::new(rise_ms, fall_ms, 48_000);
            let (mut states, mut expected) = ([0.0; 2], 0.0_f64);
            for chunk in 0..40_u32 {
                let targets: Lanes = std::array::from_fn(|i| ((chunk / 4 * 7 + i as u32 / 40) % 5) as f32);
                let mut lanes = [targets];
                ballistics.follow(&mut states, &mut lanes, super::super::CHUNK);
                for (y, target) in lanes[0].iter().zip(targets) {
                    let target = f64::from(target) - BELOW;
                    let part = if target > expected { ballistics.rise } else { ballistics.fall };
                    expected = (expected + part * (target - expected)).max(0.0);
                    assert!((f64::from(*y) - expected).abs() < 1e-6, "{rise_ms} {fall_ms}");
                }
            }
        }
    }

    #[test]
    fn nothing_is_left_of_the_largest_number_after_fifteen_time_constants() {
        // From 40 octaves down to the ten-thousandth that is taken away: ln(4e5) = 12.9.
        let ballistics = Ballistics::new(0.0, 1.0, 48_000);
        let mut states = [40.0; 2];
        for _ in 0..15 * 48 / super::super::CHUNK {
            ballistics.follow(&mut states, &mut [[0.0; super::super::CHUNK]; 2], super::super::CHUNK);
        }
        assert_eq!(states, [0.0; 2]);
    }
}
