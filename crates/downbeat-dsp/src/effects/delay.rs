//! A delay with feedback, filters in the loop, and echoes that can go from side to side.

use super::iir::{Chain, Design, Section, warp};
use super::space::{CHUNK, Line, flush};
use crate::{Block, Effect, Format, Held};

crate::params! {
    /// Repeats the sound as echoes that get softer, darker and thinner from one to the next.
    ///
    /// The echoes come exactly `time_ms` apart, to the nearest frame. When the time moves, they glide to the new one as a
    /// tape does that runs faster or slower for a moment. Each time round, the sound passes a low cut and a high cut of 6
    /// dB an octave, and `feedback` of it goes round again.
    pub struct Delay: "delay" {
        /// The time from echo to echo, in milliseconds.
        time_ms: f64 = 375.0, in 1.0..=4000.0;
        /// What each echo is of the one before, as a factor. Negative values turn every other one around.
        feedback: f64 = 0.35, in -0.95..=0.95;
        /// The share of the echoes: 0 is dry, 1 is echoes only.
        mix: f64 = 0.3, in 0.0..=1.0;
        /// Each echo loses what lies below, in hertz; 0 is off.
        low_cut_hz: f64 = 100.0, in 0.0..=20000.0;
        /// Each echo loses what lies above, in hertz; 20000 is off.
        high_cut_hz: f64 = 6000.0, in 20.0..=20000.0;
        /// Whether the echoes go from side to side, the first on the left. It needs stereo.
        ping_pong: bool = false;
    }
}

/// The longest time, in seconds: what `time_ms` goes up to.
const LONGEST_S: f64 = 4.0;
/// The time in which a glide covers the most of its way, in seconds, when it is short.
const GLIDE_S: f64 = 0.02;
/// How much faster or slower than the sound itself the tape runs at most.
const FASTEST: f64 = 0.5;
/// A glide that is as near as this, in frames, has arrived.
const ARRIVED: f64 = 1.0 / 1024.0;

/// What [`Delay`] remembers: the line of each channel, the filters, and where a glide is.
#[derive(Clone, PartialEq)]
pub struct DelayState {
    rate: u32,
    lines: [Line; 2],
    cuts: Chain<Delay>,
    /// The delay at the moment, in frames.
    delay: f64,
}

impl Held for DelayState {
    fn held(&self) -> usize {
        self.lines.held() + self.cuts.held()
    }
}

impl Effect for Delay {
    type State = DelayState;

    fn tail(&self, format: Format) -> usize {
        if self.mix == 0.0 { 0 } else { self.ring(format.rate) }
    }

    fn spreads(&self) -> bool {
        self.ping_pong
    }

    fn start(&self, format: Format) -> DelayState {
        let longest = (LONGEST_S * f64::from(format.rate)).ceil() as usize + 8;
        let sizes = if format.channels.count() == 1 { [longest, 1] } else { [longest; 2] };
        DelayState {
            rate: format.rate,
            lines: sizes.map(Line::new),
            cuts: Chain::new(self, format.rate),
            delay: self.frames(format.rate) as f64,
        }
    }

    #[inline(always)]
    fn process(&self, state: &mut DelayState, block: &mut Block<'_>) {
        let target = self.frames(state.rate);
        let frames = block.frames();
        let mut from = 0;
        while from < frames {
            // No echo of a chunk sounds within the chunk itself, nor do the two frames past one on a glide.
            let shortest = if state.delay == target as f64 { target } else { target.min(state.delay as usize) - 2 };
            let to = frames.min(from + CHUNK.min(shortest));
            self.chunk(state, &mut block.part(from..to), target);
            from = to;
        }
    }
}

impl Design for Delay {
    /// The cuts of the loop. One that is off follows the sound, to be there when it is wanted.
    fn sections(&self, rate: u32) -> impl Iterator<Item = Section> {
        let low = if self.cuts_low() { [1.0, -1.0] } else { [1.0, 0.0] };
        let high = if self.cuts_high() { [0.0, 1.0] } else { [1.0, 0.0] };
        let cut = move |freq_hz, mix| Section::one_pole(warp(freq_hz, rate), mix);
        [cut(self.low_cut_hz.max(1.0), low), cut(self.high_cut_hz, high)].into_iter()
    }
}

impl Delay {
    /// The time in whole frames; four are enough for a glide to have neighbours.
    fn frames(&self, rate: u32) -> usize {
        ((self.time_ms / 1000.0 * f64::from(rate)).round() as usize).max(4)
    }

    fn cuts_low(&self) -> bool {
        self.low_cut_hz > 0.0
    }

