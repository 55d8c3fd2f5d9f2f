//! The tempo map: ticks, beats and seconds, each from the other.

use std::num::{NonZeroU16, NonZeroU32};

use super::{Beats, Seconds, Ticks};

/// What a tick is (Standard MIDI Files 1.0, header chunk, `division`).
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Division {
    /// So many ticks are a quarter note, however long the tempo makes it.
    Quarter(NonZeroU16),
    /// So many ticks are so many seconds, whatever the tempo (SMPTE time code).
    Clock {
        /// The ticks.
        ticks: NonZeroU32,
        /// The seconds.
        seconds: NonZeroU32,
    },
}

/// The tempo over the whole song.
///
/// Ticks become seconds in whole numbers (microseconds in a quarter note × ticks, summed from the start), which are
/// rounded once, at the end: equal positions are equal seconds, and no error grows along the song.
///
/// ```
/// use downbeat_engine::time::{Beats, Division, Seconds, TempoMap, Ticks};
/// # use std::num::NonZeroU16;
/// let division = Division::Quarter(NonZeroU16::new(480).unwrap());
/// let map = TempoMap::new(division, &[(Ticks(0), 500_000), (Ticks(960), 250_000)]); // 120, then 240 bpm
/// assert_eq!(map.seconds_at_tick(Ticks(1440)), Seconds(1.25));
/// assert_eq!(map.seconds_at(Beats(3.0)), Seconds(1.25));
/// assert_eq!(map.beats_at(Seconds(1.25)), Beats(3.0));
/// ```
#[derive(Clone, PartialEq, Debug)]
pub struct TempoMap {
    division: Division,
    /// Never empty; the first is at tick 0, ticks ascend.
    segments: Vec<Segment>,
}

/// A stretch of constant tempo.
#[derive(Clone, PartialEq, Debug)]
struct Segment {
    tick: u64,
    /// The length of a quarter note in microseconds, never 0.
    micros: u32,
    /// The time from the start of the song, in units of [`TempoMap::unit`].
    elapsed: u128,
    seconds: f64,
    beats: f64,
}

/// 120 beats a minute, the tempo of a MIDI file that states none.
const DEFAULT_MICROS: u32 = 500_000;

impl TempoMap {
    /// The map of these tempo changes: from a tick on, a quarter note lasts so many microseconds.
    ///
    /// They may be in any order; of several at one tick the last one counts. A length of 0 is left out. Until the first
    /// one the tempo is 120 bpm.
    pub fn new(division: Division, changes: &[(Ticks, u32)]) -> Self {
        let mut changes: Vec<_> = changes.iter().copied().filter(|&(_, micros)| micros > 0).collect();
        changes.sort_by_key(|&(tick, _)| tick);
        let start = Segment { tick: 0, micros: DEFAULT_MICROS, elapsed: 0, seconds: 0.0, beats: 0.0 };
        let mut map = TempoMap { division, segments: vec![start] };
        for (at, &(Ticks(tick), micros)) in changes.iter().enumerate() {
            let superseded = changes.get(at + 1).is_some_and(|&(Ticks(next), _)| next == tick);
            if !superseded {
                map.push(tick, micros);
            }
        }
        map
    }

    /// What a tick is.
    pub fn division(&self) -> Division {
        self.division
    }

    /// The tempo changes: since when, and how many quarter notes a minute. The first is at 0; none repeats the one
    /// before it.
    pub fn changes(&self) -> impl Iterator<Item = (Seconds, f64)> {
        self.segments.iter().map(|segment| (Seconds(segment.seconds), 60e6 / f64::from(segment.micros)))
    }

    /// The tick of the last tempo change.
    pub fn last_change(&self) -> Ticks {
        Ticks(self.segments.last().map_or(0, |segment| segment.tick))
    }

    /// When a tick is: the double nearest to the exact time.
    pub fn seconds_at_tick(&self, tick: Ticks) -> Seconds {
        self.exact(u128::from(tick.0), 1)
    }

