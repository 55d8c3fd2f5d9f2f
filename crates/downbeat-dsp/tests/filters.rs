//! The filters against their closed forms.
//!
//! The measured response is the 64-bit Fourier sum of the impulse response at single frequencies; the expected one is
//! the quotient of polynomials of R. Bristow-Johnson's "Cookbook formulae for audio EQ biquad filter coefficients",
//! written out as it stands there and apart from the code under test.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking, in its helpers, too")]

use downbeat_dsp::{
    Allpass, Audio, Bandpass, Block, Butterworth, Comb, DcBlock, Effect, Format, HighShelf, Highpass, Ladder,
    LadderMode, LowShelf, Lowpass, Notch, Pass, PeakFilter, Tilt,
};
use std::f64::consts::{FRAC_1_SQRT_2, PI};
use std::sync::Arc;

const RATES: [u32; 4] = [8000, 44_100, 48_000, 96_000];

/// A complex number, real part first.
type Complex = [f64; 2];

fn product(a: Complex, b: Complex) -> Complex {
    [a[0] * b[0] - a[1] * b[1], a[0] * b[1] + a[1] * b[0]]
}

fn quotient(a: Complex, b: Complex) -> Complex {
    let size = b[0] * b[0] + b[1] * b[1];
    product(a, [b[0] / size, -b[1] / size])
}

fn size(a: Complex) -> f64 {
    libm::hypot(a[0], a[1])
}

fn decibels(a: Complex) -> f64 {
    20.0 * libm::log10(size(a))
}

/// `sum(coefficients[n] e^(-j w n))`: a polynomial in 1/z on the unit circle. The powers are products of each other, off by
/// 2^-53 a step: a billionth at the end of the longest response, where nothing is left of it.
fn on_the_circle(coefficients: impl IntoIterator<Item = f64>, freq_hz: f64, rate: u32) -> Complex {
    let (sin, cos) = libm::sincos(-2.0 * PI * freq_hz / f64::from(rate));
    let (mut sum, mut power) = ([0.0, 0.0], [1.0, 0.0]);
    for c in coefficients {
        sum = [sum[0] + c * power[0], sum[1] + c * power[1]];
        power = product(power, [cos, sin]);
    }
    sum
}

/// Twenty frequencies from 20 Hz to just below half the rate, evenly on a logarithmic axis.
fn frequencies(rate: u32) -> impl Iterator<Item = f64> {
    let octaves = libm::log2(0.49 * f64::from(rate) / 20.0);
    (0..20).map(move |i| 20.0 * libm::exp2(octaves * f64::from(i) / 19.0))
}

/// The impulse response, until -240 dB are left of it at most.
fn impulse_response<E: Effect>(effect: &E, rate: u32) -> Vec<f32> {
    let format = Format::mono(rate);
    let mut samples = vec![0.0; 64 + 2 * effect.tail(format)];
    samples[0] = 1.0;
    effect.process(&mut effect.start(format), &mut Block::mono(&mut samples));
    samples
}

/// The coefficients of a biquad: numerator and denominator in powers of 1/z.
struct Biquad {
    b: [f64; 3],
    a: [f64; 3],
}

impl Biquad {
    fn at(&self, freq_hz: f64, rate: u32) -> Complex {
        quotient(on_the_circle(self.b, freq_hz, rate), on_the_circle(self.a, freq_hz, rate))
    }
}

/// The cookbook's intermediate variables.
struct Cookbook {
    cos: f64,
    alpha: f64,
}

impl Cookbook {
    fn new(freq_hz: f64, q: f64, rate: u32) -> Self {
        let (sin, cos) = libm::sincos(2.0 * PI * freq_hz / f64::from(rate));
        Cookbook { cos, alpha: sin / (2.0 * q) }
    }

    fn denominator(&self) -> [f64; 3] {
        [1.0 + self.alpha, -2.0 * self.cos, 1.0 - self.alpha]
    }

    fn with(&self, b: [f64; 3]) -> Biquad {
        Biquad { b, a: self.denominator() }
    }

    fn lowpass(&self) -> Biquad {
        let c = 1.0 - self.cos;
        self.with([c / 2.0, c, c / 2.0])
    }

