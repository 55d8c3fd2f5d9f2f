//! Sample peaks.

use crate::simd::{Work, widest};

/// The largest and the smallest sample of one channel. What is no number is not counted.
#[derive(Clone, Copy, PartialEq, Debug, Default)]
pub struct PeakMeter {
    largest: f32,
    smallest: f32,
    started: bool,
}

/// As many maxima side by side as four vector registers hold.
const LANES: usize = 16;

impl PeakMeter {
    /// A meter that has seen nothing.
    pub fn new() -> Self {
        Self::default()
    }

    /// Takes the next samples into account.
    pub fn measure(&mut self, samples: &[f32]) {
        let Some(&first) = samples.first() else { return };
        if !self.started {
            *self = PeakMeter { largest: first, smallest: first, started: true };
        }
        widest(Measure { meter: self, samples });
    }

    /// The largest sample, full scale being 1; 0 when there was none.
    pub fn largest(&self) -> f32 {
        self.largest
    }

    /// The smallest sample, full scale being -1; 0 when there was none.
    pub fn smallest(&self) -> f32 {
        self.smallest
    }

    /// The largest magnitude, full scale being 1.
    pub fn peak(&self) -> f32 {
        self.largest.abs().max(self.smallest.abs())
    }
}

/// [`PeakMeter::measure`] as [`Work`].
struct Measure<'a> {
    meter: &'a mut PeakMeter,
    samples: &'a [f32],
}

impl Work for Measure<'_> {
    type Output = ();

    #[inline(always)]
    fn run(self) {
        let Measure { meter, samples } = self;
        let (mut high, mut low) = ([meter.largest; LANES], [meter.smallest; LANES]);
        let (groups, rest) = samples.as_chunks::<LANES>();
        for group in groups {
            for ((high, low), &x) in high.iter_mut().zip(&mut low).zip(group) {
                *high = if x > *high { x } else { *high };
                *low = if x < *low { x } else { *low };
            }
        }
        meter.largest = high.iter().chain(rest).fold(meter.largest, |a, &b| a.max(b));
        meter.smallest = low.iter().chain(rest).fold(meter.smallest, |a, &b| a.min(b));
    }
}

/// The largest magnitude of some samples.
#[inline(always)]
pub(super) fn magnitude(samples: &[f32]) -> f32 {
    // The last group overlaps the one before: the largest stays the largest.
    let Some(last) = samples.last_chunk::<LANES>() else {
        return samples.iter().fold(0.0, |high, x| larger(high, x.abs()));
    };
    let mut high = [0.0; LANES];
    for group in samples.as_chunks().0.iter().chain([last]) {
        for (high, x) in high.iter_mut().zip(group) {
            *high = larger(*high, x.abs());
        }
    }
    largest(high)
}

/// The largest magnitude of a second difference, x - 2x' + x", of some samples.
#[inline(always)]
pub(super) fn curvature(samples: &[f32]) -> f32 {
    let places = samples.len().saturating_sub(2);
    let (a, b, c) = (&samples[..places], &samples[places.min(1)..][..places], &samples[places.min(2)..][..places]);
    let mut high = [0.0; LANES];
    let mut start = 0;
    while start + LANES <= places {
        let (a, b, c) = (&a[start..][..LANES], &b[start..][..LANES], &c[start..][..LANES]);
        for (high, ((a, b), c)) in high.iter_mut().zip(a.iter().zip(b).zip(c)) {
            *high = larger(*high, ((a - b) - (b - c)).abs());
        }
        start += LANES;
    }
    let rest = a[start..].iter().zip(&b[start..]).zip(&c[start..]);
    rest.fold(largest(high), |high, ((a, b), c)| larger(high, ((a - b) - (b - c)).abs()))
}

/// The larger of two, in a form that is one instruction; `a` when `b` is no number.
#[inline(always)]
fn larger(a: f32, b: f32) -> f32 {
    if b > a { b } else { a }
}

/// The largest of all lanes, half of them against the other half at a time.
#[inline(always)]
fn largest(mut lanes: [f32; LANES]) -> f32 {
    let mut half = LANES / 2;
    while half > 0 {
        for i in 0..half {
            lanes[i] = larger(lanes[i], lanes[i + half]);
        }
        half /= 2;
    }
    lanes[0]
}
