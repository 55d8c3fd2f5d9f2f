//! The table of what can be measured: a name, a group, and where it comes from.

use downbeat_dsp::features::{Bandwidth, Centroid, Contrast, Feature, Flatness, Mel, Rolloff};

use super::levels::Levels;
use crate::exit::Fail;

/// Something that can be measured of a recording.
#[derive(Debug)]
pub struct FeatureInfo {
    /// Its key in JSON, its column in a table, its name in `--features`.
    pub name: &'static str,
    /// What it is asked for together with.
    pub group: Group,
    /// Where it comes from.
    pub source: Source,
}

/// What is asked for by one word.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Group {
    /// One number for the whole recording.
    Levels,
    /// Curves with a value every 100 ms.
    Loudness,
    /// Of the samples of each frame.
    Temporal,
    /// Of the spectrum of each frame.
    Spectral,
    /// Several numbers for each frame.
    Bands,
    /// What begins when.
    Rhythm,
}

/// Where a feature comes from.
#[derive(Clone, Copy, Debug)]
pub enum Source {
    /// The meters.
    Level(fn(&Levels) -> Option<f64>),
    /// The meters, over time: the moments and the levels.
    Curve(fn(&Levels) -> Vec<(f64, f64)>),
    /// The root mean square of each frame.
    Rms,
    /// How often the sign changes.
    ZeroCrossings,
    /// The spectrum of each frame, from a transform in 32 bits.
    Spectrum(fn() -> Box<dyn Feature>),
    /// The same in 64 bits, for what quiet bins decide.
    PreciseSpectrum(fn() -> Box<dyn Feature>),
    /// The twelve tones, tuned as the whole recording is.
    Chroma,
    /// How strongly something begins.
    OnsetStrength,
    /// When something begins.
    OnsetTimes,
    /// Beats per minute.
    Tempo,
    /// When one would tap one's foot.
    Beats,
    /// The beats that begin a bar.
    Downbeats,
}

/// What a feature is, as rows of a table.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Shape {
    /// One number.
    Number,
    /// A value every 100 ms.
    Curve,
    /// Values for each frame.
    Frames,
    /// Moments.
    Moments,
}

impl FeatureInfo {
    /// What it is, as rows of a table.
    pub fn shape(&self) -> Shape {
        match self.source {
            Source::Level(_) | Source::Tempo => Shape::Number,
            Source::Curve(_) => Shape::Curve,
            Source::OnsetTimes | Source::Beats | Source::Downbeats => Shape::Moments,
            _ => Shape::Frames,
        }
    }
}

/// Everything that can be measured, in the order in which it is printed.
pub static FEATURES: [FeatureInfo; 30] = [
    level("peak_db", |levels| Some(levels.statistics.peak_db())),
    level("true_peak_db", |levels| Some(levels.true_peak_db())),
    level("rms_db", |levels| Some(levels.statistics.rms_db())),
    level("crest_db", |levels| Some(levels.statistics.crest_db())),
    level("lufs", |levels| levels.loudness().lufs()),
    level("lra", |levels| levels.loudness().range()),
    level("max_momentary_lufs", |levels| levels.loudness().max_momentary()),
    level("max_short_term_lufs", |levels| levels.loudness().max_short_term()),
    level("correlation", |levels| levels.statistics.correlation()),
    level("dc_offset", |levels| Some(levels.statistics.dc_offset())),
    level("clipped_samples", |levels| Some(levels.statistics.clipped() as f64)),
    level("leading_silence", |levels| Some(levels.silence().0)),
    level("trailing_silence", |levels| Some(levels.silence().1)),
    curve("momentary_lufs", |levels| levels.loudness().momentary()),
    curve("short_term_lufs", |levels| levels.loudness().short_term()),
    curve("true_peaks_db", |levels| levels.history.true_peak()),
    row("rms", Group::Temporal, Source::Rms),
    row("zero_crossing_rate", Group::Temporal, Source::ZeroCrossings),
    row("spectral_centroid", Group::Spectral, Source::Spectrum(|| Box::new(Centroid))),
    row("spectral_bandwidth", Group::Spectral, Source::Spectrum(|| Box::new(Bandwidth::default()))),
    row("spectral_rolloff", Group::Spectral, Source::Spectrum(|| Box::new(Rolloff::default()))),
    row("spectral_flatness", Group::Spectral, Source::Spectrum(|| Box::new(Flatness::default()))),
    row("spectral_contrast", Group::Bands, Source::PreciseSpectrum(|| Box::new(Contrast::default()))),
    row("mel", Group::Bands, Source::PreciseSpectrum(|| Box::new(Mel::default()))),
    row("chroma", Group::Bands, Source::Chroma),
    row("onset_strength", Group::Rhythm, Source::OnsetStrength),
    row("onset_times", Group::Rhythm, Source::OnsetTimes),
    row("tempo", Group::Rhythm, Source::Tempo),
    row("beats", Group::Rhythm, Source::Beats),
    row("downbeats", Group::Rhythm, Source::Downbeats),
];

