//! The peaks between the samples, frame by frame.
//!
//! ITU-R BS.1770-4, annex 2, like [`TruePeak`](crate::TruePeak), with the same filter: three values between every two
//! samples, by a Kaiser-windowed sinc of 24 taps. A parabola through each of these and its two neighbours finds what lies
//! between them, too: four values a sample alone are too low by up to 0.69 dB for a tone just below half the rate.

use std::f64::consts::PI;
use std::sync::LazyLock;

use super::{CHUNK, Lanes};
use crate::Held;
use crate::bessel::bessel_i0;

/// Taps of each phase of the filter.
const TAPS: usize = 24;
/// The tap before the value that is interpolated.
const MIDDLE: usize = TAPS / 2 - 1;
/// The shape of the Kaiser window.
const BETA: f64 = 6.0;

/// The peaks of one channel.
#[derive(Clone, PartialEq)]
pub struct TruePeaks {
    /// The last samples.
    history: [f32; TAPS],
}

impl Held for TruePeaks {}

/// Samples that are looked at together, or not at all.
const GROUP: usize = 16;

impl TruePeaks {
    /// By how many frames a peak is late: that many frames after the sample before it, it is known.
    pub const LATENCY: usize = TAPS - 1 - MIDDLE;

    /// The peaks of silence.
    pub fn new() -> Self {
        TruePeaks { history: [0.0; TAPS] }
    }

    /// Raises `peaks` to the magnitude of the first peak that is known with each sample (a chunk at most): the largest from
    /// a quarter before the sample [`TruePeaks::LATENCY`] frames ago to the sample after that one. Peaks that are not above
    /// `floor` may be left out.
    #[inline(always)]
    pub fn raise(&mut self, samples: &[f32], floor: f32, peaks: &mut Lanes) {
        let frames = samples.len().min(CHUNK);
        let mut x = [0.0; TAPS + CHUNK];
        x[..TAPS].copy_from_slice(&self.history);
        x[TAPS..TAPS + frames].copy_from_slice(&samples[..frames]);
        let filter = &*FILTER;
        if largest(&x) * filter.reach > floor {
            // The value at three quarters that comes last, when it is known.
            let mut last = None;
            for (group, peaks) in peaks.as_chunks_mut().0.iter_mut().enumerate() {
                if let Some(x) = x[group * GROUP..].first_chunk() {
                    last = filter.can_reach(x, floor).then(|| filter.group(x, last, peaks));
                }
            }
        }
        self.history.copy_from_slice(&x[frames..frames + TAPS]);
    }
}

/// The filter for the values at one, two and three quarters of the way, and what bounds the peaks.
///
/// At the half the taps are symmetric. Those at three quarters are those at one, mirrored: both are made of the same two
/// sums, an even and an odd one, over the sums and the differences of the samples on both sides.
struct Filter {
    half: [f32; TAPS / 2],
    even: [f32; TAPS / 2],
    odd: [f32; TAPS / 2],
    /// The factor by which a peak can be larger than the samples: the sum of the magnitudes of the taps, and a quarter of
    /// that for the parabola (see [`vertex`]).
    reach: f32,
    /// A peak is at most the larger one of the two samples beside it and this times the largest second difference.
    bulge: f32,
}

impl Filter {
    /// Whether there may be a peak above the floor.
    #[inline(always)]
    fn can_reach(&self, x: &[f32; TAPS + GROUP], floor: f32) -> bool {
        let mut curvature = [0.0; TAPS + GROUP - 2];
        for (i, curvature) in curvature.iter_mut().enumerate() {
            *curvature = (x[i] - x[i + 1]) - (x[i + 1] - x[i + 2]);
        }
        let sides = &x[MIDDLE + 1..MIDDLE + 3 + GROUP];
        largest(sides) * SLACK + largest(&curvature) * self.bulge > floor
    }