    fn highpass(&self) -> Biquad {
        let c = 1.0 + self.cos;
        self.with([c / 2.0, -c, c / 2.0])
    }

    fn bandpass(&self) -> Biquad {
        self.with([self.alpha, 0.0, -self.alpha])
    }

    fn notch(&self) -> Biquad {
        self.with([1.0, -2.0 * self.cos, 1.0])
    }

    fn allpass(&self) -> Biquad {
        self.with([1.0 - self.alpha, -2.0 * self.cos, 1.0 + self.alpha])
    }

    fn peaking(&self, gain_db: f64) -> Biquad {
        let (cos, a) = (self.cos, libm::pow(10.0, gain_db / 40.0));
        let (up, down) = (self.alpha * a, self.alpha / a);
        Biquad { b: [1.0 + up, -2.0 * cos, 1.0 - up], a: [1.0 + down, -2.0 * cos, 1.0 - down] }
    }

    fn low_shelf(&self, gain_db: f64) -> Biquad {
        let (c, a) = (self.cos, libm::pow(10.0, gain_db / 40.0));
        let s = 2.0 * a.sqrt() * self.alpha;
        let b = [(a + 1.0) - (a - 1.0) * c + s, 2.0 * ((a - 1.0) - (a + 1.0) * c), (a + 1.0) - (a - 1.0) * c - s];
        Biquad {
            b: b.map(|b| a * b),
            a: [(a + 1.0) + (a - 1.0) * c + s, -2.0 * ((a - 1.0) + (a + 1.0) * c), (a + 1.0) + (a - 1.0) * c - s],
        }
    }

    fn high_shelf(&self, gain_db: f64) -> Biquad {
        let (c, a) = (self.cos, libm::pow(10.0, gain_db / 40.0));
        let s = 2.0 * a.sqrt() * self.alpha;
        let b = [(a + 1.0) + (a - 1.0) * c + s, -2.0 * ((a - 1.0) + (a + 1.0) * c), (a + 1.0) + (a - 1.0) * c - s];
        Biquad {
            b: b.map(|b| a * b),
            a: [(a + 1.0) - (a - 1.0) * c + s, 2.0 * ((a - 1.0) - (a + 1.0) * c), (a + 1.0) - (a - 1.0) * c - s],
        }
    }
}

/// Holds what is measured to what is expected, at twenty frequencies: within the rounding of the output to 32 bits, which
/// is 2^-24 of each sample at most, and where that is heard as a level or a phase at all, within 0.01 dB and 0.1 degrees.
fn assert_response<E: Effect>(effect: &E, rate: u32, expected: impl Fn(f64) -> Complex) {
    let response = impulse_response(effect, rate);
    let sum: f64 = response.iter().map(|h| f64::from(h.abs())).sum();
    // The sum of the roundings, and a millionth of that for the sum in 64 bits and for what comes after the end.
    let rounding = sum * (1.0 + 1e-6) / f64::from(1 << 24) + 1e-11;
    for freq_hz in frequencies(rate) {
        let measured = on_the_circle(response.iter().map(|&h| f64::from(h)), freq_hz, rate);
        let expected = expected(freq_hz);
        let error = size([measured[0] - expected[0], measured[1] - expected[1]]);
        assert!(error <= rounding, "{effect:?} at {rate} Hz, {freq_hz} Hz: off by {error:e} of {rounding:e}");
        if size(expected) > 1000.0 * rounding {
            let ratio = quotient(measured, expected);
            let degrees = libm::atan2(ratio[1], ratio[0]).to_degrees();
            assert!(decibels(ratio).abs() < 0.01 && degrees.abs() < 0.1, "{effect:?} at {rate} Hz, {freq_hz} Hz");
        }
    }
}

/// The corner frequencies and qualities that are tried at a rate.
fn settings(rate: u32) -> impl Iterator<Item = (f64, f64)> {
    let corners = [10.0, 100.0, 1000.0, 3900.0, 20_000.0].into_iter().filter(move |hz| *hz <= 0.49 * f64::from(rate));
    corners.flat_map(|freq_hz| [0.3, FRAC_1_SQRT_2, 5.0].map(|q| (freq_hz, q)))
}

