//! True peaks: the peaks of the continuous signal between the samples.
//!
//! ITU-R BS.1770-4, annex 2: the signal is oversampled (4 times below 96 kHz, twice below 192 kHz) by an interpolating
//! filter, and the largest magnitude counts. The filter here is a Kaiser-windowed sinc of 24 taps a phase, level within
//! 0.02 dB up to 20 kHz at 48 kHz, where the 12 taps of the standard's example lose up to 1.8 dB. One of its phases is
//! the samples themselves.
//!
//! What cannot be the peak is not computed. An interpolated value is at most the sum of the filter's magnitudes (2.3)
//! times the largest sample under it. It is also the straight line between the two samples beside it plus a sum of
//! second differences, whose weights have magnitudes that add up to 0.42: where the signal is smooth that says far more.

use std::f64::consts::PI;
use std::sync::LazyLock;

use super::peak::{curvature, magnitude};
use crate::bessel::bessel_i0;
use crate::simd::{self, Work};

/// The true peak of one channel.
#[derive(Clone, PartialEq, Debug)]
pub struct TruePeak {
    phases: Phases,
    peak: f32,
    /// The last samples, under the filter already but not yet passed.
    history: [f32; TAPS - 1],
}

/// Taps of each phase of the filter.
const TAPS: usize = 24;
/// The tap before the value that is interpolated.
const MIDDLE: usize = TAPS / 2 - 1;
/// The shape of the Kaiser window.
const BETA: f64 = 6.0;
/// Places of the filter that are skipped for being low, or for being low and smooth, or else looked at together.
const RUN: usize = 256;
const STRETCH: usize = 64;
const PIECE: usize = 8;

/// Which values between two samples are looked at.
#[derive(Clone, Copy, PartialEq, Debug)]
enum Phases {
    None,
    Half,
    Quarters,
}

impl TruePeak {
    /// A meter for a channel at `rate` frames per second that has seen nothing.
    pub fn new(rate: u32) -> Self {
        let phases = match rate {
            0..96_000 => Phases::Quarters,
            96_000..192_000 => Phases::Half,
            _ => Phases::None,
        };
        TruePeak { phases, peak: 0.0, history: [0.0; TAPS - 1] }
    }

    /// Takes the next samples into account. Any division into blocks gives the same peak.
    pub fn measure(&mut self, samples: &[f32]) {
        simd::widest(Measure { meter: self, samples });
    }

    /// The true peak up to here as a magnitude, full scale being 1. It forgets it, and goes on: the greatest of several is that
    /// of the whole.
    pub fn take_peak(&mut self) -> f32 {
        std::mem::take(&mut self.peak)
    }

    /// The true peak as a magnitude, full scale being 1, if silence follows.
    pub fn peak(&self) -> f32 {
        let mut ended = self.clone();
        ended.measure(&[0.0; TAPS - 1]);
        ended.peak
    }
}

/// [`TruePeak::measure`] as [`Work`].
struct Measure<'a> {
    meter: &'a mut TruePeak,
    samples: &'a [f32],
}

impl Work for Measure<'_> {
    type Output = ();

    #[inline(always)]
    fn run(self) {
        let Measure { meter, samples } = self;
        let highest = magnitude(samples);
        meter.peak = meter.peak.max(highest);
        if meter.phases == Phases::None {
            return;
        }
        // The windows that reach back into the history, then those within the samples.
        let mut seam = [0.0; 2 * (TAPS - 1)];
        let head = samples.len().min(TAPS - 1);
        seam[..TAPS - 1].copy_from_slice(&meter.history);
        seam[TAPS - 1..TAPS - 1 + head].copy_from_slice(&samples[..head]);
        meter.peak = scan(&seam[..TAPS - 1 + head], meter.phases, meter.peak);
        if highest * FILTER.reach > meter.peak {
            meter.peak = scan(samples, meter.phases, meter.peak);
        }
        let joined = &seam[..TAPS - 1 + head];
        let last = if samples.len() < TAPS - 1 { joined } else { samples };
        meter.history.copy_from_slice(&last[last.len() - (TAPS - 1)..]);
    }
}

/// The filter: its taps for the values at a quarter and at a half of the way between the middle two samples (three
/// quarters is a quarter, mirrored), and what bounds its output.
struct Filter {
    quarter: [f32; TAPS],
    half: [f32; TAPS],
    /// The sum of the taps' magnitudes.
    reach: f32,
    /// The sum of the magnitudes of the weights of the second differences.
    bulge: f32,
}

/// A little more than 1, which makes up for the rounding of the products and sums.
const SLACK: f32 = 1.001;

static FILTER: LazyLock<Filter> = LazyLock::new(|| {
    let (quarter, half) = (taps(0.25), taps(0.5));
    let reach = |taps: &[f64; TAPS]| taps.iter().map(|tap| tap.abs()).sum::<f64>();
    Filter {
        quarter: quarter.map(|tap| tap as f32),
        half: half.map(|tap| tap as f32),
        reach: SLACK * reach(&quarter).max(reach(&half)) as f32,
        bulge: SLACK * bulge(&quarter, 0.25).max(bulge(&half, 0.5)) as f32,
    }
});

