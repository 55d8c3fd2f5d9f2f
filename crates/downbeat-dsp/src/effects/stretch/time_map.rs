//! Which moment of the input is heard at a moment of the output.

/// The pace through a sound: that of the input around the beginning, the end and every onset, and what is left for the rest.
#[derive(Debug)]
pub struct TimeMap {
    anchors: Vec<Anchor>,
}

/// A stretch of the input that is copied. All in frames.
#[derive(Clone, Copy, PartialEq, Debug)]
struct Anchor {
    /// The moment of the input that it is about.
    input: i64,
    /// Where that is in the output.
    output: i64,
    /// How far it reaches before it and after it.
    before: i64,
    after: i64,
}

/// A moment of the input.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct Place {
    /// The frame.
    pub frame: i64,
    /// The onset it is copied with, by its frame in the input, and not stretched.
    pub copied: Option<i64>,
}

impl TimeMap {
    /// The map from `from` frames to `to`, with onsets in rising order. Anchors reach up to `reach` frames to both sides, and
    /// no further than half of the way to the next one, in the input or in the output.
    pub fn new(onsets: &[usize], from: usize, to: usize, reach: usize) -> Self {
        let factor = to as f64 / from.max(1) as f64;
        let (from, to, reach) = (from as i64, to as i64, reach as i64);
        let inside = onsets.iter().map(|onset| *onset as i64).filter(|onset| (1..from).contains(onset));
        let ends = [(0, 0)].into_iter().chain(inside.map(|onset| (onset, (onset as f64 * factor).round() as i64)));
        let moments: Vec<(i64, i64)> = ends.chain([(from, to)]).collect();
        let room = |a: (i64, i64), b: (i64, i64)| reach.min((b.0 - a.0) / 2).min((b.1 - a.1) / 2);
        let anchor = |(i, &(input, output)): (usize, &(i64, i64))| {
            let before = i.checked_sub(1).map_or(reach, |before| room(moments[before], (input, output)));
            let after = moments.get(i + 1).map_or(reach, |next| room((input, output), *next));
            Anchor { input, output, before, after }
        };
        TimeMap { anchors: moments.iter().enumerate().map(anchor).collect() }
    }

    /// The moment of the input at a frame of the output. Before the beginning and after the end the pace is the input's.
    pub fn at(&self, frame: i64) -> Place {
        let next = self.anchors.partition_point(|anchor| anchor.output + anchor.after <= frame);
        let copy = |anchor: &Anchor| anchor.input + (frame - anchor.output);
        match (next.checked_sub(1).and_then(|last| self.anchors.get(last)), self.anchors.get(next)) {
            (Some(last), Some(next)) if frame < next.output - next.before => {
                let (start, end) = (last.output + last.after, next.output - next.before);
                let (from, to) = (last.input + last.after, next.input - next.before);
                let part = (frame - start) as f64 / (end - start) as f64;
                Place { frame: from + ((to - from) as f64 * part).round() as i64, copied: None }
            }
            (_, Some(next)) => Place { frame: copy(next), copied: Some(next.input) },
            (last, None) => Place { frame: last.map_or(frame, copy), copied: last.map(|last| last.input) },
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ends_and_onsets_are_copied_and_the_rest_is_stretched() {
        let map = TimeMap::new(&[1000], 3000, 6000, 100);
        for (output, input) in [(-50, -50), (0, 0), (99, 99), (1900, 900), (2000, 1000), (2099, 1099), (5950, 2950)] {
            let copied = Some(if output < 100 {
                0
            } else if output < 2100 {
                1000
            } else {
                3000
            });
            assert_eq!(map.at(output), Place { frame: input, copied }, "{output}");
        }
        // 1800 frames are filled with 800, 3800 with 1800.
        assert_eq!(map.at(1000), Place { frame: 500, copied: None });
        assert_eq!(map.at(4000), Place { frame: 2000, copied: None });
        assert_eq!(map.at(6070), Place { frame: 3070, copied: Some(3000) });
    }

    #[test]
    fn anchors_that_are_near_share_the_room() {
        let map = TimeMap::new(&[100, 200], 300, 75, 1000);
        let places: Vec<i64> = (0..75).map(|frame| map.at(frame).frame).collect();
        assert_eq!(places[..14], [0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 88], "then it jumps");
        assert_eq!((places[25], places[50], places[74]), (100, 200, 299));
        assert!(places.is_sorted());
    }
}
