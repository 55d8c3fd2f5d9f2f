//! What speaks for a way to count beats: accents on the first of the bar, changes of sound there, and bars that are alike.

use super::downbeat::Count;
use super::downbeat_heard::Heard;

/// The evidence of a sound, ready to be asked.
pub(super) struct Evidence {
    /// Seconds from one beat to the next.
    pub period_s: f64,
    /// The first of the given beats that is within the sound.
    pub first_beat: usize,
    /// How strongly low sounds begin at each beat, in standard deviations from the mean.
    accents: Vec<f64>,
    /// How much the spectrum changes at each beat, in standard deviations from the mean.
    changes: Vec<f64>,
    /// How much more alike beats are that are so many apart than beats one more or one less apart: from -2 to 2.
    likeness: Vec<f64>,
}

/// Beats that are farther apart are not compared: eight bars of four.
const FARTHEST: usize = 32;
/// Beats that are compared with fewer others than this say nothing.
const FEWEST_PAIRS: usize = 5;
/// The part of the beats that are not cut down to the rest of them: one crash is no metre.
const TYPICAL: f64 = 0.98;

impl Evidence {
    /// Compares the beats with each other.
    pub fn weigh(heard: &Heard) -> Evidence {
        let Heard { period_s, first_beat, low, rhythm, spectrum } = heard;
        Evidence {
            period_s: *period_s,
            first_beat: *first_beat,
            accents: standard(low),
            changes: standard(&changes(spectrum)),
            likeness: prominence(&self_similarity(rhythm)),
        }
    }

    /// How many beats there are.
    pub fn beats(&self) -> usize {
        self.accents.len()
    }

    /// By how much low sounds begin more strongly at the first beats of the bars than at the others.
    pub fn accent(&self, count: Count) -> f64 {
        contrast(&self.accents, count)
    }

    /// By how much the spectrum changes more at the first beats of the bars than at the others.
    pub fn change(&self, count: Count) -> f64 {
        contrast(&self.changes, count)
    }

    /// How much more alike bars of so many beats are than stretches that are a beat longer or shorter: the mean over one to
    /// several bars.
    pub fn likeness(&self, per_bar: usize) -> f64 {
        let bars = self.likeness.iter().skip(per_bar).step_by(per_bar);
        let count = bars.len();
        if count == 0 { 0.0 } else { bars.sum::<f64>() / count as f64 }
    }
}

/// The mean of the first beats of the bars less the mean of the others.
fn contrast(values: &[f64], count: Count) -> f64 {
    let (mut first, mut others) = ((0.0, 0.0), (0.0, 0.0));
    for (beat, value) in values.iter().enumerate() {
        let (sum, number) = if beat % count.per_bar == count.first { &mut first } else { &mut others };
        *sum += value;
        *number += 1.0;
    }
    if first.1 == 0.0 || others.1 == 0.0 { 0.0 } else { first.0 / first.1 - others.0 / others.1 }
}

/// How much the mean level of two beats differs from that of the two before, averaged over the bands, in dB.
fn changes(spectrum: &[Vec<f64>]) -> Vec<f64> {
    let mean = |beats: &[Vec<f64>], band: usize| beats.iter().map(|beat| beat[band]).sum::<f64>() / beats.len() as f64;
    (0..spectrum.len())
        .map(|beat| {
            let before = &spectrum[beat.saturating_sub(2)..beat];
            let after = &spectrum[beat..spectrum.len().min(beat + 2)];
            let bands = after[0].len();
            if before.is_empty() || bands == 0 {
                return 0.0;
            }
            let difference = |band| (mean(after, band) - mean(before, band)).abs();
            (0..bands).map(difference).sum::<f64>() / bands as f64
        })
        .collect()
}

/// In standard deviations from the mean, after the greatest values are cut down.
fn standard(values: &[f64]) -> Vec<f64> {
    let mut sorted = values.to_vec();
    sorted.sort_unstable_by(f64::total_cmp);
    let most = sorted.get((TYPICAL * (values.len() - 1) as f64) as usize).copied().unwrap_or(0.0);
    let cut: Vec<f64> = values.iter().map(|value| value.min(most)).collect();
    let mean = cut.iter().sum::<f64>() / cut.len() as f64;
    let variance = cut.iter().map(|value| (value - mean) * (value - mean)).sum::<f64>() / cut.len() as f64;
    // Where all are the same, none stands out.
    let scale = if variance > 1e-18 { 1.0 / variance.sqrt() } else { 0.0 };
    cut.iter().map(|value| (value - mean) * scale).collect()
}

/// How alike the rhythms of beats are that are so many apart, from -1 to 1, as far as there are enough of them.
fn self_similarity<const N: usize>(rhythm: &[[f64; N]]) -> Vec<f64> {
    let dimensions: [Vec<f64>; N] = std::array::from_fn(|i| {
        let column: Vec<f64> = rhythm.iter().map(|beat| beat[i]).collect();
        let mean = column.iter().sum::<f64>() / column.len().max(1) as f64;
        let variance = column.iter().map(|x| (x - mean) * (x - mean)).sum::<f64>() / column.len().max(1) as f64;
        let scale = if variance > 1e-18 { 1.0 / variance.sqrt() } else { 0.0 };
        column.iter().map(|x| (x - mean) * scale).collect()
    });
    let product = |a: usize, b: usize| dimensions.iter().map(|column| column[a] * column[b]).sum::<f64>();
    let lengths: Vec<f64> = (0..rhythm.len()).map(|beat| product(beat, beat).sqrt()).collect();
    let farthest = (FARTHEST + 1).min(rhythm.len().saturating_sub(FEWEST_PAIRS));
    (0..=farthest)
        .map(|apart| {
            let pairs = 0..rhythm.len() - apart;
            let most: f64 = pairs.clone().map(|beat| lengths[beat] * lengths[beat + apart]).sum();
            let sum: f64 = pairs.map(|beat| product(beat, beat + apart)).sum();
            if most > 0.0 { sum / most } else { 0.0 }
        })
        .collect()
}

/// By how much each value stands above the mean of its neighbours; the first two and the last have none to compare with, and
/// the last is left out.
fn prominence(similarity: &[f64]) -> Vec<f64> {
    let middle = similarity.windows(3).map(|three| three[1] - 0.5 * (three[0] + three[2]));
    // Every beat is like itself, which is no neighbour to compare with.
    let start = std::iter::repeat_n(0.0, similarity.len().min(2));
    start.chain(middle.skip(1)).collect()
}
