//! Sixteen delay lines that feed each other: the room behind the modern reverberators.
//!
//! J.-M. Jot and A. Chaigne, "Digital Delay Networks for Designing Artificial Reverberators", 90th AES Convention (1991).
//! Each line has a lowpass that makes its sound decay as fast as that of all others, whatever its length; a matrix that
//! keeps the energy gives each line a share of every other one. The lengths are prime numbers, so that no two lines
//! repeat together (S. J. Schlecht and E. A. P. Habets, "On Lossless Feedback Delay Networks", IEEE Trans. Signal
//! Processing 65 (2017)), and they move slowly, each at its own pace, so that no mode stays long enough to whistle.
//!
//! A network forgets. In 32 bits it would not: each rounding of a sum of sixteen lines gives what is left of an older sound
//! sixteen new chances to live on as a last bit, more than the losses take away, for ever. So the lines are in 64 bits, and
//! only now and then, after a decay by 60 dB or more, all that is remembered is rounded to 32. What two networks still have
//! apart is then so much smaller than a step of the rounding that within a few roundings not one of their samples differs.

use super::absorber::{AHEAD, Absorber, Absorption, Bench, CHUNK, TAPS};
use super::line::cubic;
use super::{Line, flush};
use crate::Held;

/// How many lines there are. Even ones belong to the left side, odd ones to the right.
pub const LINES: usize = 16;

/// In so many frames every length moves by one frame: 1.7 cents.
const STEP: usize = 1024;

/// How far the lengths move to either side, in frames at 48 kHz.
const DEPTHS: [f64; LINES] = [8.0, 5.0, 10.0, 7.0, 6.0, 11.0, 9.0, 8.0, 7.0, 6.0, 10.0, 5.0, 11.0, 9.0, 6.0, 7.0];

/// With which sign each line takes in its side, and with which it is heard: no row of the matrix, nor each other.
const IN: [f64; LINES] = [1.0, 1.0, -1.0, 1.0, 1.0, -1.0, 1.0, 1.0, 1.0, 1.0, -1.0, -1.0, -1.0, 1.0, -1.0, -1.0];
const OUT: [f64; LINES] = [1.0, -1.0, 1.0, 1.0, -1.0, 1.0, 1.0, 1.0, -1.0, -1.0, -1.0, 1.0, 1.0, 1.0, 1.0, -1.0];

/// The lines and where they are.
#[derive(Clone, PartialEq)]
pub struct Network {
    voices: [Voice; LINES],
    /// The frames that are worked on at a time: a power of two, fewer than the shortest line has.
    chunk: usize,
    /// Frames since the start, up to where all movements begin again.
    clock: usize,
}

impl Held for Network {
    fn held(&self) -> usize {
        self.voices.held()
    }
}

#[derive(Clone, PartialEq)]
struct Voice {
    line: Line<f64>,
    absorber: Absorber,
    length: usize,
    depth: usize,
}

impl Held for Voice {
    fn held(&self) -> usize {
        self.line.held()
    }
}

/// The lengths of the lines around a mean, in frames: primes, a quarter of the longest to the longest.
pub fn lengths(mean: f64) -> [usize; LINES] {
    let mut last = 31;
    std::array::from_fn(|i| {
        // Evenly on a logarithmic axis around the mean.
        let wanted = 0.46 * mean * libm::exp2(2.0 * i as f64 / (LINES - 1) as f64);
        last = next_prime((wanted as usize).max(last + 1));
        last
    })
}

/// How far the length of a line moves to either side, in frames.
pub fn depth(line: usize, rate: u32) -> usize {
    ((DEPTHS[line] * f64::from(rate) / 48_000.0).round() as usize).clamp(1, STEP)
}

impl Network {
    /// Silent lines of these lengths.
    pub fn new(lengths: &[usize; LINES], rate: u32) -> Self {
        let voices = std::array::from_fn(|i| {
            // Short lines move less: three quarters of them stay.
            let (length, depth) = (lengths[i], depth(i, rate).min(lengths[i] / 4));
            Voice { line: Line::new(length + depth + 3), absorber: Absorber::default(), length, depth }
        });
        let shortest = voices.iter().map(|voice: &Voice| voice.length - voice.depth).min().unwrap_or(2);
        // The largest power of two below.
        let chunk = (1 << (shortest - 1).ilog2()).min(CHUNK);
        Network { voices, chunk, clock: 0 }
    }

