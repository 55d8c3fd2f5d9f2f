//! From bins to columns of pixels.

use crate::Peaks;
use crate::peaks::Bin;

/// What one column of pixels shows, as factors of full scale.
#[derive(Clone, Copy, PartialEq, Debug)]
pub(crate) struct Column {
    /// The lowest sample.
    pub low: f32,
    /// The highest sample.
    pub high: f32,
    /// The root mean square.
    pub rms: f32,
}

/// The columns of a sound on an axis that is `seconds` long and `count` columns wide: as many as the sound reaches into.
///
/// A column's extremes are those of every bin it touches, so that no peak is lost between two columns; its RMS takes each
/// bin by the part of it that lies in the column.
pub(crate) fn columns(peaks: &Peaks, seconds: f64, count: usize) -> Vec<Column> {
    let bins: Vec<Bin> = peaks.bins().collect();
    let frames = peaks.frames() as f64;
    let bin_frames = peaks.bin_frames() as f64;
    let edge = |column: usize| column as f64 * seconds * f64::from(peaks.rate()) / count as f64;
    let column = |i: usize| {
        let (from, to) = (edge(i), edge(i + 1).min(frames));
        let first = ((from / bin_frames) as usize).min(bins.len() - 1);
        let mut column = Column { low: bins[first].low, high: bins[first].high, rms: 0.0 };
        let (mut squares, mut covered) = (0.0, 0.0);
        for (k, bin) in bins.iter().enumerate().skip(first) {
            let start = k as f64 * bin_frames;
            if start >= to {
                break;
            }
            column.low = column.low.min(bin.low);
            column.high = column.high.max(bin.high);
            let length = bin.frames as f64;
            let overlap = (start + length).min(to) - start.max(from);
            squares += bin.squares * (overlap / length);
            covered += overlap;
        }
        column.rms = if covered > 0.0 { (squares / covered).sqrt() as f32 } else { 0.0 };
        column
    };
    (0..count).take_while(|&i| edge(i) < frames).map(column).collect()
}

#[cfg(test)]
mod tests {
    use downbeat_dsp::Audio;

    use super::*;

    #[test]
    fn a_click_is_in_its_own_column_and_nowhere_else() {
        let mut samples = vec![0.0; 1000];
        samples[537] = -0.75;
        let columns = columns(&Peaks::of(&Audio::mono(1000, samples)), 1.0, 100);
        assert_eq!(columns.len(), 100);
        for (i, column) in columns.iter().enumerate() {
            let expected = if i == 53 { -0.75 } else { 0.0 };
            assert_eq!((column.low, column.high), (expected, 0.0), "column {i}");
        }
        // One frame in ten, so the mean square is a tenth of the sample's: one rounding in f32.
        assert!((columns[53].rms - 0.75 / 10f32.sqrt()).abs() <= f32::EPSILON * 0.25);
    }

    #[test]
    fn a_column_takes_a_bin_by_the_part_it_covers() {
        // Two frames, three columns: the middle one has half of the first frame's share and half of the second's.
        let columns = columns(&Peaks::of(&Audio::mono(2, vec![0.2, 0.6])), 1.0, 3);
        let middle = ((0.2f64 * 0.2 + 0.6 * 0.6) / 2.0).sqrt() as f32;
        assert_eq!(columns.len(), 3);
        for (column, (low, high, rms)) in columns.iter().zip([(0.2, 0.2, 0.2), (0.2, 0.6, middle), (0.6, 0.6, 0.6)]) {
            assert_eq!((column.low, column.high), (low, high));
            // The samples' squares are summed in f32: a few roundings.
            assert!((column.rms - rms).abs() <= 2.0 * f32::EPSILON * rms, "{} {rms}", column.rms);
        }
    }

    #[test]
    fn columns_end_where_the_sound_ends() {
        let peaks = Peaks::of(&Audio::mono(100, vec![0.5; 50]));
        assert_eq!(columns(&peaks, 1.0, 10).len(), 5);
        assert_eq!(columns(&peaks, 0.99, 10).len(), 6);
        assert!(columns(&Peaks::new(100), 1.0, 10).is_empty());
    }

    #[test]
    fn no_peak_is_lost_and_no_energy_is_made() {
        // Long enough for bins of several frames; 997 columns never line up with them.
        let samples: Vec<f32> = (0..100_003u32).map(|i| ((i * 7919) % 2003) as f32 / 1001.5 - 1.0).collect();
        let peaks = Peaks::of(&Audio::mono(48_000, samples));
        let columns = columns(&peaks, peaks.seconds(), 997);
        let high = columns.iter().map(|c| c.high.max(-c.low)).fold(0.0, f32::max);
        assert_eq!(high, peaks.peak());
        let mean = columns.iter().map(|c| f64::from(c.rms) * f64::from(c.rms)).sum::<f64>() / columns.len() as f64;
        // All columns are equally wide, so their mean square is the whole sound's; each is rounded to f32 once.
        assert!((mean.sqrt() / peaks.rms() - 1.0).abs() < 1e-7);
    }
}
