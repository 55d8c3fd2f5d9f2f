//! The pictures: sounds made by formula, so that every machine has the same.

use downbeat_dsp::{Audio, Pyramid};
use downbeat_picture::{
    Axis, Brightness, Chart, ColorMap, Content, Curve, Figure, Frequency, Heatmap, Lane, LoudnessCurves, Options, Pen,
    Plot, Segment, Spectrogram, Theme, Track, Wave, Waveform, compare, overview,
};

const RATE: u32 = 16_000;

/// A picture with its name and its SVG.
pub struct Drawn {
    pub name: &'static str,
    pub picture: downbeat_picture::Picture,
    pub svg: String,
}

/// All pictures.
pub fn draw_all() -> Vec<Drawn> {
    let mut all = Vec::new();
    let mut draw = |name: &'static str, figure: &Figure<'_>, options: &Options| {
        let (picture, svg) = (figure.draw(options).unwrap(), figure.svg(options).unwrap());
        all.push(Drawn { name, picture, svg });
    };
    let light = Options { dpi: 72.0, ..Options::sized(480, 270) };
    let dark = Options { theme: Theme::DARK, ..light.clone() };
    let fine = Options { width: 720, height: 400, dpi: 144.0, theme: Theme::LIGHT };
    let bars: Vec<f64> = (0..60).map(|i| f64::from(i) * 1.5).collect();

    let (song, softer) = (notes(30.0, 0.9), notes(24.0, 0.4));
    let split = |sound| vec![Lane { name: "Tones", content: Content::Waveform(Waveform::split(sound)) }];
    draw("waveform", &Figure { bars: &bars, ..Figure::new("A song", split(&song)) }, &light);
    draw("waveform-fine", &Figure::new("A song", split(&song)), &fine);
    let part = Figure { range: 4.3..11.0, ..Figure::new("A part of it", split(&song)) };
    draw("waveform-part", &part, &dark);
    let (click, loud, hour, nothing) = (notes(0.01, 0.9), notes(20.0, 1.6), hour(), Pyramid::new(RATE, 2));
    draw("waveform-line", &Figure::new("Ten milliseconds", split(&click)), &light);
    let title =
        "Ærø, Ångström, Cafe\u{301} → 音, and a title that is much too long for a picture as wide as this one is";
    draw("waveform-beyond", &Figure::new(title, split(&loud)), &light);
    draw("waveform-hour", &Figure::new("An hour", split(&hour)), &dark);
    draw("waveform-empty", &Figure::new("", split(&nothing)), &light);
    let late = Waveform { wave: Wave { pyramid: &softer, start: 12.5 }, ..Waveform::new(&softer) };
    let low: Vec<Lane<'_>> = (0..8).map(|_| Lane { name: "Late tones", content: Content::Waveform(late) }).collect();
    draw("waveform-low", &Figure { bars: &bars, ..Figure::new("Eight lanes", low) }, &light);
    draw("compare", &compare("Two songs", ("one", &song), ("two", &softer), Some(&notes(30.0, 0.0021))), &light);

    let glide = glide(24.0);
    let onsets: Vec<f64> = (1..60).map(|i| f64::from(i) * 0.5).collect();
    let bright = |onsets| Content::Brightness(Brightness { waveform: Waveform::new(&glide), onsets });
    let lanes = |onsets| vec![Lane { name: "Rising tones", content: bright(onsets) }];
    draw("brightness", &Figure { bars: &bars, ..Figure::new("A glide", lanes(&onsets)) }, &light);
    draw("brightness-columns", &Figure::new("A glide", lanes(&[])), &dark);

    let spectrogram = ridges();
    for (name, frequency, map, options) in [
        ("spectrogram-mel", Frequency::Mel, ColorMap::Viridis, &light),
        ("spectrogram-log", Frequency::Log, ColorMap::Magma, &dark),
        ("spectrogram-linear", Frequency::Linear, ColorMap::Grey, &light),
    ] {
        let content = Content::Spectrogram(Heatmap { frequency, map, ..Heatmap::new(&spectrogram) });
        draw(name, &Figure { bars: &bars, ..Figure::new("Ridges", vec![Lane { name, content }]) }, options);
    }

    let series = |seconds: f64, level: f64| -> Vec<(f64, f64)> {
        let at = |i: u32| f64::from(i) * 0.1;
        let value = |t: f64| if t < 1.0 { f64::NEG_INFINITY } else { level + 9.0 * libm::sin(t / seconds) - 0.2 * t };
        (0..300).map(|i| (at(i), value(at(i)))).collect()
    };
    let (momentary, short_term, true_peak) = (series(1.2, -18.0), series(3.0, -19.0), series(0.8, -6.0));
    let curves = LoudnessCurves {
        momentary: &momentary,
        short_term: &short_term,
        true_peak: &true_peak,
        integrated: Some(-20.3),
    };
    let lanes = vec![Lane { name: "Waves", content: Content::Loudness(curves) }];
    let loudness = Figure { bars: &bars, ..Figure::new("Loudness", lanes) };
    draw("loudness", &loudness, &Options { width: 640, ..light.clone() });
    draw("loudness-narrow", &loudness, &Options { width: 400, ..dark.clone() });

    let session = overview("A session", tracks(&song, &softer));
    let session = Figure { bars: &bars, ..session };
    draw("overview", &session, &light);
    draw("overview-fine", &session, &Options { theme: Theme::DARK, ..fine.clone() });

    let paper = Options { theme: Theme::PAPER, ..light.clone() };
    for (name, plots, options) in [
        ("chart", vec![resonance()], &paper),
        ("chart-pair", vec![resonance(), rectifier()], &Options { width: 640, ..paper.clone() }),
        ("chart-fine", vec![rectifier()], &fine),
    ] {
        let chart = Chart { plots };
        all.push(Drawn { name, picture: chart.draw(options).unwrap(), svg: chart.svg(options).unwrap() });
    }
    all
}

