//! The wavetables that a score needs, made before the first note.

use std::sync::Arc;

use super::wave::harmonics_below;
use super::{Series, Wavetable, sawtooth};

crate::choice! {
    /// The wave of an instrument's oscillator.
    pub enum WaveShape {
        /// A pure tone.
        Sine = "sine",
        /// Mellow, odd harmonics that fall off fast.
        Triangle = "triangle",
        /// Bright, all harmonics.
        Sawtooth = "sawtooth",
        /// Hollow, odd harmonics only.
        Square = "square",
        /// A pulse of an adjustable width.
        Pulse = "pulse",
    }
}

impl WaveShape {
    /// The Fourier series. A pulse is the difference of two sawtooth waves, and has theirs.
    fn series(self) -> Series {
        use super::{Square, Triangle, Wave};
        let sine: Series = |n| (0.0, if n == 1 { 1.0 } else { 0.0 });
        match self {
            WaveShape::Sine => sine,
            WaveShape::Triangle => Triangle::default().series().unwrap_or(sine),
            WaveShape::Sawtooth | WaveShape::Pulse => sawtooth::series,
            WaveShape::Square => Square::default().series().unwrap_or(sine),
        }
    }
}

/// One wave with as many harmonics as each of some notes has room for.
#[derive(Clone)]
pub(super) struct Bank {
    shape: WaveShape,
    rate: u32,
    /// By the number of harmonics.
    tables: Arc<[(usize, Arc<Wavetable>)]>,
}

impl Bank {
    /// The tables for notes whose frequencies rise up to these.
    pub(super) fn new(shape: WaveShape, tops_hz: impl Iterator<Item = f64>, rate: u32) -> Self {
        let mut counts: Vec<usize> = tops_hz.map(|top| harmonics(shape, top, rate)).collect();
        counts.sort_unstable();
        counts.dedup();
        counts.retain(|&count| count > 0);
        let table = |count| (count, Arc::new(Wavetable::new(shape.series(), count)));
        Bank { shape, rate, tables: counts.into_iter().map(table).collect() }
    }

    /// The table for a note whose frequency rises up to `top_hz`; none when not even the first harmonic has room.
    pub(super) fn up_to(&self, top_hz: f64) -> Option<&Arc<Wavetable>> {
        let count = harmonics(self.shape, top_hz, self.rate);
        self.tables.binary_search_by_key(&count, |table| table.0).ok().map(|index| &self.tables[index].1)
    }

    /// Which wave it is.
    pub(super) fn shape(&self) -> WaveShape {
        self.shape
    }
}

/// How many harmonics stay below half the rate. From 32 on it is rounded down to sixteen steps an octave, so that notes
/// share tables; the harmonics that are missing lie in the highest sixteenth of the spectrum.
fn harmonics(shape: WaveShape, top_hz: f64, rate: u32) -> usize {
    let count = harmonics_below(f64::from(rate) / 2.0, top_hz);
    match shape {
        WaveShape::Sine => count.min(1),
        _ => count & !((count.checked_ilog2().map_or(1, |octave| 1 << octave.saturating_sub(4))) - 1),
    }
}
