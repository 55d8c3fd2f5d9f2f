//! What is drawn: a recording, or a mix that is rendered for it. Whoever wants to see its sound does not know which.

use std::path::{Path, PathBuf};

use downbeat_dsp::Audio;
use downbeat_engine::media::{self, Info, MediaError};
use downbeat_engine::{RenderOptions, Survey, SurveyOptions, Tap, TapError, Taps, render, survey};

use crate::args::{self, Plot};
use crate::commands::render::title;
use crate::exit::Fail;
use crate::input::is_mix;
use crate::mix::{self, Mix};
use crate::terminal::{Progress, Terminal};
use crate::world::OneFile;

/// A recording or a mix.
pub struct Source<'t> {
    /// As it was named.
    path: PathBuf,
    kind: Kind,
    /// Frames per second.
    pub rate: u32,
    /// The number of channels.
    pub channels: usize,
    /// The length in frames, where it is known before all is decoded.
    pub frames: Option<u64>,
    threads: Option<usize>,
    terminal: &'t Terminal,
}

enum Kind {
    Recording(Info),
    Mix(Box<Mix>),
}

impl<'t> Source<'t> {
    /// Reads the header of a recording, or runs the script of a mix: what ends in `.star` is one.
    pub fn open(path: &Path, args: &Plot, terminal: &'t Terminal) -> Result<Self, Fail> {
        let threads = args.threads.map(usize::from);
        let source = |kind, rate, channels, frames| Source {
            path: path.to_path_buf(),
            kind,
            rate,
            channels,
            frames,
            threads,
            terminal,
        };
        if is_mix(path) {
            let (settings, allow_read) = (args.settings.clone(), args.allow_read.clone());
            let script = args::Mix { script: path.to_path_buf(), settings, allow_read };
            let mix = mix::open(&script, None, threads, terminal)?;
            let (rate, frames) = (mix.plan.rate, mix.plan.frames);
            return Ok(source(Kind::Mix(Box::new(mix)), rate, 2, Some(frames)));
        }
        let info =
            media::probe(&OneFile(path), &path.display().to_string()).map_err(|error| undrawable(error, path))?;
        let (rate, channels, frames) = (info.rate, info.channels, info.frames);
        Ok(source(Kind::Recording(info), rate, channels, frames))
    }

    /// The mix, if it is one.
    pub fn mix(&self) -> Option<&Mix> {
        match &self.kind {
            Kind::Mix(mix) => Some(mix),
            Kind::Recording(_) => None,
        }
    }

    /// As it was named.
    pub fn name(&self) -> String {
        self.path.display().to_string()
    }

    /// The name of a recording without its folder and its extension; that of a mix after its folder.
    pub fn title(&self) -> String {
        match &self.kind {
            Kind::Recording(_) => self.path.file_stem().unwrap_or_default().to_string_lossy().into_owned(),
            Kind::Mix(_) => title(&self.path),
        }
    }

    /// What it is, in a few words: `FLAC, 48 kHz, 24 bits, stereo`.
    pub fn about(&self) -> String {
        let khz = format!("{} kHz", f64::from(self.rate) / 1000.0);
        match &self.kind {
            Kind::Mix(_) => format!("Mix, {khz}, stereo"),
            Kind::Recording(info) => {
                let bits = info.bits.map_or_else(String::new, |bits| format!(", {bits} bits"));
                let channels = match info.channels {
                    1 => "mono".to_string(),
                    2 => "stereo".to_string(),
                    count => format!("{count} channels"),
                };
                format!("{}, {khz}{bits}, {channels}", info.format)
            }
        }
    }

    /// Where the bars of a mix's song begin, in seconds; a recording has none.
    pub fn bars(&self) -> Vec<f64> {
        let bars = self.mix().map_or(&[][..], |mix| &mix.session.bars);
        bars.iter().map(|bar| bar.seconds(self.rate).0).collect()
    }

    /// Whether it is made of this file.
    pub fn is_made_of(&self, file: &Path) -> bool {
        let is_itself = self.path.canonicalize().is_ok_and(|path| file.canonicalize().is_ok_and(|file| path == file));
        is_itself || self.mix().is_some_and(|mix| mix.world.has_opened(file))
    }

    /// How many frames a part of it has; 0 where that is not known before all is decoded.
    pub fn expected(&self, range: &SurveyOptions) -> u64 {
        let end = self.frames.map(|frames| range.to.map_or(frames, |to| to.min(frames)));
        end.map_or(0, |end| end.saturating_sub(range.from))
    }

    /// Lets somebody look at a part of the sound. `new` makes who looks, given how many frames are expected: none where
    /// that is not known.
    ///
    /// Stretches of a recording are looked at apart and begin at multiples of `grid` frames; a mix is looked at in one go.
    pub fn survey<S: Survey>(
        &self,
        range: &SurveyOptions,
        grid: u64,
        new: impl Fn(u64) -> S + Sync,
    ) -> Result<S, Fail> {
        let expected = self.expected(range);
        match &self.kind {
            Kind::Recording(_) => {
                let range = SurveyOptions { threads: self.threads, ..range.clone() };
                Ok(survey(&OneFile(&self.path), &self.name(), &range, grid, |_| new(expected))?)
            }
            Kind::Mix(mix) => {
                let mut looking = Looking::new(new(expected));
                let bar = self.terminal.progress(expected);
                let master = Progress { bar: bar.clone(), inner: &mut looking };
                let taps = Taps { master: Some(Box::new(master)), ..Taps::default() };
                let done =
                    render(&mix.plan, mix.world.clone(), mix.evaluation.recordings.clone(), &self.options(range), taps);
                bar.finish_and_clear();
                done?;
                Ok(looking.seen)
            }
        }
    }

    /// How a mix is rendered for it.
    pub fn options(&self, range: &SurveyOptions) -> RenderOptions {
        RenderOptions { threads: self.threads, from: range.from, to: range.to, ..RenderOptions::default() }
    }
}

/// Lets somebody who looks at recordings look at the pages of a mix.
pub struct Looking<S> {
    /// Who looks.
    pub seen: S,
    /// A page, as those who look at recordings get it.
    planes: Vec<Vec<f32>>,
}

impl<S> Looking<S> {
    /// Before the first page.
    pub fn new(seen: S) -> Self {
        Looking { seen, planes: Vec::new() }
    }
}

impl<S: Survey> Tap for Looking<S> {
    fn page(&mut self, page: &Audio) -> Result<(), TapError> {
        self.planes.resize(page.channels().count(), Vec::new());
        for (plane, samples) in self.planes.iter_mut().zip(page.planes()) {
            plane.clear();
            plane.extend_from_slice(samples);
        }
        self.seen.look(&self.planes);
        Ok(())
    }
}

/// Why a file is not drawn. A song has no sound; its bars stand in the picture of something that has.
fn undrawable(error: MediaError, path: &Path) -> Fail {
    let is_song = matches!(&error, MediaError::Unsupported { found, .. } if found == "MIDI");
    let fail = Fail::from(error);
    if is_song { fail.hint(format!("--bars {} draws the bars of this song", path.display())) } else { fail }
}
