//! What may stand on a strip, and what may not.

use starlark::values::Value;

use super::Strip;
use crate::call::{Call, Place};
use crate::effects::{Needs, needs};
use crate::routing;

pub(super) fn insert<'v>(strip: &Strip, call: &Call<'v, '_>) -> Value<'v> {
    for (place, effects) in call.paths("effects") {
        for effect in effects {
            match (needs(effect), strip) {
                (Needs::Measuring, Strip::Track(_)) if routing::listens(strip, call) => {
                    let message = format!("`{}` measures the whole sound first", effect.info().name);
                    call.error(place.clone(), message, |d| {
                        d.label("it stands after an effect that listens to another strip")
                            .hint("insert it before the effects that listen, or set the level with fader(db = ...)")
                    });
                }
                (Needs::Nothing, _) | (Needs::Measuring, Strip::Track(_)) => {
                    routing::listen(strip, call, place, effect.listens_to());
                    strip.of(&mut call.desk.mix.borrow_mut()).inserts.push(effect.clone());
                }
                (Needs::Clip, _) => {
                    let hint = match strip {
                        Strip::Track(_) => {
                            "insert it in each segment of the track, `for bar in track.cut(song.downbeats): \
                             bar.insert(...)`, or in the clip, `audio(...).insert(...)`"
                        }
                        _ => "insert it in the clips or the segments of the tracks that come here",
                    };
                    refuse(call, place.clone(), effect, "works on whole clips", strip, hint);
                }
                (Needs::Measuring, _) => {
                    let hint = "set the level with `fader(db = ...)`, or insert it in the tracks that come here";
                    refuse(call, place.clone(), effect, "measures the whole sound first", strip, hint);
                }
            }
        }
    }
    strip.give(call.heap)
}

fn refuse(call: &Call<'_, '_>, place: Place, effect: &downbeat_dsp::Settings, why: &str, strip: &Strip, hint: &str) {
    let (name, place_name) = (
        effect.info().name,
        match strip {
            Strip::Track(_) => "a track",
            Strip::Bus(_) => "a bus",
            Strip::Master(_) => "the master",
        },
    );
    call.error(place, format!("`{name}` {why}: it cannot be inserted in {place_name}, where sound streams"), |d| {
        let d = match effect.info().reach {
            downbeat_dsp::Reach::Either => d.label("with these settings it needs the whole clip"),
            _ => d.label(why),
        };
        d.hint(hint)
    });
}