    fn cuts_high(&self) -> bool {
        self.high_cut_hz < 20_000.0
    }

    /// Works on frames that have no echo among themselves.
    #[inline(always)]
    fn chunk(&self, state: &mut DelayState, block: &mut Block<'_>, target: usize) {
        let (frames, channels) = (block.frames(), block.channels().count());
        let (feedback, wet, dry) = (self.feedback as f32, self.mix as f32, (1.0 - self.mix) as f32);
        let mut echoes = [[0.0; CHUNK]; 2];
        state.read(target, channels, frames, &mut echoes);
        let [left, right] = echoes.each_mut().map(|echoes| &mut echoes[..frames]);
        if self.cuts_low() || self.cuts_high() {
            let mut both = if channels == 2 { Block::stereo(left, right) } else { Block::mono(left) };
            state.cuts.process(self, &mut both);
        }
        let mut inputs = [[0.0; CHUNK]; 2];
        for (input, plane) in inputs.iter_mut().zip(block.planes()) {
            input[..frames].copy_from_slice(plane);
        }
        let crosses = self.ping_pong && channels == 2;
        if crosses {
            let [left, right] = &mut inputs;
            for (l, r) in left.iter_mut().zip(right) {
                (*l, *r) = (0.5 * (*l + *r), 0.0);
            }
        }
        for (i, (line, input)) in state.lines.iter_mut().zip(&mut inputs).take(channels).enumerate() {
            let input = &mut input[..frames];
            feed(input, &echoes[if crosses { 1 - i } else { i }], feedback);
            line.write(input);
        }
        for (plane, echoes) in block.planes().zip(&echoes) {
            blend(plane, echoes, dry, wet);
        }
    }

    /// After how many frames the echoes have rung down by 120 dB, whatever they were fed with.
    ///
    /// The filters let a frequency through with a factor of A at most, where the frequency may be one that grows with
    /// `e^(g n)`; then the echoes are, multiplied by that growth, not more than `S = mix A e^(g M) / (1 - feedback A e^(g
    /// M))` in the root of the sum of their squares, and after n frames not more than `S e^(-g n) / sqrt(1 - e^(-2 g))`
    /// in their sum (Cauchy and Schwarz). Without filters, the sum is S itself. The best growth of a few dozen is taken.
    fn ring(&self, rate: u32) -> usize {
        let delay = self.frames(rate) as f64;
        let mut cuts = Vec::new();
        if self.cuts_low() {
            cuts.push((warp(self.low_cut_hz, rate), -1.0));
        }
        if self.cuts_high() {
            cuts.push((warp(self.high_cut_hz, rate), 1.0));
        }
        let pole = |g: f64| (1.0 - g) / (1.0 + g);
        // Where the filters themselves end, or the echoes without them.
        let slowest = cuts.iter().map(|(g, _)| -libm::log(pole(*g).abs().max(1e-30)));
        let limit = slowest.fold(-libm::log(self.feedback.abs().max(1e-40)) / delay, f64::min);
        let frames = (1..128).filter_map(|step| {
            let growth = limit * f64::from(step) / 128.0;
            let grown = libm::exp(growth);
            // A filter of the first order turns the circle of a growth into a circle: its ends lie on the real axis.
            let through = |(g, sign): &(f64, f64)| {
                let at = |z: f64| {
                    let input = if *sign > 0.0 { g / (1.0 + g) } else { 1.0 / (1.0 + g) };
                    (input * (1.0 + sign * z) / (1.0 - pole(*g) * z)).abs()
                };
                at(grown).max(at(-grown))
            };
            let round = cuts.iter().map(through).product::<f64>() * libm::exp(growth * delay);
            let loss = 1.0 - self.feedback.abs() * round;
            let spread = if cuts.is_empty() { 1.0 } else { 1.0 / (1.0 - libm::exp(-2.0 * growth)).sqrt() };
            let weight = libm::log(self.mix * round / loss * spread);
            (loss > 0.0).then_some((weight + 6.0 * std::f64::consts::LN_10) / growth)
        });
        frames.fold(f64::INFINITY, f64::min).max(0.0).ceil() as usize
    }
}

