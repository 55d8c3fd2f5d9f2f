//! A gate that opens and closes by a pattern.

use crate::{Audio, ClipEffect, ParamError, ratio};

crate::params! {
    /// Opens and closes by a pattern of steps, as the gate of a step sequencer does.
    ///
    /// Each mark of the pattern is a step of `step_ms`: `x` opens, `.` stays closed, `-` holds the step before it on, and
    /// a digit from `0` (closed) to `9` (open) opens to so many ninths of the amplitude. Spaces and bars (`|`) count for
    /// nothing: `"x.x- | 9531"`. Every mark but `-` begins anew, so `xx` is heard as two notes and `x-` as one of twice the
    /// length. The pattern begins with the clip and repeats to its end; a `-` in front holds the last step on.
    ///
    /// A note begins to open with its first frame and is closed when its last step is over: the edges lie within it, and are
    /// shortened to fit into it. Step k begins at k times `step_ms`, to the nearest frame.
    pub struct RhythmGate: "rhythm_gate" {
        /// The steps, one mark each.
        pattern: String = "x.x.".to_string();
        /// The length of a step, in milliseconds.
        step_ms: f64 = 125.0, in 1.0..=60000.0;
        /// The time in which a note opens, in milliseconds.
        attack_ms: f64 = 3.0, in 0.0..=10000.0;
        /// The time in which a note closes, in milliseconds.
        release_ms: f64 = 10.0, in 0.0..=10000.0;
        /// The level of what is closed, in decibels; -120 is silence.
        depth_db: f64 = -120.0, in -120.0..=0.0;
    }
    check = RhythmGate::check;
}

/// A stretch of the pattern from a mark to the next one that begins anew.
#[derive(Clone, Copy, PartialEq, Debug)]
struct Note {
    /// The step at which it begins. The last note of the pattern can begin before the first step, too.
    from: i64,
    /// The step at which it is over.
    to: i64,
    /// From 0, closed, to 1, open.
    level: f64,
}

impl ClipEffect for RhythmGate {
    fn apply(&self, mut clip: Audio) -> Audio {
        let Ok((notes, steps)) = notes(&self.pattern) else { return clip };
        let frames_of = |ms: f64| ms * f64::from(clip.rate()) / 1000.0;
        let step = frames_of(self.step_ms).max(1.0);
        let start = |number: i64| (number as f64 * step).round() as i64;
        let (attack, release) = (frames_of(self.attack_ms), frames_of(self.release_ms));
        let floor = if self.depth_db <= -120.0 { 0.0 } else { ratio(self.depth_db) };
        let frames = clip.frames() as i64;
        // In the first round a note may reach into the clip from before it; later that is the end of the round before.
        let first = notes.first().map_or(0, |note| note.from);
        let rounds = (0..).map(|round| round * steps).take_while(|at| start(at + first) < frames);
        for (at, note) in rounds.flat_map(|at| notes.iter().map(move |note| (at, note))) {
            let (from, to) = (start(at + note.from), start(at + note.to));
            let envelope = Envelope::new(to - from, attack, release);
            let heard = from.clamp(0, frames)..to.clamp(0, frames);
            for plane in clip.planes_mut() {
                for (frame, x) in heard.clone().zip(&mut plane[heard.start as usize..heard.end as usize]) {
                    *x *= (floor + (1.0 - floor) * note.level * envelope.height(frame - from)) as f32;
                }
            }
        }
        clip
    }
}

impl RhythmGate {
    fn check(&self) -> Result<(), ParamError> {
        notes(&self.pattern).map(|_| ()).map_err(|reason| ParamError::Together { name: "pattern", reason })
    }
}

/// The notes of a pattern and how many steps it has, or what is wrong with it.
fn notes(pattern: &str) -> Result<(Vec<Note>, i64), String> {
    const MARKS: &str = "`x` opens, `.` closes, `-` holds, and 0 to 9 are levels";
    let mut notes: Vec<Note> = Vec::new();
    let mut steps = 0;
    for (place, mark) in pattern.chars().enumerate() {
        let level = match mark {
            ' ' | '|' => continue,
            '-' => None,
            'x' => Some(1.0),
            '.' => Some(0.0),
            digit => match digit.to_digit(10) {
                Some(ninths) => Some(f64::from(ninths) / 9.0),
                None => return Err(format!("{mark:?}, mark {} of the pattern, is no step: {MARKS}", place + 1)),
            },
        };
        if let Some(level) = level {
            notes.push(Note { from: steps, to: steps, level });
        }
        steps += 1;
        if let Some(last) = notes.last_mut() {
            last.to = steps;
        }
    }
    let Some(first) = notes.first().copied() else {
        let what = if steps == 0 { "has no steps" } else { "holds nothing" };
        return Err(format!("the pattern {pattern:?} {what}: {MARKS}"));
    };
    if let (1.., Some(last)) = (first.from, notes.last_mut()) {
        // The held steps in front are the end of the last note, which begins in the round before.
        last.to += first.from;
        let around = Note { from: last.from - steps, to: last.to - steps, ..*last };
        notes.insert(0, around);
        notes.pop();
    }
    Ok((notes, steps))
}

/// How open a note is from its first frame on.
struct Envelope {
    frames: f64,
    attack: f64,
    release: f64,
}

impl Envelope {
    fn new(frames: i64, attack: f64, release: f64) -> Self {
        let frames = frames as f64;
        // Edges that are longer than the note together meet where both are as far as they come.
        let fit = (frames / (attack + release).max(1e-9)).min(1.0);
        Envelope { frames, attack: attack * fit, release: release * fit }
    }

    /// From 0 to 1.
    fn height(&self, frame: i64) -> f64 {
        let frame = frame as f64;
        edge(frame, self.attack).min(edge(self.frames - frame, self.release))
    }
}

