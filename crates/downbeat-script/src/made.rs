//! Effects that were made before, by what they were given: a thousand segments that are given the same effect share it, and so
//! do the sessions of two evaluations, so that it is seen at once that nothing has changed there.

use std::collections::BTreeMap;
use std::sync::{Mutex, PoisonError};

use downbeat_dsp::{Settings, Value};

use crate::sound::Sounds;

/// What was made, by the name of the effect and what it was given.
#[derive(Default)]
pub(crate) struct Made(Mutex<BTreeMap<Vec<u8>, Known>>);

struct Known {
    settings: Settings,
    /// The evaluation that asked for it last.
    evaluation: u64,
}

/// More effects than this are not kept.
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
        let Some(name) = name(effect, given) else { return make() };
        let mut made = self.memory.made.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(known) = made.get_mut(&name) {
            known.evaluation = self.evaluation;
            return Some(known.settings.clone());
        }
        let settings = make()?;
        if made.len() >= MOST {
            made.clear();
        }
        made.insert(name, Known { settings: settings.clone(), evaluation: self.evaluation });
        Some(settings)
    }
}

impl Made {
    /// Lets go of what another evaluation than this asked for last.
    pub(crate) fn keep_only(&self, evaluation: u64) {
        let mut made = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        made.retain(|_, known| known.evaluation == evaluation);
    }
}

/// Bytes that are the same exactly when the effect is, and all that can be seen of it. There are none for values that may be
/// equal and yet be shown in other words: sounds, SoundFonts, and what moves.
fn name<'s>(effect: &str, given: impl Iterator<Item = (usize, &'s Value)>) -> Option<Vec<u8>> {
    let mut name = Vec::with_capacity(64);
    name.extend(effect.as_bytes());
    for (param, value) in given {
        let (kind, number, text) = match value {
            Value::Number(x) => (1, x.to_bits(), ""),
            Value::Whole(n) => (2, n.cast_unsigned(), ""),
            Value::Switch(on) => (3, u64::from(*on), ""),
            Value::Choice(choice) => (4, 0, choice.as_str()),
            Value::Text(text) => (5, 0, text.as_str()),
            Value::Strip(Some(strip)) => (6, 0, strip.as_ref()),
            Value::Strip(None) => (7, 0, ""),
            Value::Moving(_) | Value::Sounds(_) | Value::SoundFont(_) => return None,
        };
        // No name of an effect has a byte like this, and every text is as long as it says.
        name.extend([0xff, kind]);
        name.extend((param as u32).to_le_bytes());
        name.extend(if text.is_empty() { number } else { text.len() as u64 }.to_le_bytes());
        name.extend(text.as_bytes());
    }
    Some(name)
}
