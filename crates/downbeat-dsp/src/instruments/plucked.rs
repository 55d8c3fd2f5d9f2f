//! The plucked string: a delay line of one period that loses a little each time around.
//!
//! K. Karplus and A. Strong, "Digital Synthesis of Plucked-String and Drum Timbres", and D. A. Jaffe and J. O. Smith,
//! "Extensions of the Karplus-Strong Plucked-String Algorithm", both Computer Music Journal 7(2) (1983). The filter in the
//! loop is the symmetric one of three points of Smith's "Physical Audio Signal Processing" (2010): it delays all frequencies
//! by one frame. The string is tuned by a Lagrange interpolator of the third order, whose phase and loss at the fundamental
//! are reckoned with, so that pitch and decay are those that were asked for, and the length can move while it sounds.

use std::f64::consts::TAU;

use super::contour::{Contour, Shape};
use super::envelope::frames_of_ms;
use super::instrument::CHUNK;
use super::noise::Noise;
use super::score::{Score, Strike};
use super::{Instrument, Voice};

crate::params! {
    /// A plucked string, from a soft harp to a steel guitar.
    ///
    /// Each string is plucked with noise, which soon becomes a tone. Soft notes are duller. High notes die away sooner, as
    /// they do on a guitar.
    pub struct Plucked: "plucked" {
        /// How long the fundamental takes to fall by 60 dB, in seconds. High strings lose more to their brightness.
        decay_s: f64 = 4.0, in 0.05..=60.0;
        /// How slowly the high harmonics die away: 0 is nylon, 1 has them last as long as the fundamental.
        brightness: f64 = 0.5, in 0.0..=1.0;
        /// Where the string is plucked, as a part of its length: the middle sounds hollow, the end thin.
        pick_position: f64 = 0.13, in 0.02..=0.5;
        /// How hard the pick is: 0 plucks with the thumb, 1 excites all harmonics alike.
        pick_hardness: f64 = 0.7, in 0.0..=1.0;
        /// How much the velocity changes the level: 0 not at all, 1 in proportion.
        velocity_to_level: f64 = 1.0, in 0.0..=1.0;
        /// How much duller a soft note is.
        velocity_to_hardness: f64 = 0.5, in 0.0..=1.0;
        /// How fast a string is damped that is let go, in milliseconds, at least 1.
        release_ms: f64 = 120.0, in 0.0..=60000.0;
        /// The most notes that sound at once.
        polyphony: u32 = 24, in 1..=64;
    }
}

/// How much a plucked string is allowed to fade until it counts as silent, in decibels.
const SILENT_DB: f64 = 140.0;
/// The root of the mean square that a string is plucked with at full velocity: its peaks stay around 1.
const PLUCK_RMS: f64 = 0.35;
/// The harmonics that are given their due level: those that the ear tells apart.
const EVEN_HARMONICS: usize = 8;
/// The largest gain of the loop: what has no frequency dies away, too.
const MOST_GAIN: f64 = 0.999_99;
/// Taps of the interpolator.
const TAPS: usize = 4;
/// The shortest loop, in frames: the newest sample of the interpolator lies one frame back, and the filter takes one more.
const SHORTEST: f64 = 3.5;

impl Instrument for Plucked {
    type Voice = PluckedVoice;

    fn polyphony(&self) -> usize {
        self.polyphony as usize
    }

    fn sounding(&self, strike: &Strike, rate: u32) -> u64 {
        self.release(rate).frames(strike.held()).min(self.ringing(rate))
    }

    fn voice(&self, score: &Score, rate: u32) -> PluckedVoice {
        let lowest_bend = score.bends.iter().map(|bend| bend.1).fold(1.0, f64::min);
        let lowest = score.strikes.iter().map(|strike| strike.freq_hz).fold(f64::from(rate), f64::min) * lowest_bend;
        // No lower than a tenth of a hertz: what is bent down further stays there.
        let room = (f64::from(rate) / lowest.max(0.1)).ceil() as usize + 2 * TAPS;
        PluckedVoice {
            settings: self.clone(),
            rate: f64::from(rate),
            line: vec![0.0; room.next_power_of_two()],
            plucked: vec![0.0; room],
            write: 0,
            string: None,
            tuned_hz: 0.0,
            freq_hz: 0.0,
            before: [0.0; 2],
            damper: Contour::new(self.release(rate)),
            ringing: self.ringing(rate),
            age: 0,
            gain: 0.0,
        }
    }
}

impl Plucked {
    /// The contour of a hand that damps the string: open until the note is released.
    fn release(&self, rate: u32) -> Shape {
        Shape::new(0.0, 0.0, 1.0, self.release_ms, rate)
    }

    /// After how many frames nothing is heard of the string.
    fn ringing(&self, rate: u32) -> u64 {
        frames_of_ms(self.decay_s * 1000.0 * SILENT_DB / 60.0, rate)
    }

