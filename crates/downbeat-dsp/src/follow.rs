//! Numbers that follow the level of another sound.

use std::sync::Arc;

use crate::decibels;

/// The frames of a piece in which the level is taken to stand still.
const PIECE: i64 = 16;

/// How a number follows the level of a strip.
///
/// The level is that of the peaks of pieces of 16 frames, the louder channel counts. It goes up with the attack and down
/// with the release, each a smoothing of one pole: after that time 63 % of the way are done.
#[derive(Clone, PartialEq, Debug)]
pub struct Follow {
    /// The name of the strip.
    pub strip: Arc<str>,
    /// How fast the level goes up, in frames.
    pub attack: f64,
    /// How fast it goes down, in frames.
    pub release: f64,
    /// The level at and below which the number is `quiet`, in decibels below full scale.
    pub floor_db: f64,
    /// The level at and above which it is `loud`. Between the two it is proportional to the decibels.
    pub top_db: f64,
    /// The number while the strip is quiet.
    pub quiet: f64,
    /// The number while it is loud; it may be below the other.
    pub loud: f64,
}

impl Follow {
    /// The number at a level, which is an amplitude.
    fn number(&self, level: f64) -> f64 {
        let part = (decibels(level) - self.floor_db) / (self.top_db - self.floor_db);
        self.quiet + (self.loud - self.quiet) * part.clamp(0.0, 1.0)
    }

    /// Bytes that are equal exactly when the numbers are, given the same sound.
    pub(crate) fn key_bytes(&self) -> Vec<u8> {
        let mut bytes = self.strip.as_bytes().to_vec();
        for x in [self.attack, self.release, self.floor_db, self.top_db, self.quiet, self.loud] {
            bytes.extend(x.to_bits().to_le_bytes());
        }
        bytes
    }
}

/// A level that is followed, frame after frame.
#[derive(Clone, PartialEq, Debug)]
pub struct Follower {
    follow: Follow,
    level: f64,
    /// The largest sample in the piece at hand.
    peak: f32,
    /// The frame of the song that comes next.
    at: i64,
}

impl Follower {
    /// Before the frame `at` of the song, in silence.
    pub fn new(follow: Follow, at: i64) -> Self {
        Follower { follow, level: 0.0, peak: 0.0, at }
    }

    /// The name of the strip that it listens to.
    pub fn strip(&self) -> &str {
        &self.follow.strip
    }

    /// The number after the last whole piece that was heard. It is what counts in the piece at hand.
    pub fn number(&self) -> f64 {
        self.follow.number(self.level)
    }

    /// The frame of the song that comes next.
    pub fn at(&self) -> i64 {
        self.at
    }

    /// The frame of the song at which the piece at hand is over.
    pub fn end(&self) -> i64 {
        (self.at.div_euclid(PIECE) + 1) * PIECE
    }

    /// Hears the next frames, at most as many as are left of the piece; of none it hears silence.
    pub fn hear(&mut self, planes: Option<[&[f32]; 2]>, frames: usize) {
        for plane in planes.into_iter().flatten() {
            let heard = plane[..frames.min(plane.len())].iter();
            self.peak = heard.fold(self.peak, |peak, x| peak.max(x.abs()));
        }
        let end = self.end();
        self.at += frames as i64;
        if self.at >= end {
            let peak = f64::from(self.peak);
            let time = if peak > self.level { self.follow.attack } else { self.follow.release };
            let left = if time > 0.0 { libm::exp(-(PIECE as f64) / time) } else { 0.0 };
            self.level = peak + (self.level - peak) * left;
            // What nobody can hear any more is nothing, so that it does not go on for ever.
            if self.level < 1e-10 {
                self.level = 0.0;
            }
            self.peak = 0.0;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn follower(attack: f64, release: f64) -> Follower {
        let (quiet, loud) = (100.0, 20.0);
        let follow = Follow { strip: "Kick".into(), attack, release, floor_db: -40.0, top_db: 0.0, quiet, loud };
        Follower::new(follow, -24)
    }

    /// Hears a steady sound in blocks, which are cut at the ends of pieces.
    fn hear(follower: &mut Follower, sound: f32, mut frames: usize, block: usize) {
        let plane = vec![sound; frames];
        while frames > 0 {
            let part = block.min(frames).min((follower.end() - follower.at) as usize);
            follower.hear(Some([&plane[..part], &plane[..part]]), part);
            frames -= part;
        }
    }

    #[test]
    fn a_level_maps_onto_the_numbers() {
        for (sound, number) in [(0.0, 100.0), (0.001, 100.0), (0.1, 60.0), (-0.1, 60.0), (1.0, 20.0), (3.0, 20.0)] {
            let mut follower = follower(0.0, 0.0);
            hear(&mut follower, sound, 64, 64);
            assert!((follower.number() - number).abs() < 1e-5, "{sound}: {}", follower.number());
        }
    }

    #[test]
    fn attack_and_release_are_times_of_63_percent() {
        let mut follower = follower(1600.0, 8000.0);
        hear(&mut follower, 0.5, 8 + 1600, 64);
        assert!((follower.level - 0.5 * (1.0 - libm::exp(-1.0))).abs() < 5e-3, "{}", follower.level);
        hear(&mut follower, 0.5, 160_000, 64);
        hear(&mut follower, 0.0, 8000, 64);
        assert!((follower.level - 0.5 * libm::exp(-1.0)).abs() < 5e-3, "{}", follower.level);
    }

    #[test]
    fn blocks_change_nothing() {
        let run = |block: usize| {
            let mut follower = follower(300.0, 900.0);
            for sound in [0.3, 0.9, 0.01] {
                hear(&mut follower, sound, 777, block);
            }
            follower
        };
        for block in [1, 3, 16, 100] {
            assert!(run(block) == run(777), "{block}");
        }
    }
}
