//! The ladder of four stages and one feedback, after Moog.
//!
//! R. A. Moog, "A Voltage-Controlled Low-Pass High-Pass Filter for Audio Signal Processing", AES 17 (1965). Each stage is
//! a lowpass of the first order by trapezoidal integration, and the feedback comes back within the same frame: V. Zavalishin,
//! "The Art of VA Filter Design" (2018), chapter 5. The saturation bends what enters the first stage, where the loop is
//! solved as if it were straight (chapter 6 there).

use super::iir::{Section, ring, warp};
use crate::{Block, Effect, Format, Held};

crate::choice! {
    /// What a ladder lets through, and how steeply.
    pub enum LadderMode {
        /// A lowpass of 12 dB an octave.
        Lpf12 = "lpf12",
        /// A highpass of 12 dB an octave.
        Hpf12 = "hpf12",
        /// A bandpass of 6 dB an octave on each side.
        Bpf12 = "bpf12",
        /// A lowpass of 24 dB an octave.
        Lpf24 = "lpf24",
        /// A highpass of 24 dB an octave.
        Hpf24 = "hpf24",
        /// A bandpass of 12 dB an octave on each side.
        Bpf24 = "bpf24",
    }
}

crate::params! {
    /// The filter of the classic synthesisers: four stages with feedback, warm when driven, whistling when resonant.
    ///
    /// Loud sound is bent softly on its way in, to a ceiling of 1, and so is the resonance: it can ring long, and never
    /// runs away. Resonance takes the bass away, as it does there; the lowpasses give half of it back.
    pub struct Ladder: "ladder" {
        /// The corner, in hertz, where the resonance is. At most 0.49 of the rate.
        freq_hz: f64 = 1000.0, in 10.0..=40000.0;
        /// How much comes back from the end to the beginning: 0 is none, 1 is just before the filter sings by itself.
        resonance: f64 = 0.2, in 0.0..=1.0;
        /// The gain into the filter, as a factor: the higher, the more the sound is bent.
        drive: f64 = 1.0, in 1.0..=100.0;
        /// What passes, and how steeply: decibels an octave.
        mode: LadderMode = LadderMode::Lpf24;
    }
}

/// The feedback at full resonance. With 4 the ladder would ring for ever.
const FULL: f64 = 3.9;

/// What [`Ladder`] remembers: the integrators of the four stages, each for both channels side by side.
#[derive(Clone, PartialEq)]
pub struct LadderState {
    rate: u32,
    stages: [[f64; 2]; 4],
    /// The position in a [`STRETCH`].
    at: usize,
}

impl Held for LadderState {}

/// After so many frames, a state that has rung down to -400 dB becomes zero.
const STRETCH: usize = 32;

impl Effect for Ladder {
    type State = LadderState;

    fn tail(&self, format: Format) -> usize {
        // Bent sound is turned down within the loop and so rings less than straight sound does.
        ring(self.sections(format.rate).into_iter())
    }

    fn start(&self, format: Format) -> LadderState {
        LadderState { rate: format.rate, stages: [[0.0; 2]; 4], at: 0 }
    }

    #[inline(always)]
    fn process(&self, state: &mut LadderState, block: &mut Block<'_>) {
        let tuned = Tuned::new(self, state.rate);
        let mut planes = block.planes();
        match (planes.next(), planes.next()) {
            (Some(left), Some(right)) => tuned.run(state, [left, right]),
            (Some(left), None) => tuned.run(state, [left]),
            _ => {}
        }
    }
}

impl Ladder {
    fn feedback(&self) -> f64 {
        FULL * self.resonance
    }

    /// The gain at the input.
    fn input(&self) -> f64 {
        let lowpass = matches!(self.mode, LadderMode::Lpf12 | LadderMode::Lpf24);
        self.drive * if lowpass { 1.0 + 0.5 * self.feedback() } else { 1.0 }
    }

    /// How much of the input of the first stage, and of the output of each, makes the output: what is left of
    /// `(1 + s)^4` in the numerator. The bandpasses have 0 dB at their peak, without resonance.
    fn mix(&self) -> [f64; 5] {
        match self.mode {
            LadderMode::Lpf12 => [0.0, 0.0, 1.0, 0.0, 0.0],
            LadderMode::Hpf12 => [1.0, -2.0, 1.0, 0.0, 0.0],
            LadderMode::Bpf12 => [0.0, 2.0, -2.0, 0.0, 0.0],
            LadderMode::Lpf24 => [0.0, 0.0, 0.0, 0.0, 1.0],
            LadderMode::Hpf24 => [1.0, -4.0, 6.0, -4.0, 1.0],
            LadderMode::Bpf24 => [0.0, 0.0, 4.0, -8.0, 4.0],
        }
    }

