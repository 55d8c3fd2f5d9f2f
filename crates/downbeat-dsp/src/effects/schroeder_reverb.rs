//! Schroeder's reverberator: parallel combs into allpasses in series.
//!
//! M. R. Schroeder, "Natural Sounding Artificial Reverberation", J. Audio Eng. Soc. 10 (1962). The combs are the notching
//! ones of S. J. Orfanidis, "Introduction to Signal Processing" (1996), section 8.3: zeros on the unit circle, poles
//! close behind them, the notch as wide as its frequency divided by q.

use super::ring::{Echoes, ring};
use crate::{Audio, Block, ClipEffect, Effect, EitherEffect, Format, Held};

crate::params! {
    /// A room of four combs and two allpasses; only the reverberation, without the dry sound.
    ///
    /// The combs repeat the sound every 1/200, 1/300, 1/400 and 1/500 of a second, ever softer, and notch the multiples
    /// of these frequencies; the two allpasses after them make the echoes dense. Arithmetic and delay lines are 32-bit:
    /// in this chain the rounding stays 130 dB below the sound.
    pub struct SchroederReverb: "schroeder_reverb" {
        /// The quality of the combs: the higher, the longer they ring, the narrower their notches and the softer each
        /// repetition.
        q: f64 = 20.0, in 2.0..=1000.0;
        /// The delay of the first allpass, in samples. It stays fixed while it plays.
        delay1: u32 = 1000, in 2..=96000;
        /// The feedback of the first allpass.
        gain1: f64 = 0.78, in -0.95..=0.95;
        /// The delay of the second allpass, in samples. It stays fixed while it plays.
        delay2: u32 = 4200, in 2..=96000;
        /// The feedback of the second allpass.
        gain2: f64 = 0.68, in -0.95..=0.95;
        /// Whether the result is exactly twice as long as the clip, rather than as long as it rings.
        double: bool = false;
    }
}

/// How often the combs repeat the sound, in hertz.
const COMBS_HZ: [u32; 4] = [200, 300, 400, 500];

/// What the sum of the combs is multiplied with.
const COMBS_GAIN: f32 = 0.2;

/// Frames that are worked on at a time, so that they stay in the nearest cache from stage to stage.
const CHUNK: usize = 512;

/// What [`SchroederReverb`] remembers: the delay lines of each channel.
#[derive(Clone, PartialEq)]
pub struct SchroederReverbState(Vec<Lines>);

impl Held for SchroederReverbState {
    fn held(&self) -> usize {
        self.0.held()
    }
}

#[derive(Clone, PartialEq)]
struct Lines {
    combs: [Line; 4],
    allpasses: [Line; 2],
}

impl Held for Lines {
    fn held(&self) -> usize {
        self.combs.held() + self.allpasses.held()
    }
}

impl Effect for SchroederReverb {
    type State = SchroederReverbState;

    fn tail(&self, format: Format) -> usize {
        ring(&self.stages(format.rate))
    }

    fn start(&self, format: Format) -> SchroederReverbState {
        let combs = COMBS_HZ.map(|hz| Line::new(comb_delay(format.rate, hz)));
        let allpasses = [self.delay1, self.delay2].map(|delay| Line::new(allpass_delay(delay)));
        SchroederReverbState(vec![Lines { combs, allpasses }; format.channels.count()])
    }

    #[inline(always)]
    fn process(&self, state: &mut SchroederReverbState, block: &mut Block<'_>) {
        let (b, c) = self.comb();
        let (b, c) = (b as f32 * COMBS_GAIN, c as f32);
        for (plane, lines) in block.planes().zip(&mut state.0) {
            for chunk in plane.chunks_mut(CHUNK) {
                let mut scaled = [0.0; CHUNK];
                for (scaled, x) in scaled.iter_mut().zip(&mut *chunk) {
                    *scaled = b * *x;
                    *x = 0.0;
                }
                for line in &mut lines.combs {
                    line.comb(&scaled[..chunk.len()], chunk, c);
                }
                lines.allpasses[0].allpass(chunk, self.gain1 as f32);
                lines.allpasses[1].allpass(chunk, self.gain2 as f32);
            }
        }
    }
}

impl ClipEffect for SchroederReverb {
    fn frames(&self, _: Format, frames: usize) -> usize {
        2 * frames
    }