const fn row(name: &'static str, group: Group, source: Source) -> FeatureInfo {
    FeatureInfo { name, group, source }
}

const fn level(name: &'static str, read: fn(&Levels) -> Option<f64>) -> FeatureInfo {
    row(name, Group::Levels, Source::Level(read))
}

const fn curve(name: &'static str, read: fn(&Levels) -> Vec<(f64, f64)>) -> FeatureInfo {
    row(name, Group::Loudness, Source::Curve(read))
}

/// The words that ask for several features at once.
const WORDS: [(&str, &[Group]); 8] = [
    ("default", &[Group::Levels, Group::Temporal, Group::Spectral, Group::Rhythm]),
    ("all", &[Group::Levels, Group::Loudness, Group::Temporal, Group::Spectral, Group::Bands, Group::Rhythm]),
    ("levels", &[Group::Levels]),
    ("loudness", &[Group::Loudness]),
    ("temporal", &[Group::Temporal]),
    ("spectral", &[Group::Spectral]),
    ("bands", &[Group::Bands]),
    ("rhythm", &[Group::Rhythm]),
];

/// The features of a list of names and groups with commas between them, in the order of the table.
///
/// # Errors
/// When there is no such name, or none at all.
pub fn parse(list: &str) -> Result<Vec<&'static FeatureInfo>, Fail> {
    let mut names = Vec::new();
    for word in list.split(',').map(str::trim).filter(|word| !word.is_empty()) {
        let groups = WORDS.iter().find(|(name, _)| *name == word).map(|(_, groups)| *groups);
        let before = names.len();
        let asked =
            |info: &&FeatureInfo| info.name == word || groups.is_some_and(|groups| groups.contains(&info.group));
        names.extend(FEATURES.iter().filter(asked).map(|info| info.name));
        if names.len() == before {
            return Err(unknown(word));
        }
    }
    if names.is_empty() {
        return Err(
            Fail::usage("--features names nothing").hint("--features rms,rhythm asks for a feature and a group")
        );
    }
    Ok(FEATURES.iter().filter(|info| names.contains(&info.name)).collect())
}

fn unknown(word: &str) -> Fail {
    let names = || FEATURES.iter().map(|info| info.name).chain(WORDS.iter().map(|(name, _)| *name));
    let distance = |name: &&str| strsim::damerau_levenshtein(name, word);
    let near = |name: &&str| name.contains(word) || distance(name) <= name.len() / 2;
    // What has the whole word in it goes before what is only similar.
    let hint = match names().filter(near).min_by_key(|name| (!name.contains(word), distance(name))) {
        Some(nearest) => format!("did you mean `{nearest}`?"),
        None => "`downbeat analyze --help` lists all there are".to_string(),
    };
    Fail::usage(format!("there is no feature `{word}`")).hint(hint)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(list: &str) -> Vec<&'static str> {
        parse(list).unwrap().iter().map(|info| info.name).collect()
    }

    #[test]
    fn names_and_groups_are_put_in_order() {
        assert_eq!(names("tempo, rms,rms"), ["rms", "tempo"]);
        assert_eq!(names("rhythm,beats"), ["onset_strength", "onset_times", "tempo", "beats", "downbeats"]);
        assert_eq!(names("all").len(), FEATURES.len());
        assert!(
            !names("default")
                .iter()
                .any(|name| ["mel", "chroma", "spectral_contrast", "momentary_lufs"].contains(name))
        );
    }

    #[test]
    fn what_is_unknown_is_told_with_the_nearest() {
        for (wrong, right) in [
            ("spectral_centriod", "spectral_centroid"),
            ("centroid", "spectral_centroid"),
            ("beat", "beats"),
            ("loudnes", "loudness"),
        ] {
            let fail = parse(wrong).unwrap_err();
            assert_eq!((fail.code, fail.hint.unwrap()), (2, format!("did you mean `{right}`?")));
        }
        assert!(parse("key").unwrap_err().hint.unwrap().contains("--help"));
        assert_eq!(parse(" ,").unwrap_err().code, 2);
    }

    #[test]
    fn every_name_is_in_the_help() {
        let help = crate::args::ANALYZE_HELP;
        for name in FEATURES.iter().map(|info| info.name).chain(WORDS.iter().map(|(name, _)| *name)) {
            assert!(help.contains(name), "{name}");
        }
    }
}
