//! What the pictures of each style say, by sounds whose picture is known.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking, in its helpers, too")]

use downbeat_dsp::{Audio, Pyramid};
use downbeat_picture::{
    Brightness, Color, ColorMap, Content, Figure, Frequency, Heatmap, Lane, LoudnessCurves, Options, Picture, Segment,
    Spectrogram, Theme, Track, Wave, Waveform,
};

const WIDTH: u32 = 600;

fn draw(content: Content<'_>) -> Picture {
    let options = Options { dpi: 72.0, theme: Theme::LIGHT, ..Options::sized(WIDTH, 300) };
    Figure::new("", vec![Lane { name: "", content }]).draw(&options).unwrap()
}

fn pixel(picture: &Picture, x: u32, y: u32) -> Color {
    let at = 3 * (y * picture.width() + x) as usize;
    std::array::from_fn(|i| picture.pixels()[at + i])
}

/// The columns in which a colour is, from the first to the last.
fn columns(picture: &Picture, is_wanted: impl Fn(Color) -> bool) -> Option<(u32, u32)> {
    let found = |x: &u32| (0..picture.height()).any(|y| is_wanted(pixel(picture, *x, y)));
    let inked: Vec<u32> = (0..picture.width()).filter(found).collect();
    Some((*inked.first()?, *inked.last()?))
}

/// Two seconds: first a tone, then another one.
fn two_tones(first: f64, second: f64) -> Pyramid {
    let rate = 32_000;
    let sample = |i: u32| {
        let hertz = if i < rate { first } else { second };
        (0.5 * libm::sin(std::f64::consts::TAU * hertz * f64::from(i) / f64::from(rate))) as f32
    };
    let mut pyramid = Pyramid::with_centroid(rate, 1);
    pyramid.add(&Audio::mono(rate, (0..2 * rate).map(sample).collect()));
    pyramid
}

#[test]
fn low_tones_are_red_and_high_ones_are_blue() {
    let sound = two_tones(200.0, 8000.0);
    let content = |onsets| Content::Brightness(Brightness { waveform: Waveform::new(&sound), onsets });
    let lane_end = 520;
    let is_red = |color: Color| color[0] > 200 && color[1] < 80 && color[2] < 80;
    let is_blue = |color: Color| color[2] > 200 && color[0] < 100;
    let picture = draw(content(&[1.0]));
    let (red, blue) = (columns(&picture, is_red).unwrap(), columns(&picture, is_blue).unwrap());
    // Red up to the middle of the lane, and blue from there on; both are in the scale of colours at the right, too.
    let middle = (0..lane_end).rfind(|&x| is_red(pixel(&picture, x, 150))).unwrap();
    assert!(is_blue(pixel(&picture, middle + 1, 150)), "{red:?} {blue:?}");
    // By columns the tones are the same, but for those around the start and the change, where there is more than a tone.
    let by_columns = draw(content(&[]));
    for x in [red.0 + 40, middle - 40] {
        assert!(is_red(pixel(&by_columns, x, 150)), "{x}");
    }
    assert!(is_blue(pixel(&by_columns, middle + 40, 150)));
}

#[test]
fn without_centroids_brightness_is_grey() {
    let sound = Pyramid::of(&Audio::mono(1000, vec![0.5; 4000]));
    let picture = draw(Content::Brightness(Brightness { waveform: Waveform::new(&sound), onsets: &[1.0, 2.0] }));
    let [red, green, blue] = pixel(&picture, WIDTH / 2, 150);
    assert!(red == green && green == blue && red > 0);
}

