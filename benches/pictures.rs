//! How long pictures take at 1600x900, from a minute and from an hour of sound: drawing, PNG encoding and SVG.

use divan::{Bencher, black_box};
use downbeat_dsp::{Audio, Pyramid};
use downbeat_picture::{
    Brightness, Content, Figure, Heatmap, Lane, LoudnessCurves, Options, Segment, Spectrogram, Track, Waveform,
    overview,
};

const RATE: u32 = 48_000;
const STYLES: [&str; 5] = ["waveform", "brightness", "spectrogram", "loudness", "overview"];

fn main() {
    divan::main();
}

#[divan::bench(args = STYLES, sample_count = 20)]
fn png_of_a_minute(bencher: Bencher<'_, '_>, style: &str) {
    bench(bencher, style, 60, |figure| {
        figure.draw(&Options::default()).and_then(|picture| picture.to_png()).map(|png| png.len())
    });
}

#[divan::bench(args = STYLES, sample_count = 20)]
fn png_of_an_hour(bencher: Bencher<'_, '_>, style: &str) {
    bench(bencher, style, 3600, |figure| {
        figure.draw(&Options::default()).and_then(|picture| picture.to_png()).map(|png| png.len())
    });
}

#[divan::bench(args = STYLES, sample_count = 20)]
fn svg_of_a_minute(bencher: Bencher<'_, '_>, style: &str) {
    bench(bencher, style, 60, |figure| figure.svg(&Options::default()).map(|svg| svg.len()));
}

/// Makes what a style needs from `seconds` of decaying noise, and measures drawing alone.
fn bench<E: std::fmt::Debug>(
    bencher: Bencher<'_, '_>,
    style: &str,
    seconds: usize,
    draw: impl Fn(&Figure<'_>) -> Result<usize, E> + Sync,
) {
    let mut seed = 1u32;
    let mut noise = || {
        seed = seed.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        (seed >> 8) as f32 / 8_388_608.0 - 1.0
    };
    let second: Vec<f32> = (0..RATE).map(|i| noise() * (1.0 - i as f32 / RATE as f32)).collect();
    let second = Audio::stereo(RATE, second.clone(), second);
    let is_bright = style == "brightness";
    let mut sound = if is_bright { Pyramid::with_centroid(RATE, 2) } else { Pyramid::new(RATE, 2) };
    (0..seconds).for_each(|_| sound.add(&second));
    let onsets: Vec<f64> = (0..seconds).map(|i| i as f64).collect();
    let bars: Vec<f64> = (0..seconds / 2).map(|i| i as f64 * 2.0).collect();
    let mut spectrogram = Spectrogram::new((0..=1024).map(|bin| bin as f32 * 23.4375).collect(), 0.0, 512.0 / 48e3);
    if style == "spectrogram" {
        let spectrum: Vec<f32> = (0..=1024).map(|_| 40.0 * noise() - 40.0).collect();
        (0..seconds * 48_000 / 512).for_each(|_| spectrogram.push(&spectrum));
    }
    let series: Vec<(f64, f64)> =
        (0..seconds * 10).map(|i| (i as f64 / 10.0, -20.0 + 5.0 * f64::from(noise()))).collect();
    let curves =
        LoudnessCurves { momentary: &series, short_term: &series, true_peak: &series, integrated: Some(-20.0) };
    let lane = |content| Figure::new("A picture", vec![Lane { name: "A lane", content }]);
    let figure = match style {
        "waveform" => lane(Content::Waveform(Waveform::split(&sound))),
        "brightness" => lane(Content::Brightness(Brightness { waveform: Waveform::split(&sound), onsets: &onsets })),
        "spectrogram" => lane(Content::Spectrogram(Heatmap::new(&spectrogram))),
        "loudness" => lane(Content::Loudness(curves)),
        _ => {
            let segment = |(i, &start): (usize, &f64)| Segment {
                start,
                end: start + 2.0,
                label: ["soft_clip", "reverse"][i % 2],
            };
            let segments: Vec<Segment<'_>> = bars.iter().enumerate().map(segment).collect();
            let track = Track { sound: Some(&sound), segments, ..Track::default() };
            overview("A session", (0..8).map(|_| ("A track", track.clone())).collect())
        }
    };
    let figure = Figure { bars: &bars, ..figure };
    bencher.bench_local(|| black_box(draw(&figure)));
}