#[test]
fn filters_have_the_responses_of_the_cookbook() {
    for rate in RATES {
        for (freq_hz, q) in settings(rate) {
            let book = Cookbook::new(freq_hz, q, rate);
            let against = |biquad: Biquad| move |freq_hz| biquad.at(freq_hz, rate);
            assert_response(&Lowpass { freq_hz, q }, rate, against(book.lowpass()));
            assert_response(&Highpass { freq_hz, q }, rate, against(book.highpass()));
            assert_response(&Bandpass { freq_hz, q }, rate, against(book.bandpass()));
            assert_response(&Notch { freq_hz, q }, rate, against(book.notch()));
            assert_response(&Allpass { freq_hz, q }, rate, against(book.allpass()));
        }
    }
}

#[test]
fn equalisers_have_the_responses_of_the_cookbook() {
    for rate in RATES {
        for (freq_hz, q) in settings(rate) {
            for gain_db in [-18.0, 0.0, 3.0, 12.0] {
                let book = Cookbook::new(freq_hz, q, rate);
                let against = |biquad: Biquad| move |freq_hz| biquad.at(freq_hz, rate);
                assert_response(&PeakFilter { freq_hz, gain_db, q }, rate, against(book.peaking(gain_db)));
                assert_response(&LowShelf { freq_hz, gain_db, q }, rate, against(book.low_shelf(gain_db)));
                assert_response(&HighShelf { freq_hz, gain_db, q }, rate, against(book.high_shelf(gain_db)));
                let (down, shelf) = (libm::pow(10.0, -gain_db / 20.0), book.high_shelf(2.0 * gain_db));
                let tilted = |freq_hz| shelf.at(freq_hz, rate).map(|x| x * down);
                assert_response(&Tilt { freq_hz, gain_db, q }, rate, tilted);
            }
        }
    }
}

/// The level at a frequency, in decibels.
fn level<E: Effect>(effect: &E, rate: u32, freq_hz: f64) -> f64 {
    decibels(on_the_circle(impulse_response(effect, rate).into_iter().map(f64::from), freq_hz, rate))
}

/// A tolerance in decibels for sums of samples that are rounded to 32 bits each: 2^-24 is 5e-7 dB, and up to twenty times
/// that where a response is as large as its sum is small.
const ROUNDED_DB: f64 = 1e-5;

fn assert_level<E: Effect>(effect: &E, rate: u32, freq_hz: f64, expected_db: f64) {
    let db = level(effect, rate, freq_hz);
    assert!((db - expected_db).abs() < ROUNDED_DB, "{effect:?} at {rate} Hz, {freq_hz} Hz: {db} dB");
}

#[test]
fn corners_lie_where_they_are_said_to_lie() {
    let half = decibels([FRAC_1_SQRT_2, 0.0]);
    for rate in RATES {
        for freq_hz in [30.0, 440.0, 3000.0] {
            assert_level(&Lowpass { freq_hz, q: FRAC_1_SQRT_2 }, rate, freq_hz, half);
            assert_level(&Highpass { freq_hz, q: FRAC_1_SQRT_2 }, rate, freq_hz, half);
            assert_level(&DcBlock { freq_hz: freq_hz.min(1000.0) }, rate, freq_hz.min(1000.0), half);
            assert_level(&Bandpass { freq_hz, q: 3.0 }, rate, freq_hz, 0.0);
            for order in 1..=16 {
                for kind in [Pass::Low, Pass::High] {
                    assert_level(&Butterworth { freq_hz, order, kind }, rate, freq_hz, half);
                }
            }
            for gain_db in [-12.0, 9.0] {
                assert_level(&PeakFilter { freq_hz, gain_db, q: 2.0 }, rate, freq_hz, gain_db);
                assert_level(&LowShelf { freq_hz, gain_db, ..LowShelf::default() }, rate, freq_hz, gain_db / 2.0);
                assert_level(&HighShelf { freq_hz, gain_db, ..HighShelf::default() }, rate, freq_hz, gain_db / 2.0);
                assert_level(&Tilt { freq_hz, gain_db, ..Tilt::default() }, rate, freq_hz, 0.0);
            }
        }
    }
}