    /// What the ladder does to sound so soft that nothing is bent, as two sections: `(1 + s)^4 + k` has two pairs of
    /// roots, at `-1 ± r ± j r`, where r is the root of the root of k/4.
    fn sections(&self, rate: u32) -> [Section; 2] {
        let g = warp(self.freq_hz, rate);
        let r = (self.feedback() / 4.0).sqrt().sqrt();
        // The numerators, from the constant upwards.
        let numerators = match self.mode {
            LadderMode::Lpf12 => [[1.0, 1.0, 0.0], [1.0, 1.0, 0.0]],
            LadderMode::Hpf12 => [[0.0, 1.0, 1.0], [0.0, 1.0, 1.0]],
            LadderMode::Bpf12 => [[0.0, 2.0, 0.0], [1.0, 2.0, 1.0]],
            LadderMode::Lpf24 => [[1.0, 0.0, 0.0], [1.0, 0.0, 0.0]],
            LadderMode::Hpf24 => [[0.0, 0.0, 1.0], [0.0, 0.0, 1.0]],
            LadderMode::Bpf24 => [[0.0, 2.0, 0.0], [0.0, 2.0, 0.0]],
        };
        let section = |real: f64, [constant, linear, square]: [f64; 3], gain: f64| {
            let frequency = (real * real + r * r).sqrt();
            let band = (linear - 2.0 * real * square) / frequency;
            let low = (constant - frequency * frequency * square) / (frequency * frequency);
            let mix = [square, band, low].map(|share| share * gain);
            Section::state_variable(g * frequency, 2.0 * real / frequency, mix)
        };
        [section(1.0 - r, numerators[0], self.input()), section(1.0 + r, numerators[1], 1.0)]
    }
}

/// A ladder tuned for a rate. One stage gives `y = G x + t` with `t = (1 - G) s`, and then `s = 2 y - s`.
struct Tuned {
    /// G, and its second to fourth powers.
    powers: [f64; 4],
    /// 1 - G.
    keep: f64,
    input: f64,
    feedback: f64,
    /// What the feedback within the same frame leaves.
    solved: f64,
    mix: [f64; 5],
}

impl Tuned {
    fn new(ladder: &Ladder, rate: u32) -> Self {
        let g = warp(ladder.freq_hz, rate);
        let low = g / (1.0 + g);
        let powers = [low, low * low, low * low * low, low * low * low * low];
        let feedback = ladder.feedback();
        let solved = 1.0 / (1.0 + feedback * powers[3]);
        Tuned { powers, keep: 1.0 - low, input: ladder.input(), feedback, solved, mix: ladder.mix() }
    }

    #[inline(always)]
    fn run<const CHANNELS: usize>(&self, state: &mut LadderState, mut planes: [&mut [f32]; CHANNELS]) {
        let frames = planes[0].len();
        let mut from = 0;
        while from < frames {
            let to = frames.min(from + STRETCH - state.at);
            self.stretch(&mut state.stages, planes.each_mut().map(|plane| &mut plane[from..to]));
            state.at += to - from;
            from = to;
            if state.at == STRETCH {
                state.at = 0;
                if state.stages.as_flattened().iter().all(|s| s.abs() < 1e-20) {
                    state.stages = [[0.0; 2]; 4];
                }
            }
        }
    }

    #[inline(always)]
    fn stretch<const CHANNELS: usize>(&self, stages: &mut [[f64; 2]; 4], mut planes: [&mut [f32]; CHANNELS]) {
        let mut s: [[f64; CHANNELS]; 4] = std::array::from_fn(|i| std::array::from_fn(|channel| stages[i][channel]));
        for frame in 0..planes[0].len() {
            let x: [f64; CHANNELS] = std::array::from_fn(|channel| f64::from(planes[channel][frame]));
            let mut out = [0.0; CHANNELS];
            for n in 0..CHANNELS {
                let [s1, s2, s3, s4] = [s[0][n], s[1][n], s[2][n], s[3][n]];
                let [g1, g2, g3, g4] = self.powers;
                // What each stage gives apart from what enters the first one: only that has to be waited for.
                let t1 = self.keep * s1;
                let t2 = g1 * t1 + self.keep * s2;
                let t3 = g1 * t2 + self.keep * s3;
                let t4 = g1 * t3 + self.keep * s4;
                let u = saturate((self.input * x[n] - self.feedback * t4) * self.solved);
                let y = [u, g1 * u + t1, g2 * u + t2, g3 * u + t3, g4 * u + t4];
                s[0][n] = 2.0 * y[1] - s1;
                s[1][n] = 2.0 * y[2] - s2;
                s[2][n] = 2.0 * y[3] - s3;
                s[3][n] = 2.0 * y[4] - s4;
                out[n] = y.iter().zip(self.mix).map(|(y, share)| y * share).sum();
            }
            for (plane, out) in planes.iter_mut().zip(out) {
                // No denormal number comes out.
                plane[frame] = if out.abs() < f64::from(f32::MIN_POSITIVE) { 0.0 } else { out as f32 };
            }
        }
        for (stage, s) in stages.iter_mut().zip(s) {
            stage[..CHANNELS].copy_from_slice(&s);
        }
    }
}

