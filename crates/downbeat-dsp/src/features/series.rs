//! What was measured of a sound, frame by frame.

/// Numbers over time: some for each frame of a sound. What they mean and their unit is said by what measured them.
#[derive(Clone, PartialEq, Debug, Default)]
pub struct Series {
    /// Numbers a frame: 1, or as many as there are bands.
    pub bands: usize,
    /// Seconds from one frame to the next. Frame 0 has its middle at 0.
    pub step: f64,
    /// All numbers, frame by frame.
    pub values: Vec<f32>,
}

impl Series {
    /// The number of frames.
    pub fn frames(&self) -> usize {
        self.values.len() / self.bands.max(1)
    }

    /// The middle of a frame, in seconds.
    pub fn time(&self, frame: usize) -> f64 {
        frame as f64 * self.step
    }

    /// The middles of all frames, in seconds.
    pub fn times(&self) -> impl Iterator<Item = f64> + '_ {
        (0..self.frames()).map(|frame| self.time(frame))
    }

    /// The numbers of each frame, in order.
    pub fn iter(&self) -> impl Iterator<Item = &[f32]> {
        self.values.chunks_exact(self.bands.max(1))
    }

    /// The numbers of one frame; none past the end.
    pub fn frame(&self, frame: usize) -> Option<&[f32]> {
        self.iter().nth(frame)
    }
}
