//! The SVG of every picture, read back: it is well-formed, refers only to what it defines, and stays within its view.

use std::collections::{BTreeMap, BTreeSet};

use crate::cases::draw_all;

/// A start tag with its attributes.
struct Tag {
    name: String,
    attributes: BTreeMap<String, String>,
}

impl Tag {
    fn number(&self, name: &str) -> f64 {
        self.attributes[name].trim_end_matches("pt").parse().unwrap()
    }
}

/// All start tags of a document, in order. Panics where it is not well-formed XML: tags that do not match, attributes
/// without quotes or twice, a bare `<` or `&`, text where none may be.
fn parse(document: &str) -> Vec<Tag> {
    let (mut tags, mut open) = (Vec::new(), Vec::new());
    let mut rest = document;
    while let Some(start) = rest.find('<') {
        assert!(rest[..start].trim().is_empty(), "text between tags: {:?}", &rest[..start]);
        let end = start + rest[start..].find('>').expect("a tag has an end");
        let inside = &rest[start + 1..end];
        rest = &rest[end + 1..];
        if let Some(name) = inside.strip_prefix('/') {
            assert_eq!(open.pop().as_deref(), Some(name), "tags nest");
            continue;
        }
        assert!(!open.is_empty() || tags.is_empty(), "one root");
        let (inside, is_closed) = inside.strip_suffix('/').map_or((inside, false), |inside| (inside, true));
        let (name, mut list) = inside.split_once(' ').unwrap_or((inside, ""));
        assert!(name.chars().all(|sign| sign.is_ascii_lowercase()), "{name:?}");
        let mut attributes = BTreeMap::new();
        while !list.trim().is_empty() {
            let (key, value) = list.split_once("=\"").expect("a value in quotes");
            let (value, next) = value.split_once('"').expect("a closing quote");
            assert!(!value.contains('<'));
            for entity in value.split('&').skip(1) {
                assert!(["amp;", "lt;", "gt;", "quot;"].iter().any(|known| entity.starts_with(known)), "{value:?}");
            }
            assert!(attributes.insert(key.trim().to_owned(), value.to_owned()).is_none(), "{key:?} twice");
            list = next;
        }
        if !is_closed {
            open.push(name.to_owned());
        }
        tags.push(Tag { name: name.to_owned(), attributes });
    }
    assert!(rest.trim().is_empty() && open.is_empty(), "everything is closed");
    tags
}

/// Calls `at` with every place that a path of lines goes through.
fn walk(path: &str, mut at: impl FnMut(f64, f64)) {
    let (mut x, mut y) = (0.0, 0.0);
    let mut rest = path;
    while let Some(command) = rest.chars().next() {
        let end = rest[1..].find(|sign: char| sign.is_ascii_alphabetic()).map_or(rest.len(), |end| end + 1);
        let spaced = rest[1..end].replace('-', " -");
        let numbers: Vec<f64> = spaced.split_whitespace().map(|number| number.parse().unwrap()).collect();
        rest = &rest[end..];
        match (command, numbers.as_slice()) {
            ('M', &[to_x, to_y]) => (x, y) = (to_x, to_y),
            ('l', &[by_x, by_y]) => (x, y) = (x + by_x, y + by_y),
            ('h', &[by]) => x += by,
            ('v', &[by]) => y += by,
            ('z', []) => {}
            other => panic!("{other:?}"),
        }
        at(x, y);
    }
}

#[test]
fn every_svg_is_well_formed_and_within_its_view() {
    for case in draw_all() {
        let tags = parse(&case.svg);
        let root = &tags[0];
        let (width, height) = (f64::from(case.picture.width()), f64::from(case.picture.height()));
        assert_eq!(
            (root.name.as_str(), root.attributes["viewBox"].as_str()),
            ("svg", &*format!("0 0 {width} {height}"))
        );
        assert!((root.number("width") / root.number("height") - width / height).abs() < 1e-3);
        let mut defined = BTreeSet::new();
        // A square end of a line reaches half a pen beyond the line's own end.
        let slack = 4.0;
        let is_inside = |x: f64, y: f64| x >= -slack && x <= width + slack && y >= -slack && y <= height + slack;
        for tag in &tags[1..] {
            match tag.name.as_str() {
                "defs" => {}
                "path" if tag.attributes.contains_key("id") => {
                    assert!(defined.insert(tag.attributes["id"].clone()));
                }
                "path" => walk(&tag.attributes["d"], |x, y| assert!(is_inside(x, y), "{}: {x} {y}", case.name)),
                "use" => assert!(defined.contains(&tag.attributes["href"][1..])),
                "g" => assert!(tag.attributes["transform"].starts_with("translate(")),
                "image" => {
                    let [x, y, w, h] = ["x", "y", "width", "height"].map(|name| tag.number(name));
                    assert!(is_inside(x, y) && is_inside(x + w, y + h));
                    assert!(tag.attributes["xlink:href"].starts_with("data:image/png;base64,iVBORw0KGgo"));
                }
                other => panic!("{other}"),
            }
        }
    }
}

#[test]
fn an_svg_says_what_is_written_in_it() {
    let svg = draw_all().into_iter().find(|case| case.name == "overview").unwrap().svg;
    let labels: Vec<String> =
        parse(&svg).into_iter().filter_map(|mut tag| tag.attributes.remove("aria-label")).collect();
    for text in ["A session", "Hi-hats &amp; toms", "bar", "0:10", "M", "S", "peak_compre…", "soft_clip"] {
        assert!(labels.iter().any(|label| label == text), "{text}: {labels:?}");
    }
}
