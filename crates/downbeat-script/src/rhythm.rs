//! What begins when in a sound, heard once and kept: onsets, beats, downbeats.

use std::sync::Arc;

use downbeat_dsp::features::{
    Across, BeatTracking, Beats, Downbeats, OnsetEnvelope, OnsetStrength, beat_track, downbeats, onset_strength,
};
use downbeat_engine::session::Clip;

use crate::memory::MOST_ANSWERS;
use crate::shelf::Shelf;
use crate::sound::Sounds;

/// What was heard so far. The sounds themselves are kept elsewhere, and not as long.
#[derive(Default)]
pub(crate) struct Rhythms {
    /// By [`Across`], as its number.
    envelopes: Shelf<Arc<OnsetEnvelope>, u8>,
    /// By the tempo, as bits, if it was given.
    beats: Shelf<Arc<Beats>, Option<u64>>,
    /// By the moments of the beats in seconds, as bits. None where there is nothing to count.
    downbeats: Shelf<Option<Downbeats>, Vec<u64>>,
}

impl Rhythms {
    /// An evaluation begins.
    pub(crate) fn begin(&mut self) {
        self.envelopes.begin();
        self.beats.begin();
        self.downbeats.begin();
    }

    /// After an evaluation: lets go of the oldest of what it has not used, where there is too much of a kind.
    pub(crate) fn settle(&mut self, has_session: bool) {
        self.envelopes.settle(MOST_ANSWERS, has_session);
        self.beats.settle(MOST_ANSWERS, has_session);
        self.downbeats.settle(MOST_ANSWERS, has_session);
    }
}

impl Sounds {
    /// The onset envelope of a clip, all channels together; `None` when the clip cannot be made into sound, which
    /// [`Sounds::take_trouble`] tells.
    pub(crate) fn onset_envelope(&self, clip: &Arc<Clip>, rate: u32, across: Across) -> Option<Arc<OnsetEnvelope>> {
        self.hear(
            |all| &mut all.envelopes,
            clip,
            rate,
            across as u8,
            || {
                let settings = OnsetStrength { across, ..OnsetStrength::default() };
                let envelope = onset_strength(&self.middle(clip, rate)?, rate, &settings);
                envelope.map(Arc::new).map_err(|error| self.set_trouble(error.to_string())).ok()
            },
        )
    }

    /// The beats of a clip, at a tempo that is known or not; `None` as for [`Sounds::onset_envelope`].
    pub(crate) fn beats(&self, clip: &Arc<Clip>, rate: u32, bpm: Option<f64>) -> Option<Arc<Beats>> {
        self.hear(
            |all| &mut all.beats,
            clip,
            rate,
            bpm.map(f64::to_bits),
            || {
                // As librosa does: what begins in half of the bands counts, which is drums above all.
                let envelope = self.onset_envelope(clip, rate, Across::Median)?;
                Some(Arc::new(beat_track(&envelope, &BeatTracking { bpm, ..BeatTracking::default() })))
            },
        )
    }

    /// The downbeats among the beats at these moments, in seconds; the outer `None` as for [`Sounds::onset_envelope`].
    pub(crate) fn downbeats(&self, clip: &Arc<Clip>, rate: u32, beats: &[f64]) -> Option<Option<Downbeats>> {
        let moments = beats.iter().map(|seconds| seconds.to_bits()).collect();
        self.hear(
            |all| &mut all.downbeats,
            clip,
            rate,
            moments,
            || Some(downbeats(&self.middle(clip, rate)?, rate, beats)),
        )
    }

    /// The answer that is known to a question about a clip at a rate, or the one that is found now. What could not be found
    /// is not kept.
    fn hear<A: Clone, Q: Ord + Clone>(
        &self,
        shelf: impl Fn(&mut Rhythms) -> &mut Shelf<A, Q>,
        clip: &Arc<Clip>,
        rate: u32,
        question: Q,
        find: impl FnOnce() -> Option<A>,
    ) -> Option<A> {
        self.note(clip, rate);
        if let Some(known) = shelf(&mut self.memory.rhythms()).get(clip, rate, question.clone()) {
            return Some(known);
        }
        let answer = find()?;
        shelf(&mut self.memory.rhythms()).put(clip, rate, question, answer.clone(), 1);
        Some(answer)
    }

    /// The mean of a clip's channels.
    fn middle(&self, clip: &Arc<Clip>, rate: u32) -> Option<Vec<f32>> {
        let audio = self.audio(clip, rate)?;
        Some(audio.left().iter().zip(audio.right()).map(|(l, r)| 0.5 * (l + r)).collect())
    }
}

#[cfg(test)]
mod tests {
    use std::ops::Range;

    use downbeat_engine::session::Source;
    use downbeat_engine::time::Frames;
    use downbeat_engine::{Bytes, World, WorldError};

    use super::*;
    use crate::memory::Memory;

    /// A world without files.
    struct Nothing;

    impl World for Nothing {
        fn open(&self, path: &str) -> Result<Box<dyn Bytes>, WorldError> {
            Err(WorldError::NotFound { path: path.into(), similar: Vec::new() })
        }
    }

    /// An evaluation that asks these questions: how many had to be answered anew, and how many answers are kept.
    fn evaluation(memory: &Arc<Memory>, questions: Range<u64>) -> (usize, usize) {
        let sounds = Sounds::new(Arc::new(Nothing), None, Some(memory.clone()));
        let source = Source::Sweep { from_hz: 65.0, to_hz: 261.0, frames: Frames(9), level: 1.0 };
        let clip = Arc::new(Clip { source, chain: Vec::new() });
        let mut found = 0;
        for question in questions {
            let beats = sounds.hear(
                |all| &mut all.beats,
                &clip,
                48_000,
                Some(question),
                || {
                    found += 1;
                    Some(Arc::new(Beats { frames: vec![question as usize], bpm: Some(120.0) }))
                },
            );
            assert_eq!(beats.map(|beats| beats.frames.clone()), Some(vec![question as usize]));
        }
        sounds.settle(true);
        (found, memory.rhythms().beats.clips().count())
    }

    #[test]
    fn a_question_is_answered_once_and_ever_other_ones_do_not_pile_up() {
        let memory = Arc::new(Memory::default());
        assert_eq!(evaluation(&memory, 0..150), (150, 150));
        assert_eq!(evaluation(&memory, 0..150), (0, 150));
        // However many there are: what one evaluation has used does not make room.
        let most = MOST_ANSWERS;
        let many = most as usize + 50;
        assert_eq!(evaluation(&memory, 0..most + 50), (many - 150, many));
        assert_eq!(evaluation(&memory, 0..most + 50), (0, many));
        for n in 1..20 {
            assert_eq!(evaluation(&memory, n * 10_000..n * 10_000 + 40), (40, most as usize));
        }
    }

    #[test]
    fn what_fails_is_tried_again() {
        let sounds = Sounds::new(Arc::new(Nothing), None, None);
        let source = Source::Sweep { from_hz: 65.0, to_hz: 261.0, frames: Frames(9), level: 1.0 };
        let clip = Arc::new(Clip { source, chain: Vec::new() });
        let beats = Arc::new(Beats { frames: Vec::new(), bpm: Some(120.0) });
        let ask = |answer| sounds.hear(|all| &mut all.beats, &clip, 48_000, None, || answer).is_some();
        assert_eq!([ask(None), ask(Some(beats)), ask(None)], [false, true, true]);
    }
}
