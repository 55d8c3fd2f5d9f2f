//! The functions that are about the mix as a whole: the session, units of time, options, and numbers for print.

use std::sync::Arc;

use downbeat_dsp::{PanLaw, Value as Setting, decibels, ratio};
use starlark::values::Value;

use crate::accept::plain;
use crate::call::{Call, Place};
use crate::function::{Function, Param, Run, Takes, names_of};
use crate::song::Tempo;
use crate::strips;
use crate::time::Duration;
use crate::unknown::Unknown;

/// A day, in seconds: longer than any mix.
const DAY_S: f64 = 86_400.0;

/// The functions.
pub(crate) fn functions() -> Vec<Function> {
    let amount = |name, about| Param::number(name, -DAY_S * 1000.0, DAY_S * 1000.0, about);
    vec![
        Function::new(
            "session",
            "Sets what holds for the whole mix. It comes first, and once.",
            [
                Param::whole("rate", 8_000, 768_000, "Frames per second.").or(48_000_i64),
                Param::new("length", Takes::Moment, "Where the mix ends; None lets everything ring out.")
                    .or_else("None"),
                Param::choice(
                    "pan_law",
                    names_of::<PanLaw>(),
                    "What `pan` does to both sides where it does not say: how much louder a sound is at a side than in the \
                     centre.",
                )
                .or("-3 dB"),
            ],
            "nothing",
            Run::Free(session),
        ),
        Function::new(
            "seconds",
            "A duration in seconds.",
            [amount("x", "How many.")],
            "a duration",
            Run::Plain(|call| call.give(Duration::of_seconds(call.number("x")))),
        ),
        Function::new(
            "ms",
            "A duration in milliseconds.",
            [amount("x", "How many.")],
            "a duration",
            Run::Plain(|call| call.give(Duration::of_seconds(call.number("x") / 1000.0))),
        ),
        Function::new(
            "samples",
            "A duration in samples at the session's rate.",
            [Param::whole("n", -1_000_000_000_000, 1_000_000_000_000, "How many.")],
            "a duration",
            Run::Plain(|call| call.give(Duration::of_frames(call.whole("n") as f64, call.desk.rate_for_samples()))),
        ),
        Function::new(
            "beats",
            "A duration in beats, which are quarter notes. Added to a moment it follows the song's tempo.",
            [amount("x", "How many.")],
            "a duration",
            Run::Plain(|call| match tempo(call, "beats", Place::Name) {
                Some(tempo) => call.give(Duration::of_beats(call.number("x"), tempo)),
                None => call.give(Unknown {}),
            }),
        ),
        Function::new(
            "bars",
            "A duration in bars. Added to a moment it follows the song's time signatures.",
            [amount("x", "How many.")],
            "a duration",
            Run::Plain(|call| match tempo(call, "bars", Place::Name) {
                Some(tempo) => call.give(Duration::of_bars(call.number("x"), tempo)),
                None => call.give(Unknown {}),
            }),
        ),
        Function::new(
            "option",
            "A value that can be set from outside, with `--set NAME=VALUE`. It has the kind of its default.",
            [
                Param::new("name", Takes::Text, "The name."),
                Param::new("default", Takes::Plain, "What it is when it is not set."),
            ],
            "the value",
            Run::Free(option),
        ),
        Function::new(
            "db",
            "The level of an amplitude ratio in decibels: 20 log10(ratio).",
            [Param::number("ratio", 0.0, f64::MAX, "The ratio.")],
            "a number",
            Run::Plain(|call| call.give(decibels(call.number("ratio")))),
        ),
        Function::new(
            "ratio",
            "The amplitude ratio of a level in decibels: 10^(db/20).",
            [Param::number("db", -10_000.0, 1_000.0, "The level.")],
            "a number",
            Run::Plain(|call| call.give(ratio(call.number("db")))),
        ),
        Function::new(
            "note_hz",
            "The frequency of a note in Hz, with A4 = 440 Hz: note_hz(\"A4\"), note_hz(\"F#2\"), note_hz(69).",
            [Param::new("note", Takes::NameOrNumber, "A name with its octave, or a MIDI pitch from 0 to 127.")],
            "a number",
            Run::Plain(note_hz),
        ),
    ]
}

