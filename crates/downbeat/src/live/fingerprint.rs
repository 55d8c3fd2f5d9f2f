//! The fingerprint of a mix: SHA-256 of its samples, by which two renders are compared. After an edit only what comes from
//! the first changed page on is hashed.

use std::ops::Range;

use sha2::{Digest, Sha256};

use super::samples::{PAGE, in_stretches, page};

/// The hash of all that comes before each page, as far as it is known.
#[derive(Default)]
pub struct Fingerprint {
    before: Vec<Sha256>,
}

impl Fingerprint {
    /// Forgets what is not so any more: the mix is so long now, and differs in these frames.
    pub fn forget(&mut self, frames: u64, changed: &[Range<u64>]) {
        let first = changed.iter().map(|range| range.start).min().unwrap_or(frames).min(frames);
        self.before.truncate((first / PAGE) as usize + 1);
    }

    /// The fingerprint in hexadecimal digits, of a mix whose pages `read` hands on, left and right. None when it tells that it
    /// did not: what was hashed until then need not be hashed again.
    ///
    /// # Errors
    /// Those of `read`.
    pub fn of<E>(
        &mut self,
        frames: u64,
        mut read: impl FnMut(Range<u64>, &mut dyn FnMut(&[f32], &[f32])) -> Result<bool, E>,
    ) -> Result<Option<String>, E> {
        if self.before.is_empty() {
            self.before.push(Sha256::new());
        }
        let mut hash = self.before.last().cloned().unwrap_or_default();
        while let Some(range) = page(self.before.len() as u64 - 1, frames) {
            let is_last = range.end == frames;
            if !read(range, &mut |left, right| in_stretches(left, right, |stretch| hash.update(stretch)))? {
                return Ok(None);
            }
            if is_last {
                break;
            }
            self.before.push(hash.clone());
        }
        Ok(Some(hash.finalize().iter().map(|byte| format!("{byte:02x}")).collect()))
    }
}

#[cfg(test)]
mod tests {
    use downbeat_dsp::Audio;

    use super::*;
    use crate::live::samples::interleaved;

    fn sound(frames: u64, seed: u64) -> Audio {
        let sample = |i: u64| ((i * 7919 + seed * 13) % 1000) as f32 / 1000.0;
        Audio::stereo(48_000, (0..frames).map(sample).collect(), (0..frames).map(|i| -sample(i)).collect())
    }

    /// The fingerprint, and how many pages were read for it.
    fn of(fingerprint: &mut Fingerprint, sound: &Audio) -> (String, usize) {
        let mut count = 0;
        let whole: Result<_, ()> = fingerprint.of(sound.frames() as u64, |range, each| {
            count += 1;
            each_half(sound, &range, each);
            Ok(true)
        });
        (whole.unwrap().unwrap(), count)
    }

    /// Frames of a sound in two parts.
    fn each_half(sound: &Audio, range: &Range<u64>, each: &mut dyn FnMut(&[f32], &[f32])) {
        let (start, end) = (range.start as usize, range.end as usize);
        for part in [start..start.midpoint(end), start.midpoint(end)..end] {
            each(&sound.left()[part.clone()], &sound.right()[part]);
        }
    }

    fn plain(sound: &Audio) -> String {
        Sha256::digest(interleaved([(sound.left(), sound.right())].into_iter()))
            .iter()
            .map(|byte| format!("{byte:02x}"))
            .collect()
    }

    #[test]
    fn only_what_follows_a_change_is_hashed_again() {
        let mut fingerprint = Fingerprint::default();
        let mut mix = sound(4 * PAGE + 100, 1);
        assert_eq!(of(&mut fingerprint, &mix), (plain(&mix), 5));
        let frames = mix.frames() as u64;
        mix.planes_mut().for_each(|plane| plane[2 * PAGE as usize + 7] = 0.9);
        fingerprint.forget(frames, &[3 * PAGE..3 * PAGE + 1, 2 * PAGE + 7..2 * PAGE + 8]);
        assert_eq!(of(&mut fingerprint, &mix), (plain(&mix), 3));
        fingerprint.forget(frames, &[]);
        assert_eq!(of(&mut fingerprint, &mix), (plain(&mix), 1));
    }

    #[test]
    fn a_mix_may_become_longer_and_shorter() {
        let mut fingerprint = Fingerprint::default();
        let mut known = 0;
        for frames in [PAGE + 5, 3 * PAGE, 3 * PAGE + 1, 2 * PAGE, PAGE, PAGE - 1, 0, 2 * PAGE + 9] {
            let mix = sound(frames, 3);
            fingerprint.forget(frames, std::slice::from_ref(&(known.min(frames)..frames)));
            assert_eq!(of(&mut fingerprint, &mix).0, plain(&mix), "{frames}");
            known = frames;
        }
    }

    #[test]
    fn it_goes_on_where_it_was_stopped() {
        let mut fingerprint = Fingerprint::default();
        let mix = sound(3 * PAGE, 2);
        let mut left = 2;
        let stopped: Result<_, ()> = fingerprint.of(3 * PAGE, |range, each| {
            left -= 1;
            if left > 0 {
                each_half(&mix, &range, each);
            }
            Ok(left > 0)
        });
        assert_eq!(stopped, Ok(None));
        assert_eq!(of(&mut fingerprint, &mix), (plain(&mix), 2));
    }
}
