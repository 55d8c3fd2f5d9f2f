//! Numbers that follow the level of a track or a bus.

use downbeat_dsp::{Follow, Movement};
use starlark::values::Value;

use crate::call::Call;
use crate::function::{Function, Param, Run, Takes};
use crate::motion;
use crate::unknown::Unknown;

/// The function `follow`.
pub(crate) fn function() -> Function {
    let db = |name, about| Param::number(name, -120.0, 24.0, about);
    let ms = |name, about| Param::number(name, 0.0, 10_000.0, about);
    Function::new(
        "follow",
        "A number that follows how loud a track or a bus is, before its fader: `pad.fader(db = follow(kick, 0, -12))` makes room \
         for the kick. It goes from `quiet` to `loud` as the level goes from `floor_db` to `top_db`.",
        [
            Param::new("strip", Takes::Strip, "The track or the bus; it may be muted."),
            Param::any_number("quiet", "The number while it is quiet."),
            Param::any_number("loud", "The number while it is loud."),
            ms("attack_ms", "How fast the level goes up, in milliseconds: after that long, 63 % of the way are done.")
                .or(5.0),
            ms("release_ms", "How fast the level goes down, in milliseconds.").or(150.0),
            db("floor_db", "The level that counts as quiet, in decibels of full scale.").or(-48.0),
            db("top_db", "The level that counts as loud, in decibels of full scale.").or(-6.0),
        ],
        "a motion",
        Run::Plain(follow),
    )
}

fn follow<'v>(call: &Call<'v, '_>) -> Value<'v> {
    let Some(strip) = call.strip("strip").map(|strip| strip.name().into()) else { return call.give(Unknown {}) };
    let (floor_db, top_db) = (call.number("floor_db"), call.number("top_db"));
    if floor_db >= top_db {
        return call.error(call.place("floor_db"), "`floor_db` has to be below `top_db`", |d| {
            d.hint("for example floor_db = -48, top_db = -6")
        });
    }
    let frames = |name| call.number(name) * f64::from(call.desk.rate()) / 1000.0;
    let (attack, release) = (frames("attack_ms"), frames("release_ms"));
    let (quiet, loud) = (call.number("quiet"), call.number("loud"));
    motion::give(call, Movement::Follow(Follow { strip, attack, release, floor_db, top_db, quiet, loud }))
}
