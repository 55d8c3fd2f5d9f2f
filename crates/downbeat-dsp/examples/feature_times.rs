//! Prints how many nanoseconds each feature of a mono WAV file of 32-bit floats takes on one thread, as JSON: the best of
//! as many runs as are asked for. `benches/peers/features.py` puts them beside librosa's.
//!
//! ```text
//! cargo run --release -p downbeat-dsp --example feature_times -- FILE.wav 10
//! ```

use std::error::Error;
use std::hint::black_box;
use std::time::Instant;

use downbeat_dsp::features::{
    Bandwidth, BeatTracking, Centroid, Chroma, Contrast, Feature, FeatureError, Flatness, Framing, Mel, OnsetPicking,
    OnsetStrength, Quantity, Rolloff, Stft, beat_track, estimate_tuning, onset_detect, onset_strength, power_to_db,
    rms, zero_crossing_rate,
};

fn main() -> Result<(), Box<dyn Error>> {
    let mut arguments = std::env::args().skip(1);
    let mut file = hound::WavReader::open(arguments.next().ok_or("which file?")?)?;
    let runs: usize = arguments.next().map_or(Ok(10), |runs| runs.parse())?;
    let rate = file.spec().sample_rate;
    let sound = file.samples::<f32>().collect::<Result<Vec<f32>, _>>()?;
    let sound = sound.as_slice();

    let framing = Framing::default();
    let stft = || Stft::new(rate, framing);
    let onsets = || onset_strength(sound, rate, &OnsetStrength::default());
    let spectral = |feature: &dyn Feature| stft()?.measure(sound, [feature]);
    let mel_db = || {
        let [mut mel] = spectral(&Mel::default())?;
        power_to_db(&mut mel.values, 1.0, 1e-10, Some(80.0));
        Ok(mel)
    };
    let tuned_chroma = || {
        let stft = stft()?;
        stft.measure(sound, [&Chroma { tuning: estimate_tuning(&stft, sound, Quantity::Power) }])
    };
    let times = [
        ("rms", best(runs, || rms(sound, rate, framing))?),
        ("spectral_centroid", best(runs, || spectral(&Centroid))?),
        ("spectral_bandwidth", best(runs, || spectral(&Bandwidth::default()))?),
        ("spectral_rolloff", best(runs, || spectral(&Rolloff::default()))?),
        ("spectral_flatness", best(runs, || spectral(&Flatness::default()))?),
        ("spectral_contrast", best(runs, || spectral(&Contrast::default()))?),
        ("spectral_contrast_64", best(runs, || Stft::precise(rate, framing)?.measure(sound, [&Contrast::default()]))?),
        ("zero_crossing_rate", best(runs, || zero_crossing_rate(sound, rate, framing))?),
        ("mel", best(runs, || spectral(&Mel::default()))?),
        ("mel_db", best(runs, mel_db)?),
        ("chroma_untuned", best(runs, || spectral(&Chroma::default()))?),
        ("chroma", best(runs, tuned_chroma)?),
        ("onset_strength", best(runs, onsets)?),
        ("onset_times", best(runs, || Ok(onset_detect(&onsets()?, &OnsetPicking::default())))?),
        ("beats", best(runs, || Ok(beat_track(&onsets()?, &BeatTracking::default())))?),
    ];
    let lines: Vec<String> = times.iter().map(|(name, ns)| format!("  \"{name}\": {ns}")).collect();
    println!("{{\n{}\n}}", lines.join(",\n"));
    Ok(())
}

/// The shortest of some runs in nanoseconds, after one that does not count.
fn best<T>(runs: usize, call: impl Fn() -> Result<T, FeatureError>) -> Result<u128, FeatureError> {
    black_box(call()?);
    let mut shortest = u128::MAX;
    for _ in 0..runs {
        let start = Instant::now();
        black_box(call()?);
        shortest = shortest.min(start.elapsed().as_nanos());
    }
    Ok(shortest)
}
