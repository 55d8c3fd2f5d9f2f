//! What a wave is, and how it is made to sound at a frequency: as its formula stands, or band-limited from a table.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::still::still;
use super::wavetable::Wavetable;
use crate::Params;
use crate::{Preset, Row};

/// The wave of a generator: a periodic function of the phase.
pub trait Wave: Send + Sync {
    /// Whether the formula is used as it stands, aliases and all, instead of the band-limited wave.
    fn naive(&self) -> bool;

    /// The formula, at every phase of the run.
    fn formula(&self, run: &Run<'_>, out: &mut [f32]);

    /// The Fourier series of the formula; none when the formula is a single harmonic already.
    fn series(&self) -> Option<Series>;

    /// How many harmonics stay below half the `rate` when the frequency rises up to `top_hz`.
    fn harmonics(&self, top_hz: f64, rate: u32) -> usize {
        harmonics_below(f64::from(rate) / 2.0, top_hz)
    }

    /// The band-limited wave, at every phase of the run.
    fn band_limited(&self, table: &Wavetable, run: &Run<'_>, out: &mut [f32]) {
        for (out, &phase) in out.iter_mut().zip(run.phases) {
            *out = table.at(phase);
        }
    }
}

/// The n-th harmonic (from 1) of a series: the amplitudes of its cosine and of its sine.
pub type Series = fn(usize) -> (f64, f64);

/// Consecutive frames for a wave to fill.
pub struct Run<'a> {
    /// The phase of each frame in radians, from 0 to below 2 pi.
    pub phases: &'a [f64],
    /// Which frame since the start of the tone or note the first one is.
    pub first: u64,
    /// Frames per second.
    pub rate: u32,
}

/// A row of the table of waves.
pub type WaveInfo = Row<Arc<dyn Wave>>;

/// A wave with all of its values.
pub type WaveSettings = Preset<Arc<dyn Wave>>;

impl WaveInfo {
    /// The row of a wave. The version is to be raised when the sound changes for the same settings.
    pub const fn wave<W: Params + Wave>(version: u32) -> Self {
        Row::new::<W>(version, (), |values| Ok(Arc::new(still::<W>(values)?)))
    }
}

/// How many multiples of `freq_hz` lie below `limit_hz`; none for a frequency that is no positive number.
pub(super) fn harmonics_below(limit_hz: f64, freq_hz: f64) -> usize {
    // Below one harmonic a day there is no pitch, and the table would not fit into memory.
    if freq_hz.is_finite() && freq_hz > 0.0 {
        ((limit_hz / freq_hz).ceil() - 1.0).clamp(0.0, 65_536.0) as usize
    } else {
        0
    }
}

/// A wave ready to sound up to some frequency.
#[derive(Clone)]
pub(super) struct Oscillator {
    wave: Arc<dyn Wave>,
    source: Source,
}

#[derive(Clone)]
enum Source {
    Silence,
    Formula,
    Table(Arc<Wavetable>),
}

impl Oscillator {
    /// Fills `out` with the wave at the phases of the run.
    pub(super) fn fill(&self, run: &Run<'_>, out: &mut [f32]) {
        match &self.source {
            Source::Silence => out.fill(0.0),
            Source::Formula => self.wave.formula(run, out),
            Source::Table(table) => self.wave.band_limited(table, run, out),
        }
    }
}

/// Makes the oscillators of one wave, each table once.
#[derive(Clone)]
pub(super) struct Oscillators {
    wave: Arc<dyn Wave>,
    rate: u32,
    tables: BTreeMap<usize, Arc<Wavetable>>,
}

impl Oscillators {
    pub(super) fn new(wave: &WaveSettings, rate: u32) -> Self {
        Oscillators { wave: wave.made().clone(), rate, tables: BTreeMap::new() }
    }

    /// The oscillator for a note whose frequency rises up to `top_hz`.
    pub(super) fn up_to(&mut self, top_hz: f64) -> Oscillator {
        let playable = top_hz.is_finite() && top_hz > 0.0;
        let harmonics = self.wave.harmonics(top_hz, self.rate);
        let source = match self.wave.series() {
            _ if !playable => Source::Silence,
            _ if self.wave.naive() => Source::Formula,
            _ if harmonics == 0 => Source::Silence,
            None => Source::Formula,
            Some(series) => {
                let table = self.tables.entry(harmonics);
                Source::Table(table.or_insert_with(|| Arc::new(Wavetable::new(series, harmonics))).clone())
            }
        };
        Oscillator { wave: self.wave.clone(), source }
    }
}
