//! The promise of all pictures: whatever is in them, no text is clipped and no two texts overlap, or it is an error.

use downbeat_dsp::{Audio, Pyramid};
use proptest::prelude::*;

use crate::drawing::{Drawing, Mark, Rect};
use crate::{
    Axis, Brightness, Chart, Content, Curve, Figure, Frequency, Heatmap, Lane, LoudnessCurves, Options, Pen,
    PictureError, Plot, Segment, Spectrogram, Theme, Track, Waveform,
};

/// What may be in a picture.
struct Material {
    sound: Pyramid,
    spectrogram: Spectrogram,
    series: Vec<(f64, f64)>,
    segments: Vec<(f64, f64)>,
}

impl Material {
    fn new(seconds: f64) -> Self {
        let rate = (2000.0 / seconds).clamp(1.0, 48_000.0) as u32;
        let frames = (seconds * f64::from(rate)).ceil() as usize;
        let wave = |i: usize| libm::sinf(i as f32 * i as f32) * 1.3;
        let plane: Vec<f32> = (0..frames.max(2)).map(wave).collect();
        let mut sound = Pyramid::with_centroid(rate, 2);
        sound.add(&Audio::stereo(rate, plane.clone(), plane));
        let mut spectrogram = Spectrogram::new((0..65).map(|i| i as f32 * 375.0).collect(), 0.0, seconds / 50.0);
        for i in 0..50 {
            spectrogram.push(&(0..65).map(|bin| -((bin * i % 97) as f32)).collect::<Vec<f32>>());
        }
        let at = |i: usize| seconds * i as f64 / 40.0;
        let series = (0..40).map(|i| (at(i), -((i * 7 % 50) as f64))).collect();
        let segments = (0..40).map(|i| (at(i), at(i + 1))).collect();
        Material { sound, spectrogram, series, segments }
    }

    fn content(&self, kind: usize) -> Content<'_> {
        const LABELS: [&str; 4] =
            ["", "reverse", "peak_compressor > fir_delay", "soft_clip > schroeder_reverb > reverse"];
        let curves = LoudnessCurves {
            momentary: &self.series,
            short_term: &self.series,
            true_peak: &self.series,
            integrated: Some(-14.0),
        };
        match kind {
            0 => Content::Waveform(Waveform::new(&self.sound)),
            1 => Content::Waveform(Waveform::split(&self.sound)),
            2 => Content::Brightness(Brightness { waveform: Waveform::split(&self.sound), onsets: &[] }),
            3 => Content::Spectrogram(Heatmap::new(&self.spectrogram)),
            4 => Content::Spectrogram(Heatmap { frequency: Frequency::Log, ..Heatmap::new(&self.spectrogram) }),
            5 => Content::Spectrogram(Heatmap { frequency: Frequency::Linear, ..Heatmap::new(&self.spectrogram) }),
            6 => Content::Loudness(curves),
            _ => {
                let segment = |(i, &(start, end)): (usize, &(f64, f64))| Segment { start, end, label: LABELS[i % 4] };
                let segments = self.segments.iter().enumerate().map(segment).collect();
                let sound = Some(&self.sound);
                Content::Track(Track { sound, segments, is_muted: true, is_soloed: true, edge: 1.0 })
            }
        }
    }
}

/// The rectangle that a text fills with its capitals and digits, and the one with what hangs below the line.
fn boxes(drawing: &Drawing) -> Vec<(String, Rect, f32)> {
    let text_box = |mark: &Mark| match mark {
        Mark::Text { x, baseline, text, face, .. } => {
            let right = x + drawing.fonts.width(*face, text);
            let rect = Rect { left: *x, top: baseline - face.cap_height(), right, bottom: *baseline };
            // DejaVu Sans reaches 0.236 em below the line.
            Some((text.clone(), rect, baseline + 0.236 * face.size))
        }
        _ => None,
    };
    drawing.marks.iter().filter_map(text_box).collect()
}

