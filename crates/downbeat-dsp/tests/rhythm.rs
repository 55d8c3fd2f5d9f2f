//! Rhythm: librosa's answers for a sound made by formula (`rhythm.py` makes the same one and printed `rhythm.json`), bars
//! of every length, and sounds that have no rhythm.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking, in its helpers, too")]

mod noise;

use downbeat_dsp::features::{
    Across, BeatTracking, OnsetEnvelope, OnsetPicking, OnsetStrength, PeakPicking, TempoSearch, beat_track, downbeats,
    onset_backtrack, onset_detect, onset_strength, peak_pick, tempo,
};
use noise::noise;
use serde_json::Value;

const RATE: u32 = 22_050;
/// Samples from one beat to the next: 128 beats a minute.
const BEAT: usize = 10_336;

fn reference(name: &str) -> Value {
    let all: Value = serde_json::from_str(include_str!("rhythm.json")).unwrap();
    all[name].clone()
}

fn numbers(name: &str) -> Vec<f64> {
    reference(name).as_array().unwrap().iter().map(|value| value.as_f64().unwrap()).collect()
}

fn frames(name: &str) -> Vec<usize> {
    numbers(name).iter().map(|&frame| frame as usize).collect()
}

fn decay(since: f64, length: f64) -> f64 {
    let left = 1.0 - since / length;
    if (0.0..length).contains(&since) { left * left } else { 0.0 }
}

fn triangle(since: usize, period: usize) -> f64 {
    ((since % period) as f64 / (period / 2) as f64 - 1.0).abs() * 2.0 - 1.0
}

/// Kicks on the beats, snares on every other one, hats between them, and what keeps it from being too regular.
fn drums() -> Vec<f32> {
    let sample = |i: usize| {
        let (beat, since) = (i / BEAT, (i % BEAT) as f64);
        let mut sound = if beat % 8 == 5 { 0.0 } else { 0.7 * triangle(i % BEAT, 400) * decay(since, 4000.0) };
        if beat % 2 == 1 {
            sound += 0.4 * noise(i) * decay(since, 2500.0);
        }
        sound += 0.15 * noise(i + 7) * decay(since - 5168.0, 900.0);
        if beat % 4 == 3 {
            sound += 0.3 * noise(i + 3) * decay(since - 7752.0, 1500.0);
        }
        (sound + 0.0005 * noise(i + 11)) as f32
    };
    (0..30 * RATE as usize).map(sample).collect()
}

fn envelope(sound: &[f32], across: Across) -> OnsetEnvelope {
    onset_strength(sound, RATE, &OnsetStrength { across, ..OnsetStrength::default() }).unwrap()
}

#[test]
fn the_envelope_is_librosas() {
    let drums = drums();
    for (across, name) in [(Across::Mean, "mean"), (Across::Median, "median")] {
        let found = envelope(&drums, across);
        assert_eq!(found.strength.len(), 1292);
        for (frame, (x, expected)) in found.strength.iter().zip(numbers(name)).enumerate() {
            // Both are made of transforms in 32 bits, in which the softest bands, 80 dB below the loudest, have errors
            // of a thousandth of their size; in a mean over 128 bands little of it is left. The greatest value is 36 dB.
            assert!((f64::from(*x) - expected).abs() < 2e-4, "{name} {frame}: {x} is not {expected}");
        }
        let total: f64 = found.strength.iter().map(|&x| f64::from(x)).sum();
        let expected = reference(&format!("{name}_total")).as_f64().unwrap();
        assert!((total / expected - 1.0).abs() < 1e-6, "{name}: {total} is not {expected}");
    }
}

#[test]
fn onsets_are_librosas_frame_for_frame() {
    let drums = drums();
    let mean = envelope(&drums, Across::Mean);
    let onsets = onset_detect(&mean, &OnsetPicking::default());
    assert_eq!(onsets, frames("onsets"));
    let cuts = OnsetPicking { backtrack: true, ..OnsetPicking::default() };
    assert_eq!(onset_detect(&mean, &cuts), frames("backtracked"));
    assert_eq!(onset_backtrack(&onsets, &rms(&drums)), frames("backtracked_on_rms"));
    let picking = PeakPicking { pre_max: 3, post_max: 3, pre_avg: 3, post_avg: 5, delta: 0.5, wait: 10 };
    assert_eq!(peak_pick(&mean.strength, &picking), frames("picked"));
}

