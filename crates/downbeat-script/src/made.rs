//! Effects that were made before, by what they were given: a thousand segments that are given the same effect share it, and so
//! do the sessions of two evaluations, so that it is seen at once that nothing has changed there.

use std::collections::BTreeMap;
use std::sync::{Mutex, PoisonError};

use downbeat_dsp::{Settings, Value};

use crate::sound::Sounds;

/// What was made, by the name of the effect and what it was given.
#[derive(Default)]
pub(crate) struct Made(Mutex<Table>);

#[derive(Default)]
struct Table {
    known: BTreeMap<Vec<u8>, Known>,
    /// Room for the name of what is looked for: nothing is allocated for what is known.
    name: Vec<u8>,
    /// How many there may be before those of other evaluations are let go of.
    room: usize,
}

struct Known {
    settings: Settings,
    /// The evaluation that asked for it last.
    evaluation: u64,
}

/// More effects than this are kept only for the evaluation that is under way.
const MOST: usize = 100_000;

impl Sounds {
    /// The settings of an effect that is given these values, by the indices of its parameters: those that are known, or those
    /// that are made now.
    pub(crate) fn made<'s>(
        &self,
        effect: &str,
        given: impl Iterator<Item = (usize, &'s Value)>,
        make: impl FnOnce() -> Option<Settings>,
    ) -> Option<Settings> {
        let mut table = self.memory.made.0.lock().unwrap_or_else(PoisonError::into_inner);
        let Table { known: made, name, room } = &mut *table;
        if !write_name(name, effect, given) {
            return make();
        }
        if let Some(known) = made.get_mut(name.as_slice()) {
            known.evaluation = self.evaluation;
            return Some(known.settings.clone());
        }
        let settings = make()?;
        if made.len() >= (*room).max(MOST) {
            made.retain(|_, known| known.evaluation == self.evaluation);
            *room = 2 * made.len();
        }
        made.insert(name.clone(), Known { settings: settings.clone(), evaluation: self.evaluation });
        Some(settings)
    }
}

impl Made {
    /// Lets go of what another evaluation than this asked for last.
    pub(crate) fn keep_only(&self, evaluation: u64) {
        let mut table = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        table.known.retain(|_, known| known.evaluation == evaluation);
    }
}

/// Writes bytes that are the same exactly when the effect is, and all that can be seen of it. There are none for values that
/// may be equal and yet be shown in other words: sounds, SoundFonts, and what moves.
fn write_name<'s>(name: &mut Vec<u8>, effect: &str, given: impl Iterator<Item = (usize, &'s Value)>) -> bool {
    name.clear();
    name.extend(effect.as_bytes());
    for (param, value) in given {
        let (kind, number, text) = match value {
            Value::Number(x) => (1, x.to_bits(), ""),
            Value::Whole(n) => (2, n.cast_unsigned(), ""),
            Value::Switch(on) => (3, u64::from(*on), ""),
            Value::Choice(choice) => (4, choice.len() as u64, choice.as_str()),
            Value::Text(text) => (5, text.len() as u64, text.as_str()),
            Value::Strip(Some(strip)) => (6, strip.len() as u64, strip.as_ref()),
            Value::Strip(None) => (7, 0, ""),
            Value::Moving(_) | Value::Sounds(_) | Value::SoundFont(_) => return false,
        };
        // No name of an effect has a byte like this, and every text is as long as it says.
        name.extend([0xff, kind]);
        name.extend((param as u32).to_le_bytes());
        name.extend(number.to_le_bytes());
        name.extend(text.as_bytes());
    }
    true
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;

    #[test]
    fn names_tell_apart_whatever_can_be_told_apart() {
        let name = |effect: &str, given: &[(usize, Value)]| {
            let mut name = b"of another one".to_vec();
            write_name(&mut name, effect, given.iter().map(|(param, value)| (*param, value))).then_some(name)
        };
        let choice = |text: &str| Value::Choice(text.into());
        let of_each = || {
            [
                name("a", &[]),
                name("b", &[]),
                name("a", &[(0, Value::Number(0.0))]),
                name("a", &[(0, Value::Number(-0.0))]),
                name("a", &[(1, Value::Number(0.0))]),
                name("a", &[(0, Value::Whole(0))]),
                name("a", &[(0, Value::Switch(false))]),
                name("a", &[(0, choice("x")), (1, choice("y"))]),
                name("a", &[(0, choice("xy")), (1, choice(""))]),
                name("a", &[(0, Value::Text("x".into()))]),
                name("a", &[(0, Value::Strip(None))]),
                name("a", &[(0, Value::Strip(Some(Arc::from(""))))]),
                name("a", &[(0, Value::Strip(Some(Arc::from("x"))))]),
            ]
        };
        for (i, a) in of_each().iter().enumerate() {
            assert!(a.is_some());
            of_each().iter().enumerate().for_each(|(j, b)| assert_eq!(a == b, i == j, "{i} and {j}"));
        }
        assert_eq!(name("a", &[(0, Value::Sounds(Default::default()))]), None);
    }
}