#[test]
fn shelves_have_their_gains_at_both_ends() {
    for rate in RATES {
        let nyquist = f64::from(rate) / 2.0;
        for gain_db in [-12.0, 9.0] {
            let freq_hz = 1000.0;
            let low = LowShelf { freq_hz, gain_db, ..LowShelf::default() };
            let high = HighShelf { freq_hz, gain_db, ..HighShelf::default() };
            let tilt = Tilt { freq_hz, gain_db, ..Tilt::default() };
            assert_level(&low, rate, 0.0, gain_db);
            assert_level(&low, rate, nyquist, 0.0);
            assert_level(&high, rate, 0.0, 0.0);
            assert_level(&high, rate, nyquist, gain_db);
            assert_level(&tilt, rate, 0.0, -gain_db);
            assert_level(&tilt, rate, nyquist, gain_db);
        }
    }
}

#[test]
fn butterworth_is_flat_and_as_steep_as_its_order() {
    for rate in [44_100, 96_000] {
        for order in [1, 2, 3, 5, 8, 16] {
            let freq_hz = 2000.0;
            // |H|^2 = 1 / (1 + w^2n), with the frequencies bent by the bilinear transform.
            let warp = |hz: f64| libm::tan(PI * hz / f64::from(rate));
            for (kind, power) in [(Pass::Low, 1.0), (Pass::High, -1.0)] {
                for hz in [300.0, 1500.0, 2500.0, 4000.0] {
                    let ratio = libm::pow(warp(hz) / warp(freq_hz), power);
                    let expected = -10.0 * libm::log10(1.0 + libm::pow(ratio, 2.0 * f64::from(order)));
                    let measured = level(&Butterworth { freq_hz, order, kind }, rate, hz);
                    // Below -80 dB the rounding of the loud part of the response is what is measured.
                    if expected > -80.0 {
                        assert!((measured - expected).abs() < 0.01, "{order} at {hz} Hz: {measured} for {expected}");
                    } else {
                        assert!(measured < -80.0);
                    }
                }
            }
        }
    }
}

#[test]
fn a_constant_is_blocked() {
    for rate in RATES {
        for freq_hz in [1.0, 10.0, 1000.0] {
            let effect = DcBlock { freq_hz };
            let mut samples = vec![0.5; 2 * effect.tail(Format::mono(rate)) + 8];
            effect.process(&mut effect.start(Format::mono(rate)), &mut Block::mono(&mut samples));
            // It falls by 120 dB within each tail.
            assert!(samples.last().unwrap().abs() < 0.5e-12, "{rate} {freq_hz}");
        }
    }
}

#[test]
fn what_is_above_the_highest_frequency_counts_as_that() {
    for rate in [8000, 44_100] {
        let highest = 0.49 * f64::from(rate);
        let (above, at) = (Lowpass { freq_hz: 40_000.0, q: 2.0 }, Lowpass { freq_hz: highest, q: 2.0 });
        assert_eq!(impulse_response(&above, rate), impulse_response(&at, rate));
    }
}

/// Noise at full scale, the same each time.
fn noise(frames: usize) -> Vec<f32> {
    let mut seed = 7_u32;
    let sample = |_| {
        seed = seed.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        seed as f32 / u32::MAX as f32 * 2.0 - 1.0
    };
    (0..frames).map(sample).collect()
}

/// Filters with settings that change every few frames, and gives the largest output.
fn swept<E: Effect>(settings: impl Fn(f64) -> E, input: &mut [f32], piece: usize) -> f32 {
    let mut state = settings(20.0).start(Format::mono(48_000));
    for (i, piece) in input.chunks_mut(piece).enumerate() {
        // Up and down between 20 Hz and 20 kHz, by leaps of a large part of the way.
        let freq_hz = 20.0 * libm::pow(1000.0, 0.5 + 0.5 * libm::sin(1.7 * i as f64));
        settings(freq_hz).process(&mut state, &mut Block::mono(piece));
    }
    input.iter().fold(0.0, |loudest, x| loudest.max(x.abs()))
}

