//! The pictures of a mix: every track before and after, the mix in both styles, and the overview. They listen to the
//! render whose sound is written, and to one of the raw clips.

use std::path::Path;
use std::sync::Arc;

use downbeat_dsp::Pyramid;
use downbeat_engine::session::{Clip, Placed, Session, Strip, Track};
use downbeat_engine::time::Frames;
use downbeat_engine::{RenderOptions, Taps, plan, render};
use downbeat_picture::{Brightness, Content, Figure, Lane, Options, Wave, Waveform, compare};

use super::names;
use crate::commands::plot::bright::Bright;
use crate::commands::plot::overview::{self, Sounds};
use crate::commands::plot::source::Looking;
use crate::exit::Fail;
use crate::mix::Mix;
use crate::output::Output;

/// The pictures of the mix, by the names of their files.
const OF_THE_MIX: [&str; 3] = ["mix-audacity", "mix-serato", "overview"];

/// Pictures on their way.
pub struct Pictures {
    /// For each track that is heard its file, and what it sounds like.
    tracks: Vec<Option<(Output, Pyramid)>>,
    /// What the buses that are heard sound like.
    buses: Vec<Option<Pyramid>>,
    of_the_mix: [Output; 3],
    /// The mix.
    pub master: Looking<Bright>,
}

impl Pictures {
    /// Begins the files in a folder. None of them may be `beside`, which is written, too.
    pub fn create(folder: &Path, mix: &Mix, frames: u64, beside: Option<&Path>) -> Result<Self, Fail> {
        let rate = mix.plan.rate;
        let begin = |path: &Path| {
            names::refuse_what_is_read(path, mix)?;
            let file = Output::create(path)?;
            match beside.filter(|beside| names::same_file(beside, path)) {
                Some(_) => Err(Fail::usage(format!("two pictures would both be {}", path.display()))
                    .hint("--picture and --pictures have to differ")),
                None => Ok(file),
            }
        };
        let mut tracks: Vec<Option<(Output, Pyramid)>> = Vec::new();
        let options = RenderOptions { to: Some(frames), ..RenderOptions::default() };
        let sounds = overview::tracks(mix, &options);
        tracks.resize_with(sounds.len(), || None);
        for (track, path) in names::files(folder, mix, "png", &OF_THE_MIX)? {
            tracks[track] = sounds[track].clone().map(|sound| begin(&path).map(|file| (file, sound))).transpose()?;
        }
        let file = |index: usize| begin(&folder.join(format!("{}.png", OF_THE_MIX[index])));
        let of_the_mix = [file(0)?, file(1)?, file(2)?];
        let master = Looking::new(Bright::new(rate, 2, frames, Options::default().width));
        Ok(Pictures { tracks, buses: overview::buses(mix, &options), of_the_mix, master })
    }

    /// Who listens to tracks, to buses, and to the mix.
    pub fn taps(&mut self) -> (Vec<Option<&mut Pyramid>>, &mut [Option<Pyramid>], &mut Looking<Bright>) {
        let tracks = self.tracks.iter_mut().map(|track| track.as_mut().map(|(_, sound)| sound));
        (tracks.collect(), &mut self.buses, &mut self.master)
    }