/// An edge from 0 to 1 that begins and ends level: `3 u^2 - 2 u^3`.
fn edge(frame: f64, frames: f64) -> f64 {
    let u = if frame >= frames { 1.0 } else { frame / frames };
    u * u * (3.0 - 2.0 * u)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn gated(settings: &RhythmGate, frames: usize) -> Vec<f32> {
        settings.apply(Audio::mono(1000, vec![1.0; frames])).left().to_vec()
    }

    /// Without edges, a step of four frames.
    fn hard(pattern: &str) -> RhythmGate {
        RhythmGate { pattern: pattern.into(), step_ms: 4.0, attack_ms: 0.0, release_ms: 0.0, ..RhythmGate::default() }
    }

    /// The level of each step without edges; each stays the same for the whole of its step.
    fn levels(pattern: &str, steps: usize) -> Vec<f32> {
        let output = gated(&hard(pattern), 4 * steps);
        assert!(output.chunks(4).all(|step| step.iter().all(|x| *x == step[0])), "{pattern}");
        output.into_iter().step_by(4).collect()
    }

    #[test]
    fn marks_open_hold_and_close_to_the_frame() {
        assert_eq!(levels("x.x-..", 8), [1.0, 0.0, 1.0, 1.0, 0.0, 0.0, 1.0, 0.0]);
        assert_eq!(levels("9 0 | 3 -", 4), [1.0, 0.0, (1.0_f64 / 3.0) as f32, (1.0_f64 / 3.0) as f32]);
        assert_eq!(
            levels("-.3x", 9),
            [1.0, 0.0, (1.0_f64 / 3.0) as f32, 1.0, 1.0, 0.0, (1.0_f64 / 3.0) as f32, 1.0, 1.0]
        );
        assert_eq!(levels("-x", 4), [1.0; 4]);
    }

    #[test]
    fn steps_of_broken_lengths_do_not_drift() {
        let output = gated(&RhythmGate { step_ms: 2.5, ..hard("x.") }, 5000);
        // Open from 0, 5, 10, closed from 3, 8, 13.
        assert!(output.chunks(5).all(|round| round == [1.0, 1.0, 1.0, 0.0, 0.0]));
    }

    #[test]
    fn edges_lie_within_the_note_and_begin_and_end_level() {
        let settings = RhythmGate { step_ms: 100.0, attack_ms: 4.0, release_ms: 8.0, ..hard("x.") };
        let output = gated(&settings, 200);
        assert_eq!(output[..6], [0.0, 0.15625, 0.5, 0.84375, 1.0, 1.0]);
        assert_eq!(
            output[92..101],
            [1.0, 0.957_031_25, 0.84375, 0.683_593_75, 0.5, 0.316_406_25, 0.15625, 0.042_968_75, 0.0]
        );
        // The steepest bend of 3 u^2 - 2 u^3 is 6 u'^2, where it begins and ends.
        let slow = gated(&RhythmGate { attack_ms: 50.0, release_ms: 50.0, step_ms: 200.0, ..settings }, 2000);
        let bends = slow.windows(3).map(|x| (x[2] - 2.0 * x[1] + x[0]).abs());
        assert!(bends.fold(0.0, f32::max) <= 6.0 / 2500.0 + 1e-6);
    }

    #[test]
    fn each_x_begins_anew_and_a_tie_does_not() {
        let settings = RhythmGate { attack_ms: 1.0, release_ms: 2.0, ..hard("xx-.") };
        assert_eq!(gated(&settings, 16)[..13], [0.0, 1.0, 1.0, 0.5, 0.0, 1.0, 1.0, 1.0, 1.0, 1.0, 1.0, 0.5, 0.0]);
    }

    #[test]
    fn a_note_that_is_held_over_the_end_of_the_pattern_goes_on() {
        let settings = RhythmGate { attack_ms: 2.0, release_ms: 2.0, ..hard("-.x") };
        let output = gated(&settings, 24);
        assert_eq!(output[..4], [1.0, 1.0, 1.0, 0.5], "as if it had begun before the clip");
        assert_eq!(output[8..16], [0.0, 0.5, 1.0, 1.0, 1.0, 1.0, 1.0, 0.5]);
    }

    #[test]
    fn edges_that_are_too_long_share_the_note() {
        let output = gated(&RhythmGate { attack_ms: 30.0, release_ms: 10.0, ..hard("x.") }, 8);
        assert_eq!(output[..4], [0.0, edge(1.0, 3.0) as f32, edge(2.0, 3.0) as f32, 1.0]);
    }

    #[test]
    fn closed_is_as_deep_as_it_says() {
        let output = gated(&RhythmGate { depth_db: -20.0, ..hard("x.") }, 8);
        assert_eq!(output, [1.0, 1.0, 1.0, 1.0, 0.1, 0.1, 0.1, 0.1]);
        assert_eq!(gated(&RhythmGate { depth_db: 0.0, ..hard("x.") }, 8), [1.0; 8]);
    }

    #[test]
    fn what_is_no_pattern_is_refused_with_the_mark() {
        let refused =
            |pattern: &str| RhythmGate { pattern: pattern.into(), ..hard("") }.check().map_err(|e| e.to_string());
        assert_eq!(
            refused("x.X."),
            Err("'X', mark 3 of the pattern, is no step: `x` opens, `.` closes, `-` holds, and 0 to 9 are levels"
                .into())
        );
        assert!(refused(" | ").is_err_and(|reason| reason.contains("has no steps")));
        assert!(refused("--").is_err_and(|reason| reason.contains("holds nothing")));
        assert_eq!(refused("--x.4"), Ok(()));
    }
}
