//! The levels of a sound over time and frequency, in bounded memory.

/// How many columns of levels are kept at most; from the first joining on there are never fewer than half as many.
pub const MAX_COLUMNS: usize = 8192;

/// The levels of a sound over time and frequency, in bounded memory.
///
/// Spectra come one after another. When there are [`MAX_COLUMNS`] of them, neighbours are joined two by two, and each
/// frequency keeps the higher level, so that nothing short is lost in a long sound.
///
/// ```
/// use downbeat_picture::Spectrogram;
///
/// // Frequencies of three bins in Hz, the first spectrum at 0 s, then one each 10 ms.
/// let mut spectrogram = Spectrogram::new(vec![0.0, 100.0, 200.0], 0.0, 0.01);
/// spectrogram.push(&[-80.0, -6.0, -30.0]);
/// assert_eq!(spectrogram.loudest(), -6.0);
/// ```
#[derive(Clone, PartialEq, Debug)]
pub struct Spectrogram {
    pub(crate) frequencies: Vec<f32>,
    start: f64,
    hop: f64,
    /// How many spectra a whole column has.
    joined: usize,
    /// How many spectra there were.
    spectra: u64,
    /// Columns of one level in dB for each frequency, the last one perhaps not whole.
    columns: Vec<f32>,
}

impl Spectrogram {
    /// No spectrum yet: the frequency of each bin in Hz, rising; the middle of the first spectrum and the time from one to
    /// the next, both in seconds.
    pub fn new(frequencies: Vec<f32>, start: f64, hop: f64) -> Self {
        Spectrogram { frequencies, start, hop, joined: 1, spectra: 0, columns: Vec::new() }
    }

    /// Appends a spectrum: a level in dB for each bin. Missing ones, and what is no number, are minus infinity.
    pub fn push(&mut self, decibels: &[f32]) {
        let bins = self.frequencies.len();
        if self.spectra.is_multiple_of(self.joined as u64) {
            if self.columns.len() == MAX_COLUMNS * bins {
                self.join();
            }
            if self.spectra.is_multiple_of(self.joined as u64) {
                self.columns.resize(self.columns.len() + bins, f32::NEG_INFINITY);
            }
        }
        let last = self.columns.len().saturating_sub(bins);
        for (highest, &level) in self.columns[last..].iter_mut().zip(decibels) {
            *highest = highest.max(level);
        }
        self.spectra += 1;
    }

    /// The highest level in dB; minus infinity when there is none.
    pub fn loudest(&self) -> f32 {
        self.columns.iter().copied().fold(f32::NEG_INFINITY, f32::max)
    }

    /// When the last spectrum ends, in seconds.
    pub(crate) fn end(&self) -> f64 {
        self.start + self.spectra as f64 * self.hop
    }

    fn join(&mut self) {
        let bins = self.frequencies.len();
        let columns = self.columns.len() / bins.max(1);
        for i in 0..columns.div_ceil(2) {
            for bin in 0..bins {
                let level = self.columns[2 * i * bins + bin];
                let next = self.columns.get((2 * i + 1) * bins + bin).copied().unwrap_or(f32::NEG_INFINITY);
                self.columns[i * bins + bin] = level.max(next);
            }
        }
        self.columns.truncate(columns.div_ceil(2) * bins);
        self.joined *= 2;
    }

    /// The middle of a column, counted from the first one, in hops.
    pub(crate) fn column_at(&self, seconds: f64) -> f64 {
        let middle = (self.joined - 1) as f64 / 2.0;
        ((seconds - self.start) / self.hop - middle) / self.joined as f64
    }

    pub(crate) fn count(&self) -> usize {
        self.columns.len() / self.frequencies.len().max(1)
    }

    pub(crate) fn column(&self, index: usize) -> &[f32] {
        let bins = self.frequencies.len();
        &self.columns[index * bins..(index + 1) * bins]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn joined_columns_keep_what_is_loudest_and_their_time() {
        let mut spectrogram = Spectrogram::new(vec![100.0], 0.0, 0.01);
        let loud = MAX_COLUMNS * 3 - 5;
        for i in 0..MAX_COLUMNS * 3 {
            spectrogram.push(&[if i == loud { -3.0 } else { -70.0 }]);
        }
        assert_eq!((spectrogram.joined, spectrogram.count()), (4, MAX_COLUMNS * 3 / 4));
        let found = (0..spectrogram.count()).find(|&i| spectrogram.column(i)[0] == -3.0).unwrap();
        assert_eq!(found, loud / 4);
        // The column has the spectra 4 found to 4 found + 3, and so stands in their middle.
        assert!((spectrogram.column_at((4 * found) as f64 * 0.01 + 0.015) - found as f64).abs() < 1e-9);
    }
}
