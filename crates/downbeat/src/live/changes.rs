//! What an edit has changed: ranges of frames, of the mix and of each strip. What several renders have changed adds up until
//! it is shown.

use std::collections::BTreeMap;
use std::ops::Range;

use downbeat_engine::StripIndex;

/// Frames that differ from what was shown before.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Changes {
    /// Of the mix as it is heard.
    pub mix: Vec<Range<u64>>,
    /// Of the strips.
    pub strips: BTreeMap<StripIndex, Vec<Range<u64>>>,
}

impl Changes {
    /// Adds frames of the mix.
    pub fn add(&mut self, ranges: &[Range<u64>]) {
        unite(&mut self.mix, ranges);
    }

    /// Adds frames of strips.
    pub fn add_strips(&mut self, strips: &[(StripIndex, Vec<Range<u64>>)]) {
        for (strip, ranges) in strips {
            unite(self.strips.entry(*strip).or_default(), ranges);
        }
    }

    /// What has changed of a strip.
    pub fn of(&self, strip: StripIndex) -> &[Range<u64>] {
        match strip {
            StripIndex::Master => &self.mix,
            strip => self.strips.get(&strip).map_or(&[], Vec::as_slice),
        }
    }
}

/// Adds ranges to others: in order, without overlaps, and without empty ones.
fn unite(all: &mut Vec<Range<u64>>, more: &[Range<u64>]) {
    all.extend(more.iter().filter(|range| !range.is_empty()).cloned());
    all.sort_by_key(|range| range.start);
    all.dedup_by(|next, last| {
        let touches = next.start <= last.end;
        if touches {
            last.end = last.end.max(next.end);
        }
        touches
    });
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ranges_add_up() {
        let mut changes = Changes::default();
        changes.add(&[10..20, 40..50]);
        changes.add(&[60..60, 5..7, 18..30, 30..32]);
        assert_eq!(changes.mix, [5..7, 10..32, 40..50]);
        changes.add(&[0..60, 50..100]);
        assert_eq!(changes.mix, std::iter::once(0..100).collect::<Vec<_>>());
    }

    #[test]
    fn strips_have_their_own() {
        let mut changes = Changes::default();
        changes.add_strips(&[(StripIndex::Track(1), vec![1..2, 7..9]), (StripIndex::Bus(0), vec![])]);
        changes.add_strips(&[(StripIndex::Track(1), vec![2..3, 9..10])]);
        assert_eq!(changes.of(StripIndex::Track(1)), [1..3, 7..10]);
        assert!(changes.of(StripIndex::Bus(0)).is_empty() && changes.of(StripIndex::Track(0)).is_empty());
        assert!(changes.of(StripIndex::Master).is_empty());
    }
}
