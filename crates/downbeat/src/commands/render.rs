//! `downbeat render`: from the script to the file.

use std::path::{Path, PathBuf};
use std::time::Instant;

use downbeat_dsp::{Format, Pyramid};
use downbeat_engine::media::OutputFormat;
use downbeat_engine::{RenderOptions, Report, Tap, Taps, plan, render};
use downbeat_picture::{Options, before_after};

use crate::args::Render;
use crate::exit::Fail;
use crate::mix::{self, Mix};
use crate::output::Output;
use crate::report;
use crate::soundfile::{SoundFile, format_of};
use crate::terminal::{Progress, Terminal, print};

/// Renders a mix, its stems and its picture.
pub fn run(args: &Render, terminal: &Terminal) -> Result<(), Fail> {
    let begin = Instant::now();
    let path = args.output.clone().unwrap_or_else(|| args.mix.script.with_extension("wav"));
    let format = format_of(&path, &args.sound)?;
    if let Some(picture) = args.picture.as_ref().filter(|path| !is_png(path)) {
        let message = format!("cannot draw {}: pictures are PNG files", picture.display());
        return Err(Fail::usage(message).hint("its name has to end in .png"));
    }
    let mix = mix::open(&args.mix, args.sound.rate, args.threads.map(usize::from), terminal)?;
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
    let mut after = picture.as_ref().map(|_| Pyramid::new(mix.plan.rate, 2).expecting(frames));
    let bar = terminal.progress(frames);
    let taps = Taps {
        tracks: stems.iter_mut().map(|stem| stem.as_mut().map(|stem| Box::new(stem) as Box<dyn Tap>)).collect(),
        master: Some(Box::new(Progress { bar: bar.clone(), inner: (&mut file, &mut after) })),
    };
    let done = render(&mix.plan, mix.world.clone(), mix.evaluation.recordings.clone(), &options, taps);
    bar.finish_and_clear();
    let done = done.map_err(|error| Fail::error(error.to_string()))?;
    for (stem, track) in stems.into_iter().zip(&mix.session.tracks) {
        let clipped = stem.map_or(Ok(0), |stem| stem.finish().map(|encoded| encoded.clipped_frames))?;
        if clipped > 0 {
            let message = format!("the stem of {:?} clips in {clipped} of {frames} frames", track.name);
            terminal.warning(&message, Some("--bits 32f keeps it as it is"));
        }
    }
    let encoded = file.finish()?;
    if let (Some(picture), Some(after)) = (picture, &after) {
        picture.write(&draw(&mix, &options, after, &title(&args.mix.script))?)?;
    }

    warn_of_clipping(&done, encoded.clipped_frames, frames, terminal);
    let elapsed = begin.elapsed();
    if args.json {
        let mut value = report::json(&done, mix.plan.rate, elapsed);
        value["output"] = path.display().to_string().into();
        value["clipped_frames"] = encoded.clipped_frames.into();
        print(&format!("{value:#}\n"))
    } else {
        let speed = report::speed(frames, mix.plan.rate, elapsed);
        print(&format!("{}\n{} in {speed}\n", report::table(&done, mix.plan.rate), path.display()))
    }
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

/// A recording, or whatever else the mix is made of, is not written over.
fn refuse_what_is_read(path: &Path, mix: &Mix) -> Result<(), Fail> {
    if mix.world.has_opened(path) {
        let message = format!("cannot write {}: the mix is made of this file", path.display());
        return Err(Fail::usage(message).hint("another name, or another folder, keeps it"));
    }
    Ok(())
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
    let mut taken: Vec<String> = Vec::new();
    let mut stems = Vec::new();
    for heard in mix.plan.heard() {
        let mut name = file_name(heard.name);
        while taken.contains(&name.to_lowercase()) {
            name.push('_');
        }
        taken.push(name.to_lowercase());
        let path: PathBuf = folder.join(format!("{name}.{extension}"));
        refuse_what_is_read(&path, mix)?;
        if same_file(&path, beside) {
            let message = format!("the mix and the stem of {:?} would both be {}", heard.name, path.display());
            return Err(Fail::usage(message).hint("--output and --stems have to differ"));
        }
        stems.resize_with(heard.track + 1, || None);
        stems[heard.track] = Some(SoundFile::create(&path, format, heard.format, frames)?);
    }
    Ok(stems)
}

/// A track's name as the name of a file: what file systems do not like becomes a dash.
fn file_name(name: &str) -> String {
    let safe: String =
        name.chars().map(|c| if c.is_control() || r#"/\:*?"<>|"#.contains(c) { '-' } else { c }).collect();
    let safe = safe.trim().trim_matches('.');
    if safe.is_empty() { "track".to_string() } else { safe.to_string() }
}

/// A mix by the name of its folder and its own: `two-couples: mix`.
fn title(script: &Path) -> String {
    let name = script.file_stem().unwrap_or_default().to_string_lossy();
    let folder =
        script.canonicalize().ok().and_then(|path| Some(path.parent()?.file_name()?.to_string_lossy().into_owned()));
    folder.map_or_else(|| name.to_string(), |folder| format!("{folder}: {name}"))
}

/// Whether two paths lead to the same place. The folder of the second one is there already.
fn same_file(a: &Path, b: &Path) -> bool {
    let folder = |path: &Path| path.parent().and_then(|folder| folder.join(".").canonicalize().ok());
    a.file_name() == b.file_name() && folder(a) == folder(b)
}

/// Draws the sum of the raw tracks above the mix, as PNG.
fn draw(mix: &Mix, options: &RenderOptions, after: &Pyramid, title: &str) -> Result<Vec<u8>, Fail> {
    let error = |error: &dyn std::fmt::Display| Fail::error(format!("cannot draw the mix: {error}"));
    let raw = plan(&mix.session.raw()).map_err(|e| error(&e))?;
    let mut before = Pyramid::new(mix.plan.rate, 2).expecting(after.frames());
    let taps = Taps { tracks: Vec::new(), master: Some(Box::new(&mut before)) };
    render(&raw, mix.world.clone(), mix.evaluation.recordings.clone(), options, taps).map_err(|e| error(&e))?;
    before_after(title, &before, after, &Options::default()).map_err(|e| error(&e))
}

fn warn_of_clipping(report: &Report, clipped: u64, frames: u64, terminal: &Terminal) {
    if clipped > 0 {
        let over = report.master.peak_db;
        let hint = format!(
            "it peaks at {over:+.1} dBFS; take {:.1} dB off the master's fader, or keep it with --bits 32f",
            over + 1.0
        );
        terminal.warning(&format!("the mix clips in {clipped} of {frames} frames"), Some(&hint));
    }
}
