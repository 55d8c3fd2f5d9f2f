//! The playback itself: starts the output once enough is there, tells where it is, and ends it cleanly.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use indicatif::ProgressStyle;

use super::args::Play;
use super::device::{self, Device};
use super::sound::Sound;
use super::{LAST, LOOK, start};
use crate::exit::Fail;
use crate::table::{Align, Table};
use crate::terminal::{Terminal, print};

/// Lists the outputs, or plays.
pub fn run(args: &Play, terminal: &Terminal) -> Result<(), Fail> {
    let Some(input) = args.input.as_deref().filter(|_| !args.list_devices) else {
        return list();
    };
    let sound = Sound::open(input, args, terminal)?;
    let output = Device::open(args.device.as_deref(), sound.rate)?;
    let interrupted = interrupt()?;
    let place = Place::of(&sound, args.repeat);
    let mut playback = start(sound, output.rate(), args.repeat);
    let line = terminal.progress(0);
    if let Ok(style) = ProgressStyle::with_template("{msg}") {
        line.set_style(style);
    }

    // The sound would break off at once if it began with the first page.
    line.set_message("rendering; Ctrl-C ends it");
    let enough = u64::from(output.rate()) / 2;
    while playback.ring.waiting() < enough && !playback.ring.has_ended() {
        if interrupted.load(Ordering::Relaxed) {
            line.finish_and_clear();
            return Ok(());
        }
        std::thread::sleep(LOOK);
    }

    let fault = Arc::new(Mutex::new(None));
    let (tell, ring) = (fault.clone(), playback.ring.clone());
    let stream = playback.player.take().map(|player| {
        output.start(player, move |error| {
            *tell.lock().unwrap_or_else(PoisonError::into_inner) = Some(error);
            ring.stop();
        })
    });
    let stream = stream.transpose()?;
    playback.wait(|ring| {
        if interrupted.load(Ordering::Relaxed) {
            ring.stop();
        }
        line.set_message(place.at(ring.heard() as f64 / f64::from(output.rate())));
    });
    let broken = fault.lock().unwrap_or_else(PoisonError::into_inner).take();
    if broken.is_none() {
        std::thread::sleep(LAST);
    }
    drop(stream);
    line.finish_and_clear();
    let gaps = playback.ring.gaps();
    if gaps > 0 {
        let times = if gaps == 1 { "once".to_string() } else { format!("{gaps} times") };
        let hint = "this mix takes longer to render than to play: `downbeat render` it, and play the file";
        terminal.warning(&format!("the sound broke off {times}"), Some(hint));
    }
    match broken {
        Some(error) => Err(Fail::error(format!("the output has gone: {error}"))),
        None => playback.finish(),
    }
}

fn list() -> Result<(), Fail> {
    let mut table = Table::new(&[("device", Align::Left), ("name", Align::Left)]);
    let outputs = device::list()?;
    if outputs.is_empty() {
        return Err(Fail::error("this computer has no output to play on"));
    }
    outputs.into_iter().for_each(|(id, name)| table.row(vec![id, name]));
    print(&table.to_string())
}

/// What becomes true with Ctrl-C; a second one ends the program at once.
fn interrupt() -> Result<Arc<AtomicBool>, Fail> {
    let interrupted = Arc::new(AtomicBool::new(false));
    let flag = interrupted.clone();
    let set = ctrlc::set_handler(move || {
        if flag.swap(true, Ordering::Relaxed) {
            std::process::exit(130);
        }
    });
    set.map_err(|error| Fail::error(format!("cannot listen to Ctrl-C: {error}")))?;
    Ok(interrupted)
}

/// Where in the sound the playback is, in words.
struct Place {
    from: f64,
    seconds: Option<f64>,
    repeat: bool,
    bars: Vec<f64>,
}

impl Place {
    fn of(sound: &Sound, repeat: bool) -> Self {
        let from = sound.from as f64 / f64::from(sound.rate);
        Place { from, seconds: sound.seconds(), repeat, bars: sound.bars.clone() }
    }

    /// After so many seconds: `bar 9   0:21 of 1:32`.
    fn at(&self, seconds: f64) -> String {
        let within = match self.seconds {
            Some(length) if self.repeat => seconds % length,
            Some(length) => seconds.min(length),
            None => seconds,
        };
        let now = self.from + within;
        // A billionth of a second later, as moments are rounded.
        let bar = self.bars.partition_point(|bar| *bar <= now + 1e-9);
        let bar = if bar > 0 { format!("bar {bar}   ") } else { String::new() };
        let end = self.seconds.map_or_else(String::new, |length| format!(" of {}", minutes(self.from + length)));
        format!("{bar}{}{end}", minutes(now))
    }
}

/// Minutes and whole seconds: `1:32`.
fn minutes(seconds: f64) -> String {
    let seconds = seconds as u64;
    format!("{}:{:02}", seconds / 60, seconds % 60)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_place_is_told_in_bars_and_minutes() {
        let bars = vec![0.5, 2.5, 4.5];
        let place = Place { from: 2.5, seconds: Some(60.0), repeat: false, bars };
        assert_eq!(place.at(0.0), "bar 2   0:02 of 1:02");
        assert_eq!(place.at(3.0), "bar 3   0:05 of 1:02");
        assert_eq!(place.at(99.0), "bar 3   1:02 of 1:02");
        let again = Place { repeat: true, ..place };
        assert_eq!(again.at(61.0), "bar 2   0:03 of 1:02");
        let unknown = Place { from: 0.0, seconds: None, repeat: false, bars: Vec::new() };
        assert_eq!(unknown.at(61.5), "1:01");
    }
}
