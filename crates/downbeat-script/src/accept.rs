//! Checks one argument against what its parameter takes.

mod setting;

use downbeat_dsp::{EnvelopeSettings, InstrumentSettings, Settings, Value as Setting, WaveSettings};
use downbeat_engine::media::Pick;
use starlark::values::float::UnpackFloat;
use starlark::values::list::ListRef;
use starlark::values::tuple::TupleRef;
use starlark::values::{UnpackValue, Value};

use crate::clips::ClipHandle;
use crate::effects::{EffectHandle, EnvelopeHandle, InstrumentHandle, WaveHandle};
use crate::expect::{INSTEAD, ReadingHandle};
use crate::function::Takes;
use crate::grid::GridHandle;
use crate::nearest::nearest;
use crate::object::Callable;
use crate::song::PartHandle;
use crate::strips::{BusHandle, MasterHandle, Strip, TrackHandle};
use crate::time::{Duration, Moment};
use crate::unknown::Unknown;
pub(crate) use setting::range;
use setting::setting;

/// An argument that was accepted.
pub(crate) enum Arg<'v> {
    Setting(Setting),
    Text(String),
    Any(Value<'v>),
    Duration(Duration),
    Moment(Moment),
    Grid(GridHandle),
    Clip(ClipHandle),
    Bus(usize),
    Strips(Vec<Strip>),
    Part(PartHandle),
    Wave(WaveSettings),
    Envelope(EnvelopeSettings),
    Instrument(InstrumentSettings),
    Effects(Vec<Settings>),
    Channels(Pick),
    Numbers(Vec<f64>),
    Points(Vec<(Moment, f64)>),
    Reading(ReadingHandle),
}

/// Why an argument was not accepted.
pub(crate) enum Refusal {
    /// It is a stand-in for something whose fault was reported already.
    FollowsFromAnother,
    /// It is something else altogether.
    WrongKind { found: String, hint: Option<String> },
    /// It is a number that is too small or too large.
    OutOfRange { found: String, allowed: String },
    /// Something of its own.
    Wrong { message: String, label: String, hint: Option<String> },
}