    /// How many of `frames` frames the network takes next.
    pub fn next(&self, frames: usize) -> usize {
        frames.min(self.chunk - self.clock % self.chunk)
    }

    /// Takes in both sides, not more than [`Network::next`] says, and puts what is heard in their place. Every `round_every`
    /// frames, a power of two that is not below [`CHUNK`], the memory is rounded.
    #[inline(always)]
    pub fn process(&mut self, absorptions: &[Absorption; LINES], round_every: usize, sides: [&mut [f32]; 2]) {
        if self.clock.is_multiple_of(round_every) {
            self.round();
        }
        let frames = sides[0].len();
        let (step, within) = (self.clock / STEP, self.clock % STEP);
        // Where all lines are between two whole lengths: what each of four samples gives.
        let mut taps = [[0.0; CHUNK]; 4];
        for i in 0..frames {
            let weights = cubic((within + i) as f64 / STEP as f64);
            taps.iter_mut().zip(weights).for_each(|(taps, weight)| taps[i] = weight);
        }
        let [a, b, c, d] = taps.each_ref().map(|taps| &taps[..frames]);
        let mut heard = [[0.0; CHUNK]; 2];
        let mut rows = [[0.0; CHUNK]; LINES];
        let (mut inputs, mut sums) = ([0.0; TAPS + CHUNK], [0.0; TAPS + CHUNK + AHEAD]);
        let mut bench = Bench { inputs: &mut inputs, sums: &mut sums };
        let mut room = [0.0; CHUNK + 3];
        for (i, voice) in self.voices.iter_mut().enumerate() {
            let samples = &mut bench.inputs[TAPS..TAPS + frames];
            match voice.lengths(step) {
                (from, to) if from < to => voice.read(from, [a, b, c, d], &mut room, samples),
                (_, to) => voice.read(to, [d, c, b, a], &mut room, samples),
            }
            for (heard, x) in heard[i % 2].iter_mut().zip(&*samples) {
                *heard += OUT[i] * x;
            }
            voice.absorber.filter(&absorptions[i], &mut bench, &mut rows[i][..frames]);
        }
        hadamard(&mut rows, frames);
        let mut given = [[0.0; CHUNK]; 2];
        for (given, side) in given.iter_mut().zip(&sides) {
            given.iter_mut().zip(&**side).for_each(|(given, x)| *given = f64::from(*x));
        }
        for (i, (voice, row)) in self.voices.iter_mut().zip(&rows).enumerate() {
            let [head, rest] = voice.line.next(frames);
            let given = &given[i % 2][..frames];
            let (head_rows, rest_rows) = row[..frames].split_at(head.len());
            let (head_given, rest_given) = given.split_at(head.len());
            sums_into(head, head_rows, IN[i], head_given);
            sums_into(rest, rest_rows, IN[i], rest_given);
        }
        for (side, heard) in sides.into_iter().zip(&heard) {
            side.iter_mut().zip(heard).for_each(|(side, heard)| *side = *heard as f32);
        }
        self.clock += frames;
    }

    /// Rounds all that is remembered to 32 bits. What has rung down to -400 dB becomes zero.
    #[inline(never)]
    fn round(&mut self) {
        for voice in &mut self.voices {
            for x in voice.line.memory().chain(voice.absorber.memory()) {
                *x = f64::from(flush(*x as f32));
            }
        }
    }
}

impl Voice {
    /// The lengths at the beginning and at the end of a step: up and down in straight lines between both depths.
    fn lengths(&self, step: usize) -> (usize, usize) {
        let at = |step: usize| {
            // Deeper lines start elsewhere on their way.
            let phase = (step + 3 * self.length) % (4 * self.depth);
            let up = if phase < 2 * self.depth { phase } else { 4 * self.depth - phase };
            self.length - self.depth + up
        };
        (at(step), at(step + 1))
    }

    /// Reads between two lengths, of which `shorter` is the shorter one. There is room for three frames more.
    #[inline(always)]
    fn read(&self, shorter: usize, [a, b, c, d]: [&[f64]; 4], room: &mut [f64; CHUNK + 3], samples: &mut [f64]) {
        let past = self.line.look(shorter + 2, &mut room[..samples.len() + 3]);
        let windows = past.windows(4);
        for ((((y, x), a), b), (c, d)) in samples.iter_mut().zip(windows).zip(a).zip(b).zip(c.iter().zip(d)) {
            *y = (a * x[3] + b * x[2]) + (c * x[1] + d * x[0]);
        }
    }
}

