//! `downbeat render`: from the script to the file.

mod expectations;
mod names;
mod pictures;

use std::path::Path;
use std::time::Instant;

use downbeat_dsp::{Format, Pyramid};
use downbeat_engine::media::OutputFormat;
use downbeat_engine::{RenderOptions, Report, Tap, Taps, plan, render};
use downbeat_picture::{Options, before_after};

use crate::args::Render;
use crate::commands::plot::overview::taps;
use crate::exit::Fail;
use crate::mix::{self, Mix};
use crate::output::Output;
use crate::report;
use crate::soundfile::{SoundFile, format_of};
use crate::terminal::{Progress, Terminal, print};
use expectations::Outcomes;
use names::{refuse_what_is_read, same_file};
use pictures::Pictures;

/// Renders a mix, its stems and its pictures.
pub fn run(args: &Render, terminal: &Terminal) -> Result<(), Fail> {
    let begin = Instant::now();
    let path = args.output.clone().unwrap_or_else(|| args.mix.script.with_extension("wav"));
    let format = format_of(&path, &args.sound)?;
    if let Some(picture) = args.picture.as_ref().filter(|path| !is_png(path)) {
        let message = format!("cannot draw {}: pictures are PNG files", picture.display());
        return Err(Fail::usage(message).hint("its name has to end in .png"));
    }
    let mix = mix::open(&args.mix, args.sound.rate, args.threads.map(usize::from), terminal)?;
    if args.strict && !mix.evaluation.diagnostics.is_empty() {
        let warnings = counted(mix.evaluation.diagnostics.len(), "warning");
        let script = args.mix.script.display();
        return Err(Fail::error(format!("{script} has {warnings}, and with --strict that is an error"))
            .hint("nothing was rendered; without --strict it would be"));
    }
    let options = options(args, &mix)?;
    let frames = options.to.unwrap_or(mix.plan.frames) - options.from;
    if frames == 0 {
        return Err(nothing_to_render(args, &mix));
    }

    refuse_what_is_read(&path, &mix)?;
    let mut file = SoundFile::create(&path, format, Format::stereo(mix.plan.rate), frames)?;
    let mut stems = match &args.stems {
        Some(folder) => stems(folder, &mix, format, frames, &path)?,
        None => Vec::new(),
    };
    let picture = args.picture.as_deref().map(Output::create).transpose()?;
    let mut pictures = match &args.pictures {
        Some(folder) => Some(Pictures::create(folder, &mix, frames, args.picture.as_deref())?),
        None => None,
    };
    let mut after = picture.as_ref().map(|_| Pyramid::new(mix.plan.rate, 2).expecting(frames));
    let bar = terminal.progress(frames);
    stems.resize_with(mix.session.tracks.len(), || None);
    let (mut drawn, buses, whole) = match pictures.as_mut().map(Pictures::taps) {
        Some((tracks, buses, whole)) => (tracks, taps(buses), Some(whole)),
        None => (Vec::new(), Vec::new(), None),
    };
    drawn.resize_with(stems.len(), || None);
    let tracks = stems.iter_mut().zip(drawn).map(|(stem, drawn)| {
        let is_heard = stem.is_some() || drawn.is_some();
        is_heard.then(|| Box::new((stem, drawn)) as Box<dyn Tap>)
    });
    let master = Progress { bar: bar.clone(), inner: (&mut file, (&mut after, whole)) };
    let taps = Taps { tracks: tracks.collect(), buses, master: Some(Box::new(master)) };
    let done = render(&mix.plan, mix.world.clone(), mix.evaluation.recordings.clone(), &options, taps);
    bar.finish_and_clear();
    let done = done.map_err(|error| Fail::error(error.to_string()))?;
    let mut warnings = 0;
    for (stem, track) in stems.into_iter().zip(&mix.session.tracks) {
        let clipped = stem.map_or(Ok(0), |stem| stem.finish().map(|encoded| encoded.clipped_frames))?;
        if clipped > 0 {
            let message = format!("the stem of {:?} clips in {clipped} of {frames} frames", track.name);
            terminal.warning(&message, Some("--bits 32f keeps it as it is"));
            warnings += 1;
        }
    }
    let encoded = file.finish()?;
    if let (Some(picture), Some(after)) = (picture, &after) {
        picture.write(&draw(&mix, &options, after, &title(&args.mix.script))?)?;
    }

    if let Some(pictures) = pictures {
        pictures.draw(&mix, &options, &title(&args.mix.script))?;
    }

    warnings += usize::from(warn_of_clipping(&done, encoded.clipped_frames, frames, terminal));
    let outcomes = Outcomes::new(&mix, &done, frames == mix.plan.frames);
    let elapsed = begin.elapsed();
    if args.json {
        let mut value = report::json(&done, elapsed);
        value["output"] = path.display().to_string().into();
        value["clipped_frames"] = encoded.clipped_frames.into();
        value["expectations"] = outcomes.json();
        print(&format!("{value:#}\n"))?;
    } else {
        let speed = report::speed(frames, mix.plan.rate, elapsed);
        let adjustment = report::adjustment(&done).map_or_else(String::new, |words| words + "\n");
        print(&format!("{}\n{adjustment}{} in {speed}\n", report::table(&done), path.display()))?;
    }
    outcomes.tell(terminal);
    judge(&path, outcomes.unmet(), if args.strict { warnings } else { 0 })
}

