//! What is played: a mix that is rendered for it, or a recording.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use downbeat_dsp::Audio;
use downbeat_engine::media::{self, Pick, Reader};
use downbeat_engine::time::Seconds;
use downbeat_engine::{Plan, Recordings, RenderError, RenderOptions, Tap, Taps, render};

use super::args::Play;
use super::feed::Stopped;
use crate::args;
use crate::exit::Fail;
use crate::input::is_mix;
use crate::mix;
use crate::moment::span;
use crate::terminal::Terminal;
use crate::world::{Folders, OneFile};

/// The length of a page, in frames: short, so that the first one is there soon.
const PAGE: usize = 16_384;

/// A mix or a recording, and which part of it is played.
pub struct Sound {
    kind: Kind,
    name: String,
    /// Frames per second.
    pub rate: u32,
    /// Where the bars begin, in seconds; a recording has none.
    pub bars: Vec<f64>,
    /// The first frame.
    pub from: u64,
    /// The frame before which it ends; none where a recording ends nobody knows where.
    pub to: Option<u64>,
}

enum Kind {
    Recording(PathBuf),
    Mix { plan: Plan, world: Arc<Folders>, recordings: Recordings, threads: Option<usize> },
}

impl Sound {
    /// Reads the header of a recording, or runs the script of a mix: what ends in `.star` is one.
    ///
    /// # Errors
    /// When it cannot be read, or the part that is asked for is not there.
    pub fn open(path: &Path, args: &Play, terminal: &Terminal) -> Result<Self, Fail> {
        let name = path.display().to_string();
        let (kind, rate, bars, frames);
        if is_mix(path) {
            let (settings, allow_read) = (args.settings.clone(), args.allow_read.clone());
            let script = args::Mix { script: path.to_path_buf(), settings, allow_read };
            let threads = args.threads.map(usize::from);
            let mix = mix::open(&script, None, threads, terminal)?;
            (rate, frames) = (mix.plan.rate, Some(mix.plan.frames));
            bars = mix.session.bars.iter().map(|bar| bar.seconds(rate).0).collect();
            kind = Kind::Mix { plan: mix.plan, world: mix.world, recordings: mix.evaluation.recordings, threads };
        } else {
            let info = media::probe(&OneFile(path), &name)?;
            (rate, bars, frames) = (info.rate, Vec::new(), info.frames);
            kind = Kind::Recording(path.to_path_buf());
        }
        let (from, to) = span(
            args.from,
            args.to,
            &bars,
            "a mix has the bars of its song; seconds (92.5) or a time (1:32.5) always do",
        )?;
        let frame = |seconds: f64| Seconds(seconds).frame(rate).0;
        let from = frame(from);
        let to = to.map(frame).into_iter().chain(frames).min();
        match to.filter(|to| *to <= from) {
            None => Ok(Sound { kind, name, rate, bars, from, to }),
            Some(_) if frames == Some(0) => {
                Err(Fail::error(format!("there is nothing to play: {name} is 0 frames long")))
            }
            Some(_) => Err(Fail::usage(format!("there is nothing to play: {name} ends before --from"))),
        }
    }

    /// The length of the part that is played, in seconds, where it is known.
    pub fn seconds(&self) -> Option<f64> {
        Some((self.to? - self.from) as f64 / f64::from(self.rate))
    }

    /// Lets somebody listen to the part, from its beginning to its end.
    ///
    /// # Errors
    /// When it cannot be rendered or read; that the listener was [`Stopped`] is none.
    pub fn play(&self, tap: &mut dyn Tap) -> Result<(), Fail> {
        let played = match &self.kind {
            Kind::Recording(path) => self.read(path, tap),
            Kind::Mix { plan, world, recordings, threads } => {
                let options = RenderOptions { threads: *threads, page: PAGE, from: self.from, to: self.to };
                let taps = Taps { master: Some(Box::new(tap)), ..Taps::default() };
                render(plan, world.clone(), recordings.clone(), &options, taps).map(drop)
            }
        };
        match played {
            Err(RenderError::Tap(error)) if error.is::<Stopped>() => Ok(()),
            played => Ok(played?),
        }
    }

    /// Reads a recording. Surround sound is heard as its downmix.
    fn read(&self, path: &Path, tap: &mut dyn Tap) -> Result<(), RenderError> {
        let mut reader = Reader::open(&OneFile(path), &self.name, Pick::Downmix, self.rate)?;
        let mut page = Audio::silence(reader.format(), PAGE);
        let mut at = if reader.seek(self.from)? { self.from } else { 0 };
        while self.to.is_none_or(|to| at < to) {
            let end = if at < self.from { Some(self.from) } else { self.to };
            let wanted = end.map_or(PAGE, |end| PAGE.min(usize::try_from(end - at).unwrap_or(PAGE)));
            page.resize(wanted);
            let frames = reader.read(&mut page.block())?;
            page.resize(frames);
            if at >= self.from && frames > 0 {
                tap.page(&page).map_err(RenderError::Tap)?;
            }
            if frames < wanted {
                break;
            }
            at += frames as u64;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::args::Color;
    use crate::moment::Moment;
    use downbeat_engine::TapError;

    struct Heard(Vec<f32>);

    impl Tap for Heard {
        fn page(&mut self, page: &Audio) -> Result<(), TapError> {
            self.0.extend_from_slice(page.left());
            Ok(())
        }
    }

    fn play(path: &Path, from: Option<Moment>, to: Option<Moment>) -> Result<Vec<f32>, Fail> {
        let args = Play { from, to, threads: Some(1), ..Play::default() };
        let sound = Sound::open(path, &args, &Terminal::new(Color::Never))?;
        let mut heard = Heard(Vec::new());
        sound.play(&mut heard)?;
        assert_eq!(sound.seconds(), Some(heard.0.len() as f64 / f64::from(sound.rate)));
        Ok(heard.0)
    }

    #[test]
    fn a_recording_and_a_mix_of_it_are_played_from_and_to_the_frame() {
        let folder = tempfile::tempdir().unwrap();
        let (wav, star) = (folder.path().join("ramp.wav"), folder.path().join("mix.star"));
        let spec = hound::WavSpec {
            channels: 1,
            sample_rate: 8000,
            bits_per_sample: 32,
            sample_format: hound::SampleFormat::Float,
        };
        let mut file = hound::WavWriter::create(&wav, spec).unwrap();
        let ramp: Vec<f32> = (0..40_000).map(|i| i as f32 / 65_536.0).collect();
        ramp.iter().for_each(|x| file.write_sample(*x).unwrap());
        file.finalize().unwrap();
        std::fs::write(&star, "session(rate = 8000)\ntrack(\"Ramp\", audio(\"ramp.wav\"))\n").unwrap();
        let at = |seconds| Some(Moment::Seconds(seconds));
        for path in [&wav, &star] {
            assert_eq!(play(path, None, None).unwrap(), ramp);
            assert_eq!(play(path, at(0.5), at(3.0)).unwrap(), ramp[4000..24_000]);
            assert_eq!(play(path, at(4.5), at(99.0)).unwrap(), ramp[36_000..]);
            for (from, to) in [(at(5.0), None), (at(2.0), at(1.0)), (Some(Moment::Bar(2)), None), (None, at(0.0))] {
                assert_eq!(play(path, from, to).unwrap_err().code, 2, "{from:?} {to:?}");
            }
        }
    }
}
