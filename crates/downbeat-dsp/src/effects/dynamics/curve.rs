//! Static curves: how far a level lies beyond its threshold.

use super::{Lanes, octaves};

/// How far a level lies above a threshold, with a soft knee.
///
/// Times `1 - 1/ratio` this is the reduction of a compressor, the negative of equation 4 of Giannoulis, Massberg and
/// Reiss. Of a level and a threshold with the signs turned round it is how far the level lies below, for an expander.
#[derive(Clone, Copy)]
pub struct Overshoot {
    /// The lower end of the knee.
    start: f32,
    width: f32,
    /// `1 / (2 width)`.
    bend: f32,
}

impl Overshoot {
    /// The threshold and the whole width of the knee around it, in decibels.
    pub fn new(threshold_db: f64, knee_db: f64) -> Self {
        // A knee of a millionth is none, and leaves no zero to divide by.
        let width = octaves(knee_db).max(1e-6);
        Overshoot {
            start: (octaves(threshold_db) - width / 2.0) as f32,
            width: width as f32,
            bend: (0.5 / width) as f32,
        }
    }

    /// Puts the overshoot in the place of each level, in octaves.
    #[inline(always)]
    pub fn above(&self, levels: &mut Lanes) {
        for level in levels {
            *level = self.of(*level);
        }
    }

    /// The same for one level. A parabola within the knee, a straight line beyond.
    #[inline(always)]
    pub fn of(&self, level: f32) -> f32 {
        let over = level - self.start;
        let over = if over > 0.0 { over } else { 0.0 };
        let within = if over < self.width { over } else { self.width };
        within * within * self.bend + (over - within)
    }
}

/// Brings the numbers of both channels together: 0 leaves them apart, 1 gives both of them the larger one.
#[inline(always)]
pub fn link<const CHANNELS: usize>(lanes: &mut [Lanes; CHANNELS], link: f32) {
    if let [left, right] = lanes.as_mut_slice() {
        for (left, right) in left.iter_mut().zip(right) {
            let larger = if *left > *right { *left } else { *right };
            *left += link * (larger - *left);
            *right += link * (larger - *right);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_knee_joins_the_lines_without_a_corner() {
        for knee_db in [0.0, 3.0, 24.0] {
            let curve = Overshoot::new(-20.0, knee_db);
            for i in -600..=100 {
                let level_db = f64::from(i) * 0.1;
                // Equation 4 of the paper, in decibels, for a ratio without end.
                let over = level_db + 20.0;
                let expected = if 2.0 * over < -knee_db {
                    0.0
                } else if 2.0 * over.abs() <= knee_db && knee_db > 0.0 {
                    (over + knee_db / 2.0) * (over + knee_db / 2.0) / (2.0 * knee_db)
                } else {
                    over.max(0.0)
                };
                let got = f64::from(curve.of(octaves(level_db) as f32)) / octaves(1.0);
                // Half of the millionth of an octave that is left of a knee of nothing, and roundings of numbers below 16.
                assert!((got - expected).abs() < 2e-5, "{level_db} dB, knee {knee_db} dB: {got} for {expected}");
            }
        }
    }

    #[test]
    fn a_link_gives_what_the_louder_channel_has() {
        let both = |amount| {
            let mut lanes = [[4.0; super::super::CHUNK], [1.0; super::super::CHUNK]];
            link(&mut lanes, amount);
            lanes.map(|lanes| lanes[7])
        };
        assert_eq!([both(0.0), both(0.5), both(1.0)], [[4.0, 1.0], [4.0, 2.5], [4.0, 4.0]]);
    }
}
