//! The filter behind everything that changes the rate of a sound: a sinc, cut off at the lower of the two Nyquist
//! frequencies, in a Kaiser window, as rows of coefficients for places between two frames (Oppenheim and Schafer,
//! "Discrete-Time Signal Processing", 7.6.1; Smith, "Digital Audio Resampling").

use std::f64::consts::PI;
use std::sync::{Arc, LazyLock};

use crate::bessel::bessel_i0;

/// How far aliases and images are down, in decibels.
const STOPBAND_DB: f64 = 120.0;

/// Where the passband ends, as a part of the lower Nyquist frequency: 20 kHz of 22.05. The stopband begins at 1.
const PASSBAND: f64 = 0.907;

/// The most rows of coefficients. Where there are more places than rows, rows are interpolated: linearly, with an error
/// below (pi/1024)^2/24 of the peak, -128 dB.
const MOST_ROWS: u64 = 1024;

/// Products are summed in this many lanes, so that they go into vector registers. It is part of the sound: another
/// number rounds otherwise.
const LANES: usize = 16;

/// Coefficients for the sound between two frames: for each of equally spaced places a row, which looks at the frames from
/// `1 - reach` to `reach`, counted from the frame before the place.
#[derive(Debug)]
pub struct SincKernel {
    rows: u64,
    taps: usize,
    coefficients: Vec<f32>,
}

impl SincKernel {
    /// The kernel that lets through what lies below `scale` times the Nyquist frequency of the sound it looks at (1 and
    /// below), with a row for each of so many places between two frames, or as many rows as are enough for any place.
    pub fn new(scale: f64, places: u64) -> Self {
        // All lengths are in input frames, all frequencies in parts of the input's rate.
        let transition = 0.5 * scale * (1.0 - PASSBAND);
        let cutoff = 0.5 * scale * (1.0 + PASSBAND) / 2.0;
        // Kaiser's formula for the number of taps.
        let taps = (STOPBAND_DB - 7.95) / (14.36 * transition);
        let rows = places.clamp(1, ((MOST_ROWS as f64 * scale).ceil() as u64).max(64));
        SincKernel::designed(taps, cutoff, STOPBAND_DB, rows)
    }

    /// A kernel of that many taps, or a few more, which cuts off at a part of the rate and is down by so many decibels
    /// beyond, with a row for each of so many places.
    pub(crate) fn designed(taps: f64, cutoff: f64, stopband_db: f64, rows: u64) -> Self {
        let taps = (taps.ceil() as usize).next_multiple_of(LANES);
        // Kaiser's formula for the shape of the window.
        let beta = 0.1102 * (stopband_db - 8.7);
        let reach = taps as f64 / 2.0;
        let centre = bessel_i0(beta);
        // One more row than there are places, to interpolate towards.
        let mut coefficients = Vec::with_capacity((rows as usize + 1) * taps);
        let mut values = vec![0.0; taps];
        for row in 0..=rows {
            let fraction = row as f64 / rows as f64;
            for (tap, value) in values.iter_mut().enumerate() {
                let distance = tap as f64 + 1.0 - reach - fraction;
                *value = sinc(2.0 * cutoff * distance) * kaiser(distance / reach, beta) / centre;
            }
            // Each row sums to 1, so that a constant stays constant.
            let sum: f64 = values.iter().sum();
            coefficients.extend(values.iter().map(|value| (value / sum) as f32));
        }
        SincKernel { rows, taps, coefficients }
    }

    /// The kernel for any place in a sound that is played at a speed, without aliases. All slow speeds share one.
    pub fn at_speed(speed: f64) -> Arc<Self> {
        static SLOW: LazyLock<Arc<SincKernel>> = LazyLock::new(|| Arc::new(SincKernel::new(1.0, u64::MAX)));
        if speed <= 1.0 { SLOW.clone() } else { Arc::new(SincKernel::new(1.0 / speed, u64::MAX)) }
    }

    /// How many frames a row looks at; half of them lie before the place.
    pub fn taps(&self) -> usize {
        self.taps
    }

    /// How many frames after the one before the place it looks at.
    pub fn reach(&self) -> usize {
        self.taps / 2
    }

    /// How many rows there are from one frame to the next.
    pub fn rows(&self) -> u64 {
        self.rows
    }

    /// The sound at the place of a row, and a part of the way to the next one, of the [`SincKernel::taps`] frames around it.
    #[inline(always)]
    pub fn at(&self, row: u64, part: f32, input: &[f32]) -> f32 {
        let here = dot(self.row(row), input);
        if part == 0.0 { here } else { here + part * (dot(self.row(row + 1), input) - here) }
    }

    #[inline(always)]
    fn row(&self, row: u64) -> &[f32] {
        let start = row as usize * self.taps;
        &self.coefficients[start..start + self.taps]
    }
}

/// The sum of products, in lanes that are added pairwise at the end.
#[inline(always)]
fn dot(a: &[f32], b: &[f32]) -> f32 {
    let mut lanes = [0.0f32; LANES];
    for (a, b) in a.as_chunks::<LANES>().0.iter().zip(b.as_chunks::<LANES>().0) {
        for lane in 0..LANES {
            lanes[lane] += a[lane] * b[lane];
        }
    }
    let mut width = LANES / 2;
    while width > 0 {
        for lane in 0..width {
            lanes[lane] += lanes[lane + width];
        }
        width /= 2;
    }
    lanes[0]
}

fn sinc(x: f64) -> f64 {
    if x == 0.0 { 1.0 } else { libm::sin(PI * x) / (PI * x) }
}

/// The Kaiser window from -1 to 1, up to a factor.
fn kaiser(x: f64, beta: f64) -> f64 {
    if x.abs() > 1.0 { 0.0 } else { bessel_i0(beta * (1.0 - x * x).sqrt()) }
}