#[test]
fn a_wild_sweep_stays_bounded() {
    for piece in [1, 5, 8, 64, 500] {
        let loudest = |settings: fn(f64) -> Lowpass| swept(settings, &mut noise(200_000), piece);
        // A lowpass without resonance hardly passes full scale however it is swept; one of Q 20 not more than 20 times.
        assert!(loudest(|freq_hz| Lowpass { freq_hz, ..Lowpass::default() }) < 4.0);
        assert!(loudest(|freq_hz| Lowpass { freq_hz, q: 20.0 }) < 20.0);
        let bell = swept(|freq_hz| PeakFilter { freq_hz, gain_db: 12.0, q: 4.0 }, &mut noise(200_000), piece);
        assert!(bell < 20.0, "{bell}");
        let steep = |freq_hz| Butterworth { freq_hz, order: 16, kind: Pass::High };
        let loudest = swept(steep, &mut noise(200_000), piece);
        assert!(loudest < 40.0, "{loudest}");
        let ladder = |freq_hz| Ladder { freq_hz, resonance: 1.0, drive: 1.0, mode: LadderMode::Lpf24 };
        assert!(swept(ladder, &mut noise(200_000), piece) <= 2.0);
    }
}

/// When no input comes any more, a sweep adds no energy: the state gets no larger, whatever the settings become.
#[test]
fn a_sweep_over_what_rings_only_lets_it_fade() {
    let mut samples = noise(60_000);
    samples[30_000..].fill(0.0);
    let ringing = |freq_hz| Bandpass { freq_hz, q: 100.0 };
    let mut state = ringing(300.0).start(Format::mono(48_000));
    ringing(300.0).process(&mut state, &mut Block::mono(&mut samples[..30_000]));
    let mut last = f32::INFINITY;
    for (i, piece) in samples[30_000..].chunks_mut(3000).enumerate() {
        for (k, piece) in piece.chunks_mut(30).enumerate() {
            let freq_hz = 30.0 + 97.0 * ((i * 100 + k) * 37 % 200) as f64;
            ringing(freq_hz).process(&mut state, &mut Block::mono(piece));
        }
        let loudest = piece.iter().fold(0.0_f32, |loudest, x| loudest.max(x.abs()));
        assert!(loudest < last || loudest == 0.0, "{i}: {loudest} after {last}");
        last = loudest;
    }
}

/// The same settings again, given in pieces of any length, are no change; others take over on the very frame.
#[test]
fn settings_take_over_on_their_frame() {
    let first = Lowpass { freq_hz: 300.0, q: 5.0 };
    let other = Lowpass { freq_hz: 9000.0, q: 0.5 };
    let format = Format::mono(48_000);
    for at in [1, 3, 8, 100, 255, 256, 259] {
        let mut whole = noise(1000);
        first.process(&mut first.start(format), &mut Block::mono(&mut whole));
        let mut changed = noise(1000);
        let mut state = first.start(format);
        first.process(&mut state, &mut Block::mono(&mut changed[..at]));
        other.process(&mut state, &mut Block::mono(&mut changed[at..]));
        assert_eq!(whole[..at], changed[..at]);
        assert_ne!(whole[at], changed[at]);

        // With the input at rest, the change lets the old ringing go on as the new filter rings: the equations of the
        // trapezoidal filter by hand, in 64 bits.
        let (mut low, mut band) = (0.0, 0.0);
        for (i, (x, y)) in noise(1000).into_iter().zip(&changed).enumerate() {
            let Lowpass { freq_hz, q } = if i < at { &first } else { &other };
            let (g, x) = (libm::tan(PI * freq_hz / 48_000.0), f64::from(x));
            let high = (x - (1.0 / q + g) * band - low) / (1.0 + g / q + g * g);
            let band_out = band + g * high;
            let low_out = low + g * band_out;
            (band, low) = (band_out + g * high, low_out + g * band_out);
            // Rounded to 32 bits; the sums in 64 bits, in another order, differ a million times less.
            assert!((f64::from(*y) - low_out).abs() < 6e-8 * low_out.abs() + 1e-12, "{at}: {i}");
        }
    }
}

