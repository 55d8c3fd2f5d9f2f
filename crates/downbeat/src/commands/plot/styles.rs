//! What each style draws: the sound is looked at, and lanes are made of what was seen.

use downbeat_dsp::{Audio, Channels, Format, History, Pyramid};
use downbeat_engine::{SurveyOptions, Taps, plan, render};
use downbeat_picture::{
    Brightness, ColorMap, Content, Frequency, Heatmap, Lane, LoudnessCurves, Wave, Waveform, compare as compared,
};

use super::bright::Bright;
use super::difference::difference;
use super::overview::{self, Sounds};
use super::sheet::Sheet;
use super::source::Source;
use super::spectra::{Cutting, Spectra};
use super::stream::Stream;
use crate::args::{PlotChannels, PlotFrequency, PlotMap};
use crate::exit::Fail;
use crate::mix::Mix;

/// The height of a title and of the rulers, in points.
const AROUND: f32 = 120.0;

/// The waveform, and within it the RMS.
pub fn audacity(source: &Source<'_>, range: &SurveyOptions, sheet: &Sheet<'_>) -> Result<Vec<u8>, Fail> {
    let pyramid =
        source.survey(range, Pyramid::GRID, |frames| Pyramid::new(source.rate, source.channels).expecting(frames))?;
    something(source, range, pyramid.frames())?;
    let is_split = sheet.args.channels.unwrap_or(PlotChannels::Each) == PlotChannels::Each;
    let rows = if is_split { source.channels } else { 1 };
    let content = Content::Waveform(Waveform { is_split, ..waveform(&pyramid, sheet) });
    sheet.draw(vec![lane(&source.about(), content)], pyramid.seconds(), AROUND + 40.0 + 75.0 * rows as f32)
}

/// The waveform, coloured by its brightness.
pub fn serato(source: &Source<'_>, range: &SurveyOptions, sheet: &Sheet<'_>) -> Result<Vec<u8>, Fail> {
    let width = sheet.args.width;
    let seen =
        source.survey(range, Pyramid::GRID, |frames| Bright::new(source.rate, source.channels, frames, width))?;
    let (pyramid, mut onsets) = seen.finish()?;
    something(source, range, pyramid.frames())?;
    onsets.iter_mut().for_each(|onset| *onset += sheet.start);
    let is_split = sheet.args.channels == Some(PlotChannels::Each);
    let rows = if is_split { source.channels } else { 1 };
    let waveform = Waveform { is_split, ..waveform(&pyramid, sheet) };
    let content = Content::Brightness(Brightness { waveform, onsets: &onsets });
    sheet.draw(vec![lane(&source.about(), content)], pyramid.seconds(), AROUND + 40.0 + 75.0 * rows as f32)
}

/// Levels over time and frequency.
pub fn spectrogram(source: &Source<'_>, range: &SurveyOptions, sheet: &Sheet<'_>) -> Result<Vec<u8>, Fail> {
    let args = sheet.args;
    let channels = args.channels.unwrap_or(PlotChannels::Mix);
    let cutting = Cutting::new(source.rate, source.expected(range), args.width)?;
    let seen = source.survey(range, cutting.column(), |_| Spectra::new(&cutting, source.channels, channels))?;
    something(source, range, seen.frames())?;
    let seconds = seen.frames() as f64 / f64::from(source.rate);
    let spectrograms = seen.finish(sheet.start);
    let names = (1..).map(|channel| match (spectrograms.len(), channel) {
        (1, _) => source.about(),
        (2, 1) => "Left".to_string(),
        (2, _) => "Right".to_string(),
        _ => format!("Channel {channel}"),
    });
    let names: Vec<String> = names.take(spectrograms.len()).collect();
    let frequency = match args.frequency {
        PlotFrequency::Linear => Frequency::Linear,
        PlotFrequency::Log => Frequency::Log,
        PlotFrequency::Mel => Frequency::Mel,
    };
    let map = match args.map {
        PlotMap::Viridis => ColorMap::Viridis,
        PlotMap::Magma => ColorMap::Magma,
        PlotMap::Grey => ColorMap::Grey,
    };
    let lanes = spectrograms.iter().zip(&names).map(|(spectrogram, name)| {
        lane(name, Content::Spectrogram(Heatmap { frequency, map, ..Heatmap::new(spectrogram) }))
    });
    sheet.draw(lanes.collect(), seconds, AROUND + 230.0 * spectrograms.len() as f32)
}