    #[inline(always)]
    fn apply(&self, mut clip: Audio) -> Audio {
        clip.resize(2 * clip.frames());
        self.process(&mut self.start(clip.format()), &mut clip.block());
        clip
    }
}

impl EitherEffect for SchroederReverb {
    fn needs_clip(&self) -> bool {
        self.double
    }
}

impl SchroederReverb {
    /// The comb `y[i] = b (x[i] - x[i-M]) + c y[i-M]`: its `b` and `c`, from the quality.
    fn comb(&self) -> (f64, f64) {
        let half_width = libm::tan(std::f64::consts::PI / (2.0 * self.q));
        (1.0 / (1.0 + half_width), (1.0 - half_width) / (1.0 + half_width))
    }

    /// The three stages that follow one another, for [`ring`].
    fn stages(&self, rate: u32) -> [Vec<Echoes>; 3] {
        let (b, c) = self.comb();
        let b = b * f64::from(COMBS_GAIN);
        let comb = |hz| Echoes { delay: comb_delay(rate, hz), direct: b, first: b * (1.0 - c), pole: c };
        let allpass =
            |delay, g: f64| Echoes { delay: allpass_delay(delay), direct: g.abs(), first: 1.0 - g * g, pole: g.abs() };
        [COMBS_HZ.map(comb).into(), vec![allpass(self.delay1, self.gain1)], vec![allpass(self.delay2, self.gain2)]]
    }
}

/// The period of `hz` in whole frames.
fn comb_delay(rate: u32, hz: u32) -> usize {
    ((rate + hz / 2) / hz).max(1) as usize
}

/// The delay of an allpass, one less than it is called.
fn allpass_delay(delay: u32) -> usize {
    (delay as usize).saturating_sub(1).max(1)
}

/// A delay line whose slots are read and then written again in place.
#[derive(Clone, PartialEq)]
struct Line {
    ring: Vec<f32>,
    at: usize,
}

impl Held for Line {
    fn held(&self) -> usize {
        self.ring.held()
    }
}

impl Line {
    fn new(delay: usize) -> Self {
        Line { ring: vec![0.0; delay], at: 0 }
    }

    /// The next slots, up to `frames` of them and up to the end of the ring. All are different ones, so a loop over
    /// them has no sample that waits for another.
    #[inline(always)]
    fn run(&mut self, frames: usize) -> &mut [f32] {
        let from = self.at;
        let to = self.ring.len().min(from + frames);
        self.at = if to == self.ring.len() { 0 } else { to };
        &mut self.ring[from..to]
    }

    /// Adds `x[i] - x[i-M] + c y[i-M]` to `sum`. One line is enough when it holds `c y - x`.
    #[inline(always)]
    fn comb(&mut self, mut x: &[f32], mut sum: &mut [f32], c: f32) {
        while !x.is_empty() {
            let slots = self.run(x.len());
            let (x_now, x_later) = x.split_at(slots.len());
            let (sum_now, sum_later) = sum.split_at_mut(slots.len());
            for ((slot, x), sum) in slots.iter_mut().zip(x_now).zip(sum_now) {
                let y = x + *slot;
                *slot = flush(c * y - x);
                *sum += y;
            }
            (x, sum) = (x_later, sum_later);
        }
    }

    /// `y[i] = g x[i] + x[i-D] - g y[i-D]` in place. The line holds `x - g y`.
    #[inline(always)]
    fn allpass(&mut self, mut samples: &mut [f32], g: f32) {
        while !samples.is_empty() {
            let slots = self.run(samples.len());
            let (now, later) = samples.split_at_mut(slots.len());
            for (slot, x) in slots.iter_mut().zip(now) {
                let y = g * *x + *slot;
                *slot = flush(*x - g * y);
                *x = y;
            }
            samples = later;
        }
    }
}

/// Zero for what has rung down to -400 dB, before it gets so small (denormal) that computing with it is slow.
#[inline(always)]
fn flush(x: f32) -> f32 {
    if x.abs() < 1e-20 { 0.0 } else { x }
}

#[cfg(test)]
mod tests {
    use super::*;

    const RATE: u32 = 48_000;

    fn response(settings: &SchroederReverb, frames: usize) -> Vec<f32> {
        let mut samples = vec![0.0; frames];
        samples[0] = 1.0;
        settings.process(&mut settings.start(Format::mono(RATE)), &mut Block::mono(&mut samples));
        samples
    }

