//! The equaliser against closed forms, against the single filters, and in motion.
//!
//! The closed forms are the analogue prototypes in R. Bristow-Johnson's "Cookbook formulae for audio EQ biquad filter
//! coefficients", with the frequencies bent by the bilinear transform.

use std::f64::consts::{FRAC_1_SQRT_2, TAU};

use downbeat_dsp::{
    Audio, Block, Effect, Equaliser, Format, HighShelf, Highpass, LowShelf, Lowpass, PeakFilter, decibels, ratio,
};

/// A complex number, real part first.
type Complex = [f64; 2];

fn product(a: Complex, b: Complex) -> Complex {
    [a[0] * b[0] - a[1] * b[1], a[0] * b[1] + a[1] * b[0]]
}

fn quotient(a: Complex, b: Complex) -> Complex {
    let size = b[0] * b[0] + b[1] * b[1];
    product(a, [b[0] / size, -b[1] / size])
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

fn filtered<E: Effect>(effect: &E, mut samples: Vec<f32>) -> Vec<f32> {
    effect.process(&mut effect.start(Format::mono(48_000)), &mut Block::mono(&mut samples));
    samples
}

/// `(n2 s^2 + n1 s + n0) / (d2 s^2 + d1 s + d0)` at a frequency, where `s` is 1j at `corner_hz`.
fn prototype(numerator: [f64; 3], denominator: [f64; 3], corner_hz: f64, freq_hz: f64, rate: u32) -> Complex {
    let warp = |hz: f64| libm::tan(TAU / 2.0 * hz / f64::from(rate));
    let w = warp(freq_hz) / warp(corner_hz);
    let at = |[two, one, zero]: [f64; 3]| [zero - two * w * w, one * w];
    quotient(at(numerator), at(denominator))
}

/// Everything at once.
fn all() -> Equaliser {
    Equaliser {
        low_cut_hz: 40.0,
        low_shelf_hz: 150.0,
        low_shelf_db: 4.0,
        peak1_hz: 250.0,
        peak1_db: -6.0,
        peak1_q: 2.0,
        peak2_hz: 700.0,
        peak2_db: 3.0,
        peak2_q: 0.5,
        peak3_hz: 2500.0,
        peak3_db: -9.0,
        peak3_q: 6.0,
        peak4_hz: 4000.0,
        peak4_db: 5.0,
        peak4_q: 1.0,
        high_shelf_hz: 6000.0,
        high_shelf_db: -3.0,
        high_cut_hz: 15_000.0,
    }
}

/// The equaliser's closed form.
fn expected(eq: &Equaliser, freq_hz: f64, rate: u32) -> Complex {
    let k = 1.0 / FRAC_1_SQRT_2;
    let a = |db: f64| libm::pow(10.0, db / 40.0);
    let at = |numerator, denominator, corner_hz| prototype(numerator, denominator, corner_hz, freq_hz, rate);
    let bell = |hz, db, q: f64| at([1.0, a(db) / q, 1.0], [1.0, 1.0 / (a(db) * q), 1.0], hz);
    let (low, high) = (a(eq.low_shelf_db), a(eq.high_shelf_db));
    let low_shelf = [[low, low * low.sqrt() * k, low * low], [low, low.sqrt() * k, 1.0]];
    let high_shelf = [[high * high, high * high.sqrt() * k, high], [1.0, high.sqrt() * k, high]];
    [
        at([1.0, 0.0, 0.0], [1.0, k, 1.0], eq.low_cut_hz),
        at(low_shelf[0], low_shelf[1], eq.low_shelf_hz),
        bell(eq.peak1_hz, eq.peak1_db, eq.peak1_q),
        bell(eq.peak2_hz, eq.peak2_db, eq.peak2_q),
        bell(eq.peak3_hz, eq.peak3_db, eq.peak3_q),
        bell(eq.peak4_hz, eq.peak4_db, eq.peak4_q),
        at(high_shelf[0], high_shelf[1], eq.high_shelf_hz),
        at([0.0, 0.0, 1.0], [1.0, k, 1.0], eq.high_cut_hz),
    ]
    .into_iter()
    .fold([1.0, 0.0], product)
}

#[test]
fn it_has_its_closed_form() {
    for rate in [44_100, 48_000, 96_000] {
        let (eq, format) = (all(), Format::mono(rate));
        let mut response = vec![0.0; 64 + 2 * eq.tail(format)];
        response[0] = 1.0;
        eq.process(&mut eq.start(format), &mut Block::mono(&mut response));
        for i in 0..40 {
            let freq_hz = 20.0 * libm::pow(1000.0, f64::from(i) / 39.0);
            let measured = response.iter().enumerate().fold([0.0, 0.0], |[re, im], (n, &h)| {
                let (sin, cos) = libm::sincos(-TAU * freq_hz / f64::from(rate) * n as f64);
                [re + f64::from(h) * cos, im + f64::from(h) * sin]
            });
            let [re, im] = quotient(measured, expected(&eq, freq_hz, rate));
            let (db, degrees) = (decibels(libm::hypot(re, im)), libm::atan2(im, re).to_degrees());
            // What rounding the response to 32 bits leaves: millionths, and ten times that where the cut has taken 12 dB.
            assert!(db.abs() < 1e-4 && degrees.abs() < 1e-3, "{rate} Hz, {freq_hz} Hz: {db} dB, {degrees} degrees");
        }
    }
}

#[test]
fn it_is_the_chain_of_single_filters() {
    let eq = all();
    let q = FRAC_1_SQRT_2;
    let bell = |freq_hz, gain_db, q| PeakFilter { freq_hz, gain_db, q };
    let mut single = filtered(&Highpass { freq_hz: eq.low_cut_hz, q }, noise(20_000));
    single = filtered(&LowShelf { freq_hz: eq.low_shelf_hz, gain_db: eq.low_shelf_db, q }, single);
    single = filtered(&bell(eq.peak1_hz, eq.peak1_db, eq.peak1_q), single);
    single = filtered(&bell(eq.peak2_hz, eq.peak2_db, eq.peak2_q), single);
    single = filtered(&bell(eq.peak3_hz, eq.peak3_db, eq.peak3_q), single);
    single = filtered(&bell(eq.peak4_hz, eq.peak4_db, eq.peak4_q), single);
    single = filtered(&HighShelf { freq_hz: eq.high_shelf_hz, gain_db: eq.high_shelf_db, q }, single);
    single = filtered(&Lowpass { freq_hz: eq.high_cut_hz, q }, single);
    for (i, (one, single)) in filtered(&eq, noise(20_000)).iter().zip(&single).enumerate() {
        // The single ones round to 32 bits eight times, 2^-25 of samples below 4 each, and later gains raise that.
        assert!((one - single).abs() < 2e-6, "{i}: {one} is not {single}");
    }
}

#[test]
fn one_band_is_that_filter() {
    let peak = PeakFilter { freq_hz: 2000.0, gain_db: -7.0, q: 3.0 };
    let eq = Equaliser { peak3_hz: 2000.0, peak3_db: -7.0, peak3_q: 3.0, ..Equaliser::default() };
    for (a, b) in filtered(&eq, noise(20_000)).iter().zip(filtered(&peak, noise(20_000))) {
        // The same sums in 64 bits in another order: rounded to 32 bits, they differ in the last one at most.
        assert!((a - b).abs() <= f32::EPSILON * b.abs() + 1e-14, "{a} is not {b}");
    }
}

#[test]
fn flat_is_the_sound_itself() {
    // Other frequencies and qualities make no difference.
    let eq = Equaliser { low_shelf_hz: 500.0, peak2_hz: 50.0, peak3_q: 20.0, ..Equaliser::default() };
    assert_eq!(filtered(&eq, noise(5000)), noise(5000));
    assert_eq!(eq.tail(Format::mono(48_000)), 0);
}

/// How many times in 4 seconds the engine moves what moves: every 16 frames.
const MOVES: usize = 12_000;

/// The largest second difference of a sine through settings that move, as a share of that of the sine itself.
fn sharpest(freq_hz: f64, settings: impl Fn(f64) -> Equaliser) -> f64 {
    let step = TAU * freq_hz / 48_000.0;
    let mut samples: Vec<f32> = (0..16 * MOVES).map(|i| libm::sin(step * i as f64) as f32).collect();
    let mut state = settings(0.0).start(Format::mono(48_000));
    for (i, piece) in samples.chunks_mut(16).enumerate() {
        settings(i as f64 / MOVES as f64).process(&mut state, &mut Block::mono(piece));
    }
    let most = samples[2000..].windows(3).map(|x| (x[0] - 2.0 * x[1] + x[2]).abs()).fold(0.0_f32, f32::max);
    f64::from(most) / bend(freq_hz)
}

/// The second difference of a sine of size 1.
fn bend(freq_hz: f64) -> f64 {
    2.0 * (1.0 - libm::cos(TAU * freq_hz / 48_000.0))
}

#[test]
fn bands_come_and_go_without_a_click() {
    // From 1 to 0 in a second, two seconds of rest, and back.
    let way = |share: f64| (2.0 * (2.0 * share - 1.0).abs() - 1.0).max(0.0);
    for freq_hz in [300.0, 1000.0, 4000.0] {
        for db in [12.0, -12.0] {
            // Where it is loudest, the steps in which the gain moves anyway; nothing as large beside them.
            let loudest = ratio(db).max(1.0);
            let steps = (ratio(12.0 * 4.0 / MOVES as f64) - 1.0) * loudest;
            let most = loudest + 2.0 * steps / bend(freq_hz);
            let smooth = |what: &str, settings: &dyn Fn(f64) -> Equaliser| {
                let sharpest = sharpest(freq_hz, |share| settings(way(share)));
                assert!(sharpest < most, "{what} at {freq_hz} Hz by {db} dB: {sharpest} of {most}");
            };
            let flat = Equaliser::default;
            smooth("bell", &|way| Equaliser { peak2_hz: freq_hz, peak2_db: db * way, ..flat() });
            smooth("low shelf", &|way| Equaliser { low_shelf_hz: 2.0 * freq_hz, low_shelf_db: db * way, ..flat() });
            smooth("high shelf", &|way| Equaliser { high_shelf_hz: freq_hz / 2.0, high_shelf_db: db * way, ..flat() });
            smooth("low cut", &|way| Equaliser { low_cut_hz: 400.0 * way, ..flat() });
            smooth("high cut", &|way| Equaliser { high_cut_hz: 22_000.0 - 20_000.0 * way, ..flat() });
        }
    }
}

#[test]
fn a_band_that_comes_back_has_forgotten() {
    let format = Format::mono(48_000);
    let (on, off) = (Equaliser { peak1_db: 12.0, peak1_q: 50.0, ..Equaliser::default() }, Equaliser::default());
    let mut state = on.start(format);
    on.process(&mut state, &mut Block::mono(&mut noise(10_016)));
    off.process(&mut state, &mut Block::mono(&mut [0.0; 32]));
    let mut silence = [0.0; 100];
    on.process(&mut state, &mut Block::mono(&mut silence));
    assert_eq!(silence, [0.0; 100]);
}

#[test]
fn a_wild_sweep_stays_bounded() {
    for piece in [1, 16, 500] {
        let mut samples = noise(100_000);
        let mut state = all().start(Format::mono(48_000));
        for (i, piece) in samples.chunks_mut(piece).enumerate() {
            let swing = |speed: f64| 0.5 + 0.5 * libm::sin(speed * i as f64);
            let eq = Equaliser {
                low_cut_hz: 100.0 * swing(0.3),
                peak1_hz: 20.0 * libm::pow(1000.0, swing(1.7)),
                peak2_db: 24.0 * swing(0.9) - 12.0,
                high_shelf_hz: 40_000.0 * swing(1.1) + 10.0,
                high_cut_hz: 22_000.0 - 20_000.0 * swing(0.7),
                ..all()
            };
            eq.process(&mut state, &mut Block::mono(piece));
        }
        let loudest = samples.iter().fold(0.0_f32, |loudest, x| loudest.max(x.abs()));
        // All boosts together are 24 dB.
        assert!(loudest < 16.0, "{loudest} in pieces of {piece}");
    }
}

#[test]
fn wider_vectors_change_no_bit() {
    let sound = || Audio::stereo(48_000, noise(5003), noise(5010).split_off(7));
    let (mut plain, mut wide) = (sound(), sound());
    all().process(&mut all().start(plain.format()), &mut plain.block());
    downbeat_dsp::Stream::start(std::sync::Arc::new(all()), wide.format(), 0).process(&mut wide.block());
    assert_eq!(plain, wide);
}