/// The end of a render whose file is written: an error when the mix is not what it was expected to be.
fn judge(path: &Path, unmet: usize, warnings: usize) -> Result<(), Fail> {
    let mut faults = Vec::new();
    if unmet > 0 {
        faults.push(format!("the mix does not meet {}", counted(unmet, "expectation")));
    }
    if warnings > 0 {
        faults.push(format!("there are warnings, and with --strict they are errors ({warnings})"));
    }
    match faults.is_empty() {
        true => Ok(()),
        false => {
            let hint = format!("{} is written all the same: listen to it", path.display());
            Err(Fail::error(faults.join("; ")).hint(hint))
        }
    }
}

fn counted(number: usize, what: &str) -> String {
    format!("{number} {what}{}", if number == 1 { "" } else { "s" })
}

fn nothing_to_render(args: &Render, mix: &Mix) -> Fail {
    let script = args.mix.script.display();
    match args.from {
        Some(bar) if mix.plan.frames > 0 => {
            Fail::usage(format!("there is nothing to render: {script} ends before bar {bar}"))
        }
        _ => Fail::error(format!("there is nothing to render: {script} is 0 frames long"))
            .hint("a track with a clip, track(\"Drums\", audio(\"drums.wav\")), makes it longer"),
    }
}

fn is_png(path: &Path) -> bool {
    path.extension().is_some_and(|extension| extension.eq_ignore_ascii_case("png"))
}

/// The range that was asked for in bars, in frames.
fn options(args: &Render, mix: &Mix) -> Result<RenderOptions, Fail> {
    let bars = &mix.session.bars;
    let start_of = |bar: u32| match bars.get(bar as usize - 1) {
        Some(start) => Ok(start.0.min(mix.plan.frames)),
        None if bars.is_empty() => {
            let fail = Fail::usage("--from and --to count bars, and this mix has none");
            Err(fail.hint("bars are those of a song: song = midi(\"song.mid\")"))
        }
        None => Err(Fail::usage(format!("there is no bar {bar}: the song has {} bars", bars.len()))),
    };
    if let (Some(first), Some(last)) = (args.from, args.to)
        && last < first
    {
        return Err(Fail::usage(format!("--to {last} comes before --from {first}")));
    }
    let from = args.from.map_or(Ok(0), start_of)?;
    let to = match args.to {
        None => None,
        Some(bar) if bar as usize == bars.len() => Some(mix.plan.frames),
        Some(bar) => {
            start_of(bar)?;
            Some(start_of(bar + 1)?)
        }
    };
    let default = RenderOptions::default();
    Ok(RenderOptions {
        threads: args.threads.map(usize::from),
        page: args.page.map_or(default.page, |page| page as usize),
        from,
        to,
    })
}

/// A file for every track that is heard, by the track's index.
fn stems(
    folder: &Path,
    mix: &Mix,
    format: OutputFormat,
    frames: u64,
    beside: &Path,
) -> Result<Vec<Option<SoundFile>>, Fail> {
    let extension = beside.extension().unwrap_or_default().to_string_lossy().into_owned();
    let mut stems = Vec::new();
    for ((track, path), heard) in names::files(folder, mix, &extension, &[])?.into_iter().zip(mix.plan.heard_tracks()) {
        if same_file(&path, beside) {
            let message = format!("the mix and the stem of {:?} would both be {}", heard.name, path.display());
            return Err(Fail::usage(message).hint("--output and --stems have to differ"));
        }
        stems.resize_with(track + 1, || None);
        stems[track] = Some(SoundFile::create(&path, format, heard.format, frames)?);
    }
    Ok(stems)
}

/// A mix by the name of its folder and its own: `two-couples: mix`.
pub fn title(script: &Path) -> String {
    let name = script.file_stem().unwrap_or_default().to_string_lossy();
    let folder =
        script.canonicalize().ok().and_then(|path| Some(path.parent()?.file_name()?.to_string_lossy().into_owned()));
    folder.map_or_else(|| name.to_string(), |folder| format!("{folder}: {name}"))
}

/// Draws the sum of the raw tracks above the mix, as PNG.
fn draw(mix: &Mix, options: &RenderOptions, after: &Pyramid, title: &str) -> Result<Vec<u8>, Fail> {
    let error = |error: &dyn std::fmt::Display| Fail::error(format!("cannot draw the mix: {error}"));
    let raw = plan(&mix.session.raw()).map_err(|e| error(&e))?;
    let mut before = Pyramid::new(mix.plan.rate, 2).expecting(after.frames());
    let taps = Taps { master: Some(Box::new(&mut before)), ..Taps::default() };
    render(&raw, mix.world.clone(), mix.evaluation.recordings.clone(), options, taps).map_err(|e| error(&e))?;
    before_after(title, &before, after, &Options::default()).map_err(|e| error(&e))
}

/// Warns when the file clips, and tells whether it does.
fn warn_of_clipping(report: &Report, clipped: u64, frames: u64, terminal: &Terminal) -> bool {
    if clipped > 0 {
        let over = report.master.peak_db;
        let hint = format!(
            "it peaks at {over:+.1} dBFS; take {:.1} dB off the master's fader, or keep it with --bits 32f",
            over + 1.0
        );
        terminal.warning(&format!("the mix clips in {clipped} of {frames} frames"), Some(&hint));
    }
    clipped > 0
}