    /// The outer and the middle coefficient of the filter in the loop, for a loss of 1 at frequency 0.
    fn damping(&self) -> (f64, f64) {
        ((1.0 - self.brightness) / 4.0, (1.0 + self.brightness) / 2.0)
    }
}

/// The loop of a string at a pitch.
#[derive(Clone, Copy, PartialEq, Debug)]
struct Loop {
    /// The delay in front of the filter, in frames.
    delay: f64,
    /// The gain of the loop, beside the filter's.
    gain: f64,
}

impl Loop {
    /// The loop that sounds at `freq_hz`; none for a string too short.
    fn tuned(settings: &Plucked, freq_hz: f64, rate: f64) -> Option<Loop> {
        let period = rate / freq_hz;
        if period.is_nan() || period < SHORTEST {
            return None;
        }
        let omega = TAU / period;
        let (outer, middle) = settings.damping();
        let filter = middle + 2.0 * outer * libm::cos(omega);
        let wanted = period - 1.0;
        // The interpolator's phase delay at the fundamental is not quite the one it is set to: a fixed point, reached to
        // 1e-9 frames in a few steps, for the error changes slowly.
        let (mut delay, mut loss) = (wanted, 1.0);
        for _ in 0..8 {
            let (phase_delay, magnitude) = response(delay, omega);
            delay += wanted - phase_delay;
            loss = magnitude;
        }
        let decay = libm::exp(-libm::log(1000.0) * period / (settings.decay_s * rate));
        Some(Loop { delay: delay.max(2.0), gain: (decay / (filter * loss)).min(MOST_GAIN) })
    }
}

/// The whole frames before the newest tap, and the taps, of an interpolated delay of at least 2 frames: the cubic Lagrange
/// polynomial through four samples, the delay between the two in the middle.
#[inline(always)]
fn taps(delay: f64) -> (usize, [f64; TAPS]) {
    let whole = delay as usize;
    let x = delay - whole as f64;
    let (a, b, c) = (x + 1.0, x - 1.0, x - 2.0);
    let taps = [-x * b * c / 6.0, a * b * c / 2.0, -a * x * c / 2.0, a * x * b / 6.0];
    (whole.saturating_sub(1), taps)
}

/// The phase delay in frames and the magnitude of an interpolated delay at an angular frequency.
fn response(delay: f64, omega: f64) -> (f64, f64) {
    let (whole, taps) = taps(delay);
    // Seen from the delay that is wanted, the phase is small and has one value.
    let (mut re, mut im) = (0.0, 0.0);
    for (k, tap) in (0_u8..).zip(taps) {
        let (sin, cos) = libm::sincos(omega * (whole as f64 + f64::from(k) - delay));
        re += tap * cos;
        im += tap * sin;
    }
    (delay + libm::atan2(im, re) / omega, (re * re + im * im).sqrt())
}

/// Gives the lowest harmonics of one period of noise the level that they have on the average, so that no note lacks its
/// fundamental by chance. Their phases stay as they are.
fn even_out(period: &mut [f64]) {
    let length = period.len() as f64;
    // Evenly distributed noise has a mean square of 1/3, shared by all components alike.
    let average = 2.0 / (3.0 * length).sqrt();
    for harmonic in 1..=EVEN_HARMONICS.min(period.len().saturating_sub(1) / 2) {
        let (sin, cos) = libm::sincos(TAU * harmonic as f64 / length);
        let turned = |(re, im): (f64, f64)| (re * cos - im * sin, re * sin + im * cos);
        let (mut sum, mut unit) = ((0.0, 0.0), (1.0, 0.0));
        for x in period.iter() {
            sum = (sum.0 + x * unit.0, sum.1 + x * unit.1);
            unit = turned(unit);
        }
        let (re, im) = (2.0 * sum.0 / length, 2.0 * sum.1 / length);
        let more = average / (re * re + im * im).sqrt().max(1e-12) - 1.0;
        unit = (1.0, 0.0);
        for x in period.iter_mut() {
            *x += more * (re * unit.0 + im * unit.1);
            unit = turned(unit);
        }
    }
}

/// A note of a [`Plucked`].
#[derive(Clone)]
pub struct PluckedVoice {
    settings: Plucked,
    rate: f64,
    /// The string: a ring whose length is a power of two.
    line: Vec<f64>,
    /// One period, to work out the pluck in.
    plucked: Vec<f64>,
    /// Where the next sample goes.
    write: usize,
    string: Option<Loop>,
    /// The frequency that the loop is tuned to.
    tuned_hz: f64,
    freq_hz: f64,
    /// The last two samples that entered the filter.
    before: [f64; 2],
    damper: Contour,
    /// How many frames the string is heard.
    ringing: u64,
    age: u64,
    gain: f64,
}