    /// Raises the peaks of a group; gives the value at three quarters that comes last. The first of the samples is the one
    /// before those under the filter.
    #[inline(always)]
    fn group(&self, x: &[f32; TAPS + GROUP], before: Option<f32>, peaks: &mut [f32; GROUP]) -> f32 {
        let before = before.unwrap_or_else(|| {
            let (_, even, odd) = self.sums::<1>(x);
            even[0] - odd[0]
        });
        let x = &x[1..];
        let (half, even, odd) = self.sums::<GROUP>(x);
        let (mut one, mut three) = ([0.0; GROUP], [0.0; GROUP]);
        for i in 0..GROUP {
            (one[i], three[i]) = (even[i] + odd[i], even[i] - odd[i]);
        }
        let mut sooner = [before; GROUP];
        sooner[1..].copy_from_slice(&three[..GROUP - 1]);
        let (mut a, mut b) = ([0.0; GROUP], [0.0; GROUP]);
        a.copy_from_slice(&x[MIDDLE..MIDDLE + GROUP]);
        b.copy_from_slice(&x[MIDDLE + 1..MIDDLE + 1 + GROUP]);
        for (sooner, value, later) in
            [(&sooner, &a, &one), (&a, &one, &half), (&one, &half, &three), (&half, &three, &b)]
        {
            for i in 0..GROUP {
                peaks[i] = larger(peaks[i], vertex(sooner[i], value[i], later[i]));
            }
        }
        for i in 0..GROUP {
            peaks[i] = larger(peaks[i], b[i].abs());
        }
        three[GROUP - 1]
    }

    /// The values at the half, and the even and the odd sums, for some places of the filter.
    #[inline(always)]
    fn sums<const PLACES: usize>(&self, x: &[f32]) -> ([f32; PLACES], [f32; PLACES], [f32; PLACES]) {
        let (mut half, mut even, mut odd) = ([0.0_f32; PLACES], [0.0_f32; PLACES], [0.0_f32; PLACES]);
        for k in 0..TAPS / 2 {
            let (near, far) = (&x[k..k + PLACES], &x[TAPS - 1 - k..TAPS - 1 - k + PLACES]);
            for i in 0..PLACES {
                let (sum, difference) = (near[i] + far[i], near[i] - far[i]);
                half[i] += self.half[k] * sum;
                even[i] += self.even[k] * sum;
                odd[i] += self.odd[k] * difference;
            }
        }
        (half, even, odd)
    }
}

/// The magnitude of the value in the middle, or that of the vertex of the parabola through all three if the middle one
/// is the largest: `y + (a - b)^2 / (8 (2 y - a - b))`. That is an eighth of the curvature more at most, and a quarter of y.
#[inline(always)]
fn vertex(a: f32, y: f32, b: f32) -> f32 {
    let side = a - b;
    let bend = ((y - a) + (y - b)).abs();
    // The middle one is an extremum exactly when the neighbours differ by no more than the curvature.
    let parabola = side * side / (8.0 * bend + f32::MIN_POSITIVE);
    let rise = if side.abs() <= bend { parabola } else { 0.0 };
    // An extremum towards zero is no peak: what is added to it does not make it the largest.
    y.abs() + rise
}

/// The largest magnitude of 8 samples or more.
#[inline(always)]
fn largest(samples: &[f32]) -> f32 {
    const LANES: usize = 8;
    let mut lanes = [0.0; LANES];
    // The last group overlaps the one before: the largest stays the largest.
    for group in samples.as_chunks::<LANES>().0.iter().chain(samples.last_chunk()) {
        for (lane, x) in lanes.iter_mut().zip(group) {
            *lane = larger(x.abs(), *lane);
        }
    }
    let [a, b, c, d, e, f, g, h] = lanes;
    larger(larger(larger(a, e), larger(b, f)), larger(larger(c, g), larger(d, h)))
}

#[inline(always)]
fn larger(a: f32, b: f32) -> f32 {
    if a > b { a } else { b }
}

/// A little more than 1, which makes up for the rounding of products and sums.
const SLACK: f32 = 1.001;

static FILTER: LazyLock<Filter> = LazyLock::new(|| {
    let quarters = [0.25, 0.5, 0.75].map(taps);
    let sum = |taps: &[f64; TAPS]| taps.iter().map(|tap| tap.abs()).sum::<f64>();
    let reach = 1.25 * quarters.iter().map(sum).fold(0.0, f64::max);
    // The weights of the five values of which every three in a row make a parabola, the first one of a frame before.
    let mut values = [[0.0; TAPS + 1]; 6];
    values[0][..TAPS].copy_from_slice(&quarters[2]);
    values[1][MIDDLE + 1] = 1.0;
    values[5][MIDDLE + 2] = 1.0;
    for (value, taps) in values[2..].iter_mut().zip(&quarters) {
        value[1..].copy_from_slice(taps);
    }
    let bulges = (1..5).map(|i| {
        let part = (i - 1) as f64 * 0.25;
        let (mut straight, mut bend) = (values[i], values[i]);
        straight[MIDDLE + 1] -= 1.0 - part;
        straight[MIDDLE + 2] -= part;
        for (k, bend) in bend.iter_mut().enumerate() {
            *bend = 2.0 * *bend - values[i - 1][k] - values[i + 1][k];
        }
        second_differences(&straight) + second_differences(&bend) / 8.0
    });
    let bulge = SLACK * bulges.fold(0.0, f64::max) as f32;
    let [one, half, three] = &quarters;
    Filter {
        half: std::array::from_fn(|k| half[k] as f32),
        even: std::array::from_fn(|k| ((one[k] + three[k]) / 2.0) as f32),
        odd: std::array::from_fn(|k| ((one[k] - three[k]) / 2.0) as f32),
        reach: SLACK * reach as f32,
        bulge,
    }
});

