//! Beats: the frames at which one would tap one's foot.
//!
//! Source: Ellis, "Beat tracking by dynamic programming" (Journal of New Music Research 36, 2007): beats stand where things
//! begin, about one period of the tempo apart. The best such row of frames is found in one pass over the envelope.

use super::onset_envelope::OnsetEnvelope;
use super::tempo::{TempoSearch, tempo};
use crate::simd::{self, Work};

/// How beats are looked for.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct BeatTracking {
    /// The tempo in beats per minute, above 0, when it is known.
    pub bpm: Option<f64>,
    /// How it is found when it is not.
    pub search: TempoSearch,
    /// How strictly the beats keep the tempo, above 0: 100 for a band, 400 for a machine.
    pub tightness: f64,
    /// Leaves out beats at the beginning and the end at which little begins.
    pub trim: bool,
}

impl Default for BeatTracking {
    fn default() -> Self {
        BeatTracking { bpm: None, search: TempoSearch::default(), tightness: 100.0, trim: true }
    }
}

/// The beats of a sound.
#[derive(Clone, PartialEq, Debug, Default)]
pub struct Beats {
    /// The tempo the beats keep to, in beats per minute; none when nothing begins in the sound.
    pub bpm: Option<f64>,
    /// The frames of the envelope, in rising order.
    pub frames: Vec<usize>,
}

/// The beats of an envelope. What librosa's `beat.beat_track` answers for the same envelope; librosa's own default is one
/// whose bands are joined by their median.
pub fn beat_track(envelope: &OnsetEnvelope, tracking: &BeatTracking) -> Beats {
    if envelope.is_flat() {
        return Beats::default();
    }
    let bpm = tracking.bpm.or_else(|| tempo(envelope, &tracking.search));
    let frames = bpm.map_or_else(Vec::new, |bpm| {
        let period = (envelope.frame_rate() * 60.0 / bpm).round_ties_even();
        // A tempo that is none, or faster than the frames, has no beats. No period is longer than the sound.
        if !(bpm > 0.0 && period >= 1.0) {
            return Vec::new();
        }
        let score = local_score(&envelope.strength, period);
        let mut beats = simd::widest(BestRow { score: &score, period, tightness: tracking.tightness });
        trim(&mut beats, &score, tracking.trim);
        beats
    });
    Beats { bpm, frames }
}

/// How good a beat each frame is by itself: the envelope over its standard deviation, smoothed by a bell of a 32nd of
/// the period. The first frame is not looked at, as in librosa.
fn local_score(strength: &[f32], period: f64) -> Vec<f64> {
    let count = strength.len() as f64;
    let mean = strength.iter().map(|&x| f64::from(x)).sum::<f64>() / count;
    let squares: f64 = strength.iter().map(|&x| (f64::from(x) - mean) * (f64::from(x) - mean)).sum();
    let deviation = if strength.len() > 1 { (squares / (count - 1.0)).sqrt() } else { 0.0 };
    let scale = 1.0 / (deviation + f64::from(f32::MIN_POSITIVE));
    let mut normal: Vec<f64> = strength.iter().map(|&x| f64::from(x) * scale).collect();
    normal[0] = 0.0;

    // Beyond the sound there is nothing to smooth.
    let reach = period.min(count) as usize;
    let bell = |distance: usize| {
        let deviations = distance as f64 * 32.0 / period;
        libm::exp(-0.5 * deviations * deviations)
    };
    let mut score: Vec<f64> = normal.iter().map(|x| x * bell(0)).collect();
    for distance in 1..=reach {
        let weight = bell(distance);
        if weight == 0.0 || distance >= normal.len() {
            break;
        }
        let pairs = normal.len() - distance;
        score[distance..].iter_mut().zip(&normal[..pairs]).for_each(|(score, x)| *score += weight * x);
        score[..pairs].iter_mut().zip(&normal[distance..]).for_each(|(score, x)| *score += weight * x);
    }
    score
}

/// [`best_row`] as [`Work`].
struct BestRow<'a> {
    score: &'a [f64],
    period: f64,
    tightness: f64,
}

impl Work for BestRow<'_> {
    type Output = Vec<usize>;

    #[inline(always)]
    fn run(self) -> Vec<usize> {
        best_row(self.score, self.period, self.tightness)
    }
}