    /// The last tick that is not after a moment, which is the inverse of [`TempoMap::seconds_at_tick`] (as long as ticks
    /// are further apart than doubles are). Before the start it is tick 0.
    pub fn tick_at(&self, moment: Seconds) -> Ticks {
        let segment = self.segment(|segment| segment.seconds <= moment.0);
        let ticks = (moment.0 - segment.seconds) * self.unit() as f64 / self.rate(segment) as f64;
        // Rounding can put the quotient on the wrong side of a whole number, so its neighbours are tried, too.
        let guess = segment.tick.saturating_add(ticks.max(0.0) as u64);
        let candidates = [guess.saturating_add(1), guess, guess.saturating_sub(1)];
        let found = candidates.into_iter().find(|&tick| self.seconds_at_tick(Ticks(tick)) <= moment);
        Ticks(found.unwrap_or(0))
    }

    /// When a beat (quarter note) is. Before the start the first tempo holds.
    pub fn seconds_at(&self, position: Beats) -> Seconds {
        let segment = self.segment(|segment| segment.beats <= position.0);
        Seconds(segment.seconds + (position.0 - segment.beats) * f64::from(segment.micros) / 1e6)
    }

    /// How many beats (quarter notes) there are up to a moment. Before the start the first tempo holds.
    pub fn beats_at(&self, moment: Seconds) -> Beats {
        let segment = self.segment(|segment| segment.seconds <= moment.0);
        Beats(segment.beats + (moment.0 - segment.seconds) * 1e6 / f64::from(segment.micros))
    }

    /// The moment that lies so many beats (quarter notes) after another one.
    pub fn after(&self, moment: Seconds, beats: Beats) -> Seconds {
        self.seconds_at(self.beats_at(moment) + beats)
    }

    /// The moment that lies `numerator / denominator` quarter notes after a tick: the double nearest to the exact time
    /// when ticks divide quarter notes, and within some units in the last place otherwise.
    pub(crate) fn quarters_after(&self, tick: Ticks, numerator: u64, denominator: u32) -> Seconds {
        match self.division {
            Division::Quarter(ticks) => {
                let scale = u128::from(denominator);
                let distance = u128::from(numerator) * u128::from(ticks.get());
                self.exact(u128::from(tick.0) * scale + distance, denominator)
            }
            Division::Clock { .. } => {
                let beats = Beats(numerator as f64 / f64::from(denominator));
                self.after(self.seconds_at_tick(tick), beats)
            }
        }
    }

    /// The time of the position `numerator / denominator`, in ticks.
    fn exact(&self, numerator: u128, denominator: u32) -> Seconds {
        let scale = u128::from(denominator);
        let segment = self.segment(|segment| u128::from(segment.tick) * scale <= numerator);
        let since = numerator.saturating_sub(u128::from(segment.tick) * scale);
        let elapsed = segment.elapsed * scale + since * u128::from(self.rate(segment));
        Seconds(ratio(elapsed, u128::from(self.unit()) * scale))
    }

    /// The last segment that `begun` holds for, or the first one.
    fn segment(&self, begun: impl Fn(&Segment) -> bool) -> &Segment {
        &self.segments[self.segments.partition_point(begun).max(1) - 1]
    }

    /// The units in a second: exact time is counted in them.
    fn unit(&self) -> u64 {
        match self.division {
            Division::Quarter(ticks) => 1_000_000 * u64::from(ticks.get()),
            Division::Clock { ticks, .. } => u64::from(ticks.get()),
        }
    }

    /// The units in a tick.
    fn rate(&self, segment: &Segment) -> u32 {
        match self.division {
            Division::Quarter(_) => segment.micros,
            Division::Clock { seconds, .. } => seconds.get(),
        }
    }

    /// Changes the tempo after everything there is.
    fn push(&mut self, tick: u64, micros: u32) {
        let last = self.segment(|_| true);
        if micros == last.micros {
            return;
        }
        let since = tick - last.tick;
        let elapsed = last.elapsed + u128::from(since) * u128::from(self.rate(last));
        let seconds = ratio(elapsed, u128::from(self.unit()));
        let beats = match self.division {
            Division::Quarter(ticks) => ratio(u128::from(tick), u128::from(ticks.get())),
            Division::Clock { .. } => last.beats + (seconds - last.seconds) * 1e6 / f64::from(last.micros),
        };
        if tick == 0 {
            self.segments.clear();
        }
        self.segments.push(Segment { tick, micros, elapsed, seconds, beats });
    }
}

