//! Plays a score on an instrument's voices: who sounds, who is let go, and whose voice is taken when there are no more.
//!
//! Sound is made in pages on a grid of the part's own frames, cut where something happens. So whatever pieces are asked for,
//! every voice is asked for the same, and gives the same bits.

use super::instrument::{self, CHUNK};
use super::score::Score;
use super::{Controls, Generator, Instrument, Voice};
use crate::Channels;
use crate::simd::{Work, widest};

/// How long a note fades whose voice is taken.
const STEAL_MS: f64 = 4.0;
/// How long a note fades that another one chokes.
const CHOKE_MS: f64 = 12.0;

/// Plays a score.
pub(super) struct Player<I: Instrument> {
    instrument: I,
    score: Score,
    rate: u32,
    frames: u64,
    slots: Vec<Slot<I::Voice>>,
    /// The first note that has not started.
    next: usize,
    /// How many of the bends have happened, and how many moves of controllers.
    bent: usize,
    controlled: usize,
    /// Both sides, of which an instrument in mono uses the first.
    page: [[f32; CHUNK]; 2],
    /// The frame after the page.
    made: u64,
    /// The first frame that has not been asked for.
    position: u64,
}

/// A voice and what it is doing.
#[derive(Clone)]
struct Slot<V> {
    voice: V,
    doing: Doing,
    /// The number of its note.
    strike: usize,
}

#[derive(Clone, Copy, PartialEq)]
enum Doing {
    Nothing,
    Held {
        until: u64,
    },
    Released,
    /// Its gain falls by `step` in each frame.
    Fading {
        gain: f32,
        step: f32,
    },
}

impl<I: Instrument> Player<I> {
    pub(super) fn new(instrument: I, score: Score, rate: u32) -> Self {
        // As many again fade out while others have taken their place.
        let count = 2 * instrument.polyphony().min(score.strikes.len());
        let idle = Slot { voice: instrument.voice(&score, rate), doing: Doing::Nothing, strike: 0 };
        let frames = instrument::frames(&instrument, &score, rate);
        let slots = vec![idle; count];
        Player {
            instrument,
            score,
            rate,
            frames,
            slots,
            next: 0,
            bent: 0,
            controlled: 0,
            page: [[0.0; CHUNK]; 2],
            made: 0,
            position: 0,
        }
    }

    /// Makes the next page.
    #[inline(always)]
    fn make_page(&mut self) {
        self.page = [[0.0; CHUNK]; 2];
        let mut at = 0;
        while at < CHUNK {
            let now = self.made + at as u64;
            self.release(now);
            while self.score.bends.get(self.bent).is_some_and(|bend| bend.0 <= now) {
                self.bent += 1;
            }
            self.control(now);
            while self.score.strikes.get(self.next).is_some_and(|strike| strike.start <= now) {
                self.strike(self.next);
                self.next += 1;
            }
            // A note may be as short as nothing.
            self.release(now);
            let length = (self.next_event() - now).min((CHUNK - at) as u64) as usize;
            self.mix(at, length);
            at += length;
        }
        self.made += CHUNK as u64;
    }

    /// Lets go the notes that are due.
    fn release(&mut self, now: u64) {
        for slot in &mut self.slots {
            if matches!(slot.doing, Doing::Held { until } if until <= now) {
                slot.doing = Doing::Released;
                slot.voice.release();
            }
        }
    }

    /// Moves controllers. Voices that do nothing are told, too, for the notes that they will play.
    fn control(&mut self, now: u64) {
        let before = self.controlled;
        while self.score.controls.get(self.controlled).is_some_and(|moved| moved.0 <= now) {
            self.controlled += 1;
        }
        if let Some(&(_, controls)) = self.score.controls[before..self.controlled].last() {
            self.slots.iter_mut().for_each(|slot| slot.voice.control(controls));
        }
    }

    /// The frame of the next bend, move of a controller, start or release.
    fn next_event(&self) -> u64 {
        let bend = self.score.bends.get(self.bent).map(|bend| bend.0);
        let control = self.score.controls.get(self.controlled).map(|moved| moved.0);
        let start = self.score.strikes.get(self.next).map(|strike| strike.start);
        let releases = self.slots.iter().filter_map(|slot| match slot.doing {
            Doing::Held { until } => Some(until),
            _ => None,
        });
        releases.chain(bend).chain(control).chain(start).min().unwrap_or(u64::MAX)
    }

    /// Starts a note.
    fn strike(&mut self, number: usize) {
        let Some(strike) = self.score.strikes.get(number) else { return };
        if let Some(group) = self.instrument.choke_group(strike.key) {
            let strikes = &self.score.strikes;
            for slot in self.slots.iter_mut().filter(|slot| slot.is_sounding()) {
                let other = strikes.get(slot.strike);
                if other.and_then(|other| self.instrument.choke_group(other.key)) == Some(group) {
                    slot.fade(CHOKE_MS, self.rate);
                }
            }
        }
        if self.slots.iter().filter(|slot| slot.is_sounding()).count() >= self.instrument.polyphony()
            && let Some(victim) = self.victim()
        {
            // What starts in this very frame has not been heard yet.
            match self.score.strikes.get(self.slots[victim].strike) {
                Some(other) if other.start == strike.start => self.slots[victim].doing = Doing::Nothing,
                _ => self.slots[victim].fade(STEAL_MS, self.rate),
            }
        }
        let Some(free) = self.free() else { return };
        let slot = &mut self.slots[free];
        slot.voice.strike(strike);
        slot.strike = number;
        slot.doing = Doing::Held { until: strike.release };
    }