fn check(drawing: &Drawing) {
    let (width, height) = (drawing.width as f32, drawing.height as f32);
    let boxes = boxes(drawing);
    for (i, (text, a, below)) in boxes.iter().enumerate() {
        assert!(a.left >= 0.0 && a.right <= width && a.top >= 0.0 && *below <= height, "{text:?} is clipped: {a:?}");
        for (other, b, _) in &boxes[..i] {
            let overlap = a.left < b.right && b.left < a.right && a.top < b.bottom && b.top < a.bottom;
            assert!(!overlap, "{text:?} at {a:?} overlaps {other:?} at {b:?}");
        }
    }
    // Marks stay in the picture, too, but for the ends of lines, which may reach a pen's width beyond.
    for mark in &drawing.marks {
        if let Mark::Fill { rect, .. } = mark {
            assert!(rect.left >= 0.0 && rect.right <= width && rect.top >= 0.0 && rect.bottom <= height, "{rect:?}");
        }
        if let Mark::Raster { left, top, width: columns, pixels, .. } = mark {
            assert!(left + columns <= drawing.width && top + pixels.len() as u32 / columns <= drawing.height);
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 40, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn nothing_is_clipped_and_nothing_overlaps(
        width in 400u32..4000,
        height in 200u32..2000,
        kinds in prop::collection::vec(0usize..8, 1..16),
        is_mixed in any::<bool>(),
        // From ten milliseconds to ten hours.
        magnitude in -2.0f64..4.556,
        zoom in 0.05f64..1.0,
        has_bars in any::<bool>(),
        name_length in prop_oneof![Just(0), 0usize..60],
        is_coarse in any::<bool>(),
    ) {
        let seconds = libm::pow(10.0, magnitude);
        let material = Material::new(seconds);
        let name = "Long name with ÄÖÜ é, a name for a lane in a picture that is long".chars().take(name_length);
        let name: String = name.collect();
        let lane = |&kind: &usize| Lane { name: &name, content: material.content(if is_mixed { kind } else { kinds[0] }) };
        let title = name.repeat(3);
        let bars: Vec<f64> = (0..2000).map(|i| f64::from(i) * seconds / 300.0).take_while(|_| has_bars).collect();
        let figure = Figure::new(&title, kinds.iter().map(lane).collect());
        let range = figure.range.end * (1.0 - zoom)..figure.range.end;
        let figure = Figure { range, bars: &bars, ..figure };
        let sized = Options::sized(width, height);
        let options = if is_coarse { Options { dpi: 72.0, theme: Theme::DARK, ..sized } } else { sized };
        match figure.drawing(&options) {
            Ok(drawing) => check(&drawing),
            Err(PictureError::TooSmall { needed_width, needed_height, .. }) => {
                prop_assert!(needed_width > width || needed_height > height);
                let options = Options { width: needed_width.max(width), height: needed_height.max(height), ..options };
                check(&figure.drawing(&options).unwrap());
            }
            Err(other) => panic!("{other}"),
        }
    }
}

#[test]
fn what_a_chart_needs_is_enough_for_the_labels_it_has_then() {
    // Where it is too low it has fewer labels; those that come with its height are wider.
    let (unit, name) = (0.0..1.0, "L");
    let line = |axis| Curve { name, points: vec![(0.0, 0.0)], pen: axis };
    let first = Plot {
        x: Axis::linear(name, unit.clone()),
        y: Axis::log(name, 1.0..3.0),
        curves: vec![line(Pen::Line), line(Pen::Line)],
    };
    let second = Plot { x: Axis::linear(name, unit.clone()), y: Axis::linear(name, unit), curves: Vec::new() };
    let chart = Chart { plots: vec![first, second] };
    let Err(PictureError::TooSmall { needed_width, needed_height, .. }) = chart.drawing(&Options::sized(200, 120))
    else {
        panic!("it has no room")
    };
    check(&chart.drawing(&Options::sized(needed_width, needed_height)).unwrap());
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 60, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn nothing_is_clipped_and_nothing_overlaps_in_charts(
        width in 200u32..2000,
        height in 120u32..1200,
        plots in prop::collection::vec((0usize..3, 0usize..3, -6.0f64..6.0, -3.0f64..4.0, 0usize..5), 1..4),
        name_length in 0usize..40,
        is_coarse in any::<bool>(),
    ) {
        let name = "Long name (dB), that is much longer".chars().cycle().take(name_length);
        let name: String = name.collect();
        let axis = |scale: usize, start: f64, magnitude: f64| {
            let length = libm::pow(10.0, magnitude);
            match scale {
                0 => Axis::linear(&name, start..start + length),
                1 => Axis::decibels(&name, start..start + length),
                _ => Axis::log(&name, libm::pow(10.0, start)..libm::pow(10.0, start) * (2.0 + length)),
            }
        };
        let plot = |&(x, y, start, magnitude, curves): &(usize, usize, f64, f64, usize)| Plot {
            x: axis(x, start, magnitude),
            y: axis(y, -start, magnitude),
            curves: vec![Curve { name: &name, points: vec![(start, -start)], pen: Pen::Line }; curves],
        };
        let chart = Chart { plots: plots.iter().map(plot).collect() };
        let sized = Options::sized(width, height);
        let options = if is_coarse { Options { dpi: 72.0, theme: Theme::DARK, ..sized } } else { sized };
        match chart.drawing(&options) {
            Ok(drawing) => check(&drawing),
            Err(PictureError::TooSmall { needed_width, needed_height, .. }) => {
                prop_assert!(needed_width > width || needed_height > height);
                let options = Options { width: needed_width.max(width), height: needed_height.max(height), ..options };
                check(&chart.drawing(&options).unwrap());
            }
            Err(other) => panic!("{other}"),
        }
    }
}

#[test]
fn the_least_sizes_are_small_enough() {
    // What the smallest of pictures that people ask for have to hold.
    let material = Material::new(80.0);
    let options = Options::sized(400, 200);
    for kind in 0..8 {
        let lane = Lane { name: "A lane", content: material.content(kind) };
        let bars: Vec<f64> = (0..40).map(|i| f64::from(i) * 2.0).collect();
        check(&Figure { bars: &bars, ..Figure::new("A title", vec![lane]) }.drawing(&options).unwrap());
    }
}

#[test]
fn what_stands_beside_nameless_lanes_is_not_clipped() {
    let material = Material::new(80.0);
    let lanes = (0..16).map(|_| Lane { name: "", content: material.content(0) }).collect();
    let bars: Vec<f64> = (0..40).map(|i| f64::from(i) * 2.0).collect();
    let drawing = Figure { bars: &bars, ..Figure::new("", lanes) }.drawing(&Options::sized(700, 500)).unwrap();
    assert!(boxes(&drawing).iter().any(|(text, ..)| text == "bar"));
    check(&drawing);
}

#[test]
fn a_label_at_the_very_end_is_not_clipped() {
    let material = Material::new(36_000.0);
    let lane = Lane { name: "Ten hours", content: material.content(6) };
    let figure = Figure { range: 0.0..36_000.0, ..Figure::new("A title", vec![lane]) };
    let is_at_the_end = |width: u32| {
        let drawing = figure.drawing(&Options::sized(width, 300)).unwrap();
        check(&drawing);
        boxes(&drawing).iter().any(|(text, ..)| text == "10:00:00")
    };
    // Where labels stand every three or four hours, none is at the end.
    assert!((400..1600).step_by(100).filter(|&width| is_at_the_end(width)).count() > 6);
}
