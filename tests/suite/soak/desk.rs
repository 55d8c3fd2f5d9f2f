//! The listener's own solo and mute, by chance; and what a script says that sounds the same.

use serde_json::{Value, json};

use super::dice::Dice;
use crate::watch::client::Watching;

/// What is soloed and muted, by the names of strips: it stays with them, whatever becomes of the script.
#[derive(Default)]
pub struct Desk {
    solo: Vec<String>,
    mute: Vec<String>,
}

impl Desk {
    /// Of some of the strips that a script can name; of none, now and then.
    pub fn by_chance(dice: &mut Dice, script: &str) -> Self {
        let is_any = dice.below(4) > 0;
        let mut some = || {
            let names = strips(script).filter(|_| is_any && dice.below(4) == 0);
            names.map(|(_, name)| name.to_string()).collect()
        };
        Desk { solo: some(), mute: some() }
    }

    /// The script with the desk written into it.
    pub fn applied_to(&self, script: &str) -> String {
        let mut text = script.to_string();
        for (variable, name) in strips(script) {
            for (names, call) in [(&self.solo, "solo"), (&self.mute, "mute")] {
                if names.iter().any(|one| one == name) {
                    text += &format!("{variable}.{call}()\n");
                }
            }
        }
        text
    }

    /// Tells the program, and waits until it has rendered what is heard then.
    pub fn post(&self, watching: &Watching) {
        let mix = watching.mix();
        let ids = |names: &[String]| {
            let is_named = |strip: &&Value| names.iter().any(|name| strip["name"] == *name);
            mix["strips"]
                .as_array()
                .unwrap()
                .iter()
                .filter(is_named)
                .map(|strip| strip["id"].clone())
                .collect::<Value>()
        };
        let desk = json!({ "solo": ids(&self.solo), "mute": ids(&self.mute) });
        let body = json!({ "take": mix["take"], "solo": desk["solo"], "mute": desk["mute"] });
        assert_eq!(watching.post("/desk", &body.to_string()).status, 204, "{body}");
        watching.events().until(|name, mix| name == "mix" && mix["desk"] == desk && mix["rendered"] == true);
    }
}

/// Variables of a script that hold a track or a bus, and its name.
fn strips(script: &str) -> impl Iterator<Item = (&str, &str)> {
    script.lines().filter_map(|line| {
        let (variable, call) = line.split_once(" = ")?;
        let rest = call.strip_prefix("track(\"").or_else(|| call.strip_prefix("bus(\""))?;
        Some((variable, rest.split_once('"')?.0))
    })
}
