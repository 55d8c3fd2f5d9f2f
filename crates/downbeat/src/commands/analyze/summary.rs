//! An analysis for people: a line for each thing one would ask, no more than is known.

use downbeat_dsp::features::Series;

use super::analysis::{Analysis, Reading};
use crate::table::{clock, level};

/// How wide the names of lines are.
const WIDTH: usize = 11;
/// A mean of samples beyond this, -60 dB of full scale, is worth a line.
const DC: f64 = 1e-3;
/// Frames below this level, -60 dB of full scale, are not asked how bright they are.
const SILENCE: f32 = 1e-3;
/// Silence shorter than this, in seconds, is not worth a word.
const SHORT: f64 = 0.01;

/// Some lines, the first one with the name of the file.
pub fn summary(analysis: &Analysis) -> String {
    let mut text = format!("{}\n", analysis.file);
    let lines = [
        ("length", Some(length(analysis))),
        ("format", Some(format(analysis))),
        ("peak", peak(analysis)),
        ("loudness", loudness(analysis)),
        ("loudest", loudest(analysis)),
        ("level", rms(analysis)),
        ("stereo", stereo(analysis)),
        ("dc offset", offset(analysis)),
        ("clipping", clipping(analysis)),
        ("silence", silence(analysis)),
        ("onsets", moments(analysis, "onset_times").map(|onsets| onsets.len().to_string())),
        ("tempo", tempo(analysis)),
        ("beats", moments(analysis, "beats").map(|beats| beats.len().to_string())),
        ("downbeats", downbeats(analysis)),
        ("brightness", brightness(analysis)),
    ];
    for (name, line) in lines.into_iter().filter_map(|(name, line)| Some((name, line?))) {
        text += &format!("  {name:WIDTH$} {line}\n");
    }
    for (info, reading) in analysis.readings.iter().filter(|_| brightness(analysis).is_none()) {
        if let Some(line) = spread(reading) {
            text += &format!("  {}: {line}\n", info.name);
        }
    }
    text
}

fn length(analysis: &Analysis) -> String {
    format!("{} ({} frames)", clock(analysis.seconds()), analysis.frames)
}

fn format(analysis: &Analysis) -> String {
    let (info, format) = (&analysis.info, analysis.format);
    let channels = |count| match count {
        1 => "mono".to_string(),
        2 => "stereo".to_string(),
        count => format!("{count} channels"),
    };
    let bits = info.bits.map_or_else(String::new, |bits| format!(", {bits} bit"));
    let mut text = format!("{}, {} Hz, {}{bits}", info.format, info.rate, channels(info.channels));
    if format.rate != info.rate || format.channels.count() != info.channels {
        text += &format!("; measured at {} Hz, {}", format.rate, channels(format.channels.count()));
    }
    text
}

fn peak(analysis: &Analysis) -> Option<String> {
    let parts = [
        number(analysis, "peak_db").map(|db| format!("{} dBFS", level_or_silent(db))),
        number(analysis, "true_peak_db").map(|db| format!("true peak {} dBTP", level_or_silent(db))),
    ];
    joined(parts)
}

fn loudness(analysis: &Analysis) -> Option<String> {
    let lufs = number(analysis, "lufs").map(|lufs| known(lufs, "LUFS", "none (silent, or shorter than 0.4 s)"));
    let range = number(analysis, "lra").flatten().map(|range| format!("range {range:.1} LU"));
    joined([lufs, range])
}

fn loudest(analysis: &Analysis) -> Option<String> {
    let most = |name, what: &str| number(analysis, name).flatten().map(|lufs| format!("{lufs:.1} LUFS {what}"));
    joined([most("max_momentary_lufs", "in 0.4 s"), most("max_short_term_lufs", "in 3 s")])
}

fn rms(analysis: &Analysis) -> Option<String> {
    let rms = number(analysis, "rms_db").map(|db| format!("{} dBFS RMS", level_or_silent(db)));
    let crest = number(analysis, "crest_db").flatten().map(|crest| format!("crest factor {crest:.1} dB"));
    joined([rms, crest])
}

fn stereo(analysis: &Analysis) -> Option<String> {
    let correlation = number(analysis, "correlation").flatten()?;
    let words = match correlation {
        x if x >= 0.999_9 => " (both sides are alike)",
        x if x < -0.1 => " (the sides cancel each other in mono)",
        _ => "",
    };
    Some(format!("correlation {correlation:+.2}{words}"))
}

fn offset(analysis: &Analysis) -> Option<String> {
    let offset = number(analysis, "dc_offset").flatten().filter(|offset| offset.abs() > DC)?;
    Some(format!("{offset:+.4} of full scale"))
}

fn clipping(analysis: &Analysis) -> Option<String> {
    let samples = number(analysis, "clipped_samples").flatten()?;
    Some(if samples > 0.0 { format!("{samples} samples") } else { "none".to_string() })
}

