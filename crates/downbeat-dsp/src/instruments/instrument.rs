//! What an instrument is: settings that make voices, and a voice for each note that sounds.

use std::sync::Arc;

use super::polyphony::Player;
use super::score::{Score, Strike};
use super::still::still;
use super::{Controls, Generator, Performance};
use crate::{Channels, Params, Preset, Row};

/// An instrument that plays the notes of a part, several at once.
///
/// Its settings are a value; voices are made from it before the first note, and while it plays nothing is allocated.
pub trait Instrument: Params + Send + Sync {
    /// What plays one note.
    type Voice: Voice;

    /// The instrument as it plays this performance, where that depends on it: with the part's own program.
    fn suited(&self, _performance: &Performance) -> Self {
        self.clone()
    }

    /// Why it cannot play a performance, if it cannot.
    fn objection(&self, _performance: &Performance) -> Option<String> {
        None
    }

    /// The most notes that sound at once. One more takes the voice of the quietest note that is released already, or else
    /// that of the oldest.
    fn polyphony(&self) -> usize;

    /// For how many frames a note sounds, from its start until it is silent. It is never longer; it may be shorter.
    fn sounding(&self, strike: &Strike, rate: u32) -> u64;

    /// The frame at which a note of the score is silent, at the latest. To be overridden where that depends on bends.
    fn end(&self, strike: &Strike, _score: &Score, rate: u32) -> u64 {
        strike.start.saturating_add(self.sounding(strike, rate))
    }

    /// Whether both sides sound the same.
    fn channels(&self) -> Channels {
        Channels::Mono
    }

    /// A voice that is silent, with room for any note of the score.
    fn voice(&self, score: &Score, rate: u32) -> Self::Voice;

    /// Whether its voices follow volume, pan, expression and modulation wheel: see [`Voice::control`].
    fn heeds_controls(&self) -> bool {
        false
    }

    /// Keys of the same group silence each other, as an open hi-hat that is closed.
    fn choke_group(&self, _key: u8) -> Option<u8> {
        None
    }
}

/// One note in motion.
pub trait Voice: Clone + Send + 'static {
    /// Begins a note, whatever was before.
    fn strike(&mut self, strike: &Strike);

    /// Controllers move to where they stand from the next frame on, or from the note's first one. For a voice of an
    /// instrument that heeds them; until it is told, they stand where General MIDI has them.
    fn control(&mut self, _controls: Controls) {}

    /// The key, and the pedal, let the note go.
    fn release(&mut self);

    /// Writes the next frames, at most 32 of them. All that moves more slowly than sound is worked out once in a
    /// call. `bend` is the ratio of frequencies of the pitch bend.
    fn fill(&mut self, bend: f64, out: &mut [f32]);

    /// The same for an instrument of two sides.
    fn fill_sides(&mut self, bend: f64, left: &mut [f32], right: &mut [f32]) {
        self.fill(bend, left);
        right.copy_from_slice(left);
    }

    /// How loud it is now, as a factor, to find the quietest.
    fn level(&self) -> f64;

    /// Whether it stays silent from here on.
    fn is_over(&self) -> bool;
}

/// The most frames that a voice is asked for at once. What moves more slowly than sound moves in steps of these.
pub(super) const CHUNK: usize = 32;

/// What can play a part: every [`Instrument`].
pub trait Playable: Send + Sync {
    /// How long the part sounds in all, in frames, with what rings after its last note.
    fn frames(&self, performance: &Performance, rate: u32) -> u64;

    /// Whether it plays in mono or in stereo.
    fn channels(&self) -> Channels;

    /// See [`Instrument::objection`].
    fn objection(&self, performance: &Performance) -> Option<String>;

    /// Plays the part.
    fn player(&self, performance: &Performance, rate: u32) -> Box<dyn Generator>;
}

impl<I: Instrument> Playable for I {
    fn frames(&self, performance: &Performance, rate: u32) -> u64 {
        frames(&self.suited(performance), &score(self, performance), rate)
    }

    fn channels(&self) -> Channels {
        Instrument::channels(self)
    }

    fn objection(&self, performance: &Performance) -> Option<String> {
        Instrument::objection(self, performance)
    }

    fn player(&self, performance: &Performance, rate: u32) -> Box<dyn Generator> {
        Box::new(Player::new(self.suited(performance), score(self, performance), rate))
    }
}

/// What an instrument plays of a performance.
fn score<I: Instrument>(instrument: &I, performance: &Performance) -> Score {
    let score = Score::new(performance);
    if instrument.heeds_controls() { score } else { score.without_controls() }
}

/// How long a score sounds, in frames.
pub(super) fn frames<I: Instrument>(instrument: &I, score: &Score, rate: u32) -> u64 {
    let end = |strike: &Strike| instrument.end(strike, score, rate);
    score.strikes.iter().map(end).max().unwrap_or(0)
}

/// A row of the table of instruments.
pub type InstrumentInfo = Row<Arc<dyn Playable>>;

/// An instrument with all of its values.
pub type InstrumentSettings = Preset<Arc<dyn Playable>>;

impl InstrumentInfo {
    /// The row of an instrument. The version is to be raised when the sound changes for the same settings.
    pub const fn instrument<I: Instrument>(version: u32) -> Self {
        Row::new::<I>(version, (), |values| Ok(Arc::new(still::<I>(values)?)))
    }
}
