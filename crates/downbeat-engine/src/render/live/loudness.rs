//! How loud a mix is, page by page: an edit measures again what it changes, and not the whole.

use std::ops::Range;
use std::sync::Arc;

use downbeat_dsp::{Audio, Format, Loudness, TruePeak, decibels};

use super::score::{Score, start};
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

    /// Measures a part of a page; the state after it gets a name.
    fn hear(&mut self, sound: &Audio, part: Range<usize>, state: Key) -> Heard {
        self.loudness.measure(&sound.left()[part.clone()], &sound.right()[part.clone()]);
        let planes = self.true_peaks.iter_mut().zip(sound.planes());
        let true_peak = planes.fold(0.0_f32, |peak, (meter, plane)| {
            meter.measure(&plane[part.clone()]);
            peak.max(meter.take_peak())
        });
        Heard { state, steps: self.loudness.take_steps().into(), true_peak }
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

/// How far a line's sound is measured.
pub(super) struct Listening {
    line: usize,
    frames: Range<usize>,
    /// The page that comes next.
    page: usize,
    /// The meters, when they are where that page begins.
    meters: Option<Meters>,
    /// The names of their states before each page until then.
    states: Vec<Key>,
    /// Those of the line as it was measured before.
    known: Vec<Key>,
    steps: Vec<f64>,
    true_peak: f32,
}

impl Score {
    /// Begins to measure a range of a line's frames.
    pub(super) fn listen(&self, line: usize, frames: Range<usize>) -> Listening {
        let format = self.lines[line].format;
        Listening {
            line,
            page: frames.start / self.page,
            frames,
            meters: Some(Meters::new(format)),
            states: vec![KeyMaker::new("meters").bytes(format!("{format:?}").as_bytes()).finish()],
            known: self.meters().get(&line).cloned().unwrap_or_default(),
            steps: Vec::new(),
            true_peak: 0.0,
        }
    }

    /// Measures the pages that are known.
    pub(super) fn hear(&self, listening: &mut Listening) -> Result<(), RenderError> {
        let Listening { line, frames, page, meters, states, known, steps, true_peak } = listening;
        while *page < frames.end.div_ceil(self.page) {
            let Some(key) = self.names(*line).key(*page) else { return Ok(()) };
            let part = self.part(*page, frames);
            let state = states.last().copied().unwrap_or(key);
            let mut name = KeyMaker::new("loudness");
            name.key(state).number(part.start as u64).number(part.end as u64).key(key);
            let name = name.finish();
            let heard = match self.store.heard(name) {
                Some(heard) => {
                    *meters = None;
                    heard
                }
                None => {
                    let mut here = match meters.take().or_else(|| self.kept_meters(state)) {
                        Some(meters) => meters,
                        None => self.meters_before(*line, frames, *page)?,
                    };
                    let heard = here.hear(&*self.there(*line, *page)?, part, name);
                    let old = known.get(states.len()).copied();
                    let same = |old: &Key| self.kept_meters(*old).is_some_and(|old| old == here);
                    let heard = Heard { state: old.filter(same).unwrap_or(name), ..heard };
                    self.store.put_state(heard.state, Arc::new(here.clone()), here.bytes());
                    self.store.put_heard(name, heard.clone());
                    *meters = Some(here);
                    heard
                }
            };
            states.push(heard.state);
            steps.extend_from_slice(&heard.steps);
            *true_peak = true_peak.max(heard.true_peak);
            *page += 1;
        }
        Ok(())
    }

    /// The integrated loudness in LUFS, and the true peak in dBTP. All of the line's pages are known.
    pub(super) fn loudness(&self, mut listening: Listening) -> Result<(Option<f64>, f64), RenderError> {
        self.hear(&mut listening)?;
        let Listening { line, frames, page, meters, states, steps, true_peak, .. } = listening;
        // What is still under the filter may be a peak, too.
        let last = match meters.or_else(|| self.kept_meters(*states.last()?)) {
            Some(meters) => meters,
            None => self.meters_before(line, &frames, page)?,
        };
        let true_peak = last.true_peaks.iter().map(TruePeak::peak).fold(true_peak, f32::max);
        self.meters().insert(line, states);
        Ok((Loudness::of_steps(self.lines[line].format, steps).lufs(), decibels(f64::from(true_peak))))
    }

    fn kept_meters(&self, state: Key) -> Option<Meters> {
        self.store.state::<Meters>(state).map(|meters| meters.as_ref().clone())
    }

    /// The meters before a page, having heard all before it.
    fn meters_before(&self, line: usize, frames: &Range<usize>, page: usize) -> Result<Meters, RenderError> {
        let mut meters = Meters::new(self.lines[line].format);
        for before in frames.start / self.page..page {
            meters.hear(&*self.there(line, before)?, self.part(before, frames), start());
        }
        Ok(meters)
    }
}
