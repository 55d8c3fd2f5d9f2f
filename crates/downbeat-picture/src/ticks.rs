//! Where the marks of a time axis stand and what is written at them.
//!
//! Times are whole microseconds here: a mark is an exact multiple of the step, and its label is made without rounding.

use std::ops::Range;

/// A mark on a time axis.
#[derive(Clone, PartialEq, Debug)]
pub(crate) struct Tick {
    /// Where it stands, in seconds.
    pub seconds: f64,
    /// What is written at it; nothing at a small mark.
    pub label: Option<String>,
}

const SECOND: u64 = 1_000_000;
const MINUTE: u64 = 60 * SECOND;
const HOUR: u64 = 60 * MINUTE;

/// Steps from one second to a day, each with the number of small marks' intervals in it. They divide one another's
/// round times, as people are used to from clocks.
const STEPS: [(u64, u64); 18] = [
    (SECOND, 5),
    (2 * SECOND, 2),
    (5 * SECOND, 5),
    (10 * SECOND, 5),
    (15 * SECOND, 3),
    (30 * SECOND, 3),
    (MINUTE, 4),
    (2 * MINUTE, 2),
    (5 * MINUTE, 5),
    (10 * MINUTE, 5),
    (15 * MINUTE, 3),
    (30 * MINUTE, 3),
    (HOUR, 4),
    (2 * HOUR, 2),
    (3 * HOUR, 3),
    (6 * HOUR, 3),
    (12 * HOUR, 4),
    (24 * HOUR, 4),
];

/// The marks of an axis over a range of seconds, both ends included when they fall on a mark.
///
/// The step is the smallest for which every label fits: `fits(label, step_seconds)` says whether a label may be written
/// every so many seconds.
pub(crate) fn ticks(range: &Range<f64>, fits: impl Fn(&str, f64) -> bool) -> Vec<Tick> {
    let [start, end] = [range.start, range.end].map(|seconds| seconds * SECOND as f64);
    let (start, end) = (start.ceil() as u64, end as u64);
    let fits_at = |step: u64| fits(&label(end / step * step, step, end), step as f64 / SECOND as f64);
    let (step, parts) = steps().find(|&(step, _)| step > end || fits_at(step)).unwrap_or((u64::MAX, 1));
    let small = step / parts;
    (start.div_ceil(small)..=end / small)
        .map(|i| {
            let time = i * small;
            Tick { seconds: time as f64 / SECOND as f64, label: (time % step == 0).then(|| label(time, step, end)) }
        })
        .collect()
}

/// All steps in rising order: 1, 2 and 5 in each decade below a second, then those of clocks, then doubled days.
fn steps() -> impl Iterator<Item = (u64, u64)> {
    let decades = (0..6).flat_map(|power| [1, 2, 5].map(|n| (n * 10u64.pow(power), if n == 2 { 4 } else { 5 })));
    // A step of one microsecond has no parts.
    let decades = decades.map(|(step, parts)| if step < 10 { (step, 1) } else { (step, parts) });
    let days = (1..20).map(|power| ((24 * HOUR) << power, 2));
    decades.chain(STEPS).chain(days)
}

/// What is written at `time`: seconds with as many decimals as the step needs when the axis is shorter than a minute and
/// the step than a second, else minutes and seconds, and hours when the axis is that long.
fn label(time: u64, step: u64, end: u64) -> String {
    let decimals = (0..6).find(|&digits| step.is_multiple_of(SECOND / 10u64.pow(digits))).unwrap_or(6) as usize;
    let fraction = if decimals == 0 {
        String::new()
    } else {
        format!(".{:0decimals$}", time % SECOND / 10u64.pow(6 - decimals as u32))
    };
    let (hours, minutes, seconds) = (time / HOUR, time / MINUTE % 60, time / SECOND % 60);
    if decimals > 0 && end < MINUTE {
        format!("{seconds}{fraction} s")
    } else if end >= HOUR {
        format!("{hours}:{minutes:02}:{seconds:02}{fraction}")
    } else {
        format!("{minutes}:{seconds:02}{fraction}")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The labels of an axis with room for `room` characters of labels and the gaps between them.
    fn labels(seconds: f64, room: f64) -> Vec<String> {
        let fits = |label: &str, step: f64| (label.len() + 2) as f64 <= room * step / seconds;
        ticks(&(0.0..seconds), fits).into_iter().filter_map(|tick| tick.label).collect()
    }

    #[test]
    fn a_song_is_marked_every_quarter_of_a_minute() {
        assert_eq!(labels(81.0, 40.0), ["0:00", "0:15", "0:30", "0:45", "1:00", "1:15"]);
    }

    #[test]
    fn short_clips_are_marked_in_decimals() {
        assert_eq!(labels(0.5, 50.0), ["0.0 s", "0.1 s", "0.2 s", "0.3 s", "0.4 s", "0.5 s"]);
        assert_eq!(labels(0.1, 50.0), ["0.00 s", "0.02 s", "0.04 s", "0.06 s", "0.08 s", "0.10 s"]);
        assert_eq!(labels(2.5, 30.0), ["0:00", "0:01", "0:02"]);
        assert_eq!(labels(60.5, 2000.0)[..3], ["0:00.0", "0:00.5", "0:01.0"]);
    }

    #[test]
    fn long_recordings_are_marked_in_hours() {
        assert_eq!(labels(3600.0, 50.0), ["0:00:00", "0:15:00", "0:30:00", "0:45:00", "1:00:00"]);
        assert_eq!(labels(100.0 * 3600.0, 40.0), ["0:00:00", "48:00:00", "96:00:00"]);
    }

    #[test]
    fn a_range_has_the_marks_that_lie_in_it() {
        let labels = |range: Range<f64>, least: f64| -> Vec<String> {
            ticks(&range, |_, step| step >= least).into_iter().filter_map(|tick| tick.label).collect()
        };
        assert_eq!(labels(14.9..45.0, 15.0), ["0:15", "0:30", "0:45"]);
        assert_eq!(labels(15.1..16.0, 0.2), ["15.2 s", "15.4 s", "15.6 s", "15.8 s", "16.0 s"]);
        assert_eq!(labels(3600.001..3600.004, 1e-3), ["1:00:00.001", "1:00:00.002", "1:00:00.003", "1:00:00.004"]);
        assert_eq!(labels(16.0..29.0, 15.0), [""; 0]);
    }

    #[test]
    fn small_marks_divide_the_step() {
        let ticks = ticks(&(0.0..31.0), |_, step| step >= 15.0);
        let at = |with_label: bool| -> Vec<f64> {
            ticks.iter().filter(|tick| tick.label.is_some() == with_label).map(|tick| tick.seconds).collect()
        };
        assert_eq!(at(true), [0.0, 15.0, 30.0]);
        assert_eq!(at(false), [5.0, 10.0, 20.0, 25.0]);
    }

    #[test]
    fn the_start_is_always_marked() {
        for seconds in [0.0, 1e-7, 1e-3, 1.0, 1e6, 1e12] {
            assert_eq!(ticks(&(0.0..seconds), |_, _| false)[0].seconds, 0.0);
        }
    }

    #[test]
    fn steps_rise_and_small_marks_are_a_step_apart_themselves() {
        let steps: Vec<_> = steps().collect();
        assert!(steps.is_sorted_by(|a, b| a.0 < b.0));
        for (step, parts) in &steps {
            assert!(step.is_multiple_of(*parts), "{step} in {parts}");
            assert!(steps.iter().any(|(smaller, _)| *smaller == step / parts), "{step} in {parts}");
        }
    }
}