/// Accepts a value, or says why not.
pub(crate) fn accept<'v>(takes: &Takes, value: Value<'v>) -> Result<Arg<'v>, Refusal> {
    if Unknown::from_value(value).is_some() {
        return Err(Refusal::FollowsFromAnother);
    }
    // A function where the thing that it makes belongs: the brackets were forgotten.
    let wrong = |hint: Option<String>| {
        let hint = hint.or_else(|| {
            let callable = Callable::from_value(value)?;
            Some(format!("to call it, write brackets: {}", callable.function.signature()))
        });
        Err(Refusal::WrongKind { found: kind_of(value), hint })
    };
    match takes {
        Takes::Reading => match ReadingHandle::from_value(value) {
            Some(reading) => Ok(Arg::Reading(reading.clone())),
            None if is_strip(value) => {
                wrong(Some("take one of its readings: its lufs, true_peak_db or crest_db".into()))
            }
            None if number(value).is_some() => {
                wrong(Some("what is a number now can be checked now: if clip.peak_db > -1: fail(\"too loud\")".into()))
            }
            None => wrong(None),
        },
        _ if ReadingHandle::from_value(value).is_some() => {
            wrong(Some(format!("a reading is known only after the render; {INSTEAD}")))
        }
        Takes::Setting(info) => setting(info, value),
        Takes::Text => value.unpack_str().map_or_else(|| wrong(None), |text| Ok(Arg::Text(text.to_string()))),
        Takes::Plain => match plain(value) {
            Some(_) => Ok(Arg::Any(value)),
            None => wrong(None),
        },
        Takes::NameOrNumber => match plain(value) {
            Some(Setting::Whole(_) | Setting::Choice(_)) => Ok(Arg::Any(value)),
            _ => wrong(None),
        },
        Takes::Duration => match (Duration::from_value(value), plain(value)) {
            (Some(duration), _) => Ok(Arg::Duration(duration.clone())),
            (None, Some(Setting::Number(_) | Setting::Whole(_))) => Err(without_unit(value)),
            (None, _) if Moment::from_value(value).is_some() => {
                wrong(Some("a moment is a place in the song; the difference of two moments is a duration".into()))
            }
            _ => wrong(None),
        },
        Takes::Moment => moment(value).map(Arg::Moment),
        Takes::Grid => match items(value) {
            _ if let Some(grid) = GridHandle::from_value(value) => Ok(Arg::Grid(grid.clone())),
            Some(items) => items
                .into_iter()
                .map(moment)
                .collect::<Result<_, _>>()
                .map(|moments| Arg::Grid(GridHandle::new(moments))),
            None if sounds(value) => wrong(Some("to cut where it sounds, take its onsets: onsets(track)".into())),
            None if Moment::from_value(value).is_some() => wrong(Some("put it in brackets: [moment]".into())),
            None if crate::song::SongHandle::from_value(value).is_some() => {
                wrong(Some("cut on one of its grids: song.downbeats, song.beats or song.bars(4)".into()))
            }
            None => wrong(None),
        },
        Takes::Clip => match ClipHandle::from_value(value) {
            Some(clip) => Ok(Arg::Clip(clip.clone())),
            None if value.unpack_str().is_some() => {
                wrong(Some(format!("to load a recording, write audio({})", value.to_repr())))
            }
            None => wrong(None),
        },
        Takes::Sound if sounds(value) => Ok(Arg::Any(value)),
        Takes::Sound => wrong(match value.unpack_str() {
            Some(_) => Some(format!("to load a recording, write audio({})", value.to_repr())),
            None => {
                let segment = crate::segments::SegmentHandle::from_value(value);
                segment.map(|_| "take the track that was cut, or its clip".to_string())
            }
        }),
        Takes::Bus => match BusHandle::from_value(value) {
            Some(bus) => Ok(Arg::Bus(bus.index)),
            None => wrong(value.unpack_str().map(|_| "a bus is the value that bus(...) gives, not its name".into())),
        },
        Takes::Strip => match Strip::from_value(value) {
            Some(strip) => Ok(Arg::Strips(vec![strip])),
            None => wrong(not_a_strip(value)),
        },
        Takes::Strips => match (Strip::from_value(value), items(value)) {
            (Some(strip), _) => Ok(Arg::Strips(vec![strip])),
            (None, Some(items)) if items.iter().any(|item| Unknown::from_value(*item).is_some()) => {
                Err(Refusal::FollowsFromAnother)
            }
            (None, Some(items)) => match items.iter().find(|item| Strip::from_value(**item).is_none()) {
                None => Ok(Arg::Strips(items.into_iter().filter_map(Strip::from_value).collect())),
                Some(odd) => {
                    Err(Refusal::WrongKind { found: format!("a list with {}", kind_of(*odd)), hint: not_a_strip(*odd) })
                }
            },
            (None, None) => wrong(not_a_strip(value)),
        },
        Takes::Part => match PartHandle::from_value(value) {
            Some(part) => Ok(Arg::Part(part.clone())),
            None => wrong(value.unpack_str().map(|name| format!("write song.part({name:?})"))),
        },
        Takes::Wave => match WaveHandle::from_value(value) {
            Some(wave) => wave.settings.clone().map(Arg::Wave).ok_or(Refusal::FollowsFromAnother),
            None => wrong(named_maker(value, downbeat_dsp::WAVES.iter().map(|wave| wave.name))),
        },
        Takes::Envelope => match EnvelopeHandle::from_value(value) {
            Some(envelope) => envelope.settings.clone().map(Arg::Envelope).ok_or(Refusal::FollowsFromAnother),
            None => wrong(named_maker(value, downbeat_dsp::ENVELOPES.iter().map(|envelope| envelope.name))),
        },
        Takes::Instrument => match InstrumentHandle::from_value(value) {
            Some(instrument) => instrument.settings.clone().map(Arg::Instrument).ok_or(Refusal::FollowsFromAnother),
            None if WaveHandle::from_value(value).is_some() => {
                wrong(Some("a wave is played by synth(part, wave)".into()))
            }
            None => wrong(named_maker(value, downbeat_dsp::INSTRUMENTS.iter().map(|instrument| instrument.name))),
        },
        Takes::Effects => match effects(value) {
            Ok(effects) => Ok(Arg::Effects(effects)),
            Err(None) => Err(Refusal::FollowsFromAnother),
            Err(Some(odd)) if odd.ptr_eq(value) => {
                wrong(named_maker(value, downbeat_dsp::EFFECTS.iter().map(|effect| effect.name)))
            }
            Err(Some(odd)) => Err(Refusal::WrongKind { found: format!("a list with {}", kind_of(odd)), hint: None }),
        },
        Takes::Channels => channels(value),
        Takes::Points => {
            let Some(list) = items(value) else { return wrong(None) };
            let mut points = Vec::with_capacity(list.len());
            for item in list {
                match items(item).as_deref() {
                    Some([at, value]) if number(*value).is_some() => {
                        points.push((moment(*at)?, number(*value).unwrap_or_default()));
                    }
                    _ => return wrong(Some(format!("{} is not a moment and a number", item.to_repr()))),
                }
            }
            Ok(Arg::Points(points))
        }
        Takes::Numbers => match items(value) {
            Some(items) => items
                .into_iter()
                .map(number)
                .collect::<Option<_>>()
                .map_or_else(|| wrong(None), |x| Ok(Arg::Numbers(x))),
            None => wrong(None),
        },
    }
}

