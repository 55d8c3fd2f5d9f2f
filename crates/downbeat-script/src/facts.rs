//! What can be measured in stretches of a clip, each measured once: levels, and how bright they are.

use std::collections::BTreeMap;
use std::ops::Range;
use std::sync::{Arc, Mutex, PoisonError};

use downbeat_dsp::{StretchLevels, spectral_centroid};
use downbeat_engine::session::Clip;

use crate::sound::Sounds;

/// What was measured in the stretches of a clip, by their first frame and the one after the last.
#[derive(Default)]
pub(crate) struct Stretches {
    levels: Mutex<BTreeMap<(u64, u64), StretchLevels>>,
    centroids: Mutex<BTreeMap<(u64, u64), f64>>,
}

/// More stretches of a clip than this are not kept, beside those that are asked for at once.
const MOST: usize = 20_000;

impl Sounds {
    /// The levels of stretches of a clip, over all channels; what lies after its end is left out. `None` as for
    /// [`Sounds::audio`].
    pub(crate) fn levels(
        &self,
        clip: &Arc<Clip>,
        rate: u32,
        stretches: impl ExactSizeIterator<Item = Range<u64>> + Clone,
    ) -> Option<Vec<StretchLevels>> {
        let known = self.stretches(clip, rate);
        let mut known = known.levels.lock().unwrap_or_else(PoisonError::into_inner);
        let of = |known: &BTreeMap<_, StretchLevels>| {
            stretches.clone().map(|at| known.get(&(at.start, at.end)).copied()).collect::<Option<Vec<_>>>()
        };
        if let Some(levels) = of(&known) {
            return Some(levels);
        }
        let audio = self.audio(clip, rate)?;
        if known.len() > MOST {
            known.clear();
        }
        for at in stretches.clone() {
            let range = at.start as usize..at.end as usize;
            known.entry((at.start, at.end)).or_insert_with(|| StretchLevels::of(&audio, range));
        }
        of(&known)
    }

    /// The spectral centroid of a stretch of a clip, of the mean of its channels, in Hz; `None` as for [`Sounds::audio`].
    pub(crate) fn centroid(&self, clip: &Arc<Clip>, rate: u32, stretch: Range<u64>) -> Option<f64> {
        let known = self.stretches(clip, rate);
        let mut known = known.centroids.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(centroid) = known.get(&(stretch.start, stretch.end)) {
            return Some(*centroid);
        }
        let audio = self.audio(clip, rate)?;
        let end = (stretch.end as usize).min(audio.frames());
        let range = (stretch.start as usize).min(end)..end;
        let (left, right) = (&audio.left()[range.clone()], &audio.right()[range]);
        let middle: Vec<f32> = left.iter().zip(right).map(|(l, r)| 0.5 * (l + r)).collect();
        let centroid = spectral_centroid(&middle, rate);
        if known.len() > MOST {
            known.clear();
        }
        known.insert((stretch.start, stretch.end), centroid);
        Some(centroid)
    }

    /// What was measured in a clip so far.
    fn stretches(&self, clip: &Arc<Clip>, rate: u32) -> Arc<Stretches> {
        self.note(clip, rate);
        let mut all = self.memory.stretches();
        all.get(clip, rate, ()).unwrap_or_else(|| {
            let none = Arc::<Stretches>::default();
            all.put(clip, rate, (), none.clone(), 1);
            none
        })
    }
}
