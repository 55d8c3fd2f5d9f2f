//! `downbeat play`: sound from the computer's own output, where the program was built with it (the feature `playback`).
//!
//! ```text
//! mix or recording -> feed -> ring -> player -> output
//! ```
//! A thread renders and feeds the ring, and waits while that is full; the output calls the player, which never waits. All
//! but the output itself is there without the feature, too, and tested with outputs that only listen.

mod args;
#[cfg(feature = "playback")]
mod device;
#[cfg_attr(not(feature = "playback"), allow(dead_code, reason = "used where there is an output"))]
mod feed;
#[cfg(feature = "playback")]
mod live;
#[cfg_attr(not(feature = "playback"), allow(dead_code, reason = "used where there is an output"))]
mod player;
#[cfg_attr(not(feature = "playback"), allow(dead_code, reason = "used where there is an output"))]
mod ring;
#[cfg_attr(not(feature = "playback"), allow(dead_code, reason = "used where there is an output"))]
mod sound;

use std::sync::Arc;
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use downbeat_dsp::Audio;
use downbeat_engine::{Tap, TapError};

pub use args::{EXAMPLES, Play};
use feed::Feed;
use player::Player;
use ring::{Ring, ring};
use sound::Sound;

use crate::exit::Fail;
#[cfg(feature = "playback")]
pub use live::run;

/// Says what this program lacks.
#[cfg(not(feature = "playback"))]
pub fn run(_: &Play, _: &crate::terminal::Terminal) -> Result<(), Fail> {
    Err(Fail::error("this downbeat was built without playback").hint(
        "`cargo install --path crates/downbeat --features playback` builds it in (on Debian and Ubuntu after `apt install \
         libasound2-dev`); `downbeat watch` plays a mix in the browser without it",
    ))
}

/// How many seconds wait in the ring at most. Who stops does not wait for them.
const AHEAD_S: usize = 4;
/// The longest sound that is kept in memory to be played again, in seconds; longer ones are rendered again. Ten minutes in
/// stereo at 48 kHz are 230 MB.
const KEPT_S: usize = 600;
/// How often is looked at what goes on.
const LOOK: Duration = Duration::from_millis(50);
/// How long an output is given to play what it was handed last.
const LAST: Duration = Duration::from_millis(200);

/// A playback that has begun: somebody feeds the ring.
#[cfg_attr(not(feature = "playback"), allow(dead_code, reason = "used where there is an output"))]
struct Playback {
    ring: Arc<Ring>,
    player: Option<Player>,
    feeding: JoinHandle<Result<(), Fail>>,
}

#[cfg_attr(not(feature = "playback"), allow(dead_code, reason = "used where there is an output"))]
impl Playback {
    /// Waits until all has been heard, and calls `look` now and then, which may stop it. What has been stopped fades out in
    /// less time than the last sound is given: an output that asks for nothing any more is not waited for.
    fn wait(&self, mut look: impl FnMut(&Ring)) {
        let mut stopped: Option<Instant> = None;
        while !self.ring.is_done() {
            look(&self.ring);
            if self.ring.is_stopped() && stopped.get_or_insert_with(Instant::now).elapsed() >= LAST {
                return;
            }
            std::thread::sleep(LOOK);
        }
    }

    /// What came of feeding the ring. A render that has been stopped between two pages is not waited for.
    fn finish(self) -> Result<(), Fail> {
        if self.ring.is_stopped() && !self.feeding.is_finished() {
            return Ok(());
        }
        self.feeding.join().unwrap_or_else(|_| Err(Fail::error("the render has broken off")))
    }
}

/// Begins to render, or to read, for an output of that rate.
#[cfg_attr(not(feature = "playback"), allow(dead_code, reason = "used where there is an output"))]
fn start(sound: Sound, rate: u32, repeat: bool) -> Playback {
    let (writer, reader, ring) = ring(AHEAD_S * rate as usize);
    let feed = Feed::new(writer, sound.rate, rate);
    let feeding = std::thread::spawn(move || play(&sound, feed, repeat));
    Playback { ring, player: Some(Player::new(reader, rate)), feeding }
}

/// Plays a sound into the ring, once or again and again until it is stopped.
#[cfg_attr(not(feature = "playback"), allow(dead_code, reason = "used where there is an output"))]
fn play(sound: &Sound, mut feed: Feed, repeat: bool) -> Result<(), Fail> {
    let mut kept = repeat.then(|| Kept { pages: Some(Vec::new()), room: KEPT_S * sound.rate as usize });
    sound.play(&mut (&mut feed, &mut kept))?;
    if feed.taken() == 0 && !feed.is_stopped() {
        return Err(Fail::error("there is nothing to play: it has no sound in it"));
    }
    while repeat && !feed.is_stopped() {
        match kept.as_ref().and_then(|kept| kept.pages.as_ref()) {
            // What goes wrong is that it has been stopped.
            Some(pages) => drop(pages.iter().try_for_each(|page| feed.page(page))),
            None => sound.play(&mut feed)?,
        }
    }
    feed.finish().or(Ok(()))
}

