//! A recording, measured: it is decoded once, block by block, and every block passes by all that measures it.
//!
//! Rhythm and chroma look at the whole sound, so for these its mono mix is kept: 11.5 MB a minute at 48 kHz.

use std::path::Path;

use downbeat_dsp::features::{Chroma, FeatureError, Framing, Quantity, Series, Stft, estimate_tuning};
use downbeat_dsp::{Audio, Format};
use downbeat_engine::media::{self, Info, Pick, Reader};

use super::features::{FeatureInfo, Source};
use super::frames::{Frame, Frames};
use super::levels::Levels;
use super::rhythm::Rhythm;
use crate::exit::Fail;
use crate::input::unreadable;
use crate::world::OneFile;

/// What a recording is measured with.
pub struct Options {
    /// Which channels.
    pub pick: Pick,
    /// The rate it is brought to first, if not its own.
    pub rate: Option<u32>,
    /// How it is cut into frames.
    pub framing: Framing,
}

/// What was measured of a recording.
pub struct Analysis {
    /// Its name.
    pub file: String,
    /// What its file says.
    pub info: Info,
    /// What was measured: its rate and channels, and how many frames.
    pub format: Format,
    /// How many frames were measured.
    pub frames: u64,
    /// The features that were asked for, in the order of the table.
    pub readings: Vec<(&'static FeatureInfo, Reading)>,
}

/// What was measured of a feature.
pub enum Reading {
    /// A number; none where there is none to give.
    Number(Option<f64>),
    /// Moments and levels, minus infinity for silence.
    Curve(Vec<(f64, f64)>),
    /// Numbers for each frame.
    Frames(Series),
    /// Moments in seconds.
    Moments(Vec<f64>),
    /// Moments in seconds, beats in a bar, and how likely that is right, where beats could be counted.
    Downbeats(Vec<f64>, Option<(usize, f64)>),
}

/// How many frames are decoded at once.
const BLOCK: usize = 1 << 16;

impl Analysis {
    /// Measures a recording.
    ///
    /// # Errors
    /// When it cannot be read, or not be measured like this.
    pub fn of(file: &Path, wanted: &[&'static FeatureInfo], options: &Options) -> Result<Self, Fail> {
        let (world, name) = (OneFile(file), file.display().to_string());
        let info = media::probe(&world, &name).map_err(unreadable)?;
        let rate = options.rate.unwrap_or(info.rate);
        let mut reader = Reader::open(&world, &name, options.pick, rate).map_err(unreadable)?;
        let format = reader.format();
        let has = |source: fn(&Source) -> bool| wanted.iter().any(|info| source(&info.source));

        let has_levels = has(|source| matches!(source, Source::Level(_) | Source::Curve(_)));
        let mut levels = Levels::new(format, full_scale(&info, options));
        let mut frames = Frames::new(rate, options.framing, &frames(wanted)).map_err(immeasurable)?;
        let mut kept = has(needs_all).then(Vec::<f32>::new);
        if let Some(kept) = &mut kept {
            // As much as the file promises, so that growing does not take twice as much; if it promises too much, none.
            let _ = kept.try_reserve_exact(reader.frames().unwrap_or(0) as usize);
        }
        let mut count = 0;
        let mut block = Audio::silence(format, BLOCK);
        loop {
            let read = reader.read(&mut block.block()).map_err(unreadable)?;
            if read == 0 {
                break;
            }
            block.resize(read);
            if has_levels {
                levels.measure(&block);
            }
            let mono = mono(&block);
            frames.measure(&mono).map_err(immeasurable)?;
            if let Some(kept) = &mut kept {
                kept.extend_from_slice(&mono);
            }
            count += read as u64;
            block.resize(BLOCK);
        }
        let kept = kept.unwrap_or_default();
        let mut series = frames.finish().map_err(immeasurable)?.into_iter();
        let mut rhythm = Rhythm::new(&kept, rate, options.framing);
        let mut readings = Vec::new();
        for &info in wanted {
            let reading = match info.source {
                Source::Level(read) => Ok(Reading::Number(read(&levels))),
                Source::Curve(read) => Ok(Reading::Curve(read(&levels))),
                Source::Chroma => chroma(&kept, rate, options.framing).map(Reading::Frames),
                Source::Rms | Source::ZeroCrossings | Source::Spectrum(_) | Source::PreciseSpectrum(_) => {
                    Ok(Reading::Frames(series.next().unwrap_or_default()))
                }
                _ => found(&info.source, &mut rhythm),
            };
            readings.push((info, reading.map_err(immeasurable)?));
        }
        Ok(Analysis { file: name, info, format, frames: count, readings })
    }

    /// The length in seconds.
    pub fn seconds(&self) -> f64 {
        self.frames as f64 / f64::from(self.format.rate)
    }
}

/// The features of frames, in the order of the list.
fn frames(wanted: &[&'static FeatureInfo]) -> Vec<Frame> {
    let frame = |info: &&FeatureInfo| match info.source {
        Source::Rms => Some(Frame::Rms),
        Source::ZeroCrossings => Some(Frame::ZeroCrossings),
        Source::Spectrum(feature) => Some(Frame::Spectrum(feature())),
        Source::PreciseSpectrum(feature) => Some(Frame::PreciseSpectrum(feature())),
        _ => None,
    };
    wanted.iter().filter_map(frame).collect()
}

/// Whether it is found in the whole sound.
fn needs_all(source: &Source) -> bool {
    use Source::{Beats, Chroma, Downbeats, OnsetStrength, OnsetTimes, Tempo};
    matches!(source, Chroma | OnsetStrength | OnsetTimes | Tempo | Beats | Downbeats)
}

fn found(source: &Source, rhythm: &mut Rhythm<'_>) -> Result<Reading, FeatureError> {
    Ok(match source {
        Source::OnsetStrength => {
            let envelope = rhythm.envelope()?;
            let step = envelope.hop as f64 / f64::from(envelope.rate);
            Reading::Frames(Series { bands: 1, step, values: envelope.strength.clone() })
        }
        Source::OnsetTimes => Reading::Moments(rhythm.onsets()?),
        Source::Tempo => Reading::Number(rhythm.beats()?.0),
        Source::Beats => Reading::Moments(rhythm.beats()?.1.to_vec()),
        _ => match rhythm.downbeats()? {
            Some((found, moments)) => Reading::Downbeats(moments, Some((found.beats_per_bar, found.confidence))),
            None => Reading::Downbeats(Vec::new(), None),
        },
    })
}

/// In the sound's own tuning, as librosa has it.
fn chroma(samples: &[f32], rate: u32, framing: Framing) -> Result<Series, FeatureError> {
    let stft = Stft::new(rate, framing)?;
    let tuning = estimate_tuning(&stft, samples, Quantity::Power);
    let [chroma] = stft.measure(samples, [&Chroma { tuning }])?;
    Ok(chroma)
}

/// The mean of the channels.
fn mono(block: &Audio) -> Vec<f32> {
    let (left, right) = (block.left(), block.right());
    left.iter().zip(right).map(|(left, right)| (left + right) / 2.0).collect()
}

/// The greatest sample that the file can hold, if it comes through as it is: of whole numbers, one step less than 1.
fn full_scale(info: &Info, options: &Options) -> f32 {
    let as_is = options.pick != Pick::Downmix && options.rate.is_none_or(|rate| rate == info.rate);
    match info.bits {
        Some(bits @ 2..=24) if as_is => 1.0 - 1.0 / (1_u32 << (bits - 1)) as f32,
        _ => 1.0,
    }
}

fn immeasurable(error: FeatureError) -> Fail {
    Fail::usage(format!("cannot measure this: {error}"))
}