#[test]
fn a_tone_stands_at_its_frequency_on_every_axis() {
    let frequencies: Vec<f32> = (0..=1000).map(|bin| bin as f32 * 20.0).collect();
    let tone = 2000.0f32;
    let spectrum: Vec<f32> = frequencies.iter().map(|&hertz| if hertz == tone { 0.0 } else { -100.0 }).collect();
    let mut spectrogram = Spectrogram::new(frequencies, 0.0, 0.01);
    (0..100).for_each(|_| spectrogram.push(&spectrum));
    // The part of the axis, from its lower end of 0 or 20 Hz to 20 kHz, at which the tone stands.
    let mel = |hertz: f64| libm::log(1.0 + hertz / 700.0);
    for (frequency, part) in [
        (Frequency::Linear, 0.1),
        (Frequency::Log, libm::log(100.0) / libm::log(1000.0)),
        (Frequency::Mel, mel(2000.0) / mel(20_000.0)),
    ] {
        let map = ColorMap::Grey;
        let picture = draw(Content::Spectrogram(Heatmap { frequency, map, ..Heatmap::new(&spectrogram) }));
        let level = |y: u32| pixel(&picture, WIDTH / 2, y)[0];
        let lane = lane_rows(&picture);
        let loudest = (lane.0..lane.1).max_by_key(|&y| level(y)).unwrap();
        let expected = f64::from(lane.1) - part * f64::from(lane.1 - lane.0);
        // A tone within one bin is drawn over the pixels that the lines to its neighbours reach: one or two.
        assert!((f64::from(loudest) + 0.5 - expected).abs() <= 2.0, "{frequency:?}: {loudest} {expected}");
    }
}

/// The rows of the lane: all levels but the tone's are black there, and nothing else is.
fn lane_rows(picture: &Picture) -> (u32, u32) {
    let is_black = |y: u32| pixel(picture, WIDTH / 3, y) == [0; 3];
    let top = (0..300).find(|&y| is_black(y)).unwrap();
    let bottom = (0..300).rfind(|&y| is_black(y)).unwrap() + 1;
    (top, bottom)
}

#[test]
fn integrated_loudness_is_a_level_across_the_lane() {
    let series = [(0.0, -36.0), (1.0, -36.0), (2.0, -36.0)];
    let curves = |level| LoudnessCurves { momentary: &series, integrated: Some(level), ..LoudnessCurves::default() };
    let row = |level: f64| {
        let picture = draw(Content::Loudness(curves(level)));
        // Below the header, whose swatch has the same colour.
        (40..300).find(|&y| (0..WIDTH).any(|x| pixel(&picture, x, y) == Theme::LIGHT.lines[3])).unwrap()
    };
    // From 0 to -36 the axis is even: equal differences are equal distances, within a pixel of rounding each.
    let (a, b, c) = (row(-6.0), row(-18.0), row(-30.0));
    assert!(a < b && b < c && (b - a).abs_diff(c - b) <= 1, "{a} {b} {c}");
}

#[test]
fn a_sound_that_begins_later_is_drawn_later() {
    let sound = Pyramid::of(&Audio::mono(1000, (0..1000).map(|i| if i % 2 == 0 { 0.5 } else { -0.5 }).collect()));
    let wave = Wave { pyramid: &sound, start: 3.0 };
    let picture = draw(Content::Waveform(Waveform { wave, ..Waveform::new(&sound) }));
    let is_rms = |color: Color| color == Theme::LIGHT.rms;
    let below_header = |x: u32| (40..260).any(|y| is_rms(pixel(&picture, x, y)));
    let first = (0..WIDTH).find(|&x| below_header(x)).unwrap();
    let last = (0..WIDTH).rfind(|&x| below_header(x)).unwrap();
    // The lane ends 16 points from the right; the sound is its last quarter.
    assert_eq!(last, WIDTH - 16 - 1);
    let lane = 4 * (last + 1 - first);
    assert!((530..=556).contains(&lane), "{first} {last}");
}

#[test]
fn segments_with_the_same_label_have_the_same_colours() {
    let segment = |start: f64, label| Segment { start, end: start + 1.0, label };
    let segments = vec![segment(0.0, "reverse"), segment(1.0, "soft_clip"), segment(2.0, "reverse"), segment(3.0, "")];
    let picture = draw(Content::Track(Track { segments, ..Track::default() }));
    let tints = Theme::LIGHT.tints;
    let row: Vec<Color> = (0..WIDTH).map(|x| pixel(&picture, x, 200)).collect();
    let mut runs: Vec<Color> = Vec::new();
    for color in row.into_iter().filter(|color| tints.iter().any(|tint| tint.ground == *color)) {
        if runs.last() != Some(&color) {
            runs.push(color);
        }
    }
    assert_eq!(runs, [tints[0].ground, tints[1].ground, tints[0].ground, tints[7].ground]);
}
