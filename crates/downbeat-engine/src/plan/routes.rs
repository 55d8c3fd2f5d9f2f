//! The ways that sound takes through a session: from strip to strip, at which gains, and who is heard in the end.

use std::collections::btree_map::Entry;
use std::collections::{BTreeMap, BTreeSet};

use crate::gains::Gains;
use crate::render::RenderError;
use crate::session::{Session, Strip, StripIndex};

/// The ways through a session on which sound goes: those of muted strips and those that a solo silences are left out.
pub(crate) struct Routes<'s> {
    session: &'s Session,
    /// In the order of the script: tracks, then buses; of each its way out, then its sends.
    ways: Vec<Way>,
}

/// A way from a strip to a bus or to the master.
pub(crate) struct Way {
    pub(crate) from: StripIndex,
    pub(crate) to: StripIndex,
    pub(crate) gains: Gains,
}

impl<'s> Routes<'s> {
    pub(crate) fn new(session: &'s Session) -> Self {
        let all = session.strips().filter(|index| *index != StripIndex::Master);
        let muted =
            |index: &StripIndex| session.strip(*index).mute || session.groups_of(*index).any(|group| group.mute);
        let ways = all.filter(|index| !muted(index)).flat_map(|index| ways(session, index)).collect();
        let mut routes = Routes { session, ways };
        routes.solo_in_place();
        routes
    }

    /// Leaves what comes from solo strips and what goes to them, if any strip is solo. Whatever a solo strip goes through on
    /// its way is heard as it is.
    fn solo_in_place(&mut self) {
        let is_solo = |index: &StripIndex| {
            self.session.strip(*index).solo || self.session.groups_of(*index).any(|group| group.solo)
        };
        let solo: BTreeSet<StripIndex> = self.session.strips().filter(is_solo).collect();
        if solo.is_empty() {
            return;
        }
        let after = self.reached(solo.clone(), |way, from| from.contains(&way.from).then_some(way.to));
        let before = self.reached(solo, |way, to| to.contains(&way.to).then_some(way.from));
        self.ways.retain(|way| after.contains(&way.from) || before.contains(&way.to));
    }

    /// All strips that are reached from some, way after way.
    fn reached(
        &self,
        mut strips: BTreeSet<StripIndex>,
        step: impl Fn(&Way, &BTreeSet<StripIndex>) -> Option<StripIndex>,
    ) -> BTreeSet<StripIndex> {
        let mut known = 0;
        while known < strips.len() {
            known = strips.len();
            let more: Vec<StripIndex> = self.ways.iter().filter_map(|way| step(way, &strips)).collect();
            strips.extend(more);
        }
        strips
    }

    /// The strips whose sound comes to the master, and the master.
    pub(crate) fn heard(&self) -> BTreeSet<StripIndex> {
        self.reached(BTreeSet::from([StripIndex::Master]), |way, to| to.contains(&way.to).then_some(way.from))
    }

    /// The ways that lead to a bus or to the master.
    pub(crate) fn ways_to(&self, to: StripIndex) -> impl Iterator<Item = &Way> {
        self.ways.iter().filter(move |way| way.to == to)
    }

    /// The track or the bus with this name.
    pub(crate) fn named(&self, name: &str) -> Result<StripIndex, RenderError> {
        let mut all = self.session.strips().filter(|index| *index != StripIndex::Master);
        let found = all.find(|index| self.session.name(*index) == name);
        found.ok_or_else(|| RenderError::NoStrip { name: name.to_string() })
    }

    /// The strips that have to be there before one can be worked on.
    fn sources(&self, index: StripIndex) -> Result<Vec<StripIndex>, RenderError> {
        let mut sources = Vec::new();
        for name in self.session.strip(index).inserts.iter().flat_map(|insert| insert.listens_to()) {
            sources.push(self.named(name)?);
        }
        for way in self.ways_to(index) {
            sources.push(way.from);
            for name in way.gains.listens_to() {
                sources.push(self.named(name)?);
            }
        }
        if index == StripIndex::Master {
            for name in Gains::of_strip(self.session, index).listens_to() {
                sources.push(self.named(name)?);
            }
        }
        Ok(sources)
    }

    /// All that has to be worked on, each after what it needs: strips that are heard, and those that they listen to.
    pub(crate) fn order(&self) -> Result<Vec<StripIndex>, RenderError> {
        let mut sources: BTreeMap<StripIndex, Vec<StripIndex>> = BTreeMap::new();
        let mut new = vec![StripIndex::Master];
        while let Some(index) = new.pop() {
            if let Entry::Vacant(place) = sources.entry(index) {
                new.extend(place.insert(self.sources(index)?).iter());
            }
        }
        let mut order: Vec<StripIndex> = Vec::with_capacity(sources.len());
        // The first that has all it needs comes next; what is still in the map waits.
        while !sources.is_empty() {
            let is_ready = |of: &[StripIndex]| of.iter().all(|source| !sources.contains_key(source));
            match sources.iter().find(|(_, of)| is_ready(of)).map(|(index, _)| *index) {
                Some(index) => {
                    sources.remove(&index);
                    order.push(index);
                }
                None => return Err(self.waiting_for_each_other(&sources)),
            }
        }
        Ok(order)
    }

    /// A circle in which strips wait for each other, in the order of the sound; the last is the first again.
    pub(crate) fn circle(&self) -> Option<Vec<StripIndex>> {
        match self.order() {
            // Nothing comes out of the master, so it is in none.
            Err(RenderError::Circle { strips }) => strips.iter().map(|name| self.named(name).ok()).collect(),
            _ => None,
        }
    }

    /// The error of a circle in which strips wait for each other; each has a source that waits, too.
    fn waiting_for_each_other(&self, waiting: &BTreeMap<StripIndex, Vec<StripIndex>>) -> RenderError {
        let mut path: Vec<StripIndex> = Vec::new();
        let mut next = waiting.keys().next();
        while let Some(index) = next {
            if let Some(begin) = path.iter().position(|passed| passed == index) {
                path.drain(..begin);
                break;
            }
            path.push(*index);
            next = waiting[index].iter().find(|source| waiting.contains_key(source));
        }
        // Sources were followed, so sound goes the other way round.
        path.reverse();
        path.extend(path.first().copied());
        RenderError::Circle { strips: path.into_iter().map(|index| self.session.name(index).to_string()).collect() }
    }
}

/// The ways out of a strip.
fn ways(session: &Session, from: StripIndex) -> impl Iterator<Item = Way> {
    let Strip { output, sends, .. } = session.strip(from);
    let main =
        Way { from, to: output.map_or(StripIndex::Master, StripIndex::Bus), gains: Gains::of_strip(session, from) };
    let sends = sends.iter().map(move |send| Way {
        from,
        to: StripIndex::Bus(send.bus),
        gains: Gains::of_send(session, from, send),
    });
    std::iter::once(main).chain(sends)
}