/// The windowed sinc for a value at `part` of the way between the middle two samples, exact for a straight line.
fn taps(part: f64) -> [f64; TAPS] {
    let reach = TAPS as f64 / 2.0;
    let mut taps = std::array::from_fn(|k| {
        let x = k as f64 - MIDDLE as f64 - part;
        let place = x / reach;
        let sinc = if x == 0.0 { 1.0 } else { libm::sin(PI * x) / (PI * x) };
        sinc * bessel_i0(BETA * (1.0 - place * place).max(0.0).sqrt())
    });
    let sum: f64 = taps.iter().sum();
    taps = taps.map(|tap| tap / sum);
    let moment: f64 = (0..TAPS).map(|k| k as f64 * taps[k]).sum();
    let missing = MIDDLE as f64 + part - moment;
    taps[MIDDLE] -= missing;
    taps[MIDDLE + 1] += missing;
    taps
}

/// The taps less those of the straight line, summed up twice, are the weights of the second differences.
fn bulge(taps: &[f64; TAPS], part: f64) -> f64 {
    let mut rest = *taps;
    rest[MIDDLE] -= 1.0 - part;
    rest[MIDDLE + 1] -= part;
    let (mut first, mut second, mut sum) = (0.0, 0.0, 0.0);
    for tap in rest {
        first += tap;
        second += first;
        sum += f64::abs(second);
    }
    sum
}

/// The larger of `peak` and of all values between the samples for which the filter lies within them.
#[inline(always)]
fn scan(samples: &[f32], phases: Phases, mut peak: f32) -> f32 {
    let filter = &*FILTER;
    for run in windows(samples, RUN) {
        if magnitude(run) * filter.reach <= peak {
            continue;
        }
        for stretch in windows(run, STRETCH) {
            let sides = &stretch[MIDDLE..stretch.len() - MIDDLE];
            if magnitude(sides) * SLACK + curvature(stretch) * filter.bulge > peak {
                peak = windows(stretch, PIECE).fold(peak, |peak, piece| peak.max(between(piece, phases, filter)));
            }
        }
    }
    peak
}

/// The samples under `count` places of the filter at a time (under those that are left, at the end).
#[inline(always)]
fn windows(samples: &[f32], count: usize) -> impl Iterator<Item = &[f32]> {
    let places = samples.len().saturating_sub(TAPS - 1);
    (0..places).step_by(count).map(move |start| &samples[start..(start + count).min(places) + TAPS - 1])
}

/// The largest magnitude between the middle two samples, over up to [`PIECE`] places of the filter.
#[inline(always)]
fn between(samples: &[f32], phases: Phases, filter: &Filter) -> f32 {
    let mut full = [0.0; PIECE + TAPS - 1];
    full[..samples.len()].copy_from_slice(samples);
    let quarter = if phases == Phases::Quarters { 1.0 } else { 0.0 };
    let (mut first, mut half, mut third) = ([0.0_f32; PIECE], [0.0_f32; PIECE], [0.0_f32; PIECE]);
    for k in 0..TAPS {
        for i in 0..PIECE {
            first[i] += filter.quarter[k] * full[i + k];
            half[i] += filter.half[k] * full[i + k];
            third[i] += filter.quarter[TAPS - 1 - k] * full[i + k];
        }
    }
    let places = samples.len() - (TAPS - 1);
    let values = half.iter().zip(first.iter().zip(&third)).take(places);
    values.fold(0.0, |peak, (half, (first, third))| peak.max(half.abs()).max(quarter * first.abs().max(third.abs())))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The same with nothing skipped.
    fn exhaustive(samples: &[f32], phases: Phases) -> f32 {
        let padded: Vec<f32> = [0.0; TAPS - 1].iter().chain(samples).chain(&[0.0; TAPS - 1]).copied().collect();
        let mut peak = magnitude(samples);
        for window in padded.windows(TAPS) {
            peak = peak.max(between(window, phases, &FILTER));
        }
        peak
    }

    #[test]
    fn skipping_changes_nothing() {
        let mut noise = 1_u32;
        let mut random = || {
            noise = noise.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            (noise >> 8) as f32 / 8_388_608.0 - 1.0
        };
        for case in 0..300 {
            // Bursts of all levels, so that the peak is found early, late and in the middle.
            let frames = 1 + case * 7;
            let samples: Vec<f32> = (0..frames)
                .map(|i| random() * random().abs().powi(3) * if (i / 50) % 3 == case % 3 { 1.0 } else { 0.3 })
                .collect();
            for (rate, phases) in [(48_000, Phases::Quarters), (96_000, Phases::Half)] {
                for block in [1, 5, 15, 64, 3_000] {
                    let mut meter = TruePeak::new(rate);
                    samples.chunks(block).for_each(|block| meter.measure(block));
                    assert_eq!(meter.peak().to_bits(), exhaustive(&samples, phases).to_bits(), "{case} {block}");
                }
            }
        }
    }
}
