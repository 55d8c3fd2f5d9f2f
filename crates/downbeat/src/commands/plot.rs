//! `downbeat plot`: recordings and mixes as pictures.

pub mod bright;
mod difference;
pub mod overview;
mod sheet;
pub mod source;
mod spectra;
mod stream;
mod styles;

use std::time::Instant;

use downbeat_engine::SurveyOptions;
use downbeat_engine::time::Seconds;

use crate::args::{Plot, PlotStyle};
use crate::exit::Fail;
use crate::input::read_song;
use crate::moment::span;
use crate::output::Output;
use crate::report;
use crate::terminal::{Terminal, print};
use sheet::{Format, Sheet};
use source::Source;

/// Looks at the sound and draws it.
pub fn run(args: &Plot, terminal: &Terminal) -> Result<(), Fail> {
    let begin = Instant::now();
    let path = args.output.clone().unwrap_or_else(|| args.input.with_extension("png"));
    let Some(format) = Format::of(&path) else {
        let message = format!("cannot tell the format of {} from its name", path.display());
        return Err(Fail::usage(message).hint("a name that ends in .png or .svg says it"));
    };
    let style = style(args)?;
    let source = Source::open(&args.input, args, terminal)?;
    let other = args.other.as_ref().map(|path| Source::open(path, args, terminal)).transpose()?;
    if [Some(&source), other.as_ref()].into_iter().flatten().any(|source| source.is_made_of(&path)) {
        let message = format!("cannot write {}: the picture is made of this file", path.display());
        return Err(Fail::usage(message).hint("another name, or another folder, keeps it"));
    }
    let bars = match &args.bars {
        Some(path) => read_song(path, terminal)?.downbeats().iter().map(|moment| moment.0).collect(),
        None => source.bars(),
    };
    let seconds = span(args.from, args.to, &bars, "--bars SONG.mid says it; a mix has the bars of its song")?;
    let range = frames(seconds, source.rate);
    let start = range.from as f64 / f64::from(source.rate);
    let title = args.title.clone().unwrap_or_else(|| match &other {
        Some(other) => format!("{} and {}", source.title(), other.title()),
        None => source.title(),
    });
    let sheet = Sheet { title, bars, start, format, args };
    let output = Output::create(&path)?;

    let bytes = match (style, &other, source.mix()) {
        (PlotStyle::Compare, Some(other), _) => {
            styles::compare([&source, other], &[range.clone(), frames(seconds, other.rate)], &sheet)
        }
        (PlotStyle::Compare, None, Some(mix)) => styles::before_after(&source, mix, &range, &sheet),
        (PlotStyle::Compare, None, None) => {
            let fail = Fail::usage(format!("there is nothing to compare {} with", source.name()));
            Err(fail.hint("name a second recording or mix; one mix alone is compared with its raw tracks"))
        }
        (PlotStyle::Audacity, ..) => styles::audacity(&source, &range, &sheet),
        (PlotStyle::Serato, ..) => styles::serato(&source, &range, &sheet),
        (PlotStyle::Spectrogram, ..) => styles::spectrogram(&source, &range, &sheet),
        (PlotStyle::Loudness, ..) => styles::loudness(&source, &range, &sheet),
        (PlotStyle::Overview, ..) => styles::overview(&source, &range, &sheet),
    }?;
    output.write(&bytes)?;
    let drawn = source.expected(&range);
    let speed = report::speed(drawn, source.rate, begin.elapsed());
    print(&format!("{} in {speed}\n", path.display()))
}

/// The style that was asked for, or the one that is right for so many sounds.
fn style(args: &Plot) -> Result<PlotStyle, Fail> {
    match (args.style, &args.other) {
        (None, None) => Ok(PlotStyle::Audacity),
        (None, Some(_)) => Ok(PlotStyle::Compare),
        (Some(style), other) if other.is_none() || style == PlotStyle::Compare => Ok(style),
        (Some(_), _) => Err(Fail::usage("two sounds are drawn in the style compare").hint("leave --style out")),
    }
}

/// A part of a sound, in its own frames.
fn frames((from, to): (f64, Option<f64>), rate: u32) -> SurveyOptions {
    let frame = |seconds: f64| Seconds(seconds).frame(rate).0;
    SurveyOptions { threads: None, from: frame(from), to: to.map(frame) }
}
