//! What a figure refuses, and where it draws.

use downbeat_dsp::{Audio, Pyramid};
use downbeat_picture::{Content, Figure, Lane, MAX_SIDE, Options, PictureError, Theme, Tint, Waveform, before_after};

fn constant(seconds: usize, value: f32) -> Pyramid {
    Pyramid::of(&Audio::mono(1000, vec![value; seconds * 1000]))
}

/// A theme in which every kind of thing has a colour that no blend of the others makes.
const PLAIN: Theme = Theme {
    surround: [255, 255, 255],
    lane: [255, 255, 255],
    grid: [255, 255, 255],
    peaks: [0, 0, 255],
    rms: [0, 255, 0],
    clip: [255, 0, 0],
    text: [255, 255, 255],
    faint: [255, 255, 255],
    lines: [[255, 255, 255]; 4],
    tints: [Tint { ground: [255, 255, 255], ink: [255, 255, 255] }; 8],
};

/// Where the pixels of a colour are in a picture 800 pixels wide: left, top, right and bottom, the last two just outside.
fn bounds(pixels: &[u8], color: [u8; 3]) -> Option<[usize; 4]> {
    let mut bounds: Option<[usize; 4]> = None;
    for (i, _) in pixels.chunks_exact(3).enumerate().filter(|(_, pixel)| *pixel == color) {
        let (x, y) = (i % 800, i / 800);
        let [left, top, right, bottom] = bounds.unwrap_or([x, y, x, y]);
        bounds = Some([left.min(x), top.min(y), right.max(x + 1), bottom.max(y + 1)]);
    }
    bounds
}

fn lane<'a>(peaks: &'a Pyramid) -> Figure<'a> {
    Figure::new("", vec![Lane { name: "", content: Content::Waveform(Waveform::new(peaks)) }])
}

#[test]
fn a_picture_has_the_size_that_was_asked_for() {
    let peaks = constant(3, 0.5);
    for (width, height, scale) in [(1600, 900, 2.0), (801, 451, 1.0), (320, 200, 0.75)] {
        let options = Options { width, height, dpi: 72.0 * scale, ..Options::default() };
        let picture = lane(&peaks).draw(&options).unwrap();
        assert_eq!((picture.width(), picture.height()), (width, height));
        assert_eq!(picture.pixels().len(), (3 * width * height) as usize);
    }
}

#[test]
fn what_cannot_be_drawn_is_an_error() {
    let peaks = constant(1, 0.5);
    let options = Options::default();
    let draw = |options: Options| lane(&peaks).draw(&options).unwrap_err();
    let none = Figure::new("Nothing", Vec::new());
    assert!(matches!(none.draw(&options), Err(PictureError::NoLanes)));
    for dpi in [0.0, -1.0, 17.0, 1153.0, f32::NAN, f32::INFINITY] {
        assert!(matches!(draw(Options { dpi, ..options.clone() }), PictureError::Dpi(_)));
    }
    for range in [1.0..1.0, 3.0..2.0, -1.0..2.0, 0.0..f64::INFINITY, 0.0..f64::NAN] {
        let figure = Figure { range, ..lane(&peaks) };
        assert!(matches!(figure.draw(&options), Err(PictureError::Range { .. })));
    }
    assert!(matches!(draw(Options { width: MAX_SIDE + 1, ..options.clone() }), PictureError::TooLarge { .. }));
    assert!(matches!(draw(Options { width: 0, height: 0, ..options.clone() }), PictureError::TooSmall { .. }));
}

#[test]
fn the_least_size_that_an_error_names_is_enough() {
    let peaks = constant(1, 0.5);
    let small = |width, height| {
        let options = Options { width, height, dpi: 72.0, theme: Theme::LIGHT };
        before_after("A title", &peaks, &peaks, &options)
    };
    let Err(PictureError::TooSmall { needed_width, needed_height, .. }) = small(10, 10) else { panic!() };
    assert!(small(needed_width, needed_height).is_ok());
    assert!(matches!(small(needed_width - 1, needed_height), Err(PictureError::TooSmall { .. })));
    assert!(matches!(small(needed_width, needed_height - 1), Err(PictureError::TooSmall { .. })));
}

#[test]
fn a_waveform_stays_in_its_lane_however_loud_it_is() {
    let options = Options { width: 800, height: 300, dpi: 72.0, theme: PLAIN };
    // Full scale, so that the waveform marks the lane's own edges.
    let full = Pyramid::of(&Audio::mono(1000, (0..10_000).map(|i| if i % 2 == 0 { 1.0 } else { -1.0 }).collect()));
    let huge = Pyramid::of(&Audio::mono(1000, (0..10_000).map(|i| if i % 2 == 0 { 1e30 } else { -1e30 }).collect()));
    // The figures above the lane differ and are in these colours, too: the baseline of that text is in row 25.
    let in_lane = |peaks: &Pyramid| {
        let mut picture = lane(peaks).draw(&options).unwrap().pixels().to_vec();
        picture[..30 * 800 * 3].fill(255);
        picture
    };
    let (full_pixels, huge_pixels) = (in_lane(&full), in_lane(&huge));
    assert_eq!(bounds(&full_pixels, PLAIN.clip), None);
    let marks = bounds(&huge_pixels, PLAIN.clip);
    let [left, top, right, bottom] = marks.unwrap();
    // The margin of 16 points at the right, the strips of 5 points at both sides of full scale.
    assert_eq!(right, 784);
    // The RMS of a square wave is its peak: green from edge to edge.
    assert_eq!(bounds(&full_pixels, PLAIN.rms), Some([left, top + 5, right, bottom - 5]));
    // Outside of the lane nothing differs between the two.
    for y in 0..300 {
        for x in 0..800 {
            if !(left..right).contains(&x) || !(top..bottom).contains(&y) {
                let i = 3 * (y * 800 + x);
                assert_eq!(full_pixels[i..i + 3], huge_pixels[i..i + 3], "{x} {y}");
            }
        }
    }
}

#[test]
fn the_rms_is_as_high_as_it_is() {
    let options = Options { width: 800, height: 300, dpi: 72.0, theme: PLAIN };
    let heights = [1.0, 0.5].map(|value: f32| {
        let samples = (0..10_000).map(|i| if i % 2 == 0 { value } else { -value }).collect();
        let picture = lane(&Pyramid::of(&Audio::mono(1000, samples))).draw(&options).unwrap();
        let column: Vec<_> = (40..300).filter(|y| picture.pixels()[3 * (y * 800 + 400)..][..3] == PLAIN.rms).collect();
        column.len()
    });
    // Edges that fall within a pixel are blends, and so not counted: at most one at each end of either.
    assert!(heights[0].abs_diff(2 * heights[1]) <= 2, "{heights:?}");
    assert!(heights[0] > 100);
}

#[test]
fn any_length_of_sound_can_be_drawn() {
    let options = Options { width: 400, height: 240, dpi: 72.0, theme: Theme::DARK };
    for frames in [0, 1, 2, 3, 10, 100, 4410, 100_000] {
        for rate in [1, 10, 8000, 192_000, u32::MAX] {
            let peaks = Pyramid::of(&Audio::mono(rate, vec![0.7; frames]));
            before_after("Any\nlength", &peaks, &Pyramid::new(rate, 1), &options).unwrap();
        }
    }
}
