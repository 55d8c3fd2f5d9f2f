//! What begins when in a sound, heard once and kept: onsets, beats, downbeats.

use std::sync::{Arc, Mutex, PoisonError};

use downbeat_dsp::features::{
    Across, BeatTracking, Beats, Downbeats, OnsetEnvelope, OnsetStrength, beat_track, downbeats, onset_strength,
};
use downbeat_engine::session::Clip;

use crate::shelf::same;
use crate::sound::Sounds;

/// What was heard so far. The sounds themselves are kept elsewhere, and not as long.
#[derive(Default)]
pub(crate) struct Rhythms {
    envelopes: Kept<Across, Arc<OnsetEnvelope>>,
    /// By the tempo, as bits, if it was given.
    beats: Kept<Option<u64>, Arc<Beats>>,
    /// By the moments of the beats in seconds, as bits. None where there is nothing to count.
    downbeats: Kept<Vec<u64>, Option<Downbeats>>,
}

impl Rhythms {
    /// Forgets all.
    pub(crate) fn forget(&self) {
        self.envelopes.forget();
        self.beats.forget();
        self.downbeats.forget();
    }
}

impl Sounds {
    /// The onset envelope of a clip, all channels together; `None` when the clip cannot be made into sound, which
    /// [`Sounds::take_trouble`] tells.
    pub(crate) fn onset_envelope(&self, clip: &Arc<Clip>, rate: u32, across: Across) -> Option<Arc<OnsetEnvelope>> {
        self.note(clip);
        self.memory.rhythms.envelopes.get_or(clip, rate, across, || {
            let settings = OnsetStrength { across, ..OnsetStrength::default() };
            let envelope = onset_strength(&self.middle(clip, rate)?, rate, &settings);
            envelope.map(Arc::new).map_err(|error| self.set_trouble(error.to_string())).ok()
        })
    }

    /// The beats of a clip, at a tempo that is known or not; `None` as for [`Sounds::onset_envelope`].
    pub(crate) fn beats(&self, clip: &Arc<Clip>, rate: u32, bpm: Option<f64>) -> Option<Arc<Beats>> {
        self.note(clip);
        self.memory.rhythms.beats.get_or(clip, rate, bpm.map(f64::to_bits), || {
            // As librosa does: what begins in half of the bands counts, which is drums above all.
            let envelope = self.onset_envelope(clip, rate, Across::Median)?;
            Some(Arc::new(beat_track(&envelope, &BeatTracking { bpm, ..BeatTracking::default() })))
        })
    }

    /// The downbeats among the beats at these moments, in seconds; the outer `None` as for [`Sounds::onset_envelope`].
    pub(crate) fn downbeats(&self, clip: &Arc<Clip>, rate: u32, beats: &[f64]) -> Option<Option<Downbeats>> {
        self.note(clip);
        let key = beats.iter().map(|seconds| seconds.to_bits()).collect();
        self.memory
            .rhythms
            .downbeats
            .get_or(clip, rate, key, || Some(downbeats(&self.middle(clip, rate)?, rate, beats)))
    }

    /// The mean of a clip's channels.
    fn middle(&self, clip: &Arc<Clip>, rate: u32) -> Option<Vec<f32>> {
        let audio = self.audio(clip, rate)?;
        Some(audio.left().iter().zip(audio.right()).map(|(l, r)| 0.5 * (l + r)).collect())
    }
}

/// The most answers of one kind that are kept. An envelope of an hour takes 1.4 MB.
const MOST: usize = 100;

/// Answers to questions about clips.
struct Kept<Q, A>(Mutex<Vec<Known<Q, A>>>);

/// A question about a clip at a rate, and its answer.
struct Known<Q, A> {
    clip: Arc<Clip>,
    rate: u32,
    question: Q,
    answer: A,
}

impl<Q: PartialEq, A: Clone> Kept<Q, A> {
    /// The answer that is known for a clip at a rate, or the one that is found now. What could not be found is not kept.
    fn get_or(&self, clip: &Arc<Clip>, rate: u32, question: Q, find: impl FnOnce() -> Option<A>) -> Option<A> {
        let mut kept = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let is = |known: &&Known<Q, A>| known.rate == rate && known.question == question && same(&known.clip, clip);
        if let Some(at) = kept.iter().position(|known| is(&known)) {
            // What was asked last goes to the end, and what nobody has asked for the longest to the front.
            let known = kept.remove(at);
            let answer = known.answer.clone();
            kept.push(known);
            return Some(answer);
        }
        let answer = find()?;
        if kept.len() == MOST {
            kept.remove(0);
        }
        kept.push(Known { clip: clip.clone(), rate, question, answer: answer.clone() });
        Some(answer)
    }

    fn forget(&self) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).clear();
    }
}

impl<Q, A> Default for Kept<Q, A> {
    fn default() -> Self {
        Kept(Mutex::default())
    }
}

#[cfg(test)]
mod tests {
    use std::cell::Cell;

    use downbeat_engine::session::Source;
    use downbeat_engine::time::Frames;

    use super::*;

    #[test]
    fn a_question_is_answered_once() {
        let clip = |to_hz| {
            let source = Source::Sweep { from_hz: 65.0, to_hz, frames: Frames(9), level: 1.0 };
            Arc::new(Clip { source, chain: Vec::new() })
        };
        let kept = Kept::<u32, u32>::default();
        let asked = Cell::new(0);
        let ask = |clip: &Arc<Clip>, rate, question| {
            kept.get_or(clip, rate, question, || {
                asked.set(asked.get() + 1);
                (question > 0).then_some(asked.get())
            })
        };
        assert_eq!((ask(&clip(261.0), 48_000, 1), ask(&clip(261.0), 48_000, 1)), (Some(1), Some(1)));
        // Another clip, rate or question is not known yet; what failed is tried again.
        assert_eq!((ask(&clip(262.0), 48_000, 1), ask(&clip(261.0), 44_100, 1)), (Some(2), Some(3)));
        assert_eq!((ask(&clip(261.0), 48_000, 2), ask(&clip(261.0), 48_000, 0)), (Some(4), None));
        assert_eq!((ask(&clip(261.0), 48_000, 0), ask(&clip(261.0), 48_000, 2)), (None, Some(4)));
        // The oldest answers make room.
        (0..MOST as u32).for_each(|rate| assert!(ask(&clip(261.0), rate, 1).is_some()));
        assert_eq!(ask(&clip(261.0), 48_000, 1), Some(asked.get()));
        assert_eq!(kept.0.lock().map(|kept| kept.len()).ok(), Some(MOST));
    }
}
