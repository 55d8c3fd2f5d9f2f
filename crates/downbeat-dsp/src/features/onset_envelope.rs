//! The onset envelope: how strongly something begins, frame by frame. Onsets, tempo and beats are all found in it.

/// How strongly something begins in each frame of a sound.
#[derive(Clone, PartialEq, Debug)]
pub struct OnsetEnvelope {
    /// The strength of each frame, in dB: by how much the bands of the spectrum rise. Finite, and never below 0.
    pub strength: Vec<f32>,
    /// Samples per second of the sound.
    pub rate: u32,
    /// Samples from one frame to the next.
    pub hop: usize,
}

/// What is weaker is not the beginning of anything: a steady tone has as much, from the places at which its frames cut it.
pub(crate) const NOTICEABLE_DB: f32 = 0.1;

impl OnsetEnvelope {
    /// Frames per second; 0 when the hop or the rate is 0.
    pub fn frame_rate(&self) -> f64 {
        if self.hop == 0 { 0.0 } else { f64::from(self.rate) / self.hop as f64 }
    }

    /// The moment of a frame in seconds from the beginning of the sound; 0 when the rate is 0.
    pub fn seconds(&self, frame: usize) -> f64 {
        if self.rate == 0 { 0.0 } else { frame as f64 * self.hop as f64 / f64::from(self.rate) }
    }

    /// How many whole frames there are in so many seconds.
    pub(crate) fn whole_frames(&self, seconds: f64) -> usize {
        // What is negative or not a number becomes 0.
        if self.hop == 0 { 0 } else { (seconds * f64::from(self.rate) / self.hop as f64).floor() as usize }
    }

    /// Whether nothing begins anywhere, or nothing can be said of it.
    pub(crate) fn is_flat(&self) -> bool {
        self.rate == 0
            || self.hop == 0
            || self.strength.iter().any(|x| !x.is_finite())
            || self.strength.iter().all(|&x| x < NOTICEABLE_DB)
    }
}