impl DelayState {
    /// Reads the echoes of the next frames, and takes a glide on by as many.
    #[inline(always)]
    fn read(&mut self, target: usize, channels: usize, frames: usize, echoes: &mut [[f32; CHUNK]; 2]) {
        let lines = self.lines.iter().zip(echoes).take(channels);
        if self.delay == target as f64 {
            lines.for_each(|(line, echoes)| line.read(target, &mut echoes[..frames]));
            return;
        }
        let mut delays = [(0, 0.0); CHUNK];
        for (i, delay) in delays[..frames].iter_mut().enumerate() {
            self.delay = glide(self.delay, target as f64, self.rate);
            let whole = self.delay as usize;
            // The line stands at the first frame of the chunk.
            *delay = (whole - i, (self.delay - whole as f64) as f32);
        }
        for (line, echoes) in lines {
            for (echo, (whole, share)) in echoes.iter_mut().zip(&delays[..frames]) {
                *echo = line.between(*whole, *share);
            }
        }
    }
}

/// One frame of the way from a delay to another one: fast when it is far, then ever slower.
fn glide(delay: f64, target: f64, rate: u32) -> f64 {
    let way = target - delay;
    if way.abs() < ARRIVED {
        return target;
    }
    delay + (way / (GLIDE_S * f64::from(rate))).clamp(-FASTEST, FASTEST)
}

/// Adds what comes back to what goes into a line.
#[inline(always)]
fn feed(line: &mut [f32], echoes: &[f32], feedback: f32) {
    for (to, echo) in line.iter_mut().zip(echoes) {
        *to = flush(*to + feedback * echo);
    }
}

