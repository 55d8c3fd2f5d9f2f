//! Where the marks of the ruler of bars stand and what is written at them.

use std::ops::Range;

/// A mark on the ruler of bars.
#[derive(Clone, PartialEq, Debug)]
pub(crate) struct Bar {
    /// Where it stands, in seconds.
    pub seconds: f64,
    /// The bar's number; nothing at a small mark.
    pub label: Option<String>,
}

/// The marks of bars that begin at `moments` (bar 1 first) and within a range.
///
/// Every bar has its number, or every 4th (1, 5, 9), 8th, 16th and so on: the first step at which every number fits before
/// the next. `fits(number, seconds)` says whether it may be written on a stretch so long. In between there are small marks
/// at a quarter or a half of the step, where the number fits before the first of them.
pub(crate) fn bars(moments: &[f64], range: &Range<f64>, fits: impl Fn(&str, f64) -> bool) -> Vec<Bar> {
    let inside: Vec<(usize, f64)> =
        moments.iter().copied().enumerate().filter(|(_, seconds)| range.contains(seconds)).collect();
    let numbered = |step: usize| inside.iter().filter(move |(i, _)| i % step == 0);
    let fits_at = |step: usize| {
        let ends = numbered(step).skip(1).map(|(_, seconds)| *seconds).chain([range.end]);
        // The last number may find no room before the end: it is left out, and the others count.
        let last = numbered(step).count().saturating_sub(1);
        numbered(step).zip(ends).take(last.max(1)).all(|((i, start), end)| fits(&(i + 1).to_string(), end - start))
    };
    let steps = std::iter::successors(Some(1usize), |step| step.checked_mul(if *step == 1 { 4 } else { 2 }));
    let Some(step) = steps.take_while(|&step| step <= moments.len()).find(|&step| fits_at(step)) else {
        return Vec::new();
    };
    let is_clear = |small: usize| {
        numbered(step).all(|(i, start)| {
            moments.get(i + small).is_none_or(|end| *end > range.end || fits(&(i + 1).to_string(), end - start))
        })
    };
    let small = [step / 4, step / 2].into_iter().find(|&small| small > 0 && is_clear(small)).unwrap_or(step);
    inside
        .iter()
        .filter(|(i, _)| i % small == 0)
        .map(|&(i, seconds)| {
            let number = (i + 1).to_string();
            let has_room = i % step == 0 && fits(&number, range.end - seconds);
            Bar { seconds, label: has_room.then_some(number) }
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn even(count: usize) -> Vec<f64> {
        (0..count).map(|i| i as f64 * 2.0).collect()
    }

    fn labels(bars: &[Bar]) -> Vec<&str> {
        bars.iter().filter_map(|bar| bar.label.as_deref()).collect()
    }

    #[test]
    fn bars_are_numbered_as_densely_as_there_is_room() {
        let moments = even(40);
        let every = |seconds: f64| bars(&moments, &(0.0..80.0), move |_, room| room >= seconds);
        assert_eq!(labels(&every(2.0)).len(), 40);
        assert_eq!(labels(&every(7.0)), ["1", "5", "9", "13", "17", "21", "25", "29", "33", "37"]);
        // No mark stands in a number.
        assert_eq!(every(7.0).len(), 10);
        assert_eq!(every(4.0).len(), 20);
        assert_eq!(labels(&every(30.0)), ["1", "17"]);
        assert_eq!(every(30.0).len(), 3);
    }

    #[test]
    fn numbers_stay_with_their_bars_in_any_range() {
        let moments = even(40);
        let bars = bars(&moments, &(9.0..32.0), |_, room| room >= 4.0);
        assert_eq!(labels(&bars), ["9", "13"]);
        let moments: Vec<f64> = bars.iter().map(|bar| bar.seconds).collect();
        assert_eq!(moments, [12.0, 16.0, 20.0, 24.0, 28.0]);
    }

    #[test]
    fn a_bar_that_is_too_short_for_its_number_makes_all_rarer() {
        let moments = [0.0, 2.0, 4.0, 4.5, 6.0, 8.0];
        assert_eq!(labels(&bars(&moments, &(0.0..10.0), |_, room| room >= 1.0)), ["1", "5"]);
    }

    #[test]
    fn no_bars_no_marks() {
        assert!(bars(&[], &(0.0..10.0), |_, _| true).is_empty());
        assert!(bars(&even(4), &(100.0..110.0), |_, _| true).is_empty());
        assert!(bars(&even(4), &(0.0..8.0), |_, _| false).is_empty());
    }
}