/// Two resonances over an axis of frequencies, with names, one of them too long.
fn resonance() -> Plot<'static> {
    let curve = |name, peak: f64| {
        let level = |hertz: f64| {
            let octaves = libm::log2(hertz / 1000.0);
            (hertz, peak / (1.0 + octaves * octaves) - 60.0 * (hertz > 8000.0) as u8 as f64)
        };
        Curve { name, points: (1..2000).map(|i| level(10.0 * f64::from(i))).collect(), pen: Pen::Line }
    };
    let name = "a resonance with a name that is much too long for the picture that it is in, and for others";
    let curves = vec![curve("twelve decibels", 12.0), curve(name, -18.0)];
    Plot { x: Axis::log("frequency (Hz)", 20.0..20_000.0), y: Axis::decibels("gain (dB)", -24.0..15.0), curves }
}

/// A line that leaves the plot, with a gap and without a name, over a reference.
fn rectifier() -> Plot<'static> {
    let points = |out: fn(f64) -> f64| (-100..=100).map(|i| f64::from(i) / 100.0).map(|x| (x, out(x))).collect();
    let reference = Curve { name: "in = out", points: points(|x| x), pen: Pen::Reference };
    let bent = points(|x| if (0.2..0.3).contains(&x) { f64::NAN } else { 1.5 * x.abs() });
    let curves = vec![reference, Curve { name: "", points: bent, pen: Pen::Line }];
    Plot { x: Axis::linear("amplitude in", -1.0..1.0), y: Axis::linear("amplitude out", -0.5..1.25), curves }
}

/// Five tracks, one of them with short segments.
fn tracks<'a>(song: &'a Pyramid, softer: &'a Pyramid) -> Vec<(&'a str, Track<'a>)> {
    const CHAINS: [&str; 4] = ["peak_compressor > fir_delay", "soft_clip", "", "reverse > schroeder_reverb"];
    let segments = |length: f64, count: u32| {
        let segment = |i: u32| Segment {
            start: f64::from(i) * length,
            end: f64::from(i + 1) * length,
            label: CHAINS[i as usize % 4],
        };
        (0..count).map(segment).collect::<Vec<_>>()
    };
    let track = |sound, segments| Track { sound: Some(sound), segments, ..Track::default() };
    vec![
        ("Hi-hats & toms", track(song, segments(7.5, 4))),
        ("Drums", Track { is_soloed: true, ..track(softer, segments(3.0, 10)) }),
        ("Bass", Track { is_muted: true, ..track(song, segments(0.125, 240)) }),
        ("Plate", track(softer, Vec::new())),
        ("Master", track(song, Vec::new())),
    ]
}

/// A tone that fades, restarted every half second, at an amplitude; a little softer on the right.
fn notes(seconds: f64, amplitude: f64) -> Pyramid {
    let sample = |i: u32| {
        let time = f64::from(i % (RATE / 2)) / f64::from(RATE);
        (amplitude * libm::exp(-6.0 * time) * libm::sin(std::f64::consts::TAU * 220.0 * time)) as f32
    };
    let left: Vec<f32> = (0..(seconds * f64::from(RATE)) as u32).map(sample).collect();
    let right = left.iter().map(|x| x * 0.75).collect();
    Pyramid::of(&Audio::stereo(RATE, left, right))
}

/// An hour at eight frames a second: a sine that makes ten slow turns.
fn hour() -> Pyramid {
    let sample =
        |i: u32| (0.9 * libm::sin(f64::from(i) * 1.3) * libm::sin(f64::from(i) * std::f64::consts::PI / 2880.0)) as f32;
    Pyramid::of(&Audio::mono(8, (0..8 * 3600).map(sample).collect()))
}

/// A tone that rises by six octaves in half-second steps, with its centroids.
fn glide(seconds: f64) -> Pyramid {
    let mut phase = 0.0;
    let sample = |i: u32| {
        let step = f64::from(i / (RATE / 2)) * 0.5;
        phase += std::f64::consts::TAU * 80.0 * libm::exp2(6.0 * step / seconds) / f64::from(RATE);
        (0.7 * libm::sin(phase) * (0.3 + 0.7 * libm::exp(-f64::from(i % (RATE / 2)) / 3000.0))) as f32
    };
    let mut pyramid = Pyramid::with_centroid(RATE, 1);
    pyramid.add(&Audio::mono(RATE, (0..(seconds * f64::from(RATE)) as u32).map(sample).collect()));
    pyramid
}

/// Two ridges that cross, over a floor that falls towards high frequencies, and a click.
fn ridges() -> Spectrogram {
    let frequencies: Vec<f32> = (0..=256).map(|bin| bin as f32 * 8000.0 / 256.0).collect();
    let mut spectrogram = Spectrogram::new(frequencies.clone(), 0.0, 0.05);
    for i in 0..400 {
        let level = |&hertz: &f32| {
            let ridge = |middle: f32, width: f32| -((hertz - middle) / width) * ((hertz - middle) / width);
            let floor = if i == 250 { -35.0 } else { -70.0 - hertz / 400.0 };
            let i = i as f32;
            (ridge(200.0 + 12.0 * i, 60.0) - 6.0).max(ridge(6000.0 - 13.0 * i, 150.0) - 20.0).max(floor)
        };
        spectrogram.push(&frequencies.iter().map(level).collect::<Vec<f32>>());
    }
    spectrogram
}