    /// Whose voice is taken: the quietest note that is released, or else the oldest.
    fn victim(&self) -> Option<usize> {
        let sounding = || self.slots.iter().enumerate().filter(|(_, slot)| slot.is_sounding());
        let released = sounding().filter(|(_, slot)| slot.doing == Doing::Released);
        let quietest =
            released.min_by(|(_, a), (_, b)| a.voice.level().total_cmp(&b.voice.level()).then(a.strike.cmp(&b.strike)));
        quietest.or_else(|| sounding().min_by_key(|(_, slot)| slot.strike)).map(|(index, _)| index)
    }

    /// A voice that does nothing, or else the one that has faded the most: only when more notes are taken within
    /// [`STEAL_MS`] than may sound at once.
    fn free(&self) -> Option<usize> {
        let key = |slot: &Slot<I::Voice>| match slot.doing {
            Doing::Nothing => -1.0,
            Doing::Fading { gain, .. } => gain,
            _ => f32::MAX,
        };
        let slots = self.slots.iter().enumerate();
        slots.min_by(|(_, a), (_, b)| key(a).total_cmp(&key(b))).map(|(index, _)| index)
    }

    /// Adds the voices to a part of the page, in the order of their slots.
    #[inline(always)]
    fn mix(&mut self, at: usize, length: usize) {
        let bend = self.bent.checked_sub(1).and_then(|last| self.score.bends.get(last)).map_or(1.0, |bend| bend.1);
        let is_stereo = Instrument::channels(&self.instrument) == Channels::Stereo;
        let sides = if is_stereo { 2 } else { 1 };
        let mut sound = [[0.0; CHUNK]; 2];
        for slot in &mut self.slots {
            if slot.doing == Doing::Nothing {
                continue;
            }
            let [left, right] = sound.each_mut().map(|side| &mut side[..length]);
            if is_stereo {
                slot.voice.fill_sides(bend, left, right);
            } else {
                slot.voice.fill(bend, left);
            }
            if let Doing::Fading { gain, step } = &mut slot.doing {
                for side in &mut sound[..sides] {
                    for (k, x) in (0_u16..).zip(&mut side[..length]) {
                        *x *= (*gain - *step * f32::from(k)).max(0.0);
                    }
                }
                *gain -= *step * length as f32;
            }
            for (page, side) in self.page.iter_mut().zip(&sound).take(sides) {
                for (page, x) in page[at..at + length].iter_mut().zip(side) {
                    *page += x;
                }
            }
            if slot.voice.is_over() || matches!(slot.doing, Doing::Fading { gain, .. } if gain <= 0.0) {
                slot.doing = Doing::Nothing;
            }
        }
    }

    fn restart(&mut self) {
        for slot in &mut self.slots {
            slot.doing = Doing::Nothing;
            slot.voice.control(Controls::START);
        }
        (self.next, self.bent, self.controlled, self.made, self.position) = (0, 0, 0, 0, 0);
    }
}

impl<V> Slot<V> {
    fn is_sounding(&self) -> bool {
        matches!(self.doing, Doing::Held { .. } | Doing::Released)
    }

    fn fade(&mut self, ms: f64, rate: u32) {
        let frames = (ms * f64::from(rate) / 1000.0).max(1.0);
        self.doing = Doing::Fading { gain: 1.0, step: (1.0 / frames) as f32 };
    }
}

/// The next frames of a player: of both sides, or, into the first, their mean.
struct Fill<'a, I: Instrument>(&'a mut Player<I>, &'a mut [f32], Option<&'a mut [f32]>);

impl<I: Instrument> Work for Fill<'_, I> {
    type Output = ();

    #[inline(always)]
    fn run(self) {
        let Fill(player, left, mut right) = self;
        let is_stereo = Instrument::channels(&player.instrument) == Channels::Stereo;
        let mut done = 0;
        while done < left.len() {
            if player.position == player.made {
                player.make_page();
            }
            let there = (player.made - player.position) as usize;
            let length = there.min(left.len() - done);
            let [first, second] = player.page.each_ref().map(|side| &side[CHUNK - there..CHUNK - there + length]);
            let now = &mut left[done..done + length];
            now.copy_from_slice(first);
            match &mut right {
                Some(right) => right[done..done + length].copy_from_slice(if is_stereo { second } else { first }),
                None if is_stereo => now.iter_mut().zip(second).for_each(|(x, other)| *x = 0.5 * (*x + other)),
                None => {}
            }
            player.position += length as u64;
            done += length;
        }
    }
}

impl<I: Instrument> Generator for Player<I> {
    fn frames(&self) -> u64 {
        self.frames
    }

    fn rate(&self) -> u32 {
        self.rate
    }

    /// Plays what lies between, without being heard: a voice remembers.
    fn seek(&mut self, frame: u64) {
        if frame < self.position {
            self.restart();
        }
        let mut unheard = [0.0; 256];
        while self.position < frame.min(self.frames) {
            let length = (frame - self.position).min(unheard.len() as u64) as usize;
            self.fill(&mut unheard[..length]);
        }
        self.position = self.position.max(frame);
        self.made = self.made.max(self.position);
    }

    fn channels(&self) -> Channels {
        Instrument::channels(&self.instrument)
    }

    fn fill(&mut self, out: &mut [f32]) {
        widest(Fill(self, out, None));
    }

    fn fill_sides(&mut self, left: &mut [f32], right: &mut [f32]) {
        let frames = left.len().min(right.len());
        widest(Fill(self, &mut left[..frames], Some(&mut right[..frames])));
    }
}