/// The pages of a sound that is to be played again; none when there is no room for them.
#[cfg_attr(not(feature = "playback"), allow(dead_code, reason = "used where there is an output"))]
struct Kept {
    pages: Option<Vec<Audio>>,
    /// How many frames more can be kept.
    room: usize,
}

impl Tap for Kept {
    fn page(&mut self, page: &Audio) -> Result<(), TapError> {
        match self.room.checked_sub(page.frames()) {
            Some(room) => self.room = room,
            None => self.pages = None,
        }
        if let Some(pages) = &mut self.pages {
            pages.push(page.clone());
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::path::Path;

    /// A recording of a ramp at 8 kHz.
    fn ramp(path: &Path, frames: usize) -> Vec<f32> {
        let sample_format = hound::SampleFormat::Float;
        let spec = hound::WavSpec { channels: 1, sample_rate: 8000, bits_per_sample: 32, sample_format };
        let mut file = hound::WavWriter::create(path, spec).unwrap();
        let ramp: Vec<f32> = (0..frames).map(|i| i as f32 / 65_536.0).collect();
        ramp.iter().for_each(|x| file.write_sample(*x).unwrap());
        file.finalize().unwrap();
        ramp
    }

    fn begin(path: &Path, rate: u32, repeat: bool) -> Playback {
        let args = Play { repeat, ..Play::default() };
        let terminal = crate::terminal::Terminal::new(crate::args::Color::Never);
        start(Sound::open(path, &args, &terminal).unwrap(), rate, repeat)
    }

    /// An output that takes frames as fast as they are there, until so many were heard or all is done.
    fn listen(playback: &mut Playback, frames: usize) -> Vec<f32> {
        let mut player = playback.player.take().unwrap();
        let mut heard = Vec::new();
        while heard.len() < frames && !playback.ring.is_done() {
            let there = playback.ring.waiting().min(512) as usize;
            if there == 0 && !playback.ring.has_ended() {
                std::thread::yield_now();
                continue;
            }
            let mut out = vec![9.0; 2 * there.max(1)];
            player.fill(&mut out, 2, |x| x);
            heard.extend(out.chunks(2).map(|frame| frame[0]));
        }
        playback.player = Some(player);
        heard
    }

    #[test]
    fn an_output_hears_all_of_it_once() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("ramp.wav");
        // Longer than the ring.
        let ramp = ramp(&path, 60_000);
        let mut playback = begin(&path, 8000, false);
        let heard = listen(&mut playback, usize::MAX);
        assert!(heard[..60_000] == ramp && heard[60_000..].iter().all(|x| *x == 0.0));
        assert_eq!(playback.ring.gaps(), 0);
        playback.finish().unwrap();
    }

    #[test]
    fn a_loop_has_no_seam_and_ends_when_it_is_stopped() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("ramp.wav");
        let ramp = ramp(&path, 10_000);
        let mut playback = begin(&path, 8000, true);
        let heard = listen(&mut playback, 35_000);
        assert!(heard.iter().zip(ramp.iter().cycle()).all(|(heard, x)| heard == x));
        playback.ring.stop();
        let fading = listen(&mut playback, 10_000);
        assert!(playback.ring.is_done() && fading.last() == Some(&0.0));
        playback.finish().unwrap();
    }

    #[test]
    fn an_output_that_has_stopped_calling_is_not_waited_for() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("ramp.wav");
        ramp(&path, 60_000);
        let mut playback = begin(&path, 8000, true);
        listen(&mut playback, 100);
        let (begin, mut looks) = (Instant::now(), 0);
        playback.wait(|ring| {
            looks += 1;
            if looks == 2 {
                ring.stop();
            }
        });
        // From the second look on it had its time, and not much more.
        assert!(looks > 2 && begin.elapsed() >= LOOK + LAST && !playback.ring.is_done());
        playback.finish().unwrap();
    }

    #[test]
    fn an_output_of_another_rate_hears_it_as_long() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("ramp.wav");
        ramp(&path, 8000);
        let mut playback = begin(&path, 44_100, false);
        listen(&mut playback, usize::MAX);
        assert_eq!(playback.ring.heard(), 44_100);
        playback.finish().unwrap();
    }

    #[test]
    fn a_file_that_breaks_off_is_an_error() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("ramp.wav");
        ramp(&path, 100);
        let args = Play::default();
        let terminal = crate::terminal::Terminal::new(crate::args::Color::Never);
        let sound = Sound::open(&path, &args, &terminal).unwrap();
        std::fs::remove_file(&path).unwrap();
        let mut playback = start(sound, 8000, false);
        listen(&mut playback, usize::MAX);
        assert_eq!(playback.finish().unwrap_err().code, 2);
    }
}
