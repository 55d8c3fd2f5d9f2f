//! Convolution against its definition.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking, in its helpers, too")]

use std::sync::Arc;

use downbeat_dsp::{Audio, Channels, Convolution, Format, Processor, Response, Sound, Sounds, effect};
use downbeat_dsp::{Params, Value};

const RATE: u32 = 48_000;

fn noise(mut seed: u32, frames: usize) -> Vec<f32> {
    let mut next = || {
        seed = seed.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        (seed >> 8) as f32 / (1 << 23) as f32 - 1.0
    };
    (0..frames).map(|_| next()).collect()
}

fn response(sounds: impl IntoIterator<Item = Audio>) -> Response {
    let sounds = sounds.into_iter().enumerate();
    Response(Sounds::new(sounds.map(|(i, audio)| (None, Sound::new("response", [i as u8; 32], Arc::new(audio))))))
}

/// The response as it is, and nothing else.
fn plain(sounds: impl IntoIterator<Item = Audio>) -> Convolution {
    Convolution { response: response(sounds), normalize: false, ..Convolution::default() }
}

/// A whole clip through the effect, with its latency made up for.
fn through(settings: &Convolution, clip: Audio) -> Audio {
    let settings = effect("convolution").unwrap().settings(settings.values()).unwrap();
    settings.made().apply(clip, 0)
}

/// The sum of products, in 64 bits.
fn convolved(x: &[f32], h: &[f32]) -> Vec<f64> {
    let mut y = vec![0.0; x.len() + h.len() - 1];
    for (i, x) in x.iter().enumerate() {
        for (y, h) in y[i..].iter_mut().zip(h) {
            *y += f64::from(*x) * f64::from(*h);
        }
    }
    y
}

/// The output is exact but for its own rounding to 32 bits, and for that of the transforms, whose 64 bits are good to some
/// 1e-15 of the largest sums here, below 100.
#[track_caller]
fn assert_is(output: &[f32], exact: &[f64]) {
    assert_eq!(output.len(), exact.len());
    for (i, (y, exact)) in output.iter().zip(exact).enumerate() {
        let bound = exact.abs() * f64::from(f32::EPSILON) / 2.0 + 1e-12;
        assert!((f64::from(*y) - exact).abs() <= bound, "frame {i}: {y} is not {exact}");
    }
}

#[test]
fn it_is_its_definition() {
    // Around the ends of partitions, and with a response that is mostly silent.
    let x = noise(1, 3000);
    for taps in [1, 2, 255, 256, 257, 1024, 1025, 5000, 20_001] {
        let h = noise(2, taps);
        let output = through(&plain([Audio::mono(RATE, h.clone())]), Audio::mono(RATE, x.clone()));
        assert_is(output.left(), &convolved(&x, &h));
    }
    let mut sparse = vec![0.0; 30_000];
    (sparse[0], sparse[29_999]) = (0.5, -0.25);
    let output = through(&plain([Audio::mono(RATE, sparse.clone())]), Audio::mono(RATE, x.clone()));
    assert_is(output.left(), &convolved(&x, &sparse));
}

#[test]
fn a_click_gives_the_response() {
    let h = noise(3, 10_000);
    let output = through(&plain([Audio::mono(RATE, h.clone())]), Audio::mono(RATE, vec![1.0]));
    assert_is(output.left(), &h.iter().map(|x| f64::from(*x)).collect::<Vec<_>>());
}

#[test]
fn each_side_has_its_response() {
    let (x, [a, b, c, d]) = ([noise(4, 800), noise(5, 800)], [6, 7, 8, 9].map(|seed| noise(seed, 500)));
    let wide = || Audio::stereo(RATE, a.clone(), b.clone());
    let other = || Audio::stereo(RATE, c.clone(), d.clone());
    let input = || Audio::stereo(RATE, x[0].clone(), x[1].clone());

    let mono = through(&plain([Audio::mono(RATE, a.clone())]), input());
    assert_is(mono.left(), &convolved(&x[0], &a));
    assert_is(mono.right(), &convolved(&x[1], &a));

    let stereo = through(&plain([wide()]), input());
    assert_is(stereo.left(), &convolved(&x[0], &a));
    assert_is(stereo.right(), &convolved(&x[1], &b));

    let sum = |y: Vec<f64>, z: Vec<f64>| y.iter().zip(&z).map(|(y, z)| y + z).collect::<Vec<_>>();
    let true_stereo = through(&plain([wide(), other()]), input());
    assert_is(true_stereo.left(), &sum(convolved(&x[0], &a), convolved(&x[1], &c)));
    assert_is(true_stereo.right(), &sum(convolved(&x[0], &b), convolved(&x[1], &d)));

    // A mono track hears the middle of what a stereo one with it in the middle does.
    for settings in [plain([wide()]), plain([wide(), other()])] {
        let both = through(&settings, Audio::stereo(RATE, x[0].clone(), x[0].clone()));
        let middle = both.left().iter().zip(both.right()).map(|(l, r)| (f64::from(*l) + f64::from(*r)) / 2.0);
        let one = through(&settings, Audio::mono(RATE, x[0].clone()));
        for (y, exact) in one.left().iter().zip(middle) {
            // The sides are rounded to 32 bits before they are added.
            assert!((f64::from(*y) - exact).abs() < 2e-6, "{y} is not {exact}");
        }
    }
}

