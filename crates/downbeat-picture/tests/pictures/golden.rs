//! The comparison with what was.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::path::{Path, PathBuf};

use crate::cases::draw_all;
use crate::report::{Change, decode, encode, report};

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/pictures")
}

#[test]
fn pictures_are_the_same_to_the_pixel() {
    let folder = folder();
    let known = std::fs::read_to_string(folder.join("golden.txt")).unwrap_or_default();
    let known: BTreeMap<&str, &str> = known.lines().filter_map(|line| line.split_once(' ')).collect();
    let (mut lines, mut changes) = (String::new(), Vec::new());
    let drawn = draw_all();
    for case in &drawn {
        let (pixels, text) = (blake3::hash(case.picture.pixels()), blake3::hash(case.svg.as_bytes()));
        let hashes = format!("png {} svg {}", pixels.to_hex(), text.to_hex());
        if known.get(case.name) != Some(&hashes.as_str()) {
            let before = std::fs::read(folder.join(format!("golden/{}.png", case.name))).ok();
            changes.push(Change { name: case.name, before, after: &case.picture, svg: &case.svg });
        }
        writeln!(lines, "{} {hashes}", case.name).unwrap();
    }
    if std::env::var_os("UPDATE_GOLDEN").is_some() {
        std::fs::write(folder.join("golden.txt"), lines).unwrap();
        for change in &changes {
            let after = change.after;
            let png = encode(after.width(), after.height(), png::ColorType::Rgb, after.pixels());
            std::fs::write(folder.join(format!("golden/{}.png", change.name)), png).unwrap();
        }
    } else if !changes.is_empty() {
        let names: Vec<&str> = changes.iter().map(|change| change.name).collect();
        panic!("pictures differ: {}; see {}", names.join(", "), report(&changes).display());
    } else {
        assert_eq!(known.len(), drawn.len(), "golden.txt knows pictures that are not drawn any more");
    }
}

#[test]
fn the_pictures_that_are_kept_are_those_of_the_hashes() {
    let folder = folder();
    let known = std::fs::read_to_string(folder.join("golden.txt")).unwrap();
    for line in known.lines() {
        let (name, hashes) = line.split_once(' ').unwrap();
        let png = std::fs::read(folder.join(format!("golden/{name}.png"))).unwrap();
        let (_, _, pixels) = decode(&png);
        assert_eq!(hashes.split(' ').nth(1), Some(blake3::hash(&pixels).to_hex().as_str()), "{name}");
        // They are kept for good, so they should be small.
        assert!(png.len() < 30_000, "{name} has {} bytes", png.len());
    }
}
