//! A take as its listeners have it: what the script says, how it is heard, and what it is made of.

use std::sync::{Arc, OnceLock};

use downbeat_engine::live::{Live, Take};
use downbeat_engine::time::Frames;
use downbeat_engine::{Recordings, RenderError, Session, StripIndex, World};

use super::desk::Desk;

/// Everything that can be asked for by the number of a take.
pub struct Published {
    /// The number, from 1.
    pub number: u64,
    /// What the script says.
    pub session: Arc<Session>,
    /// The listener's solo and mute, and the number of that wish.
    pub desk: (u64, Desk),
    /// The mix as the script says.
    pub mix: Arc<Take>,
    /// The mix as it is heard, with the listener's solo and mute; the same take where there is none.
    pub heard: Arc<Take>,
    /// The recordings of what is heard, with nothing done to them.
    pub raw: Raw,
}

/// The recordings of a sound, with nothing done to them: planned when somebody asks for them.
pub struct Raw {
    /// Who renders them.
    pub live: Arc<Live>,
    /// Whose recordings they are.
    pub session: Arc<Session>,
    /// How long that sounds, in frames: both can be listened to anywhere.
    pub frames: u64,
    /// What it may read.
    pub world: Arc<dyn World>,
    /// What is decoded already.
    pub recordings: Recordings,
    /// The take, once it is planned.
    pub take: OnceLock<Arc<Take>>,
}

impl Raw {
    /// The take.
    ///
    /// # Errors
    /// When it cannot be planned.
    pub fn take(&self) -> Result<Arc<Take>, RenderError> {
        if let Some(take) = self.take.get() {
            return Ok(take.clone());
        }
        let session = Session { length: Some(Frames(self.frames)), ..self.session.raw() };
        let take = self.live.take(&Arc::new(session), self.world.clone(), self.recordings.clone())?;
        // Whoever was first is right.
        Ok(self.take.get_or_init(|| take).clone())
    }
}

impl Published {
    /// The strip that has this number: tracks, buses, the master.
    pub fn strip(&self, id: usize) -> Option<StripIndex> {
        self.session.strips().nth(id)
    }

    /// Where a strip is drawn from. Tracks and buses are there even if the listener has silenced them.
    pub fn drawn_from(&self, strip: StripIndex) -> &Arc<Take> {
        if strip == StripIndex::Master { &self.heard } else { &self.mix }
    }

    /// Whether what is heard is what the script says.
    pub fn is_as_scripted(&self) -> bool {
        Arc::ptr_eq(&self.mix, &self.heard)
    }
}