#[test]
fn it_spreads_when_its_response_has_sides() {
    let spreads =
        |settings: Convolution| match effect("convolution").unwrap().settings(settings.values()).unwrap().made() {
            Processor::Stream(stream) => stream.spreads(),
            _ => panic!("it streams"),
        };
    assert!(!spreads(Convolution::default()));
    assert!(!spreads(plain([Audio::mono(RATE, vec![1.0])])));
    assert!(spreads(plain([Audio::stereo(RATE, vec![1.0], vec![0.5])])));
}

#[test]
fn a_normalized_response_has_an_energy_of_one() {
    let energy = |plane: &[f32]| plane.iter().map(|x| f64::from(*x) * f64::from(*x)).sum::<f64>();
    for level in [0.001, 1.0, 100.0] {
        let h = |seed| noise(seed, 4000).into_iter().map(|x| level * x).collect::<Vec<_>>();
        let quieter = h(11).into_iter().map(|x| 0.5 * x).collect();
        let settings =
            Convolution { response: response([Audio::stereo(RATE, h(10), quieter)]), ..Convolution::default() };
        let click = Audio::stereo(RATE, vec![1.0], vec![1.0]);
        let output = through(&settings, click);
        // 4000 samples, each rounded to 24 bits.
        assert!((energy(output.left()) - 1.0).abs() < 1e-6);
        let share = energy(&noise(11, 4000)) / energy(&noise(10, 4000)) / 4.0;
        assert!((energy(output.right()) - share).abs() < 1e-6, "the sides keep their balance");
    }
    // Silence has no energy to be scaled to.
    let silent = Convolution { response: response([Audio::mono(RATE, vec![0.0; 10])]), ..Convolution::default() };
    assert!(through(&silent, Audio::mono(RATE, noise(1, 100))).is_silent());
}

#[test]
fn mix_gain_and_predelay_do_what_they_say() {
    let x = noise(12, 2000);
    let h = noise(13, 1500);
    let settings = Convolution { mix: 0.25, gain_db: 20.0, predelay_ms: 10.0, ..plain([Audio::mono(RATE, h.clone())]) };
    let output = through(&settings, Audio::mono(RATE, x.clone()));
    let wet = convolved(&x, &h);
    assert_eq!(output.frames(), wet.len() + 480);
    for (i, y) in output.left().iter().enumerate() {
        let dry = x.get(i).map_or(0.0, |x| 0.75 * f64::from(*x));
        let late = i.checked_sub(480).map_or(0.0, |i| 2.5 * wet[i]);
        // 2.5 comes from a power of ten in 64 bits; the sum of sums up to 100 is rounded to 24 bits.
        assert!((f64::from(*y) - dry - late).abs() < 1e-5, "frame {i}: {y} is not {}", dry + late);
    }
    // All dry is the sound itself, to the bit.
    let dry = Convolution { mix: 0.0, ..settings };
    assert!(through(&dry, Audio::mono(RATE, x.clone())).left() == x);
}

#[test]
fn a_room_rings_on_when_no_more_is_sent_to_it() {
    let h = noise(14, 3000);
    let settings = plain([Audio::mono(RATE, h.clone())]);
    let info = effect("convolution").unwrap().settings(settings.values()).unwrap();
    let Processor::Stream(stream) = info.made().clone() else { panic!("it streams") };
    let format = Format { rate: RATE, channels: Channels::Mono };
    let lag = stream.latency(format);
    let mut running = stream.start(format, 0);
    let mut sound = Audio::mono(RATE, [vec![1.0], vec![0.0; 5000]].concat());
    running.process(&mut sound.block_at(0..1));
    running.set_number(1, 0.0);
    running.process(&mut sound.block_at(1..5001));
    let exact: Vec<f64> = h.iter().map(|x| f64::from(*x)).collect();
    assert_is(&sound.left()[lag..lag + 3000], &exact);
}

#[test]
fn at_most_two_sounds_are_a_response() {
    let info = effect("convolution").unwrap();
    let sounds = |count: usize, key| {
        let one = || Sound::new("click", [0; 32], Arc::new(Audio::mono(RATE, vec![1.0])));
        vec![Value::Sounds(Sounds::new((0..count).map(|_| (key, one()))))]
    };
    assert!(info.settings(sounds(2, None)).is_ok());
    assert!(info.settings(sounds(3, None)).is_err() && info.settings(sounds(1, Some(60))).is_err());
    assert!(info.settings(vec![Value::Number(1.0)]).is_err());
    assert_eq!(info.settings(sounds(1, None)).unwrap().to_string(), "convolution(response = click)");
    assert_eq!(info.settings(sounds(2, None)).unwrap().to_string(), "convolution(response = [click, click])");
}
