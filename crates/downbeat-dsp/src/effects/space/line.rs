//! A delay line, read and written in stretches.

use std::ops::{Add, Div, Mul, Neg, Sub};

use crate::Held;

/// The last samples of a sound, in a ring.
#[derive(Clone, PartialEq)]
pub struct Line<T = f32> {
    ring: Vec<T>,
    /// Where the next sample goes; the oldest one is there until then.
    at: usize,
}

impl<T: Held> Held for Line<T> {
    fn held(&self) -> usize {
        self.ring.held()
    }
}

impl<T: Copy + Default> Line<T> {
    /// A silent line that remembers `frames` frames, at least one.
    pub fn new(frames: usize) -> Self {
        Line { ring: vec![T::default(); frames.max(1)], at: 0 }
    }

    /// Reads what was written `delay` frames before each of the next samples: as many as `to` is long, not more than the
    /// delay, and the delay not more than the line remembers.
    #[inline(always)]
    pub fn read(&self, delay: usize, to: &mut [T]) {
        let from = self.slot(delay);
        let first = to.len().min(self.ring.len() - from);
        let (head, rest) = to.split_at_mut(first);
        head.copy_from_slice(&self.ring[from..from + first]);
        rest.copy_from_slice(&self.ring[..rest.len()]);
    }

    /// What [`Line::read`] would read, as many frames as there is room for: where it lies, or in the room when it lies
    /// across the end of the ring.
    #[inline(always)]
    pub fn look<'a>(&'a self, delay: usize, room: &'a mut [T]) -> &'a [T] {
        let from = self.slot(delay);
        if let Some(stretch) = self.ring.get(from..from + room.len()) {
            return stretch;
        }
        self.read(delay, room);
        room
    }

    /// Writes the next samples over the oldest ones: not more than the line remembers.
    #[inline(always)]
    pub fn write(&mut self, from: &[T]) {
        let [head, rest] = self.next(from.len());
        let (first, others) = from.split_at(head.len());
        head.copy_from_slice(first);
        rest.copy_from_slice(others);
    }

    /// Where the next samples are to be written, over the oldest ones: up to the end of the ring, and from its start. There
    /// are not more of them than the line remembers.
    #[inline(always)]
    pub fn next(&mut self, frames: usize) -> [&mut [T]; 2] {
        let from = self.at;
        let first = frames.min(self.ring.len() - from);
        let to = from + frames;
        self.at = if to >= self.ring.len() { to - self.ring.len() } else { to };
        let (start, end) = self.ring.split_at_mut(from);
        [&mut end[..first], &mut start[..frames - first]]
    }

    /// Where the sample of `delay` frames ago is.
    #[inline(always)]
    fn slot(&self, delay: usize) -> usize {
        if delay <= self.at { self.at - delay } else { self.at + self.ring.len() - delay }
    }

    /// All that is remembered.
    pub fn memory(&mut self) -> impl Iterator<Item = &mut T> {
        self.ring.iter_mut()
    }
}

impl Line {
    /// What was written `delay` frames ago and a share of a frame, 0 to 1, before that. The delay is at least 2 and two
    /// frames less than the line remembers.
    ///
    /// Between the two samples in the middle of four lies the cubic through all of them: Lagrange's interpolation, T. I.
    /// Laakso et al., "Splitting the Unit Delay", IEEE Signal Processing Magazine 13 (1996). A share of 0 is the sample.
    #[inline(always)]
    pub fn between(&self, delay: usize, share: f32) -> f32 {
        let taps = cubic(share);
        (0..4).map(|k| taps[k] * self.ring[self.slot(delay + k - 1)]).sum()
    }
}

/// What each of four samples, the newest first, gives to the value `share` of the way from the second to the third.
#[inline(always)]
pub fn cubic<T>(share: T) -> [T; 4]
where
    T: Copy + From<f32> + Neg<Output = T> + Add<Output = T> + Sub<Output = T> + Mul<Output = T> + Div<Output = T>,
{
    let (d, two, six) = (share, T::from(2.0), T::from(6.0));
    let (sooner, later, latest) = (d + T::from(1.0), d - T::from(1.0), d - two);
    [-d * later * latest / six, sooner * later * latest / two, -sooner * d * latest / two, sooner * d * later / six]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_written_is_read_again_across_the_end_of_the_ring() {
        let mut line = Line::new(10);
        let sound: Vec<f32> = (0..100).map(|i| i as f32 + 1.0).collect();
        let mut written = 0;
        for run in [1, 3, 7, 10, 2, 9, 10, 5].into_iter().cycle().take(14) {
            line.write(&sound[written..written + run]);
            written += run;
            for delay in 1..=10 {
                let mut read = vec![0.0; delay];
                line.read(delay, &mut read);
                let expected = |i: usize| (written + i).checked_sub(delay).map_or(0.0, |at| sound[at]);
                assert!((0..delay).all(|i| read[i] == expected(i)), "{delay} of {written}");
                assert_eq!(line.look(delay, &mut vec![0.0; delay]), read);
            }
        }
    }

    #[test]
    fn a_cubic_is_read_between_its_samples_as_it_is() {
        let curve = |t: f32| ((t - 5.0) * t + 2.0) * t - 7.0;
        let mut line = Line::new(12);
        line.write(&(0..16).map(|t| curve(t as f32 / 4.0)).collect::<Vec<f32>>()[..12]);
        line.write(&(12..16).map(|t| curve(t as f32 / 4.0)).collect::<Vec<f32>>());
        for delay in 2..10 {
            for share in [0.0, 0.25, 0.5, 0.9, 1.0] {
                let expected = curve((16.0 - delay as f32 - share) / 4.0);
                // Values below 20, in 32 bits.
                assert!((line.between(delay, share) - expected).abs() < 1e-5, "{delay} {share}");
            }
            assert_eq!(line.between(delay, 0.0), curve((16.0 - delay as f32) / 4.0));
        }
    }
}
