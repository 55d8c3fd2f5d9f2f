//! Sample peaks.

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
        let (mut high, mut low) = ([self.largest; LANES], [self.smallest; LANES]);
        let (groups, rest) = samples.as_chunks::<LANES>();
        for group in groups {
            for ((high, low), &x) in high.iter_mut().zip(&mut low).zip(group) {
                *high = if x > *high { x } else { *high };
                *low = if x < *low { x } else { *low };
            }
        }
        self.largest = high.iter().chain(rest).fold(self.largest, |a, &b| a.max(b));
        self.smallest = low.iter().chain(rest).fold(self.smallest, |a, &b| a.min(b));
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

/// The largest magnitude of some samples.
#[inline(always)]
pub(super) fn magnitude(samples: &[f32]) -> f32 {
    let mut high = [0.0; LANES];
    let mut raise = |group: &[f32; LANES]| {
        for (high, x) in high.iter_mut().zip(group) {
            *high = larger(*high, x.abs());
        }
    };
    match samples.last_chunk() {
        // The last group overlaps the one before: the largest stays the largest.
        Some(last) => {
            samples.as_chunks().0.iter().for_each(&mut raise);
            raise(last);
            largest(high)
        }
        None => samples.iter().fold(0.0, |high, x| larger(high, x.abs())),
    }
}

/// The largest magnitude of a second difference, x - 2x' + x", of some samples.
#[inline(always)]
pub(super) fn curvature(samples: &[f32]) -> f32 {
    let places = samples.len().saturating_sub(2);
    let (a, b, c) = (&samples[..places], &samples[places.min(1)..][..places], &samples[places.min(2)..][..places]);
    let mut high = [0.0; LANES];
    let mut raise = |a: &[f32; LANES], b: &[f32; LANES], c: &[f32; LANES]| {
        for (high, ((a, b), c)) in high.iter_mut().zip(a.iter().zip(b).zip(c)) {
            *high = larger(*high, ((a - b) - (b - c)).abs());
        }
    };
    match (a.last_chunk(), b.last_chunk(), c.last_chunk()) {
        (Some(last_a), Some(last_b), Some(last_c)) => {
            for ((a, b), c) in a.as_chunks().0.iter().zip(b.as_chunks().0).zip(c.as_chunks().0) {
                raise(a, b, c);
            }
            raise(last_a, last_b, last_c);
            largest(high)
        }
        _ => a.iter().zip(b).zip(c).fold(0.0, |high, ((a, b), c)| larger(high, ((a - b) - (b - c)).abs())),
    }
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
