//! A take as its listeners have it: what the script says, how it is heard, and what it is made of.

use std::sync::Arc;

use downbeat_engine::live::Take;
use downbeat_engine::{Session, StripIndex};

use super::desk::Desk;

/// Everything that can be asked for by the number of a take.
pub struct Published {
    /// The number, from 1.
    pub number: u64,
    /// What the script says.
    pub session: Arc<Session>,
    /// The listener's solo and mute.
    pub desk: Desk,
    /// The mix as the script says.
    pub mix: Arc<Take>,
    /// The mix as it is heard, with the listener's solo and mute; the same take where there is none.
    pub heard: Arc<Take>,
    /// The recordings of what is heard, with nothing done to them.
    pub raw: Arc<Take>,
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