impl Voice for PluckedVoice {
    fn strike(&mut self, strike: &Strike) {
        self.freq_hz = strike.freq_hz;
        self.retune(strike.freq_hz);
        self.gain = 1.0 + self.settings.velocity_to_level * (strike.velocity - 1.0);
        self.damper.start();
        (self.age, self.before) = (0, [0.0; 2]);
        self.pluck(strike);
    }

    fn release(&mut self) {
        self.damper.release();
    }

    #[inline(always)]
    fn fill(&mut self, bend: f64, out: &mut [f32]) {
        let from = self.string;
        if self.freq_hz * bend != self.tuned_hz {
            self.retune(self.freq_hz * bend);
        }
        let mut damping = [0.0; CHUNK];
        let damping = &mut damping[..out.len()];
        self.damper.fill(damping);
        match (from, self.string) {
            (Some(from), Some(to)) => self.sound(from, to, damping, out),
            _ => out.fill(0.0),
        }
        self.age += out.len() as u64;
    }

    fn level(&self) -> f64 {
        let faded = libm::exp(-libm::log(1000.0) * self.age as f64 / (self.settings.decay_s * self.rate));
        self.damper.value() * self.gain * faded
    }

    fn is_over(&self) -> bool {
        self.damper.is_over() || self.string.is_none() || self.age >= self.ringing
    }
}

impl PluckedVoice {
    fn retune(&mut self, freq_hz: f64) {
        self.tuned_hz = freq_hz;
        let lowest = self.rate / (self.line.len() - 2 * TAPS) as f64;
        self.string = Loop::tuned(&self.settings, freq_hz.max(lowest), self.rate);
    }

    /// Displaces the string: one period of noise, softened by the pick, without the harmonics that have a node where it is
    /// plucked, and without a mean.
    fn pluck(&mut self, strike: &Strike) {
        let Some(string) = self.string else { return };
        let period = ((string.delay + 1.0).ceil() as usize).min(self.plucked.len());
        let touch = 1.0 + self.settings.velocity_to_hardness * (strike.velocity - 1.0);
        // A lowpass of the first order, its corner from two octaves above the fundamental up to everything.
        let lowest = (4.0 * strike.freq_hz / self.rate).min(0.5);
        let corner = lowest * libm::pow(0.5 / lowest, self.settings.pick_hardness * touch);
        let keep = libm::exp(-TAU * corner);
        let plucked = &mut self.plucked[..period];
        let mut noise = Noise::new(strike.seed);
        plucked.iter_mut().for_each(|x| *x = noise.next());
        even_out(plucked);
        // Twice around, so that the softened noise meets its own beginning.
        let soft = plucked.iter().fold(0.0, |soft, x| soft + (1.0 - keep) * (x - soft));
        plucked.iter_mut().fold(soft, |soft, x| {
            *x = soft + (1.0 - keep) * (*x - soft);
            *x
        });
        // What runs to the near end of the string comes back turned around.
        let back = ((self.settings.pick_position * period as f64 + 0.5) as usize).max(1);
        let shape = |k: usize| plucked[k] - plucked[(k + back) % period];
        // The mean is 0: each sample is there once and once turned around.
        let energy: f64 = (0..period).map(|k| shape(k) * shape(k)).sum();
        let scale = PLUCK_RMS / (energy / period as f64).sqrt().max(1e-9);
        let mask = self.line.len() - 1;
        self.line.fill(0.0);
        for k in 0..period {
            self.line[self.write.wrapping_sub(period).wrapping_add(k) & mask] = scale * shape(k);
        }
    }

    #[inline(always)]
    fn sound(&mut self, from: Loop, to: Loop, damping: &[f64], out: &mut [f32]) {
        let mask = self.line.len() - 1;
        let (outer, middle) = self.settings.damping();
        let step = (to.delay - from.delay) / out.len().max(1) as f64;
        let mut read = taps(to.delay);
        for ((k, out), damping) in (1_i32..).zip(out).zip(damping) {
            if step != 0.0 {
                read = taps(from.delay + step * f64::from(k));
            }
            let newest = self.write.wrapping_sub(read.0);
            let sample = |tap: usize| read.1[tap] * self.line[newest.wrapping_sub(tap) & mask];
            let x = (sample(0) + sample(1)) + (sample(2) + sample(3));
            let y = to.gain * (outer * (x + self.before[1]) + middle * self.before[0]);
            self.before = [x, self.before[0]];
            self.line[self.write & mask] = y;
            self.write = self.write.wrapping_add(1);
            let heard = (y * damping * self.gain) as f32;
            // A string that has rung down for minutes makes no denormal numbers.
            *out = if heard.abs() < 1e-20 { 0.0 } else { heard };
        }
    }
}
