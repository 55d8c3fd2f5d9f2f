//! A few pictures, pixel for pixel: `golden.txt` holds the hash of each.
//!
//! `UPDATE_GOLDEN=1 cargo test -p downbeat-picture` writes the file anew. Look at the pictures first: a test that fails leaves
//! what it drew, and says where.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::path::Path;

use downbeat_dsp::{Audio, Pyramid};
use downbeat_picture::{Figure, Lane, Options, Theme};

const RATE: u32 = 48_000;

/// A tone that fades, restarted every half second, at an amplitude.
fn notes(seconds: f64, amplitude: f64) -> Pyramid {
    let sample = |i: u32| {
        let time = f64::from(i % (RATE / 2)) / f64::from(RATE);
        (amplitude * libm::exp(-6.0 * time) * libm::sin(std::f64::consts::TAU * 220.0 * time)) as f32
    };
    Pyramid::of(&Audio::mono(RATE, (0..(seconds * f64::from(RATE)) as u32).map(sample).collect()))
}

/// An hour at eight frames a second: a sine that makes ten slow turns.
fn hour() -> Pyramid {
    let sample =
        |i: u32| (0.9 * libm::sin(f64::from(i) * 1.3) * libm::sin(f64::from(i) * std::f64::consts::PI / 2880.0)) as f32;
    Pyramid::of(&Audio::mono(8, (0..8 * 3600).map(sample).collect()))
}

fn silence(seconds: usize) -> Pyramid {
    Pyramid::of(&Audio::mono(RATE, vec![0.0; seconds * RATE as usize]))
}

#[test]
fn pictures_are_the_same_to_the_pixel() {
    let standard = Options::default();
    let small = Options { width: 800, height: 450, scale: 1.0, theme: Theme::LIGHT };
    let dark = Options { theme: Theme::DARK, ..small.clone() };
    let cases = [
        ("song", "A song", notes(75.0, 0.9), notes(70.0, 0.4), &standard),
        ("clip", "Half a second", notes(0.5, 0.9), notes(0.3, 0.4), &small),
        ("over", "Over full scale", notes(20.0, 1.6), notes(20.0, 1.0), &small),
        (
            "hour",
            "An hour, and a title much too long for a picture as wide as this one is – Ætherisch",
            hour(),
            silence(2),
            &small,
        ),
        ("silence", "", silence(10), Pyramid::new(RATE, 1), &dark),
    ];
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/golden.txt");
    let known = std::fs::read_to_string(&path).unwrap_or_default();
    let known: BTreeMap<&str, &str> = known.lines().filter_map(|line| line.split_once(' ')).collect();
    let (mut lines, mut failures) = (String::new(), Vec::new());
    for (name, title, before, after, options) in &cases {
        let lanes = vec![Lane { name: "Before", peaks: before }, Lane { name: "After", peaks: after }];
        let picture = Figure { title, lanes }.draw(options).unwrap();
        let hash = blake3::hash(picture.pixels()).to_hex().to_string();
        writeln!(lines, "{name} {hash}").unwrap();
        if known.get(name) != Some(&hash.as_str()) {
            let drawn = Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("picture-{name}.png"));
            std::fs::write(&drawn, picture.to_png().unwrap()).unwrap();
            failures.push(format!("{name} differs: see {}", drawn.display()));
        }
    }
    if std::env::var_os("UPDATE_GOLDEN").is_some() {
        std::fs::write(&path, lines).unwrap();
    } else {
        assert!(failures.is_empty(), "{}", failures.join("\n"));
    }
}