/// What goes into a line: what comes round, and what is given to it.
#[inline(always)]
fn sums_into(slots: &mut [f64], rows: &[f64], sign: f64, given: &[f64]) {
    for ((slot, row), x) in slots.iter_mut().zip(rows).zip(given) {
        *slot = row + sign * x;
    }
}

/// Multiplies the rows by Hadamard's matrix of 16 x 16, whose entries are all 1 or -1: four times as loud. Two rounds of
/// the matrix of 4 x 4.
#[inline(always)]
fn hadamard(rows: &mut [[f64; CHUNK]; LINES], frames: usize) {
    for (apart, starts) in [(1, [0, 4, 8, 12]), (4, [0, 1, 2, 3])] {
        for start in starts {
            let Ok([a, b, c, d]) = rows.get_disjoint_mut([0, 1, 2, 3].map(|k| start + k * apart)) else { return };
            let (a, b, c, d) = (&mut a[..frames], &mut b[..frames], &mut c[..frames], &mut d[..frames]);
            for i in 0..frames {
                let (sum, difference) = (a[i] + b[i], a[i] - b[i]);
                let (other_sum, other_difference) = (c[i] + d[i], c[i] - d[i]);
                a[i] = sum + other_sum;
                b[i] = difference + other_difference;
                c[i] = sum - other_sum;
                d[i] = difference - other_difference;
            }
        }
    }
}

/// The smallest prime from a number on.
fn next_prime(from: usize) -> usize {
    let is_prime = |n: &usize| *n > 1 && (2..).take_while(|k| k * k <= *n).all(|k| !n.is_multiple_of(k));
    (from..).find(is_prime).unwrap_or(from)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_matrix_keeps_the_energy() {
        let mut rows = [[0.0; CHUNK]; LINES];
        // One line sounds at a time.
        (0..LINES).for_each(|i| rows[i][i] = 1.0);
        hadamard(&mut rows, LINES);
        for a in 0..LINES {
            assert!((0..LINES).all(|i| rows[a][i].abs() == 1.0));
            for b in 0..LINES {
                let product: f64 = (0..LINES).map(|i| rows[a][i] * rows[b][i]).sum();
                assert_eq!(product, if a == b { 16.0 } else { 0.0 });
            }
        }
    }

    #[test]
    fn no_side_is_a_row_of_the_matrix_or_another_side() {
        let mut rows = [[0.0; CHUNK]; LINES];
        (0..LINES).for_each(|i| rows[i][i] = 1.0);
        hadamard(&mut rows, LINES);
        for side in 0..2 {
            let own = |i: &usize| i % 2 == side;
            let product = |a: &dyn Fn(usize) -> f64, b: &dyn Fn(usize) -> f64| -> f64 {
                (0..LINES).filter(own).map(|i| a(i) * b(i)).sum::<f64>().abs()
            };
            assert!(product(&|i| IN[i], &|i| OUT[i]) <= 4.0);
            for row in &rows {
                assert!(product(&|i| IN[i], &|i| row[i]) <= 6.0 && product(&|i| OUT[i], &|i| row[i]) <= 6.0);
            }
        }
    }

    #[test]
    fn lengths_are_different_primes_around_their_mean() {
        for mean in [50.0, 480.0, 1680.0, 23_040.0] {
            let lengths = lengths(mean);
            assert!(lengths.is_sorted_by(|a, b| a < b));
            assert!(lengths.iter().all(|n| (2..*n).take_while(|k| k * k <= *n).all(|k| n % k != 0)));
            let average = lengths.iter().sum::<usize>() as f64 / LINES as f64;
            assert!(mean < 100.0 || (average / mean - 1.0).abs() < 0.05, "{average} for {mean}");
        }
    }

    #[test]
    fn lengths_move_by_one_frame_and_never_too_far() {
        let lengths = lengths(480.0);
        for voice in &Network::new(&lengths, 48_000).voices {
            let (mut shortest, mut longest) = (usize::MAX, 0);
            for step in 0..100 {
                let (from, to) = voice.lengths(step);
                assert_eq!((from.abs_diff(to), voice.lengths(step + 1).0), (1, to));
                (shortest, longest) = (shortest.min(from), longest.max(from));
            }
            assert_eq!((shortest, longest), (voice.length - voice.depth, voice.length + voice.depth));
        }
    }
}