/// The row of frames that scores best: the sum of the local scores less `tightness` times the squared logarithm of how much
/// each step differs from the period (equations 2, 3 and 6 of the source).
#[inline(always)]
fn best_row(score: &[f64], period: f64, tightness: f64) -> Vec<usize> {
    let nearest = (period / 2.0).round_ties_even().max(1.0) as usize;
    let farthest = (2.0 * period).min(score.len() as f64) as usize;
    let log_period = libm::log(period);
    // From the farthest beat that there may have been before to the nearest.
    let penalties: Vec<f64> = (nearest..=farthest)
        .rev()
        .map(|step| libm::log(step as f64) - log_period)
        .map(|difference| -tightness * (difference * difference))
        .collect();
    let first_above = 0.01 * score.iter().copied().fold(f64::NEG_INFINITY, f64::max);
    let mut total: Vec<f64> = Vec::with_capacity(score.len());
    let mut before: Vec<Option<usize>> = Vec::with_capacity(score.len());
    let mut begun = false;
    for (frame, &here) in score.iter().enumerate() {
        let start = frame.saturating_sub(farthest);
        let earlier = total.get(start..(frame + 1).saturating_sub(nearest)).unwrap_or(&[]);
        let best = greatest_sum(earlier, &penalties[penalties.len() - earlier.len()..]);
        total.push(best.map_or(here, |(_, best)| here + best));
        // The first beat is where something is heard.
        begun |= here >= first_above;
        before.push(best.filter(|_| begun).map(|(place, _)| start + place));
    }
    let mut row: Vec<usize> = std::iter::successors(last_beat(&total), |&frame| before[frame]).collect();
    row.reverse();
    row
}

/// The greatest sum of a pair, and the last place where it is; none of no pairs.
#[inline(always)]
fn greatest_sum(a: &[f64], b: &[f64]) -> Option<(usize, f64)> {
    let greater = |x: f64, y: f64| if x > y { x } else { y };
    let (fours_a, rest_a) = a.as_chunks::<4>();
    let (fours_b, rest_b) = b.as_chunks::<4>();
    let mut lanes = [f64::NEG_INFINITY; 4];
    for (a, b) in fours_a.iter().zip(fours_b) {
        for lane in 0..4 {
            lanes[lane] = greater(lanes[lane], a[lane] + b[lane]);
        }
    }
    let rest = rest_a.iter().zip(rest_b).map(|(a, b)| a + b);
    let greatest = lanes.into_iter().chain(rest).fold(f64::NEG_INFINITY, greater);
    let place = a.iter().zip(b).rposition(|(a, b)| a + b == greatest)?;
    Some((place, greatest))
}

/// The last frame that is a peak of the total scores, and not a low one: at least half the median of the peaks.
fn last_beat(total: &[f64]) -> Option<usize> {
    let is_peak = |frame: usize| {
        frame > 0 && total[frame] > total[frame - 1] && total.get(frame + 1).is_none_or(|&next| total[frame] >= next)
    };
    let peaks: Vec<usize> = (0..total.len()).filter(|&frame| is_peak(frame)).collect();
    let mut heights: Vec<f64> = peaks.iter().map(|&frame| total[frame]).collect();
    heights.sort_unstable_by(f64::total_cmp);
    let middle = heights.len() / 2;
    let median = match heights.len() {
        0 => 0.0,
        odd if odd % 2 == 1 => heights[middle],
        _ => 0.5 * (heights[middle - 1] + heights[middle]),
    };
    let high = peaks.iter().copied().rfind(|&frame| total[frame] >= 0.5 * median);
    high.or_else(|| total.len().checked_sub(1))
}

/// Leaves out the beats before the first frame, and after the last one, whose score is above the threshold: half the root
/// mean square of the beats' smoothed scores, or 0 when weak beats are to be kept.
fn trim(beats: &mut Vec<usize>, score: &[f64], weak: bool) {
    let threshold = if weak { 0.5 * smoothed_rms(beats, score) } else { 0.0 };
    let first = score.iter().position(|&x| x > threshold);
    let last = score.iter().rposition(|&x| x > threshold);
    match (first, last) {
        (Some(first), Some(last)) => beats.retain(|beat| (first..=last).contains(beat)),
        _ => beats.clear(),
    }
}

/// The root mean square of the beats' scores under a Hann window of five, which is 0, 1/2, 1, 1/2, 0. As in librosa, the two
/// values after the last one count, too, but no more values than there are frames.
fn smoothed_rms(beats: &[usize], score: &[f64]) -> f64 {
    let at = |i: usize| beats.get(i).map_or(0.0, |&beat| score[beat]);
    let count = (beats.len() + 2).min(score.len());
    let squares = (0..count).map(|i| {
        let before = i.checked_sub(1).map_or(0.0, at);
        let smooth = 0.5 * before + at(i) + 0.5 * at(i + 1);
        smooth * smooth
    });
    (squares.sum::<f64>() / count as f64).sqrt()
}
