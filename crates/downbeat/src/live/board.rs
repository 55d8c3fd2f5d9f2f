//! What listeners are shown, and the takes they can ask for. Everybody looks at the newest state; nobody is waited for.

use std::collections::VecDeque;
use std::ops::Range;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use serde_json::Value;
use tokio::sync::watch;

use super::published::Published;

/// How many takes can be asked for: the newest, and those before it that somebody may still play; the one that is shown is
/// always among them.
const KEPT: usize = 3;

/// The newest of everything that listeners are told.
#[derive(Clone, PartialEq, Debug)]
pub struct News {
    /// All that is known of the mix, and how often that has changed.
    pub mix: (u64, Arc<str>),
    /// The take that is being rendered.
    pub rendering: Option<u64>,
    /// What can be played of it already.
    pub ready: Option<(u64, Range<u64>)>,
    /// What is wrong with the script, and how often that has changed.
    pub error: (u64, Option<Arc<str>>),
}

/// The board.
pub struct Board {
    news: watch::Sender<News>,
    facts: Mutex<Value>,
    takes: Mutex<VecDeque<Arc<Published>>>,
    playhead: AtomicU64,
}

impl Board {
    /// With these facts, and no take.
    pub fn new(facts: Value) -> Self {
        let mix = (1, facts.to_string().into());
        let news = watch::Sender::new(News { mix, rendering: None, ready: None, error: (0, None) });
        Board { news, facts: Mutex::new(facts), takes: Mutex::default(), playhead: AtomicU64::new(0) }
    }

    /// Everything that is told from now on, and what is so already.
    pub fn subscribe(&self) -> watch::Receiver<News> {
        self.news.subscribe()
    }

    /// All that is known of the mix, as JSON.
    pub fn mix(&self) -> Arc<str> {
        self.news.borrow().mix.1.clone()
    }

    /// Where the listener is, in frames.
    pub fn playhead(&self) -> u64 {
        self.playhead.load(Ordering::Relaxed)
    }

    /// The listener is there.
    pub fn set_playhead(&self, frame: u64) {
        self.playhead.store(frame, Ordering::Relaxed);
    }

    /// The take of a number, if it can still be asked for.
    pub fn take(&self, number: u64) -> Option<Arc<Published>> {
        self.takes.lock().unwrap_or_else(PoisonError::into_inner).iter().find(|take| take.number == number).cloned()
    }

    /// The take that is shown.
    pub fn shown(&self) -> Option<Arc<Published>> {
        let number = self.facts.lock().unwrap_or_else(PoisonError::into_inner)["take"].as_u64();
        number.and_then(|number| self.take(number))
    }

    /// The newest take.
    pub fn newest(&self) -> Option<Arc<Published>> {
        self.takes.lock().unwrap_or_else(PoisonError::into_inner).back().cloned()
    }

    /// From now on a take can be asked for, and the oldest one no more: it is given back, as letting go of it takes its time.
    pub fn add(&self, take: Arc<Published>) -> Option<Arc<Published>> {
        let shown = self.shown().map(|take| take.number);
        let mut takes = self.takes.lock().unwrap_or_else(PoisonError::into_inner);
        takes.push_back(take);
        let is_full = takes.len() > KEPT;
        let oldest = takes.iter().position(|take| is_full && Some(take.number) != shown);
        oldest.and_then(|oldest| takes.remove(oldest))
    }

    /// Tells that a take is being rendered.
    pub fn rendering(&self, take: u64) {
        self.news.send_modify(|news| (news.rendering, news.ready) = (Some(take), None));
    }

    /// What was being rendered will not come.
    pub fn stopped(&self) {
        self.news.send_modify(|news| (news.rendering, news.ready) = (None, None));
    }

    /// Tells that some of the take that is being rendered can be played; of any other take that is no news.
    pub fn ready(&self, take: u64, frames: Range<u64>) {
        self.news.send_if_modified(|news| {
            let is_news = news.rendering == Some(take);
            if is_news {
                news.ready = Some((take, frames));
            }
            is_news
        });
    }

    /// Shows these facts. With `is_rendered` nothing is being rendered any more.
    pub fn show(&self, facts: Value, error: Option<&Value>, is_rendered: bool) {
        let mut shown = self.facts.lock().unwrap_or_else(PoisonError::into_inner);
        *shown = facts;
        shown["error"] = error.cloned().unwrap_or_default();
        let mix: Arc<str> = shown.to_string().into();
        self.news.send_modify(|news| {
            news.mix = (news.mix.0 + 1, mix);
            if error.is_none() && news.error.1.is_some() {
                news.error = (news.error.0 + 1, None);
            }
            if is_rendered {
                (news.rendering, news.ready) = (None, None);
            }
        });
    }