/// The sum of the magnitudes of the weights of second differences that make the same sum as these weights of samples:
/// they are the weights summed up twice.
fn second_differences(weights: &[f64]) -> f64 {
    let (mut first, mut second, mut sum) = (0.0, 0.0, 0.0);
    for weight in weights {
        first += weight;
        second += first;
        sum += f64::abs(second);
    }
    sum
}

/// The windowed sinc for a value at `part` of the way between the middle two samples, exact for a straight line.
fn taps(part: f64) -> [f64; TAPS] {
    let mut taps: [f64; TAPS] = std::array::from_fn(|k| {
        let x = k as f64 - MIDDLE as f64 - part;
        let place = x / (TAPS as f64 / 2.0);
        libm::sin(PI * x) / (PI * x) * bessel_i0(BETA * (1.0 - place * place).max(0.0).sqrt())
    });
    let sum: f64 = taps.iter().sum();
    taps = taps.map(|tap| tap / sum);
    let moment: f64 = (0..TAPS).map(|k| k as f64 * taps[k]).sum();
    let missing = MIDDLE as f64 + part - moment;
    taps[MIDDLE] -= missing;
    taps[MIDDLE + 1] += missing;
    taps
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_tone_peaks_where_its_sine_does() {
        for (freq, tolerance_db) in [(0.01, 0.002), (0.1, 0.005), (0.25, 0.01), (0.35, 0.03), (0.41, 0.06)] {
            for phase in 0..16 {
                let angle = |i: usize| 2.0 * PI * (freq * i as f64 + f64::from(phase) / 32.0);
                let samples: Vec<f32> = (0..20 * CHUNK).map(|i| libm::sin(angle(i)) as f32).collect();
                let mut meter = TruePeaks::new();
                let mut highest = 0.0;
                for (chunk, samples) in samples.chunks(CHUNK).enumerate() {
                    let mut peaks = [0.0; CHUNK];
                    meter.raise(samples, 0.0, &mut peaks);
                    if chunk > 0 {
                        highest = peaks.iter().fold(highest, |highest: f32, peak| highest.max(*peak));
                    }
                }
                let db = crate::decibels(f64::from(highest));
                assert!(db.abs() < tolerance_db, "{db} dB at {freq} of the rate");
            }
        }
    }

    #[test]
    fn what_is_left_out_is_below_the_floor_and_blocks_change_nothing() {
        // Noise, rough and smooth in turns, that swells.
        let mut seed = 1_u32;
        let mut smooth = 0.0_f32;
        let samples: Vec<f32> = (0..9973)
            .map(|i| {
                seed = seed.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
                let noise = (seed >> 8) as f32 / (1 << 23) as f32 - 1.0;
                smooth += 0.1 * (noise - smooth);
                (i % 1100) as f32 / 1100.0 * if (i / 300) % 2 == 0 { 2.5 * noise } else { 12.0 * smooth }
            })
            .collect();
        let floor = 2.0;
        let run = |floor: f32, size: usize| -> Vec<f32> {
            let mut meter = TruePeaks::new();
            let peaks = samples.chunks(size).flat_map(|samples| {
                let mut peaks = [0.0; CHUNK];
                meter.raise(samples, floor, &mut peaks);
                peaks[..samples.len()].to_vec()
            });
            peaks.collect()
        };
        let all = run(0.0, 1);
        assert!(all.iter().any(|peak| *peak > floor));
        for size in [1, 7, 64] {
            assert_eq!(run(0.0, size), all);
            let some = run(floor, size);
            assert!(some.iter().zip(&all).all(|(some, all)| some == all || (*some == 0.0 && *all <= floor)));
            assert!(size > 1 || some.contains(&0.0));
        }
    }
}
