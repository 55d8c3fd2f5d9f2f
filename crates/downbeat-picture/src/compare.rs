//! Two sounds one under the other, and what is between them.

use downbeat_dsp::Pyramid;

use crate::number::round_up;
use crate::{Content, Figure, Lane, Options, PictureError, Waveform};

/// A figure of a sound before and after, and their difference sample by sample, if it is given: enlarged until it fills
/// its lane, so that even a faint one is seen; its axis and its figures say how large it is.
pub fn compare<'a>(
    title: &'a str,
    before: (&'a str, &'a Pyramid),
    after: (&'a str, &'a Pyramid),
    difference: Option<&'a Pyramid>,
) -> Figure<'a> {
    let mut lanes: Vec<Lane<'a>> = [before, after]
        .into_iter()
        .map(|(name, pyramid)| Lane { name, content: Content::Waveform(Waveform::new(pyramid)) })
        .collect();
    if let Some(pyramid) = difference {
        let edge = round_up(f64::from(pyramid.peak())).filter(|edge| *edge < 1.0 && pyramid.peak() > 0.0);
        let waveform = Waveform { edge: edge.unwrap_or(1.0) as f32, ..Waveform::new(pyramid) };
        lanes.push(Lane { name: "Difference", content: Content::Waveform(waveform) });
    }
    Figure::new(title, lanes)
}

/// The PNG of a mix before and after: the sum of its raw tracks above, the mix below.
///
/// # Errors
/// As for [`Figure::draw`].
pub fn before_after(
    title: &str,
    before: &Pyramid,
    after: &Pyramid,
    options: &Options,
) -> Result<Vec<u8>, PictureError> {
    let before = ("Before: sum of the raw tracks", before);
    compare(title, before, ("After: the mix", after), None).draw(options)?.to_png()
}