/// Loudness and true peak.
pub fn loudness(source: &Source<'_>, range: &SurveyOptions, sheet: &Sheet<'_>) -> Result<Vec<u8>, Fail> {
    let channels = match source.channels {
        1 => Channels::Mono,
        2 => Channels::Stereo,
        count => {
            let fail = Fail::error(format!("{} has {count} channels", source.name()));
            return Err(fail.hint("loudness is measured of mono and stereo; `downbeat process --channels` makes them"));
        }
    };
    let mut history = History::new(Format { rate: source.rate, channels });
    let mut frames = 0;
    std::thread::scope(|scope| {
        let stream = Stream::open(scope, source, range);
        while let Some(planes) = stream.next() {
            let mut planes = planes.into_iter();
            let (left, right) = (planes.next().unwrap_or_default(), planes.next());
            frames += left.len() as u64;
            history.measure(&match right {
                Some(right) => Audio::stereo(source.rate, left, right),
                None => Audio::mono(source.rate, left),
            });
        }
        stream.finish()
    })?;
    something(source, range, frames)?;
    let shifted = |series: Vec<(f64, f64)>| -> Vec<(f64, f64)> {
        series.into_iter().map(|(seconds, level)| (sheet.start + seconds, level)).collect()
    };
    let loudness = history.loudness();
    let (momentary, short_term) = (shifted(loudness.momentary()), shifted(loudness.short_term()));
    let true_peak = shifted(history.true_peak());
    let content = Content::Loudness(LoudnessCurves {
        momentary: &momentary,
        short_term: &short_term,
        true_peak: &true_peak,
        integrated: loudness.lufs(),
    });
    // A longer name would leave no room for the figures beside it.
    sheet.draw(vec![lane("Loudness", content)], frames as f64 / f64::from(source.rate), AROUND + 230.0)
}

/// The tracks and segments of a mix.
pub fn overview(source: &Source<'_>, range: &SurveyOptions, sheet: &Sheet<'_>) -> Result<Vec<u8>, Fail> {
    let Some(mix) = source.mix() else {
        let fail = Fail::usage(format!("there is no overview of {}: it is not a mix", source.name()));
        return Err(fail.hint("an overview shows the tracks of a script, such as mix.star"));
    };
    something(source, range, source.expected(range))?;
    let sounds = Sounds::of(mix, &source.options(range))?;
    let seconds = source.expected(range) as f64 / f64::from(source.rate);
    overview::with_lanes(mix, &source.options(range), &sounds, |lanes| {
        let points = overview::height(&lanes);
        sheet.draw(lanes, seconds, points)
    })
}

/// Two sounds and their difference, each with its own range.
pub fn compare(sources: [&Source<'_>; 2], ranges: &[SurveyOptions; 2], sheet: &Sheet<'_>) -> Result<Vec<u8>, Fail> {
    let [a, b, between] = difference(sources, ranges)?;
    for ((source, range), pyramid) in sources.iter().zip(ranges).zip([&a, &b]) {
        something(source, range, pyramid.frames())?;
    }
    let names = sources.map(Source::title);
    let lanes = compared("", (&names[0], &a), (&names[1], &b), Some(&between)).lanes;
    sheet.draw(placed(lanes, sheet), a.seconds().max(b.seconds()), AROUND + 3.0 * 130.0)
}

/// The sum of a mix's raw tracks, and the mix.
pub fn before_after(source: &Source<'_>, mix: &Mix, range: &SurveyOptions, sheet: &Sheet<'_>) -> Result<Vec<u8>, Fail> {
    let new = |frames| Pyramid::new(source.rate, 2).expecting(frames);
    let after = source.survey(range, Pyramid::GRID, new)?;
    something(source, range, after.frames())?;
    let raw = plan(&mix.session.raw())?;
    let mut before = new(after.frames());
    let taps = Taps { master: Some(Box::new(&mut before)), ..Taps::default() };
    render(&raw, mix.world.clone(), mix.evaluation.recordings.clone(), &source.options(range), taps)?;
    let lanes = compared("", ("Before: sum of the raw tracks", &before), ("After: the mix", &after), None).lanes;
    sheet.draw(placed(lanes, sheet), after.seconds(), AROUND + 2.0 * 165.0)
}

fn waveform<'a>(pyramid: &'a Pyramid, sheet: &Sheet<'_>) -> Waveform<'a> {
    Waveform { wave: Wave { pyramid, start: sheet.start }, ..Waveform::new(pyramid) }
}

fn lane<'a>(name: &'a str, content: Content<'a>) -> Lane<'a> {
    Lane { name, content }
}

/// Waveforms where the sheet begins.
fn placed<'a>(mut lanes: Vec<Lane<'a>>, sheet: &Sheet<'_>) -> Vec<Lane<'a>> {
    for lane in &mut lanes {
        if let Content::Waveform(waveform) = &mut lane.content {
            waveform.wave.start = sheet.start;
            waveform.is_split = sheet.args.channels == Some(PlotChannels::Each);
        }
    }
    lanes
}

/// There has to be something to draw.
fn something(source: &Source<'_>, range: &SurveyOptions, frames: u64) -> Result<(), Fail> {
    if frames > 0 {
        return Ok(());
    }
    let what = if range.from > 0 { "ends before --from" } else { "has no sound in it" };
    Err(Fail::error(format!("there is nothing to draw: {} {what}", source.name())))
}