fn silence(analysis: &Analysis) -> Option<String> {
    let part = |name, what: &str| {
        let seconds = number(analysis, name).flatten().filter(|&seconds| seconds >= SHORT);
        seconds.map(|seconds| format!("{seconds:.2} s {what}"))
    };
    if number(analysis, "leading_silence").flatten() == Some(analysis.seconds()) {
        return Some("nothing is louder than -60 dBFS".to_string());
    }
    joined([part("leading_silence", "before"), part("trailing_silence", "at the end")])
}

fn tempo(analysis: &Analysis) -> Option<String> {
    let tempo = number(analysis, "tempo")?;
    Some(tempo.map_or_else(|| "none: nothing begins".to_string(), |bpm| format!("about {bpm:.0} bpm")))
}

fn downbeats(analysis: &Analysis) -> Option<String> {
    let found = analysis.readings.iter().find_map(|(_, reading)| match reading {
        Reading::Downbeats(moments, found) => Some((moments, found)),
        _ => None,
    });
    let (moments, found) = found?;
    let Some((beats, confidence)) = found else { return Some("none: there are too few beats".to_string()) };
    let words = match confidence {
        0.8.. => "rather sure",
        0.6.. => "likely",
        0.3.. => "uncertain",
        _ => "a guess",
    };
    Some(format!("{}, {beats} beats to a bar ({words}: {confidence:.2})", moments.len()))
}

/// The mean centroid of the frames that sound.
fn brightness(analysis: &Analysis) -> Option<String> {
    let (centroid, rms) = (series(analysis, "spectral_centroid")?, series(analysis, "rms")?);
    let sounding = centroid.values.iter().zip(&rms.values).filter(|(_, rms)| **rms >= SILENCE);
    let (count, sum) = sounding.fold((0_u32, 0.0), |(count, sum), (&hz, _)| (count + 1, sum + f64::from(hz)));
    Some(if count == 0 {
        "none".to_string()
    } else {
        format!("{:.0} Hz (mean spectral centroid)", sum / f64::from(count))
    })
}

/// The mean, the least and the greatest of many numbers.
fn spread(reading: &Reading) -> Option<String> {
    let values: Vec<f64> = match reading {
        Reading::Frames(series) if series.bands > 1 => {
            return Some(format!("{} frames of {} numbers", series.frames(), series.bands));
        }
        Reading::Frames(series) => series.values.iter().map(|&value| f64::from(value)).collect(),
        Reading::Curve(curve) => curve.iter().map(|(_, level)| *level).filter(|level| level.is_finite()).collect(),
        _ => return None,
    };
    let least = values.iter().copied().fold(f64::INFINITY, f64::min);
    let most = values.iter().copied().fold(f64::NEG_INFINITY, f64::max);
    if values.is_empty() {
        return Some("none".to_string());
    }
    let mean = values.iter().sum::<f64>() / values.len() as f64;
    Some(format!("{} on average, {} to {}", digits(mean), digits(least), digits(most)))
}

/// Four digits of a number.
fn digits(x: f64) -> String {
    let places = [(1000.0, 0), (100.0, 1), (10.0, 2), (1.0, 3), (0.1, 4), (0.01, 5), (0.001, 6)];
    match places.iter().find(|(from, _)| x.abs() >= *from) {
        Some((_, places)) => format!("{x:.places$}"),
        None if x == 0.0 => "0".to_string(),
        None => format!("{x:.3e}"),
    }
}

fn level_or_silent(db: Option<f64>) -> String {
    level(db.unwrap_or(f64::NEG_INFINITY))
}

fn known(x: Option<f64>, unit: &str, otherwise: &str) -> String {
    x.map_or_else(|| otherwise.to_string(), |x| format!("{x:.1} {unit}"))
}

fn joined<const N: usize>(parts: [Option<String>; N]) -> Option<String> {
    let parts: Vec<String> = parts.into_iter().flatten().collect();
    (!parts.is_empty()).then(|| parts.join(", "))
}

/// A number that was asked for, if it was; there may be none.
fn number(analysis: &Analysis, name: &str) -> Option<Option<f64>> {
    analysis.readings.iter().find(|(info, _)| info.name == name).and_then(|(_, reading)| match reading {
        Reading::Number(number) => Some(*number),
        _ => None,
    })
}

fn moments<'a>(analysis: &'a Analysis, name: &str) -> Option<&'a [f64]> {
    analysis.readings.iter().find(|(info, _)| info.name == name).and_then(|(_, reading)| match reading {
        Reading::Moments(moments) => Some(moments.as_slice()),
        _ => None,
    })
}

fn series<'a>(analysis: &'a Analysis, name: &str) -> Option<&'a Series> {
    analysis.readings.iter().find(|(info, _)| info.name == name).and_then(|(_, reading)| match reading {
        Reading::Frames(series) => Some(series),
        _ => None,
    })
}