fn session<'v>(call: &Call<'v, '_>) -> Value<'v> {
    let here = call.span_of(&Place::Name);
    let (declared, taken, samples) = {
        let mix = call.desk.mix.borrow();
        (mix.declared.clone(), mix.rate, mix.samples)
    };
    if let Some(earlier) = declared {
        call.error(Place::Name, "`session` is called twice", |d| {
            d.label("once more").related(earlier, "the first time")
        });
        return Value::new_none();
    }
    let rate = u32::try_from(call.whole("rate")).unwrap_or(crate::desk::DEFAULT_RATE);
    // The samples in its own arguments are counted at the rate it declares; earlier ones were not.
    let own = call.span().map_or(0, |span| call.desk.excerpt(&span).matches("samples(").count());
    let taken = taken.or((samples > own).then_some(crate::desk::DEFAULT_RATE));
    if let Some(taken) = taken.filter(|taken| call.desk.options.rate.is_none() && *taken != rate) {
        call.error(Place::Name, "`session` comes too late", |d| {
            d.label(format!("what was made before has {taken} frames per second")).hint("make it the first statement")
        });
    }
    let mut mix = call.desk.mix.borrow_mut();
    mix.declared = here;
    mix.declared_rate = Some(rate);
    mix.length = call.moment("length").cloned();
    mix.pan_law = call.choice_of("pan_law");
    mix.master.pan_law = strips::new_strip(&mix).pan_law;
    Value::new_none()
}

/// The tempo of the mix, for what is counted in `unit`; else an error at a place of the call.
pub(crate) fn tempo(call: &Call<'_, '_>, unit: &str, place: Place) -> Option<Arc<Tempo>> {
    let tempo = call.desk.mix.borrow().tempo.clone();
    if tempo.is_none() {
        call.error(place, format!("there is no tempo yet: `{unit}` are counted in a song"), |d| {
            d.hint("read the song first: song = midi(\"song.mid\"); or count in seconds")
        });
    }
    tempo
}

fn option<'v>(call: &Call<'v, '_>) -> Value<'v> {
    let (Some(name), Some(default)) = (call.text("name"), call.value("default")) else { return call.give(Unknown {}) };
    call.desk.asked.borrow_mut().push(name.to_string());
    let Some(text) = call.desk.setting(name) else { return default };
    let value = match plain(default) {
        Some(Setting::Number(_)) => text.parse().ok().filter(|x: &f64| x.is_finite()).map(|x| call.give(x)),
        Some(Setting::Whole(_)) => text.parse().ok().map(|n: i64| call.give(n)),
        Some(Setting::Switch(_)) => match text.to_lowercase().as_str() {
            "true" | "on" | "yes" | "1" => Some(Value::new_bool(true)),
            "false" | "off" | "no" | "0" => Some(Value::new_bool(false)),
            _ => None,
        },
        _ => Some(call.give(text)),
    };
    value.unwrap_or_else(|| {
        let takes = match plain(default) {
            Some(Setting::Number(_)) => "a number",
            Some(Setting::Whole(_)) => "a whole number",
            _ => "true or false",
        };
        call.error(call.place("name"), format!("`--set {name}={text}`: the option {name:?} takes {takes}"), |d| {
            d.label(format!("its default is {default}"))
        });
        default
    })
}

fn note_hz<'v>(call: &Call<'v, '_>) -> Value<'v> {
    let pitch = match call.value("note").and_then(plain) {
        Some(Setting::Choice(name)) => pitch_of(&name).ok_or(format!("{name:?} is not the name of a note")),
        Some(Setting::Whole(pitch)) => Ok(pitch),
        _ => return call.give(Unknown {}),
    };
    match pitch {
        Ok(pitch @ 0..=127) => call.give(440.0 * libm::exp2((pitch as f64 - 69.0) / 12.0)),
        Ok(pitch) => call
            .error(call.place("note"), format!("the pitch {pitch} is out of range"), |d| d.label("it takes 0 to 127")),
        Err(message) => call.error(call.place("note"), message, |d| {
            d.hint("names are a letter, # or b if there is one, and the octave: \"A4\", \"F#2\", \"Bb3\"")
        }),
    }
}

/// The MIDI pitch of a name: C4 is 60 (middle C), A4 is 69.
pub(crate) fn pitch_of(name: &str) -> Option<i64> {
    let mut chars = name.trim().chars();
    let letter = match chars.next()?.to_ascii_uppercase() {
        'C' => 0,
        'D' => 2,
        'E' => 4,
        'F' => 5,
        'G' => 7,
        'A' => 9,
        'B' => 11,
        _ => return None,
    };
    let rest = chars.as_str();
    let octave = rest.trim_start_matches(['#', 'b']);
    let bends = rest[..rest.len() - octave.len()].chars().map(|sign| if sign == '#' { 1 } else { -1 });
    Some(letter + bends.sum::<i64>() + 12 * (octave.parse::<i8>().ok().map(i64::from)? + 1))
}

#[cfg(test)]
mod tests {
    use super::pitch_of;

    #[test]
    fn notes_have_their_midi_pitch() {
        for (name, pitch) in [("C4", 60), ("A4", 69), ("f#2", 42), ("Bb3", 58), ("C-1", 0), ("Cb4", 59), ("B#3", 60)] {
            assert_eq!(pitch_of(name), Some(pitch), "{name}");
        }
        for name in ["", "H4", "A", "#4", "A4x"] {
            assert_eq!(pitch_of(name), None, "{name}");
        }
    }
}
