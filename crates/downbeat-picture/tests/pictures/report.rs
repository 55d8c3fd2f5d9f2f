//! A page that shows what was, what is and what differs.

use std::fmt::Write as _;
use std::io::Cursor;
use std::path::{Path, PathBuf};

use downbeat_picture::Picture;

/// A picture that is not as it was.
pub struct Change<'a> {
    pub name: &'static str,
    /// The PNG that was, if there was one.
    pub before: Option<Vec<u8>>,
    pub after: &'a Picture,
    pub svg: &'a str,
}

/// Writes the page and its pictures, and says where it is.
pub fn report(changes: &[Change<'_>]) -> PathBuf {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("pictures");
    std::fs::create_dir_all(&folder).unwrap();
    let mut page = String::from(
        "<!doctype html><meta charset=utf-8><title>Pictures that differ</title>\
         <style>body{font-family:sans-serif;background:#fff}img{max-width:32%;vertical-align:top}</style>\n",
    );
    for change in changes {
        let name = change.name;
        write!(page, "<h2>{name}</h2><p>before, after, difference (<a href=\"{name}.svg\">SVG</a>)</p>").unwrap();
        let mut show = |kind: &str, png: &[u8]| {
            let file = format!("{name}-{kind}.png");
            std::fs::write(folder.join(&file), png).unwrap();
            writeln!(page, "<img src=\"{file}\" alt=\"{kind}\">").unwrap();
        };
        if let Some(before) = &change.before {
            show("before", before);
        }
        show("after", &change.after.to_png().unwrap());
        if let Some(difference) = change.before.as_deref().and_then(|before| difference(before, change.after)) {
            show("difference", &difference);
        }
        std::fs::write(folder.join(format!("{name}.svg")), change.svg).unwrap();
    }
    let path = folder.join("index.html");
    std::fs::write(&path, page).unwrap();
    path
}

/// The width, the height and the pixels of a PNG.
pub fn decode(png: &[u8]) -> (u32, u32, Vec<u8>) {
    let mut reader = png::Decoder::new(Cursor::new(png)).read_info().unwrap();
    let mut pixels = vec![0; reader.output_buffer_size().unwrap()];
    let info = reader.next_frame(&mut pixels).unwrap();
    (info.width, info.height, pixels)
}

/// A PNG that is small rather than quickly made.
pub fn encode(width: u32, height: u32, color: png::ColorType, pixels: &[u8]) -> Vec<u8> {
    let mut png = Vec::new();
    let mut encoder = png::Encoder::new(&mut png, width, height);
    encoder.set_color(color);
    encoder.set_compression(png::Compression::High);
    encoder.set_filter(png::Filter::NoFilter);
    let mut writer = encoder.write_header().unwrap();
    writer.write_image_data(pixels).unwrap();
    writer.finish().unwrap();
    png
}

/// Black where two pictures are the same, white where they differ; none when their sizes differ.
fn difference(before: &[u8], after: &Picture) -> Option<Vec<u8>> {
    let (width, height, before) = decode(before);
    if (width, height) != (after.width(), after.height()) {
        return None;
    }
    let pairs = before.chunks_exact(3).zip(after.pixels().chunks_exact(3));
    let pixels: Vec<u8> = pairs.map(|(a, b)| if a == b { 0 } else { 255 }).collect();
    Some(encode(width, height, png::ColorType::Grayscale, &pixels))
}

#[test]
fn a_difference_is_white_where_pixels_differ() {
    let case = &crate::cases::draw_all()[0];
    let png = case.picture.to_png().unwrap();
    let (_, _, same) = decode(&difference(&png, &case.picture).unwrap());
    assert!(same.iter().all(|&value| value == 0));
    let (width, height, mut pixels) = decode(&png);
    // One sample of the pixel in column 5 of row 7.
    pixels[(7 * width as usize + 5) * 3 + 1] ^= 1;
    let other = encode(width, height, png::ColorType::Rgb, &pixels);
    let (_, _, found) = decode(&difference(&other, &case.picture).unwrap());
    let white: Vec<usize> = (0..found.len()).filter(|&i| found[i] == 255).collect();
    assert_eq!(white, [7 * width as usize + 5]);
}