    #[test]
    fn first_echoes_are_those_of_the_combs() {
        // Allpasses without feedback are plain delays of one frame less than they are called.
        let settings =
            SchroederReverb { gain1: 0.0, gain2: 0.0, delay1: 11, delay2: 21, q: 20.0, ..SchroederReverb::default() };
        let (b, c) = settings.comb();
        let samples = response(&settings, 600);
        let echo = |at: usize| f64::from(samples[30 + at]);
        let close = |x: f64, y: f64| assert!((x - y).abs() < 1e-7, "{x} is not {y}");
        close(echo(0), 0.2 * 4.0 * b);
        for delay in [96, 120, 160] {
            close(echo(delay), 0.2 * b * (c - 1.0));
        }
        // At 240 the first echo of the lowest comb meets the second one of the 400 Hz comb.
        close(echo(240), 0.2 * b * (c - 1.0) * (1.0 + c));
        close(echo(288), 0.2 * b * (c - 1.0) * c * c);
        close(echo(95), 0.0);
    }

    #[test]
    fn allpass_has_its_closed_form() {
        let mut samples = vec![0.0; 50];
        samples[0] = 1.0;
        Line::new(10).allpass(&mut samples, 0.6);
        for (i, y) in samples.iter().enumerate() {
            let expected: f32 = match (i % 10, i / 10) {
                (0, 0) => 0.6,
                (0, k) => (1.0 - 0.36) * libm::powf(-0.6, k as f32 - 1.0),
                _ => 0.0,
            };
            assert!((y - expected).abs() < 1e-7, "{i}: {y} is not {expected}");
        }
    }

    #[test]
    fn thirty_two_bits_are_enough() {
        // The same chain in 64 bits, sample by sample, against ten seconds of loud noise.
        let settings = SchroederReverb::default();
        let (b, c) = settings.comb();
        let mut noise = 1_u32;
        let mut x: Vec<f32> = (0..10 * RATE)
            .map(|_| {
                noise = noise.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
                noise as f32 / u32::MAX as f32 * 2.0 - 1.0
            })
            .collect();
        let wide: Vec<f64> = x.iter().map(|&x| f64::from(x)).collect();
        let mut sum = vec![0.0; wide.len()];
        for hz in COMBS_HZ {
            let m = comb_delay(RATE, hz);
            let mut y = vec![0.0; wide.len()];
            for i in 0..wide.len() {
                let (x_m, y_m) = if i < m { (0.0, 0.0) } else { (wide[i - m], y[i - m]) };
                y[i] = b * (wide[i] - x_m) + c * y_m;
                sum[i] += 0.2 * y[i];
            }
        }
        for (delay, g) in [(999, 0.78), (4199, 0.68)] {
            let input = sum.clone();
            for i in 0..sum.len() {
                let (x_d, y_d) = if i < delay { (0.0, 0.0) } else { (input[i - delay], sum[i - delay]) };
                sum[i] = g * input[i] + x_d - g * y_d;
            }
        }
        settings.process(&mut settings.start(Format::mono(RATE)), &mut Block::mono(&mut x));
        let peak = sum.iter().fold(0.0_f64, |peak, y| peak.max(y.abs()));
        let worst = x.iter().zip(&sum).fold(0.0_f64, |worst, (x, y)| worst.max((f64::from(*x) - y).abs()));
        assert!(worst < peak * crate::ratio(-130.0), "{worst} of {peak}");
    }

    #[test]
    fn tail_is_long_enough_and_not_much_longer() {
        for settings in [
            SchroederReverb::default(),
            SchroederReverb { q: 200.0, ..SchroederReverb::default() },
            SchroederReverb { gain1: -0.5, gain2: 0.1, delay1: 30, ..SchroederReverb::default() },
            SchroederReverb { q: 2.0, gain1: 0.0, gain2: 0.0, ..SchroederReverb::default() },
        ] {
            let tail = settings.tail(Format::mono(RATE));
            let samples = response(&settings, 2 * tail);
            // What is left after n frames is at most the sum of the sizes from n on, whatever was put in.
            let mut rest = 0.0;
            let falling = samples.iter().rposition(|x| {
                rest += f64::from(x.abs());
                rest >= 1e-6
            });
            let ended = falling.unwrap_or(0) + 1;
            assert!((ended..=ended * 3 / 2).contains(&tail), "{settings:?}: {tail} frames for {ended}");
        }
    }
}