/// A soft ceiling of ±1: the Padé approximant of tanh, `x (27 + x²) / (27 + 9 x²)`, which reaches 1 at 3, there without a
/// slope. It is straight for soft sound and within 0.024 of tanh for all.
#[inline(always)]
fn saturate(x: f64) -> f64 {
    let x = x.clamp(-3.0, 3.0);
    let square = x * x;
    x * (27.0 + square) / (27.0 + 9.0 * square)
}

#[cfg(test)]
mod tests {
    use super::*;

    const MODES: [LadderMode; 6] = [
        LadderMode::Lpf12,
        LadderMode::Hpf12,
        LadderMode::Bpf12,
        LadderMode::Lpf24,
        LadderMode::Hpf24,
        LadderMode::Bpf24,
    ];

    #[test]
    fn saturation_stays_near_tanh_and_never_falls() {
        let mut last = -1.0;
        for i in -5000..=5000 {
            let x = f64::from(i) * 1e-3;
            let y = saturate(x);
            assert!((y - libm::tanh(x)).abs() < 0.024 && y >= last && y.abs() <= 1.0, "{x}: {y}");
            last = y;
        }
    }

    #[test]
    fn soft_sound_passes_the_two_sections_that_the_tail_is_reckoned_with() {
        for mode in MODES {
            for (freq_hz, resonance) in [(10.0, 0.9), (1000.0, 0.0), (1000.0, 1.0), (18_000.0, 0.5)] {
                let ladder = Ladder { freq_hz, resonance, drive: 2.0, mode };
                let mut sections = ladder.sections(48_000).map(|section| (section, [0.0; 2]));
                // So soft that the saturation, x - 8/27 x³, changes nothing in 32 bits.
                let mut samples: Vec<f32> = (0..3000).map(|i| ((i * i % 97) as f32 - 48.0) * 1e-12).collect();
                let expected: Vec<f64> = samples
                    .iter()
                    .map(|&x| sections.iter_mut().fold(f64::from(x), |x, (section, state)| section.step(x, state)))
                    .collect();
                ladder.process(&mut ladder.start(Format::mono(48_000)), &mut Block::mono(&mut samples));
                for (y, expected) in samples.iter().zip(expected) {
                    // The rounding to 32 bits, and that of what cancels out in the highpasses.
                    assert!((f64::from(*y) - expected).abs() < 6e-8 * expected.abs() + 1e-23, "{ladder:?}");
                }
            }
        }
    }

    #[test]
    fn full_resonance_is_bounded_and_ends() {
        for mode in MODES {
            for (drive, amplitude) in [(1.0, 1.0), (100.0, 1.0), (1.0, 1e6), (100.0, 1e-3)] {
                for freq_hz in [100.0, 3000.0, 40_000.0] {
                    let ladder = Ladder { freq_hz, resonance: 1.0, drive, mode };
                    let (format, sounding) = (Format::mono(48_000), 20_000);
                    let tail = ladder.tail(format);
                    let mut samples = vec![0.0; sounding + tail + 1000];
                    for (i, x) in samples[..sounding].iter_mut().enumerate() {
                        // A square wave at the corner feeds the resonance most.
                        let half_periods = 2.0 * i as f64 * freq_hz.min(23_520.0) / 48_000.0;
                        *x = if (half_periods as usize).is_multiple_of(2) { amplitude } else { -amplitude };
                    }
                    ladder.process(&mut ladder.start(format), &mut Block::mono(&mut samples));
                    let loudest = |samples: &[f32]| samples.iter().fold(0.0_f32, |loudest, x| loudest.max(x.abs()));
                    // The first stage is given ±1 at most, no stage more than doubles that, and the shares sum up to 16.
                    assert!(loudest(&samples) <= 256.0, "{ladder:?}");
                    assert!(loudest(&samples[sounding + tail..]) <= 1e-6 * amplitude, "{ladder:?}");
                }
            }
        }
    }

    #[test]
    fn loud_sound_is_bent_to_the_ceiling() {
        let ladder = Ladder { freq_hz: 1000.0, resonance: 0.0, drive: 50.0, mode: LadderMode::Lpf24 };
        let mut samples = [1.0; 2000];
        ladder.process(&mut ladder.start(Format::mono(48_000)), &mut Block::mono(&mut samples));
        assert!((samples[1999] - 1.0).abs() < 1e-6);
    }
}