/// The dry sound and the echoes together.
#[inline(always)]
fn blend(plane: &mut [f32], echoes: &[f32], dry: f32, wet: f32) {
    for (x, echo) in plane.iter_mut().zip(echoes) {
        *x = flush(dry * *x + wet * echo);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Audio;
    use std::f64::consts::TAU;

    const RATE: u32 = 48_000;

    /// Noise between -1 and 1, the same each time for the same seed.
    fn noise(mut seed: u32, frames: usize) -> Vec<f32> {
        let mut next = || {
            seed = seed.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            (seed >> 8) as f32 / (1 << 23) as f32 - 1.0
        };
        (0..frames).map(|_| next()).collect()
    }

    /// A click of 1 at the first frame of the left channel or the only one.
    fn click(format: Format, frames: usize) -> Audio {
        let mut sound = Audio::silence(format, frames);
        sound.planes_mut().take(1).for_each(|plane| plane[0] = 1.0);
        sound
    }

    /// How many frames it takes until all that is left of a response sums up to less than a millionth.
    fn ended(response: &[f32]) -> usize {
        let mut rest = 0.0;
        let last = response.iter().rposition(|x| {
            rest += f64::from(x.abs());
            rest >= 1e-6
        });
        last.map_or(0, |last| last + 1)
    }

    /// What a delay makes of a sound, without any more frames.
    fn through(delay: &Delay, mut sound: Audio) -> Audio {
        delay.process(&mut delay.start(sound.format()), &mut sound.block());
        sound
    }

    fn echoes_only() -> Delay {
        Delay { mix: 1.0, low_cut_hz: 0.0, high_cut_hz: 20_000.0, ..Delay::default() }
    }

    #[test]
    fn echoes_fall_on_their_frame_with_their_size() {
        for rate in [8000, 44_100, 48_000] {
            for time_ms in [1.0, 20.0, 250.0, 333.3] {
                let delay = Delay { time_ms, feedback: -0.5, mix: 0.25, ..echoes_only() };
                let m = (time_ms * f64::from(rate) / 1000.0).round() as usize;
                let output = through(&delay, click(Format::mono(rate), 5 * m));
                for (i, y) in output.left().iter().enumerate() {
                    // Halves and quarters are exact.
                    let expected = match (i % m, i / m) {
                        (0, 0) => 0.75,
                        (0, k) => 0.25 * [1.0, -0.5, 0.25, -0.125][k - 1],
                        _ => 0.0,
                    };
                    assert_eq!(*y, expected, "{time_ms} ms at {rate}: frame {i}");
                }
            }
        }
    }

    #[test]
    fn noise_comes_back_as_itself() {
        let input = noise(1, 30_000);
        let dry = through(&Delay { mix: 0.0, ..Delay::default() }, Audio::mono(RATE, input.clone()));
        assert!(dry.left() == input);
        let once = Delay { time_ms: 100.0, feedback: 0.0, ..echoes_only() };
        let echo = through(&once, Audio::mono(RATE, input.clone()));
        assert!(echo.left()[4800..] == input[..30_000 - 4800]);
    }

    #[test]
    fn ping_pong_goes_from_side_to_side() {
        let delay = Delay { time_ms: 10.0, feedback: 0.5, ping_pong: true, ..echoes_only() };
        let output = through(&delay, click(Format::stereo(RATE), 2400));
        for (i, (left, right)) in output.left().iter().zip(output.right()).enumerate() {
            // The click was on one side only, which is half of it in the middle.
            let size = if i % 480 == 0 && i > 0 { 0.5 * [1.0, 0.5, 0.25, 0.125][i / 480 - 1] } else { 0.0 };
            let expected = if (i / 480) % 2 == 1 { (size, 0.0) } else { (0.0, size) };
            assert_eq!((*left, *right), expected, "frame {i}");
        }
    }

    /// The size of the Fourier sum of a stretch of samples at a frequency.
    fn size_at(samples: &[f32], freq_hz: f64) -> f64 {
        let angle = |i: usize| TAU * freq_hz / f64::from(RATE) * i as f64;
        let re: f64 = samples.iter().enumerate().map(|(i, x)| f64::from(*x) * libm::cos(angle(i))).sum();
        let im: f64 = samples.iter().enumerate().map(|(i, x)| f64::from(*x) * libm::sin(angle(i))).sum();
        libm::hypot(re, im)
    }

    #[test]
    fn each_echo_has_passed_the_cuts_once_more() {
        let delay = Delay { time_ms: 500.0, feedback: 0.8, mix: 1.0, ..Delay::default() };
        let output = through(&delay, click(Format::mono(RATE), 4 * 24_000));
        for freq_hz in [30.0, 100.0, 1000.0, 6000.0, 15_000.0] {
            // Filters of the first order, by the bilinear transform.
            let warped = |freq_hz: f64| libm::tan(TAU / 2.0 * freq_hz / f64::from(RATE));
            let (w, low, high) = (warped(freq_hz), warped(100.0), warped(6000.0));
            let once = (w / libm::hypot(w, low)) * (high / libm::hypot(w, high));
            for k in 1..4 {
                let expected = libm::pow(0.8, f64::from(k) - 1.0) * libm::pow(once, f64::from(k));
                let measured = size_at(&output.left()[24_000 * k as usize..][..24_000], freq_hz);
                // Samples are rounded to 32 bits.
                assert!((measured / expected - 1.0).abs() < 1e-5, "{freq_hz} Hz, echo {k}: {measured} for {expected}");
            }
        }
    }

    #[test]
    fn a_delay_that_moves_glides_without_a_click_and_arrives() {
        let (from, to) = (Delay { time_ms: 100.0, feedback: 0.0, ..echoes_only() }, 160.0);
        let frames = 50_000;
        let step = TAU * 440.0 / f64::from(RATE);
        let input: Vec<f32> = (0..frames).map(|i| libm::sin(step * i as f64) as f32).collect();
        for (before, after) in [(100.0, to), (to, 100.0), (100.0, 3.0)] {
            let (first, second) = (Delay { time_ms: before, ..from.clone() }, Delay { time_ms: after, ..from.clone() });
            let moved = |size: usize| {
                let mut output = input.clone();
                let mut state = first.start(Format::mono(RATE));
                for (i, block) in output.chunks_mut(size).enumerate() {
                    let settings = if i * size < 12_000 { &first } else { &second };
                    settings.process(&mut state, &mut Block::mono(block));
                }
                output
            };
            let output = moved(12_000);
            for size in [1, 100, 1000] {
                assert!(moved(size) == output, "{before} to {after} in blocks of {size}");
            }
            // A tape at one and a half times its speed makes steps as much larger; the cubic adds a thousandth.
            for (i, pair) in output.windows(2).enumerate().skip(48 * before as usize + 1) {
                let jump = f64::from((pair[1] - pair[0]).abs());
                assert!(jump <= 1.501 * step, "{before} to {after}: {jump} at {i}");
            }
            let m = 48 * after as usize;
            assert!(output[40_000..] == input[40_000 - m..frames - m], "{before} to {after}: arrives exactly");
        }
    }

    #[test]
    fn the_echoes_end_about_when_they_say() {
        for delay in [
            Delay::default(),
            Delay { time_ms: 30.0, feedback: 0.9, ..echoes_only() },
            Delay { time_ms: 120.0, feedback: -0.7, low_cut_hz: 0.0, ..Delay::default() },
            Delay { time_ms: 120.0, feedback: 0.8, low_cut_hz: 400.0, mix: 1.0, ..Delay::default() },
            Delay { feedback: 0.0, ..Delay::default() },
        ] {
            let tail = delay.tail(Format::mono(RATE));
            let ended = ended(through(&delay, click(Format::mono(RATE), 2 * tail)).left());
            // The bound does not know that two cuts together let no frequency through whole.
            assert!((ended..=ended * 2).contains(&tail), "{delay:?}: {tail} frames for {ended}");
        }
    }
}