    /// Draws what was heard.
    pub fn draw(self, mix: &Mix, options: &RenderOptions, title: &str) -> Result<(), Fail> {
        let [audacity, serato, overview] = self.of_the_mix;
        let (master, mut onsets) = self.master.seen.finish()?;
        let sheet = Sheet::new(mix, options, &master);
        let raw = raw(mix, options)?;
        let (mut files, mut sounds) = (Vec::new(), Vec::new());
        for track in self.tracks {
            let (file, sound) = track.unzip();
            files.push(file);
            sounds.push(sound);
        }
        for (((track, file), after), before) in mix.session.tracks.iter().zip(files).zip(&sounds).zip(&raw) {
            if let (Some(file), Some(after), Some(before)) = (file, after, before) {
                let pair = [("Before: the raw clip", before), ("After: with its effects", after)];
                let figure = compare(&track.name, pair[0], pair[1], None);
                file.write(&sheet.png(&track.name, figure.lanes)?)?;
            }
        }
        let waveform = Waveform::new(&master);
        let split = Content::Waveform(Waveform { is_split: true, ..waveform });
        audacity.write(&sheet.png(title, vec![Lane { name: "The mix", content: split }])?)?;
        onsets.iter_mut().for_each(|onset| *onset += sheet.start);
        let waveform = Waveform { wave: Wave { start: sheet.start, ..waveform.wave }, ..waveform };
        let bright = Content::Brightness(Brightness { waveform, onsets: &onsets });
        serato.write(&sheet.png(title, vec![Lane { name: "The mix", content: bright }])?)?;
        // An overview counts from the beginning of the mix.
        let sounds = match options.from {
            0 => Sounds { tracks: sounds, buses: self.buses, master },
            _ => Sounds::of(mix, options)?,
        };
        let png = overview::with_lanes(mix, options, &sounds, |lanes| sheet.png(title, lanes))?;
        Ok(overview.write(&png)?)
    }
}

/// What all pictures have in common.
struct Sheet {
    start: f64,
    end: f64,
    bars: Vec<f64>,
}

impl Sheet {
    fn new(mix: &Mix, options: &RenderOptions, master: &Pyramid) -> Self {
        let start = Frames(options.from).seconds(mix.plan.rate).0;
        let bars = mix.session.bars.iter().map(|bar| bar.seconds(mix.plan.rate).0).collect();
        Sheet { start, end: start + master.seconds(), bars }
    }

    /// Draws lanes; waveforms begin where the render does.
    fn png(&self, title: &str, mut lanes: Vec<Lane<'_>>) -> Result<Vec<u8>, Fail> {
        for lane in &mut lanes {
            if let Content::Waveform(waveform) = &mut lane.content {
                waveform.wave.start = self.start;
            }
        }
        let default = Options::default();
        let height = (overview::height(&lanes) * default.dpi / 72.0).max(default.height as f32) as u32;
        let figure = Figure { range: self.start..self.end, bars: &self.bars, ..Figure::new(title, lanes) };
        let drawn = figure.draw(&Options { height, ..default }).and_then(|picture| picture.to_png());
        drawn.map_err(|error| Fail::error(format!("cannot draw {title}: {error}")))
    }
}

/// The raw clips of the tracks that are heard.
fn raw(mix: &Mix, options: &RenderOptions) -> Result<Vec<Option<Pyramid>>, Fail> {
    let failed = |error: downbeat_engine::RenderError| Fail::error(error.to_string());
    let bare = |track: &Track| {
        let strip = Strip { mute: track.strip.mute, solo: track.strip.solo, ..Strip::default() };
        let source = |clip: &Arc<Clip>| Arc::new(Clip { source: clip.source.clone(), chain: Vec::new() });
        // Where there is a clip, what is placed beside it is part of what was done.
        let placed = track.placed.iter().filter(|_| track.clip.is_none());
        let placed = placed.map(|placed| Placed { clip: source(&placed.clip), ..placed.clone() }).collect();
        Track { clip: track.clip.as_ref().map(source), cut: None, placed, strip, ..track.clone() }
    };
    let tracks = mix.session.tracks.iter().map(bare).collect();
    let length = Some(Frames(mix.plan.frames));
    let session = Session { tracks, length, ..Session::new(mix.session.rate) };
    let plan = plan(&session).map_err(failed)?;
    let mut sounds: Vec<Option<Pyramid>> = vec![None; session.tracks.len()];
    for heard in plan.heard_tracks() {
        sounds[heard.index] = Some(Pyramid::new(plan.rate, heard.format.channels.count()));
    }
    let taps = Taps { tracks: overview::taps(&mut sounds), ..Taps::default() };
    render(&plan, mix.world.clone(), mix.evaluation.recordings.clone(), options, taps).map_err(failed)?;
    Ok(sounds)
}
