//! `downbeat render`: from the script to the file.

use std::path::{Path, PathBuf};
use std::time::Instant;

use downbeat_dsp::{Audio, Format};
use downbeat_engine::media::OutputFormat;
use downbeat_engine::{RenderOptions, Report, Tap, TapError, Taps, plan, render};
use downbeat_picture::{Options, Peaks, before_after};

use crate::args::{Mix as MixArgs, Render};
use crate::exit::Fail;
use crate::mix::{self, Mix};
use crate::soundfile::{SoundFile, format_of};
use crate::terminal::{Progress, Terminal};
use crate::{output, report};

/// Renders a mix, its stems and its picture.
pub fn run(args: &Render, terminal: &Terminal) -> Result<(), Fail> {
    let begin = Instant::now();
    let path = args.output.clone().unwrap_or_else(|| args.mix.script.with_extension("wav"));
    let format = format_of(&path, &args.sound)?;
    let mix = mix::open(&args.mix, args.sound.rate, terminal)?;
    let options = options(args, &mix)?;
    let frames = options.to.unwrap_or(mix.plan.frames) - options.from;
    if frames == 0 {
        return Err(Fail::error(format!(
            "{}: there is nothing to render: the mix is 0 frames long",
            script(&args.mix)
        )));
    }

    let mut file = SoundFile::create(&path, format, Format::stereo(mix.plan.rate), frames)?;
    let mut stems = match &args.stems {
        Some(folder) => stems(folder, &mix, format, frames, &path)?,
        None => Vec::new(),
    };
    let mut after = args.picture.as_ref().map(|_| Peaks::new(mix.plan.rate));
    let bar = terminal.progress(frames);
    let taps = Taps {
        tracks: stems.iter_mut().map(|stem| stem.as_mut().map(|stem| Box::new(stem) as Box<dyn Tap>)).collect(),
        master: Some(Box::new(Progress { bar: bar.clone(), inner: (&mut file, after.as_mut().map(Draw)) })),
    };
    let done = render(&mix.plan, mix.world.clone(), mix.evaluation.recordings.clone(), &options, taps);
    bar.finish_and_clear();
    let done = done.map_err(|error| Fail::error(error.to_string()))?;
    for stem in stems.into_iter().flatten() {
        stem.finish()?;
    }
    let encoded = file.finish()?;
    if let (Some(picture), Some(after)) = (&args.picture, &after) {
        draw(picture, &mix, &options, after, &title(&args.mix.script))?;
    }

    warn_of_clipping(&done, encoded.clipped_frames, frames);
    let elapsed = begin.elapsed();
    if args.json {
        let mut value = report::json(&done, mix.plan.rate, elapsed);
        value["output"] = path.display().to_string().into();
        value["clipped_frames"] = encoded.clipped_frames.into();
        println!("{value:#}");
    } else {
        print!("{}", report::table(&done, mix.plan.rate));
        println!("\n{} in {}", path.display(), report::speed(frames, mix.plan.rate, elapsed));
    }
    Ok(())
}

fn script(args: &MixArgs) -> String {
    args.script.display().to_string()
}

/// The range that was asked for in bars, in frames.
fn options(args: &Render, mix: &Mix) -> Result<RenderOptions, Fail> {
    let bars = &mix.session.bars;
    let start_of = |bar: u32| match bars.get(bar as usize - 1) {
        Some(start) => Ok(start.0.min(mix.plan.frames)),
        None if bars.is_empty() => {
            Err(Fail::usage("--from and --to count bars, and this mix has none: it loads no MIDI file".to_string()))
        }
        None => Err(Fail::usage(format!("there is no bar {bar}: the song has {} bars", bars.len()))),
    };
    let from = args.from.map_or(Ok(0), start_of)?;
    let to = match args.to {
        None => None,
        Some(bar) if bar as usize == bars.len() => Some(mix.plan.frames),
        Some(bar) => {
            start_of(bar)?;
            Some(start_of(bar + 1)?)
        }
    };
    if let (Some(first), Some(last)) = (args.from, args.to)
        && last < first
    {
        return Err(Fail::usage(format!("--to {last} comes before --from {first}")));
    }
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

/// Draws the sum of the raw tracks above the mix.
fn draw(path: &Path, mix: &Mix, options: &RenderOptions, after: &Peaks, title: &str) -> Result<(), Fail> {
    let error = |error: &dyn std::fmt::Display| Fail::error(format!("cannot draw {}: {error}", path.display()));
    let raw = plan(&mix.session.raw()).map_err(|e| error(&e))?;
    let mut before = Peaks::new(mix.plan.rate);
    let taps = Taps { tracks: Vec::new(), master: Some(Box::new(Draw(&mut before))) };
    render(&raw, mix.world.clone(), mix.evaluation.recordings.clone(), options, taps).map_err(|e| error(&e))?;
    let png = before_after(title, &before, after, &Options::default()).map_err(|e| error(&e))?;
    Ok(output::write(path, &png)?)
}

fn warn_of_clipping(report: &Report, clipped: u64, frames: u64) {
    if clipped > 0 {
        let over = report.master.peak_db;
        eprintln!(
            "warning: the mix clips in {clipped} of {frames} frames\n  = hint: it peaks at {over:+.1} dBFS: \
             `master.fader(db = {:.1})` would leave 1 dB of room, and --bits 32f keeps it as it is",
            -(over + 1.0)
        );
    }
}

/// Looks at what is heard.
struct Draw<'a>(&'a mut Peaks);

impl Tap for Draw<'_> {
    fn page(&mut self, page: &Audio) -> Result<(), TapError> {
        self.0.add(page);
        Ok(())
    }
}
