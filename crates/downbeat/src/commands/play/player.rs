//! What the output calls when it wants more: frames from the ring, on as many channels as it has.

use super::ring::Reader;

/// How long it takes to fade out when it is stopped, in seconds.
const FADE_S: f32 = 0.01;

/// Fills what the output hands over. It never waits and never asks for memory.
pub struct Player {
    ring: Reader,
    /// From 1 down to 0, once it is stopped.
    gain: f32,
    /// How much the gain falls in a frame.
    fall: f32,
    /// Whether the frame before was one of silence because none was there.
    in_gap: bool,
}

impl Player {
    /// Plays what comes out of a ring at a rate in frames per second.
    pub fn new(ring: Reader, rate: u32) -> Self {
        Player { ring, gain: 1.0, fall: 1.0 / (FADE_S * rate as f32).max(1.0), in_gap: false }
    }

    /// Fills `out`, frame after frame of so many channels; `sample` makes of a sample, within full scale, what the output
    /// takes. A single channel hears the mean of both sides, more than two hear nothing from the third on.
    pub fn fill<T: Copy>(&mut self, out: &mut [T], channels: usize, sample: impl Fn(f32) -> T) {
        let silence = sample(0.0);
        for frame in out.chunks_mut(channels.max(1)) {
            let [left, right] = self.next().map(|x| x.clamp(-1.0, 1.0));
            match frame {
                [mono] => *mono = sample(0.5 * (left + right)),
                [first, second, rest @ ..] => {
                    (*first, *second) = (sample(left), sample(right));
                    rest.fill(silence);
                }
                [] => {}
            }
        }
    }

    /// The next frame, faded out when it is stopped; silence when there is none.
    fn next(&mut self) -> [f32; 2] {
        if self.ring.is_stopped() {
            self.gain = (self.gain - self.fall).max(0.0);
            if self.gain == 0.0 {
                self.ring.done();
                return [0.0; 2];
            }
        }
        // Asked before it is read: what was written until the end is there then.
        let has_ended = self.ring.has_ended();
        match self.ring.next() {
            Some(frame) => {
                self.in_gap = false;
                frame.map(|x| x * self.gain)
            }
            None if has_ended => {
                self.ring.done();
                [0.0; 2]
            }
            None => {
                if !self.in_gap {
                    self.ring.gap();
                }
                self.in_gap = true;
                [0.0; 2]
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::commands::play::ring::ring;

    #[test]
    fn every_number_of_channels_hears_it() {
        let frame = |channels: usize| {
            let (mut writer, reader, _) = ring(10);
            writer.write(&[0.5, 3.0], &[-0.25, -3.0]);
            let mut out = vec![9.0; 2 * channels];
            Player::new(reader, 48_000).fill(&mut out, channels, |x| x);
            out
        };
        assert_eq!(frame(1), [0.125, 0.0]);
        assert_eq!(frame(2), [0.5, -0.25, 1.0, -1.0], "beyond full scale there is nothing");
        assert_eq!(frame(4), [0.5, -0.25, 0.0, 0.0, 1.0, -1.0, 0.0, 0.0]);
    }

    #[test]
    fn what_is_stopped_fades_out_and_is_done() {
        let (mut writer, reader, ring) = ring(5000);
        writer.write(&[0.5; 5000], &[0.5; 5000]);
        let mut player = Player::new(reader, 48_000);
        let mut out = [0.0; 1000];
        player.fill(&mut out, 1, |x| x);
        assert!(out.iter().all(|x| *x == 0.5) && !ring.is_done());
        ring.stop();
        player.fill(&mut out, 1, |x| x);
        // Ten milliseconds, in steps of one 480th of it, and the rounding of 480 subtractions.
        assert!(out.windows(2).all(|pair| (0.0..=0.5 / 480.0 + 1e-6).contains(&(pair[0] - pair[1]))));
        assert!(out[470] > 0.0 && out[485..].iter().all(|x| *x == 0.0) && ring.is_done());
    }

    #[test]
    fn a_gap_is_silent_and_counted_once_and_the_end_is_no_gap() {
        let (mut writer, reader, ring) = ring(100);
        let mut player = Player::new(reader, 48_000);
        let mut out = [1_i16; 40];
        let mut fill = |out: &mut [i16]| player.fill(out, 2, |x| (x * 100.0) as i16);
        writer.write(&[0.5; 10], &[0.25; 10]);
        fill(&mut out);
        assert_eq!((&out[18..22], ring.gaps()), (&[50, 25, 0, 0][..], 1));
        fill(&mut out);
        assert_eq!(ring.gaps(), 1);
        writer.write(&[0.5; 30], &[0.25; 30]);
        drop(writer);
        fill(&mut out);
        assert!(!ring.is_done());
        fill(&mut out);
        assert_eq!((&out[18..22], ring.gaps(), ring.is_done()), (&[50, 25, 0, 0][..], 1, true));
    }
}
