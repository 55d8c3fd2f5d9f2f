//! What begins when: onsets, tempo, beats and downbeats. They are found in the whole sound.

use downbeat_dsp::features::{
    Across, BeatTracking, Beats, Downbeats, FeatureError, Framing, OnsetEnvelope, OnsetPicking, OnsetStrength,
    beat_track, downbeats, onset_detect, onset_strength,
};

/// A sound in which something begins. What is asked for is measured once.
pub struct Rhythm<'a> {
    samples: &'a [f32],
    rate: u32,
    framing: Framing,
    envelope: Option<OnsetEnvelope>,
    beats: Option<(Option<f64>, Vec<f64>)>,
}

impl<'a> Rhythm<'a> {
    /// Of a mono sound.
    pub fn new(samples: &'a [f32], rate: u32, framing: Framing) -> Self {
        Rhythm { samples, rate, framing, envelope: None, beats: None }
    }

    /// How strongly something begins in each frame.
    pub fn envelope(&mut self) -> Result<&OnsetEnvelope, FeatureError> {
        let envelope = match self.envelope.take() {
            Some(envelope) => envelope,
            None => self.measure(Across::Mean)?,
        };
        Ok(self.envelope.insert(envelope))
    }

    /// When something begins, in seconds.
    pub fn onsets(&mut self) -> Result<Vec<f64>, FeatureError> {
        let envelope = self.envelope()?;
        let frames = onset_detect(envelope, &OnsetPicking::default());
        Ok(frames.into_iter().map(|frame| envelope.seconds(frame)).collect())
    }

    /// The tempo in beats per minute, none when nothing begins, and the beats in seconds. As in librosa, bands are
    /// joined by their median for these.
    pub fn beats(&mut self) -> Result<(Option<f64>, &[f64]), FeatureError> {
        let found = match self.beats.take() {
            Some(found) => found,
            None => {
                let envelope = self.measure(Across::Median)?;
                let Beats { bpm, frames } = beat_track(&envelope, &BeatTracking::default());
                (bpm, frames.into_iter().map(|frame| envelope.seconds(frame)).collect())
            }
        };
        let (bpm, beats) = self.beats.insert(found);
        Ok((*bpm, beats))
    }

    /// Which of the beats are downbeats, and the moments of those in seconds; none when there are too few beats.
    pub fn downbeats(&mut self) -> Result<Option<(Downbeats, Vec<f64>)>, FeatureError> {
        let (samples, rate) = (self.samples, self.rate);
        let (_, beats) = self.beats()?;
        Ok(downbeats(samples, rate, beats).map(|found| {
            let moments = found.beats.iter().map(|&beat| beats[beat]).collect();
            (found, moments)
        }))
    }

    fn measure(&self, across: Across) -> Result<OnsetEnvelope, FeatureError> {
        let settings = OnsetStrength { framing: self.framing, across, ..OnsetStrength::default() };
        onset_strength(self.samples, self.rate, &settings)
    }
}
