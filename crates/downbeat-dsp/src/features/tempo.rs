//! Tempo: how many beats a minute an onset envelope has.

use super::onset_envelope::OnsetEnvelope;
use super::tempo_autocorrelation::mean_autocorrelation;

/// How a tempo is searched for.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct TempoSearch {
    /// The tempo that is likeliest before anything is heard, in beats per minute.
    pub start_bpm: f64,
    /// How far from it a tempo may well be: the standard deviation in octaves.
    pub std_octaves: f64,
    /// The length of the windows in which what repeats is looked for, in seconds: 1 to 60.
    pub window_s: f64,
    /// Tempos from here on are not considered, in beats per minute.
    pub max_bpm: f64,
}

impl Default for TempoSearch {
    fn default() -> Self {
        TempoSearch { start_bpm: 120.0, std_octaves: 1.0, window_s: 8.0, max_bpm: 320.0 }
    }
}

/// The tempo of an envelope in beats per minute; none when nothing begins in it. What librosa's `feature.tempo` answers
/// for the same envelope, except that librosa has a tempo for silence and for what does not change.
///
/// It is the lag at which the envelope is most like itself, in windows all along it, weighted by a log-normal prior: so
/// it is a whole number of frames, and 120 is better known than 110 at 93 frames per second. An envelope in which nothing
/// repeats has the tempo of the prior.
///
/// Sources: Grosche, Müller and Kurth, "Cyclic tempogram" (ICASSP 2010); the prior: Ellis, "Beat tracking by dynamic
/// programming" (Journal of New Music Research 36, 2007), section 3.2.
pub fn tempo(envelope: &OnsetEnvelope, search: &TempoSearch) -> Option<f64> {
    if envelope.is_flat() {
        return None;
    }
    // Seconds to samples to frames, each rounded down.
    let window = (search.window_s.clamp(1.0, 60.0) * f64::from(envelope.rate)).floor() as usize / envelope.hop;
    let likeness = mean_autocorrelation(&envelope.strength, window);
    let mut best = None;
    let mut best_score = f64::NEG_INFINITY;
    for (lag, likeness) in likeness.iter().enumerate().skip(1) {
        let bpm = 60.0 * f64::from(envelope.rate) / (envelope.hop * lag) as f64;
        let octaves = (libm::log2(bpm) - libm::log2(search.start_bpm)) / search.std_octaves;
        let score = libm::log1p(1e6 * likeness) - 0.5 * octaves * octaves;
        // A score that is not a number, of a prior that is none, is not greater.
        if bpm < search.max_bpm && score > best_score {
            (best, best_score) = (Some(bpm), score);
        }
    }
    best
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A pulse every `period` frames, 1 s of silence first.
    fn pulses(period: usize, frames: usize) -> OnsetEnvelope {
        let mut strength = vec![0.0; frames];
        strength.iter_mut().skip(86).step_by(period).for_each(|x| *x = 1.0);
        OnsetEnvelope { strength, rate: 44_100, hop: 512 }
    }

    #[test]
    fn is_the_period_of_what_repeats() {
        for period in [30, 43, 57] {
            let bpm = 60.0 * 44_100.0 / (512.0 * period as f64);
            assert_eq!(tempo(&pulses(period, 4000), &TempoSearch::default()), Some(bpm));
        }
    }

    #[test]
    fn the_prior_chooses_among_multiples() {
        // Pulses at 172 a minute may be beats at 172, 86 or 57.
        let pulses = pulses(30, 4000);
        let near = |start_bpm| tempo(&pulses, &TempoSearch { start_bpm, std_octaves: 0.2, ..TempoSearch::default() });
        let bpm = 60.0 * 44_100.0 / (512.0 * 30.0);
        assert_eq!(near(170.0), Some(bpm));
        assert_eq!(near(85.0), Some(bpm / 2.0));
        assert_eq!(near(57.0), Some(bpm / 3.0));
        let slow = TempoSearch { max_bpm: 100.0, ..TempoSearch::default() };
        assert_eq!(tempo(&pulses, &slow), Some(bpm / 2.0));
    }

    #[test]
    fn nothing_has_no_tempo() {
        let search = TempoSearch::default();
        for strength in [vec![], vec![0.0; 1000], vec![f32::NAN; 10], vec![1.0, f32::INFINITY], vec![0.05; 500]] {
            assert_eq!(tempo(&OnsetEnvelope { strength, rate: 44_100, hop: 512 }, &search), None);
        }
        assert_eq!(tempo(&OnsetEnvelope { hop: 0, ..pulses(30, 400) }, &search), None);
        assert_eq!(tempo(&OnsetEnvelope { rate: 0, ..pulses(30, 400) }, &search), None);
        // Settings that make no sense have no answer either, and windows are kept within bounds.
        assert_eq!(tempo(&pulses(30, 400), &TempoSearch { start_bpm: -1.0, ..search }), None);
        assert_eq!(tempo(&pulses(30, 400), &TempoSearch { max_bpm: 0.0, ..search }), None);
        assert_eq!(tempo(&pulses(30, 400), &TempoSearch { window_s: f64::NAN, ..search }), None);
        assert!(tempo(&pulses(30, 400), &TempoSearch { window_s: 1e12, ..search }).is_some());
    }
}