/// The root mean square of frames of 2048 samples, 512 apart, the first of which has its middle at the beginning.
fn rms(sound: &[f32]) -> Vec<f32> {
    let padded = [vec![0.0; 1024], sound.to_vec(), vec![0.0; 1024]].concat();
    let mean_square = |frame: &[f32]| frame.iter().map(|&x| f64::from(x) * f64::from(x)).sum::<f64>() / 2048.0;
    padded.windows(2048).step_by(512).map(|frame| mean_square(frame).sqrt() as f32).collect()
}

#[test]
fn the_tempo_is_librosas() {
    let mean = envelope(&drums(), Across::Mean);
    let near = |found: Option<f64>, name: &str| {
        let expected = reference(name).as_f64().unwrap();
        // A tempo is a number of frames, so it is the same or far away.
        assert!((found.unwrap() / expected - 1.0).abs() < 1e-12, "{found:?} is not {expected}");
    };
    near(tempo(&mean, &TempoSearch::default()), "tempo");
    let slow = TempoSearch { start_bpm: 60.0, std_octaves: 0.3, window_s: 4.0, max_bpm: 100.0 };
    near(tempo(&mean, &slow), "slow_tempo");
}

#[test]
fn beats_are_librosas_frame_for_frame() {
    let drums = drums();
    let found = beat_track(&envelope(&drums, Across::Median), &BeatTracking::default());
    assert!((found.bpm.unwrap() / reference("beat_tempo").as_f64().unwrap() - 1.0).abs() < 1e-12);
    assert_eq!(found.frames, frames("beats"));
    let strict = BeatTracking { bpm: Some(90.0), tightness: 400.0, trim: false, ..BeatTracking::default() };
    assert_eq!(beat_track(&envelope(&drums, Across::Mean), &strict).frames, frames("beats_at_90"));
}

/// Forty bars of so many beats of so many samples, after an upbeat of some beats: a low drum and another bass note on the
/// first, softer drums on the others.
fn bars(per_bar: usize, upbeat: usize, beat: usize) -> Vec<f32> {
    let sample = |i: usize| {
        let (count, since) = (i / beat + per_bar - upbeat, i % beat);
        let (bar, place) = (count / per_bar, count % per_bar);
        let bass = 0.2 * triangle(i, [200, 160, 240, 150, 180][bar % 5]);
        let drum = match place {
            0 => 0.6 * triangle(since, 400) * decay(since as f64, 4000.0),
            _ => 0.15 * noise(i) * decay(since as f64, 2500.0 + 200.0 * place as f64),
        };
        (bass + drum) as f32
    };
    (0..40 * per_bar * beat).map(sample).collect()
}

/// The moments of so many beats in seconds.
fn beats(count: usize, beat: usize) -> Vec<f64> {
    (0..count).map(|i| (i * beat) as f64 / f64::from(RATE)).collect()
}

#[test]
fn bars_of_two_to_seven_beats_are_counted() {
    // Two beats in a bar are slow ones: two fast ones would be half a bar of four.
    for (per_bar, upbeat, beat) in [
        (2, 0, 20_000),
        (2, 1, 20_000),
        (3, 0, BEAT),
        (3, 2, BEAT),
        (4, 0, BEAT),
        (4, 1, BEAT),
        (4, 3, BEAT),
        (5, 2, BEAT),
        (6, 5, 5000),
        (7, 4, BEAT),
    ] {
        let beats = beats(40 * per_bar, beat);
        let found = downbeats(&bars(per_bar, upbeat, beat), RATE, &beats).unwrap();
        let first: Vec<usize> = (upbeat..beats.len()).step_by(per_bar).collect();
        assert_eq!((found.beats_per_bar, &found.beats), (per_bar, &first));
        assert!(found.confidence > 0.5 && found.confidence <= 1.0, "{per_bar}: {}", found.confidence);
    }
}