/// What a value is, in words, with its article: "a string", "a track".
pub(crate) fn kind_of(value: Value<'_>) -> String {
    match value.get_type() {
        "int" | "float" => format!("the number {}", value.to_repr()),
        "string" => "a string".into(),
        "bool" => value.to_repr(),
        other => article(other),
    }
}

/// A plain value as a setting: number, whole number, switch, or name.
pub(crate) fn plain(value: Value<'_>) -> Option<Setting> {
    if let Some(on) = value.unpack_bool() {
        return Some(Setting::Switch(on));
    }
    if let Some(text) = value.unpack_str() {
        return Some(Setting::Choice(text.to_string()));
    }
    if let Some(n) = i64::unpack_value(value).ok().flatten() {
        return Some(Setting::Whole(n));
    }
    UnpackFloat::unpack_value(value).ok().flatten().map(|x| Setting::Number(x.0))
}

fn number(value: Value<'_>) -> Option<f64> {
    match plain(value)? {
        Setting::Number(x) => Some(x),
        Setting::Whole(n) => Some(n as f64),
        _ => None,
    }
}

fn without_unit(value: Value<'_>) -> Refusal {
    Refusal::Wrong {
        message: format!("{value} what? A time has a unit"),
        label: "a number without a unit".into(),
        hint: Some(format!("write seconds({value}), ms({value}), beats({value}) or bars({value})")),
    }
}

fn moment(value: Value<'_>) -> Result<Moment, Refusal> {
    if let Some(moment) = Moment::from_value(value) {
        return Ok(moment.clone());
    }
    if let Some(duration) = Duration::from_value(value) {
        return Ok(Moment::START.after(duration));
    }
    if Unknown::from_value(value).is_some() {
        return Err(Refusal::FollowsFromAnother);
    }
    if number(value).is_some() {
        return Err(without_unit(value));
    }
    let hint = crate::segments::SegmentHandle::from_value(value)
        .map(|_| "a segment begins at its `start` and ends at its `end`".to_string());
    Err(Refusal::WrongKind { found: kind_of(value), hint })
}

/// Whether a value is something that can be listened to.
fn sounds(value: Value<'_>) -> bool {
    ClipHandle::from_value(value).is_some() || TrackHandle::from_value(value).is_some()
}