/// In motion, an effect uses the widest vectors of the machine; called by itself, those that every machine has.
#[test]
fn wider_vectors_change_no_bit() {
    fn assert_same<E: Effect>(effect: E)
    where
        E::State: 'static,
    {
        let format = Format::stereo(48_000);
        let sound = || Audio::stereo(48_000, noise(5003), noise(5010).split_off(7));
        let (mut plain, mut wide) = (sound(), sound());
        effect.process(&mut effect.start(format), &mut plain.block());
        downbeat_dsp::Stream::start(Arc::new(effect), format, 0).process(&mut wide.block());
        assert_eq!(plain, wide);
    }
    assert_same(PeakFilter { gain_db: 6.0, ..PeakFilter::default() });
    assert_same(Butterworth { order: 7, ..Butterworth::default() });
    assert_same(Ladder { resonance: 0.9, ..Ladder::default() });
    assert_same(Comb::default());
}

#[test]
fn the_comb_has_its_teeth() {
    // 48000 / 200 is a whole number: the closed form is (1 + F z^-M) / (1 - B z^-M).
    for (feedback, feedforward) in [(0.7, 0.0), (-0.5, 0.0), (0.0, 1.0), (0.3, -0.9)] {
        let comb = Comb { freq_hz: 200.0, feedback, feedforward, mix: 1.0 };
        assert_response(&comb, 48_000, |freq_hz| {
            let echo = |gain| {
                on_the_circle(
                    (0..=240).map(|n| [1.0, gain][usize::from(n == 240)] * f64::from(u8::from(n % 240 == 0))),
                    freq_hz,
                    48_000,
                )
            };
            quotient(echo(feedforward), echo(-feedback))
        });
    }
}

#[test]
fn a_soft_ladder_has_its_closed_form() {
    // In s of the analogue prototype: (1 + s)^(4 - n) s^m / ((1 + s)^4 + k), times the gain at the input.
    for rate in [44_100, 96_000] {
        for resonance in [0.0, 0.5, 0.9] {
            for mode in [LadderMode::Lpf24, LadderMode::Lpf12, LadderMode::Hpf24, LadderMode::Bpf12] {
                let ladder = Ladder { freq_hz: 1500.0, resonance, drive: 1.0, mode };
                let k = 3.9 * resonance;
                let expected = |freq_hz: f64| {
                    let w = libm::tan(PI * freq_hz / f64::from(rate)) / libm::tan(PI * 1500.0 / f64::from(rate));
                    let power = |x: Complex, n: usize| (0..n).fold([1.0, 0.0], |y, _| product(y, x));
                    let (s, pole) = ([0.0, w], [1.0, w]);
                    let [re, im] = power(pole, 4);
                    let (zeros, rest, gain) = match mode {
                        LadderMode::Lpf24 => (0, 0, 1.0 + k / 2.0),
                        LadderMode::Lpf12 => (0, 2, 1.0 + k / 2.0),
                        LadderMode::Hpf24 => (4, 0, 1.0),
                        _ => (1, 2, 2.0),
                    };
                    quotient(product(power(s, zeros), power(pole, rest)).map(|x| gain * x), [re + k, im])
                };
                // A click so soft that the saturation does not matter.
                let format = Format::mono(rate);
                let mut samples = vec![0.0; 64 + 2 * ladder.tail(format)];
                samples[0] = 1e-6;
                ladder.process(&mut ladder.start(format), &mut Block::mono(&mut samples));
                let sum: f64 = samples.iter().map(|x| f64::from(x.abs()) * 1e6).sum();
                for freq_hz in frequencies(rate) {
                    let measured = on_the_circle(samples.iter().map(|&x| f64::from(x) * 1e6), freq_hz, rate);
                    let expected = expected(freq_hz);
                    let error = size([measured[0] - expected[0], measured[1] - expected[1]]);
                    // 2^-24 of each sample for the rounding, and as much for that of the click.
                    assert!(error < sum * 1.2e-7, "{ladder:?} at {freq_hz} Hz: {error:e}");
                }
            }
        }
    }
}
