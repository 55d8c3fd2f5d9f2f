//! Resampling by a fixed ratio, aligned exactly: output frame n is the sound at the moment n/to, frame 0 stays frame 0.
//!
//! A polyphase filter: a sinc, cut off at the lower of the two Nyquist frequencies, in a Kaiser window (Oppenheim and
//! Schafer, "Discrete-Time Signal Processing", 7.6.1; Smith, "Digital Audio Resampling"). Every output frame is one
//! product of a row of coefficients with a stretch of the input, and nothing else, so any division of the input into
//! blocks gives the same bits, and so does any machine.

use std::f64::consts::PI;

/// How far aliases and images are down, in decibels.
const STOPBAND_DB: f64 = 120.0;

/// Where the passband ends, as a part of the lower Nyquist frequency: 20 kHz of 22.05. The stopband begins at 1.
const PASSBAND: f64 = 0.907;

/// The most rows of coefficients. A ratio with more phases has its rows interpolated: linearly, with an error below
/// (pi/1024)^2/24 of the peak, -128 dB.
const MAX_PHASES: u64 = 1024;

/// Products are summed in this many lanes, so that they go into vector registers. It is part of the sound: another
/// number rounds otherwise.
const LANES: usize = 16;

/// Resamples planes by a fixed ratio, block by block.
#[derive(Debug)]
pub(super) struct Resampler {
    /// Input frames from one output frame to the next: `step + remainder / phases`.
    phases: u64,
    step: u64,
    remainder: u64,
    table: Table,
    /// The input, from `first` on; the frames before 0 and after the end are silent.
    planes: Vec<Vec<f32>>,
    first: i64,
    received: u64,
    /// The moment of the next output frame: `frame + phase / phases` input frames.
    frame: u64,
    phase: u64,
}

/// The coefficients: for each phase a row of `taps`, which all look at the input from `-reach + 1` to `reach`.
#[derive(Debug)]
struct Table {
    rows: u64,
    taps: usize,
    reach: i64,
    coefficients: Vec<f32>,
}

/// The frames that `frames` at rate `from` become at rate `to`: all moments before the end.
pub(super) fn resampled_frames(frames: u64, from: u32, to: u32) -> u64 {
    let frames = (u128::from(frames) * u128::from(to)).div_ceil(u128::from(from.max(1)));
    u64::try_from(frames).unwrap_or(u64::MAX)
}

impl Resampler {
    /// From a rate to another, both above 0, for a number of channels.
    pub(super) fn new(from: u32, to: u32, channels: usize) -> Self {
        let divisor = greatest_common_divisor(from, to).max(1);
        let (from, phases) = (u64::from(from / divisor), u64::from(to / divisor).max(1));
        let table = Table::new(from, phases);
        Resampler {
            phases,
            step: from / phases,
            remainder: from % phases,
            first: 1 - table.reach,
            planes: vec![vec![0.0; table.reach as usize - 1]; channels],
            table,
            received: 0,
            frame: 0,
            phase: 0,
        }
    }

    /// Takes in the next frames and appends all output that is sure to `out`.
    pub(super) fn push(&mut self, input: &[Vec<f32>], out: &mut [Vec<f32>]) {
        for (plane, input) in self.planes.iter_mut().zip(input) {
            plane.extend_from_slice(input);
        }
        self.received += input.first().map_or(0, |plane| plane.len() as u64);
        // The last input frame that an output frame looks at has to be there.
        self.run(self.received.saturating_sub(self.table.reach as u64), out);
    }

    /// The input is over: appends what is left.
    pub(super) fn finish(&mut self, out: &mut [Vec<f32>]) {
        for plane in &mut self.planes {
            plane.resize(plane.len() + self.table.reach as usize, 0.0);
        }
        self.run(self.received, out);
    }

    /// Makes the output frames whose moment lies before input frame `end`.
    fn run(&mut self, end: u64, out: &mut [Vec<f32>]) {
        let (mut frame, mut phase) = (self.frame, self.phase);
        for (plane, out) in self.planes.iter().zip(out) {
            (frame, phase) = (self.frame, self.phase);
            while frame < end {
                let start = (frame as i64 + 1 - self.table.reach - self.first) as usize;
                out.push(self.table.at(phase, self.phases, &plane[start..start + self.table.taps]));
                phase += self.remainder;
                let carry = u64::from(phase >= self.phases);
                phase -= carry * self.phases;
                frame += self.step + carry;
            }
        }
        (self.frame, self.phase) = (frame, phase);
        let used = (frame as i64 + 1 - self.table.reach - self.first).max(0) as usize;
        for plane in &mut self.planes {
            plane.drain(..used.min(plane.len()));
        }
        self.first += used as i64;
    }
}

impl Table {
    fn new(from: u64, phases: u64) -> Self {
        // All lengths are in input frames, all frequencies in parts of the input's rate.
        let scale = (phases as f64 / from as f64).min(1.0);
        let transition = 0.5 * scale * (1.0 - PASSBAND);
        let cutoff = 0.5 * scale * (1.0 + PASSBAND) / 2.0;
        // Kaiser's formulas for the number of taps and the shape of the window.
        let length = (STOPBAND_DB - 7.95) / (14.36 * transition);
        let beta = 0.1102 * (STOPBAND_DB - 8.7);
        let taps = (length.ceil() as usize).next_multiple_of(LANES);
        let reach = taps as f64 / 2.0;
        let rows = phases.min(((MAX_PHASES as f64 * scale).ceil() as u64).max(64));
        let centre = bessel_i0(beta);
        // One more row than there are phases, to interpolate towards.
        let mut coefficients = Vec::with_capacity((rows as usize + 1) * taps);
        for row in 0..=rows {
            let fraction = row as f64 / rows as f64;
            let values = (0..taps).map(|tap| {
                let distance = tap as f64 + 1.0 - reach - fraction;
                sinc(2.0 * cutoff * distance) * kaiser(distance / reach, beta) / centre
            });
            let values: Vec<f64> = values.collect();
            // Each row sums to 1, so that a constant stays constant.
            let sum: f64 = values.iter().sum();
            coefficients.extend(values.iter().map(|value| (value / sum) as f32));
        }
        Table { rows, taps, reach: taps as i64 / 2, coefficients }
    }

    /// The output at a phase, of the input around it.
    fn at(&self, phase: u64, phases: u64, input: &[f32]) -> f32 {
        if phases == self.rows {
            return dot(self.row(phase), input);
        }
        let place = phase * self.rows;
        let (row, fraction) = (place / phases, (place % phases) as f32 / phases as f32);
        let (here, next) = (dot(self.row(row), input), dot(self.row(row + 1), input));
        here + fraction * (next - here)
    }

    fn row(&self, row: u64) -> &[f32] {
        let start = row as usize * self.taps;
        &self.coefficients[start..start + self.taps]
    }
}

/// The sum of products, in lanes that are added pairwise at the end.
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

/// The modified Bessel function of the first kind and order 0, by its power series.
fn bessel_i0(x: f64) -> f64 {
    let quarter = x * x / 4.0;
    let (mut sum, mut term, mut k) = (1.0, 1.0, 1.0);
    while term > sum * 1e-17 {
        term *= quarter / (k * k);
        sum += term;
        k += 1.0;
    }
    sum
}

fn greatest_common_divisor(a: u32, b: u32) -> u32 {
    if b == 0 { a } else { greatest_common_divisor(b, a % b) }
}
