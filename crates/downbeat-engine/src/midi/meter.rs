//! Bars and beats: the grid that time signatures lay over the tempo map.

use crate::time::{Division, Seconds, TempoMap, Ticks};

/// A time signature.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct TimeSignature {
    /// How many notes of this kind are a bar, not 0.
    pub numerator: u8,
    /// The kind of note: 4 is a quarter note. A power of two, at most 128.
    pub denominator: u8,
}

impl TimeSignature {
    /// Four quarter notes, the metre of a MIDI file that states none.
    pub const COMMON: TimeSignature = TimeSignature { numerator: 4, denominator: 4 };

    /// Whether beats are dotted notes: the numerator is a multiple of three greater than three (6/8, 9/8, 12/8, 6/4).
    pub fn is_compound(self) -> bool {
        self.numerator > 3 && self.numerator.is_multiple_of(3)
    }
}

/// What a grid counts.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Step {
    Bars,
    Beats,
}

/// The moments at which bars or beats start, from the start of the song up to, and without, its end. A time signature
/// starts a new bar. `None` when there are more than `limit`.
///
/// The signatures ascend, and the first one is at tick 0.
pub(super) fn grid(
    map: &TempoMap,
    signatures: &[(Ticks, TimeSignature)],
    end: Ticks,
    step: Step,
    limit: usize,
) -> Option<Vec<Seconds>> {
    let mut grid = Vec::new();
    for (at, &(start, signature)) in signatures.iter().enumerate() {
        let stop = signatures.get(at + 1).map_or(end, |&(next, _)| next.min(end));
        let stop = map.seconds_at_tick(stop);
        let notes = match step {
            Step::Bars => u64::from(signature.numerator),
            Step::Beats if signature.is_compound() => 3,
            Step::Beats => 1,
        };
        // Ticks of a clock do not divide the beat, so a signature is up to a tick late, and so is the end: what falls in
        // the tick before is the same downbeat. Ticks that divide quarter notes are compared exactly.
        let margin = match map.division() {
            Division::Quarter(_) => Seconds(0.0),
            Division::Clock { ticks, seconds } => Seconds(f64::from(seconds.get()) / f64::from(ticks.get())),
        };
        for n in 0_u64.. {
            let moment = map.quarters_after(start, n * notes * 4, u32::from(signature.denominator));
            if moment + margin > stop || moment >= stop {
                break;
            }
            if n >= limit as u64 || grid.len() == limit {
                return None;
            }
            // At an absurd tempo two bars can be the same double, and a grid has no piece of no length.
            if grid.last().is_none_or(|&last| last < moment) {
                grid.push(moment);
            }
        }
    }
    Some(grid)
}