#[test]
fn beats_that_are_all_the_same_have_no_certain_bars() {
    let click = |i: usize| (0.5 * noise(i % BEAT) * decay((i % BEAT) as f64, 2000.0)) as f32;
    let clicks: Vec<f32> = (0..60 * BEAT).map(click).collect();
    let found = downbeats(&clicks, RATE, &beats(60, BEAT)).unwrap();
    assert!(found.confidence < 0.3, "{found:?}");
}

#[test]
fn beats_outside_the_sound_do_not_count() {
    let sound = bars(3, 0, BEAT);
    let inside = beats(120, BEAT);
    let found = downbeats(&sound, RATE, &inside).unwrap();
    let around: Vec<f64> = [-2.0, -1.0].into_iter().chain(inside).chain([1000.0, 1001.0]).collect();
    let moved = downbeats(&sound, RATE, &around).unwrap();
    assert_eq!(moved.confidence, found.confidence);
    assert_eq!(moved.beats, found.beats.iter().map(|beat| beat + 2).collect::<Vec<_>>());
}

#[test]
fn what_has_no_rhythm_has_none() {
    let beats = beats(20, BEAT);
    for sound in [vec![], vec![0.5], vec![0.0; 300_000], vec![f32::NAN; 300_000]] {
        for across in [Across::Mean, Across::Median] {
            let envelope = envelope(&sound, across);
            assert!(envelope.strength.iter().all(|&x| x == 0.0));
            assert!(onset_detect(&envelope, &OnsetPicking::default()).is_empty());
            assert_eq!(tempo(&envelope, &TempoSearch::default()), None);
            assert_eq!(beat_track(&envelope, &BeatTracking::default()), Default::default());
        }
        assert_eq!(downbeats(&sound, RATE, &beats), None);
    }
    // A tone that goes on: what begins at its ends is not in its middle.
    let tone: Vec<f32> = (0..300_000).map(|i| 0.5 * triangle(i, 100) as f32).collect();
    let onsets = onset_detect(&envelope(&tone, Across::Mean), &OnsetPicking::default());
    assert!(onsets.iter().all(|&frame| !(8..580).contains(&frame)), "{onsets:?}");
}

#[test]
fn a_click_is_one_onset_and_one_beat() {
    let mut sound = vec![0.0; 200_000];
    for (i, x) in sound[100_000..100_500].iter_mut().enumerate() {
        *x = noise(i) as f32;
    }
    let onsets = onset_detect(&envelope(&sound, Across::Mean), &OnsetPicking::default());
    let beats = beat_track(&envelope(&sound, Across::Median), &BeatTracking::default()).frames;
    // 100,000 samples are 195.3 frames.
    assert!(matches!(onsets[..], [194..=196]), "{onsets:?}");
    assert_eq!(beats, onsets);
}

#[test]
fn settings_without_sense_have_no_beats() {
    let envelope = envelope(&drums(), Across::Mean);
    let beats = |bpm: f64, tightness: f64| {
        beat_track(&envelope, &BeatTracking { bpm: Some(bpm), tightness, ..BeatTracking::default() }).frames
    };
    for bpm in [0.0, -120.0, f64::NAN, f64::INFINITY, 1e9] {
        assert!(beats(bpm, 100.0).is_empty());
    }
    // The slowest and the fastest tempo there is, and a tightness that is no number, end, too.
    for (bpm, tightness) in [(1e-300, 100.0), (2000.0, 100.0), (2500.0, 0.0), (120.0, f64::NAN), (120.0, 1e300)] {
        assert!(beats(bpm, tightness).is_sorted());
    }
    assert_eq!(downbeats(&drums(), 0, &self::beats(20, BEAT)), None);
    assert_eq!(downbeats(&drums(), RATE, &[]), None);
    assert_eq!(downbeats(&drums(), RATE, &[f64::NAN; 20]), None);
    assert_eq!(downbeats(&drums(), RATE, &[1.0; 20]), None);
}