/// Whether a value is a strip of the desk.
fn is_strip(value: Value<'_>) -> bool {
    let is_track_or_bus = TrackHandle::from_value(value).is_some() || BusHandle::from_value(value).is_some();
    is_track_or_bus || MasterHandle::from_value(value).is_some()
}

/// What to write where a track or a bus belongs.
fn not_a_strip(value: Value<'_>) -> Option<String> {
    if ClipHandle::from_value(value).is_some() {
        return Some("put the clip on a track; one that is only listened to can be muted".into());
    }
    if MasterHandle::from_value(value).is_some() {
        return Some("everything goes to the master; take one of the tracks or buses".into());
    }
    value.unpack_str().map(|_| "a track is the value that track(...) gives, not its name".into())
}

/// The items of a list or a tuple.
pub(crate) fn items<'v>(value: Value<'v>) -> Option<Vec<Value<'v>>> {
    let list = ListRef::from_value(value).map(|list| list.content().to_vec());
    list.or_else(|| TupleRef::from_value(value).map(|tuple| tuple.content().to_vec()))
}

/// The effects in a value; else the odd thing that is none, or nothing for a stand-in.
fn effects<'v>(value: Value<'v>) -> Result<Vec<Settings>, Option<Value<'v>>> {
    let mut all = Vec::new();
    collect_effects(value, &mut all)?;
    Ok(all)
}

fn collect_effects<'v>(value: Value<'v>, all: &mut Vec<Settings>) -> Result<(), Option<Value<'v>>> {
    if let Some(effect) = EffectHandle::from_value(value) {
        all.push(effect.settings.clone().ok_or(None)?);
        return Ok(());
    }
    if Unknown::from_value(value).is_some() {
        return Err(None);
    }
    let items = ListRef::from_value(value).map(ListRef::content);
    let items = items.or_else(|| TupleRef::from_value(value).map(TupleRef::content)).ok_or(Some(value))?;
    // Lists in lists are allowed, one deep is usual: [eq, [drive, gain]].
    items.iter().try_for_each(|item| collect_effects(*item, all))
}

/// For `"square"` where `square()` belongs.
fn named_maker<'a>(value: Value<'_>, mut names: impl Iterator<Item = &'a str>) -> Option<String> {
    let name = value.unpack_str()?;
    names.find(|known| *known == name).map(|known| format!("write {known}()"))
}

fn channels<'v>(value: Value<'v>) -> Result<Arg<'v>, Refusal> {
    let channel = |value: Value<'v>| match plain(value) {
        Some(Setting::Whole(n)) => usize::try_from(n).ok().filter(|n| *n >= 1),
        _ => None,
    };
    let pick = match (plain(value), items(value).as_deref()) {
        (Some(Setting::Choice(name)), _) => match name.as_str() {
            "left" => Some(Pick::Channel(1)),
            "right" => Some(Pick::Channel(2)),
            "downmix" => Some(Pick::Downmix),
            _ => None,
        },
        (Some(_), _) => channel(value).map(Pick::Channel),
        (None, Some([left, right])) => channel(*left).zip(channel(*right)).map(|(left, right)| Pick::Pair(left, right)),
        _ => None,
    };
    pick.map(Arg::Channels).ok_or_else(|| {
        let hint = value.unpack_str().and_then(|name| nearest(name, ["left", "right", "downmix"]));
        let found = if value.unpack_str().is_some() { value.to_repr() } else { kind_of(value) };
        Refusal::WrongKind { found, hint: hint.map(|near| format!("did you mean {near:?}?")) }
    })
}

/// The name of a kind of value with its article: "a track", "an effect", "a number".
pub(crate) fn article(kind: &str) -> String {
    let kind = match kind {
        "int" | "float" => "number",
        "NoneType" => return "None".into(),
        "bool" => return "True or False".into(),
        "dict" => "dictionary",
        "master" => return "the master".into(),
        "function" | "native_method" => "function",
        kind => kind,
    };
    let article = if kind.starts_with(['a', 'e', 'i', 'o', 'u']) { "an" } else { "a" };
    format!("{article} {kind}")
}
