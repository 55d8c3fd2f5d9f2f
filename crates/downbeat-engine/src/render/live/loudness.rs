//! How loud a mix is, page by page: an edit measures again what it changes, and not the whole.

use std::ops::Range;
use std::sync::Arc;

use downbeat_dsp::{Channels, Format, Loudness, TruePeak, decibels};

use super::score::Score;
use crate::key::{Key, KeyMaker};
use crate::render::RenderError;

/// The meters in the middle of a mix.
#[derive(Clone, PartialEq)]
pub(super) struct Meters {
    loudness: Loudness,
    true_peaks: [TruePeak; 2],
}

/// What they read in a page.
#[derive(Clone)]
pub(super) struct Heard {
    /// The name of their state after it.
    state: Key,
    /// The energies of the 100 ms that end in it.
    steps: Arc<[f64]>,
    /// The largest true peak in it, as a magnitude.
    true_peak: f32,
}

impl Meters {
    fn new(format: Format) -> Self {
        Meters { loudness: Loudness::new(format), true_peaks: [TruePeak::new(format.rate), TruePeak::new(format.rate)] }
    }

    fn bytes(&self) -> usize {
        self.loudness.bytes() + size_of_val(&self.true_peaks)
    }
}

impl Heard {
    /// How much memory it takes.
    pub(super) fn bytes(&self) -> usize {
        size_of_val(&*self.steps)
    }
}

impl Score {
    /// The integrated loudness in LUFS, and the true peak in dBTP, of a range of a line's frames. All of it is known.
    pub(super) fn loudness(&self, line: usize, frames: Range<usize>) -> Result<(Option<f64>, f64), RenderError> {
        let format = self.lines[line].format;
        let before = self.before();
        let known = before.as_ref().map(|score| score.meters().clone()).unwrap_or_default();
        let mut state = KeyMaker::new("meters").bytes(format!("{format:?}").as_bytes()).finish();
        // The meters, when they are where the next page begins.
        let mut meters = Some(Meters::new(format));
        let mut states = vec![state];
        let (mut steps, mut true_peak) = (Vec::new(), 0.0_f32);
        for (index, page) in (frames.start / self.page..frames.end.div_ceil(self.page)).enumerate() {
            let start = page * self.page;
            let mut name = KeyMaker::new("loudness");
            name.key(state).number(frames.start.saturating_sub(start) as u64);
            name.number((frames.end - start).min(self.page) as u64);
            if let Some(key) = self.names(line).key(page) {
                name.key(key);
            }
            let name = name.finish();
            let heard = match self.store.heard(name) {
                Some(heard) => {
                    meters = None;
                    heard
                }
                None => {
                    let mut meters_here = match meters.take().or_else(|| self.kept_meters(state)) {
                        Some(meters) => meters,
                        None => self.meters_before(line, &frames, page)?,
                    };
                    let sound = self.part(line, page, &frames)?;
                    meters_here.loudness.measure(sound.left(), sound.right());
                    let count = if format.channels == Channels::Stereo { 2 } else { 1 };
                    let planes = meters_here.true_peaks[..count].iter_mut().zip([sound.left(), sound.right()]);
                    let true_peak = planes.fold(0.0_f32, |peak, (meter, plane)| {
                        meter.measure(plane);
                        peak.max(meter.take_peak())
                    });
                    let steps = meters_here.loudness.take_steps().into();
                    let old = known.get(index + 1).copied();
                    let same = |old: &Key| self.kept_meters(*old).is_some_and(|old| old == meters_here);
                    let state = old.filter(same).unwrap_or(name);
                    self.store.put_state(state, Arc::new(meters_here.clone()), meters_here.bytes());
                    let heard = Heard { state, steps, true_peak };
                    self.store.put_heard(name, heard.clone());
                    meters = Some(meters_here);
                    heard
                }
            };
            state = heard.state;
            states.push(state);
            steps.extend_from_slice(&heard.steps);
            true_peak = true_peak.max(heard.true_peak);
        }
        // What is still under the filter may be a peak, too.
        let last = match meters.or_else(|| self.kept_meters(state)) {
            Some(meters) => meters,
            None => self.meters_before(line, &frames, frames.end.div_ceil(self.page))?,
        };
        let true_peak = last.true_peaks.iter().map(TruePeak::peak).fold(true_peak, f32::max);
        *self.meters() = states;
        Ok((Loudness::of_steps(format, steps).lufs(), decibels(f64::from(true_peak))))
    }

    fn kept_meters(&self, state: Key) -> Option<Meters> {
        self.store.state::<Meters>(state).map(|meters| meters.as_ref().clone())
    }

    /// The meters before a page, having heard all before it.
    fn meters_before(&self, line: usize, frames: &Range<usize>, page: usize) -> Result<Meters, RenderError> {
        let mut meters = Meters::new(self.lines[line].format);
        for before in frames.start / self.page..page {
            let sound = self.part(line, before, frames)?;
            meters.loudness.measure(sound.left(), sound.right());
            for (meter, plane) in meters.true_peaks.iter_mut().zip([sound.left(), sound.right()]) {
                meter.measure(plane);
                meter.take_peak();
            }
            meters.loudness.take_steps();
        }
        Ok(meters)
    }
}