/// The double nearest to `numerator / denominator`, ties to even. The denominator is below 2^70 and not 0.
fn ratio(numerator: u128, denominator: u128) -> f64 {
    // Three bits more than a double's 53 decide how to round, as long as the last one also says whether anything is
    // left: the conversion to f64 then rounds once, and the scaling by a power of two is exact.
    let width = |n: u128| 128 - n.leading_zeros() as i32;
    let shift = (56 + width(denominator) - width(numerator)).clamp(0, 127);
    let scaled = numerator << shift;
    let rest = u128::from(!scaled.is_multiple_of(denominator));
    ((scaled / denominator) | rest) as f64 / power_of_two(shift)
}

/// 2^n, for n from 0 to 127.
fn power_of_two(n: i32) -> f64 {
    (1_u128 << n) as f64
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_ratio_is_the_nearest_double() {
        // A quotient of two doubles is correctly rounded by IEEE 754 when both are exact.
        for (n, d) in [(0, 7_u64), (1, 3), (2, 3), (1_047_271_680, 480_000_000), (u64::from(u32::MAX), 1_000_000)] {
            assert_eq!(ratio(u128::from(n), u128::from(d)), n as f64 / d as f64, "{n}/{d}");
        }
        // Above 2^53 doubles are even: a half goes to the even neighbour, more than a half goes up.
        assert_eq!(ratio((1 << 53) + 1, 1), 9_007_199_254_740_992.0);
        assert_eq!(ratio(((1 << 53) + 1) * 1_000_003 + 1, 1_000_003), 9_007_199_254_740_994.0);
        // One third of a number that no double holds, the same in lowest terms and not.
        let (n, d) = (123_456_789_012_345_678_901_u128, 3_000_000_000_u128);
        assert_eq!(ratio(n, d), ratio(n * 960, d * 960));
    }

    #[test]
    fn the_last_tempo_at_a_tick_counts_and_none_repeats() {
        let quarter = Division::Quarter(NonZeroU16::MIN);
        let changes = [(4, 400_000), (0, 1_000_000), (4, 250_000), (2, 1_000_000), (6, 0)];
        let map = TempoMap::new(quarter, &changes.map(|(tick, micros)| (Ticks(tick), micros)));
        assert_eq!(map.changes().collect::<Vec<_>>(), [(Seconds(0.0), 60.0), (Seconds(4.0), 240.0)]);
        let default = TempoMap::new(quarter, &[(Ticks(3), 1_000_000)]);
        assert_eq!(default.changes().collect::<Vec<_>>(), [(Seconds(0.0), 120.0), (Seconds(1.5), 60.0)]);
    }

    #[test]
    fn a_clock_ignores_the_tempo_but_beats_follow_it() {
        // 29.97 frames a second, 4 ticks a frame: 120000 ticks are 1001 s.
        let (ticks, seconds) = (NonZeroU32::new(120_000).unwrap(), NonZeroU32::new(1001).unwrap());
        let map = TempoMap::new(Division::Clock { ticks, seconds }, &[(Ticks(60_000), 1_001_000)]);
        assert_eq!(map.seconds_at_tick(Ticks(120_000)), Seconds(1001.0));
        assert_eq!(map.beats_at(Seconds(500.5)), Beats(1001.0));
        assert_eq!(map.beats_at(Seconds(1001.0)), Beats(1501.0));
        assert_eq!(map.quarters_after(Ticks(60_000), 500, 1), Seconds(1001.0));
    }

    #[test]
    fn extremes_stay_finite() {
        let map = TempoMap::new(Division::Quarter(NonZeroU16::MAX), &[(Ticks(1), u32::MAX), (Ticks(u64::MAX), 1)]);
        assert!(map.seconds_at_tick(Ticks(u64::MAX)).0.is_finite());
        assert!(map.quarters_after(Ticks(u64::MAX), u64::from(u32::MAX), 1024).0.is_finite());
        for moment in [f64::NAN, f64::INFINITY, f64::NEG_INFINITY, -1.0] {
            map.tick_at(Seconds(moment));
        }
        assert_eq!(map.tick_at(Seconds(-1.0)), Ticks(0));
    }
}