    /// Tells what is wrong; what is shown besides stays.
    pub fn error(&self, error: &Value) {
        let mut shown = self.facts.lock().unwrap_or_else(PoisonError::into_inner);
        shown["error"] = error.clone();
        let (mix, error): (Arc<str>, Arc<str>) = (shown.to_string().into(), error.to_string().into());
        self.news.send_modify(|news| {
            // Those who come later see it; to those who are there it is told by itself.
            news.mix.1 = mix;
            news.error = (news.error.0 + 1, Some(error));
        });
    }

    /// Adds how loud the mix or the raw recordings of a take are, if that take is the one that is shown.
    pub fn loudness(&self, take: u64, source: &str, lufs: Option<f64>) {
        let mut shown = self.facts.lock().unwrap_or_else(PoisonError::into_inner);
        if shown["take"] == take && shown["loudness"][source] != Value::from(lufs) {
            shown["loudness"][source] = lufs.into();
            let mix: Arc<str> = shown.to_string().into();
            self.news.send_modify(|news| news.mix = (news.mix.0 + 1, mix));
        }
    }
}

#[cfg(test)]
mod tests {
    use downbeat_engine::live::{Live, LiveOptions, Store};
    use downbeat_engine::{Bytes, Session, World, WorldError};
    use serde_json::json;

    use std::sync::OnceLock;

    use super::*;
    use crate::live::published::Raw;

    fn facts(take: u64) -> Value {
        json!({ "take": take, "loudness": { "mix": null, "raw": null }, "error": null })
    }

    #[test]
    fn a_part_is_ready_only_of_the_take_under_way() {
        let board = Board::new(facts(0));
        let news = board.subscribe();
        board.ready(1, 0..5);
        assert_eq!(news.borrow().ready, None);
        board.rendering(1);
        board.ready(1, 0..5);
        assert_eq!(news.borrow().ready, Some((1, 0..5)));
        board.rendering(2);
        assert_eq!(news.borrow().ready, None);
        board.ready(1, 0..5);
        assert_eq!(news.borrow().ready, None);
        board.show(facts(2), None, true);
        assert_eq!((news.borrow().rendering, news.borrow().mix.0), (None, 2));
    }

    #[test]
    fn the_take_that_is_shown_can_be_asked_for_whatever_comes() {
        struct Nothing;
        impl World for Nothing {
            fn open(&self, path: &str) -> Result<Box<dyn Bytes>, WorldError> {
                Err(WorldError::Outside { path: path.to_string() })
            }
        }
        let live = Arc::new(Live::new(Arc::new(Store::new(0)), LiveOptions { threads: None, page: 65_536 }).unwrap());
        let world = Arc::new(Nothing);
        let session = Arc::new(Session::new(48_000));
        let sound = live.take(&session, world.clone(), Vec::new()).unwrap();
        let take = |number| {
            let (mix, heard, session) = (sound.clone(), sound.clone(), session.clone());
            let raw = Raw {
                live: live.clone(),
                session: session.clone(),
                frames: 0,
                world: world.clone(),
                recordings: Vec::new(),
                take: OnceLock::new(),
            };
            Arc::new(Published { number, session, desk: Default::default(), mix, heard, raw })
        };
        let board = Board::new(facts(0));
        let there = || (1..10).filter(|&number| board.take(number).is_some()).collect::<Vec<_>>();
        assert!(board.shown().is_none() && board.newest().is_none());
        let add = |number| drop(board.add(take(number)));
        (1..=2).for_each(add);
        board.show(facts(2), None, true);
        (3..=7).for_each(add);
        assert_eq!(there(), [2, 6, 7]);
        assert_eq!((board.shown().unwrap().number, board.newest().unwrap().number), (2, 7));
        board.show(facts(7), None, true);
        add(8);
        assert_eq!(there(), [6, 7, 8]);
    }

    #[test]
    fn an_error_stays_until_facts_without_it_are_shown() {
        let board = Board::new(facts(0));
        let error = json!({ "diagnostics": [] });
        board.error(&error);
        assert_eq!(serde_json::from_str::<Value>(&board.mix()).unwrap()["error"], error);
        board.show(facts(1), Some(&error), true);
        assert!(board.subscribe().borrow().error.1.is_some());
        board.show(facts(2), None, true);
        assert_eq!(board.subscribe().borrow().error, (2, None));
        assert_eq!(serde_json::from_str::<Value>(&board.mix()).unwrap(), facts(2));
    }

    #[test]
    fn loudness_belongs_to_its_take() {
        let board = Board::new(facts(3));
        board.loudness(2, "mix", Some(-14.0));
        assert_eq!(board.subscribe().borrow().mix.0, 1);
        board.loudness(3, "raw", Some(-18.5));
        let shown: Value = serde_json::from_str(&board.mix()).unwrap();
        assert_eq!(shown["loudness"], json!({ "mix": null, "raw": -18.5 }));
    }
}
