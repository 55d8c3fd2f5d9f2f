//! Sound cut into runs of equal length, wherever its blocks end, so that sums over it are always rounded alike.

/// The frames of a run.
pub(super) const RUN: usize = 1024;

/// The frames of a sound that do not yet make a whole run.
#[derive(Clone, PartialEq, Debug, Default)]
pub(super) struct Runs {
    left: Vec<f32>,
    right: Vec<f32>,
}

impl Runs {
    /// Takes the next frames, and hands on each run that is complete with them. `right` is empty when the sound is mono,
    /// and in each run, too.
    pub(super) fn cut(&mut self, left: &[f32], right: &[f32], mut take: impl FnMut(&[f32], &[f32])) {
        let part = |start: usize, end: usize| (&left[start..end], right.get(start..end).unwrap_or_default());
        let frames = left.len();
        let mut start = 0;
        if !self.left.is_empty() {
            start = frames.min(RUN - self.left.len());
            self.begin(part(0, start));
            if self.left.len() == RUN {
                take(&self.left, &self.right);
                self.left.clear();
                self.right.clear();
            }
        }
        while start + RUN <= frames {
            let (left, right) = part(start, start + RUN);
            take(left, right);
            start += RUN;
        }
        self.begin(part(start, frames));
    }

    /// The frames that were begun.
    pub(super) fn rest(&self) -> (&[f32], &[f32]) {
        (&self.left, &self.right)
    }

    fn begin(&mut self, (left, right): (&[f32], &[f32])) {
        self.left.extend_from_slice(left);
        self.right.extend_from_slice(right);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn runs_are_the_same_however_blocks_end() {
        let left: Vec<f32> = (0..5_000).map(|i| i as f32).collect();
        let right: Vec<f32> = left.iter().map(|x| -x).collect();
        for block in [1, 7, 1000, RUN - 1, RUN, RUN + 1, 3 * RUN, 5_000] {
            for right in [right.as_slice(), &[]] {
                let (mut runs, mut lefts, mut rights) = (Runs::default(), Vec::new(), Vec::new());
                for start in (0..left.len()).step_by(block) {
                    let end = left.len().min(start + block);
                    runs.cut(&left[start..end], right.get(start..end).unwrap_or_default(), |left, right| {
                        assert_eq!(left.len(), RUN);
                        lefts.extend_from_slice(left);
                        rights.extend_from_slice(right);
                    });
                }
                assert_eq!(lefts.len(), 4 * RUN, "blocks of {block}");
                lefts.extend_from_slice(runs.rest().0);
                rights.extend_from_slice(runs.rest().1);
                assert!(lefts == left && rights == right, "blocks of {block}");
            }
        }
    }
}
