//! Lets pages of sound into the ring, at the rate of the output.

use std::fmt;
use std::time::Duration;

use downbeat_dsp::Audio;
use downbeat_engine::media::Resampler;
use downbeat_engine::{Tap, TapError};

use super::ring::Writer;

/// How long it sleeps while the ring is full: much shorter than what is in it lasts.
const PAUSE: Duration = Duration::from_millis(10);

/// A listener that hands on what it hears to the ring, and waits while that is full.
pub struct Feed {
    ring: Writer,
    /// None where the output has the sound's own rate.
    resampler: Option<Resampler>,
    input: [Vec<f32>; 2],
    output: [Vec<f32>; 2],
    taken: u64,
}

/// Nobody wants to hear more. It ends the render.
#[derive(Debug)]
pub struct Stopped;

impl fmt::Display for Stopped {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the playback was stopped")
    }
}

impl std::error::Error for Stopped {}

impl Feed {
    /// For sound at the rate `from` into a ring that is read at the rate `to`.
    pub fn new(ring: Writer, from: u32, to: u32) -> Self {
        let resampler = (from != to).then(|| Resampler::new(from, to, 2));
        Feed { ring, resampler, input: Default::default(), output: Default::default(), taken: 0 }
    }

    /// Takes the next frames.
    ///
    /// # Errors
    /// When nobody wants to hear more.
    pub fn take(&mut self, left: &[f32], right: &[f32]) -> Result<(), Stopped> {
        self.taken += left.len() as u64;
        let Some(resampler) = &mut self.resampler else { return write(&mut self.ring, left, right) };
        for (plane, samples) in self.input.iter_mut().zip([left, right]) {
            plane.clear();
            plane.extend_from_slice(samples);
        }
        resampler.push(&self.input, &mut self.output);
        self.flush()
    }

    /// How many frames it has taken.
    pub fn taken(&self) -> u64 {
        self.taken
    }

    /// Whether nobody wants to hear more.
    pub fn is_stopped(&self) -> bool {
        self.ring.is_stopped()
    }

    /// The sound is over: writes what the resampler still has.
    ///
    /// # Errors
    /// When nobody wants to hear more.
    pub fn finish(mut self) -> Result<(), Stopped> {
        if let Some(resampler) = &mut self.resampler {
            resampler.finish(&mut self.output);
        }
        self.flush()
    }

    fn flush(&mut self) -> Result<(), Stopped> {
        write(&mut self.ring, &self.output[0], &self.output[1])?;
        self.output.iter_mut().for_each(Vec::clear);
        Ok(())
    }
}

/// Mono goes to both sides.
impl Tap for Feed {
    fn page(&mut self, page: &Audio) -> Result<(), TapError> {
        Ok(self.take(page.left(), page.right())?)
    }
}

/// Writes all of it, as there is room.
fn write(ring: &mut Writer, mut left: &[f32], mut right: &[f32]) -> Result<(), Stopped> {
    while !left.is_empty() {
        if ring.is_stopped() {
            return Err(Stopped);
        }
        let written = ring.write(left, right);
        if written == 0 {
            std::thread::sleep(PAUSE);
        }
        (left, right) = (&left[written..], &right[written..]);
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::commands::play::ring::{Reader, ring};

    fn all(reader: &mut Reader) -> Vec<[f32; 2]> {
        std::iter::from_fn(|| reader.next()).collect()
    }

    #[test]
    fn pages_go_on_as_they_are_and_mono_to_both_sides() {
        let (writer, mut reader, ring) = ring(100);
        let mut feed = Feed::new(writer, 48_000, 48_000);
        feed.page(&Audio::stereo(48_000, vec![0.1, 0.2], vec![0.3, 0.4])).unwrap();
        feed.page(&Audio::mono(48_000, vec![0.5])).unwrap();
        feed.finish().unwrap();
        assert_eq!(all(&mut reader), [[0.1, 0.3], [0.2, 0.4], [0.5, 0.5]]);
        assert!(ring.has_ended());
    }

    #[test]
    fn another_rate_is_resampled_to_the_same_length_in_seconds() {
        let (writer, mut reader, _) = ring(100_000);
        let mut feed = Feed::new(writer, 44_100, 48_000);
        // A step, at the moment of a frame of both rates.
        let step: Vec<f32> = (0..44_100).map(|i| if i < 14_700 { 0.0 } else { 0.5 }).collect();
        step.chunks(1000).for_each(|page| feed.page(&Audio::mono(44_100, page.to_vec())).unwrap());
        feed.finish().unwrap();
        let heard = all(&mut reader);
        assert_eq!(heard.len(), 48_000);
        // It rises by its half height there, half a frame of 44.1 kHz before; away from it the filter is flat to -120 dB.
        assert!(heard[15_999][0] < 0.25 && heard[16_000][0] > 0.25);
        assert!(heard.iter().all(|[left, right]| left == right));
        assert!(heard[..15_800].iter().all(|[x, _]| x.abs() < 1e-6));
        assert!(heard[16_200..47_800].iter().all(|[x, _]| (x - 0.5).abs() < 1e-6));
    }

    #[test]
    fn a_full_ring_is_waited_for_until_it_is_stopped() {
        let (writer, _reader, ring) = ring(10);
        let mut feed = Feed::new(writer, 48_000, 48_000);
        let feeding = std::thread::spawn(move || feed.take(&[0.5; 100], &[0.5; 100]).is_err());
        while ring.waiting() < 10 {
            std::thread::yield_now();
        }
        ring.stop();
        assert!(feeding.join().unwrap());
    }
}
