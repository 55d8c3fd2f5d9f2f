//! Waiting for what comes late.

use downbeat_dsp::{Audio, Format};

/// A delay line of a whole number of frames.
#[derive(Clone, PartialEq)]
pub(crate) struct Delay {
    line: Audio,
}

impl Delay {
    pub(crate) fn new(format: Format, frames: usize) -> Self {
        Delay { line: Audio::silence(format, frames) }
    }

    pub(crate) fn frames(&self) -> usize {
        self.line.frames()
    }

    /// How much memory it takes.
    pub(crate) fn bytes(&self) -> usize {
        self.line.planes().map(size_of_val).sum::<usize>() + size_of::<Self>()
    }

    pub(crate) fn process(&mut self, page: &mut Audio) {
        for (plane, line) in page.planes_mut().zip(self.line.planes_mut()) {
            let through = line.len().min(plane.len());
            // What falls out of the page's end goes into the line; what was in the line comes first.
            if plane.len() >= line.len() {
                let start = plane.len() - through;
                line.swap_with_slice(&mut plane[start..]);
                plane.rotate_right(through);
            } else {
                line[..through].swap_with_slice(plane);
                line.rotate_left(through);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_delay_is_exact_for_any_page_length() {
        let x: Vec<f32> = (1..=40).map(|i| i as f32).collect();
        for length in [0, 1, 3, 7, 20] {
            for page in [1, 2, 7, 8, 40] {
                let mut delay = Delay::new(Format::mono(48_000), length);
                let mut out = Vec::new();
                for part in x.chunks(page) {
                    let mut part = Audio::mono(48_000, part.to_vec());
                    delay.process(&mut part);
                    out.extend_from_slice(part.left());
                }
                let expected: Vec<f32> = std::iter::repeat_n(0.0, length).chain(x.iter().copied()).take(40).collect();
                assert_eq!(out, expected, "delay {length}, pages of {page}");
            }
        }
    }
}
